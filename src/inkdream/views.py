"""Views: the picture as seen from slightly elsewhere, so that no single pixel can cheat.

Jitter, scale and rotation make structure robust (Olah et al., "Feature Visualization", 2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_MODES = {"mirror": "reflection", "edge": "border"}


@dataclass(frozen=True)
class Views:
    """How a picture is looked at in each step.

    Attributes:
        count: views a step, at least 1.
        size: a view is at most this many px high and wide; larger pictures are cropped at random.
        jitter: shift in px, uniform in [-jitter, jitter], both ways.
        scale: zoom, log-uniform in [1 / scale, scale]; at least 1.
        rotation: turn in degrees, uniform in [-rotation, rotation].
        padding: what a view sees beyond the picture's edge: the picture mirrored, or its edge
            drawn out.
    """

    count: int = 2
    size: int = 256
    jitter: float = 8.0
    scale: float = 1.1
    rotation: float = 5.0
    padding: Literal["mirror", "edge"] = "mirror"

    def __call__(
        self, image: Float[Tensor, "3 H W"], generator: torch.Generator
    ) -> Float[Tensor, "V 3 h w"]:
        """Return `count` views of the picture.

        Args:
            image: linear RGB.
            generator: the run's one source of chance, on the CPU: same views on every device.
        """
        height, width = image.shape[1:]
        size = (min(height, self.size), min(width, self.size))
        picture = image[None].expand(self.count, -1, -1, -1)
        transforms = self._transforms((height, width), size, generator).to(image)
        grid = F.affine_grid(transforms, [self.count, 3, *size], align_corners=False)
        return F.grid_sample(
            picture, grid, mode="bilinear", padding_mode=_MODES[self.padding], align_corners=False
        )

    def _transforms(
        self, whole: tuple[int, int], size: tuple[int, int], generator: torch.Generator
    ) -> Float[Tensor, "V 2 3"]:
        """Return the maps from a view's to the picture's coordinates, both in [-1, 1]."""
        chance = torch.rand(self.count, 6, generator=generator, dtype=torch.float64) * 2 - 1
        zoom = torch.exp(chance[:, 0] * math.log(self.scale))
        angle = torch.deg2rad(chance[:, 1] * self.rotation)
        height, width = whole
        # Half sizes in px turn normalised coordinates into px and back, so that a turn is no shear.
        half_view = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
        half_whole = torch.tensor([width / 2, height / 2], dtype=torch.float64)
        room = half_whole - half_view
        shift = chance[:, 2:4] * room + chance[:, 4:6] * self.jitter
        cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
        turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
        turn = turn * half_view / half_whole[:, None]
        return torch.cat([turn, (shift / half_whole)[:, :, None]], 2)
