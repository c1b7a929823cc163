"""Streamlines traced, compiled: steps along a flow, and which points are near.

Legend: lengths are in px of the flow, x to the right, y down; the middle of pixel (row, column) is
at (column + 1/2, row + 1/2). A grid of cells holds the points of all lines, each cell a chain.
"""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numpy as np
from numpy.typing import NDArray

from inkdream.compiling import compiled

# Around itself a line is not looked for within this many spacings along it.
OWN = 1.6
# Where in a cell of the flow starts are tried: its middle.
MIDDLE = 0.5


class Rules(NamedTuple):
    """When lines begin and end; see `Lengths` in streamlines.py. In spacings, but for `longest`.

    Attributes:
        step: of a trace.
        longest: step, in px.
        least: shorter lines are not kept.
        most: a line is no longer.
        begin: distance from others at which a line may begin.
        stop: distance at which it ends.
        kink: cosine of the turn from step to step that ends it.
        turn: in all, in radians, that ends it.
    """

    step: float
    longest: float
    least: float
    most: float
    begin: float
    stop: float
    kink: float
    turn: float


class Grid(NamedTuple):
    """Points by cells.

    Attributes:
        heads: (R, C) the last point put into each cell, -1 for none.
        chain: (P,) the point put into its cell before each.
        points: (P, 3) x, y, and how far along its line each lies, from where that began; below 0
            backwards.
        owners: (P,) number of the line, from 1; 0 for what was there before.
        counts: (2,) points in use, and lines.
        cell: its side.
    """

    heads: NDArray[np.int64]
    chain: NDArray[np.int64]
    points: NDArray[np.float64]
    owners: NDArray[np.int64]
    counts: NDArray[np.int64]
    cell: float


def new_grid(rows: int, columns: int, cell: float, room: int) -> Grid:
    """Return a grid over a flow of so many rows and columns, with room for so many points."""
    sides = int(rows / cell) + 1, int(columns / cell) + 1
    return Grid(
        np.full(sides, -1, np.int64),
        np.empty(room, np.int64),
        np.empty((room, 3)),
        np.empty(room, np.int64),
        np.zeros(2, np.int64),
        cell,
    )


@compiled
@no_type_check
def put_lines(grid, points, starts, step):
    """Put lines of owner 0 into the grid, as far as there is room: a point each `step` px.

    Args:
        grid: changed.
        points: (V, 2) of all lines.
        starts: (L + 1,) where each line begins, and the last ends.
        step: in px.
    """
    for line in range(len(starts) - 1):
        last = starts[line + 1] - 1
        for index in range(starts[line], last + 1):
            x, y = points[index]
            end = min(index + 1, last)
            away_x, away_y = points[end, 0] - x, points[end, 1] - y
            pieces = int(np.hypot(away_x, away_y) / step) + 1
            for piece in range(pieces):
                share = piece / pieces
                _put(grid, x + share * away_x, y + share * away_y, 0, 0.0)


@compiled
@no_type_check
def _put(grid, x, y, owner, reached):
    """Put a point into the grid; return whether there was room."""
    number = grid.counts[0]
    if number == len(grid.chain):
        return False
    row, column = _cell(grid, x, y)
    grid.points[number, 0], grid.points[number, 1] = x, y
    grid.points[number, 2] = reached
    grid.owners[number] = owner
    grid.chain[number] = grid.heads[row, column]
    grid.heads[row, column] = number
    grid.counts[0] = number + 1
    return True


@compiled
@no_type_check
def _cell(grid, x, y):
    row = min(max(int(y / grid.cell), 0), grid.heads.shape[0] - 1)
    column = min(max(int(x / grid.cell), 0), grid.heads.shape[1] - 1)
    return row, column


@compiled
@no_type_check
def _take_back(grid, first):
    """Take the points from number `first` on out of the grid: the last that were put into it."""
    for number in range(grid.counts[0] - 1, first - 1, -1):
        row, column = _cell(grid, grid.points[number, 0], grid.points[number, 1])
        grid.heads[row, column] = grid.chain[number]
    grid.counts[0] = first


@compiled
@no_type_check
def is_near(grid, x, y, radius, owner, reached, own):
    """Return whether a point lies within a radius, of another line, or far along the same.

    Args:
        grid: of all points.
        x: of the place.
        y: of the place.
        radius: in px.
        owner: of the line that asks; -1 for none.
        reached: how far along it the place lies.
        own: from how far along on its own points count.
    """
    rows, columns = grid.heads.shape
    top, bottom = int((y - radius) / grid.cell), int((y + radius) / grid.cell)
    left, right = int((x - radius) / grid.cell), int((x + radius) / grid.cell)
    for row in range(max(top, 0), min(bottom, rows - 1) + 1):
        for column in range(max(left, 0), min(right, columns - 1) + 1):
            number = grid.heads[row, column]
            while number >= 0:
                away_x, away_y = grid.points[number, 0] - x, grid.points[number, 1] - y
                if away_x * away_x + away_y * away_y < radius * radius:
                    is_own = grid.owners[number] == owner
                    if not is_own or abs(grid.points[number, 2] - reached) > own:
                        return True
                number = grid.chain[number]
    return False


@compiled
@no_type_check
def _way(field, x, y, before_x, before_y):
    """Return the flow's direction at a place, the sense that agrees with the one before."""
    rows, columns, _ = field.shape
    across = min(max(x - 0.5, 0.0), columns - 1.0)
    down = min(max(y - 0.5, 0.0), rows - 1.0)
    column, row = min(int(across), max(columns - 2, 0)), min(int(down), max(rows - 2, 0))
    right, below = min(column + 1, columns - 1), min(row + 1, rows - 1)
    u, v = across - column, down - row
    cosine = (1 - v) * ((1 - u) * field[row, column, 0] + u * field[row, right, 0])
    cosine += v * ((1 - u) * field[below, column, 0] + u * field[below, right, 0])
    sine = (1 - v) * ((1 - u) * field[row, column, 1] + u * field[row, right, 1])
    sine += v * ((1 - u) * field[below, column, 1] + u * field[below, right, 1])
    angle = 0.5 * np.arctan2(sine, cosine)
    way_x, way_y = np.cos(angle), np.sin(angle)
    if way_x * before_x + way_y * before_y < 0:
        way_x, way_y = -way_x, -way_y
    return way_x, way_y


@compiled
@no_type_check
def _is_free(free, x, y):
    rows, columns = free.shape
    if not (0 <= x < columns and 0 <= y < rows):
        return False
    return free[int(y), int(x)]


@compiled
@no_type_check
def _trace(field, wide, free, grid, rules, start, sense):
    """Put half a line into the grid, from a start (x, y) on; return its length.

    Its points lie behind those that the grid has; the start itself is not put again.
    """
    x, y = start[0], start[1]
    way_x, way_y = _way(field, x, y, 1.0, 0.0)
    way_x, way_y = sense * way_x, sense * way_y
    owner = grid.counts[1]
    most = rules.most * wide[int(y), int(x)] / 2
    reached, turned = 0.0, 0.0
    while reached < most:
        step = min(rules.step * wide[int(y), int(x)], rules.longest)
        # Halfway first: the midpoint's direction keeps circles closed.
        half_x, half_y = _way(field, x + step / 2 * way_x, y + step / 2 * way_y, way_x, way_y)
        agreement = half_x * way_x + half_y * way_y
        if agreement < rules.kink:
            break
        turned += np.arccos(min(agreement, 1.0))
        if turned > rules.turn / 2:
            break
        next_x, next_y = x + step * half_x, y + step * half_y
        if not _is_free(free, next_x, next_y):
            break
        clear = wide[int(next_y), int(next_x)]
        along = sense * (reached + step)
        if is_near(grid, next_x, next_y, rules.stop * clear, owner, along, OWN * clear):
            break
        if not _put(grid, next_x, next_y, owner, along):
            break
        x, y, way_x, way_y = next_x, next_y, half_x, half_y
        reached += step
    return reached


@compiled
@no_type_check
def _draw(field, wide, free, grid, rules, start):
    """Put a line through a start (x, y) into the grid if it is long enough."""
    first = grid.counts[0]
    grid.counts[1] += 1
    _put(grid, start[0], start[1], grid.counts[1], 0.0)
    ahead = _trace(field, wide, free, grid, rules, start, 1.0)
    behind = _trace(field, wide, free, grid, rules, start, -1.0)
    if ahead + behind < rules.least * wide[int(start[1]), int(start[0])]:
        _take_back(grid, first)
        grid.counts[1] -= 1


@compiled
@no_type_check
def _may_begin(wide, free, grid, rules, x, y):
    if not _is_free(free, x, y):
        return False
    radius = rules.begin * wide[int(y), int(x)]
    return not is_near(grid, x, y, radius, -1, 0.0, 0.0)


@compiled
@no_type_check
def grow(field, wide, free, starts, grid, rules):
    """Return all points (P, 2) of lines one behind the other, and where each line ends (L,).

    Args:
        field: (H, W, 2) cosine and sine of doubled angles.
        wide: (H, W) spacing in px.
        free: (H, W) where lines may run.
        starts: (S,) pixels, by number, in the order in which lines begin where none are.
        grid: with what is drawn already.
        rules: when lines begin and end.
    """
    before = grid.counts[0]
    looked = before  # points beside which lines have been begun
    columns = wide.shape[1]
    for start in starts:
        x, y = start % columns + MIDDLE, start // columns + MIDDLE
        if not _may_begin(wide, free, grid, rules, x, y):
            continue
        _draw(field, wide, free, grid, rules, (x, y))
        while looked < grid.counts[0]:
            x, y = grid.points[looked, 0], grid.points[looked, 1]
            way_x, way_y = _way(field, x, y, 1.0, 0.0)
            away = wide[int(y), int(x)]
            for side in (-1.0, 1.0):
                beside_x, beside_y = x - side * away * way_y, y + side * away * way_x
                if _may_begin(wide, free, grid, rules, beside_x, beside_y):
                    _draw(field, wide, free, grid, rules, (beside_x, beside_y))
            looked += 1
    return _in_order(grid, before)


@compiled
@no_type_check
def _in_order(grid, before):
    """Return the points of lines in their order, from end to end, and where each ends."""
    count, lines = grid.counts[0] - before, grid.counts[1]
    points = np.empty((count, 2))
    ends = np.zeros(lines, np.int64)
    first, written = before, 0
    while first < before + count:
        last = first
        while last < before + count and grid.owners[last] == grid.owners[first]:
            last += 1
        # The start and what is ahead of it lie first, then what is behind.
        ahead = first + 1
        while ahead < last and grid.points[ahead, 2] > 0:
            ahead += 1
        for number in range(last - 1, ahead - 1, -1):
            points[written] = grid.points[number, :2]
            written += 1
        for number in range(first, ahead):
            points[written] = grid.points[number, :2]
            written += 1
        ends[grid.owners[first] - 1] = written
        first = last
    return points, ends
