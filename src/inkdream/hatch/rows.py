"""Parallel rows across areas, joined at their ends into zigzags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas, inset
from inkdream.hatch.paths import LIFT, rounded
from inkdream.hatch.rings import Piece
from inkdream.plot.clip import length_of
from inkdream.plot.plot import Points

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

# Rows fill what lies this many nibs inside the edge: as far as the outline's ink reaches.
INSIDE = 1.0
# What a join with a corner to and fro costs beyond its length, in mm: the machine stops twice.
CORNER = 2.0
# Turns at the ends of rows are rounded from this many pitches before to behind each corner: nearly
# half a circle, which the outline's ink meets.
TURN = 0.4
# Zigzags shorter than this many pitches are left out: the outline's ink is all but there.
LEAST = 0.25
_NEAR = 1e-6


class _Rows(NamedTuple):
    """Level rows, sorted by area, then row, then from left to right; each field is (N,)."""

    areas: Numbers
    rows: Numbers
    left: Floats
    right: Floats


class _Edges(NamedTuple):
    """Edges of polygons, once for each row that they are near; their lower ends first; (E,)."""

    areas: Numbers
    rows: Numbers
    low: Points
    high: Points

    def x(self, y: Floats) -> Floats:
        """Return where lines along them cross heights."""
        rise = np.maximum(self.high[:, 1] - self.low[:, 1], _NEAR)
        share = ((y - self.low[:, 1]) / rise).clip(0, 1)
        crossed: Floats = self.low[:, 0] + share * (self.high[:, 0] - self.low[:, 0])
        return crossed


# One way on from a row: its length, the points on the way, and the row that it leads to.
_Join = tuple[float, Points, int]


def rows(areas: Areas, allowed: Areas, nib: float, pitch: float, angle: float) -> Iterator[Piece]:
    """Yield zigzags of parallel rows that fill areas inside their outlines.

    Args:
        areas: (N,) polygons in mm.
        allowed: (N,) prepared polygons inside them, which no join may leave.
        nib: width of the line in mm.
        pitch: from one row to the next, in mm.
        angle: of the rows, in degrees, anticlockwise from level as one looks at it.
    """
    turn = np.radians(angle)
    level = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    parts, owners = shapely.get_parts(inset(areas, INSIDE * nib), return_index=True)
    parts = shapely.transform(parts, lambda points: points @ level)
    spans = _spans(parts, owners, min(nib, pitch) / 2, pitch)
    if len(spans.rows):
        yield from _zigzags(spans, allowed, pitch, level.T)


def _spans(parts: Areas, owners: Numbers, half: float, pitch: float) -> _Rows:
    """Return rows that cover parts of areas; row i lies at y = (i + 1/2) pitch.

    A row reaches as far as the part does within `half` above and below it: it covers the part where
    it is narrow and where its edge is nearly level, too.
    """
    edges = _edges(parts, half, pitch)
    middle = (edges.rows.astype(np.float64) + 0.5) * pitch
    spans = (
        _sides(edges, np.maximum(edges.low[:, 1], middle - half), middle + half),
        _crossings(edges, middle - half),
        _crossings(edges, middle + half),
    )
    places, *fields = (np.concatenate(columns) for columns in zip(*spans, strict=True))
    rows = _Rows(owners[places], *fields)
    return _united(rows) if len(rows.rows) else rows


def _sides(edges: _Edges, bottom: Floats, top: Floats) -> _Rows:
    """Return what edges span, from left to right, between two heights each."""
    top = np.minimum(edges.high[:, 1], top)
    # A level edge has all its x at one y.
    flat = edges.high[:, 1] - edges.low[:, 1] < _NEAR
    one = np.where(flat, edges.low[:, 0], edges.x(bottom))
    other = np.where(flat, edges.high[:, 0], edges.x(top))
    is_met = bottom <= top
    left, right = np.minimum(one, other)[is_met], np.maximum(one, other)[is_met]
    return _Rows(edges.areas[is_met], edges.rows[is_met], left, right)


def _crossings(edges: _Edges, y: Floats) -> _Rows:
    """Return what lies inside the polygons along level lines, one for each edge at its `y`."""
    crossed = (edges.low[:, 1] < y) & (y <= edges.high[:, 1])
    areas, rows, x = edges.areas[crossed], edges.rows[crossed], edges.x(y)[crossed]
    order = np.lexsort((x, rows, areas))
    # Inside and outside alternate along a line: crossings come in pairs.
    begins, ends = order[::2], order[1::2]
    return _Rows(areas[begins], rows[begins], x[begins], x[ends])


def _edges(parts: Areas, half: float, pitch: float) -> _Edges:
    rings, places = shapely.get_rings(parts, return_index=True)
    points, which = shapely.get_coordinates(rings, return_index=True)
    same = which[1:] == which[:-1]
    begins, ends = points[:-1][same], points[1:][same]
    falls = (begins[:, 1] > ends[:, 1])[:, None]
    low, high = np.where(falls, ends, begins), np.where(falls, begins, ends)
    first = np.floor((low[:, 1] - half) / pitch - 0.5).astype(np.intp)
    last = np.ceil((high[:, 1] + half) / pitch - 0.5).astype(np.intp)
    edge, row = _ranges(first, last + 1)
    return _Edges(places[which[:-1][same]][edge], row, low[edge], high[edge])


def _united(rows: _Rows) -> _Rows:
    """Return rows with those that touch or overlap made one."""
    order = np.lexsort((rows.left, rows.rows, rows.areas))
    area, row = rows.areas[order], rows.rows[order]
    left, right = rows.left[order], rows.right[order]
    new = np.concatenate([[True], (np.diff(area) != 0) | (np.diff(row) != 0)])
    # The farthest right so far in each row: rows are laid end to end, so that one pass finds it.
    offset = np.cumsum(new) * (right.max() - left.min() + 1.0)
    reach = np.maximum.accumulate(right + offset) - offset
    new[1:] |= left[1:] > reach[:-1] + _NEAR
    firsts = np.flatnonzero(new)
    lasts = np.concatenate([firsts[1:], [len(area)]]) - 1
    return _Rows(area[firsts], row[firsts], left[firsts], reach[lasts])


def _zigzags(rows: _Rows, allowed: Areas, pitch: float, turn: Floats) -> Iterator[Piece]:
    """Yield chains of rows, each begun at the first row that is in none yet."""
    y = (rows.rows + 0.5) * pitch
    ends = np.stack([np.stack([rows.left, y], 1), np.stack([rows.right, y], 1)], 1)
    joins = _joins(rows, ends, allowed, pitch, turn)
    ends = ends @ turn
    is_drawn = np.zeros(len(ends), dtype=np.bool_)
    for start in range(len(ends)):
        if is_drawn[start]:
            continue
        row, chain = start, []
        # 0 is left, 1 is right: the row is left by the side where there is a way on.
        side = int(any(not is_drawn[other] for _, _, other in joins[1][start]))
        while True:
            is_drawn[row] = True
            chain.append(ends[row, [1 - side, side]])
            ways = [join for join in joins[side][row] if not is_drawn[join[2]]]
            if not ways:
                break
            _, corner, row = min(ways, key=lambda way: (way[0], way[2]))
            chain.append(corner)
            side = 1 - side
        points = rounded(np.concatenate(chain), TURN * pitch)
        if length_of(points) > LEAST * pitch:
            yield Piece(points, "row", int(rows.areas[start]))


def _joins(
    rows: _Rows, ends: Floats, allowed: Areas, pitch: float, turn: Floats
) -> list[list[list[_Join]]]:
    """Return for the left and the right end of each row the ways to neighbouring rows' same ends.

    Straight where that stays inside; else back along the longer row, and straight across.
    """
    one, other = _neighbours(rows)
    inside = allowed[rows.areas[one]]
    joins: list[list[list[_Join]]] = [[[] for _ in ends] for _ in range(2)]
    for side in (0, 1):
        straight = np.stack([ends[one, side], ends[other, side]], 1)
        inner = straight[:, :, 0].max(1) if side == 0 else straight[:, :, 0].min(1)
        across = straight.copy()
        across[:, :, 0] = inner[:, None]
        fits, also = (
            shapely.covers(inside, shapely.linestrings(lines @ turn))
            for lines in (straight, across)
        )
        back = 2 * np.abs(np.diff(straight[:, :, 0], axis=1)[:, 0])
        lengths = np.where(fits, np.hypot(back / 2, pitch), pitch + back + CORNER)
        for k in np.flatnonzero((fits | also) & (lengths <= LIFT)):
            corner = across[k] @ turn if not fits[k] else np.empty((0, 2))
            joins[side][one[k]].append((float(lengths[k]), corner, int(other[k])))
            joins[side][other[k]].append((float(lengths[k]), corner[::-1], int(one[k])))
    return joins


def _neighbours(rows: _Rows) -> tuple[Numbers, Numbers]:
    """Return pairs of rows, the second just above the first, that overlap."""
    lowest = rows.rows.min()
    key = rows.areas * (rows.rows.max() - lowest + 2) + rows.rows - lowest
    first, end = (np.searchsorted(key, key + 1, side) for side in ("left", "right"))
    one, other = _ranges(first, end)
    touch = (rows.left[one] < rows.right[other]) & (rows.left[other] < rows.right[one])
    return one[touch], other[touch]


def _ranges(begins: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
    """Return i and each number of range(begins[i], ends[i]), for all i in order."""
    counts = ends - begins
    which = np.repeat(np.arange(len(counts)), counts)
    return which, begins[which] + np.arange(len(which)) - (np.cumsum(counts) - counts)[which]
