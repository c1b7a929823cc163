"""Place the pictures, masks and figures of a recipe on its drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour, pictures
from inkdream.errors import InputError
from inkdream.pictures import size_of
from inkdream.recipe import Recipe
from inkdream.recipe.focus import focus_place
from inkdream.recipe.reading import drawing_at
from inkdream.recipe.tables import box_of
from inkdream.recipe.terms import Like, Pictured

# A mask that is wider or narrower than the drawing by more than this share is visibly stretched.
SHAPE_CHANGES = 0.02
SVG = (".svg", ".svgz")


class Arranged(NamedTuple):
    """A picture brought to a size; both are linear RGB.

    Attributes:
        picture: of that size, on the drawing's paper.
        share: 1 where the picture is, 0 where only paper is.
        mean: of the picture, where it is.
    """

    picture: Float[Tensor, "3 H W"]
    share: Float[Tensor, "1 H W"]
    mean: Float[Tensor, "3 1 1"]


def read_picture(recipe: Recipe, path: str, size: tuple[int, int]) -> Float[Tensor, "3 H W"]:
    """Return a picture that the recipe names, (3, H, W) in linear RGB.

    It is cropped around its middle to the shape of a size, never stretched.

    Args:
        recipe: its paths are relative to its own folder.
        path: as the recipe has it.
        size: rows and columns.

    Raises:
        InputError: if the file is no picture, or has more px than can be read.
    """
    return fitted(_read(recipe, path), size)


def read_arranged(recipe: Recipe, path: str, size: tuple[int, int]) -> Arranged:
    """Return a picture that the recipe names as its `crop` says; see `arranged`.

    Raises:
        InputError: as `read_picture`, or if the recipe's box is not in it.
    """
    return arranged(_boxed(recipe, path, _read(recipe, path)), recipe, size)


def arranged(picture: Float[Tensor, "3 h w"], recipe: Recipe, size: tuple[int, int]) -> Arranged:
    """Return a picture brought to a size as the recipe says.

    `cover` crops it around its middle to the size's shape; `fit` shows all of it, on paper.
    """
    rows, columns = inner_size(picture.shape[1:], size) if recipe.crop == "fit" else size
    inner = fitted(picture, (rows, columns))
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()[:, None, None]
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    whole, share = paper.repeat(1, *size), torch.zeros(1, *size)
    whole[:, top : top + rows, left : left + columns] = inner
    share[:, top : top + rows, left : left + columns] = 1
    return Arranged(whole, share, inner.mean((1, 2), keepdim=True))


def inner_size(shape: Sequence[float], size: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of the largest picture of a shape that fits in a size."""
    scale = min(size[0] / shape[0], size[1] / shape[1])
    rows, columns = (round(side * scale) for side in shape)
    return max(1, min(rows, size[0])), max(1, min(columns, size[1]))


def _read(recipe: Recipe, path: str) -> Float[Tensor, "3 h w"]:
    rgb = torch.from_numpy(pictures.read_rgb(recipe.file(path)).transpose(2, 0, 1).copy())
    linear: Tensor = colour.from_bytes(rgb).float()
    return linear


def _boxed(recipe: Recipe, path: str, picture: Float[Tensor, "3 h w"]) -> Float[Tensor, "3 H W"]:
    """Return the part of a picture that the recipe's box names; all of it without one."""
    box = box_of(recipe.crop)
    if box is None:
        return picture
    left, top, width, height = box
    rows, columns = picture.shape[1:]
    if left + width > columns or top + height > rows:
        raise InputError(
            f"crop {recipe.crop}: {recipe.file(path).name} has {columns} x {rows} px, and no such "
            "part"
        )
    return picture[:, top : top + height, left : left + width]


def read_mask(recipe: Recipe, path: str) -> Float[Tensor, "H W"]:
    """Return a grey picture that the recipe names as shares in [0, 1]: 1 where it is white.

    A mask of the shape of a photo that the drawing shows belongs to the photo: it lies where the
    photo does, cropped as it is, and its edge is drawn out over what the photo leaves bare. Any
    other belongs to the page, and is stretched to the drawing's size.

    Raises:
        InputError: if the file is no picture.
    """
    rgb = torch.from_numpy(pictures.read_rgb(recipe.file(path)).copy()).float() / 255
    grey = rgb.mean(2)[None]
    if photo := _photo_of(recipe, (grey.shape[1], grey.shape[2])):
        return _as_photo(grey, recipe, size_of(photo))
    bent = F.interpolate(grey[None], recipe.size, mode="bilinear", antialias=True)
    return bent[0, 0].clamp(0, 1)


def _as_photo(
    grey: Float[Tensor, "1 h w"], recipe: Recipe, shape: tuple[int, int]
) -> Float[Tensor, "H W"]:
    """Return a mask where a photo of a shape, in px, lies on the drawing."""
    box = box_of(recipe.crop)
    if box:
        # The box is in px of the photo, of which the mask may be a smaller copy.
        down, across = grey.shape[1] / shape[0], grey.shape[2] / shape[1]
        left, top = round(box[0] * across), round(box[1] * down)
        right, bottom = round((box[0] + box[2]) * across), round((box[1] + box[3]) * down)
        grey = grey[:, top : max(bottom, top + 1), left : max(right, left + 1)]
    inside = room(recipe)
    rows, columns = inner_size(grey.shape[1:], inside) if recipe.crop == "fit" else inside
    size = recipe.size
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    edges = (left, size[1] - columns - left, top, size[0] - rows - top)
    return F.pad(fitted(grey, (rows, columns))[None], edges, mode="replicate")[0, 0]


def _photo_of(recipe: Recipe, shape: tuple[int, int]) -> Path | None:
    """Return the photo on the drawing that a mask of a shape belongs to; None for the page's own.

    A smaller copy has the photo's shape but for a px; one that would fit the page as well is the
    page's, unless it has the photo's very px.
    """
    rows, columns = recipe.size
    if shape == recipe.size:
        return None
    fits_page = abs(shape[1] * rows / (shape[0] * columns) - 1) <= SHAPE_CHANGES
    for path in _photos(recipe):
        height, width = size_of(path)
        if shape == (height, width):
            return path
        scale = max(shape) / max(height, width)
        is_copy = abs(height * scale - shape[0]) < 1 and abs(width * scale - shape[1]) < 1
        if is_copy and not fits_page:
            return path
    return None


def _photos(recipe: Recipe) -> list[Path]:
    """Return the pictures that lie upright on the drawing: what is begun from, and redrawn."""
    upright = [term for term in recipe.terms if term.is_placed and not term.turn]
    names = [recipe.origin, *(term.picture for term in upright if isinstance(term, Pictured))]
    paths = [drawing_at(recipe.file(name)) for name in names if name]
    return [path for path in paths if path.suffix.lower() not in SVG]


def room(recipe: Recipe, *, turned: bool = False) -> tuple[int, int]:
    """Return rows and columns of the room for pictures: for strokes, inside the margin."""
    rows, columns = recipe.size[::-1] if turned else recipe.size
    margin = recipe.margin
    down, across = min(margin, (rows - 1) // 2), min(margin, (columns - 1) // 2)
    return rows - 2 * down, columns - 2 * across


def resized_masks(recipe: Recipe) -> list[str]:
    """Return notes on masks that have another size than the drawing: where and how they are placed.

    Raises:
        InputError: if a mask is no picture.
    """
    rows, columns = recipe.size
    names = [*(term.where for term in recipe.terms), *(pen.where for pen in recipe.pens)]
    names += [term.importance for term in recipe.terms if isinstance(term, Like)]
    notes = []
    for name in dict.fromkeys(filter(None, [*names, recipe.bare, recipe.keep.where])):
        path = recipe.file(name)
        height, width = size_of(path)
        if photo := _photo_of(recipe, (height, width)):
            notes.append(f"{path.name}: lies as {photo.name} does, whose shape it has")
        elif (height, width) != (rows, columns):
            bent = abs(width * rows / (height * columns) - 1) > SHAPE_CHANGES
            notes.append(
                f"{path.name}: {width} x {height} px, resized to the drawing's {columns} x {rows}"
                + (", which changes its shape" if bent else "")
            )
    return notes


def fitted(picture: Float[Tensor, "C h w"], size: tuple[int, int]) -> Float[Tensor, "C H W"]:
    """Return a picture cropped around its middle to the shape of a size, then resized to it."""
    height, width = picture.shape[1:]
    scale = max(size[0] / height, size[1] / width)
    rows, columns = min(height, round(size[0] / scale)), min(width, round(size[1] / scale))
    top, left = (height - rows) // 2, (width - columns) // 2
    cropped = picture[None, :, top : top + rows, left : left + columns]
    return F.interpolate(cropped, size, mode="bilinear", antialias=True)[0].clamp(0, 1)


class Placed(NamedTuple):
    """A picture on the drawing; all are linear RGB, of the drawing's size.

    Attributes:
        shown: as the drawing would show it; the margin is paper.
        blank: its mean colour where it lies.
        bled: with its edge pixels repeated over the margin, so that no edge shows there.
    """

    shown: Float[Tensor, "3 H W"]
    blank: Float[Tensor, "3 H W"]
    bled: Float[Tensor, "3 H W"]


def placed(recipe: Recipe, path: str, *, turned: bool = False) -> Placed:
    """Return a picture that the recipe names on the drawing, as its `crop` says.

    Strokes are drawn inside a margin: the picture is brought to the shape of what is inside.

    Args:
        recipe: its paths are relative to its own folder.
        path: as the recipe has it.
        turned: whether the drawing is turned by a right angle.

    Raises:
        InputError: if the file is no picture, or has more px than can be read.
    """
    rows, columns = room(recipe, turned=turned)
    whole = recipe.size[::-1] if turned else recipe.size
    down, across = (whole[0] - rows) // 2, (whole[1] - columns) // 2
    picture, share, mean = read_arranged(recipe, path, (rows, columns))
    edge = (across, across, down, down)
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()[:, None, None]
    inside = F.pad(share, edge)
    bled = F.pad(picture[None], edge, mode="replicate")[0]
    return Placed(torch.lerp(paper, bled, inside), torch.lerp(paper, mean, inside), bled)


# The standard deviation of a figure's Gaussian, as a share of the picture's shorter side.
SPREAD = 1 / 5


# That of a focus, and how much of it reaches everywhere.
BROAD, EVERYWHERE = 0.3, 0.03


def focus(recipe: Recipe) -> Float[Tensor, "H W"] | None:
    """Return how much each place of a recipe's page is in focus, to 1; None if it has no focus."""
    if recipe.has_areas or not recipe.strokes.focus:
        return None
    near = figure(focus_place(recipe.strokes.focus, recipe.page), recipe.size, BROAD)
    return EVERYWHERE + (1 - EVERYWHERE) * near


# How many times as much likeness counts where a mask is white.
IMPORTANT = 4.0


def importance(recipe: Recipe, path: str) -> Float[Tensor, "H W"]:
    """Return how much likeness counts at each place by a mask: 1 where it is black, to 4.

    Raises:
        InputError: if the file is no picture.
    """
    return 1 + (IMPORTANT - 1) * read_mask(recipe, path)


def emphasis(recipe: Recipe) -> Float[Tensor, "H W"] | None:
    """Return by how much more strokes are to begin at each place; None for everywhere alike."""
    terms = [term for term in recipe.terms if isinstance(term, Like) and not term.turn]
    maps = [importance(recipe, term.importance) for term in terms if term.importance]
    if (near := focus(recipe)) is not None:
        maps.append(near)
    return torch.stack(maps).prod(0) if maps else None


def figure(
    place: tuple[float, float], size: tuple[int, int], broad: float = SPREAD
) -> Float[Tensor, "H W"]:
    """Return how much of each place belongs to a figure: a Gaussian, 1 in its middle.

    Args:
        place: (x, y) of its middle, as shares of the picture.
        size: rows and columns of the picture.
        broad: its standard deviation, as a share of the picture's shorter side.
    """
    height, width = size
    rows = torch.arange(height)[:, None] + 0.5 - place[1] * height
    columns = torch.arange(width)[None] + 0.5 - place[0] * width
    spread = broad * min(size)
    return torch.exp(-(rows.square() + columns.square()) / (2 * spread**2))


@dataclass(frozen=True)
class Ground:
    """A penalty for ink around figures.

    Attributes:
        cost: what ink at each place costs.
        paper: its colour, linear RGB.
    """

    cost: Float[Tensor, "H W"]
    paper: Float[Tensor, " 3"]

    @classmethod
    def around(
        cls, figures: Float[Tensor, "H W"], weight: float, paper: Float[Tensor, " 3"]
    ) -> Ground:
        """Return the ground around figures.

        Args:
            figures: how much of each place belongs to one, in [0, 1].
            weight: the share of the score that a ground costs which is as unlike paper as can be.
            paper: its colour, linear RGB.
        """
        cost = 1 - figures
        return cls(weight * cost / cost.mean().clamp(min=1e-6), paper)

    def __call__(self, image: Float[Tensor, "3 H W"]) -> Float[Tensor, ""]:
        """Return the share of the score that a picture's ink costs."""
        paper = self.paper.to(image)
        most = torch.maximum(paper, 1 - paper).sum()
        unlike = (image - paper[:, None, None]).abs().sum(0) / most
        return (unlike * self.cost.to(image)).mean()
