"""What scores are measured in where a recipe mixes terms of different kinds or layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from inkdream.networks import Network, look
from inkdream.objectives.base import Term
from inkdream.waves import amplitudes

# The pictures that tell how strong activations usually are: so many, at most so large (px).
PICTURES, SIDE = 4, 128
# Activations above all but this share of a layer's are strong ones: about what the mean of a
# channel climbs to (measured in loom; in its deepest layer and in its logits three times that).
STRONG = 0.001


def in_units(
    terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> list[Term]:
    """Return terms whose scores count alike: one of about 1 each for what is plainly there.

    Scores of likeness are 1 at best. Those of neurons are activations, which may be about 0.1 in
    one layer and 100 in another; they are measured in a strong activation of the layer (for
    DeepDream, a mean of squares, in its square): one in a thousand is larger, over its channels
    and the places of four pictures of noise whose amplitudes fall as 1/f, as those of photographs
    do (Field, "Relations between the statistics of natural images and the response properties of
    cortical cells", 1987). The noise is always the same.

    Terms that are all of one layer, or none, and grow alike with activations, are left with a
    scale of 1.

    Args:
        terms: of one objective.
        known: networks by name.
        size: rows and columns of a view.
    """
    if len({(term.layers, term.degree) for term in terms}) < 2:
        return list(terms)
    strong = strong_activations(
        [name for term in terms if term.degree for name in term.layers], known, size
    )
    return [
        replace(term, scale=strong[term.layers[0]] ** term.degree) if term.degree else term
        for term in terms
    ]


@torch.no_grad()
def strong_activations(
    layers: Sequence[str], known: Mapping[str, Network], size: tuple[int, int]
) -> dict[str, float]:
    """Return what a strong activation of each layer is, by full name; see `in_units`."""
    height, width = (min(side, SIDE) for side in size)
    shape = (3 * PICTURES, height, width // 2 + 1, 2)
    waves = torch.view_as_complex(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    scaled = waves * amplitudes(height, width, decay=1.0)
    noise = torch.fft.irfft2(scaled, s=(height, width), norm="ortho")
    pictures = torch.sigmoid(noise).unflatten(0, (PICTURES, 3))
    features = look(known, pictures, dict.fromkeys(layers))
    # A layer that noise does not excite at all has no unit; a tiny one keeps numbers finite.
    return {name: max(_strong(values), 1e-9) for name, values in features.items()}


def _strong(values: Tensor) -> float:
    sizes = values.abs().flatten()
    return float(sizes.kthvalue(math.ceil((1 - STRONG) * len(sizes))).values)
