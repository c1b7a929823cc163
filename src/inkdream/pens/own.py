"""Pen files: one's own pens, complete or as what differs from the catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkdream.errors import InputError, shorten, unknown
from inkdream.pens.catalogue import select
from inkdream.pens.pen import MOST_PENS, Pen, check_pens
from inkdream.pens.range_file import slug
from inkdream.toml import read_toml
from inkdream.validation import problem_of

# A whole desk of pens, from which a drawing picks its few.
MOST_OWNED = 200
_KEYS = ("ref", *Pen.model_fields)


@dataclass(frozen=True)
class OwnPen:
    """A pen of a pen file.

    Attributes:
        pen: as its owner describes it.
        names: what it answers to after 'mine:', the best first.
        reference: of the catalogue's pen that it is, such as 'stabilo88:46'; '' if it is none.
    """

    pen: Pen
    names: tuple[str, ...]
    reference: str = ""


def own_file() -> Path | None:
    """Return where one's own pens are looked for: inkdream/pens.toml in the user's settings.

    That is in $XDG_CONFIG_HOME, or else in ~/.config (XDG Base Directory Specification). None if
    there is no such file.
    """
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".config"
    except RuntimeError:  # nobody's home is known
        return None
    path = base / "inkdream" / "pens.toml"
    return path if path.is_file() else None


def own_pens(path: Path | None = None) -> tuple[OwnPen, ...]:
    """Return the pens of one's own file; none if no path is given and there is no such file.

    Args:
        path: of the file; by default `own_file()`.

    Raises:
        InputError: if it cannot be read, or a pen in it is none.
    """
    path = path or own_file()
    return _own_pens_of(read_table(path), str(path), MOST_OWNED) if path else ()


def read_pens(path: Path, most: int = MOST_PENS) -> tuple[Pen, ...]:
    """Return the pens of a file; see `pens_of`.

    Raises:
        InputError: if it cannot be read, or a pen in it is none.
    """
    return pens_of(read_table(path), str(path), most)


def pens_of(table: Mapping[str, Any], where: str, most: int = MOST_PENS) -> tuple[Pen, ...]:
    """Return the pens of a pen file's table.

    Args:
        table: [[pens]] with name, colour, width (mm) and opacity; or with `ref`, a pen of the
            catalogue, and what is different in one's own.
        where: the file, for errors.
        most: how many pens there can be.

    Raises:
        InputError: in one line, for the first thing that is wrong.
    """
    return tuple(own.pen for own in _own_pens_of(table, where, most))


def read_table(path: Path) -> dict[str, Any]:
    """Return a pen file's table, unchecked.

    Raises:
        InputError: if it is no TOML, too large, or cannot be read.
    """
    return read_toml(path, "a pen file")


def entries_of(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    """Give where each pen of a pen file's table stands, and what is said of it, unchecked.

    Raises:
        InputError: if the table is not one of pens.
    """
    for key in table:
        if key != "pens":
            raise InputError(f"{where}: {unknown('key', key, ['pens'])}")
    entries = table.get("pens")
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{where}: has no pens; write [[pens]] with name, colour and width")
    for number, entry in enumerate(entries, 1):
        yield f"{where}: pen {number}", entry


def make_own(said: Any, where: str) -> OwnPen:
    """Return the pen that an entry of a pen file describes.

    Raises:
        InputError: if it is none; names the key and what is allowed.
    """
    if not isinstance(said, dict) or "ref" not in said:
        pen = make_pen(said, where)
        return OwnPen(pen, (_handle(pen),))
    others = {key: value for key, value in said.items() if key != "ref"}
    try:
        pens = select(said["ref"]) if isinstance(said["ref"], str) else ()
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if len(pens) != 1:
        raise InputError(
            f"{where}: ref = {shorten(str(said['ref']), 40)}: name one pen of the catalogue, such "
            "as 'stabilo88:46'"
        )
    pen = make_pen({**pens[0].pen.model_dump(), **others}, where)
    names = (_handle(pen), slug(pens[0].reference))
    # The catalogue's own name for it is long to type.
    return OwnPen(pen, names if "name" in others else names[::-1], pens[0].reference)


def make_pen(said: Any, where: str) -> Pen:
    """Return the pen that has these values.

    Raises:
        InputError: if it is none; names the key and what is allowed.
    """
    strange = next((key for key in said if key not in _KEYS), "") if isinstance(said, dict) else ""
    # First: a key that is misspelt leaves the right one without its value.
    if strange:
        raise InputError(f"{where}: {unknown('key', strange, _KEYS)}")
    if isinstance(said, dict) and "width" not in said:
        raise InputError(f"{where}: has no width; give the width of its line in mm")
    try:
        return Pen.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A pen with a colour has a name: that it has none is never the mistake.
        first = next((each for each in found if each["loc"] != ("name",)), found[0])
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InputError(f"{where}: {unknown('key', place, _KEYS)}") from error
        message = problem_of(first)
        shown = "" if isinstance(first["input"], dict) else f" = {shorten(str(first['input']), 40)}"
        # What the whole pen is found wrong for says by itself what is meant.
        named = f"{place}{shown}: " if place else ""
        raise InputError(f"{where}: {named}{message}") from error


def _handle(pen: Pen) -> str:
    return slug(pen.name) or pen.name


def _own_pens_of(table: Mapping[str, Any], where: str, most: int) -> tuple[OwnPen, ...]:
    owned = tuple(make_own(entry, place) for place, entry in entries_of(table, where))
    try:
        check_pens([own.pen for own in owned], most)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return owned
