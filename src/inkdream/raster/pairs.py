"""Which tiles of the page can each segment touch? As torch operations, for backends that bin.

Legend: S strokes, G segments of all strokes, N pairs of a segment and a tile.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from inkdream.raster.scene import LEAST_LENGTH_SQUARED, Scene, blocks


class Pairs(NamedTuple):
    """Pairs in the order of the segments: segment, tile, and how many each segment has."""

    segment: Int[Tensor, " N"]
    tile: Int[Tensor, " N"]
    counts: Int[Tensor, " G"]


def boxes(scene: Scene, size: int) -> Int[Tensor, "S segments 4"]:
    """Return which tiles of `size` px each segment can touch: column, row, columns, rows.

    There are none for a segment off the page or not finite, and for a repeated vertex, whose place
    the segment before it covers already.
    """
    start, end = scene.lines[:, :-1], scene.lines[:, 1:]
    halo = (scene.radius + scene.softening)[:, None, None]
    low, high = torch.minimum(start, end) - halo, torch.maximum(start, end) + halo
    page = low.new_tensor([scene.width, scene.height])
    drawn = (end - start).square().sum(-1) > LEAST_LENGTH_SQUARED
    drawn[:, 0] = True
    drawn &= ((high > 0) & (low < page)).all(-1)
    drawn &= torch.isfinite(low).all(-1) & torch.isfinite(high).all(-1)
    low, high = (torch.where(drawn[..., None], each, 0) for each in (low, high))
    first = (low.clamp_min(0) / size).long()
    last = (high.minimum(page - 1) / size).long()
    return torch.cat([first, (last - first + 1) * drawn[..., None]], dim=-1)


def pair(boxes_by_segment: Int[Tensor, "G 4"], scene: Scene, size: int) -> Pairs:
    """Return all pairs of a segment and a tile in its box."""
    left, top, columns, rows = boxes_by_segment.unbind(-1)
    counts = columns * rows
    every = torch.arange(len(counts), device=counts.device)
    segment = torch.repeat_interleave(every, counts)
    place = torch.arange(len(segment), device=counts.device)
    place = place - (counts.cumsum(0) - counts)[segment]
    row, column = place // columns[segment], place % columns[segment]
    tile = (top[segment] + row) * blocks(scene.width, size) + left[segment] + column
    return Pairs(segment, tile, counts)
