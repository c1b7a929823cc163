"""Where a picture asks for ink, and strokes that answer: for growth, and for idle strokes.

The gradient of the loss to the picture says what each px would gain if it changed; an ink laid
there changes it in a known way. Strokes begin where that gain, to first order, is largest (after
the error maps by which stroke-based painters place strokes; Hertzmann 1998).

Legend: P pens, R new strokes, N = 3 C + 1 control points, H W px of the page.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from inkdream.page import Page
from inkdream.raster import Inks
from inkdream.raster.scene import ink_terms

# Directions that are tried through each place, and places along a stroke that are looked at.
_ANGLES = 16
_LOOKS = 9
# Gains are taken together over this many px: a stroke is no single px.
_WINDOW = 5


class Sprouts(NamedTuple):
    """New strokes: their control points in mm, and the pen that each was placed for."""

    points: Float[Tensor, "R N 2"]
    pens: Int[Tensor, " R"]


def gains(
    picture: Float[Tensor, "3 H W"], asked: Float[Tensor, "3 H W"], inks: Inks
) -> Float[Tensor, "P H W"]:
    """Return by how much, to first order, the loss falls where each ink is laid; not below 0.

    Args:
        picture: as it is, linear RGB.
        asked: the loss's gradient to it.
        inks: of P pens.
    """
    taken, added = ink_terms(inks)
    change = taken[:, :, None, None] * picture - added[:, :, None, None]
    gain = (change * asked).sum(1)
    pooled = F.avg_pool2d(gain[None], _WINDOW, 1, _WINDOW // 2, count_include_pad=False)[0]
    return pooled.clamp(min=0)


def sprout(
    gain: Float[Tensor, "P H W"],
    count: int,
    points: int,
    page: Page,
    length: float,
    generator: torch.Generator,
) -> Sprouts:
    """Return strokes in the places and directions where they gain most.

    Args:
        gain: of each pen's ink at each px; see `gains`.
        count: R, how many.
        points: N control points a stroke.
        page: the sheet.
        length: of a stroke in mm.
        generator: the run's source of chance: places are drawn by the square of their gain.
    """
    best, pens = gain.max(0)
    rows, columns = best.shape
    weight = best.square().flatten() + 1e-12
    cells = torch.multinomial(weight, count, replacement=True, generator=generator)
    row, column = cells // columns, cells % columns
    centres = torch.stack([(column + 0.5) / columns, (row + 0.5) / rows], 1)
    centres = centres * torch.tensor([page.width, page.height])
    chosen = pens.flatten()[cells]
    angle = _best_angles(gain[chosen], centres, page, length)
    heading = torch.stack([torch.cos(angle), torch.sin(angle)], 1)
    along_it = torch.linspace(-length / 2, length / 2, points)
    return Sprouts(centres[:, None] + along_it[None, :, None] * heading[:, None], chosen)


def _best_angles(
    gain: Float[Tensor, "R H W"], centres: Float[Tensor, "R 2"], page: Page, length: float
) -> Float[Tensor, " R"]:
    """Return the direction in radians in which a line through each centre gains most."""
    angles = torch.arange(_ANGLES) * (math.pi / _ANGLES)
    heading = torch.stack([torch.cos(angles), torch.sin(angles)], 1)
    along_it = torch.linspace(-length / 2, length / 2, _LOOKS)
    offsets = heading[:, None] * along_it[None, :, None]
    places = centres[:, None, None] + offsets  # (R, angles, looks, 2) mm
    grid = places / torch.tensor([page.width, page.height]) * 2 - 1
    seen = F.grid_sample(gain[:, None], grid, padding_mode="zeros", align_corners=False)
    return angles[seen[:, 0].sum(-1).argmax(1)]
