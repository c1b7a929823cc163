"""Polylines with fewer vertices: within a tolerance, and as plotters' planners see them.

Planners halve curves until they are flat, then leave out vertices on straight lines. Each piece is
planned by itself, so their number decides how long a stroke takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled
from inkdream.plot.plot import Stroke
from inkdream.plot.ragged import Lines, pack


def simplify_lines(lines: Lines, tolerance: float) -> Lines:
    """Return polylines of some of their vertices, everywhere within `tolerance` of what they were.

    Source: Ramer, 1972; Douglas and Peucker, 1973. Distances are from segments, so a line that
    turns back keeps all its turns.

    Args:
        lines: in mm. First and last vertices are kept, so closed lines stay closed.
        tolerance: in mm; 0 removes only vertices on straight lines.
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
    """Return a vertex at which a line along its chord turns back; -1 if there is none.

    Of several, the one nearest to the middle, so that a long zigzag is soon taken apart.
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


# A cubic is halved at most so many times, into 1,024 pieces: the largest page needs fewer.
DEPTH = 10
# Where a line runs back into itself, vertices are compared with no more than so many before them.
LONGEST_RUN = 2000


def halved(strokes: Sequence[Stroke], flat: float) -> Lines:
    """Return strokes as polylines, each curve halved at t = 1/2 until it is flat.

    Args:
        strokes: polylines, which stay as they are, and curves.
        flat: mm; a cubic is one piece if both inner control points lie nearer to its chord.
    """
    lines = pack([stroke.points for stroke in strokes])
    curved = np.array([stroke.curved for stroke in strokes], np.bool_)
    if not curved.any():
        return lines
    return Lines(*_halve_all(lines.points, lines.starts, curved, flat))


@compiled
@no_type_check
def _halve_all(points, starts, curved, flat):
    strokes = len(starts) - 1
    begins = np.zeros(strokes + 1, np.int64)
    waiting = np.empty((DEPTH + 2, 4, 2))
    depths = np.empty(DEPTH + 2, np.int64)
    nothing = np.empty((0, 2))
    for stroke in range(strokes):
        first, last = starts[stroke], starts[stroke + 1] - 1
        rows = 1
        if curved[stroke]:
            for place in range(first, last, 3):
                rows += _halve(points[place : place + 4], flat, waiting, depths, nothing)
        else:
            rows += last - first
        begins[stroke + 1] = begins[stroke] + rows
    line = np.empty((begins[-1], 2))
    for stroke in range(strokes):
        first, last, row = starts[stroke], starts[stroke + 1] - 1, begins[stroke]
        if curved[stroke]:
            line[row] = points[first]
            row += 1
            for place in range(first, last, 3):
                row += _halve(points[place : place + 4], flat, waiting, depths, line[row:])
        else:
            line[row : begins[stroke + 1]] = points[first : last + 1]
    return line, begins


@compiled
@no_type_check
def _halve(cubic, flat, waiting, depths, line):
    """Write the ends of a cubic's flat pieces into `line` if it has room; return how many."""
    waiting[0], depths[0], count, rows = cubic, 0, 1, 0
    while count:
        count -= 1
        piece, depth = waiting[count], depths[count]
        most = flat * flat
        is_flat = (
            squared_distance(piece[1], piece[0], piece[3]) < most
            and squared_distance(piece[2], piece[0], piece[3]) < most
        )
        if is_flat or depth == DEPTH:
            if len(line):
                line[rows] = piece[3]
            rows += 1
            continue
        # De Casteljau; the second half is to wait below the first.
        behind = waiting[count + 1]
        for axis in range(2):
            a, b, c, d = piece[0, axis], piece[1, axis], piece[2, axis], piece[3, axis]
            ab, bc, cd = (a + b) / 2, (b + c) / 2, (c + d) / 2
            abc, bcd = (ab + bc) / 2, (bc + cd) / 2
            middle = (abc + bcd) / 2
            behind[0, axis], behind[1, axis] = a, ab
            behind[2, axis], behind[3, axis] = abc, middle
            piece[0, axis], piece[1, axis] = middle, bcd
            piece[2, axis], piece[3, axis] = cd, d
        depths[count], depths[count + 1] = depth + 1, depth + 1
        count += 2
    return rows


def planned(lines: Lines, near: float, shortest: float) -> Lines:
    """Return polylines of the vertices that a planner looks at.

    From each vertex that stays, the next one is the last for which all between lie near the chord.

    Args:
        lines: in any unit.
        near: the distance from the chord (a segment, not a line); 0 keeps all.
        shortest: vertices nearer to the last one that stays are left out.
    """
    return lines.some(_planned(lines.points, lines.starts, near, shortest))


@compiled
@no_type_check
def _planned(points, starts, near, shortest):
    kept = np.zeros(len(points), np.bool_)
    for stroke in range(len(starts) - 1):
        first = starts[stroke]
        line = points[first : starts[stroke + 1]]
        kept[first] = True
        here, last = 0, 0
        while here < len(line) - 1:
            here = _chord_end(line, here, near) if near > 0.0 else here + 1
            length = np.hypot(line[here, 0] - line[last, 0], line[here, 1] - line[last, 1])
            if length > 0.0 and length >= shortest:
                kept[first + here] = True
                last = here
    return kept


@compiled
@no_type_check
def legs(line, lengths, ways):
    """Fill in the lengths of a polyline's segments and their unit vectors; return how many."""
    for index in range(len(line) - 1):
        x, y = line[index + 1, 0] - line[index, 0], line[index + 1, 1] - line[index, 1]
        lengths[index] = np.hypot(x, y)
        ways[index] = x / lengths[index], y / lengths[index]
    return len(line) - 1


@compiled
@no_type_check
def _chord_end(line, start, near):
    """Return the last vertex up to which a chord from `start` passes near all vertices.

    It must point into the cone of directions that pass near each of them. If it is also at least as
    long as all of them are far, they need not be looked at one by one.
    """
    left, right, farthest = -np.inf, np.inf, 0.0
    along_x, along_y = 0.0, 0.0  # what angles are counted from
    for end in range(start + 1, len(line)):
        x, y = line[end, 0] - line[start, 0], line[end, 1] - line[start, 1]
        length, angle = np.hypot(x, y), 0.0
        if farthest > 0.0:
            angle = np.arctan2(along_x * y - along_y * x, along_x * x + along_y * y)
            if length + near <= farthest or (length > 0.0 and not left < angle < right):
                return end - 1
            if length < farthest and not _is_near(line, start, end, near):
                return end - 1
        if length >= near:
            if farthest == 0.0:
                along_x, along_y = x / length, y / length
            slack = np.arcsin(near / length)
            left, right = max(left, angle - slack), min(right, angle + slack)
            farthest = max(farthest, length)
    return len(line) - 1


@compiled
@no_type_check
def _is_near(line, start, end, near):
    """Return whether all vertices between two lie near the chord."""
    if end - start > LONGEST_RUN:
        return False
    for vertex in range(start + 1, end):
        if squared_distance(line[vertex], line[start], line[end]) >= near * near:
            return False
    return True
