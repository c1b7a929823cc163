"""The order and direction of strokes, for little pen-up travel: nearest first, then 2-opt.

Each stroke is two nodes, its ends: node 2 k and its mate 2 k + 1. A tour is a circle of nodes in
which mates are adjacent, entry at an even place and exit at an odd one; a pen-up move joins an exit
to the next entry. A last stroke from the end to the start closes the circle; it is the way home,
or free if the pen may end anywhere.

Nodes have further coordinates, by which strokes that run alike are nearer to each other.

Two or three moves are exchanged for shorter ones among near nodes, for as long as that helps, with
a queue of the nodes that changed: 2-opt, and Or-opt with runs of any length. Then small shuffles
are tried, and kept if the improved tour is not longer. Sources: Or, 1976; Bentley, "Fast algorithms
for geometric traveling salesman problems", 1992; Martin, Otto and Felten, "Large-step Markov chains
for the traveling salesman problem", 1991.
"""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.kdtree import build, nearby, nearest, remove
from inkdream.plot.plot import Points

NEAR = 8  # nodes that are tried as a node's next one
AROUND = 2  # and so many of each quadrant, or nothing would be tried between far groups of strokes
SHUFFLE = 30  # strokes in each of the runs that a shuffle exchanges, at most
LEAST = 1e-7  # mm, what an improvement saves at least: rounding must not make circles
LOG = 4096  # reversals after a shuffle that can be taken back, far more than there ever are
SEED = 0x2545F491


class Tour(NamedTuple):
    """A tour while it is improved.

    Attributes:
        points: (N, D) of nodes, in mm: x, y, and where their strokes lie among forms; the last two
            are the end and the start.
        near: (N, K) each node's nearest nodes, -1 where there are fewer.
        nodes: (N,) the node at each place.
        places: (N,) the place of each node.
        queue: (N,) a ring of nodes to be looked at.
        queued: (N,) whether a node is in the queue.
        log: (LOG, 2) the last reversals.
        counts: [0] the queue's begin, [1] its length, [2] reversals in the log, [3] the state of
            the random numbers.
        home: what a mm of the way to the end counts.
    """

    points: NDArray[np.float64]
    near: NDArray[np.int64]
    nodes: NDArray[np.int64]
    places: NDArray[np.int64]
    queue: NDArray[np.int64]
    queued: NDArray[np.bool_]
    log: NDArray[np.int64]
    counts: NDArray[np.int64]
    home: float


def improve(points: Points, home: float, shuffles: int) -> NDArray[np.int64]:
    """Return a tour's nodes in a better order.

    Args:
        points: (N, D) of nodes; strokes in their first order, then the end and the start.
        home: what a mm of the way from the last stroke to the end counts: 1.0 as others, 0.0 if
            the pen may end anywhere.
        shuffles: how many are tried.

    Returns:
        (N - 2,) nodes from the start to the end: entry, exit, entry, exit and so on.
    """
    owners = np.arange(len(points)) // 2
    owners[-1] += 1  # the start and the end are no stroke: one may be next to the other
    places = np.ascontiguousarray(points[:, :2])
    near = nearby(places, owners, NEAR, AROUND)
    if points.shape[1] > 2:
        near = _nearest_first(points, near)
    return np.asarray(_improve(points, near, home, shuffles))


def _nearest_first(points: Points, near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return nodes' neighbours in the order of how far they are with their forms."""
    square = (points[near] - points[:, None]) ** 2
    square[-2:, :, 2:] = 0.0
    square[..., 2:] *= (near < len(points) - 2)[..., None]
    away = np.where(near < 0, np.inf, square.sum(axis=2))
    return np.take_along_axis(near, np.argsort(away, axis=1, kind="stable"), 1)


@compiled
@no_type_check
def _improve(points, near, home, shuffles):
    count = len(points)
    tour = _begin(points, near, home)
    for node in range(count):
        _enqueue(tour, node)
    _settle(tour)
    if count >= 12:
        for _ in range(shuffles):
            _shuffle(tour)
    start = tour.places[count - 1]
    step = 1 if start % 2 else -1
    passed = np.empty(count - 2, np.int64)
    for row in range(count - 2):
        passed[row] = tour.nodes[(start + step * (row + 1)) % count]
    return passed


@compiled
@no_type_check
def _begin(points, near, home):
    count = len(points)
    nodes, places = np.empty(count, np.int64), np.empty(count, np.int64)
    for node in range(count):
        places[node] = (node + 2) % count  # the end and the start come first
        nodes[places[node]] = node
    counts = np.array([0, 0, 0, SEED])
    queue = np.empty(count, np.int64)
    log = np.empty((LOG, 2), np.int64)
    return Tour(points, near, nodes, places, queue, np.zeros(count, np.bool_), log, counts, home)


@compiled
@no_type_check
def _travel(tour, one, other):
    """Return the weighted distance of two nodes in mm; the start and the end have no form."""
    end = len(tour.points) - 2
    x = tour.points[one, 0] - tour.points[other, 0]
    y = tour.points[one, 1] - tour.points[other, 1]
    square = x * x + y * y
    if one >= end or other >= end:
        return np.sqrt(square) * (tour.home if end in (one, other) else 1.0)
    for axis in range(2, tour.points.shape[1]):
        apart = tour.points[one, axis] - tour.points[other, axis]
        square += apart * apart
    return np.sqrt(square)


@compiled
@no_type_check
def _next(tour, node):
    """Return the node at the other end of a node's pen-up move."""
    place = tour.places[node]
    place += 1 if place % 2 else -1
    count = len(tour.nodes)
    return tour.nodes[place - count if place >= count else place]


@compiled
@no_type_check
def _enqueue(tour, node):
    """Put a node in the queue."""
    if not tour.queued[node]:
        tour.queued[node] = True
        count = len(tour.queue)
        tour.queue[(tour.counts[0] + tour.counts[1]) % count] = node
        tour.counts[1] += 1


@compiled
@no_type_check
def _reverse(tour, first, last):
    """Reverse the places from an entry to an exit, around the circle's end if need be."""
    count = len(tour.nodes)
    length = (last - first) % count + 1
    if 2 * length > count:  # the rest the other way round is the same circle
        first, last, length = last + 1, first - 1, count - length
    left, right = first % count, last % count
    for _ in range(length // 2):
        one, other = tour.nodes[left], tour.nodes[right]
        tour.nodes[left], tour.nodes[right] = other, one
        tour.places[one], tour.places[other] = right, left
        left = left + 1 if left + 1 < count else 0
        right = right - 1 if right else count - 1


@compiled
@no_type_check
def _cross(tour, a, c):
    """Replace the moves of a and c, both entries or both exits, by one between them and another."""
    b, d = _next(tour, a), _next(tour, c)
    if tour.places[a] % 2:
        first, last = tour.places[b], tour.places[c]
    else:
        first, last = tour.places[a], tour.places[d]
    if tour.counts[2] < LOG:
        tour.log[tour.counts[2]] = first, last
    tour.counts[2] += 1
    _reverse(tour, first, last)


@compiled
@no_type_check
def _swap(tour, a, s, c):
    """Exchange the run from a to s with the run behind it, up to c, without reversing either."""
    p, q = _next(tour, a), _next(tour, s)
    _cross(tour, p, c)  # p [c ... q] [s ... a] d
    _cross(tour, p, q)  # p [q ... c] [s ... a] d
    _cross(tour, c, a)  # p [q ... c] [a ... s] d


@compiled
@no_type_check
def _better(tour, b):
    """Make the best change that brings a node nearer to its next one; return the mm saved, or 0.

    Moves (a, b), (c, d) and perhaps (e, f) become (b, c) and (d, a), or (b, c), (d, e) and (f, a).
    """
    a = _next(tour, b)
    best, cuts, far_c, far_e = LEAST, 0, b, b
    for c in tour.near[b]:
        first = _travel(tour, a, b) - _travel(tour, b, c) if c >= 0 else 0.0
        if first <= LEAST:
            break
        d = _next(tour, c)
        second = first + _travel(tour, c, d)
        if tour.places[b] % 2 == tour.places[c] % 2 and second - _travel(tour, d, a) > best:
            best, cuts, far_c = second - _travel(tour, d, a), 2, c
        for e in tour.near[d]:
            third = second - _travel(tour, d, e) if e >= 0 else 0.0
            if third <= LEAST:
                break
            f = _next(tour, e)
            gain = third + _travel(tour, e, f) - _travel(tour, f, a)
            if gain > best and _whole(tour, b, c, d, e):
                best, cuts, far_c, far_e = gain, 3, c, e
    if not cuts:
        return 0.0
    _change(tour, b, far_c, far_e, cuts)
    return best


@compiled
@no_type_check
def _whole(tour, b, c, d, e):
    """Return whether joining b to c, d to e, and the rest, makes one circle."""
    if e in (b, c):
        return False
    inside = _between(tour, b, c, e)
    if tour.places[b] % 2 != tour.places[c] % 2:
        return inside
    turned = tour.places[e] % 2 != tour.places[b] % 2
    return turned == inside and e != d


@compiled
@no_type_check
def _between(tour, b, c, e):
    """Return whether e is from b to c, on the way from b into its stroke."""
    count = len(tour.nodes)
    if tour.places[b] % 2:
        return (tour.places[b] - tour.places[e]) % count <= (
            tour.places[b] - tour.places[c]
        ) % count
    return (tour.places[e] - tour.places[b]) % count <= (tour.places[c] - tour.places[b]) % count


@compiled
@no_type_check
def _change(tour, b, c, e, cuts):
    """Make the change that `_better` chose."""
    a, d = _next(tour, b), _next(tour, c)
    for node in (a, b, c, d):
        _enqueue(tour, node)
    if cuts == 2:
        _cross(tour, b, c)
        return
    f = _next(tour, e)
    _enqueue(tour, e)
    _enqueue(tour, f)
    if tour.places[b] % 2 == tour.places[c] % 2:
        _cross(tour, b, c)  # a [d ... b] c
        _cross(tour, d, e)
    elif tour.places[e] % 2 == tour.places[b] % 2:
        _cross(tour, a, f)  # a [f ... b] [e ... c] d
        _cross(tour, b, c)  # a [f ... b] [c ... e] d
    else:
        _swap(tour, b, e, c)  # a [f ... c] [b ... e] d


@compiled
@no_type_check
def _settle(tour):
    """Improve until the queue is empty; return the mm saved."""
    saved = 0.0
    count = len(tour.queue)
    while tour.counts[1]:
        node = tour.queue[tour.counts[0]]
        tour.counts[0] = (tour.counts[0] + 1) % count
        tour.counts[1] -= 1
        tour.queued[node] = False
        gain = _better(tour, node)
        while gain > 0:
            saved += gain
            gain = _better(tour, node)
    return saved


@compiled
@no_type_check
def _random(tour, most):
    """Return a number from 0 to most - 1. Source: Knuth's linear congruence (MMIX)."""
    tour.counts[3] = tour.counts[3] * 6364136223846793005 + 1442695040888963407
    return ((tour.counts[3] >> 33) & 0x3FFFFFFF) % most


@compiled
@no_type_check
def _shuffle(tour):
    """Reverse the order of three runs of strokes and improve; undo it if that is longer."""
    count = len(tour.nodes)
    most = min(SHUFFLE, count // 6 - 1)
    heads, tails = np.empty(3, np.int64), np.empty(3, np.int64)
    place = 2 * _random(tour, count // 2)
    for run in range(3):
        heads[run] = tour.nodes[place % count]
        place += 2 * (1 + _random(tour, most))
        tails[run] = tour.nodes[(place - 1) % count]
    before, after = _next(tour, heads[0]), _next(tour, tails[2])
    tour.counts[2] = 0
    saved = _travel(tour, before, heads[0]) + _travel(tour, tails[0], heads[1])
    saved += _travel(tour, tails[1], heads[2]) + _travel(tour, tails[2], after)
    saved -= _travel(tour, before, heads[2]) + _travel(tour, tails[2], heads[1])
    saved -= _travel(tour, tails[1], heads[0]) + _travel(tour, tails[0], after)
    _swap(tour, heads[0], tails[0], tails[2])
    _swap(tour, heads[1], tails[1], tails[2])
    for run in range(3):
        _enqueue(tour, heads[run])
        _enqueue(tour, tails[run])
    _enqueue(tour, before)
    _enqueue(tour, after)
    saved += _settle(tour)
    if saved < -LEAST and tour.counts[2] <= LOG:
        for row in range(tour.counts[2] - 1, -1, -1):
            _reverse(tour, tour.log[row, 0], tour.log[row, 1])


# How many shuffles are tried: so many for each stroke, and so many at most; and a shuffle of many
# strokes takes longer, in proportion.
SHUFFLES_A_STROKE = 10
MOST_SHUFFLES = 20_000
SHUFFLE_WORK = 200_000_000
# The way home is one long move at full speed: its mm take less time than those of short hops.
HOME = 0.5
# Strokes at right angles are as far apart as twice so many usual hops: less if that takes longer by
# more than this share of the time.
FORMS, DEAR = (5.0, 2.5, 0.8), 0.03
# So many of the shuffles are tried for it, an eighth.
FEWER = 8
# An AxiDraw's lift and drop, and its ways up to FAR mm, which are too short for full speed, take as
# long as so many mm at full speed, and as SLOW times the root of their length.
LIFT_MM, SLOW, FAR = 41.0, 16.5, 68.0
ROUNDS = 2  # of improving, and choosing anew where closed strokes begin


class EntryPoints(NamedTuple):
    """Where strokes may begin.

    Attributes:
        points: (M, 2) in mm.
        owners: (M,) the stroke of each, ascending from 0 without gaps.
        exits: (M,) the entry point at which the pen leaves the stroke: the other end, or for a
            closed stroke the same one.
    """

    points: Points
    owners: NDArray[np.int64]
    exits: NDArray[np.int64]


def order_strokes(
    entries: EntryPoints,
    start: tuple[float, float],
    end: tuple[float, float] | None,
    forms: Points | None = None,
) -> NDArray[np.int64]:
    """Return entry points (S,), one a stroke, in drawing order.

    Args:
        entries: of all strokes.
        start: where the pen is before, in mm.
        end: where it goes after, in mm; None for anywhere.
        forms: (S, 2) of each stroke, within the unit circle: strokes whose forms are near are drawn
            together where that costs little travel; None if they are all alike.
    """
    if not len(entries.owners):
        return np.zeros(0, np.int64)
    bounds = np.array([start, end or (np.nan, np.nan)])
    order: NDArray[np.int64] = visit_nearest(*entries, bounds[0])
    shuffles = min(SHUFFLES_A_STROKE * len(order), MOST_SHUFFLES, SHUFFLE_WORK // len(order))
    has_closed = bool((entries.exits == np.arange(len(entries.exits))).any())
    for _ in range(ROUNDS if has_closed else 1):
        order = _improved(entries, order, bounds, shuffles)
    if forms is None:
        return order
    hops = _hops(entries, order, bounds)
    most = _millimetres(hops) + DEAR * (_millimetres(hops) + LIFT_MM * len(order))
    for factor in FORMS:
        alike = factor * float(np.median(hops)) * forms
        other = _improved(entries, order, bounds, shuffles // FEWER, alike)
        if _millimetres(_hops(entries, other, bounds)) <= most:
            return other
    return order


def _improved(
    entries: EntryPoints,
    order: NDArray[np.int64],
    bounds: NDArray[np.float64],
    shuffles: int,
    forms: Points | None = None,
) -> NDArray[np.int64]:
    """Return a better order of entry points (S,): see `order_strokes`, and forms are in mm."""
    order = order.copy()
    choose_entries(*entries, order, bounds)
    nodes = np.stack([order, entries.exits[order]], 1).ravel()
    is_free = bool(np.isnan(bounds[1, 0]))
    points = np.concatenate([entries.points[nodes], bounds[[0 if is_free else 1, 0]]])
    if forms is not None:
        of_nodes = np.repeat(forms[entries.owners[order]], 2, axis=0)
        points = np.hstack([points, np.concatenate([of_nodes, np.zeros((2, 2))])])
    passed = improve(points, 0.0 if is_free else HOME, shuffles)
    # A closed stroke's two nodes are one door, so it does not matter which is the entry.
    order = nodes[passed[::2]]
    choose_entries(*entries, order, bounds)
    return order


def _hops(
    entries: EntryPoints, order: NDArray[np.int64], bounds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return mm of each move with the pen up, from the start, and to the end if there is one."""
    stops = np.vstack([bounds[:1], entries.points[entries.exits[order]]])
    goals = np.vstack([entries.points[order], bounds[1:]])
    hops = np.hypot(*(goals - stops).T)
    return np.asarray(hops[np.isfinite(hops)], np.float64)


def _millimetres(hops: NDArray[np.float64]) -> float:
    """Return the mm at full speed that hops take as long as."""
    return float(np.where(hops < FAR, SLOW * np.sqrt(hops), hops + FAR).sum())


@compiled
@no_type_check
def visit_nearest(entries, owners, exits, start):
    """Return entry points (S,) in the order that always draws the nearest stroke next.

    Args:
        entries: (M, 2), see `EntryPoints`.
        owners: (M,).
        exits: (M,).
        start: (2,) where the pen is.
    """
    strokes = owners[-1] + 1 if len(owners) else 0
    firsts = np.searchsorted(owners, np.arange(strokes + 1))
    order = np.empty(strokes, np.int64)
    tree = build(entries)
    x, y = start
    for turn in range(strokes):
        entry = nearest(tree, x, y)
        order[turn] = entry
        x, y = entries[exits[entry]]
        owner = owners[entry]
        for other in range(firsts[owner], firsts[owner + 1]):
            remove(tree, other)
    return order


@compiled
@no_type_check
def choose_entries(entries, owners, exits, order, bounds):
    """Move the entry points of closed strokes to where travel is shortest, in place.

    Args:
        entries: (M, 2), see `EntryPoints`.
        owners: (M,).
        exits: (M,).
        order: (S,) the entry points in drawing order.
        bounds: (2, 2) the start and the end; NaN for a free end.
    """
    strokes = len(order)
    firsts = np.searchsorted(owners, np.arange(strokes + 1))
    for turn in range(strokes):
        entry = order[turn]
        if exits[entry] != entry:
            continue
        before = entries[exits[order[turn - 1]]] if turn else bounds[0]
        after = entries[order[turn + 1]] if turn + 1 < strokes else bounds[1]
        best = np.inf
        for other in range(firsts[owners[entry]], firsts[owners[entry] + 1]):
            travel = np.hypot(entries[other, 0] - before[0], entries[other, 1] - before[1])
            if not np.isnan(after[0]):
                travel += np.hypot(entries[other, 0] - after[0], entries[other, 1] - after[1])
            if travel < best - LEAST:
                best, order[turn] = travel, other
