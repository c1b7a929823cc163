"""A run's file without the frame and the words that the run drew around its drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inkdream.page import Page
from inkdream.plot.finish import Box, Finish, marks_of
from inkdream.plot.plot import Stroke
from inkdream.svg.document import Document

# A file rounds coordinates by less than this, in mm.
ROUNDED = 2e-3


def without_finish(document: Document, finish: Finish, page: Page, box: Box) -> Document:
    """Return a run's document without its frame and words; the same if it has none.

    They are told by their shape and place, which the recipe says exactly: a layer is of one pen,
    and either all of them are among its lines, or none is taken away.

    Args:
        document: as it was read.
        finish: of the run's recipe.
        page: the run's.
        box: what its drawing fills, in mm.
    """
    by_pen: defaultdict[str, list[int]] = defaultdict(list)
    for index, shape in enumerate(document.shapes):
        by_pen[document.groups[shape.group].pen].append(index)
    for own in by_pen.values():
        nib = round(document.shapes[own[0]].width, 4)
        marks = marks_of(finish, page, box, nib)
        # They are drawn last, so the last of equals is the mark.
        drawn = [index for index in reversed(own) if len(document.shapes[index].strokes) == 1]
        found = [_index_of(mark, drawn, document) for mark in marks]
        if all(index is not None for index in found):
            gone = set(found)
            shapes = enumerate(document.shapes)
            return replace(
                document, shapes=tuple(shape for index, shape in shapes if index not in gone)
            )
    return document


def _index_of(mark: Stroke, drawn: Sequence[int], document: Document) -> int | None:
    """Return which of the shapes a mark is, if any."""
    for index in drawn:
        (stroke,) = document.shapes[index].strokes
        is_like = stroke.points.shape == mark.points.shape and stroke.curved == mark.curved
        if is_like and np.abs(stroke.points - mark.points).max() < ROUNDED:
            return index
    return None
