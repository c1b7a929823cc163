"""How long a plot takes: metres, lifts and seconds by pen, by the rules of the machine's planner.

Strokes, and moves with the pen up, are driven from rest to rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdream.page import Page
from inkdream.plot.clip import Box, clip_stroke
from inkdream.plot.machines import Machine
from inkdream.plot.planners import planner_of
from inkdream.plot.plot import LayerCodes, Plot, Points, Stroke
from inkdream.plot.ragged import measure, pack, pack_strokes
from inkdream.plot.simplify import halved

# At the end of the route home some machines go this slowly, in mm/s of x + y: 3,000 steps/s.
SLOW = 37.5


@dataclass(frozen=True)
class Times:
    """What drawing some strokes takes.

    Attributes:
        strokes: how many; each is one lift.
        ink: mm drawn.
        travel: mm with the pen up.
        down: seconds of drawing.
        up: seconds of travel.
        lifting: seconds of lifting and dropping the pen, and of waiting.
    """

    strokes: int
    ink: float
    travel: float
    down: float
    up: float
    lifting: float

    @property
    def seconds(self) -> float:
        """The sum of all."""
        return self.down + self.up + self.lifting


@dataclass(frozen=True)
class LayerEstimate:
    """What a layer takes: its pen, line width in mm and times; a pause or refill before it."""

    pen: str
    width: float
    times: Times
    pauses: bool = False
    is_refill: bool = False


@dataclass(frozen=True)
class Estimate:
    """What a plot takes on a machine, without changing pens.

    Attributes:
        machine: its name.
        layers: in plotting order; the last one includes the way home.
    """

    machine: str
    layers: tuple[LayerEstimate, ...]

    @property
    def seconds(self) -> float:
        """From the first move to the last."""
        return sum(layer.times.seconds for layer in self.layers)

    @property
    def preview_seconds(self) -> float:
        """Seconds shown by AxiDraw's own preview, which ends at the first pause."""
        pauses = (index for index, layer in enumerate(self.layers) if layer.pauses)
        return sum(layer.times.seconds for layer in self.layers[: next(pauses, None)])

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
                "refill": layer.is_refill,
            }
            for layer in self.layers
        ]
        return {
            "machine": self.machine,
            "seconds": round(self.seconds, 3),
            "lifts": self.lifts,
            "layers": layers,
        }


def estimate(plot: Plot, machine: Machine) -> Estimate:
    """Return how long a machine takes to draw a plot, by pen.

    It begins at the page's top left corner (top right if it turns upright pages), draws the strokes
    in their order, each pen beginning where the last one ended, and goes home if the machine does.
    An AxiDraw or NextDraw draws nothing beyond the page or its reach, and follows the layers'
    codes.
    """
    home = np.array(machine.home(plot.page.width, plot.page.height))
    reach = _reach(plot.page, machine)
    drawn = [_cut(layer.strokes, reach)[0] for layer in plot.layers]
    last = max((index for index, strokes in enumerate(drawn) if strokes), default=-1)
    position = home
    layers = []
    for index, (layer, strokes) in enumerate(zip(plot.layers, drawn, strict=True)):
        times = Times(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        if strokes:
            route = _Route(position, home if index == last else None)
            times = _times(strokes, _tuned(machine, layer.codes), route)
            position = strokes[-1].points[-1]
            if machine.settings:
                wait = (layer.codes.delay or 0) / 1000
                times = replace(times, lifting=times.lifting + wait)
        pauses = machine.settings is not None and layer.codes.pauses
        pen = layer.pen
        layers.append(LayerEstimate(pen.name, pen.width, times, pauses, layer.is_refill))
    return Estimate(machine.name, tuple(layers))


def drawn_at(plot: Plot, machine: Machine) -> tuple[NDArray[np.float64], ...]:
    """Return for each layer when its strokes are on paper (S,), in seconds from the first move.

    A stroke is on paper when the pen has been lifted from it. Changing pens takes no time here, as
    in `estimate`; what the machine does not reach is there as soon as what is before it.
    """
    position = np.array(machine.home(plot.page.width, plot.page.height))
    reach = _reach(plot.page, machine)
    clock, finished = 0.0, []
    for layer in plot.layers:
        done = np.full(len(layer.strokes), clock)
        pieces, owners = _cut(layer.strokes, reach)
        if pieces:
            tuned = _tuned(machine, layer.codes)
            heads = np.array([piece.points[0] for piece in pieces])
            tails = np.array([piece.points[-1] for piece in pieces])
            moves = planner_of(tuned).move(np.concatenate([[position], tails[:-1]]), heads, tuned)
            wait = (layer.codes.delay or 0) / 1000 if machine.settings else 0.0
            spent = moves + _draw(pieces, tuned) + tuned.lift + tuned.drop
            np.maximum.at(done, owners, clock + wait + np.cumsum(spent))
            done = np.maximum.accumulate(done)
            clock, position = float(done[-1]), tails[-1]
        finished.append(done)
    return tuple(finished)


def stroke_seconds(strokes: Sequence[Stroke], machine: Machine) -> NDArray[np.float64]:
    """Return seconds (S,) of drawing each stroke, its lift and drop included, without travel."""
    if not strokes:
        return np.zeros(0)
    return _draw(strokes, machine) + machine.lift + machine.drop


@dataclass(frozen=True, eq=False)
class _Route:
    """Where the pen is before a layer, and where it goes after it; None if it stays."""

    start: Points
    home: Points | None


def _draw(strokes: Sequence[Stroke], machine: Machine) -> NDArray[np.float64]:
    planner = planner_of(machine)
    lines = halved(strokes, planner.flat) if planner.flat else pack_strokes(strokes)
    return planner.draw(lines, machine)


def _tuned(machine: Machine, codes: LayerCodes) -> Machine:
    """Return the machine as a layer's codes set it; only AxiDraw and NextDraw read them."""
    if machine.settings is None or (codes.speed is None and codes.height is None):
        return machine
    changes = {"speed_pendown": codes.speed, "pen_pos_down": codes.height}
    return machine.tuned(**{key: value for key, value in changes.items() if value is not None})


def _reach(page: Page, machine: Machine) -> Box | None:
    """Return left, top, right and bottom of the reach; None if nothing is cut."""
    if not machine.turns:
        return None
    long, short = machine.travel
    if page.height > page.width:
        return max(page.width - short, 0.0), 0.0, page.width, min(page.height, long)
    return 0.0, 0.0, min(page.width, long), min(page.height, short)


def _cut(
    strokes: Sequence[Stroke], box: Box | None
) -> tuple[tuple[Stroke, ...], NDArray[np.int64]]:
    """Return the pieces of strokes inside a box, if there is one, and of which stroke each is."""
    every = np.arange(len(strokes))
    if box is None or not strokes:
        return tuple(strokes), every
    lines = pack([stroke.points for stroke in strokes])
    low, high = np.array(box[:2]), np.array(box[2:])
    inside = ((lines.points >= low) & (lines.points <= high)).all(axis=1)
    whole = np.logical_and.reduceat(inside, lines.starts[:-1])
    if whole.all():
        return tuple(strokes), every
    pairs = zip(strokes, whole.tolist(), strict=True)
    pieces = [
        (stroke,) if is_whole else tuple(clip_stroke(stroke, box)) for stroke, is_whole in pairs
    ]
    owners = np.repeat(every, [len(few) for few in pieces])
    return tuple(piece for few in pieces for piece in few), owners


def _times(strokes: Sequence[Stroke], machine: Machine, route: _Route) -> Times:
    """Return what a layer of at least one stroke takes."""
    heads = np.array([stroke.points[0] for stroke in strokes])
    tails = np.array([stroke.points[-1] for stroke in strokes])
    goal, slowly = tails[-1], np.zeros(2)
    if route.home is not None and machine.returns:
        slowly = np.clip(goal - route.home, -machine.slow_end, machine.slow_end)
        goal = route.home + slowly
    stops, goals = np.concatenate([[route.start], tails]), np.concatenate([heads, [goal]])
    moves = planner_of(machine).move(stops, goals, machine)
    extra = machine.extra if route.home is not None else 0.0
    return Times(
        strokes=len(strokes),
        ink=float(measure(pack_strokes(strokes))[:, 2].sum()),
        travel=float(np.hypot(*(goals - stops).T).sum() + np.hypot(*slowly)),
        down=float(_draw(strokes, machine).sum()),
        up=float(moves.sum() + np.abs(slowly).sum() / SLOW),
        lifting=len(strokes) * (machine.lift + machine.drop) + extra,
    )


@dataclass(frozen=True)
class Budget:
    """What a time budget cost.

    Attributes:
        budget_seconds: that plotting may take.
        strokes_left_out: to keep it.
        seconds_before_budget: the estimate with them.
        score_before_budget: with them; None if it was not measured.
        score_within_budget: of a hatched picture's plot, without them; None for strokes, where it
            is the file's own score.
    """

    budget_seconds: float
    strokes_left_out: int
    seconds_before_budget: float
    score_before_budget: float | None
    score_within_budget: float | None = None
