"""Errors that a person can act on: where, what, what is allowed, what is nearest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

# The exit code of what a person stopped with Ctrl-C: 128 and the number of the signal.
INTERRUPTED = 130
# The exit code of a run that ended, but in which a score never moved.
UNMOVED = 1


class InkdreamError(Exception):
    """The base of every error that inkdream raises on purpose; its text is one line.

    >>> import inkdream as ink
    >>> issubclass(ink.InputError, ink.InkdreamError)
    True
    """

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())


class InputError(InkdreamError):
    """What was asked for cannot be: a wrong word, number, file or folder (exit code 2).

    >>> import inkdream as ink
    >>> try:
    ...     ink.draw(medium="lines")
    ... except ink.InputError as error:
    ...     print(error)
    medium = lines: must be 'pixels' or 'strokes'
    """


class RunError(InkdreamError):
    """A run could not go on: the disk is full, a score became NaN (exit code 2).

    >>> import inkdream as ink
    >>> issubclass(ink.RunError, ink.InkdreamError)
    True
    """


def unknown(kind: str, word: str, known: Iterable[str]) -> InputError:
    """Return the error for a word that names nothing.

    >>> print(unknown("pen", "blak", ["black", "red"]))
    unknown pen 'blak'. Did you mean 'black'? Known: black, red
    """
    names = list(known)
    nearest = get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return InputError(f"unknown {kind} {shorten(word)!r}.{hint} Known: {_listing(names)}")


def shorten(text: str, most: int = 60) -> str:
    """Return `text` with at most `most` characters, its middle left out: errors stay one line."""
    text = " ".join(text.split())
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def _listing(names: Sequence[str], most: int = 24) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return ", ".join(names[:most]) + f" and {len(names) - most} more"


# By the kinds of pydantic's errors; what stands in braces is the limit that was passed.
_WORDS: Mapping[str, str] = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be below {lt}",
    "finite_number": "must be a finite number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text, in quotes",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list, in brackets",
    "list_type": "must be a list, in brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table of keys and values",
    "missing": "is missing",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
    "string_too_long": "takes at most {max_length} letters",
}


def problem_of(error: Any) -> str:
    """Return what is wrong, from one of pydantic's error tables: "must be at least 8".

    Args:
        error: an item of `ValidationError.errors()`.
    """
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    context = error.get("ctx", {})
    numbers = {
        key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()
    }
    return words.format(**numbers)


def first_place(error: Any) -> str:
    """Return the key that is wrong first, with dots; "" if it is the whole table."""
    return ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])


def first_problem(error: Any) -> str:
    """Return what is wrong first; `error` is pydantic's `ValidationError`, which loads slowly."""
    return problem_of(error.errors(include_url=False)[0])
