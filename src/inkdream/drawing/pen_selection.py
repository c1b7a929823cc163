"""Pen selection: k slots, each of which learns one of n pens, jointly with the picture.

Each slot has a learned point in a space where pens that look alike are close. The soft choice is a
softmax of closeness to that point, so that a slot moves from pen to pen as a learned ink moves
through colours; the hard choice gives each slot a different pen.

Legend: k slots, n pens owned, K = k inks, and one more where bare paper is an ink.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from inkdream import colour
from inkdream.drawing.palette import APART, Palette, crowding_of
from inkdream.drawing.softness import HARD_GRADIENT_SOFTNESS, choose, harden
from inkdream.pens import Pen
from inkdream.pens.pen import lightness

# Points may leave the pens' range by this much, in the units of `_places`: at the edge of its range
# a sigmoid has no slope.
_ROOM = 1.0
# The initial choice uses at most this many pixels of a picture; more give the same choice.
_LOOKS = 4096
# Rounds of exchanges, at most: each must lower the error, and few are ever needed.
_EXCHANGES = 20


class ChosenPalette(nn.Module):
    """The inks of k pens out of n; the same verbs as `Palette`.

    Attributes:
        pens: the n pens in plotting order.
        count: k.
        learned: (K,) which inks are chosen: all but bare paper.
        free: (k, D) the parameters: points = lowest + (highest - lowest) * sigmoid(free).
    """

    learned: Tensor
    places: Tensor
    table: Tensor
    paper: Tensor

    def __init__(self, pens: Sequence[Pen], count: int, paper: str, *, areas: bool) -> None:
        """Begin with pens far apart in colour, and far from the paper.

        Args:
            pens: n of them, none with a colour to be learned.
            count: k, from 1 to n.
            paper: its colour.
            areas: for areas of ink: bare paper is ink 0, and widths of lines do not matter.
        """
        super().__init__()
        self.pens, self.count, self.areas = tuple(in_turn(pens)), count, areas
        table = torch.from_numpy(colour.linear_of([pen.colour for pen in self.pens])).float()
        self.register_buffer("table", table, persistent=False)
        ground = torch.from_numpy(colour.linear_of([paper])).float()
        self.register_buffer("paper", ground, persistent=False)
        self.register_buffer("places", _places(self.pens, table, areas=areas), persistent=False)
        self.register_buffer("learned", torch.tensor([False] * areas + [True] * count))
        self.free = nn.Parameter(torch.zeros(count, self.places.shape[1]))
        lab, ground = colour.linear_to_oklab(table), colour.linear_to_oklab(ground)
        self.restart(far_apart(lab, ground, count))

    def __len__(self) -> int:
        return len(self.learned)

    def colours(self, softness: float = 0.0) -> Float[Tensor, "K 3"]:
        """Return the inks in linear RGB, mixed as light while the choice is soft."""
        mixed = self.mixed(self.table, softness)
        return torch.cat([self.paper, mixed]) if self.areas else mixed

    def mixed(self, values: Float[Tensor, "n *rest"], softness: float) -> Float[Tensor, "k *rest"]:
        """Return what each slot has of something that the pens have, such as widths."""
        mixed: Tensor = torch.tensordot(self.shares(softness), values, dims=([0], [0]))
        return mixed

    def shares(self, softness: float) -> Float[Tensor, "n k"]:
        """Return how much of each pen each slot takes; at softness 0 one pen each, none twice.

        At softness 0 the gradient is that of a soft choice, as in `softness.choose`.
        """
        wants = self._wants().T
        if softness > 0:
            return choose(wants, softness)
        return harden(choose(wants, HARD_GRADIENT_SOFTNESS), lambda _: assign(wants.T))

    @torch.no_grad()
    def picked(self) -> Int[Tensor, " k"]:
        """Return the number of each slot's pen, in plotting order of the n."""
        return assign(self._wants())

    @torch.no_grad()
    def turns(self) -> Int[Tensor, " k"]:
        """Return the slots in plotting order of their pens."""
        return self.picked().argsort()

    def chosen(self) -> tuple[Pen, ...]:
        """Return the k pens in plotting order."""
        return tuple(self.pens[number] for number in sorted(self.picked().tolist()))

    def crowding(self, softness: float = 0.0) -> Float[Tensor, ""]:
        """Return how much the inks crowd each other; see `Palette.crowding`."""
        return crowding_of(self.colours(softness))

    def mend(self, progress: float) -> None:
        """Do nothing: the colours of pens are fixed."""

    @torch.no_grad()
    def begin_from(self, picture: Float[Tensor, "3 H W"], generator: torch.Generator) -> None:
        """Choose the pens that, with the paper, show a picture (linear RGB) with the least error.

        It is deterministic: `generator` is not used.
        """
        pixels = picture.flatten(1).T
        pixels = colour.linear_to_oklab(pixels[:: -(-len(pixels) // _LOOKS)])
        lab, ground = colour.linear_to_oklab(self.table), colour.linear_to_oklab(self.paper)
        self.restart(serve(lab, ground, pixels, self.count))

    @torch.no_grad()
    def restart(self, numbers: Int[Tensor, " k"]) -> None:
        """Put each slot's point exactly on a pen."""
        low, high = self._range()
        self.free.copy_(torch.logit((self.places[numbers] - low) / (high - low)))

    def _wants(self) -> Float[Tensor, "k n"]:
        """Return each slot's preference for each pen: -log(1 + d^2), d from its point to the pen.

        The softmax of it has a tail so long (at softness 1 it falls like 1 / d^2) that the
        gradient feels pens at the other end of the box too.
        """
        low, high = self._range()
        points = low + (high - low) * torch.sigmoid(self.free)
        return -(points[:, None] - self.places).square().sum(-1).log1p()

    def _range(self) -> tuple[Tensor, Tensor]:
        return self.places.amin(0) - _ROOM, self.places.amax(0) + _ROOM


AnyPalette = Palette | ChosenPalette


def in_turn(pens: Sequence[Pen]) -> list[Pen]:
    """Return pens in plotting order, as `PenSet.of` does, but any number of them."""
    return sorted(pens, key=lambda pen: (pen.is_opaque, -lightness(pen.colour)))


@torch.no_grad()
def assign(wants: Float[Tensor, "k n"]) -> Int[Tensor, " k"]:
    """Return a different pen for each slot, by greatest preference; the first of equals.

    Args:
        wants: preferences of k slots for n >= k pens.
    """
    slots, pens = wants.shape
    pen_of, free = [-1] * slots, [True] * pens
    order = np.argsort(-wants.detach().cpu().numpy(), axis=None, kind="stable")
    left = slots
    for place in order.tolist():
        slot, pen = divmod(place, pens)
        if pen_of[slot] < 0 and free[pen]:
            pen_of[slot], free[pen], left = pen, False, left - 1
            if not left:
                break
    return torch.tensor(pen_of, device=wants.device)


def far_apart(
    lab: Float[Tensor, "n 3"], ground: Float[Tensor, "1 3"], count: int
) -> Int[Tensor, " k"]:
    """Return pens spread out: each the farthest from paper and all before (Gonzalez 1985).

    Args:
        lab: the pens' colours in OKLab.
        ground: the paper's.
        count: k.
    """
    far, picked = torch.cdist(lab, ground)[:, 0], []
    for _ in range(count):
        picked.append(int(far.argmax()))
        far = torch.minimum(far, torch.cdist(lab, lab[picked[-1] :][:1])[:, 0])
        far[picked[-1]] = -1.0  # not twice, even where all pens have one colour
    return torch.tensor(picked)


def serve(
    lab: Float[Tensor, "n 3"],
    ground: Float[Tensor, "1 3"],
    pixels: Float[Tensor, "m 3"],
    count: int,
) -> Int[Tensor, " k"]:
    """Return the pens that show pixels with the least squared error, paper showing some of them.

    One pen after the other, then exchanges as long as one helps (k-medoids; Kaufman and
    Rousseeuw 1987, whose medoids here are pens).

    Args:
        lab: the pens' colours in OKLab.
        ground: the paper's.
        pixels: in OKLab.
        count: k.
    """
    errors = torch.cdist(lab, pixels).square()  # (n, m)
    bare = torch.cdist(ground, pixels).square()[0]
    picked: list[int] = []
    for _ in range(count):
        picked.append(_best(errors, bare, picked)[0])
    for _ in range(_EXCHANGES):
        before = list(picked)
        for slot in range(count):
            others = [*picked[:slot], *picked[slot + 1 :]]
            best, error = _best(errors, bare, others)
            if error < _error(errors, bare, picked):
                picked[slot] = best
        if picked == before:
            break
    return torch.tensor(picked)


def _error(errors: Tensor, bare: Tensor, picked: list[int]) -> float:
    return float(torch.minimum(bare, errors[picked].amin(0)).double().sum())


def _best(errors: Tensor, bare: Tensor, others: list[int]) -> tuple[int, float]:
    """Return the pen that helps most beside some others, and the error that is left."""
    so_far = torch.minimum(bare, errors[others].amin(0)) if others else bare
    left = torch.minimum(errors, so_far).double().sum(1)
    left[others] = torch.inf
    best = int(left.argmin())
    return best, float(left[best])


def _places(
    pens: Sequence[Pen], table: Float[Tensor, "n 3"], *, areas: bool
) -> Float[Tensor, "n D"]:
    """Return where pens stand: 1 apart where colours are told apart well or lines twice as wide."""
    lab = colour.linear_to_oklab(table) / APART
    if areas:
        return lab
    lines = torch.tensor([[pen.width, pen.opacity] for pen in pens])
    return torch.cat([lab, lines[:, :1].log2(), lines[:, 1:]], 1)
