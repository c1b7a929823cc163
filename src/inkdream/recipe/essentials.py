"""The shortest table that means a recipe: what was asked for, without all that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from inkdream.recipe.naming import page_name
from inkdream.recipe.recipe import Recipe

# What is usual where a drawing begins from another, or keeps one, is that one's.
_OF_EARLIER = {"medium", "pens", "paper", "page"}


def essential(recipe: Recipe) -> dict[str, Any]:
    """Return a small table of which the same recipe is made.

    What a key's neighbours already say is left out, whole tables first; what is left is about what
    somebody wrote. Files are named as in the recipe.

    >>> essential(Recipe(inks=3, steps=50))
    {'steps': 50, 'inks': 3, 'terms': [{'target': 'loom/conv4_1/17'}]}
    >>> essential(Recipe(medium="strokes", page={"size": "a4"}))["page"]
    'a4'
    """
    whole = recipe.model_dump(mode="json")
    table = deepcopy(whole)
    said = {"terms"}
    if recipe.origin or recipe.keep.source:
        said |= _OF_EARLIER | ({"width", "height"} if recipe.has_areas else set())
    for path in [*_paths(whole, 1), *_paths(whole, 2)]:
        # What is drawn is said in any case, though it may be the usual.
        if path[0] not in said:
            _try_without(table, path, whole)
    for number, term in enumerate(table.get("terms", ())):
        for key in list(term):
            _try_without(table, ("terms", number, key), whole)
    _try_with(table, "page", page_name(recipe.page), whole)
    if isinstance(table.get("page"), dict):
        size = {"size": page_name(recipe.page)}
        rest = {key: table["page"][key] for key in ("margin", "scale") if key in table["page"]}
        _try_with(table, "page", {**size, **rest}, whole)
    if set(recipe.inks) == {"?"}:
        _try_with(table, "inks", len(recipe.inks), whole)
    return table


def _paths(table: dict[str, Any], depth: int) -> Iterator[tuple[str, ...]]:
    """Yield the path of every entry so deep in tables, the last first.

    Later keys follow from earlier ones more often than the other way.
    """
    for key in reversed(table):
        if depth == 1:
            yield (key,)
        elif isinstance(table[key], dict):
            yield from ((key, *path) for path in _paths(table[key], depth - 1))


def _try_without(table: dict[str, Any], path: tuple[Any, ...], whole: dict[str, Any]) -> None:
    """Leave an entry out of a table, if the same recipe is made of what is left."""
    inner: Any = table
    for key in path[:-1]:
        if key not in inner if isinstance(inner, dict) else False:
            return
        inner = inner[key]
    if path[-1] not in inner:
        return
    items = list(inner.items())
    value = inner.pop(path[-1])
    if _whole(table) != whole:
        inner.clear()
        inner.update({**dict(items), path[-1]: value})


def _try_with(table: dict[str, Any], key: str, value: Any, whole: dict[str, Any]) -> None:
    """Write an entry another way, if the same recipe is made of it."""
    if key in table and _whole({**table, key: value}) == whole:
        table[key] = value


def _whole(table: dict[str, Any]) -> dict[str, Any] | None:
    """Return all keys of the recipe that a table makes; None if it makes none."""
    if isinstance(page := table.get("page"), str):
        table = {**table, "page": {"size": page}}
    try:
        return Recipe.model_validate(deepcopy(table)).model_dump(mode="json")
    except ValidationError:
        return None
