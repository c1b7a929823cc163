import tomllib
from pathlib import Path

import pytest

from inkdream.errors import InputError
from inkdream.recipe import LEARNED, Recipe, assemble, split_inks, split_target, validate


def test_a_recipe_survives_its_own_file():
    recipe = assemble(None, {"inks": ["#FFF", "crimson", "?"]}, ["views.count=3", "seed=7"])
    assert recipe.inks == ("#ffffff", "#dc143c", LEARNED)
    assert validate(tomllib.loads(recipe.to_toml())) == recipe


def test_settings_win_over_flags_and_flags_over_the_file(tmp_path):
    file = tmp_path / "r.toml"
    file.write_text("steps = 10\nwidth = 64\nheight = 32\n[views]\ncount = 5\njitter = 1\n")
    recipe = assemble(file, {"steps": 20, "width": 65}, ["width=66", "views.count=6"])
    assert (recipe.steps, recipe.width, recipe.height) == (20, 66, 32)
    assert (recipe.views.count, recipe.views.jitter) == (6, 1)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"inkz": 3}, "unknown recipe key 'inkz'. Did you mean 'inks'?"),
        ({"views": {"cont": 3}}, "Did you mean 'views.count'?"),
        ({"inks": 0}, "2 to 64"),
        ({"inks": 1}, "2 to 64"),
        ({"inks": 65}, "2 to 64"),
        ({"inks": ["red"]}, "2 to 64"),
        ({"inks": ["red", "blak"]}, "Did you mean 'black'?"),
        ({"inks": ["red", "#f00"]}, "#ff0000 is given twice"),
        ({"inks": ["red", 3]}, "is no colour"),
        ({"width": 0}, "width"),
        ({"width": 65536, "height": 65536}, "at most"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "steps = many"),
        ({"terms": []}, "nothing to excite"),
        ({"terms": [{"target": "loom/conv4_1/1", "weight": float("nan")}]}, "weight"),
        ({"views": 3}, "views"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(table, words):
    with pytest.raises(InputError) as error:
        validate(table, "r.toml")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_no_recipes_are_refused(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("steps = = 3")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (2**20 + 1))
    for path in (broken, binary, huge, tmp_path / "missing.toml", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            assemble(path, {}, [])


@pytest.mark.parametrize("setting", ["views.count", "seed.x=3"])
def test_settings_that_are_none_are_refused(setting):
    with pytest.raises(InputError):
        assemble(None, {"seed": 1}, [setting])


def test_flags_are_split_as_people_write_them():
    assert split_inks("4") == 4
    assert split_inks("#fff, crimson,?") == ["#fff", "crimson", "?"]
    assert split_target("loom/conv4_1/17") == {"target": "loom/conv4_1/17"}
    assert split_target("loom/conv4_1/17:-0.5") == {"target": "loom/conv4_1/17", "weight": -0.5}


def test_a_slug_is_a_safe_file_name():
    recipe = validate({"terms": [{"target": "../../etc/passwd $(x)"}]})
    assert Path(recipe.slug).name == recipe.slug
    assert not recipe.slug.startswith(".")


def test_recipes_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Recipe().steps = 3
