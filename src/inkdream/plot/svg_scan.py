"""The data of an SVG path, compiled: bytes in, polylines and chains of cubics out.

Lines stay lines in a subpath without a curve, and become straight cubics in one that has any.
Nothing here raises: what is wrong, and where, is a number that `svg_paths` turns into words.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled
from inkdream.plot.svg_numbers import END, FINE, TOO_MANY, A, C, L, M, Q, S, T, Z, read_segment
from inkdream.plot.svg_segments import MOST_AT_ONCE, draw, make_absolute


@compiled
@no_type_check
def scan(text, most):
    """Return the subpaths of a path's data.

    Args:
        text: (N,) uint8, ASCII.
        most: points that there may be.

    Returns:
        Points (P, 2), the index (S,) of each subpath's first, whether each (S,) is of cubics,
        and the problem with the place in `text` where it was met (FINE if there is none).
    """
    points = np.empty((64, 2))
    starts = np.empty(8, np.int64)
    curved = np.empty(8, np.bool_)
    count = subpaths = at = 0
    state = np.zeros(6)  # x, y; where the subpath began; the last control point
    numbers = np.zeros(7)
    command = before = 0
    is_open = is_moved = False
    while count <= most:
        at, command, problem = read_segment(text, at, command, numbers)
        if problem != FINE:
            problem = FINE if problem == END else problem
            return points[:count], starts[:subpaths], curved[:subpaths], problem, at
        kind = command & 0xDF
        if command & 0x20:
            make_absolute(numbers, kind, state)
        if kind == M:
            state[0], state[1] = numbers[0], numbers[1]
            state[2], state[3] = numbers[0], numbers[1]
            is_open, is_moved = False, True
            command = L | (command & 0x20)  # further pairs are lines
        elif kind != Z or is_open or is_moved:
            points, starts, curved = _make_room(points, count, starts, curved, subpaths)
            if not is_open:
                starts[subpaths] = count
                curved[subpaths] = _is_curve(kind) or (kind != Z and _has_curve(text, at))
                subpaths += 1
                points[count, 0], points[count, 1] = state[0], state[1]
                count += 1
            if kind == Z:
                numbers[0], numbers[1] = state[2], state[3]
            # A subpath that has come back is closed without a line; one that never left is a dot.
            is_alone = count - starts[subpaths - 1] == 1
            if kind != Z or is_alone or state[0] != state[2] or state[1] != state[3]:
                count = draw(points, count, kind, before, numbers, state, curved[subpaths - 1])
            is_open, is_moved = kind != Z, False
        before = kind
    return points[:count], starts[:subpaths], curved[:subpaths], TOO_MANY, at


@compiled
@no_type_check
def _is_curve(kind):
    return kind in (C, S, Q, T, A)


@compiled
@no_type_check
def _has_curve(text, at):
    """Return whether the subpath that goes on here has a curve before it ends."""
    while at < len(text):
        if text[at] >= 65:
            kind = text[at] & 0xDF
            if kind in (M, Z):
                return False
            if _is_curve(kind):
                return True
        at += 1
    return False


@compiled
@no_type_check
def _make_room(points, count, starts, curved, subpaths):
    """Return the arrays with room for one more segment and one more subpath."""
    if count + MOST_AT_ONCE > len(points):
        grown = np.empty((2 * len(points) + MOST_AT_ONCE, 2))
        grown[:count] = points[:count]
        points = grown
    if subpaths == len(starts):
        more_starts = np.empty(2 * subpaths, starts.dtype)
        more_curved = np.empty(2 * subpaths, curved.dtype)
        more_starts[:subpaths] = starts
        more_curved[:subpaths] = curved
        starts, curved = more_starts, more_curved
    return points, starts, curved
