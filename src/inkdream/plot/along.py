"""Polylines by the length along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.plot import Points


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
