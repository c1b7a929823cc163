"""Pictures as from further away: blurred by a Gaussian."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def gaussian(
    maps: Float[Tensor, "K H W"], deviation: float, reach: float = 2.5
) -> Float[Tensor, "K H W"]:
    """Return maps blurred by a Gaussian; beyond its edge, a map is what it is at its edge.

    Args:
        maps: any, of any K.
        deviation: standard deviation in px, above 0.
        reach: deviations after which the kernel ends; at most the map's shorter side less 1 px.
    """
    most = min(side - 1 for side in maps.shape[1:])
    radius = min(math.ceil(reach * deviation), most)
    offsets = torch.arange(-radius, radius + 1, dtype=maps.dtype, device=maps.device)
    kernel = torch.exp(-0.5 * (offsets / deviation) ** 2)
    kernel = (kernel / kernel.sum()).expand(len(maps), 1, -1)
    padded = F.pad(maps[None], (radius,) * 4, mode="replicate")
    rows = F.conv2d(padded, kernel[:, :, None], groups=len(maps))
    return F.conv2d(rows, kernel[..., None], groups=len(maps))[0]
