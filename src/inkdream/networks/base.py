"""The interface of networks (frozen, named layers, own preprocessing), and resized pictures."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkdream import colour
from inkdream.errors import InputError, unknown


@dataclass(frozen=True)
class Layer:
    """One named layer.

    Attributes:
        name: as users write it: `conv4_1`.
        channels: how many.
        stride: input px per output px; 0 for a layer without height and width (class logits).
        field: receptive field in input px; 0 for the whole picture.
        labels: names of the channels, if any (class logits).
        size: px a side of its map of a 224 x 224 px picture; 0 if unknown.
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
    """Mean and standard deviation of a layer's channels on natural pictures."""

    mean: Float[Tensor, " C"]
    deviation: Float[Tensor, " C"]


class Network(nn.Module):
    """A frozen network.

    Attributes:
        name: as users write it: `loom`.
        layers: from the input to the deepest.
        has_random_weights: whether it was never trained.
        digest: sha256 of the weights' file, or of the weights if there is none; "" if they ship
            with inkdream.
        statistics: of inner values on natural pictures, by names that `look` also takes.
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
            leak: share of the gradient that passes silent ReLUs, in [0, 1]; see also `leaking`.
        """

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return what `look` does, of pictures in sRGB."""
        return self.look(colour.srgb_to_linear(pictures), layers, leak)

    @property
    def device(self) -> torch.device:
        """The device of its weights."""
        return next((each.device for each in self.parameters()), torch.device("cpu"))

    @property
    def largest_stride(self) -> int:
        """The stride of the coarsest layer, in px: the least side of a picture."""
        return max(layer.stride for layer in self.layers)

    def has(self, name: str) -> bool:
        """Return whether a layer has that name."""
        return any(layer.name == name for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """Return the layer of that name.

        Raises:
            InputError: if there is none; names the nearest.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise unknown(f"layer of {self.name}", name, [layer.name for layer in self.layers])

    def freeze(self) -> None:
        """Turn off weight gradients, dropout and running statistics."""
        self.eval()
        for parameter in self.parameters():
            parameter.requires_grad_(False)


class SrgbNetwork(Network):
    """A network that computes with sRGB: subclasses say how by `look_srgb`."""

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return the activations of the named layers; see `Network.look`."""
        return self.look_srgb(colour.linear_to_srgb(pictures), layers, leak)

    @abstractmethod
    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return the activations of the named layers for pictures in sRGB, in [0, 1]."""


# What surrounds a picture that is fitted into another shape: the grey in the middle of sRGB.
GREY = 0.5


@dataclass(frozen=True)
class Window:
    """Where a picture lies in the network's input of size `whole`, in px."""

    top: int
    left: int
    rows: int
    columns: int
    whole: tuple[int, int]

    def cut(self, seen: Float[Tensor, "V C h w"]) -> Float[Tensor, "V C y x"]:
        """Return the part of a map that sees the picture and not the padding."""
        top, bottom = _places(self.top, self.rows, self.whole[0], seen.shape[2])
        left, right = _places(self.left, self.columns, self.whole[1], seen.shape[3])
        return seen[:, :, top:bottom, left:right]


def fit_into(
    pictures: Float[Tensor, "V 3 H W"],
    size: tuple[int, int],
    mode: str = "bilinear",
) -> tuple[Float[Tensor, "V 3 h w"], Window]:
    """Return pictures resized to fit into a size, in the middle of grey, and where they lie in it.

    Args:
        pictures: sRGB in [0, 1].
        size: rows and columns.
        mode: of `torch.nn.functional.interpolate`.
    """
    height, width = pictures.shape[2:]
    scale = min(size[0] / height, size[1] / width)
    rows = min(size[0], max(1, round(height * scale)))
    columns = min(size[1], max(1, round(width * scale)))
    if (rows, columns) != (height, width):
        pictures = F.interpolate(pictures, (rows, columns), mode=mode, antialias=True)
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    edges = (left, size[1] - columns - left, top, size[0] - rows - top)
    if any(edges):
        pictures = F.pad(pictures, edges, value=GREY)
    return pictures, Window(top, left, rows, columns, size)


def pad_to_multiple(
    pictures: Float[Tensor, "V 3 H W"], multiple: int
) -> tuple[Float[Tensor, "V 3 h w"], Window]:
    """Return pictures padded by reflection, lower right, to sides that are multiples of some px."""
    height, width = pictures.shape[2:]
    below, right = -height % multiple, -width % multiple
    if below or right:
        mode = "reflect" if below < height and right < width else "replicate"
        pictures = F.pad(pictures, (0, right, 0, below), mode=mode)
    return pictures, Window(0, 0, height, width, (height + below, width + right))


def _places(start: int, length: int, whole: int, count: int) -> tuple[int, int]:
    """Return the range of `count` places whose middles lie in part of a side; one at least."""
    if length == whole:
        return 0, count
    first = math.ceil(start / whole * count - 0.5)
    after = math.ceil((start + length) / whole * count - 0.5)
    first = min(max(first, 0), count - 1)
    return first, max(after, first + 1)
