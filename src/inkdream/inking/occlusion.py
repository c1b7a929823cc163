"""What can be seen of a document's strokes: within its page, painted, and under nothing opaque."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.inking.painted import is_background, paint
from inkdream.plot.clip import between, clip_stroke, length_of, points_at, reached
from inkdream.plot.cover import visible_shares
from inkdream.plot.plot import Points, Stroke
from inkdream.svg.document import Document, Shape

# A place of a stroke is seen if more than this share of its width is.
SEEN = 0.4

# Px between the places of a stroke at which it is asked whether it is seen.
SPACING = 2.0
# Lines go on under others that they cross; at a slant they are hidden for so many widths of each.
SLANT = 6.0
# Of a line that is longer, fewer are taken: they take memory.
MOST_SAMPLES = 2**21


# Ink, alpha and whether it is blended.
Look = tuple[str, float, bool]


@dataclass(frozen=True, eq=False)
class Mark:
    """A piece of a line that can be seen.

    Attributes:
        stroke: its geometry, in mm.
        ink: '#rrggbb'.
        alpha: of the ink, 0 clear to 1.
        width: in mm; 0 for the edge of a filled shape that has no line of its own.
        is_blended: whether it mixes with what lies below and does not cover it.
        source: the number of the document's stroke that it is of.
    """

    stroke: Stroke
    ink: str
    alpha: float
    width: float
    is_blended: bool
    source: int

    @property
    def look(self) -> Look:
        """All that its colour on paper depends on."""
        return self.ink, self.alpha, self.is_blended


@dataclass(frozen=True, eq=False)
class Visible:
    """What can be seen of a document's lines.

    Attributes:
        marks: in painter's order.
        invisible: how many strokes are not painted, too pale, or of no width.
        off_page: how many others lie beside the document's page.
        hidden: how many others lie below opaque ones.
    """

    marks: tuple[Mark, ...]
    invisible: int
    off_page: int
    hidden: int


def visible(document: Document, bridge: float, shortest: float, *, edges: bool = True) -> Visible:
    """Return what can be seen of a document's lines: its strokes, and the edges of areas without.

    What hides what is found on a raster of at most 2048 px a side. An area's edge is closed, and
    that of a background, which is the page's own, is no line.

    Args:
        document: any.
        bridge: hidden stretches up to this long, in mm, stay in their strokes; if it is more than
            0, so do those under lines that are no wider, or of the same ink: there lines cross.
        shortest: stretches up to this long, in mm, neither are cut off a stroke's end nor kept
            alone.
        edges: whether edges of areas without strokes are lines.
    """
    top, scale = paint(document)
    box = (0.0, 0.0, document.width, document.height)
    marks: list[Mark] = []
    invisible = off_page = hidden = first = 0
    for number, shape in enumerate(document.shapes):
        look = _line_paint(shape, document, edges)
        for index, stroke in enumerate(shape.strokes if look is None else _lines(shape, look)):
            is_dot = bool((stroke.points == stroke.points[0]).all())
            if look is None or (is_dot and not shape.is_round):
                invisible += 1
                continue
            ink, alpha, width = look
            inside = clip_stroke(stroke, box)
            raster = _Raster(top, scale, document.shapes, number, ink, width)
            seen = [piece for part in inside for piece in raster.cut(part, bridge, shortest)]
            source = first + min(index, max(0, len(shape.strokes) - 1))
            marks += (Mark(piece, ink, alpha, width, shape.is_blended, source) for piece in seen)
            off_page += not inside
            hidden += bool(inside) and not seen
        first += len(shape.strokes)
    return Visible(tuple(marks), invisible, off_page, hidden)


def colours_on(looks: Sequence[Look], paper: str) -> NDArray[np.float64]:
    """Return what lines look like on paper (N, 3), in linear RGB.

    Args:
        looks: N of them.
        paper: '#rrggbb'.

    Raises:
        InputError: if the paper is no colour.
    """
    ground = np.array(colour.parse(paper)) / 255
    inks = np.array([colour.parse(ink) for ink, _, _ in looks]).reshape(-1, 3) / 255
    alphas = np.array([alpha for _, alpha, _ in looks]).reshape(-1, 1)
    blended = np.array([is_blended for _, _, is_blended in looks], np.bool_).reshape(-1, 1)
    inks = np.where(blended, inks * ground, inks)
    return colour.srgb_to_linear(alphas * inks + (1 - alphas) * ground)  # mixed as viewers do


def _line_paint(shape: Shape, document: Document, edges: bool) -> tuple[str, float, float] | None:
    """Return colour, alpha and width of what is drawn along a shape's edge; None for nothing.

    A filled shape without strokes has a line of no width around it, unless it is a background.
    """
    if shape.has_line:
        return str(shape.colour), shape.alpha, shape.width
    if not edges or not shape.has_area or is_background(shape, document):
        return None
    return str(shape.fill), shape.fill_alpha, 0.0


def _lines(shape: Shape, look: tuple[str, float, float]) -> tuple[Stroke, ...]:
    """Return what is drawn of a shape: its strokes, or the closed edges of its area."""
    return shape.strokes if look[2] else tuple(_closed(stroke) for stroke in shape.inside)


def _closed(stroke: Stroke) -> Stroke:
    """Return an outline that ends where it begins."""
    points = stroke.points
    if (points[0] == points[-1]).all():
        return stroke
    if not stroke.curved:
        return Stroke(np.concatenate([points, points[:1]]))
    begin, end = points[-1], points[0]
    return Stroke(np.concatenate([points, [begin, end, end]]), curved=True)


@dataclass(frozen=True)
class _Raster:
    """What covers what, as one shape's strokes meet it.

    Attributes:
        top: what is on top, see `paint`.
        scale: px per mm.
        shapes: all of the document.
        number: of the shape.
        ink: of its lines, '#rrggbb'.
        width: of its lines, in mm.
    """

    top: NDArray[np.int32]
    scale: float
    shapes: Sequence[Shape]
    number: int
    ink: str
    width: float

    def cut(self, stroke: Stroke, bridge: float, shortest: float) -> Iterator[Stroke]:
        """Yield the stretches of a stroke that are seen; the whole stroke if it is."""
        line = stroke.polyline()
        total = length_of(line)
        spacing = max(SPACING, total * self.scale / MOST_SAMPLES)
        own = 2 * self.number + 1
        radius = self.width / 2 * self.scale
        at, shares = visible_shares(self.top, line * self.scale, radius, own, spacing)
        is_seen = shares > SEEN
        if is_seen.all():
            yield stroke
            return
        # Each sample stands for what is nearer to it than to the next.
        edges = np.concatenate([[0.0], (at[1:] + at[:-1]) / 2 / self.scale, [total]])
        changes = np.concatenate([[0], np.flatnonzero(np.diff(is_seen)) + 1, [len(is_seen)]])
        along = reached(line)
        hiders = self._on_top(line, along, at / self.scale)
        bounds = edges[changes]
        stretches = []
        for begin, end in pairwise(changes.tolist()):
            length = float(edges[end] - edges[begin])
            is_bridged = length <= bridge or self._crosses(hiders[begin:end], length, bridge)
            stretches.append(bool(is_seen[begin]) or is_bridged)
        kept = _stretches(bounds, is_seen[changes[:-1]], np.array(stretches), shortest)
        if kept == [(0.0, total)]:
            yield stroke
            return
        pieces = [between(line, along, begin, end) for begin, end in kept]
        is_ring = len(pieces) > 1 and (line[0] == line[-1]).all()
        if is_ring and kept[0][0] == 0 and kept[-1][1] == total:
            pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
        yield from map(Stroke, pieces)

    def _on_top(
        self, line: Points, along: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.int32]:
        """Return what is on top along a line, at lengths in mm."""
        columns, rows = np.floor(points_at(line, along, at) * self.scale).astype(np.int64).T
        height, width = self.top.shape
        on_top: NDArray[np.int32] = self.top[
            np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
        ]
        return on_top

    def _crosses(self, hiders: NDArray[np.int32], length: float, bridge: float) -> bool:
        """Return whether a stretch is hidden by lines that are crossed, and by nothing else."""
        if not bridge:
            return False
        widths = 0.0
        # Where lines hide its sides alone, its middle has nothing on top.
        for hider in np.unique(hiders[hiders > 2 * self.number + 1]).tolist():
            other = self.shapes[hider // 2]
            is_crossed = other.width <= max(self.width, bridge) or other.colour == self.ink
            if hider % 2 == 0 or not is_crossed:
                return False
            widths += other.width
        return length <= SLANT * widths


def _stretches(
    bounds: NDArray[np.float64],
    is_seen: NDArray[np.bool_],
    is_kept: NDArray[np.bool_],
    shortest: float,
) -> list[tuple[float, float]]:
    """Return the stretches to draw, as lengths along the stroke.

    Args:
        bounds: (N + 1,) where N stretches begin and end.
        is_seen: (N,) which are seen.
        is_kept: (N,) which are seen or bridged.
        shortest: see `visible`.
    """
    total = float(bounds[-1])
    kept: list[tuple[float, float]] = []
    for index, (begin, end) in enumerate(pairwise(bounds.tolist())):
        at_end = begin == 0 or end == total
        stays = end - begin <= shortest if at_end else bool(is_kept[index])
        if not (is_seen[index] or stays):
            continue
        if kept and kept[-1][1] == begin:
            kept[-1] = kept[-1][0], end
        else:
            kept.append((begin, end))
    return [(begin, end) for begin, end in kept if end - begin > shortest]
