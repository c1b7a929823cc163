"""Fewer strokes with the same ink: repeated ones dropped, meeting ends joined.

A lift and a drop take as long as 14 mm of drawing. At a crossing, ends that go straight on are
joined; a closed chain is drawn along with another that it touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.kdtree import build, neighbours, remove
from inkdream.plot.plot import TOLERANCE, Points, Stroke
from inkdream.plot.ragged import Lines, measure, pack_strokes
from inkdream.plot.simplify import squared_distance

NEAR = 8  # meeting ends, or alike strokes, that are looked at in one round
APART = 0.1  # of the tolerance: by how much ends of different directions are told apart
MOST_ROUNDS = 32
# Lines whose length is under this many tolerances are dots and dashes, never closed.
LEAST_RING = 4.0


def drop_doubles(strokes: Sequence[Stroke], tolerance: float) -> tuple[Stroke, ...]:
    """Return the strokes without those that repeat an earlier one.

    A stroke repeats another if they are equally long and nowhere farther apart than the tolerance:
    forwards or backwards, from any vertex if closed.

    Args:
        strokes: of one pen.
        tolerance: in mm.
    """
    if len(strokes) < 2:
        return tuple(strokes)
    lines = pack_strokes(strokes)
    measures = measure(lines)
    # Alike strokes have alike centres and lengths. Concentric rings share their centres, and
    # hatching its lengths, so both go into the plane in which neighbours are sought.
    keys = measures[:, :2] + measures[:, 2:] * np.array([0.7549, 0.5698])
    doubles = _find_doubles(lines.points, lines.starts, keys, measures[:, 2], tolerance)
    return tuple(stroke for stroke, double in zip(strokes, doubles, strict=True) if not double)


def join_ends(strokes: Sequence[Stroke], tolerance: float) -> tuple[Stroke, ...]:
    """Return the strokes joined where their ends meet.

    Meeting ends move to the middle between them. Curves joined to curves stay curves; curves joined
    to polylines become polylines.

    Args:
        strokes: of one pen.
        tolerance: in mm, how far apart meeting ends may be.
    """
    if not strokes:
        return ()
    lines = pack_strokes(strokes)
    mates = _match(lines, tolerance)
    return tuple(_join(strokes, *chain) for chain in _chains(mates))


def is_ring(stroke: Stroke) -> bool:
    """Return whether a stroke ends exactly where it begins, and is no dot."""
    first = stroke.points[0]
    return bool((first == stroke.points[-1]).all() and (first != stroke.points).any())


@compiled
@no_type_check
def _find_doubles(points, starts, keys, measures, tolerance):
    doubles = np.zeros(len(keys), np.bool_)
    tree = build(keys)
    owners = np.arange(len(keys))
    changed = True
    while changed:  # a round sees the nearest few; more copies than that take more rounds
        changed = False
        near = neighbours(tree, owners, NEAR, 3 * tolerance, -1)
        for stroke in range(len(keys)):
            if doubles[stroke]:
                continue
            for other in near[stroke]:
                if other < 0 or other > stroke or doubles[other]:
                    continue
                if abs(measures[stroke] - measures[other]) > 2 * tolerance:
                    continue
                one = points[starts[stroke] : starts[stroke + 1]]
                two = points[starts[other] : starts[other + 1]]
                if _lies_on(one, two, tolerance) and _lies_on(two, one, tolerance):
                    doubles[stroke] = changed = True
                    remove(tree, stroke)
                    break
    return doubles


@compiled
@no_type_check
def _lies_on(one, two, tolerance):
    """Return whether each vertex of one line lies within the tolerance of the other."""
    for vertex in range(len(one)):
        away = np.inf
        for begin in range(max(len(two) - 1, 1)):
            end = min(begin + 1, len(two) - 1)
            away = min(away, squared_distance(one[vertex], two[begin], two[end]))
        if away > tolerance * tolerance:
            return False
    return True


def _match(lines: Lines, tolerance: float) -> NDArray[np.int64]:
    """Return mates (2 S,): the end that each end is joined to, or -1.

    End 2 k is the first vertex of stroke k, end 2 k + 1 its last. A closed stroke's ends are mates.
    """
    ends = np.empty((2 * len(lines.starts) - 2, 2))
    ends[::2] = lines.points[lines.starts[:-1]]
    ends[1::2] = lines.points[lines.starts[1:] - 1]
    gaps = np.hypot(*(ends[::2] - ends[1::2]).T)
    closed = (gaps <= tolerance) & (measure(lines)[:, 2] > LEAST_RING * tolerance)
    mates = np.full(len(ends), -1, np.int64)
    mates[np.repeat(closed, 2)] = np.flatnonzero(np.repeat(closed, 2)) ^ 1
    inward = _directions(lines.points, lines.starts)
    for _ in range(MOST_ROUNDS):  # a round sees the nearest few of the ends that are free
        free = np.flatnonzero(mates < 0)
        pairs = free[_meeting(ends[free], inward[free], free // 2, tolerance)]
        if not len(pairs):
            break
        _join_straightest(pairs, _bends(ends, inward, pairs, tolerance), mates)
    pairs = _meeting(ends, inward, np.arange(len(ends)) // 2, tolerance)
    _splice(ends, pairs, mates, tolerance)
    return mates


def _meeting(
    ends: Points, inward: Points, owners: NDArray[np.int64], tolerance: float
) -> NDArray[np.int64]:
    """Return pairs (P, 2) of meeting ends of different strokes, the first with the lower number.

    Only the nearest few of each end are looked at. Where many meet, those should be the ones that
    go straight on, so ends are moved apart by twice the angle of their directions.
    """
    if len(ends) < 2:
        return np.zeros((0, 2), np.int64)
    x, y = inward.T
    apart = np.stack([x * x - y * y, 2 * x * y], 1) * APART * tolerance
    near = neighbours(build(ends + apart), owners, NEAR, (1 + 2 * APART) * tolerance, -1).ravel()
    pairs = np.stack([np.repeat(np.arange(len(ends)), NEAR), near], 1)[near >= 0]
    gaps = np.hypot(*(ends[pairs[:, 0]] - ends[pairs[:, 1]]).T)
    return np.unique(np.sort(pairs[gaps <= tolerance], 1), axis=0)


def _bends(
    ends: Points, inward: Points, pairs: NDArray[np.int64], tolerance: float
) -> NDArray[np.float64]:
    """Return the cost of joining each pair (P,): distance in tenths, then the bend."""
    gaps = np.hypot(*(ends[pairs[:, 0]] - ends[pairs[:, 1]]).T)
    tenths = np.floor(10 * gaps / tolerance) if tolerance else np.zeros(len(gaps))
    # Inward directions of a pair that goes straight on are opposite: -1.
    return np.asarray(4 * tenths + (inward[pairs[:, 0]] * inward[pairs[:, 1]]).sum(1))


@compiled
@no_type_check
def _directions(points, starts):
    """Return unit vectors (2 S, 2) from each end into its stroke; 0 for a dot."""
    inward = np.zeros((2 * (len(starts) - 1), 2))
    for end in range(len(inward)):
        first, last = starts[end // 2], starts[end // 2 + 1] - 1
        place, step = (last, -1) if end % 2 else (first, 1)
        for vertex in range(1, last - first + 1):
            x = points[place + step * vertex, 0] - points[place, 0]
            y = points[place + step * vertex, 1] - points[place, 1]
            length = np.hypot(x, y)
            if length > 0:
                inward[end] = x / length, y / length
                break
    return inward


def _join_straightest(
    pairs: NDArray[np.int64], bends: NDArray[np.float64], mates: NDArray[np.int64]
) -> None:
    for one, other in pairs[np.lexsort((pairs[:, 1], pairs[:, 0], bends))].tolist():
        if mates[one] < 0 and mates[other] < 0:
            mates[one], mates[other] = other, one


def _splice(
    ends: Points, pairs: NDArray[np.int64], mates: NDArray[np.int64], tolerance: float
) -> None:
    """Join closed chains with chains that they touch, by exchanging mates where they meet."""
    chains = _chains(mates)
    closed = [is_closed for _, is_closed in chains]
    parents = list(range(len(chains)))
    chain_of = {
        entry // 2: number for number, (entries, _) in enumerate(chains) for entry in entries
    }
    for one, other in pairs.tolist():
        ring, host = (_root(parents, chain_of[end // 2]) for end in (one, other))
        if not closed[ring]:
            one, other, ring, host = other, one, host, ring  # noqa: PLW2901
        if ring == host or not closed[ring]:
            continue
        left, right = int(mates[one]), int(mates[other])
        if right >= 0 and np.hypot(*(ends[left] - ends[right])) > tolerance:
            continue
        mates[one], mates[other] = other, one
        mates[left] = right
        if right >= 0:
            mates[right] = left
        parents[ring] = host


def _root(parents: list[int], chain: int) -> int:
    while parents[chain] != chain:
        parents[chain] = chain = parents[parents[chain]]
    return chain


def _chains(mates: NDArray[np.int64]) -> list[tuple[list[int], bool]]:
    """Return, for each chain of mates, where its strokes are entered, and whether it is closed.

    Chains are in the order of their first strokes, and begin at the end with the lowest number.
    """
    after = mates.tolist()
    seen = [False] * (len(after) // 2)
    chains: list[tuple[list[int], bool]] = []
    # Open chains are walked from their free ends, then what is left is closed.
    for end in [*np.flatnonzero(mates < 0).tolist(), *range(0, len(after), 2)]:
        entries: list[int] = []
        entry = end
        while entry >= 0 and not seen[entry // 2]:
            seen[entry // 2] = True
            entries.append(entry)
            entry = after[entry ^ 1]
        if entries:
            chains.append((entries, entry >= 0))
    return sorted(chains, key=lambda chain: min(entry // 2 for entry in chain[0]))


def _join(strokes: Sequence[Stroke], entries: Sequence[int], closes: bool) -> Stroke:
    """Return the stroke that passes through strokes, each entered at an end."""
    parts = [strokes[entry // 2] for entry in entries]
    if len(parts) == 1 and (not closes or (parts[0].points[0] == parts[0].points[-1]).all()):
        return parts[0]
    curved = all(part.curved for part in parts)
    pieces = [(part.points if curved else part.polyline(TOLERANCE)).copy() for part in parts]
    turned = [entry % 2 == 1 for entry in entries]
    pieces = [piece[::-1] if turn else piece for piece, turn in zip(pieces, turned, strict=True)]
    meetings = list(zip(pieces, pieces[1:] + pieces[:1], strict=True))
    for piece, after in meetings if closes else meetings[:-1]:
        middle = (piece[-1] + after[0]) / 2
        if curved:  # the handles move along
            piece[-2] += middle - piece[-1]
            after[1] += middle - after[0]
        piece[-1] = after[0] = middle
    return Stroke(np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])]), curved)
