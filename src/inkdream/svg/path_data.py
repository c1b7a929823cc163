"""Numbers and commands of an SVG path's data, compiled. Grammar: SVG 2, section 9.3.9."""

from __future__ import annotations

from math import atan2, ceil, cos, hypot, pi, sin, sqrt, tan
from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled

FINE, END, NO_NUMBER, NO_COMMAND, NO_MOVE, TOO_LARGE, TOO_MANY = range(7)

# No coordinate of a drawing is larger; beyond, differences of float64 lose a thousandth of a mm.
LARGEST = 1e9

A, C, H, L, M, Q, S, T, V, Z = (ord(letter) for letter in "ACHLMQSTVZ")
# How many numbers a command takes, by its upper case letter.
NUMBERS = np.zeros(256, np.int64)
for _letter, _count in zip("ACHLMQSTV", (7, 6, 1, 2, 2, 4, 4, 2, 1), strict=True):
    NUMBERS[ord(_letter)] = _count

_POWERS = 10.0 ** np.arange(23)
_DIGITS = 18


@compiled
@no_type_check
def read_segment(text, at, command, numbers):
    """Read the next segment.

    Args:
        text: (N,) uint8, ASCII.
        at: where to begin.
        command: the last one's letter, which holds if there is no other; 0 if there was none.
        numbers: (7,) is filled.

    Returns:
        The place behind it or of the problem, the command's letter, and the problem: END behind the
        last segment.
    """
    at = skip(text, at)
    if at == len(text):
        return at, command, END
    if is_command(text[at]):
        if command == 0 and text[at] & 0xDF != M:
            return at, command, NO_MOVE
        command = text[at]
        at += 1
        if command & 0xDF == Z:
            return at, command, FINE
    at, problem = _read_numbers(text, at, command, numbers)
    return at, command, problem


@compiled
@no_type_check
def skip(text, at):
    """Return the place of the next byte that is no separator."""
    while at < len(text) and (text[at] <= 32 or text[at] == 44):
        at += 1
    return at


@compiled
@no_type_check
def is_command(byte):
    """Return whether a byte is a command's letter, in either case."""
    kind = byte & 0xDF
    return 65 <= kind <= 90 and (NUMBERS[kind] > 0 or kind == Z)


@compiled
@no_type_check
def _read_numbers(text, at, command, numbers):
    """Read one command's numbers; return the place behind them and the problem."""
    wanted = NUMBERS[command & 0xDF]
    if wanted == 0:
        return at, NO_COMMAND
    is_arc = command & 0xDF == A
    for index in range(wanted):
        at = skip(text, at)
        if is_arc and index in (3, 4):
            # A flag is one digit; the next number may stand right behind it.
            if at == len(text) or (text[at] != 48 and text[at] != 49):
                return at, NO_NUMBER
            value, behind = float(text[at] - 48), at + 1
        else:
            value, behind = _number(text, at)
        if behind == at:
            return at, NO_NUMBER
        if abs(value) > LARGEST:
            return at, TOO_LARGE
        numbers[index] = value
        at = behind
    return at, FINE


@compiled
@no_type_check
def _number(text, at):
    """Return the number at a place, and the place behind it: the same place if there is none."""
    begun, size = at, len(text)
    is_negative = at < size and text[at] == 45
    if at < size and (text[at] == 45 or text[at] == 43):
        at += 1
    digits, shift, seen, is_fraction = np.int64(0), 0, 0, False
    while at < size:
        byte = text[at]
        if 48 <= byte <= 57:
            seen += 1
            if digits < 10 ** (_DIGITS - 1):
                digits = 10 * digits + (byte - 48)
                shift -= is_fraction
            else:
                shift += not is_fraction
        elif byte == 46 and not is_fraction:
            is_fraction = True
        else:
            break
        at += 1
    if seen == 0:
        return 0.0, begun
    if at + 1 < size and text[at] & 0xDF == 69:
        power, behind = _exponent(text, at + 1)
        if behind > at + 1:
            shift, at = shift + power, behind
    value = float(digits)
    if digits != 0 and shift != 0:
        value = _scaled(value, shift)
    return (-value if is_negative else value), at


@compiled
@no_type_check
def _exponent(text, at):
    """Return a whole number of at most four figures, and the place behind it."""
    begun, size = at, len(text)
    is_negative = text[at] == 45
    if text[at] == 45 or text[at] == 43:
        at += 1
    first, power = at, 0
    while at < size and 48 <= text[at] <= 57:
        power = min(9999, 10 * power + (text[at] - 48))
        at += 1
    if at == first:
        return 0, begun
    return (-power if is_negative else power), at


@compiled
@no_type_check
def _scaled(value, shift):
    """Return value * 10^shift: rounded once for up to 15 digits and 22 places (Clinger 1990)."""
    if -22 <= shift < 0:
        return value / _POWERS[-shift]
    if 0 <= shift <= 22:
        return value * _POWERS[shift]
    if shift < -300:
        return 0.0
    return value * 10.0 ** min(shift, 300)


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
