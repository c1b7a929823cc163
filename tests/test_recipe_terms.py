"""The words for terms, networks and shares of ink: any text is understood, or refused in a line."""

import contextlib
import tomllib
from importlib import import_module
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inkdream.errors import InputError
from inkdream.networks.lookup import parse_source
from inkdream.recipe import (
    NetworkRecipe,
    TermRecipe,
    assemble,
    split_networks,
    split_shares,
    split_weight,
    validate,
)
from inkdream.recipe.terms import KINDS

# What each kind must have, and what it may have, as recipes are written since 0.1.0.
KEYS_OF: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "neuron": (("target",), ()),
    "spike": (("target",), ()),
    "direction": (("target",), ()),
    "checkerboard": (("target",), ("square",)),
    "unlike": (("target", "pictures"), ()),
    "style": (("picture",), ("layers",)),
    "texture": (("picture",), ("layers",)),
    "content": (("picture",), ("layers",)),
    "like": (("picture",), ("edges", "importance")),
    "text": (("words",), ("model",)),
    "smooth": ((), ()),
}
COMMON = ("kind", "weight", "turn", "where")
# A value for each key that only some kinds take.
SOME: dict[str, Any] = {
    "target": "loom/conv4_1/17",
    "picture": "waves.png",
    "pictures": ["one.png", "two.png"],
    "words": "a heron in the reeds",
    "layers": ["loom/conv1_1", "loom/conv2_1"],
    "edges": 0.5,
    "importance": "mask.png",
    "square": 16,
    "model": "some/model",
}
# Text as people type it, and as nobody does.
WORDS = st.text(max_size=30) | st.text(alphabet="ab/:=.,-+*0123456789einfa ?#~", max_size=20)
TURNS = settings(max_examples=300, deadline=None)


def needed(kind: str) -> dict[str, Any]:
    return {"kind": kind, **{key: SOME[key] for key in KEYS_OF[kind][0]}}


@pytest.mark.parametrize("kind", KEYS_OF)
def test_a_kind_takes_what_it_needs_and_what_it_may_have(kind):
    keys, others = KEYS_OF[kind]
    for key in others:
        made = TermRecipe.model_validate({**needed(kind), key: SOME[key]})
        value = getattr(made, key)
        assert (list(value) if isinstance(value, tuple) else value) == SOME[key]
    made = TermRecipe.model_validate(
        {**needed(kind), "weight": -2.5, "turn": 90, "where": "mask.png"}
    )
    assert (made.weight, made.turn, made.where) == (-2.5, 90, "mask.png")
    assert set(made.model_dump()) == {*COMMON, *keys, *others}


@pytest.mark.parametrize("kind", KEYS_OF)
def test_a_kind_says_what_it_lacks(kind):
    for key in KEYS_OF[kind][0]:
        table = needed(kind)
        del table[key]
        with pytest.raises(ValidationError, match=f"{key} is missing; a term of kind {kind}"):
            TermRecipe.model_validate(table)


@pytest.mark.parametrize("kind", KEYS_OF)
def test_a_kind_refuses_what_means_nothing_for_it(kind):
    for key in SOME.keys() - {*KEYS_OF[kind][0], *KEYS_OF[kind][1]}:
        with pytest.raises(ValidationError, match=f"{kind}: takes no {key}; it takes kind"):
            TermRecipe.model_validate({**needed(kind), key: SOME[key]})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TermRecipe.model_validate({**needed(kind), "colour": "red"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "stile"}, "unknown kind of term 'stile'. Did you mean 'style'?"),
        ({"kind": 3}, "kind = 3"),
        ({"kind": None}, "kind"),
        ({"turn": 45}, "turn = 45"),
        ({"weight": float("inf")}, "weight = inf"),
        ({"weight": "much"}, "weight = much"),
        ({"target": 3}, "target = 3"),
        ({"where": ["a"]}, "where"),
        ({"kind": "like", "target": "", "picture": "a", "edges": -1}, "takes no target"),
    ],
)
def test_terms_that_cannot_be(change, said):
    with pytest.raises(InputError) as error:
        validate({"terms": [{"target": "loom/conv4_1/17", **change}]})
    assert said in str(error.value)
    assert "terms.0" in str(error.value)


@pytest.mark.parametrize("kind", KEYS_OF)
def test_every_kind_survives_its_own_file(kind):
    table = {key: SOME[key] for key in (*KEYS_OF[kind][0], *KEYS_OF[kind][1])}
    recipe = validate({"terms": [{"kind": kind, **table, "weight": -0.5, "turn": 180}]})
    again = validate(tomllib.loads(recipe.to_toml()))
    assert again == recipe
    assert again.terms[0].name == recipe.terms[0].name
    if kind != "neuron":
        assert recipe.terms[0].name.startswith(kind)


def test_every_kind_is_known_and_has_what_makes_its_term():
    assert list(KINDS) == list(KEYS_OF)
    for kind, table in KINDS.items():
        module, _, name = table.factory.partition(":")
        assert callable(getattr(import_module(f"inkdream.objectives.{module}"), name))
        made = TermRecipe(**needed(kind))
        assert type(made) is table
        assert made == TermRecipe.model_validate(needed(kind))


def test_names_say_what_terms_are():
    names = {
        TermRecipe.model_validate({**needed(kind), **more}).name
        for kind in KINDS
        for more in ({}, {"turn": 180}, {"where": "mask.png"}, {"turn": 90, "where": "mask.png"})
    }
    # Terms that differ are told apart in events and certificates.
    assert len(names) == 4 * len(KINDS)


@TURNS
@given(WORDS, st.sampled_from(["target", "picture", "words"]), st.sampled_from([None, -1.0, 2.0]))
@example("a:b:0.5", "picture", None)
@example("loom/conv4_1/17:", "target", None)
@example(":1", "target", None)
@example("C:\\photo.jpg", "picture", -1.0)
@example("x:nan", "words", None)
@example("x:1e999", "target", 2.0)
def test_any_word_for_a_term_is_understood_or_refused(word, key, weight):
    more = {} if weight is None else {"weight": weight}
    try:
        table = split_weight(word, key, **more)
    except InputError:
        return
    assert word.strip().startswith(table[key])
    if ":" not in word:
        assert table[key] == word.strip()
        assert table.get("weight", 1.0) == (weight or 1.0)
    kind = {"target": "neuron", "picture": "like", "words": "text"}[key]
    try:
        recipe = validate({"terms": [{"kind": kind, **table}]})
    except InputError:
        return
    assert validate(tomllib.loads(recipe.to_toml())) == recipe


@TURNS
@given(st.lists(WORDS, max_size=3), WORDS)
@example([], "w.safetensors")
@example(["a=b", "c"], "w.safetensors")
@example([".pt2"], "")
@example(["="], "")
def test_any_words_for_networks_are_understood_or_refused(words, weights):
    try:
        tables = split_networks(words, {"weights": weights} if weights else {})
        recipe = assemble(None, {"networks": tables}, [])
    except InputError:
        return
    assert len(recipe.networks) == len(words)
    assert validate(tomllib.loads(recipe.to_toml())) == recipe


@pytest.mark.parametrize(
    ("word", "name", "source"),
    [
        ("nets/mine.pt2", "mine", "nets/mine.pt2"),
        ("package.module:function", "function", "package.module:function"),
        ("own=nets/mine.pt2", "own", "nets/mine.pt2"),
        ("own=a:b=c", "own", "a:b=c"),
    ],
)
def test_networks_by_their_sources(word, name, source):
    assert split_networks([word]) == [{"name": name, "source": source}]
    assert split_networks([word], {"weights": "w"}) == [
        {"name": name, "source": source, "weights": "w"}
    ]


def test_weights_are_for_one_network():
    with pytest.raises(InputError, match="--weights: there are several networks"):
        split_networks(["a:b", "c:d"], {"weights": "w"})
    with pytest.raises(InputError, match="--weights: there is no network"):
        split_networks([], {"weights": "w"})


@TURNS
@given(WORDS)
def test_any_word_for_a_source_is_understood_or_refused(word):
    try:
        found = parse_source(word)
    except InputError:
        return
    assert (found is not None) == (word.endswith(".pt2") or ":" in word)


@TURNS
@given(WORDS)
@example("black:0.2,red:0.05")
@example("black:nan")
@example("a:b:0.5")
def test_any_words_for_shares_are_understood_or_refused(words):
    try:
        shares = split_shares(words)
        recipe = validate({"ink_budget": shares})
    except InputError:
        return
    assert dict(recipe.ink_budget) == shares
    assert validate(tomllib.loads(recipe.to_toml())) == recipe


def test_shares_by_hand():
    assert split_shares("black:0.2, stabilo88:46:0.05") == {"black": 0.2, "stabilo88:46": 0.05}
    for words in ("black", "", ":0.5", "black:much", "black:0.2,", "black:0.2,black:0.3"):
        with pytest.raises(InputError, match=r"write a name and a share|has two shares"):
            split_shares(words)


KEYS = st.sampled_from([*SOME, *COMMON, "colour"]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=5,
)


@TURNS
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from(list(KINDS)) | VALUES)
@example({"layers": 1}, "neuron")
def test_any_table_is_a_term_or_refused_in_one_line(table, kind):
    said = {"terms": [{**table, "kind": kind}]}
    try:
        made = TermRecipe.model_validate(said["terms"][0])
    except (ValidationError, InputError):
        with pytest.raises(InputError):
            validate(said)
        return
    assert TermRecipe.model_validate(made.model_dump()) == made
    assert "\n" not in made.name


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_any_table_is_a_network_or_refused_in_one_line(value):
    for said in ({"networks": value}, {"networks": [value]}, {"terms": value}, {"terms": [value]}):
        with contextlib.suppress(InputError):
            assemble(None, said, [])


def test_numbers_by_which_pictures_are_normalised():
    made = NetworkRecipe(name="n", source="a:b", mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.2, 0.1))
    assert NetworkRecipe.model_validate(made.model_dump()) == made
