"""Lines of any shape as strokes of so many cubic Bezier curves.

Legend: R lines, C cubics a stroke, N = 3 C + 1 control points, M places along a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from inkdream.plot import Stroke
from inkdream.plot.along import between, length_of, points_at, reached

# Places along a line at which its stroke is held to it, for each cubic.
_PLACES = 16
# A line is cut where its stroke is furthest from it, but not nearer to its ends than this share.
_INNER = 0.15
_MOST_ROUNDS = 16


class _Piece(NamedTuple):
    """A piece of a line, or its stroke: points in mm, the line's number, where it begins on it."""

    points: NDArray[np.float64]
    number: int
    begin: float


def fitted(
    lines: Sequence[Stroke], cubics: int, longest: float, tolerance: float, shortest: float
) -> tuple[Float[np.ndarray, "R N 2"], NDArray[np.int64]]:
    """Return strokes that lie on lines, by least squares; a line that none can follow is cut.

    Places on a line are taken for places on its stroke at equal shares of the length. A piece whose
    stroke is too far from it is cut where that is furthest (after Schneider, "An algorithm for
    automatically fitting digitized curves", 1990). Curves of C cubics are strokes already.

    Args:
        lines: in mm.
        cubics: C.
        longest: in mm; longer lines are cut into equal pieces first.
        tolerance: mm that a stroke may be off its line.
        shortest: pieces up to so many mm are not cut any more.

    Returns:
        control points in mm, and the number of each stroke's line.
    """
    kept: list[_Piece] = []
    left: list[_Piece] = []
    for number, line in enumerate(lines):
        if line.curved and len(line.points) == 3 * cubics + 1:
            kept.append(_Piece(line.points, number, 0.0))
        else:
            left += _cut_evenly(_Piece(line.polyline(), number, 0.0), longest)
    for turn in range(_MOST_ROUNDS):
        if not left:
            break
        points, away = _fit(np.stack([_resampled(piece.points, cubics) for piece in left]), cubics)
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
    strokes = [piece.points for piece in kept] or np.zeros((0, 3 * cubics + 1, 2))
    return np.array(strokes), np.array([piece.number for piece in kept], np.int64)


def _fit(
    places: Float[np.ndarray, "R M 2"], cubics: int
) -> tuple[Float[np.ndarray, "R N 2"], Float[np.ndarray, "R M"]]:
    """Return the strokes nearest to places that keep to the ends, and how far each place is off."""
    basis = _basis(places.shape[1], cubics)
    ends = np.stack([places[:, 0], places[:, -1]], 1)
    rest = places - np.einsum("me,red->rmd", basis[:, [0, -1]], ends)
    inner = np.einsum("nm,rmd->rnd", np.linalg.pinv(basis[:, 1:-1]), rest)
    points = np.concatenate([ends[:, :1], inner, ends[:, 1:]], 1)
    return points, np.linalg.norm(np.einsum("mn,rnd->rmd", basis, points) - places, axis=2)


def _basis(places: int, cubics: int) -> Float[np.ndarray, "M N"]:
    """Return how much each control point counts at evenly spread places along a stroke."""
    along = np.linspace(0, cubics, places)
    piece = np.minimum(along.astype(np.int64), cubics - 1)
    t = along - piece
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], 1)
    basis = np.zeros((places, 3 * cubics + 1))
    np.put_along_axis(basis, 3 * piece[:, None] + np.arange(4), weights, axis=1)
    return basis


def _resampled(line: NDArray[np.float64], cubics: int) -> Float[np.ndarray, "M 2"]:
    """Return places at equal distances along a polyline."""
    along = reached(line)
    return points_at(line, along, np.linspace(0, along[-1], _PLACES * cubics + 1))


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
