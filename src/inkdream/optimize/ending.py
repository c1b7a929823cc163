"""The end of a drawing: small regions are merged, and strokes that bear nothing are left out."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.devices import generator_for
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.drawing.pruning import prune
from inkdream.optimize.loop import OptimisationLoop
from inkdream.optimize.merging import Merging, merge
from inkdream.recipe import Recipe
from inkdream.regions import SPECK_PIXELS

# The score that an ending must not harm is the mean over this many views, always the same ones.
VIEWS = 8


def settle(recipe: Recipe, loop: OptimisationLoop) -> None:
    """End a drawing.

    Args:
        recipe: the run's.
        loop: of a stage in inks, all steps taken. Its drawing is changed, once.
    """
    drawing = loop.drawing
    if isinstance(drawing, StrokeDrawing):
        prune(drawing, _fixed_score(recipe, loop, drawing), recipe.strokes.prune)
    if not isinstance(drawing, PixelDrawing) or len(drawing.settled):
        return
    scale, _ = recipe.page.fit(recipe.size[1], recipe.size[0])
    nib = math.pi / 4 * (recipe.plot.nib / scale) ** 2  # in px
    merging = Merging(max(float(SPECK_PIXELS), nib), recipe.pixels.merge * nib)
    score = _fixed_score(recipe, loop, drawing)
    drawing.settle(merge(drawing.inked(), score, merging).labels)


def _fixed_score(
    recipe: Recipe, loop: OptimisationLoop, drawing: PixelDrawing | StrokeDrawing
) -> Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]:
    """Return the mean score over views that are always the same."""
    objective = loop.objective.with_aids
    generator = generator_for(recipe.seed, "ending")
    device = drawing.palette.free.device
    samples = [loop.views.sample(generator) for _ in range(-(-VIEWS // loop.views.count))]

    def score(image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        image = image.to(device)
        features = [objective.look(loop.networks, image, sample) for sample in samples]
        return torch.stack([objective.total(objective.scores(each)) for each in features]).mean()

    return score
