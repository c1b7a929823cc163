"""What is climbed: named, weighted terms. A score is higher when the picture is better, always."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jaxtyping import Float
from torch import Tensor

from inkdream.networks import Features

# A score as the loop has it, or as a number once it is measured.
Score = TypeVar("Score", Tensor, float)


@dataclass(frozen=True, kw_only=True)
class Term(ABC):
    """One thing to score.

    Attributes:
        name: unique within an objective; stands in events and certificates.
        weight: how much it counts in the sum; negative to avoid the thing.
    """

    name: str
    weight: float = 1.0

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of the layers that the term looks at."""
        return ()

    @abstractmethod
    def score(self, features: Features, image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        """Return how good the picture is; higher is better.

        Args:
            features: activations (V, C, h, w) of `self.layers`, at least, for every view.
            image: the whole picture, linear RGB in [0, 1].
        """


@dataclass(frozen=True)
class Objective:
    """A sum of weighted terms."""

    terms: Sequence[Term]

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of all layers that the terms look at, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.layers))

    def scores(self, features: Features, image: Float[Tensor, "3 H W"]) -> dict[str, Tensor]:
        """Return each term's score by its name."""
        return {term.name: term.score(features, image) for term in self.terms}

    def total(self, scores: Mapping[str, Score]) -> Score:
        """Return the weighted sum of scores: the number that a run raises."""
        parts = [term.weight * scores[term.name] for term in self.terms]
        return sum(parts[1:], parts[0])
