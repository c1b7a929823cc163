"""The gradient of the strokes: how far each pixel pulls at the segment nearest to it.

Strokes are independent of each other here, so each is one worker's from beginning to end: nothing
is shared, and sums have one order. Sums are kept by lane and folded once at the end of a stroke.

Legend: S strokes, V vertices, P pens, B blocks of the page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange

from inkdream.raster.compiled import keep, kernel, room
from inkdream.raster.lanes import (
    BLOCK,
    WIDTH,
    address,
    columns,
    equal,
    largest,
    least,
    load,
    most,
    root,
    rows,
    smallest,
    spread,
    store,
    total,
)
from inkdream.raster.numba_ink import LEAST
from inkdream.raster.numba_search import entries_at, segment, stroke_coverage, strokes_at

ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
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
def pull_stroke(strokes: Any, stroke: int, weights: Any, pens: int, found: Any, sums: Any) -> Any:
    """Return by lane the gradient to a stroke's radius; add the others to the sums.

    `found` is the gradient to coverage * clear, the entries, and the stroke's first and last;
    `sums` are those for the vertices and those for the weights.
    """
    pull, entries, first, last = found
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
        found = (pull, entries, first, first + entries.count[place - begin])
        own = (stroke * pens, weights)
        to_radius[stroke] = total(pull_stroke(strokes, stroke, own, pens, found, sums))
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
