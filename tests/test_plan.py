"""Plans for lines: areas in the pens' tints, and strokes along their forms."""

import numpy as np
import pytest
import torch

from inkdream import colour
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.drawing.plan import COVER, engraved, joined, plan, planned
from inkdream.errors import InputError
from inkdream.optimize.session import Session
from inkdream.plot.clip import length_of
from tests.toys import chance, small

PENS = "black:0.5,#c8102e:0.5,#0057b8:0.5"
PAGE = {"size": "a6", "scale": 0.8, "margin": 10}


def recipe(**strokes):
    said = {"start": "plan", "count": 60, "length": 30.0, **strokes}
    return small(medium="strokes", pens=PENS, page=PAGE, steps=8, strokes=said)


def drawn_plan(made):
    """A plan with a red disc before bare paper."""
    drawing = plan(made, chance())
    rows, columns = made.size
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    disc = (y - rows / 2).square() + (x - columns / 2).square() < (columns / 4) ** 2
    drawing.settle(torch.where(disc, 2, 0).to(torch.uint8).numpy())
    return drawing


def test_a_plan_has_the_pens_tints_and_bare_paper_outside_the_margin():
    made = recipe()
    drawing = plan(made, chance())
    assert isinstance(drawing, PixelDrawing)
    labels = drawing.inked().labels
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    margin = int((PAGE["margin"] + made.strokes.fade / 2) * PAGE["scale"])
    inner = np.zeros(labels.shape, bool)
    inner[margin:-margin, margin:-margin] = True
    assert (labels[~inner] == 0).all()
    tint = drawing.palette.colours()[2]
    red = torch.from_numpy(colour.linear_of(["#c8102e"])[0]).float()
    torch.testing.assert_close(tint, COVER * red + 1 - COVER, atol=0.02, rtol=0)
    assert planned(made).size == made.size


def test_a_disc_is_engraved_in_its_pen_inside_it_and_evenly():
    made = recipe()
    lines = engraved(made, drawn_plan(made))
    assert 5 < len(lines.points) <= 60
    assert lines.alone
    red = torch.from_numpy(colour.linear_of(["#c8102e"])[0]).float()
    torch.testing.assert_close(lines.colours, red.expand_as(lines.colours))
    middle = torch.tensor([made.page.width, made.page.height]) / 2
    radius = made.page.width / 4
    away = (lines.points[:, 1:-1] - middle).norm(dim=2)
    assert away.max() < radius + 2
    assert away.min() < radius / 3
    assert away.max() > 0.8 * radius


@pytest.mark.parametrize("count", [4, 12])
def test_fewer_strokes_lie_farther_apart(count):
    made = recipe(count=count)
    assert 0 < len(engraved(made, drawn_plan(made)).points) <= count


def test_bare_paper_has_no_lines():
    made = recipe()
    drawing = drawn_plan(made)
    drawing.settle(np.zeros(made.size, np.uint8))
    assert len(engraved(made, drawing).points) == 0


def test_ends_that_go_on_join_and_others_do_not():
    parts = [np.array([[x, 0.0], [x + 2, 0], [x + 4, 0]]) for x in (0, 5, 10)]
    parts[1] = parts[1][::-1]
    across = np.array([[15.0, 1], [15, 5]])
    far = np.array([[30.0, 0], [34, 0]])
    lines = joined([*parts, across, far], gap=2.0)
    assert sorted(length_of(line) for line in lines) == pytest.approx([4, 4, 14])
    assert sorted(length_of(line) for line in joined(parts, gap=0.5)) == pytest.approx([4, 4, 4])
    assert joined([], gap=2.0) == []


def test_a_run_from_a_plan_draws_only_its_strokes_and_ends_alike_each_time():
    sketches = [Session(recipe()) for _ in range(2)]
    for sketch in sketches:
        names = [stage for stage, _ in sketch.steps()]
        assert names == ["study"] * 4 + ["inks"] * 4
    first, second = (sketch.result for sketch in sketches)
    assert isinstance(first, StrokeDrawing)
    assert 0 < int(first.is_drawn().sum()) <= 60
    assert torch.equal(first.curves.points, second.curves.points)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"symmetry": "mirror"}, "a symmetry"),
        ({"pens": "black:0.5,?:0.5"}, "colour is to be learned"),
        ({"pick": 2}, "pens to pick from"),
    ],
)
def test_what_a_plan_cannot_have_is_said(said, words):
    table = {"medium": "strokes", "pens": PENS, "page": PAGE, "strokes": {"start": "plan"}}
    with pytest.raises(InputError, match=words):
        small(**{**table, **said})
