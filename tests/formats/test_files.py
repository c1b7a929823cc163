"""Files are read back before they count: whole ones pass, and damaged ones do not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from inkdream.errors import InputError, RunError
from inkdream.formats.registry import format_for
from inkdream.page import Page
from inkdream.plot import Layer, Plot, Stroke
from tests.plot.plots import BLACK, CYAN, line, nice, spiral

MACHINES = [
    ("svg", "axidraw-v3"),
    *(("hpgl", name) for name in ("hp7475a", "hp7440a", "hp7550a", "dxy")),
    *(("gcode", name) for name in ("grbl-servo", "grbl-z", "marlin-z", "marlin-servo")),
]
KINDS = [("svg", "axidraw-v3"), ("hpgl", "hp7475a"), ("gcode", "grbl-servo")]


def plain_plot():
    strokes = (line((20, 20), (60, 20), (60, 70)), line((30, 100), (80, 110)))
    more = (line((40, 40), (50, 90)), line((20, 90), (25, 95)))
    layers = (Layer(CYAN, strokes), Layer(BLACK, more))
    return Plot(Page.of("a6", margin=15), "#ffffff", layers)


@pytest.mark.parametrize(("kind", "name"), MACHINES)
def test_what_is_written_comes_back_as_the_plot(kind, name):
    target = format_for(kind, name)
    for plot in (plain_plot(), nice(margin=15)):
        text = target.verified(plot, {"title": "a test"})
        assert target.differences(text, plot) == []


@pytest.mark.parametrize(("kind", "name"), MACHINES)
def test_dots_and_long_spirals_come_back(kind, name):
    dots = tuple(Stroke(np.array(points)) for points in ([[30.0, 30.0]], [[40.0, 40.0]] * 3))
    long = spiral(52, 74, 30, 60, 8_000)
    plot = Plot(Page.of("a6", margin=15), "#ffffff", (Layer(BLACK, (*dots, long)),))
    assert format_for(kind, name).verified(plot, {})


@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize("change", ["move", "drop", "add", "swap", "pen"])
def test_a_file_of_another_plot_is_found_out(kind, name, change):
    target, plot = format_for(kind, name), plain_plot()
    first, second = plot.layers
    other = {
        "move": (replace(first, strokes=(line((20, 20), (60, 20.2), (60, 70)), first.strokes[1])),),
        "drop": (replace(first, strokes=first.strokes[:1]),),
        "add": (replace(first, strokes=(*first.strokes, line((70, 70), (71, 71)))),),
        "swap": (replace(first, strokes=first.strokes[::-1]),),
        "pen": (replace(first, pen=replace_name(first.pen, "another")),),
    }[change]
    wrong = target.verified(Plot(plot.page, plot.paper, (*other, second)), {})
    # HPGL knows pens by number alone.
    assert bool(target.differences(wrong, plot)) == ((kind, change) != ("hpgl", "pen"))


def replace_name(pen, name):
    return pen.model_copy(update={"name": name})


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_layers_the_wrong_way_round_are_found_out(kind, name):
    target, plot = format_for(kind, name), plain_plot()
    wrong = target.verified(replace(plot, layers=plot.layers[::-1]), {})
    assert target.differences(wrong, plot)


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_file_that_is_cut_off_is_found_out(kind, name):
    target, plot = format_for(kind, name), plain_plot()
    text = target.verified(plot, {})
    # What stands behind the last stroke says nothing of the plot.
    for share in (0.3, 0.6, 0.9):
        assert target.differences(text[: int(share * len(text))], plot)


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_one_wrong_figure_is_found_out(kind, name):
    target, plot = format_for(kind, name), plain_plot()
    text = target.verified(plot, {})
    pattern = {"svg": r'points="(\d)', "hpgl": r"PD-?(\d)", "gcode": r"G1 X(\d)"}[kind]
    found = re.search(pattern, text)
    figure = "9" if found[1] != "9" else "8"
    wrong = text[: found.start(1)] + figure + text[found.end(1) :]
    assert target.differences(wrong, plot)


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_writer_that_errs_ends_in_an_error(kind, name, monkeypatch):
    target, plot = format_for(kind, name), plain_plot()
    honest = type(target).write

    def erring(self, plot, facts):
        strokes = tuple(Stroke(each.points + 0.1) for each in plot.layers[0].strokes)
        layers = (replace(plot.layers[0], strokes=strokes), *plot.layers[1:])
        return honest(self, replace(plot, layers=layers), facts)

    monkeypatch.setattr(type(target), "write", erring)
    with pytest.raises(RunError, match="not what was to be written"):
        target.verified(plot, {})


def test_a_vertex_that_the_grid_swallows_is_within_a_unit():
    fine = spiral(52, 74, 3, 20, 4_000)
    plot = Plot(Page.of("a6", margin=15), "#ffffff", (Layer(BLACK, (fine,)),))
    target = format_for("hpgl", "hp7475a")
    text = target.verified(plot, {})
    # A file that leaves out more than the grid does is none.
    short = Stroke(np.concatenate([fine.points[:1800], fine.points[2400:]]))
    other = target.verified(Plot(plot.page, plot.paper, (Layer(BLACK, (short,)),)), {})
    assert other != text
    assert target.differences(other, plot)


def test_too_many_pens_are_the_user_s_mistake():
    pens = [replace_name(BLACK, f"pen {number}") for number in range(7)]
    layers = tuple(Layer(pen, (line((30, 30), (60, 60)),)) for pen in pens)
    with pytest.raises(InputError, match="holds 6 pens"):
        format_for("hpgl", "hp7475a").verified(Plot(Page.of("a6"), "#ffffff", layers), {})
