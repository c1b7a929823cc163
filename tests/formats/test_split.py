import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.formats.base import Recorder, lines_on_page, plain, slug, split_by_pen
from inkdream.formats.devices import gcode_profile, hpgl_device
from inkdream.formats.gcode import to_gcode
from inkdream.formats.hpgl import to_hpgl
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from tests.plot.plots import line, nice, simple, wave


def test_one_plot_a_pen_with_names_fit_for_files():
    pens = ["black", "../../etc/passwd", "金", "Stabilo 88/46", "STABILO 88 46"]
    layers = [
        Layer(Pen(name=name, colour="red", width=0.4), (line((1, 1), (2, 2 + i)),))
        for i, name in enumerate(pens)
    ]
    plot = Plot(
        Page.of("a5"), "#fdf6e3", (*layers, Layer(Pen(name="dry", colour="red", width=1), ()))
    )
    parts = split_by_pen(plot)
    assert [name for name, _ in parts] == [
        "1-black",
        "2-etc-passwd",
        "3-pen",
        "4-stabilo-88-46",
        "5-stabilo-88-46",
    ]
    for (_, part), layer in zip(parts, layers, strict=True):
        assert part.layers == (layer,)
        assert (part.page, part.paper) == (plot.page, plot.paper)


def test_a_file_a_pen_needs_no_pause_and_one_slot():
    for _, part in split_by_pen(nice(page="a4")):
        assert "M0" not in to_gcode(part, gcode_profile("grbl-servo"))
        text = to_hpgl(part, hpgl_device("dxy"))
        assert "SP1;" in text and "SP2;" not in text


def test_lines_are_flat_on_the_page_and_dots_have_two_ends():
    plot = simple(wave(20, 90, 50, 5), Stroke(np.array([[3.0, 4.0]])), page="a6")
    (layer,) = lines_on_page(plot).layers
    assert len(layer.strokes[0].points) > 20
    assert layer.strokes[1].points.tolist() == [[3, 4], [3, 4]]


def test_rounding_is_moved_back_onto_the_page_and_more_is_refused():
    plot = simple(line((-5e-7, 1), (105, 148 + 5e-7)), page="a6")
    (layer,) = lines_on_page(plot).layers
    assert layer.strokes[0].points.tolist() == [[0, 1], [105, 148]]
    with pytest.raises(InputError, match=r"leaves the page of 105 x 148 mm by 0\.01 mm"):
        lines_on_page(simple(line((50, 50), (50, 148.01)), page="a6"))
    with pytest.raises(InputError, match="has no vertex"):
        lines_on_page(simple(Stroke(np.zeros((0, 2))), page="a6"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Stabilo 88/46", "Stabilo 88/46"),
        ("Grün", "Grun"),
        ("a) G0 X9 (b", "a G0 X9 b"),
        ("two\nlines\u2028three", "two lines three"),
        ("!~?;%$*", "pen"),
        ("金", "pen"),
        ("", "pen"),
        ("x" * 10**6, "x" * 60),
    ],
)
def test_plain_text_is_one_short_line_of_ascii(text, wanted):
    assert plain(text) == wanted


@given(st.text(max_size=99))
def test_a_slug_is_a_safe_word_that_stays_as_it_is(text):
    word = slug(text)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", word)
    assert slug(word) == word


def test_polylines_are_cut_where_they_begin():
    recorder, points = Recorder(), np.arange(12.0).reshape(6, 2)
    assert recorder.by_pen(recorder.points) == {}
    for pen, xs, ys in ((2, [0, 2], [1, 3]), (5, [4, 6, 8], [5, 7, 9]), (2, [10], [11])):
        recorder.begin(pen, xs[0], ys[0], "here")
        recorder.draw(xs[1:], ys[1:])
    found = recorder.by_pen(recorder.points)
    assert {pen: [len(each) for each in lines] for pen, lines in found.items()} == {
        2: [2, 1],
        5: [3],
    }
    assert (np.concatenate([*found[2][:1], *found[5], *found[2][1:]]) == points).all()
