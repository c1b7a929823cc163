"""What is asked for, as recipes with keys; what is wrong is told without torch."""

import pytest
from PIL import Image

from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.units import bases, digest_of, fingerprint, key_of, numbers
from inkdream.recipe import validate
from inkdream.toml import parse_toml
from tests.atlas.made import LAYER, TINY, raised, units


def asked(*what, **flags):
    return bases(what, AtlasFlags(**flags))


def test_every_channel_and_seed_is_a_tile_with_a_key_of_its_own():
    drawn = units(3, seeds="0-1")
    assert [unit.title for unit in drawn[:3]] == [
        f"{LAYER}/0 seed 0",
        f"{LAYER}/0 seed 1",
        f"{LAYER}/1 seed 0",
    ]
    assert len({unit.key for unit in drawn}) == 6
    assert all(len(unit.key) == 16 for unit in drawn)


def test_a_tiles_recipe_is_short_and_makes_the_recipe_of_its_key():
    (unit,) = units(1)
    assert len(unit.recipe) < 200
    assert key_of(validate(parse_toml(unit.recipe))) == unit.key


@pytest.mark.parametrize(
    ("layer", "side"), [(LAYER, 128), ("loom/class", 96), ("vgg16/logits", 96)]
)
def test_tiles_of_classes_are_smaller_where_nothing_else_is_asked_for(layer, side):
    (base,), (wide,) = asked(layer), asked(layer, width=200)
    assert (base.table["width"], base.table["height"], base.table["steps"]) == (side, side, 120)
    assert (wide.table["width"], wide.table["height"]) == (200, 200)


def test_what_changes_no_drawing_changes_no_key():
    recipe = {"terms": [{"target": "loom/conv2_1/1"}]}
    same = [{}, {"outputs": ["drawing"]}, {"compare": True}, {"judges": ["loom/class/star"]}]
    assert len({key_of(validate({**recipe, **more})) for more in same}) == 1
    others = [{}, {"seed": 1}, {"steps": 299}, {"inks": 3}]
    assert len({key_of(validate({**recipe, **more})) for more in others}) == 4


def test_a_pictures_content_is_in_the_key_not_its_place(tmp_path):
    def key(folder, colour):
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (16, 16), colour).save(folder / "a.png")
        (folder / "x.toml").write_text('terms = [{kind = "like", picture = "a.png"}]\n')
        (base,) = asked(str(folder / "x.toml"))
        return next(base.units([])).key

    red = key(tmp_path / "one", "red")
    assert red == key(tmp_path / "two", "red")
    assert red != key(tmp_path / "one", "blue")
    assert digest_of(str(tmp_path / "two" / "a.png")).startswith("sha256:")


def test_recipes_are_drawn_with_each_seed_and_named_by_their_files(tmp_path):
    for name in ("waves", "dunes"):
        (tmp_path / f"{name}.toml").write_text("steps = 7\n")
    files = [str(tmp_path / f"{name}.toml") for name in ("waves", "dunes")]
    drawn = [unit for base in asked(*files, seeds="3,5", steps=9) for unit in base.units([])]
    assert [unit.title for unit in drawn] == [
        *("waves seed 3", "waves seed 5", "dunes seed 3", "dunes seed 5")
    ]
    assert {parse_toml(unit.recipe)["steps"] for unit in drawn} == {9}


def test_a_base_recipe_gives_all_but_the_targets_and_its_shape_is_kept(tmp_path):
    base = tmp_path / "base.toml"
    base.write_text('inks = 3\nwidth = 200\nheight = 100\nterms = [{target = "loom/conv4_1/3"}]\n')
    (one,) = asked(LAYER, recipe=base, width=64)
    table = parse_toml(next(one.units(["7"])).recipe)
    assert (table["inks"], table["width"], table["height"]) == (3, 64, 32)
    assert table["terms"] == [{"target": f"{LAYER}/7"}]


@pytest.mark.parametrize(
    ("what", "flags", "words"),
    [
        ([], {}, "name a layer, such as loom/conv4_1"),
        (["loom"], {}, "write network/layer"),
        (["loom/conv4_1", "x.toml"], {}, "give one layer, or files of recipes"),
        (["loom/conv4_1", "loom/conv3_3"], {}, "give one layer"),
        (["loom/conv4_1"], {"seeds": "a"}, "--seeds a: write numbers"),
        (["loom/conv4_1"], {"seeds": "3-1"}, "the smaller number first"),
        (["loom/conv4_1"], {"steps": 0}, "steps = 0: must be at least 1"),
        (["loom/conv4_1"], {"set": ["ink=3"]}, "Did you mean 'inks'?"),
        (["loom/conv4_1"], {"set": ["variations=2"]}, "--seeds makes several"),
        (["loom/conv4_1"], {"width": 32, "set": ["medium=strokes"]}, "--width"),
        (["missing.toml"], {}, "missing.toml: cannot be read"),
        (["x.toml"], {"channels": "0-3"}, "--channels: is for a layer"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(what, flags, words):
    assert words in raised(lambda: asked(*what, **flags))


def test_a_missing_picture_is_told_at_once(tmp_path):
    (tmp_path / "x.toml").write_text('terms = [{kind = "style", picture = "gone.png"}]\n')
    assert "gone.png" in raised(lambda: asked(str(tmp_path / "x.toml")))


def test_numbers_come_once_each():
    assert numbers("0-2,1,9", "--seeds") == (0, 1, 2, 9)


def test_what_was_looked_up_is_looked_up_again_when_something_changes():
    known = fingerprint(asked(LAYER, **TINY), "0-3")
    assert known == fingerprint(asked(LAYER, **TINY), "0-3")
    assert known != fingerprint(asked(LAYER, **TINY), "0-4")
    assert known != fingerprint(asked("loom/conv2_2", **TINY), "0-3")
