"""The drawing without any limit on colours: what the few inks are measured against."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.drawing.base import Drawing
from inkdream.drawing.limits import bare_paper
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.drawing.spectrum import Spectrum
from inkdream.drawing.symmetry import darkest
from inkdream.pictures import Inked, posterised
from inkdream.recipe import Recipe

# How the colours of natural pictures vary together: rows are red, green, blue; columns lightness,
# warm against cool, green against magenta. Steps along the columns move colours as a whole
# (Olah et al. 2017, from ImageNet's colour covariance; scaled to a largest column of length 1).
_AXES = torch.tensor([[0.56, 0.19, 0.04], [0.58, 0.00, -0.11], [0.58, -0.19, 0.06]])


class FreeDrawing(Drawing):
    """An RGB picture, as feature visualisation knows it: Fourier waves, decorrelated colours."""

    is_soft = False
    bare: Tensor | None
    paper: Tensor | None

    def __init__(
        self, recipe: Recipe, generator: torch.Generator, part: tuple[int, int] | None = None
    ) -> None:
        """Begin with faint chance waves on grey.

        Args:
            recipe: its size, symmetry and bare paper, the table `pixels`, and `climb.study_rate`.
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
        self.register_buffer("bare", mask, persistent=False)
        self.register_buffer("paper", paper, persistent=False)

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the picture in linear RGB; softness changes nothing here."""
        mixed = torch.einsum("ij,jhw->ihw", self.get_buffer("axes"), self.spectrum.maps())
        image: Tensor = colour.srgb_to_linear(torch.sigmoid(4 * mixed))
        if self.bare is None or self.paper is None:
            return image
        return torch.where(self.bare < LIGHT, image, self.paper[:, None, None])

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
