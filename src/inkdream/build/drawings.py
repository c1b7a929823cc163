"""Drawings by the words that a recipe has for them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.chosen import ChosenPalette, in_turn
from inkdream.drawing import (
    Drawing,
    FreeDrawing,
    FreeStrokes,
    PixelDrawing,
    PixelSettings,
    StrokeDrawing,
    StrokeSettings,
    along,
    at_random,
    on_grid,
)
from inkdream.palette import Palette
from inkdream.pens import PenSet
from inkdream.plot.machines import machine
from inkdream.recipe import Recipe

# From one stroke to the next, in mm, once their order is good.
TRAVEL = 5.0
# Curves are drawn at about this share of a plotter's speed.
CORNERING = 0.85
# The free picture climbs best with this decay; with the inks' own it would flatter them.
COMPARISON_DECAY = 1.0

# Stages that draw with other numbers of pens, and by how many they differ from the drawing.
BESIDE = {"fewer": -1, "more": 1}


def drawing(
    recipe: Recipe,
    stage: str,
    generator: torch.Generator,
    study: Float[Tensor, "3 H W"] | None,
) -> Drawing:
    """Return the drawing that a stage begins with.

    Args:
        recipe: the run's.
        stage: the name of one of `stages(recipe)`.
        generator: the stage's source of chance.
        study: the picture of the study, for the inks to begin from.
    """
    if is_in_inks(stage):
        if stage in BESIDE:
            recipe = recipe.picking(recipe.pick + BESIDE[stage])
        make = _strokes if recipe.medium == "strokes" else _pixels
        return make(recipe, generator, study)
    if recipe.medium == "strokes" and stage == "comparison":
        return _free_strokes(recipe, generator)
    decay = COMPARISON_DECAY if stage == "comparison" else recipe.pixels.decay
    return _free(recipe, decay, generator)


def is_in_inks(stage: str) -> bool:
    """Return whether a stage draws in inks, which begin from the study; others use any colour."""
    return stage == "inks" or stage in BESIDE


def _free(recipe: Recipe, decay: float, generator: torch.Generator) -> FreeDrawing:
    height, width = recipe.size
    rate = recipe.climb.study_rate
    return FreeDrawing(height, width, decay=decay, rate=rate, generator=generator)


def _pixels(
    recipe: Recipe, generator: torch.Generator, study: Float[Tensor, "3 H W"] | None
) -> PixelDrawing:
    settings = PixelSettings(
        decay=recipe.pixels.decay,
        finest=recipe.pixels.finest,
        rate=recipe.climb.rate,
        ink_rate=recipe.climb.pick_rate if recipe.pick else recipe.climb.ink_rate,
        tidiness=recipe.pixels.tidiness,
        crowding=recipe.pixels.crowding,
        tidy_from=recipe.pixels.tidy_from,
    )
    palette = (
        ChosenPalette(recipe.choice, recipe.pick, recipe.paper, areas=True)
        if recipe.pick
        else Palette(recipe.inks, generator)
    )
    made = PixelDrawing(palette, recipe.size, settings)
    if study is None:
        made.scatter(generator)
    else:
        made.begin_from(study, generator)
    return made


def _strokes(
    recipe: Recipe, generator: torch.Generator, study: Float[Tensor, "3 H W"] | None
) -> StrokeDrawing:
    said, plotter = recipe.strokes, machine(recipe.plot.machine)
    settings = StrokeSettings(
        reach=said.reach,
        rate=said.rate,
        pen_rate=said.pen_rate,
        ink_rate=recipe.climb.pick_rate if recipe.pick else recipe.climb.ink_rate,
        ink=said.ink,
        bending=said.bending,
        short=said.short,
        straying=said.straying,
        crowding=said.crowding,
        grow=said.grow,
        reseed=said.reseed,
        length=said.length,
        budget=recipe.plot.budget,
        mm_a_second=CORNERING * plotter.down.speed,
        seconds_a_stroke=plotter.lift + plotter.drop + TRAVEL / plotter.up.speed,
    )
    points = _start(recipe, generator, study)
    # There may be more pens to pick from than a set to draw with can have.
    pens = (
        PenSet(tuple(in_turn(recipe.pens)), recipe.paper)
        if recipe.pick
        else PenSet.of(recipe.pens, recipe.paper)
    )
    made = StrokeDrawing(points, recipe.page, pens, settings, generator, recipe.pick)
    if study is not None:
        made.begin_from(study, generator)
    return made


def _free_strokes(recipe: Recipe, generator: torch.Generator) -> FreeStrokes:
    said = recipe.strokes
    width = sum(pen.width for pen in recipe.pens) / len(recipe.pens)
    points = _start(recipe, generator, None)
    return FreeStrokes(
        points, recipe.page, (width, recipe.paper), (said.rate, said.pen_rate), said.reach
    )


def _start(
    recipe: Recipe, generator: torch.Generator, study: Float[Tensor, "3 H W"] | None
) -> Float[Tensor, "S N 2"]:
    said, page = recipe.strokes, recipe.page
    # A stroke that is longer than the page begins bent over its edge.
    length = min(said.length, min(page.width, page.height) - 2 * page.margin)
    count, points = said.count, 3 * said.cubics + 1
    if said.start == "study" and study is not None:
        return along(study, count, points, page, length, generator)
    start = on_grid if said.start == "grid" else at_random
    return start(count, points, page, length, generator)
