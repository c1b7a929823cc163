"""`inkdream plot` end to end: files that are the plot, words that are true, nobody's work lost."""

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from inkdream.cli.plot import plot_command
from inkdream.errors import InputError, RunError
from inkdream.formats.devices import gcode_profile, hpgl_device
from inkdream.formats.gcode import read_gcode
from inkdream.formats.hpgl import read_hpgl
from inkdream.formats.registry import FORMATS
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from inkdream.inking.report import report_on
from inkdream.page import Page
from inkdream.plot.machines import machine
from inkdream.svg.read import read_svg
from tests.inking.made import by_pen, lines, pixel_run, quarters, save, stroke_run, svg

FIELDS = {"pen", "width_mm", "strokes", "ink_metres", "travel_metres", "lifts", "seconds", "refill"}
BODY = lines(10, 14, 18) + lines(22, 26, stroke="red")


def make(kind, tmp_path):
    """One of the sources, in a folder of its own."""
    if kind == "strokes":
        return stroke_run(tmp_path / "run")[0]
    if kind == "pixels":
        return pixel_run(tmp_path / "run")
    if kind == "picture":
        return save(tmp_path / "x.png", quarters())
    (tmp_path / "x.svg").write_text(svg(BODY))
    return tmp_path / "x.svg"


def there(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def said(source, **flags):
    """What is printed."""
    out = StringIO()
    assert plot_command(source, PlotFlags(**flags), Console(file=out, width=200)) == 0
    return out.getvalue()


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
@pytest.mark.parametrize("kind", ["strokes", "pixels", "picture", "svg"])
def test_every_source_ends_in_every_kind_of_file(tmp_path, kind, to):
    source = make(kind, tmp_path)
    done = make_files(source, PlotFlags(to=to, page="a5", margin=15.0))
    (path,) = done.files
    assert path.name == ("plot." if source.is_dir() else "x-plot.") + to
    text = path.read_text()
    page = Page.of("a5", margin=15)
    if to == "svg":
        found = {
            layer.pen.name: [stroke.polyline() for stroke in layer.strokes]
            for layer in read_svg(path).as_plot().layers
        }
    elif to == "hpgl":
        found = read_hpgl(text, hpgl_device("hp7475a"), page)
    else:
        found = read_gcode(text, gcode_profile("grbl-servo"), page)
    assert [len(some) for some in found.values()] == list(by_pen(done.plot).values())
    points = np.concatenate([line for some in found.values() for line in some])
    assert (points >= 15 - 0.02).all()
    assert (points <= [133.02, 195.02]).all()
    assert done.timed.lifts == done.plot.strokes


@pytest.mark.parametrize("kind", ["strokes", "pixels", "picture", "svg"])
@pytest.mark.parametrize("device", ["hp7475a", "hp7440a", "hp7550a", "dxy"])
def test_without_a_margin_a_page_gets_one_that_the_machine_reaches(tmp_path, kind, device):
    wish = {"machine": device, "page": "a4", "fit": True, "hatch": "concentric"}
    source = make(kind, tmp_path)
    done = make_files(source, PlotFlags(**wish, registration=True, per_pen=True))
    assert len(done.files) == len([layer for layer in done.plot.layers if layer.strokes])
    margin, note = done.plot.page.margin, "the machine draws no further out"
    assert (margin > 10) == any(note in each for each in done.notes)


def test_a_margin_that_was_asked_for_is_kept_or_refused(tmp_path):
    source = make("picture", tmp_path)
    wish = {"machine": "hp7475a", "page": "a4"}
    with pytest.raises(InputError, match="what fits: a page margin of 16 mm"):
        make_files(source, PlotFlags(**wish, margin=10.0))
    assert make_files(source, PlotFlags(**wish)).plot.page.margin == 16


def test_the_same_source_makes_the_same_files(tmp_path):
    source = make("picture", tmp_path)
    flags = PlotFlags(learn=2, sheet=True, force=True)
    first = [path.read_bytes() for path in make_files(source, flags).files]
    assert [path.read_bytes() for path in make_files(source, flags).files] == first


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
def test_one_file_a_pen(tmp_path, to):
    source = make("svg", tmp_path)
    done = make_files(source, PlotFlags(to=to, per_pen=True, page="a5"))
    names = [path.name for path in done.files]
    assert names == [f"x-plot-1-red.{to}", f"x-plot-2-black.{to}"]
    for path, layer in zip(done.files, done.plot.layers, strict=True):
        if to == "hpgl":
            found = read_hpgl(path.read_text(), hpgl_device("hp7475a"), done.plot.page)
            assert list(found) == [1]
            assert len(found[1]) == len(layer.strokes)


def test_more_pens_than_slots_are_refused_but_for_one_file_a_pen(tmp_path):
    body = "".join(lines(5 + 4 * n, stroke=f"#{30 * n:02x}0000") for n in range(7))
    (tmp_path / "x.svg").write_text(svg(body))
    flags = {"machine": "hp7475a", "page": "a5"}
    with pytest.raises(InputError, match="holds 6 pens"):
        make_files(tmp_path / "x.svg", PlotFlags(**flags))
    assert there(tmp_path) == ["x.svg"]
    assert len(make_files(tmp_path / "x.svg", PlotFlags(per_pen=True, **flags)).files) == 7


def test_names_tell_the_pens_that_were_asked_for(tmp_path):
    source = make("svg", tmp_path)
    assert make_files(source, PlotFlags(pens="red")).files[0].name == "x-red.svg"
    done = make_files(source, PlotFlags(pens="red,black,lime,gold,navy", page="a4"))
    assert done.files[0].name == "x-red-black.svg"
    (tmp_path / "out").mkdir()
    inside = make_files(source, PlotFlags(pens="black", out=tmp_path / "out")).files[0]
    assert inside == tmp_path / "out" / "x-black.svg"


def test_nobody_s_file_is_written_over(tmp_path):
    source = make("svg", tmp_path)
    (tmp_path / "x-plot.svg").write_text("precious")
    with pytest.raises(InputError, match="--force"):
        make_files(source, PlotFlags())
    assert (tmp_path / "x-plot.svg").read_text() == "precious"
    make_files(source, PlotFlags(force=True))
    assert (tmp_path / "x-plot.svg").read_text() != "precious"
    before = source.read_bytes()
    with pytest.raises(InputError, match="is what is to be plotted"):
        make_files(source, PlotFlags(out=source, force=True))
    assert source.read_bytes() == before


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
def test_a_file_that_is_not_the_plot_is_not_left_behind(tmp_path, monkeypatch, to):
    source = make("svg", tmp_path)
    write = FORMATS[to].write
    erring = lambda *words: write(*words).replace("0", "1")  # noqa: E731
    monkeypatch.setattr(FORMATS[to], "write", erring)
    with pytest.raises(RunError, match="it is not kept"):
        make_files(source, PlotFlags(to=to, page="a5"))
    assert there(tmp_path) == ["x.svg"]


def test_nothing_is_written_if_one_of_several_files_is_there(tmp_path):
    source = make("svg", tmp_path)
    (tmp_path / "x-plot-2-black.svg").write_text("precious")
    with pytest.raises(InputError, match="is there already"):
        make_files(source, PlotFlags(per_pen=True))
    assert there(tmp_path) == ["x-plot-2-black.svg", "x.svg"]


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
def test_json_of_what_was_written(tmp_path, capsys, to):
    source = make("svg", tmp_path)
    assert plot_command(source, PlotFlags(to=to, page="a5", json=True)) == 0
    out = capsys.readouterr()
    table = json.loads(out.out)
    assert out.out.count("\n") == 1
    assert {"machine", "seconds", "lifts", "layers", "files", "difference"} == set(table)
    assert [set(layer) for layer in table["layers"]] == [FIELDS, FIELDS]
    assert table["lifts"] == sum(layer["lifts"] for layer in table["layers"]) == 5
    assert table["files"] == [str(tmp_path / f"x-plot.{to}")]
    # How fast an HP 7475A draws is not known, and not made up.
    seconds = [table["seconds"], *(layer["seconds"] for layer in table["layers"])]
    assert all(value is None for value in seconds) == (to == "hpgl")
    assert table["difference"] < 1
    assert out.err.startswith("note: ")


def test_json_of_a_report(tmp_path, capsys):
    source = make("svg", tmp_path)
    assert plot_command(source, PlotFlags(report=True, json=True, machine="saxi")) == 0
    table = json.loads(capsys.readouterr().out)
    assert set(table) == {"machine", "seconds", "lifts", "layers"}
    assert table["machine"] == "saxi"
    assert [set(layer) for layer in table["layers"]] == [FIELDS]
    assert there(tmp_path) == ["x.svg"]


def test_a_report_on_a_run_is_on_its_drawing(tmp_path):
    folder, plot = stroke_run(tmp_path / "run")
    words = said(folder, report=True)
    assert "drawing.svg, as it is" in words
    assert all(layer.pen.name in words for layer in plot.layers)
    with pytest.raises(InputError, match="no strokes to report on"):
        said(save(tmp_path / "x.png", quarters()), report=True)
    with pytest.raises(InputError, match="reports are for axidraw-v3"):
        said(folder, report=True, machine="hp7475a")


def test_what_is_said_is_what_was_written(tmp_path):
    source = make("svg", tmp_path)
    words = said(source, pens="black:0.5,red:0.5")
    assert str(tmp_path / "x-red-black.svg") in words
    assert "read back, and found to be the plot" in words
    assert "5 strokes, 0.20 m of ink" in words
    assert "1 pen change" in words
    assert "differs from the original by CIEDE2000 0." in words
    slots = said(source, machine="hp7475a", page="a5")
    assert "METRIC, A4" in slots
    assert "not known" in slots


def test_axidraw_is_told_in_the_layers_names(tmp_path):
    source = make("svg", tmp_path)
    flags = PlotFlags(speed=40, height=30, delay=200, pause=True)
    root = ElementTree.parse(make_files(source, flags).files[0]).getroot()
    label = "{http://www.inkscape.org/namespaces/inkscape}label"
    labels = [group.get(label) for group in root if group.get(label)]
    assert labels == ["1+h30+s40+d200 red", "!2+h30+s40+d200 black"]
    for name in ("speed", "height", "delay"):
        with pytest.raises(InputError, match=f"--{name} is for svg"):
            make_files(source, PlotFlags(to="hpgl", **{name: 20}))
    with pytest.raises(InputError, match="1 to 110"):
        make_files(source, PlotFlags(speed=200, force=True))


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
def test_registration_marks_are_in_every_layer_and_file(tmp_path, to):
    source = make("svg", tmp_path)
    plain = make_files(source, PlotFlags(to=to, page="a5", out=tmp_path / f"1.{to}"))
    flags = PlotFlags(to=to, page="a5", out=tmp_path / f"2.{to}", registration=True)
    marked = make_files(source, flags)
    assert list(by_pen(marked.plot).values()) == [8 + n for n in by_pen(plain.plot).values()]


def test_a_sheet_is_written_beside(tmp_path):
    source = make("svg", tmp_path)
    done = make_files(source, PlotFlags(sheet=True))
    assert [path.name for path in done.files] == ["x-plot.svg", "x-plot.html"]
    html = done.files[1].read_text()
    assert all(f"&nbsp;{layer.pen.name}<" in html for layer in done.plot.layers)
    assert "data:image/png;base64," in html


def test_a_plot_and_its_sheet_are_never_one_file(tmp_path):
    source = make("svg", tmp_path)
    with pytest.raises(InputError, match="the plot and its sheet"):
        make_files(source, PlotFlags(to="svg", sheet=True, out=tmp_path / "x.html"))
    assert there(tmp_path) == ["x.svg"]


@pytest.mark.parametrize(
    ("name", "word"),
    [("x.hpgl", "IN;"), ("x.PLT", "IN;"), ("x.gcode", "G1 X"), ("y.nc", "G1 X"), ("y.svg", "<svg")],
)
def test_a_file_is_of_the_kind_that_its_name_says(tmp_path, name, word):
    path = tmp_path / name
    make_files(make("svg", tmp_path), PlotFlags(page="a5", out=path))
    assert word in path.read_text()


@pytest.mark.parametrize(
    ("name", "wishes", "words"),
    [
        ("x.hpgl", {"to": "gcode"}, "a file of hpgl"),
        ("x.hpgl", {"machine": "grbl-servo"}, "takes gcode, not hpgl"),
        ("x.png", {}, "which kind of file"),
        ("x", {}, "which kind of file"),
    ],
)
def test_a_name_that_says_another_kind_is_refused(tmp_path, name, wishes, words):
    with pytest.raises(InputError, match=words):
        make_files(make("svg", tmp_path), PlotFlags(out=tmp_path / name, **wishes))
    assert there(tmp_path) == ["x.svg"]


def test_a_name_that_says_no_kind_is_free_if_the_kind_is_said(tmp_path):
    source = make("svg", tmp_path)
    for flags in (
        PlotFlags(to="svg", out=tmp_path / "x.txt"),
        PlotFlags(machine="saxi", out=tmp_path / "x"),
        PlotFlags(machine="saxi", out=tmp_path / "y.txt"),
    ):
        assert make_files(source, flags).files[0].read_text().startswith("<?xml")


def test_a_page_may_be_as_long_as_a_banner(tmp_path):
    path = tmp_path / "long.svg"
    line = '<path d="M10 15H1990" stroke="black"/>'
    path.write_text(svg(line, width="2000mm", height="30mm", box="0 0 2000 30"))
    long = make_files(path, PlotFlags(pens="black", page="2000x30mm", margin=1)).plot
    assert (long.page.width, long.strokes) == (2000, 1)
    assert said(path, report=True)


def test_where_it_is_from_stands_in_the_file(tmp_path):
    folder = pixel_run(tmp_path / "run", seed=17)
    text = make_files(folder, PlotFlags(hatch="cross")).files[0].read_text()
    assert "seed: 17" in text
    assert "loom/conv4_1/17" in text
    assert "on axidraw-v3" in text
    gcode = make_files(folder, PlotFlags(to="gcode", hatch="cross")).files[0].read_text()
    assert "(seed: 17)" in gcode


def test_wishes_for_areas_are_noted_where_there_are_none(tmp_path):
    done = make_files(make("svg", tmp_path), PlotFlags(hatch="spiral"))
    assert any("--hatch" in note for note in done.notes)


def test_nothing_to_draw_is_refused(tmp_path):
    (tmp_path / "x.svg").write_text(svg(lines(10, stroke="none")))
    with pytest.raises(InputError, match="nothing is left to be drawn"):
        make_files(tmp_path / "x.svg", PlotFlags())
    assert there(tmp_path) == ["x.svg"]


def test_what_was_not_read_is_told_if_nothing_else_is_there(tmp_path):
    (tmp_path / "x.svg").write_text(svg('<text y="9">a</text><image href="a.png"/>'))
    with pytest.raises(InputError, match=r"image left out \(1\).*text left out.*Object to Path"):
        make_files(tmp_path / "x.svg", PlotFlags(pens="black"))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"hatch": "concentrc"}, "Did you mean 'concentric'"),
        ({"learn": 0}, "1 to 64"),
        ({"learn": 3, "pens": "red"}, "not both"),
    ],
)
def test_flags_that_mean_nothing_are_refused(flags, expected):
    with pytest.raises(InputError, match=expected):
        PlotFlags(**flags)


def test_the_original_s_pens_make_a_shorter_plot_that_looks_like_it(tmp_path):
    rng = np.random.default_rng(0)
    body = ""
    for at in rng.uniform(0, 1, (120, 4)) * (60, 40, 60, 40):
        x, y, to_x, to_y = at.round(2)
        ink = rng.choice(["black", "#202020", "red", "white", "none"])
        body += f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{ink}" stroke-width="0.5"/>'
    (tmp_path / "x.svg").write_text(svg(body))
    original = said(tmp_path / "x.svg", report=True)
    assert "nobody sees" in original
    before = report_on(tmp_path / "x.svg", machine("axidraw-v3"))
    done = make_files(tmp_path / "x.svg", PlotFlags(pens="black:0.5,red:0.5"))
    assert done.timed.seconds < 0.85 * before.timed.seconds
    other = make_files(tmp_path / "x.svg", PlotFlags(pens="gold:0.5"))
    assert done.difference < 0.5 * other.difference


def test_the_profile_in_the_docs_is_one(tmp_path):
    page = (Path(__file__).parents[2] / "docs/plotting.md").read_text("utf-8")
    (profile,) = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "mine.toml").write_text(profile)
    flags = PlotFlags(machine=str(tmp_path / "mine.toml"), page="a5")
    done = make_files(make("svg", tmp_path), flags)
    assert "M0 (black)" in done.files[0].read_text()
    with pytest.raises(InputError, match="larger than the machine's travel"):
        make_files(tmp_path / "x.svg", PlotFlags(machine=flags.machine, page="a3", force=True))


IMPORTS = """
import sys
from inkdream.inking.flags import PlotFlags
PlotFlags(hatch="spiral")
assert {"torch", "numba", "shapely"}.isdisjoint(sys.modules), sys.modules
"""


def test_flags_are_read_without_what_takes_long_to_load():
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)


@pytest.mark.parametrize("to", ["svg", "hpgl", "gcode"])
def test_a_pen_is_filled_again_after_so_many_metres(tmp_path, to):
    source = make("svg", tmp_path)
    flags = {"to": to, "page": "a5", "refill": "9cm"}
    words = said(source, **flags, sheet=True)
    assert "1 pen change, 1 refill" in words
    assert "1 refill, after 0.09 m at most: black" in words
    assert "draws 6 mm in the margin" in words
    sheet = (tmp_path / "x-plot.html").read_text()
    assert "black (refilled)" in sheet and "1 pen change, 1 refill" in sheet
    parts = make_files(source, PlotFlags(**flags, per_pen=True)).files
    assert [path.stem for path in parts] == [
        "x-plot-1-red",
        "x-plot-2-black",
        "x-plot-3-black-refilled",
    ]
    with pytest.raises(InputError, match=r"--refill: .*write 60m"):
        make_files(source, PlotFlags(refill="far"))


def test_a_refilled_file_is_plotted_anew_with_other_refills_or_none(tmp_path):
    source = make("svg", tmp_path)
    flags = {"page": "a5", "force": True}
    whole = make_files(source, PlotFlags(**flags, out=tmp_path / "whole.svg")).plot
    once = make_files(source, PlotFlags(**flags, refill="9cm", out=tmp_path / "1.svg"))
    again = make_files(once.files[0], PlotFlags(**flags, out=tmp_path / "2.svg"))
    assert (once.plot.refills, again.plot.refills) == (1, 0)
    assert by_pen(again.plot) == by_pen(whole)
