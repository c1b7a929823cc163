"""Where the markers of a path stand, and how large.

Source: SVG 2, section 13.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, radians, sin

from inkdream.errors import InputError
from inkdream.plot.svg_units import IDENTITY, NUMBER, Matrix, Viewport, chain, fit, view_box

# Shapes that take markers.
MARKED = frozenset({"path", "line", "polyline", "polygon"})
_SHARES = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
_ANGLE = re.compile(rf"({NUMBER})(deg|grad|rad|turn|)", re.IGNORECASE)
_TURNS = {"deg": 1.0, "": 1.0, "grad": 0.9, "rad": 57.29577951308232, "turn": 360.0}


@dataclass(frozen=True)
class Marker:
    """A marker's form.

    Attributes:
        width: of its viewport, in its own units.
        height: likewise.
        is_of_stroke: whether such a unit is the width of the line, or else a user unit.
        degrees: how it is turned; None for along the line.
        is_reversed: whether the first one looks back.
        inside: from its content's units to those of its viewport; the point that stands on the
            vertex is its origin.
        viewport: what its content's percentages are of.
        corner: left and top of its viewport from that point.
    """

    width: float
    height: float
    is_of_stroke: bool
    degrees: float | None
    is_reversed: bool
    inside: Matrix
    viewport: Viewport
    corner: tuple[float, float]

    def place(
        self, point: tuple[float, float], direction: float, width: float, is_first: bool
    ) -> Matrix:
        """Return the transform of its viewport's units to the user units of its line.

        Args:
            point: the vertex.
            direction: of the path there, in degrees.
            width: of the line, in user units.
            is_first: whether it is the path's first vertex.
        """
        turn = direction if self.degrees is None else self.degrees
        if self.is_reversed and is_first:
            turn += 180
        size = width if self.is_of_stroke else 1.0
        c, s = size * cos(radians(turn)), size * sin(radians(turn))
        return c, s, -s, c, float(point[0]), float(point[1])


def read_marker(attributes: Mapping[str, str], viewport: Viewport) -> Marker | None:
    """Return a marker's form, or None if it shows nothing.

    Args:
        attributes: of <marker>.
        viewport: what percentages are of.

    Raises:
        InputError: if a number is too large.
    """
    width = _length(attributes, "markerWidth", "3", viewport.across)
    height = _length(attributes, "markerHeight", "3", viewport.down)
    if width <= 0 or height <= 0:
        return None
    box = view_box(attributes.get("viewBox", ""))
    inside = fit(box, width, height, attributes.get("preserveAspectRatio", "")) if box else IDENTITY
    inner = Viewport(box[2], box[3]) if box else Viewport(width, height)
    left, top = (box[0], box[1]) if box else (0.0, 0.0)
    x = _reference(attributes.get("refX", "0"), left, inner.width, inner.across)
    y = _reference(attributes.get("refY", "0"), top, inner.height, inner.down)
    corner = -(inside[0] * x + inside[4]), -(inside[3] * y + inside[5])
    words = attributes.get("orient", "0").strip()
    is_auto = words in ("auto", "auto-start-reverse")
    return Marker(
        width=width,
        height=height,
        is_of_stroke=attributes.get("markerUnits", "").strip() != "userSpaceOnUse",
        degrees=None if is_auto else _angle(words),
        is_reversed=words == "auto-start-reverse",
        inside=chain((1, 0, 0, 1, *corner), inside),
        viewport=inner,
        corner=corner,
    )


def _length(
    attributes: Mapping[str, str], name: str, usual: str, measure: Callable[[str], float]
) -> float:
    try:
        return measure(attributes.get(name, usual))
    except InputError:
        return measure(usual)


def _reference(word: str, first: float, whole: float, measure: Callable[[str], float]) -> float:
    """Return where refX or refY is in the content's units: a length, or a word such as 'center'."""
    word = word.strip()
    if word in _SHARES:
        return first + _SHARES[word] * whole
    try:
        return measure(word)
    except InputError:
        return 0.0


def _angle(word: str) -> float:
    """Return an angle in degrees; 0 if it is none."""
    found = _ANGLE.fullmatch(word)
    return float(found[1]) * _TURNS[found[2].lower()] if found else 0.0
