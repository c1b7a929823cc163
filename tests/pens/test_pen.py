import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens import LEARNED, Pen, PenSet, check_ink, check_pens
from inkdream.pens.pen import MOST_PENS, OPACITY, WIDEST, lightness

INK = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
WIDTH = st.floats(0.01, WIDEST)


@given(INK)
def test_a_colour_is_its_own_ink_however_it_is_written(ink):
    assert check_ink(ink) == check_ink(f"  {ink.upper()} ") == ink


def test_names_and_the_learned_ink():
    assert check_ink("Crimson") == "#dc143c"
    assert check_ink("#abc") == "#aabbcc"
    assert check_ink(" ? ") == LEARNED


@pytest.mark.parametrize("bad", ["", "blak", "#12", "#gggggg", "# 12345", 7, None, ["red"], True])
def test_what_is_no_ink(bad):
    with pytest.raises(ValueError, match=r"colour"):
        check_ink(bad)


@given(ink=INK, width=WIDTH, opacity=st.floats(0, 1))
def test_a_pen_comes_back_from_its_own_dump(ink, width, opacity):
    pen = Pen(name="mine", colour=ink, width=width, opacity=opacity)
    assert Pen.model_validate(pen.model_dump()) == pen
    assert pen.is_opaque == (opacity >= 0.5)


def test_a_pen_is_named_after_its_colour():
    assert Pen(colour=" Crimson ", width=0.4).name == "Crimson"
    assert Pen(colour="?", width=0.4).name == LEARNED


@given(INK)
def test_only_whitish_ink_is_taken_for_opaque(ink):
    assert Pen(colour=ink, width=0.4).is_opaque == (min(colour.parse(ink)) >= 240)
    assert not Pen(colour=ink, width=0.4, opacity="transparent").is_opaque


@pytest.mark.parametrize("word", OPACITY)
def test_opacity_as_a_word(word):
    assert Pen(colour="red", width=0.4, opacity=word).opacity == OPACITY[word]


@pytest.mark.parametrize(
    "said",
    [
        {"colour": "red"},
        {"width": 0.4},
        {"colour": "red", "width": 0},
        {"colour": "red", "width": -0.4},
        {"colour": "red", "width": float("nan")},
        {"colour": "red", "width": float("inf")},
        {"colour": "red", "width": WIDEST + 1},
        {"colour": "red", "width": 10**400},
        {"colour": "red", "width": 0.4, "opacity": 1.1},
        {"colour": "red", "width": 0.4, "opacity": -0.1},
        {"colour": "red", "width": 0.4, "opacity": "matt"},
        {"colour": "red", "width": 0.4, "name": ""},
        {"colour": "red", "width": 0.4, "name": "  "},
        {"colour": "red", "width": 0.4, "name": "a\nb"},
        {"colour": "red", "width": 0.4, "name": "x" * 81},
        {"colour": "red", "width": 0.4, "nib": 2},
        "red",
        7,
    ],
)
def test_what_is_no_pen(said):
    with pytest.raises(ValidationError):
        Pen.model_validate(said)


def test_a_pen_cannot_be_changed():
    with pytest.raises(ValidationError):
        Pen(colour="red", width=0.4).width = 0.5


@given(st.lists(st.tuples(INK, st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=8))
def test_the_order_is_light_before_dark_and_opaque_last(inks):
    pens = [
        Pen(name=str(index), colour=ink, width=0.4, opacity=opacity)
        for index, (ink, opacity) in enumerate(inks)
    ]
    ordered = PenSet.of(pens).pens
    assert sorted(pen.name for pen in ordered) == sorted(pen.name for pen in pens)
    for one, other in itertools.pairwise(ordered):
        assert one.is_opaque <= other.is_opaque
        if one.is_opaque == other.is_opaque:
            assert lightness(one.colour) >= lightness(other.colour)


def test_pens_to_be_learned_keep_their_places():
    pens = [Pen(name=name, colour="?", width=0.4) for name in "cab"]
    assert [pen.name for pen in PenSet.of(pens)] == ["c", "a", "b"]


def test_a_set_is_counted_gone_through_and_knows_its_paper():
    pens = PenSet.of([Pen(colour="red", width=0.4), Pen(colour="blue", width=0.4)], "ivory")
    assert len(pens) == len(list(pens)) == 2
    assert pens.paper == "#fffff0"
    with pytest.raises(InputError, match="unknown colour"):
        PenSet.of(pens, "papyrus")


def test_lightness_goes_from_black_to_white():
    assert lightness("#000000") == pytest.approx(0, abs=1e-6)
    assert lightness("#ffffff") == pytest.approx(1, abs=1e-6)
    assert 0 < lightness("#c8102e") < lightness("#fad200") < 1


@pytest.mark.parametrize("most", [1, 5, MOST_PENS, 200])
def test_as_many_pens_as_asked_for_and_no_more(most):
    pens = [Pen(name=str(number), colour="red", width=0.4) for number in range(most + 1)]
    check_pens(pens[:most], most)
    for bad in (pens, []):
        with pytest.raises(InputError, match=f"1 to {most}"):
            check_pens(bad, most)


def test_a_drawing_takes_64_pens_unless_told():
    pens = [Pen(name=str(number), colour="red", width=0.4) for number in range(MOST_PENS + 1)]
    with pytest.raises(InputError, match="65 pens"):
        PenSet.of(pens)


def test_a_name_given_twice():
    with pytest.raises(InputError, match="'red' is given twice"):
        check_pens([Pen(colour="red", width=0.4), Pen(colour="red", width=0.5)])
