"""A k-d tree for compiled loops: nearest points, while points are removed one by one.

Source: Bentley, "K-d trees for semidynamic point sets", 1990. Plots have dense hatching in one
corner and a lone line in another, so a grid would not do.
"""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.plot import Points

LEAF = 8  # points in a leaf, at most
DEPTH = 64  # of the stack; a path has at most 2 waiting branches a level


class Tree(NamedTuple):
    """A complete binary tree; the children of branch i are 2 i + 1 and 2 i + 2.

    Attributes:
        points: (N, 2).
        order: (N,) indices of points; each branch holds a run of them.
        runs: (B, 2) each branch's run.
        boxes: (B, 4) left, top, right, bottom around each branch's points.
        alive: (B,) the number of its points that are not removed.
        leaves: (N,) the leaf of each point.
        removed: (N,) whether a point is removed.
    """

    points: NDArray[np.float64]
    order: NDArray[np.int64]
    runs: NDArray[np.int64]
    boxes: NDArray[np.float64]
    alive: NDArray[np.int64]
    leaves: NDArray[np.int64]
    removed: NDArray[np.bool_]


def nearby(points: Points, owners: NDArray[np.int64], most: int, around: int) -> NDArray[np.int64]:
    """Return the nearest points of other owners, overall and in each quadrant.

    In a dense group the nearest all belong to the group; those of the quadrants do not.

    Args:
        points: (N, 2).
        owners: (N,) numbers.
        most: how many overall.
        around: how many more in each quadrant.

    Returns:
        (N, most + 4 around) indices of points, nearest first, then -1.
    """
    tree = build(points)
    nearest_few = neighbours(tree, owners, most, np.inf, -1)
    parts = [neighbours(tree, owners, around, np.inf, quadrant) for quadrant in range(4)]
    others = np.concatenate(parts, 1)
    others[(others[:, :, None] == nearest_few[:, None]).any(2)] = -1
    indices = np.concatenate([nearest_few, others], 1)
    away = ((points[indices] - points[:, None]) ** 2).sum(2)
    away[indices < 0] = np.inf
    return np.take_along_axis(indices, np.argsort(away, axis=1, kind="stable"), 1)


@compiled
@no_type_check
def build(points):
    """Return the tree of points (N, 2)."""
    count = len(points)
    inner = 0
    while (inner + 1) * LEAF < count:
        inner = 2 * inner + 1
    branches = 2 * inner + 1
    order = np.arange(count)
    runs = np.zeros((branches, 2), np.int64)
    boxes = np.empty((branches, 4))
    leaves = np.zeros(count, np.int64)
    runs[0, 1] = count
    for branch in range(branches):
        first, last = runs[branch]
        box = boxes[branch]
        box[:2], box[2:] = np.inf, -np.inf
        for index in order[first:last]:
            for axis in range(2):
                box[axis] = min(box[axis], points[index, axis])
                box[axis + 2] = max(box[axis + 2], points[index, axis])
        if branch >= inner:
            leaves[order[first:last]] = branch
            continue
        middle = (first + last) // 2
        if last - first > 1:
            axis = 0 if box[2] - box[0] >= box[3] - box[1] else 1
            _halve(points[:, axis], order, first, last)
        runs[2 * branch + 1] = first, middle
        runs[2 * branch + 2] = middle, last
    alive = runs[:, 1] - runs[:, 0]
    return Tree(points, order, runs, boxes, alive, leaves, np.zeros(count, np.bool_))


@compiled
@no_type_check
def _halve(keys, order, first, last):
    """Move the points with the lower keys into the first half of a run. Source: Hoare, 1961."""
    middle = (first + last) // 2
    last -= 1
    while first < last:
        pivot = keys[order[(first + last) // 2]]
        left, right = first, last
        while left <= right:
            while keys[order[left]] < pivot:
                left += 1
            while keys[order[right]] > pivot:
                right -= 1
            if left <= right:
                order[left], order[right] = order[right], order[left]
                left += 1
                right -= 1
        if right < middle:
            first = left
        if left > middle:
            last = right


@compiled
@no_type_check
def remove(tree, index):
    """Remove a point."""
    if tree.removed[index]:
        return
    tree.removed[index] = True
    branch = tree.leaves[index]
    tree.alive[branch] -= 1
    while branch:
        branch = (branch - 1) // 2
        tree.alive[branch] -= 1


@compiled
@no_type_check
def nearest(tree, x, y):
    """Return the index of the nearest point; -1 if all are removed."""
    best, index_nearest = np.inf, -1
    waiting = np.empty(DEPTH, np.int64)
    waiting[0], count = 0, 1
    while count and best > 0:
        count -= 1
        branch = waiting[count]
        if not tree.alive[branch] or _away(tree.boxes[branch], x, y) >= best:
            continue
        if 2 * branch + 1 < len(tree.runs):
            count = _open(tree, branch, x, y, waiting, count)
            continue
        for index in tree.order[tree.runs[branch, 0] : tree.runs[branch, 1]]:
            if tree.removed[index]:
                continue
            distance = (tree.points[index, 0] - x) ** 2 + (tree.points[index, 1] - y) ** 2
            if distance < best:
                best, index_nearest = distance, index
    return index_nearest


@compiled
@no_type_check
def neighbours(tree, owners, most, radius, quadrant):
    """Return, for each point, the nearest points of other owners, nearest first.

    Args:
        tree: of N points.
        owners: (N,) numbers.
        most: how many for each.
        radius: of the search.
        quadrant: -1 for all, or 0 to 3: 1 to the right, 2 downwards, added up.

    Returns:
        (N, most) indices of points, -1 where there are no more.
    """
    indices = np.full((len(tree.points), most), -1, np.int64)
    away = np.empty(most)
    waiting = np.empty(DEPTH, np.int64)
    for point in range(len(tree.points)):
        if tree.removed[point]:
            continue
        away[:] = radius * radius * (1 + 1e-12) + 1e-18  # the radius itself counts, 0 too
        x, y = tree.points[point]
        waiting[0], count = 0, 1
        while count:
            count -= 1
            branch = waiting[count]
            if not tree.alive[branch] or _away(tree.boxes[branch], x, y) >= away[-1]:
                continue
            if quadrant >= 0 and not _reaches(tree.boxes[branch], x, y, quadrant):
                continue
            if 2 * branch + 1 < len(tree.runs):
                count = _open(tree, branch, x, y, waiting, count)
                continue
            for index in tree.order[tree.runs[branch, 0] : tree.runs[branch, 1]]:
                if tree.removed[index] or owners[index] == owners[point]:
                    continue
                u, v = tree.points[index, 0] - x, tree.points[index, 1] - y
                if quadrant < 0 or (u >= 0) + 2 * (v >= 0) == quadrant:
                    _insert(indices[point], away, index, u * u + v * v)
    return indices


@compiled
@no_type_check
def _reaches(box, x, y, quadrant):
    """Return whether a box has a part in a quadrant around a point."""
    beside = box[2] >= x if quadrant % 2 else box[0] < x
    return beside and (box[3] >= y if quadrant >= 2 else box[1] < y)


@compiled
@no_type_check
def _insert(indices, away, index, distance):
    """Insert a point among the nearest, if it is one of them."""
    place = len(away)
    while place and distance < away[place - 1]:
        place -= 1
    for row in range(len(away) - 1, place, -1):
        away[row], indices[row] = away[row - 1], indices[row - 1]
    if place < len(away):
        away[place], indices[place] = distance, index


@compiled
@no_type_check
def _open(tree, branch, x, y, waiting, count):
    """Push a branch's children on the stack, the nearer one on top; return the stack's height."""
    near, far = 2 * branch + 1, 2 * branch + 2
    if _away(tree.boxes[far], x, y) < _away(tree.boxes[near], x, y):
        near, far = far, near
    waiting[count], waiting[count + 1] = far, near
    return count + 2


@compiled
@no_type_check
def _away(box, x, y):
    """Return the squared distance of a point from a box; infinite for an empty one."""
    wide = max(box[0] - x, 0.0, x - box[2])
    high = max(box[1] - y, 0.0, y - box[3])
    return wide * wide + high * high
