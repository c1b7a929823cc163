"""Pens are filled again in time, at a lift, and tried where nothing else is drawn."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from inkdream.errors import InputError
from inkdream.formats.registry import format_for
from inkdream.formats.svg import to_svg
from inkdream.page import Page
from inkdream.plot import Plot
from inkdream.plot.finish import Finish, finished
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.plot import Layer
from inkdream.plot.preview import preview
from inkdream.plot.refill import MARK, refilled, without_refills
from inkdream.recipe.tables import parse_metres
from inkdream.svg.read import read_svg
from tests.plot.plots import BLACK, CYAN, line, many, nice, simple

METRES = 0.4


def lengths(layer):
    return np.array([stroke.length() for stroke in layer.strokes]) / 1000


def drawn(plot):
    """All strokes by pen, in their order."""
    return [[stroke.points.tolist() for stroke in layer.strokes] for layer in plot.layers]


def test_no_pen_draws_further_than_it_can_and_nothing_is_lost_or_moved():
    plot = nice()
    full = refilled(plot, METRES)
    assert full.plot.refills >= 4
    for layer in full.plot.layers:
        assert lengths(layer).sum() <= METRES or len(layer.strokes) <= 2
    # A pen is not filled sooner than it must be.
    for layer, after in pairwise(full.plot.layers):
        if after.is_refill:
            assert layer.pen == after.pen and after.codes.pauses
            assert lengths(layer).sum() + lengths(after)[1] > METRES
    assert drawn(without_refills(full.plot)) == drawn(plot)


def test_a_line_longer_than_a_refill_is_drawn_whole_and_told():
    plot = simple(line((10, 10), (90, 10)), line((10, 20), (15, 20)))
    full = refilled(plot, 0.05)
    assert [len(layer.strokes) for layer in full.plot.layers] == [1, 2]
    assert full.longer == 1
    assert any("without a lift" in note for note in full.notes(0.05))
    assert refilled(plot, 0).plot is plot


def test_pens_are_tried_in_the_margin_clear_of_all_ink_and_of_the_edge():
    plot = finished(nice(margin=15), Finish(frame=True, title="Marks", date="2026"))
    full, bare = refilled(plot, METRES, bare=5.0), 5.0
    assert full.tried == full.plot.refills > 3
    page = plot.page
    inside = shapely.box(*page.inside)
    sheet = shapely.box(bare, bare, page.width - bare, page.height - bare)
    others = [
        shapely.linestrings(stroke.polyline())
        for layer in plot.layers
        for stroke in layer.strokes
        if len(stroke.points) > 1
    ]
    marks = [layer.strokes[0] for layer in full.plot.layers if layer.is_refill]
    for number, mark in enumerate(marks):
        assert mark.length() == pytest.approx(MARK)
        way = shapely.linestrings(mark.points)
        near = [*others, inside, *(shapely.linestrings(each.points) for each in marks[:number])]
        assert shapely.distance(way, near).min() > 1
        assert sheet.contains(way)


def test_without_margin_there_is_no_mark_and_that_is_told():
    plot = nice(margin=1)
    full = refilled(plot, METRES)
    assert full.tried == 0 and full.plot.refills
    assert drawn(without_refills(full.plot)) == drawn(plot)
    assert any("no room in the margin" in note for note in full.notes(METRES))


@pytest.mark.parametrize("name", ["axidraw-v3", "hp7550a", "grbl-servo", "grbl-z"])
def test_every_machines_file_comes_back_with_its_refills(name):
    target = format_for(None, name)
    plot = refilled(nice(page="a4", margin=20), 3.0, 15.0).plot
    assert 1 < plot.refills <= 4
    text = target.verified(plot, {})
    read = target.read(text, plot)
    assert [layer.title for layer in read.layers] == [layer.title for layer in plot.layers]
    assert target.differences(text, without_refills(plot))


def test_an_axidraw_stops_for_a_refill_and_not_for_other_pens():
    plot = refilled(nice(), METRES).plot
    read = read_svg(to_svg(plot)).as_plot()
    assert [layer.codes.pauses for layer in read.layers] == [
        layer.is_refill for layer in plot.layers
    ]
    assert read.refills == plot.refills
    assert "(refilled)" not in "".join(layer.pen.name for layer in read.layers)


def test_a_pen_that_is_only_called_refilled_is_none():
    pen = BLACK.model_copy(update={"name": "ink (refilled)"})
    plot = Plot(
        Page.of("a6"),
        "#ffffff",
        (Layer(CYAN, (line((1, 1), (9, 1)),)), Layer(pen, (line((1, 5), (9, 5)),))),
    )
    read = read_svg(to_svg(plot)).as_plot()
    assert [layer.pen.name for layer in read.layers] == [CYAN.name, pen.name]
    assert read.refills == 0


def test_marks_take_time_and_the_picture_stays_the_same_inside_the_margin():
    plot = many(2000)
    plot = Plot(plot.page.model_copy(update={"margin": 12.0}), plot.paper, plot.layers)
    full = refilled(plot, 3.0)
    axidraw = machine("axidraw-v3")
    assert estimate(full.plot, axidraw).seconds > estimate(plot, axidraw).seconds
    # Ink of one pen does not darken itself where a refill crosses what was drawn before.
    before = preview(plot, 297, 210)
    assert (preview(full.plot, 297, 210) - before)[:, 15:-15, 15:-15].abs().max() == 0


@pytest.mark.parametrize(
    ("word", "metres"), [("60m", 60), (" 60 metres", 60), ("80cm", 0.8), ("7", 7), (5, 5)]
)
def test_metres_are_words_or_numbers(word, metres):
    assert parse_metres(word) == pytest.approx(metres)


@pytest.mark.parametrize("word", ["", "m", "-3m", "60 min", "1e9m", "nan"])
def test_other_words_are_no_metres(word):
    with pytest.raises(ValueError, match="no length of ink"):
        parse_metres(word)


def test_a_profile_for_one_pen_says_that_refills_count(tmp_path):
    (tmp_path / "one.toml").write_text(
        '[gwrite.one]\nsegment_first = "G0 X{x:.3f} Y{y:.3f}\\n"\n'
        'segment = "G1 X{x:.3f} Y{y:.3f}\\n"\n'
    )
    plot = refilled(simple(line((10, 10), (90, 10)), line((10, 20), (90, 20))), 0.1).plot
    with pytest.raises(InputError, match="refilled ones counted"):
        format_for(None, str(tmp_path / "one.toml")).verified(plot, {})
