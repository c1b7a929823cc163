"""What the writers of machine files ask of a plot: flattened, on its page, in parts, in ASCII."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.plot import TOLERANCE, Plot, Points

# Rounding may put a vertex this far off the page, in mm; it is moved back.
SLACK = 1e-6
LONGEST_NAME = 60
# GRBL acts on ! ~ and ? wherever they stand, even in a comment; ( ) ; * % and $ mean something to
# one reader or another.
_UNSAFE = re.compile(r"[^A-Za-z0-9 #&+,./:=_-]+")


@dataclass(frozen=True, eq=False)
class Lines:
    """What one pen draws, as polylines.

    Attributes:
        pen: the pen.
        lines: each (V, 2) with V of at least 2, in mm, x to the right and y down, on the page.
    """

    pen: Pen
    lines: tuple[Points, ...]


def lines_on_page(plot: Plot, tolerance: float = TOLERANCE) -> tuple[Lines, ...]:
    """Return the plot as polylines by pen, in plotting order; pens that draw nothing are left out.

    Args:
        plot: what is to be drawn.
        tolerance: of the polylines to curves, in mm.

    Raises:
        InputError: if something lies off the page, is no number, or a stroke has no vertex.
    """
    layers = []
    for layer in plot.layers:
        lines = [each.polyline(tolerance) for each in layer.strokes]
        if lines:
            lines = [_on_page(line, plot.page, layer.pen) for line in lines]
            layers.append(Lines(layer.pen, tuple(lines)))
    return tuple(layers)


def cut_by_pen(begins: Sequence[tuple[int, int]], points: Points) -> dict[int, list[Points]]:
    """Return polylines by pen, in the order drawn.

    Args:
        begins: of each polyline, its pen and the index of its first vertex; ascending.
        points: (N, 2), the vertices of all, one polyline behind the other.
    """
    ends = [first for _, first in begins[1:]] + [len(points)]
    found: dict[int, list[Points]] = {}
    for (pen, first), end in zip(begins, ends, strict=False):
        found.setdefault(pen, []).append(points[first:end])
    return found


def split_by_pen(plot: Plot) -> list[tuple[str, Plot]]:
    """Return one plot for each pen that draws, with a name that is fit for a file: '1-black'."""
    drawn = [layer for layer in plot.layers if layer.strokes]
    return [
        (f"{number}-{slug(layer.pen.name)}", replace(plot, layers=(layer,)))
        for number, layer in enumerate(drawn, 1)
    ]


def plain(text: str, otherwise: str = "pen") -> str:
    """Return a user's text so that it can stand in a comment of any machine's file.

    One line of ASCII letters, figures and a few signs that no machine acts on; accents are taken
    off. If nothing is left, `otherwise`.
    """
    line = " ".join(text[: 10 * LONGEST_NAME].split())
    letters = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode("ascii")
    words = _UNSAFE.sub(" ", letters).split()
    return " ".join(words)[:LONGEST_NAME].strip() or otherwise


def slug(text: str) -> str:
    """Return a user's text as a word for a file's name, 'stabilo-88-46'; 'pen' if none is left."""
    return re.sub(r"[^a-z0-9]+", "-", plain(text).lower()).strip("-") or "pen"


def _on_page(line: Points, page: Page, pen: Pen) -> Points:
    """Return a polyline of at least two vertices, all on the page."""
    if not len(line) or not np.isfinite(line).all():
        what = "has a coordinate that is no number" if len(line) else "has no vertex"
        raise InputError(f"pen {shorten(pen.name)!r}: a stroke {what}")
    size = np.array([page.width, page.height])
    off = float(np.maximum(-line, line - size).max())
    if off > SLACK:
        raise InputError(
            f"pen {shorten(pen.name)!r}: a stroke leaves the page of {page.width:g} x "
            f"{page.height:g} mm by {off:.3g} mm; clip the drawing to its page first"
        )
    # A lone vertex is a dot: down and up at one place.
    return np.clip(line if len(line) > 1 else np.repeat(line, 2, axis=0), 0.0, size)
