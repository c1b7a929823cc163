"""Small things to test with: networks one can compute by hand, and runs of a few seconds."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.networks import Layer, Network
from inkdream.recipe import Recipe, validate


class Mirror(Network):
    """A network whose one layer is the picture itself: channels are red, green and blue."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "mirror"
        self.layers = (Layer("same", 3, 1, 1),)

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        return dict.fromkeys(layers, pictures)


# A small sheet, on which few lines fill the areas of ink.
SHEET = {"size": "40x50mm", "margin": 4}


def small(**said: Any) -> Recipe:
    """Return a recipe that is climbed in well under a second."""
    table = {
        "page": SHEET,
        "width": 32,
        "height": 40,
        "steps": 12,
        "inks": 3,
        "terms": [{"target": "loom/conv2_1/3"}],
        "views": {"count": 1, "jitter": 2},
    }
    return validate({**table, **said})


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
