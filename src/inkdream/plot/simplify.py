"""Polylines with fewer vertices that stay where they were, to a tolerance."""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled
from inkdream.plot.ragged import Lines


def simplify_lines(lines: Lines, tolerance: float) -> Lines:
    """Return polylines of some of their vertices, everywhere within `tolerance` of what they were.

    Source: Ramer, 1972; Douglas and Peucker, 1973; distances are from segments, so that a line that
    turns back keeps its turn; all its turns, however often it goes to and fro.

    Args:
        lines: in mm. First and last vertices are kept, so closed lines stay closed.
        tolerance: in mm; 0 takes away only what lies on a straight line.
    """
    return lines.some(kept_vertices(lines.points, lines.starts, tolerance))


@compiled
@no_type_check
def kept_vertices(points, starts, tolerance):
    """Return whether each vertex (V,) is kept."""
    kept = np.zeros(len(points), np.bool_)
    longest = 1
    for line in range(len(starts) - 1):
        longest = max(longest, starts[line + 1] - starts[line])
    waiting = np.empty((longest, 2), np.int64)
    for line in range(len(starts) - 1):
        first, last = starts[line], starts[line + 1] - 1
        kept[first] = kept[last] = True
        waiting[0], count = (first, last), 1
        while count:
            count -= 1
            begin, end = waiting[count]
            farthest, place = tolerance * tolerance, -1
            for vertex in range(begin + 1, end):
                away = squared_distance(points[vertex], points[begin], points[end])
                if away > farthest:
                    farthest, place = away, vertex
            if place < 0:
                place = _turn(points, begin, end, tolerance)
            if place >= 0:
                kept[place] = True
                waiting[count], waiting[count + 1] = (begin, place), (place, end)
                count += 2
    return kept


@compiled
@no_type_check
def _turn(points, begin, end, tolerance):
    """Return a vertex at which a line that lies along its chord turns back; -1 if it goes straight.

    Of several, the one that is nearest to the middle, so that a long zigzag is soon taken apart.
    """
    x, y = points[end, 0] - points[begin, 0], points[end, 1] - points[begin, 1]
    length = np.sqrt(x * x + y * y)
    place, extreme, reached, way = -1, begin, 0.0, 1.0
    for vertex in range(begin + 1, end + 1 if length > 0 else begin):
        u, v = points[vertex, 0] - points[begin, 0], points[vertex, 1] - points[begin, 1]
        along = (u * x + v * y) / length
        if way * (reached - along) > tolerance:
            if extreme > begin and abs(2 * extreme - begin - end) < abs(2 * place - begin - end):
                place = extreme
            way = -way
        if way * (along - reached) >= 0:
            extreme, reached = vertex, along
    return place


@compiled
@no_type_check
def squared_distance(point, begin, end):
    """Return the squared distance of a point from a segment."""
    x, y = end[0] - begin[0], end[1] - begin[1]
    u, v = point[0] - begin[0], point[1] - begin[1]
    length = x * x + y * y
    along = min(max((u * x + v * y) / length, 0.0), 1.0) if length > 0 else 0.0
    return (u - along * x) ** 2 + (v - along * y) ** 2
