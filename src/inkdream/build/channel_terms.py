"""Terms that excite channels of a layer, by the words that a recipe has for them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inkdream.build.making import Maker, Making, needs_places
from inkdream.errors import InputError, shorten
from inkdream.networks import Layer
from inkdream.objectives import Channel, Checkerboard, Direction, Dream, Spike, Term, Unit
from inkdream.recipe import TermRecipe

# One part of a direction: its sign, a factor, and a channel's number or label.
_PART = re.compile(r"\s*([+-]?)\s*(?:(\d+\.?\d*|\.\d+)\s*\*)?\s*([^+*-]+)")


def neuron(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `neuron`: a unit, a channel, a class or a layer.

    Raises:
        InputError: if the target names no layer, channel or place. So do the others.
    """
    wrong = InputError(
        f"target {said.target!r}: write network/layer/channel, network/layer/channel/x,y, "
        "network/layer or network/class/name"
    )
    if not said.target.partition("/")[2]:
        raise wrong
    full_name, layer, rest = making.split(said.target)
    if not all(rest) or len(rest) > 2:
        raise wrong
    common |= {"layer": full_name}
    if not rest:
        return Dream(**common)
    channel = layer.channel(rest[0])
    if len(rest) == 1:
        return Channel(**common, channel=channel)
    place = _place(rest[1], f"target {said.target!r}")
    needs_places(full_name, layer, "one unit")
    return Unit(**_aimed(common, place, making), channel=channel, place=place)


def spike(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `spike`: one channel, or class, against all the rest."""
    full_name, layer, (word,) = making.target(said, "network/layer/channel")
    if layer.channels < 2:
        raise InputError(f"{full_name} has one channel; there is none for it to stand out from")
    return Spike(**common, layer=full_name, channel=layer.channel(word))


def direction(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `direction`: channels with factors, as in 3+7-0.5*12."""
    full_name, layer, (words,) = making.target(said, "network/layer/3+7-0.5*12")
    return Direction(**common, layer=full_name, parts=_parts(words, layer))


def checkerboard(said: TermRecipe, common: dict[str, Any], making: Making) -> Term:
    """Return a term of kind `checkerboard`: two channels in squares, as in 3,7."""
    full_name, layer, (words,) = making.target(said, "network/layer/3,7")
    needs_places(full_name, layer, "a checkerboard")
    channels = [layer.channel(word.strip()) for word in words.split(",")]
    if len(channels) != 2 or channels[0] == channels[1]:
        raise InputError(
            f"target {said.target!r}: {shorten(words)!r} is no pair of channels; write two that "
            "differ, as in 3,7"
        )
    return Checkerboard(
        **common, layer=full_name, channels=(channels[0], channels[1]), square=said.square
    )


def _aimed(common: dict[str, Any], place: tuple[float, float], making: Making) -> dict[str, Any]:
    """Return what terms share, with a sight that looks at the place where views do not see all."""
    recipe, sight = making.recipe, common["sight"]
    if recipe.compose == "field" and max(recipe.size) <= recipe.views.size:
        return common
    return {**common, "sight": replace(sight, place=place)}


# The makers that ask nothing of a network but its layers, by the kinds of their terms.
OF_CHANNELS: Mapping[str, Maker] = {
    "neuron": neuron,
    "spike": spike,
    "direction": direction,
    "checkerboard": checkerboard,
}


def _parts(words: str, layer: Layer) -> tuple[tuple[int, float], ...]:
    """Return the channels and factors that a direction's words say."""
    parts: dict[int, float] = {}
    rest = words
    while rest:
        found = _PART.match(rest)
        # Behind the first part, a sign must stand between two.
        if not found or (parts and not found[1]):
            raise InputError(
                f"{shorten(words)!r} is no direction; write channels with factors, as in 3+7-0.5*12"
            )
        channel = layer.channel(found[3].strip())
        if channel in parts:
            raise InputError(f"direction {shorten(words)!r}: channel {channel} is there twice")
        parts[channel] = float(found[2] or 1) * (-1 if found[1] == "-" else 1)
        rest = rest[found.end() :]
    length = math.hypot(*parts.values())
    if not 0 < length < math.inf:
        raise InputError(f"direction {shorten(words)!r}: its factors are 0, or too large")
    return tuple(parts.items())


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
