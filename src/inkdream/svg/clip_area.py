"""Cutting shapes at areas of any form: what clip-path and the edges of viewports leave of them.

Lines are cut where they cross the area's edge, and a part of a curve is a curve. The inside of a
filled shape is what it has in common with the area, and its outline is that of what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.plot.areas import TOLERANCE, Area, Effort, area_of, outlines, polygons, rings_of
from inkdream.plot.clip import clip_stroke
from inkdream.plot.cut import Places, parts, segments_of
from inkdream.plot.plot import Stroke
from inkdream.plot.ragged import pack_strokes
from inkdream.svg.document import Shape

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
    """Cutting takes too long."""


@dataclass
class Cutter:
    """Cuts the shapes of a document.

    Attributes:
        size: width and height of the page, in mm; None if the shapes lie on none.
        work: pairs of edges that may still be looked at.
        effort: that may still be spent on finding out what outlines enclose.
        uncut: how many insides were too intricate to be cut, and were left whole.
        edges: how many lines are left out of which only a part of their width may be seen.
        page: a little less than the page.
        beyond: what lies around the page. Nothing is cut there: a shape that leaves the page is cut
            at its edge later, without a line along it.
    """

    size: tuple[float, float] | None
    work: int = MOST_WORK
    effort: Effort = field(default_factory=Effort)
    uncut: int = 0
    edges: int = 0
    page: Area | None = field(init=False, default=None)
    beyond: Area | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.size is None:
            return
        w, h = self.size
        edge = min(LEAST_SLACK, w / 100, h / 100) / 2
        inner = shapely.box(edge, edge, w - edge, h - edge)
        self.beyond = shapely.box(-w, -h, 2 * w, 2 * h).difference(inner)
        self.page = shapely.box(2 * edge, 2 * edge, w - 2 * edge, h - 2 * edge)

    def cut(self, shapes: Sequence[Shape], area: Area) -> list[Shape]:
        """Return what an area leaves of shapes.

        Args:
            shapes: in mm.
            area: what may be seen, in mm.

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
        for shape, is_whole, is_there in zip(shapes, *window.sort(shapes), strict=True):
            if is_whole:
                kept.append(shape)
                continue
            self.take(_WORK_A_CUT)
            left = list(window.cut(shape)) if is_there else []
            kept += left
            if not any(each.has_line for each in left) and self._shows_edge(shape, area):
                self.edges += 1
        return kept

    def _shows_edge(self, shape: Shape, area: Area) -> bool:
        """Return whether a part of the width of a shape's lines, not its middle, may be seen."""
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
        """Count pairs of edges that are looked at.

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
    """Return the boxes (count, 4) around the lines that have the same owners."""
    found = np.tile([np.inf, np.inf, -np.inf, -np.inf], (count, 1))
    bounds = shapely.bounds(lines)
    np.minimum.at(found[:, :2], owners, bounds[:, :2])
    np.maximum.at(found[:, 2:], owners, bounds[:, 2:])
    return found


class _Window:
    """An area that shapes are seen through."""

    def __init__(self, cutter: Cutter, whole: Area) -> None:
        self.whole = whole
        shapely.prepare(whole)
        self._cutter = cutter
        rings = [shapely.get_coordinates(ring) for ring in rings_of(whole)]
        self._edges = np.concatenate([np.stack([a[:-1], a[1:]], axis=1) for a in rings])
        self._tree = shapely.STRtree(shapely.linestrings(self._edges))

    def sort(self, shapes: Sequence[Shape]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which shapes stay whole (N,), and of which anything may be seen (N,)."""
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
        is_there = np.bincount(owners, is_met, len(shapes)) > 0
        # What is filled may hold all of the area, or a hole of it, though its outline meets none.
        is_filled = np.array([shape.fill is not None for shape in shapes])
        boxes = shapely.box(*_boxes(geometry, owners, len(shapes)).T)
        outer = [shapely.box(*ring.bounds) for ring in rings_of(roomy)]
        around = np.zeros(len(shapes), np.bool_)
        around[np.unique(shapely.STRtree(boxes).query(outer, predicate="within")[1])] = True
        return is_whole & ~(is_filled & around), is_there | (is_filled & around)

    def cut(self, shape: Shape) -> Iterator[Shape]:
        """Yield what is left of a shape, if anything is."""
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
        """Return the outlines of what is left of a shape's inside; None if they cannot be told.

        Those of an inside that is left whole are the shape's own.
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
            asked = shapely.points(_at(line, places, middle[is_in]))
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
        """Return whether a part of a stroke is more than what rounding leaves, and on the page."""
        if np.ptp(piece.points, axis=0).max() < LEAST_SLACK:
            return False
        page = self._cutter.page
        return page is None or bool(shapely.LineString(piece.polyline()).intersects(page))

    def _crossings(self, line: NDArray[np.float64], places: Places) -> Places:
        """Return the places at which a polyline meets the area's edge."""
        segments = np.stack([line[:-1], line[1:]], axis=1)
        at_once = max(1, _PAIRS_AT_ONCE // len(self._edges))
        found = [np.zeros(0)]
        for start in range(0, len(segments), at_once):
            some = shapely.linestrings(segments[start : start + at_once])
            own, other = self._tree.query(some)
            self._cutter.take(len(own) + len(some))
            which, share = _meet(segments[start + own], self._edges[other])
            own = start + own[which]
            found.append(places[own] + share * (places[own + 1] - places[own]))
        return np.concatenate(found)


def _meet(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where segments (N, 2, 2) meet others: which of the N, at which share of its length.

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


def _at(line: NDArray[np.float64], places: Places, at: Places) -> NDArray[np.float64]:
    return np.stack([np.interp(at, places, each) for each in line.T], axis=1)
