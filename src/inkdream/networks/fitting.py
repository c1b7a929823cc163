"""Pictures of any size for networks that take only some: shapes keep their form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# What surrounds a picture that is fitted into another shape: the grey in the middle of sRGB, in
# linear RGB.
GREY = 0.21404114


@dataclass(frozen=True)
class Window:
    """Where a picture lies in what the network sees, in px; `whole` is the size of the latter."""

    top: int
    left: int
    rows: int
    columns: int
    whole: tuple[int, int]

    def cut(self, seen: Float[Tensor, "V C h w"]) -> Float[Tensor, "V C y x"]:
        """Return the places of a map that see the picture, and not only what surrounds it."""
        top, bottom = _places(self.top, self.rows, self.whole[0], seen.shape[2])
        left, right = _places(self.left, self.columns, self.whole[1], seen.shape[3])
        return seen[:, :, top:bottom, left:right]


def fit_into(
    pictures: Float[Tensor, "V 3 H W"],
    size: tuple[int, int],
    mode: str = "bilinear",
    surround: float = GREY,
) -> tuple[Float[Tensor, "V 3 h w"], Window]:
    """Return pictures at a size, whole and unstretched, in the middle of grey.

    Args:
        pictures: in [0, 1]; linear RGB, unless `surround` says otherwise.
        size: rows and columns.
        mode: of interpolation, as PyTorch's `interpolate` names it.
        surround: the grey around them, in the pictures' own scale.
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
        pictures = F.pad(pictures, edges, value=surround)
    return pictures, Window(top, left, rows, columns, size)


def pad_to_multiple(
    pictures: Float[Tensor, "V 3 H W"], multiple: int
) -> tuple[Float[Tensor, "V 3 h w"], Window]:
    """Return pictures whose sides are multiples of so many px, mirrored at the lower right."""
    height, width = pictures.shape[2:]
    below, right = -height % multiple, -width % multiple
    if below or right:
        mode = "reflect" if below < height and right < width else "replicate"
        pictures = F.pad(pictures, (0, right, 0, below), mode=mode)
    return pictures, Window(0, 0, height, width, (height + below, width + right))


def _places(start: int, length: int, whole: int, count: int) -> tuple[int, int]:
    """Return the first of `count` places that lies in part of a side, and the one after the last.

    A place counts if its middle does; where none does, the nearest.
    """
    if length == whole:
        return 0, count
    first = math.ceil(start / whole * count - 0.5)
    after = math.ceil((start + length) / whole * count - 0.5)
    first = min(max(first, 0), count - 1)
    return first, max(after, first + 1)
