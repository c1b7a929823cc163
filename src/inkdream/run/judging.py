"""What networks that took no part see in a finished file, and what is left when it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.ascent import measure
from inkdream.dead_leaves import dead_leaves
from inkdream.errors import InputError
from inkdream.exposure import Exposure
from inkdream.networks import Network, lookup
from inkdream.objectives import Objective
from inkdream.objectives.context import CLASS_LAYER
from inkdream.recipe import Recipe
from inkdream.views import Views

# How a picture may come to be seen: a little elsewhere, a little turned, noisy and blurred.
ROBUST_VIEWS = 32
_AT_ONCE = 8
_EXPOSURE = Exposure(noise=0.2, blur=1.5)
# Pictures that say what a channel's activation usually is.
_NATURAL, _SIDE = 16, 224


@dataclass(frozen=True)
class Judgement:
    """What a network that took no part in the climb sees in the finished file.

    Attributes:
        target: what it was asked about.
        activation: a class's logit, or a channel's mean over the picture.
        probability: of the class, in [0, 1]; None for a channel.
        rank: of the class among all, 1 for the likeliest; None for a channel.
        natural_mean: a channel's mean activation over natural pictures; None for a class.
        natural_deviation: of those means; None for a class.
    """

    target: str
    activation: float
    probability: float | None = None
    rank: int | None = None
    natural_mean: float | None = None
    natural_deviation: float | None = None


def check_judges(recipe: Recipe) -> dict[str, Network]:
    """Return the networks that are to judge, by name; asked for before anything is drawn.

    Raises:
        InputError: if a judge names no network, layer, channel or class.
    """
    made: dict[str, Network] = {}
    for target in recipe.judges:
        name = target.split("/", maxsplit=1)[0]
        made[name] = made.get(name) or lookup.network(name, recipe)
        _channel(made[name], target)
    return made


@torch.no_grad()
def judge(networks: Mapping[str, Network], target: str, image: Float[Tensor, "3 H W"]) -> Judgement:
    """Return what a network sees in a picture.

    Args:
        networks: by name.
        target: `network/class/name`, or `network/layer/channel`.
        image: the file, linear RGB in [0, 1].
    """
    network = networks[target.split("/", maxsplit=1)[0]]
    layer, channel = _channel(network, target)
    values = network.look(image[None], [layer])[layer][0].flatten(1)
    activation = float(values[channel].mean())
    if layer == "logits":
        shares = values.mean(1).softmax(0)
        rank = 1 + int((shares > shares[channel]).sum())
        return Judgement(target, activation, float(shares[channel]), rank)
    usual = (
        network.look(dead_leaves(_NATURAL, _SIDE), [layer])[layer][:, channel].flatten(1).mean(1)
    )
    return Judgement(
        target,
        activation,
        natural_mean=float(usual.mean()),
        natural_deviation=float(usual.std()),
    )


@torch.no_grad()
def robust_share(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> float | None:
    """Return the mean score of moved, noisy and blurred views as a share of the unmoved score.

    What is held together by exact pixels falls apart on paper; this says how much. None where the
    unmoved score is not above 0, of which there is no share.

    Args:
        networks: by name.
        objective: its terms.
        image: linear RGB in [0, 1].
    """
    unmoved = objective.total(measure(networks, objective, image))
    if not unmoved > 0:
        return None
    views = Views(count=_AT_ONCE, size=max(image.shape), jitter=8.0, exposure=_EXPOSURE)
    generator = torch.Generator().manual_seed(0)
    totals = []
    for _ in range(ROBUST_VIEWS // _AT_ONCE):
        seen = objective.look(networks, image, views.cast(generator))
        totals.append(float(objective.total(objective.scores(seen))))
    return sum(totals) / len(totals) / unmoved


def _channel(network: Network, target: str) -> tuple[str, int]:
    """Return the layer's name and the channel's number of a judge's target.

    Raises:
        InputError: if it is none.
    """
    _, _, rest = target.partition("/")
    name, _, word = rest.rpartition("/")
    if not name or not word:
        raise InputError(f"judge {target!r}: write network/class/name or network/layer/channel")
    layer = network.layer("logits" if name == CLASS_LAYER else name)
    return layer.name, layer.channel(word)
