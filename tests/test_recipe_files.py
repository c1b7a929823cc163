"""The files that a recipe names: found from wherever one stands, and kept with the run."""

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdream.errors import InputError
from inkdream.recipe import assemble, validate
from inkdream.recipe.files import beside, change_files, change_networks, files_in
from inkdream.recipe.inputs import keep_inputs, read_inputs
from inkdream.recipe.reading import drawing_at
from inkdream.run import Run
from tests.running import climbed, gone_on, same_result, stopped
from tests.toys import small

TABLE = {
    "origin": "start.jpg",
    "bare": "bare.png",
    "terms": [
        {"kind": "style", "picture": "wave.jpg", "layers": ["loom/conv1_1"]},
        {"kind": "unlike", "target": "loom/conv1_1", "pictures": ["one.png", "wave.jpg"]},
        {"target": "loom/conv1_1/2", "where": "mask.png"},
    ],
    "pens": [{"name": "a", "colour": "black", "width": 0.4, "where": "mask.png"}],
    "networks": [{"name": "n", "source": "n.pt2", "weights": "w.bin"}],
}
FILES = ["start.jpg", "bare.png", "wave.jpg", "one.png", "mask.png"]


def test_each_file_is_named_once():
    assert files_in(TABLE) == FILES
    assert files_in({}) == []


def test_paths_change_and_nothing_else():
    before = copy.deepcopy(TABLE)
    changed = change_files(TABLE, lambda path: path.upper())
    assert before == TABLE
    assert files_in(changed) == [name.upper() for name in FILES]
    back = change_files(changed, lambda path: path.lower())
    assert back == TABLE


def test_files_of_networks_change_apart(tmp_path):
    changed = change_networks(TABLE, beside(tmp_path))
    assert changed["networks"] == [
        {"name": "n", "source": str(tmp_path / "n.pt2"), "weights": str(tmp_path / "w.bin")}
    ]
    assert files_in(changed) == FILES
    function = {"networks": [{"name": "n", "source": "a.b:c"}]}
    assert change_networks(function, beside(tmp_path)) == function


def test_models_in_folders_are_found_and_those_on_a_hub_keep_their_names(tmp_path):
    (tmp_path / "here").mkdir()
    terms = [{"kind": "text", "words": "w", "model": name} for name in ("here", "there/model")]
    changed = change_networks({"terms": terms}, beside(tmp_path))
    assert [term["model"] for term in changed["terms"]] == [str(tmp_path / "here"), "there/model"]


def test_paths_are_whole_and_from_home(tmp_path, monkeypatch):
    change = beside(tmp_path)
    assert change("a/b.png") == str(tmp_path / "a" / "b.png")
    assert change("/a.png") == "/a.png"
    assert change(change("a.png")) == change("a.png")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert change("~/a.png") == "/home/somebody/a.png"
    # No home to be found: it may be the name of a file.
    assert change("~nobody-of-that-name/a.png") == str(tmp_path / "~nobody-of-that-name" / "a.png")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*TABLE, "picture", "pictures", "where", "source", "model", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*TABLE, "steps"]), VALUES, max_size=4))
def test_what_is_no_path_is_left_for_others_to_refuse(table):
    assert change_files(table, lambda path: path) == {
        key: list(value) if isinstance(value, tuple) else value for key, value in table.items()
    }
    change_networks(table, beside(Path("/nowhere")))
    assert all(isinstance(name, str) and name for name in files_in(table))


def test_flags_are_seen_from_here_and_recipes_from_where_they_lie(tmp_path, monkeypatch):
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "r.toml").write_text(
        'origin = "start.png"\n'
        '[[terms]]\nkind = "like"\npicture = "../wave.png"\n'
        '[[networks]]\nname = "n"\nsource = "n.pt2"\n'
    )
    monkeypatch.chdir(tmp_path)
    recipe = assemble(folder / "r.toml", {"bare": "bare.png"}, [])
    assert recipe.file(recipe.origin) == folder / "start.png"
    assert recipe.file(recipe.terms[0].picture).resolve() == tmp_path / "wave.png"
    assert recipe.file(recipe.bare) == tmp_path / "bare.png"
    assert recipe.networks[0].source == str(folder / "n.pt2")
    settings = ["bare=bare.png", "terms=[{kind='like', picture='wave.png'}]"]
    beside_one = assemble(folder / "r.toml", {}, settings)
    assert beside_one.file(beside_one.bare) == tmp_path / "bare.png"
    assert beside_one.file(beside_one.terms[0].picture) == tmp_path / "wave.png"
    alone = assemble(None, {"origin": "start.png"}, ["networks=[{name='n', source='n.pt2'}]"])
    assert alone.file(alone.origin) == tmp_path / "start.png"
    assert alone.networks[0].source == str(tmp_path / "n.pt2")


def test_a_recipe_with_other_files(tmp_path):
    recipe = validate({"origin": "a.png", "terms": [{"kind": "like", "picture": "a.png"}]})
    changed = recipe.with_files({"a.png": "inputs/1/a.png"})
    assert changed.files == ["inputs/1/a.png"]
    assert changed.terms[0].picture == "inputs/1/a.png"
    assert recipe.files == ["a.png"]


# What a run keeps.


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (40, 32)) -> Path:
    values = np.random.default_rng(seed).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    Image.fromarray(values).resize(size[::-1], Image.Resampling.BICUBIC).save(path)
    return path


def wished(folder: Path, **said):
    """Return a recipe that is like one picture, in the region that another shows."""
    folder.mkdir(exist_ok=True)
    terms = [
        {"target": "loom/conv2_1/3"},
        {
            "kind": "like",
            "picture": str(picture(folder / "photo.png")),
            "where": str(picture(folder / "mask.png", 1)),
        },
    ]
    return small(terms=terms, steps=8, **said)


def test_a_run_keeps_its_pictures(tmp_path):
    recipe = wished(tmp_path / "mine")
    run = Run.create(recipe, tmp_path / "runs")
    said = assemble(run.folder / "recipe.toml", {}, [])
    assert sorted(Path(name).name for name in said.files) == ["mask.png", "photo.png"]
    for name in said.files:
        assert name.startswith("inputs/")
        original = tmp_path / "mine" / Path(name).name
        assert (run.folder / name).read_bytes() == original.read_bytes()
    # What a term is called in events and certificates does not depend on where its files are.
    assert said.terms[1].name == recipe.terms[1].name == "like photo.png in mask.png"
    assert all(said.file(name).is_file() for name in said.files)


def test_a_run_without_pictures_keeps_none(tmp_path):
    assert not (Run.create(small(), tmp_path).folder / "inputs").exists()


def test_files_of_one_name_are_kept_apart(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = picture(tmp_path / "a" / "p.png"), picture(tmp_path / "b" / "p.png", 1)
    terms = [{"kind": "like", "picture": str(path)} for path in (one, other)]
    recipe = validate({"terms": terms})
    contents = read_inputs(recipe)
    assert contents == {str(path): {path.name: path.read_bytes()} for path in (one, other)}
    kept = keep_inputs(recipe, contents, tmp_path)
    assert kept.files == ["inputs/1/p.png", "inputs/2/p.png"]
    assert kept.file(kept.files[1]).read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "medium",
    [
        {},
        {
            "medium": "strokes",
            "page": {"size": "40x50mm", "margin": 3, "scale": 1},
            "strokes": {"count": 8},
            "pens": "black,red",
            "inks": ["black", "red"],
        },
    ],
)
def test_originals_may_go_and_the_run_ends_as_if_they_had_not(tmp_path, medium):
    recipe = wished(tmp_path / "mine", **medium)
    whole = climbed(Run.create(recipe, tmp_path / "whole"))
    parted = stopped(recipe, tmp_path / "stopped", 3)
    shutil.rmtree(tmp_path / "mine")
    # A run may be moved, too.
    moved = parted.folder.rename(tmp_path / "moved")
    again = gone_on(moved, 3)
    assert same_result(whole, again)
    # Certificates say the same, too.
    names = [[term.name for term in run.session.objective.terms] for run in (whole, again)]
    assert names[0] == names[1]
    assert again.score_strict == whole.score_strict


def test_a_recipe_of_a_run_makes_the_same_drawing_again(tmp_path):
    whole = climbed(Run.create(wished(tmp_path / "mine"), tmp_path / "runs"))
    shutil.rmtree(tmp_path / "mine")
    again = Run.create(assemble(whole.folder / "recipe.toml", {}, []), tmp_path / "others")
    assert same_result(whole, climbed(again))


def test_an_earlier_run_stands_for_its_drawing(tmp_path):
    first = Run.create(small(steps=2), tmp_path / "runs")
    with pytest.raises(InputError, match="has no drawing yet"):
        drawing_at(first.folder)
    climbed(first).finish()
    assert drawing_at(first.folder) == first.folder / "drawing.png"
    later = Run.create(small(steps=2, origin=str(first.folder)), tmp_path / "later")
    assert (later.folder / "inputs" / "1" / "drawing.png").is_file()
    plain = tmp_path / "a.png"
    assert drawing_at(plain) == plain


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.png", "cannot be read"),
        ("", "is no run's folder"),
        ("gone\0.png", "cannot be read"),
        ("large.png", "is too large"),
    ],
)
def test_inputs_that_cannot_be_kept_are_named(tmp_path, monkeypatch, name, said):
    monkeypatch.setattr("inkdream.recipe.inputs.MOST_BYTES", 10)
    (tmp_path / "large.png").write_bytes(b"\0" * 11)
    recipe = validate({"origin": f"{tmp_path}/{name}"})
    with pytest.raises(InputError, match=said):
        read_inputs(recipe)
