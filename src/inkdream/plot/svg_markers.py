"""Where the markers of a path stand, and how large.

Source: SVG 2, section 13.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import cos, radians, sin

from inkdream.errors import InputError
from inkdream.plot.document import Shape
from inkdream.plot.plot import Points
from inkdream.plot.svg_cascade import specified
from inkdream.plot.svg_clips import Clips, Draw
from inkdream.plot.svg_frames import Frame, corners_of
from inkdream.plot.svg_inherited import Inherited
from inkdream.plot.svg_notes import Notes
from inkdream.plot.svg_paths import MOST_POINTS
from inkdream.plot.svg_tree import Node, Tree
from inkdream.plot.svg_units import (
    IDENTITY,
    NUMBER,
    ElementError,
    Matrix,
    Viewport,
    chain,
    fit,
    view_box,
)
from inkdream.plot.svg_vertices import vertices

# Elements that markers draw in all, and markers inside markers.
MOST_COPIES, MOST_DEEP = 20_000, 4
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

    def place(self, point: Points, direction: float, width: float, is_first: bool) -> Matrix:
        """Return the transform of its viewport's units to the user units of its line.

        Args:
            point: (2,) the vertex.
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
    measure = inner if box else viewport
    x = _reference(attributes.get("refX", "0"), left, inner.width, measure.across)
    y = _reference(attributes.get("refY", "0"), top, inner.height, measure.down)
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


class Markers:
    """Draws the markers of lines."""

    def __init__(
        self, tree: Tree, notes: Notes, draw: Draw, inherited: Inherited, clips: Clips
    ) -> None:
        self._tree = tree
        self._notes = notes
        self._draw = draw
        self._inherited = inherited
        self._clips = clips
        self._active: list[int] = []
        self._sizes: dict[int, int] = {}
        self._left = MOST_COPIES

    def shapes(self, data: str, frame: Frame) -> list[Shape]:
        """Return the shapes of a line's markers, in mm, in painter's order.

        Args:
            data: of the line's path.
            frame: the line's; its style names the markers.

        Raises:
            InputError: if what they draw is more than allowed.
        """
        nodes = [self._tree.by_id.get(name) if name else None for name in frame.style.markers]
        nodes = [node if node and node.tag == "marker" else None for node in nodes]
        if not any(nodes) or not frame.style.is_visible:
            return []
        points, degrees = vertices(data, MOST_POINTS)
        last = max(0, len(points) - 1)
        drawn: list[Shape] = []
        # First, last and then those between, as browsers paint them.
        first, final, between = slice(0, 1), slice(last, last + 1), slice(1, last)
        for node, some in zip(nodes, (first, final, between), strict=True):
            if node is None or not self._may_draw(node, len(points[some])):
                continue
            self._active.append(id(node))
            try:
                marker = read_marker(node.attributes, frame.viewport)
                for point, turn in zip(points[some], degrees[some], strict=True):
                    if marker is not None:
                        place = marker.place(point, turn, frame.style.stroke_width, some == first)
                        drawn += self._one(node, marker, chain(frame.matrix, place), frame)
            except ElementError as error:
                self._notes.mistake(node.line, f"<marker> {error}: left out")
            self._active.pop()
        return drawn

    def _may_draw(self, node: Node, times: int) -> bool:
        """Return whether a marker is drawn: not inside itself, and not too often."""
        if id(node) in self._active or len(self._active) == MOST_DEEP:
            self._notes.count("marker inside itself left out")
            return False
        if id(node) not in self._sizes:
            self._sizes[id(node)] = sum(1 for _ in node.walk())
        self._left -= self._sizes[id(node)] * times
        if self._left < 0:
            self._notes.count(f"markers beyond {MOST_COPIES:,} elements left out", times)
        return self._left >= 0

    def _one(self, node: Node, marker: Marker, matrix: Matrix, frame: Frame) -> list[Shape]:
        said = specified(node)
        style, viewport = self._inherited.inside(node, marker.viewport)
        own = frame.style
        style = replace(
            style,
            opacity=own.opacity,
            is_blended=own.is_blended,
            context=(own.resolved(own.fill), own.resolved(own.stroke)),
        )
        edge = chain(matrix, (1, 0, 0, 1, *marker.corner))
        inner = replace(
            frame,
            style=style,
            matrix=chain(matrix, marker.inside),
            viewport=viewport,
            corners=corners_of(edge, marker.width, marker.height),
        )
        shapes = self._draw(node.children, inner)
        outer = replace(inner, matrix=edge)
        clips = (*self._clips.of_viewport(said, inner), *self._clips.of(node, said, outer))
        self._clips.finish(shapes, 0, clips)
        return shapes
