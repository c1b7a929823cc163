"""Terms that keep a picture natural: a class's rivals, and layers' statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.networks import Network
from inkdream.networks.base import Statistics
from inkdream.objectives.base import Seen, Term, strong_activations
from inkdream.objectives.channels import Channel, LayerTerm
from inkdream.recipe import Recipe

# Channels that hardly vary in training would count without bound.
_LEAST_DEVIATION = 0.05


@dataclass(frozen=True, kw_only=True)
class Rivals(LayerTerm):
    """How strongly all classes together are seen.

    Score: mean over views of log sum over k of exp a[v, k]. A logit less this is the logarithm of
    the class's probability, so raising all classes wins nothing (Yin et al., "Dreaming to Distill"
    (DeepInversion), 2020; Simonyan et al., "Deep Inside Convolutional Networks", 2013, use the
    logit alone).
    """

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean of the logarithm."""
        return seen.mean(seen.features[self.layer].logsumexp(1, keepdim=True))


@dataclass(frozen=True, kw_only=True)
class Natural(Term):
    """How alike the layers' statistics are to those on natural pictures.

    Score: minus the mean over layers and channels of ((m - mean) / s)^2 + ((d - s) / s)^2, where m
    and d are a channel's mean and deviation over views and places, mean and s those on natural
    pictures (Yin et al., "Dreaming to Distill" (DeepInversion), CVPR 2020, with those of batch
    norms).
    At best 0.

    Attributes:
        statistics: by full name, `network/name`; see `Network.statistics`.
    """

    statistics: Mapping[str, Statistics] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[str, ...]:
        """All that have statistics."""
        return tuple(self.statistics)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return minus the mean square distance from natural statistics."""
        parts = []
        for name, usual in self.statistics.items():
            deviation, mean = torch.std_mean(seen.features[name], (0, 2, 3), correction=0)
            unit = usual.deviation.clamp(min=_LEAST_DEVIATION)
            off = ((mean - usual.mean) / unit).square() + ((deviation - unit) / unit).square()
            parts.append(off.mean())
        return -torch.stack(parts).mean()


def aids(
    recipe: Recipe, terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> list[Term]:
    """Return the aids that `climb.margin` and `climb.natural` ask for.

    Args:
        recipe: of the run.
        terms: its terms.
        known: networks by name.
        size: rows and columns of a view.
    """
    channels = [term for term in terms if isinstance(term, Channel) and term.weight > 0]
    terms_added: list[Term] = []
    if recipe.climb.margin:
        terms_added += [
            Rivals(
                name=f"rivals of {term.name}",
                weight=-recipe.climb.margin * term.weight,
                scale=term.scale,
                term_view=term.term_view,
                layer=term.layer,
            )
            for term in channels
            if term.layer.endswith("/logits")
        ]
    if recipe.climb.natural:
        terms_added += [
            Natural(
                name=f"natural {name}",
                weight=recipe.climb.natural * _unit(name, terms, known, size),
                statistics={f"{name}/{key}": value for key, value in network.statistics.items()},
            )
            for name, network in known.items()
            if network.statistics
        ]
    return terms_added


def _unit(
    name: str, terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> float:
    """Return the weight of a strong activation of a network's first layer in the sum."""
    term = next(
        (term for term in terms if term.degree and term.layers[0].split("/")[0] == name), None
    )
    if term is None:
        return 1.0
    strong = strong_activations(term.layers, known, size)[term.layers[0]]
    return float(abs(term.weight) / term.scale * strong**term.degree)
