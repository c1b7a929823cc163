"""A small picture that repeats without a seam: drawn first, it is what a large one begins from."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing.free import FreeDrawing
from inkdream.errors import InputError
from inkdream.recipe import Recipe

LEAST_TILE = 16


class TileDrawing(FreeDrawing):
    """A square in any colours, seen side by side with itself; waves go on where it ends."""

    def __init__(self, recipe: Recipe, generator: torch.Generator) -> None:
        """Begin with faint chance waves on grey.

        Args:
            recipe: with a `tile`.
            generator: the stage's source of chance.
        """
        side = recipe.tile
        super().__init__(recipe, generator, (side, side))
        # What a view sees of it is as large as what it sees of the page, and holds a seam.
        rows, columns = (max(2, -(-min(recipe.views.size, each) // side)) for each in recipe.size)
        self.size = (rows * side, columns * side)

    @staticmethod
    def check(recipe: Recipe) -> None:
        """Raise InputError if a recipe asks for a tile that cannot be drawn, or repeated."""
        if not recipe.tile:
            return
        height, width = recipe.size
        if recipe.tile < LEAST_TILE or recipe.tile >= max(height, width):
            raise InputError(
                f"tile = {recipe.tile}: a tile has at least {LEAST_TILE} px a side, and fewer than "
                f"the picture, which has {width} x {height}"
            )
        if recipe.origin:
            raise InputError(
                "tile and origin: a drawing begins from one of them; say one or the other"
            )
        paged = next((term for term in recipe.terms if term.where or term.is_placed), None)
        if paged:
            raise InputError(
                f"tile: a tile is nowhere on the page, and {paged.name} is about places on it; "
                "leave one of the two out"
            )

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the tile side by side with itself, in linear RGB; softness changes nothing."""
        return self.over(self.size)

    def over(self, size: tuple[int, int]) -> Float[Tensor, "3 H W"]:
        """Return a picture of that many rows and columns, covered with tiles from its corner."""
        tile = super().image(1.0)
        height, width = tile.shape[1:]
        covered = tile.repeat(1, -(-size[0] // height), -(-size[1] // width))
        return covered[:, : size[0], : size[1]]
