"""Uniform cubic B-splines: how many points strokes have, and their Bezier segments.

Legend: C spans, N = C + 3 control points.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def points_of(spans: int, *, corners: bool) -> int:
    """Return how many control points a stroke has: of a spline, or of cubics with corners."""
    return 3 * spans + 1 if corners else spans + 3


def reach_of(length: float, points: int, *, corners: bool) -> float:
    """Return how long a straight row of control points is, at an even pace, for a stroke's length.

    A spline ends one step before its first and last control points.

    Args:
        length: of the stroke in mm.
        points: how many control points it has.
        corners: whether it is no spline.
    """
    return length if corners else length * (points - 1) / (points - 3)


def bezier_matrix(points: int, *, corners: bool = False) -> Float[Tensor, "B N"]:
    """Return what makes a stroke's control points those of its Bezier segments.

    The i-th span of a uniform cubic B-spline has the segment [q(i) + 4 q(i+1) + q(i+2)] / 6,
    [2 q(i+1) + q(i+2)] / 3, [q(i+1) + 2 q(i+2)] / 3, [q(i+1) + 4 q(i+2) + q(i+3)] / 6.

    >>> (6 * bezier_matrix(4)).round().int().tolist()
    [[1, 4, 1, 0], [0, 4, 2, 0], [0, 2, 4, 0], [0, 1, 4, 1]]

    Args:
        points: N.
        corners: whether they are those of Bezier segments already.

    Raises:
        ValueError: if no stroke has so many.
    """
    if corners:
        if points < 4 or points % 3 != 1:
            raise ValueError(f"a stroke with corners has 3 C + 1 points, not {points}")
        return torch.eye(points)
    if points < 4:
        raise ValueError(f"a spline has at least 4 control points, not {points}")
    spans = points - 3
    matrix = torch.zeros(3 * spans + 1, points)
    joint, first, second = (torch.tensor(row) / 6.0 for row in ([1, 4, 1], [4, 2], [2, 4]))
    for span in range(spans):
        matrix[3 * span, span : span + 3] = joint
        matrix[3 * span + 1, span + 1 : span + 3] = first
        matrix[3 * span + 2, span + 1 : span + 3] = second
    matrix[-1, -3:] = joint
    return matrix
