"""How much a plot looks like its SVG: a number that means something."""

import re
from dataclasses import replace

import numpy as np
import pytest

from inkdream.cli.plot import plot_command
from inkdream.inking import files
from inkdream.inking.files import MUCH, likeness
from inkdream.inking.flags import PlotFlags
from inkdream.plot import Stroke
from tests.conftest import SIDE
from tests.inking.made import inked, lines, svg


@pytest.fixture(autouse=True)
def as_large_as_it_is(monkeypatch):
    monkeypatch.setattr(files, "SIDE", SIDE)


def made(tmp_path, body, **said):
    path = tmp_path / "x.svg"
    path.write_text(svg(body))
    return path, inked(path, **said)


def measured(tmp_path, body, **said):
    path, inking = made(tmp_path, body, **said)
    found = likeness(path, inking, inking.plot)
    return found and found.difference


BODY = lines(10, 14, 18, 22, 26, 30, width=1)


@pytest.mark.parametrize("said", [{}, {"page": "a6"}, {"page": "50x40mm", "margin": 8.0}])
def test_the_same_lines_at_any_size_and_place_do_not_differ(tmp_path, said):
    # Without pens a line is as wide as it was; smaller, so is the pen.
    mixed = BODY + '<path d="M0 35H1" stroke="#000001" stroke-width="1"/>'
    assert measured(tmp_path, mixed, **said) < 0.3


def test_other_colours_and_widths_differ(tmp_path):
    black = measured(tmp_path, BODY, pens="black:1")
    thin = measured(tmp_path, BODY, pens="black:0.5")
    red = measured(tmp_path, BODY, pens="red:1")
    assert black < 0.3 < thin < red


def test_lines_elsewhere_or_left_out_differ(tmp_path):
    path, inking = made(tmp_path, BODY, pens="black:1")
    (layer,) = inking.plot.layers
    away = replace(
        layer, strokes=tuple(Stroke(each.points + np.array([0, 2])) for each in layer.strokes)
    )
    fewer = replace(layer, strokes=layer.strokes[:3])
    for other in (away, fewer):
        plot = replace(inking.plot, layers=(other,))
        assert likeness(path, inking, plot).difference > 2


def test_what_cannot_be_drawn_by_others_is_not_measured(tmp_path, monkeypatch):
    bounds = {"MOST_STROKES": 5, "MOST_VERTICES": 11, "MOST_PX": 6 * 20}
    places = {f"inkdream.inking.files.{name}": most for name, most in bounds.items()}
    for place, most in {**places, "inkdream.svg.resvg_apart.MOST_SECONDS": 0}.items():
        with monkeypatch.context() as patched:
            patched.setattr(place, most)
            assert measured(tmp_path, BODY, pens="black:1") is None
    assert measured(tmp_path, BODY, pens="black:1") is not None


def test_many_strokes_are_compared_more_coarsely_but_alike(tmp_path, monkeypatch):
    fine = measured(tmp_path, BODY, pens="black:0.5")
    monkeypatch.setattr("inkdream.inking.files.ENOUGH", 5)
    assert measured(tmp_path, BODY, pens="black:0.5") == pytest.approx(fine, rel=0.02)


def test_where_they_differ_most_is_told_and_what_to_look_at(tmp_path, capsys):
    dark = '<path d="M31 1H59V19H31Z" fill="black"/><path d="M31 1H59V39H1V21H31Z" fill="black"/>'
    path, inking = made(tmp_path, dark + '<text x="5" y="5">x</text>', pens="black:0.4")
    found = likeness(path, inking, inking.plot)
    assert found.difference > MUCH
    assert found.x > 30
    assert plot_command(path, PlotFlags(pens="black:0.4", json=True)) == 0
    (warning,) = re.findall("^warning: .*", capsys.readouterr().err, re.M)
    for words in ("very different", "Look at: not read: ", "text", "--hatch parallel fills them"):
        assert words in warning
    assert (
        plot_command(path, PlotFlags(pens="black:0.4", hatch="parallel", json=True, force=True))
        == 0
    )
    assert "warning" not in capsys.readouterr().err
