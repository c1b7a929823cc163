"""Variations: drawings of the same that differ, one run after the other, none made twice."""

import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from inkdream import pictures
from inkdream.cli.draw import watch_all
from inkdream.objectives import scoring
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.recipe import assemble, folder_name, validate
from inkdream.run import Run, begin
from inkdream.run.variations import following, write_sheet
from tests.objectives.made import half, painted
from tests.running import climbed, contents, says
from tests.toys import small

LINES = {
    "medium": "strokes",
    "pens": "black:1,red:1.4",
    "page": {"size": "80x100mm", "scale": 0.4, "margin": 5},
    "strokes": {"count": 8, "length": 30.0, "ink": 0.0},
    "terms": [{"target": "loom/conv2_1/4"}],
}


def three(**said):
    table = {"variations": 3, "width": 16, "height": 20, "steps": 8}
    return small(**{**table, **said})


def made(recipe, parent) -> list[Path]:
    """Draw all variations; return their folders, in order."""
    assert watch_all(begin(recipe, parent)) == 0
    return folders(parent)


def folders(parent) -> list[Path]:
    found = [path for path in parent.iterdir() if path.is_dir()]
    return sorted(found, key=lambda folder: recipe_of(folder).variation)


def recipe_of(folder):
    return assemble(folder / "recipe.toml", {}, [])


def drawings(parent) -> list[bytes]:
    return [(folder / "drawing.png").read_bytes() for folder in folders(parent)]


def finished(recipe, parent) -> Run:
    run = climbed(begin(recipe, parent))
    run.finish()
    return run


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Return the folder of three finished variations."""
    parent = tmp_path_factory.mktemp("series")
    made(three(), parent)
    return parent


@pytest.fixture
def copied(series, tmp_path):
    return Path(shutil.copytree(series, tmp_path / "copied"))


def test_each_variation_is_a_run_of_its_own(series):
    recipes = [recipe_of(folder) for folder in folders(series)]
    assert [recipe.variation for recipe in recipes] == [1, 2, 3]
    assert [recipe.seed for recipe in recipes] == [0, 1, 2]
    assert [folder.name[-3:] for folder in folders(series)] == ["-v1", "-v2", "-v3"]
    assert all((folder / "certificate.json").is_file() for folder in folders(series))
    first, second, third = recipes
    assert first.terms == three().terms
    for recipe, count in ((second, 1), (third, 2)):
        assert recipe.terms[:-1] == first.terms
        unlike = recipe.terms[-1]
        assert (unlike.kind, unlike.target) == ("unlike", "loom/conv2_1")
        earlier = [recipe.file(name).read_bytes() for name in unlike.pictures]
        assert earlier == drawings(series)[:count]


def test_all_stand_on_one_sheet(series):
    (path,) = series.glob("*.png")
    assert re.search(r"-variations\.png$", path.name)
    sheet = pictures.read_rgb(path)
    for folder in folders(series):
        tile = pictures.read_rgb(folder / "drawing.png")
        height, width = tile.shape[:2]
        windows = np.lib.stride_tricks.sliding_window_view(sheet, tile.shape)[:, :, 0]
        assert (windows == tile).all((2, 3, 4)).any(), (folder, height, width)


def test_drawings_differ_and_are_unlike_each_other(tmp_path):
    """A variation is less like the first drawing than one that differs by its seed alone."""
    table = {"steps": 40, "width": 32, "height": 32, "climb": {"study": 0.0}}
    first, second = made(three(variations=2, **table), tmp_path / "series")
    assert (first / "drawing.png").read_bytes() != (second / "drawing.png").read_bytes()
    varied = Run.open(second).session
    plain = climbed(Session(small(seed=1, **table)))
    ours, theirs = (
        measure(varied.networks, varied.objective, session.result.image(0.0).detach())
        for session in (varied, plain)
    )
    (name,) = (name for name in ours if name.startswith("unlike"))
    assert ours[name] > theirs[name] + 0.02


def test_the_same_recipe_makes_the_same_drawings(series, tmp_path):
    made(three(), tmp_path)
    assert drawings(tmp_path) == drawings(series)


def test_strokes_vary_too(tmp_path):
    first, second = made(small(**LINES, variations=2, steps=10), tmp_path)
    assert drawings(tmp_path)[0] != drawings(tmp_path)[1]
    assert recipe_of(second).terms[-1].kind == "unlike"
    assert "8strokes-black-red" in first.name


# What is there already


def test_what_is_finished_is_not_made_again(copied, capsys):
    before = contents(copied)
    assert made(three(), copied) == folders(copied)
    for folder in folders(copied):
        assert watch_all(Run.open(folder)) == 0
    assert contents(copied) == before
    said = capsys.readouterr().out
    assert said.count("is finished") == 3 + 3 + 2 + 1
    # Another seed is another series.
    made(three(seed=9), copied)
    assert len(folders(copied)) == 6


def test_a_drawing_without_variations_always_gets_a_folder_of_its_own(tmp_path):
    first, second = (begin(small(), tmp_path).folder for _ in range(2))
    assert first != second
    assert "-v1" not in first.name


def test_what_is_missing_is_made_from_what_is_there(copied, series):
    for folder in folders(copied)[1:]:
        shutil.rmtree(folder)
    assert watch_all(Run.open(folders(copied)[0])) == 0
    assert drawings(copied) == drawings(series)


@pytest.mark.parametrize("which", [2, 3])
def test_ctrl_c_in_a_variation_says_how_to_go_on_with_the_rest(
    series, tmp_path, capsys, monkeypatch, which
):
    note = Run._note

    def interrupting(self, stage, step):
        if self.recipe.variation == which and self.session.done == 5:
            signal.raise_signal(signal.SIGINT)
        return note(self, stage, step)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_note", interrupting)
        assert watch_all(begin(three(), tmp_path)) == 130
    stopped = folders(tmp_path)[-1]
    assert recipe_of(stopped).variation == which
    assert f"inkdream resume {stopped}" in capsys.readouterr().out
    code, out, _ = says(capsys, "resume", stopped)
    assert code == 0
    assert drawings(tmp_path) == drawings(series)
    assert "all of them: " in out


# What follows


def test_after_the_last_nothing_follows(series, tmp_path):
    assert following(Run.open(folders(series)[-1])) is None
    assert following(finished(small(), tmp_path)) is None


def test_drawings_differ_in_the_first_layer_that_has_places(tmp_path):
    layers = {
        "loom/conv2_1": [{"target": "loom/conv2_1/3"}, {"target": "loom/conv1_1/3"}],
        "loom/conv1_2": [{"target": "loom/class/spiral"}, {"target": "loom/conv1_2"}],
        "loom/conv3_3": [{"kind": "like", "picture": painted(tmp_path / "bands.png")}],
    }
    for layer, terms in layers.items():
        run = finished(three(terms=terms, steps=1), tmp_path)
        recipe = following(run)
        assert recipe is not None
        assert recipe.terms[-1].target == layer
        scoring.objective(recipe, scoring.networks(recipe))


def test_being_unlike_counts_in_proportion_to_all_else(tmp_path):
    terms = [{"target": "loom/conv2_1/3", "weight": 3}, {"target": "loom/conv2_1/4", "weight": -1}]
    one, other = (
        following(finished(three(terms=terms[:count], steps=1), tmp_path)).terms[-1].weight
        for count in (1, 2)
    )
    assert other == pytest.approx(one * 4 / 3)


def test_files_of_the_first_serve_the_others_when_they_are_gone(tmp_path):
    mask = half(tmp_path / "half.png")
    terms = [{"target": "loom/conv2_1/3", "where": mask}]
    run = finished(three(terms=terms, steps=2), tmp_path / "runs")
    (tmp_path / "half.png").unlink()
    assert watch_all(run) == 0
    for folder in folders(tmp_path / "runs"):
        recipe = recipe_of(folder)
        assert recipe.file(recipe.terms[0].where).is_file()
        assert recipe.terms[0].where.startswith("inputs/")


def test_the_highest_seed_is_followed_by_the_lowest(tmp_path):
    run = finished(three(seed=2**63 - 1, steps=1), tmp_path)
    recipe = following(run)
    assert recipe is not None
    assert recipe.seed == 0


# The sheet


def test_a_sheet_writes_over_nothing(copied):
    last = Run.open(folders(copied)[-1])
    (path,) = copied.glob("*.png")
    assert write_sheet(last) == path
    path.write_bytes(b"somebody's own")
    other = write_sheet(last)
    assert other.name == f"{path.stem}-2.png"
    assert path.read_bytes() == b"somebody's own"
    assert write_sheet(last) == other


def test_folders_of_ones_own_naming_have_a_sheet_too(copied):
    renamed = folders(copied)[-1].rename(copied / "mine")
    assert write_sheet(Run.open(renamed)).name == "mine-variations.png"


def test_the_command_line_says_which_variation_it_draws(tmp_path, capsys):
    words = ["--width", "32", "--height", "32", "--steps", "2", "--variations", "2"]
    words += ["--page", "40x50mm", "--margin", "4"]
    words += ["--neuron", "loom/conv2_1/3", "--out", tmp_path]
    code, said, _ = says(capsys, "draw", *words)
    assert code == 0
    assert "variation 1 of 2" in said
    assert "variation 2 of 2" in said
    assert f"all of them: {next(tmp_path.glob('*.png'))}" in said


def test_recipes_name_their_folders_by_variation():
    assert folder_name(validate({"variations": 3, "variation": 2, "seed": 4})).endswith("-seed4-v2")
    assert folder_name(validate({"seed": 4})).endswith("-seed4")
