"""Ink that nobody could see is left out: a plotter would draw it all the same."""

from __future__ import annotations

from dataclasses import replace

from inkdream.plot.plot import Plot
from inkdream.plot.svg import unseen


def without_unseen(plot: Plot) -> Plot:
    """Return the plot without pens whose ink changes nothing; learned inks may end there."""
    while hidden := unseen(plot):
        layers = tuple(layer for layer in plot.layers if layer.pen.name not in hidden)
        plot = replace(plot, layers=layers)
    return plot
