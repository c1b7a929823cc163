"""Judge a finished file: by networks that were not optimised, and by views of it moved and blurred.

A channel's usual activation is measured on generated pictures with the statistics of
photographs: dead leaves. Discs of all sizes that hide each other give the edges, flat parts and
1/f^2 spectrum of natural pictures (Lee, Mumford and Huang, "Occlusion models for natural images",
2001), and networks trained on such pictures see photographs nearly as well as others (Baradad et
al., "Learning to see by looking at noise", 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import Network, lookup
from inkdream.objectives import Objective
from inkdream.objectives.context import CLASS_LAYER
from inkdream.objectives.views import Exposure, Views
from inkdream.optimize.scores import measure
from inkdream.plot import Plot, Stroke
from inkdream.recipe import Recipe

# The views by which robustness is measured: shifted, noisy and blurred.
ROBUST_VIEWS = 32
_AT_ONCE = 8
_EXPOSURE = Exposure(noise=0.2, blur=1.5)
# Pens are put in by hand, so that a layer lies so many mm off another: usually, and at worst. Each
# is tried with so many placements.
MISPLACED = (0.3, 0.6)
_PLACEMENTS = 2
# Pictures that say what a channel's activation usually is.
_NATURAL, _SIDE = 16, 224


@dataclass(frozen=True)
class Judgement:
    """The activation of a network that was not optimised, on the finished file.

    Attributes:
        target: `network/class/name`, or `network/layer/channel`.
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
    """Return the recipe's judges by name. Called before drawing, so that errors come early.

    Raises:
        InputError: if a judge names no network, layer, channel or class.
    """
    networks: dict[str, Network] = {}
    for target in recipe.judges:
        name = target.split("/", maxsplit=1)[0]
        networks[name] = networks.get(name) or lookup.network(name, recipe)
        _channel(networks[name], target)
    return networks


@torch.no_grad()
def judge(networks: Mapping[str, Network], target: str, image: Float[Tensor, "3 H W"]) -> Judgement:
    """Return a network's activation for a target on a picture.

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

    It is low for a drawing that depends on exact pixels, which paper does not keep. None where the
    unmoved score is not above 0.

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
        seen = objective.look(networks, image, views.sample(generator))
        totals.append(float(objective.total(objective.scores(seen))))
    return sum(totals) / len(totals) / unmoved


def misplaced(plot: Plot, shift: float, chance: np.random.Generator) -> Plot:
    """Return the plot as it is drawn with pens that are not put in quite alike.

    Args:
        plot: whose first layer stays; each other one moves.
        shift: by how many mm, each in a direction of its own.
        chance: that gives the directions.
    """
    layers = list(plot.layers[:1])
    for layer, angle in zip(plot.layers[1:], chance.random(len(plot.layers)), strict=False):
        way = shift * np.array([np.cos(2 * np.pi * angle), np.sin(2 * np.pi * angle)])
        strokes = tuple(Stroke(stroke.points + way, stroke.curved) for stroke in layer.strokes)
        layers.append(replace(layer, strokes=strokes))
    return replace(plot, layers=tuple(layers))


@torch.no_grad()
def misplaced_shares(
    networks: Mapping[str, Network],
    objective: Objective,
    plot: Plot,
    look: Callable[[Plot], Float[Tensor, "3 H W"]],
) -> dict[str, float]:
    """Return by mm ('0.3') what is left of a plot's score where pens lie so far off each other.

    Both are scores of how the plot will look. Nothing is returned of a plot in one pen, or where
    the score is not above 0.

    Args:
        networks: by name.
        objective: its terms.
        plot: in plotting order.
        look: from a plot to its picture, linear RGB in [0, 1].
    """

    def score(seen: Plot) -> float:
        return objective.total(measure(networks, objective, look(seen)))

    placed = score(plot) if len(plot.layers) > 1 else 0.0
    if not placed > 0:
        return {}
    chance = np.random.default_rng(0)
    return {
        f"{shift:g}": float(
            np.mean([score(misplaced(plot, shift, chance)) for _ in range(_PLACEMENTS)]) / placed
        )
        for shift in MISPLACED
    }


def _channel(network: Network, target: str) -> tuple[str, int]:
    """Return the layer's name and the channel's number of a judge's target.

    Raises:
        InputError: if the target has another form, or names no layer or channel.
    """
    _, _, rest = target.partition("/")
    name, _, word = rest.rpartition("/")
    if not name or not word:
        raise InputError(f"judge {target!r}: write network/class/name or network/layer/channel")
    layer = network.layer("logits" if name == CLASS_LAYER else name)
    return layer.name, layer.channel(word)


# Radii as shares of the side; their number falls with the cube of the radius.
_LEAST, _MOST = 0.01, 0.4
_DISCS = 1500
# Colours of photographs: lightness varies most, then blue against yellow, then green against red.
_LIGHTNESS, _WARMTH, _GREEN = 0.22, 0.06, 0.03


def dead_leaves(count: int, side: int, seed: int = 0) -> Float[Tensor, "count 3 side side"]:
    """Return random dead leaves, linear RGB in [0, 1]; the same for the same arguments.

    Example:
        >>> dead_leaves(2, 64).shape
        torch.Size([2, 3, 64, 64])
    """
    random = np.random.default_rng(seed)
    return torch.stack([_picture(side, random) for _ in range(count)])


def _picture(side: int, random: np.random.Generator) -> Float[Tensor, "3 side side"]:
    rows, columns = np.mgrid[:side, :side] / side
    bare = np.ones((side, side), bool)
    lab = np.zeros((side, side, 3), np.float32)
    # Inverse of the cumulative distribution of radii whose density falls as r^-3.
    share = random.random(_DISCS)
    radii = (_LEAST**-2 - share * (_LEAST**-2 - _MOST**-2)) ** -0.5
    places = random.random((_DISCS, 2)) * (1 + 2 * _MOST) - _MOST
    spread = np.array([_LIGHTNESS, _GREEN, _WARMTH])
    colours = np.array([0.6, 0.0, 0.02]) + spread * random.standard_normal((_DISCS, 3))
    # The first lies on top: what it covers is done.
    for radius, (row, column), leaf in zip(radii, places, colours, strict=True):
        covered = bare & ((rows - row) ** 2 + (columns - column) ** 2 < radius**2)
        lab[covered] = leaf
        bare &= ~covered
    lab[bare] = colours[-1]
    picture: Tensor = colour.oklab_to_linear(torch.from_numpy(lab)).clamp(0, 1)
    return picture.permute(2, 0, 1).contiguous().float()
