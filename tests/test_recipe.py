import doctest
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from inkdream.errors import InputError
from inkdream.page import SIZES, Page
from inkdream.pens import USUAL_WIDTH, parse_pens
from inkdream.plot.machines import machine_names
from inkdream.recipe import (
    LEARNED,
    Recipe,
    StrokesRecipe,
    assemble,
    defaults,
    folder_name,
    reading,
    split_inks,
    split_weight,
    validate,
)


def test_a_recipe_survives_its_own_file():
    recipe = assemble(None, {"inks": ["#FFF", "crimson", "?"]}, ["views.count=3", "seed=7"])
    assert recipe.inks == ("#ffffff", "#dc143c", LEARNED)
    assert validate(tomllib.loads(recipe.to_toml())) == recipe


@pytest.mark.parametrize("module", [reading, defaults])
def test_examples_in_docstrings_hold(module):
    held = doctest.testmod(module)
    assert held.attempted and not held.failed


def test_settings_win_over_flags_and_flags_over_the_file(tmp_path):
    file = tmp_path / "r.toml"
    file.write_text("steps = 10\nwidth = 64\nheight = 32\n[views]\ncount = 5\njitter = 1\n")
    recipe = assemble(file, {"steps": 20, "width": 65}, ["width=66", "views.count=6"])
    assert (recipe.steps, recipe.width, recipe.height) == (20, 66, 32)
    assert (recipe.views.count, recipe.views.jitter) == (6, 1)


def test_settings_change_nobodys_table():
    said = {"views": {"count": 2}}
    assert assemble(None, said, ["views.count=3"]).views.count == 3
    assert said == {"views": {"count": 2}}


BAD_INKS = [
    ({"inks": 0}, "2 to 64"),
    ({"inks": 1}, "2 to 64"),
    ({"inks": 65}, "2 to 64"),
    ({"inks": ["red"]}, "2 to 64"),
    ({"inks": ["red", "blak"]}, "Did you mean 'black'?"),
    ({"inks": ["red", "#f00"]}, "#ff0000 is given twice"),
    ({"inks": ["red", 3]}, "is no colour"),
    ({"inks": True}, "inks = True"),
]
# Of strokes: inks are pens of the usual width.
BAD_STROKES = [
    ({"page": {"size": "a6", "scale": 0.01}}, "at least 8 px a side; page.scale says"),
    ({"inks": 0}, "inks"),
    ({"inks": 65}, "64 inks"),
    ({"inks": []}, "0 inks"),
    ({"inks": ["red", "blak"]}, "Did you mean 'black'?"),
    ({"inks": ["red", 3]}, "is no colour"),
    ({"inks": True}, "inks = True"),
    ({"inks": 2.5}, "inks = 2.5"),
    ({"inks": {"red": 1}}, "inks"),
    ({"climb": 3}, "climb = 3"),
    ({"climb": 3, "strokes": {"start": "study"}}, "climb = 3"),
    ({"softness": 3}, "softness = 3"),
]
BAD = [
    ({"inkz": 3}, "unknown recipe key 'inkz'. Did you mean 'inks'?"),
    ({"views": {"cont": 3}}, "Did you mean 'views.count'?"),
    ({"width": 0}, "width"),
    ({"width": 65536, "height": 65536}, "at most"),
    ({"steps": 0}, "steps"),
    ({"steps": "many"}, "steps = many"),
    ({"terms": []}, "nothing to excite"),
    ({"terms": [{"target": "loom/conv4_1/1", "weight": float("nan")}]}, "weight"),
    ({"views": 3}, "views"),
    ({"seed": -1}, "seed"),
    ({"medium": "lines"}, "'pixels' or 'strokes'"),
    ({"medium": ["strokes"]}, "'pixels' or 'strokes'"),
    ({"quality": ["quick"]}, "'quick', 'good' or 'best'"),
    ({"family": ["robust"]}, "'robust' or 'photographs'"),
    ({"paper": "?"}, "paper's colour cannot be learned"),
    ({"paper": 3}, "3 is no colour"),
    ({"page": "a55"}, "unknown page size 'a55'. Did you mean 'a5'?"),
    ({"page": {"size": 3}}, "unknown page size"),
    ({"page": 3}, "page = 3"),
    ({"page": {"width": "wide"}}, "page.width = wide"),
    ({"page": {"size": "a6", "margin": 60}}, "no room inside margins of 60 mm"),
    ({"page": {"size": "a6", "margin": -1}}, "page.margin"),
    ({"page": {"size": "a6", "margin": float("nan")}}, "page.margin"),
    ({"page": {"size": "a6", "scale": 1000}}, "at most"),
    ({"page": {"widht": 100}}, "Did you mean 'page.width'?"),
    ({"page": "60x60mm", "pens": "black:40"}, "draws 40 mm wide"),
    ({"pens": "blak"}, "unknown pen 'blak'. Did you mean 'black'?"),
    ({"pens": "box.toml"}, "--pens reads a file"),
    ({"pens": 3}, "pens = 3"),
    ({"pens": [3]}, "pens.0 = 3"),
    ({"pens": [{"colour": "black"}]}, "pens.0.width: is missing"),
    ({"pens": [{"colour": "black", "width": 0}]}, "pens.0.width = 0"),
    ({"pens": [{"name": "\n", "colour": "black", "width": 1}]}, "no name for a pen"),
    ({"pens": [{"name": "a", "colour": 3, "width": 1}]}, "3 is no colour"),
    ({"pens": "black,red,black"}, "'black' is given twice"),
    ({"pens": "black:0.4:thick"}, "no opacity"),
    ({"pens": "black:wide"}, "no width"),
    ({"strokes": {"count": 0}}, "strokes.count = 0"),
    ({"strokes": {"count": 100_001}}, "100000"),
    ({"strokes": {"spans": 129}}, "strokes.spans = 129"),
    ({"strokes": {"start": "middle"}}, "'random', 'grid', 'study', 'plan' or 'sketch'"),
    ({"strokes": {"grow": 0}}, "strokes.grow = 0"),
    ({"strokes": {"reach": 0}}, "strokes.reach = 0"),
    ({"strokes": 3}, "strokes = 3"),
    ({"plot": {"machine": "saxy"}}, "unknown machine 'saxy'. Did you mean 'saxi'?"),
    ({"plot": {"budget": "long"}}, "no duration"),
    ({"plot": {"budget": -1}}, "plot.budget = -1"),
]


@pytest.mark.parametrize(
    ("medium", "table", "words"),
    [
        *(("pixels", *each) for each in (*BAD, *BAD_INKS)),
        *(("strokes", *each) for each in (*BAD, *BAD_STROKES)),
    ],
)
def test_what_cannot_be_is_said_in_one_line(medium, table, words):
    with pytest.raises(InputError) as error:
        validate({"medium": medium, **table}, "r.toml")
    assert str(error.value).startswith("r.toml: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    "said",
    [
        {"softness": {"start": 0.3, "end": 0.3}},
        {"variations": 3, "variation": 3},
        {"width": 2**13, "height": 2**13},
    ],
    ids=str,
)
def test_what_may_be_at_most_may_be_that(said):
    assert validate(said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"variations": 3, "variation": 4}, "only 3"),
        ({"width": 2**13, "height": 2**13 + 1}, "at most 67,108,864 px"),
    ],
    ids=str,
)
def test_what_is_one_more_than_may_be_is_refused(said, words):
    with pytest.raises(InputError, match=words):
        validate(said)


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


def test_keys_have_a_use_for_areas_for_lines_or_for_both():
    both = ["seed", "pixels.decay", "views.count", "plot.budget", "page.margin", "no.such", "views"]
    areas = ["width", "height", "plot.hatch", "plot.spacing", "plot.nib", "pixels.merge", "pixels"]
    lines = ["strokes", "strokes.length", "strokes.count"]
    for key in (*both, *areas, *lines):
        assert (reading.use_of(key, areas=True) == "") == (key not in lines), key
        assert (reading.use_of(key, areas=False) == "") == (key not in areas), key


def test_flags_are_split_as_people_write_them():
    assert split_inks("4") == 4
    assert split_inks("#fff, crimson,?") == ["#fff", "crimson", "?"]
    assert split_weight("loom/conv4_1/17", "target") == {"target": "loom/conv4_1/17"}
    assert split_weight("loom/conv4_1/17:-0.5", "target") == {
        "target": "loom/conv4_1/17",
        "weight": -0.5,
    }


def test_a_slug_is_a_safe_file_name():
    recipe = validate({"terms": [{"target": "../../etc/passwd $(x)"}]})
    assert Path(folder_name(recipe)).name == folder_name(recipe)
    assert not folder_name(recipe).startswith(".")


def test_recipes_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Recipe().steps = 3


# Strokes, pens, pages


def test_strokes_fill_in_their_own_pens_and_defaults():
    recipe = validate({"medium": "strokes"})
    assert recipe.pens == parse_pens("black,red,blue,green")
    assert {pen.width for pen in recipe.pens} == {USUAL_WIDTH}
    assert recipe.inks == tuple(pen.colour for pen in recipe.pens)
    assert recipe.page == Page.of("a5")
    assert recipe.size == recipe.page.pixels == (256, 180)
    # They begin soft and stay so for half of the run, without a study.
    assert (recipe.softness.strict_from, recipe.climb.study) == (0.5, 0)
    assert recipe.strokes.count == 400
    pixels = validate({})
    assert (pixels.softness.strict_from, pixels.climb.study) == (0, 0.25)
    assert pixels.pens == ()
    assert pixels.size == (256, 256)


def test_what_a_stroke_recipe_says_itself_wins_over_strokes_defaults():
    said = {"softness": {"strict_from": 0.2, "start": 0.7}, "climb": {"study": 0.4, "rate": 0.3}}
    recipe = validate({"medium": "strokes", **said})
    assert (recipe.softness.strict_from, recipe.softness.start) == (0.2, 0.7)
    assert (recipe.climb.study, recipe.climb.rate) == (0.4, 0.3)
    assert recipe.softness.end == 0.1


@pytest.mark.parametrize("study", [None, 0.0, 0.3])
def test_starting_along_a_study_takes_one(study):
    climb = {} if study is None else {"study": study}
    recipe = validate({"medium": "strokes", "strokes": {"start": "study"}, "climb": climb})
    assert recipe.climb.study == (study or 0.25)


def test_pens_of_strokes_are_their_inks_and_inks_without_pens_are_pens():
    pens = "yellow:0.3,?:0.5,white:1"
    recipe = validate({"medium": "strokes", "pens": pens, "inks": ["red"]})
    assert recipe.pens == parse_pens(pens)
    assert recipe.inks == ("#ffff00", LEARNED, "#ffffff")
    for inks, colours in [(3, (LEARNED,) * 3), (["#f00", "?"], ("#ff0000", LEARNED))]:
        recipe = validate({"medium": "strokes", "inks": inks})
        assert recipe.inks == tuple(pen.colour for pen in recipe.pens) == colours
        assert {pen.width for pen in recipe.pens} == {USUAL_WIDTH}
        assert len({pen.name for pen in recipe.pens}) == len(colours)


def test_pens_of_pixels_are_inks_with_the_paper_first():
    recipe = validate({"pens": "black:0.4,#c8102e:0.3", "paper": "#fff8e0"})
    assert recipe.inks == ("#fff8e0", "#000000", "#c8102e")
    assert recipe.medium == "pixels"
    # A pen like the paper is no ink of its own.
    assert validate({"pens": "black,white"}).inks == ("#ffffff", "#000000")
    assert validate({"pens": "black,?:1,red"}).inks == ("#ffffff", "#000000", LEARNED, "#ff0000")
    # Inks that are said are those.
    assert validate({"pens": "black,red", "inks": 3}).inks == (LEARNED,) * 3


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("45min", 2700), ("1h30m", 5400), ("90s", 90), ("90", 90), (12.5, 12.5), ("1.5 h", 5400)],
)
def test_durations_are_read_as_people_write_them(words, seconds):
    assert validate({"plot": {"budget": words}}).plot.budget == seconds


@pytest.mark.parametrize("words", ["45min long", "about 45min", "1h,30m", "45min 3", "h"])
def test_what_is_not_all_a_duration_is_none(words):
    with pytest.raises(InputError, match="no duration"):
        validate({"plot": {"budget": words}})


def test_a_page_by_a_word_is_the_page_by_a_table():
    assert validate({"page": "a4 landscape"}) == validate({"page": {"size": "a4 landscape"}})
    recipe = assemble(None, {"page": "a6"}, ["page.margin=12.5"])
    assert recipe.page == Page.of("a6", margin=12.5)


def test_a_slug_tells_strokes_from_pixels():
    lines = folder_name(validate({"medium": "strokes", "seed": 4}))
    areas = folder_name(validate({"medium": "pixels", "seed": 4}))
    assert "400strokes-4pens-seed4" in lines
    assert "4inks-seed4" in areas


# Any recipe


COLOURS = ("#c8102e", "black", "White", "#FFF", "cornflowerblue")


def a_number(field):
    bounds = {
        name: value
        for rule in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if (value := getattr(rule, name, None)) is not None
    }
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if field.annotation is int:
        return st.integers(low + ("gt" in bounds), high - ("lt" in bounds))
    return st.floats(low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds)


def a_value(name, field):
    """Return a strategy for a key's values; bounds and choices are the model's own."""
    if name in SPECIAL:
        return SPECIAL[name]
    if field.annotation is bool:
        return st.booleans()
    if get_origin(field.annotation) is Literal:
        return st.sampled_from(get_args(field.annotation))
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        return a_table(field.annotation)
    return a_number(field)


def a_table(model):
    """Return a strategy for what a file may say of a table: any of its keys."""
    keys = {name: a_value(name, field) for name, field in model.model_fields.items()}
    return st.fixed_dictionaries({}, optional=keys)


def some_pens():
    names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
    keys = {
        "name": names.filter(lambda name: name.isprintable() and name.strip()),
        "colour": st.sampled_from((*COLOURS, "?")),
        "width": st.floats(0.01, 20),
    }
    opacity = st.one_of(st.floats(0, 1), st.sampled_from(["transparent", "semi", "opaque"]))
    pen = st.fixed_dictionaries(keys, optional={"opacity": opacity})
    return st.lists(pen, min_size=1, max_size=5, unique_by=lambda said: said["name"])


SPECIAL: dict[str, Any] = {
    "inks": st.one_of(st.integers(2, 64), st.lists(st.sampled_from((*COLOURS, "?")), min_size=2)),
    "pens": some_pens(),
    # Which pens can be picked from follows from them; see below.
    "pick": st.integers(0, 3),
    "paper": st.sampled_from(COLOURS),
    "width": st.integers(8, 5000),
    "height": st.integers(8, 5000),
    "terms": st.lists(
        st.fixed_dictionaries(
            {"target": st.text(max_size=20)}, optional={"weight": st.floats(-1e9, 1e9)}
        ),
        min_size=1,
        max_size=3,
    ),
    "page": st.one_of(
        st.sampled_from([*SIZES, "a4 landscape", "12x9in", "300x200mm"]),
        st.fixed_dictionaries(
            {"size": st.sampled_from([*SIZES])},
            optional={"margin": st.floats(0, 50), "scale": st.floats(0.1, 5)},
        ),
        st.fixed_dictionaries({"width": st.floats(90, 900), "height": st.floats(90, 900)}),
    ),
    "machine": st.sampled_from(machine_names()),
    "budget": st.one_of(st.floats(0, 1e7), st.sampled_from(["45min", "1h30m"])),
}


@given(a_table(Recipe))
@settings(max_examples=150)
def test_any_recipe_survives_its_own_file(table):
    try:
        recipe = validate(table)
    except InputError:
        reject()  # keys that do not go together
    text = recipe.to_toml()
    again = validate(tomllib.loads(text))
    assert again == recipe
    assert again.to_toml() == text


@given(a_table(Recipe), st.sampled_from(["pixels", "strokes"]))
@settings(max_examples=100)
def test_a_recipe_has_an_ink_for_each_pen_and_a_folder_of_its_own(table, medium):
    try:
        recipe = validate({**table, "medium": medium})
    except InputError:
        reject()
    if medium == "strokes" and not recipe.pick:
        assert recipe.inks == tuple(pen.colour for pen in recipe.pens)
    if recipe.pick:
        assert recipe.inks.count(LEARNED) == recipe.pick
    assert Path(folder_name(recipe)).name == folder_name(recipe)


def test_strokes_of_earlier_recipes_keep_their_corners():
    said = {"count": 9, "cubics": 3, "bending": 0.2, "length": 40.0}
    strokes = assemble(None, {"medium": "strokes", "strokes": said}, []).strokes
    assert (strokes.corners, strokes.spans_of, strokes.jerk) == (True, 3, 0.2)
    now = assemble(None, {"medium": "strokes", "strokes": {"length": 40.0}}, []).strokes
    assert (now.corners, now.spans_of) == (False, 5)


@pytest.mark.parametrize(("length", "spans"), [(1, 2), (30, 4), (60, 8), (500, 12)])
def test_long_strokes_have_more_pieces(length, spans):
    assert StrokesRecipe(length=length).spans_of == spans
    assert StrokesRecipe(length=length, spans=7).spans_of == 7
