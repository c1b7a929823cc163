"""A small picture that repeats without a seam: drawn first, it is what a large one begins from."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing.free import FreeDrawing


class TileDrawing(FreeDrawing):
    """A square in any colours, seen side by side with itself; waves go on where it ends."""

    def __init__(
        self,
        side: int,
        size: tuple[int, int],
        *,
        decay: float,
        rate: float,
        generator: torch.Generator,
    ) -> None:
        """Begin with faint chance waves on grey.

        Args:
            side: of the square in px.
            size: rows and columns of the picture in which it is seen, multiples of `side`.
            decay: of the waves' amplitudes with frequency.
            rate: learning rate.
            generator: the run's source of chance.
        """
        super().__init__((side, side), decay=decay, rate=rate, generator=generator)
        self.size = size

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the tile side by side with itself, in linear RGB; softness changes nothing."""
        return self.over(self.size)

    def over(self, size: tuple[int, int]) -> Float[Tensor, "3 H W"]:
        """Return a picture of that many rows and columns, covered with tiles from its corner."""
        tile = super().image(1.0)
        height, width = tile.shape[1:]
        covered = tile.repeat(1, -(-size[0] // height), -(-size[1] // width))
        return covered[:, : size[0], : size[1]]
