"""The user's own pens, from pen files and from words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkdream import colour
from inkdream.errors import InputError, problem_of, shorten, unknown
from inkdream.pens.catalogue import catalogue, ranges, select, slug
from inkdream.pens.pen import LEARNED, MOST_PENS, USUAL_WIDTH, Pen, check_pens
from inkdream.toml import read_toml

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
    """Return the user's pen file, None if there is none.

    That is inkdream/pens.toml in $XDG_CONFIG_HOME, or else in ~/.config (XDG Base Directory
    Specification).
    """
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".config"
    except RuntimeError:  # nobody's home is known
        return None
    path = base / "inkdream" / "pens.toml"
    return path if path.is_file() else None


def own_pens(path: Path | None = None) -> tuple[OwnPen, ...]:
    """Return the pens of a pen file, by default `own_file()`; none if there is no file.

    Raises:
        InputError: if it cannot be read, or a pen in it is invalid.
    """
    path = path or own_file()
    return _own_pens_of(read_table(path), str(path), MOST_OWNED) if path else ()


def read_pens(path: Path, most: int = MOST_PENS) -> tuple[Pen, ...]:
    """Return the pens of a file; see `pens_of`.

    Raises:
        InputError: if it cannot be read, or a pen in it is invalid.
    """
    return pens_of(read_table(path), str(path), most)


def pens_of(table: Mapping[str, Any], where: str, most: int = MOST_PENS) -> tuple[Pen, ...]:
    """Return the pens of a pen file's table.

    Args:
        table: [[pens]] with name, colour, width (mm) and opacity; or with `ref`, a pen of the
            catalogue, and what differs.
        where: the file, for errors.
        most: how many pens there can be.

    Raises:
        InputError: in one line, for the first mistake.
    """
    return tuple(own.pen for own in _own_pens_of(table, where, most))


def read_table(path: Path) -> dict[str, Any]:
    """Return a pen file's table, unchecked.

    Raises:
        InputError: if it is no TOML, too large, or cannot be read.
    """
    return read_toml(path, "a pen file")


def entries_of(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    """Yield where each pen of a pen file's table stands, and its unchecked values.

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


def make_own(entry: Any, where: str) -> OwnPen:
    """Return the pen of an entry of a pen file.

    Raises:
        InputError: if it is invalid; names the key and what is allowed.
    """
    if not isinstance(entry, dict) or "ref" not in entry:
        pen = make_pen(entry, where)
        return OwnPen(pen, (_handle(pen),))
    others = {key: value for key, value in entry.items() if key != "ref"}
    try:
        pens = select(entry["ref"]) if isinstance(entry["ref"], str) else ()
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if len(pens) != 1:
        raise InputError(
            f"{where}: ref = {shorten(str(entry['ref']), 40)}: name one pen of the catalogue, such "
            "as 'stabilo88:46'"
        )
    pen = make_pen({**pens[0].pen.model_dump(), **others}, where)
    names = (_handle(pen), slug(pens[0].reference))
    # The catalogue's own name for it is long to type.
    return OwnPen(pen, names if "name" in others else names[::-1], pens[0].reference)


def make_pen(values: Any, where: str) -> Pen:
    """Return the pen of these values.

    Raises:
        InputError: if they are invalid; names the key and what is allowed.
    """
    if isinstance(values, dict):
        # First: a key that is misspelt leaves the right one without its value.
        for key in values:
            if key not in _KEYS:
                raise InputError(f"{where}: {unknown('key', key, _KEYS)}")
        if "width" not in values:
            raise InputError(f"{where}: has no width; give the width of its line in mm")
    try:
        return Pen.model_validate(values)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A pen with a colour has a name: that it has none is never the mistake.
        first = next((each for each in errors if each["loc"] != ("name",)), errors[0])
        place = ".".join(str(part) for part in first["loc"])
        shown = "" if isinstance(first["input"], dict) else f" = {shorten(str(first['input']), 40)}"
        # An error of the whole pen says by itself what is meant.
        named = f"{place}{shown}: " if place else ""
        raise InputError(f"{where}: {named}{problem_of(first)}") from error


def _handle(pen: Pen) -> str:
    return slug(pen.name) or pen.name


def _own_pens_of(table: Mapping[str, Any], where: str, most: int) -> tuple[OwnPen, ...]:
    owned = tuple(make_own(entry, place) for place, entry in entries_of(table, where))
    try:
        check_pens([own.pen for own in owned], most)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return owned


__all__ = ["MINE", "parse_pens", "pens_of", "read_pens"]

MINE = "mine"
NO_FILE = "you have no pen file; write your pens into ~/.config/inkdream/pens.toml"
# One's own file is read when a word asks for it, and once.
_Owned = Callable[[], tuple[OwnPen, ...]]


def parse_pens(
    words: str,
    width: float = USUAL_WIDTH,
    own: Path | None = None,
    most: int = MOST_PENS,
) -> tuple[Pen, ...]:
    """Return the pens of 'black:0.4,stabilo88:46,stabilo88:40:0.38,mine:gold'.

    Args:
        words: pens between commas: a colour, '?' for one to be learned, a reference to the
            catalogue ('stabilo88:46', 'posca:3m', 'stabilo88'), an own pen ('mine:gold') or all of
            them ('mine'), or a pen file ('box.toml'). A line width in mm and an opacity may follow
            a colour or a reference, after further colons.
        width: in mm, of colours that have none.
        own: the user's pen file, whose values win over the catalogue's; by default `own_file()`.
        most: how many pens there can be.

    Raises:
        InputError: if a word is no pen; says which and what is allowed.
    """
    owned = cache(partial(own_pens, own))
    pens: list[Pen] = []
    for word in _split(words):
        is_file = word.endswith(".toml")
        pens += read_pens(Path(word), most) if is_file else _parse(word, width, owned)
    pens = _number(pens)
    check_pens(pens, most)
    return tuple(pens)


def _number(pens: list[Pen]) -> list[Pen]:
    """Name pens to be learned '?', '?2', '?3'."""
    learned = [pen for pen in pens if pen.name == LEARNED]
    names = {id(pen): f"{LEARNED}{number}" for number, pen in enumerate(learned[1:], 2)}
    return [
        pen.model_copy(update={"name": names[id(pen)]}) if id(pen) in names else pen for pen in pens
    ]


def _split(words: str) -> list[str]:
    """Return the words between commas; the name of an existing file may hold some."""
    whole = words.strip()
    if whole.endswith(".toml") and Path(whole).is_file():
        return [whole]
    return [word.strip() for word in whole.split(",")]


def _parse(word: str, width: float, owned: _Owned) -> Sequence[Pen]:
    """Return the pens that a word between commas names."""
    where = f"pen {shorten(word)!r}"
    first = word.partition(":")[0].strip()
    if slug(first) == MINE:
        name, rest = _take_apart(word, 2, where)
        return _change(_of_mine(name, owned(), where), rest, where)
    if slug(first) in ranges():
        name, rest = _take_apart(word, 2, where)
        return _change(_of_catalogue(name, owned()), rest, where)
    if first == LEARNED or first.startswith("#") or first.lower() in colour.NAMES:
        name, rest = _take_apart(word, 1, where)
        return [make_pen({"colour": name, "width": width, **_values(rest, where)}, where)]
    if not first:
        raise InputError(f"{where}: write colour:width, such as black:0.4, or stabilo88:46")
    references = [pen.reference for pen in catalogue()]
    raise unknown("pen", first, [MINE, *ranges(), *colour.NAMES, *references])


def _of_mine(name: str, owned: tuple[OwnPen, ...], where: str) -> list[Pen]:
    if not owned:
        raise InputError(f"{where}: {NO_FILE}")
    _, colon, asked = name.partition(":")
    pens = [own.pen for own in owned if not colon or slug(asked) in own.names]
    if not pens:
        raise unknown("pen of mine", asked, [own.names[0] for own in owned])
    return pens if not colon else pens[:1]


def _of_catalogue(name: str, owned: tuple[OwnPen, ...]) -> list[Pen]:
    """Return the catalogue's pens, with the user's own values."""
    own_pen = {own.reference: own.pen for own in owned if own.reference}
    return [own_pen.get(pen.reference) or pen.pen for pen in select(name)]


def _take_apart(word: str, names: int, where: str) -> tuple[str, list[str]]:
    """Return the first parts between the colons, which name a pen, and the values behind them."""
    parts = [part.strip() for part in word.split(":")]
    name = ":".join(parts[:names])
    if "" in parts or len(parts) > names + 2:
        raise InputError(
            f"{where}: write {name.rstrip(':')}, with a width in mm and an opacity behind it if "
            "you like, as in black:0.4:opaque"
        )
    return name, parts[names:]


def _values(rest: Sequence[str], where: str) -> dict[str, Any]:
    """Return the width and opacity that stand behind a pen."""
    values: dict[str, Any] = {}
    if rest:
        try:
            values["width"] = float(rest[0].removesuffix("mm"))
        except ValueError:
            raise InputError(
                f"{where}: {shorten(rest[0])!r} is no width; write mm, such as 0.4"
            ) from None
    if len(rest) > 1:
        values["opacity"] = rest[1]
        with suppress(ValueError):
            values["opacity"] = float(rest[1])
    return values


def _change(pens: list[Pen], rest: Sequence[str], where: str) -> list[Pen]:
    values = _values(rest, where)
    return [make_pen({**pen.model_dump(), **values}, where) if values else pen for pen in pens]
