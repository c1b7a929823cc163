"""Compares plots that were read back from files with their originals.

Strokes are compared by their Frechet distance: it is small exactly if a pen draws the same in the
same order, whichever vertices the lines have. Source: Alt and Godau 1995, "Computing the Frechet
distance between two polygonal curves": a cell for each pair of segments; the reachable parts of
its left and lower edges give those of its right and upper ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.compiling import compiled
from inkdream.plot.clip import extent
from inkdream.plot.plot import Layer, Plot, Points
from inkdream.wording import counted

# Rounding in sums of products, in mm.
NOISE = 1e-9


@compiled
@no_type_check
def is_same_way(line, other, tolerance):
    """Return whether two polylines' Frechet distance is at most a tolerance.

    Args:
        line: (V, 2) with V of at least 2, in mm.
        other: (W, 2) with W of at least 2, in mm.
        tolerance: in mm.
    """
    reach = tolerance + NOISE
    steps, cells = len(line) - 1, len(other) - 1
    if not _near(line[0], other[0], reach) or not _near(line[-1], other[-1], reach):
        return False
    # The least share of each of the other line's segments that is reached at the vertex of `line`
    # where the walk stands; above 1 where nothing is.
    lows = np.full(cells, 2.0)
    first, last = 0, 0
    for cell in range(cells):
        low, high = _within(line[0], other[cell], other[cell + 1], reach)
        if low > 0.0 or high < low:
            break
        lows[cell], last = 0.0, cell
        if high < 1.0:
            break
    at_start = True
    for step in range(steps):
        begin, end = line[step], line[step + 1]
        # What is reached at the cell's lower edge: along the whole first vertex at the beginning.
        lower = 2.0
        if at_start:
            low, high = _within(other[0], begin, end, reach)
            lower = 0.0 if low <= 0.0 <= high else 2.0
            at_start = lower == 0.0 and high >= 1.0
        reached_first, reached_last = cells, -1
        cell = first
        while cell < cells and (cell <= last or lower <= 1.0):
            left = lows[cell]
            low, high = _within(end, other[cell], other[cell + 1], reach)
            right = low if lower <= 1.0 else max(low, left)
            right = right if right <= high and (lower <= 1.0 or left <= 1.0) else 2.0
            low, high = _within(other[cell + 1], begin, end, reach)
            upper = low if left <= 1.0 else max(low, lower)
            lower = upper if upper <= high and (lower <= 1.0 or left <= 1.0) else 2.0
            lows[cell] = right
            if right <= 1.0:
                reached_first, reached_last = min(reached_first, cell), cell
            cell += 1
        if reached_last < 0:
            return False
        first, last = reached_first, reached_last
    return last == cells - 1


@compiled
@no_type_check
def _near(point, other, reach):
    x, y = point[0] - other[0], point[1] - other[1]
    return x * x + y * y <= reach * reach


@compiled
@no_type_check
def _within(point, begin, end, reach):
    """Return the shares of a segment between which it is near a point; none: (2, -1)."""
    step_x, step_y = end[0] - begin[0], end[1] - begin[1]
    off_x, off_y = begin[0] - point[0], begin[1] - point[1]
    square = step_x * step_x + step_y * step_y
    beyond = off_x * off_x + off_y * off_y - reach * reach
    if square < 1e-300:
        return (0.0, 1.0) if beyond <= 0.0 else (2.0, -1.0)
    half = off_x * step_x + off_y * step_y
    root = half * half - square * beyond
    if not root >= 0.0:
        return 2.0, -1.0
    low, high = (-half - np.sqrt(root)) / square, (-half + np.sqrt(root)) / square
    if high < 0.0 or low > 1.0:
        return 2.0, -1.0
    return max(low, 0.0), min(high, 1.0)


# As far as a plotter's pen may land from where it should, in mm.
TOLERANCE = 0.02
# Curves are compared as polylines so many times nearer to them: rounding may change how many
# vertices one gets, and then two of the same curve lie elsewhere between.
_FINER = 8
# Widths in mm and CSS px are rounded on the way.
_WIDTH_TOLERANCE = 0.002
# So many distances are sooner taken than a tree is built.
_FEW = 2**14
# Below this, in mm, a coordinate is 0: the square of a step that small is no number.
_LEAST = 1e-12


def compare_plots(plot: Plot, read: Plot, tolerance: float = TOLERANCE) -> list[str]:
    """Return how a plot read back from a file differs, most important first.

    Args:
        plot: what was written; its layers without strokes are not.
        read: what came back, in the file's order.
        tolerance: in mm.

    Returns:
        One sentence a difference; none if page, pens, their order and all strokes are the same.
    """
    layers = [layer for layer in plot.layers if layer.strokes]
    problems = []
    sizes = plot.page.width - read.page.width, plot.page.height - read.page.height
    if max(map(abs, sizes)) > tolerance:
        problems.append(
            f"its page is {read.page.width:g} x {read.page.height:g} mm, not "
            f"{plot.page.width:g} x {plot.page.height:g}"
        )
    if len(layers) != len(read.layers):
        return [*problems, f"it has {counted(len(read.layers), 'layer')}, not {len(layers)}"]
    for number, (layer, other) in enumerate(zip(layers, read.layers, strict=True), 1):
        problems += _compare_pens(layer, other, number)
        problems += compare_lines(
            [stroke.polyline(tolerance / _FINER) for stroke in layer.strokes],
            [stroke.polyline(tolerance / _FINER) for stroke in other.strokes],
            f"layer {number}",
            tolerance,
        )
        problems += _outside(other, read, number, tolerance)
    return problems


def compare_lines(
    lines: Sequence[Points], read: Sequence[Points], where: str, tolerance: float = TOLERANCE
) -> list[str]:
    """Return how polylines (V, 2) in mm differ from those read back, at most one sentence."""
    if len(lines) != len(read):
        return [f"{where} has {counted(len(read), 'stroke')}, not {len(lines)}"]
    for number, (line, other) in enumerate(zip(lines, read, strict=True), 1):
        # A dot is a line from a place to itself.
        way, back = (each if len(each) > 1 else np.repeat(each, 2, 0) for each in (line, other))
        if _is_at(way, back, tolerance) or is_same_way(way, back, tolerance):
            continue
        far = _apart(way, back)
        if far <= tolerance:
            return [f"{where}, stroke {number} goes another way than it should"]
        return [f"{where}, stroke {number} lies {far:.3g} mm from where it should"]
    return []


def _is_at(line: Points, other: Points, tolerance: float) -> bool:
    """Return whether two polylines agree vertex by vertex, as most do."""
    if len(line) != len(other):
        return False
    return bool(np.hypot(*(line - other).T).max() <= tolerance)


def _apart(line: Points, other: Points) -> float:
    """Return how far two polylines are apart, in mm, at their ends and vertices."""
    ends = np.hypot(*(line[[0, -1]] - other[[0, -1]]).T).max()
    return float(np.max([ends, _to_line(line, other).max(), _to_line(other, line).max()]))


def _to_line(points: Points, line: Points) -> NDArray[np.float64]:
    """Return the distances (N,) from points to a polyline."""
    if not (np.isfinite(points).all() and np.isfinite(line).all()):
        return np.array([np.nan])
    points, line = (np.where(np.abs(each) < _LEAST, 0.0, each) for each in (points, line))
    places = shapely.points(points)
    away: NDArray[np.float64]
    if len(points) * len(line) <= _FEW:
        away = shapely.distance(places, shapely.linestrings(line))
    else:
        edges = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
        _, nearest = shapely.STRtree(edges).query_nearest(places, all_matches=False)
        away = shapely.distance(places, edges[nearest])
    return away


def _compare_pens(layer: Layer, other: Layer, number: int) -> list[str]:
    problems = []
    if layer.pen.name.strip() != other.pen.name.strip():
        problems.append(f"layer {number} is for {other.pen.name!r}, not {layer.pen.name!r}")
    if layer.pen.colour != other.pen.colour:
        problems.append(f"layer {number} is {other.pen.colour}, not {layer.pen.colour}")
    if layer.pen.is_opaque != other.pen.is_opaque:
        words = {True: "covers", False: "multiplies"}
        problems.append(f"layer {number} {words[other.pen.is_opaque]} what lies below")
    if layer.codes != other.codes:
        codes = (f"'{each.codes}'{' and a pause' * each.codes.pauses}" for each in (other, layer))
        problems.append(f"layer {number} tells AxiDraw {' and not '.join(codes)}")
    if layer.is_refill != other.is_refill:
        problems.append(f"layer {number} begins with{'out' * layer.is_refill} a refill")
    if abs(layer.pen.width - other.pen.width) > _WIDTH_TOLERANCE:
        problems.append(
            f"layer {number} is {other.pen.width:g} mm wide, not {layer.pen.width:g} mm"
        )
    return problems


def _outside(layer: Layer, read: Plot, number: int, tolerance: float) -> list[str]:
    low, high = -tolerance, np.array([read.page.width, read.page.height]) + tolerance
    for index, stroke in enumerate(layer.strokes, 1):
        least, most = extent(stroke)
        if (least < low).any() or (most > high).any():
            return [f"layer {number}, stroke {index} leaves the page"]
    return []
