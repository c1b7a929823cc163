"""`loom`, the built-in network: a small VGG-like classifier of formula-made pictures.

It ships with the package. How it was trained: `training/` and docs/loom.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.errors import InputError, shorten
from inkdream.networks.base import Layer, SrgbNetwork
from inkdream.networks.leak import relu
from inkdream.networks.weights import read_tensors

# Channels of the 3x3 convolutions, block by block; 2x2 average pooling stands between blocks
# (smoother gradients than max pooling: Gatys et al., "Image Style Transfer", 2016).
BLOCKS = ((24, 24), (48, 48), (96, 96, 96), (160, 160, 160), (192, 192))
WEIGHTS = "loom.safetensors"


class Loom(SrgbNetwork):
    """The built-in network: 12 convolutions in 5 blocks, then class logits."""

    def __init__(self, weights: Path | None = None) -> None:
        """Load weights made by `training/`, by default those of the package.

        Raises:
            InputError: if the file is not a loom.
        """
        super().__init__()
        self.name = "loom"
        path = weights or Path(str(resources.files(__package__) / WEIGHTS))
        tensors, metadata = read_tensors(path)
        missing = {"classes", "normalise_mean", "normalise_std"} - metadata.keys()
        if missing or "logits.weight" not in tensors:
            lacks = ", ".join(sorted(missing)) or "logits"
            raise InputError(f"{path}: is not a loom (lacks {lacks})")
        try:
            self.mean = float(metadata["normalise_mean"])
            self.deviation = float(metadata["normalise_std"])
            self.layers = _describe(tuple(json.loads(metadata["classes"])))
            self.convolutions, before = nn.ModuleDict(), 3
            for layer in self.layers[:-1]:
                self.convolutions[layer.name] = nn.Conv2d(before, layer.channels, 3, padding=1)
                before = layer.channels
            self.logits = nn.Linear(BLOCKS[-1][-1], self.layers[-1].channels)
            self.load_state_dict(
                {
                    name if name.startswith("logits.") else f"convolutions.{name}": tensor.float()
                    for name, tensor in tensors.items()
                }
            )
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise InputError(f"{path}: is not a loom ({shorten(str(error), 120)})") from error
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.freeze()

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return activations after each layer's ReLU; `logits` are (V, classes, 1, 1)."""
        wanted = {self.layer(name).name for name in layers}
        seen: dict[str, Tensor] = {}
        values = (pictures - self.mean) / self.deviation
        values = values.contiguous(memory_format=torch.channels_last)
        for name, convolution in self.convolutions.items():
            if seen.keys() == wanted:
                return seen
            if name.endswith("_1") and name != "conv1_1":
                values = F.avg_pool2d(values, 2)
            values = relu(convolution(values), leak)
            if name in wanted:
                seen[name] = values
        if "logits" in wanted:
            seen["logits"] = self.logits(values.mean((2, 3)))[:, :, None, None]
        return seen


def _describe(classes: tuple[str, ...]) -> tuple[Layer, ...]:
    layers = []
    field, stride = 1, 1
    for block, widths in enumerate(BLOCKS, 1):
        if block > 1:
            field += stride
            stride *= 2
        for number, width in enumerate(widths, 1):
            field += 2 * stride
            layers.append(Layer(f"conv{block}_{number}", width, stride, field, size=224 // stride))
    layers.append(Layer("logits", len(classes), 0, 0, classes, size=1))
    return tuple(layers)
