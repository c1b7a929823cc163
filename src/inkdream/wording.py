"""Words for what is counted and listed, so that a count of one reads as well as a count of many."""

from __future__ import annotations

from collections.abc import Sequence


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
