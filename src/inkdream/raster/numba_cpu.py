"""The rasteriser for CPUs: float32, blocks of 4 x 4 pixels, one register each.

Forward: find what each stroke touches (in parallel over strokes), multiply that into the pens (in
parallel over blocks of the page, in the order of the strokes at each), lay the inks over the paper.
Backward goes the same way back. Strokes go through in runs that fit the cache; only each pixel's
nearest segment is kept for the backward pass. No sum depends on the number of workers.

Legend: S strokes, V vertices, P pens, B blocks of the page, H W the page's rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.raster import numba_ink, numba_strokes
from inkdream.raster.lanes import BLOCK, WIDTH, room, use_torch_threads
from inkdream.raster.scene import Gradients, Inks, Scene, blocks, colour_gradient, ink_terms

ROOM = 1 << 18
"""Entries that a run of more than one stroke may have at most: 16 MB of coverage."""

LARGE = 1 << 20
"""Pixels of a page from which on the order of its strokes matters for speed."""

REGION = 128.0
"""Strokes whose middles lie in the same square of so many px are laid one after the other."""


class Saved(NamedTuple):
    """What backward needs: runs as (first stroke, entries), and what is clear."""

    runs: list[tuple[int, numba_strokes.Entries]]
    clear: numba_ink.Clear


def forward(scene: Scene, inks: Inks) -> tuple[Float[Tensor, "3 H W"], Saved]:
    """Return a picture, and what backward needs."""
    strokes, weights = _strokes(scene), scene.weights.numpy()
    workers = use_torch_threads()
    area = strokes.across * strokes.down
    clear = numba_ink.unmet(area, weights.shape[1])
    runs = []
    if scene.lines.shape[0]:
        slots = np.full((workers, area), -1, np.int32)
        bounds = numba_strokes.bound_entries(strokes, workers)
        for begin, entries in _runs(bounds, scene.lines.shape[1]):
            numba_strokes.search(strokes, begin, bounds, entries, slots)
            stroke_of = strokes.order[begin : begin + len(entries.first)]
            numba_ink.lay(clear, stroke_of, weights, entries, workers)
            runs.append((begin, _keep(entries, workers)))
    picture = np.empty((numba_ink.RGB, *_picture_size(strokes, scene)), np.float32)
    numba_ink.compose(clear, _ink(inks), scene.times, picture)
    return _crop(torch.from_numpy(picture), scene), Saved(runs, clear)


def backward(scene: Scene, inks: Inks, saved: Saved, gradient: Float[Tensor, "3 H W"]) -> Gradients:
    """Return the gradients of a loss, from that to the picture."""
    strokes, weights = _strokes(scene), scene.weights.numpy()
    workers = use_torch_threads()
    padded = _pad(gradient, _picture_size(strokes, scene)).numpy()
    pull, by_row, paper = numba_ink.compose_backward(saved.clear, _ink(inks), scene.times, padded)
    to_colours = colour_gradient(inks, *torch.from_numpy(by_row.sum(0)))
    lines, radius, to_weights = (torch.zeros_like(tensor) for tensor in scene[:3])
    pulls = numba_strokes.Pulls(lines.numpy(), radius.numpy(), to_weights.numpy())
    for begin, entries in saved.runs:
        numba_strokes.pull_strokes(strokes, begin, weights, pull, entries, pulls, workers)
    return Gradients(lines, radius, to_weights, to_colours, torch.from_numpy(paper.sum(0)))


def _strokes(scene: Scene) -> numba_strokes.Strokes:
    """Return the scene's geometry as arrays."""
    lines, radius, _, height, width, softening, times = scene
    return numba_strokes.Strokes(
        lines=lines.numpy(),
        radius=radius.numpy(),
        halo=radius.numpy() + np.float32(softening),
        order=_order(scene),
        strokes=lines.shape[0],
        vertices=lines.shape[1],
        softening=np.float32(softening),
        across=times * blocks(width, times * BLOCK),
        down=times * blocks(height, times * BLOCK),
    )


def _order(scene: Scene) -> Any:
    """Return the order in which to lay the strokes: on a large page by place, for the caches."""
    lines = scene.lines
    if scene.height * scene.width < LARGE or not lines.numel():
        return np.arange(lines.shape[0])
    middle = (lines[:, lines.shape[1] // 2] / REGION).nan_to_num(0, 0, 0).clamp(0, 1e3).long()
    column, row = middle.unbind(-1)
    # To and fro: the next row begins where the last one ended.
    key = row * 1000 + torch.where(row % 2 == 0, column, 999 - column)
    return key.sort(stable=True).indices.numpy()


def _ink(inks: Inks) -> numba_ink.Ink:
    """Return the inks as arrays."""
    removed, added = ink_terms(inks)
    return numba_ink.Ink(
        removed.numpy(), added.numpy(), inks.paper.contiguous().numpy(), len(inks.colours)
    )


def _runs(bounds: Any, vertices: int) -> Iterator[tuple[int, numba_strokes.Entries]]:
    """Cut the strokes into runs of at most `ROOM` entries; yield first stroke and room.

    The room is the same memory for all runs.
    """
    through = np.concatenate([[0], np.cumsum(bounds)])
    ends: list[int] = []
    while (begin := ends[-1] if ends else 0) < len(bounds):
        reached = int(np.searchsorted(through, through[begin] + ROOM, side="right")) - 1
        ends.append(max(begin + 1, reached))
    begins = [0, *ends[:-1]]
    size = max(int(through[end] - through[begin]) for begin, end in zip(begins, ends, strict=True))
    block, cover = np.empty(size, np.int32), room(size * WIDTH)
    nearest = np.empty(size * WIDTH, np.min_scalar_type(vertices - 2))
    for begin, end in zip(begins, ends, strict=True):
        first, count = np.empty((2, end - begin), np.int64)
        yield begin, numba_strokes.Entries(first, count, block, nearest, cover)


def _keep(entries: numba_strokes.Entries, workers: int) -> numba_strokes.Entries:
    """Return what backward needs of a run's entries, in memory of its own, end to end."""
    block, nearest, first = [], [], entries.first.copy()
    through = 0
    for worker in range(min(workers, len(first))):
        begin, size = int(entries.first[worker]), int(entries.count[worker::workers].sum())
        block.append(entries.block[begin : begin + size])
        nearest.append(entries.nearest[WIDTH * begin : WIDTH * (begin + size)])
        first[worker::workers] += through - begin
        through += size
    nothing = np.empty(0, np.float32)
    return numba_strokes.Entries(
        first, entries.count, np.concatenate(block), np.concatenate(nearest), nothing
    )


def _picture_size(strokes: numba_strokes.Strokes, scene: Scene) -> tuple[int, int]:
    """Return rows and columns of a picture in whole blocks."""
    return strokes.down * BLOCK // scene.times, strokes.across * BLOCK // scene.times


def _crop(picture: Tensor, scene: Scene) -> Tensor:
    """Return the page itself, out of whole blocks."""
    height, width = scene.height // scene.times, scene.width // scene.times
    return picture[:, :height, :width].contiguous()


def _pad(gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the gradient of whole blocks, 0 beyond the page."""
    height, width = size
    margins = (0, width - gradient.shape[2], 0, height - gradient.shape[1])
    if any(margins):
        gradient = torch.nn.functional.pad(gradient, margins)
    return gradient.contiguous()
