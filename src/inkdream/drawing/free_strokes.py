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
from inkdream.pictures import Inked, posterised
from inkdream.raster import Inks
from inkdream.recipe import Recipe

_SUBTRACTIVE = 1 - torch.eye(3)


class FreeStrokes(Drawing):
    """Curves in mm, each in any colour.

    Attributes:
        curves: the shapes.
        absorbed: (S, 3) how much red, green and blue each stroke takes, before a sigmoid.
    """

    def __init__(self, recipe: Recipe, points: Float[Tensor, "S N 2"]) -> None:
        """Begin with grey strokes, all as wide as the recipe's pens are on average.

        Args:
            recipe: its page, pens, paper and symmetry, and the table `strokes`.
            points: control points in mm.
        """
        super().__init__()
        self.settings, self.page = recipe.strokes, recipe.page
        self.width = sum(pen.width for pen in recipe.pens) / len(recipe.pens)
        self.curves = Curves(
            points, self.page, self.width, recipe.symmetry, corners=recipe.strokes.corners
        )
        self.times = grain(self.page, self.width)
        paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()
        self.register_buffer("paper", paper, persistent=False)
        self.register_buffer("frame", self.curves.frame(), persistent=False)
        self.absorbed = nn.Parameter(torch.zeros(len(points), 3))

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the page in linear RGB; with softness, edges blur."""
        weights = torch.sigmoid(self.absorbed).repeat(len(self.curves.matrices), 1)
        widths = weights.new_full((len(weights),), self.width)
        inks = Inks(_SUBTRACTIVE.to(weights), weights.new_zeros(3), self.get_buffer("paper"))
        lines = self.curves.everywhere(self.curves.shape().lines)
        picture = draw(
            lines, widths, weights, inks, self.page, self.settings.reach * softness, self.times
        )
        return framed(picture, inks.paper, self.get_buffer("frame"))

    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return nothing: all is allowed."""
        return {}

    def project(self, progress: float) -> None:
        """Bring strokes that left the page back onto it."""
        self.curves.project()

    def groups(self) -> list[dict[str, object]]:
        """Return the groups of the points and of the colours."""
        return [
            {"params": [self.curves.points], "lr": self.settings.rate / self.page.scale},
            {"params": [self.absorbed], "lr": self.settings.pen_rate},
        ]

    @torch.no_grad()
    def snapshot(self) -> Inked:
        """Return the strict picture in few enough colours to be shown."""
        return posterised(colour.to_bytes(self.image(0.0).permute(1, 2, 0)).cpu().numpy())
