"""What somebody may have meant who named a layer or a class without its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from inkdream.errors import InputError, shorten, unknown
from inkdream.networks import Layer, Network

# How alike a word must be to that which it is taken for, of 1.
ALIKE = 0.75


def meant(target: str, layers: Mapping[str, Sequence[Layer]]) -> str:
    """Return the whole target that a part of one stands for; "" if it is no part of any.

    With loom's layers that is 'loom/conv4_1/17' for 'conv4_1/17', 'loom/class/spiral' for 'spiral'.

    Args:
        target: a layer with what stands behind it, or the name of a class.
        layers: of the networks to look in, by name.
    """
    word, slash, rest = target.partition("/")
    for cutoff in (1.0, ALIKE):
        for name, known in layers.items():
            names = {layer.name.lower(): layer.name for layer in known}
            if layer := get_close_matches(word.lower(), names, n=1, cutoff=cutoff):
                return f"{name}/{names[layer[0]]}{slash}{rest}"
            labels = {label.lower(): label for label in known[-1].labels}
            if label := get_close_matches(target.lower(), labels, n=1, cutoff=cutoff):
                return f"{name}/class/{labels[label[0]]}"
    return ""


def unknown_network(
    target: str, names: Sequence[str], layers: Mapping[str, Sequence[Layer]]
) -> InputError:
    """Return the error for a target whose first word is no network.

    Args:
        target: as it was given.
        names: of all networks that there are.
        layers: of those in which to look for what was meant, by name.
    """
    name = target.partition("/")[0]
    if name in names:
        return InputError(
            f"{shorten(target)!r} is no network, but in one: inkdream networks {name} lists all"
        )
    whole = "" if get_close_matches(name, names, n=1, cutoff=ALIKE) else meant(target, layers)
    if not whole:
        return unknown("network", name, names)
    return InputError(
        f"{shorten(target)!r} names no network (such as {names[0]}). Did you mean {whole!r}?"
    )


def check_class(target: str, networks: Mapping[str, Network]) -> None:
    """Raise InputError for a class that is named as if it were a layer: loom/spiral."""
    name, _, rest = target.partition("/")
    layers = networks[name].layers if name in networks else ()
    labels = {label.lower(): label for label in layers[-1].labels} if layers else {}
    if rest.lower() in labels and rest not in {layer.name for layer in layers}:
        whole = f"{name}/class/{labels[rest.lower()]}"
        raise InputError(
            f"unknown layer of {name} {shorten(rest)!r}. Did you mean {whole!r}, the class?"
        )
