"""Views: the picture as seen from slightly elsewhere, so that no single pixel can cheat.

Jitter, scale and rotation make structure robust (Olah et al., "Feature Visualization", 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# What makes views (V, C, h, w) of a picture, or of a map of it, (C, H, W).
Glance = Callable[[Float[Tensor, "C H W"]], Float[Tensor, "V C h w"]]

_MODES = {"mirror": "reflection", "edge": "border"}


def whole(image: Float[Tensor, "C H W"]) -> Float[Tensor, "1 C H W"]:
    """Return the picture seen whole and unmoved, as one view: the glance of certificates."""
    return image[None]


@dataclass(frozen=True)
class Views:
    """How a picture is looked at in each step.

    Attributes:
        count: views a step, at least 1.
        size: a view is at most this many px high and wide; larger pictures are cropped at random.
        survey: how far crops of a larger picture may zoom out, as a share of the way (on a
            logarithmic scale) to where one view would hold all of it; 0 for never.
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
    survey: float = 1.0

    def cast(self, generator: torch.Generator) -> Glance:
        """Return one step's views, which see every map of the picture alike.

        Args:
            generator: the run's one source of chance, on the CPU: same views on every device.
        """
        chance = torch.rand(self.count, 7, generator=generator, dtype=torch.float64) * 2 - 1
        return partial(self._see, chance=chance)

    def _see(
        self, image: Float[Tensor, "C H W"], chance: Float[Tensor, "V 7"]
    ) -> Float[Tensor, "V C h w"]:
        height, width = image.shape[1:]
        size = (min(height, self.size), min(width, self.size))
        farthest = max(height / size[0], width / size[1])
        away = farthest ** (self.survey * (chance[:, 6] + 1) / 2)
        transforms = self._transforms((height, width), size, chance, away).to(image)
        seen = [
            self._look(image, transform, size, distance)
            for transform, distance in zip(transforms, away.tolist(), strict=True)
        ]
        return torch.stack(seen)

    def _look(
        self,
        image: Float[Tensor, "C H W"],
        transform: Float[Tensor, "2 3"],
        size: tuple[int, int],
        away: float,
    ) -> Float[Tensor, "C h w"]:
        """Return one view, `away` times as far from the picture as px for px."""
        # From afar, px melt together; sampling single ones would see noise where there is a tone.
        picture = image[None]
        if (every := round(away)) > 1:
            smaller = (-(-image.shape[1] // every), -(-image.shape[2] // every))
            picture = F.adaptive_avg_pool2d(picture, smaller)
        grid = F.affine_grid(transform[None], [1, len(image), *size], align_corners=False)
        mode = _MODES[self.padding]
        return F.grid_sample(
            picture, grid, mode="bilinear", padding_mode=mode, align_corners=False
        )[0]

    def _transforms(
        self,
        whole: tuple[int, int],
        size: tuple[int, int],
        chance: Float[Tensor, "V 7"],
        away: Float[Tensor, " V"],
    ) -> Float[Tensor, "V 2 3"]:
        """Return the maps from a view's to the picture's coordinates, both in [-1, 1]."""
        zoom = torch.exp(chance[:, 0] * math.log(self.scale)) / away
        angle = torch.deg2rad(chance[:, 1] * self.rotation)
        height, width = whole
        # Half sizes in px turn normalised coordinates into px and back, so that a turn is no shear.
        half_view = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
        half_whole = torch.tensor([width / 2, height / 2], dtype=torch.float64)
        room = (half_whole - half_view * away[:, None]).clamp(min=0)
        shift = chance[:, 2:4] * room + chance[:, 4:6] * self.jitter
        cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
        turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
        turn = turn * half_view / half_whole[:, None]
        return torch.cat([turn, (shift / half_whole)[:, :, None]], 2)
