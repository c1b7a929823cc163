"""A line wider than the pen, as parallel lines of the pen drawn without lifting it."""

from __future__ import annotations

from math import ceil

import numpy as np
import shapely

from inkdream.plot.plot import Points, Stroke

# Lines side by side overlap by this share of the nib, or paper shines through.
OVERLAP = 0.08
# Vertices in a quarter of a circle around a line's end.
_QUARTER = 6


def thicken(stroke: Stroke, width: float, nib: float, share: float = 1.0) -> tuple[Stroke, ...]:
    """Return strokes of a pen that together draw a line of a greater width.

    Lines lie side by side at equal distances, from the outermost to the middle; where one ends and
    the next begins the pen stays down, since it stays within the line.

    Args:
        stroke: the line's middle.
        width: of the line, in mm.
        nib: width of the line that the pen draws, in mm, more than 0.
        share: of the width that is to be inked, 0 to 1; 1 leaves no paper bare.

    Returns:
        The stroke itself if one line of the pen is enough. Otherwise one stroke, and one more for
        each ring inside loops of the line.
    """
    full = 1 + max(0, ceil((width - nib) / (nib * (1 - OVERLAP)) - 0.25))
    count = full if share == 1 else min(full, max(1, round(share * width / nib)))
    if count == 1:
        return (stroke,)
    line = stroke.polyline()
    is_dot = bool((line == line[0]).all())
    middle = shapely.Point(line[0]) if is_dot else shapely.LineString(line)
    pitch = (width - nib) / (count - 1)
    path: list[Points] = []
    inner: list[Stroke] = []
    for index in range(count // 2):
        area = shapely.buffer(middle, (width - nib) / 2 - index * pitch, quad_segs=_QUARTER)
        for part in shapely.get_parts(area):
            near = path[-1][-1] if path else line[0]
            path.append(_turned(shapely.get_coordinates(part.exterior), near))
            inner += (Stroke(shapely.get_coordinates(hole)) for hole in part.interiors)
    if count % 2:
        path.append(line)
    return Stroke(np.concatenate(path)), *inner


def _turned(ring: Points, near: Points) -> Points:
    """Return a closed line so that it begins and ends at its vertex nearest to a point."""
    nearest = int(np.hypot(*(ring[:-1] - near).T).argmin())
    return np.concatenate([ring[nearest:-1], ring[: nearest + 1]])
