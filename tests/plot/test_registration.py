"""Registration marks: the same small crosses in every layer."""

import numpy as np
import pytest

from inkdream.page import Page
from inkdream.plot import Layer, Plot
from inkdream.plot.plot import with_crosses
from tests.plot.plots import BLACK, CYAN, line, nice


def test_every_layer_that_draws_begins_with_the_same_four_crosses():
    plot = nice()
    marked = with_crosses(plot)
    for before, after in zip(plot.layers, marked.layers, strict=True):
        assert len(after.strokes) == len(before.strokes) + 8
        assert after.strokes[8:] == before.strokes
        for stroke, other in zip(after.strokes[:8], marked.layers[0].strokes, strict=False):
            assert (stroke.points == other.points).all()
    left, top, right, bottom = plot.page.inside
    crosses = marked.layers[0].strokes[:8]
    middles = {tuple(stroke.points.mean(axis=0).round(6).tolist()) for stroke in crosses}
    assert middles == {(left, top), (right, top), (right, bottom), (left, bottom)}


@pytest.mark.parametrize(("page", "margin"), [("a6", 0.0), ("a6", 1.0), ("12x90mm", 0.0)])
def test_crosses_stay_on_the_page(page, margin):
    sheet = Page.of(page, margin=margin)
    marked = with_crosses(Plot(sheet, "#ffffff", (Layer(BLACK, (line((2, 2), (3, 3)),)),)))
    points = np.concatenate([stroke.points for stroke in marked.layers[0].strokes])
    assert (points >= 0).all()
    assert (points <= [sheet.width, sheet.height]).all()


def test_crosses_stay_where_the_machine_can_draw():
    plot = nice()
    bare = plot.page.margin + 1
    points = np.concatenate(
        [each.points for each in with_crosses(plot, bare=bare).layers[0].strokes]
    )
    crosses = points[: 8 * 2]
    assert crosses.min() == pytest.approx(bare)
    far = np.array([plot.page.width, plot.page.height]) - crosses.max(axis=0)
    assert far == pytest.approx(bare)


def test_a_pen_that_draws_nothing_is_not_made_to():
    empty = Plot(Page.of("a6"), "#ffffff", (Layer(CYAN, ()), Layer(BLACK, (line((9, 9), (5, 5)),))))
    assert [len(layer.strokes) for layer in with_crosses(empty).layers] == [0, 9]
