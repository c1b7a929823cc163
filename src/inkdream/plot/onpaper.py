"""What of a plot lies on paper already: what a machine has drawn by a time, or whole layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten, unknown
from inkdream.plot.machines import Machine
from inkdream.plot.motion import drawn_at
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.refill import is_mark
from inkdream.plot.run_sheet import clock

# For each layer, which of its strokes are meant.
Marked = tuple[NDArray[np.bool_], ...]
_RANGE = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?")


def on_paper(
    plot: Plot, machine: Machine, seconds: float | None, layers: Sequence[str] = ()
) -> Marked:
    """Return which strokes of a plot lie on paper.

    Args:
        plot: in the order in which it is drawn.
        machine: that draws it.
        seconds: since it began, pen changes left out: a stroke is there if the pen has been lifted
            from it by then, and the one in hand is not. None if layers are named instead.
        layers: all that is there: names of pens, and numbers of layers from 1, '2' or '1-3'.

    Raises:
        InputError: if the plot takes less time, or has no such layer.
    """
    if seconds is None:
        chosen = {index for word in layers for index in _places(word, plot)}
        return tuple(
            np.full(len(layer.strokes), index in chosen) for index, layer in enumerate(plot.layers)
        )
    times = drawn_at(plot, machine)
    most = max((float(each[-1]) for each in times if len(each)), default=0.0)
    if seconds > most:
        raise InputError(
            f"the plot takes only {clock(most)} on {machine.name}, and then all of it is on paper"
        )
    return tuple(each <= seconds for each in times)


def parted(plot: Plot, marked: Sequence[NDArray[np.bool_]]) -> tuple[Plot, Plot]:
    """Return a plot of the marked strokes, and one of all others; layers without any are gone.

    What a refilled pen draws belongs to its layer again, and the marks to try it are gone.
    """
    return _only(plot, marked), _only(plot, [~each for each in marked])


def count(marked: Sequence[NDArray[np.bool_]]) -> int:
    """Return how many strokes are marked."""
    return sum(int(each.sum()) for each in marked)


def _only(plot: Plot, marked: Sequence[NDArray[np.bool_]]) -> Plot:
    layers: list[Layer] = []
    for layer, which in zip(plot.layers, marked, strict=True):
        tried = 1 if layer.is_refill and is_mark(layer.strokes[0]) else 0
        pairs = zip(layer.strokes[tried:], which[tried:].tolist(), strict=True)
        strokes: tuple[Stroke, ...] = tuple(stroke for stroke, is_meant in pairs if is_meant)
        if layer.is_refill and layers:
            layers[-1] = replace(layers[-1], strokes=layers[-1].strokes + strokes)
        else:
            layers.append(replace(layer, strokes=strokes, is_refill=False))
    return replace(plot, layers=tuple(layer for layer in layers if layer.strokes))


def _places(word: str, plot: Plot) -> list[int]:
    """Return the indices of the layers that a word names.

    Raises:
        InputError: if there is no such layer.
    """
    titles = [layer.title for layer in plot.layers]
    pens = [layer.pen.name for layer in plot.layers]
    wanted = word.lower()
    # A pen's name stands for its refills, too.
    for names in (pens, titles):
        if found := [index for index, name in enumerate(names) if name.lower() == wanted]:
            return found
    if numbers := _RANGE.fullmatch(word):
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        if 1 <= first <= last <= len(titles):
            return list(range(first - 1, last))
        raise InputError(
            f"there is no layer {shorten(word)}: the plot has layers 1 to {len(titles)}, "
            f"{', '.join(titles)}"
        )
    error = unknown("layer", word, dict.fromkeys(titles))
    raise InputError(f"{error}; a time is written 12min or 1h30m")
