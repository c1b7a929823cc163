"""Little variation from px to px, whatever the picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.objectives.base import Seen, Term


@dataclass(frozen=True, kw_only=True)
class Smooth(Term):
    """Less total variation of the picture: calm areas and short edges.

    Score: -mean over R, G, B and places of |s[y + 1, x] - s[y, x]| + |s[y, x + 1] - s[y, x]|, with
    s the whole picture in sRGB, in [0, 1]: steps count by how they look, which in linear light
    they would not. From -2 (single px of opposite colours) to 0 (one tone). Rudin, Osher and
    Fatemi, "Nonlinear total variation based noise removal algorithms" (1992), in its anisotropic
    form; for pictures of neurons Mahendran and Vedaldi, "Understanding Deep Image Representations
    by Inverting Them" (2015).
    """

    @property
    def needs_views(self) -> bool:
        """No: variation is the same wherever one stands."""
        return False

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the total variation, negative."""
        picture = colour.linear_to_srgb(seen.image)
        down = torch.diff(picture, dim=1, append=picture[:, -1:]).abs()
        right = torch.diff(picture, dim=2, append=picture[:, :, -1:]).abs()
        return -seen.mean_over_page(down + right)
