"""Palettes: the colours that a drawing may use, learned, fixed, or part of each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from inkdream import colour
from inkdream.harmony import FEW, MANY, Harmony
from inkdream.pictures import Inked
from inkdream.recipe import LEARNED

# A learned ink starts this far inside the bounds, where a sigmoid still has a slope.
_INSIDE = 0.02
# One that is mended may come as near to them as this, which is white or black in 8 bits.
_EDGE = 0.001
# What is mended by less than this in linear RGB stays.
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
            generator: the run's source of chance.
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
        """Return what each ink has of something that pens have: here each ink is one pen."""
        return values

    def turns(self) -> Int[Tensor, " K"]:
        """Return the inks' numbers in plotting order: here that in which they were given."""
        return torch.arange(len(self), device=self.free.device)

    def crowding(self, softness: float = 0.0) -> Float[Tensor, ""]:
        """Return how much inks crowd each other; see `crowding_of`."""
        return crowding_of(self.colours(softness))

    def begin_from(self, picture: Float[Tensor, "3 H W"], generator: torch.Generator) -> None:
        """Move the learned inks to where they serve a picture (linear RGB) best.

        A picture of fewer colours than inks leaves some over, which are spread out.
        """
        found = cluster(picture, self.words, generator)
        equal = torch.cdist(found, found) < _EQUAL
        over = self.learned & equal.tril(-1).any(1)
        found[over] = _spread(found[~over], int(over.sum()), generator)
        self.restart(found[self.learned])

    @torch.no_grad()
    def restart(self, colours: Float[Tensor, "L 3"]) -> None:
        """Put the L learned inks, in order, at colours in linear RGB."""
        srgb = colour.linear_to_srgb(colours.clamp(0, 1)).clamp(_INSIDE, 1 - _INSIDE)
        self.free[self.learned] = torch.logit(srgb)
        self.mend(1.0)

    @torch.no_grad()
    def mend(self, progress: float) -> None:
        """Bring learned inks back to what they must keep to, after each step; see `Harmony`.

        Args:
            progress: as for `Drawing.project`: after the last step all rules hold.
        """
        if self.harmony is None or LEARNED not in self.words:
            return
        inks = self.colours().double()
        learned = self.learned.cpu().numpy()
        rounds = FEW if progress < 1 else MANY
        made = torch.from_numpy(self.harmony.mend(inks.cpu().numpy(), learned, rounds)).to(inks)
        moved = (made - inks).abs().amax(1) > _MENDED
        srgb = colour.linear_to_srgb(made[moved]).clamp(_EDGE, 1 - _EDGE)
        self.free[moved] = torch.logit(srgb).to(self.free)


def crowding_of(inks: Float[Tensor, "K 3"]) -> Float[Tensor, ""]:
    """Return how much inks (linear RGB) crowd: a pair of equal ones counts 1, far ones 0.

    Sum over pairs of max(0, 1 - d / APART)^2, d in OKLab. Two inks that look the same are a pen
    wasted. Pairs of fixed inks add what nobody can change.
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


def cluster(
    pixels: Float[Tensor, "3 H W"],
    inks: Sequence[str],
    generator: torch.Generator,
    rounds: int = 30,
) -> Float[Tensor, "K 3"]:
    """Return inks that serve a picture: k-means in sRGB, in which fixed inks do not move.

    Args:
        pixels: the picture, linear RGB.
        inks: K of them, a colour each or '?' for one to be found.
        generator: chooses the first inks, far ones first (k-means++; Arthur and
            Vassilvitskii 2007).
        rounds: of Lloyd's algorithm, at most.

    Returns:
        The inks in linear RGB, in the order of `inks`.
    """
    points = colour.linear_to_srgb(pixels).reshape(3, -1).T
    loose = torch.tensor([ink == LEARNED for ink in inks])
    centres = torch.zeros(len(inks), 3)
    centres[~loose] = (
        torch.tensor([colour.parse(ink) for ink in inks if ink != LEARNED]).reshape(-1, 3) / 255
    )
    placed = centres[~loose]
    for index in loose.nonzero()[:, 0].tolist():
        far = torch.cdist(points, placed).square().amin(1) if len(placed) else points.new_ones(1)
        # The first ink, or a picture of fewer colours than inks: any pixel will do.
        far = far if far.sum() > 0 and len(placed) else points.new_ones(len(points))
        centres[index] = points[torch.multinomial(far, 1, generator=generator)[0]]
        placed = torch.cat([placed, centres[index : index + 1]])
    for _ in range(rounds):
        labels = torch.cdist(points, centres).argmin(1)
        counts = torch.bincount(labels, minlength=len(inks))
        sums = torch.zeros_like(centres).index_add_(0, labels, points)
        moving = loose & (counts > 0)
        before = centres.clone()
        centres[moving] = sums[moving] / counts[moving, None]
        if torch.equal(before, centres):
            break
    return colour.srgb_to_linear(centres)


def quantise(
    pixels: Float[Tensor, "3 H W"], inks: Sequence[str], generator: torch.Generator
) -> Inked:
    """Return a picture cut down to a few inks: each pixel takes the nearest, in sRGB.

    Args:
        pixels: linear RGB.
        inks: a colour each or '?' for one to be found by `cluster`.
        generator: for `cluster`.
    """
    colours = cluster(pixels, inks, generator)
    points = colour.linear_to_srgb(pixels).reshape(3, -1).T
    labels = torch.cdist(points, colour.linear_to_srgb(colours)).argmin(1)
    grid = labels.reshape(pixels.shape[1:]).to(torch.uint8)
    return Inked(grid.numpy(), colour.to_bytes(colours).numpy())
