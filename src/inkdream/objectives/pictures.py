"""Terms that compare a picture with another one in a network's layers: style, texture, content.

All score by one measure: 1 where the pictures agree, 0 for a picture whose features are the other
one's means; mostly between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import Features, Network, look, look_srgb
from inkdream.objectives.base import Seen, Term
from inkdream.objectives.channels import LayerTerm
from inkdream.objectives.context import Context, needs_places, usual_network
from inkdream.placement import placed, read_picture
from inkdream.recipe import terms as tables

# Distributions are compared along at most so many directions: a layer with many places, which are
# what sorting takes its time for, has few channels.
MOST_DIRECTIONS = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Style(Term):
    """The style of a picture: which features occur together, wherever they are.

    Score: mean over layers of 1 - |G - G*|^2 / (|G|^2 + |G*|^2), in [0, 1], with G the (C, C) Gram
    matrix of the activations over views and places, each channel less the mean m* that it has in
    the other picture, and G* that of the other picture (Gatys, Ecker and Bethge, "Image Style
    Transfer Using Convolutional Neural Networks", 2016; the shift by m*: Novak and Nikulin,
    "Improving the Neural Algorithm of Artistic Style", 2016). A mask weights places in G (Gatys et
    al., "Controlling Perceptual Factors in Neural Style Transfer", 2017).

    Attributes:
        means: m*, (C,) by full layer name.
        grams: G*, (C, C) by full layer name.
    """

    means: Features
    grams: Features

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in which styles are compared."""
        return tuple(self.grams)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the agreement of the Gram matrices."""
        return _mean_over(self.layers, lambda layer: self._agree(layer, seen))

    def _agree(self, layer: str, seen: Seen) -> Float[Tensor, ""]:
        activations, theirs = seen.features[layer], self.grams[layer]
        ours = gram(activations, self.means[layer], seen.shares(activations))
        error = (ours - theirs).square().sum()
        return _agreement(error, ours.square().sum(), theirs.square().sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Texture(Term):
    """The texture of a picture: how often each mixture of features occurs, wherever it is.

    Score: mean over layers of 1 - W / (S + S*). W is the sliced Wasserstein distance (Heitz,
    Vanhoey, Chambon and Belcour, "A Sliced Wasserstein Loss for Neural Texture Synthesis", 2021):
    the activations at all places, less the other picture's mean, are projected onto directions of
    unit length; W is the mean square difference between the sorted projections of both pictures,
    S and S* the mean squares of each one's. Unlike `Style`, it compares whole distributions.

    The directions are random, but always the same. If the numbers of places differ, or a mask
    weights them, quantiles of the other distribution are interpolated.

    Attributes:
        means: (C,) by full layer name.
        directions: (D, C) of unit length.
        sorted: the other picture's projections, (D, N), each row ascending.
    """

    means: Features
    directions: Features
    sorted: Features

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in which textures are compared."""
        return tuple(self.sorted)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the agreement of the distributions."""
        return _mean_over(self.layers, lambda layer: self._agree(layer, seen))

    def _agree(self, layer: str, seen: Seen) -> Float[Tensor, ""]:
        activations, theirs = seen.features[layer], self.sorted[layer]
        shifted = by_place(activations, self.means[layer])
        ours, order = (self.directions[layer] @ shifted).sort(1)
        shares = seen.shares(activations)
        counts = (
            torch.ones_like(ours)
            if shares is None
            else shares.flatten().expand(len(ours), -1).gather(1, order)
        )
        # Each place is as wide as it counts, and stands in its middle.
        levels = (counts.cumsum(1) - counts / 2) / counts.sum(1, keepdim=True).clamp(min=1e-12)
        error = (ours - _quantiles(theirs, levels)).square()
        return _agreement(
            (error * counts).mean(), (ours.square() * counts).mean(), theirs.square().mean()
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Content(Term):
    """The content of a picture: which features it has, and where.

    Score: mean over layers of 1 - E / (S + S*), with E the mean square difference between the
    activations of both pictures, place by place, S the mean square of ours less the means m* that
    channels have in the other picture, and S* the same of that picture (Gatys, Ecker and Bethge,
    2016; Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting Them",
    2015).

    The other picture is seen through the same views, which takes a second pass of the network in
    every step, without a gradient.

    Attributes:
        picture: linear RGB in [0, 1], of the picture's size as the term view turns it.
        networks: of the layers, by name.
        means: m*, (C,) by full layer name.
        strengths: S*, () by full layer name, of the whole picture.
    """

    picture: Float[Tensor, "3 H W"]
    networks: Mapping[str, Network]
    means: Features
    strengths: Features

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in which contents are compared."""
        return tuple(self.strengths)

    def maps(self, height: int, width: int) -> Float[Tensor, "3 {height} {width}"]:
        """Return the other picture in sRGB, (3, H, W).

        Raises:
            ValueError: if it is of another size.
        """
        if self.picture.shape[1:] != (height, width):
            rows, columns = self.picture.shape[1:]
            raise ValueError(f"{height} x {width} px; the content is of {rows} x {columns}")
        return colour.linear_to_srgb(self.picture)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the agreement of the activations."""
        with torch.no_grad():
            theirs = look_srgb(self.networks, seen.maps[self.name], self.layers)
        return _mean_over(self.layers, lambda layer: self._agree(layer, seen, theirs[layer]))

    def _agree(self, layer: str, seen: Seen, theirs: Float[Tensor, "V C y x"]) -> Float[Tensor, ""]:
        ours = seen.features[layer]
        error = seen.mean((ours - theirs).square())
        strength = seen.mean((ours - self.means[layer][:, None, None]).square())
        return _agreement(error, strength, self.strengths[layer])


def means_of(features: Features) -> dict[str, Tensor]:
    """Return each layer's mean over views and places, (C,)."""
    return {layer: activations.mean((0, 2, 3)) for layer, activations in features.items()}


def grams_of(features: Features) -> dict[str, Tensor]:
    """Return each layer's Gram matrix (C, C), channels less their means."""
    return {
        layer: gram(activations, activations.mean((0, 2, 3)))
        for layer, activations in features.items()
    }


def strengths_of(features: Features) -> dict[str, Tensor]:
    """Return each layer's mean square (), channels less their means."""
    return {
        layer: by_place(activations, activations.mean((0, 2, 3))).square().mean()
        for layer, activations in features.items()
    }


def directions_for(features: Features) -> dict[str, Tensor]:
    """Return random directions of unit length, (D, C) for each layer, always the same.

    As many as there are channels, at most `MOST_DIRECTIONS`.
    """
    directions = {}
    for layer, activations in features.items():
        channels = activations.shape[1]
        normal = torch.randn(
            min(channels, MOST_DIRECTIONS), channels, generator=torch.Generator().manual_seed(0)
        )
        directions[layer] = torch.nn.functional.normalize(normal).to(activations)
    return directions


def sorted_of(features: Features, directions: Features) -> dict[str, Tensor]:
    """Return each layer's projections (D, N), channels less their means, each row ascending."""
    return {
        layer: (directions[layer] @ by_place(activations, activations.mean((0, 2, 3)))).sort(1)[0]
        for layer, activations in features.items()
    }


def gram(
    activations: Float[Tensor, "V C y x"],
    origin: Float[Tensor, " C"],
    shares: Float[Tensor, "V 1 y x"] | None = None,
) -> Float[Tensor, "C C"]:
    """Return the mean over views and places of the products of channels, each less its origin.

    Args:
        activations: of one layer.
        origin: subtracted from each channel first.
        shares: the weight of each place, 1 on average; equal by default.
    """
    shifted = by_place(activations, origin)
    counted = shifted if shares is None else shifted * shares.flatten()
    return counted @ shifted.T / shifted.shape[1]


def by_place(
    activations: Float[Tensor, "V C y x"], origin: Float[Tensor, " C"]
) -> Float[Tensor, "C N"]:
    """Return activations less an origin, with the places of all views in one row."""
    return activations.transpose(0, 1).flatten(1) - origin[:, None]


def _quantiles(sorted_: Float[Tensor, "D M"], levels: Float[Tensor, "D N"]) -> Float[Tensor, "D N"]:
    """Return a distribution's quantiles at levels in [0, 1], interpolated."""
    count = sorted_.shape[1]
    places = (levels * count - 0.5).clamp(0, count - 1)
    below = places.long()
    above = (below + 1).clamp(max=count - 1)
    return torch.lerp(sorted_.gather(1, below), sorted_.gather(1, above), places - below)


def _agreement(
    error: Float[Tensor, ""], ours: Float[Tensor, ""], theirs: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """Return 1 less a square error relative to both sides' squares."""
    return 1 - error / (ours + theirs).clamp(min=1e-12)


def _mean_over(
    layers: Sequence[str], score: Callable[[str], Float[Tensor, ""]]
) -> Float[Tensor, ""]:
    return torch.stack([score(layer) for layer in layers]).mean()


@dataclass(frozen=True, kw_only=True, eq=False)
class Unlike(LayerTerm):
    """Diversity: other combinations of features than in given pictures.

    Score: -mean over the P pictures of cos(G, G*_p), with G the (C, C) matrix of covariances of a
    layer's channels over views and places, as one vector, and G*_p that of a picture (the diversity
    term of Olah et al., "Feature Visualization", 2017). From -1 (the same features occur together)
    to 1; unrelated ones score 0. It does not depend on how strong the activations are.

    Attributes:
        grams: (P, C, C), of at least one picture.
    """

    grams: Float[Tensor, "P C C"]

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return how unlike the covariances are."""
        activations = seen.features[self.layer]
        ours = covariances(activations, seen.shares(activations))
        likeness = torch.cosine_similarity(ours.flatten()[None], self.grams.flatten(1))
        return -likeness.mean()


def covariances(
    activations: Float[Tensor, "V C y x"], shares: Float[Tensor, "V 1 y x"] | None = None
) -> Float[Tensor, "C C"]:
    """Return the covariances of a layer's channels over views and places.

    Args:
        activations: of one layer.
        shares: the weight of each place, 1 on average; equal by default.
    """
    counted = activations if shares is None else activations * shares
    return gram(activations, counted.mean((0, 2, 3)), shares)


# In how many layers pictures are compared where a term names none.
USUAL_LAYERS = 5
# A picture whose colours differ by less, in linear light, is of one tone.
ONE_TONE = 1e-3


def usual_layers(network: Network) -> list[str]:
    """Return the layers in which styles are compared, from fine to coarse.

    Those after the first convolution of each block, `conv1_1` to `conv5_1`, if there are (as in
    Gatys, Ecker and Bethge, 2016); else five that are spread evenly over the depth.

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


def style(table: tables.Style, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `style`.

    Raises:
        InputError: if the file is no picture or of one tone, or a layer is not there or has no
            places; so do the other factories.
    """
    features = _features(_picture(table, context), _layers(table, context), context)
    return Style(**common, means=means_of(features), grams=grams_of(features))


def texture(table: tables.Texture, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `texture`."""
    features = _features(_picture(table, context), _layers(table, context), context)
    directions = directions_for(features)
    return Texture(
        **common,
        means=means_of(features),
        directions=directions,
        sorted=sorted_of(features, directions),
    )


def content(table: tables.Content, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `content`, by default in the last but one of the usual layers."""
    layers = _layers(table, context)
    if not table.layers:
        layers = layers[-2:-1] or layers
    whole = _picture(table, context)
    features = _features(whole, layers, context)
    return Content(
        **common,
        picture=whole,
        networks=context.known,
        means=means_of(features),
        strengths=strengths_of(features),
    )


def unlike(table: tables.Unlike, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `unlike`; its pictures are whole pages, margins included."""
    full_name, layer, _ = context.target(table, "network/layer")
    needs_places(full_name, layer, "being unlike pictures")
    size = context.recipe.size[::-1] if table.turn in (90, 270) else context.recipe.size
    wholes = [read_picture(context.recipe, path, size) for path in table.pictures]
    seen = [_features(whole, [full_name], context)[full_name] for whole in wholes]
    return Unlike(
        **common, layer=full_name, grams=torch.stack([covariances(features) for features in seen])
    )


def _layers(table: tables.Compared, context: Context) -> list[str]:
    """Return the full names of the layers to compare in."""
    names = table.layers
    if not names:
        network = usual_network(context.recipe)
        names = tuple(f"{network}/{layer}" for layer in usual_layers(context.known[network]))
    layers = {name: context.layer(name) for name in names}
    for full_name, layer in layers.items():
        needs_places(full_name, layer, table.kind)
    return list(layers)


def _picture(table: tables.Compared, context: Context) -> Float[Tensor, "3 H W"]:
    """Return the term's picture as the drawing would show it."""
    picture = placed(context.recipe, table.picture, turned=table.turn in (90, 270))
    if float((picture.shown - picture.blank).abs().max()) < ONE_TONE:
        raise InputError(f"{table.picture}: is all of one tone; it has no {table.kind}")
    return picture.shown


@torch.no_grad()
def _features(
    whole: Float[Tensor, "3 H W"], layers: Sequence[str], context: Context
) -> dict[str, Tensor]:
    """Return the activations (1, C, h, w) of a picture, shrunk to a view's size.

    On a page larger than a view, views from afar and from nearby alike are to be like it.
    """
    height, width = whole.shape[1:]
    share = min(1.0, context.recipe.views.size / min(height, width))
    size = (round(height * share), round(width * share))
    small = F.interpolate(whole[None], size, mode="bilinear", antialias=True)
    return look(context.known, small, layers)
