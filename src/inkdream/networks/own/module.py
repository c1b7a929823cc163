"""A module, and its modules' outputs by their paths."""

from __future__ import annotations

import copy
import warnings
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from inkdream.errors import InputError
from inkdream.networks.own.body import Body, told
from inkdream.networks.own.outputs import raw_name, tensors_in

# What the whole module gives, among the names of the modules in it.
OUTPUT = "output"
# Pictures by which modules that are still without shapes get them, px a side.
USUAL = 224
# Dictionaries of hooks that a copy of a module is to have for itself.
_HOOKS = (
    *("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_with_kwargs"),
    *("_forward_hooks_always_called", "_forward_pre_hooks_with_kwargs"),
)


class _ReachedError(BaseException):
    """All that is wanted is there; no error, so that no `except Exception` on the way stops it."""


class ModuleBody(Body):
    """A copy of a module; the owner's stays as it is.

    Outputs go by the paths of the modules that give them, `layer3.1.conv2`, and the whole
    module's is `output`. A module that stands at several paths has an output at each. One that is
    called several times at one path has one for each call: `relu#1`, `relu#2` and, for the last,
    `relu`.
    """

    def __init__(self, module: nn.Module, name: str) -> None:
        """Copy a module.

        Raises:
            InputError: if it cannot be copied, or no layer of it can be looked at.
        """
        super().__init__()
        module = _unwrapped(module)
        if isinstance(module, torch.jit.ScriptModule):
            raise InputError(
                f"network {name}: is a TorchScript module, whose layers cannot be looked at; trace "
                "it with torch.export: torch.export.save(torch.export.export(module.eval(), "
                "(pictures,)), 'mine.pt2') of the module that was scripted"
            )
        try:
            with warnings.catch_warnings(), torch.no_grad():
                # Of TorchScript inside it, whose copy asks for gradients that nobody needs.
                warnings.simplefilter("ignore", UserWarning)
                self.module = _made_whole(copy.deepcopy(module)).float()
        except Exception as error:
            raise InputError(f"network {name}: cannot be copied ({told(error)})") from error
        _separate(self.module)
        modules = dict(self.module.named_modules())
        # A module may be called so.
        self._whole = OUTPUT if OUTPUT not in modules else f"{OUTPUT}_"
        self._calls: Counter[str] = Counter()
        self._parts: dict[str, tuple[str, int, str]] = {}

    def run(self, pictures: Tensor, wanted: Sequence[str] | None) -> dict[str, Tensor]:
        """Return outputs by the paths of their modules; see `Body.run`."""
        if wanted is None:
            return self._run_all(pictures)
        return self._run_until(pictures, wanted)

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

    def _run_all(self, pictures: Tensor) -> dict[str, Tensor]:
        heard: list[tuple[str, int, str, Tensor]] = []
        calls: Counter[str] = Counter()

        def note(path: str, module: nn.Module, given: Any, output: Any) -> None:
            calls[path] += 1
            heard.extend((path, calls[path], *each) for each in tensors_in(output))

        self._hear(pictures, note, None)
        self._calls = calls
        seen: dict[str, Tensor] = {}
        self._parts, self.ends = {}, {}
        for path, call, part, tensor in heard:
            name = raw_name(path, call, calls[path], part)
            seen[name] = tensor
            self._parts[name] = (path, call, part)
            if path == self._whole:
                self.ends[part] = name
        return seen

    def _run_until(self, pictures: Tensor, wanted: Sequence[str]) -> dict[str, Tensor]:
        places = {self._parts[name]: name for name in wanted if name in self._parts}
        seen: dict[str, Tensor] = {}
        calls: Counter[str] = Counter()

        def note(path: str, module: nn.Module, given: Any, output: Any) -> None:
            calls[path] += 1
            for part, tensor in tensors_in(output):
                if (name := places.get((path, calls[path], part))) is not None:
                    is_last = len(seen) == len(places) - 1
                    # Whatever follows may change it in place.
                    seen[name] = tensor if is_last else tensor.clone()
            if len(seen) == len(places):
                raise _ReachedError

        if places:
            with suppress(_ReachedError):
                self._hear(pictures, note, {path for path, _, _ in places})
        return seen

    def _hear(self, pictures: Tensor, note: Any, paths: set[str] | None) -> None:
        """Run the module, and let `note` hear what modules give: all, or those at some paths."""
        hooks = [
            module.register_forward_hook(partial(note, path or self._whole))
            for path, module in _heard(self.module)
            if paths is None or (path or self._whole) in paths
        ]
        try:
            self.module(pictures)
        finally:
            for hook in hooks:
                hook.remove()


def _heard(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules that can be heard, by path: none that is TorchScript, or inside of it."""
    found: list[tuple[str, nn.Module]] = []
    closed: tuple[str, ...] = ()
    for path, each in module.named_modules():
        if isinstance(each, torch.jit.ScriptModule):
            closed = (*closed, f"{path}.")
        elif not (closed and path.startswith(closed)):
            found.append((path, each))
    return found


def _unwrapped(module: nn.Module) -> nn.Module:
    """Return what torch.compile, DataParallel or DistributedDataParallel stand around."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _made_whole(module: nn.Module) -> nn.Module:
    """Return a copied module whose parts are uncompiled, and have all their parameters."""
    for parent in list(module.modules()):
        for key, child in list(parent.named_children()):
            if (inner := _unwrapped(child)) is not child:
                setattr(parent, key, inner)
    lazy = (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer)
    if any(isinstance(each, lazy) for each in (*module.parameters(), *module.buffers())):
        # A first picture tells it its shapes; chance is the same each time.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            module.eval()(torch.rand(2, 3, USUAL, USUAL))
    return module


def _separate(module: nn.Module) -> None:
    """Give a module that stands at several paths an object at each, with shared parameters."""
    seen: set[int] = set()

    def part(parent: nn.Module, above: tuple[int, ...]) -> None:
        for key, child in parent._modules.items():
            if child is None or isinstance(child, torch.jit.ScriptModule) or id(child) in above:
                continue
            own = _twin(child) if id(child) in seen else child
            parent._modules[key] = own
            seen.add(id(own))
            part(own, (*above, id(own)))

    part(module, (id(module),))


def _twin(module: nn.Module) -> nn.Module:
    """Return another object that shares a module's parameters and buffers."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    for name in _HOOKS:
        twin.__dict__[name] = OrderedDict(getattr(module, name))
    return twin
