"""Planners: how long strokes take by the rules of GRBL (saxi's are alike), NextDraw and AxiDraw.

GRBL drives trapezoids between corners: the speed at a corner is what acceleration lets through on
an arc that leaves the vertex by no more than `corner`. Source: gnea/grbl, planner.c.

NextDraw's ramps are S-curves of limited jerk. From speed u to w at jerk j a ramp takes
2 sqrt(|w - u| / j) and a way of (u + w) sqrt(|w - u| / j). Speeds at vertices: what can be reached,
times a power of the turn's cosine. Measured on NextDraw's software 1.5.0 by its preview: within
0.03 % on drawings.

AxiDraw thinks in slices of 25 ms and motor steps. Speeds at vertices are GRBL's, in single
precision. Each segment, and each move with the pen up, is then driven by itself from where the
motors stand, in a whole number of ms:

    long enough     a trapezoid, whose ramps of less than a slice take no time
    shorter         a triangle, of a weaker acceleration near the length of both full ramps
    a few slices    one ramp, from the middle between first and peak speed to the last speed
    two or fewer    one speed

So time is not monotonic in length, differs backwards, and vertices on a straight line cost
something. Measured on AxiDraw's software 3.9.7 by its preview: within 0.01 % on drawings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.machines import Machine, Moves
from inkdream.plot.plot import Points
from inkdream.plot.ragged import Lines
from inkdream.plot.simplify import legs, planned


class Planner(NamedTuple):
    """The planner of a machine.

    Attributes:
        draw: returns seconds (S,) of drawing polylines, each from rest to rest, without lift
            and drop.
        move: returns seconds (N,) of straight moves with the pen up, between points (N, 2).
        flat: mm; curves are halved until they are so flat, 0 if they are flattened as usual.
    """

    draw: Callable[[Lines, Machine], NDArray[np.float64]]
    move: Callable[[Points, Points, Machine], NDArray[np.float64]]
    flat: float = 0.0


def planner_of(machine: Machine) -> Planner:
    """Return the planner of a machine."""
    if machine.slice:
        return Planner(_draw_axidraw, _move_axidraw, AXIDRAW_FLAT)
    if machine.down.jerk:
        return Planner(_draw_nextdraw, _move_nextdraw, NEXTDRAW_FLAT)
    return Planner(_draw_grbl, _move_grbl)


def _draw_grbl(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    lines, down = planned(lines, 0.0, machine.shortest), machine.down
    return np.asarray(_drive_all(*lines, (down.speed, down.acceleration, down.corner)))


def _move_grbl(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    lengths = np.hypot(*(goals - stops).T)
    speed, acceleration = machine.up.speed, machine.up.acceleration
    ramp = np.sqrt(lengths / acceleration)
    ramp[lengths < machine.shortest] = 0.0
    is_triangle = ramp * acceleration <= speed
    seconds = np.where(is_triangle, 2 * ramp, lengths / speed + speed / acceleration)
    return np.asarray(seconds)


@compiled
@no_type_check
def _drive_all(points, starts, limits):
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways, speeds = np.empty(longest), np.empty((longest, 2)), np.empty(longest + 1)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = legs(line, lengths, ways)
        _limit_corners(segments, limits, ways, speeds)
        seconds[stroke] = _drive_segments(segments, limits, lengths, speeds)
    return seconds


@compiled
@no_type_check
def _limit_corners(segments, limits, ways, speeds):
    """Fill in the speeds that the corners let through."""
    speed, acceleration, corner = limits
    speeds[0] = speeds[segments] = 0.0
    for index in range(1, segments):
        # sin(angle / 2), where 1 is straight on and 0 is straight back. From the sum of both
        # ways, of which no digits are lost where it is next to nothing.
        x, y = ways[index] + ways[index - 1]
        half = np.hypot(x, y) / 2
        limit = acceleration * corner * half / max(1 - half, 1e-12)
        speeds[index] = min(speed, np.sqrt(limit))


@compiled
@no_type_check
def _drive_segments(segments, limits, lengths, speeds):
    """Return seconds of segments with speeds at their ends that may still be too high."""
    speed, acceleration, _ = limits
    for index in range(segments):
        most = speeds[index] ** 2 + 2 * acceleration * lengths[index]
        speeds[index + 1] = min(speeds[index + 1], np.sqrt(most))
    for index in range(segments - 1, -1, -1):
        most = speeds[index + 1] ** 2 + 2 * acceleration * lengths[index]
        speeds[index] = min(speeds[index], np.sqrt(most))
    seconds = 0.0
    for index in range(segments):
        length, first, last = lengths[index], speeds[index], speeds[index + 1]
        peak = np.sqrt(acceleration * length + (first * first + last * last) / 2)
        seconds += (2 * min(peak, speed) - first - last) / acceleration
        if peak > speed:
            ramps = (2 * speed * speed - first * first - last * last) / (2 * acceleration)
            seconds += (length - ramps) / speed
    return seconds


# A cubic is one piece if its control points lie nearer to the chord, and vertices between stay out
# if they lie nearer to theirs; in mm.
NEXTDRAW_FLAT = 0.0254 * 2 / 3
# No ramp takes less than twice this; in s.
BRIEFEST = 0.0035
# At vertices the speed is at most this share of the limit.
AT_VERTICES = 0.8
# Speeds that differ by less, in mm/s, are one speed on segments that take less than the first time,
# or than the second at more than half of the full speed; in s.
ALIKE, BRIEF, BRIEF_AND_FAST = 0.254, 0.013, 0.030
# Ramps up and down that take less together are one; in s.
SHORT_RAMPS = 0.012
# Halvings of an interval in which a root is sought.
HALVINGS = 40


def _draw_nextdraw(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    speed, jerk = machine.down.speed, machine.down.jerk
    return np.asarray(_ramp_all(*planned(lines, NEXTDRAW_FLAT, machine.shortest), speed, jerk))


def _move_nextdraw(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    lengths = np.hypot(*(goals - stops).T)
    speed, jerk = machine.up.speed, machine.up.jerk
    peak = np.minimum((lengths * np.sqrt(jerk) / 2) ** (2 / 3), speed)
    ramps = 2 * peak * np.sqrt(peak / jerk)
    seconds = 4 * np.sqrt(peak / jerk) + np.maximum(lengths - ramps, 0.0) / speed
    return np.where(lengths < machine.shortest, 0.0, seconds)


@compiled
@no_type_check
def _ramp_all(points, starts, speed, jerk):
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways, speeds = np.empty(longest), np.empty((longest, 2)), np.empty(longest + 1)
    for stroke in range(strokes):
        segments = legs(points[starts[stroke] : starts[stroke + 1]], lengths, ways)
        _plan_ramps(segments, speed, jerk, lengths, ways, speeds)
        for row in range(segments):
            seconds[stroke] += _ramp_segment(
                lengths[row], speeds[row], speeds[row + 1], speed, jerk
            )
    return seconds


@compiled
@no_type_check
def _plan_ramps(segments, speed, jerk, lengths, ways, speeds):
    """Fill in the speed at each vertex."""
    speeds[0] = 0.0
    for index in range(1, segments):
        before, after = ways[index - 1], ways[index]
        cosine = max(after[0] * before[0] + after[1] * before[1], 0.0)
        reach = _ramp_reach(speeds[index - 1], lengths[index - 1], speed, jerk)
        if reach > speed / 2:
            reach *= cosine**4
        elif reach > speed / 4:
            reach *= cosine
        speeds[index] = min(reach, AT_VERTICES * speed)
    speeds[segments] = 0.0
    for index in range(segments - 1, 0, -1):
        speeds[index] = min(
            speeds[index], _ramp_reach(speeds[index + 1], lengths[index], speed, jerk)
        )


@compiled
@no_type_check
def _ramp_reach(first, length, speed, jerk):
    """Return the speed that is reached from another on a length."""
    longest = max(np.sqrt(max(speed - first, 0.0) / jerk), BRIEFEST)
    if length >= (first + speed) * longest:
        return speed
    # Half of the ramp's time: t^3 + linear t = length / jerk, which has one root.
    linear = 2 * first / jerk
    time = np.cbrt(length / jerk)
    if linear > 1e-12 * time * time:
        third = np.sqrt(linear / 3)
        time = 2 * third * np.sinh(np.arcsinh(length / jerk / 2 / third**3) / 3)
    if time < BRIEFEST:
        return min(speed, max(length / BRIEFEST - first, 0.0))
    return first + jerk * time * time


@compiled
@no_type_check
def _ramp_length(first, last, jerk):
    return (first + last) * np.sqrt(abs(last - first) / jerk)


@compiled
@no_type_check
def _ramp_time(first, last, jerk):
    return 2 * np.sqrt(abs(last - first) / jerk)


@compiled
@no_type_check
def _ramp_segment(length, first, last, speed, jerk):
    """Return seconds of a segment that is entered and left at two speeds."""
    if first > 0.0 and abs(first - last) <= ALIKE:
        seconds = length / first
        if seconds < BRIEF or (seconds < BRIEF_AND_FAST and first > speed / 2):
            return seconds
    ramps = _ramp_length(first, speed, jerk) + _ramp_length(speed, last, jerk)
    if length >= ramps:
        along = (length - ramps) / speed
        return _ramp_time(first, speed, jerk) + _ramp_time(speed, last, jerk) + along
    # One S-curve of whatever jerk it takes.
    single = 2 * length / (first + last) if first + last > 0.0 else np.inf
    if length < _ramp_length(first, last, jerk):
        return single
    low, high = max(first, last), speed
    for _ in range(HALVINGS):
        peak = (low + high) / 2
        if _ramp_length(first, peak, jerk) + _ramp_length(peak, last, jerk) < length:
            low = peak
        else:
            high = peak
    both = _ramp_time(first, high, jerk) + _ramp_time(high, last, jerk)
    is_short = both < SHORT_RAMPS and single < np.inf
    return single if is_short else min(both, single)


# The program reckons in inches: in mm, speeds would be rounded otherwise.
INCH = 25.4
# Motor steps an inch, of x + y and of x - y.
STEPS = 2032
# A cubic is one piece if its control points lie nearer to the chord, in mm.
AXIDRAW_FLAT = 0.0508
# Vertices between lie nearer to the chord, in inches.
NEAR = 0.0002
# A turn whose 1 - s is no more than this is no turn.
STRAIGHT = 1e-4
# From this share of the length of two full ramps on, triangles are flatter.
FLATTER = 0.9


def _draw_axidraw(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    inches = Lines(lines.points / INCH, lines.starts)
    lines = planned(inches, NEAR, machine.shortest / INCH)
    return np.asarray(_slice_all(*lines, _limits(machine.down, machine)))


def _move_axidraw(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    limits = _limits(machine.up, machine)
    return np.asarray(_slice_moves(stops / INCH, goals / INCH, limits, machine.shortest / INCH))


def _limits(moves: Moves, machine: Machine) -> tuple[float, float, float, float]:
    speed, acceleration, corner = moves.speed, moves.acceleration, moves.corner
    return speed / INCH, acceleration / INCH, corner / INCH, machine.slice


@compiled
@no_type_check
def _slice_moves(stops, goals, limits, shortest):
    seconds = np.zeros(len(stops))
    for index in range(len(stops)):
        length = np.hypot(goals[index, 0] - stops[index, 0], goals[index, 1] - stops[index, 1])
        if length >= shortest:
            seconds[index] = _slice_move(stops[index], goals[index], 0.0, 0.0, limits)
    return seconds


@compiled
@no_type_check
def _slice_all(points, starts, limits):
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways = np.empty(longest), np.empty((longest, 2))
    speeds = np.empty(longest + 1, np.float32)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = legs(line, lengths, ways)
        _plan_slices(segments, limits, lengths, ways, speeds)
        for row in range(segments):
            first, last = np.float64(speeds[row]), np.float64(speeds[row + 1])
            seconds[stroke] += _slice_move(line[row], line[row + 1], first, last, limits)
    return seconds


@compiled
@no_type_check
def _plan_slices(segments, limits, lengths, ways, speeds):
    """Fill in the speed at each vertex."""
    speed, acceleration, corner, _ = limits
    speeds[0] = 0.0
    for index in range(1, segments):
        x, y = ways[index] + ways[index - 1]
        half = np.hypot(x, y) / 2
        limit = speed
        if 1 - half > STRAIGHT:
            limit = min(limit, np.sqrt(acceleration * corner * half / (1 - half)))
        first = np.float64(speeds[index - 1])
        reach = np.sqrt(first * first + 2 * acceleration * lengths[index - 1])
        speeds[index] = min(limit, reach)
    speeds[segments] = 0.0
    for index in range(segments - 1, 0, -1):
        last = np.float64(speeds[index + 1])
        reach = np.sqrt(last * last + 2 * acceleration * lengths[index])
        speeds[index] = min(np.float64(speeds[index]), reach)


@compiled
@no_type_check
def _slice_move(stop, goal, first, last, limits):
    """Return seconds of a segment between two vertices, entered and left at two speeds."""
    along = round((goal[0] + goal[1]) * STEPS) - round((stop[0] + stop[1]) * STEPS)
    across = round((goal[0] - goal[1]) * STEPS) - round((stop[0] - stop[1]) * STEPS)
    length = np.hypot(float(along), float(across)) / STEPS / np.sqrt(2.0)
    if length == 0.0:
        return 0.0
    speed, acceleration, _, tick = limits
    # Rounded to single precision a vertex's speed may be above the limit.
    first, last = min(first, speed), min(last, speed)
    seconds = _slice_segment(length, first, last, speed, acceleration, tick)
    return max(round(1000 * seconds), 1) / 1000


@compiled
@no_type_check
def _slice_segment(length, first, last, speed, acceleration, tick):
    """Return seconds of a segment; `tick` is a slice of time."""
    ramps = (2 * speed * speed - first * first - last * last) / (2 * acceleration)
    if length > ramps + tick * speed and length > 4 * tick * speed:
        seconds = (length - ramps) / speed
        for end in (first, last):
            ramp = (speed - end) / acceleration
            if ramp >= tick:
                seconds += ramp
        return seconds
    weaker = acceleration
    if ramps > 0.0 and length >= FLATTER * ramps:
        weaker = FLATTER * (ramps / length) * acceleration
    peak = np.sqrt(weaker * length + (first * first + last * last) / 2)
    rise = (peak - first) / weaker
    rising = np.floor(rise / tick)
    if rising == 0:
        rise = 0.0
    fall = rise + (first - last) / weaker
    falling = np.floor(fall / tick)
    if rising + falling > 4:
        seconds = 0.0
        if rising > 0:
            seconds += rise
        if falling > 0:
            seconds += fall
        if first == 0.0 and last == 0.0:
            # The last slice has speed 0: it moves nothing, and is never sent.
            seconds -= fall / falling
        return seconds
    middle = (peak + first) / 2
    seconds = max(2 * length / (middle + last), abs(middle - last) / acceleration)
    return seconds if seconds >= 2 * tick else length / max(peak, last)
