"""A recipe's climbs: which there are, how fast they go, and whether they fit into memory."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.ascent import Ascent, Pace
from inkdream.chance import chance_of
from inkdream.devices import device_of, to_device
from inkdream.drawing import Drawing, PixelDrawing
from inkdream.drawing.free import TileDrawing
from inkdream.drawing.initial import Origin, origin
from inkdream.drawing.make import BESIDE, check, drawing, is_in_inks
from inkdream.errors import InputError
from inkdream.exposure import Exposure
from inkdream.ground import Ground
from inkdream.merging import Merging, merge
from inkdream.networks import Network
from inkdream.objectives import Objective
from inkdream.recipe import MOST_PICKED, Recipe
from inkdream.recipe.tables import ClimbRecipe, ViewsRecipe
from inkdream.regions import SPECK_PIXELS
from inkdream.softness import Schedule
from inkdream.views import MOST_WHOLE, Views
from inkdream.wording import counted

# For the estimate of memory: maps of float32 alive at once in a step (waves, their gradients, two
# averages, spectrum, logits, shares and theirs), and a network's look at the whole picture.
MAP_COPIES = 10
LOOK_BYTES_PER_PIXEL = 500


@dataclass(frozen=True)
class Stage:
    """One climb of a run.

    Attributes:
        name: "study" (in all colours, for the inks to be taken from), or "tile" (a small one, which
            is repeated over the page), "inks" (the drawing itself),
            "comparison" (all colours, all steps; what `--compare` measures against), or with
            `pick` besides "fewer" and "more": the drawing with one pen less, and with one more.
        steps: how many it takes.
    """

    name: str
    steps: int


def stages(recipe: Recipe) -> list[Stage]:
    """Return the climbs that a recipe asks for, in order; study and inks share its steps.

    What begins from a picture or a drawing needs no study.
    """
    study = 0 if recipe.origin else min(round(recipe.steps * _study(recipe)), recipe.steps - 1)
    made = [Stage("tile" if recipe.tile else "study", study)] if study else []
    made.append(Stage("inks", recipe.steps - study))
    if recipe.compare:
        made.append(Stage("comparison", recipe.steps))
        # They begin from the same study, so all their steps are as many as the drawing's.
        made += [Stage(name, recipe.steps - study) for name in _beside(recipe)]
    return made


def _study(recipe: Recipe) -> float:
    """Return the share of the steps for a study; a tile that is asked for has one in any case."""
    usual = ClimbRecipe().study if recipe.tile else 0.0
    return recipe.climb.study or usual


def _beside(recipe: Recipe) -> list[str]:
    """Return the stages that pick one pen fewer and one more, where there are such numbers."""
    most = min(len(recipe.choice), MOST_PICKED)
    if not recipe.pick:
        return []
    return [name for name, more in BESIDE.items() if 1 <= recipe.pick + more <= most]


def ascent(
    recipe: Recipe,
    stage: Stage,
    known: Mapping[str, Network],
    goal: Objective,
    study: Drawing | None,
) -> Ascent:
    """Return the climb of one stage, at its first step.

    Args:
        recipe: the run's.
        stage: one of `stages(recipe)`.
        known: networks by name.
        goal: what is climbed.
        study: the study's drawing, for the inks to begin from.

    Raises:
        InputError: if the recipe's masks or shares of ink cannot be kept, or nothing can begin from
            its origin or its tile.
    """
    check(recipe)
    # Drawings that differ in their number of pens are to differ in nothing else.
    generator = chance_of(recipe.seed, "inks" if is_in_inks(stage.name) else stage.name)
    device = device_of(recipe.device)
    drawn = drawing(recipe, stage.name, generator, _begun(recipe, stage, study))
    return Ascent(
        drawn.to(device),
        known,
        to_device(goal, device),
        views(recipe.views),
        _pace(recipe, stage, drawn.is_soft),
        generator,
        _ground(recipe, goal) if stage.name != "tile" else None,
    )


def _ground(recipe: Recipe, goal: Objective) -> Ground | None:
    """Return what ink around a recipe's figures costs; None where it asks for none."""
    if recipe.compose == "field":
        return None
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()
    figures = torch.stack([goal.masks[term.sight.mask] for term in goal.terms]).amax(0)
    return Ground.around(figures, recipe.climb.ground, paper)


@torch.no_grad()
def _begun(recipe: Recipe, stage: Stage, study: Drawing | None) -> Origin | None:
    """Return what a stage begins from."""
    if recipe.origin and is_in_inks(stage.name):
        return origin(recipe)
    if isinstance(study, TileDrawing):
        return Origin(study.over(recipe.size).cpu())
    return Origin(study.image(1.0).cpu()) if study else None


def check_memory(recipe: Recipe) -> None:
    """Raise InputError if a recipe's pictures cannot fit into this machine's memory.

    Counted are the maps of inks, with their gradients and the optimiser's two averages, and the
    network's look at as much of the picture as is measured at once.
    """
    maps = (len(recipe.inks) + 3) * MAP_COPIES * 4
    height, width = recipe.size
    # A large picture is measured in parts.
    needed = width * height * maps + min(width * height, MOST_WHOLE) * LOOK_BYTES_PER_PIXEL
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise InputError(
            f"{width} x {height} px in {counted(len(recipe.inks), 'ink')} need about "
            f"{needed / 2**30:.0f} GiB of memory; this machine has {there / 2**30:.0f}"
        )


def views(said: ViewsRecipe) -> Views:
    """Return how a recipe's table has pictures looked at in each step."""
    exposure = Exposure(said.noise, said.blur, said.gain, said.offset)
    return Views(**said.model_dump(exclude={"noise", "blur", "gain", "offset"}), exposure=exposure)


def _pace(recipe: Recipe, stage: Stage, is_soft: bool) -> Pace:
    climb, soft = recipe.climb, recipe.softness
    # The leak wakes neurons at the start of a run, which is not the start of its second stage.
    leaking = round(recipe.steps * climb.leak_until)
    before = recipe.steps - stage.steps if is_in_inks(stage.name) else 0
    return Pace(
        stage.steps,
        softness=Schedule(stage.steps, soft.start, soft.end, soft.strict_from)
        if is_soft
        else lambda step: 1.0,
        rate=lambda step: _rate(step / stage.steps, climb.warm_up, climb.last_rate),
        leak=lambda step: climb.leak if step + before < leaking else 0.0,
        waking=climb.leak,
    )


def _rate(progress: float, warm_up: float, last: float) -> float:
    """Return the factor of the learning rates: up in a line, then down along a cosine."""
    rise = min(1.0, (progress + 0.01) / (warm_up + 0.01))
    return rise * (last + (1 - last) * 0.5 * (1 + math.cos(math.pi * progress)))


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
    place = drawing.palette.free.device
    casts = [ascent.views.cast(generator) for _ in range(-(-VIEWS // ascent.views.count))]

    def score(image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        image = image.to(place)
        seen = [objective.look(ascent.networks, image, cast) for cast in casts]
        return torch.stack([objective.total(objective.scores(each)) for each in seen]).mean()

    drawing.settle(merge(drawing.inked(), score, merging).labels)
