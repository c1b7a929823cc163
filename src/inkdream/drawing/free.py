"""Drawings without any limit on colours: studies, and what few inks are measured against.

Each free stroke has a transparent ink of its own. It is drawn with three pens, cyan, magenta and
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
from inkdream.drawing.kept_areas import kept_picture
from inkdream.drawing.limits import bare_paper
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.drawing.spectrum import Spectrum
from inkdream.drawing.symmetry import darkest
from inkdream.errors import InputError
from inkdream.pictures import Inked, posterised
from inkdream.raster import Inks
from inkdream.recipe import Recipe

LEAST_TILE = 16
# How the colours of natural pictures vary together: rows are red, green, blue; columns lightness,
# warm against cool, green against magenta. Steps along the columns move colours as a whole
# (Olah et al. 2017, from ImageNet's colour covariance; scaled to a largest column of length 1).
_AXES = torch.tensor([[0.56, 0.19, 0.04], [0.58, 0.00, -0.11], [0.58, -0.19, 0.06]])
_SUBTRACTIVE = 1 - torch.eye(3)


class FreeDrawing(Drawing):
    """An RGB picture, as feature visualisation knows it: Fourier waves, decorrelated colours."""

    is_soft = False
    bare: Tensor | None
    paper: Tensor | None
    held: Tensor | None
    picture: Tensor | None

    def __init__(
        self, recipe: Recipe, generator: torch.Generator, part: tuple[int, int] | None = None
    ) -> None:
        """Begin with faint chance waves on grey.

        Args:
            recipe: its size, symmetry, bare paper and what it keeps, the table `pixels`, and
                `climb.study_rate`.
            generator: the stage's source of chance.
            part: rows and columns in px of a picture that is nowhere on the page, so that
                nothing of the page is asked of it; None for the whole page.
        """
        super().__init__()
        self.rate = recipe.climb.study_rate
        size, pixels = part or recipe.size, recipe.pixels
        # What the inks are not to show first, they need not be shown by their study either.
        finest = recipe.finest if pixels.coarse < 1 and not part else 0.0
        symmetry = "none" if part else recipe.symmetry
        self.spectrum = Spectrum(3, *size, pixels.decay, finest, symmetry=symmetry)
        self.spectrum.scatter(0.1, generator)
        self.register_buffer("axes", _AXES.clone(), persistent=False)
        mask, paper = (None if part else bare_paper(recipe)) or (None, None)
        if mask is not None and self.spectrum.index is not None:
            mask = 1 - darkest(1 - mask[None], self.spectrum.index)[0]
        held, picture = (None if part else kept_picture(recipe)) or (None, None)
        self.register_buffer("held", held, persistent=False)
        self.register_buffer("picture", picture, persistent=False)
        self.register_buffer("bare", mask, persistent=False)
        self.register_buffer("paper", paper, persistent=False)

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the picture in linear RGB; softness changes nothing here."""
        mixed = torch.einsum("ij,jhw->ihw", self.get_buffer("axes"), self.spectrum.maps())
        image: Tensor = colour.srgb_to_linear(torch.sigmoid(4 * mixed))
        if self.bare is not None and self.paper is not None:
            image = torch.where(self.bare < LIGHT, image, self.paper[:, None, None])
        if self.held is None or self.picture is None:
            return image
        return torch.where(self.held, self.picture, image)

    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return nothing: all is allowed."""
        return {}

    @torch.no_grad()
    def snapshot(self) -> Inked:
        """Return the picture in few enough colours to be shown."""
        return posterised(colour.to_bytes(self.image(0.0).permute(1, 2, 0)).cpu().numpy())

    def project(self, progress: float) -> None:
        """Leave all as it is."""

    def groups(self) -> list[dict[str, object]]:
        """Return one group."""
        return [{"params": list(self.parameters()), "lr": self.rate}]


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
