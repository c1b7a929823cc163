"""Terms by the words that a recipe has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.build.aids import aids
from inkdream.build.channel_terms import OF_CHANNELS
from inkdream.build.likeness_terms import like
from inkdream.build.lookup import check_class
from inkdream.build.making import Maker, Making
from inkdream.build.picture_terms import content, style, texture, unlike
from inkdream.build.pictures import read_mask
from inkdream.build.scales import in_units
from inkdream.build.word_terms import text
from inkdream.errors import InputError
from inkdream.ground import figure
from inkdream.networks import Network
from inkdream.objectives import Objective, Sight, Smooth, Term
from inkdream.recipe import Recipe, TermRecipe

MAKERS: Mapping[str, Maker] = {
    **OF_CHANNELS,
    "unlike": unlike,
    "style": style,
    "texture": texture,
    "content": content,
    "like": like,
    "text": text,
    "smooth": lambda said, common, making: Smooth(**common),
}


def objective(recipe: Recipe, known: Mapping[str, Network]) -> Objective:
    """Return the recipe's terms, measured so that their weights mean alike (see `in_units`).

    Pictures that terms compare with are read and looked at now, once.

    Raises:
        InputError: if a target names no layer, channel or place, a file is no picture, two terms
            are the same, or a picture is too small for a layer.
    """
    making = Making(recipe, known)
    terms = [_term(term, number, making) for number, term in enumerate(recipe.terms)]
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"terms: {twice} is given twice; give it once, with the sum of weights")
    masks = {term.where: _lit_mask(recipe, term.where) for term in recipe.terms if term.where}
    if recipe.compose == "figure":
        terms, masks = _as_figures(recipe, terms)
    view = (min(recipe.size[0], recipe.views.size), min(recipe.size[1], recipe.views.size))
    return Objective(in_units(terms, known, view), masks, aids(recipe, terms, known, view))


def _lit_mask(recipe: Recipe, path: str) -> Float[Tensor, "H W"]:
    """Return a term's mask; raise InputError if the term could change nothing."""
    mask = read_mask(recipe, path)
    if not float(mask.max()) > 0:
        raise InputError(f"where: {recipe.file(path).name} is black all over; no term changes that")
    return mask


def _as_figures(
    recipe: Recipe, terms: Sequence[Term]
) -> tuple[list[Term], dict[str, Float[Tensor, "H W"]]]:
    """Return terms that each change the picture around one place alone, and their masks."""
    made, figures = [], {}
    for term in terms:
        turns, place = term.sight.turn // 90, term.sight.place or (0.5, 0.5)
        size = recipe.size[::-1] if turns % 2 else recipe.size
        name = f"figure at {place} turned {turns}"
        figures[name] = torch.rot90(figure(place, size), -turns)
        seen = replace(term.sight, mask=name, side=recipe.views.size)
        made.append(replace(term, sight=seen))
    return made, figures


def _term(said: TermRecipe, number: int, making: Making) -> Term:
    said = making.with_colon(said)
    common = {"name": said.name, "weight": said.weight, "sight": Sight(said.turn, said.where)}
    try:
        check_class(said.target, making.known)
        return MAKERS[said.kind](said, common, making)
    except InputError as error:
        raise InputError(f"terms.{number}: {error}") from error
