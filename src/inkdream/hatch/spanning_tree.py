"""Which pieces of line are linked to which: trees of loops that lie side by side.

Every piece is a loop: a ring is one, and a short line is one, there and back. Long lines are not
drawn twice; they are roots, and no tree has two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas
from inkdream.hatch.paths import LIFT, Path
from inkdream.hatch.rings import Piece
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


# A glide takes at most this share of a ring...
MOST_GLIDE = 0.35
# ... and at most this much more than the one before, or there is a gap where it begins.
GROWTH = 1.1
# The outer ring of two is longer around a corner, but not by more than this.
MOST_STRETCH = 3.0
# A way back along a ring is drawn twice; one longer than this, in mm, is not worth a lift less.
LONGEST_WAY_BACK = 8.0
# Loops shorter than this many pitches are not opened: little would be left of them.
LEAST_OPENED = 4.0


@dataclass(frozen=True, eq=False)
class _Visit:
    """Walk along a node from the start of `path` for `span` mm, and around its children.

    Attributes:
        node: where.
        path: its loop, begun where it is entered.
        span: mm.
        links: to children, each with how far along `path` it begins.
    """

    node: Node
    path: Path
    span: float
    links: Sequence[tuple[float, Link]]


@dataclass(frozen=True, eq=False)
class _Bend:
    """The way from a ring to the next: its points, where it ends, and how long it glided there."""

    points: Points
    end: float
    zone: float


@dataclass(frozen=True, eq=False)
class Walk:
    """How the trees of an area are walked.

    Attributes:
        allowed: the prepared polygon that no link may leave.
        pitch: from one line to the next, in mm.
        glide: over how many mm the pen moves from one ring to the next.
        opens: whether loops are opened where they are linked, which is seen unless ink is solid.
    """

    allowed: shapely.Geometry
    pitch: float
    glide: float
    opens: bool = True

    def strokes(self, root: Node) -> Iterator[Points]:
        """Yield polylines (N, 2) that draw a whole tree."""
        for steps in self._main(root):
            parts: list[Points] = []
            # Trees are deep: a stack of one's own instead of recursion.
            stack = [iter(steps)]
            while stack:
                step = next(stack[-1], None)
                if step is None:
                    stack.pop()
                elif isinstance(step, _Visit):
                    stack.append(self._steps(step))
                else:
                    parts.append(step)
            yield np.concatenate(parts)

    def _main(self, root: Node) -> Iterator[list[_Visit | Points]]:
        """Yield strokes as steps: the line of rings from the inside out, one turn around each."""
        line = _heaviest(root)
        steps: list[_Visit | Points] = []
        start = zone = 0.0
        for node, inner, outer in zip(line, [None, *line], line[1:], strict=False):
            visit = _turn(node, start, inner)
            length = visit.span
            glide = min(self.glide, MOST_GLIDE * length, zone * GROWTH if zone else length)
            # A ring that was not glided into is closed first: the glide runs over its beginning.
            begin = length - glide if zone else 0.0
            bend = self._bend(visit.path, begin, begin + glide, outer)
            steps.append(replace(visit, span=begin) if bend and zone else visit)
            bend = bend or _way_back(visit.path, start, node, outer)
            if bend is None:
                yield steps
                steps, start, zone = [], 0.0, 0.0
            else:
                steps.append(bend.points)
                start, zone = bend.end, bend.zone
        yield [*steps, _turn(root, start, line[-2] if len(line) > 1 else None)]

    def _bend(self, path: Path, begin: float, end: float, outer: Node) -> _Bend | None:
        """Return the glide from a stretch of a ring to the next ring, if that runs alongside."""
        (first, last), away = outer.path.nearest(path.places(np.array([begin, end])))
        span = float(last - first) % outer.path.length
        if away.max() > NEXT * self.pitch or not 0 < span < MOST_STRETCH * (end - begin):
            return None
        # The outer ring goes around every corner and the inner one need not: it is the guide.
        guide = outer.path.turned(float(first))
        at = np.union1d(np.arange(0.0, span, self.pitch), guide.at[guide.at < span])
        at = np.append(at, span)
        theirs = guide.places(at)
        along, away = path.nearest(theirs)
        if away.max() > NEXT * self.pitch:
            return None
        mine = path.places(along)
        return _Bend(mine + (theirs - mine) * (at / span)[:, None], float(last), span)

    def _steps(self, visit: _Visit) -> Iterator[_Visit | Points]:
        now = 0.0
        links = sorted(((min(at, visit.span), link) for at, link in visit.links), key=_where)
        ends = [*(at for at, _ in links), visit.span][1:]
        for (at, link), end in zip(links, ends, strict=True):
            begin = max(at, now)
            yield visit.path.between(now, begin)
            gap, inner = self._enter(visit.path, begin, end - begin, link)
            yield inner
            now = begin + gap
        yield visit.path.between(now, visit.span)

    def _enter(self, path: Path, at: float, room: float, link: Link) -> tuple[float, _Visit]:
        """Return how much of a path is left out at a link, and the walk around the child there."""
        child, loop = link.child, link.child.path
        ahead = self._opening(path, at, room, link)
        forwards = ahead <= 0
        links = []
        for each in child.links:
            distance = each.there - link.here if forwards else link.here - each.there
            links.append((distance % loop.length, each))
        span = loop.length - abs(ahead)
        inner = _Visit(child, loop.turned(link.here, forwards), span, links)
        return self.pitch if ahead else 0.0, inner

    def _opening(self, path: Path, at: float, room: float, link: Link) -> float:
        """Return how far along the child, from where it is entered, it can be left; 0 if it cannot.

        It is left to where the path goes on, a pitch after it was left: backwards if negative.
        """
        child, loop, gap = link.child, link.child.path, self.pitch
        is_long = child.piece.kind == "ring" and loop.length > LEAST_OPENED * gap
        if not self.opens or not is_long or gap > room:
            return 0.0
        beyond = path.places(np.array([at + gap]))
        back, away = loop.nearest(beyond)
        half = loop.length / 2
        ahead = (float(back[0]) - link.here + half) % loop.length - half
        runs_alongside = away[0] < REACH * gap and gap / 2 < abs(ahead) < 3 * gap / 2
        hop = shapely.linestrings(np.concatenate([loop.places(back), beyond]))
        return ahead if runs_alongside and shapely.covers(self.allowed, hop) else 0.0


def _turn(node: Node, start: float, besides: Node | None) -> _Visit:
    """Return the visit once around a node, but for one of its children."""
    path = node.path if node.is_open else node.path.turned(start)
    links = [
        (link.there if node.is_open else (link.there - start) % path.length, link)
        for link in node.links
        if link.child is not besides
    ]
    return _Visit(node, path, path.length, links)


def _way_back(path: Path, start: float, node: Node, outer: Node) -> _Bend | None:
    """Return the shorter way along a ring to where it is linked to the next, if it is short."""
    link = next(link for link in outer.links if link.child is node)
    way = (link.here - start) % path.length
    back = path.length - way
    if min(way, back) > LONGEST_WAY_BACK:
        return None
    points = path.between(0.0, way) if way < back else path.between(way, path.length)[::-1]
    return _Bend(points, link.there, 0.0)


def _where(place: tuple[float, Link]) -> float:
    return place[0]


def _heaviest(root: Node) -> list[Node]:
    """Return the rings from the inside out, to the root, that are longest together."""
    nodes = [root]
    for node in nodes:
        nodes.extend(link.child for link in node.links if link.nested)
    weights: dict[int, float] = {}
    heirs: dict[int, Node | None] = {}
    for node in reversed(nodes):
        children = [link.child for link in node.links if link.nested]
        heir = max(children, key=lambda child: weights[id(child)], default=None)
        heirs[id(node)] = heir
        weights[id(node)] = node.path.length + (weights[id(heir)] if heir else 0.0)
    line = [root]
    while heir := heirs[id(line[-1])]:
        line.append(heir)
    return line[::-1]
