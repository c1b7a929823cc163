"""What the makers of terms share: the recipe, its networks, and what targets mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inkdream.errors import InputError
from inkdream.networks import Layer, Network
from inkdream.objectives import Term
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
            InputError: if there is none, or views are so small that it has no place in them.
        """
        name, _, word = full_name.partition("/")
        network = self.known[name]
        layer = network.layer("logits" if word == CLASS_LAYER else word)
        # A layer without places, such as class logits, stands behind all that have some.
        stride = layer.stride or max(other.stride for other in network.layers)
        least = min(*self.recipe.size, self.recipe.views.size)
        if least < stride:
            raise InputError(
                f"{full_name} needs pictures of at least {stride} px a side; this one has {least}"
            )
        return layer

    def target(self, said: TermRecipe, form: str) -> tuple[str, Layer, list[str]]:
        """Return the layer of a term's target, its full name first, and the words behind it.

        Args:
            said: the term's table.
            form: how its target is written, for the error: `network/layer/channel`.

        Raises:
            InputError: if the target has fewer or more parts than the form, or names no layer.
        """
        name, _, rest = said.target.partition("/")
        words = rest.split("/")
        if not all(words) or len(words) != form.count("/"):
            raise InputError(f"target {said.target!r}: write {form}")
        layer = self.layer(f"{name}/{words[0]}")
        return f"{name}/{layer.name}", layer, words[1:]


# Turns a term's table into the term; `common` holds its name, weight and sight.
Maker = Callable[[TermRecipe, dict[str, Any], Making], Term]


def needs_places(full_name: str, layer: Layer, why: str) -> None:
    """Raise InputError if a layer has no height and width.

    Args:
        full_name: of the layer.
        layer: the layer.
        why: what needs places, for the error.
    """
    if not layer.stride:
        raise InputError(f"{full_name} has no places, only one value for all: {why} needs places")
