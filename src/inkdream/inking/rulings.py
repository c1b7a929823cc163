"""How pens' lines lie, read from words behind pens and from flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from inkdream.errors import InputError, shorten
from inkdream.hatch.ruling import Ruling
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, parse_pens

# An angle, a spacing behind a slash, or both.
_SIGN = "@"
_RULING = re.compile(r"(?P<angle>[^/]*)(/(?P<spacing>.*))?", re.DOTALL)
_HOW = "write @30/1.2mm for lines at 30 degrees, 1.2 mm apart, or one of both: @30, @/1.2mm"


def parse_ruled(words: str, own: Path | None = None) -> tuple[tuple[Pen, ...], dict[str, Ruling]]:
    """Return the pens of 'black:0.4@30/1.2mm,red', and how the lines of some lie, by pens' names.

    >>> pens, rulings = parse_ruled("black:0.4@30/1.2mm,red:0.4")
    >>> [pen.name for pen in pens], rulings["black"]
    (['black', 'red'], Ruling(angle=30.0, spacing=1.2))

    Args:
        words: as `parse_pens` takes them. Behind a pen, or a word for several, can stand @ and the
            angle of its lines in degrees, a slash and their spacing in mm, or one of both.
        own: the file of one's own pens.

    Raises:
        InputError: if a word is no pen, or what stands behind one says no angle and no spacing.
    """
    if _SIGN not in words or Path(words.strip()).is_file():
        return parse_pens(words, own=own), {}
    bare, ruled = [], []
    for word in words.split(","):
        pen, sign, ruling = word.partition(_SIGN)
        bare.append(pen.strip())
        ruled.append(_parse(ruling.strip(), word.strip()) if sign else None)
    pens = parse_pens(",".join(bare), own=own)
    rulings: dict[str, Ruling] = {}
    place = 0
    for word, how in zip(bare, ruled, strict=True):
        count = len(parse_pens(word, USUAL_WIDTH, own))
        if how:
            rulings |= {pen.name: how for pen in pens[place : place + count]}
        place += count
    _check_known(pens, rulings)
    return pens, rulings


def _parse(text: str, word: str) -> Ruling:
    found = _RULING.fullmatch(text)
    assert found, "any text matches"
    angle, spacing = found["angle"].strip(), found["spacing"]
    try:
        if not angle and not (spacing or "").strip():
            raise ValueError
        return Ruling(
            float(angle.removesuffix("°")) if angle else None,
            None if spacing is None else float(spacing.strip().removesuffix("mm")),
        )
    except ValueError:
        raise InputError(f"pen {shorten(word)!r}: {_SIGN}{shorten(text)}: {_HOW}") from None
    except InputError as error:
        raise InputError(f"pen {shorten(word)!r}: {error}") from error


def _check_known(pens: Sequence[Pen], rulings: dict[str, Ruling]) -> None:
    if any(pen.name in rulings and pen.colour == LEARNED for pen in pens):
        raise InputError(
            "a pen to be learned has no name yet that its lines could be told by: --angle and "
            "--spacing are for all pens"
        )
