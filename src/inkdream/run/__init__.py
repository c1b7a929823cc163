"""Runs: a recipe, its folder, and what comes out."""

from inkdream.run.certificate import Certificate
from inkdream.run.draw import draw, draw_all
from inkdream.run.events import Done, Event, Saved, Sheet, Stage, Started, Step
from inkdream.run.run import Run
from inkdream.run.variations import begin

__all__ = [
    "Certificate",
    "Done",
    "Event",
    "Run",
    "Saved",
    "Sheet",
    "Stage",
    "Started",
    "Step",
    "begin",
    "draw",
    "draw_all",
]
