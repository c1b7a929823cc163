"""Words for how pens' lines lie."""

import pytest

from inkdream.errors import InputError
from inkdream.hatch.ruling import Ruling
from inkdream.inking.flags import PlotFlags
from inkdream.inking.resolve import pens_of, rulings_of
from inkdream.inking.rulings import parse_ruled


@pytest.mark.parametrize(
    ("words", "ruling"),
    [
        ("black:0.4@30", Ruling(30.0)),
        ("black:0.4@30/1.2mm", Ruling(30.0, 1.2)),
        ("black:0.4@/1.2", Ruling(None, 1.2)),
        ("black@-45°/2", Ruling(-45.0, 2.0)),
        ("black", Ruling()),
    ],
)
def test_a_pen_says_how_its_lines_lie(words, ruling):
    pens, rulings = parse_ruled(f"red:0.3, {words}")
    assert [pen.name for pen in pens] == ["red", "black"]
    assert rulings.get("black", Ruling()) == ruling
    assert "red" not in rulings


def test_a_word_for_several_pens_rules_them_all():
    pens, rulings = parse_ruled("posca:3m@15,black:0.4")
    assert set(rulings) == {pen.name for pen in pens} - {"black"} and len(pens) > 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("black:0.4@", "@30/1.2mm"),
        ("black:0.4@thirty", "@thirty: write"),
        ("black:0.4@30/wide", "write"),
        ("black:0.4@30/0", "above 0"),
        ("black:0.4@720", "-360 to 360"),
        ("black:0.4@nan", "-360 to 360"),
        ("blak:0.4@30", "Did you mean 'black'"),
        ("?:0.4@30", "--angle"),
    ],
)
def test_what_is_no_ruling_is_refused(words, text):
    with pytest.raises(InputError, match=r".") as caught:
        parse_ruled(words)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_a_pens_own_word_wins_over_the_flags():
    flags = PlotFlags(pens="red:0.4@10,black:0.4", angle=70.0, spacing=1.0)
    assert [pen.name for pen in pens_of(flags)] == ["red", "black"]
    assert [rulings_of(flags)(name) for name in ("red", "black")] == [
        Ruling(10.0, 1.0),
        Ruling(70.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({"hatch": "flo"}, "Did you mean 'flow'"),
        ({"hatch": "stipple", "angle": 3.0}, "stipple"),
        ({"hatch": "single", "pens": "black@3"}, "single"),
        ({"hatch": "spiral", "angle": 3.0}, "edges"),
        ({"hatch": "flow", "dither": True}, "take one"),
        ({"spacing": -1.0}, "--spacing"),
        ({"angle": 1e9}, "--angle"),
    ],
)
def test_flags_that_say_nothing_together_are_refused(flags, text):
    with pytest.raises(InputError, match=text):
        PlotFlags(**flags)
