"""The definition of the rasteriser in plain torch: slow, and differentiated by autograd.

Every kernel is judged against this file. It holds the distance of every pixel to every segment, so
it is for small pictures only.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.raster.scene import LEAST_LENGTH_SQUARED, Inks, Scene, averaged, ink_terms


def cumulative(u: Tensor) -> Tensor:
    """Return the share of an Epanechnikov kernel of half width 1 that lies below `u`, in [0, 1]."""
    u = u.clamp(-1, 1)
    return 0.5 + u * (0.75 - u * u / 4)


def pixel_centres(height: int, width: int, like: Tensor) -> Float[Tensor, "H W 2"]:
    """Return the centres of all pixels in px, x then y."""
    rows = torch.arange(height, dtype=like.dtype, device=like.device) + 0.5
    columns = torch.arange(width, dtype=like.dtype, device=like.device) + 0.5
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)


def distances(
    lines: Float[Tensor, "S V 2"], pixels: Float[Tensor, "H W 2"]
) -> Float[Tensor, "S H W"]:
    """Return each pixel's distance in px to the nearest segment of each stroke.

    The gradient goes through the nearest segment only, the first of equals; at distance 0 it is 0.
    """
    start, edge = lines[:, :-1], lines.diff(dim=1)
    length = (edge * edge).sum(-1)
    from_start = pixels[:, :, None, None] - start  # (H, W, S, segments, 2)
    along = (from_start * edge).sum(-1) / length.clamp_min(LEAST_LENGTH_SQUARED)
    along = torch.where(length > LEAST_LENGTH_SQUARED, along.clamp(0, 1), 0)
    squared = (from_start - along[..., None] * edge).square().sum(-1)
    nearest = squared.argmin(-1, keepdim=True)
    squared = squared.gather(-1, nearest)[..., 0].permute(2, 0, 1)
    apart = squared > 0  # the root has no gradient at 0
    return torch.where(apart, torch.where(apart, squared, 1).sqrt(), 0)


def stroke_coverage(
    distance: Float[Tensor, "*pixels"], radius: Float[Tensor, "*pixels"], softening: float
) -> Float[Tensor, "*pixels"]:
    """Return how much of a pixel a stroke covers, in [0, 1]: a blurred line 2 * radius wide."""
    return cumulative((radius - distance) / softening) - cumulative(
        (-radius - distance) / softening
    )


def coverage(scene: Scene) -> Float[Tensor, "P H W"]:
    """Return how much of each pixel each pen covers, in [0, 1]: the union of its strokes."""
    lines, radius, weights, height, width, softening, _ = scene
    distance = distances(lines, pixel_centres(height, width, lines))
    by_stroke = stroke_coverage(distance, radius[:, None, None].expand_as(distance), softening)
    return 1 - (1 - weights[:, :, None, None] * by_stroke[:, None]).prod(0)


def composite(covered: Float[Tensor, "P H W"], inks: Inks) -> Float[Tensor, "3 H W"]:
    """Return paper with the pens' inks laid over it in plotting order, in linear RGB.

    This is the one ink model. A transparent ink multiplies what lies below by its colour, an opaque
    ink covers it, a pen of opacity between mixes the two results.
    """
    picture = inks.paper[:, None, None].expand(-1, *covered.shape[1:])
    for pen, (removed, added) in zip(covered, zip(*ink_terms(inks), strict=True), strict=True):
        picture = picture * (1 - pen * removed[:, None, None]) + pen * added[:, None, None]
    return picture


def picture(scene: Scene, inks: Inks) -> Float[Tensor, "3 H W"]:
    """Return the picture in linear RGB, each px the mean of `scene.times` px, each way."""
    return averaged(composite(coverage(scene), inks), scene.times)
