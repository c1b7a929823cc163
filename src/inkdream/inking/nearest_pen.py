"""Which of one's pens draws a line of a given colour best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from inkdream import colour
from inkdream.inking.occlusion import Look, colours_on
from inkdream.pens import PenSet

# Colours that differ less than this from paper's (CIEDE2000) are not worth a line.
NOT_WORTH_A_LINE = 10.0
# How much of a line's width may be inked: paper between thinner lines makes an ink paler. The
# lower end keeps pale lines from taking any dark pen.
SHARES = np.linspace(0.3, 1.0, 8)
_AT_ONCE = 1024


@runtime_checkable
class Painted(Protocol):
    """A line or an area of some colour."""

    @property
    def look(self) -> Look:
        """All that its colour on paper depends on."""


@dataclass(frozen=True)
class Match:
    """What draws a line, or fills an area.

    Attributes:
        pen: the index of the pen; -1 for none, where the line looks like the paper.
        difference: between the line's colour and that of the pen's ink, on as much of the paper as
            makes it most alike (CIEDE2000).
        share: how much of the paper that is, 0.3 to 1.
    """

    pen: int
    difference: float
    share: float = 1.0


def match(marks: Sequence[Painted], pens: PenSet) -> list[Match]:
    """Return for each mark the pen whose ink, on part or all of its width, looks most like it.

    So a pale blue line is a thin blue one, and not a black one because both blue and black are far
    too dark for it.

    Args:
        marks: any.
        pens: of colours that are known.

    Raises:
        InputError: if a pen's colour is to be learned.
    """
    looks = list(dict.fromkeys(mark.look for mark in marks))
    known: dict[Look, Match] = {}
    for start in range(0, len(looks), _AT_ONCE):
        some = looks[start : start + _AT_ONCE]
        known.update(zip(some, _match_looks(some, pens), strict=True))
    return [known[mark.look] for mark in marks]


def _match_looks(looks: Sequence[Look], pens: PenSet) -> Iterator[Match]:
    paper = colour.linear_of([pens.paper])
    inks = colour.linear_of([pen.colour for pen in pens])
    shares = SHARES[:, None, None]
    tints = colour.linear_to_lab(shares * inks + (1 - shares) * paper).reshape(-1, 3)
    labs = colour.linear_to_lab(colours_on(looks, pens.paper))
    bare = colour.ciede2000(labs, colour.linear_to_lab(paper))
    differences = colour.ciede2000(labs[:, None], tints)
    for to_paper, to_tints in zip(bare.tolist(), differences, strict=True):
        nearest = int(to_tints.argmin())
        pen = -1 if to_paper < NOT_WORTH_A_LINE else nearest % len(pens)
        yield Match(pen, float(to_tints[nearest]), float(SHARES[nearest // len(pens)]))
