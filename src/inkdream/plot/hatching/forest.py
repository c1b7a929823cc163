"""Which pieces of line are linked to which: trees of loops that lie side by side.

Every piece is a loop: a ring is one, and a short line is one, there and back. Long lines are not
drawn twice; they are roots, and no tree has two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.plot.hatching.areas import Areas
from inkdream.plot.hatching.paths import LIFT, Path
from inkdream.plot.hatching.rings import Piece
from inkdream.plot.plot import Points

# Neighbours are linked over at most this many pitches, and no more than a lift is worth; rings next
# to each other are one apart.
REACH = 1.6
NEXT = 1.25
# Lines are drawn there and back up to so many mm: less than a lift takes. Rows are part of a
# pattern, where lines drawn twice are seen, so they are up to this many pitches only.
LONGEST_FOLD = 8.0
LONGEST_ROW = 4.0


@dataclass(eq=False)
class Node:
    """A piece in its tree.

    Attributes:
        piece: what it is.
        path: the way along it: closed, unless `is_open`.
        is_open: whether it is a long line, drawn once from end to end.
        links: to its children, once it has its place in a tree.
    """

    piece: Piece
    path: Path
    is_open: bool
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Link:
    """From a node to a child.

    Attributes:
        child: the node.
        there: how far along the parent it begins.
        here: how far along the child it ends.
        nested: whether the child is the next ring inwards.
    """

    child: Node
    there: float
    here: float
    nested: bool


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pieces near each other, the most useful first; each field is (N, ...)."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    ends: Points
    nested: NDArray[np.bool_]


_Way = tuple[int, Points, bool]


def grow(pieces: Sequence[Piece], allowed: Areas, pitch: float) -> list[Node]:
    """Return the roots of trees that together hold all pieces.

    Args:
        pieces: of any areas, in the areas' order.
        allowed: (N,) prepared polygons, one an area, that no link may leave.
        pitch: from one line to the next, in mm.
    """
    nodes = [_node(piece, pitch) for piece in pieces]
    ways, groups = _choose(nodes, _pairs(nodes, allowed, pitch))
    roots: dict[int, int] = {}
    for number, group in enumerate(groups):
        best = roots.setdefault(group, number)
        if _fitness(nodes[number]) > _fitness(nodes[best]):
            roots[group] = number
    for root in roots.values():
        if nodes[root].piece.kind != "ring":
            # What nobody comes back from is drawn once.
            nodes[root].path, nodes[root].is_open = Path(nodes[root].piece.points), True
        _hang(nodes, ways, root)
    return [nodes[root] for root in roots.values()]


def _node(piece: Piece, pitch: float) -> Node:
    path = Path(piece.points)
    longest = LONGEST_ROW * pitch if piece.kind == "row" else LONGEST_FOLD
    if piece.kind == "ring" or path.length > longest:
        return Node(piece, path, piece.kind != "ring")
    return Node(piece, Path(np.concatenate([piece.points, piece.points[-2::-1]])), False)


def _fitness(node: Node) -> tuple[bool, bool, float]:
    """Return how well a node serves as a root: long lines, then outlines, then whatever is long."""
    is_outline = node.piece.kind == "ring" and node.piece.level == 0
    return node.is_open, is_outline, node.path.length


def _pairs(nodes: list[Node], allowed: Areas, pitch: float) -> _Pairs:
    lines = np.array([shapely.linestrings(node.piece.points) for node in nodes])
    areas = np.array([node.piece.area for node in nodes])
    levels = np.array([node.piece.level for node in nodes])
    are_rings = np.array([node.piece.kind == "ring" for node in nodes])
    reach = min(REACH * pitch, LIFT)
    near = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    first, second = near[:, (near[0] < near[1]) & (areas[near[0]] == areas[near[1]])]
    shortest = shapely.shortest_line(lines[first], lines[second])
    inside = shapely.covers(allowed[areas[first]], shortest)
    first, second, shortest = first[inside], second[inside], shortest[inside]
    lengths = shapely.length(shortest)
    nested = are_rings[first] & are_rings[second] & (lengths < NEXT * pitch)
    nested &= np.abs(levels[first] - levels[second]) == 1
    order = np.lexsort((second, first, lengths, ~nested))
    ends = shapely.get_coordinates(shortest).reshape(-1, 2, 2)
    return _Pairs(first[order], second[order], ends[order], nested[order])


def _choose(nodes: list[Node], pairs: _Pairs) -> tuple[list[list[_Way]], list[int]]:
    """Return the pairs that make trees, as ways from each node, and each node's tree.

    Rings next to each other come first, so that each hangs on one that encloses it, then what is
    nearest: Kruskal's algorithm.
    """
    group = list(range(len(nodes)))
    has_open = [node.is_open for node in nodes]
    ways: list[list[_Way]] = [[] for _ in nodes]
    enclosed: set[int] = set()

    def find(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    numbers = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    for (one, other), ends, nested in zip(numbers, pairs.ends, pairs.nested.tolist(), strict=True):
        inner = max(one, other, key=lambda number: nodes[number].piece.level)
        a, b = sorted((find(one), find(other)))
        if a == b or (has_open[a] and has_open[b]) or (nested and inner in enclosed):
            continue
        if nested:
            enclosed.add(inner)
        group[b] = a
        has_open[a] |= has_open[b]
        ways[one].append((other, ends, nested))
        ways[other].append((one, ends[::-1], nested))
    return ways, [find(number) for number in range(len(nodes))]


def _hang(nodes: list[Node], ways: list[list[_Way]], root: int) -> None:
    """Give each node of a tree the links to its children."""
    waiting = [(root, root)]
    while waiting:
        here, parent = waiting.pop()
        node = nodes[here]
        for number, ends, nested in ways[here]:
            if number == parent:
                continue
            child = nodes[number]
            inwards = nested and child.piece.level > node.piece.level
            there, end = (
                float(each.path.nearest(ends[[side]])[0][0])
                for side, each in enumerate((node, child))
            )
            node.links.append(Link(child, there, end, inwards))
            waiting.append((number, here))
