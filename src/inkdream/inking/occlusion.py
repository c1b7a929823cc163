"""The visible parts of a document's strokes (hidden-line removal).

Shapes are painted over each other on a raster, as their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.plot.clip import between, clip_stroke, extent, length_of, points_at, reached
from inkdream.plot.cover import paint_area, paint_line, visible_shares
from inkdream.plot.plot import Points, Stroke
from inkdream.plot.ragged import Lines, pack_strokes
from inkdream.svg.document import Document, Shape

# Denser than this share of its colour, a stroke or an area hides what is below.
OPAQUE = 0.9
# The raster on which it is found out what covers what: px on the longer side, mm a px at least.
MOST_PIXELS = 2048
LEAST_PIXELS = 32
FINEST = 0.05
# Pixels that may be looked at to paint everything; beyond, the raster is made coarser.
MOST_WORK = 2e9
# A background covers the page but for this share of it along the edges, as seen on so many px.
EDGE, PIXELS = 0.01, 128
# At so many places of a shape it is asked what lies below.
PLACES = 64
# A place of a stroke is seen if more than this share of its width is.
SEEN = 0.4
# Px between the places of a stroke at which it is asked whether it is seen.
SPACING = 2.0
# Lines go on under others that they cross; at a slant they are hidden for so many widths of each.
SLANT = 6.0
# Of a line that is longer, fewer samples are taken: they take memory.
MOST_SAMPLES = 2**21

Top = NDArray[np.int32]


class Look(NamedTuple):
    """All that the colour of a line or an area on paper depends on.

    Attributes:
        ink: '#rrggbb'.
        alpha: of the ink, 0 to 1.
        is_blended: whether it has a mix-blend-mode.
    """

    ink: str
    alpha: float = 1.0
    is_blended: bool = False


@dataclass(frozen=True, eq=False)
class Mark:
    """A visible piece of a line.

    Attributes:
        width: in mm; 0 for the edge of a filled shape without a line.
        source: the index of its stroke in the document.
    """

    stroke: Stroke
    look: Look
    width: float
    source: int


@dataclass(frozen=True, eq=False)
class Visible:
    """The visible lines of a document.

    Attributes:
        marks: in painter's order.
        invisible: the number of strokes that are not painted, too pale, or of no width.
        off_page: of others beside the document's page.
        hidden: of others below opaque ones.
    """

    marks: tuple[Mark, ...]
    invisible: int
    off_page: int
    hidden: int


def visible(document: Document, bridge: float, shortest: float, *, edges: bool = True) -> Visible:
    """Return a document's visible lines: its strokes, and the edges of areas without.

    Occlusion is computed on a raster of at most 2048 px a side. An area's edge is closed; that of a
    background, which is the page's own, is no line.

    Args:
        document: as read.
        bridge: hidden stretches up to this long, in mm, stay in their strokes; above 0, so do those
            under lines that are no wider, or of the same ink: there lines cross.
        shortest: stretches up to this long, in mm, are neither cut off a stroke's end nor kept
            alone.
        edges: whether edges of areas without strokes are lines.
    """
    top, scale = paint(document)
    box = (0.0, 0.0, document.width, document.height)
    marks: list[Mark] = []
    invisible = off_page = hidden = first = 0
    for number, shape in enumerate(document.shapes):
        look, width, strokes = _lines(shape, document, edges)
        for index, stroke in enumerate(strokes):
            is_dot = bool((stroke.points == stroke.points[0]).all())
            if look is None or (is_dot and not shape.is_round):
                invisible += 1
                continue
            inside = clip_stroke(stroke, box)
            raster = _Raster(top, scale, document.shapes, number, look.ink, width)
            seen = [piece for part in inside for piece in raster.cut(part, bridge, shortest)]
            source = first + min(index, max(0, len(shape.strokes) - 1))
            marks += (Mark(piece, look, width, source) for piece in seen)
            off_page += not inside
            hidden += bool(inside) and not seen
        first += len(shape.strokes)
    return Visible(tuple(marks), invisible, off_page, hidden)


def colours_on(looks: Sequence[Look], paper: str) -> NDArray[np.float64]:
    """Return the colours of N inks on paper, linear RGB (N, 3), mixed as viewers do.

    Raises:
        InputError: if the paper is no colour.
    """
    ground = np.array(colour.parse(paper)) / 255
    inks = np.array([colour.parse(look.ink) for look in looks]).reshape(-1, 3) / 255
    alphas = np.array([look.alpha for look in looks]).reshape(-1, 1)
    blended = np.array([look.is_blended for look in looks], np.bool_).reshape(-1, 1)
    inks = np.where(blended, inks * ground, inks)
    return colour.srgb_to_linear(alphas * inks + (1 - alphas) * ground)


def contrast(looks: Sequence[Look], paper: str) -> NDArray[np.float64]:
    """Return the difference of N inks on paper from the bare paper (N,), by CIEDE2000."""
    ground = colour.linear_to_lab(colour.linear_of([paper]))
    return colour.ciede2000(colour.linear_to_lab(colours_on(looks, paper)), ground)


def hides(shape: Shape, ink: str | None, alpha: float) -> bool:
    """Return whether a shape's ink covers what lies below it."""
    return ink is not None and alpha >= OPAQUE and not shape.is_blended


def paint(
    document: Document, before: Callable[[int, Top, float], None] | None = None
) -> tuple[Top, float]:
    """Return what covers what (H, W), and the px per mm.

    Pixels are -1, or 2 n for the fill of shape n and 2 n + 1 for its strokes, whichever that is
    opaque was painted last. `before` is called before each shape is painted, with its number, the
    raster so far, and the px per mm.
    """
    lines = pack_strokes([stroke for shape in document.shapes for stroke in shape.strokes])
    scale = _choose_scale(document, lines)
    sides = document.height, document.width
    top = np.full([max(1, int(np.ceil(side * scale))) for side in sides], -1, np.int32)
    last = 0
    for number, shape in enumerate(document.shapes):
        if before:
            before(number, top, scale)
        first, last = last, last + len(shape.strokes)
        if hides(shape, shape.fill, shape.fill_alpha) and shape.inside:
            own = Lines(lines.points, lines.starts[first : last + 1])
            inside = own if shape.area is None else pack_strokes(shape.area)
            begin, end = inside.starts[0], inside.starts[-1]
            outline = inside.points[begin:end] * scale
            paint_area(top, outline, inside.starts[:-1] - begin, shape.is_even_odd, 2 * number)
        if hides(shape, shape.colour, shape.alpha):
            for index in range(first, last):
                radius = shape.width / 2 * scale
                paint_line(top, lines.line(index) * scale, radius, 2 * number + 1)
    return top, scale


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
    """Return about how many pixels are looked at.

    Sizes (3, S) are each line's length and width in mm, and its number of vertices.
    """
    lengths, widths, vertices = sizes
    page = document.width * document.height * scale**2 + 1
    pieces = lengths * scale / (2 * widths * scale + 4) + vertices
    boxes = np.minimum((3 * widths * scale + 6) ** 2, page)
    return float((pieces * boxes + lengths * scale).sum() + page * len(document.shapes) / 4)


def extent_of(strokes: Iterable[Stroke]) -> tuple[Points, Points] | None:
    """Return the least and the largest x and y of strokes, in mm; None without strokes."""
    extents = [extent(stroke) for stroke in strokes]
    if not extents:
        return None
    return np.min([low for low, _ in extents], axis=0), np.max(
        [high for _, high in extents], axis=0
    )


def is_background(shape: Shape, document: Document) -> bool:
    """Return whether a shape's inside covers the page, but for a hair along its edges."""
    size = np.array([document.width, document.height])
    reach = extent_of(shape.inside)
    if reach is None or (reach[0] > EDGE * size).any() or (reach[1] < (1 - EDGE) * size).any():
        return False
    scale = PIXELS / size.max()
    columns, rows = np.maximum(1, np.ceil(size * scale)).astype(int).tolist()
    covered = np.full((rows, columns), -1, np.int32)
    outlines = pack_strokes(shape.inside)
    paint_area(covered, outlines.points * scale, outlines.starts[:-1], shape.is_even_odd, 0)
    down, across = (
        np.abs((np.arange(count) + 0.5) / (side * scale) - 0.5) <= 0.5 - EDGE
        for count, side in ((rows, size[1]), (columns, size[0]))
    )
    return bool((covered[down][:, across] == 0).all())


def grounds(document: Document, numbers: Collection[int]) -> dict[int, int]:
    """Return for shapes, by their numbers, the shape that most of each lies on; -1 for paper."""
    below: dict[int, int] = {}

    def look(number: int, top: Top, scale: float) -> None:
        if number in numbers:
            x, y = np.floor(_places(document.shapes[number]) * scale).astype(np.int64).T
            on_page = (y >= 0) & (y < top.shape[0]) & (x >= 0) & (x < top.shape[1])
            owners = top[y[on_page], x[on_page]] // 2  # -1 stays
            kinds, counts = np.unique(owners, return_counts=True)
            below[number] = int(kinds[counts.argmax()]) if len(kinds) else -1

    if numbers:
        paint(document, look)
    return below


def _places(shape: Shape) -> Points:
    """Return some places (N, 2) on a shape's strokes, in mm."""
    lines = [stroke.polyline() for stroke in shape.strokes]
    # Long straight lines have few vertices: their middles are asked, too.
    middles = [(line[1:] + line[:-1]) / 2 for line in lines]
    points = np.concatenate([*lines, *middles])
    return points[:: max(1, len(points) // PLACES)]


def _lines(
    shape: Shape, document: Document, edges: bool
) -> tuple[Look | None, float, tuple[Stroke, ...]]:
    """Return look, width and strokes of a shape's lines; no look for none.

    A filled shape without strokes has a line of no width around it, unless it is a background.
    """
    if shape.has_line:
        look = Look(str(shape.colour), shape.alpha, shape.is_blended)
        return look, shape.width, shape.strokes
    if not edges or not shape.has_area or is_background(shape, document):
        return None, 0.0, shape.strokes
    look = Look(str(shape.fill), shape.fill_alpha, shape.is_blended)
    return look, 0.0, tuple(map(_closed, shape.inside))


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
    """The raster of `paint`, for the lines of one shape."""

    top: Top
    scale: float
    shapes: Sequence[Shape]
    number: int
    ink: str
    width: float

    def cut(self, stroke: Stroke, bridge: float, shortest: float) -> Iterator[Stroke]:
        """Yield the visible stretches of a stroke; the stroke itself if it is all visible."""
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
        hiders = self._on_top(points_at(line, along, at / self.scale))
        bounds = edges[changes]
        is_kept = []
        for begin, end in pairwise(changes.tolist()):
            length = float(edges[end] - edges[begin])
            is_bridged = length <= bridge or self._crosses(hiders[begin:end], length, bridge)
            is_kept.append(bool(is_seen[begin]) or is_bridged)
        kept = _stretches(bounds, is_seen[changes[:-1]], is_kept, shortest)
        if kept == [(0.0, total)]:
            yield stroke
            return
        pieces = [between(line, along, begin, end) for begin, end in kept]
        is_ring = len(pieces) > 1 and (line[0] == line[-1]).all()
        if is_ring and kept[0][0] == 0 and kept[-1][1] == total:
            pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
        yield from map(Stroke, pieces)

    def _on_top(self, places: Points) -> Top:
        """Return what is on top at places (N, 2) in mm."""
        columns, rows = np.floor(places * self.scale).astype(np.int64).T
        height, width = self.top.shape
        return np.asarray(self.top[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)])

    def _crosses(self, hiders: Top, length: float, bridge: float) -> bool:
        """Return whether a stretch is hidden only by lines that it crosses."""
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
    is_kept: Sequence[bool],
    shortest: float,
) -> list[tuple[float, float]]:
    """Return the stretches to draw, as lengths along the stroke.

    Of N stretches, `bounds` (N + 1,) are the ends, `is_seen` tells which are visible, and `is_kept`
    which are visible or bridged. For `shortest` see `visible`.
    """
    total = float(bounds[-1])
    kept: list[tuple[float, float]] = []
    for index, (begin, end) in enumerate(pairwise(bounds.tolist())):
        at_end = begin == 0 or end == total
        stays = end - begin <= shortest if at_end else is_kept[index]
        if not (is_seen[index] or stays):
            continue
        if kept and kept[-1][1] == begin:
            kept[-1] = kept[-1][0], end
        else:
            kept.append((begin, end))
    return [(begin, end) for begin, end in kept if end - begin > shortest]
