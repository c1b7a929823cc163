"""Runs an own network's module up to wanted outputs."""

from __future__ import annotations

import copy
import importlib
import pkgutil
import re
import sys
import traceback
import warnings
from abc import abstractmethod
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

import inkdream
from inkdream.errors import InputError, shorten, unknown
from inkdream.networks.own.forms import raw_name, tensors_in
from inkdream.networks.vision import import_models

_NOT_THE_USERS = tuple(str(Path(str(room.__file__)).parent) for room in (torch, inkdream))


class Body(nn.Module):
    """An own network without preprocessing.

    Attributes:
        ends: the raw names of the whole network's output tensors, by the path to each: `{"": name}`
            for a single one; known after a full run.
        batch: how many pictures it takes at once; 0 for any number.
        sides: the height and width in px that it takes; None for any, or unknown.
        channels: of pictures: 3, or 1 for grey ones; 0 for unknown.
    """

    def __init__(self) -> None:
        """Start without knowing anything."""
        super().__init__()
        self.ends: dict[str, str] = {}
        self.batch = 0
        self.sides: tuple[int, int] | None = None
        self.channels = 0

    @abstractmethod
    def run(self, pictures: Tensor, wanted: Sequence[str] | None) -> dict[str, Tensor]:
        """Return outputs by name, in the order in which they are computed.

        Args:
            pictures: (V, C, h, w), preprocessed.
            wanted: names of outputs, beyond the deepest of which nothing runs; None for all.
        """

    @abstractmethod
    def state(self) -> Mapping[str, Tensor]:
        """Return parameters and buffers by their names in a file of weights."""

    def kinds(self) -> list[str]:
        """Return the kinds of the modules, which tell networks of the same weights apart."""
        return [f"{path} {type(module).__name__}" for path, module in self.named_modules()]

    @torch.no_grad()
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Load weights of the same names and shapes."""
        state = self.state()
        for name, tensor in weights.items():
            state[name].copy_(tensor)


def error_line(error: BaseException) -> str:
    """Return in one line where in the user's code an error happened, and its message."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: SyntaxError: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith((*_NOT_THE_USERS, "<", "importlib"))
    ]
    text = shorten(f"{type(error).__name__}: {error}", 160)
    return f"{own[-1].filename}:{own[-1].lineno}: {text}" if own else text


Done = TypeVar("Done")

SOURCE = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*)")


def make_module(source: str) -> nn.Module:
    """Return the module that a function returns: its code is imported and run.

    The working folder is searched first, as by `python -m`. torch's generator is seeded meanwhile,
    so random weights are the same each time.

    Args:
        source: `package.module:function`.

    Raises:
        InputError: if there is no such module or function, or it fails, or returns no module.
    """
    match = SOURCE.fullmatch(source)
    if not match:
        raise InputError(f"{source!r} is no network; write a .pt2 file, or package.module:function")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        function = _function(_imported(match["module"]), match["function"])
        # Once more: code that is imported already takes no chances again.
        torch.manual_seed(0)
        try:
            module = _with_torchvision(function)
        except (Exception, SystemExit) as error:
            raise InputError(f"{source}: {error_line(error)}") from error
    if not isinstance(module, nn.Module):
        raise InputError(f"{source}: gave a {type(module).__name__}, and no torch.nn.Module")
    return module


def _with_torchvision(do: Callable[[], Done]) -> Done:
    """Call a function, a second time if torchvision's missing operators made it fail."""
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
            raise InputError(f"{name}: {error_line(error)}") from error
        parent, _, last = error.name.rpartition(".")
        paths = getattr(sys.modules[parent], "__path__", []) if parent else [str(Path.cwd())]
        beside = sorted(module.name for module in pkgutil.iter_modules(paths))
        kind = f"module of {parent}" if parent else "module"
        raise unknown(kind, last, beside) from error
    except (Exception, SystemExit) as error:
        raise InputError(f"{name}: cannot be imported ({error_line(error)})") from error


def _function(module: ModuleType, name: str) -> Callable[[], object]:
    function = getattr(module, name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise unknown(f"function of {module.__name__}", name, known)
    if not callable(function):
        kind = type(function).__name__
        raise InputError(f"{module.__name__}:{name} is a {kind}, and no function")
    return function  # type: ignore[no-any-return]


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
    """All wanted outputs are there; not an Exception, so that the user's code does not catch it."""


class ModuleBody(Body):
    """A copy of a module.

    Outputs have the paths of the modules that return them, `layer3.1.conv2`; the whole module's is
    `output`. A module at several paths has an output at each. One called several times has one a
    call:
    `relu#1`, `relu#2` and, for the last, `relu`.
    """

    def __init__(self, module: nn.Module, name: str) -> None:
        """Copy a module.

        Raises:
            InputError: if it cannot be copied, or is TorchScript.
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
            raise InputError(f"network {name}: cannot be copied ({error_line(error)})") from error
        _separate(self.module)
        modules = dict(self.module.named_modules())
        # A module may be called so.
        self._whole = OUTPUT if OUTPUT not in modules else f"{OUTPUT}_"
        self._calls: Counter[str] = Counter()
        self._parts: dict[str, tuple[str, int, str]] = {}

    def run(self, pictures: Tensor, wanted: Sequence[str] | None) -> dict[str, Tensor]:
        """Return outputs by the paths of their modules; see `Body.run`."""
        return self._run_all(pictures) if wanted is None else self._run_until(pictures, wanted)

    def state(self) -> Mapping[str, Tensor]:
        """Return the module's parameters and buffers."""
        state = self.module.state_dict()
        return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}

    def _run_all(self, pictures: Tensor) -> dict[str, Tensor]:
        outputs: list[tuple[str, int, str, Tensor]] = []
        calls: Counter[str] = Counter()

        def note(path: str, module: nn.Module, given: Any, output: Any) -> None:
            calls[path] += 1
            outputs.extend((path, calls[path], *each) for each in tensors_in(output))

        self._observe(pictures, note, None)
        self._calls = calls
        seen: dict[str, Tensor] = {}
        self._parts, self.ends = {}, {}
        for path, call, part, tensor in outputs:
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
                self._observe(pictures, note, {path for path, _, _ in places})
        return seen

    def _observe(self, pictures: Tensor, note: Any, paths: set[str] | None) -> None:
        """Run the module with `note` as a forward hook of all modules, or those at some paths."""
        hooks = [
            module.register_forward_hook(partial(note, path or self._whole))
            for path, module in _observable(self.module)
            if paths is None or (path or self._whole) in paths
        ]
        try:
            self.module(pictures)
        finally:
            for hook in hooks:
                hook.remove()


def _observable(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules that take hooks, by path: none that is or is inside TorchScript."""
    modules: list[tuple[str, nn.Module]] = []
    closed: tuple[str, ...] = ()
    for path, each in module.named_modules():
        if isinstance(each, torch.jit.ScriptModule):
            closed = (*closed, f"{path}.")
        elif not path.startswith(closed):
            modules.append((path, each))
    return modules


def _unwrapped(module: nn.Module) -> nn.Module:
    """Return the module inside torch.compile, DataParallel or DistributedDataParallel."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _made_whole(module: nn.Module) -> nn.Module:
    """Return a copied module with its parts uncompiled and its lazy parameters initialised."""
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
