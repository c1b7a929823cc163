"""Machines as data: the makers' figures, and profiles of one's own that cannot do harm."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.formats.devices import (
    FIELDS,
    GcodeProfile,
    gcode_names,
    gcode_profile,
    hpgl_device,
    hpgl_names,
    read_profile,
)
from inkdream.formats.gcode import read_gcode, to_gcode
from inkdream.page import SIZES
from tests.plot.plots import line, many, simple
from tests.plot.random_plots import is_same

# Hard-clip limits in plotter units, and the scaling points P1 and P2 that lie about the paper's
# middle: Interfacing and Programming Manuals 07475-90001 and 07550-90001.
MAKERS = {
    ("hp7475a", "a4"): ((11040, 7721), (603, 521, 10603, 7721)),
    ("hp7475a", "a3"): ((16158, 11040), (170, 602, 15370, 10602)),
    ("hp7475a", "letter"): ((10365, 7962), (250, 596, 10250, 7796)),
    ("hp7475a", "tabloid"): ((16640, 10365), (522, 259, 15722, 10259)),
    ("hp7550a", "a4"): ((10870, 7600), (430, 200, 10430, 7400)),
    ("hp7550a", "a3"): ((15970, 10870), (380, 430, 15580, 10430)),
    ("hp7550a", "letter"): ((10170, 7840), (80, 320, 10080, 7520)),
    ("hp7550a", "tabloid"): ((16450, 10170), (620, 80, 15820, 10080)),
}


def paper_of(machine, name):
    return next(paper for paper in hpgl_device(machine).paper if paper.name == name)


@pytest.mark.parametrize(("machine", "name"), MAKERS)
def test_limits_and_origins_are_the_makers(machine, name):
    paper, unit = paper_of(machine, name), hpgl_device(machine).unit
    limits, (x1, y1, x2, y2) = MAKERS[machine, name]
    assert (paper.x, paper.y) == ((0, limits[0]), (0, limits[1]))
    for axis, middle in enumerate(((x1 + x2) / 2, (y1 + y2) / 2)):
        assert paper.origin[axis] == pytest.approx(paper.size[axis] / 2 - middle * unit, abs=0.006)


@pytest.mark.parametrize("machine", hpgl_names())
def test_what_a_machine_reaches_lies_on_its_paper(machine):
    device = hpgl_device(machine)
    for paper in device.paper:
        for axis, limits in enumerate((paper.x, paper.y)):
            low, high = (paper.origin[axis] + end * device.unit for end in limits)
            assert 0 <= low < high <= paper.size[axis] + 0.01
            assert limits[0] <= paper.park[axis] <= limits[1]
        if paper.name in SIZES:
            assert sorted(paper.size) == pytest.approx(sorted(SIZES[paper.name]))


def test_pens_units_and_ps_are_the_machines():
    assert {name: hpgl_device(name).pens for name in hpgl_names()} == {
        "hp7475a": 6,
        "hp7440a": 8,
        "hp7550a": 8,
        "dxy": 8,
    }
    assert {name: hpgl_device(name).unit for name in hpgl_names()} == {
        "hp7475a": 0.02488,
        "hp7440a": 0.025,
        "hp7550a": 0.025,
        "dxy": 0.025,
    }
    ps = {paper.name: paper.ps for paper in hpgl_device("hp7475a").paper}
    assert ps == {"a4": 4, "a3": 0, "letter": 4, "tabloid": 0}
    for name in ("hp7440a", "hp7550a", "dxy"):
        assert all(paper.ps is None for paper in hpgl_device(name).paper)


def test_names_are_found_however_they_are_written():
    assert hpgl_device("HP 7475A") == hpgl_device("hp7475a") == hpgl_device("hp-7475a")
    with pytest.raises(InputError, match=r"HPGL plotter 'hp7457a'\. Did you mean 'hp7475a'\?"):
        hpgl_device("hp7457a")
    with pytest.raises(InputError, match=r"G-code profile 'grbl-serv'\. Did you mean 'grbl-servo'"):
        gcode_profile("grbl-serv")
    assert gcode_names() == ("grbl-servo", "grbl-z", "marlin-z", "marlin-servo")


MINE = """
[gwrite.mine]
unit = "mm"
vertical_flip = true
document_start = "G21\\nG90\\n{pen_lift}"
layer_start = "(Start Layer)\\n"
line_start = "(Start Block)\\n"
segment_first = '''G00 X{x:.4f} Y{y:.4f}
M3 S1000
G4 P0.3
'''
segment = "G01 X{x:.4f} Y{y:.4f} F3500\\n"
line_end = "M5\\nG4 P0.5\\n"
layer_join = "M0 (now {next_name})\\n"
document_end = "G00 X0.0000 Y0.0000\\nM2\\n"
default_values = {pen_lift = "M5\\n"}
pen_up = "M5"
pen_down = "M3 S1000"
info = "mine"
"""


def written(folder, text, name="vpype.toml"):
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_of_ones_own_writes_and_is_read_back(tmp_path):
    profile = read_profile(written(tmp_path, MINE))
    assert (profile.name, profile.info) == ("mine", "mine")
    plot = many(30)
    assert is_same(read_gcode(to_gcode(plot, profile), profile, plot.page), plot, 0.001)


def test_one_of_several_is_named_or_the_default(tmp_path):
    both = "[pen_config.a]\nlayers = []\n" + MINE + "[gwrite.other]\nsegment = 'x'\n"
    path = written(tmp_path, both)
    assert read_profile(path, "other").segment == "x"
    with pytest.raises(InputError, match=r"unknown profile ''.*Known: mine, other"):
        read_profile(path)
    with pytest.raises(InputError, match=r"unknown profile 'min'\. Did you mean 'mine'"):
        read_profile(path, "min")
    path = written(tmp_path, "[gwrite]\ndefault_profile = 'other'\n" + both)
    assert read_profile(path).name == "other"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("{x:.4f}", "{x.__class__}", "segment_first: unknown field 'x.__class__'"),
        ("{x:.4f}", "{x[0]}", r"unknown field 'x\[0\]'"),
        ("{x:.4f}", "{0}", "unknown field '0'"),
        ("{x:.4f}", "{}", "unknown field ''"),
        ("{x:.4f}", "{x!r}", "has a format that is not allowed"),
        ("{x:.4f}", "{x:999999999d}", "has a format that is not allowed"),
        ("{x:.4f}", "{x:.999f}", "has a format that is not allowed"),
        ("{x:.4f}", "{x:{y}}", "has a format that is not allowed"),
        ("{x:.4f}", "{x:d}", "Unknown format code 'd'"),
        ("{x:.4f}", "{xx:.4f}", "unknown field 'xx'. Did you mean"),
        ("{x:.4f}", "{x:.4f", "segment_first: .*in 'G00"),
        ("(Start Layer)", "{segment_index}", "layer_start: unknown field 'segment_index'"),
        ("(Start Layer)", "{next_name}", "layer_start: unknown field 'next_name'"),
        ("G90", "{vp_name}", "document_start: unknown field 'vp_name'"),
        ("(Start Layer)", "x" * 3000, "layer_start: is longer than 2,000 characters"),
        ('"M5"', '"M5 {x}"', "pen_up: unknown field 'x'"),
        ('pen_up = "M5"', "", "give pen_up and pen_down, or neither"),
        ("segment =", "segments =", "unknown key 'segments'. Did you mean 'segment'"),
        ('unit = "mm"', 'unit = "mn"', "unknown unit 'mn'. Did you mean"),
        ('unit = "mm"', "scale_x = 0", "a scale of 0 is none"),
        ('unit = "mm"', "scale_x = nan", "scale_x"),
        ('unit = "mm"', "offset_x = 1e99", "offset_x"),
        ("{pen_lift =", "{'a b' =", "'a b' is no name for a field"),
        ('"(Start Block)\\n"', "3", "line_start"),
    ],
)
def test_a_profile_that_could_do_harm_is_refused_in_one_line(tmp_path, old, new, word):
    assert old in MINE
    with pytest.raises(InputError, match=word) as caught:
        read_profile(written(tmp_path, MINE.replace(old, new, 1)))
    text = str(caught.value)
    assert "vpype.toml: mine: " in text and "\n" not in text and len(text) < 500


def test_files_that_are_none_are_refused_in_one_line(tmp_path):
    for text, word in [
        ("", r"has no profile; write \[gwrite.mine\]"),
        ("gwrite = 3", "has no profile"),
        ("gwrite = [1]", "has no profile"),
        ("[gwrite]\ndefault_profile = 'a'\n", "has no profile"),
        ("[gwrite.a\n", "is no TOML"),
        ("a = " + "[" * 100_000, "is no TOML"),
        ("#" * 2**21, "too large"),
    ]:
        with pytest.raises(InputError, match=word):
            read_profile(written(tmp_path, text))
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is no TOML"):
        read_profile(tmp_path / "bytes.toml")


FRAGMENTS = ["{x}", "{x:.3f}", "{{", "}}", "{", "}", "{x!s}", "{y:5d}", "{index:d}", "{a.b}", "G1 "]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([key for key in FIELDS if not key.startswith("pen")]),
    st.one_of(st.text(max_size=20), st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join)),
)
def test_a_template_is_refused_or_can_be_filled(key, template):
    try:
        profile = GcodeProfile(name="mine", **{key: template})
    except ValueError as error:
        assert key in str(error)
    else:
        to_gcode(simple(line((1, 1), (2, 2), (3, 4))), profile, ["note"])
