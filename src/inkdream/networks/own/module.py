"""A module that a function of one's own returns, and its modules' outputs by their paths."""

from __future__ import annotations

import copy
import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdream.errors import InputError, unknown
from inkdream.networks.own.body import Body, first_tensor, told
from inkdream.networks.relu import relu
from inkdream.networks.vision import import_models

Done = TypeVar("Done")

SOURCE = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*)")
# What the whole module gives, among the names of the modules in it.
OUTPUT = "output"


class _ReachedError(BaseException):
    """All that is wanted is there; no error, so that no `except Exception` on the way stops it."""


@dataclass
class _Leak:
    """The share of the gradient that passes silent ReLUs, in a place that all of them see."""

    share: float = 0.0


class _Relu(nn.ReLU):
    def __init__(self, leak: _Leak, *, inplace: bool) -> None:
        super().__init__(inplace)
        self.leak = leak

    def forward(self, values: Tensor) -> Tensor:
        if self.leak.share > 0:
            return relu(values, self.leak.share)
        return F.relu(values, inplace=self.inplace)


class ModuleBody(Body):
    """A copy of a module, whose ReLUs can leak; the owner's module stays as it is.

    Outputs go by the paths of the modules that give them, `layer3.1.conv2`, and the whole
    module's is `output`. Of a module that runs several times it is the last output.
    """

    def __init__(self, module: nn.Module, name: str) -> None:
        """Copy a module.

        Raises:
            InputError: if it cannot be copied.
        """
        super().__init__()
        try:
            self.module = copy.deepcopy(module).float()
        except Exception as error:
            raise InputError(f"network {name}: cannot be copied ({told(error)})") from error
        self.output = OUTPUT
        self._leak = _Leak()
        self._calls: Counter[str] = Counter()
        for parent in self.module.modules():
            for key, child in parent.named_children():
                if type(child) is nn.ReLU:
                    setattr(parent, key, _Relu(self._leak, inplace=child.inplace))

    def run(
        self, pictures: Tensor, wanted: Sequence[str] | None, leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return outputs by the paths of their modules; see `Body.run`."""
        seen: dict[str, Tensor] = {}
        calls: Counter[str] = Counter()
        self._leak.share = leak

        def note(name: str, module: nn.Module, given: Any, output: Any) -> None:
            calls[name] += 1
            tensor = first_tensor(output)
            seen.pop(name, None)
            if tensor is None:
                return
            if wanted is None:
                seen[name] = tensor
            elif all(calls[each] >= self._calls[each] for each in wanted):
                seen[name] = tensor
                raise _ReachedError
            else:
                # Whatever follows may change it in place.
                seen[name] = tensor.clone()

        hooks = [
            module.register_forward_hook(partial(note, path or OUTPUT))
            for path, module in self.module.named_modules()
            if wanted is None or (path or OUTPUT) in wanted
        ]
        try:
            with suppress(_ReachedError):
                self.module(pictures)
        finally:
            for hook in hooks:
                hook.remove()
        if wanted is None:
            self._calls = calls
        return seen

    def state(self) -> Mapping[str, Tensor]:
        """Return the module's parameters and buffers."""
        state = self.module.state_dict()
        return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}

    @torch.no_grad()
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Copy weights into the module."""
        state = self.module.state_dict()
        for name, tensor in weights.items():
            state[name].copy_(tensor)


def make_module(source: str) -> nn.Module:
    """Return the module that a function gives: its code is imported and run.

    The folder that one stands in is looked through first, as by `python -m`. Weights made by
    chance are the same each time: torch's own generator is seeded while the code runs.

    Args:
        source: `package.module:function`.

    Raises:
        InputError: if there is no such module or function, or it fails, or gives no module.
    """
    said = SOURCE.fullmatch(source)
    if not said:
        raise InputError(f"{source!r} is no network; write a .pt2 file, or package.module:function")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        function = _function(_imported(said["module"]), said["function"])
        # Once more: code that is imported already takes no chances again.
        torch.manual_seed(0)
        try:
            made = _with_torchvision(function)
        except (Exception, SystemExit) as error:
            raise InputError(f"{source}: {told(error)}") from error
    if not isinstance(made, nn.Module):
        raise InputError(f"{source}: gave a {type(made).__name__}, and no torch.nn.Module")
    return made


def _with_torchvision(do: Callable[[], Done]) -> Done:
    """Do something, a second time if a torchvision that fits torch only in part was in the way."""
    try:
        return do()
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        import_models()
        return do()


def _imported(name: str) -> ModuleType:
    try:
        return _with_torchvision(lambda: importlib.import_module(name))
    except ModuleNotFoundError as error:
        # Or it is there, and imports what is not.
        if not error.name or not f"{name}.".startswith(f"{error.name}."):
            raise InputError(f"{name}: {told(error)}") from error
        parent, _, last = error.name.rpartition(".")
        paths = getattr(sys.modules[parent], "__path__", []) if parent else [str(Path.cwd())]
        beside = sorted(module.name for module in pkgutil.iter_modules(paths))
        kind = f"module of {parent}" if parent else "module"
        raise unknown(kind, last, beside) from error
    except (Exception, SystemExit) as error:
        raise InputError(f"{name}: cannot be imported ({told(error)})") from error


def _function(module: ModuleType, name: str) -> Callable[[], object]:
    found = getattr(module, name, None)
    if found is None:
        known = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise unknown(f"function of {module.__name__}", name, known)
    if not callable(found):
        raise InputError(f"{module.__name__}:{name} is a {type(found).__name__}, and no function")
    return found  # type: ignore[no-any-return]
