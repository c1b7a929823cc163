"""From strokes to ink: the union of a pen's strokes, and the pens laid over the paper.

What a pen leaves clear of a pixel is the product of 1 - weight * coverage over its strokes. Most
blocks of a page are never met by a stroke: no memory of theirs is read or written but for the
picture's. A block of a picture (C, 4 * down, 4 * across) is 4 runs of 4 pixels.

Legend: S strokes, P pens, B blocks of the page, C channels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange

from inkdream.raster.lanes import (
    BLOCK,
    WIDTH,
    address,
    keep,
    kernel,
    load,
    load_block,
    most,
    room,
    spread,
    store,
    store_block,
    total,
)
from inkdream.raster.numba_strokes import LEAST, entries_at

ZERO, ONE = np.float32(0), np.float32(1)
TURN = 16  # neighbouring blocks that one worker takes before it is the next one's turn
RGB = 3


class Ink(NamedTuple):
    """Inks as the kernels use them: arrays, or their addresses inside.

    `removed` and `added` (P, 3) are those of `ink_terms`, `paper` is (3,), `pens` is P.
    """

    removed: Any
    added: Any
    paper: Any
    pens: int


class Clear(NamedTuple):
    """What strokes leave clear: arrays, or their addresses inside the kernels.

    Attributes:
        left: (B * P * 16,) by block, pen and pixel; not set in blocks that no stroke meets.
        met: (B,) 1 where a stroke meets a block, else 0.
    """

    left: Any
    met: Any


def unmet(blocks: int, pens: int) -> Clear:
    """Return a page that no stroke has met yet."""
    return Clear(room(blocks * pens * WIDTH), np.zeros(blocks, np.uint8))


@kernel
def clear_at(clear: Any) -> Any:
    """Return what is clear with addresses for arrays."""
    return Clear(address(clear.left), address(clear.met))


@kernel
def ink_at(ink: Any) -> Any:
    """Return the inks with addresses for arrays."""
    return Ink(address(ink.removed), address(ink.added), address(ink.paper), ink.pens)


@kernel
def darken(clear: Any, block: int, weights: Any, pens: int, covered: Any) -> None:
    """Multiply a stroke's coverage of a block into its pens; `weights` is (first, address)."""
    first, weight_of = weights
    if not clear.met[block]:
        clear.met[block] = 1
        for pen in range(pens):
            store(clear.left, WIDTH * (block * pens + pen), spread(ONE))
    for pen in range(pens):
        weight = weight_of[first + pen]
        if weight != ZERO:
            place = WIDTH * (block * pens + pen)
            factor = most(ONE - covered * weight, LEAST)
            store(clear.left, place, load(clear.left, place) * factor)


@kernel
def lay_share(clear: Any, stroke_of: Any, weights: Any, entries: Any, share: Any) -> None:
    """Multiply a run's strokes into one worker's blocks, passing over the others' entries."""
    worker, workers = share
    pens, strokes = weights.shape[1], entries.first.shape[0]
    places, page, weights_at = entries_at(entries), clear_at(clear), address(weights)
    for place in range(strokes):
        own = (stroke_of[place] * pens, weights_at)
        first = places.first[place]
        for entry in range(first, first + places.count[place]):
            block = places.block[entry]
            if workers == 1 or np.uint32(block) // np.uint32(TURN) % np.uint32(workers) == worker:
                darken(page, block, own, pens, load(places.cover, WIDTH * entry))


@kernel(parallel=True)
def lay(clear: Any, stroke_of: Any, weights: Any, entries: Any, workers: int) -> None:
    """Multiply a run's strokes into `clear` in their order; `stroke_of` names them."""
    for worker in prange(workers):
        lay_share(clear, stroke_of, weights, entries, (worker, workers))


@kernel
def over(value: Any, covered: Any, ink: Any, pen: int, channel: int) -> Any:
    """Return one channel with a pen's ink over it."""
    return value - covered * (
        value * ink.removed[RGB * pen + channel] - ink.added[RGB * pen + channel]
    )


@kernel
def compose_row(clear: Any, ink: Any, row: int, picture: Any, top: int) -> None:
    """Write one row of the page's blocks into a picture, from its row of pixels `top` on."""
    height, width = picture.shape[1:]
    across, plane = width // BLOCK, height * width
    clear, ink, flat = clear_at(clear), ink_at(ink), address(picture)
    for column in range(across):
        block = row * across + column
        place = WIDTH * block * ink.pens
        red, green, blue = spread(ink.paper[0]), spread(ink.paper[1]), spread(ink.paper[2])
        for pen in range(ink.pens if clear.met[block] else 0):
            covered = ONE - load(clear.left, place + WIDTH * pen)
            red = over(red, covered, ink, pen, 0)
            green = over(green, covered, ink, pen, 1)
            blue = over(blue, covered, ink, pen, 2)
        corner = top * width + column * BLOCK
        store_block(flat, corner, width, red)
        store_block(flat, corner + plane, width, green)
        store_block(flat, corner + 2 * plane, width, blue)


@kernel
def unlay(left: Any, place: int, ink: Any, below: Any) -> None:
    """Write what lay below each pen in one block into `below` (P * 3 * 16)."""
    red, green, blue = spread(ink.paper[0]), spread(ink.paper[1]), spread(ink.paper[2])
    for pen in range(ink.pens):
        at = RGB * WIDTH * pen
        store(below, at, red)
        store(below, at + WIDTH, green)
        store(below, at + 2 * WIDTH, blue)
        covered = ONE - load(left, place + WIDTH * pen)
        red = over(red, covered, ink, pen, 0)
        green = over(green, covered, ink, pen, 1)
        blue = over(blue, covered, ink, pen, 2)


@kernel
def under(value: Any, covered: Any, ink: Any, pen: int, channel: int, work: Any) -> Any:
    """Take one channel's gradient down through one pen; return it and that to its coverage.

    `work` is what lay below each pen, and the sums for `removed` and `added`, each (P * 3 * 16).
    """
    below, to_removed, to_added = work
    at = WIDTH * (RGB * pen + channel)
    inked, lower = value * covered, load(below, at)
    store(to_removed, at, load(to_removed, at) - inked * lower)
    store(to_added, at, load(to_added, at) + inked)
    to_coverage = value * (
        spread(ink.added[RGB * pen + channel]) - lower * ink.removed[RGB * pen + channel]
    )
    return value - inked * ink.removed[RGB * pen + channel], to_coverage


@kernel
def compose_block_backward(left: Any, place: int, ink: Any, colour: Any, work: Any) -> Any:
    """Take a block's gradient down through the inks; return what reaches the paper.

    `colour` is the gradient by channel; `work` is gradient to coverage * clear (B * P * 16), which
    is written, and then as in `under`.
    """
    red, green, blue = colour
    pull, own = work[0], work[1:]
    pens = ink.pens
    unlay(left, place, ink, own[0])
    for above in range(pens):
        pen = pens - 1 - above
        at = place + WIDTH * pen
        bare = load(left, at)
        red, from_red = under(red, ONE - bare, ink, pen, 0, own)
        green, from_green = under(green, ONE - bare, ink, pen, 1, own)
        blue, from_blue = under(blue, ONE - bare, ink, pen, 2, own)
        store(pull, at, (from_red + from_green + from_blue) * bare)
    return red, green, blue


@kernel
def compose_row_backward(
    clear: Any, ink: Any, row: int, gradient: Any, top: int, pull: Any, sums: Any
) -> None:
    """Take a row of the page's blocks back through the inks: write to `pull` and to `sums`.

    The row's gradient is that of a picture, from its row of pixels `top` on. `sums` are the
    gradients to removed and added (down, 2, P, 3) and to the paper (down, 3).
    """
    height, width = gradient.shape[1:]
    pens, across, plane = ink.pens, width // BLOCK, height * width
    below, own = room(pens * RGB * WIDTH), room((2 * pens + 1) * RGB * WIDTH)
    own[:] = ZERO
    to_removed, to_added = address(own), address(own[pens * RGB * WIDTH :])
    bare, flat = address(own[2 * pens * RGB * WIDTH :]), address(gradient)
    work = (address(pull), address(below), to_removed, to_added)
    page, terms = clear_at(clear), ink_at(ink)
    for column in range(across):
        block = row * across + column
        corner = top * width + column * BLOCK
        red = load_block(flat, corner, width)
        green = load_block(flat, corner + plane, width)
        blue = load_block(flat, corner + 2 * plane, width)
        if page.met[block]:
            place, colour = WIDTH * block * pens, (red, green, blue)
            red, green, blue = compose_block_backward(page.left, place, terms, colour, work)
        store(bare, 0, load(bare, 0) + red)
        store(bare, WIDTH, load(bare, WIDTH) + green)
        store(bare, 2 * WIDTH, load(bare, 2 * WIDTH) + blue)
    for at in range(2 * pens * RGB):
        sums[0].reshape(-1)[2 * pens * RGB * row + at] = total(load(own, WIDTH * at))
    for channel in range(RGB):
        sums[1][row, channel] = total(load(bare, WIDTH * channel))
    keep(below)
    keep(own)


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
    by row of blocks the gradients to removed and added (down, 2, P, 3) and to the paper (down, 3).
    """
    strips = gradient.shape[1] // BLOCK
    pull, paper = room(clear.left.size), np.empty((strips * times, RGB), np.float32)
    by_row = np.empty((strips * times, 2, ink.pens, RGB), np.float32)
    for strip in prange(strips):
        compose_strip_backward(clear, ink, times, gradient, strip, pull, (by_row, paper))
    return pull, by_row, paper
