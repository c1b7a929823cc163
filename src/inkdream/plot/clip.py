"""Polylines by the length along them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.clip_curve import NOISE, cut_curve
from inkdream.plot.plot import Plot, Points, Stroke


def length_of(line: Points) -> float:
    """Return the length of a polyline (V, 2), in its own unit."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def reached(line: Points) -> NDArray[np.float64]:
    """Return how far along a polyline (V, 2) each of its vertices lies (V,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def points_at(line: Points, along: NDArray[np.float64], at: NDArray[np.float64]) -> Points:
    """Return the points (M, 2) that lie `at` (M,) along a polyline.

    Args:
        line: (V, 2).
        along: (V,) as `reached` has it.
        at: lengths along it; what is beyond an end is that end.
    """
    return np.stack([np.interp(at, along, each) for each in line.T], axis=1)


def between(line: Points, along: NDArray[np.float64], begin: float, end: float) -> Points:
    """Return the part of a polyline between two lengths along it, `begin` before `end`.

    Args:
        line: (V, 2).
        along: (V,) as `reached` has it.
        begin: where it is cut.
        end: where it is cut again; the vertices between the two stay.
    """
    ends = points_at(line, along, np.array([begin, end], dtype=np.float64))
    inner = slice(np.searchsorted(along, begin, "right"), np.searchsorted(along, end))
    return np.concatenate([ends[:1], line[inner], ends[1:]])


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
    cut = cut_curve if stroke.curved else _cut
    return tuple(replace(stroke, points=piece) for piece in cut(stroke.points, low, high))


def extent(stroke: Stroke) -> tuple[Points, Points]:
    """Return the least and the largest x and y, in mm, that a stroke reaches; exact for curves."""
    points = stroke.points
    if not stroke.curved:
        return points.min(axis=0), points.max(axis=0)
    first, second, third, last = (points[start:][::3][: len(points) // 3] for start in range(4))
    # Where the derivative, a t^2 + b t + c, is 0; the two forms of the root that lose no digits.
    a = last - first + 3 * (second - third)
    b = 2 * (first - 2 * second + third)
    c = second - first
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = -(b + np.copysign(np.sqrt(b * b - 4 * a * c), b)) / 2
        roots = np.stack([half / a, c / half])
    t = np.clip(np.nan_to_num(roots), 0, 1)
    s = 1 - t
    turns = s**3 * first + 3 * s * s * t * second + 3 * s * t * t * third + t**3 * last
    reached = np.concatenate([points[::3], turns.reshape(-1, 2)])
    return reached.min(axis=0), reached.max(axis=0)


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
