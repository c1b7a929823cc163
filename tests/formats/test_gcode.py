"""G-code by the letter: modes, moves, pen commands, pen changes, and what is read back."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.formats.devices import GcodeProfile, gcode_names, gcode_profile
from inkdream.formats.gcode import read_gcode, to_gcode
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from tests.plot.plots import line, many, simple
from tests.plot.random_plots import is_same, plotted, words

BLACK = Pen(name="black", colour="black", width=0.4)
RED = Pen(name="Rötring (0.3)!", colour="red", width=0.3)
TWO_LINES = Plot(
    Page.of("a4 landscape"),
    "#ffffff",
    (Layer(BLACK, (line((40, 170), (50, 170)),)), Layer(RED, (line((100, 110), (100, 100.5)),))),
)

GRBL_SERVO = """\
(about 2 min)
G21
G90
G17
M3 S30
G4 P0.2
(pen 1: black)
G0 X40.000 Y40.000
M3 S90
G4 P0.2
G1 X50.000 Y40.000 F3000
M3 S30
G4 P0.2
G0 X0 Y0
M0 (pen 2: Rotring 0.3)
(pen 2: Rotring 0.3)
G0 X100.000 Y100.000
M3 S90
G4 P0.2
G1 X100.000 Y109.500 F3000
M3 S30
G4 P0.2
G0 X0 Y0
M2
"""
GRBL_Z = """\
(about 2 min)
G21
G90
G17
G0 Z5
(pen 1: black)
G0 X40.000 Y40.000
G1 Z0 F600
G1 X50.000 Y40.000 F3000
G0 Z5
G0 X0 Y0
M0 (pen 2: Rotring 0.3)
(pen 2: Rotring 0.3)
G0 X100.000 Y100.000
G1 Z0 F600
G1 X100.000 Y109.500 F3000
G0 Z5
G0 X0 Y0
M2
"""
MARLIN_Z = """\
; about 2 min
G21
G90
G17
G0 Z5 F600
; (pen 1: black)
G0 X40.000 Y40.000 F6000
G1 Z0 F600
G1 X50.000 Y40.000 F3000
G0 Z5 F600
G0 X0 Y0 F6000
M117 pen 2: Rotring 0.3
M0 ; (pen 2: Rotring 0.3)
; (pen 2: Rotring 0.3)
G0 X100.000 Y100.000 F6000
G1 Z0 F600
G1 X100.000 Y109.500 F3000
G0 Z5 F600
G0 X0 Y0 F6000
M2
"""
MARLIN_SERVO = """\
; about 2 min
G21
G90
G17
M280 P0 S30
G4 P200
; (pen 1: black)
G0 X40.000 Y40.000 F6000
M400
M280 P0 S90
G4 P200
G1 X50.000 Y40.000 F3000
M400
M280 P0 S30
G4 P200
G0 X0 Y0 F6000
M117 pen 2: Rotring 0.3
M0 ; (pen 2: Rotring 0.3)
; (pen 2: Rotring 0.3)
G0 X100.000 Y100.000 F6000
M400
M280 P0 S90
G4 P200
G1 X100.000 Y109.500 F3000
M400
M280 P0 S30
G4 P200
G0 X0 Y0 F6000
M2
"""
BY_HAND = {
    "grbl-servo": GRBL_SERVO,
    "grbl-z": GRBL_Z,
    "marlin-z": MARLIN_Z,
    "marlin-servo": MARLIN_SERVO,
}


def commands(text):
    """The lines that a machine acts on."""
    lines = [re.sub(r"\([^)]*\)|;.*", "", each).strip() for each in text.splitlines()]
    return [each for each in lines if each and not each.startswith("M117")]


@pytest.mark.parametrize("name", BY_HAND)
def test_two_lines_written_by_hand(name):
    assert to_gcode(TWO_LINES, gcode_profile(name), ["about 2 min"]) == BY_HAND[name]


def test_each_profile_has_a_file_by_hand():
    assert set(gcode_names()) == set(BY_HAND)


@pytest.mark.parametrize("name", BY_HAND)
def test_millimetres_from_the_origin_in_the_xy_plane_come_first(name):
    assert commands(to_gcode(TWO_LINES, gcode_profile(name)))[:3] == ["G21", "G90", "G17"]


@pytest.mark.parametrize("name", BY_HAND)
def test_y_is_flipped_about_the_pages_height(name):
    plot = simple(line((0, 0), (148, 210)), page="a5")
    moves = [each for each in commands(to_gcode(plot, gcode_profile(name))) if "X" in each]
    assert moves[0].startswith("G0 X0.000 Y210.000")
    assert moves[1].startswith("G1 X148.000 Y0.000")


@pytest.mark.parametrize("name", BY_HAND)
def test_travel_is_g0_and_drawing_is_g1_with_a_feed(name):
    plot = many(40)
    moves = [each for each in commands(to_gcode(plot, gcode_profile(name))) if "X" in each]
    vertices = sum(len(stroke.points) for layer in plot.layers for stroke in layer.strokes)
    drawn = [each for each in moves if each.startswith("G1")]
    assert len(drawn) == vertices - plot.strokes
    assert all(re.search(r" F3000$", each) for each in drawn)
    # One travel a stroke, one to the parking point, one home.
    assert len(moves) - len(drawn) == plot.strokes + 2


@pytest.mark.parametrize(
    ("name", "down", "up", "dwell"),
    [
        ("grbl-servo", "M3 S90", "M3 S30", "G4 P0.2"),
        ("marlin-servo", "M280 P0 S90", "M280 P0 S30", "G4 P200"),
    ],
)
def test_a_servo_has_a_fifth_of_a_second_in_the_firmwares_own_unit(name, down, up, dwell):
    lines = commands(to_gcode(TWO_LINES, gcode_profile(name)))
    for at, each in enumerate(lines):
        if each in (down, up):
            assert lines[at + 1] == dwell
    assert lines.count(down) == 2
    assert lines.count(up) == 3


def test_marlins_servo_waits_for_the_moves_before_it():
    lines = commands(to_gcode(TWO_LINES, gcode_profile("marlin-servo")))
    at = [number for number, each in enumerate(lines) if each.startswith("M280")]
    assert all(lines[number - 1] == "M400" for number in at[1:])


@pytest.mark.parametrize("name", BY_HAND)
def test_a_pen_change_is_pen_up_parking_point_and_m0_with_the_pens_name(name):
    profile = gcode_profile(name)
    parked = {**profile.default_values, "park_x": 10, "park_y": 20}
    profile = profile.model_copy(update={"default_values": parked})
    lines = to_gcode(TWO_LINES, profile).splitlines()
    stops = [number for number, each in enumerate(lines) if each.startswith("M0")]
    assert len(stops) == 1, "the first pen is in the machine when the plot is started"
    assert "(pen 2: Rotring 0.3)" in lines[stops[0]]
    before = commands("\n".join(lines[: stops[0]]))
    assert before[-1].startswith("G0 X10 Y20")
    up = commands(profile.pen_up.format_map(profile.default_values))[0]
    assert up in before[-3:-1]


@pytest.mark.parametrize("name", BY_HAND)
def test_the_end_is_pen_up_home_m2(name):
    profile = gcode_profile(name)
    lines = commands(to_gcode(TWO_LINES, profile))
    assert lines[-1] == "M2"
    assert lines[-2].startswith("G0 X0 Y0")
    assert profile.pen_up.format_map(profile.default_values) in lines[-4:-2]


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("evil", ["a) G0 X9 (", "a;b", "a\u0085b", "!~?%$*", "żółć 金 ✂", "P3 S2"])
def test_a_pens_name_cannot_leave_its_comment(name, evil):
    plot = Plot(
        TWO_LINES.page,
        "#ffffff",
        (
            TWO_LINES.layers[0],
            Layer(
                Pen.model_construct(name=evil, colour="red", width=0.4), TWO_LINES.layers[1].strokes
            ),
        ),
    )
    profile = gcode_profile(name)
    text = to_gcode(plot, profile, [evil])
    assert commands(text) == commands(to_gcode(TWO_LINES, profile))
    assert text.isascii()
    # GRBL acts on these wherever they stand.
    assert not set(text) & set("!~?%$*")
    for each in text.splitlines():
        assert each.count("(") == each.count(")") <= 1
    assert is_same(read_gcode(text, profile, plot.page), plot, 0.001)


def test_no_line_is_too_long_for_grbl_without_its_comments():
    pen = Pen(name="x" * 80, colour="red", width=0.4)
    plot = Plot(TWO_LINES.page, "#ffffff", (Layer(pen, (line((1, 1), (296.5, 209.5)),)),) * 2)
    for name in BY_HAND:
        text = to_gcode(plot, gcode_profile(name))
        assert max(len(each) for each in commands(text)) < 80
        assert max(len(each) for each in text.splitlines()) < 100


def test_zero_is_never_negative():
    plot = simple(Stroke(np.array([[0.0, 210.0], [5e-10, 210.0 - 4e-10]])), page="a5")
    assert "-0" not in to_gcode(plot, gcode_profile("grbl-z"))


def test_a_page_larger_than_the_machines_travel_is_refused():
    profile = gcode_profile("grbl-servo").model_copy(update={"travel": (300.0, 200.0)})
    with pytest.raises(
        InputError, match=r"297 x 420 mm is larger than the machine's travel of 300"
    ):
        to_gcode(simple(line((1, 1), (2, 2)), page="a3"), profile)
    assert to_gcode(simple(line((1, 1), (2, 2)), page="a5 landscape"), profile)


def test_off_the_page_is_refused():
    with pytest.raises(InputError, match=r"'Stabilo 88 46 black': a stroke leaves the page"):
        to_gcode(simple(line((1, 1), (106, 2)), page="a6"), gcode_profile("grbl-z"))


def test_nothing_to_draw_lifts_the_pen_and_ends():
    plot = Plot(Page.of("a5"), "#ffffff", ())
    text = to_gcode(plot, gcode_profile("grbl-z"))
    assert text == "G21\nG90\nG17\nG0 Z5\nG0 X0 Y0\nM2\n"
    assert read_gcode(text, gcode_profile("grbl-z"), plot.page) == {}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_read_back_is_the_plot_to_a_thousandth(name):
    profile = gcode_profile(name)

    @settings(max_examples=15, deadline=None)
    @given(words(("a4", "a5 landscape", "11x14", "33.3x44.4mm"), 5))
    def check(said):
        plot = plotted(said, 0)
        text = to_gcode(plot, profile)
        found = read_gcode(text, profile, plot.page)
        assert is_same(found, plot, 0.00051)
        size = np.array([plot.page.width, plot.page.height])
        for each in (points for lines in found.values() for points in lines):
            assert (each >= -0.001).all() and (each <= size + 0.001).all()
        assert to_gcode(plot, profile) == text

    check()


@pytest.mark.parametrize("name", BY_HAND)
def test_the_comparison_can_fail(name):
    profile, text = gcode_profile(name), BY_HAND[name]
    assert is_same(read_gcode(text, profile, TWO_LINES.page), TWO_LINES, 0.00051)
    for old, new in (("X50.000", "X50.002"), ("M0", "G4"), ("G21", "G20"), ("Y109.5", "Y108.5")):
        wrong = read_gcode(text.replace(old, new), profile, TWO_LINES.page)
        assert not is_same(wrong, TWO_LINES, 0.00051)


def test_a_second_pause_takes_no_further_pen():
    twice = GRBL_SERVO.replace("M0 (pen 2", "M0\nM0 (pen 2")
    assert twice != GRBL_SERVO
    assert list(read_gcode(twice, gcode_profile("grbl-servo"), TWO_LINES.page)) == [1, 2]


# What a profile's writer may do with coordinates, as vpype-gcode does it.
MAPPINGS = [
    {"vertical_flip": True},
    {"horizontal_flip": True, "vertical_flip": True},
    {"invert_x": True},
    {"invert_y": True, "vertical_flip": True},
    {"unit": "in", "vertical_flip": True},
    {"offset_x": 12.5, "offset_y": -3.0, "scale_x": -1.0},
    {"scale_x": 1.01, "scale_y": 0.99, "invert_x": True, "horizontal_flip": True, "unit": "in"},
]


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("relative", [False, True])
def test_every_mapping_is_undone(mapping, relative):
    unit = "G20" if mapping.get("unit") == "in" else "G21"
    d = "d" if relative else ""
    profile = GcodeProfile(
        name="mine",
        document_start=f"{unit}\n{'G91' if relative else 'G90'}\n",
        segment_first=f"G0 X{{{d}x:.6f}} Y{{{d}y:.6f}}\n",
        segment=f"G1 X{{{d}x:.6f}} Y{{{d}y:.6f}}\n",
        layer_join="M0\n",
        document_end="M2\n",
        **mapping,
    )
    plot = many(30, page="a5")
    assert is_same(read_gcode(to_gcode(plot, profile), profile, plot.page), plot, 0.002)


def test_fields_hold_what_vpype_gcode_says_they_hold():
    profile = GcodeProfile(
        name="mine",
        default_values={"feed": 7, "vp_name": "never"},
        document_start="<{filename} {feed}>",
        layer_start="[L{layer_id} {layer_index} {layer_index1} {index} {index1} "
        "{x:g},{y:g} {vp_name} ",
        line_start="(l{lines_index} {lines_index1} {index} {x:g},{y:g} ",
        segment_first="f{index}{segment_index1}:{x:g},{y:g} ",
        segment="s{index}{lines_index}{layer_index}:{dx:g},{dy:g} {_x:g},{_dy:g} ",
        segment_last="e{segment_index}:{ix},{iy} {idx},{idy} ",
        line_end="{x:g},{y:g} {ix})",
        line_join="+{lines_index}+",
        layer_end="{index} {vp_color} {vp_pen_width:.3f}]",
        layer_join="&{index}&{next_id} {next_name}&",
        document_end="<end>\n",
    )
    layers = (
        Layer(BLACK, (line((1.4, 2), (3, 4), (6.6, 8)), line((1, 1), (2, 1)))),
        Layer(RED, (line((5, 5), (6, 6)),)),
    )
    assert to_gcode(Plot(Page.of("a5"), "#ffffff", layers), profile, filename="x.gcode") == (
        "<x.gcode 7>"
        "[L1 0 1 0 1 0,0 black "
        "(l0 1 0 0,0 f01:1.4,2 s100:1.6,2 -3,-2 e2:7,8 4,4 6.6,8 7)"
        "+0+"
        "(l1 2 1 6.6,8 f01:1,1 e1:2,1 1,0 2,1 2)"
        "0 #000000 1.512]"
        "&0&2 Rotring 0.3&"
        "[L2 1 2 1 2 2,1 Rotring 0.3 "
        "(l0 1 0 2,1 f01:5,5 e1:6,6 1,1 6,6 6)"
        "1 #ff0000 1.134]"
        "<end>\n"
    )


def test_whole_number_steps_add_up():
    profile = GcodeProfile(name="mine", segment="{idx} ", document_end="\n")
    steps = np.arange(0, 1001) * 0.1
    plot = simple(Stroke(np.stack([steps, steps * 0], axis=1)), page="a5")
    assert sum(int(each) for each in to_gcode(plot, profile).split()) == 100


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("M3 S90\n", "", "line 10: draws with the pen up"),
        ("F3000\nM3 S30\n", "F3000\n", "line 13: travels with the pen down"),
        ("M3 S30\nG4 P0.2\n(pen 1", "(pen 1", "line 6: travels with the pen not yet lifted"),
        ("F3000\nM3 S30\nG4 P0.2\nG0 X0 Y0\n", "F3000\n", "line 12: stops with the pen down"),
        ("M2\n", "", r"does not come to its end; is the file cut off\?"),
        ("G1 X50.000", "G2 X50.000", "line 11: G2 is not read here"),
        ("G1 X50.000", "G1 Xfifty", "'Xfifty"),
        ("G1 X50.000", "G1 X5e30", "'e30"),
        ("G1 X50.000", "G1 X500000", "line 11: goes beyond 100,000 mm"),
        ("G1 X50.000", "G1 X" + "5" * 2000, "line 11: is longer than 1000 characters"),
        ("(pen 1: black)", "(pen 1: (black)", "'.pen 1"),
        ("G17", "G38.2 X0", "line 4: G38.2 is not read here"),
    ],
)
def test_broken_gcode_is_refused_in_one_line(old, new, word):
    text = GRBL_SERVO.replace(old, new, 1)
    assert text != GRBL_SERVO
    with pytest.raises(InputError, match=word) as caught:
        read_gcode(text, gcode_profile("grbl-servo"), TWO_LINES.page)
    assert len(str(caught.value)) < 200


def test_giants_are_refused_before_they_fill_memory(monkeypatch):
    profile, page = gcode_profile("grbl-servo"), Page.of("a4")
    monkeypatch.setattr("inkdream.formats.base.MOST_CHARACTERS", 1000)
    with pytest.raises(InputError, match="more than 1,000 characters"):
        read_gcode("G21\n" * 300, profile, page)
    monkeypatch.setattr("inkdream.formats.base.MOST_STROKES", 10)
    with pytest.raises(InputError, match="more than 10 strokes"):
        read_gcode("G1\n" + "M3 S90\nX1\nM3 S30\n" * 11, profile, page)


LINES = [
    "G0 X1 Y2",
    "G1 X3",
    "M3 S90",
    "M3 S30",
    "G91",
    "G20",
    "M0 (a)",
    "M2",
    "; c",
    "X-5 Y.5",
    "%",
]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="GMXYZFSP0123456789.- ();\n", max_size=80),
        st.lists(st.sampled_from(LINES), max_size=15).map("\n".join),
    ),
    st.sampled_from(sorted(BY_HAND)),
)
def test_any_text_is_read_or_refused(text, name):
    try:
        found = read_gcode(text, gcode_profile(name), Page.of("a4"))
    except InputError:
        pass
    else:
        assert all(np.isfinite(points).all() for lines in found.values() for points in lines)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_file_cut_off_anywhere_is_refused(name):
    text, profile = BY_HAND[name], gcode_profile(name)
    for end in range(len(text) - 1):
        with pytest.raises(InputError):
            read_gcode(text[:end], profile, TWO_LINES.page)
