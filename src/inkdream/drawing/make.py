"""Which drawing a stage of a run draws, by the words that a recipe has for it."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from inkdream.drawing.base import Drawing, InkDrawing
from inkdream.drawing.free import FreeDrawing, TileDrawing
from inkdream.drawing.initial import Origin
from inkdream.drawing.pixels import PixelDrawing
from inkdream.drawing.plan import plan, planned
from inkdream.drawing.sketch import sketched
from inkdream.drawing.strokes import StrokeDrawing
from inkdream.recipe import Recipe

# What a recipe's `medium` can be; its keys are those of the field.
MEDIA: Mapping[str, type[InkDrawing]] = {"pixels": PixelDrawing, "strokes": StrokeDrawing}
# Stages that draw with other numbers of pens, and by how many they differ from the drawing.
BESIDE = {"fewer": -1, "more": 1}


def drawing(
    recipe: Recipe,
    stage: str,
    generator: torch.Generator,
    initial: Origin | None,
) -> Drawing:
    """Return the drawing that a stage begins with.

    Args:
        recipe: the run's.
        stage: the name of one of `stages(recipe)`.
        generator: the stage's source of chance.
        initial: what the inks begin from; None for chance.

    Raises:
        InputError: as `check`.
    """
    medium = MEDIA[recipe.medium]
    if is_in_inks(stage):
        if stage in BESIDE:
            recipe = recipe.picking(recipe.pick + BESIDE[stage])
        return medium.of(recipe, generator, initial)
    if stage == "comparison":
        return medium.free(recipe, generator)
    if stage == "plan":
        return plan(recipe, generator, initial)
    if stage == "study" and recipe.starts_from_plan:
        return FreeDrawing(planned(recipe), generator)
    if stage == "study" and recipe.starts_from_sketch:
        return StrokeDrawing.of(sketched(recipe), generator, None)
    return TileDrawing(recipe, generator) if stage == "tile" else FreeDrawing(recipe, generator)


def is_in_inks(stage: str) -> bool:
    """Return whether a stage draws in inks, which begin from something; others use any colour."""
    return stage == "inks" or stage in BESIDE


def check(recipe: Recipe) -> None:
    """Raise InputError if what a recipe asks of its drawing cannot be kept."""
    MEDIA[recipe.medium].check(recipe)
    TileDrawing.check(recipe)
