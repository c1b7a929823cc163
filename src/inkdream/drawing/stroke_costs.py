"""What strokes cost, whoever draws them: ink, bends, dots, points outside the margin, time."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from inkdream.drawing.curves import LEAST_WIDTHS, Curves, Shape
from inkdream.drawing.stroke_settings import StrokeSettings


def weigh(
    settings: StrokeSettings,
    curves: Curves,
    shape: Shape,
    drawn: Float[Tensor, " S"],
    widths: Float[Tensor, " S"],
) -> dict[str, Tensor]:
    """Return `ink`, `bending`, `short`, `straying` and, with a budget, `budget`, all weighted.

    Args:
        settings: the weights; see `StrokeSettings`.
        curves: the strokes.
        shape: how they lie.
        drawn: how much of each is drawn, in [0, 1].
        widths: of their lines in mm.
    """
    left, top, right, bottom = curves.page.inside
    area, times = (right - left) * (bottom - top), len(curves.matrices)
    count = drawn.sum().clamp(min=1.0)
    dot = (1 - shape.lengths / (LEAST_WIDTHS * widths)).clamp(min=0).square()
    costs = {
        "ink": settings.ink * times * (drawn * shape.lengths * widths).sum() / area,
        "bending": settings.bending * (drawn * curves.bending()).sum() / count,
        "short": settings.short * (drawn * dot).sum() / count,
        "straying": settings.straying * curves.straying().mean(),
    }
    if settings.budget:
        seconds = shape.lengths / settings.mm_a_second + settings.seconds_a_stroke
        # As shares of the budget: twice the time allowed costs the whole score.
        spent = times * (drawn * seconds).sum()
        costs["budget"] = (spent / settings.budget - 1).clamp(min=0)
    return costs
