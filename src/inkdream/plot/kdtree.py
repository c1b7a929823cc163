"""A k-d tree for compiled loops: nearest points, while points are taken away one by one.

Source: Bentley, "K-d trees for semidynamic point sets", 1990. A grid would do for even spacing, but
plots have dense hatching in one corner and a lone mark in another.
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
        order: (N,) numbers of points, so that each branch holds a run of them.
        runs: (B, 2) each branch's run.
        boxes: (B, 4) left, top, right, bottom around each branch's points.
        alive: (B,) how many of its points are not removed.
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
    """Return the nearest points of other owners, and the nearest of each quadrant.

    The nearest of a point in a dense group all belong to its group; those of the quadrants do not.

    Args:
        points: (N, 2).
        owners: (N,) numbers.
        most: how many are the nearest.
        around: how many more for each quadrant.

    Returns:
        (N, most + 4 around) numbers of points, nearest first, then -1.
    """
    tree = build(points)
    nearest_few = neighbours(tree, owners, most, np.inf, -1)
    parts = [neighbours(tree, owners, around, np.inf, quadrant) for quadrant in range(4)]
    others = np.concatenate(parts, 1)
    others[(others[:, :, None] == nearest_few[:, None]).any(2)] = -1
    found = np.concatenate([nearest_few, others], 1)
    away = ((points[found] - points[:, None]) ** 2).sum(2)
    away[found < 0] = np.inf
    return np.take_along_axis(found, np.argsort(away, axis=1, kind="stable"), 1)


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
    """Put the points with the lower keys into the first half of a run. Source: Hoare, 1961."""
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
    """Take a point away."""
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
    """Return the number of the nearest point that is not removed; -1 if there is none."""
    best, found = np.inf, -1
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
                best, found = distance, index
    return found


@compiled
@no_type_check
def neighbours(tree, owners, most, radius, quadrant):
    """Return, for each point, the nearest points of other owners, nearest first.

    Args:
        tree: of N points.
        owners: (N,) numbers; points of one owner are no neighbours.
        most: how many for each.
        radius: beyond which none counts.
        quadrant: -1, or 0 to 3 for those to one side only: 1 to the right, 2 downwards, added up.

    Returns:
        (N, most) numbers of points, -1 where there are no more.
    """
    found = np.full((len(tree.points), most), -1, np.int64)
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
                    _insert(found[point], away, index, u * u + v * v)
    return found


@compiled
@no_type_check
def _reaches(box, x, y, quadrant):
    """Whether a box has a part in a quadrant around a point."""
    beside = box[2] >= x if quadrant % 2 else box[0] < x
    return beside and (box[3] >= y if quadrant >= 2 else box[1] < y)


@compiled
@no_type_check
def _insert(found, away, index, distance):
    """Put a point among the nearest, if it is one of them."""
    place = len(away)
    while place and distance < away[place - 1]:
        place -= 1
    for row in range(len(away) - 1, place, -1):
        away[row], found[row] = away[row - 1], found[row - 1]
    if place < len(away):
        away[place], found[place] = distance, index


@compiled
@no_type_check
def _open(tree, branch, x, y, waiting, count):
    """Put a branch's children on the stack, the nearer one on top; return the stack's height."""
    near, far = 2 * branch + 1, 2 * branch + 2
    if _away(tree.boxes[far], x, y) < _away(tree.boxes[near], x, y):
        near, far = far, near
    waiting[count], waiting[count + 1] = far, near
    return count + 2


@compiled
@no_type_check
def _away(box, x, y):
    """Squared distance of a point from a box; infinite for an empty one."""
    wide = max(box[0] - x, 0.0, x - box[2])
    high = max(box[1] - y, 0.0, y - box[3])
    return wide * wide + high * high
