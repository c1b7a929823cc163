"""What writers and readers of machines' files share: polylines on the page, plain names, limits."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.plot import TOLERANCE, Plot, Points, Stroke

# Rounding may put a vertex this far off the page, in mm; it is moved back.
SLACK = 1e-6
LONGEST_NAME = 60
# What is read of a file at most.
MOST_CHARACTERS = 2**25
MOST_STROKES = 2 * 10**6
# GRBL acts on ! ~ and ? wherever they stand, even in a comment; ( ) ; * % and $ mean something to
# one reader or another.
_UNSAFE = re.compile(r"[^A-Za-z0-9 #&+,./:=_-]+")


class Recorder:
    """What a machine draws while it obeys a file: polylines by pen, in the machine's own unit."""

    def __init__(self, number: Literal["d", "q"] = "d") -> None:
        """Begin with nothing; `number` is how `array` calls the type of a coordinate."""
        self.begins: list[tuple[int, int]] = []
        self.xs, self.ys = array(number), array(number)

    def begin(self, pen: int, x: float, y: float, where: str) -> None:
        """Put a pen down at a place; raise InputError if that was done too often."""
        if len(self.begins) >= MOST_STROKES:
            raise InputError(f"{where}: more than {MOST_STROKES:,} strokes")
        self.begins.append((pen, len(self.xs)))
        self.draw([x], [y])

    def draw(self, xs: Iterable[float], ys: Iterable[float]) -> None:
        """Draw on to places."""
        self.xs.extend(xs)  # type: ignore[arg-type]
        self.ys.extend(ys)  # type: ignore[arg-type]

    @property
    def points(self) -> NDArray[Any]:
        """All places (N, 2), of one polyline behind the other."""
        return np.stack([np.asarray(self.xs), np.asarray(self.ys)], axis=1)

    def by_pen(self, points: Points) -> dict[int, list[Points]]:
        """Return polylines by pen, in the order drawn; `points` (N, 2) stand for those recorded."""
        ends = [first for _, first in self.begins[1:]] + [len(points)]
        lines: dict[int, list[Points]] = {}
        for (pen, first), end in zip(self.begins, ends, strict=False):
            lines.setdefault(pen, []).append(points[first:end])
        return lines


def check_size(text: str, kind: str) -> None:
    """Raise InputError if a file is too long to be read."""
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{kind}: more than {MOST_CHARACTERS:,} characters")


def lines_on_page(plot: Plot, tolerance: float = TOLERANCE) -> Plot:
    """Return the plot as polylines of at least two vertices; pens that draw nothing are left out.

    Args:
        plot: in plotting order.
        tolerance: of the polylines to curves, in mm.

    Raises:
        InputError: if something lies off the page, is no number, or a stroke has no vertex.
    """
    layers = [
        replace(
            layer,
            strokes=tuple(
                Stroke(_on_page(stroke.polyline(tolerance), plot.page, layer.pen))
                for stroke in layer.strokes
            ),
        )
        for layer in plot.layers
        if layer.strokes
    ]
    return replace(plot, layers=tuple(layers))


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
