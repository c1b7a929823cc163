"""Where inks may lie, and how much of the page they may cover: areas of ink.

Legend: E entries that an ink can be (each ink of a palette; or the paper, then the pens that are
picked from), K inks, G groups of entries with a largest share of the page, H W px.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from inkdream.drawing.pen_selection import AnyPalette, ChosenPalette
from inkdream.drawing.softness import largest
from inkdream.drawing.symmetry import darkest

# What is as light as this, or lighter, is allowed.
LIGHT = 0.5
# Added to a preference that may not be followed: its share is exactly 0 at every softness.
BARRED = -1e4


class PixelLimits(nn.Module):
    """What a pixel drawing must keep to.

    Attributes:
        light: how light the mask of each entry is, in [0, 1]; None where no ink has a mask.
        groups: which entries count together.
        most: the largest share of the page of each group, in (0, 1].
    """

    groups: Tensor
    most: Tensor

    def __init__(
        self,
        light: Float[Tensor, "E H W"] | None,
        groups: Float[Tensor, "G E"],
        most: Float[Tensor, " G"],
    ) -> None:
        """Keep the limits; they are no part of what is learned or saved.

        Args:
            light: masks of the entries; an ink draws only where its own is at least `LIGHT`, and
                the less willingly the darker it is there.
            groups: 1 for each entry of a group, else 0.
            most: shares of the page.
        """
        super().__init__()
        self.register_buffer("light", light, persistent=False)
        self.register_buffer("groups", groups, persistent=False)
        self.register_buffer("most", most, persistent=False)

    def keep_alike(self, index: Int[Tensor, "H W"]) -> None:
        """Bar an ink wherever a symmetry's `sources` carry a place where it is barred."""
        if (light := self._light()) is not None:
            self.light = darkest(light, index)

    def bias(self, palette: AnyPalette, softness: float) -> Float[Tensor, "K H W"] | None:
        """Return what is added to the inks' preferences; None where all may be anywhere."""
        if (light := self._light()) is None:
            return None
        of_inks = _of_inks(palette, light, softness)
        return torch.where(of_inks < LIGHT, BARRED, of_inks.clamp(min=LIGHT).log())

    def excess(
        self, palette: AnyPalette, areas: Float[Tensor, " K"], softness: float
    ) -> Float[Tensor, ""]:
        """Return how far the groups are beyond their shares: 1 for one that covers it twice.

        Args:
            palette: the inks.
            areas: the share of the page that each ink covers.
            softness: of the choice of pens.
        """
        covered = self.groups @ _by_entry(palette, areas, softness)
        return (covered / self.most - 1).clamp(min=0).sum()

    @torch.no_grad()
    def keep(
        self, palette: AnyPalette, labels: Int[Tensor, "H W"], wants: Float[Tensor, "K H W"]
    ) -> Int[Tensor, "H W"]:
        """Return ink numbers within the groups' shares: the least certain px take other inks.

        Those are inks that no share is set for. Px that want equally much change together, so that
        what is alike stays alike.

        Args:
            palette: the inks.
            labels: each px's ink.
            wants: preferences, with `bias` in them.
        """
        if not len(self.most):
            return labels
        members = self._members(palette)
        free = ~members.any(0)
        others = wants.masked_fill(~free[:, None, None], 2 * BARRED)
        best = largest(others)
        margin = wants.gather(0, labels[None])[0] - others.gather(0, best[None])[0]
        for is_member, most in zip(members, self.most.tolist(), strict=True):
            covered = is_member[labels]
            excess = int(covered.sum()) - int(most * labels.numel())
            if excess > 0:
                bound = margin[covered].kthvalue(excess).values
                labels = torch.where(covered & (margin <= bound), best, labels)
        return labels

    @torch.no_grad()
    def undo(
        self,
        palette: AnyPalette,
        labels: Int[Tensor, "H W"],
        changed: Int[Tensor, "H W"],
    ) -> Int[Tensor, "H W"]:
        """Return `changed`, but `labels` where the change has led to an ink that is barred."""
        if (light := self._light()) is None:
            return changed
        barred = _of_inks(palette, light, 0.0) < LIGHT
        return torch.where(barred.gather(0, changed[None])[0], labels, changed)

    def _light(self) -> Float[Tensor, "E H W"] | None:
        return getattr(self, "light", None)

    def _members(self, palette: AnyPalette) -> Bool[Tensor, "G K"]:
        """Return which inks, as the choice of pens now is, belong to each group."""
        return _of_inks(palette, self.groups.T, 0.0).T > LIGHT


def _of_inks(
    palette: AnyPalette, values: Float[Tensor, "E *rest"], softness: float
) -> Float[Tensor, "K *rest"]:
    """Return what each ink has of something that entries have."""
    if isinstance(palette, ChosenPalette):
        return torch.cat([values[:1], palette.mixed(values[1:], softness)])
    return palette.mixed(values, softness)


def _by_entry(
    palette: AnyPalette, areas: Float[Tensor, " K"], softness: float
) -> Float[Tensor, " E"]:
    """Return what each entry covers of what the inks cover."""
    if isinstance(palette, ChosenPalette):
        return torch.cat([areas[:1], palette.shares(softness) @ areas[1:]])
    return areas
