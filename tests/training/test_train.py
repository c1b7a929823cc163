"""A short training run learns, saves, resumes and exports."""

from pathlib import Path

import numpy as np
import pytest
import torch
from training.dataset import one, pictures
from training.evaluate import measure
from training.network import LAYERS, export, load
from training.optimiser import orthogonal
from training.train import Settings, Training, course

TINY = Settings(epochs=4, batch=12, size=32, radius=0.5, smoothing=0.0)
KINDS = (2, 26, 60)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.stack([one(KINDS[k], i, "train", 0, 48) for k in range(3) for i in range(4)])


@pytest.fixture
def training(images: np.ndarray) -> Training:
    return Training(TINY, images, np.repeat(np.arange(3), 4))


def plain_loss(training: Training) -> float:
    """The loss on the pictures as they are: no augmentation, no attack."""
    pixels = torch.from_numpy(training.images).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        scores = training.network(pixels)
    return float(torch.nn.functional.cross_entropy(scores, torch.from_numpy(training.labels)))


def test_three_steps_lower_the_loss_and_export(training: Training, tmp_path: Path) -> None:
    before = plain_loss(training)
    for _ in range(3):
        training.step()
    assert plain_loss(training) < before
    path = tmp_path / "loom.safetensors"
    export(training.network, ("a", "b", "c"), path)
    guesses, fires = measure(load(path), training.images)
    assert guesses.shape == (12,)
    assert set(fires) == set(LAYERS)


def test_a_resumed_run_goes_on_to_the_bit(training: Training, tmp_path: Path) -> None:
    training.step()
    training.save(tmp_path)
    other = Training(TINY, training.images, training.labels)
    other.resume(tmp_path)
    assert training.step() == other.step()
    for a, b in zip(training.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_resuming_with_other_settings_is_refused(training: Training, tmp_path: Path) -> None:
    training.save(tmp_path)
    other = Training(Settings(seed=5), training.images, training.labels)
    with pytest.raises(ValueError, match="other settings"):
        other.resume(tmp_path)


def test_orthogonal_makes_singular_values_nearly_one() -> None:
    matrix = torch.randn(12, 40, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_the_course_rises_then_falls_to_nothing() -> None:
    shares = [course(k / 100) for k in range(101)]
    assert max(shares) <= 1.01
    assert shares[0] < 0.05
    assert shares[-1] < 0.01
    assert int(np.argmax(shares)) in range(6, 11)


def test_splits_differ_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    assert not np.array_equal(one(3, 0, "train", 0), one(3, 0, "held-out", 0))
    assert np.array_equal(one(3, 0, "train", 0), one(3, 0, "train", 0))
    with pytest.raises(KeyError, match="unknown split"):
        pictures("test", 1, 0, tmp_path)
