"""Gradients and patterns as one colour, since a pen has one ink.

It is the mean over the painted places, in linear light. Source: SVG 2, sections 14.2 and 14.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.errors import InputError
from inkdream.plot.areas import windings
from inkdream.plot.clip import points_at
from inkdream.plot.cover import paint_area, paint_line
from inkdream.plot.plot import Points, Stroke
from inkdream.plot.ragged import pack_strokes
from inkdream.svg.document import Shape
from inkdream.svg.frames import Draw, Frame, Inherited
from inkdream.svg.style import NONE, Paint, parse_paint, share, specified
from inkdream.svg.units import (
    IDENTITY,
    ElementError,
    Matrix,
    Viewport,
    applied,
    box_around,
    chain,
    fit,
    inverse,
    transform,
    view_box,
)
from inkdream.svg.xml import Node, Notes, Tree, address

# Values (N,) and their colour: red, green and blue as sRGB and alpha (N, 4), all in [0, 1].
Colours = NDArray[np.float64]
# Returns an attribute of a gradient: its own, or that of the one its href leads to.
Attribute = Callable[[str, str], str]


@dataclass(frozen=True, eq=False)
class Gradient:
    """A gradient.

    Attributes:
        offsets: (K,) of its stops, rising, in [0, 1]; at least one.
        colours: (K, 4) of its stops.
        matrix: from its own space to that of its numbers.
        is_of_box: whether that space is the unit square of the painted shape.
        spread: 'pad', 'reflect' or 'repeat'.
        ends: x1, y1, x2, y2 of a linear gradient; fx, fy, fr, cx, cy, r of a radial one.
    """

    offsets: NDArray[np.float64]
    colours: Colours
    matrix: Matrix
    is_of_box: bool
    spread: str
    ends: tuple[float, ...]

    def mean(self, points: Points, box: tuple[float, float, float, float]) -> tuple[str, float]:
        """Return the mean colour, '#rrggbb', and the mean alpha at points (N, 2) in user units.

        `box` is left, top, width and height of the painted shape.
        """
        matrix = self.matrix
        if self.is_of_box:
            matrix = chain((box[2], 0.0, 0.0, box[3], box[0], box[1]), matrix)
        back = inverse(matrix)
        if len(self.offsets) == 1 or back is None:
            seen = self.colours[-1:]
        else:
            seen = self._colours_at(applied(back, points))
        return mean_colour(seen[:, :3], seen[:, 3])

    def _colours_at(self, points: Points) -> Colours:
        values = _along_line(points, self.ends) if len(self.ends) == 4 else None
        if values is None:
            values = _along_cones(points, self.ends)
        if self.spread == "repeat":
            values = np.where(np.isfinite(values), values % 1, values)
        elif self.spread == "reflect":
            values = 1 - np.abs(1 - values % 2)
        is_painted = ~np.isnan(values)
        values = np.nan_to_num(values, nan=0.0)
        # Of stops at the same place the last counts behind it.
        places = self.offsets + 1e-9 * np.arange(len(self.offsets))
        seen = np.stack([np.interp(values, places, each) for each in self.colours.T], axis=1)
        seen[:, 3] *= is_painted
        return seen


def mean_colour(rgb: NDArray[np.float64], alpha: NDArray[np.float64]) -> tuple[str, float]:
    """Return the mean, '#rrggbb', of sRGB (N, 3) by their alpha (N,), and the mean alpha."""
    total = alpha.sum()
    weights = alpha / total if total > 0 else np.full(len(alpha), 1 / max(1, len(alpha)))
    light = (weights[:, None] * colour.srgb_to_linear(rgb)).sum(axis=0)
    ink = colour.to_hex(colour.to_bytes(light).tolist())
    return ink, float(alpha.mean()) if len(alpha) else 0.0


def _linear_ends(attribute: Attribute, viewport: Viewport) -> tuple[float, ...]:
    """Return x1, y1, x2 and y2 of a linear gradient."""
    usual = {"x1": "0%", "y1": "0%", "x2": "100%", "y2": "0%"}
    return tuple(_number(attribute, name, word, viewport) for name, word in usual.items())


def _radial_ends(attribute: Attribute, viewport: Viewport) -> tuple[float, ...]:
    """Return fx, fy, fr, cx, cy and r of a radial gradient."""
    x, y, r = (_number(attribute, name, "50%", viewport) for name in ("cx", "cy", "r"))
    focus_x = _number(attribute, "fx", repr(x), viewport)
    focus_y = _number(attribute, "fy", repr(y), viewport)
    first = max(0.0, _number(attribute, "fr", "0", viewport))
    return focus_x, focus_y, first, x, y, r


def _matrix(attribute: Attribute) -> Matrix:
    """Return a gradient's own transform; the identity if it is not understood."""
    try:
        return transform(attribute("gradientTransform", ""))
    except InputError:
        return IDENTITY


def _number(attribute: Attribute, name: str, usual: str, viewport: Viewport) -> float:
    measure = viewport.along
    if name.endswith(("x", "x1", "x2")):
        measure = viewport.across
    elif name.endswith(("y", "y1", "y2")):
        measure = viewport.down
    try:
        return measure(attribute(name, usual))
    except InputError:
        return measure(usual)


def _along_line(points: Points, ends: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the values of points (N, 2) in a linear gradient; 0 and 1 are its ends."""
    begin, step = np.array(ends[:2]), np.array(ends[2:]) - np.array(ends[:2])
    square = float((step**2).sum())
    # Without length it is all its last stop's colour.
    if square == 0:
        return np.full(len(points), np.inf)
    return np.asarray((points - begin) @ step / square)


def _along_cones(points: Points, ends: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the values of points (N, 2) in a radial gradient; NaN outside.

    The circles go from radius fr around the focus to r around the centre. A place on several is on
    the farthest (SVG 2, section 14.2.3).
    """
    focus, first, centre, last = np.array(ends[:2]), ends[2], np.array(ends[3:5]), ends[5]
    if last <= 0:
        return np.full(len(points), np.inf)
    shift, growth = centre - focus, last - first
    if growth == 0 and not shift.any():
        # All circles are the same: what is inside comes before the first, the rest is behind.
        away = np.hypot(*(points - centre).T)
        return np.asarray(np.where(away < last, 0.0, np.inf))
    # |p - f - t s|^2 = (fr + t g)^2, a quadratic a t^2 - 2 b t + c = 0.
    offset = points - focus
    a = float(shift @ shift) - growth**2
    b = offset @ shift + first * growth
    c = (offset**2).sum(axis=1) - first**2
    with np.errstate(divide="ignore", invalid="ignore"):
        if abs(a) < 1e-12 * last**2:
            roots = np.stack([c / (2 * b)] * 2)
        else:
            root = np.sqrt(b * b - a * c)
            roots = np.stack([(b + root) / a, (b - root) / a])
        roots = np.where(first + roots * growth >= 0, roots, np.nan)
    return np.asarray(np.fmax(roots[0], roots[1]))


# Px of a tile on its longer and its shorter side, at least; on the longer at most.
SIDE, LEAST_SIDE, MOST_SIDE = 96, 8, 512


def tile_scale(width: float, height: float) -> float:
    """Return the scale of a tile, in px per user unit."""
    longer, shorter = max(width, height), min(width, height)
    return min(max(SIDE / longer, LEAST_SIDE / shorter), MOST_SIDE / longer)


def look_of(shapes: Sequence[Shape], width: float, height: float) -> tuple[str, float]:
    """Return the mean colour of a tile, '#rrggbb', and its mean alpha.

    The shapes are in px from the tile's top left corner, in painter's order.
    """
    size = max(1, round(height)), max(1, round(width))
    seen = np.zeros((*size, 3))  # sRGB times alpha, as viewers mix
    alphas = np.zeros(size)
    for ink, alpha, is_covered in _layers(shapes, size):
        rgb = np.array(colour.parse(ink)) / 255
        cover = alpha * is_covered
        seen = cover[..., None] * rgb + (1 - cover[..., None]) * seen
        alphas = cover + (1 - cover) * alphas
    flat = alphas.ravel()
    rgb = seen.reshape(-1, 3) / np.maximum(flat, 1e-9)[:, None]
    return mean_colour(np.clip(rgb, 0.0, 1.0), flat)


def _layers(
    shapes: Sequence[Shape], size: tuple[int, int]
) -> Iterator[tuple[str, float, NDArray[np.bool_]]]:
    """Yield each fill and each line: its ink, its alpha and the px (H, W) that it covers."""
    for shape in shapes:
        if shape.fill is not None and shape.fill_alpha > 0 and shape.inside:
            top = np.zeros(size, np.int32)
            lines = pack_strokes(shape.inside)
            paint_area(top, lines.points, lines.starts[:-1], shape.is_even_odd, 1)
            yield shape.fill, shape.fill_alpha, top > 0
        if shape.colour is not None and shape.alpha > 0 and shape.width > 0 and shape.strokes:
            top = np.zeros(size, np.int32)
            lines = pack_strokes(shape.strokes)
            for index in range(len(shape.strokes)):
                paint_line(top, lines.line(index), shape.width / 2, 1)
            yield shape.colour, shape.alpha, top > 0


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
    """A painted shape.

    Attributes:
        strokes: its outlines, in user units.
        is_line: whether the outlines are painted, or else their inside.
        is_even_odd: the fill rule.
        viewport: of percentages.
    """

    strokes: Sequence[Stroke]
    is_line: bool
    is_even_odd: bool
    viewport: Viewport


class Servers:
    """Turns references to gradients and patterns into plain colours."""

    def __init__(self, tree: Tree, notes: Notes, draw: Draw, inherited: Inherited) -> None:
        self._tree = tree
        self._notes = notes
        self._draw = draw
        self._inherited = inherited
        self._gradients: dict[tuple[int, Viewport], Gradient | None] = {}
        self._patterns: dict[int, dict[tuple[float, ...], tuple[str, float]]] = {}
        self._active: list[int] = []

    def plain(self, paint: Paint, painted: Painted) -> Paint:
        """Return the plain colour of a paint, its keyword resolved.

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
        if _attribute(links, _units_of(server), "objectBoundingBox") != "userSpaceOnUse" and not (
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
        links = [server]
        while len(links) < MOST_LINKS:
            after = self._tree.by_id.get(address(links[-1].attributes))
            if after is None or after.tag not in kinds or after in links:
                break
            links.append(after)
        return links

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
        """Return a gradient, or None if it has no stops."""
        holder = next((each for each in links if _stops_of(each)), None)
        if holder is None:
            return None
        offsets, colours = self._stops(_stops_of(holder)[:MOST_STOPS], viewport)
        kind = links[0].tag

        def attribute(name: str, usual: str) -> str:
            # A gradient of the other kind has no numbers to hand on.
            asked = [each for each in links if name not in _NUMBERS or each.tag == kind]
            return _attribute(asked, name, usual)

        is_of_box = attribute("gradientUnits", "") != "userSpaceOnUse"
        measure = replace(viewport, width=1.0, height=1.0) if is_of_box else viewport
        read = _linear_ends if kind == "linearGradient" else _radial_ends
        return Gradient(
            offsets=offsets,
            colours=colours,
            matrix=_matrix(attribute),
            is_of_box=is_of_box,
            spread=attribute("spreadMethod", "pad"),
            ends=read(attribute, measure),
        )

    def _stops(self, stops: Sequence[Node], viewport: Viewport) -> tuple[np.ndarray, np.ndarray]:
        """Return offsets (K,) and colours (K, 4) of stops."""
        offsets, colours = [], []
        least = 0.0
        for stop in stops:
            properties = specified(stop)
            style, _ = self._inherited.inside(stop, viewport)
            paint = style.resolved(parse_paint(properties.get("stop-color", "#000")) or NONE)
            rgb = colour.parse(paint.colour or "#000000")
            alpha = paint.alpha * (share(properties.get("stop-opacity", "1")) or 0.0)
            least = max(least, share(stop.attributes.get("offset", "0").strip()) or 0.0)
            offsets.append(least)
            colours.append([*(value / 255 for value in rgb), alpha])
        return np.array(offsets), np.array(colours)

    def _pattern(
        self, links: Sequence[Node], viewport: Viewport, box: tuple[float, float, float, float]
    ) -> tuple[str, float] | None:
        """Return the mean colour and alpha of a pattern, or None if it paints nothing."""
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
        is_of_box = _attribute(links, "patternUnits", "") != "userSpaceOnUse"
        measure = replace(viewport, width=1.0, height=1.0) if is_of_box else viewport
        width = measure.across(_attribute(links, "width", "0"))
        height = measure.down(_attribute(links, "height", "0"))
        view = view_box(_attribute(links, "viewBox", ""))
        if is_of_box:
            width, height = width * box[2], height * box[3]
        holder = next((each for each in links if each.children), None)
        if width <= 0 or height <= 0 or holder is None:
            return None
        scale = tile_scale(width, height)
        matrix = (scale, 0.0, 0.0, scale, 0.0, 0.0)
        inner = viewport
        if view:
            aspect = _attribute(links, "preserveAspectRatio", "")
            matrix = chain(matrix, fit(view, width, height, aspect))
            inner = replace(viewport, width=view[2], height=view[3])
        # As browsers have it, the content begins at the tile's corner, wherever that is.
        elif _attribute(links, "patternContentUnits", "") == "objectBoundingBox":
            matrix = chain(matrix, (box[2], 0.0, 0.0, box[3], 0.0, 0.0))
        style, inner = self._inherited.inside(holder, inner)
        frame = Frame(style, matrix, inner, group=0, in_layer=True)
        shapes = self._draw(holder.children, frame)
        return look_of(shapes, width * scale, height * scale)


def _units_of(server: Node) -> str:
    return "patternUnits" if server.tag == "pattern" else "gradientUnits"


def _attribute(links: Sequence[Node], name: str, usual: str) -> str:
    """Return an attribute of the first element that has it."""
    words = (each.attributes[name].strip() for each in links if name in each.attributes)
    return next(words, usual)


def _stops_of(node: Node) -> list[Node]:
    return [child for child in node.children if child.tag == "stop"]


def _size_key(
    links: Sequence[Node], box: tuple[float, float, float, float], viewport: Viewport
) -> tuple[float, ...]:
    """Return the sizes that a pattern's look depends on."""
    units = _attribute(links, "patternUnits", ""), _attribute(links, "patternContentUnits", "")
    if units == ("userSpaceOnUse", "objectBoundingBox") or units[0] != "userSpaceOnUse":
        return tuple(float(f"{value:.3g}") for value in box)
    return viewport.width, viewport.height


def _places(painted: Painted, box: tuple[float, float, float, float]) -> Points:
    """Return places (N, 2) all over a painted shape, in user units."""
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
    steps = np.hypot(*np.diff(points, axis=0).T)
    steps[starts[1:-1] - 1] = 0.0
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    if reached[-1] == 0:
        return points[:1]
    return points_at(points, reached, (np.arange(_PLACES) + 0.5) / _PLACES * reached[-1])
