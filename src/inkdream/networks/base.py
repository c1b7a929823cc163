"""What a network is to inkdream: frozen, with its own preprocessing and named layers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.errors import InputError, unknown


@dataclass(frozen=True)
class Layer:
    """One named layer.

    Attributes:
        name: as users write it: `conv4_1`.
        channels: how many, numbered from 0.
        stride: input px per output px; 0 for a layer without height and width (class logits).
        field: receptive field in input px; 0 means the whole picture.
        labels: names of the channels where they have some (class logits).
        size: px a side of its map of a picture of 224 x 224 px; 0 where nobody says.
    """

    name: str
    channels: int
    stride: int
    field: int
    labels: tuple[str, ...] = ()
    size: int = 0

    def channel(self, word: str) -> int:
        """Return the channel that a number or a label names.

        Raises:
            InputError: if the layer has no such channel.
        """
        if word in self.labels:
            return self.labels.index(word)
        if not word.isdecimal():
            if self.labels:
                raise unknown(f"class of layer {self.name}", word, self.labels)
            raise InputError(
                f"layer {self.name}: {word!r} is no channel; channels are 0 to {self.channels - 1}"
            )
        if int(word) >= self.channels:
            raise InputError(
                f"layer {self.name} has no channel {word}: it has {self.channels}, "
                f"0 to {self.channels - 1}"
            )
        return int(word)


@dataclass(frozen=True)
class Statistics:
    """Mean and deviation of a normalised layer's channels on natural pictures."""

    mean: Float[Tensor, " C"]
    deviation: Float[Tensor, " C"]


class Network(nn.Module):
    """A frozen network that looks at pictures. Subclasses say how; nobody trains it here.

    Attributes:
        name: as users write it: `loom`.
        layers: from the picture's side to the deepest.
        has_random_weights: whether nobody ever trained it; what it likes then means nothing.
        digest: the sha256 of the file that its weights are from, or of the weights themselves
            where they are from no file; "" where they ship with inkdream.
        statistics: what inner values are like on natural pictures, by names that `look` takes
            besides those of layers; empty where nobody knows.
    """

    name: str
    layers: tuple[Layer, ...]
    has_random_weights: bool = False
    digest: str = ""
    statistics: Mapping[str, Statistics] = MappingProxyType({})

    @abstractmethod
    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return the activations (V, C, h, w) of the named layers, running no deeper than asked.

        Args:
            pictures: linear RGB in [0, 1].
            layers: names from `self.layers`.
            leak: share of the gradient that passes through silent ReLUs, in [0, 1]. Within
                `leaking`, it passes all functions of torch that can be silent, without this.
        """

    @property
    def device(self) -> torch.device:
        """Return the device that its weights are on."""
        return next((each.device for each in self.parameters()), torch.device("cpu"))

    @property
    def largest_stride(self) -> int:
        """Return the stride of the coarsest layer, in px: pictures need that many a side."""
        return max(layer.stride for layer in self.layers)

    def has(self, name: str) -> bool:
        """Return whether a layer has that name; names may hold any letters, slashes too."""
        return any(layer.name == name for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """Return the layer of that name.

        Raises:
            InputError: if there is none; says which is nearest.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise unknown(f"layer of {self.name}", name, [layer.name for layer in self.layers])

    def freeze(self) -> None:
        """Turn off weight gradients, dropout and running statistics.

        `requires_grad_` on the parameters, not the attribute on the module: that does nothing.
        """
        self.eval()
        for parameter in self.parameters():
            parameter.requires_grad_(False)
