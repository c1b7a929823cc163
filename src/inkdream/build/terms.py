"""Terms by the words that a recipe has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inkdream.build.pictures import read_mask
from inkdream.errors import InputError
from inkdream.networks import Layer, Network
from inkdream.objectives import Channel, Dream, Objective, Sight, Term, Unit
from inkdream.recipe import Recipe, TermRecipe

# The name by which users ask for a class, `loom/class/spiral`; the layer itself is `logits`.
CLASS_LAYER = "class"


@dataclass(frozen=True)
class Making:
    """What terms are made with.

    Attributes:
        recipe: the run's.
        known: networks by name.
    """

    recipe: Recipe
    known: Mapping[str, Network]

    def layer(self, full_name: str) -> Layer:
        """Return a layer by its full name, `network/layer`.

        Raises:
            InputError: if there is none.
        """
        name, _, layer = full_name.partition("/")
        return self.known[name].layer("logits" if layer == CLASS_LAYER else layer)


# Turns a term's table into the term; `common` holds its name, weight and sight.
Maker = Callable[[TermRecipe, dict[str, Any], Making], Term]


def objective(recipe: Recipe, known: Mapping[str, Network]) -> Objective:
    """Return the recipe's terms.

    Raises:
        InputError: if a target names no layer, channel or place.
    """
    making = Making(recipe, known)
    terms = [_term(term, number, making) for number, term in enumerate(recipe.terms)]
    _check_sizes(recipe, terms, known)
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"terms: {twice} is given twice; give it once, with the sum of weights")
    masks = {term.where: read_mask(recipe, term.where) for term in recipe.terms if term.where}
    return Objective(terms, masks)


def _check_sizes(recipe: Recipe, terms: Sequence[Term], known: Mapping[str, Network]) -> None:
    """Raise InputError where a view is so small that a layer would have no place in it."""
    least = min(*recipe.size, recipe.views.size)
    for full_name in {name for term in terms for name in term.layers}:
        name, _, layer = full_name.partition("/")
        stride = known[name].layer(layer).stride or known[name].layers[-2].stride
        if least < stride:
            raise InputError(
                f"{full_name} needs pictures of at least {stride} px a side; this one has {least}"
            )


def _term(said: TermRecipe, number: int, making: Making) -> Term:
    common = {"name": said.name, "weight": said.weight, "sight": Sight(said.turn, said.where)}
    try:
        return MAKERS[said.kind](said, common, making)
    except InputError as error:
        raise InputError(f"terms.{number}: {error}") from error


def _neuron(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    name, _, rest = said.target.partition("/")
    words = rest.split("/") if rest else []
    where = f"target {said.target!r}"
    if not 1 <= len(words) <= 3 or not all(words):
        raise InputError(
            f"{where}: write network/layer/channel, network/layer/channel/x,y, network/layer or "
            "network/class/name"
        )
    layer = making.layer(f"{name}/{words[0]}")
    common |= {"layer": f"{name}/{layer.name}"}
    if len(words) == 1:
        return Dream(**common)
    channel = layer.channel(words[1])
    if len(words) == 2:
        return Channel(**common, channel=channel)
    return Unit(**common, channel=channel, place=_place(words[2], where))


def _place(words: str, where: str) -> tuple[float, float]:
    if words in ("centre", "center"):
        return (0.5, 0.5)
    try:
        x, y = (float(word) for word in words.split(","))
    except ValueError:
        raise InputError(f"{where}: {words!r} is no place; write centre or x,y") from None
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InputError(f"{where}: {words!r} is no place; x and y are shares from 0 to 1")
    return (x, y)


MAKERS: Mapping[str, Maker] = {"neuron": _neuron}
