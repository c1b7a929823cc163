"""One version everywhere, and what earlier versions wrote is still read."""

import re
import tomllib
from pathlib import Path

import inkdream
from inkdream.pens.own import read_pens
from inkdream.recipe import validate

ROOT = Path(__file__).parents[1]
EARLIER = Path(__file__).parent / "data" / "0.1.0"


def text(name):
    return (ROOT / name).read_text("utf-8")


def test_the_version_is_the_same_wherever_it_stands():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert project["version"] == inkdream.__version__
    assert re.search(r"^version: (.*)$", text("CITATION.cff"), re.M)[1] == inkdream.__version__
    assert re.search(r"^## \[(.*?)\]", text("CHANGELOG.md"), re.M)[1] == inkdream.__version__


def test_pythons_of_the_classifiers_are_those_of_the_workflow():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    named = [each.rpartition(" ")[2] for each in project["classifiers"] if ":: 3." in each]
    matrix = re.search(r"python: \[(.*)\]", text(".github/workflows/tests.yml"))[1]
    assert named == re.findall(r"3\.\d+", matrix)
    assert project["requires-python"] == f">={named[0]}"


def earlier(name):
    return validate(tomllib.loads((EARLIER / name).read_text("utf-8")))


def test_a_recipe_of_pixels_that_0_1_0_filled_in_draws_as_it_did():
    before, now = (
        tomllib.loads((EARLIER / "pixels.toml").read_text("utf-8")),
        earlier("pixels.toml"),
    )
    # Nothing that came later is added to it: no family of photographs, no figure, no chosen inks.
    assert (now.family, now.steps, now.compose) == ("robust", before["steps"], "field")
    for part in ("views", "climb", "pixels"):
        table = getattr(now, part).model_dump()
        kept = {key: value for key, value in before[part].items() if key in table}
        assert kept and {key: table[key] for key in kept} == kept, part


def test_a_recipe_of_strokes_of_0_1_0_keeps_its_curves_with_corners():
    now = earlier("strokes.toml")
    assert now.strokes.corners
    assert (now.strokes.spans_of, now.strokes.jerk) == (2, 0.05)
    assert [pen.name for pen in now.pens] == ["black", "red"]


def test_pen_files_of_0_1_0_are_read():
    catalogue, measured, gold = read_pens(EARLIER / "pens.toml")
    assert (measured.colour, measured.width) == ("#111111", 0.38)
    assert (gold.name, gold.opacity) == ("gold", 1.0)
    assert catalogue.width == 0.4
