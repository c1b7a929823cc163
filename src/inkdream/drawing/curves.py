"""The shapes of strokes: smooth curves in mm, where their page ends, and what is wrong with them.

Legend: S strokes, C spans a stroke, N control points (C + 3 of a spline, 3 C + 1 with corners), V
vertices of a polyline, M copies of each stroke that a symmetry makes, itself the first of them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inkdream.drawing.fitting import Fit
from inkdream.drawing.splines import bezier_matrix
from inkdream.drawing.symmetry import copies
from inkdream.page import Page
from inkdream.raster import flatten

# Segments a cubic, by the page's longer side in px: the polyline stays within 0.2 px of strokes as
# finished drawings have them.
_SEGMENTS = ((320, 24), (700, 32), (1400, 48))
_MOST_SEGMENTS = 64
# Splines of more spans than so many have fewer segments in each, but not fewer than a third.
_USUAL_SPANS = 2
# A stroke this many pen widths long is a stroke; a shorter one is a dot that costs a lift.
LEAST_WIDTHS = 4.0
# Ink outside the margin by this share of the page's shorter side costs what the weight says.
FAR = 0.1
# A part of a curve is no such curve quite, and may leave its room again, so many times.
_ROUNDS = 3
# Turned copies are kept inside the margin by so many mm more, which rounding may take.
_ROUNDING = 1e-3


class Shape(NamedTuple):
    """How strokes lie.

    Attributes:
        lines: polylines in mm.
        lengths: of the curves in mm.
    """

    lines: Float[Tensor, "S V 2"]
    lengths: Float[Tensor, " S"]


class Curves(nn.Module):
    """S strokes of C spans each: uniform cubic B-splines, or Bezier curves that may have corners.

    A spline's slope and curvature have no jumps, whatever its control points are: it is drawn by an
    arm that knows where it goes. (After Berio et al., "Neural Image Abstraction Using Long
    Smoothing B-Splines", 2025, whose splines are quintic.)

    Attributes:
        points: control points (S, N, 2) in mm from the page's top left corner, x then y.
        page: where they lie.
        matrices: what turns a stroke into its copies, around the page's middle.
    """

    points: nn.Parameter
    box: Tensor
    insets: Tensor
    matrices: Tensor
    matrix: Tensor
    sampling: Tensor

    def __init__(
        self,
        points: Float[Tensor, "S N 2"],
        page: Page,
        widest: float,
        symmetry: str = "none",
        *,
        corners: bool = False,
        fade: float = 0.0,
    ) -> None:
        """Begin at control points in mm.

        Args:
            points: N a stroke: C + 3 of splines, 3 C + 1 of curves with corners.
            page: the sheet.
            widest: of the pens' lines in mm; half of it is kept from the margin.
            symmetry: what the drawing is alike under; see `symmetry.copies`. Turned strokes stay
                where all their copies lie inside the margin.
            corners: whether neighbouring cubics only share their joint.
            fade: mm before the margin in which strokes end, each somewhere else.

        Raises:
            ValueError: if there cannot be so many control points.
        """
        super().__init__()
        self.page = page
        matrix = bezier_matrix(points.shape[1], corners=corners)
        self.register_buffer("matrix", matrix.to(points), persistent=False)
        self.points = nn.Parameter(points.clone())
        left, top, right, bottom = page.inside
        half = widest / 2
        box = torch.tensor([[left + half, top + half], [right - half, bottom - half]])
        self.register_buffer("box", box, persistent=False)
        insets = _insets(len(points), min(fade, float((box[1] - box[0]).min()) / 4))
        self.register_buffer("insets", insets.to(points)[:, None, None], persistent=False)
        self._fit: Fit | None = None
        self.corners = corners
        self.register_buffer("matrices", copies(symmetry).to(points), persistent=False)
        self.is_turned = symmetry.startswith("turn")
        if self.is_turned:
            self.project()
        longer = max(page.pixels)
        segments = next((n for most, n in _SEGMENTS if longer <= most), _MOST_SEGMENTS)
        spans = max(_USUAL_SPANS, (len(matrix) - 1) // 3)
        fewer = max(-(-segments * _USUAL_SPANS // spans), segments // 3)
        self.segments = segments if corners else fewer
        sampling = flatten(matrix.T[..., None].expand(-1, -1, 2), self.segments)[..., 0].T
        self.register_buffer("sampling", sampling.to(points), persistent=False)

    @property
    def bezier(self) -> Float[Tensor, "S C31 2"]:
        """The control points (S, 3 C + 1, 2) of the same curves as Bezier segments, in mm."""
        found: Tensor = torch.einsum("bn,snd->sbd", self.matrix, self.points)
        return found

    def shape(self) -> Shape:
        """Return how the strokes lie, beyond the margin too."""
        # One product of two matrices, of all strokes at once.
        places = self.points.transpose(1, 2).flatten(0, 1) @ self.sampling.T
        vertices = places.reshape(len(self.points), 2, -1).transpose(1, 2)
        # The root has no slope at 0, which coincident vertices would divide by.
        steps = vertices.diff(dim=1).square().sum(-1).clamp(min=1e-12).sqrt()
        return Shape(vertices, steps.sum(1))

    def everywhere(self, lines: Float[Tensor, "S V 2"]) -> Float[Tensor, "MS V 2"]:
        """Return lines in mm, and then their copies, all first copies before all second ones."""
        if len(self.matrices) == 1:
            return lines
        middle = self.box.mean(0).to(lines)
        turned = (lines - middle)[None] @ self.matrices[1:, None].mT.to(lines)
        return torch.cat([lines, (turned + middle).flatten(0, 1)])

    def jerk(self) -> Float[Tensor, " S"]:
        """Return how far each stroke is from an arc drawn at an even pace.

        With D1 and D3 the first and third differences of its control points, mean |D3|^2 /
        mean |D1|^2: of a spline, whose third derivative is constant on each span, exactly the mean
        square jerk in units of its pace. 0 for a straight line, (2 sin(t / 2))^4 for an arc that
        turns by t from point to point, 16 for a zigzag; the same at every size. Second differences,
        as bending has them, would forbid arcs 8 times as much and tremor only a quarter.
        """
        pace = self.points.diff(dim=1).square().sum(-1).mean(1)
        return self.points.diff(n=3, dim=1).square().sum(-1).mean(1) / pace.clamp(min=1e-9)

    def frame(self) -> Float[Tensor, "H W"]:
        """Return how much of each px lies inside the margin: ink beyond it is cut off."""
        left, top, right, bottom = self.page.inside
        rows, columns = self.page.pixels
        across = _overlap(left * self.page.scale, right * self.page.scale, columns)
        down = _overlap(top * self.page.scale, bottom * self.page.scale, rows)
        return down[:, None] * across

    def straying(self) -> Float[Tensor, " S"]:
        """Return how far each stroke's points lie outside its room: 1 for a tenth of the page."""
        low, high = self._rooms()
        beyond = self.points - torch.minimum(torch.maximum(self.points, low), high)
        far = FAR * min(self.page.width, self.page.height)
        return (beyond / far).square().sum(-1).mean(1)

    @torch.no_grad()
    def project(self) -> None:
        """Bring points back that have left the page; the strip outside its margin is forgiven.

        Where copies are turned it is not: lines that are cut at the margin would be unlike.
        """
        if self.is_turned:
            middle, half = self.box.mean(0), (self.box[1] - self.box[0]) / 2 - _ROUNDING
            away = self.points - middle
            # A curve lies within its control points, and so do its copies within theirs.
            reach = (torch.einsum("mij,snj->snmi", self.matrices, away).abs() / half).amax((2, 3))
            self.points.copy_(middle + away / reach.clamp(min=1)[..., None])
        self.points[..., 0].clamp_(0, self.page.width)
        self.points[..., 1].clamp_(0, self.page.height)

    @torch.no_grad()
    def shorten(self) -> None:
        """Cut strokes off where they leave their room: the longest part inside is left.

        A line that ends somewhere looks drawn, one that is cut at the frame, or bent to run along
        it, does not.
        """
        if self.is_turned:
            return
        self._fit = self._fit or Fit(self.points.shape[1], corners=self.corners)
        low, high = self._rooms()
        for left in reversed(range(_ROUNDS)):
            lines = self.shape().lines
            inside = ((lines >= low) & (lines <= high)).all(2).cpu().numpy()
            which = np.flatnonzero(~inside.all(1))
            if not len(which):
                return
            places = [
                _part(line, within, len(self._fit.basis))
                for line, within in zip(lines[which].cpu().numpy(), inside[which], strict=True)
            ]
            points = torch.from_numpy(self._fit(np.stack(places))[0]).to(self.points)
            numbers = torch.from_numpy(which).to(self.points.device)
            if not left:
                # A curve lies within its control points.
                points = torch.minimum(torch.maximum(points, low[numbers]), high[numbers])
            self.points[numbers] = points

    def _rooms(self) -> tuple[Float[Tensor, "S 1 2"], Float[Tensor, "S 1 2"]]:
        return self.box[0] + self.insets, self.box[1] - self.insets

    @torch.no_grad()
    def replace(self, which: Bool[Tensor, " S"], points: Float[Tensor, "R N 2"]) -> None:
        """Put the strokes marked in `which`, in order, elsewhere."""
        self.points[which] = points
        if self.is_turned:
            self.project()


def _insets(count: int, fade: float) -> Float[Tensor, " S"]:
    """Return how far within the margin each of so many strokes ends, in mm: more of them near it.

    Spread by the golden ratio: no two neighbours are alike, and any number is spread evenly.
    """
    share = torch.arange(count, dtype=torch.float64) * ((math.sqrt(5) - 1) / 2) % 1
    return fade * share.square()


def _part(
    line: Float[np.ndarray, "V 2"], inside: Bool[np.ndarray, " V"], count: int
) -> Float[np.ndarray, "M 2"]:
    """Return so many places at even steps along the longest part of a line that lies inside.

    Where no part does, all of them are where it is nearest to being so: its middle.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    middle = len(line) // 2
    longest = int(np.argmax(ends - begins)) if len(begins) else -1
    first, last = (begins[longest], ends[longest] - 1) if longest >= 0 else (middle, middle)
    at = np.linspace(first, last, count)
    index = np.arange(len(line))
    return np.stack([np.interp(at, index, line[:, axis]) for axis in (0, 1)], 1)


def _overlap(low: float, high: float, count: int) -> Float[Tensor, " N"]:
    """Return how much of each of `count` px in a row lies between two places, in px."""
    edges = torch.arange(count + 1, dtype=torch.float32).clamp(low, high)
    return edges.diff()
