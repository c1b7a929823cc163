"""Areas that stay as they are: the inks of an earlier picture, px for px.

They stay where a mask is dark, and where their hatch is on paper already.

Legend: K inks, H W px.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from inkdream import colour, pictures
from inkdream.drawing.kept import plotted_and_not
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.errors import InputError
from inkdream.inking.from_run import Plotted, picture_frame
from inkdream.pens import LEARNED, Pen
from inkdream.placement import SVG, read_mask
from inkdream.plot import Plot
from inkdream.recipe import Recipe, assemble
from inkdream.recipe.reading import drawing_at
from inkdream.storage import RECIPE
from inkdream.wording import listed

# The label of a px that is drawn anew.
ANEW = -1
# Two boxes on a page are one if they differ by less, in mm.
_SAME = 0.05
# A px is covered if it is darker than so, under black lines, in linear light.
_HALF = 0.5


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
        rgb = _picture(recipe)
        stays = _stays(recipe, rgb)
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


def plotted_hatch(recipe: Recipe) -> Plotted | None:
    """Return what of a picture's hatch is on paper already; None if nothing is.

    Raises:
        InputError: as `kept_labels`, and if the picture lies elsewhere on its page.
    """
    if not (recipe.has_areas and recipe.keep.plotted):
        return None
    try:
        return _hatch(recipe, _picture(recipe))
    except InputError as error:
        raise InputError(f"keep.from: {error}") from error


def _hatch(recipe: Recipe, rgb: pictures.Bytes) -> Plotted:
    folder = recipe.file(recipe.keep.source)
    if not folder.is_dir():
        raise InputError(f"and plotted: {folder} is no run's folder, and has no plot")
    earlier = assemble(folder / RECIPE, {}, [])
    if np.abs(np.subtract(earlier.box, recipe.box)).max() > _SAME:
        raise InputError(
            f"{folder}: its picture lies elsewhere on its page: --margin {earlier.page.margin:g}"
        )
    lines, _ = plotted_and_not(recipe)
    return Plotted(lines, _covered(recipe, earlier, lines, rgb))


def _covered(
    recipe: Recipe, earlier: Recipe, lines: Plot, rgb: pictures.Bytes
) -> Bool[np.ndarray, "H W"]:
    """Return the px that lines fill with the ink which these have in the picture."""
    codes, frame = pictures.colour_codes(rgb), picture_frame(recipe)
    covered = np.zeros(codes.shape, np.bool_)
    for layer in lines.layers:
        # Lines that lie apart stand for what is between them.
        width = layer.pen.width * max(1.0, earlier.plot.spacing)
        pen = Pen(name="black", colour="#000000", width=width)
        alone = replace(lines, paper="#ffffff", layers=(replace(layer, pen=pen),))
        ink = pictures.colour_codes(np.array([colour.parse(layer.pen.colour)], np.uint8))[0]
        covered |= (frame.look(alone).numpy().mean(0) < _HALF) & (codes == ink)
    return covered


def _check(recipe: Recipe) -> None:
    """Raise InputError for what cannot be asked for beside areas that stay."""
    if recipe.ink_budget:
        raise InputError("and ink_budget: px that stay cannot be given up; leave one of them out")
    if not recipe.keep.where and not recipe.keep.plotted:
        raise InputError("and where: in areas a grey picture, keep.where, says what is drawn anew")


def _stays(recipe: Recipe, rgb: pictures.Bytes) -> Bool[Tensor, "H W"]:
    """Return where ink stays: where the mask is dark, and what is on paper."""
    stays = torch.zeros(recipe.size, dtype=torch.bool)
    if recipe.keep.where:
        stays = read_mask(recipe, recipe.keep.where) < LIGHT
    if recipe.keep.plotted:
        stays = stays | torch.from_numpy(_hatch(recipe, rgb).covered)
    if stays.all() or not stays.any():
        what = "be drawn anew" if stays.all() else "stay"
        if recipe.keep.plotted:
            raise InputError(f"{recipe.keep.plotted} is on paper: nothing would {what}")
        shade = "dark" if stays.all() else "light"
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
