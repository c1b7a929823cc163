"""Areas that stay as they are: the inks of an earlier picture, px for px, where a mask is dark.

Legend: K inks, H W px.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from inkdream import colour, pictures
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.errors import InputError
from inkdream.pens import LEARNED
from inkdream.placement import SVG, read_mask
from inkdream.recipe import Recipe
from inkdream.recipe.reading import drawing_at
from inkdream.wording import listed

# The label of a px that is drawn anew.
ANEW = -1


def kept_labels(recipe: Recipe) -> Int[Tensor, "H W"] | None:
    """Return the number of each px's ink where it stays, `ANEW` elsewhere; None if nothing does.

    Raises:
        InputError: if there is no such picture, it has another size or inks that are none of the
            recipe's, or nothing is left to be drawn, or to stay.
    """
    if not recipe.keep.source:
        return None
    try:
        _check(recipe)
        stays = _dark(recipe)
        rgb = _picture(recipe)
        inks = _numbers(rgb, stays, recipe.inks)
    except InputError as error:
        raise InputError(f"keep.from: {error}") from error
    return torch.where(stays, torch.from_numpy(inks), ANEW)


def kept_picture(recipe: Recipe) -> tuple[Bool[Tensor, "H W"], Float[Tensor, "3 H W"]] | None:
    """Return which px of a picture in areas stay, and their colours in linear RGB.

    Raises:
        InputError: as `kept_labels`.
    """
    if not recipe.has_areas:
        return None
    labels = kept_labels(recipe)
    if labels is None:
        return None
    known = ["#000000" if ink == LEARNED else ink for ink in recipe.inks]
    table = torch.from_numpy(colour.linear_of(known)).float()
    return labels != ANEW, table[labels.clamp(min=0)].permute(2, 0, 1).contiguous()


def _check(recipe: Recipe) -> None:
    """Raise InputError for what cannot be asked for beside areas that stay."""
    if recipe.keep.plotted:
        raise InputError(
            "keep.plotted is for strokes: areas are filled with new lines when a part of them is "
            "new; inkdream plot RUN --plotted goes on with lines that are there"
        )
    if recipe.ink_budget:
        raise InputError("and ink_budget: px that stay cannot be given up; leave one of them out")
    if not recipe.keep.where:
        raise InputError("and where: in areas a grey picture, keep.where, says what is drawn anew")


def _dark(recipe: Recipe) -> Bool[Tensor, "H W"]:
    """Return where the mask is dark, so that ink stays."""
    stays = read_mask(recipe, recipe.keep.where) < LIGHT
    if stays.all() or not stays.any():
        shade = "dark" if stays.all() else "light"
        what = "be drawn anew" if stays.all() else "stay"
        raise InputError(f"keep.where is {shade} all over, so that nothing would {what}")
    return stays


def _picture(recipe: Recipe) -> pictures.Bytes:
    path = drawing_at(recipe.file(recipe.keep.source), areas=True)
    if path.suffix.lower() in SVG:
        raise InputError(f"{path}: is an SVG, which strokes can keep; areas keep a run's, or a PNG")
    rgb = pictures.read_rgb(path)
    rows, columns = rgb.shape[:2]
    if (rows, columns) != recipe.size:
        height, width = recipe.size
        raise InputError(
            f"{path}: has {columns} x {rows} px, and the drawing {width} x {height}: --width "
            f"{columns} --height {rows}"
        )
    return rgb


def _numbers(
    rgb: pictures.Bytes, stays: Bool[Tensor, "H W"], inks: Sequence[str]
) -> Int[np.ndarray, "H W"]:
    """Return which of the inks each px has that stays; of inks alike, the first.

    Raises:
        InputError: if there is one that is none of them.
    """
    known = [(colour.parse(ink), number) for number, ink in enumerate(inks) if ink != LEARNED]
    codes = pictures.colour_codes(rgb)
    numbers = np.full(codes.shape, ANEW, np.int64)
    for ink, number in reversed(known):
        numbers[codes == pictures.colour_codes(np.array([ink], np.uint8))[0]] = number
    missing = pictures.colours_in(rgb[(stays.numpy() & (numbers == ANEW))][None])
    if len(missing):
        words = [colour.to_hex(ink) for ink in missing.tolist()]
        raise InputError(
            f"what stays has {listed(words)}, and the drawing no such ink: give --inks its colours"
        )
    return numbers
