"""A document's areas as they are seen, and the strokes that fill them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from inkdream import colour
from inkdream.errors import InputError
from inkdream.hatch.hatch import HatchSettings, fill_areas
from inkdream.inking.nearest_pen import NOT_WORTH_A_LINE
from inkdream.inking.occlusion import Look
from inkdream.inking.painted import hides
from inkdream.plot.areas import NOWHERE, Area, Effort, area_of, polygons
from inkdream.plot.plot import Stroke
from inkdream.svg.document import Document, Shape
from inkdream.telling import telling

# Areas are cut from each other on a grid of so many mm: far below what a pen shows, and without the
# slivers of rounding.
GRID = 1e-3
# Inks whose lightness differs by less than this are equally light.
_SAME = 1e-6
MOST_FILLS = 20_000
MOST_VERTICES = 2_000_000


@dataclass(frozen=True, eq=False)
class Fill:
    """What can be seen of a shape's inside.

    Attributes:
        area: a polygon, or several, in mm.
        ink: '#rrggbb'.
        alpha: of the ink, 0 clear to 1.
        is_blended: whether it mixes with what lies below.
    """

    area: Area
    ink: str
    alpha: float
    is_blended: bool

    @property
    def look(self) -> Look:
        """All that its colour on paper depends on."""
        return self.ink, self.alpha, self.is_blended


@dataclass(frozen=True, eq=False)
class Fills:
    """What can be seen of a document's areas.

    Attributes:
        seen: in painter's order.
        untold: how many areas are too intricate for it to be told what they enclose.
    """

    seen: tuple[Fill, ...]
    untold: int


def visible_fills(document: Document, paper: str, nib: float | None = None) -> Fills:
    """Return what can be seen of a document's areas, each cut by what hides it.

    A line that lies on an area takes its place if it is lighter: as wide as it is where it looks
    like the paper, so that it stays bare, and else as wide as the pen draws it. Below darker lines
    areas go on.

    Args:
        document: any.
        paper: '#rrggbb'.
        nib: width of the line that a pen draws, in mm; None if pens are as wide as the lines.

    Raises:
        InputError: if it has more areas than can be filled.
    """
    box = shapely.box(0.0, 0.0, document.width, document.height)
    filled = [number for number, shape in enumerate(document.shapes) if shape.has_area]
    _check_size(document, filled)
    areas: dict[int, Area] = {}
    untold = 0
    effort = Effort()
    for number in filled:
        shape = document.shapes[number]
        area = area_of(shape.inside, shape.is_even_odd, effort)
        untold += area is None
        if area is not None:
            # Where it only touches the box, lines are left of it.
            inside = polygons(shapely.intersection(area, box, grid_size=GRID))
            if not inside.is_empty:
                areas[number] = inside
    covers = _Covers(document, areas, paper, nib)
    seen = []
    with telling("finding what is seen of areas") as done:
        for place, (number, area) in enumerate(areas.items()):
            shape = document.shapes[number]
            rest = covers.off(number, area)
            if not rest.is_empty:
                ink = str(shape.fill)
                seen.append(Fill(rest, ink, shape.fill_alpha, shape.is_blended))
            done((place + 1) / len(areas))
    return Fills(tuple(seen), untold)


def hatched(
    fills: Sequence[Fill], nib: float, turn: int, style: HatchSettings
) -> tuple[Stroke, ...]:
    """Return strokes that fill areas of one pen, which become one where they touch.

    Args:
        fills: any.
        nib: width of the pen's line, in mm.
        turn: which of the style's angles.
        style: how they are filled; areas smaller than its specks are left out.
    """
    whole = shapely.union_all([fill.area for fill in fills], grid_size=GRID)
    parts = shapely.get_parts(polygons(whole))
    parts = parts[shapely.area(parts) >= style.speck * math.pi / 4 * nib**2]
    return fill_areas(parts, nib, turn, style)


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
        self._shapes, self._tells, self._nib = document.shapes, _Lightness(paper), nib
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
                light, is_bare = self._tells(shape.colour)
                places.append(2 * number + 1)
                reach = shape.width / 2
                low = np.min([each.points.min(axis=0) for each in shape.strokes], axis=0) - reach
                high = np.max([each.points.max(axis=0) for each in shape.strokes], axis=0) + reach
                boxes.append([*low.tolist(), *high.tolist()])
                # Bare paper stays bare whatever its colour is.
                lights.append(math.inf if is_bare else light)
        self._places, self._lights = np.array(places, np.int64), np.array(lights)
        self._tree = shapely.STRtree([shapely.box(*box) for box in boxes])

    def off(self, number: int, area: Area) -> Area:
        """Return a shape's area without what lies on it."""
        met = self._tree.query(area, predicate="intersects")
        light, _ = self._tells(str(self._shapes[number].fill))
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
            _, is_bare = self._tells(str(shape.colour))
            nib = shape.width if is_bare or self._nib is None else self._nib
            width = min(nib, shape.width)
            self._known[index] = _drawn(shape, width)
        return self._known[index]


class _Lightness:
    """Tells how light inks are, 0 to 1, and whether they look like the paper."""

    def __init__(self, paper: str) -> None:
        self._paper = colour.linear_to_lab(colour.linear_of([paper]))
        self._known: dict[str, tuple[float, bool]] = {}

    def __call__(self, ink: str) -> tuple[float, bool]:
        if ink not in self._known:
            linear = colour.linear_of([ink])
            far = colour.ciede2000(colour.linear_to_lab(linear), self._paper)
            light = float(colour.linear_to_oklab(linear)[0, 0])
            is_bare = bool(far[0] < NOT_WORTH_A_LINE)
            self._known[ink] = (light, is_bare)
        return self._known[ink]


def _drawn(shape: Shape, width: float) -> Area:
    """Return what a pen's line of a width in mm covers along a shape's strokes."""
    lines = [stroke.polyline() for stroke in shape.strokes]
    wide = shapely.buffer(
        [shapely.linestrings(line if len(line) > 1 else np.repeat(line, 2, 0)) for line in lines],
        width / 2,
        quad_segs=4,
    )
    return shapely.union_all(wide) if len(wide) else NOWHERE
