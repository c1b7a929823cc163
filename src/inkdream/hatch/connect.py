"""Pieces of line become strokes that stay inside their areas, so that the pen is seldom lifted.

Every piece is a loop: a ring is one, and a short line is one, there and back. Loops side by side
are linked into spanning trees, and each tree is walked in one stroke where that is possible. Long
lines are not drawn twice; they are roots, and no tree has two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas
from inkdream.hatch.paths import LIFT, Path, rounded
from inkdream.hatch.rings import Piece
from inkdream.plot.plot import Points

# Corners are rounded from this many nibs before to behind them: bare paper there is a hundredth of
# a nib squared.
ROUNDING = 0.1
# Ends of strokes in an area are joined over the ink between them, up to this many nibs: further,
# and the line that lies over the others would be seen.
LONGEST_HOP = 8.0
# Neighbours are linked over at most this many pitches, and no more than a lift is worth; rings next
# to each other are one apart.
REACH = 1.6
NEXT = 1.25
# Lines are drawn there and back up to so many mm: less than a lift takes. Rows are part of a
# pattern, where lines drawn twice are seen, so they are up to this many pitches only.
LONGEST_FOLD = 8.0
LONGEST_ROW = 4.0
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


class Link(NamedTuple):
    """From a node to a child.

    Attributes:
        child: the node.
        start: how far along the parent it begins.
        end: how far along the child it ends.
        nested: whether the child is the next ring inwards.
    """

    child: Node
    start: float
    end: float
    nested: bool


# Two pieces near each other by their numbers, the ends (2, 2) of the shortest line between them,
# and whether they are rings next to each other.
_Pair = tuple[int, int, Points, bool]
# From a piece to another, likewise.
_Way = tuple[int, Points, bool]


def link(
    pieces: Sequence[Piece], allowed: Areas, nib: float, pitch: float, glide: float
) -> Iterator[Points]:
    """Yield strokes (N, 2) that draw all pieces, each inside its area.

    Args:
        pieces: what is to be drawn, in the areas' order.
        allowed: (N,) prepared polygons inside the areas, which links do not leave.
        nib: width of the line in mm.
        pitch: from one line to the next, in mm.
        glide: over how many mm the pen moves from one ring to the next.
    """
    by_area: dict[int, list[Points]] = defaultdict(list)
    for root in _grow(pieces, allowed, max(pitch, nib)):
        area = root.piece.area
        by_area[area] += Walk(allowed[area], pitch, glide, opens=pitch <= nib).strokes(root)
    for area, strokes in sorted(by_area.items()):
        for stroke in _hopped(strokes, allowed[area], LONGEST_HOP * nib):
            yield rounded(stroke, ROUNDING * nib)


def _hopped(strokes: Sequence[Points], allowed: shapely.Geometry, most: float) -> Iterator[Points]:
    """Yield the strokes of one area, chained where one's end is near another's, inside the area."""
    if len(strokes) == 1:
        yield strokes[0]
        return
    ends = np.array([[stroke[0], stroke[-1]] for stroke in strokes])
    is_left = np.ones(len(strokes), dtype=np.bool_)
    while is_left.any():
        first = int(is_left.argmax())
        is_left[first] = False
        chain = [strokes[first]]
        # From its end, then, turned around, from its beginning.
        for _ in range(2):
            while (follower := _next(chain[-1][-1], ends, is_left, allowed, most)) is not None:
                number, is_last = follower
                is_left[number] = False
                chain.append(strokes[number][::-1] if is_last else strokes[number])
            chain = [stroke[::-1] for stroke in reversed(chain)]
        yield np.concatenate(chain)


def _next(
    place: Points, ends: Points, is_left: NDArray[np.bool_], allowed: shapely.Geometry, most: float
) -> tuple[int, bool] | None:
    """Return the stroke to go on with, and whether it is to be drawn from its last point."""
    distances = np.where(is_left[:, None], np.hypot(*np.moveaxis(ends - place, 2, 0)), np.inf)
    for choice in np.argsort(distances, axis=None, kind="stable"):
        number, is_last = divmod(int(choice), 2)
        if distances[number, is_last] > most:
            return None
        if allowed.covers(shapely.LineString([place, ends[number, is_last]])):
            return number, bool(is_last)
    return None


def _grow(pieces: Sequence[Piece], allowed: Areas, pitch: float) -> Iterator[Node]:
    """Yield the roots of trees that together hold all pieces."""
    nodes = [_node(piece, pitch) for piece in pieces]
    ways, trees = _span(nodes, _pairs(nodes, allowed, pitch))
    members: dict[int, list[int]] = {}
    for number, tree in enumerate(trees):
        members.setdefault(tree, []).append(number)
    roots = [max(each, key=lambda number: _fitness(nodes[number])) for each in members.values()]
    for number in roots:
        root = nodes[number]
        if root.piece.kind != "ring":
            # What nobody comes back from is drawn once.
            root.path, root.is_open = Path(root.piece.points), True
        _hang(nodes, ways, number)
    yield from (nodes[number] for number in roots)


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


def _pairs(nodes: list[Node], allowed: Areas, pitch: float) -> Iterable[_Pair]:
    """Return pieces near each other, the most useful first: rings that nest, then the nearest."""
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
    ends = shapely.get_coordinates(shortest).reshape(-1, 2, 2)[order]
    numbers = (each[order].tolist() for each in (first, second))
    return zip(*numbers, ends, nested[order].tolist(), strict=True)


def _span(nodes: list[Node], pairs: Iterable[_Pair]) -> tuple[list[list[_Way]], list[int]]:
    """Return the pairs that make trees, as ways from each node, and each node's tree.

    Pairs are taken in order (Kruskal's algorithm), so each ring hangs on one that encloses it.
    """
    tree = list(range(len(nodes)))
    has_open = [node.is_open for node in nodes]
    ways: list[list[_Way]] = [[] for _ in nodes]
    enclosed: set[int] = set()

    def find(number: int) -> int:
        while tree[number] != number:
            tree[number] = tree[tree[number]]
            number = tree[number]
        return number

    for one, other, ends, nested in pairs:
        inner = max(one, other, key=lambda number: nodes[number].piece.level)
        a, b = sorted((find(one), find(other)))
        if a == b or (has_open[a] and has_open[b]) or (nested and inner in enclosed):
            continue
        if nested:
            enclosed.add(inner)
        tree[b] = a
        has_open[a] |= has_open[b]
        ways[one].append((other, ends, nested))
        ways[other].append((one, ends[::-1], nested))
    return ways, [find(number) for number in range(len(nodes))]


def _hang(nodes: list[Node], ways: list[list[_Way]], root: int) -> None:
    """Give each node of a tree the links to its children."""
    waiting = [(root, root)]
    while waiting:
        number, parent = waiting.pop()
        node = nodes[number]
        for other, ends, nested in ways[number]:
            if other == parent:
                continue
            child = nodes[other]
            start, end = (
                float(each.path.nearest(place[None])[0][0])
                for each, place in zip((node, child), ends, strict=True)
            )
            inwards = nested and child.piece.level > node.piece.level
            node.links.append(Link(child, start, end, inwards))
            waiting.append((other, number))


class _Visit(NamedTuple):
    """Walk along a closed or open path for `span` mm, and around the children on the way.

    Attributes:
        links: to children, each with how far along `path` it begins.
    """

    path: Path
    span: float
    links: Sequence[tuple[float, Link]]


class _Bend(NamedTuple):
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
            steps.append(visit._replace(span=begin) if bend and zone else visit)
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
        outside = guide.places(at)
        along, away = path.nearest(outside)
        if away.max() > NEXT * self.pitch:
            return None
        inside = path.places(along)
        return _Bend(inside + (outside - inside) * (at / span)[:, None], float(last), span)

    def _steps(self, visit: _Visit) -> Iterator[_Visit | Points]:
        now = 0.0
        links = sorted(((min(at, visit.span), each) for at, each in visit.links), key=itemgetter(0))
        ends = [*(at for at, _ in links), visit.span][1:]
        for (at, each), end in zip(links, ends, strict=True):
            begin = max(at, now)
            yield visit.path.between(now, begin)
            gap, inner = self._enter(visit.path, begin, end - begin, each)
            yield inner
            now = begin + gap
        yield visit.path.between(now, visit.span)

    def _enter(self, path: Path, at: float, room: float, link: Link) -> tuple[float, _Visit]:
        """Return how much of a path is left out at a link, and the walk around the child there."""
        loop = link.child.path
        ahead = self._opening(path, at, room, link)
        sense = 1 if ahead <= 0 else -1
        links = [(sense * (each.start - link.end) % loop.length, each) for each in link.child.links]
        inner = _Visit(loop.turned(link.end, sense > 0), loop.length - abs(ahead), links)
        return self.pitch if ahead else 0.0, inner

    def _opening(self, path: Path, at: float, room: float, link: Link) -> float:
        """Return how far along the child, from where it is entered, it can be left; 0 if it cannot.

        It is left to where the path goes on, a pitch after it was left: backwards if negative.
        """
        loop, gap = link.child.path, self.pitch
        is_long = link.child.piece.kind == "ring" and loop.length > LEAST_OPENED * gap
        if not self.opens or not is_long or gap > room:
            return 0.0
        beyond = path.places(np.array([at + gap]))
        back, away = loop.nearest(beyond)
        half = loop.length / 2
        ahead = (float(back[0]) - link.end + half) % loop.length - half
        runs_alongside = away[0] < REACH * gap and gap / 2 < abs(ahead) < 3 * gap / 2
        hop = shapely.linestrings(np.concatenate([loop.places(back), beyond]))
        return ahead if runs_alongside and shapely.covers(self.allowed, hop) else 0.0


def _turn(node: Node, start: float, besides: Node | None) -> _Visit:
    """Return the visit once around a node, but for one of its children."""
    path = node.path if node.is_open else node.path.turned(start)
    links = [
        (each.start if node.is_open else (each.start - start) % path.length, each)
        for each in node.links
        if each.child is not besides
    ]
    return _Visit(path, path.length, links)


def _way_back(path: Path, start: float, node: Node, outer: Node) -> _Bend | None:
    """Return the shorter way along a ring to where it is linked to the next, if it is short."""
    link = next(each for each in outer.links if each.child is node)
    way = (link.end - start) % path.length
    back = path.length - way
    if min(way, back) > LONGEST_WAY_BACK:
        return None
    points = path.between(0.0, way) if way < back else path.between(way, path.length)[::-1]
    return _Bend(points, link.start, 0.0)


def _heaviest(root: Node) -> list[Node]:
    """Return the rings from the inside out, to the root, that are longest together."""
    nodes = [root]
    for node in nodes:
        nodes += [each.child for each in node.links if each.nested]
    weights: dict[Node, float] = {}
    heirs: dict[Node, Node | None] = {}
    for node in reversed(nodes):
        inner = [each.child for each in node.links if each.nested]
        heir = heirs[node] = max(inner, key=weights.__getitem__, default=None)
        weights[node] = node.path.length + (weights[heir] if heir else 0.0)
    line = [root]
    while heir := heirs[line[-1]]:
        line.append(heir)
    return line[::-1]
