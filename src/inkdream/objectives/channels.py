"""Terms that excite parts of a layer: a channel, a unit, a whole layer, a class."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks import Layer
from inkdream.objectives.base import Seen, Term
from inkdream.objectives.context import Context, needs_places
from inkdream.recipe import terms as tables


@dataclass(frozen=True, kw_only=True)
class LayerTerm(Term):
    """A term that looks at one layer.

    Attributes:
        layer: its full name, `network/layer`.
    """

    layer: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layer."""
        return (self.layer,)


@dataclass(frozen=True, kw_only=True)
class Channel(LayerTerm):
    """The mean of a channel over places and views: a texture.

    Score: mean over v, y, x of a[v, c, y, x] (Olah et al., "Feature Visualization", 2017). For
    class logits, (V, classes, 1, 1), it is a class's logit.

    Attributes:
        channel: its number, from 0.
    """

    degree: ClassVar[int] = 1

    channel: int

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean activation."""
        return seen.mean(seen.features[self.layer][:, self.channel, None])


@dataclass(frozen=True, kw_only=True)
class Unit(LayerTerm):
    """One neuron at one place, mean over views: a single figure.

    Score: mean over v of a[v, c, y, x] (Erhan et al., "Visualizing Higher-Layer
    Features of a Deep Network", 2009).

    Attributes:
        channel: its number, from 0.
        place: (x, y) as shares of the layer's width and height, each in [0, 1].
    """

    degree: ClassVar[int] = 1

    channel: int
    place: tuple[float, float] = (0.5, 0.5)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the activation at the place."""
        activations = seen.features[self.layer][:, self.channel]
        height, width = activations.shape[1:]
        column = min(int(self.place[0] * width), width - 1)
        row = min(int(self.place[1] * height), height - 1)
        return activations[:, row, column].mean()


@dataclass(frozen=True, kw_only=True)
class Dream(LayerTerm):
    """The mean square of a whole layer: more of whatever the layer sees.

    Score: mean over v, c, y, x of a[v, c, y, x]^2 (Mordvintsev, Olah and Tyka, "Inceptionism",
    2015; known as DeepDream).
    """

    degree: ClassVar[int] = 2

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean square."""
        return seen.mean(seen.features[self.layer].square())


@dataclass(frozen=True, kw_only=True)
class Direction(LayerTerm):
    """A direction in channel space.

    Score: mean over v, y, x of the sum over c of a[v, c, y, x] d[c], with d of unit length (lucid's
    `direction`; Olah et al., "The Building Blocks of Interpretability", 2018).

    Attributes:
        parts: (channel, factor), at least one, each channel once and not all factors 0.
    """

    degree: ClassVar[int] = 1

    parts: tuple[tuple[int, float], ...]

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean dot product."""
        activations = seen.features[self.layer]
        length = math.hypot(*(factor for _, factor in self.parts))
        return torch.stack(
            [
                seen.mean(activations[:, channel, None]) * (factor / length)
                for channel, factor in self.parts
            ]
        ).sum()


@dataclass(frozen=True, kw_only=True)
class Checkerboard(LayerTerm):
    """Two channels in the squares of a checkerboard.

    Score: mean over v, y, x of m a[v, first, y, x] + (1 - m) a[v, second, y, x], where the board m
    is 1 in the first channel's squares (the top left one is among them), 0 in the others, and
    between where a place of the layer sees both. The squares lie on the page: views see them move
    with the picture (objectives limited to areas: Mordvintsev et al., "Differentiable Image
    Parameterizations", 2018).

    Attributes:
        channels: the first's and the second's number, from 0.
        square: side of the squares in px of the picture, at least 1; squares smaller than the
            layer's stride blend.
    """

    degree: ClassVar[int] = 1

    channels: tuple[int, int]
    square: int

    def maps(self, height: int, width: int) -> Float[Tensor, "1 {height} {width}"]:
        """Return the board, (1, H, W)."""
        return _board(height, width, self.square)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean activation of each place's channel."""
        first, second = (seen.features[self.layer][:, channel, None] for channel in self.channels)
        board = F.adaptive_avg_pool2d(seen.maps[self.name], (first.shape[2], first.shape[3]))
        return seen.mean(torch.lerp(second, first, board.to(first)))


@dataclass(frozen=True, kw_only=True)
class Spike(LayerTerm):
    """One channel against all the others of its layer.

    Score: 1 + mean over v, y, x of log softmax_c(a[v, :, y, x] / r) / log C, where r is the root
    mean square of the layer's activations and C the number of its channels. It is 1 where the
    channel is alone, 0 where it is like all others, and below where others are stronger (the
    logarithm of classifiers' softmax: Simonyan et al., "Deep Inside Convolutional Networks", 2013).
    With r, brighter activations alone win nothing.

    The channel's mean less that of the others, or less their root mean square, excites the channel
    more, but makes it the strongest at fewer places.

    Attributes:
        channel: its number, from 0; the layer has at least two.
    """

    channel: int

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return how much the channel stands out."""
        activations = seen.features[self.layer]
        # Where nothing is active, nothing stands out.
        strength = seen.mean(activations.square()).clamp(min=1e-12).sqrt()
        shares = F.log_softmax(activations / strength, 1)
        return 1 + seen.mean(shares[:, self.channel, None]) / math.log(activations.shape[1])


@lru_cache(maxsize=4)
def _board(height: int, width: int, square: int) -> Float[Tensor, "1 {height} {width}"]:
    """Return 1 in every other square, as in `Checkerboard`."""
    rows = torch.arange(height)[:, None] // square
    columns = torch.arange(width)[None] // square
    return ((rows + columns) % 2 == 0).float()[None]


# One part of a direction: its sign, a factor, and a channel's number or label.
_PART = re.compile(r"\s*([+-]?)\s*(?:(\d+\.?\d*|\.\d+)\s*\*)?\s*([^+*-]+)")


def neuron(table: tables.Neuron, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `neuron`: a unit, a channel, a class or a layer.

    Raises:
        InputError: if the target names no layer, channel or place; so do the other factories.
    """
    wrong = InputError(
        f"target {table.target!r}: write network/layer/channel, network/layer/channel/x,y, "
        "network/layer or network/class/name"
    )
    if not table.target.partition("/")[2]:
        raise wrong
    full_name, layer, rest = context.split(table.target)
    if not all(rest) or len(rest) > 2:
        raise wrong
    common |= {"layer": full_name}
    if not rest:
        return Dream(**common)
    channel = layer.channel(rest[0])
    if len(rest) == 1:
        return Channel(**common, channel=channel)
    place = _place(rest[1], f"target {table.target!r}")
    needs_places(full_name, layer, "one unit")
    return Unit(**_aimed(common, place, context), channel=channel, place=place)


def spike(table: tables.Spike, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `spike`."""
    full_name, layer, (word,) = context.target(table, "network/layer/channel")
    if layer.channels < 2:
        raise InputError(f"{full_name} has one channel; there is none for it to stand out from")
    return Spike(**common, layer=full_name, channel=layer.channel(word))


def direction(table: tables.Direction, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `direction`: channels with factors, as in 3+7-0.5*12."""
    full_name, layer, (words,) = context.target(table, "network/layer/3+7-0.5*12")
    return Direction(**common, layer=full_name, parts=_parts(words, layer))


def checkerboard(table: tables.Checkerboard, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `checkerboard`: two channels, as in 3,7."""
    full_name, layer, (words,) = context.target(table, "network/layer/3,7")
    needs_places(full_name, layer, "a checkerboard")
    channels = [layer.channel(word.strip()) for word in words.split(",")]
    if len(channels) != 2 or channels[0] == channels[1]:
        raise InputError(
            f"target {table.target!r}: {shorten(words)!r} is no pair of channels; write two that "
            "differ, as in 3,7"
        )
    return Checkerboard(
        **common, layer=full_name, channels=(channels[0], channels[1]), square=table.square
    )


def _aimed(common: dict[str, Any], place: tuple[float, float], context: Context) -> dict[str, Any]:
    """Return a term's common values, its term view aimed at the place if views are smaller."""
    recipe, term_view = context.recipe, common["term_view"]
    if recipe.compose == "field" and max(recipe.size) <= recipe.views.size:
        return common
    return {**common, "term_view": replace(term_view, place=place)}


def _parts(words: str, layer: Layer) -> tuple[tuple[int, float], ...]:
    """Return the channels and factors of a direction's words."""
    parts: dict[int, float] = {}
    rest = words
    while rest:
        match = _PART.match(rest)
        # Behind the first part, a sign must stand between two.
        if not match or (parts and not match[1]):
            raise InputError(
                f"{shorten(words)!r} is no direction; write channels with factors, as in 3+7-0.5*12"
            )
        channel = layer.channel(match[3].strip())
        if channel in parts:
            raise InputError(f"direction {shorten(words)!r}: channel {channel} is there twice")
        parts[channel] = float(match[2] or 1) * (-1 if match[1] == "-" else 1)
        rest = rest[match.end() :]
    length = math.hypot(*parts.values())
    if not 0 < length < math.inf:
        raise InputError(f"direction {shorten(words)!r}: its factors are 0, or too large")
    return tuple(parts.items())


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
