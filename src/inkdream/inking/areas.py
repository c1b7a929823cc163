"""A time budget for hatched pictures: lines further apart, and those left out that earn least."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from inkdream import colour
from inkdream.colour import linear_of, linear_to_lab
from inkdream.formats.svg import without_unseen
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.pictures import Inked
from inkdream.plot import Plot, Points, Stroke
from inkdream.plot.clip import points_at, reached
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import Budget, estimate, stroke_seconds
from inkdream.plot.optimise import optimise
from inkdream.plot.preview import preview
from inkdream.plot.quantise import LIKE_PAPER, unused
from inkdream.recipe import Recipe
from inkdream.telling import telling

# Of a picture in linear RGB; higher is better, and it has a gradient.
Score = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]

# How much further apart lines are set, in times of what the recipe says. Paler than a third, areas
# are no longer taken for areas.
WIDER = (1.0, 1.5, 2.25, 3.0)
# A stroke is looked at every so many px of its length.
EVERY = 0.5


@dataclass(frozen=True)
class Frame:
    """Where a picture of H x W px lies on a page.

    Attributes:
        size: H and W.
        scale: mm per px.
        corner: its top left corner, in mm.
    """

    size: tuple[int, int]
    scale: float
    corner: tuple[float, float]

    @classmethod
    def of(cls, size: tuple[int, int], page: Page) -> Frame:
        """Return where a picture lies that fills the page's margins, in their middle."""
        height, width = size
        return cls(size, *page.fit(width, height))

    def look(self, plot: Plot) -> Float[Tensor, "3 H W"]:
        """Return the picture as the plot shows it."""
        height, width = self.size
        page = Page(width=width * self.scale, height=height * self.scale, margin=0.0)
        left, top = self.corner
        return preview(replace(plot.moved((-left, -top)), page=page), height, width)

    def along(self, stroke: Stroke) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of px along a stroke, one every `EVERY` px."""
        points: Points = (stroke.polyline() - self.corner) / self.scale
        far = reached(points)
        x, y = points_at(points, far, np.linspace(0, far[-1], max(2, int(far[-1] / EVERY)))).T
        height, width = self.size
        rows, columns = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        return rows.astype(np.int64), columns.astype(np.int64)


def fastest_enough(
    hatched: Callable[[float], Plot],
    budget: float,
    plotter: Machine,
    frame: Frame,
    score: Score | None,
) -> Plot:
    """Return the best of a picture's hatchings that keep a time budget.

    Lines are set further apart, and of each such hatching the strokes are left out that the score
    misses least for each second they take. Of what fits then, that with the best score is taken.

    Args:
        hatched: makes strokes in a good order, from how many times further apart its lines are.
        budget: seconds.
        plotter: whose.
        frame: where the picture lies.
        score: of a picture; None if there is none, and the picture itself is to be kept: a stroke
            is then worth what it changes of the paper.
    """
    whole = frame.look(hatched(1.0))
    judge = score or (lambda picture: -((picture - whole) ** 2).mean())
    best, most = None, -np.inf
    for plot in _hatchings(hatched, budget, plotter):
        worth = _worths(plot, frame, score) if score else _changes(plot)
        kept = _without_least(plot, worth, budget, plotter)
        with torch.no_grad():
            value = float(judge(frame.look(kept)))
        if best is None or value > most:
            best, most = kept, value
    assert best is not None
    return best


def _hatchings(hatched: Callable[[float], Plot], budget: float, plotter: Machine) -> Iterator[Plot]:
    """Yield hatchings, each with its lines further apart, until one is fast enough."""
    for times in WIDER:
        plot = hatched(times)
        yield plot
        if estimate(plot, plotter).seconds <= budget:
            return


def _worths(plot: Plot, frame: Frame, score: Score) -> NDArray[np.float64]:
    """Return by how much the score falls, to first order, without each stroke."""
    picture = frame.look(plot).requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(score(picture), picture)
    worths = []
    for layer in plot.layers:
        ink = torch.from_numpy(_contrast(plot, layer.pen.colour)).to(slope)
        # By how much a mm of this pen's line raises it, at each px.
        rise = torch.tensordot(ink, slope, 1).numpy() * layer.pen.width / frame.scale**2
        worths += [rise[frame.along(stroke)].mean() * stroke.length() for stroke in layer.strokes]
    return np.array(worths, np.float64)


def _changes(plot: Plot) -> NDArray[np.float64]:
    """Return how much of the paper each stroke changes, in mm2 times how unlike its ink is."""
    return np.array(
        [
            stroke.length() * layer.pen.width * (_contrast(plot, layer.pen.colour) ** 2).sum()
            for layer in plot.layers
            for stroke in layer.strokes
        ]
    )


def _contrast(plot: Plot, ink: str) -> NDArray[np.float64]:
    """Return by how much an ink differs from the paper, in linear RGB (3,)."""
    ground, drawn = colour.linear_of([plot.paper, ink])
    return np.asarray(drawn - ground, np.float64)


def _without_least(plot: Plot, worth: NDArray[np.float64], budget: float, plotter: Machine) -> Plot:
    """Leave strokes out, those worth least a second first, until the plot is fast enough."""
    strokes = [stroke for layer in plot.layers for stroke in layer.strokes]
    takes = stroke_seconds(strokes, plotter)
    order = np.argsort(worth / takes, kind="stable").tolist()
    tried: dict[int, Plot] = {}
    home = plotter.home(plot.page.width, plot.page.height)

    def without(indices: Sequence[int]) -> Plot:
        return _without(plot, {id(strokes[index]) for index in indices}, home)

    def fits(count: int) -> bool:
        tried[count] = without(order[:count])
        return estimate(tried[count], plotter).seconds <= budget

    if fits(0):
        return plot
    # Without all of them it takes no time.
    few, enough = 0, len(order)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if fits(middle) else (middle, enough)
    return tried.get(enough) or without(order)


def _without(plot: Plot, left_out: set[int], home: tuple[float, float]) -> Plot:
    """Return the plot without some strokes, by their identity, in a good order again."""
    layers = (
        replace(layer, strokes=tuple(each for each in layer.strokes if id(each) not in left_out))
        for layer in plot.layers
    )
    kept = replace(plot, layers=tuple(layer for layer in layers if layer.strokes))
    return optimise(kept, home=home)


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
