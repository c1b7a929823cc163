"""Areas that stay: px for px the same, at every softness, whatever else is asked for."""

import numpy as np
import pytest
import torch

from inkdream import colour, pictures
from inkdream.drawing import make
from inkdream.drawing.kept_areas import ANEW, kept_labels, plotted_hatch
from inkdream.errors import InputError
from inkdream.inking.from_run import picture_frame
from inkdream.plot.machines import machine
from inkdream.plot.motion import drawn_at
from inkdream.recipe import assemble, validate
from inkdream.run import Run
from inkdream.storage import write_whole
from inkdream.svg.read import read_svg
from tests.inking.made import quarters
from tests.running import certificate, climbed, drawn, gone_on, refused
from tests.toys import chance, small

INKS = ("#ffffff", "#c8102e", "#123456", "#e0b020")
# Rows and columns of the picture; the mask is smaller, and light in its right half.
SIZE = (40, 32)
LEFT = np.s_[:, : SIZE[1] // 2]


@pytest.fixture
def picture(tmp_path):
    rgb = quarters(40)[:, :32]
    write_whole(tmp_path / "earlier.png", pictures.rgb_png(rgb))
    return tmp_path / "earlier.png"


@pytest.fixture
def mask(tmp_path):
    return half(tmp_path / "mask.png", 8)


def half(path, light_from):
    grey = np.zeros((20, 16, 3), np.uint8)
    grey[:, light_from:] = 255
    write_whole(path, pictures.rgb_png(grey))
    return path


def keeping(picture, mask, **said):
    keep = {"from": str(picture), "where": str(mask)}
    return small(**{"inks": list(INKS), "keep": keep, **said})


def rgb_of(folder):
    return pictures.read_rgb(folder / "drawing.png")


SAID = {
    "plain": {},
    "merged": {"pixels": {"merge": 4.0, "tidy_from": 0.5, "detail": 2.0}},
    "in pens": {"inks": None, "pens": "#c8102e,#123456,#e0b020"},
    "with a study": {"climb": {"study": 0.5}},
    "coarse to fine": {"pixels": {"coarse": 0.2}},
    "inks learned beside them": {"inks": [*INKS, "?"]},
}


@pytest.mark.parametrize("name", SAID)
def test_what_stays_is_the_same_px_for_px_in_the_file(picture, mask, tmp_path, name):
    said = {key: value for key, value in SAID[name].items() if value is not None}
    recipe = keeping(picture, mask, **said)
    if "pens" in said:
        table = recipe.model_dump(exclude={"inks"})
        recipe = validate(table)
    run = drawn(recipe, tmp_path / "runs")
    before, after = pictures.read_rgb(picture), rgb_of(run.folder)
    assert np.array_equal(after[LEFT], before[LEFT])
    assert not np.array_equal(after, before)
    assert certificate(run.folder)["kept_share"] == pytest.approx(0.5)
    assert "| kept | 50.0% |" in (run.folder / "certificate.md").read_text()


@pytest.mark.parametrize("softness", [0.0, 0.2, 1.0])
def test_what_stays_has_exactly_its_inks_at_every_softness(picture, mask, softness):
    drawing = make.drawing(keeping(picture, mask), "inks", chance(), None)
    with torch.no_grad():
        image = drawing.image(softness)
    wanted = torch.from_numpy(
        colour.from_bytes(pictures.read_rgb(picture)).transpose(2, 0, 1)
    ).float()
    assert torch.allclose(image[(slice(None), *LEFT)], wanted[(slice(None), *LEFT)], atol=1e-6)


def test_no_gradient_reaches_what_stays(picture, mask):
    drawing = make.drawing(keeping(picture, mask), "inks", chance(), None)
    wants = drawing.spectrum.maps().detach().requires_grad_()
    drawing.spectrum.maps = lambda: wants
    image = drawing.image(0.5)
    (image * torch.randn(image.shape, generator=chance())).sum().backward()
    assert not wants.grad[(slice(None), *LEFT)].any()
    assert wants.grad.any()


def test_the_study_is_made_around_what_stays(picture, mask):
    recipe = keeping(picture, mask, climb={"study": 0.5})
    study = make.drawing(recipe, "study", chance(), None)
    image = study.image(1.0).detach()
    wanted = torch.from_numpy(colour.from_bytes(pictures.read_rgb(picture)).transpose(2, 0, 1))
    assert torch.allclose(image[(slice(None), *LEFT)], wanted[(slice(None), *LEFT)].float())
    assert image[:, :, 16:].std() > 0


def test_labels_are_those_of_the_recipes_inks(picture, mask):
    labels = kept_labels(keeping(picture, mask)).numpy()
    assert (labels[:, 16:] == ANEW).all()
    inks = np.array([colour.parse(ink) for ink in INKS], np.uint8)
    assert np.array_equal(inks[labels[LEFT]], pictures.read_rgb(picture)[LEFT])


def test_inks_that_would_be_learned_are_those_of_what_stays(picture, mask):
    keep = {"from": str(picture), "where": str(mask)}
    size = {"width": 32, "height": 40}
    found = assemble(None, {"keep": keep, **size}, [])
    assert sorted(found.inks) == sorted(INKS)
    more = assemble(None, {"keep": keep, "inks": 6, **size}, [])
    assert sorted(more.inks) == sorted([*INKS, "?", "?"])
    some = assemble(None, {"keep": keep, "inks": ["#FFFFFF", "?"], **size}, [])
    assert sorted(some.inks) == sorted(INKS)
    told = assemble(None, {"keep": keep, "inks": ["#ffffff", "#123456"], **size}, [])
    assert told.inks == ("#ffffff", "#123456")


def test_a_run_keeps_an_earlier_one_and_goes_on_after_a_stop(mask, tmp_path):
    first = drawn(small(inks=3), tmp_path / "first").folder
    keep = {"from": str(first), "where": str(mask)}
    table = {**small(steps=8).model_dump(exclude={"inks"}), "keep": keep}
    recipe = assemble(None, {key: value for key, value in table.items() if key != "page"}, [])
    whole = drawn(recipe, tmp_path / "whole").folder
    run = climbed(Run.create(recipe, tmp_path / "stopped"), 4)
    run.stop()
    assert np.array_equal(rgb_of(run.folder)[LEFT], rgb_of(first)[LEFT])
    gone_on(run.folder, 4).finish()
    assert (whole / "drawing.png").read_bytes() == (run.folder / "drawing.png").read_bytes()
    assert np.array_equal(rgb_of(whole)[LEFT], rgb_of(first)[LEFT])
    assert str(first) not in (whole / "recipe.toml").read_text()


def test_bare_paper_and_masks_of_pens_give_way_to_what_stays(picture, mask, tmp_path):
    everywhere = half(tmp_path / "light.png", 0)
    recipe = keeping(picture, mask, bare=str(everywhere))
    drawing = make.drawing(recipe, "inks", chance(), None)
    rgb = drawing.inked().rgb()
    assert np.array_equal(rgb[LEFT], pictures.read_rgb(picture)[LEFT])
    assert (rgb[:, 16:] == 255).all()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"plotted": "12min"}, "is no run's folder, and has no plot"),
        ({"where": ""}, "keep.where, says what is drawn anew"),
        ({"width": 48}, "--width 32 --height 40"),
        ({"ink_budget": {"#c8102e": 0.5}}, "and ink_budget"),
        ({"inks": ["#ffffff", "#c8102e", "#e0b020"]}, "what stays has #123456"),
    ],
)
def test_what_cannot_be_is_one_line(picture, mask, said, what):
    keep = {"from": str(picture), "where": str(mask)}
    keep |= {key: said[key] for key in ("plotted", "where") if key in said}
    more = {key: value for key, value in said.items() if key not in ("plotted", "where")}
    recipe = small(**{"inks": list(INKS), "keep": keep, **more})
    with pytest.raises(InputError, match=what):
        make.check(recipe)


@pytest.fixture(scope="module")
def hatched(tmp_path_factory):
    """The folder of a run whose hatch is being plotted."""
    return drawn(small(inks=list(INKS), steps=4), tmp_path_factory.mktemp("hatched")).folder


def going_on(folder, **said):
    keep = {"from": str(folder), **said.pop("keep")}
    return small(**{"inks": list(INKS), "terms": [{"target": "loom/conv2_1/9"}], **said}, keep=keep)


def test_areas_whose_hatch_is_on_paper_stay_and_are_not_filled_again(hatched, tmp_path):
    first = read_svg(hatched / "drawing.svg").as_plot().layers[0]
    recipe = going_on(hatched, keep={"plotted": first.pen.name})
    run = drawn(recipe, tmp_path)
    folder, held = run.folder, plotted_hatch(recipe)
    before, after = rgb_of(hatched), rgb_of(folder)
    is_ink = (before == colour.parse(first.pen.colour)).all(2)
    # Specks that no pen draws are no part of the hatch.
    assert 0.7 < held.covered[is_ink].mean() <= 1
    assert not held.covered[~is_ink].any()
    assert np.array_equal(after[held.covered], before[held.covered])
    assert not np.array_equal(after, before)
    assert certificate(folder)["kept_share"] == pytest.approx(held.covered.mean())
    # New ink does not lie where there is some already.
    new = read_svg(folder / "drawing.svg").as_plot()
    look = picture_frame(recipe).look
    ink = (look(new) - 1).abs().sum(0).numpy() > 0.3
    assert ink.any()
    assert ink[held.covered].mean() < 0.1
    # What is seen is both, and leaves no more bare than a whole hatch does.
    whole = (look(held.over(new)) - 1).abs().sum(0).numpy() > 0.3
    assert whole[held.covered].mean() > 0.9
    assert read_svg(folder / "plotted.svg").as_plot().strokes == len(first.strokes)


def test_a_time_of_the_hatchs_plot_says_what_is_on_paper(hatched, tmp_path):
    plot = read_svg(hatched / "drawing.svg").as_plot()
    times = np.concatenate(drawn_at(plot, machine("axidraw-v3")))
    late = f"{times[len(times) // 2] + 1e-3:.3f}s"
    recipe = going_on(hatched, keep={"plotted": late}, steps=3)
    gone = plotted_hatch(recipe).lines.strokes
    assert gone == int((times <= times[len(times) // 2] + 1e-3).sum())
    stopped = climbed(Run.create(recipe, tmp_path), 1)
    stopped.stop()
    gone_on(stopped.folder, 1).finish()
    whole = drawn(recipe, tmp_path / "whole").folder
    for name in ("drawing.png", "drawing.svg", "plotted.svg"):
        assert (whole / name).read_bytes() == (stopped.folder / name).read_bytes()
    assert certificate(whole)["plot_seconds"] > 0


def test_a_mask_keeps_more_than_what_is_on_paper(hatched, mask):
    recipe = going_on(hatched, keep={"plotted": "1", "where": str(mask)})
    labels = kept_labels(recipe).numpy()
    assert (labels[LEFT] != ANEW).all()
    held = plotted_hatch(recipe).covered
    assert (labels[held] != ANEW).all()
    assert ((labels != ANEW) == (held | (np.arange(32) < 16))).all()


def test_a_picture_that_lies_elsewhere_on_its_page_is_refused(hatched):
    page = {**small().page.model_dump(), "margin": 8}
    recipe = going_on(hatched, keep={"plotted": "1"}, page=page)
    with pytest.raises(InputError, match="--margin 4"):
        make.check(recipe)


@pytest.mark.parametrize(("light_from", "what"), [(0, "would stay"), (16, "be drawn anew")])
def test_masks_of_one_shade_are_refused(picture, tmp_path, light_from, what):
    with pytest.raises(InputError, match=what):
        make.check(keeping(picture, half(tmp_path / "all.png", light_from)))


def test_the_command_line_refuses_in_a_line(picture, mask, tmp_path, capsys):
    words = ("draw", "--keep", picture, "--keep-where", mask, "--out", tmp_path / "runs")
    assert "--width 32 --height 40" in refused(capsys, *words)
    assert not (tmp_path / "runs").exists()
    (tmp_path / "x.svg").write_text("<svg/>")
    words = ("draw", "--medium", "pixels", "--keep", tmp_path / "x.svg", "--keep-where", mask)
    assert "which strokes can keep" in refused(capsys, *words)
