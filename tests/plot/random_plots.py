"""Random plots, and whether what a machine's file says is what was plotted."""

import numpy as np
from hypothesis import strategies as st

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke

NAMES = ("black", "Stabilo 88/46", "Grün (neu)", "!", "P3 S2", "金", "a;b%c", "x" * 80)


def words(pages, most_pens):
    """What `plotted` makes a plot of: a page, and by pen its strokes in shares of the page."""
    share = st.floats(0, 1, allow_nan=False)
    vertex = st.tuples(share, share)
    lines = st.tuples(st.just(False), st.lists(vertex, min_size=1, max_size=6))
    curves = st.tuples(st.just(True), st.lists(vertex, min_size=4, max_size=4))
    strokes = st.lists(st.one_of(lines, lines, curves), min_size=1, max_size=4)
    pens = st.dictionaries(st.sampled_from(NAMES), strokes, max_size=most_pens)
    return st.tuples(st.sampled_from(pages), pens)


def plotted(said, margin):
    """The plot of such words, all its ink inside a margin in mm."""
    page, pens = Page.of(said[0]), said[1]
    low = np.array([margin, margin], dtype=np.float64)
    high = np.array([page.width, page.height]) - margin
    layers = [
        Layer(
            Pen(name=name, colour="red", width=0.4),
            tuple(
                Stroke(np.clip(low + np.array(at) * (high - low), low, high), curved)
                for curved, at in strokes
            ),
        )
        for name, strokes in pens.items()
    ]
    return Plot(page, "#ffffff", tuple(layers))


def follows(read, line, within):
    """Whether a polyline read back runs along `line`: each vertex is `within` mm in x and y.

    Vertices of `line` that fall together on a machine's grid may have become one.
    """
    near = (np.abs(read[:, None] - line[None]) <= within).all(axis=2)
    reached = {0}
    for column in near.T:
        reached = {at for at in reached | {at + 1 for at in reached} if at < len(read)}
        reached = {at for at in reached if column[at]}
    # A dot comes back as two vertices at one place.
    return bool(reached) and (read[max(reached)] == read[-1]).all()


def is_same(found, plot, within):
    """Whether what was read back, polylines by pen, is the plot: pens, strokes, geometry."""
    if list(found) != list(range(1, len(plot.layers) + 1)):
        return False
    for layer, lines in zip(plot.layers, found.values(), strict=True):
        if len(lines) != len(layer.strokes):
            return False
        pairs = zip(lines, layer.strokes, strict=True)
        if not all(follows(line, stroke.polyline(), within) for line, stroke in pairs):
            return False
    return True
