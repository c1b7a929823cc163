"""The one colour that a gradient or a pattern comes to, where a pen draws with one ink.

Source: SVG 2, chapter 14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkdream import colour
from inkdream.plot.areas import windings
from inkdream.plot.document import Shape
from inkdream.plot.packed import pack_strokes
from inkdream.plot.plot import Points, Stroke
from inkdream.plot.svg_affine import box_around
from inkdream.plot.svg_cascade import share, specified
from inkdream.plot.svg_frames import Frame
from inkdream.plot.svg_gradients import (
    Gradient,
    gradient_matrix,
    linear_ends,
    radial_ends,
)
from inkdream.plot.svg_inherited import Inherited
from inkdream.plot.svg_notes import Notes
from inkdream.plot.svg_paint import NONE, Paint, parse_paint
from inkdream.plot.svg_tree import Node, Tree, address
from inkdream.plot.svg_units import ElementError, Viewport, chain, fit, view_box
from inkdream.plot.tiles import look_of, tile_scale

Draw = Callable[[Sequence[Node], Frame], list[Shape]]

# Gradients that lead to each other by href, and patterns that are painted with each other.
MOST_LINKS, MOST_DEEP = 32, 8
MOST_STOPS = 4096
# Different sizes that one pattern is looked at in.
MOST_SIZES = 64
# Places of what is painted at which a gradient is asked.
_PLACES = 1000
_MOST_EDGES = 20_000
# Places in the unit square that no stripes can be in step with (Roberts 2018, "The unreasonable
# effectiveness of quasirandom sequences").
_EVEN = np.arange(1, _PLACES + 1)[:, None] * [0.7548776662466927, 0.5698402909980532] % 1
_GRADIENTS = frozenset({"linearGradient", "radialGradient"})
_NUMBERS = frozenset({"x1", "y1", "x2", "y2", "cx", "cy", "r", "fx", "fy", "fr"})


@dataclass(frozen=True)
class Painted:
    """What is painted.

    Attributes:
        strokes: its outlines, in user units.
        is_line: whether the outlines are painted, or else what they enclose.
        is_even_odd: the rule by which they enclose something.
        viewport: what percentages are of.
    """

    strokes: Sequence[Stroke]
    is_line: bool
    is_even_odd: bool
    viewport: Viewport


class Servers:
    """Turns paints that refer to gradients and patterns into plain colours."""

    def __init__(self, tree: Tree, notes: Notes, draw: Draw, inherited: Inherited) -> None:
        self._tree = tree
        self._notes = notes
        self._draw = draw
        self._inherited = inherited
        self._gradients: dict[tuple[int, Viewport], Gradient | None] = {}
        self._patterns: dict[int, dict[tuple[float, ...], tuple[str, float]]] = {}
        self._active: list[int] = []

    def plain(self, paint: Paint, painted: Painted) -> Paint:
        """Return the plain colour that a paint comes to.

        Args:
            paint: its keyword, if any, is resolved.
            painted: what it paints.

        Raises:
            InputError: if a pattern has more in it than allowed.
        """
        if paint.keyword:
            return NONE
        if paint.reference is None:
            return paint
        server = self._tree.by_id.get(paint.reference)
        if server is None or server.tag not in _GRADIENTS | {"pattern"}:
            return replace(paint, reference=None)
        box = box_around(painted.strokes)
        links = self._links(server)
        if _said(links, _units_of(server), "objectBoundingBox") != "userSpaceOnUse" and not (
            box[2] > 0 and box[3] > 0
        ):
            # What has no width or no height has no box to measure by.
            return replace(paint, reference=None)
        try:
            if server.tag == "pattern":
                look = self._pattern(links, painted.viewport, box)
            else:
                look = self._gradient(links, painted, box)
        except ElementError as error:
            self._notes.mistake(server.line, f"<{server.tag}> {error}: not used")
            return replace(paint, reference=None)
        return Paint(*look) if look else NONE

    def _links(self, server: Node) -> list[Node]:
        """Return a gradient or pattern and those that its href leads to."""
        kinds = _GRADIENTS if server.tag in _GRADIENTS else {"pattern"}
        found = [server]
        while len(found) < MOST_LINKS:
            after = self._tree.by_id.get(address(found[-1].attributes))
            if after is None or after.tag not in kinds or after in found:
                break
            found.append(after)
        return found

    def _gradient(
        self, links: Sequence[Node], painted: Painted, box: tuple[float, float, float, float]
    ) -> tuple[str, float] | None:
        key = id(links[0]), painted.viewport
        if key not in self._gradients:
            self._gradients[key] = self._read_gradient(links, painted.viewport)
        gradient = self._gradients[key]
        if gradient is None:
            return None
        if (gradient.colours != gradient.colours[0]).any():
            self._notes.count("gradient drawn in its mean colour")
        return gradient.mean(_places(painted, box), box)

    def _read_gradient(self, links: Sequence[Node], viewport: Viewport) -> Gradient | None:
        """Return a gradient, or None if it has no stop and paints nothing."""
        holder = next((each for each in links if _stops_of(each)), None)
        if holder is None:
            return None
        offsets, colours = self._stops(_stops_of(holder)[:MOST_STOPS], viewport)
        kind = links[0].tag

        def attribute(name: str, usual: str) -> str:
            # A gradient of the other kind has no numbers to hand on.
            asked = [each for each in links if name not in _NUMBERS or each.tag == kind]
            return _said(asked, name, usual)

        is_of_box = attribute("gradientUnits", "") != "userSpaceOnUse"
        measure = replace(viewport, width=1.0, height=1.0) if is_of_box else viewport
        read = linear_ends if kind == "linearGradient" else radial_ends
        return Gradient(
            offsets=offsets,
            colours=colours,
            matrix=gradient_matrix(attribute),
            is_of_box=is_of_box,
            spread=attribute("spreadMethod", "pad"),
            ends=read(attribute, measure),
        )

    def _stops(self, stops: Sequence[Node], viewport: Viewport) -> tuple[np.ndarray, np.ndarray]:
        """Return offsets (K,) and colours (K, 4) of stops."""
        offsets, colours = [], []
        least = 0.0
        for stop in stops:
            said = specified(stop)
            style, _ = self._inherited.inside(stop, viewport)
            paint = style.resolved(parse_paint(said.get("stop-color", "#000")) or NONE)
            rgb = colour.parse(paint.colour or "#000000")
            alpha = paint.alpha * (share(said.get("stop-opacity", "1")) or 0.0)
            least = max(least, share(stop.attributes.get("offset", "0").strip()) or 0.0)
            offsets.append(least)
            colours.append([*(value / 255 for value in rgb), alpha])
        return np.array(offsets), np.array(colours)

    def _pattern(
        self, links: Sequence[Node], viewport: Viewport, box: tuple[float, float, float, float]
    ) -> tuple[str, float] | None:
        """Return what a pattern looks like from afar, or None if it paints nothing."""
        server = links[0]
        if id(server) in self._active or len(self._active) == MOST_DEEP:
            return None
        known = self._patterns.setdefault(id(server), {})
        key = _size_key(links, box, viewport)
        if key not in known:
            if len(known) >= MOST_SIZES:
                return next(iter(known.values()))
            self._active.append(id(server))
            try:
                look = self._look(links, viewport, box)
            finally:
                self._active.pop()
            if look is None:
                return None
            known[key] = look
        self._notes.count("pattern drawn in its mean colour")
        return known[key]

    def _look(
        self, links: Sequence[Node], viewport: Viewport, box: tuple[float, float, float, float]
    ) -> tuple[str, float] | None:
        is_of_box = _said(links, "patternUnits", "") != "userSpaceOnUse"
        measure = replace(viewport, width=1.0, height=1.0) if is_of_box else viewport
        width = measure.across(_said(links, "width", "0"))
        height = measure.down(_said(links, "height", "0"))
        view = view_box(_said(links, "viewBox", ""))
        if is_of_box:
            width, height = width * box[2], height * box[3]
        holder = next((each for each in links if each.children), None)
        if width <= 0 or height <= 0 or holder is None:
            return None
        scale = tile_scale(width, height)
        matrix = (scale, 0.0, 0.0, scale, 0.0, 0.0)
        inner = viewport
        if view:
            aspect = _said(links, "preserveAspectRatio", "")
            matrix = chain(matrix, fit(view, width, height, aspect))
            inner = replace(viewport, width=view[2], height=view[3])
        # As browsers have it, the content begins at the tile's corner, wherever that is.
        elif _said(links, "patternContentUnits", "") == "objectBoundingBox":
            matrix = chain(matrix, (box[2], 0.0, 0.0, box[3], 0.0, 0.0))
        style, inner = self._inherited.inside(holder, inner)
        frame = Frame(style, matrix, inner, group=0, in_layer=True)
        shapes = self._draw(holder.children, frame)
        return look_of(shapes, width * scale, height * scale)


def _units_of(server: Node) -> str:
    return "patternUnits" if server.tag == "pattern" else "gradientUnits"


def _said(links: Sequence[Node], name: str, usual: str) -> str:
    """Return an attribute of the first element that has it."""
    words = (each.attributes[name].strip() for each in links if name in each.attributes)
    return next(words, usual)


def _stops_of(node: Node) -> list[Node]:
    return [child for child in node.children if child.tag == "stop"]


def _size_key(
    links: Sequence[Node], box: tuple[float, float, float, float], viewport: Viewport
) -> tuple[float, ...]:
    """Return what of the painted shape a pattern's look depends on."""
    units = _said(links, "patternUnits", ""), _said(links, "patternContentUnits", "")
    if units == ("userSpaceOnUse", "objectBoundingBox") or units[0] != "userSpaceOnUse":
        return tuple(float(f"{value:.3g}") for value in box)
    return viewport.width, viewport.height


def _places(painted: Painted, box: tuple[float, float, float, float]) -> Points:
    """Return places (N, 2) all over what is painted, in user units."""
    lines = pack_strokes(painted.strokes, max(box[2], box[3]) / 1000 or 1.0)
    if painted.is_line:
        return _along(lines.points, lines.starts)
    grid = np.array(box[:2]) + np.array(box[2:]) * _EVEN
    if len(lines.points) > _MOST_EDGES:
        return grid
    after = np.arange(1, len(lines.points) + 1)
    after[lines.starts[1:] - 1] = lines.starts[:-1]
    turns = windings(grid, np.stack([lines.points, lines.points[after]], axis=1))
    inside = grid[turns % 2 == 1 if painted.is_even_odd else turns != 0]
    return inside if len(inside) else grid


def _along(points: Points, starts: np.ndarray) -> Points:
    """Return places at equal distances along polylines."""
    steps = np.append(np.hypot(*np.diff(points, axis=0).T), 0.0)
    steps[starts[1:] - 1] = 0.0
    reached = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    total = reached[-1] + steps[-1]
    if total == 0:
        return points[:1]
    at = (np.arange(_PLACES) + 0.5) / _PLACES * total
    index = np.minimum(np.searchsorted(reached, at, "right") - 1, len(points) - 2)
    share_of = (at - reached[index]) / np.where(steps[index] > 0, steps[index], 1.0)
    steps_on = np.clip(share_of, 0, 1)[:, None] * (points[index + 1] - points[index])
    places: Points = points[index] + steps_on
    return places
