import contextlib
import re
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens.catalogue import (
    NEAREST,
    catalogue,
    differences,
    find,
    ranges,
    read_range,
    search,
    select,
    slug,
)
from inkdream.pens.pen import OPACITY, Pen

PENS = catalogue()
ESTIMATE = "estimate from the maker's colour name"


def test_there_are_at_least_a_hundred_pens_and_each_file_is_a_range():
    assert len(PENS) >= 100
    names = {file.name for file in (files("inkdream.pens") / "data").iterdir()}
    assert {f"{key}.toml" for key in ranges()} == names
    assert sum(map(len, ranges().values())) == len(PENS)
    for key in ("stabilo88", "triplus", "micron", "gellyroll", "posca", "v5", "cristal", "inkjoy"):
        assert key in ranges()


def test_references_and_labels_name_one_pen_each():
    assert len({pen.reference for pen in PENS}) == len(PENS)
    assert len({pen.label for pen in PENS}) == len(PENS)


def test_a_range_is_no_colour_and_can_be_typed():
    for key in ranges():
        assert key == slug(key)
        assert key not in colour.NAMES
        assert key != "mine"


@pytest.mark.parametrize("key", ranges())
def test_every_value_is_sane_and_says_where_it_comes_from(key):
    for pen in ranges()[key]:
        assert pen.opacity in OPACITY
        assert 0.03 <= pen.width <= 3
        assert pen.width <= pen.nominal * 1.01  # no line is wider than its point is said to be
        assert colour.to_hex(colour.parse(pen.colour)) == pen.colour
        assert pen.name == pen.name.strip()
        assert set(pen.origins) == {"name", "nominal", "width", "colour", "opacity"}
        for origin in pen.origins.values():
            assert origin.source.strip()
        # A guess is never passed off as more.
        ink = pen.origins["colour"]
        assert (ink.confidence == "low") == (ink.source == ESTIMATE)
        assert ink.confidence != "high"


@pytest.mark.parametrize("key", ranges())
def test_a_pen_is_found_by_its_code_and_by_its_colour(key):
    for pen in ranges()[key]:
        assert select(pen.reference) == (pen,)
        assert select(pen.reference.upper()) == (pen,)
        assert find(pen.reference) == pen.pen
        size = pen.code.removesuffix(slug(pen.number or pen.name))
        assert select(f"{key}:{size}{slug(pen.name)}") == (pen,)
        if size:
            same = select(f"{key}:{size.rstrip('-')}")
            assert pen in same
            assert len({other.width for other in same}) == 1


@pytest.mark.parametrize("key", ranges())
def test_a_pen_of_the_catalogue_draws_as_it_says(key):
    for pen in ranges()[key]:
        drawn = pen.pen
        assert isinstance(drawn, Pen)
        assert (drawn.name, drawn.colour, drawn.width) == (pen.label, pen.colour, pen.width)
        assert drawn.opacity == OPACITY[pen.opacity]


def test_facts_that_can_be_read_on_the_pens():
    assert select("stabilo88:46")[0].name == "black"
    assert select("stabilo88:46")[0].label == "Stabilo point 88 46 black"
    assert find("micron:05-black").width == 0.45
    assert find("micron:01-black").width == 0.25
    assert find("v5:black").width == 0.3
    assert select("v5:black")[0].nominal == 0.5
    assert find("gellyroll:10-white").is_opaque
    assert select("posca:3m-black") == select("posca:3m-24")
    assert select("posca:3m-black")[0].label == "Uni Posca PC-3M 24 black"


def test_a_range_and_a_size_of_it():
    assert select("stabilo88") == ranges()["stabilo88"]
    assert {pen.size for pen in select("posca:3m")} == {"PC-3M"}
    assert len(select("posca:3m")) < len(select("posca"))


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("stabilo:46", "Did you mean 'stabilo88'"),
        ("stabilo88:466", "Did you mean '46'"),
        ("stabilo88:blak", "Did you mean 'black'"),
        ("stabilo88:", "unknown pen of stabilo88 ''"),
        ("", "unknown range of pens ''"),
        (":46", "unknown range of pens ''"),
        ("micron:99-black", "unknown pen of micron"),
    ],
)
def test_the_nearest_is_named(reference, says):
    with pytest.raises(InputError, match=says):
        select(reference)


@pytest.mark.parametrize("reference", ["stabilo88", "posca:3m"])
def test_what_names_several_pens_is_not_one(reference):
    with pytest.raises(InputError, match=f"names {len(select(reference))} pens"):
        find(reference)


@given(st.text(max_size=40))
def test_any_word_is_a_reference_or_one_clear_line(word):
    with contextlib.suppress(InputError):
        assert select(word)


@settings(max_examples=25)
@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_a_colour_finds_the_pens_nearest_to_it(ink):
    found = search(ink)
    far = differences([pen.colour for pen in found], ink)
    assert len(found) == NEAREST
    assert far == sorted(far)
    others = [pen.colour for pen in PENS if pen not in found]
    assert max(far) <= min(differences(others, ink)) + 1e-9


def test_a_search_by_colour_names_a_dozen():
    assert len(search("#c8102e")) == 12


@pytest.mark.parametrize("pen", PENS[::23], ids=lambda pen: pen.reference)
def test_a_search_finds_a_pen_by_each_of_its_words(pen):
    for words in (pen.reference, pen.label, pen.code, pen.name, pen.maker, pen.range):
        assert pen in search(words)


def test_words_narrow_a_search():
    assert {pen.key for pen in search("stabilo red")} == {"stabilo88"}
    assert all("red" in pen.name for pen in search("stabilo red"))
    assert {pen.name for pen in search("Payne's grey")} == {"Payne's grey"}
    assert [pen.reference for pen in search("88/46")] == ["stabilo88:46"]
    assert all(pen.key == "posca" and pen.size == "PC-3M" for pen in search("posca 3m #00ff00"))
    assert search("posca 3m #007f2f")[0].name == "green"


def test_a_colour_that_no_pen_is_called_after_is_looked_for_by_its_looks():
    assert not any("tomato" in pen.label for pen in PENS)
    assert search("tomato") == search(f"#{colour.NAMES['tomato']}")


@pytest.mark.parametrize("words", ["", "  ", "!!!", "/", "qqqq", "stabilo88 qqqq"])
def test_nothing_is_found(words):
    assert search(words) == []


def test_a_search_for_what_is_no_colour():
    with pytest.raises(InputError, match="neither"):
        search("#12")


def test_differences_are_none_between_equals_and_the_same_both_ways():
    inks = ["#c8102e", "#00131a", "#ffffff"]
    for one in inks:
        for other in inks:
            (far,) = differences([one], other)
            assert far == pytest.approx(differences([other], one)[0])
            assert (far < 1e-9) == (one == other)
    assert differences(["#ffffff"], "#000000")[0] == pytest.approx(100, abs=0.01)
    assert differences([], "#000000") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Light Blue", "light_blue"), ("Payne's grey", "payne-s-grey"), ("  VÉGÉ ", "végé")],
)
def test_a_name_is_typed_in_one_way(one, other):
    assert slug(one) == slug(other)


RANGE = """
maker = "Maker"
range = "Range"
nominal = 0.5
width = 0.4
opacity = "semi"
pens = [
  {code = "A1", name = "dark red", colour = "#800000"},
  {code = "blue", name = "blue", colour = "blue", sizes = ["1", "2"], opacity = "opaque"},
]
[sizes]
1 = {width = 0.3}
2 = {name = "PC-2", nominal = 1, from = {nominal = "other"}}
[origins]
one = {source = "one", confidence = "high"}
other = {source = "other", confidence = "low"}
[from]
name = "one"
nominal = "one"
width = "one"
colour = "one"
opacity = "one"
"""


def test_what_is_said_of_a_pen_wins_over_its_size_and_its_range():
    red, one, two = read_range("range", RANGE)
    assert [pen.reference for pen in (red, one, two)] == [
        "range:a1",
        "range:1-blue",
        "range:2-blue",
    ]
    assert [pen.label for pen in (red, one, two)] == [
        "Maker Range A1 dark red",
        "Maker Range 1 blue",
        "Maker Range PC-2 blue",
    ]
    assert [(pen.nominal, pen.width) for pen in (red, one, two)] == [
        (0.5, 0.4),
        (0.5, 0.3),
        (1, 0.4),
    ]
    assert [pen.opacity for pen in (red, one, two)] == ["semi", "opaque", "opaque"]
    assert [pen.origins["nominal"].source for pen in (red, one, two)] == ["one", "one", "other"]


def test_a_width_that_is_said_of_a_pen_is_that_of_all_its_sizes():
    said = 'opacity = "opaque"}'
    assert RANGE.count(said) == 1
    _, one, two = read_range("range", RANGE.replace(said, f"width = 0.7, {said}"))
    assert (one.width, two.width) == (0.7, 0.7)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("width = 0.4\n", "", "nothing is said of its width"),
        ('colour = "one"\n', "", "nothing is said of its colour"),
        ('colour = "one"\n', 'colour = "none"\n', "no origin 'none'"),
        ('"#800000"', '"?"', "is sold has a colour"),
        ('"#800000"', '"reddish"', "unknown colour"),
        ('sizes = ["1", "2"]', 'sizes = ["3"]', "no size '3'"),
        ('code = "A1"', 'code = "1-blue"', "two pens '1-blue'"),
        ('code = "A1"', 'code = "a 1"', "should match"),
        ('confidence = "high"', 'confidence = "sure"', "'high', 'medium' or 'low'"),
        ('opacity = "semi"', 'opacity = "matt"', "'transparent', 'semi' or 'opaque'"),
        ("width = 0.4", "width = nan", "finite"),
        ("width = 0.4", "width = 0", "greater than 0"),
        ("width = 0.4", "nib = 0.4", "Extra inputs"),
    ],
)
def test_a_range_file_with_a_mistake(old, new, says):
    assert old in RANGE
    with pytest.raises(ValueError, match=says):
        read_range("range", RANGE.replace(old, new, 1))


def test_the_catalogue_is_read_at_once_and_once():
    best = float("inf")
    for _ in range(3):
        catalogue.cache_clear()
        begun = time.process_time()
        catalogue()
        best = min(best, time.process_time() - begun)
    # 8 ms as it is shipped; the checker of types that the tests put around it takes the rest.
    assert best < 0.5
    assert catalogue() is catalogue()


def test_the_page_of_the_documentation_lists_the_ranges_as_they_are():
    page = (Path(__file__).parents[2] / "docs/pens.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \| (.+) \| (.+) \|$", page, re.M)
    expected = []
    for key, pens in ranges().items():
        widths = sorted({pen.width for pen in pens})
        lines = f"{widths[0]:g} to {widths[-1]:g}" if widths[1:] else f"{widths[0]:g}"
        inks = ", ".join(word for word in OPACITY if any(pen.opacity == word for pen in pens))
        name = f"{pens[0].maker} {pens[0].range}"
        expected.append((key, str(len(pens)), name, lines, inks))
    assert rows == expected


def test_pens_wait_for_no_torch():
    code = (
        "import sys, inkdream.cli.pens as swatches; swatches.list_ranges(); "
        "assert not {'torch', 'numba', 'shapely'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
