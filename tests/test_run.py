"""Runs: what stands in the folder, and that nothing is lost however they are stopped."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from PIL import Image

from inkdream import colour, pictures
from inkdream.errors import InputError, RunError
from inkdream.objectives import scoring
from inkdream.optimize.scores import measure
from inkdream.recipe import validate
from inkdream.run import Run
from inkdream.run import run as runs
from inkdream.run.certificate import Certificate, Comparison, InkShare, certificate_page
from inkdream.run.checkpoint import load_checkpoint, save_checkpoint
from inkdream.storage import holding, standing, unfinished_words
from tests.killing import KILLED, lived
from tests.running import (
    certificate,
    climbed,
    contents,
    drawn,
    events,
    gone_on,
    refused,
    says,
    stopped,
)
from tests.toys import small

FILES = {
    "recipe.toml",
    "events.jsonl",
    "drawing.png",
    "drawing.svg",
    "preview.png",
    "preview.gif",
    "sheet.html",
    "soft.png",
    "compare.png",
    "progress.gif",
    "palette.gpl",
    "palette.hex",
    "certificate.json",
    "certificate.md",
}
MEASURED = {
    "score_strict",
    "score_soft",
    "gap",
    "inks",
    "colours_in_file",
    "off_palette_pixels",
    "specks",
    "seconds",
    "steps",
}
COMPARED = {"score_unconstrained", "score_kmeans", "retention"}

RECIPE = small()
# Files that a repeated run makes again byte for byte; others hold times or the folder's name.
SAME = ("recipe.toml", "drawing.png", "soft.png", "compare.png", "progress.gif", "palette.hex")


def same_drawing(first: Path, second: Path) -> None:
    for name in SAME:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a run that nothing interrupted."""
    return drawn(RECIPE, tmp_path_factory.mktemp("finished")).folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    return drawn(small(compare=True), tmp_path_factory.mktemp("compared")).folder


# What stands in the folder


def test_all_files_are_there_and_no_others(finished):
    assert {path.name for path in finished.iterdir()} == FILES


def test_the_recipe_is_filled_in(finished):
    table = tomllib.loads((finished / "recipe.toml").read_text())
    assert validate(table) == RECIPE
    assert set(table) == set(type(RECIPE).model_fields)
    assert set(table["views"]) == set(type(RECIPE.views).model_fields)


def test_events_tell_each_step(finished):
    events = [json.loads(line) for line in (finished / "events.jsonl").read_text().splitlines()]
    assert [event["stage"] for event in events] == ["study"] * 3 + ["inks"] * 9
    assert {"index", "scores", "total", "penalties", "softness", "seconds"} <= set(events[0])
    softness = [event["softness"] for event in events if event["stage"] == "inks"]
    assert softness == sorted(softness, reverse=True)
    assert softness[-1] == 0
    assert events[-1]["score_strict"] is not None


def score(path: Path, recipe=RECIPE) -> float:
    """Return what a picture file scores, by the whole objective."""
    known = scoring.networks(recipe)
    goal = scoring.objective(recipe, known)
    rgb = torch.from_numpy(pictures.read_rgb(path).transpose(2, 0, 1).copy())
    return goal.total(measure(known, goal, colour.from_bytes(rgb)))


def test_the_certificate_states_what_the_file_scores(finished):
    stated = certificate(finished)
    assert set(stated) >= MEASURED
    assert not set(stated) & COMPARED
    assert stated["score_strict"] == score(finished / "drawing.png")
    assert stated["score_soft"] == pytest.approx(score(finished / "soft.png"), rel=0.02)
    assert stated["gap"] == pytest.approx(1 - stated["score_strict"] / stated["score_soft"])
    assert stated["steps"] == RECIPE.steps
    assert stated["seconds"] > 0
    assert stated["off_palette_pixels"] == 0
    assert 0 <= stated["specks"] <= 1


def test_what_is_lost_is_lost_below_0_too(tmp_path):
    avoided = {"target": "loom/conv2_1/3", "weight": -1.0}
    stated = certificate(drawn(small(terms=[avoided]), tmp_path).folder)
    soft, strict = stated["score_soft"], stated["score_strict"]
    assert soft < 0
    assert stated["gap"] == pytest.approx((soft - strict) / -soft)


def test_the_certificate_is_of_the_file_not_of_what_should_be_in_it(tmp_path, monkeypatch):
    def spoilt(picture, note=""):
        rgb = picture.rgb().copy()
        rgb[:20, :20] = (255, 0, 254)
        return pictures.rgb_png(rgb)

    monkeypatch.setattr(pictures, "indexed_png", spoilt)
    folder = drawn(RECIPE, tmp_path).folder
    stated = certificate(folder)
    assert stated["off_palette_pixels"] == 400
    assert stated["colours_in_file"] == len(stated["inks"]) + 1
    assert stated["score_strict"] == score(folder / "drawing.png")


def test_drawing_palettes_and_certificate_name_the_same_inks(finished):
    stated = certificate(finished)
    with Image.open(finished / "drawing.png") as image:
        assert image.mode == "P"
        assert image.size == (RECIPE.width, RECIPE.height)
        table = image.getpalette()
    inks = [colour.to_hex(tuple(table[i : i + 3])) for i in range(0, len(table), 3)]
    assert inks == stated["inks"]
    assert (finished / "palette.hex").read_text().split() == inks
    assert len((finished / "palette.gpl").read_text().split("#\n")[1].splitlines()) == len(inks)
    read = pictures.colours_in(pictures.read_rgb(finished / "drawing.png"))
    assert {colour.to_hex(ink) for ink in read.tolist()} == set(inks)
    assert stated["colours_in_file"] == len(inks) <= len(RECIPE.inks)
    assert sum(ink["share"] for ink in stated["ink_shares"]) == pytest.approx(1)


def test_compare_png_has_the_strict_picture_left_and_the_soft_one_right(finished):
    beside = pictures.read_rgb(finished / "compare.png")
    strict, soft = (pictures.read_rgb(finished / name) for name in ("drawing.png", "soft.png"))
    assert beside.shape == (RECIPE.height, 2 * RECIPE.width, 3)
    assert (beside[:, : RECIPE.width] == strict).all()
    assert (beside[:, RECIPE.width :] == soft).all()


def test_the_animation_ends_with_the_drawing(finished):
    with Image.open(finished / "progress.gif") as gif:
        gif.seek(gif.n_frames - 1)
        last = gif.convert("RGB")
    with Image.open(finished / "drawing.png") as drawing:
        assert last.tobytes() == drawing.convert("RGB").tobytes()


def test_the_readable_certificate_says_what_the_other_does(finished):
    stated, text = certificate(finished), (finished / "certificate.md").read_text()
    assert f"{stated['score_strict']:.4g}" in text
    assert all(ink in text for ink in stated["inks"])


def test_the_readable_certificate_tells_shares():
    made = Certificate(
        medium="pixels",
        score_strict=1.2,
        score_soft=1.5,
        gap=0.2,
        scores={"a|b": 1.2},
        inks=["#102030", "#ffffff"],
        ink_shares=[
            InkShare("#102030", "navy", True, 0.25),
            InkShare("#ffffff", "white", False, 0.75),
        ],
        colours_in_file=2,
        off_palette_pixels=0,
        specks=0.125,
        seconds=3.0,
        steps=4,
        seed=5,
        versions={"torch": "2"},
        comparison=Comparison.of(1.2, 2.0, kmeans=1.5),
        networks={"loom": "", "vgg16": "ab" * 32},
    )
    text = certificate_page(made, "title")
    for row in (
        "| - | `#102030` | navy | given | 25.0% |",
        "| - | `#ffffff` | white | learned | 75.0% |",
        "| lost by using exactly the inks | 20.0% | ",
        "| pixels in dots | 12.50% | ",
        "| of which the drawing keeps | 60.0% | ",
        "| of which k-means keeps | 75.0% | ",
        "| term a/b | 1.2 | ",
        f"| weights of vgg16 | `{'ab' * 32}` | ",
    ):
        assert [line.startswith(row) for line in text.splitlines()].count(True) == 1
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    # Every line of the tables of measures has its explanation, each another.
    meanings = [row[2] for row in rows if len(row) == 3 and row[0] != "| what"]
    assert all(len(meaning) > 8 for meaning in meanings)
    assert len(set(meanings)) == len(meanings)
    assert "weights of loom" not in text


def test_given_inks_are_in_the_file_exactly(tmp_path):
    words = ["#1b1b1b", "#c8102e", "#ffffff"]
    folder = drawn(small(inks=words), tmp_path).folder
    assert set(certificate(folder)["inks"]) <= set(words)


def test_a_comparison_is_measured_on_files_too(compared):
    stated = certificate(compared)
    assert set(stated) >= MEASURED | COMPARED
    assert stated["score_strict"] == score(compared / "drawing.png")
    assert stated["score_unconstrained"] == score(compared / "unconstrained.png")
    assert stated["score_kmeans"] == pytest.approx(score(compared / "kmeans.png"), rel=1e-5)
    assert stated["retention"] == pytest.approx(
        stated["score_strict"] / stated["score_unconstrained"]
    )
    kmeans = pictures.colours_in(pictures.read_rgb(compared / "kmeans.png"))
    assert len(kmeans) <= stated["colours_in_file"]


def test_the_comparisons_time_is_none_of_the_drawings(tmp_path):
    run = climbed(Run.create(small(steps=4, compare=True), tmp_path))
    stated = run.finish()
    seconds = dict(run.seconds)
    assert seconds.pop("comparison") > 0
    assert stated.seconds == pytest.approx(sum(seconds.values()))


@pytest.mark.parametrize("free, kept", [(2.0, 0.75), (-2.0, None), (0.0, None)])
def test_of_a_score_below_0_nothing_is_said_to_be_kept(finished, free, kept):
    table = json.loads((finished / "certificate.json").read_text())
    comparison = Comparison.of(1.5, free, kmeans=free / 2)
    assert comparison.retention == kept
    names = {each.name for each in fields(Certificate)} - {"ink_shares"}
    stated = {name: value for name, value in table.items() if name in names}
    words = certificate_page(Certificate(**stated, ink_shares=(), comparison=comparison), "x")
    assert ("keeps" in words) == (kept is not None)
    assert f"| {free:.4g} |" in words
    assert (f"| {free / 2:.4g} |" in words) == (kept is None)


def test_an_empty_plot_is_said_loudly(tmp_path, capsys):
    size = ("--width", "32", "--height", "32", "--steps", "2")
    code, out, _ = says(capsys, "draw", *size, "--budget", "1s", "--out", tmp_path)
    assert code == 0
    (folder,) = tmp_path.iterdir()
    assert certificate(folder)["strokes"] == 0
    loud = "NOTHING TO PLOT: no stroke can be drawn in the time"
    assert loud in out
    assert loud in (folder / "certificate.md").read_text()


# Same recipe, same drawing


def test_comparing_does_not_change_the_drawing(finished, compared):
    for name in ("drawing.png", "soft.png", "progress.gif"):
        assert (finished / name).read_bytes() == (compared / name).read_bytes()


def test_the_recipe_in_the_folder_makes_the_same_drawing_again(finished, tmp_path, capsys):
    code, out, _ = says(capsys, "draw", finished / "recipe.toml", "--out", tmp_path / "again")
    assert code == 0
    (folder,) = (tmp_path / "again").iterdir()
    assert str(folder / "drawing.png") in out
    same_drawing(finished, folder)


def test_the_same_recipe_twice_gets_two_folders(tmp_path):
    folders = [Run.create(RECIPE, tmp_path).folder for _ in range(2)]
    assert folders[0] != folders[1]


def test_another_seed_makes_another_drawing(finished, tmp_path):
    folder = drawn(small(seed=1), tmp_path).folder
    assert (folder / "drawing.png").read_bytes() != (finished / "drawing.png").read_bytes()


# Stopping and going on


@pytest.mark.parametrize("done", [1, 3, 4, 11, 12])
def test_a_run_stopped_after_any_step_ends_in_the_same_drawing(finished, tmp_path, done):
    run = stopped(RECIPE, tmp_path, done)
    gone_on(run.folder, done).finish()
    same_drawing(finished, run.folder)
    assert events(run.folder) == events(finished)
    assert {path.name for path in run.folder.iterdir()} == FILES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(
    finished, tmp_path, capsys, monkeypatch, number
):
    note = Run._note

    def interrupting(self, stage, step):
        if self.session.done == 5:
            signal.raise_signal(number)
        return note(self, stage, step)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_note", interrupting)
        code, out, _ = says(capsys, "draw", finished / "recipe.toml", "--out", tmp_path)
    (folder,) = tmp_path.iterdir()
    assert code == 130
    assert f"inkdream resume {folder}" in out
    assert load_checkpoint(folder / "checkpoint.safetensors")
    run = Run.open(folder)
    assert run.session.done == 5
    # The drawing is of the very step at which it stopped, and says so to all who look.
    assert str(folder / "drawing.png") in out
    is_of_this_step(folder, run)
    state = json.loads((folder / "state.json").read_text())
    assert (state["state"], state["step"], state["steps"]) == ("stopped", 5, RECIPE.steps)
    assert not (folder / "certificate.json").exists()
    code, out, _ = says(capsys, "resume", folder)
    assert code == 0
    same_drawing(finished, folder)


@pytest.fixture
def python_interrupts():
    """Let Ctrl-C do what it does in a terminal; tests that a shell runs aside may be deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_the_files_are_written_keeps_the_run_too(
    finished, tmp_path, capsys, monkeypatch, python_interrupts
):
    def interrupting(*_, **__):
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(pictures, "animated_gif", interrupting)
        code, out, _ = says(capsys, "draw", finished / "recipe.toml", "--out", tmp_path)
    (folder,) = tmp_path.iterdir()
    assert code == 130
    assert f"inkdream resume {folder}" in out
    assert says(capsys, "resume", folder)[0] == 0
    same_drawing(finished, folder)


def test_a_real_ctrl_c_stops_a_real_process(tmp_path):
    words = ["draw", "--width", "32", "--height", "32", "--steps", "100000", "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from inkdream.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        begun = process.stdout.readline()
        assert "inks" in begun
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    (folder,) = tmp_path.iterdir()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert f"inkdream resume {folder}" in out
    assert load_checkpoint(folder / "checkpoint.safetensors")


def test_a_finished_run_is_left_alone(finished, capsys):
    before = contents(finished)
    code, out, _ = says(capsys, "resume", finished)
    assert code == 0
    assert "is finished" in out
    assert contents(finished) == before


@pytest.mark.parametrize("keep", [True, False])
def test_a_run_whose_pictures_are_gone_writes_them_again(finished, tmp_path, capsys, keep):
    run = climbed(Run.create(RECIPE, tmp_path))
    run.finish(keep_checkpoint=keep)
    for name in ("certificate.json", "drawing.png", "events.jsonl"):
        (run.folder / name).unlink()
    assert says(capsys, "resume", run.folder)[0] == 0
    same_drawing(finished, run.folder)
    assert {path.name for path in run.folder.iterdir()} == FILES


def test_a_checkpoint_is_kept_where_that_is_asked_for(finished, tmp_path, capsys):
    words = ("draw", finished / "recipe.toml", "--out", tmp_path, "--keep-checkpoint")
    assert says(capsys, *words)[0] == 0
    (folder,) = tmp_path.iterdir()
    left = {path.name for path in folder.iterdir()}
    assert left == FILES | {"checkpoint.safetensors", "checkpoint.json"}
    assert load_checkpoint(folder / "checkpoint.safetensors")["sketch"]
    assert "is finished" in says(capsys, "resume", folder)[1]


def is_of_this_step(folder: Path, run: Run) -> None:
    """Check that an unfinished run's picture is the strict drawing of the step it stands at."""
    with Image.open(folder / "drawing.png") as image:
        words = f"step {run.session.done} of {run.session.total_steps}"
        assert image.info["Comment"] == f"not finished: {words}"
    picture = run.session.so_far().inked().tidy()
    assert (pictures.read_rgb(folder / "drawing.png") == picture.rgb()).all()
    text = (folder / "certificate.md").read_text()
    assert "not finished" in text
    assert words in text


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"compare": True},
        {"tile": 16},
        {"inks": "#ffffff,?,?"},
        {"pens": "black,red,blue", "pick": 2},
        {"climb": {"study": 0.0}},
    ],
    ids=str,
)
def test_a_run_stopped_in_any_stage_has_a_drawing_in_its_inks(tmp_path, said):
    run = Run.create(small(**said), tmp_path)
    seen = set()
    for progress in run.steps():
        if progress.stage in seen:
            continue
        seen.add(progress.stage)
        chance = run.session.loop.generator.get_state().clone()
        run.stop()
        assert torch.equal(run.session.loop.generator.get_state(), chance)
        is_of_this_step(run.folder, run)
        read = pictures.read_rgb(run.folder / "drawing.png")
        assert read.shape == (RECIPE.height, RECIPE.width, 3)
        assert len(pictures.colours_in(read)) <= len(run.recipe.inks)
    assert seen == {stage.name for stage in run.session.stages}


@pytest.mark.parametrize(
    ("medium", "number"),
    [
        ("pixels", signal.SIGINT),
        ("pixels", signal.SIGKILL),
        ("strokes", signal.SIGTERM),
        ("strokes", signal.SIGKILL),
    ],
)
def test_what_a_stopped_run_leaves_is_plotted_and_begun_from(
    tmp_path, capsys, killer, medium, number
):
    recipe = small(medium=medium, steps=40, strokes={"count": 9})
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    place = tmp_path / "runs"
    words = ("draw", tmp_path / "recipe.toml", "--out", place)
    # The 30th file that is put into place is one of the fifth step's or so.
    assert killer(*words, calls=30, number=int(number)) == (
        KILLED if number == signal.SIGKILL else 130
    )
    (folder,) = place.iterdir()
    before = contents(folder)
    state = json.loads(before["state.json"])
    assert 0 < state["step"] < 40
    code, out, _ = says(capsys, "plot", folder, "--out", tmp_path / "plot.svg")
    assert code == 0
    assert f"not finished: this is its drawing of step {state['step']} of 40" in " ".join(
        out.split()
    )
    code, out, err = says(capsys, "plot", folder, "--report")
    # Areas have lines only once they are finished.
    expected = "drawing of step" if medium == "strokes" else "has no drawing.svg yet"
    assert expected in " ".join((out + err).split())
    begun = ("draw", "--from", folder, "--width", "32", "--height", "32", "--steps", "2")
    assert says(capsys, *begun, "--out", tmp_path / "begun")[0] == 0
    assert contents(folder) == before


def test_drawings_that_take_long_are_written_less_often_than_checkpoints(tmp_path, monkeypatch):
    run = Run.create(RECIPE, tmp_path)
    climb = run.steps()
    next(climb)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_pause", lambda seconds: 1000.0)
        run.save()
    drawing = (run.folder / "drawing.png").read_bytes()
    for _ in range(4):
        next(climb)
    run.save()
    state = json.loads((run.folder / "state.json").read_text())
    assert (state["step"], state["drawing_step"]) == (5, 1)
    assert (run.folder / "drawing.png").read_bytes() == drawing
    assert Run.open(run.folder).session.done == 5
    assert unfinished_words(run.folder) == "step 1 of 12"
    run.stop()
    is_of_this_step(run.folder, run)
    assert unfinished_words(run.folder) == "step 5 of 12"


def test_checkpoints_take_a_small_share_of_the_time():
    assert runs._pause(0.01) == runs.SECONDS_BETWEEN_CHECKPOINTS
    assert runs._pause(1.0) == pytest.approx(50)
    assert runs._pause(3600.0) == runs.MOST_SECONDS


def test_two_processes_do_not_draw_in_one_folder(halfway, capsys):
    with holding(halfway):
        line = refused(capsys, "resume", halfway)
        assert "another process is drawing there" in line
        assert standing(halfway).state == "running"
    assert standing(halfway).state == "stopped"
    assert says(capsys, "resume", halfway)[0] == 0


# Killed at any moment


@pytest.fixture(scope="module")
def uninterrupted(finished, tmp_path_factory, killer):
    return lived(killer, finished / "recipe.toml", tmp_path_factory.mktemp("uninterrupted"))


def whole(folder: Path) -> None:
    """Check that no file which is there is half there."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.suffix in (".png", ".gif"):
            pictures.read_rgb(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".safetensors":
            load_checkpoint(path)
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text())


# A run of 12 steps that saves after each puts into place: recipe (1), then six files a step
# (2 to 73), six at the end of the climb (74 to 79), and twelve of the outputs (80 to 91).
@pytest.mark.parametrize(
    ("calls", "after"),
    [
        *((calls, False) for calls in (2, 4, 7, 11, 50, 77, 80, 86, 89, 91)),
        *((calls, True) for calls in (3, 5, 19, 73, 79, 91)),
    ],
)
def test_a_run_killed_around_any_file_ends_in_the_same_drawing(
    uninterrupted, tmp_path, killer, calls, after
):
    words = ("draw", uninterrupted / "recipe.toml", "--out", tmp_path)
    assert killer(*words, calls=calls, after=after) == KILLED
    (folder,) = tmp_path.iterdir()
    whole(folder)
    assert killer("resume", folder) == 0
    same_drawing(uninterrupted, folder)


def test_a_run_killed_before_it_has_a_recipe_is_no_run_and_says_so(
    finished, tmp_path, killer, capsys
):
    words = ("draw", finished / "recipe.toml", "--out", tmp_path)
    assert killer(*words, calls=1) == KILLED
    (folder,) = tmp_path.iterdir()
    assert "no run's folder" in refused(capsys, "resume", folder)


def test_a_run_killed_over_and_over_at_chance_moments_ends_in_the_same_drawing(
    uninterrupted, tmp_path, killer
):
    dice = random.Random(0)
    killer("draw", uninterrupted / "recipe.toml", "--out", tmp_path, calls=2)
    (folder,) = tmp_path.iterdir()
    for _ in range(12):
        killer("resume", folder, seconds=dice.uniform(0.002, 0.12))
        whole(folder)
    assert killer("resume", folder) == 0
    same_drawing(uninterrupted, folder)


# What cannot be gone on with


@pytest.fixture
def halfway(tmp_path):
    """Return the folder of a run that was stopped after 6 steps."""
    return stopped(RECIPE, tmp_path / "halfway", 6).folder


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_cut_checkpoint_is_refused_and_nothing_is_changed(halfway, capsys, share):
    path = halfway / "checkpoint.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    before = contents(halfway)
    assert "checkpoint.safetensors" in refused(capsys, "resume", halfway)
    assert contents(halfway) == before


@pytest.mark.parametrize(
    "said",
    [
        {"inks": 5},
        {"width": 48},
        {"seed": 9},
        {"terms": [{"target": "loom/conv2_1/4"}]},
        {"steps": 40},
        {"compare": True},
        {"climb": {"study": 0.0}},
    ],
    ids=str,
)
def test_another_recipes_checkpoint_is_refused(halfway, tmp_path, capsys, said):
    other = Run.create(small(**said), tmp_path / "other").folder
    for name in ("checkpoint.safetensors", "checkpoint.json"):
        (other / name).write_bytes((halfway / name).read_bytes())
    before = contents(other)
    assert "does not fit" in refused(capsys, "resume", other)
    assert contents(other) == before


def test_an_earlier_versions_checkpoint_is_refused_with_what_can_be_done(halfway, capsys):
    path = halfway / "checkpoint.safetensors"
    raw = path.read_bytes()
    assert raw.count(b"inkdream-checkpoint-2") == 1
    path.write_bytes(raw.replace(b"inkdream-checkpoint-2", b"inkdream-checkpoint-1"))
    before = contents(halfway)
    line = refused(capsys, "resume", halfway)
    assert "earlier version of inkdream" in line
    assert f"inkdream draw {halfway / 'recipe.toml'}" in line
    assert contents(halfway) == before


@pytest.mark.parametrize("error", [InputError, RunError])
def test_a_step_that_cannot_be_taken_loses_none_before_it(tmp_path, monkeypatch, error):
    run = Run.create(small(), tmp_path)
    step = run.session.loop.step

    def fails():
        if run.session.loop.done == 2:
            raise error("a network that gives something else now")
        return step()

    monkeypatch.setattr(run.session.loop, "step", fails)
    with pytest.raises(error, match="something else"):
        climbed(run)
    assert Run.open(run.folder).session.done == 2


def test_a_checkpoint_with_values_that_are_no_numbers_is_refused(halfway, capsys):
    path = halfway / "checkpoint.safetensors"
    state = load_checkpoint(path)
    state["sketch"]["ascent"]["drawing"]["spectrum.waves"][0, 0, 0] = float("nan")
    save_checkpoint(path, state)
    assert "no numbers" in refused(capsys, "resume", halfway)


@pytest.mark.parametrize("key", ["recipe", "weights", "sketch", "events", "frames", "seconds"])
def test_a_checkpoint_that_lacks_something_is_refused(halfway, key):
    path = halfway / "checkpoint.safetensors"
    state = load_checkpoint(path)
    for value in ({}, 3, None):
        broken = {k: v for k, v in state.items() if k != key}
        save_checkpoint(path, broken if value is None else {**broken, key: value})
        if key in ("events", "frames", "seconds") and value == {}:
            continue  # as good as none
        with pytest.raises(InputError, match="does not fit"):
            Run.open(halfway)


def test_a_damaged_recipe_is_refused(halfway, capsys):
    (halfway / "recipe.toml").write_text("steps = [")
    assert "recipe.toml" in refused(capsys, "resume", halfway)


# A full disk


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_up_ends_in_one_line_and_the_last_checkpoint_stays(
    finished, tmp_path, capsys, monkeypatch
):
    fsync, left = os.fsync, [30]

    def filling(descriptor):
        left[0] -= 1
        if left[0] < 0:
            full()
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", filling)
        patch.setattr(runs, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
        words = ("draw", finished / "recipe.toml", "--out", tmp_path)
        assert "No space left on device" in refused(capsys, *words)
    (folder,) = tmp_path.iterdir()
    assert not list(folder.glob(".*"))
    assert "No space left on device" in (folder / "failure.txt").read_text()
    assert "No space left" in json.loads(says(capsys, "list", tmp_path, "--json")[1])[0]["why"]
    assert Run.open(folder).session.done > 3
    assert says(capsys, "resume", folder)[0] == 0
    assert not (folder / "failure.txt").exists()
    same_drawing(finished, folder)


def test_a_disk_that_is_full_when_the_pictures_come_ends_in_one_line(
    finished, tmp_path, capsys, monkeypatch
):
    replace = Path.replace

    def filling(path, target):
        return full() if Path(target).name == "soft.png" else replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", filling)
        words = ("draw", finished / "recipe.toml", "--out", tmp_path)
        assert "soft.png: cannot be written" in refused(capsys, *words)
    (folder,) = tmp_path.iterdir()
    assert not (folder / "certificate.json").exists()
    assert not list(folder.glob(".*"))
    assert says(capsys, "resume", folder)[0] == 0
    same_drawing(finished, folder)


@pytest.mark.parametrize("name", ["try_writing", "write_whole"])
def test_a_disk_that_is_full_from_the_start_leaves_no_folder(tmp_path, capsys, monkeypatch, name):
    def writing(*_):
        if name == "try_writing":
            full()
        raise RunError("recipe.toml: cannot be written (No space left on device)")

    place = "inkdream.storage" if name == "try_writing" else "inkdream.run.run"
    monkeypatch.setattr(f"{place}.{name}", writing)
    words = ("draw", "--width", "32", "--height", "32", "--steps", "2", "--out", tmp_path)
    assert "No space left" in refused(capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_score_that_is_no_number_ends_in_one_line(finished, tmp_path, capsys, monkeypatch):
    def broken(self, seen):
        return seen.views.mean() * float("nan")

    monkeypatch.setattr("inkdream.objectives.channels.Channel.score", broken)
    words = ("draw", finished / "recipe.toml", "--out", tmp_path)
    line = refused(capsys, *words)
    assert "step 0: loom/conv2_1/3 is no longer a number" in line


def test_a_run_is_not_gone_on_with_through_other_weights(halfway, capsys):
    path = halfway / "checkpoint.safetensors"
    state = load_checkpoint(path)
    save_checkpoint(path, {**state, "weights": {"loom": "random"}})
    assert "other weights of loom" in refused(capsys, "resume", halfway)
