"""Regions: connected pixels of one ink, and the specks among them that no pen could draw."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled

# A region of fewer pixels than this is a speck.
SPECK_PIXELS = 4


def region_roots(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return, for every pixel, the number of its region: where its first pixel lies, row by row.

    A region is a largest set of pixels of one label in which each touches the next by an edge
    (4-connected: a pen cannot pass through a corner).

    Args:
        labels: (H, W) ink numbers.
    """
    roots: NDArray[np.int64] = _roots(np.ascontiguousarray(labels))
    return roots


def region_sizes(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return, for every pixel, how many pixels its region has; see `region_roots`.

    Args:
        labels: (H, W) ink numbers.
    """
    roots = region_roots(labels)
    sizes: NDArray[np.int64] = np.bincount(roots.ravel(), minlength=labels.size)[roots]
    return sizes


def speck_share(labels: NDArray[np.uint8]) -> float:
    """Return the share of pixels, in [0, 1], that lie in regions under `SPECK_PIXELS`."""
    return float((region_sizes(labels) < SPECK_PIXELS).mean())


def merge_specks(labels: NDArray[np.uint8], rounds: int = 8) -> NDArray[np.uint8]:
    """Return the picture with each speck given the ink that surrounds most of it.

    A speck takes the label of most of the edges it shares with larger regions (the lowest of
    equals); one that touches only specks waits for them to be merged. All specks of a round are
    judged before any is changed, so the result does not depend on an order.

    Args:
        labels: (H, W) ink numbers.
        rounds: at most; nothing but noise all over needs more than two or three.
    """
    labels = np.ascontiguousarray(labels)
    for _ in range(rounds):
        roots = _roots(labels)
        sizes = np.bincount(roots.ravel(), minlength=labels.size)
        if not ((sizes > 0) & (sizes < SPECK_PIXELS)).any():
            break
        labels = _merge(labels, roots, sizes, int(labels.max()) + 1)
    return labels


@compiled
@no_type_check  # numba finds the types; the test suite's import hook must not wrap this
def _merge(labels, roots, sizes, inks):
    height, width = labels.shape
    # Each speck's edges by the ink on their other side, counted in the row of its first pixel.
    rows = np.full(labels.size, -1, np.int64)
    specks = 0
    for index in range(labels.size):
        if 0 < sizes[index] < SPECK_PIXELS:
            rows[index] = specks
            specks += 1
    edges = np.zeros((specks, inks), np.int32)
    for row in range(height):
        for column in range(width):
            speck = rows[roots[row, column]]
            if speck < 0:
                continue
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                y, x = row + down, column + right
                inside = 0 <= y < height and 0 <= x < width
                if inside and rows[roots[y, x]] < 0:
                    edges[speck, labels[y, x]] += 1
    merged = labels.copy()
    for row in range(height):
        for column in range(width):
            speck = rows[roots[row, column]]
            if speck >= 0 and edges[speck].max() > 0:
                merged[row, column] = edges[speck].argmax()
    return merged


@compiled
@no_type_check  # numba finds the types; the test suite's import hook must not wrap this
def _roots(labels):
    """Union-find in one pass over edges: (H, W) -> the flat index of each region's root."""
    height, width = labels.shape
    parent = np.arange(height * width)
    for row in range(height):
        for column in range(width):
            here = row * width + column
            for step in range(2):
                if step == 0 and column > 0 and labels[row, column - 1] == labels[row, column]:
                    neighbour = here - 1
                elif step == 1 and row > 0 and labels[row - 1, column] == labels[row, column]:
                    neighbour = here - width
                else:
                    continue
                a, b = here, neighbour
                while parent[a] != a:
                    parent[a] = parent[parent[a]]
                    a = parent[a]
                while parent[b] != b:
                    parent[b] = parent[parent[b]]
                    b = parent[b]
                parent[max(a, b)] = min(a, b)
    for index in range(parent.size):
        # A parent is never to the right of its child, so one pass in order flattens the trees.
        parent[index] = parent[parent[index]]
    return parent.reshape(height, width)
