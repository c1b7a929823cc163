"""From a picture of ink numbers to areas: specks merged, outlines in mm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.regions import region_roots, region_sizes

# (H, W) ink numbers; 0 is bare paper.
Labels = NDArray[np.uint8]
# (N,) of shapely polygons; numpy has no narrower word for it.
Areas = NDArray[np.object_]
Edges = Literal["pixels", "smooth"]
# One entry an area: the points of its rings, and where in them each ring begins and the last ends.
_OuterOffset = tuple[list[NDArray[np.float64]], list[NDArray[np.uint32]]]

# Pixels smaller than so many nibs are slopes to a pen, and half of one is cut off at each corner of
# their stairs. Of larger ones less is cut, in pixels: what is cut off at a region's corner is inked
# beside its neighbour's.
SLOPE, CUT = 0.3, 0.15
# ... and no more than so many nibs: as much area as a round nib leaves bare in a corner,
# (1 - pi / 4) of its radius squared.
CORNER = 0.33
# Outlines may be this many nibs off: below what a pen's wobble shows.
COARSENESS = 0.07
# Where edges are smoothed, a pixel keeps so much of itself along rows and columns, and takes the
# rest from its neighbours. One alone survives: 0.75^2 > 1/2.
KEPT = 0.75
# Vertices in a quarter of a circle: with 4 an arc is within 2 % of its radius.
QUARTER = 4
# What is done to an area takes more than twice as long for one with twice as long an edge. A region
# with longer edges than this, in px, which only noise has, is cut up; nobody sees there that lines
# end at the cuts.
LONGEST_EDGE = 2**14
# More rings or parts than this are taken one by one, and long edges in bits of so many vertices.
MANY, BIT = 64, 32
_AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0))


def without_specks(labels: Labels, least: NDArray[np.float64]) -> Labels:
    """Return a picture (H, W) without regions of fewer pixels than `least` (K,) has for each label.

    A region is a set of pixels of one label, each touching the next by an edge. Each pixel of a
    speck takes the label that most of its four neighbours have (the lowest of equals), from the
    speck's border inwards. A picture of nothing but specks becomes the label that most of it has.
    """
    is_speck = region_sizes(labels) < least[labels]
    if is_speck.all():
        return np.full_like(labels, np.bincount(labels.ravel()).argmax())
    padded = np.pad(np.where(is_speck, -1, labels.astype(np.int16)), 1, constant_values=-1)
    rows, columns = np.nonzero(is_speck)
    while len(rows):
        # All pixels of a round are judged before any is changed: no order matters.
        around = [padded[rows + 1 + down, columns + 1 + right] for down, right in _AROUND]
        commonest = _commonest(np.stack(around))
        settled = commonest >= 0
        padded[rows[settled] + 1, columns[settled] + 1] = commonest[settled]
        rows, columns = rows[~settled], columns[~settled]
    return padded[1:-1, 1:-1].astype(np.uint8)


def outlines(mask: NDArray[np.bool_], scale: float, nib: float, edges: Edges = "pixels") -> Areas:
    """Return the areas of a mask (H, W) as polygons (N,) in mm from its top left corner.

    Contours at 0.5. Between neighbouring pixels they run where the pixels meet. At corners they cut
    off half a pixel where pixels are far smaller than the nib, which turns stairs into slopes; else
    `CUT`, and no more than a round nib leaves bare.

    Args:
        mask: where there is ink.
        scale: mm per pixel.
        nib: width of the line that will fill it, in mm.
        edges: as the pixels have them, or with their stairs smoothed into slopes.
    """
    is_smooth = edges == "smooth"
    is_sloped = is_smooth or scale <= SLOPE * nib
    cut = 0.5 if is_sloped else min(CUT, CORNER * nib / scale)
    share = _blurred(mask) if is_smooth else mask.astype(np.float64)
    whole, is_long = (slice(0, mask.shape[0]), slice(0, mask.shape[1])), _long_regions(mask)
    areas = [_contours(np.where(is_long, 0.0, share), whole, cut, scale)]
    if is_long.any():
        alone = np.where(mask & ~is_long, 0.0, share)
        areas += [_contours(alone, tile, cut, scale) for tile in _tiles(is_long)]
    return np.concatenate(areas)


def _long_regions(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask of the regions whose edges are too long."""
    if _edge(mask) <= LONGEST_EDGE:
        return np.zeros_like(mask)
    roots = region_roots(mask.view(np.uint8))
    edges = np.zeros(mask.size, np.int64)
    for axis in (0, 1):
        pairs = np.stack([np.delete(roots, end, axis) for end in (-1, 0)])
        inside = np.stack([np.delete(mask, end, axis) for end in (-1, 0)])
        edges += np.bincount(pairs[inside & ~inside[::-1]], minlength=mask.size)
    return mask & (edges > LONGEST_EDGE)[roots]


def _edge(mask: NDArray[np.bool_]) -> int:
    """Return how long the edges of a mask are, in px."""
    return sum(int(np.diff(mask, axis=axis).sum()) for axis in (0, 1))


def _tiles(mask: NDArray[np.bool_], top: int = 0, left: int = 0) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of parts of a mask whose edges are not too long."""
    height, width = mask.shape
    if _edge(mask) <= LONGEST_EDGE:
        yield slice(top, top + height), slice(left, left + width)
    elif height > width:
        yield from _tiles(mask[: height // 2], top, left)
        yield from _tiles(mask[height // 2 :], top + height // 2, left)
    else:
        yield from _tiles(mask[:, : width // 2], top, left)
        yield from _tiles(mask[:, width // 2 :], top, left + width // 2)


def _contours(
    share: NDArray[np.float64], tile: tuple[slice, slice], cut: float, scale: float
) -> Areas:
    """Return the areas of a tile in which the share is above a half."""
    rows, y = _samples(tile[0], cut)
    columns, x = _samples(tile[1], cut)
    # A border of nothing closes the outlines of what touches the tile's edge.
    generator = contourpy.contour_generator(
        x=x * scale,
        y=y * scale,
        z=np.pad(share[rows][:, columns], 1),
        name="serial",
        fill_type=contourpy.FillType.OuterOffset,
    )
    points, offsets = cast(_OuterOffset, generator.filled(0.5, 2.0))
    areas = np.empty(len(points), dtype=object)
    for index, (vertices, ends) in enumerate(zip(points, offsets, strict=True)):
        rings = np.split(vertices, ends[1:-1].astype(np.intp))
        areas[index] = shapely.Polygon(rings[0], rings[1:])
    return areas


def _blurred(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a mask whose edges fall over three pixels; the contour at 0.5 is within half a one."""
    share = mask.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(share, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], "edge")
        before, after = np.split(padded, [-2], axis)[0], np.split(padded, [2], axis)[1]
        share = KEPT * share + (1 - KEPT) / 2 * (before + after)
    return share


def inset(areas: Areas, distance: float) -> Areas:
    """Return areas without what lies within `distance` mm of their edges; some may be empty.

    Of areas with many holes, edges are widened bit by bit and taken away: the usual way, all edges
    at once, takes the square of the number of rings.
    """
    inner: Areas = np.empty(len(areas), dtype=object)
    few = shapely.get_num_interior_rings(areas) <= MANY
    inner[few] = shapely.buffer(areas[few], -distance, quad_segs=QUARTER)
    for number in np.flatnonzero(~few):
        outer, *holes = shapely.polygons(shapely.get_rings(areas[number]))
        edge = shapely.get_coordinates(outer)
        bits = [shapely.linestrings(edge[k : k + BIT + 1]) for k in range(0, len(edge) - 1, BIT)]
        wide = shapely.union_all(shapely.buffer([*bits, *holes], distance, quad_segs=QUARTER))
        inner[number] = shapely.difference(outer, wide)
    return inner


def outset(areas: Areas, distance: float) -> Areas:
    """Return areas, of one part or several, with all that lies within `distance` mm of them."""
    outer: Areas = np.empty(len(areas), dtype=object)
    few = shapely.get_num_geometries(areas) <= MANY
    outer[few] = shapely.buffer(areas[few], distance, quad_segs=QUARTER)
    for number in np.flatnonzero(~few):
        parts = shapely.buffer(shapely.get_parts(areas[number]), distance, quad_segs=QUARTER)
        outer[number] = shapely.union_all(parts)
    return outer


def _samples(part: slice, cut: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which pixels are sampled along a side, and where, in px, with a border around."""
    numbers = np.arange(part.start, part.stop)
    places = numbers + 0.5
    if cut < 0.5:
        numbers = np.repeat(numbers, 2)
        places = numbers + np.tile([cut, 1 - cut], part.stop - part.start)
    return numbers, np.concatenate([[part.start - cut], places, [part.stop + cut]])


def _commonest(around: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return, for each column of (4, N), the commonest value that is not negative, else -1."""
    # Lowest first, and argmax takes the first of equals.
    around = np.sort(around, axis=0)
    counts = (around[:, None] == around[None]).sum(0) * (around >= 0)
    best = np.take_along_axis(around, counts.argmax(0)[None], axis=0)[0]
    commonest: NDArray[np.int16] = np.where(counts.max(0) > 0, best, np.int16(-1))
    return commonest
