"""Markers: their places on a path, and their shapes. Source: SVG 2, section 13.7."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.plot.plot import Points
from inkdream.svg.clips import Clips
from inkdream.svg.document import Shape
from inkdream.svg.frames import Draw, Frame, Inherited, corners_of
from inkdream.svg.paths import PathData
from inkdream.svg.style import specified
from inkdream.svg.units import (
    DEGREES,
    IDENTITY,
    NUMBER,
    ElementError,
    Matrix,
    Viewport,
    chain,
    fit,
    view_box,
)
from inkdream.svg.xml import Node, Notes, Tree


class Vertices(NamedTuple):
    """The vertices of a path, in its order.

    Attributes:
        points: (V, 2).
        degrees: (V,) direction of the path, clockwise from the x axis: half way between that of
            the segments before and after.
    """

    points: Points
    degrees: NDArray[np.float64]


def vertices(path: PathData) -> Vertices:
    """Return the vertices of a path, those of closings among them."""
    points: list[complex] = []
    into: list[complex] = []
    out: list[complex] = []
    subpaths: list[int] = []
    for number, subpath in enumerate(path.subpaths):
        first = len(points)
        points.append(subpath.start)
        into.append(0j)
        for size, piece in subpath.pieces:
            for k in range(0, len(piece), size):
                control = [points[-1], *piece[k : k + size]]
                points.append(control[-1])
                out.append(_direction(control))
                into.append(0 - _direction(control[::-1]))
        out.append(0j)
        if subpath.is_closed:
            # It goes on from its end as it began, and came to its beginning as it ends.
            out[-1], into[first] = out[first], into[-1]
        subpaths += [number] * (len(points) - first)
    where, come, go = (
        np.array(each, np.complex128).view(np.float64).reshape(-1, 2)
        for each in (points, into, out)
    )
    return Vertices(where, _between(*_without_zeros(come, go, np.array(subpaths))))


def _direction(control: Sequence[complex]) -> complex:
    """Return the unit direction from the first control point to the next that differs."""
    step = next((each - control[0] for each in control if each != control[0]), 0j)
    return step / abs(step) if step else 0j


def _without_zeros(into: Points, out: Points, subpaths: NDArray[np.int64]) -> tuple[Points, Points]:
    """Give segments without length the direction of the one before, else of the one after."""
    into, out = into.copy(), out.copy()
    goes_on = np.append(subpaths[1:] == subpaths[:-1], False)
    for index in np.flatnonzero(goes_on):
        if not into[index + 1].any() and into[index].any():
            out[index] = into[index + 1] = into[index]
    for index in np.flatnonzero(goes_on)[::-1]:
        if not into[index + 1].any():
            out[index] = into[index + 1] = out[index + 1]
    return into, out


def _between(into: Points, out: Points) -> NDArray[np.float64]:
    """Return the directions half way between two each, in degrees."""
    angles = [np.degrees(np.arctan2(each[:, 1], each[:, 0])) for each in (into, out)]
    turn = (angles[1] - angles[0] + 180) % 360 - 180
    both = angles[0] + turn / 2
    return np.where(~into.any(axis=1), angles[1], np.where(~out.any(axis=1), angles[0], both))


# Elements that markers draw in all, and markers inside markers.
MOST_COPIES, MOST_DEEP = 20_000, 4
_SHARES = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
_ANGLE = re.compile(rf"({NUMBER})(deg|grad|rad|turn|)", re.IGNORECASE)


@dataclass(frozen=True)
class Marker:
    """A marker's form.

    Attributes:
        width: of its viewport, in its own units.
        height: likewise.
        is_of_stroke: whether its unit is the width of the line, or else a user unit.
        degrees: its rotation; None for along the line.
        is_reversed: whether the first one is turned round.
        inside: from its content's units to those of its viewport, with the reference point as
            origin.
        viewport: of its content's percentages.
        corner: left and top of its viewport from the reference point.
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
        """Return the transform from its viewport's units to the user units of its line.

        The point is (2,), the direction in degrees, the width in user units.
        """
        turn = direction if self.degrees is None else self.degrees
        if self.is_reversed and is_first:
            turn += 180
        size = width if self.is_of_stroke else 1.0
        c, s = size * cos(radians(turn)), size * sin(radians(turn))
        return c, s, -s, c, float(point[0]), float(point[1])


def read_marker(attributes: Mapping[str, str], viewport: Viewport) -> Marker | None:
    """Return a marker's form, or None if it shows nothing.

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
    """Return refX or refY in the content's units: a length, or a word such as 'center'."""
    word = word.strip()
    if word in _SHARES:
        return first + _SHARES[word] * whole
    try:
        return measure(word)
    except InputError:
        return 0.0


def _angle(word: str) -> float:
    """Return an angle in degrees; 0 if it is none."""
    match = _ANGLE.fullmatch(word)
    return float(match[1]) * DEGREES[match[2].lower()] if match else 0.0


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

    def shapes(self, path: PathData, frame: Frame) -> list[Shape]:
        """Return the shapes of a line's markers, in mm, in painter's order.

        Raises:
            InputError: if there are more than allowed.
        """
        nodes = [self._tree.by_id.get(name) if name else None for name in frame.style.markers]
        nodes = [node if node and node.tag == "marker" else None for node in nodes]
        if not any(nodes) or not frame.style.is_visible:
            return []
        points, degrees = vertices(path)
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
        properties = specified(node)
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
        clips = self._clips.of_viewport(properties, inner)
        self._clips.finish(shapes, 0, (*clips, *self._clips.of(node, properties, outer)))
        return shapes
