"""What the loop asks of a drawing; it never asks which kind it holds."""

from __future__ import annotations

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from inkdream.pictures import Inked


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
        """Return what is wrong with the drawing, by name: the share of the score that it costs."""

    def render(self, softness: float) -> tuple[Float[Tensor, "3 H W"], dict[str, Tensor]]:
        """Return `image` and `penalties`; for drawings that have work to share between them."""
        return self.image(softness), self.penalties(softness)

    @abstractmethod
    def snapshot(self) -> Inked:
        """Return the strict picture for showing: exact in inks, or nearly so where edges blur."""

    @abstractmethod
    def project(self, progress: float) -> None:
        """Bring the drawing back to where it may be, after each step.

        Args:
            progress: the share of the climb's steps that are done, in (0, 1]; 1 after the last,
                when the drawing must be one that can be exported.
        """

    @abstractmethod
    def groups(self) -> list[dict[str, object]]:
        """Return the optimiser's parameter groups, each with its own learning rate `lr`."""
