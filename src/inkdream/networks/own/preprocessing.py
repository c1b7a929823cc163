"""What a network of one's own wants done to pictures before it sees them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour

# What red, green and blue in sRGB are worth in a grey picture (ITU-R BT.601), as in PIL, whose grey
# pictures most networks of one channel were trained on.
_GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preprocessing:
    """How a network takes pictures.

    Attributes:
        mean: subtracted from values, by channel in the network's order; none for nothing.
        deviation: what the rest is divided by, by channel; none for nothing.
        size: rows and columns in px that pictures are fitted into; none to find out what the
            network needs.
        low, high: values of black and white before mean and deviation.
        is_bgr: whether channels are blue, green, red.
    """

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    size: tuple[int, int] | None = None
    low: float = 0.0
    high: float = 1.0
    is_bgr: bool = False

    def __call__(
        self, pictures: Float[Tensor, "V 3 h w"], channels: int = 3
    ) -> Float[Tensor, "V C h w"]:
        """Return values as the network takes them.

        Args:
            pictures: linear RGB in [0, 1].
            channels: 3; or 1, for a network of grey pictures, whose mean and deviation are those
                of all channels together.
        """
        values = colour.linear_to_srgb(pictures)
        mean, deviation = self.mean, self.deviation
        if channels == 1:
            values = (values * values.new_tensor(_GREY)[:, None, None]).sum(1, keepdim=True)
            mean, deviation = mean and (_middle(mean),), deviation and (_middle(deviation),)
        elif self.is_bgr:
            values = values.flip(1)
        if (self.low, self.high) != (0.0, 1.0):
            values = self.low + values * (self.high - self.low)
        if mean:
            values = values - values.new_tensor(mean)[:, None, None]
        if deviation:
            values = values / values.new_tensor(deviation)[:, None, None]
        return values


def _middle(numbers: tuple[float, ...]) -> float:
    return float(torch.tensor(numbers).mean())
