"""Being unlike pictures that are there already: several drawings of one neuron that differ."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.objectives.base import Seen
from inkdream.objectives.neurons import LayerTerm
from inkdream.objectives.style import gram


@dataclass(frozen=True, kw_only=True, eq=False)
class Unlike(LayerTerm):
    """Diversity: other features together than in some given pictures.

    Score: -mean over the P pictures of cos(G, G*_p), with G the (C, C) matrix of covariances of a
    layer's channels over views and places, as one vector, and G*_p that of a picture (the
    diversity term of Olah et al., "Feature Visualization", 2017, there between pictures made at
    once). From -1 (the same features occur together) to 1; unrelated ones score 0. It says nothing
    of how strong the activations are.

    Attributes:
        grams: (P, C, C), of at least one picture.
    """

    grams: Float[Tensor, "P C C"]

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return how unlike the covariances are."""
        activations = seen.features[self.layer]
        ours = covariances(activations, seen.shares(activations))
        likeness = torch.cosine_similarity(ours.flatten()[None], self.grams.flatten(1))
        return -likeness.mean()


def covariances(
    activations: Float[Tensor, "V C y x"], shares: Float[Tensor, "V 1 y x"] | None = None
) -> Float[Tensor, "C C"]:
    """Return the covariances of a layer's channels over views and places.

    Args:
        activations: of one layer.
        shares: how much each place counts, 1 on average; all alike if they are not given.
    """
    counted = activations if shares is None else activations * shares
    return gram(activations, counted.mean((0, 2, 3)), shares)
