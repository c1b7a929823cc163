"""The same ink in less time: repeated strokes dropped, ends joined, little pen-up travel.

Of orders that take about as long, strokes that run the same way follow each other: it is nicer to
watch, and less ink smears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inkdream.plot.linemerge import drop_doubles, is_ring, join_ends
from inkdream.plot.linesort import LIFT_MM, EntryPoints, order_strokes
from inkdream.plot.plot import Plot, Points, Stroke
from inkdream.plot.ragged import pack, pack_strokes
from inkdream.plot.simplify import simplify_lines
from inkdream.progress import tell

Point = tuple[float, float]

ORIGIN: Point = (0.0, 0.0)
# Ends this near meet: an eighth of a usual nib, and what vpype takes.
JOIN = 0.05
# Vertices closer than this to the line without them, in mm, are left out: less than half a motor's
# step. Any more, and turns so gentle that no machine brakes for them become corners.
SIMPLER = 0.005
# Vertices at which closed strokes may begin: so many in all, and as many each at least.
MOST_ENTRIES = 400_000
LEAST_ENTRIES = 8
# In mm: how near a polyline lies to a curve whose direction is asked for, and what is no length.
ROUGH, SHORTEST = 0.1, 1e-9


def optimise(
    plot: Plot, join: float = JOIN, simplify: float = SIMPLER, home: Point = ORIGIN
) -> Plot:
    """Return the plot in a form that is drawn in less time.

    Pen by pen: strokes that repeat another are dropped, meeting ends are joined, polylines lose
    needless vertices, and the strokes are ordered, reversed, and begun elsewhere if closed, for
    little travel. The first pen begins at home, each other one where the one before ended, and the
    last goes home.

    >>> import inkdream as ink
    >>> plot = ink.read_svg(
    ...     '<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="90mm"'
    ...     ' viewBox="0 0 90 90"><path d="M 10 10 H 40 M 70 10 H 40" stroke="red"/></svg>'
    ... )
    >>> plot.strokes, ink.optimise(plot).strokes
    (2, 1)

    Args:
        plot: its layers keep their order.
        join: in mm, how far apart meeting ends may be; they move by half of it at most.
        simplify: in mm, how far polylines may move by losing vertices; curves stay as they are.
        home: in mm, where the machine begins; by default the page's top left corner.

    Returns:
        A plot of the same layers. Its travel, with 41 mm a lift, is never more than before: if it
        were, the strokes keep their order and only lose vertices.
    """
    tell("ordering the strokes")
    place = home
    layers = []
    last = max((index for index, layer in enumerate(plot.layers) if layer.strokes), default=-1)
    for index, layer in enumerate(plot.layers):
        strokes = join_ends(drop_doubles(layer.strokes, join), join)
        strokes = _simplify(strokes, simplify)
        strokes = _order(strokes, place, home if index == last else None)
        if strokes:
            place = _corner(strokes[-1].points[-1])
        layers.append(replace(layer, strokes=strokes))
    better = replace(plot, layers=tuple(layers))
    if _cost(better, home) <= _cost(plot, home):
        return better
    same = (replace(layer, strokes=_simplify(layer.strokes, simplify)) for layer in plot.layers)
    return replace(plot, layers=tuple(same))


def travel(plot: Plot, home: Point = ORIGIN) -> float:
    """Return mm with the pen up: from home through all strokes, and back."""
    strokes = [stroke.points for layer in plot.layers for stroke in layer.strokes]
    if not strokes:
        return 0.0
    heads = np.array([points[0] for points in strokes] + [home])
    tails = np.array([home] + [points[-1] for points in strokes])
    return float(np.hypot(*(heads - tails).T).sum())


def _cost(plot: Plot, home: Point) -> float:
    return travel(plot, home) + LIFT_MM * plot.strokes


def _corner(point: Points) -> Point:
    return float(point[0]), float(point[1])


def _simplify(strokes: Sequence[Stroke], tolerance: float) -> tuple[Stroke, ...]:
    straight = [index for index, stroke in enumerate(strokes) if not stroke.curved]
    lines = simplify_lines(pack([strokes[index].points for index in straight]), tolerance)
    result = list(strokes)
    for number, index in enumerate(straight):
        result[index] = Stroke(lines.line(number))
    return tuple(result)


def _order(strokes: Sequence[Stroke], start: Point, end: Point | None) -> tuple[Stroke, ...]:
    rings = [is_ring(stroke) for stroke in strokes]
    room = max(LEAST_ENTRIES, MOST_ENTRIES // max(sum(rings), 1))
    entries, vertices = _entry_points(strokes, rings, room)
    ordered = []
    for entry in order_strokes(entries, start, end, directions(strokes)).tolist():
        index = int(entries.owners[entry])
        ordered.append(_begin_at(strokes[index], int(vertices[entry]), rings[index]))
    return tuple(ordered)


def directions(strokes: Sequence[Stroke]) -> Points:
    """Return which way strokes run (S, 2), without a sense: (1, 0) level, (-1, 0) upright.

    It is the mean over a stroke's length of cosine and sine of twice the angle, from level to the
    right towards down; so the shorter, the more it bends, and 0 for a ring or a dot.
    """
    if not strokes:
        return np.zeros((0, 2))
    lines = pack_strokes(strokes, ROUGH)
    x, y = np.diff(lines.points, axis=0, append=lines.points[-1:]).T
    # From the end of a stroke to the next one nothing is drawn.
    x[lines.starts[1:] - 1] = y[lines.starts[1:] - 1] = 0.0
    length = np.hypot(x, y)
    doubled = np.stack([x * x - y * y, 2 * x * y, length * length])
    sums = np.add.reduceat(doubled / np.maximum(length, SHORTEST), lines.starts[:-1], axis=1)
    ways: Points = (sums[:2] / np.maximum(sums[2], SHORTEST)).T
    return ways


def _entry_points(
    strokes: Sequence[Stroke], rings: Sequence[bool], room: int
) -> tuple[EntryPoints, list[int]]:
    """Return where the strokes may begin, and the index of each in its stroke's points."""
    points: list[Points] = []
    owners: list[int] = []
    exits: list[int] = []
    vertices: list[int] = []
    for index, (stroke, ring) in enumerate(zip(strokes, rings, strict=True)):
        step = 3 if stroke.curved else 1
        last = len(stroke.points) - 1
        if ring:
            step *= -(-(last // step) // room)
            rows = list(range(0, last, step))
            exits += range(len(owners), len(owners) + len(rows))
        else:
            rows = [0, last]
            exits += [len(owners) + 1, len(owners)]
        points.append(stroke.points[rows])
        owners += [index] * len(rows)
        vertices += rows
    places = np.concatenate(points) if points else np.zeros((0, 2))
    return EntryPoints(places, np.array(owners, np.int64), np.array(exits, np.int64)), vertices


def _begin_at(stroke: Stroke, row: int, ring: bool) -> Stroke:
    """Return the stroke drawn from another point: the other end, or a ring's vertex or joint."""
    if row == 0:
        return stroke
    if not ring:
        return Stroke(np.ascontiguousarray(stroke.points[::-1]), stroke.curved)
    points = np.concatenate([stroke.points[row:-1], stroke.points[: row + 1]])
    return Stroke(points, stroke.curved)
