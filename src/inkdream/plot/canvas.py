"""A part of a page in small pixels, on which lines are laid at their true width, pen after pen.

A small pixel has a pen's ink if its middle is under one of the pen's lines, and has it once,
however many of them cross there: the union of a pen's lines is exact, and lines that touch leave no
gap between them. Anti-aliased edges would: two halves of a pixel that are covered by chance are
three quarters. Averaged in linear light, small pixels make smooth edges.

Legend: R C the canvas's rows and columns; x to the right, y down; the middle of small pixel
(row, column) is at (column + 1/2, row + 1/2).
"""

from __future__ import annotations

from math import ceil, floor, hypot, inf, sqrt
from typing import no_type_check

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from inkdream import colour
from inkdream.compiling import compiled
from inkdream.pens import Pen
from inkdream.plot.packed import Lines


class Canvas:
    """Some rows of a page, bare at first.

    Attributes:
        ink: (R, C, 3) linear RGB, float32.
    """

    def __init__(self, paper: str, rows: int, columns: int) -> None:
        """Make a bare canvas of a colour, '#rrggbb'."""
        self.ink = np.empty((rows, columns, 3), np.float32)
        self._paper = np.tile(colour.linear_of([paper])[0].astype(np.float32), columns)
        # The number of the pen that laid ink on a small pixel last.
        self._last = np.empty((rows, columns), np.uint16)
        self.clear()

    def clear(self) -> None:
        """Make it bare again; that takes less time than a new one."""
        # A row at once: numpy is slow to repeat three numbers.
        self.ink.reshape(len(self.ink), -1)[:] = self._paper
        self._last[:] = 0
        self._number = 0

    def take(self, pen: Pen) -> None:
        """Lay lines of this pen from now on: over all that is there, and itself only once."""
        self._number += 1
        ink = colour.linear_of([pen.colour])[0]
        # Transparent ink multiplies what lies below by its colour, opaque ink covers it.
        self._keep = ((1 - pen.opacity) * ink).astype(np.float32)
        self._add = (pen.opacity * ink).astype(np.float32)

    def lay(self, lines: Lines, radius: float, top: float = 0.0) -> None:
        """Lay lines of the pen that was taken.

        Args:
            lines: polylines with round ends and joins, in small px; one vertex is a dot.
            radius: half the width of the pen's line, in small px.
            top: of the canvas, in the lines' own y.

        Raises:
            ValueError: if a coordinate is not finite.
        """
        if not np.isfinite(lines.points).all():
            raise ValueError("a line has a coordinate that is not finite")
        ink = (self._keep, self._add, self._number)
        _lay(self.ink, self._last, lines.points, lines.starts, (radius, top), ink)

    def shrunk(self, times: int) -> Float[np.ndarray, "3 H W"]:
        """Return the mean of each `times` x `times` small px, in linear RGB, float32."""
        rows, columns, _ = self.ink.shape
        picture = np.empty((3, rows // times, columns // times), np.float32)
        _shrink(self.ink, times, picture)
        return picture


def enlarged(lines: Lines, scale: float) -> Lines:
    """Return lines in mm as lines in small px, of which there are `scale` in a mm."""
    points: NDArray[np.float64] = lines.points * scale
    return Lines(points, lines.starts)


@compiled
@no_type_check
def _lay(canvas, last, points, starts, size, ink):
    radius, top = size
    for line in range(len(starts) - 1):
        first, end = starts[line], starts[line + 1]
        for index in range(first, max(first + 1, end - 1)):
            other = min(index + 1, end - 1)
            begin = points[index, 0], points[index, 1] - top
            step = points[other, 0], points[other, 1] - top
            _lay_segment(canvas, last, begin, step, radius, ink)


@compiled
@no_type_check
def _lay_segment(canvas, last, begin, end, radius, ink):
    """Lay ink along a segment, row by row.

    What a round pen covers on its way is the hull of two discs, so a row has one piece of it: from
    the first to the last place where it meets a disc or a side.
    """
    rows, columns = last.shape
    upper = ceil(max(min(begin[1], end[1]) - radius - 0.5, 0.0))
    lower = floor(min(max(begin[1], end[1]) + radius - 0.5, rows - 1.0))
    if upper > lower or max(begin[0], end[0]) + radius < 0:
        return
    if min(begin[0], end[0]) - radius > columns:
        return
    step_x, step_y = end[0] - begin[0], end[1] - begin[1]
    length = hypot(step_x, step_y)
    scale = radius / length if length > 0 else 0.0
    off_x, off_y = -step_y * scale, step_x * scale
    slope = step_x / step_y if step_y != 0 else 0.0
    for row in range(upper, lower + 1):
        y = row + 0.5 - begin[1]
        left, right = inf, -inf
        high = radius * radius - y * y
        if high >= 0:
            half = sqrt(high)
            left, right = -half, half
        high = radius * radius - (y - step_y) * (y - step_y)
        if high >= 0:
            half = sqrt(high)
            left, right = min(left, step_x - half), max(right, step_x + half)
        # The two sides; a row that is parallel to them meets the discs where they touch.
        if (y - off_y) * (y - off_y - step_y) < 0:
            x = off_x + (y - off_y) * slope
            left, right = min(left, x), max(right, x)
        if (y + off_y) * (y + off_y - step_y) < 0:
            x = (y + off_y) * slope - off_x
            left, right = min(left, x), max(right, x)
        if left > right:
            continue
        first = ceil(max(left + begin[0] - 0.5, 0.0))
        final = floor(min(right + begin[0] - 0.5, columns - 1.0))
        _lay_run(canvas, last, row, (first, final + 1), ink)


@compiled
@no_type_check
def _lay_run(canvas, last, row, run, ink):
    """Lay ink on some small px of a row, where this pen has laid none yet."""
    keep, add, number = ink
    for column in range(run[0], run[1]):
        if last[row, column] != number:
            last[row, column] = number
            for channel in range(3):
                below = canvas[row, column, channel]
                canvas[row, column, channel] = below * keep[channel] + add[channel]


@compiled
@no_type_check
def _shrink(canvas, times, picture):
    share = np.float32(1.0 / (times * times))
    for row in range(picture.shape[1]):
        for column in range(picture.shape[2]):
            for channel in range(3):
                total = np.float32(0.0)
                for down in range(times):
                    for across in range(times):
                        total += canvas[row * times + down, column * times + across, channel]
                picture[channel, row, column] = total * share
