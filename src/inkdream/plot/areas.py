"""The insides of outlines as polygons, by either of SVG's fill rules.

Outlines may cross themselves and each other: their edges are cut at all crossings, and those faces
are kept whose winding number fits the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, no_type_check

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.plot import Points, Stroke

# How near polygons stay to curves, in mm: a quarter of what a plot keeps to.
TOLERANCE = 0.005
# Pieces of area thinner than this, in mm, are what rounding leaves.
THINNEST = 0.002
# Edges that outlines may have, pairs of edges that may meet, and edges that may be looked at for
# faces, in all that one document has: about 10 s.
MOST_EDGES = 200_000
MOST_PAIRS = 500_000
MOST_LOOKS = 10_000_000_000
_SAMPLE = 500
# Pairs that an edge is part of in a plain drawing: those with its neighbours.
_USUAL = 20

# What shapely returns has no types: a polygon, or several.
Area = Any
NOWHERE: Area = shapely.MultiPolygon()


@dataclass
class Effort:
    """A budget for computing the insides of outlines.

    Attributes:
        pairs: of edges that may meet.
        looks: of faces times edges.
    """

    pairs: int = MOST_PAIRS
    looks: int = MOST_LOOKS


def area_of(
    strokes: Sequence[Stroke], is_even_odd: bool, effort: Effort | None = None
) -> Area | None:
    """Return the inside of outlines, or None if they are too intricate.

    Args:
        strokes: the outlines, in mm; each closes by itself.
        is_even_odd: the fill rule; else nonzero.
        effort: is spent; by default as much as one document may take.
    """
    rings = [_closed(stroke.polyline(TOLERANCE)) for stroke in strokes if len(stroke.points) > 2]
    rings = [ring for ring in rings if len(ring) > 3]
    if not rings:
        return NOWHERE
    if len(rings) == 1:
        alone = shapely.Polygon(rings[0])
        if alone.is_valid:
            return alone
    return _by_faces(rings, is_even_odd, effort or Effort())


def outlines(area: Area) -> tuple[Stroke, ...]:
    """Return the edges of an area, outer ones and holes, closed."""
    return tuple(Stroke(shapely.get_coordinates(ring)) for ring in rings_of(area))


def rings_of(area: Area) -> NDArray[np.object_]:
    """Return the edges of an area, outer ones and holes, as shapely's rings."""
    return np.asarray(shapely.get_rings(shapely.get_parts(area)))


def polygons(geometry: Any) -> Area:
    """Return the polygons among shapely's results, without those that are too thin."""
    parts = shapely.get_parts(geometry)
    for _ in range(2):  # collections may hold areas of several parts
        parts = shapely.get_parts(parts)
    is_area = shapely.get_type_id(parts) == 3
    is_area &= 2 * shapely.area(parts) > THINNEST * shapely.length(parts)
    kept = parts[is_area]
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(list(kept))


def _closed(line: Points) -> Points:
    """Return a ring whose last point is its first, without repeated vertices."""
    ring = np.concatenate([line, line[:1]])
    is_new = np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))
    different: Points = ring[is_new]
    return different


def _by_faces(rings: Sequence[Points], is_even_odd: bool, effort: Effort) -> Area | None:
    edges = np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])
    if len(edges) > MOST_EDGES:
        return None
    pairs = max(0, meetings(edges) - _USUAL * len(edges))
    if pairs > effort.pairs:
        return None
    effort.pairs -= pairs
    faces = shapely.get_parts(shapely.polygonize([shapely.unary_union(shapely.linestrings(edges))]))
    if len(faces) * len(edges) > effort.looks:
        return None
    effort.looks -= len(faces) * len(edges)
    places = shapely.get_coordinates(shapely.point_on_surface(faces))
    turns = windings(places, edges)
    inside = faces[turns % 2 == 1 if is_even_odd else turns != 0]
    return polygons(shapely.unary_union(inside)) if len(inside) else NOWHERE


def meetings(edges: NDArray[np.float64]) -> int:
    """Return about how many pairs of edges (E, 2, 2) are near enough to meet."""
    lines = shapely.linestrings(edges)
    some = lines[:: max(1, len(lines) // _SAMPLE)]
    tree = shapely.STRtree(lines)
    met = sum(tree.query(some[start : start + 10]).shape[1] for start in range(0, len(some), 10))
    return int(met * len(lines) / len(some))


@compiled
@no_type_check
def windings(places, edges):
    """Return the winding number of closed outlines around each place (P,).

    Args:
        places: (P, 2), on no edge.
        edges: (E, 2, 2) of all outlines, in any order.
    """
    numbers = np.zeros(len(places), np.int64)
    for edge in range(len(edges)):
        x_1, y_1 = edges[edge, 0, 0], edges[edge, 0, 1]
        x_2, y_2 = edges[edge, 1, 0], edges[edge, 1, 1]
        if y_1 == y_2:
            continue
        for place in range(len(places)):
            x, y = places[place, 0], places[place, 1]
            if (y_1 <= y) != (y_2 <= y):
                side = (x_2 - x_1) * (y - y_1) - (x - x_1) * (y_2 - y_1)
                if y_1 <= y and side > 0:
                    numbers[place] += 1
                elif y_1 > y and side < 0:
                    numbers[place] -= 1
    return numbers
