"""How a view is exposed: colour, blur and noise, so that nothing hangs on one exact pixel or tone.

Noise, blur and changes of colour in the views make pictures that other networks read too
(Cazenavette, Torralba and Sitzmann, 2025; Ghiasi et al., "What do vision transformers learn?",
2022; Kaur, Cohen and Lipton, 2019, on gradients averaged over noise).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.blur import gaussian

# A blur of less than this many px changes nothing that can be seen.
_LEAST_BLUR = 0.3


@dataclass(frozen=True)
class Exposure:
    """How much a step's views may differ in more than place; 0 everywhere changes nothing.

    Attributes:
        noise: largest standard deviation of normal noise, in sRGB; each view has its own,
            uniform in [0, noise].
        blur: largest standard deviation of a Gaussian blur in px of the view; each step has its
            own, uniform in [0, blur].
        gain: each view's channels are stretched by exp(u), u uniform in [-gain, gain].
        offset: each view's channels are shifted by u, uniform in [-offset, offset], in sRGB.
    """

    noise: float = 0.0
    blur: float = 0.0
    gain: float = 0.0
    offset: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether views stay as they are."""
        return not (self.noise or self.blur or self.gain or self.offset)

    def __call__(self, views: Float[Tensor, "V 3 h w"], seed: int) -> Float[Tensor, "V 3 h w"]:
        """Return the views, exposed.

        Args:
            views: linear RGB in [0, 1].
            seed: of all chance here.

        Returns:
            Linear RGB, which may leave [0, 1] a little.
        """
        if self.is_plain:
            return views
        generator = torch.Generator().manual_seed(seed)
        count = len(views)
        chance = torch.rand(2 * count * 3 + count + 1, generator=generator)
        blur = self.blur * float(chance[-1])
        if blur > _LEAST_BLUR:
            views = gaussian(views.flatten(0, 1), blur).unflatten(0, (count, 3))
        values = colour.linear_to_srgb(views)
        spread = chance[: 6 * count].view(2, count, 3, 1, 1).to(values) * 2 - 1
        if self.gain or self.offset:
            values = (values - 0.5) * torch.exp(self.gain * spread[0]) + (
                0.5 + self.offset * spread[1]
            )
        if self.noise:
            strength = self.noise * chance[6 * count : 7 * count].view(-1, 1, 1, 1).to(values)
            values = values + strength * _noise(views.shape, generator).to(values)
        return colour.srgb_to_linear(values)


def _noise(shape: torch.Size, generator: torch.Generator) -> Float[Tensor, "V 3 h w"]:
    """Return normal noise: one picture of it, shifted at random for each view.

    Shifted noise is as good as new, since views are compared with nothing but themselves, and
    numbers from the normal distribution are what would take the time.
    """
    count, *rest = shape
    noise = torch.randn(rest, generator=generator)
    shifts = torch.randint(0, 2**31 - 1, (count, 2), generator=generator)
    return torch.stack(
        [
            torch.roll(noise, (int(down) % rest[1], int(right) % rest[2]), (1, 2))
            for down, right in shifts.tolist()
        ]
    )
