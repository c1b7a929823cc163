"""A painter's algorithm on pixels, compiled: the number of what was painted last.

Legend: H W the raster's rows and columns; lines and outlines are in px, x to the right, y down, and
the middle of pixel (row, column) is at (column + 1/2, row + 1/2).
"""

from __future__ import annotations

from math import ceil, floor, hypot
from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled

# Where across a line its visibility is asked, as shares of its radius.
LANES = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])


@compiled
@no_type_check
def paint_line(top, line, radius, number):
    """Write a number to the pixels whose middles a round pen covers along a line.

    Args:
        top: (H, W) int32, changed.
        line: (V, 2) px.
        radius: of the pen, in px.
        number: to be written.
    """
    for index in range(max(1, len(line) - 1)):
        x, y = line[index, 0], line[index, 1]
        step_x = line[min(index + 1, len(line) - 1), 0] - x
        step_y = line[min(index + 1, len(line) - 1), 1] - y
        # However far lines go, only what can touch the raster is looked at.
        enter, leave = _part_within(x, step_x, -radius, top.shape[1] + radius, 0.0, 1.0)
        enter, leave = _part_within(y, step_y, -radius, top.shape[0] + radius, enter, leave)
        if enter > leave:
            continue
        x, y = x + enter * step_x, y + enter * step_y
        step_x, step_y = (leave - enter) * step_x, (leave - enter) * step_y
        # Pieces about as long as the pen is wide: little is looked at in vain.
        pieces = int(hypot(step_x, step_y) / (4 * radius + 4)) + 1
        step_x, step_y = step_x / pieces, step_y / pieces
        for piece in range(pieces):
            begin = x + piece * step_x, y + piece * step_y
            _paint_piece(top, begin, (step_x, step_y), radius, number)


@compiled
@no_type_check
def _part_within(begin, step, low, high, enter, leave):
    """Narrow the shares of a step between which it lies in a range (Liang and Barsky 1984)."""
    if step == 0:
        return (enter, leave) if low <= begin <= high else (1.0, 0.0)
    first, last = (low - begin) / step, (high - begin) / step
    return max(enter, min(first, last)), min(leave, max(first, last))


@compiled
@no_type_check
def _paint_piece(top, begin, step, radius, number):
    rows, columns = top.shape
    x, y = begin
    square = step[0] * step[0] + step[1] * step[1]
    left = max(0, ceil(min(x, x + step[0]) - radius - 0.5))
    right = min(columns - 1, floor(max(x, x + step[0]) + radius - 0.5))
    upper = max(0, ceil(min(y, y + step[1]) - radius - 0.5))
    lower = min(rows - 1, floor(max(y, y + step[1]) + radius - 0.5))
    for row in range(upper, lower + 1):
        for column in range(left, right + 1):
            off_x, off_y = column + 0.5 - x, row + 0.5 - y
            along = (off_x * step[0] + off_y * step[1]) / square if square > 0 else 0.0
            along = min(max(along, 0.0), 1.0)
            off_x, off_y = off_x - along * step[0], off_y - along * step[1]
            if off_x * off_x + off_y * off_y <= radius * radius:
                top[row, column] = number


@compiled
@no_type_check
def paint_area(top, points, starts, is_even_odd, number):
    """Write a number to the pixels whose middles are inside an outline.

    Args:
        top: (H, W) int32, changed.
        points: (V, 2) px, of all its rings, which close by themselves.
        starts: (R,) index of each ring's first point.
        is_even_odd: the fill rule; else nonzero.
        number: to be written.
    """
    rows, columns = top.shape
    upper = max(0, floor(points[:, 1].min()))
    lower = min(rows, ceil(points[:, 1].max()))
    if lower <= upper:
        return
    # How the winding changes at a column, from the left.
    turns = np.zeros((lower - upper, columns + 1), np.int32)
    for ring in range(len(starts)):
        end = starts[ring + 1] if ring + 1 < len(starts) else len(points)
        for index in range(starts[ring], end):
            other = index + 1 if index + 1 < end else starts[ring]
            _turn(turns, upper, points[index], points[other])
    for row in range(lower - upper):
        winding = 0
        for column in range(columns):
            winding += turns[row, column]
            if winding & 1 if is_even_odd else winding != 0:
                top[upper + row, column] = number


@compiled
@no_type_check
def _turn(turns, upper, begin, end):
    """Add an edge's crossings of the rows' middles to `turns`."""
    sign = 1
    if begin[1] > end[1]:
        begin, end, sign = end, begin, -1
    first = max(0, ceil(begin[1] - upper - 0.5))
    last = min(len(turns), ceil(end[1] - upper - 0.5))
    for row in range(first, last):
        share = (row + upper + 0.5 - begin[1]) / (end[1] - begin[1])
        x = begin[0] + share * (end[0] - begin[0])
        column = int(min(max(ceil(x - 0.5), 0), turns.shape[1] - 1))
        turns[row, column] += sign


@compiled
@no_type_check
def visible_shares(top, line, radius, number, spacing):
    """Return how much of a line's width is seen along it.

    Args:
        top: (H, W) int32.
        line: (V, 2) px.
        radius: of the pen, in px.
        number: of the line; a larger one at a pixel hides it.
        spacing: px between samples, at most.

    Returns:
        For each sample the length up to it in px (S,), and the visible share of the width (S,).
    """
    rows, columns = top.shape
    lengths, counts = _sampling(line, spacing)
    samples = counts.sum()
    reached, shares = np.zeros(samples), np.zeros(samples)
    total, sample = 0.0, 0
    for index in range(len(counts)):
        x, y = line[index, 0], line[index, 1]
        step_x = line[min(index + 1, len(line) - 1), 0] - x
        step_y = line[min(index + 1, len(line) - 1), 1] - y
        length, count = lengths[index], counts[index]
        across_x = -step_y / length * radius if length > 0 else 0.0
        across_y = step_x / length * radius if length > 0 else 0.0
        for piece in range(count):
            along = (piece + 0.5) / count
            seen = 0
            for lane in LANES:
                column = floor(x + along * step_x + lane * across_x)
                row = floor(y + along * step_y + lane * across_y)
                column, row = min(max(column, 0), columns - 1), min(max(row, 0), rows - 1)
                seen += top[row, column] <= number
            reached[sample] = total + along * length
            shares[sample] = seen / len(LANES)
            sample += 1
        total += length
    return reached, shares


@compiled
@no_type_check
def _sampling(line, spacing):
    """Return each segment's length in px, and its number of samples, at least 1.

    Only here are samples counted: rounding could make another formula differ by one.
    """
    segments = max(1, len(line) - 1)
    lengths, counts = np.zeros(segments), np.ones(segments, np.int64)
    for index in range(len(line) - 1):
        lengths[index] = hypot(
            line[index + 1, 0] - line[index, 0], line[index + 1, 1] - line[index, 1]
        )
        if spacing < lengths[index] < np.inf:
            counts[index] = int(lengths[index] / spacing) + 1
    return lengths, counts
