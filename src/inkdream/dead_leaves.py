"""Pictures with the statistics of photographs, made by formula: dead leaves.

Discs of all sizes that hide each other give the edges, flat parts and 1/f^2 spectrum of natural
pictures (Lee, Mumford and Huang, "Occlusion models for natural images", 2001), and networks trained
on such pictures see photographs nearly as well as others (Baradad et al., "Learning to see by
looking at noise", 2021). They stand in for photographs where statistics of those are needed.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour

# Radii as shares of the side; their number falls with the cube of the radius.
_LEAST, _MOST = 0.01, 0.4
_DISCS = 1500
# Colours of photographs: lightness varies most, then blue against yellow, then green against red.
_LIGHTNESS, _WARMTH, _GREEN = 0.22, 0.06, 0.03


def dead_leaves(count: int, side: int, seed: int = 0) -> Float[Tensor, "count 3 side side"]:
    """Return pictures, linear RGB in [0, 1]; the same for the same arguments.

    Args:
        count: how many.
        side: px.
        seed: which.

    Example:
        >>> dead_leaves(2, 64).shape
        torch.Size([2, 3, 64, 64])
    """
    random = np.random.default_rng(seed)
    return torch.stack([_picture(side, random) for _ in range(count)])


def _picture(side: int, random: np.random.Generator) -> Float[Tensor, "3 side side"]:
    rows, columns = np.mgrid[:side, :side] / side
    bare = np.ones((side, side), bool)
    lab = np.zeros((side, side, 3), np.float32)
    # Inverse of the cumulative distribution of radii whose density falls as r^-3.
    share = random.random(_DISCS)
    radii = (_LEAST**-2 - share * (_LEAST**-2 - _MOST**-2)) ** -0.5
    places = random.random((_DISCS, 2)) * (1 + 2 * _MOST) - _MOST
    spread = np.array([_LIGHTNESS, _GREEN, _WARMTH])
    colours = np.array([0.6, 0.0, 0.02]) + spread * random.standard_normal((_DISCS, 3))
    # The first lies on top: what it covers is done.
    for radius, (row, column), leaf in zip(radii, places, colours, strict=True):
        covered = bare & ((rows - row) ** 2 + (columns - column) ** 2 < radius**2)
        lab[covered] = leaf
        bare &= ~covered
    lab[bare] = colours[-1]
    picture: Tensor = colour.oklab_to_linear(torch.from_numpy(lab)).clamp(0, 1)
    return picture.permute(2, 0, 1).contiguous().float()
