import numpy as np
import pytest
import torch

from inkdream.inking.from_run import hatch_picture, own_pens, pens_of
from inkdream.pictures import Inked
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.recipe import validate

INKS = np.array([[20, 20, 20], [200, 16, 46], [253, 253, 250]], dtype=np.uint8)


def picture(side=48):
    """Return discs of two inks on near-white, and a speck."""
    y, x = np.mgrid[:side, :side]
    labels = np.full((side, side), 2, dtype=np.uint8)
    labels[np.hypot(x - side * 0.3, y - side * 0.35) < side * 0.22] = 0
    labels[np.hypot(x - side * 0.7, y - side * 0.6) < side * 0.25] = 1
    labels[2, side - 3] = 0
    return Inked(labels, INKS)


def recipe(**plot):
    said = {key: plot.pop(key) for key in ("pens", "paper", "page") if key in plot}
    return validate({"page": "a6", **said, "plot": plot})


def seconds(plot):
    return estimate(plot, machine("axidraw-v3")).seconds


def test_ink_like_the_paper_is_left_bare_and_others_have_pens_of_their_colour():
    pens = pens_of(picture(), recipe(nib=0.3))
    assert pens[2] is None
    assert [pen.colour for pen in pens[:2]] == ["#141414", "#c8102e"]
    assert {pen.width for pen in pens[:2]} == {0.3}


def test_inks_get_pens_of_their_own_and_paper_none():
    inks = np.array([[255, 255, 255], [250, 251, 252], [10, 10, 10], [12, 12, 12]], np.uint8)
    pens = own_pens(inks, "#ffffff", 0.3)
    assert pens[:2] == (None, None)
    assert [pen.colour for pen in pens[2:]] == ["#0a0a0a", "#0c0c0c"]
    assert len({pen.name for pen in pens[2:]}) == 2
    assert {pen.width for pen in pens[2:]} == {0.3}


def test_pens_that_are_owned_draw_the_inks_of_their_colour():
    owned = [
        {"name": "night", "colour": "#141414", "width": 0.7},
        {"name": "blood", "colour": "#c8102e", "width": 0.2},
    ]
    pens = pens_of(picture(), recipe(pens=owned, paper="#fdfdfa"))
    assert [pen and pen.name for pen in pens] == ["night", "blood", None]


def test_a_pen_of_the_papers_colour_draws_nothing():
    owned = [
        {"name": "chalk", "colour": "#fdfdfa", "width": 0.7, "opacity": 1},
        {"name": "night", "colour": "#141414", "width": 0.4},
    ]
    assert pens_of(picture(), recipe(pens=owned, paper="#fdfdfa"))[2] is None


def test_nothing_lies_outside_the_margin_and_every_ink_is_drawn():
    made = recipe()
    plot, budget = hatch_picture(picture(), made)
    assert budget is None
    assert len(plot.layers) == 2
    left, top, right, bottom = made.page.inside
    for layer in plot.layers:
        for stroke in layer.strokes:
            low, high = stroke.points.min(0), stroke.points.max(0)
            assert low[0] >= left - 1e-6
            assert low[1] >= top - 1e-6
            assert high[0] <= right + 1e-6
            assert high[1] <= bottom + 1e-6


@pytest.mark.parametrize("share", [0.8, 0.4, 0.1, 0.01])
def test_a_budget_is_kept_whatever_it_takes(share):
    whole, _ = hatch_picture(picture(), recipe())
    allowed = share * seconds(whole)
    plot, budget = hatch_picture(picture(), recipe(budget=allowed))
    assert seconds(plot) <= allowed
    assert budget.seconds_before_budget == pytest.approx(seconds(whole))
    assert budget.budget_seconds == allowed


def blobs(side=96, count=60):
    """Return discs of two inks, large and small, on near-white."""
    chance = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side]
    labels = np.full((side, side), 2, dtype=np.uint8)
    for number in range(count):
        place, radius = chance.uniform(0, side, 2), chance.uniform(1, 8)
        labels[np.hypot(x - place[0], y - place[1]) < radius] = number % 2
    return Inked(labels, INKS)


def mean_of(mask):
    """Return a score: how dark a picture is where a mask is."""
    return lambda seen: -(seen * torch.as_tensor(mask, dtype=seen.dtype)).mean()


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_time_that_is_allowed_is_used(share, scored):
    score = mean_of(np.ones((96, 96))) if scored else None
    whole, _ = hatch_picture(blobs(), recipe())
    allowed = share * seconds(whole)
    plot, _ = hatch_picture(blobs(), recipe(budget=allowed), score)
    assert 0.9 * allowed < seconds(plot) <= allowed


def test_a_budget_keeps_what_the_score_asks_for_and_says_what_it_cost():
    left = np.zeros((96, 96))
    left[:, :48] = 1.0
    whole, _ = hatch_picture(blobs(), recipe())
    tight = recipe(budget=0.5 * seconds(whole))
    middle = (tight.page.inside[0] + tight.page.inside[2]) / 2
    shares = []
    for mask in (left, 1 - left):
        plot, budget = hatch_picture(blobs(), tight, mean_of(mask))
        strokes = [stroke for layer in plot.layers for stroke in layer.strokes]
        ink = np.array([stroke.length() for stroke in strokes])
        is_left = [stroke.points[:, 0].mean() < middle for stroke in strokes]
        shares.append(ink[is_left].sum() / ink.sum())
        assert budget.score_before_budget >= budget.score_within_budget
    assert shares[0] > 0.85
    assert shares[1] < 0.15


def test_a_generous_budget_changes_nothing():
    whole, _ = hatch_picture(picture(), recipe())
    plot, budget = hatch_picture(picture(), recipe(budget=36000))
    assert budget.strokes_left_out == 0
    assert seconds(plot) == pytest.approx(seconds(whole))


def test_the_same_picture_gives_the_same_strokes():
    first, second = (hatch_picture(picture(), recipe(hatch="spiral"))[0] for _ in range(2))
    for one, other in zip(first.layers, second.layers, strict=True):
        for stroke, again in zip(one.strokes, other.strokes, strict=True):
            assert (stroke.points == again.points).all()
