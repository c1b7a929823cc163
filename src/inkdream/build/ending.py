"""The end of a climb in areas of ink: what cannot be drawn is gone."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.ascent import Ascent
from inkdream.chance import chance_of
from inkdream.drawing import PixelDrawing
from inkdream.merging import Merging, merge
from inkdream.recipe import Recipe
from inkdream.regions import SPECK_PIXELS

# The score that merging must not harm is the mean over this many views, always the same ones.
VIEWS = 8


def settle(recipe: Recipe, ascent: Ascent) -> None:
    """Merge the regions of a finished picture that are too small; of strokes there are none.

    Args:
        recipe: the run's.
        ascent: of a stage in inks, all steps taken. Its drawing is changed, once.
    """
    drawing = ascent.drawing
    if not isinstance(drawing, PixelDrawing) or len(drawing.settled):
        return
    scale, _ = recipe.page.fit(recipe.size[1], recipe.size[0])
    nib = math.pi / 4 * (recipe.plot.nib / scale) ** 2  # in px
    merging = Merging(max(float(SPECK_PIXELS), nib), recipe.pixels.merge * nib)
    objective = ascent.objective.with_aids
    generator = chance_of(recipe.seed, "ending")
    casts = [ascent.views.cast(generator) for _ in range(-(-VIEWS // ascent.views.count))]

    def score(image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        seen = [objective.look(ascent.networks, image, cast) for cast in casts]
        return torch.stack([objective.total(objective.scores(each)) for each in seen]).mean()

    drawing.settle(merge(drawing.inked(), score, merging).labels)
