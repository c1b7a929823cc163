"""Pieces of line become strokes that stay inside their areas, so that the pen is seldom lifted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.hatch.areas import Areas
from inkdream.hatch.paths import rounded
from inkdream.hatch.rings import Piece
from inkdream.hatch.spanning_tree import Walk, grow
from inkdream.plot.plot import Points

# Corners are rounded from this many nibs before to behind them: bare paper there is a hundredth of
# a nib squared.
ROUNDING = 0.1
# Ends of strokes in an area are joined over the ink between them, up to this many nibs: further,
# and the line that lies over the others would be seen.
LONGEST_HOP = 8.0


def link(
    pieces: Sequence[Piece], allowed: Areas, nib: float, pitch: float, glide: float
) -> Iterator[Points]:
    """Yield strokes (N, 2) that draw all pieces, each inside its area.

    Args:
        pieces: what is to be drawn.
        allowed: (N,) prepared polygons inside the areas, which links do not leave.
        nib: width of the line in mm.
        pitch: from one line to the next, in mm.
        glide: over how many mm the pen moves from one ring to the next.
    """
    by_area: dict[int, list[Points]] = defaultdict(list)
    for root in grow(pieces, allowed, max(pitch, nib)):
        area = root.piece.area
        by_area[area] += Walk(allowed[area], pitch, glide, opens=pitch <= nib).strokes(root)
    for area, strokes in sorted(by_area.items()):
        for stroke in _hopped(strokes, allowed[area], LONGEST_HOP * nib):
            yield rounded(stroke, ROUNDING * nib)


def _hopped(strokes: Sequence[Points], allowed: shapely.Geometry, most: float) -> Iterator[Points]:
    """Yield the strokes of one area, chained where one's end is near another's, inside the area."""
    if len(strokes) == 1:
        yield strokes[0]
        return
    ends = np.array([[stroke[0], stroke[-1]] for stroke in strokes])
    left = np.ones(len(strokes), dtype=np.bool_)
    while left.any():
        first = int(left.argmax())
        left[first] = False
        chain = [strokes[first]]
        # From its end, then, turned around, from its beginning.
        for _ in range(2):
            while (found := _next(chain[-1][-1], ends, left, allowed, most)) is not None:
                number, is_last = found
                left[number] = False
                chain.append(strokes[number][::-1] if is_last else strokes[number])
            chain = [stroke[::-1] for stroke in reversed(chain)]
        yield np.concatenate(chain)


def _next(
    place: Points, ends: Points, left: NDArray[np.bool_], allowed: shapely.Geometry, most: float
) -> tuple[int, bool] | None:
    """Return the stroke to go on with, and whether it is to be drawn from its last point."""
    distances = np.where(left[:, None], np.hypot(*np.moveaxis(ends - place, 2, 0)), np.inf)
    for choice in np.argsort(distances, axis=None, kind="stable"):
        number, is_last = divmod(int(choice), 2)
        if distances[number, is_last] > most:
            return None
        if allowed.covers(shapely.LineString([place, ends[number, is_last]])):
            return number, bool(is_last)
    return None
