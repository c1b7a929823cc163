"""A pixel drawing as strokes: which pen hatches which ink, and how fast that must be plotted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inkdream import colour
from inkdream.colour import linear_of, linear_to_lab
from inkdream.pens import Pen
from inkdream.pictures import Inked
from inkdream.plot import Plot
from inkdream.plot.hatch import HatchSettings, hatch
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import estimate, stroke_seconds
from inkdream.plot.seen import without_unseen
from inkdream.plot.toolpath import optimise
from inkdream.recipe import Recipe
from inkdream.run.budget import Budget

# An ink this near to the paper (CIEDE2000) is the paper, left bare; two white sheets differ more.
LIKE_PAPER = 8.0
# Regions smaller than so many nibs cost a lift and show nothing.
SPECK = 4.0
# Lines are set apart by this factor until a plot is fast enough, but no further than so many nibs.
WIDER, WIDEST = 1.2, 8.0


def hatch_picture(picture: Inked, recipe: Recipe) -> tuple[Plot, Budget | None]:
    """Return the strokes that fill a picture's inks, in a good order, within the time for it.

    With a budget, lines are set further apart until the estimate is within it: the picture gets
    paler, its shapes stay. If that is not enough, the shortest strokes are left out.

    Args:
        picture: strict.
        recipe: the run's: pens, page, hatch, machine, budget.
    """
    pens = pens_of(picture, recipe)
    plotter, spacing = machine(recipe.plot.machine), recipe.plot.spacing
    plot = _hatched(picture, pens, recipe, spacing)
    before = seconds = estimate(plot, plotter).seconds
    lines = plot.strokes
    if not recipe.plot.budget:
        return plot, None
    while seconds > recipe.plot.budget and spacing * WIDER <= WIDEST:
        spacing *= WIDER
        plot = _hatched(picture, pens, recipe, spacing)
        seconds = estimate(plot, plotter).seconds
    while seconds > recipe.plot.budget and plot.strokes:
        plot = optimise(_without_shortest(plot, plotter, seconds - recipe.plot.budget))
        seconds = estimate(plot, plotter).seconds
    left_out = max(0, lines - plot.strokes)
    return plot, Budget(recipe.plot.budget, left_out, before, None)


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
    for number, rgb in enumerate(picture.inks.tolist(), 1):
        word = colour.to_hex(rgb)
        away = float(colour.ciede2000(linear_to_lab(linear_of([word]))[0], paper))
        if word in given:
            pens.append(given[word])
        elif away < LIKE_PAPER:
            pens.append(None)
        else:
            name = f"{colour.name_of(rgb)} {number}"
            pens.append(Pen(name=name, colour=word, width=recipe.plot.nib, opacity=1.0))
    return pens


def _hatched(picture: Inked, pens: list[Pen | None], recipe: Recipe, spacing: float) -> Plot:
    style = HatchSettings(fill=recipe.plot.hatch, spacing=spacing, speck=SPECK, edges="smooth")
    return optimise(without_unseen(hatch(picture.labels, pens, recipe.page, style, recipe.paper)))


def _without_shortest(plot: Plot, plotter: Machine, excess: float) -> Plot:
    """Return the plot without its shortest strokes, which take about `excess` seconds together."""
    strokes = [stroke for layer in plot.layers for stroke in layer.strokes]
    lengths = np.array([stroke.length() for stroke in strokes])
    seconds = stroke_seconds([stroke.polyline() for stroke in strokes], plotter)
    order = np.argsort(lengths, kind="stable")
    enough = int(np.searchsorted(np.cumsum(seconds[order]), excess)) + 1
    dropped = {id(strokes[index]) for index in order[:enough]}
    layers = [
        replace(layer, strokes=tuple(each for each in layer.strokes if id(each) not in dropped))
        for layer in plot.layers
    ]
    return replace(plot, layers=tuple(layer for layer in layers if layer.strokes))
