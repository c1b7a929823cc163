"""Terms that keep a picture near to what a network knows: a class's rivals, layers' statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.networks import Network
from inkdream.networks.base import Statistics
from inkdream.objectives.base import Seen, Term
from inkdream.objectives.channels import Channel, LayerTerm
from inkdream.objectives.scales import strong_activations
from inkdream.recipe import Recipe

# Channels that hardly vary in training would count without bound.
_LEAST_DEVIATION = 0.05


@dataclass(frozen=True, kw_only=True)
class Rivals(LayerTerm):
    """How strongly all classes together are seen.

    Score: mean over views of log sum over k of exp a[v, k]. A logit less this is the logarithm of
    the class's probability, which classifiers are trained with: what raises all classes then wins
    nothing. (Simonyan et al., "Deep Inside Convolutional Networks", 2013, climb the logit alone;
    Yin et al., "Dreaming to Distill" (DeepInversion), 2020, the logarithm.)
    """

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean of the logarithm."""
        return seen.mean(seen.features[self.layer].logsumexp(1, keepdim=True))


@dataclass(frozen=True, kw_only=True)
class Natural(Term):
    """How alike the layers' statistics are to those on natural pictures.

    Score: minus the mean over layers and channels of ((m - mean) / s)^2 + ((d - s) / s)^2, where m
    and d are a channel's mean and deviation over views and places, mean and s what they are on
    natural pictures (Yin et al., "Dreaming to Distill" (DeepInversion), CVPR 2020, with those of
    batch norms, in units of each channel's deviation). At best 0.

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
    """Return what `climb.margin` and `climb.natural` ask for beside a recipe's terms.

    Args:
        recipe: the run's.
        terms: its terms.
        known: networks by name.
        size: rows and columns of a view.
    """
    channels = [term for term in terms if isinstance(term, Channel) and term.weight > 0]
    made: list[Term] = []
    if recipe.climb.margin:
        made += [
            Rivals(
                name=f"rivals of {term.name}",
                weight=-recipe.climb.margin * term.weight,
                scale=term.scale,
                sight=term.sight,
                layer=term.layer,
            )
            for term in channels
            if term.layer.endswith("/logits")
        ]
    if recipe.climb.natural:
        made += [
            Natural(
                name=f"natural {name}",
                weight=recipe.climb.natural * _unit(name, terms, known, size),
                statistics={f"{name}/{key}": value for key, value in network.statistics.items()},
            )
            for name, network in known.items()
            if network.statistics
        ]
    return made


def _unit(
    name: str, terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> float:
    """Return what a strong activation of the first layer looked at is worth in the sum."""
    term = next(
        (term for term in terms if term.degree and term.layers[0].split("/")[0] == name), None
    )
    if term is None:
        return 1.0
    strong = strong_activations(term.layers, known, size)[term.layers[0]]
    return float(abs(term.weight) / term.scale * strong**term.degree)
