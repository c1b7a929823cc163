"""What strokes cost, whoever draws them: ink, jerks, dots, lines on lines, ink outside, time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing.curves import LEAST_WIDTHS, Curves, Shape
from inkdream.drawing.kept import KeptInk
from inkdream.drawing.relations import relations
from inkdream.plot.machines import machine
from inkdream.recipe import Recipe
from inkdream.recipe.tables import StrokesRecipe

# From one stroke to the next, in mm, once their order is good.
TRAVEL = 5.0
# Curves are drawn at about this share of a plotter's speed.
CORNERING = 0.85


@dataclass(frozen=True)
class PlotTime:
    """How long a plotter takes for strokes, about, and how long it may take.

    Attributes:
        budget: seconds that plotting may take; 0 for no limit.
        speed: mm a second while it draws.
        pause: seconds for each stroke besides: lift, travel, drop.
    """

    budget: float
    speed: float
    pause: float

    @classmethod
    def of(cls, recipe: Recipe) -> PlotTime:
        """Return the time that a recipe's machine takes, and may take."""
        plotter = machine(recipe.plot.machine)
        pause = plotter.lift + plotter.drop + TRAVEL / plotter.up.speed
        return cls(recipe.plot.budget, CORNERING * plotter.down.speed, pause)


def weigh(
    settings: StrokesRecipe,
    time: PlotTime,
    curves: Curves,
    shape: Shape,
    shares: Float[Tensor, "P S"],
    widths: Float[Tensor, " S"],
    kept: KeptInk | None = None,
) -> dict[str, Tensor]:
    """Return `ink`, `jerk`, `short`, `straying`, `overlap`, `disorder`, and with a budget `budget`.

    All of them are weighted; without overlap and disorder they are not looked for.

    Args:
        settings: the weights.
        time: that plotting takes and may take.
        curves: the strokes.
        shape: how they lie.
        shares: how much of each is drawn with each pen, in [0, 1].
        widths: of their lines in mm.
        kept: what lies beside them.
    """
    left, top, right, bottom = curves.page.inside
    area, times = (right - left) * (bottom - top), len(curves.matrices)
    drawn = shares.sum(0)
    count = drawn.sum().clamp(min=1.0)
    dot = (1 - shape.lengths / (LEAST_WIDTHS * widths)).clamp(min=0).square()
    costs = {
        "ink": settings.ink * times * (drawn * shape.lengths * widths).sum() / area,
        "jerk": settings.jerk * (drawn * curves.jerk()).sum() / count,
        "short": settings.short * (drawn * dot).sum() / count,
        "straying": settings.straying * curves.straying().mean(),
    }
    if settings.overlap or settings.disorder:
        # While pens mix, a stroke is its most likely pen's.
        most, pens = shares.max(0)
        lines = shape.lines
        if kept is not None:
            lines, pens = torch.cat([lines, kept.lines]), torch.cat([pens, kept.alike])
            most = torch.cat([most, torch.ones_like(kept.widths)])
            widths = torch.cat([widths, kept.widths])
        found = relations(lines, pens, most, widths, curves.page)
        costs["overlap"] = settings.overlap * found.overlap
        costs["disorder"] = settings.disorder * found.disorder
    if time.budget:
        seconds = shape.lengths / time.speed + time.pause
        # As shares of the budget: twice the time allowed costs the whole score.
        spent = times * (drawn * seconds).sum()
        costs["budget"] = (spent / time.budget - 1).clamp(min=0)
    return costs
