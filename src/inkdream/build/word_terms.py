"""Terms of words, and the networks that they are compared with pictures by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkdream.build.making import Making
from inkdream.errors import InputError
from inkdream.networks.clip import PICTURE, Clip, check_words
from inkdream.objectives import Term, Text
from inkdream.recipe import Recipe, TermRecipe

# The network for words: `clip`, and for further models `clip-2`, `clip-3` ...
CLIP = "clip"


def clip_models(recipe: Recipe) -> Mapping[str, str]:
    """Return the model of every network for words, by the network's name.

    The first that a term names is `clip`, or the usual one where there is no such term.

    Raises:
        InputError: if a network of one's own has such a name, or a term's words are none.
    """
    said = [(number, term) for number, term in enumerate(recipe.terms) if term.kind == "text"]
    for number, term in said:
        try:
            check_words(term.words)
        except InputError as error:
            raise InputError(f"terms.{number}: {error}") from error
    usual = TermRecipe.model_fields["model"].default
    models = dict.fromkeys(term.model for _, term in said) or {usual: None}
    names = [f"{CLIP}-{number}" if number > 1 else CLIP for number in range(1, len(models) + 1)]
    taken = {network.name for network in recipe.networks} & set(names)
    if said and taken:
        raise InputError(
            f"networks: {min(taken)} is the network for words; give yours another name"
        )
    return dict(zip(names, models, strict=True))


def clip_name(term: TermRecipe, recipe: Recipe) -> str:
    """Return the name of the network that a term of words looks at."""
    return next(name for name, model in clip_models(recipe).items() if model == term.model)


def text(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return the term for `words`."""
    name = clip_name(said, making.recipe)
    network = making.known[name]
    if not isinstance(network, Clip):
        raise InputError(f"{name} cannot read words")
    return Text(**common, layer=f"{name}/{PICTURE}", embedding=network.embed(said.words))
