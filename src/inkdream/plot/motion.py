"""How long a plot takes: metres, lifts and seconds by pen, from a model of the machine's motion.

A stroke is driven from rest to rest. At each vertex the speed is limited by the turn,
v^2 = acceleration * corner * s / (1 - s) with s = sin(angle between the segments / 2); no segment
gains or loses more speed than the acceleration allows; within a segment the machine speeds up and
slows down as much as there is room for. Source: the corner rule of GRBL (S. K. Jeon, "Improving
Grbl: Cornering Algorithm", 2011), which AxiDraw's software and saxi use too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.machines import Machine, Moves
from inkdream.plot.packed import Lines, pack, pack_strokes
from inkdream.plot.plot import TOLERANCE, Plot, Points

ORIGIN = (0.0, 0.0)
# A planner with time slices needs this many of them to speed up in, or it does not plan a ramp.
RAMP_SLICES = 3.0
SINGLE_SLICE = 0.5


@dataclass(frozen=True)
class Times:
    """What drawing some strokes takes.

    Attributes:
        strokes: how many; each is one lift.
        ink: mm drawn.
        travel: mm with the pen up.
        down: seconds of drawing.
        up: seconds of travel.
        lifting: seconds of lifting and dropping the pen.
    """

    strokes: int
    ink: float
    travel: float
    down: float
    up: float
    lifting: float

    @property
    def seconds(self) -> float:
        """All in all."""
        return self.down + self.up + self.lifting


@dataclass(frozen=True)
class LayerEstimate:
    """What one pen takes: its name and line width in mm, and the times."""

    pen: str
    width: float
    times: Times


@dataclass(frozen=True)
class Estimate:
    """What a plot takes on a machine; changing pens is not counted.

    Attributes:
        machine: its name.
        layers: in plotting order. The way home after the last stroke counts for the last of them.
    """

    machine: str
    layers: tuple[LayerEstimate, ...]

    @property
    def seconds(self) -> float:
        """From the first move to the last."""
        return sum(layer.times.seconds for layer in self.layers)

    @property
    def lifts(self) -> int:
        """How often the pen is lifted."""
        return sum(layer.times.strokes for layer in self.layers)

    def record(self) -> dict[str, Any]:
        """Return it as a table for JSON: machine, seconds, lifts, layers."""
        layers = [
            {
                "pen": layer.pen,
                "width_mm": round(layer.width, 4),
                "strokes": layer.times.strokes,
                "ink_metres": round(layer.times.ink / 1000, 4),
                "travel_metres": round(layer.times.travel / 1000, 4),
                "lifts": layer.times.strokes,
                "seconds": round(layer.times.seconds, 3),
            }
            for layer in self.layers
        ]
        return {
            "machine": self.machine,
            "seconds": round(self.seconds, 3),
            "lifts": self.lifts,
            "layers": layers,
        }


def estimate(plot: Plot, machine: Machine, tolerance: float = TOLERANCE) -> Estimate:
    """Return how long a machine takes to draw a plot, by pen.

    It begins at the page's top left corner, draws the strokes in their order, each pen beginning
    where the last one ended, and goes back if it is a machine that does.

    Args:
        plot: what is drawn.
        machine: what draws it.
        tolerance: in mm, for flattening curves.
    """
    position = ORIGIN
    layers: list[LayerEstimate] = []
    last = max((index for index, layer in enumerate(plot.layers) if layer.strokes), default=-1)
    for index, layer in enumerate(plot.layers):
        lines = pack_strokes(layer.strokes, tolerance)
        times = _times(lines, machine, position, ends=index == last)
        layers.append(LayerEstimate(layer.pen.name, layer.pen.width, times))
        if layer.strokes:
            position = (float(lines.points[-1, 0]), float(lines.points[-1, 1]))
    return Estimate(machine.name, tuple(layers))


def stroke_seconds(lines: Sequence[Points], machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing each polyline, its lift and drop included, no travel.

    It is what leaving the stroke out saves, but for the few mm of travel that change.

    Args:
        lines: (V, 2) each, in mm.
        machine: what draws them.
    """
    packed = pack(lines)
    down, _ = _draw(packed.points, packed.starts, _limits(machine.down, machine))
    return np.asarray(down + machine.lift + machine.drop)


def _times(lines: Lines, machine: Machine, start: tuple[float, float], ends: bool) -> Times:
    strokes = len(lines.starts) - 1
    if not strokes:
        return Times(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    down, ink = _draw(lines.points, lines.starts, _limits(machine.down, machine))
    heads = lines.points[lines.starts[:-1]]
    tails = lines.points[lines.starts[1:] - 1]
    stops = [np.array([start]), tails]
    goals = [heads, np.array([ORIGIN if ends and machine.returns else tails[-1]])]
    hops = np.hypot(*(np.concatenate(goals) - np.concatenate(stops)).T)
    up = _hop(hops, _limits(machine.up, machine), machine.slice)
    lifting = strokes * (machine.lift + machine.drop) + (machine.extra if ends else 0.0)
    sums = [float(amounts.sum()) for amounts in (ink, hops, down, up)]
    return Times(strokes, sums[0], sums[1], sums[2], sums[3], lifting)


def _limits(moves: Moves, machine: Machine) -> tuple[float, float, float, float]:
    return moves.speed, moves.acceleration, moves.corner, machine.shortest


def _hop(
    lengths: NDArray[np.float64], limits: tuple[float, float, float, float], slice_: float
) -> NDArray[np.float64]:
    """Return seconds of straight moves from rest to rest.

    A planner with time slices drives a move whose triangle would speed up for fewer than 3 of them
    as one ramp, down from half of the triangle's peak, which takes twice as long; and one that
    would speed up for less than half a slice at the peak speed throughout, in half the time.
    """
    speed, acceleration, _, shortest = limits
    ramp = np.sqrt(lengths / acceleration)
    ramp[lengths < shortest] = 0.0
    seconds = np.where(
        ramp * acceleration <= speed, 2 * ramp, lengths / speed + speed / acceleration
    )
    if slice_:
        short = ramp < RAMP_SLICES * slice_
        seconds[short] = 4 * ramp[short]
        tiny = ramp < SINGLE_SLICE * slice_
        seconds[tiny] = ramp[tiny]
    return np.asarray(seconds)


@compiled
@no_type_check
def _draw(points, starts, limits):
    """Return seconds (S,) and mm (S,) of lines, each from rest to rest."""
    strokes = len(starts) - 1
    seconds, ink = np.zeros(strokes), np.zeros(strokes)
    longest = 0
    for stroke in range(strokes):
        longest = max(longest, starts[stroke + 1] - starts[stroke])
    lengths, speeds = np.empty(longest), np.empty(longest + 1)
    for stroke in range(strokes):
        line = points[starts[stroke] : starts[stroke + 1]]
        segments = _corners(line, limits, lengths, speeds)
        seconds[stroke] = _drive(segments, limits, lengths, speeds)
        for index in range(segments):
            ink[stroke] += lengths[index]
    return seconds, ink


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
