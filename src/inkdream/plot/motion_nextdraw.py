"""How long strokes take by NextDraw's planner, whose ramps are S-curves of a limited jerk.

From speed u to w at jerk j a ramp takes 2 sqrt(|w - u| / j) and a way of (u + w) sqrt(|w - u| / j).
Speeds at vertices: what can be reached, times a power of the turn's cosine. Measured on NextDraw's
software 1.5.0 by its preview: within 0.03 % on drawings.
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

# A cubic is one piece if its control points lie nearer to the chord, and vertices between stay out
# if they lie nearer to theirs; in mm.
FLAT = 0.0254 * 2 / 3
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


def draw_seconds(lines: Lines, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing polylines, each from rest to rest, without lift and drop."""
    speed, jerk = machine.down.speed, machine.down.jerk
    return np.asarray(_draw(*planned(lines, FLAT, machine.shortest), speed, jerk))


def hop_seconds(stops: Points, goals: Points, machine: Machine) -> NDArray[np.float64]:
    """Return seconds (N,) of straight moves with the pen up, from `stops` (N, 2) to `goals`."""
    lengths = np.hypot(*(goals - stops).T)
    speed, jerk = machine.up.speed, machine.up.jerk
    peak = np.minimum((lengths * np.sqrt(jerk) / 2) ** (2 / 3), speed)
    ramps = 2 * peak * np.sqrt(peak / jerk)
    seconds = 4 * np.sqrt(peak / jerk) + np.maximum(lengths - ramps, 0.0) / speed
    return np.where(lengths < machine.shortest, 0.0, seconds)


@compiled
@no_type_check
def _draw(points, starts, speed, jerk):
    strokes, longest = len(starts) - 1, len(points)
    seconds = np.zeros(strokes)
    lengths, ways, speeds = np.empty(longest), np.empty((longest, 2)), np.empty(longest + 1)
    for stroke in range(strokes):
        segments = legs(points[starts[stroke] : starts[stroke + 1]], lengths, ways)
        _plan(segments, speed, jerk, lengths, ways, speeds)
        for row in range(segments):
            seconds[stroke] += _segment(lengths[row], speeds[row], speeds[row + 1], speed, jerk)
    return seconds


@compiled
@no_type_check
def _plan(segments, speed, jerk, lengths, ways, speeds):
    """Fill in the speed at each vertex."""
    speeds[0] = 0.0
    for index in range(1, segments):
        before, after = ways[index - 1], ways[index]
        cosine = max(after[0] * before[0] + after[1] * before[1], 0.0)
        reach = _reach(speeds[index - 1], lengths[index - 1], speed, jerk)
        if reach > speed / 2:
            reach *= cosine**4
        elif reach > speed / 4:
            reach *= cosine
        speeds[index] = min(reach, AT_VERTICES * speed)
    speeds[segments] = 0.0
    for index in range(segments - 1, 0, -1):
        speeds[index] = min(speeds[index], _reach(speeds[index + 1], lengths[index], speed, jerk))


@compiled
@no_type_check
def _reach(first, length, speed, jerk):
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
def _way(first, last, jerk):
    return (first + last) * np.sqrt(abs(last - first) / jerk)


@compiled
@no_type_check
def _ramp(first, last, jerk):
    return 2 * np.sqrt(abs(last - first) / jerk)


@compiled
@no_type_check
def _segment(length, first, last, speed, jerk):
    """Return seconds of a segment that is entered and left at two speeds."""
    if first > 0.0 and abs(first - last) <= ALIKE:
        seconds = length / first
        if seconds < BRIEF or (seconds < BRIEF_AND_FAST and first > speed / 2):
            return seconds
    ramps = _way(first, speed, jerk) + _way(speed, last, jerk)
    if length >= ramps:
        along = (length - ramps) / speed
        return _ramp(first, speed, jerk) + _ramp(speed, last, jerk) + along
    # One S-curve of whatever jerk it takes.
    single = 2 * length / (first + last) if first + last > 0.0 else np.inf
    if length < _way(first, last, jerk):
        return single
    low, high = max(first, last), speed
    for _ in range(HALVINGS):
        peak = (low + high) / 2
        if _way(first, peak, jerk) + _way(peak, last, jerk) < length:
            low = peak
        else:
            high = peak
    both = _ramp(first, high, jerk) + _ramp(high, last, jerk)
    is_short = both < SHORT_RAMPS and single < np.inf
    return single if is_short else min(both, single)
