"""Strokes in mm onto a page in px: fine enough that lines side by side are not taken for one."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.page import Page
from inkdream.raster import SHARP, Inks, paint_averaged

# The rasteriser takes what lines cover of one px for chance, each independent of the others:
# bundles of lines finer than a px would look too pale. So it draws on a finer grid, on which the
# finest line is so many px wide, if that grid has not too many px.
FINEST_LINE = 1.2
MOST_TIMES = 4
MOST_PIXELS = 2**22
# Edges blurred by so many px of a grid look the same on any finer one.
SMOOTH = 1.3


def grain(page: Page, finest: float) -> int:
    """Return how many times finer than its own a page's picture is drawn; `finest` line in mm."""
    rows, columns = page.pixels
    wanted = math.ceil(FINEST_LINE / (finest * page.scale))
    affordable = math.isqrt(MOST_PIXELS // (rows * columns))
    return max(1, min(wanted, affordable, MOST_TIMES))


def draw(
    lines: Float[Tensor, "S V 2"],
    widths: Float[Tensor, " S"],
    weights: Float[Tensor, "S P"],
    inks: Inks,
    page: Page,
    blur: float,
    times: int,
) -> Float[Tensor, "3 H W"]:
    """Return strokes on their page in linear RGB, one value a px of the page.

    Args:
        lines: polylines in mm.
        widths: of the strokes in mm.
        weights: how much of each stroke each pen draws.
        inks: of P pens, and the paper.
        page: the sheet.
        blur: half the width of edges in px of the page; at least `SHARP` on the finer grid.
        times: see `grain`; as much of it as the blur needs.
    """
    if blur > 0.0:
        times = min(times, math.ceil(SMOOTH / blur))
    scale = page.scale * times
    softening = max(SHARP, blur * times)
    return paint_averaged(
        lines * scale, widths * (scale / 2), weights, inks, page.pixels, softening, times
    )


def framed(
    picture: Float[Tensor, "3 H W"], paper: Float[Tensor, " 3"], frame: Float[Tensor, "H W"]
) -> Float[Tensor, "3 H W"]:
    """Return the picture where the frame is 1, and paper where it is 0."""
    return torch.lerp(paper[:, None, None], picture, frame)
