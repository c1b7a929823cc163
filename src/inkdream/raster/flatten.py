"""Cubic Bezier curves into polylines by one matrix product.

Legend: S strokes, C cubics of a stroke, N = 3 C + 1 control points, V vertices.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor


def flatten(
    points: Float[Tensor, "S N 2"],
    segments: int,
    cubics: Int[Tensor, " S"] | None = None,
) -> Float[Tensor, "S V 2"]:
    """Return polylines with `segments` segments a cubic, at equal steps of the curve's parameter.

    Neighbouring cubics share their joint: control points 0 1 2 3 are the first cubic, 3 4 5 6 the
    second. The spare vertices of a stroke with fewer cubics all lie at its end: they change nothing
    in the picture, cost next to nothing, and spare control points take no gradient.

    Args:
        points: control points, in any unit.
        segments: of each cubic, at least 1. 24 at 224 px and 32 at 512 px keep the polyline
            within 0.2 px of strokes such as drawings have.
        cubics: how many cubics each stroke has, from 1 to C; by default C.

    Raises:
        ValueError: if the number of points is not 3 C + 1, or there are no segments.
    """
    count, extra = divmod(points.shape[1] - 1, 3)
    if count < 1 or extra:
        raise ValueError(
            f"a stroke has {points.shape[1]} points, but must have 3 C + 1: 4, 7, 10 ..."
        )
    if segments < 1:
        raise ValueError(f"a cubic has {segments} segments, but must have at least 1")
    basis = _basis(count, segments).to(points)
    if cubics is None:
        return _product(basis, points)
    last = (3 * cubics.clamp(1, count))[:, None, None]
    end = points.gather(1, last.expand(-1, 1, 2))
    spare = torch.arange(points.shape[1], device=points.device)[None, :, None] > last
    # Measured from the end, spare vertices come out as exactly 0: they coincide to the last bit.
    return end + _product(basis, torch.where(spare, 0, points - end))


def _product(basis: Float[Tensor, "V N"], points: Float[Tensor, "S N 2"]) -> Float[Tensor, "S V 2"]:
    """Return the basis times each stroke's points."""
    # One product of two matrices: one a stroke takes several times as long.
    every = points.transpose(1, 2).flatten(0, 1) @ basis.T
    return every.reshape(len(points), 2, len(basis)).transpose(1, 2)


@lru_cache(maxsize=16)
def _basis(cubics: int, segments: int) -> Float[Tensor, "V N"]:
    """Return the weight of each control point in each vertex: Bernstein polynomials."""
    t = torch.arange(segments, dtype=torch.float64) / segments
    cubic = torch.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], dim=1)
    basis = torch.zeros(cubics * segments + 1, 3 * cubics + 1, dtype=torch.float64)
    for index in range(cubics):
        basis[index * segments : (index + 1) * segments, 3 * index : 3 * index + 4] = cubic
    basis[-1, -1] = 1
    return basis
