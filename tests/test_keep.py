"""Runs that keep what an earlier one drew: to the last bit, in their files, after a kill."""

import json
import re
import shutil

import numpy as np
import pytest

from inkdream import colour, pictures
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from inkdream.recipe import assemble, validate
from inkdream.run import Run, begin
from inkdream.storage import write_whole
from inkdream.svg.read import read_svg
from tests.killing import KILLED
from tests.running import certificate, climbed, drawn, refused, says
from tests.test_run_strokes import SAME, lines, score
from tests.toys import small


def mask(path, part=np.s_[:, 25:]):
    """A grey picture, light in one part."""
    grey = np.zeros((70, 50, 3), np.uint8)
    grey[part] = 255
    write_whole(path, pictures.rgb_png(grey))
    return path


def plot_in(folder):
    return read_svg(folder / "drawing.svg").as_plot()


def bits(plot):
    """Every stroke's pen and points, to the last bit, in plotting order."""
    return [
        (layer.pen.name, stroke.curved, stroke.points.tobytes())
        for layer in plot.layers
        for stroke in layer.strokes
    ]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The folder of a run in whose page there is room left."""
    return drawn(lines(strokes={"count": 8}), tmp_path_factory.mktemp("earlier")).folder


def keeping(earlier, steps=12, **keep):
    said = {name: keep.pop(name) for name in ("plot", "pens") if name in keep}
    return lines(strokes={"count": 8}, steps=steps, keep={"from": str(earlier), **keep}, **said)


@pytest.fixture(scope="module")
def longer(earlier, tmp_path_factory):
    """A run of 200 steps that keeps all of the earlier one; with the score that it began from."""
    return drawn(keeping(earlier, steps=200), tmp_path_factory.mktemp("longer"))


def test_what_stays_is_the_same_to_the_last_bit_after_200_further_steps(earlier, longer):
    old, new = bits(plot_in(earlier)), bits(plot_in(longer.folder))
    assert len(new) > len(old) > 3
    names = [name for name, _, _ in new]
    for name in {name for name, _, _ in old}:
        its = [each for each in old if each[0] == name]
        assert [each for each in new if each[0] == name][: len(its)] == its, names


def test_the_score_rises_from_where_it_began(earlier, longer):
    began = score(earlier)
    stated = certificate(longer.folder)
    assert stated["score_strict"] == score(longer.folder)
    assert stated["score_strict"] > began
    assert stated["rendering_difference"] < 0.01


def test_the_certificate_says_how_much_was_kept(earlier, longer):
    stated, whole = certificate(longer.folder), plot_in(earlier)
    assert stated["kept_strokes"] == whole.strokes
    metres = sum(stroke.length() for layer in whole.layers for stroke in layer.strokes) / 1000
    assert stated["kept_metres"] == pytest.approx(metres)
    assert stated["plotted_strokes"] == 0
    page = (longer.folder / "certificate.md").read_text()
    assert f"| strokes kept | {whole.strokes}, {metres:.2f} m of ink |" in page
    assert "on paper already" not in page
    assert "kept_strokes" not in certificate(earlier)


def test_the_folder_holds_all_that_is_needed_to_draw_it_again(earlier, longer, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(longer.folder, copy)
    text = (copy / "recipe.toml").read_text()
    assert str(earlier) not in text
    (copy / "certificate.json").unlink()
    again = Run.open(copy)
    first = json.loads((longer.folder / "certificate.json").read_text())
    assert again.recipe.keep.source == "inputs/1"
    assert first["kept_strokes"] == again.session.so_far().kept.plots.stays.strokes
    assert bits(again.session.so_far().kept.plots.stays) == bits(plot_in(earlier))


def test_what_the_drawing_carries_is_its_own_recipe_not_the_earlier_ones(earlier, tmp_path):
    usual = {"pens": "black,red,blue,green", "page": {"size": "100x140mm"}}
    table = {**keeping(earlier, steps=2).model_dump(exclude={"inks"}), **usual}
    folder = drawn(validate(table), tmp_path / "runs").folder
    told, whole = (assemble(folder / name, {}, []) for name in ("drawing.png", "recipe.toml"))
    assert [pen.name for pen in told.pens] == ["black", "red", "blue", "green"]
    assert told.model_dump(exclude={"outputs"}) == whole.model_dump(exclude={"outputs"})


def test_what_is_plotted_is_seen_and_scored_but_not_in_the_file(earlier, tmp_path):
    first = plot_in(earlier).layers[0]
    run = drawn(keeping(earlier, plotted=first.pen.name), tmp_path)
    stated, new = certificate(run.folder), plot_in(run.folder)
    assert stated["plotted_strokes"] == stated["kept_strokes"] == len(first.strokes)
    assert not set(bits(new)) & set(bits(plot_in(earlier)))
    assert stated["strokes"] == new.strokes
    assert stated["plot_seconds"] == pytest.approx(sum(pen["seconds"] for pen in stated["pens"]))
    # The file alone scores another thing than what lies on the paper in the end.
    assert stated["score_strict"] != pytest.approx(score(run.folder))
    assert stated["rendering_difference"] < 0.01
    whole = run.session.result.picture_of(new)
    assert whole.strokes == new.strokes + len(first.strokes)
    preview = pictures.read_rgb(run.folder / "preview.png")
    red, green, blue = colour.parse(first.pen.colour)
    assert (np.abs(preview.astype(int) - [red, green, blue]).max(2) < 8).any()
    page = (run.folder / "certificate.md").read_text()
    assert re.search(r"\| on paper already \| \d+, ", page)
    done = make_files(run.folder, PlotFlags())
    assert done.plot.strokes == new.strokes
    assert any("plotted.svg" in note for note in done.notes)


def test_a_plot_that_stops_again_keeps_what_was_on_paper_before(earlier, tmp_path):
    first = plot_in(earlier).layers[0]
    second = drawn(keeping(earlier, plotted=first.pen.name), tmp_path / "second").folder
    assert bits(read_svg(second / "plotted.svg").as_plot()) == [
        each for each in bits(plot_in(earlier)) if each[0] == first.pen.name
    ]
    then = plot_in(second).layers[0]
    third = drawn(keeping(second, plotted="1", steps=4), tmp_path / "third").folder
    stated = certificate(third)
    assert stated["plotted_strokes"] == len(first.strokes) + len(then.strokes)
    lies = set(bits(read_svg(third / "plotted.svg").as_plot()))
    assert lies == {each for each in bits(plot_in(earlier)) if each[0] == first.pen.name} | {
        each for each in bits(plot_in(second)) if each[0] == then.pen.name
    }
    assert not lies & set(bits(plot_in(third)))
    # The run has its own copy of all of it.
    shutil.rmtree(second)
    assert bits(Run.open(third).session.so_far().kept.plots.plotted)


def test_a_run_with_nothing_on_paper_leaves_no_such_file(longer):
    assert not (longer.folder / "plotted.svg").exists()


def test_the_budget_holds_for_what_is_new(earlier, tmp_path):
    whole = certificate(earlier)["plot_seconds"]
    first = plot_in(earlier).layers[0].pen.name
    free = certificate(drawn(keeping(earlier, plotted=first), tmp_path / "free").folder)
    most = free["plot_seconds"] * 0.6
    said = {"machine": "axidraw-v3", "budget": most}
    kept = certificate(drawn(keeping(earlier, plotted=first, plot=said), tmp_path / "kept").folder)
    assert 0 < kept["plot_seconds"] <= most < whole + free["plot_seconds"]
    assert kept["plotted_strokes"] == free["plotted_strokes"]


def test_a_run_that_is_not_finished_is_kept_as_far_as_it_has_come(tmp_path):
    run = climbed(Run.create(lines(), tmp_path / "begun"), 6)
    run.stop()
    plot = plot_in(run.folder)
    assert plot.strokes
    new = drawn(keeping(run.folder, steps=4), tmp_path / "new")
    assert certificate(new.folder)["kept_strokes"] == plot.strokes


def test_an_area_runs_lines_are_kept_as_they_are(tmp_path):
    said = {"page": {"size": "100x140mm", "margin": 8}, "steps": 4, "inks": 2}
    areas = drawn(small(**said), tmp_path / "areas").folder
    new = drawn(keeping(areas, steps=4), tmp_path / "new").folder
    old = bits(plot_in(areas))
    assert old
    assert {each[1:] for each in old} <= {each[1:] for each in bits(plot_in(new))}


def test_a_series_around_an_area_runs_lines_is_gone_on_with(tmp_path):
    said = {"page": {"size": "100x140mm", "margin": 8}, "steps": 4, "inks": 2}
    areas = drawn(small(**said), tmp_path / "areas").folder
    recipe = lines(strokes={"count": 6}, steps=2, variations=2, keep={"from": str(areas)})
    first = climbed(begin(recipe, tmp_path / "series"))
    first.finish()
    assert begin(recipe, tmp_path / "series").folder == first.folder


# A run of 12 steps: inputs (1 to 3) and recipe, then three files a step.
@pytest.mark.parametrize(("calls", "after"), [(20, False), (45, True)])
def test_a_run_killed_around_any_file_ends_in_the_same_file(
    earlier, tmp_path, killer, calls, after
):
    words = ("--keep", earlier, "--keep-where", mask(tmp_path / "m.png"), "--plotted", 1)
    command = ("draw", earlier / "recipe.toml", *words, "--out")
    assert killer(*command, tmp_path / "whole") == 0
    assert killer(*command, tmp_path / "killed", calls=calls, after=after) == KILLED
    (whole,), (folder,) = ((tmp_path / name).iterdir() for name in ("whole", "killed"))
    assert killer("resume", folder) == 0
    for name in SAME:
        assert (whole / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_command_line_says_it_as_a_recipe_does(earlier, tmp_path, capsys):
    (tmp_path / "elsewhere").mkdir()
    picture = mask(tmp_path / "m.png")
    words = ("draw", earlier / "recipe.toml", "--steps", 3, "--out", tmp_path / "runs")
    code, out, err = says(capsys, *words, "--keep", earlier, "--keep-where", picture)
    assert code == 0, err
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "inputs" / "2" / "m.png").read_bytes() == picture.read_bytes()
    stated = certificate(folder)
    assert 0 < stated["kept_strokes"] <= plot_in(earlier).strokes
    assert f"kept as they were: {stated['kept_strokes']} stroke" in out + err


def test_pens_paper_page_and_medium_are_those_at_hand(tmp_path):
    paper = {"paper": "#f4efe6", "page": {"size": "120x90mm", "margin": 9}}
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "recipe.toml").write_text(lines(**paper).to_toml())
    found = assemble(None, {"keep": {"from": str(folder)}}, [])
    assert (found.medium, found.paper) == ("strokes", "#f4efe6")
    assert [pen.name for pen in found.pens] == [pen.name for pen in lines().pens]
    assert (found.page.width, found.page.margin) == (120, 9)
    other = assemble(None, {"keep": {"from": str(folder)}, "pens": "blue", "paper": "white"}, [])
    assert ([pen.name for pen in other.pens], other.paper) == (["blue"], "#ffffff")
    drawing = assemble(None, {"keep": {"from": str(tmp_path / "x.svg")}}, [])
    assert drawing.medium == "strokes"
    learned = lines(pens="black,?:1")
    (folder / "recipe.toml").write_text(learned.to_toml())
    usual = assemble(None, {"keep": {"from": str(folder)}}, [])
    assert "?" not in [pen.colour for pen in usual.pens]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--keep", "nowhere"), "nowhere"),
        (("--plotted", "12min"), "of what? from names a run's folder or an SVG"),
        (("--keep", "EARLIER", "--plotted", "9h"), "the plot takes only"),
        (("--keep", "EARLIER", "--plotted", "balck"), "Did you mean 'black'"),
        (("--keep", "EARLIER", "--symmetry", "mirror"), "keep.from and symmetry"),
        (("--keep", "EARLIER", "--page", "a4"), "--page 100x140mm"),
        (("--set", "keep.fron=x"), "Did you mean 'keep.from'"),
    ],
)
def test_mistakes_end_in_one_line_and_leave_nothing(earlier, tmp_path, capsys, words, what):
    words = [earlier if word == "EARLIER" else word for word in words]
    place = tmp_path / "runs"
    assert what in refused(capsys, "draw", earlier / "recipe.toml", *words, "--out", place)
    assert not place.exists() or not [*place.iterdir()]
