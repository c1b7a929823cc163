"""Objectives: named, weighted terms. A score is higher when the picture is better."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.networks import Features, Network, look, look_srgb
from inkdream.objectives.views import ViewSample, aimed, expose, shrunk, unparted, whole
from inkdream.waves import amplitudes

# A score as the loop has it, or as a number once it is measured.
Score = TypeVar("Score", Tensor, float)


@dataclass(frozen=True)
class TermView:
    """How a term looks at the picture. Terms with the same view share a network's pass.

    Attributes:
        turn: rotation of the picture, anticlockwise: 0, 90, 180 or 270 degrees.
        mask: the name of the mask outside which the term changes nothing; "" for the whole page.
        place: (x, y) as shares of the turned picture, which views of part of it see at the same
            shares of the view; None for random views.
        side: the picture is shrunk to at most so many px a side, so that views hold all of it; 0
            for the picture as it is.
    """

    turn: int = 0
    mask: str = ""
    place: tuple[float, float] | None = None
    side: int = 0


@dataclass(frozen=True)
class Seen:
    """A picture through a term view.

    Attributes:
        image: the whole picture, shrunk and turned; linear RGB in [0, 1]. Where a mask is 0, no
            gradient flows back.
        views: what networks see, (V, 3, h, w) in sRGB; where no term needs views, the picture.
        features: activations (V, C, h, w) of every view, by full layer name.
        mask: the mask of the term view over `image`, (1, H, W) in [0, 1]; None without one.
        masks: the mask in the views, (V, 1, h, w); None without one.
        maps: the terms' maps in the views, (V, M, h, w) by the terms' names.
    """

    image: Float[Tensor, "3 H W"]
    views: Float[Tensor, "V 3 h w"]
    features: Features = field(default_factory=dict)
    mask: Float[Tensor, "1 H W"] | None = None
    masks: Float[Tensor, "V 1 h w"] | None = None
    maps: Mapping[str, Tensor] = field(default_factory=dict)

    def mean(self, values: Float[Tensor, "V C y x"]) -> Float[Tensor, ""]:
        """Return the mean over views, channels and places; with a mask, weighted by it."""
        shares = self.shares(values)
        return values.mean() if shares is None else (values * shares).mean()

    def shares(self, values: Float[Tensor, "V C y x"]) -> Float[Tensor, "V 1 y x"] | None:
        """Return the weights of such maps' places, 1 on average; None without a mask."""
        return None if self.masks is None else _shares(self.masks, values)

    def mean_over_page(self, values: Float[Tensor, "C H W"]) -> Float[Tensor, ""]:
        """Return the mean over a map of the whole picture; with a mask, weighted by it."""
        if self.mask is None:
            return values.mean()
        return (values * _shares(self.mask[None], values[None])[0]).mean()


def _shares(
    masks: Float[Tensor, "V 1 h w"], values: Float[Tensor, "V C y x"]
) -> Float[Tensor, "V 1 y x"]:
    """Return masks at the size of maps, with a mean of 1."""
    smaller = F.adaptive_avg_pool2d(masks, (values.shape[2], values.shape[3]))
    # No view may have met the region in this step; then nothing counts, and nothing is divided.
    return smaller / smaller.mean().clamp(min=1e-6)


@dataclass(frozen=True, kw_only=True)
class Term(ABC):
    """One thing to score.

    Attributes:
        name: unique within an objective; used in events and certificates.
        weight: in the sum; negative to avoid the thing.
        scale: the score that counts as 1 beside other terms; above 0.
        term_view: how it looks at the picture.
        degree: how the score grows with activations: 1 linearly, 2 with their squares, 0 where it
            has no unit and is about 1 at best.
    """

    degree: ClassVar[int] = 0

    name: str
    weight: float = 1.0
    scale: float = 1.0
    term_view: TermView = TermView()

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of its layers."""
        return ()

    @property
    def needs_views(self) -> bool:
        """Whether the term looks at views, or else at the whole picture alone."""
        return True

    def maps(self, height: int, width: int) -> Float[Tensor, "M {height} {width}"] | None:
        """Return maps that are viewed as the picture is; None for none.

        They end up in `Seen.maps`, shifted, turned, scaled and cropped with the picture.

        Args:
            height: of the picture as the term view turns it, in px.
            width: likewise.
        """
        return None

    @abstractmethod
    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the score of the picture; higher is better.

        Args:
            seen: the picture through the term view, with activations of `self.layers`.
        """


@dataclass(frozen=True)
class Objective:
    """A sum of weighted terms.

    Attributes:
        terms: at least one, each with a name of its own.
        masks: (H, W) in [0, 1], of the picture's size, by name.
        aids: terms that guide the optimisation and count in no reported score.
    """

    terms: Sequence[Term]
    masks: Mapping[str, Float[Tensor, "H W"]] = field(default_factory=dict)
    aids: Sequence[Term] = ()

    @property
    def with_aids(self) -> Objective:
        """The terms and the aids together."""
        return Objective((*self.terms, *self.aids), self.masks)

    @property
    def layers(self) -> tuple[str, ...]:
        """The full names of all terms' layers, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.layers))

    def look(
        self,
        networks: Mapping[str, Network],
        image: Float[Tensor, "3 H W"],
        sample: ViewSample,
        leak: float = 0.0,
    ) -> dict[TermView, Seen]:
        """Return the picture through each term view; each network runs once for each.

        Args:
            networks: by name.
            image: linear RGB in [0, 1].
            sample: what makes views of it.
            leak: share of the gradient that passes through silent ReLUs, in [0, 1].
        """
        by_view: dict[TermView, list[Term]] = defaultdict(list)
        for term in self.terms:
            by_view[term.term_view].append(term)
        return {
            term_view: self._see(terms, networks, image, sample, leak)
            for term_view, terms in by_view.items()
        }

    def scores(self, seen: Mapping[TermView, Seen]) -> dict[str, Tensor]:
        """Return each term's score by its name."""
        return {term.name: term.score(seen[term.term_view]) for term in self.terms}

    def total(self, scores: Mapping[str, Score]) -> Score:
        """Return the weighted sum of scores."""
        parts = [term.weight / term.scale * scores[term.name] for term in self.terms]
        return sum(parts[1:], parts[0])

    def size(self, scores: Mapping[str, Score]) -> Score:
        """Return the sum of the weighted scores' magnitudes, which penalties are shares of."""
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
        """Return the picture through the term view of some terms."""
        term_view = terms[0].term_view
        if not any(term.needs_views for term in terms):
            sample = whole
        if term_view.place is not None:
            sample = aimed(sample, term_view.place)
        mask = masks = None
        if term_view.mask:
            mask = self.masks[term_view.mask][None].to(image)
        if 0 < term_view.side < max(image.shape):
            image = shrunk(image, term_view.side)
            mask = None if mask is None else shrunk(mask, term_view.side)
            sample = unparted(sample)
        if mask is not None:
            # What is around the region is seen, but none of the term's business.
            image = torch.lerp(image.detach(), image, mask)
        if term_view.turn:
            image = torch.rot90(image, term_view.turn // 90, (1, 2))
            mask = None if mask is None else torch.rot90(mask, term_view.turn // 90, (1, 2))
        if mask is not None:
            masks = sample(mask)
        laid = {term.name: term.maps(*image.shape[1:]) for term in terms}
        maps = {name: sample(map_.to(image)) for name, map_ in laid.items() if map_ is not None}
        # Networks were trained on pictures that were cut and scaled in sRGB.
        views = expose(sample, sample(colour.linear_to_srgb(image)))
        layers = dict.fromkeys(name for term in terms for name in term.layers)
        features = look_srgb(networks, views, layers, leak)
        return Seen(image, views, features, mask, masks, maps)


# The pictures that tell how strong activations usually are: so many, at most so large (px).
PICTURES, SIDE = 4, 128
# Activations above all but this share of a layer's are strong ones: about what the mean of a
# channel climbs to (measured in loom; in its deepest layer and in its logits three times that).
STRONG = 0.001


def in_units(
    terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> list[Term]:
    """Return terms with scales such that scores of about 1 count alike.

    Scores of likeness are 1 at best. Activations may be about 0.1 in one layer and 100 in another,
    so they are measured in a strong activation of the layer (DeepDream's mean of squares in its
    square): one in a thousand is larger, over channels and places of four pictures of 1/f noise,
    the spectrum of photographs (Field, "Relations between the statistics of natural images and the
    response properties of cortical cells", 1987). The noise is always the same.

    Terms that are all of one layer, or none, and of one degree keep a scale of 1.

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
    """Return a strong activation of each layer, by full name; see `in_units`."""
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
