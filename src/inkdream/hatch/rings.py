"""Rings around the inside of an area, one nib from the next, and lines where no ring fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas, inset, outset
from inkdream.hatch.medial_axis import DOT, centre_lines, dot
from inkdream.hatch.paths import Path
from inkdream.plot.plot import Points

# Rings may be this many nibs off.
COARSENESS = 0.025
# The first ring's ink reaches this many nibs beyond the edge: what is lost inside corners, where a
# round nib cannot reach, is made up for.
BEYOND = 0.034
# What rings leave bare gets no rib where it is smaller than this many nibs squared. At the edge the
# rib's ink lies on both sides of it, and bumps of the outline are not worth that.
LEAST = 0.2
LEAST_AT_EDGE = 1.0
# Parts of an area that are narrower than this many nibs are too narrow for a rib.
NARROWEST = 0.25
# The ink of an area that is but a rib is at most this share of the area, if it is short: half of
# what its ends add lies beside it.
LONE = 0.85
# A ring around less than this many nibs is a dot.
LEAST_RING = 0.25
# How much further than half a nib ink is thought to reach: rings are not quite round.
SPREAD = 0.02
_POLYGON = 3


@dataclass(frozen=True, eq=False)
class Piece:
    """A line inside an area.

    Attributes:
        points: (N, 2) in mm; a ring's last is its first.
        kind: a ring; a rib, in the middle of what is too narrow for one; or a row of hatching.
        area: the number of the area.
        level: how many rings there are between a ring and the area's edge.
    """

    points: Points
    kind: Literal["ring", "rib", "row"]
    area: int
    level: int = 0


def rings(areas: Areas, nib: float, pitch: float, most: int | None = None) -> Iterator[Piece]:
    """Yield rings from the outside in, and ribs where it is too narrow for the next ring.

    Rings of outer edges turn one way and rings of holes the other, so that neighbours run
    alongside. The first ring lies half a nib inside: the edge of its ink is all but the area's. An
    area that is too narrow for any ring gets a rib, or a dot.

    Args:
        areas: (N,) polygons in mm.
        nib: width of the line in mm.
        pitch: from one ring to the next, in mm; more than a nib leaves gaps, which get no ribs.
        most: how many rings from the edge; by default as many as there is room for.
    """
    half = nib / 2
    bare, owners = areas, np.arange(len(areas))
    level = 0
    while len(bare) and (most is None or level < most):
        depth = half - BEYOND * nib if level == 0 else pitch - half
        middles = shapely.simplify(inset(bare, depth), COARSENESS * nib)
        if level == 0 or pitch <= nib:
            yield from _ribs(bare, middles, owners, nib, level)
        middles, places = shapely.get_parts(shapely.normalize(middles), return_index=True)
        owners = owners[places]
        for ring, place in zip(*shapely.get_rings(middles, return_index=True), strict=True):
            area = int(owners[place])
            if ring.length < LEAST_RING * nib:
                yield Piece(dot(ring, nib), "rib", area, level)
            else:
                yield Piece(shapely.get_coordinates(ring), "ring", area, level)
        bare = inset(middles, half)
        is_left = ~shapely.is_empty(bare)
        bare, owners = bare[is_left], owners[is_left]
        level += 1


def _ribs(
    bare: Areas, middles: Areas, owners: NDArray[np.intp], nib: float, level: int
) -> Iterator[Piece]:
    """Yield ribs of what is left of `bare` (N,) by lines along the edges of `middles` (N,)."""
    least = LEAST_AT_EDGE if level == 0 else LEAST
    lost = shapely.is_empty(middles)
    inked = outset(middles, (0.5 + SPREAD) * nib)
    parts, places = shapely.get_parts(shapely.difference(bare, inked), return_index=True)
    whole = (level == 0) & lost[places]
    if level == 0:
        thin = NARROWEST * nib / 2
        broad = shapely.buffer(shapely.buffer(parts, -thin), thin)
        parts = np.where(whole, parts, shapely.intersection(parts, broad))
        parts, kept = shapely.get_parts(parts, return_index=True)
        places, whole = places[kept], whole[kept]
    worth = (shapely.area(parts) >= least * nib * nib) | whole
    worth &= shapely.get_type_id(parts) == _POLYGON
    parts, places, whole = parts[worth], places[worth], whole[worth]
    for lines, part, place, alone in zip(
        centre_lines(parts, nib), parts, places, whole, strict=True
    ):
        for points in lines:
            line = _as_much_ink(points, LONE * part.area, nib) if alone else points
            yield Piece(line, "rib", int(owners[place]), level)


def _as_much_ink(points: Points, area: float, nib: float) -> Points:
    """Return a line cut at both ends, by up to half a nib, until its ink is no more than `area`.

    A line as narrow as a nib's width or less has ink beside it; its ends need not add to that.
    """
    path = Path(points)
    ink = nib * path.length + np.pi / 4 * nib * nib
    spare = min((ink - area) / nib, nib, path.length - DOT * nib)
    return path.between(spare / 2, path.length - spare / 2) if spare > 0 else points
