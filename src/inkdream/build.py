"""From the recipe's words to the objects of a run: the one place that knows every class.

To add a network, a term or a drawing: one file, and one line here.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.ascent import Ascent, Pace
from inkdream.drawing import Drawing, FreeDrawing, PixelDrawing, PixelSettings
from inkdream.errors import InputError, unknown
from inkdream.networks import Network
from inkdream.networks.loom import Loom
from inkdream.objectives import Channel, Dream, Objective, Term, Unit
from inkdream.palette import Palette
from inkdream.recipe import Recipe, TermRecipe
from inkdream.softness import Schedule
from inkdream.views import Views

NETWORKS: Mapping[str, Callable[[], Network]] = {"loom": Loom}

# The name by which users ask for a class, `loom/class/spiral`; the layer itself is `logits`.
CLASS_LAYER = "class"

# For the estimate of memory: maps of float32 alive at once in a step (waves, their gradients, two
# averages, spectrum, logits, shares and theirs), and a network's look at the whole picture.
MAP_COPIES = 10
LOOK_BYTES_PER_PIXEL = 500


def network(name: str) -> Network:
    """Return the network of that name, loaded and frozen.

    Raises:
        InputError: if there is none.
    """
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    return NETWORKS[name]()


def networks(recipe: Recipe) -> dict[str, Network]:
    """Return every network that the recipe's terms look at, by name."""
    names = dict.fromkeys(term.target.split("/")[0] for term in recipe.terms)
    return {name: network(name) for name in names}


def objective(recipe: Recipe, known: Mapping[str, Network]) -> Objective:
    """Return the recipe's terms.

    Raises:
        InputError: if a target names no layer, channel or place.
    """
    terms = [_term(term, number, known) for number, term in enumerate(recipe.terms)]
    _check_sizes(recipe, terms, known)
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"terms: {twice} is given twice; give it once, with the sum of weights")
    return Objective(terms)


def _check_sizes(recipe: Recipe, terms: Sequence[Term], known: Mapping[str, Network]) -> None:
    """Raise InputError where a view is so small that a layer would have no place in it."""
    least = min(recipe.width, recipe.height, recipe.views.size)
    for full_name in {name for term in terms for name in term.layers}:
        name, _, layer = full_name.partition("/")
        stride = known[name].layer(layer).stride or known[name].layers[-2].stride
        if least < stride:
            raise InputError(
                f"{full_name} needs pictures of at least {stride} px a side; this one has {least}"
            )


def _term(said: TermRecipe, number: int, known: Mapping[str, Network]) -> Term:
    name, _, rest = said.target.partition("/")
    words = rest.split("/") if rest else []
    where = f"terms.{number}: target {said.target!r}"
    if not 1 <= len(words) <= 3 or not all(words):
        raise InputError(
            f"{where}: write network/layer/channel, network/layer/channel/x,y, network/layer or "
            "network/class/name"
        )
    layer = known[name].layer("logits" if words[0] == CLASS_LAYER else words[0])
    full_name = f"{name}/{layer.name}"
    common = {"name": said.target, "weight": said.weight, "layer": full_name}
    if len(words) == 1:
        return Dream(**common)  # type: ignore[arg-type]
    channel = layer.channel(words[1])
    if len(words) == 2:
        return Channel(**common, channel=channel)  # type: ignore[arg-type]
    return Unit(**common, channel=channel, place=_place(words[2], where))  # type: ignore[arg-type]


def _place(words: str, where: str) -> tuple[float, float]:
    if words in ("centre", "center"):
        return (0.5, 0.5)
    try:
        x, y = (float(word) for word in words.split(","))
    except ValueError:
        raise InputError(f"{where}: {words!r} is no place; write centre or x,y") from None
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InputError(f"{where}: {words!r} is no place; x and y are shares from 0 to 1")
    return (x, y)


@dataclass(frozen=True)
class Stage:
    """One climb of a run.

    Attributes:
        name: "study" (in all colours, for the inks to be taken from), "inks" (the drawing itself)
            or "comparison" (all colours, all steps; what `--compare` measures against).
        steps: how many it takes.
    """

    name: str
    steps: int


def stages(recipe: Recipe) -> list[Stage]:
    """Return the climbs that a recipe asks for, in order; study and inks share its steps."""
    study = min(round(recipe.steps * recipe.climb.study), recipe.steps - 1)
    made = [Stage("study", study)] if study else []
    made.append(Stage("inks", recipe.steps - study))
    if recipe.compare:
        made.append(Stage("comparison", recipe.steps))
    return made


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
    """
    generator = _chance(recipe.seed, stage.name)
    with torch.no_grad():
        picture = study.image(1.0) if study else None
    return Ascent(
        drawing(recipe, stage.name, generator, picture),
        known,
        goal,
        Views(**recipe.views.model_dump()),
        _pace(recipe, stage),
        generator,
    )


def drawing(
    recipe: Recipe,
    stage: str,
    generator: torch.Generator,
    study: Float[Tensor, "3 H W"] | None,
) -> Drawing:
    """Return the drawing that a stage begins with."""
    if stage != "inks":
        return FreeDrawing(
            recipe.height,
            recipe.width,
            decay=recipe.pixels.decay,
            rate=recipe.climb.study_rate,
            generator=generator,
        )
    made = PixelDrawing(
        Palette(recipe.inks, generator),
        (recipe.height, recipe.width),
        PixelSettings(
            decay=recipe.pixels.decay,
            rate=recipe.climb.rate,
            ink_rate=recipe.climb.ink_rate,
            tidiness=recipe.pixels.tidiness,
            crowding=recipe.pixels.crowding,
            tidy_from=recipe.pixels.tidy_from,
        ),
    )
    if study is None:
        made.scatter(generator)
    else:
        made.begin_from(study, generator)
    return made


def check_memory(recipe: Recipe) -> None:
    """Raise InputError if a recipe's pictures cannot fit into this machine's memory.

    Counted are the maps of inks, with their gradients and the optimiser's two averages, and the
    network's look at the whole picture, which is the largest part of a measure.
    """
    maps = (len(recipe.inks) + 3) * MAP_COPIES * 4
    needed = recipe.width * recipe.height * (maps + LOOK_BYTES_PER_PIXEL)
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise InputError(
            f"{recipe.width} x {recipe.height} px in {len(recipe.inks)} inks need about "
            f"{needed / 2**30:.0f} GiB of memory; this machine has {there / 2**30:.0f}"
        )


def _pace(recipe: Recipe, stage: Stage) -> Pace:
    climb, soft = recipe.climb, recipe.softness
    # The leak wakes neurons at the start of a run, which is not the start of its second stage.
    leaking = round(recipe.steps * climb.leak_until)
    before = recipe.steps - stage.steps if stage.name == "inks" else 0
    return Pace(
        stage.steps,
        softness=Schedule(stage.steps, soft.start, soft.end, soft.strict_from)
        if stage.name == "inks"
        else lambda step: 1.0,
        rate=lambda step: _rate(step / stage.steps, climb.warm_up, climb.last_rate),
        leak=lambda step: climb.leak if step + before < leaking else 0.0,
    )


def _rate(progress: float, warm_up: float, last: float) -> float:
    """Return the factor of the learning rates: up in a line, then down along a cosine."""
    rise = min(1.0, (progress + 0.01) / (warm_up + 0.01))
    return rise * (last + (1 - last) * 0.5 * (1 + math.cos(math.pi * progress)))


def _chance(seed: int, stage: str) -> torch.Generator:
    """Return a stage's source of chance; stages do not share one, so that each can be repeated."""
    digest = hashlib.sha256(f"{seed}/{stage}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
