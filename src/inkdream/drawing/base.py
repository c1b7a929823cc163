"""The interface of drawings: what the optimisation loop and the run need of every kind."""

from __future__ import annotations

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.drawing.initial import Origin
from inkdream.drawing.pen_selection import AnyPalette, ChosenPalette
from inkdream.pictures import Inked
from inkdream.recipe import Recipe
from inkdream.recipe.tables import ClimbRecipe


class Drawing(nn.Module):
    """A picture that a few inks can make; rendered softly for gradients, strictly for paper.

    Attributes:
        is_soft: whether softness changes the picture; else it is not made to fall.
    """

    is_soft: bool = True

    @abstractmethod
    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the picture in linear RGB; at softness 0, exactly what will be exported."""

    @abstractmethod
    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return the penalties by name, each as the share of the score that it costs."""

    def render(self, softness: float) -> tuple[Float[Tensor, "3 H W"], dict[str, Tensor]]:
        """Return `image` and `penalties`; drawings that share work between the two override it."""
        return self.image(softness), self.penalties(softness)

    @abstractmethod
    def snapshot(self) -> Inked:
        """Return the strict picture for showing, in its inks; nearly so where edges blur."""

    @abstractmethod
    def project(self, progress: float) -> None:
        """Bring the parameters back into their allowed range after a step.

        Args:
            progress: the share of the climb's steps that are done, in (0, 1]; 1 after the last,
                when the drawing must be one that can be exported.
        """

    @abstractmethod
    def groups(self) -> list[dict[str, object]]:
        """Return parameter groups as torch's optimisers take them, each with its rate `lr`."""


class InkDrawing(Drawing):
    """A drawing in inks: what a medium of the recipe is. See `make.MEDIA`.

    Attributes:
        palette: the inks, or the choice of pens.
        climb: the learning rates.
    """

    palette: AnyPalette
    climb: ClimbRecipe

    @classmethod
    @abstractmethod
    def of(cls, recipe: Recipe, generator: torch.Generator, initial: Origin | None) -> InkDrawing:
        """Return a recipe's drawing at its first step.

        Args:
            recipe: the run's.
            generator: the stage's source of chance.
            initial: what to begin from; None for chance.

        Raises:
            InputError: as `check`.
        """

    @classmethod
    @abstractmethod
    def free(cls, recipe: Recipe, generator: torch.Generator) -> Drawing:
        """Return the same kind of drawing without limits on colours, to compare with."""

    @classmethod
    @abstractmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise InputError if the recipe's masks, shares or symmetry cannot be kept."""

    def _inks_group(self) -> dict[str, object]:
        """Return the optimiser's group of the learned inks, or of the choice of pens."""
        picks = isinstance(self.palette, ChosenPalette)
        rate = self.climb.pick_rate if picks else self.climb.ink_rate
        return {"params": [self.palette.free], "lr": rate}
