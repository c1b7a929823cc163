"""A pixel drawing as strokes: which pen hatches which ink, and how fast that must be plotted."""

from __future__ import annotations

from functools import cache

import torch

from inkdream import colour
from inkdream.colour import linear_of, linear_to_lab
from inkdream.pens import Pen
from inkdream.pictures import Inked
from inkdream.plot import Plot
from inkdream.plot.hatch import HatchSettings, hatch
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.quantise import LIKE_PAPER, unused
from inkdream.plot.seen import without_unseen
from inkdream.plot.toolpath import optimise
from inkdream.recipe import Recipe
from inkdream.run.budget import Budget
from inkdream.run.hatch_budget import Frame, Score, fastest_enough
from inkdream.telling import telling

# Regions smaller than so many nibs cost a lift and show nothing.
SPECK = 4.0
# Lines are never further apart, in nibs.
WIDEST = 50.0


def hatch_picture(
    picture: Inked, recipe: Recipe, score: Score | None = None
) -> tuple[Plot, Budget | None]:
    """Return the strokes that fill a picture's inks, in a good order, within the time for it.

    With a budget, lines are set further apart, and strokes left out that earn least for the time
    they take; see `fastest_enough`.

    Args:
        picture: strict.
        recipe: the run's: pens, page, hatch, machine, budget.
        score: of a picture, if it is known: what the budget may cost least of.
    """
    pens, said = pens_of(picture, recipe), recipe.plot
    plotter = machine(said.machine)

    @cache
    def hatched(wider: float) -> Plot:
        return _hatched(picture, pens, recipe, min(said.spacing * wider, WIDEST))

    plot = hatched(1.0)
    before = estimate(plot, plotter).seconds
    if not said.budget:
        return plot, None
    rows, columns = picture.labels.shape
    frame = Frame.of((rows, columns), recipe.page)
    kept = plot
    if before > said.budget:
        with telling("keeping the time for plotting"):
            kept = fastest_enough(hatched, said.budget, plotter, frame, score)
    left_out = max(0, plot.strokes - kept.strokes)
    scores = _scores((plot, kept), frame, score) if score else (None, None)
    return kept, Budget(said.budget, left_out, before, *scores)


@torch.no_grad()
def _scores(plots: tuple[Plot, Plot], frame: Frame, score: Score) -> tuple[float, float]:
    """Return what is scored by two plots as they will look."""
    whole, kept = (float(score(frame.look(plot))) for plot in plots)
    return whole, kept


def pens_of(picture: Inked, recipe: Recipe) -> list[Pen | None]:
    """Return each ink's pen; None for one that is the paper.

    It is the recipe's pen of that colour, or else one named after its colour that draws as wide as
    `plot.nib` says.
    """
    paper = linear_to_lab(linear_of([recipe.paper]))[0]
    pens: list[Pen | None] = []
    # The first of two pens of one colour; and paper is never drawn.
    box = recipe.choice if recipe.pick else recipe.pens
    given = {pen.colour: pen for pen in reversed(box) if pen.colour != recipe.paper}
    names = {pen.name for pen in recipe.pens}
    for rgb in picture.inks.tolist():
        word = colour.to_hex(rgb)
        away = float(colour.ciede2000(linear_to_lab(linear_of([word]))[0], paper))
        if word in given:
            pens.append(given[word])
        elif away < LIKE_PAPER:
            pens.append(None)
        else:
            name = unused(colour.name_of(rgb), names)
            names.add(name)
            pens.append(Pen(name=name, colour=word, width=recipe.plot.nib, opacity=1.0))
    return pens


def _hatched(picture: Inked, pens: list[Pen | None], recipe: Recipe, spacing: float) -> Plot:
    style = HatchSettings(fill=recipe.plot.hatch, spacing=spacing, speck=SPECK, edges="smooth")
    plot = without_unseen(hatch(picture.labels, pens, recipe.page, style, recipe.paper))
    home = machine(recipe.plot.machine).home(plot.page.width, plot.page.height)
    return optimise(plot, home=home)
