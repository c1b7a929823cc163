"""Views differ in noise, blur and colour where a recipe asks for it, and alike for one seed."""

import pytest
import torch

from inkdream.objectives.views import Exposure, RandomSample, Views, expose, whole


def _views(count: int = 4, side: int = 24) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(count, 3, side, side, generator=generator)


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    views = _views()
    assert Exposure()(views, seed=1) is views


@pytest.mark.parametrize(
    "exposure", [Exposure(noise=0.2), Exposure(blur=8.0), Exposure(gain=0.5), Exposure(offset=0.3)]
)
def test_each_setting_changes_views_and_the_seed_says_how(exposure: Exposure) -> None:
    views = _views()
    made = [exposure(views, seed) for seed in range(2, 7)]
    assert torch.equal(made[0], exposure(views, seed=2))
    assert all(not torch.equal(made[0], other) for other in made[1:])
    assert not any(torch.allclose(each, views, atol=1e-3) for each in made)


def test_noise_is_no_stronger_than_said_and_differs_between_views() -> None:
    grey = torch.full((16, 3, 64, 64), 0.2)
    noisy = Exposure(noise=0.1)(grey, seed=5) - grey
    deviations = noisy.flatten(1).std(1)
    assert float(deviations.max()) <= 0.105
    assert float(deviations.min()) < 0.6 * float(deviations.max())
    # Shifted or new, the noise of two views has nothing in common.
    together = torch.corrcoef(noisy.flatten(1))
    assert float((together - torch.eye(16)).abs().max()) < 0.05


def test_blur_keeps_the_mean_and_takes_away_what_is_fine() -> None:
    views = _views(2, 48)
    blurred = Exposure(blur=4.0)(views, seed=2)
    assert torch.allclose(blurred.mean((2, 3)), views.mean((2, 3)), atol=0.02)
    assert float(blurred.diff(dim=3).abs().mean()) < 0.6 * float(views.diff(dim=3).abs().mean())


def test_offset_moves_each_channel_as_a_whole_within_its_bound() -> None:
    views = _views()
    moved = Exposure(offset=0.3)(views, 4) - views
    assert float(moved.abs().max()) <= 0.3 + 1e-4
    assert float(moved.flatten(2).std(2).max()) < 1e-3


def test_gradients_pass() -> None:
    views = _views().requires_grad_()
    Exposure(0.2, 2.0, 0.5, 0.2)(views, seed=1).sum().backward()
    assert views.grad is not None and bool(torch.isfinite(views.grad).all())
    assert float(views.grad.abs().min()) > 0


def test_masks_and_maps_are_seen_in_place_but_never_exposed() -> None:
    views = Views(count=3, size=24, exposure=Exposure(noise=0.5))
    image = _views(1)[0]
    cast = views.sample(torch.Generator().manual_seed(1))
    assert isinstance(cast, RandomSample)
    seen = cast(image)
    assert torch.equal(seen, cast(image))
    assert not torch.allclose(expose(cast, seen), seen, atol=1e-2)
    assert torch.equal(expose(whole, image[None]), image[None])


def test_flips_mirror_about_half_of_the_views_and_change_nothing_else() -> None:
    still = {"jitter": 0.0, "scale": 1.0, "rotation": 0.0, "size": 24, "count": 64}
    image = _views(1)[0]
    seen = Views(**still, flip=True).sample(torch.Generator().manual_seed(2))(image)
    is_plain = (seen - image).abs().amax((1, 2, 3)) < 1e-4
    is_mirrored = (seen - image.flip(2)).abs().amax((1, 2, 3)) < 1e-4
    assert bool((is_plain ^ is_mirrored).all())
    assert 16 < int(is_mirrored.sum()) < 48


def test_what_is_off_takes_no_chance_from_what_is_on() -> None:
    plain, other = torch.Generator().manual_seed(9), torch.Generator().manual_seed(9)
    before = Views(count=2).sample(plain)
    after = Views(count=2, exposure=Exposure(noise=0.1), flip=True).sample(other)
    assert torch.equal(before.chance, after.chance)
