"""Transforms taken back, and applied to points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inkdream.plot.clip import extent
from inkdream.plot.plot import Points, Stroke
from inkdream.plot.svg_units import Matrix


def inverse(matrix: Matrix) -> Matrix | None:
    """Return the transform that takes another back; None if that squeezes areas to nothing."""
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    if abs(size) <= 1e-12 * max(abs(a), abs(b), abs(c), abs(d)) ** 2:
        return None
    return (
        d / size,
        -b / size,
        -c / size,
        a / size,
        (c * f - d * e) / size,
        (b * e - a * f) / size,
    )


def applied(matrix: Matrix, points: Points) -> Points:
    """Return transformed points (N, 2)."""
    a, b, c, d, e, f = matrix
    moved: Points = points @ np.array([[a, b], [c, d]], np.float64) + np.array([e, f], np.float64)
    return moved


def moved(matrix: Matrix, strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Return transformed strokes."""
    return tuple(Stroke(applied(matrix, each.points), each.curved) for each in strokes)


def box_around(strokes: Sequence[Stroke]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the box around strokes, at least one."""
    reached = [extent(stroke) for stroke in strokes]
    low = np.min([least for least, _ in reached], axis=0)
    high = np.max([most for _, most in reached], axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
