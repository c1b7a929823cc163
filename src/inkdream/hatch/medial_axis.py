"""Centre lines of areas too narrow for an outline: the chordal axis of their triangles.

Source: L. Prasad, "Morphological analysis of shapes", CNLS Newsletter 139 (1997): a polygon is cut
into triangles with no corner inside it; the middles of the cuts, joined through the triangles,
follow the middle of the polygon, and branch where a triangle has three cuts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas
from inkdream.plot.clip import length_of
from inkdream.plot.plot import Points

_SIDES = np.array([[0, 1], [1, 2], [2, 0]])
# The length of a dot in nibs: so long that no program drops it as a line of no length.
DOT = 0.2
# From a fork in a square end it is 1.41 depths to the corner: no further line is lost.
HOOK = 1.5

Graph = dict[int, dict[int, float]]


class _Triangles(NamedTuple):
    """The triangles of all areas, in the areas' order.

    Attributes:
        corners: (T, 3, 2).
        sides: (T, 3) the number of each side, from one corner to the next; the last to the first.
        cuts: (T, 3) whether the side is one of two triangles: a cut, not an edge of the area.
        begins: (N + 1,) where each area's triangles begin.
        places: (S + T, 2) the middles of sides, then of triangles.
    """

    corners: NDArray[np.float64]
    sides: NDArray[np.intp]
    cuts: NDArray[np.bool_]
    begins: NDArray[np.intp]
    places: Points


def centre_lines(areas: Areas, nib: float) -> Iterator[list[Points]]:
    """Yield, for each area, the lines along its middle, the longest first; at least one.

    Lines end half a nib before the area does, since the nib reaches further than its middle;
    branches shorter than a nib are left out. An area without length gets a dot.

    Args:
        areas: (N,) polygons.
        nib: width of the line that will be drawn, in mm.
    """
    triangles = _triangles(shapely.segmentize(areas, nib / 2))
    for number, area in enumerate(areas):
        yield _lines_of(triangles, number, area, nib) or [dot(area, nib)]


def _triangles(areas: Areas) -> _Triangles:
    parts, owners = shapely.get_parts(
        shapely.constrained_delaunay_triangles(areas), return_index=True
    )
    corners = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
    # Equal vertices of one area get one number.
    x, y = corners.reshape(-1, 2).T
    area = np.repeat(owners, 3)
    order = np.lexsort((y, x, area))
    differs = [np.diff(each[order]) != 0 for each in (x, y, area)]
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(np.append(True, np.any(differs, axis=0)))
    ends = np.sort(numbers.reshape(-1, 3)[:, _SIDES], axis=2)
    _, first, sides, counts = np.unique(
        ends[..., 0] * (len(order) + 1) + ends[..., 1],
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    middles = corners[:, _SIDES].mean(2).reshape(-1, 2)[first]
    sides = sides.reshape(-1, 3)
    begins = np.searchsorted(owners, np.arange(len(areas) + 1))
    places = np.concatenate([middles, corners.mean(1)])
    return _Triangles(corners, sides, counts[sides] > 1, begins, places)


def _lines_of(
    triangles: _Triangles, number: int, area: shapely.Geometry, nib: float
) -> list[Points]:
    places = triangles.places
    graph, tips = _axis(triangles, number)
    forks = [node for node, ways in graph.items() if len(ways) > 2]
    away = shapely.distance(area.boundary, shapely.points(places[forks]))
    depths = dict(zip(forks, away.tolist(), strict=True))
    lines: list[Points] = []
    while graph:
        path = _longest_path(graph)
        for _ in range(2):
            path = _without_hook(path, places, depths)[::-1]
        ends = [_towards(places[end], tips.get(end), nib / 2) for end in (path[0], path[-1])]
        points = np.concatenate([ends[0], places[path], ends[1]])
        length = length_of(points)
        if length >= (nib if lines else DOT * nib):
            line = shapely.simplify(shapely.LineString(points), nib / 20)
            lines.append(shapely.get_coordinates(line))
        elif not lines:
            break
    return lines


def _axis(triangles: _Triangles, number: int) -> tuple[Graph, dict[int, Points]]:
    """Return the lengths between nodes of an area's axis, and the tips (2,) beyond its ends.

    Nodes are numbers of `places`.
    """
    graph: Graph = {}
    tips: dict[int, Points] = {}
    middles = len(triangles.places) - len(triangles.corners)
    members = slice(*triangles.begins[number : number + 2])
    cuts, sides = triangles.cuts[members].tolist(), triangles.sides[members].tolist()
    for triangle, (cut, side) in enumerate(zip(cuts, sides, strict=True), members.start):
        nodes = [node for node, is_cut in zip(side, cut, strict=True) if is_cut]
        if len(nodes) == 1:
            tips[nodes[0]] = triangles.corners[triangle, (cut.index(True) + 2) % 3]
        elif len(nodes) == 2:
            _join(graph, triangles.places, nodes[0], nodes[1])
        elif len(nodes) == 3:
            for node in nodes:
                _join(graph, triangles.places, node, middles + triangle)
    return graph, tips


def _join(graph: Graph, places: Points, a: int, b: int) -> None:
    length = float(np.hypot(*(places[a] - places[b])))
    graph.setdefault(a, {})[b] = length
    graph.setdefault(b, {})[a] = length


def _longest_path(graph: Graph) -> list[int]:
    """Take a longest path out of a graph (exactly so in a tree) and return its nodes."""
    path = _farthest_path(graph, next(iter(graph)))
    path = _farthest_path(graph, path[-1])
    _remove(graph, path)
    # Around a loop the longest shortest path is half of it: go on where there is a way.
    while path[-1] in graph:
        further = _farthest_path(graph, path[-1])
        _remove(graph, further)
        path += further[1:]
    return path


def _farthest_path(graph: Graph, start: int) -> list[int]:
    """Return the shortest path from a node to the one that is farthest from it."""
    before: dict[int, int] = {}
    heap = [(0.0, start, start)]
    node = start
    while heap:
        distance, place, came = heapq.heappop(heap)
        if place in before:
            continue
        before[place] = came
        node = place
        for other, length in graph[place].items():
            if other not in before:
                heapq.heappush(heap, (distance + length, other, place))
    path = [node]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


def _remove(graph: Graph, path: list[int]) -> None:
    for a, b in pairwise(path):
        del graph[a][b], graph[b][a]
    for node in path:
        if node in graph and not graph[node]:
            del graph[node]


def _without_hook(path: list[int], places: Points, depths: dict[int, float]) -> list[int]:
    """Return a path without its last bit if that only runs from a fork into a corner."""
    for index in range(len(path) - 2, -1, -1):
        if path[index] in depths:
            bit = length_of(places[path[index:]])
            return path[: index + 1] if bit <= HOOK * depths[path[index]] else path
    return path


def _towards(place: Points, tip: Points | None, short: float) -> Points:
    """Return the point (1, 2) that is `short` before a tip; none, (0, 2), if that is behind."""
    if tip is None:
        return np.empty((0, 2))
    away = tip - place
    distance = float(np.hypot(*away))
    if distance <= short:
        return np.empty((0, 2))
    return (place + away * (1 - short / distance))[None]


def dot(place: shapely.Geometry, nib: float) -> Points:
    """Return a line (2, 2) so short that it is a dot, on a geometry of whatever kind."""
    centre = shapely.get_coordinates(shapely.point_on_surface(place))[0]
    reach = np.array([DOT * nib / 2, 0.0])
    return np.stack([centre - reach, centre + reach])
