"""Plots: strokes by pen, optimised, timed, previewed."""

from inkdream.plot.plot import TOLERANCE, Layer, Plot, Points, Stroke

__all__ = ["TOLERANCE", "Layer", "Plot", "Points", "Stroke"]
