"""The network while it learns, and the file it is exported to.

A small VGG (Simonyan and Zisserman 2015) with average pooling, whose gradients are smoother than
those of maximum pooling (Gatys et al. 2015). Batch normalisation follows every convolution while
training; at export it is folded into the convolution, so the product runs plain convolutions.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

BLOCKS: tuple[tuple[int, ...], ...] = (
    (24, 24), (48, 48), (96, 96, 96), (160, 160, 160), (192, 192),
)  # fmt: skip
LAYERS: tuple[str, ...] = tuple(
    f"conv{block}_{place}"
    for block, widths in enumerate(BLOCKS, 1)
    for place, _ in enumerate(widths, 1)
)
MEAN, STD = 0.5, 0.25
FORMAT = "loom-1"


class Loom(nn.Module):
    """Convolutions with batch normalisation, named as in the exported file."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = [width for block in BLOCKS for width in block]
        inputs = [3, *widths[:-1]]
        self.convolutions = nn.ModuleDict(
            {
                name: nn.Conv2d(a, b, 3, padding=1, bias=False)
                for name, a, b in zip(LAYERS, inputs, widths, strict=True)
            }
        )
        self.norms = nn.ModuleDict(
            {name: nn.BatchNorm2d(width) for name, width in zip(LAYERS, widths, strict=True)}
        )
        # Means over a picture differ little from picture to picture at first; normalising them
        # too makes the first steps count. It folds into the linear layer.
        self.pooled = nn.BatchNorm1d(widths[-1], affine=False)
        self.logits = nn.Linear(widths[-1], classes)

    def forward(self, image: Tensor) -> Tensor:
        """Class scores (N, classes) of display sRGB images (N, 3, H, W) in [0, 1]."""
        x = (image - MEAN) / STD
        for name in LAYERS:
            if starts_block(name):
                x = functional.avg_pool2d(x, 2)
            x = functional.relu(self.norms[name](self.convolutions[name](x)))
        scores: Tensor = self.logits(self.pooled(x.mean((2, 3))))
        return scores


def starts_block(name: str) -> bool:
    """Whether pooling comes right before this layer."""
    return name.endswith("_1") and name != LAYERS[0]


def fold(network: Loom) -> dict[str, Tensor]:
    """Tensors of the exported file: batch normalisation merged into each convolution, float32.

    With gain = gamma / sqrt(variance + eps): weight * gain, and beta - running mean * gain.
    """
    tensors: dict[str, Tensor] = {}
    for name in LAYERS:
        convolution, norm = network.convolutions[name], network.norms[name]
        assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None and norm.running_var is not None
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        tensors[f"{name}.weight"] = convolution.weight * gain[:, None, None, None]
        tensors[f"{name}.bias"] = norm.bias - norm.running_mean * gain
    mean, variance = network.pooled.running_mean, network.pooled.running_var
    assert mean is not None and variance is not None
    tensors["logits.weight"] = network.logits.weight / torch.sqrt(variance + network.pooled.eps)
    tensors["logits.bias"] = network.logits.bias - tensors["logits.weight"] @ mean
    return {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}


def export(network: Loom, names: tuple[str, ...], path: Path) -> None:
    """Writes the folded network as float16 safetensors; a reader never sees half a file."""
    tensors = {name: tensor.half().contiguous() for name, tensor in fold(network).items()}
    metadata = {
        "classes": json.dumps(list(names)),
        "normalise_mean": str(MEAN),
        "normalise_std": str(STD),
        "format": FORMAT,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    save_file(tensors, aside, metadata)
    aside.chmod(0o644)
    aside.replace(path)


def load(path: Path) -> dict[str, Tensor]:
    """The tensors of an exported file as float32. Raises FileNotFoundError if there is none."""
    return {name: tensor.float() for name, tensor in load_file(path).items()}


def activations(tensors: dict[str, Tensor], image: Tensor) -> dict[str, Tensor]:
    """Every layer after its ReLU, and `logits`, of the folded network on images (N, 3, H, W)."""
    seen: dict[str, Tensor] = {}
    x = (image - MEAN) / STD
    for name in LAYERS:
        if starts_block(name):
            x = functional.avg_pool2d(x, 2)
        x = functional.relu(
            functional.conv2d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=1)
        )
        seen[name] = x
    pooled = x.mean((2, 3))
    seen["logits"] = functional.linear(pooled, tensors["logits.weight"], tensors["logits.bias"])
    return seen
