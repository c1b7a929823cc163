"""Pens as people write them: 'black:0.4,stabilo88:46,mine:gold', or a TOML file of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from inkdream import colour
from inkdream.errors import InputError, shorten, unknown
from inkdream.pens.catalogue import catalogue, ranges, select
from inkdream.pens.own import OwnPen, make_pen, own_pens, pens_of, read_pens
from inkdream.pens.pen import LEARNED, MOST_PENS, USUAL_WIDTH, Pen, check_pens
from inkdream.pens.range_file import slug

__all__ = ["MINE", "parse_pens", "pens_of", "read_pens"]

MINE = "mine"
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
        words: pens with commas between them. Each is a colour, '?' for a colour to be learned, a
            reference to the catalogue ('stabilo88:46', 'posca:3m', 'stabilo88'), a pen of one's
            own ('mine:gold') or all of them ('mine'), or a pen file ('box.toml'). Behind a colour
            or a reference with a colon can stand, after further colons, a line width in mm and an
            opacity.
        width: in mm, of colours that have none.
        own: the file of one's own pens, whose values win over the catalogue's; by default
            `own_file()`, if it is there.
        most: how many pens there can be.

    Raises:
        InputError: if a word is no pen; says which and what is allowed.
    """
    owned = cache(partial(own_pens, own))
    pens: list[Pen] = []
    for word in _split(words):
        found = read_pens(Path(word), most) if _is_file(word) else _parse(word, width, owned)
        pens.extend(found)
    pens = _number(pens)
    check_pens(pens, most)
    return tuple(pens)


def _number(pens: list[Pen]) -> list[Pen]:
    """Tell pens to be learned apart: '?', '?2', '?3'."""
    learned = [pen for pen in pens if pen.name == LEARNED]
    names = {id(pen): f"{LEARNED}{number}" for number, pen in enumerate(learned[1:], 2)}
    return [
        pen.model_copy(update={"name": names[id(pen)]}) if id(pen) in names else pen for pen in pens
    ]


def _split(words: str) -> list[str]:
    """Return the words between commas; the name of a file may hold some."""
    whole = words.strip()
    if _is_file(whole) and Path(whole).is_file():
        return [whole]
    return [word.strip() for word in whole.split(",")]


def _is_file(word: str) -> bool:
    return word.endswith(".toml")


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
        return [make_pen({"colour": name, "width": width, **_said(rest, where)}, where)]
    if not first:
        raise InputError(f"{where}: write colour:width, such as black:0.4, or stabilo88:46")
    references = [pen.reference for pen in catalogue()]
    raise unknown("pen", first, [MINE, *ranges(), *colour.NAMES, *references])


def _of_mine(name: str, owned: tuple[OwnPen, ...], where: str) -> list[Pen]:
    if not owned:
        raise InputError(
            f"{where}: you have no pen file; write your pens into ~/.config/inkdream/pens.toml"
        )
    _, colon, asked = name.partition(":")
    found = [own.pen for own in owned if not colon or slug(asked) in own.names]
    if not found:
        raise unknown("pen of mine", asked, [own.names[0] for own in owned])
    return found if not colon else found[:1]


def _of_catalogue(name: str, owned: tuple[OwnPen, ...]) -> list[Pen]:
    """Return the catalogue's pens, with what one's own file says of them."""
    mine = {own.reference: own.pen for own in owned if own.reference}
    return [mine.get(pen.reference) or pen.pen for pen in select(name)]


def _take_apart(word: str, names: int, where: str) -> tuple[str, list[str]]:
    """Return the first parts between the colons, which name a pen, and what is said of it."""
    parts = [part.strip() for part in word.split(":")]
    name = ":".join(parts[:names])
    if "" in parts or len(parts) > names + 2:
        raise InputError(
            f"{where}: write {name.rstrip(':')}, with a width in mm and an opacity behind it if "
            "you like, as in black:0.4:opaque"
        )
    return name, parts[names:]


def _said(rest: Sequence[str], where: str) -> dict[str, Any]:
    """Return the width and opacity that stand behind a pen."""
    said: dict[str, Any] = {}
    if rest:
        try:
            said["width"] = float(rest[0].removesuffix("mm"))
        except ValueError:
            raise InputError(
                f"{where}: {shorten(rest[0])!r} is no width; write mm, such as 0.4"
            ) from None
    if len(rest) > 1:
        try:
            said["opacity"] = float(rest[1])
        except ValueError:
            said["opacity"] = rest[1]
    return said


def _change(pens: list[Pen], rest: Sequence[str], where: str) -> list[Pen]:
    said = _said(rest, where)
    return [make_pen({**pen.model_dump(), **said}, where) if said else pen for pen in pens]
