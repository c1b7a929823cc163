"""Networks by the names that a recipe has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from inkdream.errors import unknown
from inkdream.networks import Network
from inkdream.networks.loom import Loom
from inkdream.recipe import NetworkRecipe, Recipe, TermRecipe

BUILT_IN: Mapping[str, Callable[[], Network]] = {"loom": Loom}
# In which network pictures are compared, where no other is looked at.
USUAL = "loom"


def network_names() -> list[str]:
    """Return the names of all networks that can be had without a recipe."""
    return list(BUILT_IN)


def network(name: str, recipe: Recipe | None = None) -> Network:
    """Return the network of that name, loaded and frozen.

    Args:
        name: of a network that is built in, of torchvision's, or of one of the recipe's own.
        recipe: where networks of one's own are named.

    Raises:
        InputError: if there is none, or its weights cannot be had.
    """
    own = {said.name: said for said in recipe.networks} if recipe else {}
    if name in own and recipe:
        return _own(own[name], recipe)
    if name in BUILT_IN:
        return BUILT_IN[name]()
    raise unknown("network", name, [*own, *network_names()])


def networks(recipe: Recipe) -> dict[str, Network]:
    """Return every network that the recipe's terms look at, by name."""
    names = dict.fromkeys(name for term in recipe.terms for name in names_in(term, recipe))
    return {name: network(name, recipe) for name in names}


def names_in(term: TermRecipe, recipe: Recipe) -> list[str]:
    """Return the names of the networks that a term looks at."""
    if term.target:
        return [_network_of(term.target)]
    if term.kind in ("style", "texture", "content"):
        return [_network_of(name) for name in term.layers] or [usual_network(recipe)]
    return []


def usual_network(recipe: Recipe) -> str:
    """Return the name of the network that compares pictures: the first that is looked at anyway."""
    targets = [_network_of(term.target) for term in recipe.terms if term.target]
    return targets[0] if targets else USUAL


def _network_of(target: str) -> str:
    return target.split("/", maxsplit=1)[0]


def _own(said: NetworkRecipe, recipe: Recipe) -> Network:
    raise unknown("network", said.name, network_names())
