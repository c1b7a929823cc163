"""What strokes are to each other: lines on lines of their own pen, and neighbours' directions.

Scribble is nothing that one stroke has: it is many that lie on each other and agree in nothing.
Both are seen in maps of the page, one for each pen, into which segments put their ink; that takes
time in proportion to the segments, on the processor wherever the strokes are.

Legend: S strokes, V vertices of their polylines, P pens, R C rows and columns of cells.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, no_type_check

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from inkdream.compiling import compiled
from inkdream.page import Page

# Cells of the map of ink, in widths of the widest line: one line fills half of the cell that it
# crosses, and lines side by side, two widths apart, no more.
CELL = 2.0
# Beyond so much of a cell's area, its ink is crowded.
FULL = 0.52
# Cells in mm within which directions are to agree.
HOOD = 5.0
# Segments are put into the map of ink in pieces of at most so many cells.
PIECE = 0.7
# Cells of a map, about, at most.
MOST_CELLS = 2**20
_TINY = 1e-12


class Relations(NamedTuple):
    """What is wrong with strokes beside each other.

    Attributes:
        overlap: the share of the ink that lies where lines of its own pen lie already, or closer
            than in a hatch: what fills more than half of a cell two widths wide. 0 for a line alone
            and for lines two widths apart, about 0.25 for lines drawn twice, 0.6 for lines drawn
            five times.
        disorder: how little lines of one pen that are near each other agree in direction. In each
            cell of 5 mm, with doubled angles, since a line has no sense: 1 - |sum of l exp(2 i t)|
            / sum of l, over segments of length l and direction t; the mean over all length. 0 for
            lines parallel to their neighbours, 1 for as many that cross at right angles.
    """

    overlap: Float[Tensor, ""]
    disorder: Float[Tensor, ""]


def relations(
    lines: Float[Tensor, "S V 2"],
    pens: Int[Tensor, " S"],
    drawn: Float[Tensor, " S"],
    widths: Float[Tensor, " S"],
    page: Page,
) -> Relations:
    """Return what is wrong, with gradients to the lines and to how much of them is drawn.

    Args:
        lines: polylines in mm.
        pens: the number of each stroke's pen; pens may cross each other.
        drawn: how much of each is drawn, in [0, 1].
        widths: of their lines in mm.
        page: the sheet.
    """
    return Relations(*_Measure.apply(lines, drawn, pens, widths, page))


class _Grid(NamedTuple):
    """Cells of a side in mm: so many rows and columns of the page's, and one more all around."""

    side: float
    rows: int
    columns: int

    @classmethod
    def of(cls, page: Page, side: float) -> _Grid:
        side = max(side, math.sqrt(page.width * page.height / MOST_CELLS))
        return cls(side, math.ceil(page.height / side) + 3, math.ceil(page.width / side) + 3)


class _Strokes(NamedTuple):
    """What `relations` is given, for compiled code."""

    lines: NDArray[np.float64]
    drawn: NDArray[np.float64]
    widths: NDArray[np.float64]
    pens: NDArray[np.int64]


class _Maps(NamedTuple):
    """Of each pen: the ink in mm^2 (P, R, C), and length times cosine and sine (P, R, C, 2)."""

    fine: _Grid
    coarse: _Grid
    ink: NDArray[np.float64]
    ways: NDArray[np.float64]


class _Measure(torch.autograd.Function):
    """Both measures, and both their gradients, in two passes over the segments."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor]:
        lines, drawn, pens, widths, page = arguments
        strokes = _Strokes(
            lines=_whole(lines.detach().double()),
            drawn=_whole(drawn.detach().double()),
            widths=_whole(widths.detach().double()),
            pens=_whole(pens),
        )
        cell = CELL * float(strokes.widths.max(initial=_TINY))
        fine, coarse = _Grid.of(page, cell), _Grid.of(page, HOOD)
        count = int(strokes.pens.max(initial=0)) + 1
        ink = np.zeros((count, fine.rows, fine.columns))
        ways = np.zeros((count, coarse.rows, coarse.columns, 2))
        found, by_line, by_amount = measure(strokes, _Maps(fine, coarse, ink, ways))
        ctx.kept = [torch.from_numpy(each).to(lines) for each in (by_line, by_amount)]
        overlap, disorder = torch.from_numpy(found).to(lines).unbind()
        return overlap, disorder

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, overlap: Tensor, disorder: Tensor) -> tuple[Tensor | None, ...]:
        by_line, by_amount = ctx.kept
        to_lines = overlap * by_line[0] + disorder * by_line[1]
        return to_lines, overlap * by_amount[0] + disorder * by_amount[1], None, None, None


def _whole(values: Tensor) -> NDArray[Any]:
    return np.ascontiguousarray(values.cpu().numpy())


@compiled
@no_type_check
def measure(strokes, maps):
    """Return overlap and disorder (2,), and the gradients of each: (2, S, V, 2) and (2, S).

    Args:
        strokes: see `_Strokes`.
        maps: of zeros; changed.
    """
    area, length = _collect(strokes, maps)
    area, length = max(area, _TINY), max(length, _TINY)
    excess = _crowd(maps.ink, FULL * maps.fine.side**2, area)
    agreed = _agree(maps.ways, length)
    found = np.array([excess / area, 1.0 - agreed / length if agreed > 0 else 0.0])
    return found, *_hand_back(strokes, maps, -excess / area**2, agreed / length**2)


@compiled
@no_type_check
def _crowd(ink, full, area):
    """Return the ink beyond what cells hold; the map is then the gradient to it."""
    excess = 0.0
    for place in np.ndindex(ink.shape):
        over = ink[place] - full
        excess += max(over, 0.0)
        ink[place] = 1.0 / area if over > 0 else 0.0
    return excess


@compiled
@no_type_check
def _agree(ways, length):
    """Return the length that agrees; the map is then the gradient to it."""
    agreed = 0.0
    for pen, row, column in np.ndindex(ways.shape[:3]):
        x, y = ways[pen, row, column]
        size = np.sqrt(x * x + y * y)
        agreed += size
        ways[pen, row, column, 0] = -x / max(size, _TINY) / length
        ways[pen, row, column, 1] = -y / max(size, _TINY) / length
    return agreed


@compiled
@no_type_check
def _corner(x, y, grid):
    """Return row and column of the first of the four cells around a place, and the shares."""
    across = min(max(x / grid.side + 0.5, 0.0), grid.columns - 2.0)
    down = min(max(y / grid.side + 0.5, 0.0), grid.rows - 2.0)
    row, column = int(down), int(across)
    return row, column, down - row, across - column


@compiled
@no_type_check
def _collect(strokes, maps):
    """Put all segments into the maps; return the area of their ink, and their length."""
    lines, drawn, widths, pens = strokes
    fine, coarse, ink, ways = maps
    area, length = 0.0, 0.0
    for stroke in range(lines.shape[0]):
        pen = pens[stroke]
        for index in range(lines.shape[1] - 1):
            (x, y), (to_x, to_y) = lines[stroke, index], lines[stroke, index + 1]
            step_x, step_y = to_x - x, to_y - y
            size = np.sqrt(step_x * step_x + step_y * step_y)
            if size < _TINY:
                continue
            mine = size * drawn[stroke]
            area += mine * widths[stroke]
            length += mine
            middle_x, middle_y = (x + to_x) / 2, (y + to_y) / 2
            cosine = (step_x * step_x - step_y * step_y) / (size * size)
            sine = 2 * step_x * step_y / (size * size)
            pieces = int(size / (PIECE * fine.side)) + 1
            amount = mine * widths[stroke] / pieces
            for piece in range(pieces):
                share = (piece + 0.5) / pieces
                row, column, v, u = _corner(x + share * step_x, y + share * step_y, fine)
                ink[pen, row, column] += amount * (1 - u) * (1 - v)
                ink[pen, row, column + 1] += amount * u * (1 - v)
                ink[pen, row + 1, column] += amount * (1 - u) * v
                ink[pen, row + 1, column + 1] += amount * u * v
            row, column, v, u = _corner(middle_x, middle_y, coarse)
            for below in range(2):
                for right in range(2):
                    part = mine * (u if right else 1 - u) * (v if below else 1 - v)
                    ways[pen, row + below, column + right, 0] += part * cosine
                    ways[pen, row + below, column + right, 1] += part * sine
    return area, length


@compiled
@no_type_check
def _hand_back(strokes, maps, to_area, to_length):
    """Return the gradients to lines and to how much is drawn, from those to maps and totals."""
    lines, drawn, widths, pens = strokes
    fine, coarse, ink, ways = maps
    count, vertices, _ = lines.shape
    by_line = np.zeros((2, count, vertices, 2))
    by_drawn = np.zeros((2, count))
    for stroke in range(count):
        pen, amount, width = pens[stroke], drawn[stroke], widths[stroke]
        for index in range(vertices - 1):
            (x, y), (to_x, to_y) = lines[stroke, index], lines[stroke, index + 1]
            step_x, step_y = to_x - x, to_y - y
            size = np.sqrt(step_x * step_x + step_y * step_y)
            if size < _TINY:
                continue
            middle_x, middle_y = (x + to_x) / 2, (y + to_y) / 2
            # Of the ink: what a mm of it is worth here, and how that changes with the place.
            pieces = int(size / (PIECE * fine.side)) + 1
            for piece in range(pieces):
                share = (piece + 0.5) / pieces
                row, column, v, u = _corner(x + share * step_x, y + share * step_y, fine)
                a, b = ink[pen, row, column], ink[pen, row, column + 1]
                c, d = ink[pen, row + 1, column], ink[pen, row + 1, column + 1]
                worth = (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v + to_area
                worth *= width / pieces
                by_drawn[0, stroke] += worth * size
                mine = size * amount * width / pieces / fine.side
                across = mine * ((b - a) * (1 - v) + (d - c) * v)
                down = mine * ((c - a) * (1 - u) + (d - b) * u)
                along = worth * amount / size
                to_step = (along * step_x, along * step_y)
                _share_out(by_line[0, stroke], index, share, (across, down), to_step)
            # Of the directions: the same, of the length times cosine and sine.
            cosine = (step_x * step_x - step_y * step_y) / (size * size)
            sine = 2 * step_x * step_y / (size * size)
            row, column, v, u = _corner(middle_x, middle_y, coarse)
            to_cosine, to_sine, across, down = 0.0, 0.0, 0.0, 0.0
            for below in range(2):
                for right in range(2):
                    g, h = ways[pen, row + below, column + right]
                    part_u, part_v = u if right else 1 - u, v if below else 1 - v
                    to_cosine += g * part_u * part_v
                    to_sine += h * part_u * part_v
                    whole = g * cosine + h * sine
                    across += whole * (1 if right else -1) * part_v
                    down += whole * (1 if below else -1) * part_u
            worth = to_cosine * cosine + to_sine * sine + to_length
            by_drawn[1, stroke] += worth * size
            # The direction turns by so much for a mm across the way.
            turn = 2 * (to_sine * cosine - to_cosine * sine) / size
            along_x = worth * step_x / size - turn * step_y
            along_y = worth * step_y / size + turn * step_x
            mine = size * amount / coarse.side
            to_middle, to_step = (mine * across, mine * down), (amount * along_x, amount * along_y)
            _share_out(by_line[1, stroke], index, 0.5, to_middle, to_step)
    return by_line, by_drawn


@compiled
@no_type_check
def _share_out(to, index, share, to_place, to_step):
    """Add gradients to a segment's two vertices: those to a place on it, and to the step along."""
    for axis in range(2):
        to[index, axis] += (1 - share) * to_place[axis] - to_step[axis]
        to[index + 1, axis] += share * to_place[axis] + to_step[axis]
