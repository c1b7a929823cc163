"""Where pens may draw, and how much of the page they may cover: strokes.

Legend: S strokes, M copies of each, V vertices of their polylines, P inks (pens that draw), E pens
there are (more than P while some are picked), U masks, G groups of pens, H W px of the page.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from inkdream.drawing.curves import FAR, Curves, Shape
from inkdream.drawing.distance import signed_distance
from inkdream.drawing.pen_selection import AnyPalette, ChosenPalette
from inkdream.drawing.pixel_limits import BARRED, LIGHT
from inkdream.drawing.softness import HARD_GRADIENT_SOFTNESS, choose
from inkdream.page import Page

# So many px a line keeps from a place that is barred, besides half its width: distances are known
# between centres of px (two half diagonals), and a sharp edge is blurred over 0.65 px.
_CLEARANCE = 2.1
# A stroke in the dark is unwilling by this much at most, while it is soft.
_DARKEST = 1e-4


class StrokeLimits(nn.Module):
    """What a stroke drawing must keep to.

    Attributes:
        light: masks in [0, 1].
        away: how far each px's centre is from the nearest that is barred, in mm; below 0 in there.
        mask_of: the number of each pen's mask, U for none.
        groups: which pens count together.
        most: the largest share of the page of each group, in (0, 1].
    """

    light: Tensor
    away: Tensor
    mask_of: Tensor
    widths: Tensor
    groups: Tensor
    most: Tensor

    def __init__(
        self,
        page: Page,
        widths: Float[Tensor, " E"],
        light: Float[Tensor, "U H W"],
        mask_of: Int[Tensor, " E"],
        shares: tuple[Float[Tensor, "G E"], Float[Tensor, " G"]],
        weight: float,
    ) -> None:
        """Keep the limits; they are no part of what is learned or saved.

        Args:
            page: the sheet.
            widths: of the pens' lines in mm.
            light: masks; a pen draws only where its own is at least `LIGHT`.
            mask_of: the number of each pen's mask, U for none.
            shares: 1 for each pen of a group, else 0; and the groups' shares of the page.
            weight: of the penalty on points in the dark.
        """
        super().__init__()
        self.page, self.weight = page, weight
        away = [torch.from_numpy(signed_distance((mask < LIGHT).numpy())) for mask in light]
        most = page.width + page.height
        distances = (torch.stack(away) / page.scale).clamp(-most, most) if away else light
        held = {"light": light, "away": distances, "mask_of": mask_of, "widths": widths}
        held |= {"groups": shares[0], "most": shares[1]}
        for name, tensor in held.items():
            self.register_buffer(name, tensor, persistent=False)

    def bias(
        self, palette: AnyPalette, curves: Curves, shape: Shape, softness: float
    ) -> Float[Tensor, "P S"] | None:
        """Return what is added to the preferences for pens; None where all draw anywhere.

        Strictly, a pen is barred from each stroke that is not clear of the dark with its whole
        width, its copies included. Softly, it is the less willing the darker the stroke lies.

        Args:
            palette: the inks.
            curves: that make the copies.
            shape: how the strokes lie.
            softness: of the drawing.
        """
        if not len(self.light):
            return None
        light, away = self._under(curves, shape)
        if softness > 0:
            of_masks = light.mean(2).clamp(min=_DARKEST).log()
        else:
            gaps = shape.lines.detach().diff(dim=1).square().sum(-1).sqrt().amax(1)
            of_masks = away.detach().amin(2) - gaps / 2
        of_masks = torch.cat([of_masks, torch.full_like(of_masks[:1], torch.inf)])
        of_pens = of_masks[self.mask_of]
        if softness > 0:
            return palette.mixed(of_pens.clamp(max=0), softness)
        barred = of_pens < self._need()[:, None]
        return palette.mixed(BARRED * barred.to(shape.lines), 0.0)

    def costs(
        self,
        palette: AnyPalette,
        curves: Curves,
        shape: Shape,
        wants: Float[Tensor, "P1 S"],
        drawn: Float[Tensor, "P S"],
        softness: float,
    ) -> dict[str, Tensor]:
        """Return `mask`, how far strokes lie where they may not, and `ink_budget`, the excess.

        `mask` is its weight where all points lie a tenth of the page deep in the dark of the pens
        that the strokes want: what moves those out that may not be drawn. `ink_budget` is what lies
        beyond the groups' shares, in shares of those.

        Args:
            palette: the inks.
            curves: that make the copies.
            shape: how the strokes lie.
            wants: preferences for pens, and last for none, without `bias`.
            drawn: how much of each stroke each ink draws, in [0, 1].
            softness: of the choice of pens.
        """
        costs = {}
        if len(self.light):
            of_pens = _of_pens(palette, choose(wants, HARD_GRADIENT_SOFTNESS)[:-1], softness)
            far = FAR * min(self.page.width, self.page.height)
            _, away = self._under(curves, shape)
            away = torch.cat([away, torch.full_like(away[:1], torch.inf)])[self.mask_of]
            deep = (self._need()[:, None, None] - away).clamp(min=0) / far
            depth = (of_pens.detach() * deep.square().mean(2)).sum(0).mean()
            costs["mask"] = self.weight * depth
        if len(self.most):
            area = self.page.width * self.page.height / len(curves.matrices)
            lengths = _of_pens(palette, (drawn * shape.lengths).sum(1, keepdim=True), softness)
            covered = self.groups @ (lengths[:, 0] * self.widths) / area
            costs["ink_budget"] = (covered / self.most - 1).clamp(min=0).sum()
        return costs

    @torch.no_grad()
    def members(self, palette: AnyPalette) -> Bool[Tensor, "G P"]:
        """Return which inks, as the choice of pens now is, belong to each group."""
        return palette.mixed(self.groups.T, 0.0).T > LIGHT

    def lit(self, palette: AnyPalette, maps: Float[Tensor, "P H W"]) -> Float[Tensor, "P H W"]:
        """Return maps of the inks, 0 where an ink may not be drawn."""
        if not len(self.light):
            return maps
        every = self.light.new_ones(1, *self.light.shape[1:])
        is_lit = (torch.cat([self.light, every]) >= LIGHT).to(maps)
        return maps * (palette.mixed(is_lit[self.mask_of], 0.0) > LIGHT)

    def _need(self) -> Float[Tensor, " E"]:
        """Return how far each pen's line keeps from the dark, in mm."""
        return self.widths / 2 + _CLEARANCE / self.page.scale

    def _under(
        self, curves: Curves, shape: Shape
    ) -> tuple[Float[Tensor, "U S MV"], Float[Tensor, "U S MV"]]:
        """Return light, and distance from the dark in mm, under all vertices of all copies."""
        strokes, vertices = shape.lines.shape[:2]
        lines = curves.everywhere(shape.lines)
        lines = lines.reshape(-1, strokes, vertices, 2).transpose(0, 1).flatten(1, 2)
        grid = lines / lines.new_tensor([self.page.width, self.page.height]) * 2 - 1
        maps = torch.cat([self.light, self.away]).to(lines)
        under = F.grid_sample(maps[None], grid[None], padding_mode="border", align_corners=False)
        light, away = under[0].chunk(2)
        return light, away


def _of_pens(
    palette: AnyPalette, of_inks: Float[Tensor, "P N"], softness: float
) -> Float[Tensor, "E N"]:
    """Return what falls to each pen of what the inks have."""
    if isinstance(palette, ChosenPalette):
        return palette.shares(softness) @ of_inks
    return of_inks
