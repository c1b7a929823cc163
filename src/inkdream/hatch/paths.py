"""Polylines by their arc length: measured, cut, begun elsewhere, with corners rounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.clip import between, points_at, reached
from inkdream.plot.plot import Points

Floats = NDArray[np.float64]

# Lifting and dropping the pen takes as long as drawing so many mm: lines are joined over no more.
LIFT = 14.0
# A planner takes turns of this many radians or fewer at nearly full speed: 45 of 50 mm/s on an
# AxiDraw by its corner rule, v^2 = a * delta * s / (1 - s).
GENTLE = 0.4
# A line that turns back on the spot has no corner to round.
_BACK = 3.0
_SAME = 1e-6


class Path:
    """A polyline that is asked for places along it.

    Attributes:
        points: (N, 2), no two in a row alike.
        at: (N,) how far each vertex lies along it.
        length: of all of it.
    """

    def __init__(self, points: Points) -> None:
        """Make it; vertices equal to the one before are left out."""
        self.points = without_repeats(points)
        self.at = reached(self.points)
        self.length = float(self.at[-1])

    def places(self, at: Floats) -> Points:
        """Return the points (M, 2) that lie `at` (M,) along it."""
        return points_at(self.points, self.at, at)

    def between(self, begin: float, end: float) -> Points:
        """Return the polyline from `begin` to `end` along it; one point if that is not later."""
        if end <= begin:
            return self.places(np.array([begin], dtype=np.float64))
        return between(self.points, self.at, begin, end)

    def nearest(self, places: Points) -> tuple[Floats, Floats]:
        """Return where along it the points nearest to (M, 2) others lie, and how far off."""
        steps = np.diff(self.points, axis=0)
        away = places[:, None] - self.points[:-1]
        share = ((away * steps).sum(2) / (steps * steps).sum(1)).clip(0, 1)
        distances = np.hypot(*np.moveaxis(away - share[:, :, None] * steps, 2, 0))
        row, best = np.arange(len(places)), distances.argmin(1)
        at = self.at[best] + share[row, best] * np.diff(self.at)[best]
        return at, distances[row, best]

    def turned(self, start: float, forwards: bool = True) -> Path:
        """Return a closed path begun elsewhere, run through either way."""
        points = np.concatenate([self.between(start, self.length), self.between(0.0, start)])
        return Path(points if forwards else points[::-1])


def without_repeats(points: Points) -> Points:
    """Return a polyline (N, 2) without vertices equal to the one before."""
    moves = np.hypot(*np.diff(points, axis=0).T) > _SAME
    kept: Points = points[np.concatenate([[True], moves])]
    return kept


def rounded(points: Points, reach: float) -> Points:
    """Return a polyline in mm whose corners are gentle turns, so that no machine brakes.

    A corner of an angle a becomes n = ceil(a / GENTLE) vertices with equal turns between equal
    steps, from `reach` mm before it, or half of the way to the next corner, to as far behind it.
    Shallow corners stay, and so do places where the line turns back on itself.
    """
    points = without_repeats(points)
    if len(points) < 3:
        return points
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    ways = steps / lengths[:, None]
    turns = np.arctan2(
        ways[:-1, 0] * ways[1:, 1] - ways[:-1, 1] * ways[1:, 0], (ways[:-1] * ways[1:]).sum(1)
    )
    counts = np.maximum(np.ceil(np.abs(turns) / GENTLE).astype(np.intp), 1)
    counts[np.abs(turns) > _BACK] = 1
    cuts = np.where(counts > 1, np.minimum(reach, np.minimum(lengths[:-1], lengths[1:]) / 2), 0.0)
    begins = points[1:-1] - ways[:-1] * cuts[:, None]
    chords = points[1:-1] + ways[1:] * cuts[:, None] - begins
    across = np.stack([-chords[:, 1], chords[:, 0]], axis=1)
    corner = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts) - counts
    number = np.arange(len(corner)) - firsts[corner]
    # Step k of a corner (there is none to its first vertex) points this far from the chord's way.
    angle = turns[corner] * (number / counts[corner] - 0.5)
    onward, aside = (np.where(number > 0, part, 0.0) for part in (np.cos(angle), np.sin(angle)))
    whole = np.maximum(np.add.reduceat(onward, firsts), _SAME)[corner, None]
    onward, aside = (_sums(part, firsts, corner)[:, None] for part in (onward, aside))
    inner = begins[corner] + (chords[corner] * onward + across[corner] * aside) / whole
    return without_repeats(np.concatenate([points[:1], inner, points[-1:]]))


def _sums(values: Floats, firsts: NDArray[np.intp], group: NDArray[np.intp]) -> Floats:
    """Return running sums that begin anew with each group."""
    sums: Floats = np.cumsum(values)
    return np.asarray(sums - (sums - values)[firsts][group])
