"""Augmented pictures stay pictures, and every random choice follows the generator."""

import pytest
import torch
from torch import Generator, Tensor
from training.attack import attacked, lengths
from training.augment import augment, hue_matrix, posterise, soften, views
from training.network import Loom


@pytest.fixture
def images() -> Tensor:
    return torch.rand(10, 3, 48, 48, generator=Generator().manual_seed(0))


def test_augment_keeps_range_and_repeats(images: Tensor) -> None:
    first = augment(images, 32, Generator().manual_seed(1))
    again = augment(images, 32, Generator().manual_seed(1))
    assert first.shape == (10, 3, 32, 32)
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, augment(images, 32, Generator().manual_seed(2)))


@pytest.mark.parametrize("colours", [2, 5, 8])
def test_posterised_pictures_have_few_colours(images: Tensor, colours: int) -> None:
    flat = posterise(images, colours, Generator().manual_seed(3))
    for one in flat:
        assert len(one.flatten(1).T.unique(dim=0)) <= colours


def test_views_of_a_flat_picture_are_flat() -> None:
    flat = torch.full((4, 3, 48, 48), 0.3)
    seen = views(flat, 32, Generator().manual_seed(0))
    assert torch.allclose(seen, torch.full_like(seen, 0.3), atol=1e-5)


def test_turning_the_hue_keeps_grey_and_a_full_turn_changes_nothing() -> None:
    grey = torch.full((3,), 0.4)
    matrix = hue_matrix(torch.tensor([1.0, 2 * torch.pi]), torch.tensor([1.3, 1.0]))
    assert torch.allclose(matrix[0] @ grey, grey, atol=1e-6)
    assert torch.allclose(matrix[1], torch.eye(3), atol=1e-6)


def test_blur_keeps_the_mean_of_a_flat_picture() -> None:
    flat = torch.full((2, 3, 20, 20), 0.7)
    assert torch.allclose(soften(flat, 1.3), flat, atol=1e-5)


def test_the_attack_stays_in_its_ball_and_raises_the_loss(images: Tensor) -> None:
    torch.manual_seed(0)
    network, classes = Loom(5), torch.arange(10) % 5
    radius = torch.linspace(0, 2, 10)
    moved = attacked(network, images, classes, radius, Generator().manual_seed(0))
    assert moved.min() >= 0
    assert moved.max() <= 1
    assert (lengths(moved - images).flatten() <= radius + 1e-4).all()
    assert torch.equal(moved[0], images[0])
    with torch.no_grad():
        before = torch.nn.functional.cross_entropy(network(images), classes)
        after = torch.nn.functional.cross_entropy(network(moved), classes)
    assert after > before
