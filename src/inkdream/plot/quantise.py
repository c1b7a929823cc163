"""A picture in the inks of some pens: each pixel takes the nearest, or passes its error on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray

from inkdream import colour
from inkdream.compiling import compiled
from inkdream.pens import Pen

# Nearer than this by CIEDE2000, an ink passes for the paper, which costs nothing; two white sheets
# differ by more.
LIKE_PAPER = 8.0
# Steps of red, green and blue in the table of the nearest ink that error diffusion looks up: what
# the table rounds away is error, which is passed on.
STEPS = 64
# Pixels that are compared with all inks at once.
BLOCK = 2**16


def seen_inks(pens: Sequence[Pen | None], paper: str) -> Float[np.ndarray, "K 3"]:
    """Return what each pen's ink looks like on the paper, in linear RGB.

    Transparent ink multiplies the paper's colour, opaque ink covers it.

    Args:
        pens: K pens; None is bare paper.
        paper: '#rrggbb'.

    Raises:
        InputError: if a colour is none.
    """
    ground = colour.linear_of([paper])[0]
    rows = [ground]
    for pen in pens:
        ink = ground if pen is None else colour.linear_of([pen.colour])[0]
        opacity = 1.0 if pen is None else pen.opacity
        rows.append((1 - opacity) * ground * ink + opacity * ink)
    return np.stack(rows)[1:]


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


def unused(name: str, names: set[str]) -> str:
    """Return a name that is not taken yet: 'teal', 'teal 2', 'teal 3'."""
    number = 1
    word = name
    while word in names:
        number += 1
        word = f"{name} {number}"
    return word


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
