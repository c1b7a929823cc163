"""How long strokes take by GRBL's planner, which saxi's is like: trapezoids between corners.

At a corner the speed is what acceleration lets through on an arc that leaves the vertex by no more
than `corner`. Source: gnea/grbl, planner.c.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.machines import Machine
from inkdream.plot.motion_lines import legs, planned
from inkdream.plot.plot import Points
from inkdream.plot.ragged import Lines


def draw_seconds(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing polylines, each from rest to rest, without lift and drop."""
    lines, down = planned(lines, 0.0, machine.shortest), machine.down
    return np.asarray(_draw(*lines, (down.speed, down.acceleration, down.corner)))


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
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways, speeds = np.empty(longest), np.empty((longest, 2)), np.empty(longest + 1)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = legs(line, lengths, ways)
        _corners(segments, limits, ways, speeds)
        seconds[stroke] = _drive(segments, limits, lengths, speeds)
    return seconds


@compiled
@no_type_check
def _corners(segments, limits, ways, speeds):
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
def _drive(segments, limits, lengths, speeds):
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
