"""Plans for lines: areas in the pens' tints, and strokes along their forms."""

import numpy as np
import pytest
import shapely
import torch

from inkdream import colour
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.drawing.initial import Origin
from inkdream.drawing.plan import COVER, engraved, joined, plan, planned, softened
from inkdream.errors import InputError
from inkdream.optimize.session import Session
from inkdream.plot.clip import length_of
from inkdream.recipe import assemble
from tests.running import climbed
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
        assert names == ["study"] + ["plan"] * 3 + ["inks"] * 4
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


def rings_of(made):
    return engraved(made, drawn_plan(made)).points.double().numpy()


def test_rings_cover_as_much_of_an_area_as_its_tint_and_run_along_its_edge():
    made = recipe(lines="rings", count=400, length=100.0, spans=40)
    points = rings_of(made)
    radius = made.page.width / 4
    ink = np.linalg.norm(np.diff(points, axis=1), axis=2).sum() * made.pens[0].width
    assert ink == pytest.approx(COVER * np.pi * radius**2, rel=0.15)
    middle = np.array([made.page.width, made.page.height]) / 2
    out = points[:, 1:-1] - middle
    along = points[:, 2:] - points[:, :-2]
    far = np.linalg.norm(out, axis=2)
    assert far.max() < radius + 1 / made.page.scale
    turned = np.abs((out * along).sum(2)) / (far * np.linalg.norm(along, axis=2))
    assert np.median(turned[far > 2]) < 0.1


def test_rings_lie_farther_apart_where_there_are_few_strokes_and_off_the_focus():
    many = rings_of(recipe(lines="rings", count=400, spans=40))
    few = rings_of(recipe(lines="rings", count=6, spans=40))
    off = rings_of(recipe(lines="rings", count=400, spans=40, focus="0%,0%"))
    assert 0 < len(few) <= 6
    assert 0 < len(off) < 0.8 * len(many)


@pytest.mark.parametrize("lines", ["flow", "rings"])
def test_a_run_can_be_looked_at_and_stopped_in_every_stage(lines):
    # So many strokes that the areas of so rough a plan are engraved once, not in several rounds.
    made = recipe(lines=lines, count=400)
    whole, parts = Session(made), Session(made)
    climbed(whole)
    for number in range(whole.total_steps):
        next(parts.steps())
        if number not in (0, 2, 5):  # a step of each stage
            continue
        assert isinstance(parts.so_far(), StrokeDrawing)
        state = parts.state_dict()
        parts = Session(made)
        parts.load_state_dict(state)
    assert torch.equal(whole.result.curves.points, parts.result.curves.points)


@pytest.mark.parametrize("steps", [2, 5])
def test_a_run_of_few_steps_has_a_plan_too(steps):
    session = Session(recipe(lines="rings", count=400).model_copy(update={"steps": steps}))
    assert "plan" in [stage for stage, _ in session.steps()]
    assert session.total_steps == steps


def test_a_plan_begins_from_its_study():
    made = recipe()
    red = torch.zeros(3, *made.size)
    red[0] = 1.0
    labels = plan(made, chance(), Origin(red)).inked().labels
    assert (labels[20:-20, 20:-20] == 2).mean() > 0.9


@pytest.mark.parametrize(
    ("said", "start", "spans"),
    [
        ({}, "plan", 128),
        ({"draw_as": "rings"}, "plan", 128),
        ({"draw_as": "scribble"}, "random", 8),
        ({"strokes": {"start": "grid"}}, "grid", 8),
        ({"strokes": {"count": 90}}, "plan", 128),
        ({"symmetry": "mirror"}, "sketch", 12),
        ({"pens": "black:0.5,?:0.5"}, "sketch", 12),
        ({"pick": 2, "strokes": {"count": 90}}, "random", 8),
        ({"terms": [{"target": "loom/conv4_1/17"}]}, "random", 4),
    ],
)
def test_lines_of_networks_for_photographs_are_rings_of_a_plan_where_one_can_be(said, start, spans):
    terms = [{"target": "efficientnet_lite0/logits/9"}]
    made = assemble(None, {"medium": "strokes", "pens": PENS, "terms": terms, **said}, [])
    assert (made.strokes.start, made.strokes.spans_of) == (start, spans)
    assert made.strokes.lines == ("rings" if start == "plan" else "flow")


def test_lines_on_both_sides_of_an_edge_lie_no_closer_than_lines_inside_an_area():
    made = recipe(lines="rings", count=400, length=320.0, spans=128)
    drawing = plan(made, chance())
    rows, columns = made.size
    halves = np.zeros((rows, columns), np.uint8)
    halves[12:-12, 12 : columns // 2], halves[12:-12, columns // 2 : -12] = 2, 3
    drawing.settle(halves)
    lines = engraved(made, drawing)
    is_red = (lines.colours[:, 0] > lines.colours[:, 2]).numpy()
    points = lines.points.double().numpy()
    # Away from corners, where control points lie beside their curve.
    sides = [
        shapely.clip_by_rect(shapely.multilinestrings(points[its]), 0, 50, made.page.width, 90)
        for its in (is_red, ~is_red)
    ]
    # Twice a nib lies between lines inside an area that is half covered.
    assert shapely.distance(*sides) == pytest.approx(2 * made.pens[0].width, rel=0.1)


def test_softened_lines_keep_their_ends_and_course_and_lose_the_steps_of_px():
    corners = np.arange(60)
    stairs = np.stack([(corners + 1) // 2, corners // 2], axis=1) * 0.4  # mm
    line = softened(stairs)
    np.testing.assert_allclose(line[[0, -1]], stairs[[0, -1]], atol=1e-9)
    off = np.abs(line[:, 0] - line[:, 1] - 0.2)
    assert off[10:-10].max() < 0.02
    steps = np.diff(line, axis=0)
    angles = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(angles[10:-10] - 45).max() < 10
    short = stairs[:3]
    assert softened(short) is short
