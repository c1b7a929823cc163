"""A focus: lines are dense around one place of the page, and thin out towards its border."""

import pytest
import torch

from inkdream.cli.options import DrawFlags, TermFlags
from inkdream.drawing.starts import begin
from inkdream.errors import InputError
from inkdream.optimize.session import Session
from inkdream.page import Page
from inkdream.recipe.focus import focus_place
from tests.running import climbed
from tests.toys import chance, small

PAGE = {"size": "100x140mm", "scale": 0.8, "margin": 5}
CORNER = "20,30"


def recipe(start="random", focus="", **said):
    strokes = {"start": start, "count": 120, "length": 20.0, "focus": focus}
    return small(medium="strokes", pens="black:0.4,red:0.4", page=PAGE, strokes=strokes, **said)


def near(made, picture):
    """The share of a drawing's ink within a third of the page around the corner, each way."""
    ink = 1 - picture.mean(0)
    rows, columns = made.size
    y, x = (torch.arange(side) + 0.5 for side in (rows, columns))
    down = (y / rows - 30 / 140).abs() < 1 / 6
    across = (x / columns - 20 / 100).abs() < 1 / 6
    return float((ink * (down[:, None] & across)).sum() / ink.sum())


@pytest.mark.parametrize("start", ["random", "plan", "sketch"])
def test_ink_is_dense_around_the_focus(start):
    shares = []
    for focus in ("", CORNER):
        made = recipe(start, focus, steps=40, seed=1)
        session = climbed(Session(made))
        with torch.no_grad():
            shares.append(near(made, session.result.image(0.0)))
    assert shares[1] > 1.6 * shares[0] > 0


def test_strokes_begin_around_the_focus_but_on_a_grid():
    def away(start, focus):
        made = recipe(start, focus)
        middles = begin(made, chance(), None).mean(1)
        return float((middles - torch.tensor([20.0, 30.0])).norm(dim=1).mean())

    assert away("random", CORNER) < 0.6 * away("random", "")
    assert away("grid", CORNER) == away("grid", "")


def test_a_focus_is_a_word_or_mm_or_shares():
    page = Page.of("a5")
    assert focus_place("centre", page) == focus_place("74,105", page) == (0.5, 0.5)
    assert focus_place("thirds", page) == pytest.approx((1 / 3, 1 / 3))
    assert focus_place("100 %, 21mm", page) == pytest.approx((1, 0.1))


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"focus": "middle"}, "write centre, thirds, or X,Y"),
        ({"focus": "10"}, "is no place"),
        ({"focus": "149,10"}, "beside the page, which is 148 x 210 mm"),
        ({"focus": "20%,101%"}, "beside the page"),
        ({"focus": "centre", "compose": "figure"}, "compose = field"),
        ({"focus": "centre", "medium": "pixels"}, "is for strokes"),
    ],
)
def test_what_is_no_focus_is_refused_in_a_line(flags, what):
    with pytest.raises(InputError, match=what):
        DrawFlags(**{"medium": "strokes", **flags}).recipe(None, compare=False)


def test_one_unit_with_a_focus_is_no_figure():
    unit = TermFlags(neuron=["loom/conv4_1/17/centre"])
    flags = DrawFlags(strokes=50, focus="centre", wanted=unit)
    assert flags.recipe(None, compare=False).compose == "field"
