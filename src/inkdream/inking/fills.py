"""A document's areas as they are seen, and the strokes that fill them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely

from inkdream.errors import InputError
from inkdream.hatch import Tone
from inkdream.hatch.hatch import HatchSettings, fill_areas
from inkdream.hatch.ruling import Ruling
from inkdream.hatch.separate import separated
from inkdream.hatch.shade import Tones, shaded
from inkdream.hatch.tones import darkest
from inkdream.inking.occlusion import Look, colours_on, contrast, hides
from inkdream.pens import Pen
from inkdream.pens.pen import lightness
from inkdream.plot.areas import NOWHERE, Area, Effort, area_of, polygons
from inkdream.plot.plot import Points, Stroke
from inkdream.progress import task
from inkdream.svg.document import Document, Shape

# Colours that differ less than this from paper's (CIEDE2000) are not worth a line.
NOT_WORTH_A_LINE = 10.0
# Areas are cut from each other on a grid of so many mm: far below what a pen shows, and without the
# slivers of rounding.
GRID = 1e-3
# Inks whose lightness differs by less than this are equally light.
_SAME = 1e-6
MOST_FILLS = 20_000
MOST_VERTICES = 2_000_000


@dataclass(frozen=True, eq=False)
class Fill:
    """What can be seen of a shape's inside: a polygon, or several, in mm, and its colour."""

    area: Area
    look: Look


def visible_fills(
    document: Document, paper: str, nib: float | None = None
) -> tuple[list[Fill], int]:
    """Return what can be seen of a document's areas, each cut by what hides it.

    A line that lies on an area takes its place if it is lighter: as wide as it is where it looks
    like the paper, so that it stays bare, and else as wide as the pen draws it. Below darker lines
    areas go on.

    Args:
        document: in mm.
        paper: '#rrggbb'.
        nib: width of the line that a pen draws, in mm; None if pens are as wide as the lines.

    Returns:
        Areas in painter's order, and how many are too intricate for it to be told what they
        enclose.

    Raises:
        InputError: if it has more areas than can be filled.
    """
    box = shapely.box(0.0, 0.0, document.width, document.height)
    filled = [number for number, shape in enumerate(document.shapes) if shape.has_area]
    _check_size(document, filled)
    areas: dict[int, Area] = {}
    intricate = 0
    effort = Effort()
    for number in filled:
        shape = document.shapes[number]
        area = area_of(shape.inside, shape.is_even_odd, effort)
        if area is None:
            intricate += 1
            continue
        # Where it only touches the box, lines are left of it.
        inside = polygons(shapely.intersection(area, box, grid_size=GRID))
        if not inside.is_empty:
            areas[number] = inside
    covers = _Covers(document, areas, paper, nib)
    fills = []
    with task("finding what is seen of areas") as done:
        for place, (number, area) in enumerate(areas.items(), 1):
            shape = document.shapes[number]
            rest = covers.off(number, area)
            if not rest.is_empty:
                look = Look(str(shape.fill), shape.fill_alpha, shape.is_blended)
                fills.append(Fill(rest, look))
            done(place / len(areas))
    return fills, intricate


def hatched(
    fills: Sequence[Fill], nib: float, turn: int, style: HatchSettings
) -> tuple[Stroke, ...]:
    """Return strokes that fill areas of one pen, as `fill_areas` does.

    Areas become one where they touch; those smaller than the style's specks are left out.
    """
    whole = shapely.union_all([fill.area for fill in fills], grid_size=GRID)
    parts = shapely.get_parts(polygons(whole))
    parts = parts[shapely.area(parts) >= style.speck * math.pi / 4 * nib**2]
    return fill_areas(parts, nib, turn, style)


def toned(
    fills: Sequence[Fill],
    pen: Pen,
    paper: str,
    turn: int,
    kind: Tone,
    ruling: Ruling,
    beside: Sequence[tuple[Points, float]],
) -> tuple[Stroke, ...]:
    """Return strokes that draw areas of one pen, each as dark as it looks on the paper.

    Args:
        fills: the areas.
        pen: that draws them.
        paper: '#rrggbb'.
        turn: its number in plotting order.
        kind: of tone.
        ruling: how its lines lie.
        beside: lines that are drawn already, and their widths in mm.
    """
    inks = colours_on([fill.look for fill in fills], paper).T[:, None].astype(np.float64)
    covers = separated(inks, [pen], paper, [darkest(kind)])[0, 0].round(2)
    areas, owners = [], []
    for cover in np.unique(covers):
        alike = [fill.area for fill, own in zip(fills, covers, strict=True) if own == cover]
        parts = shapely.get_parts(polygons(shapely.union_all(alike, grid_size=GRID)))
        parts = parts[shapely.area(parts) >= math.pi / 4 * pen.width**2]
        areas.append(parts)
        owners.append(np.full(len(parts), cover))
    tones = Tones(np.concatenate(areas), np.concatenate(owners))
    return shaded(tones, pen.width, turn, kind, ruling, beside)


def _check_size(document: Document, filled: Sequence[int]) -> None:
    vertices = sum(
        stroke.vertices() for number in filled for stroke in document.shapes[number].inside
    )
    if len(filled) > MOST_FILLS or vertices > MOST_VERTICES:
        raise InputError(
            f"{len(filled):,} areas of {vertices:,} vertices are too many to be hatched: at most "
            f"{MOST_FILLS:,} of {MOST_VERTICES:,}"
        )


class _Covers:
    """All that hides areas, and what each leaves of what lies below it."""

    def __init__(
        self, document: Document, areas: dict[int, Area], paper: str, nib: float | None
    ) -> None:
        self._shapes, self._nib, self._light = document.shapes, nib, cache(lightness)
        self._is_bare = cache(lambda ink: bool(contrast([Look(ink)], paper)[0] < NOT_WORTH_A_LINE))
        # Each with its place in painter's order: 2 n for the inside of shape n, 2 n + 1 for lines.
        places, lights = list[int](), list[float]()
        boxes: list[list[float]] = []
        self._known: dict[int, Area] = {}
        for number, shape in enumerate(document.shapes if areas else ()):
            if number in areas and hides(shape, shape.fill, shape.fill_alpha):
                self._known[len(places)] = areas[number]
                places.append(2 * number)
                boxes.append(shapely.bounds(areas[number]).tolist())
                lights.append(math.inf)
            if shape.colour and shape.strokes and hides(shape, shape.colour, shape.alpha):
                places.append(2 * number + 1)
                reach = shape.width / 2
                low = np.min([each.points.min(axis=0) for each in shape.strokes], axis=0) - reach
                high = np.max([each.points.max(axis=0) for each in shape.strokes], axis=0) + reach
                boxes.append([*low.tolist(), *high.tolist()])
                # Bare paper stays bare whatever its colour is.
                is_bare = self._is_bare(shape.colour)
                lights.append(math.inf if is_bare else self._light(shape.colour))
        self._places, self._lights = np.array(places, np.int64), np.array(lights)
        self._tree = shapely.STRtree([shapely.box(*box) for box in boxes])

    def off(self, number: int, area: Area) -> Area:
        """Return a shape's area without what lies on it."""
        met = self._tree.query(area, predicate="intersects")
        light = self._light(str(self._shapes[number].fill))
        is_above = (self._places[met] > 2 * number) & (self._lights[met] > light + _SAME)
        above = [self._cover(int(index)) for index in met[is_above]]
        if not above:
            return area
        cover = shapely.union_all(above, grid_size=GRID)
        return polygons(shapely.difference(area, cover, grid_size=GRID))

    def _cover(self, index: int) -> Area:
        """Return what hides; lines are made wide as they are asked for, since that takes long."""
        if index not in self._known:
            shape = self._shapes[self._places[index] // 2]
            is_own = self._nib is None or self._is_bare(str(shape.colour))
            width = shape.width if is_own else min(self._nib or 0.0, shape.width)
            self._known[index] = _drawn(shape, width)
        return self._known[index]


def _drawn(shape: Shape, width: float) -> Area:
    """Return what a pen's line of a width in mm covers along a shape's strokes."""
    lines = [stroke.polyline() for stroke in shape.strokes]
    wide = shapely.buffer(
        [shapely.linestrings(line if len(line) > 1 else np.repeat(line, 2, 0)) for line in lines],
        width / 2,
        quad_segs=4,
    )
    return shapely.union_all(wide) if len(wide) else NOWHERE
