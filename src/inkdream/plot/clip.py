"""Strokes cut: into parts between places along them, and at a box. Parts of curves are curves.

A place is a number in [0, S] on a stroke of S segments: its whole part is the index of a line or a
cubic, the rest the segment's parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.plot import Plot, Points, Stroke, bezier, cubics_of

Places = NDArray[np.float64]

# Chords that a cubic's length is measured by, and how many there may be in all.
_CHORDS = 128
_MOST_CHORDS = 2**21


def length_of(line: Points) -> float:
    """Return the length of a polyline (V, 2), in its own unit."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def reached(line: Points) -> NDArray[np.float64]:
    """Return the length along a polyline (V, 2) up to each of its vertices (V,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def points_at(line: Points, along: NDArray[np.float64], at: NDArray[np.float64]) -> Points:
    """Return the points (M, 2) of a polyline at lengths along it.

    Args:
        line: (V, 2).
        along: (V,) from `reached`.
        at: (M,) lengths; those beyond an end are that end.
    """
    return np.stack([np.interp(at, along, each) for each in line.T], axis=1)


def between(line: Points, along: NDArray[np.float64], begin: float, end: float) -> Points:
    """Return the part of a polyline between two lengths along it.

    Args:
        line: (V, 2).
        along: (V,) from `reached`.
        begin: the first length.
        end: the second one.
    """
    ends = points_at(line, along, np.array([begin, end], dtype=np.float64))
    inner = slice(np.searchsorted(along, begin, "right"), np.searchsorted(along, end))
    return np.concatenate([ends[:1], line[inner], ends[1:]])


def segments_of(stroke: Stroke) -> int:
    """Return the number of a stroke's lines or cubics."""
    return (len(stroke.points) - 1) // 3 if stroke.curved else len(stroke.points) - 1


def parts(stroke: Stroke, begins: Places, ends: Places) -> list[Stroke]:
    """Return the parts of a stroke between places along it.

    Args:
        stroke: to be cut.
        begins: (N,) where the parts begin.
        ends: (N,) where they end; a part that ends where it begins is a dot.

    Returns:
        N strokes.
    """
    count = segments_of(stroke)
    if not len(begins) or count == 0:
        return [Stroke(stroke.points[[0, -1]]) for _ in begins]
    cuts = np.unique(np.concatenate([np.arange(count + 1.0), begins, ends]))
    first, last = np.searchsorted(cuts, begins), np.searchsorted(cuts, ends)
    vertices = at_places(stroke, cuts)
    if not stroke.curved:
        spans = zip(first.tolist(), last.tolist(), strict=True)
        return [Stroke(vertices[[a, a]] if a == b else vertices[a : b + 1]) for a, b in spans]
    cubics = _sub_cubics(stroke.points, cuts)
    cubics[:, 0], cubics[:, 3] = vertices[:-1], vertices[1:]
    pieces = []
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if a == b:
            pieces.append(Stroke(vertices[[a, a]]))
        else:
            points = np.concatenate([cubics[a, :1], cubics[a:b, 1:].reshape(-1, 2)])
            pieces.append(Stroke(points, curved=True))
    return pieces


def at_places(stroke: Stroke, places: Places) -> Points:
    """Return the points (N, 2) at places (N,) along a stroke."""
    count = segments_of(stroke)
    index = np.minimum(places.astype(np.int64), max(0, count - 1))
    t = (places - index)[:, None]
    if stroke.curved:
        points = bezier(cubics_of(stroke.points)[:, index], t)
        own = stroke.points[::3]
    else:
        own = stroke.points
        points = (1 - t) * own[index] + t * own[np.minimum(index + 1, count)]
    is_own = places == np.round(places)
    points[is_own] = own[places[is_own].astype(np.int64)]
    return points


def _sub_cubics(points: Points, places: Places) -> NDArray[np.float64]:
    """Return the control points (M - 1, 4, 2) of the parts between neighbouring places (M,).

    Source: Ramshaw 1989, "Blossoms are polar forms".
    """
    index = np.floor((places[:-1] + places[1:]) / 2).astype(np.int64)
    begin, end = (places[:-1] - index)[:, None, None], (places[1:] - index)[:, None, None]
    control = cubics_of(points)[:, index].swapaxes(0, 1)
    corners = []
    for three in ((begin,) * 3, (begin, begin, end), (begin, end, end), (end,) * 3):
        level = control
        for t in three:
            level = (1 - t) * level[:, :-1] + t * level[:, 1:]
        corners.append(level[:, 0])
    return np.stack(corners, axis=1)


def ruler(stroke: Stroke) -> tuple[NDArray[np.float64], Places]:
    """Return the length of a stroke up to each of many places (P,), and these places (P,)."""
    if not stroke.curved:
        return reached(stroke.points), np.arange(float(len(stroke.points)))
    count = segments_of(stroke)
    chords = int(np.clip(_MOST_CHORDS // max(1, count), 4, _CHORDS))
    places = np.arange(chords * count + 1) / chords
    return reached(at_places(stroke, places)), places


# Beyond the box by less than this, in mm, is a rounding error.
NOISE = 1e-9
_HALVINGS = 60

# Left, top, right and bottom, in mm.
Box = tuple[float, float, float, float]


def clip(plot: Plot, box: Box | None = None) -> Plot:
    """Return the plot inside a box; layers of which nothing is left are dropped.

    Args:
        plot: to be cut.
        box: left, top, right and bottom in mm; by default the page.
    """
    box = box or (0.0, 0.0, plot.page.width, plot.page.height)
    layers = []
    for layer in plot.layers:
        strokes = tuple(piece for stroke in layer.strokes for piece in clip_stroke(stroke, box))
        if strokes:
            layers.append(replace(layer, strokes=strokes))
    return replace(plot, layers=tuple(layers))


def clip_stroke(stroke: Stroke, box: Box) -> tuple[Stroke, ...]:
    """Return the pieces of a stroke inside a box, in order; a ring is not cut at its ends.

    A stroke that is wholly inside is returned as it is. Pieces without length are dropped, unless
    the stroke has none itself.

    Args:
        stroke: to be cut.
        box: left, top, right and bottom in mm; its edges are inside.
    """
    low, high = np.array(box[:2]), np.array(box[2:])
    least, most = stroke.points.min(axis=0), stroke.points.max(axis=0)
    # A curve lies within its control points.
    if (least >= low - NOISE).all() and (most <= high + NOISE).all():
        return (stroke,)
    if (least > high).any() or (most < low).any():
        return ()
    if stroke.curved:
        least, most = extent(stroke)
        if (least >= low - NOISE).all() and (most <= high + NOISE).all():
            return (stroke,)
    cut = _cut_curve if stroke.curved else _cut
    return tuple(replace(stroke, points=piece) for piece in cut(stroke.points, low, high))


def extent(stroke: Stroke) -> tuple[Points, Points]:
    """Return the least and the largest x and y of a stroke, in mm; exact for curves."""
    points = stroke.points
    if not stroke.curved:
        return points.min(axis=0), points.max(axis=0)
    first, second, third, last = cubics = cubics_of(points)
    # Where the derivative, a t^2 + b t + c, is 0; the two forms of the root that lose no digits.
    a = last - first + 3 * (second - third)
    b = 2 * (first - 2 * second + third)
    c = second - first
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = -(b + np.copysign(np.sqrt(b * b - 4 * a * c), b)) / 2
        roots = np.stack([half / a, c / half])
    turns = bezier(cubics[:, None], np.clip(np.nan_to_num(roots), 0, 1))
    extremes = np.concatenate([points[::3], turns.reshape(-1, 2)])
    return extremes.min(axis=0), extremes.max(axis=0)


def _cut(line: Points, low: Points, high: Points) -> list[Points]:
    """Return the pieces of a polyline (V, 2) inside a box.

    Source: Liang and Barsky 1984, "A new concept and method for line clipping", for all segments
    at once.
    """
    begin, step = line[:-1], np.diff(line, axis=0)
    enter, leave = _inside(begin, step, low, high)
    kept = np.flatnonzero(enter < leave)
    if not len(kept):
        return []
    begin, step, enter, leave = begin[kept], step[kept], enter[kept], leave[kept]
    starts = np.clip(begin + enter[:, None] * step, low, high)
    ends = np.where(leave[:, None] == 1, line[kept + 1], begin + leave[:, None] * step)
    ends = np.clip(ends, low, high)
    # A piece ends where its segment leaves, or the next one enters later than at its beginning.
    breaks = (np.diff(kept) > 1) | (leave[:-1] < 1) | (enter[1:] > 0)
    runs = np.split(np.arange(len(kept)), np.flatnonzero(breaks) + 1)
    pieces = [np.concatenate([starts[run[:1]], ends[run]]) for run in runs]
    is_ring = (line[0] == line[-1]).all() and len(pieces) > 1
    if is_ring and (pieces[0][0] == line[0]).all() and (pieces[-1][-1] == line[-1]).all():
        pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
    return [piece for piece in pieces if (piece != piece[0]).any()]


def _inside(
    begin: Points, step: Points, low: Points, high: Points
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of each segment's length at which it enters and leaves a box."""
    is_level = step == 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shares = np.stack([(low - begin) / step, (high - begin) / step])
    is_between = (begin >= low) & (begin <= high)
    first = np.where(is_level, np.where(is_between, -np.inf, np.inf), shares.min(axis=0))
    last = np.where(is_level, np.where(is_between, np.inf, -np.inf), shares.max(axis=0))
    return np.maximum(first.max(axis=1), 0.0), np.minimum(last.min(axis=1), 1.0)


def _cut_curve(points: Points, low: Points, high: Points) -> list[Points]:
    """Return the pieces of a curve of control points (3 C + 1, 2) inside a box."""
    spans = _spans(points, low, high)
    if not spans:
        return []
    begins, ends = np.array(spans).T
    pieces = [part.points for part in parts(Stroke(points, curved=True), begins, ends)]
    for piece in pieces:
        tips = piece[[0, -1]]
        for edge in (low, high):  # what ends there does so exactly
            tips = np.where(np.abs(tips - edge) < NOISE, edge, tips)
        piece[[0, -1]] = np.clip(tips, low, high)
    is_ring = (points[0] == points[-1]).all() and len(pieces) > 1
    if is_ring and begins[0] == 0 and ends[-1] == len(points) // 3:
        pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
    return [piece for piece in pieces if (piece != piece[0]).any()]


def _spans(points: Points, low: Points, high: Points) -> list[tuple[float, float]]:
    """Return the spans of a curve inside a box, as places along it."""
    spans: list[tuple[float, float]] = []
    for index, cubic in enumerate(cubics_of(points).swapaxes(0, 1)):
        meetings = {0.0, 1.0}
        if (cubic < low - NOISE).any() or (cubic > high + NOISE).any():
            for axis in (0, 1):
                for edge in (low[axis], high[axis]):
                    meetings.update(_roots(cubic[:, axis] - edge))
        for begin, end in pairwise(sorted(meetings)):
            middle = bezier(cubic, np.array((begin + end) / 2))
            if (middle < low - NOISE).any() or (middle > high + NOISE).any():
                continue
            if spans and spans[-1][1] == index + begin:
                spans[-1] = spans[-1][0], index + end
            else:
                spans.append((index + begin, index + end))
    return spans


def _roots(values: Points) -> Iterator[float]:
    """Yield the roots in (0, 1) of a cubic polynomial given by Bernstein coefficients."""
    first, second, third, last = (float(value) for value in values)
    if min(first, second, third, last) > 0 or max(first, second, third, last) < 0:
        return

    def value(t: float) -> float:
        s = 1 - t
        return s * s * (s * first + 3 * t * second) + t * t * (3 * s * third + t * last)

    # Between its turns the polynomial rises or falls; there it has one root at most.
    turns = _turns(second - first, third - second, last - third)
    for begin, end in pairwise([0.0, *turns, 1.0]):
        if (value(begin) < 0) != (value(end) < 0):
            root = _halve(value, begin, end)
            if 0 < root < 1:
                yield root


def _halve(value: Callable[[float], float], begin: float, end: float) -> float:
    """Return the root of a function that has one between two places."""
    is_rising = value(begin) < 0
    for _ in range(_HALVINGS):
        middle = (begin + end) / 2
        if (value(middle) < 0) == is_rising:
            begin = middle
        else:
            end = middle
    return end


def _turns(a: float, b: float, c: float) -> list[float]:
    """Return the roots in (0, 1) of the quadratic of Bernstein coefficients a, b, c, in order."""
    square, half = a - 2 * b + c, b - a
    inner = half * half - square * a
    if inner < 0:
        return []
    # The two forms of the root that lose no digits.
    sum_ = -(half + math.copysign(math.sqrt(inner), half))
    roots = [sum_ / square if square else 0.0, a / sum_ if sum_ else 0.0]
    return sorted(root for root in roots if 0 < root < 1)
