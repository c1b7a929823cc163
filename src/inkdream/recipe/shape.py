"""The shape of a drawing of which no size is said: page and pictures know each other.

A page of which nothing is said lies as the picture does that is to be seen on it, and pixels of
which no size is said have the shape of what is inside the page's margins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkdream.errors import InputError
from inkdream.page import USUAL_SIDE, Page
from inkdream.pictures import size_of
from inkdream.recipe.terms import KINDS
from inkdream.toml import read_toml

# What a page may be said by.
_SAID = ("size", "width", "height")
# Kinds of terms that say what is where on the page.
PLACED = tuple(kind for kind, table in KINDS.items() if table.is_placed)
# In an earlier run's folder.
RECIPE = "recipe.toml"
_BOX = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")
FITS = ("cover", "fit")


def check_crop(word: str) -> str:
    """Return how pictures are brought to the drawing's shape; raise ValueError if it is no way."""
    if word in FITS:
        return word
    box = box_of(word)
    if box is None or 0 in box[2:]:
        raise ValueError(
            f"{word!r}: write cover (fill the drawing, and cut off what is beyond), fit (show all "
            "of it), or X,Y,W,H: px of the picture from its left and top edge, and how many"
        )
    return ",".join(map(str, box))


def box_of(word: str) -> tuple[int, int, int, int] | None:
    """Return left, top, width and height in px of 'X,Y,W,H'; None for other words."""
    found = _BOX.fullmatch(word)
    return (int(found[1]), int(found[2]), int(found[3]), int(found[4])) if found else None


def with_shape(table: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """Return a recipe's table with the page and the size that follow from what it says.

    What is not as it should be is left for others to refuse.

    Args:
        table: as people wrote it.
        place: where a file that it names is.
    """
    made = dict(table)
    page = made.get("page", {})
    if not isinstance(page, dict):
        return made
    is_page_said = any(key in page for key in _SAID)
    earlier = _earlier(made, place)
    if earlier and not is_page_said:
        page = {**{key: value for key, value in earlier["page"].items() if key != "scale"}, **page}
    sides = None if earlier else _picture(made, place)
    if sides and sides[1] > sides[0] and not is_page_said:
        page = {**page, "size": "a5 landscape"}
    if page:
        made["page"] = page
    if made.get("medium") == "strokes":
        return made
    if earlier and not is_page_said:
        return {"width": earlier["width"], "height": earlier["height"], **made}
    return _sized(made, page) if is_page_said or sides else made


def size_on(page: Page) -> tuple[int, int]:
    """Return rows and columns of a drawing in px of which only the page is said."""
    made = _sized({}, page.model_dump())
    return made["height"], made["width"]


def _sized(table: dict[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of pixels with the size that is not said: as the page is inside its margins.

    Its longer side has as many px as is usual, if neither is said.
    """
    try:
        left, top, right, bottom = Page.model_validate(page).inside
        shape = (right - left) / (bottom - top)
        width, height = (float(table.get(key, 0)) for key in ("width", "height"))
    except (ValidationError, TypeError, ValueError):
        return table
    if not width and not height:
        width, height = USUAL_SIDE * min(1.0, shape), USUAL_SIDE * min(1.0, 1 / shape)
    # Round numbers only where nobody said one.
    found = {"width": round(width or height * shape), "height": round(height or width / shape)}
    return {**found, **table}


def _picture(table: Mapping[str, Any], place: Callable[[str], str]) -> tuple[int, int] | None:
    """Return rows and columns of the first picture that is to be seen on the page, or its part."""
    box = box_of(str(table.get("crop", "")))
    terms = table.get("terms")
    named = [table.get("origin")]
    for term in terms if isinstance(terms, list | tuple) else ():
        is_placed = isinstance(term, dict) and term.get("kind") in PLACED
        if is_placed and not term.get("turn") and not term.get("where"):
            named.append(term.get("picture"))
    for name in named:
        if not isinstance(name, str) or not name:
            continue
        try:
            size = size_of(Path(place(name)))
        except (InputError, OSError, ValueError):
            continue  # an SVG, or what is no picture at all
        return (box[3], box[2]) if box else size
    return None


def _earlier(table: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any] | None:
    """Return the recipe of the earlier run that a drawing begins from, if it does."""
    name = table.get("origin")
    if not isinstance(name, str) or not name:
        return None
    try:
        recipe = read_toml(Path(place(name)) / RECIPE, "a recipe")
        known = {key: recipe[key] for key in ("page", "width", "height")}
    except (InputError, KeyError, OSError, ValueError):
        return None
    return known if isinstance(known["page"], dict) else None
