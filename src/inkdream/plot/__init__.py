"""From drawings to files that a plotter draws. No torch, except to show a preview."""

from inkdream.plot.plot import TOLERANCE, Layer, Plot, Points, Stroke

__all__ = ["TOLERANCE", "Layer", "Plot", "Points", "Stroke"]
