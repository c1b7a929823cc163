"""In which order strokes are drawn, and where closed ones begin, for a short pen-up way."""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.kdtree import build, nearest, remove
from inkdream.plot.plot import Points
from inkdream.plot.two_opt import LEAST, improve

# How many shuffles are tried: so many for each stroke, and so many at most; and a shuffle of many
# strokes takes longer, in proportion.
SHUFFLES_A_STROKE = 10
MOST_SHUFFLES = 20_000
SHUFFLE_WORK = 200_000_000
# The way home is one long move at full speed: its mm take less time than those of short hops.
HOME = 0.5
ROUNDS = 2  # of improving, and choosing anew where closed strokes begin


class Doors(NamedTuple):
    """Where strokes may begin.

    Attributes:
        points: (M, 2) in mm.
        owners: (M,) the stroke of each, ascending from 0 without gaps.
        exits: (M,) where the pen leaves a stroke that it began there: the other end, or for a
            closed stroke the same door.
    """

    points: Points
    owners: NDArray[np.int64]
    exits: NDArray[np.int64]


def order_strokes(
    doors: Doors, start: tuple[float, float], end: tuple[float, float] | None
) -> NDArray[np.int64]:
    """Return doors (S,), one a stroke, in the order in which the strokes are best drawn.

    Args:
        doors: of all strokes.
        start: where the pen is before, in mm.
        end: where it goes after, in mm; None if that does not matter.
    """
    if not len(doors.owners):
        return np.zeros(0, np.int64)
    bounds = np.array([start, end or (np.nan, np.nan)])
    taken: NDArray[np.int64] = visit_nearest(*doors, bounds[0])
    strokes = len(taken)
    shuffles = min(SHUFFLES_A_STROKE * strokes, MOST_SHUFFLES, SHUFFLE_WORK // strokes)
    has_closed = bool((doors.exits == np.arange(len(doors.exits))).any())
    for _ in range(ROUNDS if has_closed else 1):
        choose_doors(*doors, taken, bounds)
        nodes = np.stack([taken, doors.exits[taken]], 1).ravel()
        points = np.concatenate([doors.points[nodes], [end or start, start]])
        passed = improve(points, HOME if end else 0.0, shuffles)
        # A closed stroke's two nodes are one door, so it does not matter which is the entry.
        taken = nodes[passed[::2]]
    choose_doors(*doors, taken, bounds)
    return taken


@compiled
@no_type_check
def visit_nearest(doors, owners, exits, start):
    """Return doors (S,) in the order in which the nearest stroke is always drawn next.

    Args:
        doors: (M, 2), see `Doors`.
        owners: (M,).
        exits: (M,).
        start: (2,) where the pen is.
    """
    strokes = owners[-1] + 1 if len(owners) else 0
    firsts = np.searchsorted(owners, np.arange(strokes + 1))
    taken = np.empty(strokes, np.int64)
    tree = build(doors)
    x, y = start
    for turn in range(strokes):
        door = nearest(tree, x, y)
        taken[turn] = door
        x, y = doors[exits[door]]
        owner = owners[door]
        for other in range(firsts[owner], firsts[owner + 1]):
            remove(tree, other)
    return taken


@compiled
@no_type_check
def choose_doors(doors, owners, exits, taken, bounds):
    """Move the doors of closed strokes to where the hops before and after are shortest, in place.

    Args:
        doors: (M, 2), see `Doors`.
        owners: (M,).
        exits: (M,).
        taken: (S,) the doors taken, in their order.
        bounds: (2, 2) the start and the end; NaN for an end that does not count.
    """
    strokes = len(taken)
    firsts = np.searchsorted(owners, np.arange(strokes + 1))
    for turn in range(strokes):
        door = taken[turn]
        if exits[door] != door:
            continue
        before = doors[exits[taken[turn - 1]]] if turn else bounds[0]
        after = doors[taken[turn + 1]] if turn + 1 < strokes else bounds[1]
        best = np.inf
        for other in range(firsts[owners[door]], firsts[owners[door] + 1]):
            way = np.hypot(doors[other, 0] - before[0], doors[other, 1] - before[1])
            if not np.isnan(after[0]):
                way += np.hypot(doors[other, 0] - after[0], doors[other, 1] - after[1])
            if way < best - LEAST:
                best, taken[turn] = way, other
