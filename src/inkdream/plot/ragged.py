"""Many polylines in two arrays, as compiled loops read them; and curves flattened all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.plot import MOST_SEGMENTS, TOLERANCE, Points, Stroke


class Lines(NamedTuple):
    """Polylines end to end.

    Attributes:
        points: (V, 2) the vertices of all, in mm.
        starts: (S + 1,) line i has the vertices starts[i] to starts[i + 1].
    """

    points: Points
    starts: NDArray[np.int64]

    def line(self, index: int) -> Points:
        """Return the vertices of one line."""
        return self.points[self.starts[index] : self.starts[index + 1]]


def pack(lines: Sequence[Points]) -> Lines:
    """Return polylines (V, 2) as two arrays; a line has at least one vertex."""
    starts = np.zeros(len(lines) + 1, np.int64)
    starts[1:] = np.cumsum([len(line) for line in lines])
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    return Lines(np.ascontiguousarray(points, np.float64), starts)


def pack_strokes(strokes: Sequence[Stroke], tolerance: float = TOLERANCE) -> Lines:
    """Return what `Stroke.polyline` returns for each stroke, but of all at once.

    Args:
        strokes: polylines and curves.
        tolerance: in mm, how far a polyline may lie from its curve.
    """
    packed = pack([stroke.points for stroke in strokes])
    curved = np.array([stroke.curved for stroke in strokes], np.bool_)
    return Lines(*_flatten(packed.points, packed.starts, curved, tolerance))


def measure(lines: Lines) -> NDArray[np.float64]:
    """Return (S, 3) in mm: where the middle of each line's ink lies, x and y, and its length."""
    return np.asarray(_measure(lines.points, lines.starts))


@compiled
@no_type_check
def _flatten(points, starts, curved, tolerance):
    strokes = len(starts) - 1
    steps = np.zeros(len(points), np.int64)  # segments of the cubic, or line, that begins here
    begins = np.zeros(strokes + 1, np.int64)
    for stroke in range(strokes):
        first, last = starts[stroke], starts[stroke + 1] - 1
        segments = last - first
        if curved[stroke]:
            segments = 0
            for place in range(first, last, 3):
                steps[place] = _steps(points, place, tolerance)
                segments += steps[place]
        begins[stroke + 1] = begins[stroke] + segments + 1
    line = np.empty((begins[-1], 2))
    for stroke in range(strokes):
        first, last = starts[stroke], starts[stroke + 1] - 1
        row = begins[stroke]
        if curved[stroke]:
            for place in range(first, last, 3):
                row = _sample(points, place, steps[place], line, row)
            line[row] = points[last]
        else:
            line[row : row + last + 1 - first] = points[first : last + 1]
    return line, begins


@compiled
@no_type_check
def _steps(points, place, tolerance):
    """Wang's formula, as in plot.py."""
    bend = 0.0
    for middle in (place + 1, place + 2):
        x = points[middle - 1, 0] - 2 * points[middle, 0] + points[middle + 1, 0]
        y = points[middle - 1, 1] - 2 * points[middle, 1] + points[middle + 1, 1]
        bend = max(bend, np.hypot(x, y))
    return min(max(int(np.ceil(np.sqrt(0.75 * bend / tolerance))), 1), MOST_SEGMENTS)


@compiled
@no_type_check
def _sample(points, place, steps, line, row):
    """Write all of a cubic's vertices but the last; return the row after them."""
    for step in range(steps):
        t = step / steps
        s = 1 - t
        for axis in range(2):
            line[row, axis] = (
                s**3 * points[place, axis]
                + 3 * s**2 * t * points[place + 1, axis]
                + 3 * s * t**2 * points[place + 2, axis]
                + t**3 * points[place + 3, axis]
            )
        row += 1
    return row


@compiled
@no_type_check
def _measure(points, starts):
    found = np.zeros((len(starts) - 1, 3))
    for line in range(len(starts) - 1):
        first = points[starts[line]]
        for vertex in range(starts[line], starts[line + 1] - 1):
            x, y = points[vertex, 0] - first[0], points[vertex, 1] - first[1]
            u, v = points[vertex + 1, 0] - first[0], points[vertex + 1, 1] - first[1]
            length = np.hypot(u - x, v - y)
            found[line, 0] += length * (x + u) / 2
            found[line, 1] += length * (y + v) / 2
            found[line, 2] += length
        if found[line, 2] > 0:
            found[line, 0] /= found[line, 2]
            found[line, 1] /= found[line, 2]
        found[line, 0] += first[0]
        found[line, 1] += first[1]
    return found
