"""Gradients where functions are flat, so that silent neurons can be woken.

A silent neuron behind a ReLU has a gradient of exactly 0. "Redirected" ReLUs (Olah et al., "Feature
Visualization", 2017; lucid) let gradients pass all the same. `leaking` does so for every function
of torch that can be flat, however a network calls it: as a module, function, method, in place, or
as a node of an exported graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.overrides import TorchFunctionMode

Function = Callable[..., Any]
# Functions that rise, or mostly do, by the names that torch has for them without underscores; the
# gradient of each is raised to the leak where it is less.
_RISING = frozenset(
    {
        *("relu", "relu6", "hardtanh", "threshold", "clamp", "clip", "clamp_min", "clamp_max"),
        *("leaky_relu", "prelu", "prelu_kernel", "rrelu", "elu", "selu", "celu", "gelu", "silu"),
        *("mish", "softplus", "hardswish", "hardsigmoid", "sigmoid", "tanh", "logsigmoid"),
        *("special_expit", "log_sigmoid", "hardshrink", "softshrink", "tanhshrink"),
        *("maximum", "minimum", "fmax", "fmin", "max", "min"),
        *("where", "masked_fill", "setitem"),
    }
)
# Products with a mask of 0 and 1, as in x * (x > 0).
_PRODUCTS = frozenset({"mul", "rmul", "imul", "multiply"})
# Functions that fall and rise: only where they are flat is there no way to go.
_EVEN = frozenset({"square", "pow", "abs"})
# Shares of less, and of more than 1 less this, hardly change with what they are shares of.
_FLAT = 1e-4


@contextmanager
def leaking(share: float) -> Iterator[None]:
    """Let a share of the gradient in [0, 1] pass where functions of torch are flat.

    Values do not change. Compiled functions (TorchScript) are not affected.
    """
    if share <= 0.0:
        yield
        return
    with _Leaking(share):
        yield


class _Leaking(TorchFunctionMode):
    """Intercepts the functions of torch."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def __torch_function__(
        self,
        func: Function,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function, with a redirected gradient if it can be flat."""
        kwargs = kwargs or {}
        name = name_of(func)
        if not torch.is_grad_enabled() or name not in _ALL:
            return func(*args, **kwargs)
        return _redirected(name, func, args, kwargs, self.share)


def name_of(func: Function) -> str:
    """Return what torch calls a function, however it is called.

    `torch.ops.aten.relu_.default` is relu, as `Tensor.__mul__` is mul.
    """
    return str(getattr(func, "__name__", "")).partition(".")[0].strip("_")


_ALL = _RISING | _PRODUCTS | _EVEN | {"softmax"}


def _redirected(
    name: str, func: Function, args: Sequence[Any], kwargs: Mapping[str, Any], share: float
) -> Any:
    """Return a function's result, its gradient redirected if it depends on a single tensor."""
    arguments: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
    tensors = {key: each for key, each in arguments.items() if isinstance(each, Tensor)}
    moving = [key for key, each in tensors.items() if each.requires_grad]
    others = [each for key, each in tensors.items() if key not in moving]
    if len(moving) != 1 or (name in _PRODUCTS and not (others and all(map(_is_mask, others)))):
        return func(*args, **kwargs)
    (key,) = moving
    values: Tensor = arguments[key]

    def call(fresh: Tensor) -> Any:
        again = {**arguments, key: fresh}
        positional = (again[index] for index in range(len(args)))
        output = func(*positional, **{name: again[name] for name in kwargs})
        return fresh if name == "setitem" else output

    with torch.enable_grad():
        free = values.detach().requires_grad_()
        # A copy: the function may work in place.
        fresh = free.clone()
        output = call(fresh)
        same = isinstance(output, Tensor) and output.shape == values.shape
        if not (same and output.requires_grad):
            return func(*args, **kwargs)
        slope = None
        if name != "softmax":
            (slope,) = torch.autograd.grad(output.sum(), free)
    result: Tensor
    if slope is None:
        # The dimension is an argument by name, or the second.
        dimension = arguments.get("dim", arguments.get(1))
        dimension = dimension if isinstance(dimension, int) else -1
        result = _Softmax.apply(values, output.detach(), dimension, share)
    else:
        raised = slope.clamp(min=share) if name not in _EVEN else slope.where(slope != 0, share)
        result = _Redirected.apply(values, output.detach(), raised)
    if output is fresh:
        values.copy_(result)
        return None if name == "setitem" else values
    return result


class _Redirected(torch.autograd.Function):
    """Returns an output; multiplies the gradient by a slope."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, output: Tensor, slope: Tensor) -> Tensor:
        ctx.save_for_backward(slope)
        return output.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None, None


class _Softmax(torch.autograd.Function):
    """Returns shares; near 0 and 1, part of the gradient passes to the exponents."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, shares: Tensor, dimension: int, leak: float) -> Tensor:
        ctx.save_for_backward(shares)
        ctx.dimension, ctx.leak = dimension, leak
        return shares.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (shares,) = ctx.saved_tensors
        (gradient,), axis = gradients, ctx.dimension
        mean = (gradient * shares).sum(axis, keepdim=True)
        flat = (shares < _FLAT) | (shares > 1 - _FLAT)
        rest = gradient - gradient.mean(axis, keepdim=True)
        return shares * (gradient - mean) + ctx.leak * rest * flat, None, None, None


def _is_mask(value: Tensor) -> bool:
    return value.dtype == torch.bool or bool(((value == 0) | (value == 1)).all())


class _LeakyGradient(torch.autograd.Function):
    """ReLU forward; backward, `leak` of the gradient passes where the input was negative."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, leak: float) -> Tensor:
        active = values > 0
        ctx.save_for_backward(active)
        ctx.leak = leak
        return values.clamp(min=0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (active,) = ctx.saved_tensors
        (gradient,) = gradients
        return torch.where(active, gradient, gradient * ctx.leak), None


def relu(values: Float[Tensor, "*shape"], leak: float = 0.0) -> Float[Tensor, "*shape"]:
    """Return max(values, 0); its gradient where values <= 0 is `leak` instead of 0.

    This is the "redirected ReLU" of Olah et al., "Feature Visualization", 2017. `values` may be
    overwritten.
    """
    if leak > 0.0:
        return _LeakyGradient.apply(values, leak)  # type: ignore[no-any-return]
    return F.relu(values, inplace=values.requires_grad and not values.is_leaf)
