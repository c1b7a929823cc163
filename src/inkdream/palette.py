"""Palettes: the colours that a drawing may use, learned, fixed, or part of each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream import colour
from inkdream.recipe import LEARNED

# A learned ink starts this far inside the bounds, where a sigmoid still has a slope.
_INSIDE = 0.02


class Palette(nn.Module):
    """K inks in linear RGB. Fixed ones never move; learned ones stay in bounds by a sigmoid.

    The sigmoid's range is sRGB, so that a step of the optimiser looks equally large in dark and
    light colours; the colours it gives are linear, since light mixes linearly.

    Attributes:
        learned: (K,) which inks are learned.
        free: (K, 3) the parameters; sRGB = sigmoid(free). Rows of fixed inks get no gradient.
    """

    learned: Tensor
    fixed: Tensor

    def __init__(self, inks: Sequence[str], generator: torch.Generator) -> None:
        """Make a palette; learned inks start spread out, away from the fixed ones and each other.

        Args:
            inks: a colour each ('#c8102e', 'crimson'), or '?' for one to be learned.
            generator: the run's source of chance.
        """
        super().__init__()
        learned = torch.tensor([ink == LEARNED for ink in inks])
        known = [[0, 0, 0] if ink == LEARNED else list(colour.parse(ink)) for ink in inks]
        fixed = torch.tensor(known, dtype=torch.uint8)
        self.register_buffer("learned", learned)
        self.register_buffer("fixed", colour.from_bytes(fixed).float())
        self.free = nn.Parameter(torch.zeros(len(inks), 3))
        self.restart(_spread(self.fixed[~learned], int(learned.sum()), generator))

    def __len__(self) -> int:
        return len(self.learned)

    def colours(self) -> Float[Tensor, "K 3"]:
        """Return the inks in linear RGB, each value in [0, 1]."""
        learned = colour.srgb_to_linear(torch.sigmoid(self.free))
        return torch.where(self.learned[:, None], learned, self.fixed)

    @torch.no_grad()
    def restart(self, colours: Float[Tensor, "L 3"]) -> None:
        """Put the L learned inks, in order, at colours in linear RGB."""
        srgb = colour.linear_to_srgb(colours.clamp(0, 1)).clamp(_INSIDE, 1 - _INSIDE)
        self.free[self.learned] = torch.logit(srgb)


def _spread(
    known: Float[Tensor, "F 3"], count: int, generator: torch.Generator, tries: int = 256
) -> Float[Tensor, "L 3"]:
    """Return random colours in linear RGB, each the farthest of many from all before, in OKLab."""
    chosen = known
    for _ in range(count):
        candidates = colour.srgb_to_linear(torch.rand(tries, 3, generator=generator))
        if len(chosen):
            distances = torch.cdist(
                colour.linear_to_oklab(candidates), colour.linear_to_oklab(chosen)
            ).amin(1)
            best = candidates[distances.argmax()]
        else:
            best = candidates[0]
        chosen = torch.cat([chosen, best[None]])
    return chosen[len(known) :]
