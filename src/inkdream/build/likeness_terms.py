"""Terms of likeness to a picture, by the words that a recipe has for them."""

from __future__ import annotations

from typing import Any

from inkdream.build.making import Making
from inkdream.build.placed import placed
from inkdream.objectives import Like, Term
from inkdream.recipe import TermRecipe


def like(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `like`; its picture is read now, once.

    Args:
        said: the term's table.
        common: its name, weight and sight.
        making: the recipe, and what else there is to make terms with.

    Raises:
        InputError: if the file is no picture.
    """
    found = placed(making.recipe, said.picture, turned=said.turn in (90, 270))
    return Like(**common, target=found.shown, blank=found.blank, edges=said.edges)
