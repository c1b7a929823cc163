"""Networks and terms by the words that a recipe has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from inkdream.errors import InputError, unknown
from inkdream.networks import Network
from inkdream.networks.loom import Loom
from inkdream.objectives import Channel, Dream, Objective, Term, Unit
from inkdream.recipe import Recipe, TermRecipe

NETWORKS: Mapping[str, Callable[[], Network]] = {"loom": Loom}

# The name by which users ask for a class, `loom/class/spiral`; the layer itself is `logits`.
CLASS_LAYER = "class"


def network(name: str) -> Network:
    """Return the network of that name, loaded and frozen.

    Raises:
        InputError: if there is none.
    """
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    return NETWORKS[name]()


def networks(recipe: Recipe) -> dict[str, Network]:
    """Return every network that the recipe's terms look at, by name."""
    names = dict.fromkeys(term.target.split("/")[0] for term in recipe.terms)
    return {name: network(name) for name in names}


def objective(recipe: Recipe, known: Mapping[str, Network]) -> Objective:
    """Return the recipe's terms.

    Raises:
        InputError: if a target names no layer, channel or place.
    """
    terms = [_term(term, number, known) for number, term in enumerate(recipe.terms)]
    _check_sizes(recipe, terms, known)
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"terms: {twice} is given twice; give it once, with the sum of weights")
    return Objective(terms)


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


def _term(said: TermRecipe, number: int, known: Mapping[str, Network]) -> Term:
    name, _, rest = said.target.partition("/")
    words = rest.split("/") if rest else []
    where = f"terms.{number}: target {said.target!r}"
    if not 1 <= len(words) <= 3 or not all(words):
        raise InputError(
            f"{where}: write network/layer/channel, network/layer/channel/x,y, network/layer or "
            "network/class/name"
        )
    layer = known[name].layer("logits" if words[0] == CLASS_LAYER else words[0])
    full_name = f"{name}/{layer.name}"
    common = {"name": said.target, "weight": said.weight, "layer": full_name}
    if len(words) == 1:
        return Dream(**common)  # type: ignore[arg-type]
    channel = layer.channel(words[1])
    if len(words) == 2:
        return Channel(**common, channel=channel)  # type: ignore[arg-type]
    return Unit(**common, channel=channel, place=_place(words[2], where))  # type: ignore[arg-type]


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
