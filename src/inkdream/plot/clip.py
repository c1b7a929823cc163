"""Plots cut at a box: what is left of a line is a line, of a curve a curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.along import parts
from inkdream.plot.plot import Plot, Points, Stroke, bezier, cubics_of

# Beyond the box by less than this, in mm, is a rounding error.
NOISE = 1e-9
_HALVINGS = 60

# Left, top, right and bottom, in mm.
Box = tuple[float, float, float, float]


def clip(plot: Plot, box: Box | None = None) -> Plot:
    """Return the plot without what lies outside a box.

    Args:
        plot: any; layers of which nothing is left are left out.
        box: left, top, right and bottom in mm; the page's edges if none is given.
    """
    box = box or (0.0, 0.0, plot.page.width, plot.page.height)
    layers = []
    for layer in plot.layers:
        strokes = tuple(piece for stroke in layer.strokes for piece in clip_stroke(stroke, box))
        if strokes:
            layers.append(replace(layer, strokes=strokes))
    return replace(plot, layers=tuple(layers))


def clip_stroke(stroke: Stroke, box: Box) -> tuple[Stroke, ...]:
    """Return the pieces of a stroke inside a box, along it; a closed one is not cut at its ends.

    A stroke wholly inside comes back as it is. Pieces of a curve are curves. Pieces without length
    are dropped, but for a stroke that has none itself.

    Args:
        stroke: any.
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
    """Return the least and the largest x and y, in mm, that a stroke reaches; exact for curves."""
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
    at once: each enters at the share t of its length and leaves at another.
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
    """Return at which share of its length each segment enters and leaves a box.

    One without length enters at 0 and leaves at 1 if it is inside, as if it had any.
    """
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
    """Return from where to where a curve is inside a box, as places along it."""
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
    """Yield where in (0, 1) a cubic polynomial of these Bernstein coefficients changes its sign."""
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
    """Return where a function that has one root between two places changes its sign."""
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
