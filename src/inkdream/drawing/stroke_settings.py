"""What a stroke drawing prefers; the recipe says it."""

from __future__ import annotations

from dataclasses import dataclass

from inkdream.harmony import Harmony


@dataclass(frozen=True)
class StrokeSettings:
    """What a stroke drawing prefers.

    Attributes:
        reach: blur of the strokes' edges in px at softness 1; falls with softness to a sharp edge.
        rate: learning rate of control points, in px.
        pen_rate: learning rate of the preferences for pens.
        ink_rate: learning rate of learned inks.
        ink: weight of the penalty on ink: the share of the score that a covered page would cost.
        bending: weight of the penalty on bends.
        short: weight of the penalty on strokes that are but dots.
        straying: weight of the penalty on points outside the margin.
        crowding: weight of the penalty on learned inks that look alike.
        harmony: what learned inks must keep to.
        grow: share of the strokes to begin with; the others come where ink is asked for.
        reseed: how often, in the soft part of a run, idle strokes start anew.
        length: of new strokes in mm.
        budget: seconds that plotting may take; 0 for no limit.
        mm_a_second: how fast the plotter draws.
        seconds_a_stroke: how long it takes besides for each: lift, travel, drop.
        symmetry: what the drawing is alike under: each stroke is drawn with its copies; see
            `symmetry.copies`.
    """

    reach: float
    rate: float
    pen_rate: float
    ink_rate: float
    ink: float
    bending: float
    short: float
    straying: float
    crowding: float
    harmony: Harmony | None
    grow: float
    reseed: int
    length: float
    budget: float = 0.0
    mm_a_second: float = 50.0
    seconds_a_stroke: float = 0.3
    symmetry: str = "none"
