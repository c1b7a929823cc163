"""What a recipe has its drawing keep to: masks, shares of ink, colours of learned inks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.drawing.kept_areas import ANEW, kept_labels
from inkdream.drawing.palette import Harmony
from inkdream.drawing.pen_selection import in_turn
from inkdream.drawing.pixel_limits import LIGHT, PixelLimits
from inkdream.drawing.stroke_limits import StrokeLimits
from inkdream.errors import InputError, unknown
from inkdream.pens import LEARNED, Pen, PenSet, check_ink
from inkdream.placement import read_mask
from inkdream.recipe import Recipe
from inkdream.recipe.tables import ANY_CHROMA


class Entry(NamedTuple):
    """What an ink of a drawing can be.

    Attributes:
        ink: '#rrggbb', or '?'.
        pen: that draws it; None for an ink that is no pen's.
    """

    ink: str
    pen: Pen | None

    @property
    def where(self) -> str:
        """The mask outside which it may not be drawn; "" for none."""
        return self.pen.where if self.pen else ""


def harmony(recipe: Recipe, *, bare: bool) -> Harmony | None:
    """Return what learned inks must keep to; None where any colour is as good.

    Args:
        recipe: the run's.
        bare: whether paper that is left bare is one of the inks.
    """
    palette, paper = recipe.palette, colour.linear_of([recipe.paper])[0]
    if not palette.apart and palette.chroma == ANY_CHROMA:
        return None
    return Harmony(palette.apart, palette.chroma, paper, bare=bare)


def pen_set(recipe: Recipe) -> PenSet:
    """Return a recipe's pens in plotting order, with its paper."""
    # There may be more pens to pick from than a set to draw with can have.
    if recipe.pick:
        return PenSet(tuple(in_turn(recipe.pens)), recipe.paper)
    return PenSet.of(recipe.pens, recipe.paper)


def pixel_limits(recipe: Recipe) -> PixelLimits | None:
    """Return what a pixel drawing must keep to; None where all is allowed.

    Raises:
        InputError: if a mask is no picture, a name names no ink, bare paper is no ink of the
            recipe, or masks and shares leave a place without an ink.
    """
    entries = _entries(recipe)
    groups, most = _groups(recipe, entries)
    light = _light(recipe, entries)
    if light is None and not len(most):
        return None
    free = ~groups.any(0)
    if not free.any() or (light is not None and not (light[free] >= LIGHT).any(0).all()):
        raise InputError(
            "pens' masks, ink_budget and bare leave places that no ink may have: leave one ink, "
            "such as the paper's, without mask and share"
        )
    return PixelLimits(light, groups, most)


def stroke_limits(recipe: Recipe, pens: PenSet) -> StrokeLimits | None:
    """Return what a stroke drawing must keep to; None where all is allowed.

    Args:
        recipe: the run's.
        pens: in the order in which the drawing has them.

    Raises:
        InputError: if a mask is no picture, or a name names no pen.
    """
    entries = [Entry(pen.colour, pen) for pen in pens]
    groups, most = _groups(recipe, entries)
    is_masked = bool(recipe.bare or recipe.keep.where)
    names = list(dict.fromkeys(pen.where for pen in pens if pen.where or is_masked))
    if not names and not len(most):
        return None
    every = torch.ones(recipe.size)
    light = [read_mask(recipe, name) if name else every for name in names]
    if recipe.bare:
        is_bare = read_mask(recipe, recipe.bare) >= LIGHT
        light = [mask.masked_fill(is_bare, 0.0) for mask in light]
    if recipe.keep.where:
        stays = read_mask(recipe, recipe.keep.where) < LIGHT
        light = [mask.masked_fill(stays, 0.0) for mask in light]
    stacked = torch.stack(light) if light else every.new_empty(0, *recipe.size)
    mask_of = [names.index(pen.where) if pen.where in names else len(names) for pen in pens]
    widths = torch.tensor([pen.width for pen in pens])
    shares, weight = (groups, most), recipe.strokes.straying
    return StrokeLimits(recipe.page, widths, stacked, torch.tensor(mask_of), shares, weight)


def bare_paper(recipe: Recipe) -> tuple[Float[Tensor, "H W"], Float[Tensor, " 3"]] | None:
    """Return the mask of the paper that stays bare, and its colour in linear RGB."""
    if not recipe.bare:
        return None
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()
    return read_mask(recipe, recipe.bare), paper


def _entries(recipe: Recipe) -> list[Entry]:
    """Return what the inks of a pixel drawing can be, in the palette's order."""
    if recipe.pick:
        pens = in_turn(recipe.choice)
        return [Entry(recipe.paper, None), *(Entry(pen.colour, pen) for pen in pens)]
    left = [pen for pen in recipe.pens if pen.colour != recipe.paper]
    entries = []
    for ink in recipe.inks:
        pen = next((pen for pen in left if pen.colour == ink), None)
        if pen is not None:
            left.remove(pen)
        entries.append(Entry(ink, pen))
    if idle := next((pen for pen in left if pen.where), None):
        raise InputError(
            f"pens: {idle.name} has a mask, but is no ink of this drawing; leave inks out, or give "
            "its colour among them"
        )
    return entries


def _groups(
    recipe: Recipe, entries: Sequence[Entry]
) -> tuple[Float[Tensor, "G E"], Float[Tensor, " G"]]:
    """Return which entries count together, by the names of the recipe's shares, and the shares."""
    groups = [[float(_is(entry, name)) for entry in entries] for name in recipe.ink_budget]
    for name, group in zip(recipe.ink_budget, groups, strict=True):
        if not any(group):
            inks = [entry.ink for entry in entries]
            known = [entry.pen.name for entry in entries if entry.pen] + inks
            raise InputError(f"ink_budget: {unknown('pen or ink', name, dict.fromkeys(known))}")
    members = torch.tensor(groups).reshape(len(groups), len(entries))
    return members, torch.tensor([*recipe.ink_budget.values()])


def _is(entry: Entry, name: str) -> bool:
    """Return whether a pen's name, or an ink's colour, names an entry."""
    if entry.pen and entry.pen.name == name:
        return True
    try:
        return entry.ink == check_ink(name) != LEARNED
    except ValueError:
        return False


def _light(recipe: Recipe, entries: Sequence[Entry]) -> Float[Tensor, "E H W"] | None:
    """Return how light each entry's mask is; 0 where paper stays bare, but for the paper's own."""
    kept = kept_labels(recipe)
    if kept is None and not recipe.bare and not any(entry.where for entry in entries):
        return None
    masks = {entry.where: read_mask(recipe, entry.where) for entry in entries if entry.where}
    every = torch.ones(recipe.size)
    light = torch.stack([masks.get(entry.where, every) for entry in entries])
    if recipe.bare:
        is_paper = torch.tensor([entry.ink == recipe.paper for entry in entries])
        if not is_paper.any():
            raise InputError(
                f"bare: the paper, {recipe.paper}, is no ink of this drawing; give it as one "
                f"(--inks '{recipe.paper},?,?') or give --pens"
            )
        is_bare = read_mask(recipe, recipe.bare) >= LIGHT
        light = light.masked_fill(is_bare & ~is_paper[:, None, None], 0.0)
        # On bare paper, the paper is all there is, whatever its own mask says.
        light[is_paper] = light[is_paper].masked_fill(is_bare, 1.0)
    if kept is not None:
        # What stays may be nothing else, whatever masks say.
        numbers = torch.arange(len(entries))[:, None, None]
        light = torch.where(kept == ANEW, light, (kept == numbers).to(light))
    return light
