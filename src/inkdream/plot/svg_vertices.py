"""The vertices of a path and the directions in which it passes them: where markers stand."""

from __future__ import annotations

from math import hypot
from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.plot import Points
from inkdream.plot.svg_numbers import FINE, L, M, Z, read_segment
from inkdream.plot.svg_segments import MOST_AT_ONCE, draw, make_absolute


class Vertices(NamedTuple):
    """The vertices of a path, in its order.

    Attributes:
        points: (V, 2).
        degrees: (V,) the direction of the path there, clockwise from the x axis as it is seen:
            half way between that in which it comes and that in which it goes.
    """

    points: Points
    degrees: NDArray[np.float64]


def vertices(data: str, most: int) -> Vertices:
    """Return the vertices of a path's data, up to what is wrong with it.

    Source: SVG 2, sections 9.5.3 and 13.7.

    Args:
        data: as in an SVG's attribute d.
        most: vertices there may be; further ones are left out.
    """
    text = np.frombuffer(data.encode("ascii", "replace"), np.uint8)
    found = _walk(text, most)
    into, out = _without_zeros(found[:, 2:4], found[:, 4:6], found[:, 6])
    return Vertices(found[:, :2], _between(into, out))


@compiled
@no_type_check
def _walk(text, most):
    """Return (V, 7): each vertex, the directions into it and out of it, and its subpath's number.

    A direction is 0 where there is none; the closing of a subpath is a vertex, too.
    """
    # x, y, direction into it and out of it, subpath
    found = np.zeros((64, 7))
    some = np.empty((MOST_AT_ONCE, 2))
    state = np.zeros(6)
    numbers = np.zeros(7)
    count = at = command = before = subpath = 0
    first = -1  # the vertex at which the open subpath begins; -1 if none is open
    while count < most:
        at, command, problem = read_segment(text, at, command, numbers)
        if problem != FINE:
            break
        if count + 2 > len(found):
            found = _grown(found)
        kind = command & 0xDF
        if command & 0x20:
            make_absolute(numbers, kind, state)
        if kind == M:
            state[0], state[1] = numbers[0], numbers[1]
            state[2], state[3] = numbers[0], numbers[1]
            command = L | (command & 0x20)
        if kind == M or first < 0:
            # Behind a closed subpath, one without M begins where that began.
            subpath += 1
            first = count
            found[count, 0], found[count, 1], found[count, 6] = state[2], state[3], subpath
            count += 1
        if kind == Z:
            numbers[0], numbers[1] = state[2], state[3]
        if kind != M:
            some[0, 0], some[0, 1] = state[0], state[1]
            drawn = draw(some, 1, kind, before, numbers, state, True)
            found[count - 1, 4], found[count - 1, 5] = _direction(some, 0, drawn, 1)
            found[count, 0], found[count, 1], found[count, 6] = state[0], state[1], subpath
            found[count, 2], found[count, 3] = _direction(some, drawn - 1, -1, -1)
            count += 1
        if kind == Z:
            # A closed subpath goes on from its end as it began, and came to its beginning as it
            # ends.
            found[count - 1, 4:6] = found[first, 4:6]
            found[first, 2:4] = found[count - 1, 2:4]
            first = -1
        before = kind
    return found[:count]


@compiled
@no_type_check
def _grown(old):
    new = np.zeros((2 * len(old), old.shape[1]))
    new[: len(old)] = old
    return new


@compiled
@no_type_check
def _direction(points, first, stop, step):
    """Return where control points lead from the first: towards the next that is elsewhere."""
    for index in range(first + step, stop, step):
        x = step * (points[index, 0] - points[first, 0])
        y = step * (points[index, 1] - points[first, 1])
        length = hypot(x, y)
        if length > 0:
            return x / length, y / length
    return 0.0, 0.0


def _without_zeros(
    into: Points, out: Points, subpaths: NDArray[np.float64]
) -> tuple[Points, Points]:
    """Give segments without length the direction of the one before, else of the one behind."""
    into, out = into.copy(), out.copy()
    goes_on = np.append(subpaths[1:] == subpaths[:-1], False)
    for index in np.flatnonzero(goes_on):
        if not into[index + 1].any() and into[index].any():
            out[index] = into[index + 1] = into[index]
    for index in np.flatnonzero(goes_on)[::-1]:
        if not into[index + 1].any():
            out[index] = into[index + 1] = out[index + 1]
    return into, out


def _between(into: Points, out: Points) -> NDArray[np.float64]:
    """Return the directions half way between two each, in degrees; of the one there is."""
    angles = [np.degrees(np.arctan2(each[:, 1], each[:, 0])) for each in (into, out)]
    turn = (angles[1] - angles[0] + 180) % 360 - 180
    both = angles[0] + turn / 2
    return np.where(~into.any(axis=1), angles[1], np.where(~out.any(axis=1), angles[0], both))
