"""Whether a plot shows what another program shows of a drawing in lines."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from inkdream.formats.svg import to_svg
from inkdream.inking.assign_pens import assign_pens
from inkdream.page import Page
from inkdream.pens import PenSet
from inkdream.pens.pen import Pen
from inkdream.svg.read import read_svg
from tests.svg.random_svgs import HEIGHT, INKS, LINE, WIDTH, make

PENS = PenSet.of([Pen(name=name, colour=ink, width=0.3) for name, ink in INKS.items()])
# Px per mm, and mm that a line may lie beside its place.
SCALE = 6
REACH = 0.7
# mm of line that may be missing: what is left between two things that hide it is not drawn.
LOOSE = 2.0

Mask = NDArray[np.bool_]

# What a note begins with that excuses nothing: it says what was done as it should be.
_NO_EXCUSE = re.compile(r"hidden|line \d+")


def plotted(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the plot of an SVG in the three pens, as SVG, and the notes that excuse it."""
    document = read_svg(text)
    page = Page(width=document.width, height=document.height, margin=0)
    plot, _ = assign_pens(document, PENS, page, bridge=0.3)
    return to_svg(plot), tuple(note for note in document.notes if not _NO_EXCUSE.match(note))


def is_misdrawn(plot: str, meant: str, thin: str) -> bool:
    """Return whether a plot has lines that are not meant, lacks some, or has another ink for them.

    Where lines of two inks all but lie on each other, either may hide the other; so more is allowed
    for inks than for lines. Of a line beside an edge at which it is cut, a part of its width shows;
    thin lines show that no plotter needs to draw it.
    """
    drawn, first, second = (_lines(svg) for svg in (plot, meant, thin))
    inks = sum(map(_apart, drawn, first, second))
    lines = _apart(*(np.any(each, axis=0) for each in (drawn, first, second)))
    return lines > LOOSE * LINE * SCALE**2 or inks > 5 * LOOSE * LINE * SCALE**2


def _lines(svg: str) -> list[Mask]:
    """Return where an SVG has each ink: black, red, blue."""
    png = resvg_py.svg_to_bytes(
        svg_string=svg, background="#ffffff", width=WIDTH * SCALE, height=HEIGHT * SCALE,
        skip_system_fonts=True, dpi=96,
    )  # fmt: skip
    with Image.open(io.BytesIO(bytes(png))) as image:
        picture = np.asarray(image.convert("RGB")).astype(int)
    red, blue = picture[..., 0], picture[..., 2]
    is_dark = picture.min(axis=2) < 110
    return [
        is_dark & (np.maximum(red, blue) < 110),
        is_dark & (red - blue > 90),
        is_dark & (blue - red > 90),
    ]


def _apart(drawn: Mask, meant: Mask, thin: Mask) -> int:
    """Return how many px are farther from those of another mask than lines may lie."""
    lacking = meant & _widened(thin) & ~_widened(drawn)
    return int((drawn & ~_widened(meant)).sum() + lacking.sum())


def _widened(mask: Mask) -> Mask:
    """Return a mask that reaches farther by REACH on all sides."""
    reach = round(REACH * SCALE)
    for _ in range(2):
        # Along one axis, then, turned over, along the other.
        wide = np.pad(mask, [(reach, reach), (0, 0)])
        size = len(mask)
        mask = wide[:size].copy()
        for step in range(1, 2 * reach + 1):
            mask |= wide[step : step + size]
        mask = mask.T
    return mask


def main(first: int, behind: int) -> None:
    """Compare many: `python -m tests.svg.misdrawn 0 2000`.

    A difference without a note is a fault of the reader, of the plot, or of resvg.
    """
    differing = silent = 0
    for seed in range(first, behind):
        given, meant, thin = make(seed)
        plot, notes = plotted(given)
        if is_misdrawn(plot, meant, thin):
            differing += 1
            silent += not notes
            print(f"{seed}: {'; '.join(notes) or 'no note'}", flush=True)
    print(f"{differing} of {behind - first} differ, {silent} of them without a note")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
