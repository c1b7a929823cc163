"""Words: the score by hand, its gradient, and drawings that come nearer to their description."""

import json
import os
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from inkdream.errors import InputError
from inkdream.objectives import scoring
from inkdream.objectives.words import Text
from inkdream.recipe import assemble, validate
from inkdream.recipe.defaults import TEXT_VIEWS
from inkdream.run import Run
from inkdream.wording import how_to_install
from tests.networks.tiny_clip import SPACE, TOKENS, tiny_clip
from tests.objectives.made import STROKES, gain, half, seen
from tests.running import climbed, gone_on, refused, same_result, says, stopped
from tests.toys import chance, small

LAYER = "clip/picture"
VIEWS = {"count": 2, "jitter": 2}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return two models' folders."""
    parent = tmp_path_factory.mktemp("models")
    return [str(tiny_clip(parent / name, seed)) for seed, name in enumerate(("one", "two"))]


@pytest.fixture(scope="module")
def model(models):
    return models[0]


def text(model, words="a heron", **said):
    return {"kind": "text", "words": words, "model": model, **said}


def embeddings(views=3, seed=0):
    made = torch.randn(views, SPACE, 1, 1, generator=chance(seed), dtype=torch.float64)
    return F.normalize(made, dim=1).requires_grad_()


def term(**said):
    (towards,) = embeddings(1, seed=5).detach().flatten(1)
    return Text(name="words", layer=LAYER, embedding=towards, **said)


# The score


def test_the_score_is_the_mean_cosine():
    values = embeddings()
    goal = term()
    assert goal.layers == (LAYER,)
    expected = F.cosine_similarity(values[:, :, 0, 0], goal.embedding[None]).mean()
    assert goal.score(seen({LAYER: values})).item() == pytest.approx(expected.item())
    there = goal.embedding[None, :, None, None].expand(4, -1, 1, 1)
    assert goal.score(seen({LAYER: there})).item() == pytest.approx(1)
    assert goal.score(seen({LAYER: -there})).item() == pytest.approx(-1)


def test_the_gradient_matches_central_differences():
    goal = term()
    assert torch.autograd.gradcheck(lambda a: goal.score(seen({LAYER: a})), (embeddings(),))


def test_views_count_by_how_much_of_the_region_they_see():
    values = embeddings(2)
    masks = torch.zeros(2, 1, 6, 6, dtype=torch.float64)
    masks[0] = 1.0
    first = term().score(seen({LAYER: values[:1]}))
    assert term().score(seen({LAYER: values}, masks)).item() == pytest.approx(first.item())


# From the recipe


def test_words_become_a_term_beside_others(model):
    tables = [text(model, weight=2.0), text(model, "scribbles", weight=-1.0)]
    recipe = small(terms=[*tables, {"target": "loom/conv2_1/3"}], views=VIEWS)
    known = scoring.networks(recipe)
    assert list(known) == ["clip", "loom"]
    first, second, _ = scoring.objective(recipe, known).terms
    assert isinstance(first, Text)
    assert (first.name, first.weight, first.scale) == ("text a heron", 2.0, 0.1)
    assert (second.name, second.weight) == ("text scribbles", -1.0)
    assert torch.equal(first.embedding, known["clip"].embed("a heron"))
    assert not torch.equal(first.embedding, second.embedding)


def test_two_models_are_two_networks(models):
    tables = [text(models[0]), text(models[1], "a reed"), text(models[0], "a pond")]
    recipe = small(terms=tables, views=VIEWS)
    known = scoring.networks(recipe)
    assert list(known) == ["clip", "clip-2"]
    assert known["clip"].digest != known["clip-2"].digest
    layers = [term.layers[0] for term in scoring.objective(recipe, known).terms]
    assert layers == ["clip/picture", "clip-2/picture", "clip/picture"]


def test_a_block_of_the_words_network_can_be_excited(model):
    recipe = small(terms=[text(model), {"target": "clip/block_1/5"}], views=VIEWS)
    known = scoring.networks(recipe)
    assert list(known) == ["clip"]
    assert scoring.objective(recipe, known).terms[1].layers == ("clip/block_1",)


def test_words_ask_for_many_views_and_other_terms_do_not():
    table = {"terms": [{"kind": "text", "words": "a heron"}]}
    made = validate(table)
    assert made.views.count == 8
    for key, value in TEXT_VIEWS.items():
        assert getattr(made.views, key) == value
    mine = validate({**table, "views": {"count": 3}}).views
    assert (mine.count, mine.size) == (3, TEXT_VIEWS["size"])
    assert validate(made.model_dump()) == made
    assert validate({}).views.count == 1
    assert validate({**table, "medium": "strokes"}).views.count == 8


def test_a_models_folder_is_named_from_the_recipes_place(model, tmp_path, monkeypatch):
    file = tmp_path / "recipe.toml"
    relative = os.path.relpath(model, tmp_path)
    file.write_text(f'[[terms]]\nkind = "text"\nwords = "a heron"\nmodel = "{relative}"\n')
    monkeypatch.chdir("/")
    assert Path(assemble(file, {}, []).terms[0].model).samefile(model)
    file.write_text('[[terms]]\nkind = "text"\nwords = "a heron"\nmodel = "somebody/clip"\n')
    assert assemble(file, {}, []).terms[0].model == "somebody/clip"


@pytest.mark.parametrize("words", ["...", "a " * TOKENS, "  ,  "])
def test_words_that_cannot_be_are_refused_in_one_line(model, words):
    recipe = small(terms=[{"target": "loom/conv2_1/3"}, text(model, words)], views=VIEWS)
    with pytest.raises(InputError, match=r"^terms\.1: words "):
        scoring.objective(recipe, scoring.networks(recipe))


def test_a_network_of_ones_own_is_not_taken_for_the_words(model):
    own = [{"name": "clip", "source": "mine:make"}]
    with pytest.raises(InputError, match="clip is the network for words"):
        scoring.networks(small(terms=[text(model)], networks=own, views=VIEWS))


# Climbs


@pytest.mark.parametrize("medium", [{}, STROKES], ids=["pixels", "strokes"])
def test_the_score_rises(model, medium):
    assert gain(text(model), views=VIEWS, **medium) > 0


@pytest.mark.parametrize("medium", [{}, STROKES], ids=["pixels", "strokes"])
def test_words_to_avoid_fall(model, medium):
    """The total rises; with a negative weight alone in it, the cosine falls."""
    assert gain(text(model, weight=-1.0), views=VIEWS, **medium) > 0


def test_what_is_outside_a_mask_is_left_alone(model, tmp_path):
    recipe = small(terms=[text(model, where=half(tmp_path / "half.png"))], views=VIEWS)
    known = scoring.networks(recipe)
    goal = scoring.objective(recipe, known)
    image = torch.rand(3, *recipe.size, generator=chance()).requires_grad_()
    found = goal.look(known, image, lambda picture: picture[None])
    (slope,) = torch.autograd.grad(goal.total(goal.scores(found)), image)
    assert (slope[:, :, : recipe.size[1] // 2 - 1] != 0).any()
    assert (slope[:, :, recipe.size[1] // 2 + 1 :] == 0).all()


@pytest.mark.parametrize("medium", [{}, STROKES], ids=["pixels", "strokes"])
def test_a_stopped_run_ends_bit_identically(model, tmp_path, medium):
    recipe = small(terms=[text(model), text(model, "dots", weight=-1)], views=VIEWS, **medium)
    whole = climbed(Run.create(recipe, tmp_path))
    assert same_result(whole, gone_on(stopped(recipe, tmp_path, 5).folder, 5))


# The command line


def test_flags_draw_words(model, tmp_path, capsys):
    file = tmp_path / "words.toml"
    terms = "".join(
        f'[[terms]]\nkind = "text"\nwords = "{words}"\nmodel = "{model}"\nweight = {weight}\n'
        for words, weight in (("a heron", 1.0), ("scribbles", -0.5))
    )
    table = 'steps = 4\nwidth = 32\nheight = 32\npage = {size = "40x50mm", margin = 4}\n'
    file.write_text(f"{table}[views]\ncount = 2\n{terms}")
    code, out, err = says(capsys, "draw", file, "--out", tmp_path / "runs")
    assert (code, err) == (0, ""), out
    (folder,) = (tmp_path / "runs").iterdir()
    stated = json.loads((folder / "certificate.json").read_text())
    assert stated["scores"].keys() == {"text a heron", "text scribbles"}
    assert len(stated["networks"]["clip"]) == 64
    assert stated["random_weights"] == []


@pytest.mark.parametrize("flag", ["--text", "--not-text"])
def test_flags_that_cannot_be_are_one_line(flag, tmp_path, capsys):
    words = ("draw", flag, "!?", "--out", tmp_path / "runs")
    assert "nothing to draw" in refused(capsys, *words)
    assert not (tmp_path / "runs").exists()


def test_a_missing_extra_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    words = ("draw", "--text", "a heron", "--out", tmp_path / "runs")
    assert how_to_install("text") in refused(capsys, *words)
