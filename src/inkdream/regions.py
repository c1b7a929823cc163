"""Regions: connected pixels of one ink, and the specks among them that no pen could draw."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

# A region of fewer pixels than this is a speck.
SPECK_PIXELS = 4


def region_sizes(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return, for every pixel, how many pixels its region has.

    A region is a largest set of pixels of one label in which each touches the next by an edge
    (4-connected: a pen cannot pass through a corner).

    Args:
        labels: (H, W) ink numbers.
    """
    roots = _roots(np.ascontiguousarray(labels))
    return np.bincount(roots.ravel(), minlength=labels.size)[roots]


def speck_share(labels: NDArray[np.uint8]) -> float:
    """Return the share of pixels, in [0, 1], that lie in regions under `SPECK_PIXELS`."""
    return float((region_sizes(labels) < SPECK_PIXELS).mean())


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _roots(labels):  # type: ignore[no-untyped-def]  # pragma: no cover (compiled)
    """Union-find in one pass over edges: (H, W) -> the flat index of each region's root."""
    height, width = labels.shape
    parent = np.arange(height * width)
    for row in range(height):
        for column in range(width):
            here = row * width + column
            for step in range(2):
                if step == 0 and column > 0 and labels[row, column - 1] == labels[row, column]:
                    there = here - 1
                elif step == 1 and row > 0 and labels[row - 1, column] == labels[row, column]:
                    there = here - width
                else:
                    continue
                a, b = here, there
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
