"""Words for what is counted and listed, so that a count of one reads as well as a count of many."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from inkdream.errors import shorten


def counted(number: int, word: str) -> str:
    """Return a number of things.

    >>> counted(1, "stroke"), counted(2000, "stroke")
    ('1 stroke', '2,000 strokes')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return names with commas and 'and' between them, at most so many of them.

    >>> listed(["red"]), listed(["red", "blue", "green"]), listed(["a", "b", "c", "d"], most=2)
    ('red', 'red, blue and green', 'a, b and 2 more')
    """
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def names_of(titles: Iterable[str], most: int = 8) -> str:
    """Return names in one line: the first of them, shortened, and how many more there are.

    >>> names_of(["night", "day", "dusk"], most=2)
    'night, day and 1 more'
    """
    words = [shorten(title, 40) for title in titles]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def command() -> str:
    """Return how this program can be called again, for lines that are to be copied.

    `inkdream` where the shell finds it by that name; else the path that it was called by, as
    `make draw` calls it before anybody has put its folder on the PATH.
    """
    called = Path(sys.argv[0])
    is_path = called.stem == "inkdream" and len(called.parts) > 1
    return shlex.quote(str(called)) if is_path and shutil.which("inkdream") is None else "inkdream"
