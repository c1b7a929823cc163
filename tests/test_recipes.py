"""Every recipe that ships is drawn for a few steps, small, to its last file."""

from pathlib import Path

import pytest

from inkdream.recipe import Recipe, assemble
from inkdream.run import Run
from tests.networks.tiny_clip import tiny_clip

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))
SMALL = {"width": 48, "height": 48, "steps": 4, "random_weights": True}
SETTINGS = ["views.size=48", "strokes.count=12", "page.scale=0.3", "strokes.length=60"]


def small(path: Path, clip: Path) -> Recipe:
    """Return a recipe that takes a second or two, its networks untrained where they must be."""
    made = assemble(path, SMALL, SETTINGS)
    said = made.model_dump()
    for term in said["terms"]:
        if term["kind"] == "text":
            term["model"] = str(clip)
    tile = min(made.tile, 16)
    return Recipe.model_validate({**said, "tile": tile}).located(path.parent)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "model")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_can_be_drawn(path, tmp_path, clip):
    recipe = small(path, clip)
    run = Run.create(recipe, tmp_path)
    steps = list(run.climb())
    certificate = run.finish()
    assert len(steps) == run.sketch.steps
    assert set(certificate.scores) == {term.name for term in recipe.terms}
    assert (run.folder / "drawing.svg").is_file()
    assert (run.folder / "certificate.md").is_file()


def test_there_is_a_recipe_for_every_kind_of_term_in_areas_and_in_lines():
    from inkdream.recipe.terms import KINDS

    found = {
        (term.kind, made.medium)
        for path in RECIPES
        for made in [assemble(path, {}, [])]
        for term in made.terms
    }
    # Being unlike is what variations add by themselves.
    kinds = set(KINDS) - {"unlike"}
    assert {(kind, medium) for kind in kinds for medium in ("pixels", "strokes")} <= found
