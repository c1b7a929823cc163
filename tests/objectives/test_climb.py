"""Every kind of term is climbed, in areas of ink and in strokes, and from the command line."""

import pytest
import torch

from inkdream.optimize.session import Session
from inkdream.run.checkpoint import load_checkpoint
from tests.killing import KILLED
from tests.objectives.made import STROKES, gain, half, painted
from tests.running import certificate, climbed, events, says
from tests.toys import small

CHANNEL = {"target": "loom/conv3_1/5"}


def tables(folder):
    """Return a term of every kind, by kind; those with words have tests of their own."""
    picture, other = painted(folder / "a.png"), painted(folder / "b.png", 1)
    return {
        "neuron": CHANNEL,
        "spike": {"kind": "spike", "target": "loom/conv2_1/15"},
        "direction": {"kind": "direction", "target": "loom/conv2_1/15+3-0.5*12"},
        "checkerboard": {"kind": "checkerboard", "target": "loom/conv2_1/15,3", "square": 8},
        "unlike": {"kind": "unlike", "target": "loom/conv2_1", "pictures": [picture, other]},
        "style": {"kind": "style", "picture": picture},
        "texture": {"kind": "texture", "picture": picture},
        "content": {"kind": "content", "picture": picture, "layers": ["loom/conv2_1"]},
        "smooth": {"kind": "smooth"},
    }


KINDS = ("neuron", "spike", "direction", "checkerboard", "unlike")
KINDS += ("style", "texture", "content", "smooth")


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_short_climb_raises_the_score(tmp_path, kind, medium):
    said = STROKES if medium == "strokes" else {}
    assert gain(tables(tmp_path)[kind], **said) > 0


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
def test_every_flag_draws(tmp_path, capsys, medium):
    picture, mask = painted(tmp_path / "a.png"), half(tmp_path / "mask.png")
    words = ["--neuron", "loom/conv3_1/5", "--avoid", "loom/conv2_1/7:0.5"]
    words += ["--spike", "loom/conv2_1/15", "--direction", "loom/conv2_1/15+3-0.5*12:0.2"]
    words += ["--checkerboard", "loom/conv2_1/15,3", "--upside-down", "loom/conv3_1/8"]
    words += ["--style", f"{picture}:0.3", "--texture", picture, "--content", f"{picture}:2"]
    words += ["--smooth", "0.5", "--where", mask, "--steps", "6"]
    words += ["--set", "views.count=2", "--set", "views.jitter=2"]
    size = ["--width", "32", "--height", "40", "--inks", "3", "--page", "40x50mm", "--margin", "4"]
    if medium == "strokes":
        size = ["--pens", "black:1,red:1", "--page", "100x140mm", "--strokes", "15"]
        size += ["--set", "page.scale=0.3"]
    code, out, err = says(capsys, "draw", *words, *size, "--out", tmp_path / "runs")
    assert (code, err) == (0, ""), out
    (folder,) = (tmp_path / "runs").iterdir()
    scores = [event["scores"] for event in events(folder) if "scores" in event]
    assert len(scores) == 6
    assert len(scores[0]) == 10
    assert len({score["style a.png in mask.png"] for score in scores}) > 1
    strict = certificate(folder)
    assert strict["score_strict"] is not None


@pytest.fixture
def one_thread():
    """A network's sums depend on the number of threads, and the process of lives has one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_mixed_run_that_is_killed_goes_on_bit_for_bit(tmp_path, killer, one_thread):
    terms = tables(tmp_path)
    where = half(tmp_path / "mask.png", (8, 8))
    mixed = [terms["style"], {**CHANNEL, "where": where}, terms["content"], terms["unlike"]]
    recipe = small(terms=[*mixed, {**terms["checkerboard"], "turn": 90}], steps=8)
    (tmp_path / "mixed.toml").write_text(recipe.to_toml())
    session = Session(recipe)
    steps = [(step.index, list(step.scores.values())) for _, step in session.steps()]

    words = ("draw", tmp_path / "mixed.toml", "--out", tmp_path / "runs", "--keep-checkpoint")
    assert killer(*words, calls=20) == KILLED
    (folder,) = (tmp_path / "runs").iterdir()
    assert 0 < len(events(folder)) < 8
    # What it was made from is in its folder: the pictures may be gone.
    for path in tmp_path.glob("*.png"):
        path.unlink()
    assert killer("resume", folder, "--keep-checkpoint") == 0
    # In the folder files have other names, and with them terms; scores are in their order.
    taken = [event for event in events(folder) if "scores" in event]
    assert [(step["index"], list(step["scores"].values())) for step in taken] == steps
    found = load_checkpoint(folder / "checkpoint.safetensors")["sketch"]["ascent"]["drawing"]
    expected = session.state_dict()["ascent"]["drawing"]
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_a_unit_of_a_larger_picture_is_climbed_at_its_place():
    target = {"terms": [{"target": "loom/conv3_1/5/0.25,0.7"}], "width": 96, "height": 96}
    scores = []
    for size in (96, 40):
        session = climbed(Session(small(**target, steps=40, views={"size": size, "jitter": 2})))
        scores.append(session.hard_score())
    assert scores[1] > 0.7 * scores[0] > 0
