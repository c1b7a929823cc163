"""The rasteriser in plain torch, for devices and float types that have no kernel.

As on the CPU: blocks of 4 x 4 pixels, pairs of a segment and a block that its box meets, the
nearest segment by pixel, a product over strokes. Each step is one torch operation over all pairs of
a chunk of strokes. Sums and products have one order, so results are the same from run to run.

Legend: S strokes, V vertices, P pens, B blocks of the page, N pairs, E entries (a stroke's blocks),
L = 16 pixels of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from inkdream.raster.reference import composite, stroke_coverage
from inkdream.raster.scene import (
    LEAST_LENGTH_SQUARED,
    Gradients,
    Inks,
    Scene,
    averaged,
    averaged_backward,
    blocks,
    least_factor,
)

BLOCK = 4
PAIRS = 1 << 17
"""Pairs of a chunk at most, if it is more than one stroke: 8 MB for a float32 number a pixel."""


class Entries(NamedTuple):
    """The blocks that strokes touch, by stroke, then block, and each pixel's nearest segment."""

    stroke: Int[Tensor, " E"]
    block: Int[Tensor, " E"]
    nearest: Int[Tensor, "E L"]


class Saved(NamedTuple):
    """What backward needs: entries by chunk, and what each pen leaves clear."""

    chunks: list[Entries]
    clear: Float[Tensor, "B P L"]


def forward(scene: Scene, inks: Inks) -> tuple[Float[Tensor, "3 H W"], Saved]:
    """Return a picture, and what backward needs."""
    across, down = blocks(scene.width, BLOCK), blocks(scene.height, BLOCK)
    clear = scene.lines.new_ones(across * down, scene.weights.shape[1], BLOCK * BLOCK)
    chunks = []
    for begin, by_segment in _chunks(scene):
        entries = _search(scene, begin, by_segment)
        covered = _coverage(scene.lines, scene.radius, entries, scene)
        _lay(clear, entries, scene.weights[entries.stroke], covered)
        chunks.append(entries)
    picture = composite(1 - _as_picture(clear, scene), inks)
    return averaged(picture, scene.times), Saved(chunks, clear)


def backward(scene: Scene, inks: Inks, saved: Saved, gradient: Float[Tensor, "3 H W"]) -> Gradients:
    """Return the gradients of a loss, from that to the picture."""
    gradient = averaged_backward(gradient, scene.times)
    gradient, to_colours, to_paper = _composite_backward(scene, inks, saved.clear, gradient)
    pull = _as_blocks(gradient) * saved.clear
    to_weights = torch.zeros_like(scene.weights)
    with torch.enable_grad():
        lines, radius = (tensor.detach().requires_grad_() for tensor in scene[:2])
        to_lines, to_radius = torch.zeros_like(scene.lines), torch.zeros_like(scene.radius)
        for entries in saved.chunks:
            covered = _coverage(lines, radius, entries, scene)
            to_coverage = _lay_backward(pull, scene.weights, entries, covered.detach(), to_weights)
            pulls = torch.autograd.grad(covered, (lines, radius), to_coverage)
            to_lines, to_radius = to_lines + pulls[0], to_radius + pulls[1]
    return Gradients(to_lines.detach(), to_radius.detach(), to_weights, to_colours, to_paper)


def _chunks(scene: Scene) -> Iterator[tuple[int, Int[Tensor, "segments 4"]]]:
    """Cut the strokes into chunks of at most `PAIRS` pairs; yield first stroke and boxes."""
    by_segment = boxes(scene, BLOCK)
    sizes = by_segment[..., 2:].prod(-1).sum(-1).tolist()
    begin, pairs = 0, 0
    for stroke, size in enumerate(sizes):
        if pairs and pairs + size > PAIRS:
            yield begin, by_segment[begin:stroke].flatten(0, 1)
            begin, pairs = stroke, 0
        pairs += size
    if pairs:
        yield begin, by_segment[begin:].flatten(0, 1)


def _search(scene: Scene, begin: int, by_segment: Int[Tensor, "segments 4"]) -> Entries:
    """Return the entries of strokes from `begin` on, whose segments' boxes are given."""
    segments = scene.lines.shape[1] - 1
    owner, block, _ = pairs_of(by_segment, scene, BLOCK)
    stroke, index = begin + owner // segments, owner % segments
    area = blocks(scene.width, BLOCK) * blocks(scene.height, BLOCK)
    keys, group = torch.unique(stroke * area + block, return_inverse=True)
    away = _way(scene.lines, stroke[:, None], index[:, None], _centres(block, scene))
    squared = away.square().sum(-1)
    group = group[:, None].expand_as(squared)
    least = squared.new_full((len(keys), BLOCK * BLOCK), torch.inf)
    least.scatter_reduce_(0, group, squared, "amin")
    index = torch.where(squared == least.gather(0, group), index[:, None], segments - 1)
    nearest = torch.full_like(least, segments - 1, dtype=torch.long)
    nearest.scatter_reduce_(0, group, index, "amin")
    reach = (scene.radius[keys // area] + scene.softening).square()
    near = least.amin(-1) < reach
    return Entries((keys // area)[near], (keys % area)[near], nearest[near])


def _centres(block: Int[Tensor, " N"], scene: Scene) -> Float[Tensor, "N L 2"]:
    """Return the centres of the blocks' pixels in px."""
    across = blocks(scene.width, BLOCK)
    lane = torch.arange(BLOCK * BLOCK, device=block.device)
    x = (block % across)[:, None] * BLOCK + lane % BLOCK
    y = (block // across)[:, None] * BLOCK + lane // BLOCK
    return torch.stack([x, y], dim=-1).to(scene.lines.dtype) + 0.5


def _way(
    lines: Float[Tensor, "S V 2"], stroke: Tensor, index: Tensor, pixels: Float[Tensor, "N L 2"]
) -> Float[Tensor, "N L 2"]:
    """Return the way to each pixel from the closest point of a segment, in px."""
    start = lines[stroke, index]
    edge = lines[stroke, index + 1] - start
    length = edge.square().sum(-1)
    along = ((pixels - start) * edge).sum(-1) / length.clamp_min(LEAST_LENGTH_SQUARED)
    along = torch.where(length > LEAST_LENGTH_SQUARED, along.clamp(0, 1), 0)
    # The distance does not change to first order when the closest point slides along the segment.
    return pixels - start - along.detach()[..., None] * edge


def _coverage(
    lines: Float[Tensor, "S V 2"], radius: Float[Tensor, " S"], entries: Entries, scene: Scene
) -> Float[Tensor, "E L"]:
    """Return the strokes' coverage of the pixels in their blocks, differentiable by autograd."""
    pixels = _centres(entries.block, scene)
    squared = _way(lines, entries.stroke[:, None], entries.nearest, pixels).square().sum(-1)
    apart = squared > 0  # the root has no gradient at 0
    distance = torch.where(apart, torch.where(apart, squared, 1).sqrt(), 0)
    wide = radius[entries.stroke][:, None].expand_as(distance)
    return stroke_coverage(distance, wide, scene.softening)


def _factor(weights: Float[Tensor, "E P"], covered: Float[Tensor, "E L"]) -> Float[Tensor, "E P L"]:
    """Return what each pen leaves clear of each pixel; never 0, so that it can be divided out."""
    factor = 1 - weights[:, :, None] * covered[:, None]
    return factor.clamp_min(least_factor(covered.dtype))


def _lay(
    clear: Float[Tensor, "B P L"],
    entries: Entries,
    weights: Float[Tensor, "E P"],
    covered: Float[Tensor, "E L"],
) -> None:
    """Multiply entries into `clear`, in rounds that hold each block once: strokes in order."""
    block, order = entries.block.sort(stable=True)
    _, counts = torch.unique_consecutive(block, return_counts=True)
    turn = torch.arange(len(block), device=block.device) - torch.repeat_interleave(
        counts.cumsum(0) - counts, counts
    )
    by_turn = order[turn.argsort(stable=True)]
    for chosen in by_turn.split(torch.bincount(turn).tolist()):
        clear[entries.block[chosen]] *= _factor(weights[chosen], covered[chosen])


def _lay_backward(
    pull: Float[Tensor, "B P L"],
    weights: Float[Tensor, "S P"],
    entries: Entries,
    covered: Float[Tensor, "E L"],
    to_weights: Float[Tensor, "S P"],
) -> Float[Tensor, "E L"]:
    """Return the gradient to the coverages; add that to the weights to `to_weights`."""
    of_entry = weights[entries.stroke]
    others = pull[entries.block] / _factor(of_entry, covered)
    each = (others * covered[:, None]).sum(-1)
    to_weights.index_put_((entries.stroke,), each, accumulate=True)
    return (others * of_entry[:, :, None]).sum(1)


def _composite_backward(
    scene: Scene, inks: Inks, clear: Float[Tensor, "B P L"], gradient: Float[Tensor, "3 H W"]
) -> tuple[Tensor, ...]:
    """Return the gradients to coverage, colours and paper."""
    with torch.enable_grad():
        covered = (1 - _as_picture(clear, scene)).requires_grad_()
        colours, paper = (each.detach().requires_grad_() for each in (inks.colours, inks.paper))
        picture = composite(covered, Inks(colours, inks.opacity, paper))
    return torch.autograd.grad(picture, (covered, colours, paper), gradient)


def _as_picture(values: Float[Tensor, "B P L"], scene: Scene) -> Float[Tensor, "P H W"]:
    """Return blocks laid out as a picture."""
    across, down = blocks(scene.width, BLOCK), blocks(scene.height, BLOCK)
    grid = values.view(down, across, -1, BLOCK, BLOCK).permute(2, 0, 3, 1, 4)
    picture = grid.reshape(-1, down * BLOCK, across * BLOCK)
    return picture[:, : scene.height, : scene.width].contiguous()


def _as_blocks(picture: Float[Tensor, "P H W"]) -> Float[Tensor, "B P L"]:
    """Return a picture cut into blocks, 0 beyond its edge."""
    pens, height, width = picture.shape
    down, across = blocks(height, BLOCK), blocks(width, BLOCK)
    margins = (0, across * BLOCK - width, 0, down * BLOCK - height)
    padded = torch.nn.functional.pad(picture, margins)
    grid = padded.view(pens, down, BLOCK, across, BLOCK).permute(1, 3, 0, 2, 4)
    return grid.reshape(down * across, pens, BLOCK * BLOCK)


class Pairs(NamedTuple):
    """Pairs in the order of the segments: segment, tile, and how many each segment has."""

    segment: Int[Tensor, " N"]
    tile: Int[Tensor, " N"]
    counts: Int[Tensor, " G"]


def boxes(scene: Scene, size: int) -> Int[Tensor, "S segments 4"]:
    """Return the tiles of `size` px that each segment may touch: column, row, columns, rows.

    There are none for segments off the page or not finite, and for repeated vertices.
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


def pairs_of(boxes_by_segment: Int[Tensor, "G 4"], scene: Scene, size: int) -> Pairs:
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
