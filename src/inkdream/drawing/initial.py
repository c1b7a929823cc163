"""What a drawing begins from, where a recipe names it: a picture, an SVG, or an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from inkdream.drawing.fitting import fitted as fitted_strokes
from inkdream.drawing.fitting import longest
from inkdream.drawing.kept import without_kept
from inkdream.errors import InputError
from inkdream.inking.occlusion import Mark, colours_on, visible
from inkdream.page import Page
from inkdream.placement import SVG, arranged, placed
from inkdream.plot.plot import Stroke
from inkdream.recipe import Recipe
from inkdream.recipe.reading import drawing_at
from inkdream.recipe.tables import box_of
from inkdream.svg.document import Document
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg
from inkdream.svg.xml import chunks

# A stroke may be off its line by this share of the finest pen's line, and pieces of a line are no
# shorter than so many.
OFF, SHORTEST = 0.5, 4.0


@dataclass(frozen=True, eq=False)
class Lines:
    """Strokes to begin with.

    Attributes:
        points: control points in mm on the page.
        colours: linear RGB of each, on its paper.
        alone: whether no strokes are drawn beside them.
    """

    points: Float[Tensor, "R N 2"]
    colours: Float[Tensor, "R 3"]
    alone: bool = False


@dataclass(frozen=True, eq=False)
class Origin:
    """What a drawing begins from: one of the two.

    Attributes:
        picture: linear RGB, of the drawing's size.
        lines: of an SVG, for strokes.
    """

    picture: Float[Tensor, "3 H W"] | None = None
    lines: Lines | None = None


def origin(recipe: Recipe) -> Origin:
    """Return what the recipe's drawing begins from.

    Pixels begin from a picture, into which an SVG is drawn first; strokes from an SVG's lines, or
    along a picture's.

    Raises:
        InputError: if the file is no picture or SVG, or has no line that can be seen; if a folder
            is no run's, or its run is not finished.
    """
    path = drawing_at(recipe.file(recipe.origin))
    if path.suffix.lower() not in SVG:
        return Origin(placed(recipe, str(path.absolute())).bled)
    document = read_svg(path)
    if not recipe.has_areas:
        return Origin(lines=_lines(path, without_kept(document, recipe), recipe))
    return Origin(_rendered(path, document, recipe))


def _rendered(path: Path, document: Document, recipe: Recipe) -> Float[Tensor, "3 H W"]:
    """Return an SVG as resvg draws it, brought to the drawing's shape as the recipe's crop says."""
    if box_of(recipe.crop):
        raise InputError(
            f"crop {recipe.crop}: an SVG, as {path.name} is, has no px; write cover or fit"
        )
    rows, columns = recipe.size
    scale = max(rows / document.height, columns / document.width)
    height, width = round(document.height * scale), round(document.width * scale)
    try:
        text = b"".join(chunks(path)).decode("utf-8")
        picture = render_svg(text, recipe.paper, height, width, foreign=True)
    except (InputError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    return arranged(torch.from_numpy(picture), recipe, recipe.size).picture


def _lines(path: Path, document: Document, recipe: Recipe) -> Lines:
    """Return the lines that can be seen of an SVG as strokes; if they are too many, the longest."""
    finest = min(pen.width for pen in recipe.pens)
    marks = visible(document, 0.0, 0.0).marks
    if not marks:
        beside = " but what stays" if recipe.keep.source else ""
        raise InputError(
            f"{path}: has no line that can be seen{beside}, and strokes begin from lines"
        )
    factor, shift = _place(document, marks, recipe.page)
    points, numbers = fitted_strokes(
        [Stroke(mark.stroke.points * factor + shift, mark.stroke.curved) for mark in marks],
        recipe.strokes.spans_of,
        longest=min(recipe.page.width, recipe.page.height),
        tolerance=OFF * finest,
        shortest=SHORTEST * finest,
        corners=recipe.strokes.corners,
    )
    kept = longest(points, recipe.strokes.count)
    inks = colours_on([mark.look for mark in marks], recipe.paper)[numbers]
    return Lines(torch.from_numpy(points[kept]).float(), torch.from_numpy(inks[kept]).float())


def _place(
    document: Document, marks: tuple[Mark, ...], page: Page
) -> tuple[float, NDArray[np.float64]]:
    """Return by how much a document is enlarged, and where its corner then lies, in mm.

    Its page is fit to the sheet, if its lines then lie inside the margin, as those of a run do;
    else it is fit into the margin. It is centred.
    """
    size, sheet = np.array([document.width, document.height]), np.array([page.width, page.height])
    factor = float((sheet / size).min())
    shift = (sheet - factor * size) / 2
    points = np.concatenate([mark.stroke.points for mark in marks]) * factor + shift
    left, top, right, bottom = page.inside
    if (points.min(0) < [left, top]).any() or (points.max(0) > [right, bottom]).any():
        factor = float(((sheet - 2 * page.margin) / size).min())
        shift = (sheet - factor * size) / 2
    return factor, shift
