"""From ink to the page: all rows of blocks, each px the mean of a square of finer ones.

A strip is what makes one row of blocks of the picture: `times` rows of blocks of the finer page.
It is averaged while it is still in the cache; the finer page is never there as a whole.

Legend: P pens, B blocks of the finer page, `down` and `across` of them each way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from inkdream.raster.compiled import keep, kernel, room
from inkdream.raster.lanes import BLOCK
from inkdream.raster.numba_ink import RGB, ZERO, compose_row, compose_row_backward

ONE = np.float32(1)


@kernel
def shrink(fine: Any, times: int, picture: Any, top: int) -> None:
    """Write the mean of each `times` x `times` px of a strip, which is used up, from `top` on."""
    share = ONE / np.float32(times * times)
    for channel in range(RGB):
        for row in range(BLOCK):
            added = fine[channel, times * row]
            for below in range(1, times):
                added += fine[channel, times * row + below]
            for column in range(picture.shape[2]):
                value = ZERO
                for beside in range(times):
                    value += added[times * column + beside]
                picture[channel, top + row, column] = value * share


@kernel
def enlarge(gradient: Any, top: int, times: int, fine: Any) -> None:
    """Write to a strip its share of the gradient of what `shrink` wrote."""
    share = ONE / np.float32(times * times)
    for channel in range(RGB):
        for row in range(BLOCK):
            first = fine[channel, times * row]
            for column in range(gradient.shape[2]):
                value = gradient[channel, top + row, column] * share
                for beside in range(times):
                    first[times * column + beside] = value
            for below in range(1, times):
                fine[channel, times * row + below] = first


@kernel
def compose_strip(clear: Any, ink: Any, times: int, picture: Any, strip: int) -> None:
    """Write one row of blocks of a picture."""
    if times == 1:
        compose_row(clear, ink, strip, picture, strip * BLOCK)
        return
    width = times * picture.shape[2]
    spare = room(RGB * times * BLOCK * width)
    fine = spare.reshape((RGB, times * BLOCK, width))
    for row in range(times):
        compose_row(clear, ink, times * strip + row, fine, row * BLOCK)
    shrink(fine, times, picture, strip * BLOCK)
    keep(spare)


@kernel(parallel=True)
def compose(clear: Any, ink: Any, times: int, picture: Any) -> None:
    """Write paper with all inks over it into a picture (3, rows, columns) in linear RGB.

    Rows and columns are those of the finer page, 4 * down and 4 * across, over `times`.
    """
    for strip in prange(picture.shape[1] // BLOCK):
        compose_strip(clear, ink, times, picture, strip)


@kernel
def compose_strip_backward(
    clear: Any, ink: Any, times: int, gradient: Any, strip: int, pull: Any, sums: Any
) -> None:
    """Take one row of blocks of a picture back through the inks; see `compose_row_backward`."""
    if times == 1:
        compose_row_backward(clear, ink, strip, gradient, strip * BLOCK, pull, sums)
        return
    width = times * gradient.shape[2]
    spare = room(RGB * times * BLOCK * width)
    fine = spare.reshape((RGB, times * BLOCK, width))
    enlarge(gradient, strip * BLOCK, times, fine)
    for row in range(times):
        compose_row_backward(clear, ink, times * strip + row, fine, row * BLOCK, pull, sums)
    keep(spare)


@kernel(parallel=True)
def compose_backward(clear: Any, ink: Any, times: int, gradient: Any) -> Any:
    """Take the gradient of what `compose` wrote back through the inks.

    Returns gradient to coverage * clear (B * P * 16), not set in blocks that no stroke meets, and
    by row of blocks the gradients to taken and added (down, 2, P, 3) and to the paper (down, 3).
    """
    strips = gradient.shape[1] // BLOCK
    pull, paper = room(clear.left.size), np.empty((strips * times, RGB), np.float32)
    by_row = np.empty((strips * times, 2, ink.pens, RGB), np.float32)
    for strip in prange(strips):
        compose_strip_backward(clear, ink, times, gradient, strip, pull, (by_row, paper))
    return pull, by_row, paper
