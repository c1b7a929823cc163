"""Recipes on a device that is not the processor: the same drawing; one line where there is none."""

import sys

import pytest
import torch

from inkdream import devices
from inkdream.optimize.session import Session
from tests.away import AWAY, away
from tests.running import refused
from tests.toys import small

# Recipes that between them enter all of both drawings that is not the same on every device.
RECIPES = {
    "pixels": {"steps": 6, "symmetry": "mirror", "pixels": {"tidy_from": 0.5}},
    "pens to pick from": {"steps": 4, "pens": "black,crimson,#1f6fb2,gold", "pick": 2},
    "strokes": {
        "medium": "strokes",
        "steps": 6,
        "strokes": {"count": 24, "reseed": 3, "grow": 0.5},
        "terms": [{"target": "loom/conv2_1/3"}, {"kind": "smooth", "weight": -0.1}],
        "views": {"count": 2, "noise": 0.1, "flip": True},
    },
}


@pytest.fixture
def another(monkeypatch):
    """Let `cuda` be a device that is no processor, as far as tensors can tell."""
    for name in ("inkdream.optimize.session", "inkdream.optimize.session"):
        monkeypatch.setattr(sys.modules[name], "device_of", lambda word: AWAY)


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_recipe_makes_the_same_drawing_on_another_device(name, another, monkeypatch):
    places = set()

    def drawn(recipe):
        session = Session(recipe)
        totals = []
        for _, step in session.steps():
            places.update(each.device for each in session.loop.drawing.parameters())
            totals.append(step.total)
        return session.result.image(0.0), totals

    with away():
        found, totals = drawn(small(**RECIPES[name], device="cuda"))
    assert places >= {AWAY}
    monkeypatch.undo()
    expected, expected_totals = drawn(small(**RECIPES[name]))
    # What is measured and written is on the processor; sums on the way were taken in other orders.
    assert found.device.type == "cpu"
    assert (found - expected).abs().mean() < 1e-3
    assert totals == pytest.approx(expected_totals, rel=1e-2)


def test_a_tensor_that_stayed_on_the_processor_would_be_noticed():
    with away(), pytest.raises(RuntimeError, match="on the processor, others on the device"):
        torch.zeros(2, device=AWAY) + torch.zeros(2)


@pytest.mark.parametrize("word", ["cuda", "mps"])
def test_without_the_device_there_is_one_line(word, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.device_of("auto") == devices.device_of("cpu") == torch.device("cpu")
    words = ("draw", "--device", word, "--steps", "1", "--out", tmp_path / "runs")
    line = refused(capsys, *words)
    assert f"device '{word}'" in line and "it has cpu" in line
    assert not (tmp_path / "runs").exists()


def test_auto_takes_the_best_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.device_of("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.device_of("auto") == torch.device("mps")
