"""Notes on a recipe's pictures before it is drawn: how much of each is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inkdream.pictures import size_of
from inkdream.placement import SVG, inner_size, resized_masks, room
from inkdream.recipe import Recipe
from inkdream.recipe.reading import drawing_at
from inkdream.recipe.tables import box_of
from inkdream.recipe.terms import Pictured
from inkdream.svg.read import read_svg

# Less than this share of a picture, or of the drawing, is not worth a word: half a px in 100.
WORTH_A_WORD = 0.005
# A turned page is spoken of if it loses so much less.
MUCH = 0.1


class _Shown(NamedTuple):
    """A picture and what it is brought to.

    Attributes:
        name: of the file.
        shape: its rows and columns, in any unit.
        size: rows and columns of the drawing, or of what is inside its margin.
    """

    name: str
    shape: tuple[float, float]
    size: tuple[int, int]


def remarks(recipe: Recipe) -> list[str]:
    """Return a sentence on each picture that loses something, or leaves some of the drawing bare.

    Raises:
        InputError: if one is no picture.
    """
    lines = [_remark(each, recipe.crop) for each in dict.fromkeys(_shown(recipe))]
    return [*filter(None, lines), *resized_masks(recipe)]


def _shown(recipe: Recipe) -> Iterator[_Shown]:
    """Yield every picture that is brought to the drawing's shape."""
    if recipe.origin:
        path = drawing_at(recipe.file(recipe.origin))
        if path.suffix.lower() not in SVG:
            yield _Shown(path.name, _boxed(recipe, size_of(path)), room(recipe))
        elif recipe.has_areas:
            document = read_svg(path)
            yield _Shown(path.name, (document.height, document.width), recipe.size)
    for term in recipe.terms:
        if isinstance(term, Pictured):
            path = recipe.file(term.picture)
            size = room(recipe, turned=term.turn in (90, 270))
            yield _Shown(path.name, _boxed(recipe, size_of(path)), size)


def _boxed(recipe: Recipe, shape: tuple[int, int]) -> tuple[float, float]:
    """Return rows and columns of the part of a picture that the recipe's box names."""
    box = box_of(recipe.crop)
    return (box[3], box[2]) if box else shape


def _remark(shown: _Shown, crop: str) -> str:
    rows, columns = shown.size
    across = shown.shape[1] * rows > shown.shape[0] * columns  # wider than the drawing
    if crop == "fit":
        inner = inner_size(shown.shape, shown.size)
        bare = 1 - inner[0] * inner[1] / (rows * columns)
        where = "above and below it" if across else "left and right of it"
        return (
            f"{shown.name}: all of it is shown; {bare:.0%} of the drawing stays paper, {where}"
            if bare >= WORTH_A_WORD
            else ""
        )
    lost, turned = _lost(shown.shape, shown.size), _lost(shown.shape, shown.size[::-1])
    if lost < WORTH_A_WORD:
        return ""
    where = "left and right" if across else "top and bottom"
    lies = "landscape" if rows > columns else "portrait"
    better = f", and a drawing that lies {lies} would lose {turned:.0%}"
    return (
        f"{shown.name}: {lost:.0%} of it is cut off, {where}, to fill {columns} x {rows} px; "
        f"--crop fit shows all of it{better if lost - turned > MUCH else ''}"
    )


def _lost(shape: tuple[float, float], size: tuple[int, int]) -> float:
    """Return which share of a picture is cut off to fill a size."""
    scale = max(size[0] / shape[0], size[1] / shape[1])
    return 1 - size[0] * size[1] / (shape[0] * shape[1] * scale**2)
