"""Palettes: the colours that a drawing may use, learned, fixed, or part of each.

Left alone, optimisation takes learned inks to the corners of the RGB cube, and two of them to
black: a network rewards contrast. `Harmony` keeps inks apart, dark and light, and no more vivid
than ink is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from inkdream import colour
from inkdream.inking.quantise import cluster
from inkdream.recipe import LEARNED

# A learned ink starts this far inside the bounds, where a sigmoid still has a slope.
_INSIDE = 0.02
# A corrected ink may come this close to the bounds, which is white or black in 8 bits.
_EDGE = 0.001
# Smaller corrections, in linear RGB, are not applied.
_MENDED = 1e-6
# Inks nearer than this in linear RGB are one.
_EQUAL = 1e-4
# Inks nearer than this in OKLab crowd each other; two neighbours in a box of pens are about as far.
APART = 0.2


class Palette(nn.Module):
    """K inks in linear RGB. Fixed ones never move; learned ones stay in bounds by a sigmoid.

    The sigmoid's range is sRGB, so that a step of the optimiser looks equally large in dark and
    light colours; the colours it gives are linear, since light mixes linearly.

    Attributes:
        words: the inks as they were given, '?' for the learned ones.
        learned: (K,) which inks are learned.
        free: (K, 3) the parameters; sRGB = sigmoid(free). Rows of fixed inks get no gradient.
    """

    learned: Tensor
    fixed: Tensor

    def __init__(
        self, inks: Sequence[str], generator: torch.Generator, harmony: Harmony | None = None
    ) -> None:
        """Make a palette; learned inks start spread out, away from the fixed ones and each other.

        Args:
            inks: a colour each ('#c8102e', 'crimson'), or '?' for one to be learned.
            generator: the run's random generator.
            harmony: what learned inks must keep to; None for nothing.
        """
        super().__init__()
        self.harmony = harmony
        self.words = tuple(inks)
        learned = torch.tensor([ink == LEARNED for ink in inks])
        known = [[0, 0, 0] if ink == LEARNED else list(colour.parse(ink)) for ink in inks]
        fixed = torch.tensor(known, dtype=torch.uint8)
        self.register_buffer("learned", learned)
        self.register_buffer("fixed", colour.from_bytes(fixed).float())
        self.free = nn.Parameter(torch.zeros(len(inks), 3))
        self.restart(_spread(self.fixed[~learned], int(learned.sum()), generator))

    def __len__(self) -> int:
        return len(self.learned)

    def colours(self, softness: float = 0.0) -> Float[Tensor, "K 3"]:
        """Return the inks in linear RGB, each value in [0, 1]; softness changes nothing here."""
        if LEARNED not in self.words:
            return self.fixed  # nothing to learn, and no gradient to compute for it
        learned = colour.srgb_to_linear(torch.sigmoid(self.free))
        return torch.where(self.learned[:, None], learned, self.fixed)

    def mixed(self, values: Float[Tensor, "K *rest"], softness: float) -> Float[Tensor, "K *rest"]:
        """Return values by pen as values by ink: here each ink is one pen."""
        return values

    def turns(self) -> Int[Tensor, " K"]:
        """Return the inks' numbers in plotting order: here the order given."""
        return torch.arange(len(self), device=self.free.device)

    def crowding(self, softness: float = 0.0) -> Float[Tensor, ""]:
        """Return how much inks crowd each other; see `crowding_of`."""
        return crowding_of(self.colours(softness))

    def begin_from(self, picture: Float[Tensor, "3 H W"], generator: torch.Generator) -> None:
        """Set the learned inks to the colours that fit a picture (linear RGB) best, by k-means.

        If the picture has fewer colours than inks, the remaining inks are spread out.
        """
        inks = cluster(picture, self.words, generator)
        equal = torch.cdist(inks, inks) < _EQUAL
        over = self.learned & equal.tril(-1).any(1)
        inks[over] = _spread(inks[~over], int(over.sum()), generator)
        self.restart(inks[self.learned])

    @torch.no_grad()
    def restart(self, colours: Float[Tensor, "L 3"]) -> None:
        """Put the L learned inks, in order, at colours in linear RGB."""
        srgb = colour.linear_to_srgb(colours.clamp(0, 1)).clamp(_INSIDE, 1 - _INSIDE)
        self.free[self.learned] = torch.logit(srgb)
        self.mend(1.0)

    @torch.no_grad()
    def mend(self, progress: float) -> None:
        """Correct learned inks to the rules of `Harmony`, after each step.

        Args:
            progress: as for `Drawing.project`: after the last step all rules hold.
        """
        if self.harmony is None or LEARNED not in self.words:
            return
        inks = self.colours().double()
        learned = self.learned.cpu().numpy()
        rounds = FEW if progress < 1 else MANY
        mended = torch.from_numpy(self.harmony.mend(inks.cpu().numpy(), learned, rounds)).to(inks)
        moved = (mended - inks).abs().amax(1) > _MENDED
        srgb = colour.linear_to_srgb(mended[moved]).clamp(_EDGE, 1 - _EDGE)
        self.free[moved] = torch.logit(srgb).to(self.free)


def crowding_of(inks: Float[Tensor, "K 3"]) -> Float[Tensor, ""]:
    """Return how much inks (linear RGB) crowd: a pair of equal ones counts 1, far ones 0.

    Sum over pairs of max(0, 1 - d / APART)^2, d in OKLab. Two inks that look the same waste
    a pen. Pairs of fixed inks add a constant.
    """
    lab = colour.linear_to_oklab(inks)
    return (1 - torch.pdist(lab) / APART).clamp(min=0).square().sum()


def _spread(
    known: Float[Tensor, "F 3"], count: int, generator: torch.Generator, tries: int = 256
) -> Float[Tensor, "L 3"]:
    """Return random colours in linear RGB, each the farthest of many from all before, in OKLab."""
    chosen = known
    for _ in range(count):
        candidates = colour.srgb_to_linear(torch.rand(tries, 3, generator=generator))
        if len(chosen):
            distances = torch.cdist(
                colour.linear_to_oklab(candidates), colour.linear_to_oklab(chosen)
            ).amin(1)
            best = candidates[distances.argmax()]
        else:
            best = candidates[0]
        chosen = torch.cat([chosen, best[None]])
    return chosen[len(known) :]


# The lightness (OKLab) that the darkest and the lightest ink are meant to have, those between them
# evenly in between, and by how much each may be off: a picture has something dark, something light
# and, of three inks, something in the middle.
DARK, LIGHT, LEEWAY = 0.2, 0.9, 0.2
# Of more inks than these, each may come nearer to the others: colours fill a volume.
ROOMY = 8
# Rounds of mending one rule after the other, at most, and by how little the last one moves inks.
MANY, FEW, _NEAR = 40, 4, 1e-4
# Equal inks are first parted by this much lightness, which gives them a direction to move in.
_PARTED = 1e-9


@dataclass(frozen=True)
class Harmony:
    """Rules for learned inks; all distances are in OKLab.

    Attributes:
        apart: least distance from ink to ink and from ink to paper; 0 for none, and then inks
            need not be dark and light either.
        chroma: the most that an ink has; pens of the catalogue have 0.12 at the median, 0.19 at
            the most vivid tenth, sRGB up to 0.32.
        paper: linear RGB (3,).
        bare: whether an ink may be the paper, which is then left bare: so it is in areas. The
            nearest becomes the paper if it is nearer than `apart`.
    """

    apart: float
    chroma: float
    paper: Float[np.ndarray, " 3"]
    bare: bool

    def mend(
        self, inks: Float[np.ndarray, "K 3"], learned: Bool[np.ndarray, " K"], rounds: int = MANY
    ) -> Float[np.ndarray, "K 3"]:
        """Return inks (linear RGB) that keep to the rules, near those given; fixed ones stay.

        One rule is applied after the other until all hold. Where that is impossible, as among fixed
        inks that are close, they hold as nearly as possible.

        Args:
            inks: any.
            learned: which may be moved.
            rounds: at most; a `FEW` are enough from step to step.
        """
        lab = colour.linear_to_oklab(np.concatenate([inks, self.paper[None]]))
        loose = np.append(learned, False)
        apart = self.apart * min(1.0, (ROOMY / len(inks)) ** (1 / 3))
        if apart:
            self._spread(lab, loose)
        for _ in range(rounds):
            before = lab.copy()
            free = loose & ~self._leave_bare(lab, loose, apart)
            self._dull(lab, free)
            _push(lab, free, apart)
            linear = colour.oklab_to_linear(lab)
            if linear.min() < 0 or linear.max() > 1:
                linear = linear.clip(0, 1)
                lab[free] = colour.linear_to_oklab(linear)[free]
            if np.abs(lab - before).max() < _NEAR:
                break
        return np.where(learned[:, None], linear[:-1], inks)

    def _dull(self, lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"]) -> None:
        """Reduce chroma above the limit to the limit, in the same hue."""
        vivid = np.hypot(lab[:, 1], lab[:, 2])
        share = np.where(free, np.minimum(1, self.chroma / np.maximum(vivid, 1e-9)), 1)
        lab[:, 1:] *= share[:, None]

    def _spread(self, lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"]) -> None:
        """Bring each ink's lightness near the value for its rank from dark to light.

        The paper counts as an ink unless an ink may be the paper.
        """
        seen = len(lab) - self.bare
        turns = lab[:seen, 0].argsort(kind="stable")
        meant = np.linspace(DARK, LIGHT, seen)
        kept = np.clip(lab[turns, 0], meant - LEEWAY, meant + LEEWAY)
        lab[turns, 0] = np.where(free[turns], kept, lab[turns, 0])

    def _leave_bare(
        self, lab: Float[np.ndarray, "N 3"], loose: Bool[np.ndarray, " N"], apart: float
    ) -> Bool[np.ndarray, " N"]:
        """Set the ink nearest to the paper to the paper, if it is near; return which it is."""
        away = np.linalg.norm(lab - lab[-1], axis=1)[:-1]
        is_paper = np.zeros(len(lab), dtype=bool)
        nearest = int(away.argmin())
        if self.bare and loose[nearest] and away[nearest] < apart:
            is_paper[nearest] = True
            lab[nearest] = lab[-1]
        return is_paper


def _push(lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"], apart: float) -> None:
    """Move free inks away from inks nearer than `apart`; of two free ones, each half the way."""
    away = lab[:, None] - lab
    # Equal ones part in lightness, what is free towards the middle.
    turn = np.where(free, np.arange(1, len(lab) + 1), 0)
    away[..., 0] += np.where(lab[:, :1] < 0.5, _PARTED, -_PARTED) * (turn[:, None] - turn)
    distance = np.linalg.norm(away, axis=2)
    lacking = np.maximum(0, apart - distance)
    np.fill_diagonal(lacking, 0)
    share = free[:, None] * np.where(free, 0.5, 1) * lacking / np.maximum(distance, 1e-12)
    lab += (share[..., None] * away).sum(1)
