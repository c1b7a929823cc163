"""A picture in a few inks: which serve it, and which ink each pixel takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from inkdream import colour
from inkdream.compiling import compiled
from inkdream.pens import LEARNED
from inkdream.pictures import Inked

# Steps of red, green and blue in the table of the nearest ink that error diffusion looks up: what
# the table rounds away is error, which is passed on.
STEPS = 64
# Pixels that are compared with all inks at once.
BLOCK = 2**16


def nearest(
    picture: Float[np.ndarray, "3 H W"], inks: Float[np.ndarray, "K 3"]
) -> UInt8[np.ndarray, "H W"]:
    """Return for each pixel the number of the ink that looks most like it, by distance in OKLab.

    Args:
        picture: linear RGB.
        inks: at most 256, linear RGB; the first of equals is taken.
    """
    points = picture.reshape(3, -1)
    labels = np.empty(points.shape[1], np.uint8)
    known = colour.linear_to_oklab(inks.astype(np.float64))
    for start in range(0, len(labels), BLOCK):
        block = colour.linear_to_oklab(points[:, start : start + BLOCK].T.astype(np.float64))
        labels[start : start + BLOCK] = _distances(block, known).argmin(axis=1)
    return labels.reshape(picture.shape[1:])


def diffused(
    picture: Float[np.ndarray, "3 H W"], inks: Float[np.ndarray, "K 3"]
) -> UInt8[np.ndarray, "H W"]:
    """Return ink numbers whose mean, looked at from afar, is the picture: error diffusion.

    Each pixel takes the ink that is nearest in OKLab, and what it is off by goes to those not yet
    decided, in linear RGB, since that is how inks mix for the eye. Rows are walked to the right and
    to the left in turn.

    Source: Floyd and Steinberg 1976, "An adaptive algorithm for spatial grey scale".

    Args:
        picture: linear RGB.
        inks: at most 256, linear RGB.
    """
    side = np.linspace(0, 1, STEPS) ** 2
    cells = np.stack(np.meshgrid(side, side, side, indexing="ij")).reshape(3, STEPS, -1)
    table = nearest(cells, inks).reshape(STEPS, STEPS, STEPS)
    values = np.ascontiguousarray(picture.transpose(1, 2, 0), dtype=np.float64)
    labels: NDArray[np.uint8] = _diffuse(values, inks.astype(np.float64), table)
    return labels


def cluster(
    pixels: Float[Tensor, "3 H W"],
    inks: Sequence[str],
    generator: torch.Generator,
    rounds: int = 30,
) -> Float[Tensor, "K 3"]:
    """Return inks that serve a picture: k-means in sRGB, in which fixed inks do not move.

    Args:
        pixels: the picture, linear RGB.
        inks: K of them, a colour each or '?' for one to be found.
        generator: chooses the first inks, far ones first (k-means++; Arthur and
            Vassilvitskii 2007).
        rounds: of Lloyd's algorithm, at most.

    Returns:
        The inks in linear RGB, in the order of `inks`.
    """
    points = colour.linear_to_srgb(pixels).reshape(3, -1).T
    loose = torch.tensor([ink == LEARNED for ink in inks])
    centres = torch.zeros(len(inks), 3)
    centres[~loose] = (
        torch.tensor([colour.parse(ink) for ink in inks if ink != LEARNED]).reshape(-1, 3) / 255
    )
    placed = centres[~loose]
    for index in loose.nonzero()[:, 0].tolist():
        far = torch.cdist(points, placed).square().amin(1) if len(placed) else points.new_ones(1)
        # The first ink, or a picture of fewer colours than inks: any pixel will do.
        far = far if far.sum() > 0 and len(placed) else points.new_ones(len(points))
        centres[index] = points[torch.multinomial(far, 1, generator=generator)[0]]
        placed = torch.cat([placed, centres[index : index + 1]])
    for _ in range(rounds):
        labels = torch.cdist(points, centres).argmin(1)
        counts = torch.bincount(labels, minlength=len(inks))
        sums = torch.zeros_like(centres).index_add_(0, labels, points)
        moving = loose & (counts > 0)
        before = centres.clone()
        centres[moving] = sums[moving] / counts[moving, None]
        if torch.equal(before, centres):
            break
    return colour.srgb_to_linear(centres)


def quantise(
    pixels: Float[Tensor, "3 H W"], inks: Sequence[str], generator: torch.Generator
) -> Inked:
    """Return a picture cut down to a few inks: each pixel takes the nearest, in sRGB.

    Args:
        pixels: linear RGB.
        inks: a colour each or '?' for one to be found by `cluster`.
        generator: for `cluster`.
    """
    colours = cluster(pixels, inks, generator)
    points = colour.linear_to_srgb(pixels).reshape(3, -1).T
    labels = torch.cdist(points, colour.linear_to_srgb(colours)).argmin(1)
    grid = labels.reshape(pixels.shape[1:]).to(torch.uint8)
    return Inked(grid.numpy(), colour.to_bytes(colours).numpy())


def _distances(points: NDArray[np.float64], inks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return squares of distances (N, K) between colours (N, 3) and (K, 3)."""
    return np.stack([((points - ink) ** 2).sum(axis=1) for ink in inks], axis=1)


@compiled
@no_type_check
def _diffuse(values, inks, table):
    """Return labels (H, W); `values` (H, W, 3) take up the errors."""
    rows, columns, _ = values.shape
    labels = np.zeros((rows, columns), np.uint8)
    last = len(table) - 1
    cell = np.zeros(3, np.int64)
    for row in range(rows):
        step = 1 if row % 2 == 0 else -1
        column = 0 if step == 1 else columns - 1
        while 0 <= column < columns:
            for channel in range(3):
                value = values[row, column, channel]
                value = min(value, 1.0) if value > 0.0 else 0.0  # 0 for what is no number, too
                cell[channel] = int(np.sqrt(value) * last + 0.5)
            label = table[cell[0], cell[1], cell[2]]
            labels[row, column] = label
            ahead = column + step
            behind = column - step
            for channel in range(3):
                error = values[row, column, channel] - inks[label, channel]
                # A colour that no mixture of the inks makes must not pile up.
                error = min(max(error, -1.0), 1.0) / 16
                if 0 <= ahead < columns:
                    values[row, ahead, channel] += 7 * error
                    if row + 1 < rows:
                        values[row + 1, ahead, channel] += error
                if row + 1 < rows:
                    values[row + 1, column, channel] += 5 * error
                    if 0 <= behind < columns:
                        values[row + 1, behind, channel] += 3 * error
            column += step
    return labels
