"""Strokes to pixels: each pixel's distance to a stroke, and its nearest segment.

The page is cut into blocks of 4 x 4 pixels, one lane a pixel. Every segment visits the blocks that
its box meets; a block keeps, lane by lane, the least squared distance so far and whose it was. Most
blocks are never visited, and no list of pairs is sorted.

Legend: S strokes, V vertices, B blocks of the page, E entries (blocks that a stroke touches).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numba import prange

from inkdream.raster.lanes import (
    BLOCK,
    WIDTH,
    address,
    columns,
    equal,
    keep,
    kernel,
    largest,
    least,
    less,
    load,
    most,
    room,
    root,
    rows,
    smallest,
    spread,
    store,
    total,
)
from inkdream.raster.scene import LEAST_LENGTH_SQUARED, least_factor

FAR = np.float32(1e30)
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
LEAST = np.float32(least_factor(torch.float32))
TINY = np.float32(LEAST_LENGTH_SQUARED)


class Strokes(NamedTuple):
    """The geometry of a scene: arrays, or their addresses inside the kernels.

    Attributes:
        lines: (S, V, 2) in px.
        radius: (S,) in px.
        halo: (S,) in px, how far from its line a stroke reaches: radius and softening.
        order: (S,) in which order strokes are laid.
        strokes: S.
        vertices: V.
        softening: in px.
        across: blocks of the page from left to right.
        down: blocks of the page from top to bottom.
    """

    lines: Any
    radius: Any
    halo: Any
    order: Any
    strokes: int
    vertices: int
    softening: Any
    across: int
    down: int


class Entries(NamedTuple):
    """What a run of strokes touches: arrays, or their addresses inside the kernels.

    Attributes:
        first: by place in the run, a stroke's first entry.
        count: likewise, how many entries a stroke has.
        block: (E,) the block of the page, row by row.
        nearest: (E * 16,) the segment nearest to each pixel of the block.
        cover: (E * 16,) the stroke's coverage of each pixel in [0, 1]; all runs share it.
    """

    first: Any
    count: Any
    block: Any
    nearest: Any
    cover: Any


@kernel
def strokes_at(strokes: Any) -> Any:
    """Return the strokes with addresses for arrays."""
    return Strokes(
        address(strokes.lines),
        address(strokes.radius),
        address(strokes.halo),
        address(strokes.order),
        strokes.strokes,
        strokes.vertices,
        strokes.softening,
        strokes.across,
        strokes.down,
    )


@kernel
def entries_at(entries: Any) -> Any:
    """Return the entries with addresses for arrays."""
    return Entries(
        address(entries.first),
        address(entries.count),
        address(entries.block),
        address(entries.nearest),
        address(entries.cover),
    )


@kernel
def segment(strokes: Any, stroke: int, index: int) -> Any:
    """Return a segment's start (x, y), its edge (x, y) and 1 / length squared, or 0 for a point."""
    place = 2 * (stroke * strokes.vertices + index)
    start_x, start_y = strokes.lines[place], strokes.lines[place + 1]
    edge_x, edge_y = strokes.lines[place + 2] - start_x, strokes.lines[place + 3] - start_y
    squared = edge_x * edge_x + edge_y * edge_y
    inverse = ONE / squared if squared > TINY else ZERO
    return start_x, start_y, edge_x, edge_y, inverse


@kernel
def blocks_met(strokes: Any, stroke: int, index: int) -> Any:
    """Return the box of blocks that a segment can touch: first and last column, first and last row.

    An empty box (last before first) stands for a segment off the page or not finite.

    What is counted here has to be found again by the search, though both are compiled on their own
    and may round sums of several terms differently. So each side is one sum of two numbers that
    stand in memory, of which there is only one rounding.
    """
    place = 2 * (stroke * strokes.vertices + index)
    start_x, start_y = strokes.lines[place], strokes.lines[place + 1]
    end_x, end_y = strokes.lines[place + 2], strokes.lines[place + 3]
    halo = strokes.halo[stroke]
    left, right = min(start_x, end_x) - halo, max(start_x, end_x) + halo
    top, bottom = min(start_y, end_y) - halo, max(start_y, end_y) + halo
    wide, high = np.float32(strokes.across * BLOCK), np.float32(strokes.down * BLOCK)
    on_page = right > ZERO and bottom > ZERO and left < wide and top < high
    is_finite = np.isfinite(end_x - start_x) and np.isfinite(end_y - start_y)
    if not (on_page and is_finite):
        return 0, -1, 0, -1
    size = np.float32(1 / BLOCK)
    return (
        int(max(left, ZERO) * size),
        min(int(min(right, wide) * size), strokes.across - 1),
        int(max(top, ZERO) * size),
        min(int(min(bottom, high) * size), strokes.down - 1),
    )


@kernel
def is_repeated(strokes: Any, stroke: int, index: int) -> bool:
    """Return whether a segment ends exactly where it begins, and is not the first."""
    place = 2 * (stroke * strokes.vertices + index)
    stays_x = strokes.lines[place] == strokes.lines[place + 2]
    return index > 0 and stays_x and strokes.lines[place + 1] == strokes.lines[place + 3]


@kernel
def bound_stroke(strokes: Any, stroke: int) -> int:
    """Return an upper bound of the number of blocks that a stroke touches."""
    boxes, left, right, top, bottom = 0, strokes.across, -1, strokes.down, -1
    for index in range(strokes.vertices - 1):
        if is_repeated(strokes, stroke, index):
            continue
        box = blocks_met(strokes, stroke, index)
        if box[1] >= box[0]:
            boxes += (box[1] - box[0] + 1) * (box[3] - box[2] + 1)
            left, right = min(left, box[0]), max(right, box[1])
            top, bottom = min(top, box[2]), max(bottom, box[3])
    return min(boxes, (right - left + 1) * (bottom - top + 1)) if boxes else 0


@kernel
def bound_share(strokes: Any, bounds: Any, worker: int, workers: int) -> None:
    """Write the bounds of one worker's strokes, in the order in which strokes are laid."""
    strokes = strokes_at(strokes)
    for place in range(worker, strokes.strokes, workers):
        bounds[place] = bound_stroke(strokes, strokes.order[place])


@kernel(parallel=True)
def bound_entries(strokes: Any, workers: int) -> Any:
    """Return by place in the order of the strokes how many blocks one cannot exceed."""
    bounds = np.empty(strokes.strokes, np.int64)
    for worker in prange(workers):
        bound_share(strokes, bounds, worker, workers)
    return bounds


@kernel
def approach(best: Any, place: int, x: Any, y: Any, piece: Any, index: int) -> None:
    """Let a segment compete for the 16 pixels of a block whose first centre is (x, y)."""
    start_x, start_y, edge_x, edge_y, inverse = piece
    from_x, from_y = columns() + (x - start_x), rows() + (y - start_y)
    along = least(most((from_x * edge_x + from_y * edge_y) * inverse, ZERO), ONE)
    away_x, away_y = from_x - along * edge_x, from_y - along * edge_y
    squared = away_x * away_x + away_y * away_y
    so_far = load(best, place)
    nearest = load(best, place + WIDTH)
    store(best, place + WIDTH, less(squared, so_far, np.float32(index), nearest))
    store(best, place, less(squared, so_far, squared, so_far))


@kernel
def visit_blocks(strokes: Any, stroke: int, work: Any) -> int:
    """Let all segments of a stroke compete; return how many blocks were visited.

    `work` is: slots (B,), -1 everywhere on entry, where each visited block's slot is written; for
    each slot the least squared distances and whose they are (2 * 16); and for each slot its block.
    """
    slots, best, visited = work
    count = 0
    for index in range(strokes.vertices - 1):
        piece = segment(strokes, stroke, index)
        if piece[4] == ZERO and index > 0:
            continue  # a point, whose place the segment before it covers
        left, right, top, bottom = blocks_met(strokes, stroke, index)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                block = row * strokes.across + column
                if slots[block] < 0:
                    slots[block] = count
                    visited[count] = block
                    store(best, 2 * WIDTH * count, spread(FAR))
                    store(best, 2 * WIDTH * count + WIDTH, spread(ZERO))
                    count += 1
                x, y = np.float32(column * BLOCK) + HALF, np.float32(row * BLOCK) + HALF
                approach(best, 2 * WIDTH * slots[block], x, y, piece, index)
    return count


@kernel
def cumulative(u: Any) -> Any:
    """Return the share of the Epanechnikov kernel below u, as in the reference."""
    u = least(most(u, -ONE), ONE)
    return u * (np.float32(0.75) - u * u * np.float32(0.25)) + HALF


@kernel
def stroke_coverage(distance: Any, radius: Any, softening: Any) -> Any:
    """Return a stroke's coverage of pixels at a distance from it, as in the reference."""
    scale = ONE / softening
    return cumulative((radius - distance) * scale) - cumulative((-radius - distance) * scale)


@kernel
def search_stroke(strokes: Any, stroke: int, entries: Any, at: int, work: Any) -> int:
    """Write a stroke's entries from place `at` on; return how many there are."""
    slots, best, visited = work
    radius, softening = strokes.radius[stroke], strokes.softening
    reach = (radius + softening) * (radius + softening)
    count = 0
    for slot in range(visit_blocks(strokes, stroke, work)):
        slots[visited[slot]] = -1
        squared = load(best, 2 * WIDTH * slot)
        if smallest(squared) < reach:
            entry = at + count
            entries.block[entry] = visited[slot]
            store(entries.nearest, WIDTH * entry, load(best, 2 * WIDTH * slot + WIDTH))
            covered = stroke_coverage(root(squared), radius, softening)
            store(entries.cover, WIDTH * entry, covered)
            count += 1
    return count


@kernel
def search_share(
    strokes: Any, begin: int, bounds: Any, entries: Any, slots: Any, worker: int
) -> None:
    """Find the entries of one worker's strokes: those of every so many places from `begin` on."""
    workers, end = slots.shape[0], begin + entries.first.shape[0]
    at = 0
    for earlier in range(worker):
        at += bounds[begin + earlier : end : workers].sum()
    most_blocks = bounds[begin:end].max()
    best, visited = room(2 * WIDTH * most_blocks), np.empty(most_blocks, np.int32)
    work = (address(slots[worker]), address(best), address(visited))
    strokes, places = strokes_at(strokes), entries_at(entries)
    for place in range(begin + worker, end, workers):
        count = search_stroke(strokes, strokes.order[place], places, at, work)
        places.first[place - begin] = at
        places.count[place - begin] = count
        at += count
    keep(best)
    keep(visited)


@kernel(parallel=True)
def search(strokes: Any, begin: int, bounds: Any, entries: Any, slots: Any) -> None:
    """Find the entries of as many strokes as `entries` has room for, from place `begin` on.

    Each of the rows of `slots` (workers, B) is one worker's. Which worker takes a stroke decides
    only where its entries lie.
    """
    for worker in prange(slots.shape[0]):
        search_share(strokes, begin, bounds, entries, slots, worker)


NEAR = np.float32(1e-12)  # px; a pixel on the line pulls nowhere, so what this divides is 0


class Pulls(NamedTuple):
    """Where gradients go: lines (S, V, 2), radius (S,), weights (S, P)."""

    lines: Any
    radius: Any
    weights: Any


@kernel
def slope(u: Any) -> Any:
    """Return the Epanechnikov kernel at u: the derivative of its cumulative."""
    u = least(most(u, -ONE), ONE)
    return (ONE - u * u) * np.float32(0.75)


@kernel
def closest(strokes: Any, stroke: int, x: Any, y: Any, nearest: Any) -> Any:
    """Return how far along the segment each pixel's closest point lies, and the way from it.

    x and y are the pixels' centres, by lane, as is `nearest`. The sums are those of the search, so
    that the distance is the same to the last bit.
    """
    low, high = int(smallest(nearest)), int(largest(nearest))
    start_x, start_y, edge_x, edge_y, inverse = segment(strokes, stroke, low)
    from_x, from_y, ex, ey, inv = (
        x - start_x,
        y - start_y,
        spread(edge_x),
        spread(edge_y),
        spread(inverse),
    )
    for index in range(low + 1, high + 1):
        start_x, start_y, edge_x, edge_y, inverse = segment(strokes, stroke, index)
        own = np.float32(index)
        from_x = equal(nearest, own, x - start_x, from_x)
        from_y = equal(nearest, own, y - start_y, from_y)
        ex, ey = equal(nearest, own, edge_x, ex), equal(nearest, own, edge_y, ey)
        inv = equal(nearest, own, inverse, inv)
    along = least(most((from_x * ex + from_y * ey) * inv, ZERO), ONE)
    return along, from_x - along * ex, from_y - along * ey


@kernel
def pull_weights(pull: Any, block: int, weights: Any, pens: int, covered: Any, sums: Any) -> Any:
    """Return the gradient to a stroke's coverage; add those to its weights to `sums` (P * 16).

    `weights` is (the stroke's first, address).
    """
    first, weight_of = weights
    to_coverage = spread(ZERO)
    for pen in range(pens):
        weight = weight_of[first + pen]
        factor = most(ONE - covered * weight, LEAST)
        others = load(pull, WIDTH * (block * pens + pen)) / factor
        to_coverage = to_coverage + others * weight
        store(sums, WIDTH * pen, load(sums, WIDTH * pen) + others * covered)
    return to_coverage


@kernel
def pull_vertices(nearest: Any, along: Any, pull_x: Any, pull_y: Any, sums: Any) -> None:
    """Add the pixels' pulls to the two ends of their nearest segments in `sums` (V * 2 * 16)."""
    near_x, near_y = pull_x * along, pull_y * along
    far_x, far_y = pull_x - near_x, pull_y - near_y
    for index in range(int(smallest(nearest)), int(largest(nearest)) + 1):
        own, place = np.float32(index), 2 * WIDTH * index
        store(sums, place, load(sums, place) + equal(nearest, own, far_x, ZERO))
        store(sums, place + 16, load(sums, place + 16) + equal(nearest, own, far_y, ZERO))
        store(sums, place + 32, load(sums, place + 32) + equal(nearest, own, near_x, ZERO))
        store(sums, place + 48, load(sums, place + 48) + equal(nearest, own, near_y, ZERO))


@kernel
def pull_stroke(strokes: Any, stroke: int, weights: Any, pens: int, run: Any, sums: Any) -> Any:
    """Return by lane the gradient to a stroke's radius; add the others to the sums.

    `run` is the gradient to coverage * clear, the entries, and the stroke's first and last;
    `sums` are those for the vertices and those for the weights.
    """
    pull, entries, first, last = run
    radius, scale = strokes.radius[stroke], ONE / strokes.softening
    to_radius = spread(ZERO)
    for entry in range(first, last):
        block, nearest = entries.block[entry], load(entries.nearest, WIDTH * entry)
        row, column = block // strokes.across, block % strokes.across
        x = columns() + (np.float32(column * BLOCK) + HALF)
        y = rows() + (np.float32(row * BLOCK) + HALF)
        along, away_x, away_y = closest(strokes, stroke, x, y, nearest)
        distance = root(away_x * away_x + away_y * away_y)
        covered = stroke_coverage(distance, radius, strokes.softening)
        to_coverage = pull_weights(pull, block, weights, pens, covered, sums[1]) * scale
        outer, inner = slope((radius - distance) * scale), slope((-radius - distance) * scale)
        to_radius = to_radius + to_coverage * (outer + inner)
        to_distance = to_coverage * (outer - inner) / most(distance, NEAR)
        pull_vertices(nearest, along, to_distance * away_x, to_distance * away_y, sums[0])
    return to_radius


@kernel
def pull_share(strokes: Any, weights: Any, pull: Any, run: Any, pulls: Any, share: Any) -> None:
    """Write the gradients of one worker's strokes.

    `run` is (first place in the order of the strokes, entries), `share` is (worker, workers).
    """
    begin, entries = run
    pens, end = weights.shape[1], begin + entries.first.shape[0]
    vertex_sums, weight_sums = room(strokes.vertices * 2 * WIDTH), room(pens * WIDTH)
    sums = (address(vertex_sums), address(weight_sums))
    strokes, entries, pull, weights = (
        strokes_at(strokes),
        entries_at(entries),
        address(pull),
        address(weights),
    )
    to_lines, to_radius, to_weights = (
        address(pulls.lines),
        address(pulls.radius),
        address(pulls.weights),
    )
    for place in range(begin + share[0], end, share[1]):
        stroke, first = strokes.order[place], entries.first[place - begin]
        vertex_sums[:] = ZERO
        weight_sums[:] = ZERO
        pixels = (pull, entries, first, first + entries.count[place - begin])
        own = (stroke * pens, weights)
        to_radius[stroke] = total(pull_stroke(strokes, stroke, own, pens, pixels, sums))
        for pen in range(pens):
            to_weights[stroke * pens + pen] = total(load(sums[1], WIDTH * pen))
        for at in range(2 * strokes.vertices):
            to_lines[2 * strokes.vertices * stroke + at] = total(load(sums[0], WIDTH * at))
    keep(vertex_sums)
    keep(weight_sums)


@kernel(parallel=True)
def pull_strokes(
    strokes: Any, begin: int, weights: Any, pull: Any, entries: Any, pulls: Any, workers: int
) -> None:
    """Write the gradients of the strokes of `entries`, from place `begin` on, into `pulls`."""
    for worker in prange(workers):
        pull_share(strokes, weights, pull, (begin, entries), pulls, (worker, workers))
