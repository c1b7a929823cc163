"""The pictures that a recipe names, at the size of its drawing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour, pictures
from inkdream.recipe import Recipe


def read_picture(recipe: Recipe, path: str, size: tuple[int, int] | None = None) -> Tensor:
    """Return a picture that the recipe names, (3, H, W) in linear RGB.

    It is cropped around its middle to the shape of the drawing, never stretched.

    Args:
        recipe: the run's; its paths are those of its own folder.
        path: as the recipe has it.
        size: rows and columns; those of the drawing if none are said.

    Raises:
        InputError: if the file is no picture, or has more px than can be read.
    """
    rgb = torch.from_numpy(pictures.read_rgb(recipe.file(path)).transpose(2, 0, 1).copy())
    return fitted(colour.from_bytes(rgb).float(), size or recipe.size)


def read_mask(recipe: Recipe, path: str) -> Float[Tensor, "H W"]:
    """Return a grey picture that the recipe names as shares in [0, 1]: 1 where it is white.

    Stretched to the drawing's size: a mask belongs to the page, whatever its px.

    Raises:
        InputError: if the file is no picture.
    """
    rgb = torch.from_numpy(pictures.read_rgb(recipe.file(path)).copy()).float() / 255
    grey = rgb.mean(2)[None, None]
    return F.interpolate(grey, recipe.size, mode="bilinear", antialias=True)[0, 0].clamp(0, 1)


def resized_masks(recipe: Recipe) -> list[str]:
    """Return what is to be said of the recipe's masks: which ones are stretched, and to what size.

    Raises:
        InputError: if a mask is no picture.
    """
    rows, columns = recipe.size
    names = [*(term.where for term in recipe.terms), *(pen.where for pen in recipe.pens)]
    said = []
    for name in dict.fromkeys(filter(None, [*names, recipe.bare])):
        path = recipe.file(name)
        height, width = pictures.read_rgb(path).shape[:2]
        if (height, width) != (rows, columns):
            said.append(
                f"{path.name}: {width} x {height} px, resized to the drawing's {columns} x {rows}"
            )
    return said


def fitted(picture: Float[Tensor, "3 h w"], size: tuple[int, int]) -> Float[Tensor, "3 H W"]:
    """Return a picture cropped to the shape of a size, and brought to it."""
    height, width = picture.shape[1:]
    scale = max(size[0] / height, size[1] / width)
    rows, columns = min(height, round(size[0] / scale)), min(width, round(size[1] / scale))
    top, left = (height - rows) // 2, (width - columns) // 2
    cropped = picture[None, :, top : top + rows, left : left + columns]
    return F.interpolate(cropped, size, mode="bilinear", antialias=True)[0].clamp(0, 1)
