"""Areas of one tone each: their edges, and inside them lines or dots as close as it is dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from jaxtyping import Bool
from numpy.typing import NDArray

from inkdream.hatch import Tone
from inkdream.hatch.areas import COARSENESS, Areas, inset
from inkdream.hatch.connect import link
from inkdream.hatch.engrave import CROSSINGS, LEAST, layers
from inkdream.hatch.flow import field, level
from inkdream.hatch.rings import rings
from inkdream.hatch.rows import rows
from inkdream.hatch.ruling import Ruling
from inkdream.hatch.stipple import dot_width
from inkdream.hatch.streamlines import Lengths
from inkdream.hatch.tones import BROAD, FINE, MOST_PIXELS, RULED, Hand, lightened
from inkdream.plot.plot import Points, Stroke

# An edge is not drawn where another line is nearer than this many nibs, besides half that line's
# width: two areas that touch have one edge, and one that has a line of its own has that.
ONE_EDGE = 0.6
# Lines in small areas are shorter than in a picture.
LENGTHS = Lengths(least=2.5, most=300.0, begin=0.92, stop=0.75, kink=30.0, turn=720.0)
# Bits of line shorter than this many nibs are left out.
SHORTEST = 1.5
# Ends nearer than so many mm are one place.
SAME = 1e-9
# Pixels around an area that its edges are seen in.
RIM = 4
# Directions are averaged over at least so many pixels.
LEAST_BROAD = 3.0


@dataclass(frozen=True, eq=False)
class Tones:
    """Areas of a pen, each of one tone.

    Attributes:
        areas: (N,) polygons in mm.
        covers: (N,) share of the paper to be inked in each.
    """

    areas: Areas
    covers: NDArray[np.float64]


def shaded(
    tones: Tones,
    nib: float,
    turn: int,
    kind: Tone,
    ruling: Ruling,
    beside: Sequence[tuple[Points, float]] = (),
) -> tuple[Stroke, ...]:
    """Return strokes that draw areas' edges and, inside them, their tones; no ink lies outside.

    An edge that two areas share is drawn once, by the darker, and none where a line lies already.

    Args:
        tones: areas in mm.
        nib: width of the pen's line in mm.
        turn: which of a pen's usual angles `ruled` lines have; those that flow follow the edges.
        kind: as in `toned`; `single` is a line an area, cut where it would leave it.
        ruling: how the lines lie.
        beside: lines that are drawn already, and their widths in mm.

    Raises:
        InputError: if there would be too many lines, or no pen draws lines so close.
    """
    order = np.argsort(-tones.covers, kind="stable")
    areas = shapely.simplify(tones.areas[order], COARSENESS * nib)
    edges = _Edges(areas, nib, beside)
    ink = float((shapely.area(areas) * tones.covers[order]).sum())
    wide = dot_width(ink, nib)
    strokes = [Stroke(line) for line in edges.own]
    for area, cover in zip(areas, tones.covers[order].tolist(), strict=True):
        if kind == "ruled":
            strokes += map(Stroke, _ruled(area, cover, nib, turn, ruling))
            continue
        inner, middles = inset(np.array([area, area]), nib / 2)
        dot = nib
        if kind == "stipple" and not (large := inset(np.array([area]), wide / 2)[0]).is_empty:
            # Where there is no room for such dots, they are as wide as the pen.
            middles, dot = large, wide
        if inner.is_empty:
            continue
        shapely.prepare([inner, middles])
        part = _Part.of(area, middles, nib, kind)
        near = edges.near(part) if kind == "flow" else []
        least = np.inf if kind == "stipple" else SHORTEST * nib
        for line in part.lines(cover, nib, ruling, near, dot):
            strokes += map(Stroke, _kept(line, inner, least))
    return tuple(strokes)


@dataclass(frozen=True, eq=False)
class _Part:
    """An area on a raster of its own.

    Attributes:
        hand: that draws it.
        mask: where the middle of a line may be.
        corner: of the raster in mm.
    """

    hand: Hand
    mask: Bool[np.ndarray, "H W"]
    corner: Points

    @classmethod
    def of(cls, area: shapely.Geometry, inner: shapely.Geometry, nib: float, kind: Tone) -> _Part:
        """Return a part for an area whose lines have their middles in `inner`."""
        left, top, right, bottom = shapely.bounds(area).tolist()
        scale = max(FINE * nib, float(np.sqrt((right - left) * (bottom - top) / MOST_PIXELS)))
        corner = np.array([left, top]) - RIM * scale
        columns, rows = (
            int(np.ceil(side / scale)) + 2 * RIM for side in (right - left, bottom - top)
        )
        x = corner[0] + (np.arange(columns) + 0.5) * scale
        y = corner[1] + (np.arange(rows) + 0.5) * scale
        xs, ys = np.meshgrid(x, y)
        flow = level(rows, columns)
        if kind == "flow":
            shapely.prepare(area)
            shape = shapely.contains_xy(area, xs, ys).astype(np.float64)
            flow = field(shape, max(LEAST_BROAD, BROAD * max(rows, columns)))
        return cls(Hand(kind, flow, scale, LENGTHS), shapely.contains_xy(inner, xs, ys), corner)

    def lines(
        self, cover: float, nib: float, ruling: Ruling, near: Sequence[Points], wide: float
    ) -> Iterator[Points]:
        """Yield lines in mm; for the arguments see `shaded`. Dots are so wide, in mm."""
        covers = np.where(self.mask, cover, 0.0)
        here = [line - self.corner for line in near]
        for line in self.hand.lines(covers, nib, 0, ruling, here, wide):
            yield line + self.corner


def _ruled(
    area: shapely.Geometry, cover: float, nib: float, turn: int, ruling: Ruling
) -> Iterator[Points]:
    """Yield straight lines in an area, in mm; for the arguments see `shaded`."""
    angle = RULED[turn % len(RULED)] if ruling.angle is None else ruling.angle
    areas, covers = np.array([area]), np.array([[cover * lightened(ruling, nib)]])
    allowed = inset(areas, nib / 2)
    shapely.prepare(allowed)
    for (across, _), part in zip(CROSSINGS, layers(covers), strict=True):
        share = float(part[0, 0])
        if share >= LEAST:
            pitch = nib / share
            pieces = list(rows(areas, allowed, nib, pitch, angle + across))
            if pieces:
                yield from link(pieces, allowed, nib, pitch, pitch)


class _Edges:
    """The edges of areas, as far as no line lies there, and what lies beside areas."""

    def __init__(self, areas: Areas, nib: float, beside: Sequence[tuple[Points, float]]) -> None:
        """Find the edges of areas, the first of which go before others."""
        pieces = [list(rings(areas[k : k + 1], nib, nib, 1)) for k in range(len(areas))]
        own: list[Points] = []
        owners: list[int] = []
        for number, some in enumerate(pieces):
            has_ring = any(piece.kind == "ring" for piece in some)
            kept = [piece.points for piece in some if piece.kind == "ring" or not has_ring]
            own += kept
            owners += [number] * len(kept)
        widths = np.array([width for _, width in beside] + [nib] * len(own))
        self._all = np.array(
            [_line_of(points) for points, _ in beside] + [_line_of(points) for points in own],
            dtype=object,
        )
        numbers = np.array([-1] * len(beside) + owners)
        tree = shapely.STRtree(self._all)
        self.own: list[Points] = []
        drawn: list[shapely.Geometry] = list(self._all[: len(beside)])
        for place in range(len(beside), len(self._all)):
            line = self._all[place]
            reach = widths.max() / 2 + ONE_EDGE * nib
            met = tree.query(line, predicate="dwithin", distance=reach)
            met = met[numbers[met] < numbers[place]]
            if len(met):
                around = shapely.buffer(self._all[met], widths[met] / 2 + ONE_EDGE * nib)
                line = shapely.difference(line, shapely.union_all(around))
            for part in shapely.get_parts(shapely.line_merge(line)):
                if part.length >= SHORTEST * nib or len(met) == 0:
                    self.own.append(shapely.get_coordinates(part))
                    drawn.append(part)
        self._drawn = np.array(drawn, dtype=object)
        self._tree = shapely.STRtree(self._drawn)

    def near(self, part: _Part) -> list[Points]:
        """Return lines drawn within a part's raster."""
        rows, columns = part.mask.shape
        slack = 1e-6
        left, top = part.corner + slack
        right, bottom = part.corner + np.array([columns, rows]) * part.hand.scale - slack
        met = self._tree.query(shapely.box(left, top, right, bottom))
        cut = shapely.clip_by_rect(self._drawn[met], left, top, right, bottom)
        return [shapely.get_coordinates(each) for each in shapely.get_parts(cut) if each.length > 0]


def _line_of(points: Points) -> shapely.Geometry:
    return shapely.linestrings(points if len(points) > 1 else np.repeat(points, 2, 0))


def _kept(line: Points, inner: shapely.Geometry, least: float) -> Iterator[Points]:
    """Yield a line if it lies in an area, else those parts of it, at least so long in mm."""
    if shapely.covers(inner, _line_of(line)):
        yield line
        return
    # Piece by piece: cut as a whole, it would come apart wherever it crosses itself.
    chain: list[Points] = []
    for start, cut in zip(line, _cut(line, inner), strict=False):
        parts = [shapely.get_coordinates(part) for part in shapely.get_parts(cut)]
        parts = [part for part in parts if len(part) == 2]
        for first, last in sorted(parts, key=lambda part: float(np.hypot(*(part[0] - start)))):
            if chain and np.hypot(*(first - chain[-1])) > SAME:
                yield from _long(chain, least)
                chain = []
            chain += [last] if chain else [first, last]
    yield from _long(chain, least)


def _cut(line: Points, inner: shapely.Geometry) -> NDArray[np.object_]:
    pieces = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
    cut: NDArray[np.object_] = shapely.intersection(pieces, inner)
    return cut


def _long(chain: Sequence[Points], least: float) -> Iterator[Points]:
    if chain and np.hypot(*np.diff(chain, axis=0).T).sum() >= least:
        yield np.array(chain)
