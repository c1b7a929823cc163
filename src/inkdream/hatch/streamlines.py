"""Lines along a flow, evenly spaced: as close as a picture's tone asks, never closer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from inkdream.errors import InputError
from inkdream.hatch.flow import Flow
from inkdream.hatch.tracing import Rules, grow, new_grid, put_lines
from inkdream.plot.plot import Points
from inkdream.plot.ragged import pack
from inkdream.plot.simplify import simplify_lines

# Lines keep this many mm to where they were traced.
TOLERANCE = 0.01
# Points on lines, at most: 40 bytes each, and as many looks at neighbours.
MOST_POINTS = 6_000_000
# A trace takes steps of this share of the spacing, the longer where points would be too many...
STEPS = (0.25, 0.5)
# ... and of so many px of the flow at most.
LONGEST_STEP = 1.0
# A line of as many points whose ends are nearer than so many spacings, one ahead of the other, is a
# ring.
LEAST_RING, CLOSING = 8, 0.9


@dataclass(frozen=True)
class Lengths:
    """When a line ends, and which are kept. Lengths are in spacings, where the line begins.

    Attributes:
        least: shorter lines are left out.
        most: a line is no longer.
        begin: how near to others a line may begin, as a share of the spacing.
        stop: how near it may come before it ends.
        kink: it ends before it turns by more than this many degrees from step to step.
        turn: it ends when it has turned by so many degrees in all, either way.
    """

    least: float = 2.0
    most: float = 400.0
    begin: float = 0.95
    stop: float = 0.6
    kink: float = 37.0
    turn: float = 1080.0


def streamlines(
    flow: Flow,
    spacing: Float[np.ndarray, "H W"] | float,
    scale: float,
    *,
    mask: Bool[np.ndarray, "H W"] | None = None,
    beside: Sequence[Points] = (),
    lengths: Lengths | None = None,
) -> list[Points]:
    """Return lines along a flow, each about `spacing` from the next.

    The first begins where the spacing is least. Beside each line others begin, one spacing off;
    each grows both ways until it comes too near to another, or to itself, leaves the mask, or a
    rule ends it. No chance is in it.

    Source: Jobard and Lefer, "Creating evenly-spaced streamlines of arbitrary density", 1997, here
    with a spacing that differs from place to place.

    >>> from inkdream.hatch.flow import level
    >>> lines = streamlines(level(20, 20), 2.0, 1.0)   # 20 x 20 mm
    >>> len(lines), round(float(lines[0][:, 1].std()), 6)
    (10, 0.0)

    Args:
        flow: which way they run.
        spacing: from line to line, in mm, above 0; for each pixel, or one for all. Where it is
            infinite no line runs.
        scale: mm per pixel.
        mask: where lines may run; by default everywhere.
        beside: lines, in mm, that are drawn already: new ones keep as far from them.
        lengths: when lines end.

    Returns:
        Polylines (N, 2) in mm from the picture's top left corner, in the order in which they grew;
        none leaves the mask.

    Raises:
        InputError: if they would be too many for memory and time.
    """
    lengths = lengths or Lengths()
    rows, columns = flow.doubled.shape[1:]
    wide = np.broadcast_to(np.asarray(spacing, np.float64) / scale, (rows, columns))
    free = np.isfinite(wide) & (wide > 0)
    free = free & mask if mask is not None else free
    if not free.any():
        return []
    wide = np.where(free, wide, np.inf)
    least = float(wide.min())
    cell = max(least, 0.5 * float(np.median(wide[free])))
    drawn = pack([np.asarray(line, np.float64) / scale for line in beside])
    room, step = _room(wide, free, lengths, scale)
    rules = Rules(
        step=step,
        longest=LONGEST_STEP,
        least=float(lengths.least),
        most=float(lengths.most),
        begin=float(lengths.begin),
        stop=float(lengths.stop),
        kink=float(np.cos(np.radians(lengths.kink))),
        turn=float(np.radians(lengths.turn)),
    )
    dense = min(least, 1.0) / 2
    taken = int(sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in beside) / scale / dense)
    grid = new_grid(rows, columns, max(cell, 1e-3), room + taken + 2 * len(drawn.points))
    put_lines(grid, drawn.points, drawn.starts, dense)
    # Where the spacing is least first; of equals the trusted ones.
    order = np.lexsort((-flow.trust.ravel(), wide.ravel().round(3)))
    starts = order[free.ravel()[order]]
    field = np.ascontiguousarray(np.moveaxis(flow.doubled, 0, -1))
    points, ends = grow(field, np.ascontiguousarray(wide), free, starts, grid, rules)
    lines = [_closed(line, wide) for line in np.split(points, ends[:-1]) if len(line)]
    thin = simplify_lines(pack([line * scale for line in lines]), TOLERANCE)
    return [thin.line(number) for number in range(len(lines))]


def _closed(line: Points, wide: Float[np.ndarray, "H W"]) -> Points:
    """Return a line in px whose ends met as a ring, any other as it is."""
    gap = line[0] - line[-1]
    away = float(np.hypot(*gap))
    column, row = line[0].astype(np.intp)
    if len(line) < LEAST_RING or away > CLOSING * wide[row, column]:
        return line
    leaving, beginning = line[-1] - line[-2], line[1] - line[0]
    goes_on = min(float(leaving @ gap), float(beginning @ gap)) > 0
    return np.concatenate([line, line[:1]]) if goes_on else line


def _room(
    wide: Float[np.ndarray, "H W"], free: Bool[np.ndarray, "H W"], lengths: Lengths, scale: float
) -> tuple[int, float]:
    """Return how many points lines have at most, and their steps as a share of the spacing.

    Raises:
        InputError: if they are too many for memory and time.
    """
    some = wide[free]
    # Lines are no nearer than they stop, and have a point each step; one that is not kept has room.
    lines = 1 / (min(lengths.stop, lengths.begin) * some)
    for step in STEPS:
        points = float((lines / np.minimum(step * some, LONGEST_STEP)).sum())
        longest = (lengths.most / step) if np.isfinite(lengths.most) else 0.0
        points = 1.2 * points + longest + 1000
        if points <= MOST_POINTS:
            return int(points), step
    raise InputError(
        f"lines {float(some.min()) * scale:.2g} mm apart are too many on "
        f"{np.sqrt(free.sum()) * scale:.4g} mm: take a wider pen, lines further apart, or a "
        "smaller page"
    )
