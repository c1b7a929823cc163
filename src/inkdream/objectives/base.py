"""What is climbed: named, weighted terms. A score is higher when the picture is better, always."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream.networks import Features, Network, look
from inkdream.objectives.views import ViewSample, aimed, expose, shrunk, unparted, whole

# A score as the loop has it, or as a number once it is measured.
Score = TypeVar("Score", Tensor, float)


@dataclass(frozen=True)
class Sight:
    """How a term looks at the picture. Terms with the same sight share a network's pass.

    Attributes:
        turn: how far the picture is turned first, anticlockwise: 0, 90, 180 or 270 degrees.
        mask: the name of the mask outside which the term changes nothing; "" for the whole page.
        place: (x, y) as shares of the turned picture, which views of a part of it are to see at
            the same shares of the view; None for views of anywhere.
        side: the picture is seen shrunk until it has at most so many px a side, so that views hold
            all of it, and so do measurements; 0 for the picture as it is.
    """

    turn: int = 0
    mask: str = ""
    place: tuple[float, float] | None = None
    side: int = 0


@dataclass(frozen=True)
class Seen:
    """What a sight gives of a picture.

    Attributes:
        image: the whole picture, shrunk and turned; linear RGB in [0, 1]. Where a mask is 0, no
            gradient flows back.
        views: the views of it, (V, 3, h, w); where no term needs views, the picture itself.
        features: activations (V, C, h, w) by full layer name, of every view.
        mask: the sight's mask over `image`, (1, H, W) in [0, 1]; None without one.
        masks: the mask as the views see it, (V, 1, h, w); None without one.
        maps: what terms lay over the page, as the views see it: (V, M, h, w) by the terms' names.
    """

    image: Float[Tensor, "3 H W"]
    views: Float[Tensor, "V 3 h w"]
    features: Features = field(default_factory=dict)
    mask: Float[Tensor, "1 H W"] | None = None
    masks: Float[Tensor, "V 1 h w"] | None = None
    maps: Mapping[str, Tensor] = field(default_factory=dict)

    def mean(self, values: Float[Tensor, "V C y x"]) -> Float[Tensor, ""]:
        """Return the mean over views, channels and places; with a mask, weighted by it.

        Args:
            values: maps over the views, of any size.
        """
        shares = self.shares(values)
        return values.mean() if shares is None else (values * shares).mean()

    def shares(self, values: Float[Tensor, "V C y x"]) -> Float[Tensor, "V 1 y x"] | None:
        """Return how much each place of such maps counts, 1 on average; None where all are equal.

        Args:
            values: maps over the views, of any size.
        """
        return None if self.masks is None else _shares(self.masks, values)

    def mean_over_page(self, values: Float[Tensor, "C H W"]) -> Float[Tensor, ""]:
        """Return the mean over a map of the whole picture; with a mask, weighted by it."""
        if self.mask is None:
            return values.mean()
        return (values * _shares(self.mask[None], values[None])[0]).mean()


def _shares(
    masks: Float[Tensor, "V 1 h w"], values: Float[Tensor, "V C y x"]
) -> Float[Tensor, "V 1 y x"]:
    """Return masks at the size of maps, with a mean of 1 over all of them."""
    smaller = F.adaptive_avg_pool2d(masks, (values.shape[2], values.shape[3]))
    # No view may have met the region in this step; then nothing counts, and nothing is divided.
    return smaller / smaller.mean().clamp(min=1e-6)


@dataclass(frozen=True, kw_only=True)
class Term(ABC):
    """One thing to score.

    Attributes:
        name: unique within an objective; stands in events and certificates.
        weight: how much it counts in the sum; negative to avoid the thing.
        scale: what counts as a score of 1 beside terms of other kinds; above 0.
        sight: how it looks at the picture.
        degree: how the score grows with activations: 1 in proportion to them, 2 to their squares,
            0 where it has no unit and is about 1 at best.
    """

    degree: ClassVar[int] = 0

    name: str
    weight: float = 1.0
    scale: float = 1.0
    sight: Sight = Sight()

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of the layers that the term looks at."""
        return ()

    @property
    def needs_views(self) -> bool:
        """Whether the term looks at views; without, it looks at the whole picture alone."""
        return True

    def maps(self, height: int, width: int) -> Float[Tensor, "M {height} {width}"] | None:
        """Return maps that the views are to see as they see the picture; None for no maps.

        They end up in `Seen.maps`, shifted, turned, scaled and cropped with the picture.

        Args:
            height: of the picture as the term's sight turns it, in px.
            width: likewise.
        """
        return None

    @abstractmethod
    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return how good the picture is; higher is better.

        Args:
            seen: the picture as the term's sight gives it, with activations of `self.layers`.
        """


@dataclass(frozen=True)
class Objective:
    """A sum of weighted terms.

    Attributes:
        terms: at least one, each with a name of its own.
        masks: (H, W) in [0, 1], of the picture's size, by the names that sights have for them.
        aids: terms that shape the climb and are in no score that is stated.
    """

    terms: Sequence[Term]
    masks: Mapping[str, Float[Tensor, "H W"]] = field(default_factory=dict)
    aids: Sequence[Term] = ()

    @property
    def with_aids(self) -> Objective:
        """What is climbed: the terms, and the aids among them."""
        return Objective((*self.terms, *self.aids), self.masks)

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of all layers that the terms look at, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.layers))

    def look(
        self,
        networks: Mapping[str, Network],
        image: Float[Tensor, "3 H W"],
        sample: ViewSample,
        leak: float = 0.0,
    ) -> dict[Sight, Seen]:
        """Return what the terms need to see of a picture; each network runs once a sight.

        Args:
            networks: by name.
            image: linear RGB in [0, 1].
            sample: what makes views of it.
            leak: share of the gradient that passes through silent ReLUs, in [0, 1].
        """
        sights: dict[Sight, list[Term]] = defaultdict(list)
        for term in self.terms:
            sights[term.sight].append(term)
        return {
            sight: self._see(terms, networks, image, sample, leak)
            for sight, terms in sights.items()
        }

    def scores(self, seen: Mapping[Sight, Seen]) -> dict[str, Tensor]:
        """Return each term's score by its name."""
        return {term.name: term.score(seen[term.sight]) for term in self.terms}

    def total(self, scores: Mapping[str, Score]) -> Score:
        """Return the weighted sum of scores: the number that a run raises."""
        parts = [term.weight / term.scale * scores[term.name] for term in self.terms]
        return sum(parts[1:], parts[0])

    def size(self, scores: Mapping[str, Score]) -> Score:
        """Return the sum of the weighted scores' magnitudes: what penalties are shares of."""
        parts = [abs(term.weight / term.scale * scores[term.name]) for term in self.terms]
        return sum(parts[1:], parts[0])

    def _see(
        self,
        terms: Sequence[Term],
        networks: Mapping[str, Network],
        image: Float[Tensor, "3 H W"],
        sample: ViewSample,
        leak: float,
    ) -> Seen:
        """Return what terms of one sight see."""
        sight = terms[0].sight
        if not any(term.needs_views for term in terms):
            sample = whole
        if sight.place is not None:
            sample = aimed(sample, sight.place)
        mask = masks = None
        if sight.mask:
            mask = self.masks[sight.mask][None].to(image)
        if 0 < sight.side < max(image.shape):
            image = shrunk(image, sight.side)
            mask = None if mask is None else shrunk(mask, sight.side)
            sample = unparted(sample)
        if mask is not None:
            # What is around the region is seen, but none of the term's business.
            image = torch.lerp(image.detach(), image, mask)
        if sight.turn:
            image = torch.rot90(image, sight.turn // 90, (1, 2))
            mask = None if mask is None else torch.rot90(mask, sight.turn // 90, (1, 2))
        if mask is not None:
            masks = sample(mask)
        laid = {term.name: term.maps(*image.shape[1:]) for term in terms}
        maps = {name: sample(map_.to(image)) for name, map_ in laid.items() if map_ is not None}
        views = expose(sample, sample(image))
        layers = dict.fromkeys(name for term in terms for name in term.layers)
        return Seen(image, views, look(networks, views, layers, leak), mask, masks, maps)
