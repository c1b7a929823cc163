"""A run's picture as strokes of pens, well ordered, within its time for plotting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from inkdream import colour
from inkdream.formats.svg import without_unseen
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.page import Page
from inkdream.pens import USUAL_WIDTH, Pen
from inkdream.pens.pen import LIKE_PAPER, unused
from inkdream.pictures import Inked
from inkdream.plot import Layer, Plot, Points, Stroke
from inkdream.plot.clip import points_at, reached
from inkdream.plot.finish import finished
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import Budget, estimate, stroke_seconds
from inkdream.plot.optimise import optimise
from inkdream.plot.preview import preview
from inkdream.plot.refill import refilled
from inkdream.progress import task
from inkdream.recipe import Recipe

# Of a picture in linear RGB; higher is better, and it has a gradient.
Score = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]

# How much further apart lines are set, in times of what the recipe says. Paler than a third, areas
# are no longer taken for areas.
WIDER = (1.0, 1.5, 2.25, 3.0)
# Lines are never further apart, in nibs.
WIDEST = 50.0
# A stroke is looked at every so many px of its length.
EVERY = 0.5
# Regions smaller than so many nibs cost a lift and show nothing.
SPECK = 4.0


@dataclass(frozen=True)
class Frame:
    """The place of a picture of H x W px on a page.

    Attributes:
        size: H and W.
        scale: mm per px.
        corner: its top left corner, in mm.
        below: what lies on the paper already, and is seen below every plot.
    """

    size: tuple[int, int]
    scale: float
    corner: tuple[float, float]
    below: tuple[Layer, ...] = ()

    def look(self, plot: Plot) -> Float[Tensor, "3 H W"]:
        """Return the picture of the plot."""
        height, width = self.size
        page = Page(width=width * self.scale, height=height * self.scale, margin=0.0)
        left, top = self.corner
        whole = replace(plot, layers=(*self.below, *plot.layers))
        return preview(replace(whole.moved((-left, -top)), page=page), height, width)

    @torch.no_grad()
    def score(self, plot: Plot, score: Score) -> float:
        """Return the score of the picture of the plot."""
        return float(score(self.look(plot)))

    def along(self, stroke: Stroke) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of px along a stroke, one every `EVERY` px."""
        points: Points = (stroke.polyline() - self.corner) / self.scale
        far = reached(points)
        x, y = points_at(points, far, np.linspace(0, far[-1], max(2, int(far[-1] / EVERY)))).T
        height, width = self.size
        rows, columns = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        return rows.astype(np.int64), columns.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Plotted:
    """What of a picture's hatch is on paper already.

    Attributes:
        lines: in mm on the page.
        covered: (H, W) the px that they fill.
    """

    lines: Plot
    covered: NDArray[np.bool_]

    def over(self, plot: Plot) -> Plot:
        """Return what the paper shows after a plot of the rest."""
        return replace(plot, layers=(*self.lines.layers, *plot.layers))


def picture_frame(recipe: Recipe) -> Frame:
    """Return the place of a run's picture on its page: for strokes, all of the page."""
    rows, columns = recipe.size
    if not recipe.has_areas:
        return Frame(recipe.page.pixels, 1 / recipe.page.scale, (0.0, 0.0))
    return Frame((rows, columns), *recipe.page.fit(columns, rows))


def hatch_picture(
    picture: Inked,
    recipe: Recipe,
    score: Score | None = None,
    plotted: Plotted | None = None,
) -> tuple[Plot, Budget | None]:
    """Return the strokes that fill a picture's inks, well ordered, within the time for it.

    With a budget, hatchings of wider and wider spacing are tried; of each, the strokes are left out
    that the score misses least for each second they take. The best one that fits is taken.

    Args:
        picture: one ink a pixel.
        recipe: pens, page, hatch, machine, budget.
        score: of a picture. Without, a stroke is worth what it changes of the paper.
        plotted: what is on paper already, and is not filled again.
    """
    pens, settings = pens_of(picture, recipe), recipe.plot
    plotter = machine(settings.machine)
    below: tuple[Layer, ...] = ()
    if plotted is not None:
        # Px that are filled are bare to the hatch.
        labels = np.where(plotted.covered, len(pens), picture.labels).astype(np.uint8)
        picture, pens, below = Inked(labels, picture.inks), (*pens, None), plotted.lines.layers

    @cache
    def hatched(wider: float) -> Plot:
        return _hatched(picture, pens, recipe, min(settings.spacing * wider, WIDEST))

    plot = hatched(1.0)
    if not settings.budget:
        return plot, None
    before = estimate(plot, plotter).seconds
    allowed = settings.budget - finish_seconds(plot, recipe)
    rows, columns = picture.labels.shape
    frame = Frame((rows, columns), *recipe.page.fit(columns, rows), below)
    kept = plot
    if before > allowed:
        with task("keeping the time for plotting"):
            plots = list(_hatchings(hatched, allowed, plotter))
            kept = _best_within(plots, allowed, plotter, frame, score)
    scores = [frame.score(each, score) for each in (plot, kept)] if score else [None, None]
    left_out = max(0, plot.strokes - kept.strokes)
    return kept, Budget(settings.budget, left_out, before, *scores)


def finish_seconds(plot: Plot, recipe: Recipe) -> float:
    """Return how long the frame and the words around a run's plot take, and marks of refills."""
    if not (recipe.finish or recipe.plot.refill):
        return 0.0
    plotter = machine(recipe.plot.machine)
    whole = refilled(finished(plot, recipe.finish, recipe.box), recipe.plot.refill).plot
    return estimate(whole, plotter).seconds - estimate(plot, plotter).seconds


def _best_within(
    plots: Sequence[Plot], budget: float, plotter: Machine, frame: Frame, score: Score | None
) -> Plot:
    """Return the best of a picture's hatchings, the closest first, cut to a budget in seconds."""
    whole = frame.look(plots[0])
    judge = score or (lambda picture: -((picture - whole) ** 2).mean())
    worths = (_worths(plot, frame, score) if score else _changes(plot) for plot in plots)
    kept = [
        _without_least(plot, worth, budget, plotter)
        for plot, worth in zip(plots, worths, strict=True)
    ]
    return max(kept, key=lambda plot: frame.score(plot, judge))


def _hatchings(hatched: Callable[[float], Plot], budget: float, plotter: Machine) -> Iterator[Plot]:
    """Yield hatchings of wider and wider spacing, until one is fast enough."""
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
    """Return each stroke's area in mm2 times its ink's contrast."""
    return np.array(
        [
            stroke.length() * layer.pen.width * (_contrast(plot, layer.pen.colour) ** 2).sum()
            for layer in plot.layers
            for stroke in layer.strokes
        ]
    )


def _contrast(plot: Plot, ink: str) -> NDArray[np.float64]:
    """Return the difference of an ink from the paper, in linear RGB (3,)."""
    ground, drawn = colour.linear_of([plot.paper, ink])
    return np.asarray(drawn - ground, np.float64)


def _without_least(plot: Plot, worth: NDArray[np.float64], budget: float, plotter: Machine) -> Plot:
    """Leave out the strokes worth least a second until the plot is fast enough."""
    strokes = [stroke for layer in plot.layers for stroke in layer.strokes]
    order = np.argsort(worth / stroke_seconds(strokes, plotter), kind="stable").tolist()
    tried: dict[int, Plot] = {}

    def fits(count: int) -> bool:
        tried[count] = _without(plot, {id(strokes[index]) for index in order[:count]}, plotter)
        return estimate(tried[count], plotter).seconds <= budget

    if fits(0):
        return plot
    # Without all of them it takes no time.
    few, enough = 0, len(order)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if fits(middle) else (middle, enough)
    return tried.get(enough) or _without(plot, set(map(id, strokes)), plotter)


def _without(plot: Plot, left_out: set[int], plotter: Machine) -> Plot:
    """Return the plot without some strokes, by identity, in a good order again."""
    layers = (
        replace(layer, strokes=tuple(each for each in layer.strokes if id(each) not in left_out))
        for layer in plot.layers
    )
    return _ordered(
        replace(plot, layers=tuple(layer for layer in layers if layer.strokes)), plotter
    )


def _hatched(picture: Inked, pens: Sequence[Pen | None], recipe: Recipe, spacing: float) -> Plot:
    settings = recipe.plot
    style = HatchSettings(fill=settings.hatch, spacing=spacing, speck=SPECK, edges="smooth")
    plot = without_unseen(hatch(picture.labels, pens, recipe.page, style, recipe.paper))
    return _ordered(plot, machine(settings.machine))


def _ordered(plot: Plot, plotter: Machine) -> Plot:
    return optimise(plot, home=plotter.home(plot.page.width, plot.page.height))


def pens_of(picture: Inked, recipe: Recipe) -> tuple[Pen | None, ...]:
    """Return each ink's pen, None for paper: the recipe's of that colour, or a new one."""
    box = recipe.choice if recipe.pick else recipe.pens
    names = {pen.name for pen in recipe.pens}
    return own_pens(picture.inks, recipe.paper, recipe.plot.nib, box, names)


def own_pens(
    inks: UInt8[np.ndarray, "K 3"],
    paper: str,
    width: float = USUAL_WIDTH,
    known: Sequence[Pen] = (),
    names: Iterable[str] = (),
) -> tuple[Pen | None, ...]:
    """Return a pen for each ink of a strict picture, None for one like the bare paper.

    New pens are opaque: an ink is what the picture shows, whatever is below.

    Args:
        inks: 8-bit sRGB.
        paper: '#rrggbb'.
        width: of the pens, in mm.
        known: pens that draw the inks of their colours; the first of equals does.
        names: that no other pen may have.
    """
    # Paper is never drawn.
    given = {pen.colour: pen for pen in reversed(known) if pen.colour != paper}
    ground = colour.linear_to_lab(colour.linear_of([paper]))
    far = colour.ciede2000(colour.linear_to_lab(colour.from_bytes(inks)), ground)
    used = set(names)
    pens: list[Pen | None] = []
    for ink, away in zip(inks.tolist(), far.tolist(), strict=True):
        word = colour.to_hex(ink)
        if word in given or away < LIKE_PAPER:
            pens.append(given.get(word))
            continue
        name = unused(colour.name_of(ink), used)
        used.add(name)
        pens.append(Pen(name=name, colour=word, width=width, opacity=1.0))
    return tuple(pens)
