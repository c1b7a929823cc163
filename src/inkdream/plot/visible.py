"""What can be seen of a document's strokes: within its page, painted, and under nothing opaque."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.plot.along import between, length_of, reached
from inkdream.plot.clip import clip_stroke, extent
from inkdream.plot.cover import paint_area, paint_line, visible_shares
from inkdream.plot.document import Document, Shape
from inkdream.plot.packed import Lines, pack_strokes
from inkdream.plot.plot import Stroke

# Paler than this share of its colour, a stroke is not there; denser than that, it hides what is
# below.
FAINT = 0.05
OPAQUE = 0.9
# A place of a stroke is seen if more than this share of its width is.
SEEN = 0.4

# The raster on which it is found out what covers what: px on the longer side, mm a px at least.
MOST_PIXELS = 2048
LEAST_PIXELS = 32
FINEST = 0.05
# Pixels that may be looked at to paint everything; beyond, the raster is made coarser.
MOST_WORK = 2e9
# Px between the places of a stroke at which it is asked whether it is seen.
SPACING = 2.0
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


def visible(document: Document, bridge: float, shortest: float) -> Visible:
    """Return what can be seen of a document's lines: its strokes, and the edges of areas without.

    What hides what is found on a raster of at most 2048 px a side.

    Args:
        document: any.
        bridge: hidden stretches up to this long, in mm, stay in their strokes.
        shortest: stretches up to this long, in mm, neither are cut off a stroke's end nor kept
            alone.
    """
    paints = [_line_paint(shape, document) for shape in document.shapes]
    strokes = [
        (number, stroke) for number, shape in enumerate(document.shapes) for stroke in shape.strokes
    ]
    top, scale = _paint(document, pack_strokes([stroke for _, stroke in strokes]))
    box = (0.0, 0.0, document.width, document.height)
    marks: list[Mark] = []
    invisible = off_page = hidden = 0
    for source, (number, stroke) in enumerate(strokes):
        shape, paint = document.shapes[number], paints[number]
        is_dot = bool((stroke.points == stroke.points[0]).all())
        if paint is None or (is_dot and not shape.is_round):
            invisible += 1
            continue
        ink, alpha, width = paint
        inside = clip_stroke(stroke, box)
        raster = _Raster(top, scale, 2 * number + 1, width / 2 * scale)
        seen = [piece for part in inside for piece in raster.cut(part, bridge, shortest)]
        marks += (Mark(piece, ink, alpha, width, shape.is_blended, source) for piece in seen)
        off_page += not inside
        hidden += bool(inside) and not seen
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


def _line_paint(shape: Shape, document: Document) -> tuple[str, float, float] | None:
    """Return colour, alpha and width of what is drawn along a shape's edge; None for nothing.

    A filled shape without strokes has a line of no width around it, unless it is a background.
    """
    if shape.colour is not None and shape.alpha >= FAINT and shape.width > 0:
        return shape.colour, shape.alpha, shape.width
    if shape.fill is None or shape.fill_alpha < FAINT or _is_background(shape, document):
        return None
    return shape.fill, shape.fill_alpha, 0.0


def _is_background(shape: Shape, document: Document) -> bool:
    """Return whether a shape reaches all four edges of the page."""
    reached = [extent(stroke) for stroke in shape.strokes]
    low = np.min([least for least, _ in reached], axis=0)
    high = np.max([most for _, most in reached], axis=0)
    size = np.array([document.width, document.height])
    return bool((low <= 0.01 * size).all() and (high >= 0.99 * size).all())


def _paint(document: Document, lines: Lines) -> tuple[NDArray[np.int32], float]:
    """Return what covers what, and the px per mm.

    Args:
        document: any.
        lines: its strokes, flattened.

    Returns:
        (H, W): at each pixel -1, or 2 n for the fill of shape n and 2 n + 1 for its strokes,
        whichever that is opaque was painted last; and the scale.
    """
    scale = _choose_scale(document, lines)
    sides = document.height, document.width
    top = np.full([max(1, int(np.ceil(side * scale))) for side in sides], -1, np.int32)
    last = 0
    for number, shape in enumerate(document.shapes):
        first, last = last, last + len(shape.strokes)
        if _hides(shape, shape.fill, shape.fill_alpha) and shape.inside:
            own = Lines(lines.points, lines.starts[first : last + 1])
            inside = own if shape.area is None else pack_strokes(shape.area)
            begin, end = inside.starts[0], inside.starts[-1]
            rings = inside.starts[:-1] - begin
            outline = inside.points[begin:end] * scale
            paint_area(top, outline, rings, shape.is_even_odd, 2 * number)
        if _hides(shape, shape.colour, shape.alpha):
            for index in range(first, last):
                radius = shape.width / 2 * scale
                paint_line(top, lines.line(index) * scale, radius, 2 * number + 1)
    return top, scale


def _hides(shape: Shape, ink: str | None, alpha: float) -> bool:
    return ink is not None and alpha >= OPAQUE and not shape.is_blended


def _choose_scale(document: Document, lines: Lines) -> float:
    """Return px per mm: as fine as is useful, coarser if painting would take too long."""
    longer = max(document.width, document.height)
    scale = min(1 / FINEST, MOST_PIXELS / longer)
    # What lies beside the page is not painted; from one line to the next there is nothing.
    lengths = np.append(np.hypot(*np.diff(lines.points, axis=0).T), 0.0)
    lengths = np.minimum(lengths, 2 * longer)
    lengths[lines.starts[1:] - 1] = 0.0
    if len(lengths) > 1:
        lengths = np.add.reduceat(lengths, lines.starts[:-1])
    widths = np.array([shape.width for shape in document.shapes for _ in shape.strokes])
    sizes = np.stack([lengths, widths, np.diff(lines.starts)]) if len(widths) else np.zeros((3, 0))
    while scale * longer > LEAST_PIXELS and _work(document, sizes, scale) > MOST_WORK:
        scale *= 0.7
    return scale


def _work(document: Document, sizes: NDArray[np.float64], scale: float) -> float:
    """Return about how many pixels are looked at: of each line's pieces, and of each area.

    Args:
        document: any.
        sizes: (3, S) each line's length and width in mm, and its number of vertices.
        scale: px per mm.
    """
    lengths, widths, vertices = sizes
    page = document.width * document.height * scale**2 + 1
    pieces = lengths * scale / (2 * widths * scale + 4) + vertices
    boxes = np.minimum((3 * widths * scale + 6) ** 2, page)
    return float((pieces * boxes + lengths * scale).sum() + page * len(document.shapes) / 4)


@dataclass(frozen=True)
class _Raster:
    """What covers what, as one shape's strokes meet it."""

    top: NDArray[np.int32]
    scale: float
    number: int
    radius: float

    def cut(self, stroke: Stroke, bridge: float, shortest: float) -> Iterator[Stroke]:
        """Yield the stretches of a stroke that are seen; the whole stroke if it is."""
        line = stroke.polyline()
        total = length_of(line)
        spacing = max(SPACING, total * self.scale / MOST_SAMPLES)
        at, shares = visible_shares(self.top, line * self.scale, self.radius, self.number, spacing)
        is_seen = shares > SEEN
        if is_seen.all():
            yield stroke
            return
        # Each sample stands for what is nearer to it than to the next.
        edges = np.concatenate([[0.0], (at[1:] + at[:-1]) / 2 / self.scale, [total]])
        changes = np.flatnonzero(np.diff(is_seen)) + 1
        bounds = edges[np.concatenate([[0], changes, [len(is_seen)]])]
        stretches = _stretches(bounds, bool(is_seen[0]), bridge, shortest)
        if stretches == [(0.0, total)]:
            yield stroke
            return
        along = reached(line)
        pieces = [between(line, along, begin, end) for begin, end in stretches]
        is_ring = len(pieces) > 1 and (line[0] == line[-1]).all()
        if is_ring and stretches[0][0] == 0 and stretches[-1][1] == total:
            pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
        yield from map(Stroke, pieces)


def _stretches(
    bounds: NDArray[np.float64], is_seen: bool, bridge: float, shortest: float
) -> list[tuple[float, float]]:
    """Return the stretches to draw, as lengths along the stroke.

    Args:
        bounds: (N + 1,) where N stretches begin and end; they are in turn seen and not.
        is_seen: whether the first is.
        bridge: see `visible`.
        shortest: see `visible`.
    """
    total = float(bounds[-1])
    kept: list[tuple[float, float]] = []
    for index, (begin, end) in enumerate(pairwise(bounds.tolist())):
        at_end = begin == 0 or end == total
        if (index % 2 == 1) == is_seen and end - begin > (shortest if at_end else bridge):
            continue
        if kept and kept[-1][1] == begin:
            kept[-1] = kept[-1][0], end
        else:
            kept.append((begin, end))
    return [(begin, end) for begin, end in kept if end - begin > shortest]
