"""What factories of terms share: the recipe, its networks, and how targets are read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inkdream.errors import InputError
from inkdream.networks import Layer, Network
from inkdream.networks.lookup import clip_name, network_of_target
from inkdream.objectives.base import Term
from inkdream.recipe import Recipe, TermRecipe
from inkdream.recipe.terms import Compared, Targeted
from inkdream.recipe.terms import Text as TextTable

# In which network pictures are compared, where no other is looked at.
USUAL = "loom"
# The name by which users ask for a class, `loom/class/spiral`; the layer itself is `logits`.
CLASS_LAYER = "class"


@dataclass(frozen=True)
class Context:
    """What terms are made with.

    Attributes:
        recipe: of the run.
        known: networks by name.
    """

    recipe: Recipe
    known: Mapping[str, Network]

    def layer(self, full_name: str) -> Layer:
        """Return a layer by its full name, `network/layer`.

        Raises:
            InputError: if there is none, or views are so small that it has no place in them.
        """
        name, _, word = full_name.partition("/")
        network = self.known[name]
        is_classes = word == CLASS_LAYER and not network.has(word)
        layer = network.layer("logits" if is_classes else word)
        # A layer without places, such as class logits, stands behind all that have some.
        stride = layer.stride or network.largest_stride
        least = min(*self.recipe.size, self.recipe.views.size)
        if least < stride:
            raise InputError(
                f"{full_name} needs pictures of at least {stride} px a side; this one has {least}"
            )
        return layer

    def target(self, term: Targeted, form: str) -> tuple[str, Layer, list[str]]:
        """Return a target's full layer name, its layer, and the words behind it.

        Args:
            term: the term's table.
            form: how its target is written, for the error: `network/layer/channel`.

        Raises:
            InputError: if the target has fewer or more parts than the form, or names no layer.
        """
        full_name, layer, words = self.split(term.target)
        if not all(words) or len(words) != form.count("/") - 1:
            raise InputError(f"target {term.target!r}: write {form}")
        return full_name, layer, words

    def split(self, target: str) -> tuple[str, Layer, list[str]]:
        """Return a target's full layer name, its layer, and the words behind it.

        Names of layers and classes may have slashes in them.

        Raises:
            InputError: if the target names no layer.
        """
        name, _, rest = target.partition("/")
        parts = rest.split("/")
        word, words = parts[0], parts[1:]
        for count in range(len(parts), 0, -1):
            whole = "/".join(parts[:count])
            if self.known[name].has(whole):
                word, words = whole, parts[count:]
                break
        layer = self.layer(f"{name}/{word}")
        for count in range(len(words), 1, -1):
            if (label := "/".join(words[:count])) in layer.labels:
                words = [label, *words[count:]]
        return f"{name}/{layer.name}", layer, words

    def with_colon(self, term: Targeted) -> Targeted:
        """Return a term whose target ends with a colon and a number, if that is a layer's name.

        Flags take what is behind the last colon for a weight: `net/act:0` may be a layer.
        """
        name, _, rest = term.target.partition("/")
        whole = f"{rest}:{abs(term.weight):g}"
        network = self.known.get(name)
        if not network or network.has(rest) or not network.has(whole):
            return term
        weight = math.copysign(1.0, term.weight)
        return term.model_copy(update={"target": f"{name}/{whole}", "weight": weight})


def names_in(term: TermRecipe, recipe: Recipe) -> list[str]:
    """Return the names of the networks that a term looks at."""
    if isinstance(term, TextTable):
        return [clip_name(term, recipe)]
    named = [network_of_target(target) for target in term.targets]
    return named or [usual_network(recipe)] * isinstance(term, Compared)


def usual_network(recipe: Recipe) -> str:
    """Return the network that compares pictures: the first that a target names, else loom."""
    targets = [
        network_of_target(term.target) for term in recipe.terms if isinstance(term, Targeted)
    ]
    return targets[0] if targets else USUAL


# Turns a term's table into the term; `common` holds its name, weight and term view.
Factory = Callable[[Any, dict[str, Any], Context], Term]


def needs_places(full_name: str, layer: Layer, why: str) -> None:
    """Raise InputError if a layer has no height and width; `why` says what needs them."""
    if not layer.stride:
        raise InputError(f"{full_name} has no places, only one value for all: {why} needs places")
