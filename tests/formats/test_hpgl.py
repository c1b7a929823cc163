"""HPGL by the letter: preamble, pens, coordinates, limits, and what is read back."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.formats.devices import hpgl_device, hpgl_names
from inkdream.formats.hpgl import place, read_hpgl, to_hpgl
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from tests.plot.plots import line, many, simple, spiral
from tests.plot.random_plots import is_same, plotted, words

BLACK = Pen(name="black", colour="black", width=0.4)
RED = Pen(name="red", colour="red", width=0.4)
TWO_LINES = Plot(
    Page.of("a4 landscape"),
    "#ffffff",
    (Layer(BLACK, (line((40, 170), (50, 170)),)), Layer(RED, (line((100, 110), (100, 100)),))),
)
# A page of its own paper for each machine, and a margin in mm within which it draws everything.
PAGES = {
    "hp7475a": (("a4", "a4 landscape", "a3", "letter", "tabloid landscape", "a5", "5x7"), 17),
    "hp7440a": (("a4", "a4 landscape", "letter", "a6"), 17),
    "hp7550a": (("a4", "a3 landscape", "letter", "tabloid", "a5 landscape"), 13),
    "dxy": (("a4", "a4 landscape", "a3", "a3 landscape", "a6", "tabloid"), 0),
}


def pens(count):
    layers = [
        Layer(Pen(name=f"pen {i}", colour="black", width=0.4), (line((50, 50), (60, 60 + i)),))
        for i in range(1, count + 1)
    ]
    return Plot(Page.of("a4"), "#ffffff", tuple(layers))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "hp7475a",
            "IN;DF;PS4;SP1;PU1242,1508;PR;PD402,0;PA;PU;"
            "SP2;PU3654,3920;PR;PD0,402;PA;PU11040,7721;SP0;IN;\n",
        ),
        (
            "hp7440a",
            "IN;DF;SP1;PU1040,1200;PR;PD400,0;PA;PU;"
            "SP2;PU3440,3600;PR;PD0,400;PA;PU0,7650;SP0;IN;\n",
        ),
        (
            "hp7550a",
            "IN;DF;SP1;PU1090,1200;PR;PD400,0;PA;PU;"
            "SP2;PU3490,3600;PR;PD0,400;PA;PU10870,7600;SP0;IN;\n",
        ),
        (
            "dxy",
            "IN;DF;SP1;PU1600,1600;PR;PD400,0;PA;PU;"
            "SP2;PU4000,4000;PR;PD0,400;PA;PU0,11880;SP0;IN;\n",
        ),
    ],
)
def test_two_lines_written_by_hand(name, text):
    assert to_hpgl(TWO_LINES, hpgl_device(name)) == text


def test_two_lines_by_hand_from_the_origin_and_slowly_are_read_alike():
    text = (
        "IN;DF;VS10;SP1;PU1600,1600;PD2000,1600;PU;SP2;PU4000,4000;PD4000,4400;PU0,11880;SP0;IN;\n"
    )
    device = hpgl_device("dxy")
    found = read_hpgl(text, device, TWO_LINES.page)
    assert is_same(found, TWO_LINES, 1e-9)
    again = read_hpgl(to_hpgl(TWO_LINES, device), device, TWO_LINES.page)
    assert found.keys() == again.keys()
    for pen, lines in found.items():
        assert all((one == other).all() for one, other in zip(lines, again[pen], strict=True))


@pytest.mark.parametrize("name", hpgl_names())
def test_a_file_begins_and_ends_as_machines_expect(name):
    text = to_hpgl(TWO_LINES, hpgl_device(name))
    paper = hpgl_device(name).paper[0]
    ps = "" if paper.ps is None else f"PS{paper.ps};"
    assert text.startswith(f"IN;DF;{ps}SP1;PU")
    assert text.endswith(f"PU{paper.park[0]},{paper.park[1]};SP0;IN;\n")
    assert "PS" not in text or name == "hp7475a"


def test_only_whole_numbers_are_written():
    plot = simple(spiral(70, 90, 40, 9), page="a4")
    text = to_hpgl(plot, hpgl_device("hp7475a"))
    assert re.fullmatch(r"([A-Z]{2}(-?\d+(,-?\d+)*)?;)+\n", text)


def test_y_goes_up():
    text = to_hpgl(simple(line((50, 100), (50, 90)), page="a4 landscape"), hpgl_device("dxy"))
    assert "PD0,400;" in text


@pytest.mark.parametrize(
    ("name", "mm"),
    [("hp7475a", 0.02488), ("hp7440a", 0.025), ("hp7550a", 0.025), ("dxy", 0.025)],
)
def test_a_length_on_paper_is_the_machines_own_units(name, mm):
    text = to_hpgl(simple(line((50, 50), (50, 150)), page="a4 landscape"), hpgl_device(name))
    drawn = abs(int(re.search(r"PD0,(-\d+);", text)[1]))
    assert drawn == pytest.approx(100 / mm, abs=1)
    assert drawn * mm == pytest.approx(100, abs=mm)


def test_a_pen_too_many_is_refused_and_named_never_wrapped():
    with pytest.raises(InputError) as caught:
        to_hpgl(pens(8), hpgl_device("hp7475a"))
    text = str(caught.value)
    assert "holds 6 pens, the drawing has 8" in text
    assert "'pen 7', 'pen 8'" in text and "'pen 6'" not in text
    assert "--per-pen" in text and "\n" not in text
    assert re.findall(r"SP(\d)", to_hpgl(pens(6), hpgl_device("hp7475a"))) == list("1234560")
    assert re.findall(r"SP(\d)", to_hpgl(pens(8), hpgl_device("dxy"))) == list("123456780")


def test_a_pen_that_draws_nothing_takes_no_slot():
    empty = replace(pens(3), layers=(Layer(BLACK, ()), *pens(3).layers))
    assert to_hpgl(empty, hpgl_device("dxy")) == to_hpgl(pens(3), hpgl_device("dxy"))


def test_ink_beyond_the_hard_clip_limits_is_refused_with_what_would_fit():
    device = hpgl_device("hp7475a")
    plot = simple(line((10, 10), (200, 287)), page="a4")
    with pytest.raises(InputError) as caught:
        to_hpgl(plot, device)
    text = str(caught.value)
    assert "5.4 mm beyond" in text and "on a4" in text
    assert "margin of 16 mm or paper a3" in text and "\n" not in text
    # And it is true: both fit.
    to_hpgl(simple(line((16, 16), (194, 281)), page="a4"), device)
    larger = place(plot.page, device, "a3")
    assert not larger.beyond(larger.to_units(plot.layers[0].strokes[0].points))


@pytest.mark.parametrize("name", hpgl_names())
def test_the_margin_that_is_named_is_the_least_that_fits(name):
    device, page = hpgl_device(name), Page.of("a4", margin=0)
    margin = place(page, device).margin

    def frame(inset):
        size = np.array([page.width, page.height])
        return simple(Stroke(np.array([[inset, inset], size - inset])), page="a4")

    to_hpgl(frame(margin + 0.02), device)
    if margin:
        with pytest.raises(InputError, match=r"mm beyond what the machine draws"):
            to_hpgl(frame(margin - 0.03), device)


@pytest.mark.parametrize(
    ("machine", "page", "paper", "turned"),
    [
        ("hp7475a", "a4", "a4", True),
        ("hp7475a", "a4 landscape", "a4", False),
        ("hp7475a", "a3", "a3", True),
        ("hp7475a", "letter", "letter", True),
        ("hp7475a", "11x17in", "tabloid", True),
        ("hp7440a", "a4", "a4", True),
        ("hp7550a", "tabloid landscape", "tabloid", False),
        ("dxy", "a4", "bed", False),
        ("dxy", "a3", "bed", True),
        # Upright the margin of 10 mm would be beyond the A4 sheet's reach; turned it is not.
        ("hp7475a", "a5", "a4", True),
    ],
)
def test_a_page_lies_on_its_own_paper_turned_if_it_must(machine, page, paper, turned):
    placed = place(Page.of(page), hpgl_device(machine))
    assert (placed.paper.name, placed.turned) == (paper, turned)


def test_a_turned_page_has_its_top_at_the_papers_left():
    device, page = hpgl_device("dxy"), Page.of("a3")
    corners = np.array([[0.0, 0.0], [297.0, 0.0], [0.0, 420.0]])
    units = place(page, device).to_units(corners)
    assert units.tolist() == [[0, 0], [0, 11880], [16800, 0]]


def test_a_smaller_page_lies_in_the_papers_middle_or_in_the_beds_corner():
    page = Page.of("a6 landscape")
    middle = np.array([[page.width / 2, page.height / 2]])
    device = hpgl_device("hp7550a")
    # The 7550A's limits lie in the paper's middle: 10870 x 7600 units.
    assert np.allclose(place(page, device).to_units(middle), [[10870 / 2, 7600 / 2]], atol=10)
    corner = np.array([[0.0, page.height]])
    assert place(page, hpgl_device("dxy")).to_units(corner).tolist() == [[0, 0]]


def test_a_page_larger_than_the_paper_and_an_unknown_paper_are_refused():
    with pytest.raises(InputError, match=r"HP 7440A.* 297 x 420 mm is larger than its paper"):
        place(Page.of("a3"), hpgl_device("hp7440a"))
    with pytest.raises(InputError, match=r"larger than its paper \(a4 297 x 210 mm\)"):
        place(Page.of("a3"), hpgl_device("hp7475a"), "a4")
    with pytest.raises(InputError, match=r"unknown paper of hp7475a 'a5'.*Known: a4, a3"):
        place(Page.of("a5"), hpgl_device("hp7475a"), "a5")


@pytest.mark.parametrize("name", hpgl_names())
def test_no_instruction_is_longer_than_the_machines_buffer_takes(name):
    device = hpgl_device(name)
    plot = simple(spiral(70, 90, 40, 30, 3000), page="a4")
    text = to_hpgl(plot, device)
    lengths = [len(each) + 1 for each in text.split(";")]
    assert max(lengths) <= device.longest
    assert max(lengths) > device.longest - 13, "the room is used"
    assert is_same(read_hpgl(text, device, plot.page), plot, device.unit / 2 + 1e-9)


def test_a_dot_is_put_down_where_it_is():
    plot = simple(Stroke(np.array([[50.0, 60.0]])), page="a4 landscape")
    text = to_hpgl(plot, hpgl_device("dxy"))
    assert "PU2000,6000;PR;PD0,0;" in text
    assert read_hpgl(text, hpgl_device("dxy"), plot.page)[1][0].tolist() == [[50, 60], [50, 60]]


def test_nothing_to_draw_is_a_file_that_draws_nothing():
    plot = Plot(Page.of("a4"), "#ffffff", ())
    text = to_hpgl(plot, hpgl_device("hp7475a"))
    assert text == "IN;DF;PS4;PU11040,7721;SP0;IN;\n"
    assert read_hpgl(text, hpgl_device("hp7475a"), plot.page) == {}


def test_off_the_page_and_nan_are_refused():
    for stroke, word in [
        (line((50, 50), (60, -0.5)), r"leaves the page of 210 x 297 mm by 0\.5 mm"),
        (line((50, 50), (50, np.nan)), "no number"),
        (line((50, 50), (np.inf, 50)), "no number"),
    ]:
        with pytest.raises(InputError, match=word):
            to_hpgl(simple(stroke, page="a4"), hpgl_device("dxy"))


@pytest.mark.parametrize("name", hpgl_names())
def test_what_is_read_back_is_the_plot_to_half_a_unit(name):
    device = hpgl_device(name)
    pages, margin = PAGES[name]

    @settings(max_examples=25, deadline=None)
    @given(words(pages, device.pens))
    def check(said):
        plot = plotted(said, margin)
        text = to_hpgl(plot, device)
        found = read_hpgl(text, device, plot.page)
        half = device.unit / 2 + 1e-9
        assert is_same(found, plot, half)
        size = np.array([plot.page.width, plot.page.height])
        for each in (points for lines in found.values() for points in lines):
            assert (each >= -half).all() and (each <= size + half).all()
        assert to_hpgl(plot, device) == text

    check()


def test_the_comparison_can_fail():
    device = hpgl_device("dxy")
    text = to_hpgl(TWO_LINES, device)
    half = device.unit / 2 + 1e-9
    assert is_same(read_hpgl(text, device, TWO_LINES.page), TWO_LINES, half)
    for wrong in (
        text.replace("PD400,0", "PD402,0"),
        text.replace("PD400,0", "PD400,0,3,3"),
        text.replace("SP2", "SP3"),
        text.replace("PD0,400;", ""),
    ):
        assert not is_same(read_hpgl(wrong, device, TWO_LINES.page), TWO_LINES, half)


def test_hundreds_of_strokes_come_back():
    plot = many(300)
    text = to_hpgl(plot, hpgl_device("dxy"))
    assert is_same(read_hpgl(text, hpgl_device("dxy"), plot.page), plot, 0.0126)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("IN;SP1;PD1,2,3;PU;SP0;", r"instruction 3, PD: an x without a y; is the file cut off\?"),
        ("IN;SP1;PD1,2", "instruction 3: 'PD1,2' is none, or is cut off"),
        ("IN;SP1;PU1,2;PD5,5;PU;", "ends with a pen in hand"),
        ("IN;SP1;PD1.5,2;PU;SP0;", r"'1\.5' is no whole number"),
        ("IN;SP1;PD1,nan;PU;SP0;", "is none, or is cut off"),
        ("IN;SP1;PD1,,2;PU;SP0;", "'' is no whole number"),
        ("IN;SP1;PD1,99999999999;PU;SP0;", "is no whole number"),
        ("IN;SP1;PU9999999,1;PD1,1;PU;SP0;", "beyond 8,388,608 plotter units"),
        ("IN;SP1;PU20000,1;SP0;", r"68\.2 mm beyond what Roland DXY draws on bed"),
        ("IN;PD1,2;PU;SP0;", "draws without a pen"),
        ("IN;SP9;", "no such pen; there are 1 to 8"),
        ("IN;SP1;PD1,1;SP2;PU;SP0;", "changes pens with the pen down"),
        ("IN;SP1;CI100;SP0;", "unknown instruction 'CI'"),
        ("IN;SP1;SC0,1,0,1;PD1,1;PU;SP0;", "unknown instruction 'SC'"),
        ("G21 G90", "is none, or is cut off"),
        ("\x1b.@;", "is none, or is cut off"),
    ],
)
def test_broken_hpgl_is_refused_in_one_line(text, word):
    with pytest.raises(InputError, match=word) as caught:
        read_hpgl(text, hpgl_device("dxy"), Page.of("a4"))
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", hpgl_names())
def test_a_unit_beyond_the_limits_is_refused_when_it_is_read_back(name):
    device, page = hpgl_device(name), Page.of("a4")
    paper = place(page, device).paper
    (_, x), (_, y) = paper.x, paper.y
    text = "IN;SP1;PU{},{};PD1000,1000;PU;SP0;"
    assert read_hpgl(text.format(x, y), device, page)
    for beyond in ((x + 1, y), (x, y + 1)):
        with pytest.raises(InputError, match="beyond what"):
            read_hpgl(text.format(*beyond), device, page)


def test_giants_are_refused_before_they_fill_memory(monkeypatch):
    device, page = hpgl_device("dxy"), Page.of("a4")
    with pytest.raises(InputError, match="more than 1,048,576 parameters"):
        read_hpgl(f"IN;SP1;PD{'1,1,' * 2**20}1,1;SP0;", device, page)
    monkeypatch.setattr("inkdream.formats.base.MOST_CHARACTERS", 1000)
    with pytest.raises(InputError, match="more than 1,000 characters"):
        read_hpgl("IN;" * 400, device, page)
    monkeypatch.setattr("inkdream.formats.base.MOST_STROKES", 10)
    with pytest.raises(InputError, match="more than 10 strokes"):
        read_hpgl(f"SP1;{'PD;PU;' * 11}SP0;", device, page)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="INDFSPURVA0123456789,;-. ", max_size=80),
        st.lists(
            st.sampled_from(["IN", "SP1", "SP0", "PU5,5", "PD7,9", "PR", "PA", "PU", "PD", "DF"]),
            max_size=20,
        ).map(lambda words: ";".join(words) + ";"),
    )
)
def test_any_text_is_read_or_refused(text):
    try:
        found = read_hpgl(text, hpgl_device("dxy"), Page.of("a4"))
    except InputError:
        pass
    else:
        assert all(len(points) for lines in found.values() for points in lines)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_cut_off_anywhere_is_refused(data):
    text = to_hpgl(TWO_LINES, hpgl_device("hp7475a")).strip()
    # Behind SP0; all is drawn and the pens are put away.
    end = data.draw(st.integers(len("IN;DF;PS4;SP1;"), text.index("SP0;") + 3))
    with pytest.raises(InputError, match="cut off"):
        read_hpgl(text[:end], hpgl_device("hp7475a"), TWO_LINES.page)
