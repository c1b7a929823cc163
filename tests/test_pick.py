"""Runs that pick their pens: recipes, stages, files, certificates."""

import re

import pytest
import torch

from inkdream import colour, pictures
from inkdream.errors import InputError
from inkdream.optimize.session import stages
from inkdream.pens import Pen
from inkdream.recipe import LEARNED, assemble, validate
from tests.running import certificate, drawn, gone_on, stopped
from tests.test_chosen import A_PAGE, BOX, many
from tests.toys import small

PENS = "#d00000:0.4,#00a000:0.4,#0000d0:0.4,#101010:0.4,#e0d000:0.4"

ALIKE = [Pen(name=str(i), colour=ink, width=0.4) for i, ink in enumerate(("red", "red", "white"))]


def recipe(medium="pixels", **said):
    table = {"medium": medium, "pens": BOX, "pick": 2, "steps": 8, **said}
    if medium == "strokes":
        table = {"page": A_PAGE, "strokes": {"count": 12}, **table}
    return small(**table)


# Recipes


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"pens": PENS, "pick": 6}, "only 5 pens"),
        ({"pens": PENS, "pick": 64}, "pick"),
        ({"pens": PENS, "pick": -1}, "pick"),
        ({"pens": PENS, "pick": "some"}, "pick = some"),
        ({"pens": f"{PENS},?:0.3", "pick": 2}, "'?'"),
        ({"medium": "strokes", "inks": 3, "pick": 2}, "'?'"),
        ({"pick": 2}, "no pens to pick from"),
        ({"pens": PENS, "pick": 2, "inks": ["#ffffff", "#123456"]}, "say one or the other"),
        ({"pens": ALIKE, "pick": 2}, "only 1 pen to pick from, in colours that differ"),
        ({"pens": PENS, "pick": 5, "paper": "#d00000"}, "only 4 pens"),
    ],
)
def test_what_cannot_be_picked_is_said_in_one_line(table, words):
    with pytest.raises(InputError) as error:
        validate(table)
    assert words in str(error.value)


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
def test_a_recipe_that_picks_survives_its_own_file_with_the_whole_box(medium, tmp_path):
    made = recipe(medium)
    (tmp_path / "r.toml").write_text(made.to_toml())
    assert assemble(tmp_path / "r.toml", {}, []).model_dump() == made.model_dump()
    assert len(made.pens) == len(BOX)
    assert made.inks.count(LEARNED) == 2
    assert len(made.inks) == 2 + (medium == "pixels")


def test_a_recipe_of_another_number_of_pens_can_pick():
    for before in (recipe(pick=0), recipe(pick=3)):
        assert len(assemble(None, before.model_dump(), ["pick=2"]).inks) == 3
    assert [len(recipe().picking(count).inks) for count in (1, 4)] == [2, 5]


def test_a_box_may_hold_two_hundred_pens_only_where_some_are_picked():
    assert len(validate({"pens": many(200), "pick": 3, "medium": "strokes"}).pens) == 200
    with pytest.raises(InputError, match="1 to 64"):
        validate({"pens": many(200), "medium": "strokes"})
    with pytest.raises(InputError, match="1 to 64"):
        validate({"pens": many(65)})


def test_one_more_and_one_fewer_are_climbed_where_there_are_such_numbers():
    def names(**said):
        return [stage.name for stage in stages(recipe(compare=True, **said))]

    assert names() == ["study", "inks", "comparison", "fewer", "more"]
    assert names(pick=1)[-1] == "more"
    assert "fewer" not in names(pick=1)
    assert names(pick=len(BOX))[-1] == "fewer"
    assert "fewer" not in [stage.name for stage in stages(recipe())]


# Runs


@pytest.fixture(scope="module", params=["pixels", "strokes"])
def finished(request, tmp_path_factory):
    """Return a run that picked 2 of 8 pens and compared."""
    folder = tmp_path_factory.mktemp(request.param)
    return drawn(recipe(request.param, compare=True), folder)


def test_only_picked_pens_are_in_the_files(finished):
    picked = certificate(finished.folder)["picked"]
    assert len(set(picked)) == 2
    inks = {pen.colour for pen in BOX if pen.name in picked}
    folder = finished.folder
    if finished.recipe.medium == "pixels":
        seen = pictures.colours_in(pictures.read_rgb(folder / "drawing.png"))
        assert {colour.to_hex(ink) for ink in seen.tolist()} <= inks | {"#ffffff"}
    else:
        text = (folder / "drawing.svg").read_text()
        assert set(re.findall(r'stroke="(#[0-9a-f]{6})"', text)) <= inks
        layers = re.findall(r'inkscape:label="([^"]*)"', text)
        assert layers
        assert all(any(name in layer for name in picked) for layer in layers)


def test_the_certificate_names_the_pens_and_scores_one_fewer_and_one_more(finished):
    said = certificate(finished.folder)
    order = [pen.name for pen in sorted(BOX, key=lambda pen: -lightness(pen.colour))]
    for key, count in (("picked", 2), ("picked_one_pen_fewer", 1), ("picked_one_pen_more", 3)):
        assert len(said[key]) == count
        assert said[key] == [name for name in order if name in said[key]]
    page = (finished.folder / "certificate.md").read_text()
    for key in ("score_one_pen_fewer", "score_one_pen_more"):
        assert f"{said[key]:.4g}" in page
    assert all(name in page for name in said["picked"])
    assert all(share["fixed"] for share in said["ink_shares"])


@pytest.mark.parametrize("said", [{"pick": 2}, {"pick": 0, "inks": [p.colour for p in BOX[:3]]}])
def test_inks_are_called_what_their_pens_are_called(tmp_path, said):
    run = drawn(recipe(**said), tmp_path)
    names = {pen.colour: pen.name for pen in BOX}
    inks = {share["colour"]: share["name"] for share in certificate(run.folder)["ink_shares"]}
    assert len(inks.keys() & names.keys()) >= 2
    assert all(inks[ink] == names[ink] for ink in inks.keys() & names.keys())


def lightness(ink):
    return colour.linear_to_oklab(colour.linear_of([ink]))[0, 0]


def test_one_fewer_scores_what_a_run_with_one_fewer_scores(finished, tmp_path):
    alone = certificate(drawn(recipe(finished.recipe.medium, pick=1), tmp_path).folder)
    compared = certificate(finished.folder)
    assert alone["picked"] == compared["picked_one_pen_fewer"]
    assert alone["score_strict"] == pytest.approx(compared["score_one_pen_fewer"], rel=1e-4)


@pytest.mark.parametrize("done", [3, 19, 28])
def test_a_run_stopped_in_any_stage_ends_in_the_same_drawing(finished, done, tmp_path):
    again = gone_on(stopped(finished.recipe, tmp_path, done).folder, done)
    assert again.session.finished.keys() == finished.session.finished.keys()
    for stage in (each.name for each in again.session.stages):
        first = finished.session.drawing_of(stage).state_dict()
        second = again.session.drawing_of(stage).state_dict()
        assert all(torch.equal(first[key], second[key]) for key in first), stage
