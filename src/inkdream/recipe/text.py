"""What follows for a recipe from terms of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# How pictures are looked at where words describe them, and the recipe says nothing else. A network
# for words is easily fooled by single views (Frans et al., "CLIPDraw", 2021); most such networks
# take pictures of 224 px, so that these views need no resizing.
TEXT_VIEWS: Mapping[str, Any] = {
    "count": 8,
    "size": 224,
    "jitter": 16,
    "scale": 1.3,
    "rotation": 10,
    "flip": False,
}


def fill_in_words(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's table with the views that words need, where it has terms of words.

    What is no table where there should be one is left for others to refuse.
    """
    terms, views = said.get("terms"), said.get("views", {})
    has_words = isinstance(terms, list | tuple) and any(map(_is_text, terms))
    if not has_words or not isinstance(views, Mapping):
        return dict(said)
    return {**said, "views": {**TEXT_VIEWS, **views}}


def _is_text(term: Any) -> bool:
    kind = term.get("kind") if isinstance(term, Mapping) else getattr(term, "kind", None)
    return bool(kind == "text")
