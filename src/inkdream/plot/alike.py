"""Whether two polylines are the same way: within a distance of each other, all along, compiled.

The Frechet distance is the shortest lead on which one who walks along the first line can hold one
who walks along the second, both going on only. It is small exactly if a pen draws the same in the
same order, whichever vertices the lines have.

Source: Alt and Godau 1995, "Computing the Frechet distance between two polygonal curves": a cell
for each pair of segments; what can be reached is known at its left and lower edge, and from that at
its right and upper one.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled

# Rounding in sums of products, in mm.
NOISE = 1e-9


@compiled
@no_type_check
def is_same_way(line, other, tolerance):
    """Return whether two polylines' Frechet distance is at most a tolerance.

    Args:
        line: (V, 2) with V of at least 2, in mm.
        other: (W, 2) with W of at least 2, in mm.
        tolerance: in mm.
    """
    reach = tolerance + NOISE
    steps, cells = len(line) - 1, len(other) - 1
    if not _near(line[0], other[0], reach) or not _near(line[-1], other[-1], reach):
        return False
    # The least share of each of the other line's segments that is reached at the vertex of `line`
    # where the walk stands; above 1 where nothing is.
    lows = np.full(cells, 2.0)
    first, last = 0, 0
    for cell in range(cells):
        low, high = _within(line[0], other[cell], other[cell + 1], reach)
        if low > 0.0 or high < low:
            break
        lows[cell], last = 0.0, cell
        if high < 1.0:
            break
    at_start = True
    for step in range(steps):
        begin, end = line[step], line[step + 1]
        # What is reached at the cell's lower edge: along the whole first vertex at the beginning.
        lower = 2.0
        if at_start:
            low, high = _within(other[0], begin, end, reach)
            lower = 0.0 if low <= 0.0 <= high else 2.0
            at_start = lower == 0.0 and high >= 1.0
        reached_first, reached_last = cells, -1
        cell = first
        while cell < cells and (cell <= last or lower <= 1.0):
            left = lows[cell]
            low, high = _within(end, other[cell], other[cell + 1], reach)
            right = low if lower <= 1.0 else max(low, left)
            right = right if right <= high and (lower <= 1.0 or left <= 1.0) else 2.0
            low, high = _within(other[cell + 1], begin, end, reach)
            upper = low if left <= 1.0 else max(low, lower)
            lower = upper if upper <= high and (lower <= 1.0 or left <= 1.0) else 2.0
            lows[cell] = right
            if right <= 1.0:
                reached_first, reached_last = min(reached_first, cell), cell
            cell += 1
        if reached_last < 0:
            return False
        first, last = reached_first, reached_last
    return last == cells - 1


@compiled
@no_type_check
def _near(point, other, reach):
    x, y = point[0] - other[0], point[1] - other[1]
    return x * x + y * y <= reach * reach


@compiled
@no_type_check
def _within(point, begin, end, reach):
    """Return the shares of a segment between which it is near a point; none: (2, -1)."""
    step_x, step_y = end[0] - begin[0], end[1] - begin[1]
    off_x, off_y = begin[0] - point[0], begin[1] - point[1]
    square = step_x * step_x + step_y * step_y
    beyond = off_x * off_x + off_y * off_y - reach * reach
    if square < 1e-300:
        return (0.0, 1.0) if beyond <= 0.0 else (2.0, -1.0)
    half = off_x * step_x + off_y * step_y
    root = half * half - square * beyond
    if not root >= 0.0:
        return 2.0, -1.0
    low, high = (-half - np.sqrt(root)) / square, (-half + np.sqrt(root)) / square
    if high < 0.0 or low > 1.0:
        return 2.0, -1.0
    return max(low, 0.0), min(high, 1.0)
