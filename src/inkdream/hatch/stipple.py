"""Dots that lie as close as a picture is dark, and one line through all of them."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from jaxtyping import Float

from inkdream.compiling import compiled
from inkdream.plot.kdtree import build, nearest
from inkdream.plot.linesort import EntryPoints, order_strokes
from inkdream.plot.plot import Points

# Dots and points of a line, at most: each dot takes a lift, and a tour as long as their number.
MOST_DOTS, MOST_POINTS = 12_000, 20_000
# Rounds of moving each dot to the middle of what is nearest to it; pixels that are looked at.
ROUNDS, MOST_PIXELS = 15, 2**18
# A dot is this many nibs wide, if they are not too many.
DOT = 2.0
# A line through points at random in a unit square is about 0.7124 sqrt(N) long (Beardwood, Halton
# and Hammersley 1959); where they lie evenly, a bit more.
TOUR = 0.78
_SIDES = 10


def scattered(
    weight: Float[np.ndarray, "H W"], count: int, seed: int = 0
) -> Float[np.ndarray, "N 2"]:
    """Return points, as many in each part of a map as its share of the weight, and evenly so.

    Lloyd's rounds: each point moves to the weighted middle of the pixels nearest to it.

    By the square of the weights: points that lie in the middle of what is nearest to them are as
    dense as the root of that.

    Source: Secord, "Weighted Voronoi stippling", 2002.

    >>> import numpy as np
    >>> half = np.tile(np.arange(40) < 20, (40, 1)).astype(float)
    >>> points = scattered(half, 100)
    >>> len(points), bool(points[:, 0].max() <= 20)
    (100, True)

    Args:
        weight: of each pixel, 0 or more.
        count: of points; none if all weights are 0.
        seed: where in its first pixel each begins.

    Returns:
        (N, 2) x and y in pixels, from the top left corner.
    """
    total = float(weight.sum())
    if total <= 0 or count < 1:
        return np.zeros((0, 2))
    every = max(1, int(np.ceil(np.sqrt(weight.size / MOST_PIXELS))))
    coarse = _summed(weight, every)
    chance = np.random.default_rng(seed)
    # Along rows to and fro, at equal steps of weight: few points are far from where they end.
    order = np.arange(coarse.size).reshape(coarse.shape)
    order[1::2] = order[1::2, ::-1]
    path = order.ravel()
    sums = np.cumsum(coarse.ravel()[path])
    chosen = path[np.searchsorted(sums, (np.arange(count) + 0.5) / count * sums[-1])]
    rows, columns = np.divmod(chosen, coarse.shape[1])
    points = np.stack([columns, rows], 1) + chance.uniform(0.0, 1.0, (count, 2))
    for _ in range(ROUNDS):
        points = _centred(points, coarse**2)
    return points * every


def _summed(weight: Float[np.ndarray, "H W"], every: int) -> Float[np.ndarray, "h w"]:
    rows, columns = (np.arange(0, side, every) for side in weight.shape)
    sums = np.add.reduceat(np.add.reduceat(weight, rows, axis=0), columns, axis=1)
    return np.ascontiguousarray(sums, np.float64)


@compiled
@no_type_check
def _centred(points, weight):
    """Return points (N, 2) moved to the weighted middles of the pixels nearest to them."""
    tree = build(points)
    sums = np.zeros((len(points), 3))
    for row in range(weight.shape[0]):
        for column in range(weight.shape[1]):
            share = weight[row, column]
            if share > 0:
                point = nearest(tree, column + 0.5, row + 0.5)
                sums[point, 0] += share * (column + 0.5)
                sums[point, 1] += share * (row + 0.5)
                sums[point, 2] += share
    moved = points.copy()
    for point in range(len(points)):
        if sums[point, 2] > 0:
            moved[point] = sums[point, :2] / sums[point, 2]
    return moved


def dot_width(ink: float, nib: float) -> float:
    """Return how wide dots are, in mm, that together ink so many mm^2; not too many."""
    return max(DOT * nib, float(np.sqrt(4 * ink / np.pi / MOST_DOTS)))


def stippled(
    cover: Float[np.ndarray, "H W"], nib: float, scale: float, wide: float | None = None
) -> list[Points]:
    """Return dots, in mm, that cover the paper as much as it is asked for.

    Each is a spiral of the pen, from its middle outwards; larger ones where they would be too many.

    Args:
        cover: share of the paper to be inked, 0 to below 1.
        nib: width of the line in mm.
        scale: mm per pixel.
        wide: of a dot in mm; by default `dot_width`.
    """
    area = float(cover.sum()) * scale**2
    wide = dot_width(area, nib) if wide is None else wide
    count = round(4 * area / np.pi / wide**2)
    return [disc(point * scale, wide, nib) for point in scattered(cover, count)]


def disc(middle: Points, wide: float, nib: float) -> Points:
    """Return a spiral whose ink is a disc, so wide in mm, around a point (2,)."""
    reach = max((wide - nib) / 2, 0.0)
    if reach == 0:
        return np.repeat(middle[None], 2, 0)
    turns = reach / nib
    angles = np.linspace(0, 2 * np.pi * (turns + 1), max(3, round(_SIDES * (turns + 1))) + 1)
    radius = np.minimum(nib * angles / (2 * np.pi), reach)
    radius = np.maximum(radius, min(reach, nib / 2))
    spiral: Points = middle + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    return spiral


def single(cover: Float[np.ndarray, "H W"], nib: float, scale: float) -> list[Points]:
    """Return one line, in mm, that never leaves the paper: it winds where it is dark.

    A short tour of points that lie as the square of the cover: so long is a tour of them. Darker
    pictures than so many points can tell become lighter throughout.

    Args:
        cover: share of the paper to be inked, 0 to below 1.
        nib: width of the line in mm.
        scale: mm per pixel.
    """
    dense = (cover / (TOUR * nib)) ** 2 * scale**2
    points = scattered(dense, min(round(float(dense.sum())), MOST_POINTS)) * scale
    if len(points) < 2:
        return []
    numbers = np.arange(len(points))
    order = order_strokes(EntryPoints(points, numbers, numbers), (0.0, 0.0), None)
    return [np.ascontiguousarray(points[order])]
