"""Lines of any shape as strokes: splines of so many spans, or Bezier curves with corners.

Legend: R lines, C spans a stroke, N control points, B = 3 C + 1 points of the Bezier segments, M
places along a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from inkdream.drawing.splines import bezier_matrix, points_of
from inkdream.plot import Stroke
from inkdream.plot.clip import between, length_of, points_at, reached
from inkdream.raster import flatten

# Places along a line at which its stroke is held to it, for each span.
_PLACES = 16
# How much jerk counts beside being off the line: what places leave open, such as a spline's ends.
_EVEN = 1e-4
# mm that a file's rounding may move the points of a curve.
_SAME = 0.02
# A line is cut where its stroke is furthest from it, but not nearer to its ends than this share.
_INNER = 0.15
_MOST_ROUNDS = 16


class _Piece(NamedTuple):
    """A piece of a line, or its stroke: points in mm, the line's number, where it begins on it."""

    points: NDArray[np.float64]
    number: int
    begin: float


def fitted(
    lines: Sequence[Stroke],
    spans: int,
    longest: float,
    tolerance: float,
    shortest: float,
    *,
    corners: bool = False,
) -> tuple[Float[np.ndarray, "R N 2"], NDArray[np.int64]]:
    """Return strokes that lie on lines, by least squares; a line that none can follow is cut.

    Places on a line are taken for places on its stroke at equal shares of the length. A piece whose
    stroke is too far from it is cut where that is furthest (after Schneider, "An algorithm for
    automatically fitting digitized curves", 1990). Curves that strokes can be stay as they are.

    Args:
        lines: in mm.
        spans: C.
        longest: in mm; longer lines are cut into equal pieces first.
        tolerance: mm that a stroke may be off its line.
        shortest: pieces up to so many mm are not cut any more.
        corners: whether strokes may have corners; else they are splines.

    Returns:
        control points in mm, and the number of each stroke's line.
    """
    kept: list[_Piece] = []
    left: list[_Piece] = []
    solve = Fit(points_of(spans, corners=corners), corners=corners)
    for number, line in enumerate(lines):
        same = solve.same(line) if line.curved else None
        if same is not None:
            kept.append(_Piece(same, number, 0.0))
        else:
            left += _cut_evenly(_Piece(line.polyline(), number, 0.0), longest)
    for turn in range(_MOST_ROUNDS):
        if not left:
            break
        points, away = solve(np.stack([_resampled(piece.points, spans) for piece in left]))
        pieces: list[_Piece] = []
        for stroke, off, piece in zip(points, away, left, strict=True):
            whole = length_of(piece.points)
            if off.max() <= tolerance or whole <= shortest or turn == _MOST_ROUNDS - 1:
                kept.append(piece._replace(points=stroke))
                continue
            share = np.clip(off.argmax() / (len(off) - 1), _INNER, 1 - _INNER)
            pieces += _cut(piece, [share * whole])
        left = pieces
    kept.sort(key=lambda piece: (piece.number, piece.begin))
    strokes = [piece.points for piece in kept] or np.zeros(
        (0, points_of(spans, corners=corners), 2)
    )
    return np.array(strokes), np.array([piece.number for piece in kept], np.int64)


class Fit:
    """Strokes nearest to places at equal steps of their parameter, that keep to the ends."""

    def __init__(self, points: int, *, corners: bool) -> None:
        """Make ready for strokes of so many control points."""
        self.bezier = bezier_matrix(points, corners=corners).double()
        basis = flatten(self.bezier.T[..., None].expand(-1, -1, 2), _PLACES)[..., 0].T
        self.basis = basis.numpy()
        # Least squares under the condition that both ends are kept, by Lagrange's multipliers.
        places = len(self.basis)
        jerk = np.diff(np.eye(points), 3, axis=0)
        ends = self.basis[[0, -1]]
        normal = self.basis.T @ self.basis / places + _EVEN * jerk.T @ jerk
        system = np.block([[normal, ends.T], [ends, np.zeros((2, 2))]])
        wanted = np.concatenate([self.basis.T / places, np.eye(places)[[0, -1]]])
        self.inverse = np.linalg.solve(system, wanted)[:points]

    def __call__(
        self, places: Float[np.ndarray, "R M 2"]
    ) -> tuple[Float[np.ndarray, "R N 2"], Float[np.ndarray, "R M"]]:
        """Return the strokes, and how far each place is off."""
        points: NDArray[np.float64] = self.inverse @ places
        drawn = self.basis @ points
        return points, np.linalg.norm(drawn - places, axis=2)

    def same(self, line: Stroke) -> Float[np.ndarray, "N 2"] | None:
        """Return the control points of a stroke that is the curve, where one can be."""
        if len(line.points) != len(self.bezier):
            return None
        bezier = self.bezier.numpy()
        points: NDArray[np.float64] = np.linalg.lstsq(bezier, line.points)[0]
        return points if np.abs(bezier @ points - line.points).max() <= _SAME else None


def _resampled(line: NDArray[np.float64], spans: int) -> Float[np.ndarray, "M 2"]:
    """Return places at equal distances along a polyline."""
    along = reached(line)
    return points_at(line, along, np.linspace(0, along[-1], _PLACES * spans + 1))


def _cut_evenly(piece: _Piece, longest: float) -> list[_Piece]:
    whole = length_of(piece.points)
    count = max(1, int(np.ceil(whole / longest)))
    return _cut(piece, [whole * number / count for number in range(1, count)])


def _cut(piece: _Piece, at: Sequence[float]) -> list[_Piece]:
    """Return the pieces of a polyline that is cut at lengths along it, in mm from its beginning."""
    line, along = piece.points, reached(piece.points)
    return [
        _Piece(between(line, along, begin, end), piece.number, piece.begin + begin)
        for begin, end in pairwise([0.0, *at, float(along[-1])])
    ]


def longest(strokes: Float[np.ndarray, "R N 2"], most: int) -> NDArray[np.int64]:
    """Return the numbers, in order, of the longest strokes: at most so many, the first of equals.

    >>> import numpy as np
    >>> rows = np.array([[[0.0, 0], [1, 0]], [[0, 0], [3, 0]], [[0, 0], [2, 0]]])
    >>> longest(rows, 2).tolist()
    [1, 2]
    """
    return np.sort(np.argsort(-lengths_of(strokes), kind="stable")[:most])


def lengths_of(strokes: Float[np.ndarray, "R N 2"]) -> Float[np.ndarray, " R"]:
    """Return how long strokes are, along their control points.

    >>> import numpy as np
    >>> lengths_of(np.array([[[0.0, 0], [3, 4], [3, 5]]])).tolist()
    [6.0]
    """
    return np.asarray(np.linalg.norm(np.diff(strokes, axis=1), axis=2).sum(1))
