"""A figure on calm ground: where it is to be, and what ink around it costs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

# How far a figure reaches: the standard deviation of its weight, as a share of the picture's
# shorter side.
SPREAD = 1 / 5


def figure(place: tuple[float, float], size: tuple[int, int]) -> Float[Tensor, "H W"]:
    """Return how much of each place belongs to a figure: a Gaussian, 1 in its middle.

    Args:
        place: (x, y) of its middle, as shares of the picture.
        size: rows and columns of the picture.
    """
    height, width = size
    rows = torch.arange(height)[:, None] + 0.5 - place[1] * height
    columns = torch.arange(width)[None] + 0.5 - place[0] * width
    spread = SPREAD * min(size)
    return torch.exp(-(rows.square() + columns.square()) / (2 * spread**2))


@dataclass(frozen=True)
class Ground:
    """A penalty for what is not paper around figures.

    Attributes:
        cost: what ink at each place costs.
        paper: its colour, linear RGB.
    """

    cost: Float[Tensor, "H W"]
    paper: Float[Tensor, " 3"]

    @classmethod
    def around(
        cls, figures: Float[Tensor, "H W"], weight: float, paper: Float[Tensor, " 3"]
    ) -> Ground:
        """Return the ground around figures.

        Args:
            figures: how much of each place belongs to one, in [0, 1].
            weight: the share of the score that a ground costs which is as unlike paper as can be.
            paper: its colour, linear RGB.
        """
        cost = 1 - figures
        return cls(weight * cost / cost.mean().clamp(min=1e-6), paper)

    def __call__(self, image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        """Return the share of the score that a picture's ink costs."""
        paper = self.paper.to(image)
        most = torch.maximum(paper, 1 - paper).sum()
        unlike = (image - paper[:, None, None]).abs().sum(0) / most
        return (unlike * self.cost.to(image)).mean()
