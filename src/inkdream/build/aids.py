"""Terms that shape the climb and are in no score: how far classes lead, how natural layers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inkdream.build.scales import strong_activations
from inkdream.networks import Network
from inkdream.objectives import Channel, Term
from inkdream.objectives.natural import Natural, Rivals
from inkdream.recipe import Recipe


def aids(
    recipe: Recipe, terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> list[Term]:
    """Return what `climb.margin` and `climb.natural` ask for beside a recipe's terms.

    Args:
        recipe: the run's.
        terms: its terms.
        known: networks by name.
        size: rows and columns of a view.
    """
    channels = [term for term in terms if isinstance(term, Channel) and term.weight > 0]
    made: list[Term] = []
    if recipe.climb.margin:
        made += [
            Rivals(
                name=f"rivals of {term.name}",
                weight=-recipe.climb.margin * term.weight,
                scale=term.scale,
                sight=term.sight,
                layer=term.layer,
            )
            for term in channels
            if term.layer.endswith("/logits")
        ]
    if recipe.climb.natural:
        made += [
            Natural(
                name=f"natural {name}",
                weight=recipe.climb.natural * _unit(name, terms, known, size),
                statistics={f"{name}/{key}": value for key, value in network.statistics.items()},
            )
            for name, network in known.items()
            if network.statistics
        ]
    return made


def _unit(
    name: str, terms: Sequence[Term], known: Mapping[str, Network], size: tuple[int, int]
) -> float:
    """Return what a strong activation of the first layer looked at is worth in the sum."""
    term = next(
        (term for term in terms if term.degree and term.layers[0].split("/")[0] == name), None
    )
    if term is None:
        return 1.0
    strong = strong_activations(term.layers, known, size)[term.layers[0]]
    return float(abs(term.weight) / term.scale * strong**term.degree)
