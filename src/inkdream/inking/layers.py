"""A plotter's file as it is: its layers, each with its pen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from inkdream.page import MOST_MM
from inkdream.pens import LEARNED, Pen
from inkdream.plot.plot import Plot
from inkdream.plot.refill import without_refills
from inkdream.svg.document import Document


def is_plotters(document: Document) -> bool:
    """Return whether a document was made for plotters: lines only, one ink and width a layer."""
    looks: dict[int, set[tuple[object, ...]]] = {}
    for shape in document.shapes:
        if shape.has_area:
            return False
        if shape.has_line:
            look = (shape.colour, round(shape.alpha, 3), round(shape.width, 3))
            looks.setdefault(shape.group, set()).add(look)
    return all(len(each) == 1 for each in looks.values())


def as_layers(document: Document) -> Plot:
    """Return the painted strokes, layer by layer; refills come anew, where they are asked for."""
    shapes = tuple(shape for shape in document.shapes if shape.has_line)
    width, height = min(document.width, MOST_MM), min(document.height, MOST_MM)
    kept = replace(document, width=width, height=height, shapes=shapes)
    return without_refills(kept.as_plot())


def with_pens(plot: Plot, pens: Iterable[Pen]) -> Plot:
    """Return the plot with its original pens: an SVG rounds widths and opacity."""
    known = {pen.name: pen for pen in pens if pen.colour != LEARNED}
    layers = []
    for layer in plot.layers:
        pen = layer.pen.model_copy(update={"width": round(layer.pen.width, 4)})
        same = known.get(pen.name)
        layers.append(replace(layer, pen=same if same and same.colour == pen.colour else pen))
    return replace(plot, layers=tuple(layers))
