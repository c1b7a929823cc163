"""Terms that compare with pictures in a network's layers; the pictures are looked at now, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.build.making import Making, needs_places
from inkdream.build.networks import usual_network
from inkdream.build.pictures import read_picture
from inkdream.build.placed import placed
from inkdream.errors import InputError
from inkdream.networks import Network, look
from inkdream.objectives import Content, Style, Term, Texture, Unlike
from inkdream.objectives.diversity import covariances
from inkdream.objectives.style import directions_for, grams_of, means_of, sorted_of, strengths_of
from inkdream.recipe import TermRecipe

# In how many layers pictures are compared where a term names none.
USUAL_LAYERS = 5
# A picture whose colours differ by less, in linear light, is of one tone.
ONE_TONE = 1e-3


def usual_layers(network: Network) -> list[str]:
    """Return the layers in which styles are compared, from fine to coarse.

    Those after the first convolution of each block, `conv1_1` to `conv5_1`, where there are such
    (as in Gatys, Ecker and Bethge, 2016); else five that are spread evenly over the depth.

    Raises:
        InputError: if the network has no layers with places.
    """
    names = [layer.name for layer in network.layers if layer.stride]
    blocks = [f"conv{number}_1" for number in range(1, USUAL_LAYERS + 1)]
    if set(blocks) <= set(names):
        return blocks
    if not names:
        raise InputError(f"{network.name} has no layers with places to compare pictures in")
    chosen = torch.linspace(0, len(names) - 1, min(USUAL_LAYERS, len(names)))
    return [names[number] for number in chosen.round().int().tolist()]


def style(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `style`.

    Raises:
        InputError: if the file is no picture or of one tone, or a layer is not there or has no
            places. So do the others.
    """
    features = _features(_picture(said, making), _layers(said, making), making)
    return Style(**common, means=means_of(features), grams=grams_of(features))


def texture(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `texture`."""
    features = _features(_picture(said, making), _layers(said, making), making)
    directions = directions_for(features)
    return Texture(
        **common,
        means=means_of(features),
        directions=directions,
        sorted=sorted_of(features, directions),
    )


def content(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `content`: by default in the last but one of the usual layers."""
    layers = _layers(said, making)
    if not said.layers:
        layers = layers[-2:-1] or layers
    whole = _picture(said, making)
    features = _features(whole, layers, making)
    return Content(
        **common,
        picture=whole,
        networks=making.known,
        means=means_of(features),
        strengths=strengths_of(features),
    )


def unlike(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `unlike`; its pictures are whole pages, margins included."""
    full_name, layer, _ = making.target(said, "network/layer")
    needs_places(full_name, layer, "being unlike pictures")
    size = making.recipe.size[::-1] if said.turn in (90, 270) else making.recipe.size
    wholes = [read_picture(making.recipe, path, size) for path in said.pictures]
    seen = [_features(whole, [full_name], making)[full_name] for whole in wholes]
    return Unlike(
        **common, layer=full_name, grams=torch.stack([covariances(features) for features in seen])
    )


def _layers(said: TermRecipe, making: Making) -> list[str]:
    """Return the full names of the layers to compare in."""
    names = said.layers
    if not names:
        network = usual_network(making.recipe)
        names = tuple(f"{network}/{layer}" for layer in usual_layers(making.known[network]))
    found = {name: making.layer(name) for name in names}
    for full_name, layer in found.items():
        needs_places(full_name, layer, said.kind)
    return list(found)


def _picture(said: TermRecipe, making: Making) -> Float[Tensor, "3 H W"]:
    """Return the term's picture as the drawing would show it."""
    made = placed(making.recipe, said.picture, turned=said.turn in (90, 270))
    if float((made.shown - made.blank).abs().max()) < ONE_TONE:
        raise InputError(f"{said.picture}: is all of one tone; it has no {said.kind}")
    return made.shown


@torch.no_grad()
def _features(
    whole: Float[Tensor, "3 H W"], layers: Sequence[str], making: Making
) -> dict[str, Tensor]:
    """Return the activations (1, C, h, w) of a picture, its shorter side no longer than a view's.

    On a page that is larger than a view, views from afar and from nearby alike are to be like it:
    then the drawing has structure at every scale.
    """
    height, width = whole.shape[1:]
    share = min(1.0, making.recipe.views.size / min(height, width))
    size = (round(height * share), round(width * share))
    small = F.interpolate(whole[None], size, mode="bilinear", antialias=True)
    return look(making.known, small, layers)
