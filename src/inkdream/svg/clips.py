"""Shapes cut at clip paths and at the edges of viewports.

An element is drawn whole first, and cut when all in it is drawn. Lines are cut where they cross the
area's edge, parts of curves being curves. Of a filled shape its intersection with the area is left.
Sources: CSS Masking 1, section 5; SVG 2, section 3.10 (overflow).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.plot.areas import (
    NOWHERE,
    TOLERANCE,
    Area,
    Effort,
    area_of,
    outlines,
    polygons,
    rings_of,
)
from inkdream.plot.clip import Places, clip_stroke, parts, points_at, segments_of
from inkdream.plot.plot import Stroke
from inkdream.plot.ragged import pack_strokes
from inkdream.svg.document import Shape
from inkdream.svg.frames import Draw, Frame, Inherited, placed
from inkdream.svg.paths import SHAPES
from inkdream.svg.style import parse_reference, specified
from inkdream.svg.units import Matrix, box_around, chain, inverse, moved
from inkdream.svg.xml import Node, Notes, Tree, address

# Lines as wide as that, in mm, are worth a word if only an edge of them may be seen; the ends of
# those of more vertices are taken to be round.
_WIDE, _MOST_WIDE = 1.0, 50
# A line that lies outside by less than this share of its width still shows; in mm at least.
SLACK_SHARE, LEAST_SLACK = 0.1, 0.02
# Vertices of an area that is cut at, and pairs of edges that may be looked at for a document.
MOST_VERTICES = 50_000
MOST_WORK = 50_000_000
_PAIRS_AT_ONCE = 2_000_000
# What it takes to look at a shape, and to cut it, as so many pairs.
_WORK_A_SHAPE, _WORK_A_CUT = 20, 200
# Shares of a segment that are rounding errors.
_NOISE = 1e-9


class TooIntricateError(Exception):
    """Cutting would take too long."""


class Cutter:
    """Cuts the shapes of a document.

    Attributes:
        work: pairs of edges that may still be looked at.
        effort: budget for the insides of outlines.
        uncut: the number of insides that were too intricate, and were left whole.
        edges: the number of lines left out of which only part of the width may be seen.
        page: a little less than the page; None if the shapes lie on none.
        beyond: the surroundings of the page, where nothing is cut: a shape that leaves the page is
            cut at its edge later, without a line along it.
    """

    def __init__(self, size: tuple[float, float] | None) -> None:
        self.work = MOST_WORK
        self.effort = Effort()
        self.uncut = self.edges = 0
        self.page: Area | None = None
        self.beyond: Area | None = None
        if size is None:
            return
        w, h = size
        edge = min(LEAST_SLACK, w / 100, h / 100) / 2
        inner = shapely.box(edge, edge, w - edge, h - edge)
        self.beyond = shapely.box(-w, -h, 2 * w, 2 * h).difference(inner)
        self.page = shapely.box(2 * edge, 2 * edge, w - 2 * edge, h - 2 * edge)

    def cut(self, shapes: Sequence[Shape], area: Area) -> list[Shape]:
        """Return the parts of shapes inside an area.

        Raises:
            TooIntricateError: if that takes too long.
        """
        if shapely.get_num_coordinates(area) > MOST_VERTICES:
            raise TooIntricateError
        whole = area if self.beyond is None else shapely.union(area, self.beyond)
        if whole.is_empty:
            return []
        if not shapes or (self.page is not None and whole.covers(self.page)):
            return list(shapes)
        self.take(_WORK_A_SHAPE * len(shapes))
        window = _Window(self, whole)
        kept = []
        for shape, is_whole, is_seen in zip(shapes, *window.sort(shapes), strict=True):
            if is_whole:
                kept.append(shape)
                continue
            self.take(_WORK_A_CUT)
            left = list(window.cut(shape)) if is_seen else []
            kept += left
            if not any(each.has_line for each in left) and self._shows_edge(shape, area):
                self.edges += 1
        return kept

    def _shows_edge(self, shape: Shape, area: Area) -> bool:
        """Return whether part of the width of a shape's lines, not their middle, may be seen."""
        if not shape.has_line or shape.width < _WIDE:
            return False
        lines = [shapely.linestrings(stroke.polyline(_WIDE / 4)) for stroke in shape.strokes]
        ink, reach = shapely.multilinestrings(lines), (0.5 - SLACK_SHARE) * shape.width
        vertices = int(shapely.get_num_coordinates(ink))
        self.take(_WORK_A_SHAPE * vertices)
        is_near = bool(shapely.dwithin(area, ink, reach))
        if not is_near or vertices > _MOST_WIDE:
            return is_near
        # Its ends are cut off straight.
        ink = shapely.buffer(ink, reach, quad_segs=2, cap_style="flat")
        return bool(shapely.intersects(ink, area))

    def take(self, pairs: int) -> None:
        """Count pairs of edges.

        Raises:
            TooIntricateError: if there are too many.
        """
        self.work -= pairs
        if self.work < 0:
            raise TooIntricateError


def _slack(shape: Shape) -> float:
    is_line = shape.colour is not None
    return max(LEAST_SLACK, SLACK_SHARE * shape.width) if is_line else LEAST_SLACK


def _boxes(lines: Area, owners: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the boxes (count, 4) around lines by their owners."""
    boxes = np.tile([np.inf, np.inf, -np.inf, -np.inf], (count, 1))
    bounds = shapely.bounds(lines)
    np.minimum.at(boxes[:, :2], owners, bounds[:, :2])
    np.maximum.at(boxes[:, 2:], owners, bounds[:, 2:])
    return boxes


class _Window:
    """An area to cut at."""

    def __init__(self, cutter: Cutter, whole: Area) -> None:
        self.whole = whole
        shapely.prepare(whole)
        self._cutter = cutter
        rings = [shapely.get_coordinates(ring) for ring in rings_of(whole)]
        self._edges = np.concatenate([np.stack([a[:-1], a[1:]], axis=1) for a in rings])
        self._tree = shapely.STRtree(shapely.linestrings(self._edges))

    def sort(self, shapes: Sequence[Shape]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which shapes stay whole (N,), and which may be seen at all (N,)."""
        strokes = [(*shape.strokes, *(shape.area or ())) for shape in shapes]
        owners = np.repeat(np.arange(len(shapes)), [len(each) for each in strokes])
        lines = pack_strokes([stroke for each in strokes for stroke in each], TOLERANCE)
        # A line has two vertices at least.
        counts = np.diff(lines.starts)
        points = np.repeat(lines.points, np.repeat(np.where(counts == 1, 2, 1), counts), axis=0)
        index = np.repeat(np.arange(len(counts)), np.maximum(counts, 2))
        geometry = shapely.linestrings(points, indices=index)
        # So wide that what was cut at the same area before is inside.
        roomy = self.whole.buffer(LEAST_SLACK, quad_segs=1, join_style="mitre")
        shapely.prepare(roomy)
        is_inside = shapely.covers(roomy, geometry)
        slack = np.array([_slack(shape) for shape in shapes])[owners]
        is_met = is_inside.copy()
        is_met[~is_inside] = shapely.dwithin(self.whole, geometry[~is_inside], slack[~is_inside])
        is_whole = np.bincount(owners, ~is_inside, len(shapes)) == 0
        is_seen = np.bincount(owners, is_met, len(shapes)) > 0
        # What is filled may hold all of the area, or a hole of it, though its outline meets none.
        is_filled = np.array([shape.fill is not None for shape in shapes])
        boxes = shapely.box(*_boxes(geometry, owners, len(shapes)).T)
        outer = [shapely.box(*ring.bounds) for ring in rings_of(roomy)]
        around = np.zeros(len(shapes), np.bool_)
        around[np.unique(shapely.STRtree(boxes).query(outer, predicate="within")[1])] = True
        return is_whole & ~(is_filled & around), is_seen | (is_filled & around)

    def cut(self, shape: Shape) -> Iterator[Shape]:
        """Yield the remains of a shape, if any."""
        inside = self._inside(shape) if shape.fill is not None else ()
        lines: tuple[Stroke, ...] = ()
        if inside is None or shape.colour is not None or shape.fill is None:
            slack = _slack(shape)
            lines = tuple(each for line in shape.strokes for each in self._cut_line(line, slack))
        if inside is shape.inside and (shape.colour is None or lines == shape.strokes):
            yield shape
        elif inside is None:
            self._cutter.uncut += 1
            yield replace(shape, strokes=lines, area=shape.inside)
        elif lines and shape.fill is not None:
            is_even_odd = shape.is_even_odd or inside is not shape.inside
            yield replace(shape, strokes=lines, area=inside, is_even_odd=is_even_odd)
        elif lines:
            yield replace(shape, strokes=lines)
        elif inside:
            # Its line is cut away whole: what is left is an area, which has an edge of its own,
            # but none along the page's.
            page = self._cutter.page
            edges = inside
            if page is not None:
                edges = tuple(part for ring in inside for part in clip_stroke(ring, page.bounds))
            yield replace(
                shape, colour=None, strokes=edges or inside, area=inside, is_even_odd=True
            )

    def _inside(self, shape: Shape) -> tuple[Stroke, ...] | None:
        """Return the outlines of a shape's remaining inside; None if it is too intricate.

        If the inside is left whole, they are the shape's own.
        """
        area = area_of(shape.inside, shape.is_even_odd, self._cutter.effort)
        if area is None:
            return None
        self._cutter.take(int(shapely.get_num_coordinates(area)))
        if self.whole.covers(area):
            return shape.inside
        left = polygons(shapely.intersection(area, self.whole))
        if self._cutter.page is not None:
            # Beyond the page nothing is cut; what lies there alone is not seen.
            pieces = shapely.get_parts(left)
            pieces = pieces[shapely.intersects(pieces, self._cutter.page)]
            left = shapely.MultiPolygon(list(pieces))
        return outlines(left)

    def _cut_line(self, stroke: Stroke, slack: float) -> list[Stroke]:
        """Return the parts of a stroke inside, or outside by less than `slack` mm."""
        line, places = _flat(stroke)
        points = shapely.points(line)
        if len(line) < 2 or (line == line[0]).all():
            return [stroke] if shapely.dwithin(self.whole, points[0], slack) else []
        cuts = np.unique(np.concatenate([self._crossings(line, places), places[[0, -1]]]))
        begins, ends = cuts[:-1], cuts[1:]
        is_in = np.ones(len(begins), np.bool_)
        for share in (0.25, 0.5, 0.75):
            middle = begins + share * (ends - begins)
            asked = shapely.points(points_at(line, places, middle[is_in]))
            is_in[is_in] = shapely.dwithin(self.whole, asked, slack)
        if is_in.all():
            return [stroke]
        if not is_in.any():
            return []
        is_first = is_in & ~np.append(False, is_in[:-1])
        is_last = is_in & ~np.append(is_in[1:], False)
        pieces = parts(stroke, begins[is_first], ends[is_last])
        is_ring = (stroke.points[0] == stroke.points[-1]).all() and len(pieces) > 1
        if is_ring and is_in[0] and is_in[-1]:
            first, last = pieces[0], pieces.pop()
            points = np.concatenate([last.points, first.points[1:]])
            pieces[0] = Stroke(points, stroke.curved)
        return [piece for piece in pieces if self._is_worth(piece)]

    def _is_worth(self, piece: Stroke) -> bool:
        """Return whether a part of a stroke is on the page and more than a rounding error."""
        if np.ptp(piece.points, axis=0).max() < LEAST_SLACK:
            return False
        page = self._cutter.page
        return page is None or bool(shapely.LineString(piece.polyline()).intersects(page))

    def _crossings(self, line: NDArray[np.float64], places: Places) -> Places:
        """Return the places at which a polyline meets the area's edge."""
        segments = np.stack([line[:-1], line[1:]], axis=1)
        at_once = max(1, _PAIRS_AT_ONCE // len(self._edges))
        crossings = [np.zeros(0)]
        for start in range(0, len(segments), at_once):
            some = shapely.linestrings(segments[start : start + at_once])
            own, other = self._tree.query(some)
            self._cutter.take(len(own) + len(some))
            which, share = _meet(segments[start + own], self._edges[other])
            own = start + own[which]
            crossings.append(places[own] + share * (places[own + 1] - places[own]))
        return np.concatenate(crossings)


def _meet(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where segments (N, 2, 2) meet others: indices of the N, and shares of their lengths.

    Where two lie along each other, the ends of the second count.
    """
    step, other = first[:, 1] - first[:, 0], second[:, 1] - second[:, 0]
    offset = second[:, 0] - first[:, 0]
    turn = step[:, 0] * other[:, 1] - step[:, 1] * other[:, 0]
    square = (step**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = (offset[:, 0] * other[:, 1] - offset[:, 1] * other[:, 0]) / turn
        away = (offset[:, 0] * step[:, 1] - offset[:, 1] * step[:, 0]) / turn
        is_met = (away >= -_NOISE) & (away <= 1 + _NOISE)
        level = np.abs(turn) <= _NOISE * np.maximum(square, (other**2).sum(axis=1))
        ends = [
            (step * (end - first[:, 0])).sum(axis=1) / square for end in np.moveaxis(second, 1, 0)
        ]
    candidates = [(share, is_met), (ends[0], level), (ends[1], level)]
    which = [
        np.flatnonzero(test & (value > -_NOISE) & (value < 1 + _NOISE))
        for value, test in candidates
    ]
    shares = [value[index] for (value, _), index in zip(candidates, which, strict=True)]
    return np.concatenate(which), np.clip(np.concatenate(shares), 0.0, 1.0)


def _flat(stroke: Stroke) -> tuple[NDArray[np.float64], Places]:
    """Return a stroke's polyline (V, 2), and the place on the stroke of each vertex (V,)."""
    if not stroke.curved:
        return stroke.points, np.arange(float(len(stroke.points)))
    pieces, places = [stroke.points[:1]], [np.zeros(1)]
    for index in range(segments_of(stroke)):
        cubic = Stroke(stroke.points[3 * index : 3 * index + 4], curved=True)
        line = cubic.polyline(TOLERANCE)
        pieces.append(line[1:])
        places.append(index + np.linspace(0, 1, len(line))[1:])
    return np.concatenate(pieces), np.concatenate(places)


# Clip paths that cut each other.
MOST_DEEP = 16
_INTRICATE = "clip-path that is too intricate not followed"
_OPEN = frozenset({"visible", "auto"})


@dataclass(frozen=True)
class Clip:
    """An edge to cut an element at.

    Attributes:
        frame: the element's, for user units.
        node: a <clipPath>; None for a viewport.
        area: of the viewport, in mm.
    """

    frame: Frame
    node: Node | None
    area: Area = None


class Clips:
    """Cuts the shapes of elements."""

    def __init__(
        self,
        tree: Tree,
        notes: Notes,
        draw: Draw,
        inherited: Inherited,
        page: tuple[float, float],
    ) -> None:
        self._tree = tree
        self._notes = notes
        self._draw = draw
        self._inherited = inherited
        self._cutter = Cutter(page)
        self._cutter_elsewhere = Cutter(None)
        self._is_elsewhere = False
        self._known: dict[tuple[int, Matrix], Area | None] = {}
        self._active: list[int] = []

    def of(self, node: Node, properties: Mapping[str, str], frame: Frame) -> tuple[Clip, ...]:
        """Return the clips of an element's clip-path.

        The frame has the element's transform, but not x and y of a <use> and no view box.
        """
        words = properties.get("clip-path", "none")
        if words == "none":
            return ()
        name = parse_reference(words)
        target = self._tree.by_id.get(name) if name else None
        if name is None:
            self._notes.count("clip-path of a CSS shape not followed")
        elif target is None or target.tag != "clipPath":
            self._notes.mistake(node.line, f"<{node.tag}> clip-path names no <clipPath>: ignored")
        else:
            return (Clip(frame, target),)
        return ()

    def of_viewport(self, properties: Mapping[str, str], inside: Frame) -> tuple[Clip, ...]:
        """Return the clips of an element's viewport, unless it may overflow."""
        if properties.get("overflow", "hidden").split()[0] in _OPEN:
            return ()
        return (Clip(inside, None, shapely.Polygon(inside.corners)),)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Within this, shapes lie elsewhere than on the page."""
        before, self._is_elsewhere = self._is_elsewhere, True
        try:
            yield
        finally:
            self._is_elsewhere = before

    def finish(self, shapes: list[Shape], first: int, clips: Sequence[Clip]) -> None:
        """Cut an element's shapes, those from `first` on, in place.

        Raises:
            InputError: if clip paths have more than allowed.
        """
        cutter = self._cutter_elsewhere if self._is_elsewhere else self._cutter
        for clip in clips:
            if len(shapes) == first:
                return
            own, area, before = shapes[first:], clip.area, (cutter.uncut, cutter.edges)
            if clip.node is not None:
                area = self._area(clip.node, clip.frame, own)
            try:
                shapes[first:] = own if area is None else cutter.cut(own, area)
            except TooIntricateError:
                self._notes.count(_INTRICATE)
            for what, more in (
                ("area that is too intricate to be clipped left whole", cutter.uncut - before[0]),
                ("line left out of which clipping leaves but an edge", cutter.edges - before[1]),
            ):
                if more:
                    self._notes.count(what, more)

    def _area(self, node: Node, frame: Frame, shapes: Sequence[Shape]) -> Area | None:
        """Return the area of a <clipPath> in mm; None, with a note, if it is unknown."""
        if id(node) in self._active or len(self._active) == MOST_DEEP:
            self._notes.mistake(node.line, "<clipPath> leads back to itself: not followed there")
            return None
        properties = specified(node)
        try:
            matrix = placed(frame.matrix, properties, frame.viewport)
        except InputError:
            matrix = frame.matrix
        if node.attributes.get("clipPathUnits", "").strip() == "objectBoundingBox":
            box = _box_of(shapes, frame.matrix)
            if box is None:
                return NOWHERE
            matrix = chain(matrix, (box[2], 0.0, 0.0, box[3], box[0], box[1]))
        key = id(node), matrix
        if key not in self._known:
            self._active.append(id(node))
            self._known[key] = self._opening(node, frame, matrix)
            self._active.pop()
        return self._known[key]

    def _opening(self, node: Node, frame: Frame, matrix: Matrix) -> Area | None:
        """Return the area of a <clipPath>; `matrix` goes from its units to mm."""
        style, viewport = self._inherited.inside(node, frame.viewport)
        inner = replace(frame, style=style, viewport=viewport, matrix=matrix, is_clip=True)
        kinds = {self._kind(child) for child in node.children}
        if "text" in kinds:
            self._notes.count("clip-path of text not followed")
            return None
        shapes = self._draw([each for each in node.children if self._kind(each) in SHAPES], inner)
        effort = self._cutter.effort
        areas = [area_of(each.inside, each.is_even_odd, effort) for each in shapes]
        if any(area is None for area in areas):
            self._notes.count(_INTRICATE)
            return None
        area = polygons(shapely.union_all(areas)) if areas else NOWHERE
        own = self.of(node, specified(node), frame)
        if own and own[0].node is not None:
            # A <clipPath> may be cut by another, in the user units of what it cuts itself.
            other = self._area(own[0].node, frame, shapes)
            if other is not None:
                area = polygons(shapely.intersection(area, other))
        return area

    def _kind(self, child: Node) -> str:
        """Return the tag of a <clipPath>'s child, or of what it copies; '' if it does not count."""
        if child.tag == "use":
            target = self._tree.by_id.get(address(child.attributes))
            return target.tag if target else ""
        return child.tag


def _box_of(shapes: Sequence[Shape], matrix: Matrix) -> tuple[float, float, float, float] | None:
    """Return the box around shapes in user units, or None if it has no area."""
    back = inverse(matrix)
    if back is None:
        return None
    strokes = [stroke for shape in shapes for stroke in shape.inside]
    box = box_around(moved(back, strokes))
    return box if box[2] > 0 and box[3] > 0 else None
