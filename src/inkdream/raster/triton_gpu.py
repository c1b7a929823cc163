"""The rasteriser for CUDA, one program a tile of the page.

A tile's strokes come as runs: one stroke's segments that may touch the tile, in order. No two
programs write to the same place.

Legend: P pens (PENS: the next power of 2), L = TILE * TILE pixels of a tile, C channels.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

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
from inkdream.raster.sparse_torch import boxes, pairs_of


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function with Triton, without the annotation checker of a test run."""
    return triton.jit(inspect.unwrap(function))


@kernel
def cumulative(u):  # type: ignore[no-untyped-def]
    """The share of the Epanechnikov kernel below u, as in the reference."""
    u = tl.minimum(tl.maximum(u, -1.0), 1.0)
    return 0.5 + u * (0.75 - u * u * 0.25)


@kernel
def slope(u):  # type: ignore[no-untyped-def]
    """The Epanechnikov kernel at u."""
    u = tl.minimum(tl.maximum(u, -1.0), 1.0)
    return 0.75 * (1.0 - u * u)


@kernel
def centres(tile, across, TILE: tl.constexpr):  # type: ignore[no-untyped-def]  # noqa: N803
    """The columns and rows of a tile's pixels (L,)."""
    lane = tl.arange(0, TILE * TILE)
    return (tile % across) * TILE + lane % TILE, (tile // across) * TILE + lane // TILE


@kernel
def way(lines, first, index, x, y):  # type: ignore[no-untyped-def]
    """How far along a segment each pixel's closest point lies (L,), and the way from it in px.

    `first` is the stroke's first vertex, `index` the segment's place in the stroke.
    """
    place = lines + 2 * (first + index)
    start_x, start_y = tl.load(place), tl.load(place + 1)
    edge_x, edge_y = tl.load(place + 2) - start_x, tl.load(place + 3) - start_y
    squared = edge_x * edge_x + edge_y * edge_y
    inverse = tl.where(squared > 1e-12, 1.0 / tl.maximum(squared, 1e-12), 0.0)
    from_x, from_y = x - start_x, y - start_y
    along = tl.minimum(tl.maximum((from_x * edge_x + from_y * edge_y) * inverse, 0.0), 1.0)
    return along, from_x - along * edge_x, from_y - along * edge_y


@kernel
def search(lines, first, pairs, begin, end, x, y):  # type: ignore[no-untyped-def]
    """The least squared distance to a run's segments (L,), and which pair of the run it was."""
    least = x * 0.0 + 1e30
    nearest = (x * 0.0).to(tl.int32)
    for pair in range(begin, end):
        _, away_x, away_y = way(lines, first, tl.load(pairs + pair), x, y)
        squared = away_x * away_x + away_y * away_y
        closer = squared < least
        least = tl.where(closer, squared, least)
        nearest = tl.where(closer, pair, nearest)
    return least, nearest


@kernel
def of_pen(values, pen, PENS: tl.constexpr):  # type: ignore[no-untyped-def]  # noqa: N803
    """One pen's row (L,) of values by pen (P, L)."""
    return tl.sum(tl.where(tl.arange(0, PENS)[:, None] == pen, values, 0.0), axis=0)


@kernel
def forward_kernel(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    lines, radius, weights, tile_runs, run_stroke, run_pairs, pairs, removed, added, paper,
    clear, picture, vertices, pens, height, width, softening, least_factor,
    PENS: tl.constexpr, TILE: tl.constexpr,  # noqa: N803
):  # fmt: skip
    """Write what each pen leaves clear of a tile, and the tile of the picture."""
    tile = tl.program_id(0)
    column, row = centres(tile, tl.cdiv(width, TILE), TILE)
    x, y = column.to(tl.float32) + 0.5, row.to(tl.float32) + 0.5
    inside = (column < width) & (row < height)
    pen = tl.arange(0, PENS)
    left = tl.full((PENS, TILE * TILE), 1.0, tl.float32)
    for run in range(tl.load(tile_runs + tile), tl.load(tile_runs + tile + 1)):
        stroke = tl.load(run_stroke + run)
        begin, end = tl.load(run_pairs + run), tl.load(run_pairs + run + 1)
        squared, _ = search(lines, stroke * vertices, pairs, begin, end, x, y)
        wide, distance = tl.load(radius + stroke), tl.sqrt(squared)
        covered = cumulative((wide - distance) / softening) - cumulative(
            (-wide - distance) / softening
        )
        weight = tl.load(weights + stroke * pens + pen, mask=pen < pens, other=0.0)
        left *= tl.maximum(1.0 - weight[:, None] * covered[None, :], least_factor)
    place = row * width + column
    at = pen[:, None] * (height * width) + place[None, :]
    within = (pen[:, None] < pens) & inside[None, :]
    tl.store(clear + at, left, mask=within)
    for channel in tl.static_range(3):
        value = x * 0.0 + tl.load(paper + channel)
        for each in tl.static_range(PENS):
            covered = 1.0 - of_pen(left, each, PENS)
            takes, adds = (
                tl.load(removed + 3 * each + channel),
                tl.load(added + 3 * each + channel),
            )
            value = value - covered * (value * takes - adds)
        tl.store(picture + channel * height * width + place, value, mask=inside)


@kernel
def compose_backward(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    clear, gradient, removed, added, paper, pull, to_inks, to_paper, pens, height, width,
    PENS: tl.constexpr, TILE: tl.constexpr,  # noqa: N803
):  # fmt: skip
    """Take a tile's gradient back through the inks.

    Writes gradient to coverage * clear (P, H, W) and, by tile, the gradients to removed and added
    (2, PENS, 3) and to the paper (3).
    """
    tile = tl.program_id(0)
    column, row = centres(tile, tl.cdiv(width, TILE), TILE)
    inside = (column < width) & (row < height)
    place, pen = row * width + column, tl.arange(0, PENS)
    at = pen[:, None] * (height * width) + place[None, :]
    within = (pen[:, None] < pens) & inside[None, :]
    left = tl.load(clear + at, mask=within, other=1.0)
    to_coverage = left * 0.0
    for channel in tl.static_range(3):
        value = column * 0.0 + tl.load(paper + channel)
        below = left * 0.0
        for each in tl.static_range(PENS):
            below = tl.where(pen[:, None] == each, value[None, :], below)
            covered = 1.0 - of_pen(left, each, PENS)
            takes, adds = (
                tl.load(removed + 3 * each + channel),
                tl.load(added + 3 * each + channel),
            )
            value = value - covered * (value * takes - adds)
        value = tl.load(gradient + channel * height * width + place, mask=inside, other=0.0)
        for above in tl.static_range(PENS):
            each = PENS - 1 - above
            covered, under = 1.0 - of_pen(left, each, PENS), of_pen(below, each, PENS)
            takes, adds = (
                tl.load(removed + 3 * each + channel),
                tl.load(added + 3 * each + channel),
            )
            own = value * (adds - under * takes)
            to_coverage = tl.where(pen[:, None] == each, to_coverage + own[None, :], to_coverage)
            inked = value * covered
            sums = to_inks + 6 * PENS * tile + 3 * each + channel
            tl.store(sums, -tl.sum(inked * under, axis=0))
            tl.store(sums + 3 * PENS, tl.sum(inked, axis=0))
            value = value - inked * takes
        tl.store(to_paper + 3 * tile + channel, tl.sum(value, axis=0))
    tl.store(pull + at, to_coverage * left, mask=within)


@kernel
def pull_strokes(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    lines, radius, weights, tile_runs, run_stroke, run_pairs, pairs, homes, pull, to_pairs,
    vertices, pens, height, width, softening, least_factor,
    PENS: tl.constexpr, TILE: tl.constexpr,  # noqa: N803
):  # fmt: skip
    """Write each pair's share (5 + P) of the gradients: start x y, end x y, radius, weights.

    The last 1 + P are the whole run's and stand at its first pair. A pair's place in `to_pairs` is
    its home, where all pairs of a segment lie side by side.
    """
    tile = tl.program_id(0)
    column, row = centres(tile, tl.cdiv(width, TILE), TILE)
    x, y = column.to(tl.float32) + 0.5, row.to(tl.float32) + 0.5
    inside, pen = (column < width) & (row < height), tl.arange(0, PENS)
    at = pen[:, None] * (height * width) + (row * width + column)[None, :]
    pulled = tl.load(pull + at, mask=(pen[:, None] < pens) & inside[None, :], other=0.0)
    for run in range(tl.load(tile_runs + tile), tl.load(tile_runs + tile + 1)):
        stroke = tl.load(run_stroke + run)
        begin, end = tl.load(run_pairs + run), tl.load(run_pairs + run + 1)
        squared, nearest = search(lines, stroke * vertices, pairs, begin, end, x, y)
        wide, distance = tl.load(radius + stroke), tl.sqrt(squared)
        outer, inner = (wide - distance) / softening, (-wide - distance) / softening
        covered = cumulative(outer) - cumulative(inner)
        weight = tl.load(weights + stroke * pens + pen, mask=pen < pens, other=0.0)
        others = pulled / tl.maximum(1.0 - weight[:, None] * covered[None, :], least_factor)
        to_coverage = tl.sum(others * weight[:, None], axis=0) / softening
        to_radius = tl.sum(to_coverage * (slope(outer) + slope(inner)), axis=0)
        to_weights = tl.sum(others * covered[None, :], axis=1)
        home = to_pairs + (5 + pens) * tl.load(homes + begin)
        tl.store(home + 4, to_radius)
        tl.store(home + 5 + pen, to_weights, mask=pen < pens)
        # A pixel on the line itself pulls nowhere.
        to_distance = to_coverage * (slope(outer) - slope(inner)) / tl.maximum(distance, 1e-12)
        for pair in range(begin, end):
            along, away_x, away_y = way(lines, stroke * vertices, tl.load(pairs + pair), x, y)
            own = tl.where(nearest == pair, to_distance, 0.0)
            home = to_pairs + (5 + pens) * tl.load(homes + pair)
            tl.store(home, tl.sum(own * away_x * (1.0 - along), axis=0))
            tl.store(home + 1, tl.sum(own * away_y * (1.0 - along), axis=0))
            tl.store(home + 2, tl.sum(own * away_x * along, axis=0))
            tl.store(home + 3, tl.sum(own * away_y * along, axis=0))


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


def forward(scene: Scene, inks: Inks) -> tuple[Float[Tensor, "3 H W"], Saved]:
    """Return a picture, and what backward needs."""
    bins = _bin(scene)
    clear = scene.lines.new_empty(scene.weights.shape[1], scene.height, scene.width)
    picture = clear.new_empty(3, scene.height, scene.width)
    inked, sizes = _ink_arguments(scene, inks), _sizes(scene)
    forward_kernel[_tiles(scene),](
        *scene[:3],
        *bins[:4],
        *inked,
        clear,
        picture,
        *sizes,
        **_constants(scene),
    )
    return averaged(picture, scene.times), Saved(bins, clear)


def backward(scene: Scene, inks: Inks, saved: Saved, gradient: Float[Tensor, "3 H W"]) -> Gradients:
    """Return the gradients of a loss, from that to the picture."""
    gradient = averaged_backward(gradient, scene.times)
    pull, to_colours, to_paper = _compose_backward(scene, inks, saved.clear, gradient.contiguous())
    to_pairs = scene.lines.new_zeros(len(saved.bins.pairs), 5 + scene.weights.shape[1])
    pull_strokes[_tiles(scene),](
        *scene[:3], *saved.bins[:5], pull, to_pairs, *_sizes(scene), **_constants(scene)
    )
    return Gradients(*_gather(scene, to_pairs, saved.bins.counts), to_colours, to_paper)


def _bin(scene: Scene) -> Bins:
    """Sort pairs of segments and tiles by tile, then by stroke."""
    strokes, segments = scene.lines.shape[0], scene.lines.shape[1] - 1
    pairs = pairs_of(boxes(scene, TILE).flatten(0, 1), scene, TILE)
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
    """Return gradient to coverage * clear, and the gradients to colours and paper."""
    pens, constants = scene.weights.shape[1], _constants(scene)
    pull = torch.empty_like(clear)
    to_inks = clear.new_empty(_tiles(scene), 2, constants["PENS"], 3)
    to_paper = clear.new_empty(_tiles(scene), 3)
    inked = _ink_arguments(scene, inks)
    compose_backward[_tiles(scene),](
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

    A segment's pairs lie side by side and are added in that order.
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


def _ink_arguments(scene: Scene, inks: Inks) -> tuple[Tensor, ...]:
    """Return the terms of the inks, padded to `PENS` with inks that do nothing, and the paper."""
    spare = (0, 0, 0, _constants(scene)["PENS"] - scene.weights.shape[1])
    padded = (torch.nn.functional.pad(term, spare).contiguous() for term in ink_terms(inks))
    return (*padded, inks.paper.contiguous())


def _sizes(scene: Scene) -> tuple[Any, ...]:
    """Return the kernels' numbers."""
    vertices, pens = scene.lines.shape[1], scene.weights.shape[1]
    least = least_factor(torch.float32)
    return vertices, pens, scene.height, scene.width, float(scene.softening), least


def _constants(scene: Scene) -> dict[str, int]:
    """Return the kernels' compile-time numbers."""
    return {"PENS": 1 << (scene.weights.shape[1] - 1).bit_length(), "TILE": TILE}


def _tiles(scene: Scene) -> int:
    return blocks(scene.width, TILE) * blocks(scene.height, TILE)
