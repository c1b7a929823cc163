"""Runs of strokes: the plotter's file, what is measured on it, and that nothing is lost."""

import io
import json
import re

import numpy as np
import pytest
import svgelements
import torch
from PIL import Image

from inkdream import colour, pictures
from inkdream.errors import RunError
from inkdream.objectives import scoring
from inkdream.optimize.scores import measure
from inkdream.pens import PenSet
from inkdream.run import Run
from inkdream.run.checkpoint import load_checkpoint, save_checkpoint
from inkdream.run.plot_files import render_file, write_plot
from inkdream.svg.read import read_svg
from tests import test_run
from tests.conftest import SMALL
from tests.killing import KILLED, lived
from tests.plot.plots import nice
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
from tests.test_run import whole
from tests.toys import small

FILES = test_run.FILES | {"drawing.svg", "preview.png", "preview.gif", "sheet.html"}
SAME = (*test_run.SAME, "drawing.svg", "preview.png", "preview.gif", "sheet.html")
PLOTTED = {
    "machine",
    "plot_seconds",
    "strokes",
    "lifts",
    "pen_changes",
    "ink_metres",
    "travel_metres",
    "pens",
    "rendering_difference",
}
PX = 25.4 / 96
PAGE = {"size": "100x140mm", "scale": 0.3, "margin": 8}
PENS = "black:1,#c8102e:1.4,#e0a000:2:opaque"


def lines(pens=PENS, strokes=None, **said):
    """Return a recipe of 15 strokes and 12 steps that ends with ink on paper."""
    table = {
        "medium": "strokes",
        "pens": pens,
        "page": PAGE,
        "strokes": {"count": 15, "length": 40.0, **(strokes or {})},
        "terms": [{"target": "loom/conv2_1/15"}],
    }
    return small(**{**table, **said})


RECIPE = lines()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a run that nothing interrupted."""
    return drawn(RECIPE, tmp_path_factory.mktemp("strokes")).folder


@pytest.fixture(scope="module")
def svg(finished):
    return (finished / "drawing.svg").read_bytes()


def score(folder, recipe=RECIPE) -> float:
    """Return what drawing.svg scores as resvg draws it, by the whole objective."""
    known = scoring.networks(recipe)
    goal = scoring.objective(recipe, known)
    rendered = torch.from_numpy(render_file(folder, recipe.page, recipe.paper))
    return goal.total(measure(known, goal, rendered))


# What stands in the folder


def test_all_files_are_there_and_no_others(finished):
    assert {path.name for path in finished.iterdir()} == FILES
    whole(finished)


def test_a_run_stops_for_refills_and_its_certificate_counts_them_by_pen(tmp_path):
    recipe = RECIPE.model_copy(update={"plot": RECIPE.plot.model_copy(update={"refill": 0.2})})
    plot = nice(page="a6", margin=10)
    facts = write_plot(tmp_path, plot, recipe)
    read = read_svg(tmp_path / "drawing.svg").as_plot()
    assert read.refills == sum(pen.refills for pen in facts.pens) > 2
    assert [pen.pen for pen in facts.pens] == [layer.pen.name for layer in plot.layers]
    assert facts.pen_changes == len(plot.layers) - 1
    assert facts.plot_seconds == pytest.approx(sum(pen.seconds for pen in facts.pens))
    assert "(refilled)" in (tmp_path / "sheet.html").read_text()


def test_the_score_is_that_of_the_file_on_disk(finished):
    stated = certificate(finished)
    assert stated["score_strict"] == score(finished)
    assert stated["gap"] == pytest.approx(1 - stated["score_strict"] / stated["score_soft"])
    assert stated["scores"] == {"loom/conv2_1/15": pytest.approx(stated["score_strict"])}


def test_the_score_is_of_the_file_not_of_what_should_be_in_it(tmp_path, monkeypatch):
    """A file that is not what was to be written, were that not found out, is still measured."""
    from inkdream.run import plot_files

    honest = plot_files.to_svg

    def spoilt(*words):
        return honest(*words).replace("#c8102e", "#c8102f")

    monkeypatch.setattr(plot_files, "to_svg", spoilt)
    monkeypatch.setattr(plot_files, "compare_plots", lambda plot, read: [])
    folder = drawn(RECIPE, tmp_path).folder
    stated = certificate(folder)
    assert "#c8102f" in stated["inks"]
    assert stated["score_strict"] == score(folder)


def test_a_file_that_is_not_what_was_to_be_written_is_refused(tmp_path, monkeypatch):
    from inkdream.run import plot_files

    honest = plot_files.to_svg
    monkeypatch.setattr(
        plot_files, "to_svg", lambda *words: honest(*words).replace("#c8102e", "#c8102f")
    )
    run = climbed(Run.create(RECIPE, tmp_path))
    with pytest.raises(RunError, match=r"drawing\.svg: is not what was to be written: layer 1 is"):
        run.finish()
    assert not (run.folder / "certificate.json").exists()


def test_the_certificate_says_what_the_file_asks_of_a_plotter(finished):
    stated = certificate(finished)
    assert set(stated) >= test_run.MEASURED | PLOTTED
    assert not set(stated) & (test_run.COMPARED | {"plot", "comparison"})
    assert stated["medium"] == "strokes"
    assert stated["specks"] is None
    read = read_svg(finished / "drawing.svg").as_plot()
    assert stated["strokes"] == stated["lifts"] == read.strokes > 5
    assert stated["pen_changes"] == len(read.layers) - 1 == 2
    assert stated["inks"] == [layer.pen.colour for layer in read.layers]
    assert stated["colours_in_file"] == 3
    for said, layer in zip(stated["pens"], read.layers, strict=True):
        assert (said["pen"], said["colour"]) == (layer.pen.name, layer.pen.colour)
        assert said["width_mm"] == pytest.approx(layer.pen.width, abs=1e-3)
        assert said["strokes"] == len(layer.strokes)
        inked = sum(stroke.length() for stroke in layer.strokes) / 1000
        assert said["ink_metres"] == pytest.approx(inked, rel=1e-3)
        assert said["seconds"] > inked
    for name in ("strokes", "ink_metres", "travel_metres"):
        assert stated[name] == pytest.approx(sum(pen[name] for pen in stated["pens"]))
    assert stated["plot_seconds"] == pytest.approx(sum(pen["seconds"] for pen in stated["pens"]))
    assert stated["travel_metres"] > 0.1
    assert stated["rendering_difference"] < 0.01
    assert sum(share["share"] for share in stated["ink_shares"]) == pytest.approx(1)
    names = [share["name"] for share in stated["ink_shares"]]
    assert names == [pen.name for pen in read_pens(read)]
    assert all(share["fixed"] for share in stated["ink_shares"])


def test_ink_and_travel_are_those_of_the_lines_in_the_file(finished):
    read = read_svg(finished / "drawing.svg").as_plot()
    strokes = [stroke for layer in read.layers for stroke in layer.strokes]
    # From the top right corner of an upright page, and back there.
    home = (read.page.width, 0.0)
    heads = np.array([*(stroke.points[0] for stroke in strokes), home])
    tails = np.array([home, *(stroke.points[-1] for stroke in strokes)])
    stated = certificate(finished)
    assert stated["travel_metres"] == pytest.approx(np.hypot(*(heads - tails).T).sum() / 1000)
    assert stated["ink_metres"] == pytest.approx(sum(each.length() for each in strokes) / 1000)


def read_pens(plot):
    return [layer.pen for layer in plot.layers]


def test_the_readable_certificate_says_what_the_other_does(finished):
    stated, text = certificate(finished), (finished / "certificate.md").read_text()
    assert f"{stated['score_strict']:.4g}" in text
    assert "![drawing](preview.png)" in text
    assert f"| strokes | {stated['strokes']} |" in text
    assert f"| pen changes | {stated['pen_changes']} |" in text
    for pen in stated["pens"]:
        row = f"| {pen['pen']} | {pen['width_mm']:g} mm | {pen['strokes']} |"
        assert row in text


def test_a_pen_has_one_number_everywhere(finished):
    drawing = [pen["pen"] for pen in certificate(finished)["pens"] if pen["strokes"]]
    labels = re.findall(r'inkscape:label="([^"]*)"', (finished / "drawing.svg").read_text())
    page = (finished / "certificate.md").read_text()
    sheet = (finished / "sheet.html").read_text()
    slots = re.findall(r'<td class="slot">(\d+)</td><td>.*?&nbsp;(.*?)</td>', sheet)
    for number, name in enumerate(drawing, 1):
        assert labels[number - 1].startswith(f"{number} ")
        assert name in labels[number - 1]
        assert page.count(f"| {number} | {name} |") == 1
        assert re.search(rf"\| {number} \| `#[0-9a-f]*` \| {re.escape(name)} \|", page)
        assert slots[number - 1] == (str(number), name)


def test_svgelements_finds_the_pens_strokes_and_lengths_of_the_certificate(finished):
    text = (finished / "drawing.svg").read_text()
    shapes = [
        element
        for element in svgelements.SVG.parse(io.StringIO(text), ppi=96).elements()
        if isinstance(element, svgelements.Shape)
    ]
    for said in certificate(finished)["pens"]:
        mine = [shape for shape in shapes if shape.stroke.hex == said["colour"]]
        assert len(mine) == said["strokes"]
        inked = sum(svgelements.Path(shape).length(error=1e-4) for shape in mine) * PX / 1000
        assert inked == pytest.approx(said["ink_metres"], rel=1e-3)
        widths = {round(float(shape.stroke_width) * PX, 3) for shape in mine}
        assert widths == {said["width_mm"]}


def test_pens_come_in_plotting_order_and_nothing_leaves_the_margin(finished):
    read = read_svg(finished / "drawing.svg").as_plot()
    order = [pen.name for pen in PenSet.of(RECIPE.pens)]
    assert [pen.name for pen in read_pens(read)] == [
        name for name in order if name in {pen.name for pen in read_pens(read)}
    ]
    left, top, right, bottom = RECIPE.page.inside
    for layer in read.layers:
        half = layer.pen.width / 2 - 1e-3
        points = np.concatenate([stroke.polyline() for stroke in layer.strokes])
        assert (points >= np.array([left, top]) + half).all()
        assert (points <= np.array([right, bottom]) - half).all()


def test_the_strict_picture_the_preview_and_the_file_are_one(finished):
    strict = pictures.read_rgb(finished / "drawing.png")
    assert strict.shape == (*RECIPE.page.pixels, 3)
    light = colour.from_bytes(strict).transpose(2, 0, 1)
    assert np.abs(light - render_file(finished, RECIPE.page, RECIPE.paper)).mean() < 0.01
    with Image.open(finished / "preview.png") as image:
        assert max(image.size) == SMALL["PREVIEW_SIDE"]
        large = colour.from_bytes(np.asarray(image.convert("RGB"))).transpose(2, 0, 1)
    shown = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(large), light.shape[1:])
    assert np.abs(shown.numpy() - light).mean() < 0.01
    assert np.abs(light - 1).mean() > 0.03


def test_previews_are_large_for_whoever_is_no_test(tmp_path, large_previews, monkeypatch):
    monkeypatch.setattr("inkdream.run.plot_files.GIF_FRAMES", 2)
    folder = drawn(lines(steps=2, strokes={"count": 2}), tmp_path).folder
    for name, side in (("preview.png", 1600), ("preview.gif", 480)):
        with Image.open(folder / name) as image:
            assert max(image.size) == side


def test_palettes_hold_the_pens(finished):
    stated = certificate(finished)
    assert (finished / "palette.hex").read_text().split() == stated["inks"]
    assert len((finished / "palette.gpl").read_text().split("#\n")[1].splitlines()) == 3


def test_the_file_says_where_it_is_from_and_nothing_that_changes(finished, svg):
    text = svg.decode()
    assert "<dc:title>loom/conv2_1/15</dc:title>" in text
    assert "seed: 0" in text
    assert "pen 1: #c8102e, 1.4 mm" in text
    assert str(finished.name) not in text
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text)


def test_events_and_frames_tell_how_it_went(finished):
    told = events(finished)
    assert [event["stage"] for event in told] == ["inks"] * 12
    assert told[-1]["softness"] == 0
    assert told[0]["softness"] == 1
    assert {"ink", "jerk", "short", "straying"} <= set(told[0]["penalties"])
    with Image.open(finished / "progress.gif") as gif:
        assert gif.n_frames > 3


# Same recipe, same file


def test_the_recipe_in_the_folder_makes_the_same_file_again(finished, tmp_path, capsys):
    code, out, _ = says(capsys, "draw", finished / "recipe.toml", "--out", tmp_path)
    assert code == 0
    (folder,) = tmp_path.iterdir()
    assert str(folder / "drawing.svg") in out
    assert "15 strokes, 3 pens, 100 x 140 mm" in out
    assert re.search(r"\d+ strokes, 0\.\d m of ink, 2 pen changes: \d+ s on axidraw-v3", out)
    for name in SAME:
        assert (finished / name).read_bytes() == (folder / name).read_bytes(), name
    apart = [certificate(each) for each in (finished, folder)]
    for stated in apart:
        stated.pop("seconds")
    assert apart[0] == apart[1]


def test_another_seed_makes_another_file(svg, tmp_path):
    folder = drawn(lines(seed=1), tmp_path).folder
    assert (folder / "drawing.svg").read_bytes() != svg


@pytest.mark.parametrize("start", ["grid", "study"])
def test_other_starts_make_other_files_twice_the_same(svg, tmp_path, start):
    recipe = lines(strokes={"start": start})
    first, second = (drawn(recipe, tmp_path).folder for _ in range(2))
    made = (first / "drawing.svg").read_bytes()
    assert made == (second / "drawing.svg").read_bytes()
    assert made != svg
    stages = [event["stage"] for event in events(first)]
    assert ("study" in stages) == (start == "study")


# Comparing, learned pens, nothing left


def test_comparing_says_how_much_of_free_colours_the_pens_keep(svg, tmp_path):
    folder = drawn(lines(compare=True), tmp_path).folder
    stated = certificate(folder)
    assert {path.name for path in folder.iterdir()} == FILES | {"unconstrained.png"}
    assert stated["score_unconstrained"] == test_run.score(folder / "unconstrained.png", RECIPE)
    kept = stated["score_strict"] / stated["score_unconstrained"]
    assert stated["retention"] == pytest.approx(kept)
    assert stated["score_kmeans"] is None
    assert f"{kept:.1%}" in (folder / "certificate.md").read_text()
    assert (folder / "drawing.svg").read_bytes() == svg


def test_learned_pens_are_in_the_file_as_they_came_out(tmp_path):
    run = drawn(lines("?:1,?:1.4,black:1", strokes={"count": 25}), tmp_path)
    stated = certificate(run.folder)
    layers = read_svg(run.folder / "drawing.svg").as_plot().layers
    assert len(layers) == 3
    assert stated["inks"] == [layer.pen.colour for layer in layers]
    fixed = {share["colour"]: share["fixed"] for share in stated["ink_shares"]}
    assert fixed.pop("#000000")
    assert [*fixed.values()] == [False, False]
    learned = {colour.to_hex(ink) for ink in colour.to_bytes(run.session.result.palette.colours())}
    assert set(stated["inks"]) == learned
    assert "learned" in (run.folder / "certificate.md").read_text()


@pytest.mark.parametrize("paper", ["#ffffff", "#304050"])
def test_a_run_of_which_no_ink_is_left_still_ends(tmp_path, paper):
    """Ink costs more than any score: all strokes go, and the paper stays bare."""
    recipe = lines(strokes={"ink": 1e6, "pen_rate": 10}, paper=paper)
    folder = drawn(recipe, tmp_path).folder
    stated = certificate(folder)
    assert {path.name for path in folder.iterdir()} == FILES
    assert (stated["strokes"], stated["pen_changes"], stated["inks"]) == (0, 0, [])
    assert stated["plot_seconds"] == stated["ink_metres"] == 0
    assert stated["score_strict"] == score(folder, recipe)
    read = pictures.read_rgb(folder / "drawing.png")
    assert {colour.to_hex(ink) for ink in pictures.colours_in(read)} == {paper}


# Stopping and going on


GROWING = lines("black:1,?:1.4", {"grow": 0.4, "reseed": 4, "start": "study", "count": 25})


@pytest.fixture(scope="module")
def growing(tmp_path_factory):
    """Return the folder of a run in which strokes were added and started anew."""
    return drawn(GROWING, tmp_path_factory.mktemp("growing")).folder


@pytest.mark.parametrize("done", [2, 3, 5, 8, 12])
def test_a_run_of_growing_strokes_stopped_after_any_step_ends_in_the_same_file(
    growing, tmp_path, done
):
    run = stopped(GROWING, tmp_path, done)
    gone_on(run.folder, done).finish()
    for name in SAME:
        assert (growing / name).read_bytes() == (run.folder / name).read_bytes(), name
    assert events(run.folder) == events(growing)


@pytest.fixture(scope="module")
def uninterrupted(growing, tmp_path_factory, killer):
    place = tmp_path_factory.mktemp("uninterrupted")
    return lived(killer, growing / "recipe.toml", place)


# A run of 12 steps that saves after each puts into place: recipe (1), then three files a step
# (2 to 37), three at the end (38 to 40), and then the outputs, drawing.svg the second of them.
@pytest.mark.parametrize(("calls", "after"), [(17, False), (42, False), (43, True)])
def test_a_run_killed_around_any_file_ends_in_the_same_file(
    uninterrupted, tmp_path, killer, calls, after
):
    words = ("draw", uninterrupted / "recipe.toml", "--out", tmp_path)
    assert killer(*words, calls=calls, after=after) == KILLED
    (folder,) = tmp_path.iterdir()
    whole(folder)
    assert (folder / "drawing.svg").exists()  # of the step it had come to, or the last
    assert killer("resume", folder) == 0
    for name in SAME:
        assert (uninterrupted / name).read_bytes() == (folder / name).read_bytes(), name
    assert {path.name for path in folder.iterdir()} == FILES


# What cannot be gone on with


@pytest.fixture
def halfway(tmp_path):
    """Return the folder of a run that was stopped after 6 steps."""
    return stopped(RECIPE, tmp_path / "halfway", 6).folder


@pytest.mark.parametrize("name", ["curves.points", "wants", "palette.free", "asked"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_checkpoint_with_geometry_that_is_no_numbers_is_refused(halfway, capsys, name, value):
    path = halfway / "checkpoint.safetensors"
    state = load_checkpoint(path)
    state["sketch"]["ascent"]["drawing"][name].view(-1)[-1] = value
    save_checkpoint(path, state)
    before = contents(halfway)
    assert "no numbers" in refused(capsys, "resume", halfway)
    assert contents(halfway) == before


@pytest.mark.parametrize(
    "said",
    [
        {"strokes": {"count": 16}},
        {"strokes": {"spans": 7}},
        {"strokes": {"ink": 0.5}},
        {"pens": "black:1,#c8102e:1.4"},
        {"pens": "black:1,#c8102e:1.5,#e0a000:2:opaque"},
        {"page": {**PAGE, "margin": 9}},
        {"paper": "#fffff0"},
        {"medium": "pixels"},
    ],
    ids=str,
)
def test_another_recipes_checkpoint_is_refused(halfway, tmp_path, capsys, said):
    other = Run.create(lines(**said), tmp_path / "other").folder
    for name in ("checkpoint.safetensors", "checkpoint.json"):
        (other / name).write_bytes((halfway / name).read_bytes())
    before = contents(other)
    assert "does not fit" in refused(capsys, "resume", other)
    assert contents(other) == before


def test_the_checkpoint_for_people_names_what_is_in_it(halfway):
    outline = json.loads((halfway / "checkpoint.json").read_text())
    assert outline["tensors"]["sketch.ascent.drawing.curves.points"][1:] == [15, 8, 2]
