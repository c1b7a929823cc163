"""Pens and pen sets as frozen data, in mm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inkdream import colour
from inkdream.errors import InputError
from inkdream.wording import counted

LEARNED = "?"
WHITE = "#ffffff"
USUAL_WIDTH = 0.4
WIDEST = 50.0
MOST_PENS = 64
# Of its name.
MOST_LETTERS = 80
# Transparent inks multiply what lies below, opaque ones cover it, others mix the two results.
OPACITY = {"transparent": 0.0, "semi": 0.5, "opaque": 1.0}
# An ink this light in red, green and blue can only be seen if it covers: gel, paint.
WHITISH = 240
# Nearer than this by CIEDE2000, an ink passes for the paper, which costs nothing; two white sheets
# differ by more.
LIKE_PAPER = 8.0


def check_ink(word: Any) -> str:
    """Return '?' or a colour as '#rrggbb'.

    Raises:
        ValueError: if it is neither.
    """
    if not isinstance(word, str):
        raise ValueError(f"{word!r} is no colour; write '#c8102e', 'crimson' or '?' for learned")
    if word.strip() == LEARNED:
        return LEARNED
    try:
        return colour.to_hex(colour.parse(word.strip()))
    except InputError as error:
        raise ValueError(str(error)) from error


def _check_opacity(word: Any) -> Any:
    if not isinstance(word, str):
        return word
    if word not in OPACITY:
        raise ValueError(f"{word!r} is no opacity; write {', '.join(OPACITY)} or 0 to 1")
    return OPACITY[word]


Ink = Annotated[str, BeforeValidator(check_ink)]


class Pen(BaseModel):
    """One pen.

    >>> import inkdream as ink
    >>> ink.Pen(name="my red", colour="crimson", width=0.3).colour
    '#dc143c'

    Attributes:
        name: its owner's name for it.
        colour: of its ink on white paper, '#rrggbb', or '?' for one to be learned.
        width: of its line, in mm.
        opacity: 0 multiplies what lies below by the ink's colour, 1 covers it; also written
            transparent, semi (0.5), opaque. White inks are opaque by default.
        where: a grey picture: the pen draws only where it is light; "" for anywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=MOST_LETTERS)
    colour: Ink
    width: float = Field(gt=0, le=WIDEST, description="of the line it draws, in mm")
    opacity: Annotated[float, BeforeValidator(_check_opacity)] = Field(
        0.0, ge=0, le=1, description="0 transparent (multiplies), 1 opaque (covers)"
    )
    where: str = Field("", description="a grey picture: the pen draws only where it is light")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Name a pen after its colour; take white ink for opaque."""
        if not isinstance(values, dict) or not isinstance(values.get("colour"), str):
            return values
        ink = check_ink(values["colour"])
        is_white = ink != LEARNED and min(colour.parse(ink)) >= WHITISH
        return {"name": values["colour"].strip(), "opacity": float(is_white), **values}

    @model_validator(mode="after")
    def _check_name(self) -> Pen:
        if not self.name.isprintable() or not self.name.strip():
            raise ValueError(f"{self.name!r} is no name for a pen: use letters that can be printed")
        return self

    @property
    def is_opaque(self) -> bool:
        """Whether it covers rather than multiplies."""
        return self.opacity >= OPACITY["semi"]


@dataclass(frozen=True)
class PenSet:
    """Pens in plotting order, and their paper; see `PenSet.of`.

    >>> import inkdream as ink
    >>> black, yellow = (ink.Pen(name=word, colour=word, width=0.4) for word in ("black", "yellow"))
    >>> [pen.name for pen in ink.PenSet.of([black, yellow])]
    ['yellow', 'black']

    Attributes:
        pens: light before dark, so that ink dragged into a darker line is not seen; opaque ones
            last.
        paper: '#rrggbb'.
    """

    pens: tuple[Pen, ...]
    paper: str = WHITE

    @classmethod
    def of(cls, pens: Iterable[Pen], paper: str = WHITE) -> PenSet:
        """Return the set in plotting order; pens to be learned keep their order.

        Raises:
            InputError: if there is none, more than 64, or a name is given twice.
        """
        pens = tuple(pens)
        check_pens(pens)
        return cls(tuple(sorted(pens, key=_turn)), colour.to_hex(colour.parse(paper)))

    def __len__(self) -> int:
        return len(self.pens)

    def __iter__(self) -> Iterator[Pen]:
        return iter(self.pens)


def check_pens(pens: Sequence[Pen], most: int = MOST_PENS) -> None:
    """Raise InputError if a name is given twice, or there are none or more than `most`."""
    if not 1 <= len(pens) <= most:
        raise InputError(f"{counted(len(pens), 'pen')}; there can be 1 to {most}")
    names = [pen.name for pen in pens]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"pens: {twice!r} is given twice")


def lightness(ink: str) -> float:
    """Return the OKLab lightness of a colour, 0 black to 1 white."""
    return float(colour.linear_to_oklab(colour.linear_of([ink]))[0, 0])


def _turn(pen: Pen) -> tuple[bool, float]:
    return pen.is_opaque, 0.0 if pen.colour == LEARNED else -lightness(pen.colour)


def seen_inks(pens: Sequence[Pen | None], paper: str) -> Float[np.ndarray, "K 3"]:
    """Return what each pen's ink looks like on the paper, in linear RGB.

    Transparent ink multiplies the paper's colour, opaque ink covers it.

    Args:
        pens: K pens; None is bare paper.
        paper: '#rrggbb'.

    Raises:
        InputError: if a colour is none.
    """
    ground = colour.linear_of([paper])[0]
    rows = [ground]
    for pen in pens:
        ink = ground if pen is None else colour.linear_of([pen.colour])[0]
        opacity = 1.0 if pen is None else pen.opacity
        rows.append((1 - opacity) * ground * ink + opacity * ink)
    return np.stack(rows)[1:]


def unused(name: str, names: set[str]) -> str:
    """Return the first of 'teal', 'teal 2', 'teal 3' that is not among the names."""
    number, numbered = 1, name
    while numbered in names:
        number += 1
        numbered = f"{name} {number}"
    return numbered


# What `vpype ... pens inkdream` asks for.
SET = "inkdream"


def to_vpype(pens: Sequence[Pen], name: str = SET) -> str:
    """Return pens for vpype's configuration (TOML), one a layer from 1.

    Each pen is an entry of an array of tables, so the text may be appended to a file that has an
    earlier set of the same name: vpype then takes the last. Source: vpype's documentation,
    "Creating a custom pen configuration".

    Args:
        pens: the first for layer 1.
        name: of the set, in letters, figures, _ and -.

    Raises:
        InputError: if a pen's colour is to be learned.
    """
    lines = []
    for number, pen in enumerate(pens, 1):
        if pen.colour == LEARNED:
            raise InputError(f"pen {pen.name!r} has no colour yet: vpype needs one")
        ink = colour.to_hex(colour.parse(pen.colour))
        # JSON's strings are TOML's.
        lines += [
            f"[[pen_config.{name}.layers]]",
            f"layer_id = {number}",
            f"name = {json.dumps(pen.name, ensure_ascii=False)}",
            f"color = {json.dumps(ink)}",
            f'pen_width = "{pen.width:g}mm"',
            "",
        ]
    return "\n".join(lines)
