"""Sketches for lines: what lies across each other is drawn side by side, where it was."""

import numpy as np
import pytest
import torch

from inkdream import colour
from inkdream.drawing import StrokeDrawing, make
from inkdream.drawing.sketch import redrawn, sketched
from inkdream.optimize.session import Session
from tests.toys import chance, small

PENS = "black:0.5,#c8102e:0.5"
PAGE = {"size": "a6", "scale": 0.8, "margin": 10}
RED = torch.from_numpy(colour.linear_of(["#c8102e"])[0]).float()


def recipe(**strokes):
    said = {"start": "sketch", "count": 60, "length": 30.0, "prune": 0.0, **strokes}
    return small(medium="strokes", pens=PENS, page=PAGE, steps=10, strokes=said)


def scribbled(made, angle, spread=10.0):
    """A sketch of level lines in red, each turned by up to `angle` degrees, in a small square."""
    drawing = StrokeDrawing.of(sketched(made), chance(), None)
    count, points = drawing.curves.points.shape[:2]
    generator = chance(3)
    middle = torch.tensor([made.page.width, made.page.height]) / 2
    centres = middle + spread * (2 * torch.rand(count, 2, generator=generator) - 1)
    turns = torch.deg2rad(angle * (2 * torch.rand(count, generator=generator) - 1))
    ways = torch.stack([torch.cos(turns), torch.sin(turns)], 1)
    along = torch.linspace(-15, 15, points)
    with torch.no_grad():
        drawing.curves.points.copy_(centres[:, None] + along[None, :, None] * ways[:, None])
        red = next(n for n, pen in enumerate(drawing.pens) if pen.colour == "#c8102e")
        drawing.wants.copy_(torch.zeros_like(drawing.wants))
        drawing.wants[red] = 1.0
        drawing.alive[count // 2 :] = False
    return drawing


def length_of(lines):
    return torch.linalg.vector_norm(torch.diff(lines, dim=-2), dim=-1).sum(-1)


def test_a_scribble_is_redrawn_side_by_side_in_its_pen_and_place():
    made = recipe()
    sketch = scribbled(made, 25.0)
    lines = redrawn(made, sketch)
    assert lines.alone
    assert 2 < len(lines.points) <= 60
    torch.testing.assert_close(lines.colours, RED.expand_as(lines.colours), atol=1e-3, rtol=0)
    middle = torch.tensor([made.page.width, made.page.height]) / 2
    away = (lines.points[:, 1:-1] - middle).abs()
    assert away[..., 0].max() < 32
    assert away[..., 1].max() < 22
    # They run as the scribble did on average, and no longer across each other.
    steps = torch.diff(lines.points, dim=1).flatten(0, 1)
    turned = torch.rad2deg(torch.atan2(steps[:, 1], steps[:, 0]).remainder(torch.pi))
    slope = torch.minimum(turned, 180 - turned)
    assert slope.median() < 10


def test_as_much_ink_is_redrawn_as_a_sketch_covers():
    made = recipe()
    thin, thick = (scribbled(made, 15.0) for _ in range(2))
    with torch.no_grad():
        thin.alive[8:] = False
    few, many = (float(length_of(redrawn(made, each).points).sum()) for each in (thin, thick))
    laid = float(length_of(thin.curves.shape().lines[:8].detach()).sum())
    assert 0.5 * laid < few < 1.5 * laid
    assert few < 0.7 * many


@pytest.mark.parametrize("count", [16, 30])
def test_the_longest_are_kept_of_too_many(count):
    made = recipe(count=count)
    assert 0 < len(redrawn(made, scribbled(recipe(), 20.0)).points) <= 60
    few = redrawn(made, scribbled(made, 20.0, spread=25.0))
    assert 0 < len(few.points) <= count


def test_lines_stay_inside_the_margin():
    made = recipe()
    sketch = scribbled(made, 40.0, spread=60.0)
    points = redrawn(made, sketch).points.numpy()
    left, top, right, bottom = made.page.inside
    # A spline's first and last control points lie beyond its ends.
    inner = points[:, 1:-1]
    assert inner.min(axis=(0, 1))[0] > left - 2
    assert inner.max(axis=(0, 1))[0] < right + 2
    assert inner.min(axis=(0, 1))[1] > top - 2
    assert inner.max(axis=(0, 1))[1] < bottom + 2


def test_a_sketch_of_nothing_has_no_lines():
    made = recipe()
    sketch = scribbled(made, 20.0)
    with torch.no_grad():
        sketch.alive[:] = False
    assert len(redrawn(made, sketch).points) == 0


def test_a_sketch_has_its_familys_settings_and_the_runs_pens_and_page():
    made = recipe(rate=0.5, length=45.0)
    sketch, usual = sketched(made), small(medium="strokes").strokes
    assert sketch.strokes.start == "random"
    assert sketch.strokes.rate == usual.rate
    # Few long lines are sketched by more and shorter ones.
    assert sketch.strokes.count * usual.length == pytest.approx(60 * 45.0 * 2 / 3, rel=0.02)
    assert (sketch.pens, sketch.page, sketch.views) == (made.pens, made.page, made.views)


@pytest.mark.parametrize("said", [{}, {"symmetry": "mirror"}, {"pens": "black:0.5,?:0.5"}])
def test_a_run_from_a_sketch_ends_alike_each_time(said):
    table = {"medium": "strokes", "pens": PENS, "page": PAGE, "steps": 10}
    strokes = {"start": "sketch", "count": 40, "length": 30.0}
    sessions = [Session(small(**{**table, "strokes": strokes, **said})) for _ in range(2)]
    for session in sessions:
        assert [stage for stage, _ in session.steps()] == ["study"] * 6 + ["inks"] * 4
    first, second = (session.result for session in sessions)
    assert isinstance(first, StrokeDrawing)
    assert 0 < int(first.is_drawn().sum()) <= 40
    assert torch.equal(first.curves.points, second.curves.points)
    assert np.isfinite(first.curves.points.detach().numpy()).all()


def test_the_study_of_a_sketch_is_strokes_from_chance():
    made = recipe()
    drawing = make.drawing(made, "study", chance(), None)
    assert isinstance(drawing, StrokeDrawing)
    assert int(drawing.alive.sum()) == sketched(made).strokes.count
