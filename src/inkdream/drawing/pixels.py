"""The pixel drawing: a preference for each ink at each pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped, UInt8
from torch import Tensor

from inkdream import colour
from inkdream.drawing.base import InkDrawing
from inkdream.drawing.compose import compose
from inkdream.drawing.free import FreeDrawing
from inkdream.drawing.initial import Origin
from inkdream.drawing.limits import harmony, pixel_limits
from inkdream.drawing.palette import Palette
from inkdream.drawing.pen_selection import ChosenPalette
from inkdream.drawing.softness import (
    HARD_GRADIENT_SOFTNESS,
    choose,
    harden,
    largest,
    straight_through,
)
from inkdream.drawing.spectrum import LARGE, Spectrum
from inkdream.drawing.symmetry import gathered
from inkdream.pictures import Inked
from inkdream.recipe import Recipe
from inkdream.regions import merge_specks

# How strongly the first preferences lean to the picture that they begin from: strong ones are slow
# to change their minds.
_START = 0.3
_FREE_DECAY = 1.0


class PixelDrawing(InkDrawing):
    """Logits (K, H, W), grown from waves, times the palette's K colours."""

    merging: Tensor
    settled: Tensor

    def __init__(self, recipe: Recipe, generator: torch.Generator) -> None:
        """Begin with no preference at all; `scatter` or `begin_from` give one.

        Args:
            recipe: its size, inks, symmetry and limits, and the tables `pixels` and `climb`.
            generator: the stage's source of chance, for the first colours of learned inks.

        Raises:
            InputError: as `check`.
        """
        super().__init__()
        self.settings, self.climb = recipe.pixels, recipe.climb
        self.limits = pixel_limits(recipe)
        self.palette = (
            ChosenPalette(recipe.choice, recipe.pick, recipe.paper, areas=True)
            if recipe.pick
            else Palette(recipe.inks, generator, harmony(recipe, bare=True))
        )
        self.spectrum = Spectrum(
            len(self.palette), *recipe.size, self.settings.decay, recipe.finest, recipe.symmetry
        )
        if self.limits and self.spectrum.index is not None:
            self.limits.keep_alike(self.spectrum.index)
        # Part of the state: a drawing that is loaded must be the picture that was saved.
        self.register_buffer("merging", torch.tensor(False))
        self.register_buffer("settled", torch.zeros(0, 0, dtype=torch.uint8))
        self._refine(0.0)

    @classmethod
    def of(cls, recipe: Recipe, generator: torch.Generator, initial: Origin | None) -> PixelDrawing:
        """Return a recipe's drawing, that begins as close to a picture as its inks allow."""
        drawing = cls(recipe, generator)
        if initial is None or initial.picture is None:
            drawing.scatter(generator)
        else:
            drawing.begin_from(initial.picture, generator)
        return drawing

    @classmethod
    def free(cls, recipe: Recipe, generator: torch.Generator) -> FreeDrawing:
        """Return a picture without limits on colours, to compare with."""
        # It climbs best with this decay; with the inks' own it would flatter them.
        pixels = recipe.pixels.model_copy(update={"decay": _FREE_DECAY, "coarse": 1.0})
        return FreeDrawing(recipe.model_copy(update={"pixels": pixels}), generator)

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise InputError if what a recipe asks for cannot be kept."""
        pixel_limits(recipe)

    def logits(self, softness: float = 0.0) -> Float[Tensor, "K H W"]:
        """Return how much each pixel wants each ink, and may have it."""
        wants = self.spectrum.maps()
        bias = self.limits.bias(self.palette, softness) if self.limits else None
        return wants if bias is None else self._alike(wants + bias)

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the picture in linear RGB, in which inks mix as light does."""
        if self._is_large():
            return self._compose(softness)[0]
        wants, shares = self._shares(softness)
        return self._mix(wants, shares, softness)

    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return `crowding` of the inks, and `borders` between them in px per px of picture.

        Borders are the total variation of the ink shares, at the picture's own temperature: a
        penalty at another one would push against a picture that nobody sees. With shares of the
        page that inks may cover, `ink_budget` is what lies beyond them, in shares of those.
        """
        if self._is_large():
            return self._compose(softness)[1]
        return self._weigh(self._shares(softness)[1], softness)

    def render(self, softness: float) -> tuple[Float[Tensor, "3 H W"], dict[str, Tensor]]:
        """Return both, from one transform of the waves and one softmax."""
        if self._is_large():
            return self._compose(softness)
        wants, shares = self._shares(softness)
        return self._mix(wants, shares, softness), self._weigh(shares, softness)

    def _is_large(self) -> bool:
        """Return whether the picture is so large that it is made in one pass."""
        pixels, waves = math.prod(self.spectrum.size), self.spectrum.waves
        is_plain = waves.dtype == torch.float32 and waves.device.type == "cpu"
        return pixels > LARGE and is_plain and self.limits is None

    def _compose(self, softness: float) -> tuple[Float[Tensor, "3 H W"], dict[str, Tensor]]:
        """Return picture and penalties of a large drawing; the same but for rounding."""
        inks = self.palette.colours(softness)
        spectrum = self.spectrum
        wants = spectrum.small_maps() if spectrum.index is None else spectrum.maps()
        is_plain = spectrum.index is None and not self.merging and not len(self.settled)
        strict = None if is_plain else self._kept
        image, borders, _ = compose(wants, spectrum.size, inks, softness, strict)
        costs = {"crowding": self.settings.crowding * self.palette.crowding(softness)}
        if self.settings.tidiness:
            costs["borders"] = self.settings.tidiness * borders
        return image, costs

    def _shares(self, softness: float) -> tuple[Float[Tensor, "K H W"], Float[Tensor, "K H W"]]:
        """Return wants and soft shares; at softness 0, those whose gradient is borrowed."""
        wants = self.logits(softness)
        return wants, choose(wants, softness or HARD_GRADIENT_SOFTNESS)

    def _mix(
        self, wants: Float[Tensor, "K H W"], shares: Float[Tensor, "K H W"], softness: float
    ) -> Float[Tensor, "3 H W"]:
        if softness == 0:
            shares = harden(shares, lambda labels: self._allowed(labels, wants.detach()))
        inks = self.palette.colours(softness)
        return (inks.T @ shares.flatten(1)).reshape(3, *shares.shape[1:])

    def _weigh(self, shares: Float[Tensor, "K H W"], softness: float) -> dict[str, Tensor]:
        costs = {"crowding": self.settings.crowding * self.palette.crowding(softness)}
        if self.settings.tidiness:
            # The mean absolute difference, without a map of differences kept for each way.
            down = F.l1_loss(shares[:, 1:], shares[:, :-1]) * len(shares)
            right = F.l1_loss(shares[:, :, 1:], shares[:, :, :-1]) * len(shares)
            # Where one ink ends another begins: each border is counted in two shares.
            costs["borders"] = self.settings.tidiness * (down + right) / 2
        if self.limits and len(self.limits.most):
            areas = shares.mean((1, 2))
            if softness == 0:
                counts = torch.bincount(largest(shares.detach()).flatten(), minlength=len(areas))
                areas = straight_through(areas, (counts / counts.sum()).to(areas))
            costs["ink_budget"] = self.limits.excess(self.palette, areas, softness)
        return costs

    @torch.no_grad()
    def inked(self) -> Inked:
        """Return the strict picture, its inks rounded to 8 bits."""
        wants = self.logits()
        labels = self._allowed(largest(wants), wants).to(torch.uint8)
        return Inked(labels.cpu().numpy(), colour.to_bytes(self.palette.colours()).cpu().numpy())

    def snapshot(self) -> Inked:
        """Return the strict picture, which is exact."""
        return self.inked()

    @torch.no_grad()
    def settle(self, labels: UInt8[np.ndarray, "H W"]) -> None:
        """End with these ink numbers, as nearly as all limits allow, whatever the waves say.

        Args:
            labels: of the whole picture.
        """
        settled = self._alike(torch.from_numpy(labels).long().to(self.settled.device)[None])[0]
        if self.limits:
            wants = self.logits()
            settled = self.limits.undo(self.palette, self._allowed(largest(wants), wants), settled)
            settled = self.limits.keep(self.palette, settled, wants)
        self.settled = settled.to(torch.uint8)

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        # The picture that a climb ended with is there or not; checkpoints of 0.1.0 have none.
        self.settled = state.setdefault(f"{prefix}settled", self.settled.new_zeros(0, 0)).clone()
        super()._load_from_state_dict(state, prefix, *rest)

    def scatter(self, generator: torch.Generator) -> None:
        """Begin with faint chance preferences."""
        self.spectrum.scatter(0.3, generator)

    @torch.no_grad()
    def begin_from(self, picture: Float[Tensor, "3 H W"], generator: torch.Generator) -> None:
        """Begin as close to a picture (linear RGB) as the inks allow; learned inks move to it."""
        self.palette.begin_from(picture, generator)
        inks = colour.linear_to_srgb(self.palette.colours())
        nearness = -torch.cdist(inks, colour.linear_to_srgb(picture).reshape(3, -1).T).square()
        nearness -= nearness.mean(0, keepdim=True)
        # Of a picture that is as far from one ink as from all others, none is wanted more.
        nearness *= _START / nearness.std().clamp(min=1e-6)
        self.spectrum.restart(nearness.reshape(len(inks), *picture.shape[1:]))

    def project(self, progress: float) -> None:
        """Begin to merge specks, late: details grow from them, and the rest must settle after.

        Learned inks are brought back to what they must keep to. Waves are free.
        """
        self.palette.mend(progress)
        self.merging.fill_(progress > self.settings.tidy_from)
        self._refine(progress)

    def _refine(self, progress: float) -> None:
        """Let finer waves in, as far as the progress allows."""
        if self.settings.coarse < 1:
            left = max(0.0, 1 - progress / max(self.settings.coarse_until, 1e-9))
            self.spectrum.coarsen(self.settings.coarse**left)

    def groups(self) -> list[dict[str, object]]:
        """Return the waves' group and the inks'."""
        return [
            {"params": [self.spectrum.waves], "lr": self.climb.rate},
            self._inks_group(),
        ]

    def _allowed(
        self, labels: Int[Tensor, "H W"], wants: Float[Tensor, "K H W"] | None = None
    ) -> Int[Tensor, "H W"]:
        """Return ink numbers that keep to all limits, near those that are wanted most."""
        if len(self.settled):
            return self.settled.to(labels)
        # What is alike may be so but for a rounding; one ink or another is not.
        labels = chosen = self._alike(labels[None])[0]
        if self.merging:
            merged = merge_specks(labels.to("cpu", torch.uint8).numpy())
            labels = self._alike(torch.from_numpy(merged).to(labels)[None])[0]
        if self.limits and wants is not None:
            labels = self.limits.undo(self.palette, chosen, labels)
            labels = self.limits.keep(self.palette, labels, wants)
        return labels

    def _kept(self, labels: UInt8[Tensor, "H W"]) -> UInt8[Tensor, "H W"]:
        return self._allowed(labels.long()).to(torch.uint8)

    def _alike(self, maps: Shaped[Tensor, "N H W"]) -> Shaped[Tensor, "N H W"]:
        index = self.spectrum.index
        return maps if index is None else gathered(maps, index)
