"""Symmetry: drawings that are alike under mirrors, or under turns around the page's middle.

A picture of pixels is made alike by an index: each pixel takes the value of the one that stands for
it and all its images. A stroke is drawn together with its copies.

Legend: M copies of each mark, the mark itself the first of them; H W px of the page.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped
from numpy.typing import NDArray
from torch import Tensor

_MIRRORS: dict[str, tuple[tuple[int, int], ...]] = {
    "none": ((1, 1),),
    "mirror": ((1, 1), (-1, 1)),
    "flip": ((1, 1), (1, -1)),
    "both": ((1, 1), (-1, 1), (1, -1), (-1, -1)),
}
# Angles that differ by less than this share of a turn, and places by this share of a px, are one.
_ROUNDING = 1e-9
# Images of images are followed so often; more than a few only come where rounding goes in circles.
_ROUNDS = 24


def copies(name: str) -> Float[Tensor, "M 2 2"]:
    """Return the matrices that turn a mark into its copies, around the page's middle.

    They act on columns (x, y) in mm or in px; exact for mirrors, half turns and quarter turns.

    Args:
        name: none, mirror (left and right alike), flip (above and below), both, or turn-N.
    """
    if name in _MIRRORS:
        signs = torch.tensor(_MIRRORS[name], dtype=torch.float64)
        return torch.diag_embed(signs)
    angle = torch.arange(_turns(name), dtype=torch.float64) * (2 * math.pi / _turns(name))
    cos, sin = torch.cos(angle), torch.sin(angle)
    turns = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    return torch.where(turns.abs() < 1e-12, 0.0, turns)


def sources(name: str, height: int, width: int) -> Int[Tensor, "H W"]:
    """Return for each px the flat index of the one whose value it takes.

    A picture gathered by it is alike under the symmetry, up to a px where a turn carries no px
    onto a px, and to gather it once more changes nothing. A px of which a turn has no image on the
    page keeps its own value.

    Args:
        name: as for `copies`.
        height: in px.
        width: in px.
    """
    rows, columns = np.mgrid[:height, :width]
    if name in _MIRRORS:
        if name in ("mirror", "both"):
            columns = np.minimum(columns, width - 1 - columns)
        if name in ("flip", "both"):
            rows = np.minimum(rows, height - 1 - rows)
        return torch.from_numpy(rows * width + columns)
    index = _first_images(rows, columns, _turns(name))
    return torch.from_numpy(_settled(index.ravel()).reshape(height, width))


def _turns(name: str) -> int:
    return int(name.removeprefix("turn-"))


def _first_images(
    rows: NDArray[np.int64], columns: NDArray[np.int64], turns: int
) -> NDArray[np.int64]:
    """Return the flat index of each px's first image on the page, counted from one wedge of it."""
    height, width = rows.shape
    x, y = columns + (0.5 - width / 2), rows + (0.5 - height / 2)
    wedge = 2 * math.pi / turns
    number = np.floor((np.arctan2(y, x) % (2 * math.pi)) / wedge + _ROUNDING) % turns
    cos, sin = np.cos(number * wedge), np.sin(number * wedge)
    x, y = x * cos + y * sin, y * cos - x * sin
    index = np.full(rows.shape, -1)
    cos, sin = math.cos(wedge), math.sin(wedge)
    for _ in range(turns):
        column = np.floor(x + width / 2 + _ROUNDING).astype(np.int64)
        row = np.floor(y + height / 2 + _ROUNDING).astype(np.int64)
        is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        index = np.where((index < 0) & is_inside, row * width + column, index)
        x, y = x * cos - y * sin, y * cos + x * sin
    # Rounding may carry a px at the very edge off the page, together with all its images.
    return np.where(index < 0, rows * width + columns, index)


def _settled(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where images of images lead in the end; of a circle, its first px."""
    for _ in range(_ROUNDS):
        further = index[index]
        if (further == index).all():
            return index
        index = np.minimum(further, index[further])
    # What still goes in circles stands for itself; whatever leads there does so too.
    itself = np.arange(len(index))
    loose = index[index] != index
    return np.where(loose, itself, index)


def overlaid(maps: Float[Tensor, "K H W"], matrices: Float[Tensor, "M 2 2"]) -> Tensor:
    """Return maps in which each place has the sum of the values at all of its copies' places.

    Args:
        maps: (K, H, W) of a page; beyond it, they are 0.
        matrices: what `copies` gives.
    """
    if len(matrices) == 1:
        return maps
    height, width = maps.shape[1:]
    half = maps.new_tensor([width, height]) / 2
    theta = F.pad(matrices.to(maps) * half / half[:, None], (0, 1))
    grids = F.affine_grid(theta, [len(theta), 1, height, width], align_corners=False)
    every = maps.expand(len(theta), *maps.shape)
    return F.grid_sample(every, grids, padding_mode="zeros", align_corners=False).sum(0)


def darkest(maps: Float[Tensor, "K H W"], index: Int[Tensor, "H W"]) -> Float[Tensor, "K H W"]:
    """Return maps in which each px has the least value that it or any of its images has."""
    flat = maps.flatten(1)
    least = flat.scatter_reduce(1, index.flatten().expand(len(maps), -1), flat, "amin")
    return gathered(least.reshape(maps.shape), index)


def gathered(maps: Shaped[Tensor, "K H W"], index: Int[Tensor, "H W"]) -> Shaped[Tensor, "K H W"]:
    """Return maps in which each px has the value of the one that `index` names; see `sources`."""
    return maps.flatten(1).index_select(1, index.flatten()).reshape(maps.shape)
