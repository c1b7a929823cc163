"""Symmetry: what is alike is exactly alike, on every page, in pictures and in plotters' files."""

import math

import numpy as np
import pytest
import torch

from inkdream import pictures
from inkdream.drawing import make
from inkdream.drawing.symmetry import copies, darkest, gathered, sources
from inkdream.errors import InputError
from inkdream.optimize.session import Session
from tests.running import certificate, climbed, drawn, gone_on, stopped
from tests.toys import chance, small

NAMES = ("mirror", "flip", "both", *(f"turn-{n}" for n in (2, 3, 4, 5, 6, 7, 12, 24)))
SIZES = ((32, 32), (33, 33), (40, 31), (16, 64))


def alike(picture, name):
    """Return whether each px of a picture (..., H, W) is what the symmetry makes of it."""
    flat = picture.reshape(-1, *picture.shape[-2:])
    return torch.equal(flat, gathered(flat, sources(name, *flat.shape[1:])))


# The matrices


@pytest.mark.parametrize("name", ["none", *NAMES])
def test_copies_are_a_group_that_begins_with_the_mark_itself(name):
    found = copies(name)
    assert torch.equal(found[0], torch.eye(2, dtype=torch.float64))
    for one in found:
        torch.testing.assert_close(one @ one.T, torch.eye(2, dtype=torch.float64))
        for other in found:
            assert (found - one @ other).abs().amax((1, 2)).min() < 1e-12


def test_there_are_as_many_copies_as_the_name_says():
    assert [len(copies(name)) for name in ("none", "mirror", "flip", "both")] == [1, 2, 2, 4]
    assert [len(copies(f"turn-{n}")) for n in (2, 5, 24)] == [2, 5, 24]
    assert torch.equal(copies("turn-2")[1], -torch.eye(2, dtype=torch.float64))


# The index


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_sources_stand_for_themselves_and_for_their_images(name, size):
    index = sources(name, *size)
    flat = index.flatten()
    assert torch.equal(flat[flat], flat)
    # Each px is within a px and a half of an image of its source, most within rounding.
    rows, columns = np.divmod(np.arange(flat.numel()), size[1])
    here = torch.tensor(np.stack([columns + 0.5 - size[1] / 2, rows + 0.5 - size[0] / 2], 1))
    images = here[flat] @ copies(name).mT
    away = (images - here).norm(dim=-1).amin(0)
    assert away.max() < 2
    assert (away > math.sqrt(0.5) + 1e-6).double().mean() < 0.05


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["mirror", "flip", "both", "turn-2"])
def test_mirrors_and_half_turns_are_exact(name, size):
    picture = gathered(torch.rand(2, *size, generator=chance()), sources(name, *size))
    images = {
        "mirror": [picture.flip(2)],
        "flip": [picture.flip(1)],
        "both": [picture.flip(1), picture.flip(2)],
        "turn-2": [picture.flip(1, 2)],
    }
    assert all(torch.equal(picture, image) for image in images[name])
    assert len(picture.unique()) >= picture.numel() / len(copies(name))


@pytest.mark.parametrize("side", [32, 33])
def test_quarter_turns_of_a_square_are_exact(side):
    picture = gathered(torch.rand(1, side, side, generator=chance()), sources("turn-4", side, side))
    assert torch.equal(picture, picture.rot90(1, (1, 2)))
    assert not torch.equal(picture, picture.flip(2))


def test_what_a_turn_cannot_reach_keeps_its_own_value():
    index = sources("turn-3", 20, 60)
    own = torch.arange(1200).reshape(20, 60)
    assert torch.equal(index[:, :10], own[:, :10])
    assert torch.equal(index[:, -10:], own[:, -10:])
    assert (index[:, 22:38] != own[:, 22:38]).float().mean() > 0.5
    # A half turn carries a page of any shape onto itself, a quarter turn does half of the way.
    assert not (sources("turn-4", 20, 60) == own).float().mean() > 0.5


def test_gradients_are_summed_over_images():
    maps = torch.rand(2, 12, 12, generator=chance(), requires_grad=True)
    index = sources("turn-4", 12, 12)
    gathered(maps, index).sum().backward()
    counts = torch.bincount(index.flatten(), minlength=144).reshape(12, 12)
    assert torch.equal(maps.grad, counts.float().expand(2, 12, 12))


def test_the_darkest_of_all_images_counts():
    maps = torch.ones(1, 8, 8)
    maps[0, 1, 2] = 0
    found = darkest(maps, sources("mirror", 8, 8))
    assert found[0, 1, 2] == found[0, 1, 5] == 0
    assert found.sum() == 62


# Areas of ink


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(32, 40), (33, 33)])
def test_every_picture_of_a_pixel_drawing_is_alike(name, size):
    recipe = small(symmetry=name, height=size[0], width=size[1], pixels={"tidy_from": 0.5})
    drawing = make.drawing(recipe, "inks", chance(), None)
    for _ in range(2):
        with torch.no_grad():
            assert alike(drawing.image(0.0), name)
            soft = drawing.image(0.3)
        # Sums of a few px at once round otherwise than sums of single ones.
        torch.testing.assert_close(soft, gathered(soft, sources(name, *size)))
        assert alike(torch.from_numpy(drawing.inked().labels)[None].int(), name)
        drawing.project(1.0)
    assert drawing.merging


@pytest.mark.parametrize("stage", ["study", "comparison"])
def test_studies_and_comparisons_are_alike_too(stage):
    drawing = make.drawing(small(symmetry="turn-3"), stage, chance(), None)
    with torch.no_grad():
        image = drawing.image(0.0)
    torch.testing.assert_close(image, gathered(image, sources("turn-3", 40, 32)))


@pytest.mark.parametrize("name", ["turn-5"])
def test_the_file_is_alike_and_a_resumed_run_leaves_the_same(name, tmp_path):
    recipe = small(symmetry=name, compare=True)
    folder = drawn(recipe, tmp_path).folder
    read = torch.from_numpy(pictures.read_rgb(folder / "drawing.png").transpose(2, 0, 1).copy())
    assert alike(read, name)
    free = pictures.read_rgb(folder / "unconstrained.png").transpose(2, 0, 1)
    assert alike(torch.from_numpy(free.copy()), name)
    assert certificate(folder)["score_strict"] > 0
    run = stopped(recipe, tmp_path, 7)
    gone_on(run.folder, 7).finish()
    assert (run.folder / "drawing.png").read_bytes() == (folder / "drawing.png").read_bytes()


def test_a_score_rises_under_a_symmetry():
    session = climbed(Session(small(symmetry="turn-6", steps=30)))
    begun = Session(small(symmetry="turn-6", steps=30, climb={"study": 0.0}))
    assert session.hard_score() > begun.hard_score()


# Strokes


PAGE = {"size": "100x140mm", "scale": 0.5, "margin": 10}
SQUARE = {"size": "100x100mm", "scale": 0.5, "margin": 10}


def strokes(name, page=PAGE, **said):
    table = {"pens": "black:1,#c8102e:1.4", "page": page, "strokes": {"count": 48, "length": 30}}
    return small(medium="strokes", symmetry=name, **{**table, **said})


def scattered(name, page=PAGE, stage="inks", **said):
    """A drawing whose strokes have made up their minds, and lie here and there."""
    drawing = make.drawing(strokes(name, page, **said), stage, chance(), None)
    with torch.no_grad():
        drawing.curves.points.add_(
            40 * torch.randn(drawing.curves.points.shape, generator=chance())
        )
        if stage == "inks":
            drawing.wants.copy_(torch.randn(drawing.wants.shape, generator=chance()))
        drawing.project(1.0)
    return drawing


def ends_of(plot, matrix):
    """Return pen, ends and length of each stroke of a plot, turned around the page's middle."""
    middle = np.array([plot.page.width, plot.page.height]) / 2
    found = []
    for layer in plot.layers:
        for stroke in layer.strokes:
            points = middle + (stroke.points - middle) @ matrix.T
            found.append((layer.pen.name, points[0], points[-1], stroke.length()))
    return found


@pytest.mark.parametrize("page", [PAGE, SQUARE], ids=["oblong", "square"])
@pytest.mark.parametrize("name", ["mirror", "flip", "both", "turn-2", "turn-3", "turn-4", "turn-7"])
def test_the_plot_holds_every_stroke_with_all_its_copies_inside_the_margin(name, page):
    drawing = scattered(name, page)
    plot = drawing.plot()
    assert plot.strokes >= len(copies(name)) * int(drawing.is_drawn().sum()) * 0.5 > 0
    there = ends_of(plot, np.eye(2))
    starts = np.array([start for _, start, _, _ in there])
    for matrix in copies(name).numpy():
        for pen, start, end, length in ends_of(plot, matrix):
            same = np.abs(starts - start).max(1) < 1e-5
            assert any(
                pen == there[k][0]
                and np.abs(there[k][2] - end).max() < 1e-5
                and abs(there[k][3] - length) < 0.05
                for k in same.nonzero()[0]
            )
    left, top, right, bottom = plot.page.inside
    for layer in plot.layers:
        for stroke in layer.strokes:
            assert (stroke.polyline() >= np.array([left, top]) + layer.pen.width / 2 - 1e-6).all()
            assert (
                stroke.polyline() <= np.array([right, bottom]) - layer.pen.width / 2 + 1e-6
            ).all()


@pytest.mark.parametrize("name", ["turn-3", "turn-4", "turn-5"])
def test_turned_strokes_are_not_cut_off(name):
    drawing = scattered(name)
    layers = drawing.plot().layers
    assert all(stroke.curved for layer in layers for stroke in layer.strokes)
    assert sum(len(layer.strokes) for layer in layers) == len(copies(name)) * int(
        drawing.is_drawn().sum()
    )


@pytest.mark.parametrize("stage", ["inks", "comparison"])
@pytest.mark.parametrize("softness", [1.0, 0.0])
@pytest.mark.parametrize("name", ["both", "turn-2"])
def test_pictures_of_strokes_are_alike(name, softness, stage):
    with torch.no_grad():
        image = scattered(name, stage=stage).image(softness)
    turned = image.flip(1, 2)
    assert (image - turned).abs().max() < 0.02
    assert (image - image.flip(2)).abs().max() > (0.02 if name == "turn-2" else -1)
    assert image.std() > 0.02


def test_the_picture_is_that_of_the_plot():
    from inkdream.plot.preview import preview

    drawing = scattered("turn-5")
    with torch.no_grad():
        image = drawing.image(0.0)
    plain = scattered("none").image(0.0).detach()
    shown = preview(drawing.plot(), *image.shape[1:])
    assert (shown - image).abs().mean() < 0.01 < (plain - image).abs().mean()


def test_ink_and_time_count_the_copies():
    # So little time that all strokes are beyond it.
    one, four = (
        scattered(name, strokes={"count": count, "length": 30}, plot={"budget": 0.01})
        for name, count in (("none", 48), ("both", 192))
    )
    four.load_state_dict(one.state_dict())
    costs = [each.penalties(0.5) for each in (one, four)]
    for name, free in (("ink", 0), ("budget", 1)):
        spent = [cost[name].item() + free for cost in costs]
        assert spent[1] == pytest.approx(4 * spent[0])
    four.leave_out(torch.arange(1, 48))
    one.leave_out(torch.arange(1, 48))
    worth = [each.worths(lambda picture: -picture.sum())[0].item() for each in (one, four)]
    assert worth[1] > worth[0] or not one.is_drawn()[0]


def test_there_are_at_most_as_many_strokes_as_the_recipe_says():
    for name in ("none", "both", "turn-7"):
        drawing = scattered(name)
        assert len(drawing.wants[0]) * len(copies(name)) <= 48
    with pytest.raises(
        InputError, match=r"draws each stroke 7 times: strokes\.count must be at least 7"
    ):
        Session(strokes("turn-7", strokes={"count": 5}))


def test_new_strokes_grow_where_all_their_copies_gain():
    said = {"count": 40, "length": 20, "grow": 0.2, "reseed": 3, "prune": 0.0}
    session = climbed(Session(strokes("turn-3", strokes=said)))
    points = session.result.curves.points.detach()
    assert session.result.alive.all()
    middle = torch.tensor([50.0, 70.0])
    turned = (points - middle) @ copies("turn-3").float()[:, None].mT + middle
    low, high = session.result.curves.box
    assert (turned >= low).all()
    assert (turned <= high).all()


def test_a_run_of_strokes_leaves_a_file_with_all_copies_and_counts_them(tmp_path):
    from inkdream.svg.read import read_svg

    said = {"terms": [{"target": "loom/conv2_1/15"}], "plot": {"budget": 40}}
    folder = drawn(strokes("turn-3", **said), tmp_path).folder
    plot = read_svg(folder / "drawing.svg").as_plot()
    stated = certificate(folder)
    assert stated["strokes"] == plot.strokes > 3
    assert plot.strokes % 3 == 0
    assert stated["plot_seconds"] <= 40
    assert stated["strokes_left_out"] > 0
