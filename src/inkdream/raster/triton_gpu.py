"""The rasteriser for CUDA: segments binned to tiles by torch, one Triton program a tile.

Legend: S strokes, V vertices, P pens, G segments of all strokes, N pairs of a segment and a tile, R
runs (the pairs of one stroke in one tile), T tiles.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from inkdream.raster import triton_kernels
from inkdream.raster.pairs import boxes, pair
from inkdream.raster.scene import (
    Gradients,
    Inks,
    Scene,
    averaged,
    averaged_backward,
    blocks,
    colour_gradient,
    ink_terms,
    least_factor,
)

TILE = 16


class Bins(NamedTuple):
    """What falls into each tile, by tile, then by stroke, then by segment.

    Attributes:
        tile_runs: each tile's first run; one more at the end.
        run_stroke: the stroke of each run.
        run_pairs: each run's first pair; one more at the end.
        pairs: each pair's segment, counted within its stroke.
        homes: each pair's place in the order of the segments.
        counts: how many pairs each segment has.
    """

    tile_runs: Int[Tensor, " T+1"]
    run_stroke: Int[Tensor, " R"]
    run_pairs: Int[Tensor, " R+1"]
    pairs: Int[Tensor, " N"]
    homes: Int[Tensor, " N"]
    counts: Int[Tensor, " G"]


class Saved(NamedTuple):
    """What backward needs from forward: the bins, and what each pen leaves clear."""

    bins: Bins
    clear: Float[Tensor, "P H W"]


def forward(scene: Scene, inks: Inks | None) -> tuple[Float[Tensor, "channels H W"], Saved]:
    """Return coverage (P, H, W), or with inks a picture (3, H, W), and what backward needs."""
    bins = _bin(scene)
    clear = scene.lines.new_empty(scene.weights.shape[1], scene.height, scene.width)
    picture = (
        torch.empty_like(clear) if inks is None else torch.empty_like(clear[:1].expand(3, -1, -1))
    )
    inked, sizes = _ink_arguments(scene, inks), _sizes(scene)
    triton_kernels.forward[_tiles(scene),](
        *scene[:3],
        *bins[:4],
        *inked,
        clear,
        picture,
        *sizes,
        INKED=inks is not None,
        **_constants(scene),
    )
    return averaged(picture, scene.times), Saved(bins, clear)


def backward(
    scene: Scene, inks: Inks | None, saved: Saved, gradient: Float[Tensor, "channels H W"]
) -> Gradients:
    """Return the gradients of a loss from that to what `forward` returned."""
    gradient = averaged_backward(gradient, scene.times)
    ink_gradients: tuple[Tensor, ...] = ()
    if inks is None:
        pull = gradient * saved.clear
    else:
        pull, *rest = _compose_backward(scene, inks, saved.clear, gradient.contiguous())
        ink_gradients = tuple(rest)
    to_pairs = scene.lines.new_zeros(len(saved.bins.pairs), 5 + scene.weights.shape[1])
    triton_kernels.pull_strokes[_tiles(scene),](
        *scene[:3], *saved.bins[:5], pull, to_pairs, *_sizes(scene), **_constants(scene)
    )
    return Gradients(*_gather(scene, to_pairs, saved.bins.counts), *ink_gradients)


def _bin(scene: Scene) -> Bins:
    """Sort pairs of segments and tiles by tile; within one, they stay as the strokes are."""
    strokes, segments = scene.lines.shape[0], scene.lines.shape[1] - 1
    pairs = pair(boxes(scene, TILE).flatten(0, 1), scene, TILE)
    tile, homes = pairs.tile.sort(stable=True)
    segment = pairs.segment[homes]
    key, counts = torch.unique_consecutive(tile * strokes + segment // segments, return_counts=True)
    run_tile, run_stroke = key // max(strokes, 1), key % max(strokes, 1)
    tiles = torch.arange(_tiles(scene) + 1, device=tile.device)
    run_pairs = torch.nn.functional.pad(counts.cumsum(0), (1, 0))
    return Bins(
        tile_runs=torch.searchsorted(run_tile, tiles).int(),
        run_stroke=run_stroke.int(),
        run_pairs=run_pairs.int(),
        pairs=(segment % segments).int(),
        homes=homes.int(),
        counts=pairs.counts,
    )


def _compose_backward(
    scene: Scene, inks: Inks, clear: Float[Tensor, "P H W"], gradient: Float[Tensor, "3 H W"]
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradient to coverage * clear, and the gradients to colours and paper."""
    pens, constants = scene.weights.shape[1], _constants(scene)
    pull = torch.empty_like(clear)
    to_inks = clear.new_empty(_tiles(scene), 2, constants["PENS"], 3)
    to_paper = clear.new_empty(_tiles(scene), 3)
    inked = _ink_arguments(scene, inks)
    triton_kernels.compose_backward[_tiles(scene),](
        clear,
        gradient,
        *inked,
        pull,
        to_inks,
        to_paper,
        pens,
        scene.height,
        scene.width,
        **constants,
    )
    to_colours = colour_gradient(inks, *to_inks.sum(0)[:, :pens])
    return pull, to_colours, to_paper.sum(0)


def _gather(
    scene: Scene, to_pairs: Float[Tensor, "N shares"], counts: Int[Tensor, " G"]
) -> tuple[Tensor, Tensor, Tensor]:
    """Add up the pairs' shares: the gradients to lines, radius and weights.

    A segment's pairs lie side by side and are added in that order: nothing depends on which came
    first.
    """
    lines = scene.lines
    shape = (lines.shape[0], lines.shape[1] - 1, to_pairs.shape[1])
    if not to_pairs.numel():
        return tuple(torch.zeros_like(each) for each in scene[:3])  # type: ignore[return-value]
    summed = torch.segment_reduce(to_pairs, "sum", lengths=counts, axis=0, unsafe=True).view(shape)
    to_lines = torch.zeros_like(lines)
    to_lines[:, :-1] += summed[..., :2]
    to_lines[:, 1:] += summed[..., 2:4]
    return to_lines, summed[..., 4].sum(1), summed[..., 5:].sum(1)


def _ink_arguments(scene: Scene, inks: Inks | None) -> tuple[Tensor, ...]:
    """The terms of the inks, padded with inks that do nothing to `PENS`, and the paper."""
    if inks is None:
        return (scene.lines,) * 3
    spare = (0, 0, 0, _constants(scene)["PENS"] - scene.weights.shape[1])
    padded = (torch.nn.functional.pad(term, spare).contiguous() for term in ink_terms(inks))
    return (*padded, inks.paper.contiguous())


def _sizes(scene: Scene) -> tuple[Any, ...]:
    """The kernels' numbers."""
    vertices, pens = scene.lines.shape[1], scene.weights.shape[1]
    least = least_factor(torch.float32)
    return vertices, pens, scene.height, scene.width, float(scene.softening), least


def _constants(scene: Scene) -> dict[str, int]:
    """The kernels' compile-time numbers."""
    return {"PENS": 1 << (scene.weights.shape[1] - 1).bit_length(), "TILE": TILE}


def _tiles(scene: Scene) -> int:
    return blocks(scene.width, TILE) * blocks(scene.height, TILE)
