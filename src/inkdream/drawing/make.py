"""Drawings by the words that a recipe has for them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.chosen import ChosenPalette
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
from inkdream.drawing.initial import Origin
from inkdream.drawing.limits import bare_paper, pen_set, pixel_limits, stroke_limits
from inkdream.drawing.symmetry import copies
from inkdream.drawing.tile import TileDrawing
from inkdream.errors import InputError
from inkdream.harmony import Harmony
from inkdream.palette import Palette
from inkdream.plot.machines import machine
from inkdream.recipe import Recipe
from inkdream.recipe.tables import ANY_CHROMA

# From one stroke to the next, in mm, once their order is good.
TRAVEL = 5.0
# Curves are drawn at about this share of a plotter's speed.
CORNERING = 0.85
# The free picture climbs best with this decay; with the inks' own it would flatter them.
COMPARISON_DECAY = 1.0

LEAST_TILE = 16

# Stages that draw with other numbers of pens, and by how many they differ from the drawing.
BESIDE = {"fewer": -1, "more": 1}


def drawing(
    recipe: Recipe,
    stage: str,
    generator: torch.Generator,
    begun: Origin | None,
) -> Drawing:
    """Return the drawing that a stage begins with.

    Args:
        recipe: the run's.
        stage: the name of one of `stages(recipe)`.
        generator: the stage's source of chance.
        begun: what the inks begin from; None for chance.
    """
    if is_in_inks(stage):
        if stage in BESIDE:
            recipe = recipe.picking(recipe.pick + BESIDE[stage])
        make = _strokes if recipe.medium == "strokes" else _pixels
        return make(recipe, generator, begun)
    if stage == "tile":
        return _tile(recipe, generator)
    if recipe.medium == "strokes" and stage == "comparison":
        return _free_strokes(recipe, generator)
    if stage == "comparison":
        return _free(recipe, (COMPARISON_DECAY, 0.0), generator)
    # What the inks are not to show first, they need not be shown by the study either.
    finest = recipe.finest if recipe.pixels.coarse < 1 else 0.0
    return _free(recipe, (recipe.pixels.decay, finest), generator)


def is_in_inks(stage: str) -> bool:
    """Return whether a stage draws in inks, which begin from something; others use any colour."""
    return stage == "inks" or stage in BESIDE


def check_tile(recipe: Recipe) -> None:
    """Raise InputError if a recipe asks for a tile that cannot be drawn, or repeated."""
    if not recipe.tile:
        return
    height, width = recipe.size
    if recipe.tile < LEAST_TILE or recipe.tile >= max(height, width):
        raise InputError(
            f"tile = {recipe.tile}: a tile has at least {LEAST_TILE} px a side, and fewer than the "
            f"picture, which has {width} x {height}"
        )
    if recipe.origin:
        raise InputError("tile and origin: a drawing begins from one of them; say one or the other")
    of_the_page = next((term for term in recipe.terms if term.where or term.is_placed), None)
    if of_the_page:
        raise InputError(
            f"tile: a tile is nowhere on the page, and {of_the_page.name} is about places on it; "
            "leave one of the two out"
        )


def _tile(recipe: Recipe, generator: torch.Generator) -> TileDrawing:
    side, decay, rate = recipe.tile, recipe.pixels.decay, recipe.climb.study_rate
    # What a view sees of it is as large as what it sees of the page, and holds a seam.
    rows, columns = (max(2, -(-min(recipe.views.size, each) // side)) for each in recipe.size)
    size = (rows * side, columns * side)
    return TileDrawing(side, size, decay=decay, rate=rate, generator=generator)


def _free(recipe: Recipe, spectrum: tuple[float, float], generator: torch.Generator) -> FreeDrawing:
    rate, (decay, finest) = recipe.climb.study_rate, spectrum
    return FreeDrawing(
        recipe.size,
        decay=decay,
        finest=finest,
        rate=rate,
        generator=generator,
        symmetry=recipe.symmetry,
        bare=bare_paper(recipe),
    )


def _pixels(recipe: Recipe, generator: torch.Generator, begun: Origin | None) -> PixelDrawing:
    settings = PixelSettings(
        decay=recipe.pixels.decay,
        finest=recipe.finest,
        rate=recipe.climb.rate,
        ink_rate=recipe.climb.pick_rate if recipe.pick else recipe.climb.ink_rate,
        tidiness=recipe.pixels.tidiness,
        crowding=recipe.pixels.crowding,
        tidy_from=recipe.pixels.tidy_from,
        coarse=recipe.pixels.coarse,
        coarse_until=recipe.pixels.coarse_until,
        symmetry=recipe.symmetry,
    )
    palette = (
        ChosenPalette(recipe.choice, recipe.pick, recipe.paper, areas=True)
        if recipe.pick
        else Palette(recipe.inks, generator, _harmony(recipe))
    )
    made = PixelDrawing(palette, recipe.size, settings, pixel_limits(recipe))
    if begun is None or begun.picture is None:
        made.scatter(generator)
    else:
        made.begin_from(begun.picture, generator)
    return made


def _harmony(recipe: Recipe) -> Harmony | None:
    said, paper = recipe.palette, colour.linear_of([recipe.paper])[0]
    if not said.apart and said.chroma == ANY_CHROMA:
        return None
    return Harmony(said.apart, said.chroma, paper, bare=recipe.medium == "pixels")


def _strokes(recipe: Recipe, generator: torch.Generator, begun: Origin | None) -> StrokeDrawing:
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
        harmony=_harmony(recipe),
        grow=said.grow,
        reseed=said.reseed,
        length=said.length,
        budget=recipe.plot.budget,
        symmetry=recipe.symmetry,
        mm_a_second=CORNERING * plotter.down.speed,
        seconds_a_stroke=plotter.lift + plotter.drop + TRAVEL / plotter.up.speed,
    )
    points = _start(recipe, generator, begun)
    pens = pen_set(recipe)
    limits = stroke_limits(recipe, pens)
    made = StrokeDrawing(points, recipe.page, pens, settings, generator, recipe.pick, limits)
    if begun is not None and begun.picture is not None:
        made.begin_from(begun.picture, generator)
    if begun is not None and begun.lines is not None:
        made.begin_with(begun.lines.colours[: len(points)], generator)
    return made


def _free_strokes(recipe: Recipe, generator: torch.Generator) -> FreeStrokes:
    said = recipe.strokes
    width = sum(pen.width for pen in recipe.pens) / len(recipe.pens)
    points = _start(recipe, generator, None)
    rates = (said.rate, said.pen_rate)
    return FreeStrokes(
        points, recipe.page, (width, recipe.paper), rates, said.reach, recipe.symmetry
    )


def _start(
    recipe: Recipe, generator: torch.Generator, begun: Origin | None
) -> Float[Tensor, "S N 2"]:
    """Return where strokes begin: first those that are given, then spares."""
    said, page = recipe.strokes, recipe.page
    # A stroke that is longer than the page begins bent over its edge.
    length = min(said.length, min(page.width, page.height) - 2 * page.margin)
    count, points = said.count // len(copies(recipe.symmetry)), 3 * said.cubics + 1
    # A picture that is named is there to be followed, a study only where that is asked for.
    named = recipe.origin or recipe.tile
    follows = said.start == "study" or (named and said.start == "random")
    if begun is not None and begun.picture is not None and follows:
        return along(begun.picture, count, points, page, length, generator)
    start = on_grid if said.start == "grid" else at_random
    if begun is not None and begun.lines is not None:
        given = begun.lines.points
        spare = start(max(1, count - len(given)), points, page, length, generator)
        return torch.cat([given, spare])[:count]
    return start(count, points, page, length, generator)
