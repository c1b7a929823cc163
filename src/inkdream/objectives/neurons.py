"""Terms that excite parts of a layer: a channel, a unit, a whole layer, a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from inkdream.objectives.base import Seen, Term


@dataclass(frozen=True, kw_only=True)
class LayerTerm(Term):
    """A term that looks at one layer.

    Attributes:
        layer: its full name, `network/layer`.
    """

    layer: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layer, alone."""
        return (self.layer,)


@dataclass(frozen=True, kw_only=True)
class Channel(LayerTerm):
    """The mean of a channel over places and views: a texture of what the channel likes.

    Score: mean over v, y, x of a[v, c, y, x] (Olah et al., "Feature Visualization", 2017).
    For a layer of class logits, whose activations are (V, classes, 1, 1), it is a class's logit.

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
    """One neuron at one place, mean over views: a single figure on the picture.

    Score: mean over v of a[v, c, y, x] (Erhan et al., "Visualizing Higher-Layer
    Features of a Deep Network", 2009).

    Attributes:
        channel: its number, from 0.
        place: (x, y) as shares of the layer's width and height, each in [0, 1]; the centre
            is (0.5, 0.5). Shares, not indices: views differ in size from the picture.
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
    """The mean square of a whole layer: more of whatever the layer already sees.

    Score: mean over v, c, y, x of a[v, c, y, x]^2 (Mordvintsev, Olah and Tyka, "Inceptionism",
    2015; known as DeepDream).
    """

    degree: ClassVar[int] = 2

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean square."""
        return seen.mean(seen.features[self.layer].square())
