"""What lies on paper already: by the machine's own times, or by layers."""

from dataclasses import replace

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.plot.machines import machine
from inkdream.plot.motion import drawn_at, estimate
from inkdream.plot.onpaper import count, on_paper, parted
from inkdream.plot.plot import LayerCodes
from inkdream.plot.refill import refilled
from inkdream.recipe.keep import parse_plotted
from tests.plot.plots import BLACK, nice

PLOT = nice(page="a5")


def plotter(name="axidraw-v3"):
    return machine(name)


def marked(words, plot=PLOT, name="axidraw-v3"):
    said = parse_plotted(words)
    return on_paper(plot, plotter(name), said.seconds, said.layers)


@pytest.mark.parametrize("name", ["axidraw-v3", "saxi", "grbl-servo"])
@pytest.mark.parametrize("page", ["a5", "a5 landscape"])
def test_strokes_finish_when_a_plot_of_them_alone_would(name, page):
    """The first so many strokes take as long as the estimate of a plot that ends with them."""
    plot, still = nice(page=page), replace(plotter(name), returns=False, extra=0.0)
    times = np.concatenate(drawn_at(plot, still))
    assert (np.diff(times) > 0).all()
    places = [(at, n) for at, layer in enumerate(plot.layers) for n in range(len(layer.strokes))]
    for index in range(0, len(places), 13):
        at, last = places[index]
        part = replace(plot.layers[at], strokes=plot.layers[at].strokes[: last + 1])
        begun = replace(plot, layers=(*plot.layers[:at], part))
        assert times[index] == pytest.approx(estimate(begun, still).seconds, abs=1e-6)


def test_an_axidraw_waits_before_a_layer_that_says_so():
    slow = replace(PLOT.layers[1], codes=LayerCodes(delay=30_000))
    late = replace(PLOT, layers=(PLOT.layers[0], slow, *PLOT.layers[2:]))
    before, after = drawn_at(PLOT, plotter()), drawn_at(late, plotter())
    assert np.array_equal(before[0], after[0])
    assert np.allclose(after[1] - before[1], 30.0)
    assert np.allclose(after[3] - before[3], 30.0)


def test_what_a_machine_does_not_reach_is_done_with_the_stroke_before_it():
    high = nice(page="a3")
    reached = drawn_at(high, plotter("axidraw-v3"))
    assert len(reached[3]) == len(high.layers[3].strokes)
    assert (np.diff(np.concatenate(reached)) >= 0).all()


def test_the_stroke_in_hand_is_not_on_paper():
    times = np.concatenate(drawn_at(PLOT, plotter()))
    just = marked(f"{times[7]:.9f}s")
    early = marked(f"{times[7] - 1e-3:.9f}s")
    assert count(early) == 7
    assert count(just) in (7, 8)
    assert count(marked(f"{times[7] + 1e-3:.9f}s")) == 8


def test_both_parts_are_all_strokes_in_their_order():
    gone = marked("2min")
    done, left = parted(PLOT, gone)
    assert 0 < count(gone) < PLOT.strokes
    assert done.strokes + left.strokes == PLOT.strokes
    whole = [id(stroke) for layer in PLOT.layers for stroke in layer.strokes]
    halves = [
        id(stroke) for part in (done, left) for layer in part.layers for stroke in layer.strokes
    ]
    assert halves == whole


@pytest.mark.parametrize(
    ("words", "layers"),
    [
        ("1", [0]),
        ("1-2", [0, 1]),
        ("2, 4", [1, 3]),
        ("stabilo 88 46 BLACK", [3]),
        ("Stabilo 88 44,3-4", [0, 2, 3]),
    ],
)
def test_layers_are_named_by_pens_and_numbers(words, layers):
    gone = marked(words)
    assert [index for index, each in enumerate(gone) if each.all()] == layers
    assert count(gone) == sum(len(PLOT.layers[index].strokes) for index in layers)


def test_a_pen_stands_for_its_refills_too():
    full = refilled(PLOT, 1.0).plot
    assert full.refills
    names = [layer.pen.name for layer in full.layers]
    gone = marked(names[0], full)
    assert [bool(each.all()) for each in gone] == [name == names[0] for name in names]


@pytest.mark.parametrize("words", ["12min", "720s", "0:12", "12 minutes", "0.2h"])
def test_times_are_durations(words):
    assert parse_plotted(words).seconds == pytest.approx(720)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("3h", "takes only"),
        ("5", "layers 1 to 4"),
        ("3-1", "layers 1 to 4"),
        ("0", "layers 1 to 4"),
        ("stabilo 88 46 blak", "Did you mean 'Stabilo 88 46 black'"),
        ("12mni", "a time is written 12min"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(words, what):
    with pytest.raises(InputError, match=what):
        marked(words)


@pytest.mark.parametrize("words", ["", " , ", "0min"])
def test_words_that_say_nothing_are_refused(words):
    with pytest.raises(ValueError, match="12min"):
        parse_plotted(words)


def test_a_pen_named_by_a_number_is_found_by_its_name_first():
    odd = replace(PLOT.layers[3], pen=BLACK.model_copy(update={"name": "1"}))
    plot = replace(PLOT, layers=(*PLOT.layers[:3], odd))
    assert [bool(each.all()) for each in marked("1", plot)] == [False, False, False, True]
