"""Terms that set channels of one layer side by side or against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.objectives.base import Seen
from inkdream.objectives.neurons import LayerTerm


@dataclass(frozen=True, kw_only=True)
class Direction(LayerTerm):
    """A direction in channel space: several channels of a layer together, or one without another.

    Score: mean over v, y, x of the sum over c of a[v, c, y, x] d[c], with d of unit length (the
    objective `direction` of lucid; Olah et al., "The Building Blocks of Interpretability", 2018).
    One channel alone scores what `Channel` does.

    Attributes:
        parts: (channel, factor) for each channel that counts, at least one, each channel once and
            not all factors 0. Only the factors' ratios and signs count.
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
    """Two channels, each in every other square of the page: do they tolerate each other's edges?

    Score: mean over v, y, x of m a[v, first, y, x] + (1 - m) a[v, second, y, x], where the board
    m is 1 in the squares of the first channel (the top left one is among them), 0 in the others,
    and in between where a place of the layer looks at both. The squares lie on the page: views see
    them move with the picture. Mordvintsev et al., "Differentiable Image Parameterizations"
    (2018), limit objectives to areas in the same way.

    Attributes:
        channels: the first's and the second's number, from 0.
        square: side of the squares in px of the picture, at least 1. Squares smaller than the
            layer's stride melt into one tone.
    """

    degree: ClassVar[int] = 1

    channels: tuple[int, int]
    square: int

    def maps(self, height: int, width: int) -> Float[Tensor, "1 {height} {width}"]:
        """Return the board, (1, H, W)."""
        return _board(height, width, self.square)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean activation of whichever channel a place is for."""
        first, second = (seen.features[self.layer][:, channel, None] for channel in self.channels)
        board = F.adaptive_avg_pool2d(seen.maps[self.name], (first.shape[2], first.shape[3]))
        return seen.mean(torch.lerp(second, first, board.to(first)))


@dataclass(frozen=True, kw_only=True)
class Spike(LayerTerm):
    """One channel against all the rest of its layer: what only it likes.

    Score: 1 + mean over v, y, x of log softmax_c(a[v, :, y, x] / r) / log C, where r is the root
    mean square of the layer's activations and C the number of its channels. It is 1 where the
    channel is alone, 0 where it is like all others, and below where others are stronger. The
    softmax at each place is the one that classifiers are trained with, one channel being the class
    asked for (Simonyan et al., "Deep Inside Convolutional Networks", 2013, on why its logarithm or
    the bare logit); with r, brighter activations alone win nothing.

    The mean of the channel less that of the others, or less their root mean square, climbs to
    pictures that excite the channel more, but in which it is the strongest at fewer places.

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
