"""How functions are compiled with Numba, and where the machine code is kept between runs.

Numba sees that the file of a function has changed, but not that another file has whose functions
or constants are compiled into it: after an upgrade, old code could run. So machine code is kept in
a folder that is named after the state of all sources that are compiled together: those of a room,
and what they import.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba

_ROOT = Path(__file__).parent
# What it has is read from the environment when it is loaded: type checkers cannot know.
_CONFIG: Any = numba.config
# Files with one of these words in them hold functions to be compiled...
_WORDS = (b".compiling import", b".lanes import")
# ... and what these lines name may be compiled into them.
_IMPORT = re.compile(rb"^from inkdream\.([\w.]+) import", re.MULTILINE)


def compiled(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile a function with Numba when it is first called; kept on disk if that is possible.

    Unwrapped first: test runs may have wrapped it in a checker of annotations, which Numba cannot
    read. While it runs, other threads may: a bar goes on to show how long it takes.

    Args:
        function: the function; without one, a decorator is returned.
        options: of `numba.njit`.
    """
    if function is None:
        return lambda inner: compiled(inner, **options)
    function = inspect.unwrap(function)
    folder = cache_folder(Path(function.__code__.co_filename).parent)
    given = _CONFIG.CACHE_DIR
    # Read when a function is declared, and at no other time.
    _CONFIG.CACHE_DIR = str(folder or given)
    try:
        return numba.njit(cache=folder is not None, nogil=True, **options)(function)
    finally:
        _CONFIG.CACHE_DIR = given


@cache
def cache_folder(room: Path) -> Path | None:
    """Return where the machine code of a folder's functions is kept; None if it cannot be kept.

    In $NUMBA_CACHE_DIR if that is set; else beside the sources, or if nothing can be written there
    in inkdream/ of $XDG_CACHE_HOME, or of ~/.cache.
    """
    key = state_of(room)
    for place in _places(room) if key else ():
        folder = place / f"compiled-{key}"
        if _can_be_written(folder):
            return folder
    return None


def state_of(room: Path, root: Path = _ROOT) -> str:
    """Return a word for the state of what is compiled in a folder; '' if nothing is.

    Args:
        room: the folder.
        root: the package's.
    """
    texts = {path: path.read_bytes() for path in room.glob("*.py")}
    texts = {path: text for path, text in texts.items() if any(word in text for word in _WORDS)}
    named = {name.decode() for text in texts.values() for name in _IMPORT.findall(text)}
    for name in named:
        module = root.joinpath(*name.split("."))
        path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        if path not in texts and path.is_file():
            texts[path] = path.read_bytes()
    digest = hashlib.blake2b(digest_size=8)
    for path, text in sorted(texts.items()):
        digest.update(f"{path.name} {len(text)} ".encode() + text)
    return digest.hexdigest() if texts else ""


def _places(room: Path) -> Iterator[Path]:
    if _CONFIG.CACHE_DIR:
        yield Path(_CONFIG.CACHE_DIR)
        return
    yield room / "__pycache__"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        yield (named if named.is_absolute() else Path.home() / ".cache") / "inkdream"
    except RuntimeError:  # nobody's home is known
        return


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
