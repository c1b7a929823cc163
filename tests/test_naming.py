"""Folders and titles say what was asked for beyond the defaults."""

import re

import pytest

from inkdream.recipe import folder_name, title_of, validate

NEURON = {"target": "loom/conv4_1/17"}


def test_what_is_nowhere_asked_for_is_in_no_name():
    assert folder_name(validate({})) == "loom-conv4_1-17-4inks-seed0"
    assert folder_name(validate({"medium": "strokes"})) == "loom-conv4_1-17-400strokes-4pens-seed0"
    assert title_of(validate({})) == "loom/conv4_1/17"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"terms": [NEURON, {"kind": "style", "picture": "art/wave.jpg"}]}, "style-wave"),
        ({"terms": [{"kind": "text", "words": "a heron"}]}, "text-a-heron"),
        ({"terms": [NEURON, {"target": "loom/class/fish", "weight": -1}]}, "no-loom-class-fish"),
        ({"symmetry": "turn-5"}, "turn-5"),
        ({"medium": "strokes", "pens": "black,crimson"}, "black-crimson"),
        ({"pens": "black,red,blue", "pick": 2, "inks": ["#ffffff", "?", "?"]}, "2of3pens"),
        ({"origin": "photos/me and you.jpg"}, "from-me-and-you"),
        ({"page": "a4 landscape"}, "a4-landscape"),
        ({"page": "300x200mm"}, "300x200mm"),
        ({"width": 384}, "384x256px"),
        ({"paper": "#fff8e0"}, "-paper"),
        ({"bare": "m/hole.png"}, "bare-hole"),
        ({"plot": {"budget": "20min"}}, "20min"),
        ({"steps": 90}, "90steps"),
        ({"seed": 7}, "-seed7"),
    ],
)
def test_what_is_asked_for_is_in_the_folder_s_name(said, word):
    assert word in folder_name(validate(said))


def test_what_follows_from_the_page_is_not_said_beside_it():
    assert "px" not in folder_name(validate({"page": "200x300mm"}))
    assert "px" in folder_name(validate({"page": "200x300mm", "width": 90}))


def test_of_a_long_target_the_channel_stays_in_the_name():
    layers = ["named_outputs/output.embedding", "efficientnet_b0/block_5_0", "n/" + "l" * 90]
    for layer in layers:
        first = folder_name(validate({"terms": [{"target": f"{layer}/217"}]}))
        assert "-217-" in first
        second = folder_name(validate({"terms": [NEURON, {"target": f"{layer}/217"}]}))
        assert "-217-" in second


def test_two_runs_that_differ_have_different_names():
    said = [{}, {"symmetry": "mirror"}, {"origin": "a.png"}, {"page": "a4"}, {"seed": 1}]
    assert len({folder_name(validate(each)) for each in said}) == len(said)


def test_a_name_is_never_longer_than_sixty_letters_and_keeps_its_seed():
    pens = [{"name": f"pen {n} of a long name", "colour": "black", "width": 1} for n in range(3)]
    recipe = validate(
        {
            "medium": "strokes",
            "pens": pens,
            "terms": [{"kind": "style", "picture": "x" * 200 + ".png"}, *([NEURON] * 20)],
            "symmetry": "turn-12",
            "origin": "y" * 100 + ".png",
            "page": "123.45x678.9mm",
            "seed": 2**63 - 1,
            "variations": 64,
            "variation": 1,
        }
    )
    # A number may stand behind the name of a run that is made again.
    assert len(f"{folder_name(recipe)}-99") <= 60
    assert folder_name(recipe).endswith(f"-seed{2**63 - 1}-v1")
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", folder_name(recipe))


def test_the_title_says_what_the_drawing_shows():
    recipe = validate(
        {
            "terms": [NEURON, {"kind": "style", "picture": "art/wave.jpg", "weight": 3}],
            "symmetry": "mirror",
            "origin": "photo.jpg",
        }
    )
    assert (
        title_of(recipe) == "loom/conv4_1/17, style of wave.jpg:3, symmetry mirror, from photo.jpg"
    )


def test_the_term_that_a_series_adds_is_in_no_name():
    first = validate({"variations": 3, "terms": [NEURON]})
    unlike = {"kind": "unlike", "target": "loom/conv4_1", "pictures": ["a.png"]}
    second = validate({"variations": 3, "variation": 2, "seed": 1, "terms": [NEURON, unlike]})
    assert folder_name(second) == folder_name(first).replace("seed0-v1", "seed1-v2")
    assert title_of(second) == "loom/conv4_1/17, variation 2 of 3"
