"""Budgets of plotting time and ink: the strokes that add least to the score are left out."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import StrokeDrawing
from inkdream.formats.svg import without_unseen
from inkdream.inking.from_run import finish_seconds
from inkdream.optimize.scores import total_score
from inkdream.optimize.session import Session
from inkdream.plot import Plot, Stroke
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import Budget, estimate, stroke_seconds
from inkdream.plot.optimise import optimise
from inkdream.progress import task

# At most this share of the strokes is left out before worths are measured again: without a stroke,
# its neighbours are worth more.
AT_ONCE = 0.05
# A curve is longer than the polyline by which its ink is counted, by at most this share.
SHORTER = 1e-3


def keep_budget(session: Session, drawing: StrokeDrawing) -> tuple[Plot, Budget | None]:
    """Return the drawing's plot, ordered, within the recipe's budget of plotting time.

    Strokes are left out of the drawing until the estimate is within the budget: first those that
    cost the least score per second saved.
    """
    settings = session.recipe.plot
    plotter = machine(settings.machine)
    _keep_ink_budget(session, drawing)
    plot = _ordered(drawing, plotter)
    before = estimate(plot, plotter).seconds
    if not settings.budget:
        return plot, None
    score, drawn = _score(session, drawing), int(drawing.is_drawn().sum())
    allowed = settings.budget - finish_seconds(plot, session.recipe)
    seconds = before
    with task("keeping the time for plotting") as done:
        while seconds > allowed and bool(drawing.is_drawn().any()):
            _leave_out(session, drawing, plotter, seconds - allowed)
            plot = _ordered(drawing, plotter)
            seconds = estimate(plot, plotter).seconds
            done(min(1.0, (before - seconds) / (before - allowed)))
    left_out = drawn - int(drawing.is_drawn().sum())
    return plot, Budget(settings.budget, left_out, before, score)


def _keep_ink_budget(session: Session, drawing: StrokeDrawing) -> None:
    """Leave out the least worthy strokes of pens that cover more of the page than they may."""
    if drawing.limits is None:
        return
    area = drawing.page.width * drawing.page.height / len(drawing.curves.matrices)
    members = F.pad(drawing.limits.members(drawing.palette), (0, 1))
    for of_group, most in zip(members, drawing.limits.most.tolist(), strict=True):
        while True:
            inked = drawing.ink_areas() * of_group[drawing.chosen()]
            excess = float(inked.sum()) - most * area * (1 - SHORTER)
            if excess <= 0:
                break
            strokes = inked.nonzero()[:, 0]
            worth = drawing.worths(lambda picture: _total(session, picture))[strokes]
            order = torch.argsort(worth / inked[strokes], stable=True)
            enough = int(torch.searchsorted(inked[strokes][order].cumsum(0), excess)) + 1
            drawing.leave_out(strokes[order[: min(enough, _at_once(len(order)))]])


def _ordered(drawing: StrokeDrawing, plotter: Machine) -> Plot:
    home = plotter.home(drawing.page.width, drawing.page.height)
    return without_unseen(drawing.plot(lambda plot: optimise(without_unseen(plot), home=home)))


def _at_once(count: int) -> int:
    return max(1, int(count * AT_ONCE))


def _leave_out(session: Session, drawing: StrokeDrawing, plotter: Machine, excess: float) -> None:
    """Leave out strokes that save about `excess` seconds, but at most `AT_ONCE` of them."""
    strokes = drawing.is_drawn().nonzero()[:, 0]
    worth = drawing.worths(lambda picture: _total(session, picture))[strokes].numpy()
    points = drawing.curves.bezier.detach()[strokes].double().numpy()
    saved = stroke_seconds([Stroke(each, curved=True) for each in points], plotter)
    saved = saved * len(drawing.curves.matrices)
    order = np.argsort(worth / saved, kind="stable")
    most = _at_once(len(order))
    enough = int(np.searchsorted(np.cumsum(saved[order]), excess)) + 1
    drawing.leave_out(strokes[torch.from_numpy(order[: min(most, enough)].copy())])


@torch.no_grad()
def _score(session: Session, drawing: StrokeDrawing) -> float:
    return float(_total(session, drawing.image(0.0)))


def _total(session: Session, picture: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
    """Return the objective's total score of a whole picture, with its gradient."""
    return total_score(session.networks, session.objective, picture)
