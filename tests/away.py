"""A device that is not the processor, for tests: it says `meta`, and has real values all the same.

As on a graphics card, an operation takes tensors that are all there, or all here; numbers alone may
be anywhere, and what is to be elsewhere is moved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

AWAY = torch.device("meta")


class AwayTensor(Tensor):
    """A tensor on the device; `inner` holds its values."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> "AwayTensor":
        made: AwayTensor = Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=AWAY,
        )
        made.inner = inner
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


@contextmanager
def away() -> Iterator[None]:
    """Let there be the device, inside."""
    with _Operations(), _Literals():
        yield


class _Literals(TorchFunctionMode):
    """Makes tensors of numbers on the device by the way of the processor, as torch does."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.tensor and torch.device(kwargs.get("device") or "cpu") == AWAY:
            return torch.tensor(*args, **{**kwargs, "device": "cpu"}).to(AWAY)
        if func is Tensor.new_tensor and isinstance(args[0], AwayTensor):
            return torch.tensor(args[1], dtype=args[0].dtype).to(AWAY)
        if func is Tensor.tolist:
            return _inner(args[0]).tolist()
        return func(*args, **kwargs)


class _Operations(TorchDispatchMode):
    """Runs operations on tensors that are on the device, and makes those that are to be there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: Any) -> Any:
    tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, Tensor)]
    away = [each for each in tensors if isinstance(each, AwayTensor)]
    name, device = func.overloadpacket.__name__, kwargs.get("device")
    here = [each for each in tensors if not isinstance(each, AwayTensor) and each.dim()]
    if away and here and name not in ("_to_copy", "copy_"):
        raise RuntimeError(f"{func}: {tuple(here[0].shape)} on the processor, others on the device")
    values = {**kwargs, "device": torch.device("cpu")} if device is not None else kwargs
    result = func(*tree_map(_inner, args), **tree_map(_inner, values))
    if result is None:
        return None
    if name.endswith("_") and not name.startswith("__"):
        return args[0]  # changed in place
    is_away = bool(away) if device is None else torch.device(device).type == AWAY.type
    return tree_map(lambda each: AwayTensor(each) if is_away and _is(each) else each, result)


def _inner(value: Any) -> Any:
    return value.inner if isinstance(value, AwayTensor) else value


def _is(value: Any) -> bool:
    return isinstance(value, Tensor) and not isinstance(value, AwayTensor)
