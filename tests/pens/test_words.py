import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, parse_pens
from inkdream.pens.catalogue import catalogue, find, ranges, select
from inkdream.pens.pen import MOST_PENS, OPACITY, WIDEST

MINE = """
[[pens]]
name = "Gold"
colour = "#b8963f"
width = 0.6
opacity = "opaque"

[[pens]]
ref = "stabilo88:46"
colour = "#111111"
width = 0.38

[[pens]]
ref = "stabilo88:40"
name = "worn red"
"""


def one(words, **others):
    (pen,) = parse_pens(words, **others)
    return pen


@pytest.fixture
def mine(write):
    return write(MINE, "settings/inkdream/pens.toml")


@given(
    ink=st.one_of(
        st.integers(0, 0xFFFFFF).map("#{:06x}".format), st.sampled_from(sorted(colour.NAMES))
    ),
    width=st.floats(0.01, WIDEST),
    opacity=st.one_of(st.sampled_from(sorted(OPACITY)), st.floats(0, 1)),
)
def test_a_pen_is_read_as_it_is_written(ink, width, opacity):
    pen = one(f" {ink} : {width}mm : {opacity} ")
    assert pen == Pen(name=ink, colour=ink, width=width, opacity=opacity)
    assert one(f"{ink}:{width}:{opacity}") == pen


def test_a_width_can_be_left_out():
    assert one("black").width == USUAL_WIDTH
    assert one("black", width=0.7).width == 0.7
    assert one("black:0.2", width=0.7).width == 0.2


def test_white_is_opaque_unless_told():
    assert one("white:0.8").opacity == 1
    assert one("white:0.8:transparent").opacity == 0


def test_pens_to_be_learned_are_told_apart():
    pens = parse_pens("?,black,?:0.3,?")
    assert [pen.name for pen in pens] == ["?", "black", "?2", "?3"]
    assert [pen.colour == LEARNED for pen in pens] == [True, False, True, True]
    assert [pen.width for pen in pens] == [0.4, 0.4, 0.3, 0.4]


@pytest.mark.parametrize("pen", catalogue()[::31], ids=lambda pen: pen.reference)
def test_a_reference_is_a_pen_of_the_catalogue(pen):
    assert one(pen.reference) == pen.pen
    assert one(pen.reference, width=0.123) == pen.pen
    other = one(f"{pen.reference}:0.77:0.25")
    assert other == pen.pen.model_copy(update={"width": 0.77, "opacity": 0.25})


def test_ranges_sizes_and_colours_mix():
    pens = parse_pens("v5, micron:03, gellyroll:m551, crimson:0.4")
    expected = [pen.pen for pen in (*select("v5"), *select("micron:03"))]
    assert list(pens) == [*expected, find("gellyroll:m551"), Pen(colour="crimson", width=0.4)]
    assert {pen.width for pen in parse_pens("micron:05:0.5")} == {0.5}


def test_ones_own_pens(mine):
    gold, black, red = parse_pens("mine")
    assert gold == Pen(name="Gold", colour="#b8963f", width=0.6, opacity=1)
    assert (black.colour, black.width) == ("#111111", 0.38)
    assert black.name == find("stabilo88:46").name
    assert red == find("stabilo88:40").model_copy(update={"name": "worn red"})
    assert one("mine:gold") == one("MINE:Gold") == gold
    assert one("mine:stabilo88-46") == black
    assert one("mine:worn red") == one("mine:worn-red") == one("mine:stabilo88-40") == red
    assert one("mine:gold:0.9:0.5") == gold.model_copy(update={"width": 0.9, "opacity": 0.5})


def test_of_own_pens_that_share_a_word_the_first_is_meant(write):
    said = (("Worn Red", "#c81010"), ("worn-red", "#a01010"))
    text = "".join(
        f'[[pens]]\nname = "{name}"\ncolour = "{ink}"\nwidth = 1\n' for name, ink in said
    )
    assert one("mine:worn-red", own=write(text)).name == "Worn Red"


def test_ones_own_values_win_over_the_catalogues(mine):
    assert one("stabilo88:46").colour == "#111111"
    assert one("stabilo88:black:0.5").colour == "#111111"
    assert one("stabilo88:41") == find("stabilo88:41")
    pens = {pen.name: pen for pen in parse_pens("stabilo88")}
    assert len(pens) == len(ranges()["stabilo88"])
    assert pens[find("stabilo88:46").name].width == 0.38
    assert "worn red" in pens


def test_a_file_given_takes_the_place_of_ones_own(mine, write):
    other = write('[[pens]]\nname = "tin"\ncolour = "silver"\nwidth = 1\n', "other.toml")
    assert [pen.name for pen in parse_pens("mine", own=other)] == ["tin"]
    assert one("stabilo88:46", own=other) == find("stabilo88:46")
    with pytest.raises(InputError, match="Did you mean 'tin'"):
        parse_pens("mine:ti", own=other)


@pytest.mark.parametrize("name", ["box.toml", "pens, old.toml"])
def test_a_pen_file_among_the_words(write, name):
    path = write(MINE, name)
    assert [pen.name for pen in parse_pens(str(path))][::2] == ["Gold", "worn red"]


def test_a_pen_file_between_other_pens(write):
    pens = parse_pens(f"black,{write(MINE)},blue:0.2")
    assert [pen.name for pen in pens][::2] == ["black", find("stabilo88:46").name, "blue"]


def test_a_bad_file_of_ones_own_harms_only_who_asks_for_it(settings, write):
    write("[[pens]]\nnib = 2\n", "settings/inkdream/pens.toml")
    assert one("black:0.4").width == 0.4
    for words in ("mine", "stabilo88:46"):
        with pytest.raises(InputError, match=r"pens\.toml: pen 1"):
            parse_pens(words)


def test_no_pens_of_ones_own():
    with pytest.raises(InputError, match="you have no pen file"):
        parse_pens("mine:gold")
    assert one("stabilo88:46") == find("stabilo88:46")


def test_more_pens_when_there_are_more_to_pick_from():
    words = ",".join(["posca:3m", "posca:1mc"])
    many = len(select("posca:3m")) + len(select("posca:1mc"))
    assert many > MOST_PENS
    with pytest.raises(InputError, match=f"{many} pens; there can be 1 to {MOST_PENS}"):
        parse_pens(words)
    assert len(parse_pens(words, most=200)) == many


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "write colour:width"),
        ("black,,red", "write colour:width"),
        (":0.4", "write colour:width"),
        ("black:", "with a width in mm"),
        ("red::0.3", "with a width in mm"),
        ("red:0.3:opaque:7", "with a width in mm"),
        ("stabilo88:46:", "with a width in mm"),
        ("stabilo88:46:0.4:semi:1", "with a width in mm"),
        ("black:wide", "'wide' is no width"),
        ("black:nan", "finite"),
        ("black:inf", "finite"),
        ("black:0", "above 0"),
        ("black:-1", "above 0"),
        ("black:51", "at most 50"),
        ("black:0.4:matt", "'matt' is no opacity"),
        ("black:0.4:2", "at most 1"),
        ("#12", "neither '#rgb' nor '#rrggbb'"),
        ("blak:0.4", "Did you mean 'black'"),
        ("stabilo:46", "Did you mean 'stabilo88'"),
        ("stabilo88-46", "Did you mean 'stabilo88:46'"),
        ("mines", "Did you mean 'mine'"),
        ("stabilo88:466", "Did you mean '46'"),
        ("red,red:0.5", "'red' is given twice"),
        ("stabilo88,stabilo88:46", "46 black' is given twice"),
        ("nowhere.toml", "nowhere.toml: cannot be read"),
        ("\0.toml", "embedded null"),
    ],
)
def test_what_are_no_pens(words, says):
    with pytest.raises(InputError, match=says):
        parse_pens(words)


def test_the_page_of_the_documentation_says_what_works(write):
    page = (Path(__file__).parents[2] / "docs/pens.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    box = write(text, "box.toml")
    shown = re.findall(r"^--pens (.+)$", page, re.M)
    assert len(shown) == 5
    for words in shown:
        assert parse_pens(words.replace("box.toml", str(box)), own=box)


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["black", "stabilo88", "46", "?", ":", ",", "0.4", "#", "mine", ".toml"])
    ).map("".join)
)
def test_any_words_are_pens_or_one_clear_line(words):
    try:
        pens = parse_pens(words)
    except InputError:
        pass
    else:
        assert 1 <= len({pen.name for pen in pens}) == len(pens) <= MOST_PENS
