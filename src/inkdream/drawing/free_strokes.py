"""Strokes without any limit on colours: what a few pens are measured against.

Each stroke has a transparent ink of its own. It is drawn with three pens, cyan, magenta and
yellow, of which each takes one of red, green and blue away: a stroke's weights are what its own ink
takes, and any colour can be made so, in any order, by the same rasteriser.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream import colour
from inkdream.drawing.base import Drawing
from inkdream.drawing.curves import Curves
from inkdream.drawing.ink import draw, framed, grain
from inkdream.page import Page
from inkdream.pictures import Inked, posterised
from inkdream.raster import Inks

_SUBTRACTIVE = 1 - torch.eye(3)


class FreeStrokes(Drawing):
    """Bezier curves in mm, each in any colour.

    Attributes:
        curves: the shapes.
        absorbed: (S, 3) how much red, green and blue each stroke takes, before a sigmoid.
    """

    def __init__(
        self,
        points: Float[Tensor, "S N 2"],
        page: Page,
        look: tuple[float, str],
        rates: tuple[float, float],
        reach: float,
        symmetry: str = "none",
    ) -> None:
        """Begin with grey strokes.

        Args:
            points: control points in mm.
            page: the sheet.
            look: the width of every line in mm, and the paper's colour.
            rates: learning rates of control points, in px, and of colours.
            reach: blur of the strokes' edges in px at softness 1.
            symmetry: what the drawing is alike under; see `symmetry.copies`.
        """
        super().__init__()
        self.page, self.width, self.rates, self.reach = page, look[0], rates, reach
        self.curves = Curves(points, page, self.width, symmetry)
        self.times = grain(page, self.width)
        paper = torch.from_numpy(colour.linear_of([look[1]])[0]).float()
        self.register_buffer("paper", paper, persistent=False)
        self.register_buffer("frame", self.curves.frame(), persistent=False)
        self.absorbed = nn.Parameter(torch.zeros(len(points), 3))

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the page in linear RGB; with softness, edges blur."""
        weights = torch.sigmoid(self.absorbed).repeat(len(self.curves.matrices), 1)
        widths = weights.new_full((len(weights),), self.width)
        inks = Inks(_SUBTRACTIVE.to(weights), weights.new_zeros(3), self.get_buffer("paper"))
        lines = self.curves.everywhere(self.curves.shape().lines)
        picture = draw(lines, widths, weights, inks, self.page, self.reach * softness, self.times)
        return framed(picture, inks.paper, self.get_buffer("frame"))

    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return nothing: all is allowed."""
        return {}

    def project(self, progress: float) -> None:
        """Bring strokes that left the page back onto it."""
        self.curves.project()

    def groups(self) -> list[dict[str, object]]:
        """Return the groups of the points and of the colours."""
        shapes, colours = self.rates
        return [
            {"params": [self.curves.points], "lr": shapes / self.page.scale},
            {"params": [self.absorbed], "lr": colours},
        ]

    @torch.no_grad()
    def snapshot(self) -> Inked:
        """Return the strict picture in few enough colours to be shown."""
        return posterised(colour.to_bytes(self.image(0.0).permute(1, 2, 0)).cpu().numpy())
