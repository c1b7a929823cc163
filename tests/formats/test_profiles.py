"""Profiles as users of vpype-gcode have them: they work, or one line says what they lack."""

import re
from dataclasses import replace

import numpy as np
import pytest

from inkdream.errors import InputError, RunError
from inkdream.formats import gcode
from inkdream.formats.gcode import read_gcode
from inkdream.formats.registry import format_for
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from inkdream.page import Page
from inkdream.plot import Layer, Plot
from tests.inking.made import lines, svg
from tests.plot.plots import BLACK, CYAN, line, nice

# Each of a kind that is bundled with vpype-gcode, or stands in its documentation.
KINDS = {
    "G-code, no line's end at the end": r"""
        document_start = "G21\nG17\nG90\n"
        segment_first = "G00 X{x:.4f} Y{y:.4f}\n"
        segment = "G01 X{x:.4f} Y{y:.4f}\n"
        document_end = "M2" """,
    "inches": r"""
        unit = "in"
        vertical_flip = true
        document_start = "G20\n"
        segment_first = "G00 X{x:.5f} Y{y:.5f}\n"
        segment = "G01 X{x:.5f} Y{y:.5f}\n"
        info = "right way\nup" """,
    "steps": r"""
        document_start = "G21\nG91\n"
        segment_first = "G00 X{dx:.6f} Y{dy:.6f}\n"
        segment = "G01 X{dx:.6f} Y{dy:.6f}\n" """,
    "homing, and another zero": r"""
        document_start = "G21\nG90\nG28\nG10 L20 P1 X0 Y0\n"
        segment_first =  "G1 Z3 F10000\nG0 X{x:.4f} Y{y:.4f} F15000\nG1 Z6 F6000\n"
        segment = "G1 X{x:.4f} Y{y:.4f} F10000\n"
        document_end = "\nG1 Z0 F1000\nG1 X0 Y0 F1000\nM2\n" """,
    "G1 all the way, negated steps": r"""
        document_start = "G21\nG92 X0 Y0\nG1G90 Z0.5F20000\n"
        segment_first = "G1G91X{_dx:.6f}Y{_dy:.6f}\nG1G90 Z5.0F5000\n"
        segment = "G1G91X{_dx:.6f}Y{_dy:.6f}\n"
        segment_last = "G1G91X{_dx:.6f}Y{_dy:.6f}\nG1G90 Z0.5F20000\n"
        document_end = "G90G0 X0 Y0\n$SLP\n" """,
    "a table": r"""
        document_start = "#Operation, X-value, Y-value\n"
        segment_first = "Move, {x:f}, {y:f}\n"
        segment = "Line-to, {x:f}, {y:f}\n"
        segment_last = "Stop, {x:f}, {y:f}\n" """,
    "JSON": r"""
        document_start = "{{"
        document_end = "}}\n"
        line_join = ","
        layer_start = "\n\t\"{filename} Layer\": {{"
        layer_end = "\t}}\n"
        line_start = "\n\t\t\"Line{index:d}\": [\n"
        line_end = "\n\t\t]"
        segment = "[{x:.3f}, {y:.3f}],\n"
        segment_last = "[{x:.3f}, {y:.3f}]" """,
    "HPGL, whole steps": r"""
        document_start = "IN;"
        layer_start = "SP{layer_id:d};PA;PU0,0;PR;"
        segment_first = "PU{idx:d},{idy:d};PD"
        segment = "{idx:d},{idy:d},"
        segment_last ="{idx:d},{idy:d};"
        document_end = ";SP0;IN\n"
        scale_x = 40
        scale_y = 40
        vertical_flip = true """,
    "pens by number": r"""
        layer_start = "F{layer_id:d}\n"
        segment_first = "C{x:.0f},{y:.0f};HK\n"
        segment = "C{x:.0f},{y:.0f};IK\n"
        document_end = "F0\n"
        scale_x = 10
        scale_y = 10
        offset_x = 7.5
        invert_x = true """,
    "named pens": r"""
        layer_start = "layer {layer_index1:d} (color = {vp_color}, {vp_name})\n"
        layer_join = "M0 {next_name}\n"
        segment = "{index:d} {x:.3f} {y:.3f} {x:.1f}\n" """,
}
TELLS_PENS = ("HPGL, whole steps", "pens by number", "named pens")


def target(tmp_path, kind):
    (tmp_path / "p.toml").write_text("[gwrite.mine]\n" + KINDS.get(kind, kind))
    return format_for("gcode", str(tmp_path / "p.toml"))


def one_pen():
    strokes = (line((20, 20), (60, 20), (60, 70)), line((30, 100), (80, 110)))
    return Plot(Page.of("a6", margin=15), "#ffffff", (Layer(CYAN, strokes),))


def two_pens():
    plot = one_pen()
    return replace(plot, layers=(*plot.layers, Layer(BLACK, (line((40, 40), (50, 90)),))))


@pytest.mark.parametrize("kind", KINDS)
def test_profiles_of_every_kind_write_what_is_plotted(tmp_path, kind):
    whom = target(tmp_path, kind)
    for plot in (one_pen(), replace(nice(margin=15), layers=nice(margin=15).layers[:1])):
        assert whom.differences(whom.verified(plot, {"title": "a test"}), plot) == []


@pytest.mark.parametrize("kind", KINDS)
def test_two_pens_are_refused_before_anything_is_written_where_nothing_tells_them_apart(
    tmp_path, kind
):
    whom, plot = target(tmp_path, kind), two_pens()
    if kind in TELLS_PENS:
        assert whom.differences(whom.verified(plot, {}), plot) == []
        return
    (tmp_path / "x.svg").write_text(svg(lines(10) + lines(20, stroke="red")))
    said = {"machine": str(tmp_path / "p.toml"), "pens": "black:0.5,red:0.5", "page": "a5"}
    with pytest.raises(InputError, match=r"mine is for one pen.* 2: .*layer_join.*--per-pen"):
        make_files(tmp_path / "x.svg", PlotFlags(**said))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.toml", "x.svg"]
    assert len(make_files(tmp_path / "x.svg", PlotFlags(per_pen=True, **said)).files) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["a stroke less", "aside", "shorter", "other way", "cut off"])
def test_a_file_of_another_plot_is_found_out(tmp_path, kind, fault):
    whom, plot = target(tmp_path, kind), one_pen()
    (layer,) = plot.layers
    first, second = layer.strokes
    text = whom.verified(plot, {})
    strokes = {
        "a stroke less": (first,),
        "aside": (first, line((30, 100.4), (80, 110.4))),
        "shorter": (line((20, 20), (60, 20), (60, 69.5)), second),
        "other way": (line((60, 70), (60, 20), (20, 20)), second),
    }
    if fault == "cut off":
        wrong = text[: len(text) // 2]
    else:
        layers = (replace(layer, strokes=strokes[fault]),)
        wrong = whom.verified(replace(plot, layers=layers), {})
    assert wrong != text
    assert whom.differences(wrong, plot)


def test_pens_in_another_order_are_found_out(tmp_path):
    for kind in TELLS_PENS:
        whom, plot = target(tmp_path, kind), two_pens()
        turned = whom.verified(replace(plot, layers=plot.layers[::-1]), {})
        assert whom.differences(turned, plot)


@pytest.mark.parametrize("field", ["x", "y", "dy"])
def test_a_writer_that_errs_in_one_number_is_found_out(tmp_path, field, monkeypatch):
    kind = "steps" if field == "dy" else "a table"
    honest = gcode.to_gcode

    def erring(*said, **more):
        numbers = list(re.finditer(r"-?\d+\.\d{4,}", honest(*said, **more)))
        text = honest(*said, **more)
        found = numbers[2 if field == "x" else 3]
        return f"{text[: found.start()]}{float(found[0]) + 0.1:.6f}{text[found.end() :]}"

    whom = target(tmp_path, kind)
    assert whom.verified(one_pen(), {})
    monkeypatch.setattr(gcode, "to_gcode", erring)
    with pytest.raises((RunError, InputError), match=r"lies 0\.1"):
        whom.verified(one_pen(), {})


def test_steps_whose_rounding_adds_up_are_the_profile_s_fault(tmp_path):
    rounded = KINDS["HPGL, whole steps"].replace("idx:d", "dx:.0f").replace("idy:d", "dy:.0f")
    with pytest.raises(InputError, match=r"steps as \{dx:.0f\} are rounded.* or \{idx:d\}"):
        target(tmp_path, rounded).verified(nice(margin=15), {})


def test_a_profile_that_does_not_say_where_is_refused(tmp_path):
    lame = 'segment_first = "G0 X{x:.2f} Y{y:.2f}\\n"\nsegment = "G1 X{x:.2f}\\n"'
    with pytest.raises(InputError, match=r"mine: segment does not say where .* \{y\} or \{dy\}"):
        target(tmp_path, lame).verified(one_pen(), {})


def test_what_could_not_be_checked_is_said(tmp_path):
    (tmp_path / "x.svg").write_text(svg(lines(10)))
    target(tmp_path, "pens by number")
    done = make_files(tmp_path / "x.svg", PlotFlags(machine=str(tmp_path / "p.toml"), page="a5"))
    assert any("not when the pen is down" in note for note in done.notes)
    assert any("lines lie up to 0.21 mm off" in note for note in done.notes)
    target(tmp_path, "inches")
    done = make_files(
        tmp_path / "x.svg", PlotFlags(machine=str(tmp_path / "p.toml"), page="a5", force=True)
    )
    assert any(note == "right way up" for note in done.notes)


LIFTING = r"""
    document_start = "G21\nG28\nG10 L20 P1 X0 Y0 Z0\nG54 G90\nM5\n"
    segment_first = "G0 X{x:.4f} Y{y:.4f}\nM3 S1000\nG4 P0.3\n"
    segment = "G1 X{x:.4f} Y{y:.4f} F2000\n"
    line_end = "M5\n"
    document_end = "G0 X0 Y0\nM2"
    pen_up = "M5"
    pen_down = "M3 S1000"
"""


def test_homing_another_zero_and_an_end_without_a_line_s_end_are_no_fault(tmp_path):
    whom = target(tmp_path, LIFTING)
    text = whom.verified(one_pen(), {})
    assert text.endswith("M2")
    found = read_gcode(text, whom.profile, one_pen().page)
    np.testing.assert_allclose(found[1][0], [[20, 20], [60, 20], [60, 70]], atol=1e-3)
    for wrong in (text[:-1], text[:-3], text.replace("G1 X60.0000 Y20", "G1 X60.0000 Y21")):
        assert whom.differences(wrong, one_pen())
    with pytest.raises(InputError, match="mine is for one pen"):
        whom.verified(two_pens(), {})
