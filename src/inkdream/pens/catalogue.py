"""Real pens: what they are called, how wide they draw, what their ink looks like, and who says so.

The values lie in `data`, one file a range. A pen's reference is its range and its code, such as
'stabilo88:46' or 'micron:05-black'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from inkdream import colour
from inkdream.errors import InputError, shorten, unknown
from inkdream.pens.pen import Pen
from inkdream.pens.range_file import CataloguePen, read_range, slug
from inkdream.wording import counted

# How many pens a search by colour names.
NEAREST = 12


@cache
def catalogue() -> tuple[CataloguePen, ...]:
    """Return every pen, range after range in the order of their keys."""
    folder = files("inkdream.pens") / "data"
    found = sorted((file.name, file) for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(
        pen
        for name, file in found
        for pen in read_range(name.removesuffix(".toml"), file.read_text(encoding="utf-8"))
    )


@cache
def ranges() -> Mapping[str, tuple[CataloguePen, ...]]:
    """Return the pens of each range by its key."""
    keys = dict.fromkeys(pen.key for pen in catalogue())
    return {key: tuple(pen for pen in catalogue() if pen.key == key) for key in keys}


def select(reference: str) -> tuple[CataloguePen, ...]:
    """Return the pens that a reference names.

    Args:
        reference: of one pen by its code ('stabilo88:46') or its colour ('stabilo88:black',
            'posca:3m-black'), of one size of a range ('posca:3m'), or of a range ('stabilo88').

    Raises:
        InputError: if there is no such range or pen; names the nearest.
    """
    key, _, code = (slug(part) for part in reference.partition(":"))
    if key not in ranges():
        raise unknown("range of pens", reference.partition(":")[0], ranges())
    if ":" not in reference:
        return ranges()[key]
    # Codes come first, for the list of what is known.
    names: dict[str, list[CataloguePen]] = {pen.code: [pen] for pen in ranges()[key]}
    for pen in ranges()[key]:
        for name in _other_names(pen):
            names.setdefault(name, []).append(pen)
    if code not in names:
        raise unknown(f"pen of {key}", reference.partition(":")[2], names)
    return tuple(names[code])


def find(reference: str) -> Pen:
    """Return the one pen that a reference such as 'stabilo88:46' names.

    Raises:
        InputError: if it names none, or several.
    """
    pens = select(reference)
    if len(pens) > 1:
        raise InputError(
            f"{shorten(reference)!r} names {counted(len(pens), 'pen')}; name one, such as "
            f"{pens[0].reference}"
        )
    return pens[0].pen


def search(words: str) -> list[CataloguePen]:
    """Return the pens that fit all of some words, best first; none if there is none.

    Args:
        words: beginnings of a maker's, range's or colour's name, a code, or a colour: '#c8102e'
            asks for the 12 pens nearest to it by CIEDE2000. A CSS colour that no pen is called
            after, such as 'tomato', does so too.

    Raises:
        InputError: if what begins with # is no colour.
    """
    asked = re.split(r"[\s,:/]+", words.casefold())
    colours = [word for word in asked if word.startswith("#")]
    texts = slug(" ".join(word for word in asked if not word.startswith("#"))).split("-")
    pens = [pen for pen in catalogue() if _fits(pen, texts)] if any(texts) or colours else []
    if not pens and not colours and slug(words) in colour.NAMES:
        pens, colours = list(catalogue()), [slug(words)]
    for near in colours:
        pens = _nearest(pens, near)
    return pens


def differences(inks: list[str], other: str) -> list[float]:
    """Return how different colours look from another one: CIEDE2000, 1 just noticeable.

    Raises:
        InputError: if one of them is no colour.
    """
    lab = colour.linear_to_lab(colour.linear_of([*inks, other]))
    return [float(value) for value in colour.ciede2000(lab[:-1], lab[-1:])]


def _nearest(pens: list[CataloguePen], ink: str) -> list[CataloguePen]:
    far = differences([pen.colour for pen in pens], ink)
    return [pens[index] for index in sorted(range(len(pens)), key=far.__getitem__)[:NEAREST]]


def _other_names(pen: CataloguePen) -> Iterator[str]:
    """Give what a pen answers to besides its code: its colour's name, and its size."""
    size = pen.code.removesuffix(slug(pen.number or pen.name))
    if pen.number:
        yield size + slug(pen.name)
    if size:
        yield size.rstrip("-")


def _fits(pen: CataloguePen, texts: list[str]) -> bool:
    words = slug(f"{pen.key} {pen.label} {pen.code}").split("-")
    return all(any(word.startswith(text) for word in words) for text in texts)
