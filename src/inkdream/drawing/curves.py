"""The shapes of strokes: Bezier curves in mm, where their page ends, and what is wrong with them.

Legend: S strokes, C cubics a stroke, N = 3 C + 1 control points, V vertices of a polyline.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inkdream.page import Page
from inkdream.raster import flatten

# Segments a cubic, by the page's longer side in px: the polyline stays within 0.2 px.
_SEGMENTS = ((320, 24), (1024, 32))
_MOST_SEGMENTS = 48
# A stroke this many pen widths long is a stroke; a shorter one is a dot that costs a lift.
LEAST_WIDTHS = 4.0
# Ink outside the margin by this share of the page's shorter side costs what the weight says.
_FAR = 0.1


class Shape(NamedTuple):
    """How strokes lie.

    Attributes:
        lines: polylines in mm.
        lengths: of the curves in mm.
    """

    lines: Float[Tensor, "S V 2"]
    lengths: Float[Tensor, " S"]


class Curves(nn.Module):
    """S strokes of C cubics each; neighbouring cubics share their joint.

    Attributes:
        points: control points (S, N, 2) in mm from the page's top left corner, x then y.
        page: where they lie.
    """

    points: nn.Parameter
    box: Tensor

    def __init__(self, points: Float[Tensor, "S N 2"], page: Page, widest: float) -> None:
        """Begin at control points in mm.

        Args:
            points: N = 3 C + 1 a stroke.
            page: the sheet.
            widest: of the pens' lines in mm; half of it is kept from the margin.
        """
        super().__init__()
        self.page = page
        self.points = nn.Parameter(points.clone())
        left, top, right, bottom = page.inside
        half = widest / 2
        box = torch.tensor([[left + half, top + half], [right - half, bottom - half]])
        self.register_buffer("box", box, persistent=False)
        longer = max(page.pixels)
        self.segments = next((n for most, n in _SEGMENTS if longer <= most), _MOST_SEGMENTS)

    def shape(self) -> Shape:
        """Return how the strokes lie, beyond the margin too."""
        vertices = flatten(self.points, self.segments)
        # The root has no slope at 0, which coincident vertices would divide by.
        steps = vertices.diff(dim=1).square().sum(-1).clamp(min=1e-12).sqrt()
        return Shape(vertices, steps.sum(1))

    def bending(self) -> Float[Tensor, " S"]:
        """Return how far each stroke is from a straight line drawn at an even pace.

        sum |P(i) - 2 P(i+1) + P(i+2)|^2 / sum |P(i+1) - P(i)|^2 over its control points: 0 for a
        straight line, 4 for a zigzag, the same at every size.
        """
        edges = self.points.diff(dim=1)
        turns = edges.diff(dim=1).square().sum((1, 2))
        return turns / edges.square().sum((1, 2)).clamp(min=1e-9)

    def frame(self) -> Float[Tensor, "H W"]:
        """Return how much of each px lies inside the margin: ink beyond it is cut off."""
        left, top, right, bottom = self.page.inside
        rows, columns = self.page.pixels
        across = _overlap(left * self.page.scale, right * self.page.scale, columns)
        down = _overlap(top * self.page.scale, bottom * self.page.scale, rows)
        return down[:, None] * across

    def straying(self) -> Float[Tensor, " S"]:
        """Return how far each stroke's points lie outside the margin: 1 for a tenth of the page."""
        beyond = self.points - torch.clamp(self.points, self.box[0], self.box[1])
        far = _FAR * min(self.page.width, self.page.height)
        return (beyond / far).square().sum(-1).mean(1)

    @torch.no_grad()
    def project(self) -> None:
        """Bring points back that have left the page; the strip outside its margin is forgiven."""
        self.points[..., 0].clamp_(0, self.page.width)
        self.points[..., 1].clamp_(0, self.page.height)

    @torch.no_grad()
    def replace(self, which: Bool[Tensor, " S"], points: Float[Tensor, "R N 2"]) -> None:
        """Put the strokes marked in `which`, in order, elsewhere."""
        self.points[which] = points


def _overlap(low: float, high: float, count: int) -> Float[Tensor, " N"]:
    """Return how much of each of `count` px in a row lies between two places, in px."""
    edges = torch.arange(count + 1, dtype=torch.float32).clamp(low, high)
    return edges.diff()
