"""Beginning from a picture, an SVG or an earlier run: what is there is where it was."""

import math
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from inkdream import colour
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.drawing.fitting import fitted
from inkdream.drawing.initial import origin
from inkdream.drawing.palette import Palette
from inkdream.drawing.splines import bezier_matrix
from inkdream.drawing.starts import nearness
from inkdream.errors import InputError
from inkdream.optimize.session import Session, stages
from inkdream.plot import Stroke
from inkdream.raster import flatten
from inkdream.recipe.reading import drawing_at
from inkdream.run import Run
from tests.running import climbed, drawn, gone_on, same_result
from tests.toys import chance, small

PENS = "black:0.5,#c8102e:0.5,#0057b8:0.5"
LINES = {
    "medium": "strokes",
    "pens": PENS,
    "page": {"size": "100x60mm", "margin": 5, "scale": 1},
    "strokes": {"count": 40, "length": 10},
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="60mm" viewBox="0 0 100 60">
{}</svg>"""
CIRCLE = '<circle cx="50" cy="30" r="20" fill="none" stroke="#0000ff" stroke-width="0.5"/>'
LINE = '<path d="M10 10 L90 12" fill="none" stroke="#d01030" stroke-width="0.5"/>'


def svg(path, *shapes):
    path.write_text(SVG.format("\n".join(shapes)))
    return str(path)


def halves(path, first="#c8102e", second="#0057b8", size=(60, 100)):
    """Write a picture in two colours, side by side."""
    rgb = np.zeros((*size, 3), np.uint8)
    rgb[:, : size[1] // 2] = colour.parse(first)
    rgb[:, size[1] // 2 :] = colour.parse(second)
    Image.fromarray(rgb).save(path)
    return str(path)


def begun(**said):
    return Session(small(**said)).loop.drawing


def refused(path, **said):
    with pytest.raises(InputError) as error:
        Session(small(origin=str(path), **said))
    assert path.name in str(error.value)
    return str(error.value)


# A picture


def test_areas_begin_in_the_colours_and_shapes_of_a_picture(tmp_path):
    picture = halves(tmp_path / "a.png")
    drawing = begun(origin=picture, inks=["#ffffff", "?", "?"], width=64, height=40)
    assert isinstance(drawing, PixelDrawing)
    inked = drawing.inked()
    known = [colour.parse("#c8102e"), colour.parse("#0057b8")]
    for half, ink in zip((inked.rgb()[:, :28], inked.rgb()[:, 36:]), known, strict=True):
        far = np.abs(half.astype(int) - ink).max(2)
        assert np.quantile(far, 0.9) < 12


def test_a_picture_of_fewer_colours_than_inks_leaves_no_two_inks_equal():
    flat = torch.full((3, 8, 8), 0.25)
    palette = Palette(["?"] * 5, chance())
    palette.begin_from(flat, chance(1))
    inks = palette.colours().detach()
    assert torch.pdist(colour.linear_to_oklab(inks)).min() > 0.05
    assert (inks - 0.25).abs().amax(1).min() < 0.02


def test_a_flat_picture_can_be_begun_from(tmp_path):
    Image.new("RGB", (30, 30), "#808080").save(tmp_path / "flat.png")
    for said in ({}, LINES):
        session = Session(small(origin=str(tmp_path / "flat.png"), steps=2, **said))
        assert all(math.isfinite(step.total) for _, step in session.steps())


def test_strokes_begin_along_the_edges_of_a_picture_and_not_along_its_margin(tmp_path):
    drawing = begun(origin=halves(tmp_path / "a.png"), **LINES)
    assert isinstance(drawing, StrokeDrawing)
    x, y = drawing.curves.bezier.detach().mean(1).unbind(1)
    assert ((x - 50).abs() < 8).float().mean() > 0.6
    ends = drawing.curves.points.detach()[:, -1] - drawing.curves.points.detach()[:, 0]
    near = ((x - 50).abs() < 4) & (y > 12) & (y < 48)
    assert (ends[near, 1].abs() > 2 * ends[near, 0].abs()).all()


def test_strokes_take_the_pens_of_what_lies_under_them(tmp_path):
    drawing = begun(origin=halves(tmp_path / "a.png"), **{**LINES, "strokes": {"start": "grid"}})
    x = drawing.curves.points.detach().mean(1)[:, 0]
    names = [*(pen.name for pen in drawing.pens), "none"]
    chosen = [names[number] for number in drawing.chosen().tolist()]
    left = {name for name, place in zip(chosen, x.tolist(), strict=True) if place < 25}
    right = {name for name, place in zip(chosen, x.tolist(), strict=True) if place > 75}
    assert (left, right) == ({"#c8102e"}, {"#0057b8"})


def test_the_nearest_ink_is_wanted_most():
    known = torch.eye(3)
    wanted = torch.tensor([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]])
    near = nearness(known, wanted)
    assert near.argmax(0).tolist() == [0, 2]
    torch.testing.assert_close(near.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    assert (nearness(known[:1], wanted[:1]) == 0).all()


@pytest.mark.parametrize("said", [{}, LINES], ids=["areas", "lines"])
def test_no_study_is_made_where_there_is_something_to_begin_from(tmp_path, said):
    picture = halves(tmp_path / "a.png")
    recipe = small(origin=picture, climb={"study": 0.5}, steps=10, **said)
    assert [(stage.name, stage.steps) for stage in stages(recipe)] == [("inks", 10)]
    assert len(stages(small(climb={"study": 0.5}))) == 2


# An SVG


def test_strokes_begin_on_the_lines_of_an_svg_in_the_nearest_pens(tmp_path):
    drawing = begun(origin=svg(tmp_path / "a.svg", CIRCLE, LINE), **LINES)
    lines = flatten(drawing.curves.bezier.detach(), 24)
    from_circle = ((lines - torch.tensor([50.0, 30.0])).norm(dim=-1) - 20).abs().amax(1)
    on_circle = from_circle < 0.3
    on_line = (lines[..., 1] - (10 + (lines[..., 0] - 10) / 40)).abs().amax(1) < 0.3
    names = [pen.name for pen in drawing.pens]
    chosen = drawing.chosen()
    assert on_circle.sum() >= 2
    assert on_line.sum() >= 1
    assert {names[number] for number in chosen[on_circle].tolist()} == {"#0057b8"}
    assert {names[number] for number in chosen[on_line].tolist()} == {"#c8102e"}
    length = drawing.curves.shape().lengths.detach()
    # Pieces may cut inside the circle, by less than half a pen's line.
    assert float(length[on_circle].sum()) == pytest.approx(40 * math.pi, rel=0.04)
    assert float(length[on_line].sum()) == pytest.approx(80, rel=0.02)
    # Spares are as long as new strokes are.
    assert int((~on_circle & ~on_line).sum()) == 40 - int(on_circle.sum() + on_line.sum())


def test_lines_of_an_svg_are_there_though_growth_begins_with_few(tmp_path):
    strokes = {**LINES["strokes"], "grow": 0.01}
    drawing = begun(origin=svg(tmp_path / "a.svg", CIRCLE), **{**LINES, "strokes": strokes})
    length = drawing.curves.shape().lengths.detach()[drawing.is_drawn()]
    assert float(length.sum()) > 39 * math.pi


def test_of_too_many_lines_the_longest_are_kept(tmp_path):
    short = [
        f'<path d="M{x} 20 L{x} 22" stroke="black" stroke-width="0.5"/>' for x in range(10, 90, 2)
    ]
    strokes = {"count": 3, "length": 10}
    drawing = begun(origin=svg(tmp_path / "a.svg", *short, LINE), **{**LINES, "strokes": strokes})
    assert float(drawing.curves.shape().lengths.detach().max()) > 35
    assert len(drawing.curves.points) == 3


def test_an_svg_of_another_size_is_fit_into_the_margin(tmp_path):
    edge = '<rect width="100" height="60" fill="none" stroke="black" stroke-width="0.5"/>'
    points = origin(small(origin=svg(tmp_path / "a.svg", edge), **LINES)).lines.points
    lines = flatten(bezier_matrix(points.shape[1]) @ points, 24)
    assert float(lines[..., 1].min()) == pytest.approx(5, abs=0.2)
    assert float(lines[..., 1].max()) == pytest.approx(55, abs=0.2)


def test_areas_begin_from_what_an_svg_shows(tmp_path):
    disc = '<circle cx="50" cy="30" r="20" fill="#c8102e"/>'
    inks = ["#ffffff", "#c8102e", "#0057b8"]
    path = svg(tmp_path / "a.svg", disc)
    rgb = begun(origin=path, width=100, height=60, inks=inks).inked().rgb()
    assert rgb[30, 50].tolist() == list(colour.parse("#c8102e"))
    assert rgb[5, 5].tolist() == [255, 255, 255]


# Lines as strokes


def circle(radius, count=400):
    turn = np.linspace(0, 2 * np.pi, count)
    return Stroke(np.stack([np.cos(turn), np.sin(turn)], 1) * radius)


def zigzag(turns=12, pitch=3.0, height=10.0):
    x = np.arange(2 * turns) * pitch / 2
    return Stroke(np.stack([x, np.tile([0.0, height], turns)], 1))


def off(points, line, cubics):
    """How far strokes lie from a line: the largest distance of their places from its own."""
    places = flatten(torch.from_numpy(points).float(), 32).double().reshape(-1, 2)
    dense = np.concatenate(
        [
            np.linspace(a, b, 200)
            for a, b in zip(line.polyline()[:-1], line.polyline()[1:], strict=True)
        ]
    )
    return float(torch.cdist(places, torch.from_numpy(dense)).amin(1).max())


@pytest.mark.parametrize("cubics", [1, 2, 3])
@pytest.mark.parametrize("line", [circle(20), zigzag(), Stroke(np.array([[0.0, 0], [30, 4]]))])
def test_strokes_lie_on_the_lines_that_they_are_fitted_to(line, cubics):
    points, numbers = fitted([line], cubics, longest=200, tolerance=0.2, shortest=1, corners=True)
    assert points.shape[1:] == (3 * cubics + 1, 2)
    assert (numbers == 0).all()
    assert off(points, line, cubics) < 0.45
    length = flatten(torch.from_numpy(points).float(), 32).diff(dim=1).norm(dim=-1).sum()
    assert float(length) == pytest.approx(line.length(), rel=0.03)
    # Each piece goes on where the one before ended.
    np.testing.assert_allclose(points[1:, 0], points[:-1, -1], atol=1e-9)
    assert points[0, 0] == pytest.approx(line.points[0])
    assert points[-1, -1] == pytest.approx(line.points[-1])


def test_what_is_simple_stays_one_stroke_and_what_is_not_is_cut():
    straight = Stroke(np.array([[0.0, 0], [30, 4]]))
    assert len(fitted([straight], 1, 200, 0.2, 1, corners=True)[0]) == 1
    assert len(fitted([zigzag()], 2, 200, 0.2, 1, corners=True)[0]) > 4
    more = [len(fitted([circle(20)], cubics, 500, 0.2, 1, corners=True)[0]) for cubics in (1, 2, 3)]
    assert more[0] > more[-1]
    assert len(fitted([straight], 2, 10, 0.2, 1, corners=True)[0]) == 4


def test_dots_and_nothing_are_fitted_too():
    dot = Stroke(np.array([[4.0, 5], [4, 5]]))
    points, _ = fitted([dot], 4, 50, 0.1, 1)
    np.testing.assert_allclose(points, np.broadcast_to([4.0, 5], (1, 7, 2)), atol=1e-9)
    points, numbers = fitted([], 4, 50, 0.1, 1)
    assert points.shape == (0, 7, 2)
    assert len(numbers) == 0


# An earlier run


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """A finished run in strokes, and one in areas."""
    folder = tmp_path_factory.mktemp("runs")
    return [drawn(small(steps=3, **said), folder) for said in (LINES, {})]


def test_strokes_of_a_run_begin_where_they_ended(earlier):
    before = earlier[0].session.result
    drawing = begun(origin=str(earlier[0].folder), **{**LINES, "pens": "#333333:0.5,#d02040:0.7"})
    there = flatten(before.curves.bezier.detach()[before.is_drawn()], 24).reshape(-1, 2)
    inside = (there[:, 0] > 6) & (there[:, 0] < 94) & (there[:, 1] > 6) & (there[:, 1] < 54)
    now = flatten(drawing.curves.bezier.detach(), 24).reshape(-1, 2)
    assert torch.cdist(there[inside], now).amin(1).max() < 0.8


def test_strokes_of_a_run_fill_a_larger_sheet_and_there_may_be_more(earlier):
    said = {**LINES, "page": {"size": "200x120mm", "margin": 10, "scale": 1}}
    said["strokes"] = {"count": 90, "length": 10}
    drawing = begun(origin=str(earlier[0].folder), **said)
    before = earlier[0].session.result
    there = 2 * flatten(before.curves.bezier.detach()[before.is_drawn()], 24).reshape(-1, 2)
    inside = ((there > 12) & (there < torch.tensor([188.0, 108.0]))).all(1)
    now = flatten(drawing.curves.bezier.detach(), 24).reshape(-1, 2)
    assert torch.cdist(there[inside], now).amin(1).max() < 1.6
    assert len(drawing.curves.points) == 90


def test_areas_begin_from_lines_and_lines_from_areas(earlier):
    lines, areas = (str(run.folder) for run in earlier)
    assert isinstance(begun(origin=lines), PixelDrawing)
    drawing = begun(origin=areas, **LINES)
    assert isinstance(drawing, StrokeDrawing)
    assert torch.isfinite(drawing.wants).all()


def test_a_run_s_folder_stands_for_its_drawing(earlier, tmp_path):
    assert [drawing_at(run.folder).name for run in earlier] == ["drawing.svg", "drawing.png"]
    assert drawing_at(tmp_path / "a.png") == tmp_path / "a.png"


@pytest.mark.parametrize("said", [{}, LINES], ids=["areas", "lines"])
def test_a_run_from_a_picture_goes_on_bit_for_bit_when_the_picture_is_gone(tmp_path, said):
    (tmp_path / "mine").mkdir()
    picture = halves(tmp_path / "mine" / "a.png")
    recipe = small(origin=picture, steps=6, **said)
    whole = climbed(Run.create(recipe, tmp_path / "whole"))
    parted = Run.create(recipe, tmp_path / "parted")
    shutil.rmtree(tmp_path / "mine")
    climbed(parted, 3).save()
    assert same_result(whole, gone_on(parted.folder, 3))


def test_killed_before_its_first_checkpoint_a_run_begins_from_the_same(tmp_path):
    path = svg(tmp_path / "a.svg", CIRCLE, LINE)
    run = Run.create(small(origin=path, steps=4, **LINES), tmp_path / "runs")
    first = run.session.loop.drawing.curves.points.detach().clone()
    (tmp_path / "a.svg").unlink()
    again = Run.open(run.folder)
    assert torch.equal(again.session.loop.drawing.curves.points, first)


# What cannot be begun from


@pytest.mark.parametrize("said", [{}, LINES], ids=["areas", "lines"])
def test_bad_origins_are_named_in_one_line(tmp_path, said):
    (tmp_path / "words.png").write_text("no picture")
    (tmp_path / "broken.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><path")
    (tmp_path / "folder").mkdir()
    for name in ("words.png", "broken.svg", "missing.png", "missing.svg"):
        refused(tmp_path / name, **said)
    assert "no run's folder" in refused(tmp_path / "folder", **said)


def test_an_svg_without_lines_is_nothing_for_strokes(tmp_path):
    path = svg(tmp_path / "empty.svg")
    assert "no line" in refused(tmp_path / "empty.svg", **LINES)
    assert torch.isfinite(begun(origin=path).image(1.0)).all()


def test_a_run_that_is_not_finished_is_named(tmp_path):
    run = Run.create(small(steps=3), tmp_path)
    assert "inkdream resume" in refused(run.folder)


def test_origin_gives_one_of_the_two(tmp_path):
    path = svg(tmp_path / "a.svg", CIRCLE)
    strokes, areas = origin(small(origin=path, **LINES)), origin(small(origin=path))
    assert strokes.picture is None
    assert strokes.lines is not None
    assert areas.lines is None
    assert areas.picture is not None
    assert tuple(areas.picture.shape) == (3, 40, 32)
