"""Lines that are sketched first, then drawn: a free sketch's ink, in lines that go side by side.

A sketch is strokes that begin anywhere and are climbed for most of the steps. It shows what a
network wants and is a scribble: strokes lie across each other, and many bear nothing. What it says
is how much ink of each pen is where, and which way it runs; lines along that way, as close as that
much ink asks for, say it with a calm hand. They are fitted with strokes, and climbed on.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Bool, Float

from inkdream.drawing.fitting import fitted, longest
from inkdream.drawing.initial import Lines
from inkdream.drawing.plan import SHORTEST, joined
from inkdream.drawing.strokes import StrokeDrawing
from inkdream.drawing.symmetry import copies
from inkdream.filters import blurred
from inkdream.hatch.engrave import one_layer
from inkdream.hatch.flow import Flow
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.clip import length_of
from inkdream.plot.plot import Points, Stroke
from inkdream.recipe import Recipe
from inkdream.recipe.tables import MOST_STROKES

# mm of a pixel of the maps, and how many pixels these have at most.
_PIXEL, _MOST = 0.25, 2**22
# Deviations in mm over which a sketch's ink, and its directions, are averaged.
_INK, _WAYS = 1.2, 2.0
# Lines end up about so long, as a share of what is asked for: forms cut them. (A sketch of more ink
# is thinned by its budget, where there is one.)
_DRAWN = 2 / 3
# mm between ends that join if they go on in the same direction.
_GAP = 6.0
# Of a stroke from its line, in widths of the pen; mm up to which lines are not cut; and how many
# times as long as the recipe's strokes one may be.
_OFF, _WHOLE, _LONGEST = 1.5, 12.0, 1.5


def sketched(recipe: Recipe) -> Recipe:
    """Return the recipe of a sketch: strokes from chance, in all about as long as its lines."""
    table = recipe.model_dump(exclude={"strokes", "softness", "draw_as"})
    begun = {"start": "random", "focus": recipe.strokes.focus}
    usual = Recipe.model_validate({**table, "strokes": begun}).strokes
    drawn = 1.0 if recipe.plot.budget else _DRAWN
    count = round(drawn * recipe.strokes.count * recipe.strokes.length / usual.length)
    count = min(max(count, len(copies(recipe.symmetry))), MOST_STROKES)
    sketch = Recipe.model_validate({**table, "strokes": {**begun, "count": count}})
    return sketch.located(recipe.folder) if recipe.folder else sketch


def redrawn(recipe: Recipe, drawing: StrokeDrawing) -> Lines:
    """Return a sketch as strokes that go side by side: its longest, at most as many as asked for.

    Args:
        recipe: the run's.
        drawing: the sketch.
    """
    drawn = drawing.curves.shape().lines.detach().double().cpu().numpy()
    chosen = drawing.chosen().cpu().numpy()
    lines: list[Stroke] = []
    numbers: list[int] = []
    for number, pen in enumerate(drawing.pens):
        its = _lines(drawn[chosen == number], pen, recipe.page)
        lines += [Stroke(line, False) for line in its]
        numbers += [number] * len(its)
    points, sources = fitted(
        lines,
        recipe.strokes.spans_of,
        longest=_LONGEST * recipe.strokes.length,
        tolerance=_OFF * min(pen.width for pen in drawing.pens),
        shortest=_WHOLE,
        corners=recipe.strokes.corners,
    )
    kept = longest(points, recipe.strokes.count // len(copies(recipe.symmetry)))
    inks = drawing.palette.colours().detach().cpu()
    pens = torch.from_numpy(np.array(numbers, np.int64)[sources][kept])
    return Lines(torch.from_numpy(points[kept]).float(), inks[pens], alone=True)


def _lines(sketch: Float[np.ndarray, "S V 2"], pen: Pen, page: Page) -> list[Points]:
    """Return lines in mm that lay as much ink, the same way, as a sketch's strokes of one pen."""
    scale = max(_PIXEL, math.sqrt(page.width * page.height / _MOST))
    length, *ways = _maps(sketch, page, scale)
    # Strokes that cross by chance cover so much together.
    cover = 1 - np.exp(-blurred(length, _INK / scale) * pen.width)
    cover[~_inside(page, cover.shape, scale)] = 0.0
    doubled = np.stack([blurred(way, _WAYS / scale) for way in ways])
    size = np.maximum(np.hypot(*doubled), 1e-12)
    traced = one_layer(cover, Flow(doubled / size, np.ones_like(size)), pen.width, scale, ())
    return [line for line in joined(traced, _GAP) if length_of(line) > SHORTEST]


def _maps(
    sketch: Float[np.ndarray, "S V 2"], page: Page, scale: float
) -> Float[np.ndarray, "3 H W"]:
    """Return mm of line per mm^2 at each pixel, and the same times cosine and sine of 2 angles."""
    steps = np.diff(sketch, axis=1).reshape(-1, 2)
    starts = sketch[:, :-1].reshape(-1, 2)
    lengths = np.hypot(*steps.T)
    pieces = np.maximum(np.ceil(lengths / scale).astype(np.intp), 1)
    which = np.repeat(np.arange(len(steps)), pieces)
    number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    places = starts[which] + ((number + 0.5) / pieces[which])[:, None] * steps[which]
    maps = np.zeros((3, math.ceil(page.height / scale), math.ceil(page.width / scale)))
    columns, rows = np.floor(places / scale).astype(np.intp).T
    kept = (rows >= 0) & (rows < maps.shape[1]) & (columns >= 0) & (columns < maps.shape[2])
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    parts = np.stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)])
    shares = parts[:, which] * (lengths / pieces)[which] / scale**2
    for plane, share in zip(maps, shares, strict=True):
        np.add.at(plane, (rows[kept], columns[kept]), share[kept])
    return maps


def _inside(page: Page, shape: tuple[int, ...], scale: float) -> Bool[np.ndarray, "H W"]:
    left, top, right, bottom = page.inside
    y, x = (np.arange(shape[0]) + 0.5) * scale, (np.arange(shape[1]) + 0.5) * scale
    return ((y > top) & (y < bottom))[:, None] & ((x > left) & (x < right))
