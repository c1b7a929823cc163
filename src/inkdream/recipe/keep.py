"""What lies on paper already, in words: for recipes, and for `inkdream plot`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inkdream.recipe.tables import parse_duration

_NUMBERS = re.compile(r"[\d\s,-]+")


@dataclass(frozen=True)
class Plotted:
    """What a plotter has drawn: all until a time, or all of some layers.

    Attributes:
        words: as it was asked for: '12min', 'black,red', '1-2'.
        seconds: since it began, pen changes left out; None where layers are named.
        layers: names of pens, and numbers of layers from 1: '2', '1-3'.
    """

    words: str
    seconds: float | None = None
    layers: tuple[str, ...] = ()


def parse_plotted(words: str) -> Plotted:
    """Return what words say of a plot that has begun: a time, or layers.

    >>> parse_plotted("12min").seconds
    720.0
    >>> parse_plotted("black, 2-3").layers
    ('black', '2-3')

    Args:
        words: '12min', '1h30m', '1:30', '90s'; or names of pens and numbers of layers. A number
            alone is a layer.

    Raises:
        ValueError: if they say nothing.
    """
    layers = tuple(word.strip() for word in words.split(",") if word.strip())
    if not layers:
        raise ValueError("say until when, as in 12min, or which layers, as in black,red or 1-2")
    if not _NUMBERS.fullmatch(words):
        try:
            seconds = float(parse_duration(words))
        except ValueError:
            return Plotted(words.strip(), layers=layers)
        if not 0 < seconds < float("inf"):
            raise ValueError(f"{words!r}: a time is above 0, such as 12min")
        return Plotted(words.strip(), seconds)
    return Plotted(words.strip(), layers=layers)
