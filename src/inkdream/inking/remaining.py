"""What is left of a plotter's file of which some lies on paper already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten
from inkdream.formats.base import Format
from inkdream.inking.layers import is_plotters
from inkdream.inking.resolve import Home
from inkdream.pens import Pen
from inkdream.plot.machines import USUAL, Machine
from inkdream.plot.machines import machine as machine_named
from inkdream.plot.onpaper import count, on_paper
from inkdream.plot.plot import Stroke
from inkdream.plot.refill import is_mark
from inkdream.recipe.keep import Plotted, parse_plotted
from inkdream.svg.document import Document, Shape
from inkdream.wording import counted


def remaining(
    document: Document, words: str, home: Home, machine: str | None, target: Format
) -> tuple[Document, tuple[Pen, ...], str]:
    """Return a document without what is on paper, the pens that drew that, and a note on it.

    Refills are gone from it: whoever goes on begins with a full pen.

    Args:
        document: made for plotters: its strokes are drawn in their order, layer by layer.
        words: what of it is on paper.
        home: facts of the source; a run's machine drew it, unless another is named.
        machine: that is named.
        target: the format of the file to be written.

    Raises:
        InputError: if the document has no such layer, takes less time, or nothing of it is left.
    """
    try:
        plotted = parse_plotted(words)
        if home.recipe is None and not is_plotters(document):
            raise ValueError("the SVG was not made for plotters; name the file that is plotted")
        motion = target.motion
        if machine is None and home.recipe:
            motion = machine_named(home.recipe.plot.machine)
        if motion is None and plotted.seconds is not None:
            raise ValueError(f"how fast {target.machine} draws is not known; name layers")
        return _without(document, plotted, motion or machine_named(USUAL))
    except (InputError, ValueError) as error:
        raise InputError(f"--plotted {shorten(words)}: {error}") from error


def _without(
    document: Document, plotted: Plotted, machine: Machine
) -> tuple[Document, tuple[Pen, ...], str]:
    document = document.plotted()
    shapes = [shape for shape in document.shapes if shape.has_line]
    groups = sorted({shape.group for shape in shapes})
    plot = replace(document, shapes=tuple(shapes)).as_plot()
    marked = on_paper(plot, machine, plotted.seconds, plotted.layers)
    left: list[Shape] = []
    going_on = -1
    for group, layer, gone in zip(groups, plot.layers, marked, strict=True):
        going_on = going_on if layer.is_refill else group
        is_left = ~gone
        if layer.is_refill and is_mark(layer.strokes[0]):
            is_left = is_left & (np.arange(len(gone)) > 0)
        left += _members([shape for shape in shapes if shape.group == group], is_left, going_on)
    if not left:
        raise InputError("nothing is left to be drawn")
    how = f"by {plotted.words} on {machine.name}" if plotted.seconds is not None else plotted.words
    note = f"on paper already ({how}): {count(marked):,} of {counted(plot.strokes, 'stroke')}"
    if plotted.seconds is not None:
        note += "; the one in hand then is drawn again from its beginning"
    pens = tuple(layer.pen for layer, gone in zip(plot.layers, marked, strict=True) if gone.any())
    return replace(document, shapes=tuple(left)), pens, note


def _members(shapes: list[Shape], is_left: NDArray[np.bool_], group: int) -> list[Shape]:
    """Return the shapes of one layer with the strokes that are left, in their order, as a group."""
    found, first = [], 0
    for shape in shapes:
        pairs = zip(shape.strokes, is_left[first:].tolist(), strict=False)
        strokes: tuple[Stroke, ...] = tuple(stroke for stroke, stays in pairs if stays)
        first += len(shape.strokes)
        if strokes:
            found.append(replace(shape, strokes=strokes, group=group))
    return found
