"""What covers what on a page: shapes painted one over the other on a raster, as their numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.clip import extent
from inkdream.plot.cover import paint_area, paint_line
from inkdream.plot.plot import Points
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

Top = NDArray[np.int32]


def paint(
    document: Document, before: Callable[[int, Top, float], None] | None = None
) -> tuple[Top, float]:
    """Return what covers what, and the px per mm.

    Args:
        document: any.
        before: called before each shape is painted, with its number, what is on top till then, and
            px per mm.

    Returns:
        (H, W): at each pixel -1, or 2 n for the fill of shape n and 2 n + 1 for its strokes,
        whichever that is opaque was painted last; and the scale.
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
            rings = inside.starts[:-1] - begin
            outline = inside.points[begin:end] * scale
            paint_area(top, outline, rings, shape.is_even_odd, 2 * number)
        if hides(shape, shape.colour, shape.alpha):
            for index in range(first, last):
                radius = shape.width / 2 * scale
                paint_line(top, lines.line(index) * scale, radius, 2 * number + 1)
    return top, scale


def hides(shape: Shape, ink: str | None, alpha: float) -> bool:
    """Return whether a shape's ink covers what lies below it."""
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


def is_background(shape: Shape, document: Document) -> bool:
    """Return whether a shape's inside covers the page, but for a hair along its edges."""
    if not shape.inside:
        return False
    reached = [extent(stroke) for stroke in shape.inside]
    low = np.min([least for least, _ in reached], axis=0)
    high = np.max([most for _, most in reached], axis=0)
    size = np.array([document.width, document.height])
    if (low > EDGE * size).any() or (high < (1 - EDGE) * size).any():
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
    """Return for some shapes the shape that most of each lies on; -1 for bare paper.

    Args:
        document: any.
        numbers: of the shapes asked for.
    """
    found: dict[int, int] = {}
    asked = frozenset(numbers)

    def look(number: int, top: Top, scale: float) -> None:
        if number in asked:
            below = _at(top, _places(document.shapes[number]) * scale)
            below = np.where(below < 0, -1, below // 2)
            kinds, counts = np.unique(below, return_counts=True)
            found[number] = int(kinds[counts.argmax()]) if len(kinds) else -1

    if asked:
        paint(document, look)
    return found


def _places(shape: Shape) -> Points:
    """Return some places (N, 2) on a shape's strokes, in mm."""
    lines = [stroke.polyline() for stroke in shape.strokes]
    points = np.concatenate(lines)
    # Long straight lines have few vertices: their middles are asked, too.
    middles = [(line[1:] + line[:-1]) / 2 for line in lines]
    points = np.concatenate([points, *middles])
    return points[:: max(1, len(points) // PLACES)]


def _at(top: Top, places: Points) -> NDArray[np.int32]:
    """Return what is on top at places (N, 2) in px, those on the page."""
    columns, rows = np.floor(places).astype(np.int64).T
    is_inside = (rows >= 0) & (rows < top.shape[0]) & (columns >= 0) & (columns < top.shape[1])
    found: NDArray[np.int32] = top[rows[is_inside], columns[is_inside]]
    return found
