"""Many polylines in two arrays, for compiled loops; curves flattened all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.plot import TOLERANCE, Points, Stroke, chords, sample


class Lines(NamedTuple):
    """Polylines end to end.

    Attributes:
        points: (V, 2) the vertices of all, in mm.
        starts: (S + 1,) line i has the vertices starts[i] to starts[i + 1].
    """

    points: Points
    starts: NDArray[np.int64]

    def some(self, kept: NDArray[np.bool_]) -> Lines:
        """Return the lines without the vertices that are not kept (V,); each keeps at least one."""
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])[self.starts]
        return Lines(self.points[kept], starts)

    def line(self, index: int) -> Points:
        """Return the vertices of one line."""
        return self.points[self.starts[index] : self.starts[index + 1]]


def pack(lines: Sequence[Points]) -> Lines:
    """Return polylines (V, 2), each of at least one vertex, as two arrays."""
    starts = np.zeros(len(lines) + 1, np.int64)
    starts[1:] = np.cumsum([len(line) for line in lines])
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    return Lines(np.ascontiguousarray(points, np.float64), starts)


def pack_strokes(strokes: Sequence[Stroke], tolerance: float = TOLERANCE) -> Lines:
    """Return the `Stroke.polyline` of each stroke, packed.

    Args:
        strokes: polylines and curves.
        tolerance: in mm, how far a polyline may lie from its curve.
    """
    lines = pack([stroke.points for stroke in strokes])
    lengths = np.diff(lines.starts)
    is_curved = np.repeat(np.array([stroke.curved for stroke in strokes], np.bool_), lengths)
    if not is_curved.any():
        return lines
    # Every third control point begins a cubic, the last one excepted.
    ends = lines.starts[1:] - 1
    begins = (np.arange(len(is_curved)) - np.repeat(lines.starts[:-1], lengths)) % 3 == 0
    begins &= is_curved
    begins[ends] = False
    places = np.flatnonzero(begins)
    cubics = np.stack([lines.points[places + corner] for corner in range(4)])
    rows = np.where(is_curved, 0, 1)
    rows[ends] = 1
    rows[places] = steps = chords(cubics, tolerance)
    points = np.repeat(lines.points, rows, axis=0)
    points[np.repeat(begins, rows)] = sample(cubics, steps)
    return Lines(points, np.concatenate([np.zeros(1, np.int64), np.cumsum(rows)])[lines.starts])


def measure(lines: Lines) -> NDArray[np.float64]:
    """Return (S, 3) in mm: each line's centre of mass, x and y, and its length."""
    return np.asarray(_measure(lines.points, lines.starts))


@compiled
@no_type_check
def _measure(points, starts):
    measures = np.zeros((len(starts) - 1, 3))
    for line in range(len(starts) - 1):
        first = points[starts[line]]
        for vertex in range(starts[line], starts[line + 1] - 1):
            x, y = points[vertex, 0] - first[0], points[vertex, 1] - first[1]
            u, v = points[vertex + 1, 0] - first[0], points[vertex + 1, 1] - first[1]
            length = np.hypot(u - x, v - y)
            measures[line, 0] += length * (x + u) / 2
            measures[line, 1] += length * (y + v) / 2
            measures[line, 2] += length
        if measures[line, 2] > 0:
            measures[line, 0] /= measures[line, 2]
            measures[line, 1] /= measures[line, 2]
        measures[line, 0] += first[0]
        measures[line, 1] += first[1]
    return measures
