"""How long strokes take by AxiDraw's own planner, which thinks in slices of 25 ms and motor steps.

Speeds at vertices are GRBL's (see motion_grbl.py), kept in single precision. Each segment, and each
move with the pen up, is then driven by itself from where the motors stand, in a whole number of ms:

    long enough     a trapezoid, whose ramps of less than a slice take no time
    shorter         a triangle, of a weaker acceleration near the length of both full ramps
    a few slices    one ramp, from the middle between first and peak speed to the last speed
    two or fewer    one speed

So time is not monotonic in length, it is not the same backwards, and vertices on a straight line
cost something. Measured on AxiDraw's software 3.9.7 by its preview: within 0.01 % on drawings.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.machines import Machine, Moves
from inkdream.plot.motion_lines import legs, planned
from inkdream.plot.plot import Points
from inkdream.plot.ragged import Lines

# The program reckons in inches: in mm, speeds would be rounded otherwise.
INCH = 25.4
# Motor steps an inch, of x + y and of x - y.
STEPS = 2032
# A cubic is one piece if its control points lie nearer to the chord, in mm.
FLAT = 0.0508
# Vertices between lie nearer to the chord, in inches.
NEAR = 0.0002
# A turn whose 1 - s is no more than this is no turn.
STRAIGHT = 1e-4
# From this share of the length of two full ramps on, triangles are flatter.
FLATTER = 0.9


def draw_seconds(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing polylines, each from rest to rest, without lift and drop."""
    inches = Lines(lines.points / INCH, lines.starts)
    lines = planned(inches, NEAR, machine.shortest / INCH)
    return np.asarray(_draw(*lines, _limits(machine.down, machine)))


def hop_seconds(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (N,) of straight moves with the pen up, from `stops` (N, 2) to `goals`."""
    limits = _limits(machine.up, machine)
    return np.asarray(_hops(stops / INCH, goals / INCH, limits, machine.shortest / INCH))


def _limits(moves: Moves, machine: Machine) -> tuple[float, float, float, float]:
    speed, acceleration, corner = moves.speed, moves.acceleration, moves.corner
    return speed / INCH, acceleration / INCH, corner / INCH, machine.slice


@compiled
@no_type_check
def _hops(stops, goals, limits, shortest):
    seconds = np.zeros(len(stops))
    for hop in range(len(stops)):
        length = np.hypot(goals[hop, 0] - stops[hop, 0], goals[hop, 1] - stops[hop, 1])
        if length >= shortest:
            seconds[hop] = _move(stops[hop], goals[hop], 0.0, 0.0, limits)
    return seconds


@compiled
@no_type_check
def _draw(points, starts, limits):
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways = np.empty(longest), np.empty((longest, 2))
    speeds = np.empty(longest + 1, np.float32)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = legs(line, lengths, ways)
        _plan(segments, limits, lengths, ways, speeds)
        for row in range(segments):
            first, last = np.float64(speeds[row]), np.float64(speeds[row + 1])
            seconds[stroke] += _move(line[row], line[row + 1], first, last, limits)
    return seconds


@compiled
@no_type_check
def _plan(segments, limits, lengths, ways, speeds):
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
def _move(stop, goal, first, last, limits):
    """Return seconds of a segment between two vertices, entered and left at two speeds."""
    along = round((goal[0] + goal[1]) * STEPS) - round((stop[0] + stop[1]) * STEPS)
    across = round((goal[0] - goal[1]) * STEPS) - round((stop[0] - stop[1]) * STEPS)
    length = np.hypot(float(along), float(across)) / STEPS / np.sqrt(2.0)
    if length == 0.0:
        return 0.0
    speed, acceleration, _, tick = limits
    # Rounded to single precision a vertex's speed may be above the limit.
    first, last = min(first, speed), min(last, speed)
    seconds = _segment(length, first, last, speed, acceleration, tick)
    return max(round(1000 * seconds), 1) / 1000


@compiled
@no_type_check
def _segment(length, first, last, speed, acceleration, tick):
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
