"""Every recipe that ships is drawn for a few steps, small, and killed, and taken up again.

There is one for every kind of term and everything else that can be asked for, in both media.
"""

import json
import re
from pathlib import Path

import pytest

from inkdream.errors import UNMOVED
from inkdream.recipe import Recipe, assemble
from inkdream.recipe.terms import KINDS
from tests.killing import KILLED
from tests.networks.tiny_clip import tiny_clip

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))
_CLASS = re.compile(r"#.*|/class/[^\"]*")
# Of recipes that differ in nothing but the class that they draw, one is enough.
KINDS_OF_RECIPES = {_CLASS.sub("", path.read_text("utf-8")): path for path in reversed(RECIPES)}
SMALL = {"width": 32, "height": 32, "steps": 4, "random_weights": True, "outputs": ["plot"]}
SETTINGS = [
    "views.size=48",
    "views.count=2",
    "strokes.count=12",
    "page.scale=0.8",
    "strokes.length=20",
]
SHEET = {"width": 40, "height": 40, "margin": 4}


def small(path: Path, clip: Path) -> Recipe:
    """Return a recipe that takes a second or two, its networks untrained where they must be."""
    made = assemble(path, SMALL, SETTINGS)
    said = made.model_dump()
    said["page"] |= SHEET
    for term in said["terms"]:
        if term["kind"] == "text":
            term["model"] = str(clip)
    made = Recipe.model_validate({**said, "tile": min(made.tile, 16)}).located(path.parent)
    return made.with_files({name: str(made.file(name)) for name in made.files})


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "model")


# Libraries that take long to import, and that lives would import one by one.
READY = """
from inkdream.networks.clip import _quiet
with _quiet() as library:
    library.CLIPModel, library.CLIPTokenizerFast
"""


@pytest.mark.parametrize("path", KINDS_OF_RECIPES.values(), ids=lambda path: path.stem)
def test_a_recipe_can_be_drawn_and_gone_on_with_bit_for_bit(path, tmp_path, clip, killer):
    recipe, file = small(path, clip), tmp_path / "recipe.toml"
    file.write_text(recipe.to_toml())
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    # In a few steps on a small picture, a score may never move: then the exit code says so.
    done = killer("draw", file, "--out", whole, ready=READY)
    assert done in (0, UNMOVED)

    # What the run names, its recipe, and three files a step: killed when two of four are taken.
    assert killer("draw", file, "--out", killed, calls=len(recipe.files) + 1 + 3 * 2 + 2) == KILLED
    (folder,) = killed.iterdir()
    assert 0 < len((folder / "events.jsonl").read_text().splitlines()) < recipe.steps
    assert killer("resume", folder) == done

    folders = [each.name for each in whole.iterdir() if each.is_dir()]
    assert len(folders) == recipe.variations
    for name in folders:
        for picture in ("drawing.svg", "drawing.png"):
            same = (whole / name / picture).read_bytes() == (killed / name / picture).read_bytes()
            assert same, f"{name}/{picture}"
        stated = [
            json.loads((each / name / "certificate.json").read_text()) for each in (whole, killed)
        ]
        assert stated[0]["scores"] == stated[1]["scores"]
        assert len(stated[0]["scores"]) >= len(recipe.terms)


def test_there_is_a_recipe_for_every_kind_of_term_in_areas_and_in_lines():
    found = {
        (term.kind, made.medium)
        for path in RECIPES
        for made in [assemble(path, {}, [])]
        for term in made.terms
    }
    # Being unlike is what variations add by themselves.
    kinds = set(KINDS) - {"unlike"}
    assert {(kind, medium) for kind in kinds for medium in ("pixels", "strokes")} <= found
