"""The module that a function of one's own returns."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import torch
from torch import nn

from inkdream.errors import InputError, unknown
from inkdream.networks.own.body import told
from inkdream.networks.vision import import_models

Done = TypeVar("Done")

SOURCE = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*)")


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
