"""How long strokes take by a planner of constant acceleration, as GRBL and saxi have it.

At each vertex the speed is limited by the turn, v^2 = acceleration * corner * s / (1 - s) with
s = sin(angle between the segments / 2); no segment gains or loses more speed than the acceleration
allows; within a segment the machine speeds up and slows down as much as there is room for.
Source: S. K. Jeon, "Improving Grbl: Cornering Algorithm", 2011.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.machines import Machine
from inkdream.plot.packed import Lines
from inkdream.plot.plot import Points


def draw_seconds(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing polylines, each from rest to rest, without lift and drop."""
    down = machine.down
    limits = (down.speed, down.acceleration, down.corner, machine.shortest)
    return np.asarray(_draw(lines.points, lines.starts, limits))


def hop_seconds(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (N,) of straight moves with the pen up, from `stops` (N, 2) to `goals`."""
    lengths = np.hypot(*(goals - stops).T)
    speed, acceleration = machine.up.speed, machine.up.acceleration
    ramp = np.sqrt(lengths / acceleration)
    ramp[lengths < machine.shortest] = 0.0
    is_triangle = ramp * acceleration <= speed
    seconds = np.where(is_triangle, 2 * ramp, lengths / speed + speed / acceleration)
    return np.asarray(seconds)


@compiled
@no_type_check
def _draw(points, starts, limits):
    strokes = len(starts) - 1
    seconds = np.zeros(strokes)
    longest = 0
    for stroke in range(strokes):
        longest = max(longest, starts[stroke + 1] - starts[stroke])
    lengths, speeds = np.empty(longest), np.empty(longest + 1)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = _corners(line, limits, lengths, speeds)
        seconds[stroke] = _drive(segments, limits, lengths, speeds)
    return seconds


@compiled
@no_type_check
def _corners(line, limits, lengths, speeds):
    """Fill in the segments' lengths and what the corners let through; return how many there are."""
    speed, acceleration, corner, shortest = limits
    segments, kept = 0, 0
    before_x, before_y = 0.0, 0.0
    speeds[0] = 0.0
    for index in range(1, len(line)):
        x, y = line[index, 0] - line[kept, 0], line[index, 1] - line[kept, 1]
        length = np.hypot(x, y)
        if length == 0.0 or length < shortest:
            continue
        x, y = x / length, y / length
        if segments:
            # sin(angle / 2), where 1 is straight on and 0 is straight back. From the sum of both
            # ways, of which no digits are lost where it is next to nothing.
            half = np.hypot(x + before_x, y + before_y) / 2
            limit = acceleration * corner * half / max(1 - half, 1e-12)
            speeds[segments] = min(speed, np.sqrt(limit))
        lengths[segments] = length
        segments += 1
        before_x, before_y, kept = x, y, index
    speeds[segments] = 0.0
    return segments


@compiled
@no_type_check
def _drive(segments, limits, lengths, speeds):
    """Return seconds of segments with speeds at their ends that may still be too high."""
    speed, acceleration = limits[0], limits[1]
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
