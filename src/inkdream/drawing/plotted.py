"""Strokes with their pens as a plot: cut off at the margin, with all copies of a symmetry."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.pens.pen import unused
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.clip import clip

# What a pen is called of which nothing is known: '?', '?2'; '1 ?' in older recipes.
_NAMELESS = re.compile(r"(\d+ )?\?\d*")


def plotted(
    page: Page,
    paper: str,
    drawn: Sequence[tuple[Pen, NDArray[np.float64]]],
    matrices: NDArray[np.float64],
) -> Plot:
    """Return the plot of strokes by pen, each cut off where its line would leave the margin.

    Args:
        page: the sheet.
        paper: its colour.
        drawn: pens in plotting order, each with the control points (R, N, 2) of its strokes in mm.
        matrices: (M, 2, 2) what turns a stroke into its copies around the page's middle; the first
            is the stroke itself.
    """
    layers: list[Layer] = []
    left, top, right, bottom = page.inside
    middle = np.array([page.width, page.height]) / 2
    for pen, points in drawn:
        strokes = tuple(Stroke(each, curved=True) for each in points)
        half = pen.width / 2
        box = (left + half, top + half, right - half, bottom - half)
        # What is left of a stroke is copied, so that its copies are cut as it is.
        for layer in clip(Plot(page, paper, (Layer(pen, strokes),)), box).layers:
            copies = tuple(
                Stroke(middle + (stroke.points - middle) @ matrix.T, curved=stroke.curved)
                for matrix in matrices[1:]
                for stroke in layer.strokes
            )
            layers.append(Layer(pen, layer.strokes + copies))
    return Plot(page, paper, tuple(layers))


def named(
    pens: Sequence[Pen], colours: Sequence[Sequence[int]], is_learned: Sequence[bool]
) -> list[Pen]:
    """Return pens with the colours that were learned, named after them: '?' is now 'teal'.

    Args:
        pens: some of unknown colour.
        colours: one for each, in 8-bit sRGB; those of known pens are passed over.
        is_learned: which are to take it.
    """
    names = {pen.name for pen, learned in zip(pens, is_learned, strict=True) if not learned}
    renamed = []
    for pen, rgb, learned in zip(pens, colours, is_learned, strict=True):
        if not learned:
            renamed.append(pen)
            continue
        own = _NAMELESS.sub("", pen.name).strip()
        name = unused(f"{colour.name_of(rgb)} {own}".strip(), names)
        names.add(name)
        renamed.append(pen.model_copy(update={"colour": colour.to_hex(rgb), "name": name}))
    return renamed
