"""Networks: frozen, named, and run only as deep as they are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.networks.base import Layer, Network
from inkdream.networks.leak import leaking
from inkdream.networks.residual import damping

__all__ = ["Features", "Layer", "Network", "damping", "leaking", "look", "look_srgb"]

# Activations (V, C, h, w) by full layer name: "loom/conv4_1".
Features = Mapping[str, Tensor]


def look(
    networks: Mapping[str, Network],
    pictures: Float[Tensor, "V 3 H W"],
    layers: Iterable[str],
    leak: float = 0.0,
) -> dict[str, Tensor]:
    """Return the activations (V, C, h, w) of layers for pictures in linear RGB; see `look_srgb`."""
    return look_srgb(networks, colour.linear_to_srgb(pictures), layers, leak)


def look_srgb(
    networks: Mapping[str, Network],
    pictures: Float[Tensor, "V 3 H W"],
    layers: Iterable[str],
    leak: float = 0.0,
) -> dict[str, Tensor]:
    """Return the activations (V, C, h, w) of layers given by full name, `network/layer`.

    Each network runs once, up to the deepest of its layers asked for.

    Args:
        networks: by name.
        pictures: sRGB in [0, 1].
        layers: full names.
        leak: share of the gradient that passes silent ReLUs, in [0, 1].
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for full_name in layers:
        network, _, layer = full_name.partition("/")
        wanted[network].append(layer)
    # A network that is on another device than the picture sees a copy of it.
    return {
        f"{name}/{layer}": activations.to(pictures.device)
        for name, names in wanted.items()
        for layer, activations in (
            networks[name].look_srgb(pictures.to(networks[name].device), names, leak).items()
        )
    }
