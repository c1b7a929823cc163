"""Proof: what was read back from a file is what was to be written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.plot.alike import is_same_way
from inkdream.plot.clip import extent
from inkdream.plot.plot import Layer, Plot, Points
from inkdream.wording import counted

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


def prove(plot: Plot, read: Plot, tolerance: float = TOLERANCE) -> list[str]:
    """Return how a file that was read back differs from its plot, most important first.

    Args:
        plot: what was written; its layers without strokes are not.
        read: what came back, its strokes in the order of the file.
        tolerance: in mm.

    Returns:
        One sentence a difference; none if the file can be trusted: same page, same pens in the
        same order, same strokes, all of them on the page.
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
        problems += differences(
            [stroke.polyline(tolerance / _FINER) for stroke in layer.strokes],
            [stroke.polyline(tolerance / _FINER) for stroke in other.strokes],
            f"layer {number}",
            tolerance,
        )
        problems += _outside(other, read, number, tolerance)
    return problems


def differences(
    lines: Sequence[Points], read: Sequence[Points], where: str, tolerance: float = TOLERANCE
) -> list[str]:
    """Return how polylines (V, 2) in mm differ from those read back, at most one sentence.

    Polylines are compared as the ways that a pen goes (see `is_same_way`): from the same beginning
    to the same end, nowhere farther apart than the tolerance, whichever vertices they have.
    """
    if len(lines) != len(read):
        return [f"{where} has {counted(len(read), 'stroke')}, not {len(lines)}"]
    for number, (line, other) in enumerate(zip(lines, read, strict=True), 1):
        # A dot is a line from a place to itself.
        way, found = (each if len(each) > 1 else np.repeat(each, 2, 0) for each in (line, other))
        if _is_at(way, found, tolerance) or is_same_way(way, found, tolerance):
            continue
        far = _apart(way, found)
        if far <= tolerance:
            return [f"{where}, stroke {number} goes another way than it should"]
        return [f"{where}, stroke {number} lies {far:.3g} mm from where it should"]
    return []


def _is_at(line: Points, other: Points, tolerance: float) -> bool:
    """Return whether two polylines are alike vertex by vertex; most are, and that is soon seen."""
    if len(line) != len(other):
        return False
    return bool(np.hypot(*(line - other).T).max() <= tolerance)


def _apart(line: Points, other: Points) -> float:
    """Return how far two polylines are from each other, in mm, at their ends and vertices."""
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
        told = (f"'{each.codes}'{' and a pause' * each.codes.pauses}" for each in (other, layer))
        problems.append(f"layer {number} tells AxiDraw {' and not '.join(told)}")
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
