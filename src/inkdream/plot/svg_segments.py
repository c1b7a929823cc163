"""Segments of an SVG path, compiled: commands and numbers in, points out."""

from __future__ import annotations

from math import atan2, ceil, cos, hypot, pi, sin, sqrt, tan
from typing import no_type_check

from inkdream.compiling import compiled
from inkdream.plot.svg_numbers import NUMBERS, A, C, H, Q, S, T, V, Z

# An arc is cut into pieces of at most 45 degrees: each cubic is within 4e-6 radii of it.
ARC_PIECE = pi / 4
# Points that one segment adds at most: an arc's eight pieces, and the subpath's first point.
MOST_AT_ONCE = 32


@compiled
@no_type_check
def make_absolute(numbers, kind, state):
    """Add the current point (state[:2]) to a relative command's numbers."""
    x, y = state[0], state[1]
    if kind == V:
        numbers[0] += y
    elif kind == A:
        numbers[5] += x
        numbers[6] += y
    else:
        for index in range(NUMBERS[kind]):
            numbers[index] += y if index & 1 else x


@compiled
@no_type_check
def draw(points, count, kind, before, numbers, state, is_curved):
    """Append one segment, its numbers absolute; return how many points there are then."""
    x, y = state[0], state[1]
    # A smooth curve mirrors the last control point, if the segment before had one of its kind.
    is_smooth = (kind == S and before in (C, S)) or (kind == T and before in (Q, T))
    mirror_x = 2 * x - state[4] if is_smooth else x
    mirror_y = 2 * y - state[5] if is_smooth else y
    # A command's last two numbers are the place where it ends, but for H and V.
    last = NUMBERS[kind] - 1 if kind != Z else 1
    to_x = x if kind == V else numbers[max(0, last - 1)]
    to_y = y if kind == H else numbers[last]
    state[0], state[1] = to_x, to_y
    if kind == A:
        return _arc(points, count, x, y, numbers)
    if kind == C:
        state[4], state[5] = numbers[2], numbers[3]
        return _cubic(points, count, numbers[0], numbers[1], state)
    if kind == S:
        state[4], state[5] = numbers[0], numbers[1]
        return _cubic(points, count, mirror_x, mirror_y, state)
    if kind in (Q, T):
        state[4] = numbers[0] if kind == Q else mirror_x
        state[5] = numbers[1] if kind == Q else mirror_y
        return _quadratic(points, count, x, y, state)
    return _line(points, count, to_x, to_y, is_curved)


@compiled
@no_type_check
def _cubic(points, count, first_x, first_y, state):
    """Append a cubic from its first control point; the second and the end are in the state."""
    points[count, 0], points[count, 1] = first_x, first_y
    points[count + 1, 0], points[count + 1, 1] = state[4], state[5]
    points[count + 2, 0], points[count + 2, 1] = state[0], state[1]
    return count + 3


@compiled
@no_type_check
def _quadratic(points, count, x, y, state):
    """Append a quadratic, as the cubic that it is; its control point and end are in the state."""
    points[count, 0], points[count, 1] = (x + 2 * state[4]) / 3, (y + 2 * state[5]) / 3
    points[count + 1, 0] = (state[0] + 2 * state[4]) / 3
    points[count + 1, 1] = (state[1] + 2 * state[5]) / 3
    points[count + 2, 0], points[count + 2, 1] = state[0], state[1]
    return count + 3


@compiled
@no_type_check
def _line(points, count, to_x, to_y, is_curved):
    """Append a line; among curves it is a cubic."""
    if is_curved:
        x, y = points[count - 1, 0], points[count - 1, 1]
        points[count, 0], points[count, 1] = (2 * x + to_x) / 3, (2 * y + to_y) / 3
        points[count + 1, 0], points[count + 1, 1] = (x + 2 * to_x) / 3, (y + 2 * to_y) / 3
        count += 2
    points[count, 0], points[count, 1] = to_x, to_y
    return count + 1


@compiled
@no_type_check
def _arc(points, count, x, y, numbers):
    """Append an elliptical arc as cubics: SVG 2, appendix B.2.4 and B.2.5."""
    to_x, to_y = numbers[5], numbers[6]
    across, down = abs(numbers[0]), abs(numbers[1])
    if across == 0 or down == 0 or (x == to_x and y == to_y):
        return _line(points, count, to_x, to_y, True)
    turn = numbers[2] % 360 * pi / 180
    cosine, sine = cos(turn), sin(turn)
    # Half the chord, in the ellipse's own axes and radii; larger than 1: the radii grow.
    half_x = (cosine * (x - to_x) + sine * (y - to_y)) / 2 / across
    half_y = (cosine * (y - to_y) - sine * (x - to_x)) / 2 / down
    reach = hypot(half_x, half_y)
    if reach == 0:
        return _line(points, count, to_x, to_y, True)
    if reach > 1:
        across, down = across * reach, down * reach
        half_x, half_y = half_x / reach, half_y / reach
        reach = 1.0
    off = sqrt(1 - reach * reach) / reach
    if numbers[3] == numbers[4]:
        off = -off
    middle_x, middle_y = off * half_y, -off * half_x
    begin = atan2(half_y - middle_y, half_x - middle_x)
    sweep = atan2(-half_y - middle_y, -half_x - middle_x) - begin
    if numbers[4] == 1 and sweep < 0:
        sweep += 2 * pi
    elif numbers[4] == 0 and sweep > 0:
        sweep -= 2 * pi
    pieces = max(1, ceil(abs(sweep) / ARC_PIECE - 1e-9))
    step = sweep / pieces
    pull = 4 / 3 * tan(step / 4)
    origin_x = (x + to_x) / 2 + cosine * across * middle_x - sine * down * middle_y
    origin_y = (y + to_y) / 2 + sine * across * middle_x + cosine * down * middle_y
    for piece in range(pieces):
        for corner in range(3):
            angle = begin + step * (piece + (corner + 1) // 2)
            along = pull * (corner == 0) - pull * (corner == 1)
            unit_x = across * (cos(angle) - along * sin(angle))
            unit_y = down * (sin(angle) + along * cos(angle))
            points[count, 0] = origin_x + cosine * unit_x - sine * unit_y
            points[count, 1] = origin_y + sine * unit_x + cosine * unit_y
            count += 1
    points[count - 1, 0], points[count - 1, 1] = to_x, to_y
    return count
