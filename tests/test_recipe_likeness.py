"""What is only to be like a picture begins from it."""

import pytest

from inkdream.recipe import assemble, validate
from inkdream.recipe.defaults import LIKE_STROKES, fill_in_likeness
from tests.toys import small

LIKE = {"kind": "like", "picture": "photo.jpg"}


def origin_of(*terms, **said):
    return small(terms=list(terms), **said).origin


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
def test_the_first_picture_to_be_like_is_the_origin(medium):
    assert origin_of(LIKE, medium=medium) == "photo.jpg"
    assert origin_of(LIKE, {**LIKE, "picture": "b.jpg"}, medium=medium) == "photo.jpg"
    assert origin_of({"kind": "smooth"}, LIKE, medium=medium) == "photo.jpg"


def test_what_is_said_of_an_origin_stays():
    assert origin_of(LIKE, origin="") == ""
    assert origin_of(LIKE, origin="other.svg") == "other.svg"
    made = small(terms=[LIKE])
    assert validate(made.model_dump()) == made
    assert assemble(None, {"terms": [LIKE]}, ["origin="]).origin == ""


@pytest.mark.parametrize("more", [{"weight": -1.0}, {"turn": 180}, {"where": "mask.png"}])
def test_a_picture_to_be_avoided_or_in_a_part_of_the_page_is_none(more):
    assert origin_of({**LIKE, **more}) == ""


def test_other_terms_find_their_own_beginning():
    assert origin_of(LIKE, {"target": "loom/conv2_1/3"}) == ""
    assert origin_of({"target": "loom/conv2_1/3"}) == ""


@pytest.mark.parametrize("said", [{}, {"terms": 3}, {"terms": []}, {"terms": ["like"]}])
def test_what_is_no_table_is_left_for_others_to_refuse(said):
    assert fill_in_likeness(said) == said


def test_strokes_that_are_only_to_be_like_a_picture_prefer_what_serves_tones():
    made, said = small(terms=[LIKE], medium="strokes"), LIKE_STROKES["strokes"]
    assert {key: getattr(made.strokes, key) for key in said} == said
    assert made.softness.strict_from == LIKE_STROKES["softness"]["strict_from"]
    assert validate(made.model_dump()) == made


def test_what_is_said_of_strokes_that_are_to_be_like_a_picture_stays():
    made = small(terms=[LIKE], medium="strokes", strokes={"spans": 3, "ink": 0.0}, origin="a.svg")
    assert (made.strokes.spans, made.strokes.ink) == (3, 0.0)
    assert made.strokes.length == LIKE_STROKES["strokes"]["length"]


@pytest.mark.parametrize("terms", [[LIKE, {"target": "loom/conv2_1/3"}], [{"kind": "smooth"}]])
def test_strokes_for_anything_else_keep_their_own_preferences(terms):
    usual = small(medium="strokes")
    made = small(terms=terms, medium="strokes")
    assert (made.strokes, made.softness) == (usual.strokes, usual.softness)
