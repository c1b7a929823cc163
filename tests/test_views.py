import math
from dataclasses import replace

import pytest
import torch

from inkdream.objectives import views
from inkdream.objectives.views import Views, aimed, parts_of, samples, whole


def chance():
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("size", [(31, 17), (64, 64), (20, 90)])
def test_a_still_view_of_a_small_picture_is_the_picture(size):
    image = torch.rand(3, *size)
    seen = Views(count=2, size=128, jitter=0, scale=1, rotation=0).sample(chance())(image)
    assert seen.shape == (2, 3, *size)
    torch.testing.assert_close(seen[0], image, atol=1e-4, rtol=0)


def test_large_pictures_are_cropped_within_their_edges():
    image = torch.arange(300.0).expand(3, 200, 300) / 300
    seen = Views(count=64, size=50, jitter=0, scale=1, rotation=0, survey=0).sample(chance())(image)
    assert seen.shape == (64, 3, 50, 50)
    steps = (seen[:, :, :, 1:] - seen[:, :, :, :-1]) * 300
    torch.testing.assert_close(steps, torch.ones_like(steps), atol=1e-3, rtol=0)
    starts = seen[:, 0, 0, 0] * 300
    assert starts.min() >= -0.01
    assert starts.max() <= 250.01
    assert starts.max() - starts.min() > 150


def test_the_shift_of_a_crop_is_independent_of_its_place():
    ramps = torch.meshgrid(torch.arange(400.0), torch.arange(300.0), indexing="ij")
    places = torch.stack([ramps[1], ramps[0]])
    still = Views(count=600, size=64, jitter=0, scale=1, rotation=0, survey=0)
    corners = still.sample(chance())(places)[:, :2, 0, 0]
    shifts = replace(still, jitter=20).sample(chance())(places)[:, :2, 0, 0] - corners
    # At the edges a shift may look beyond the picture, which is mirrored there.
    room = torch.tensor([300.0, 400.0]) - 64
    inner = ((corners > 21) & (corners < room - 21)).all(1)
    corners, shifts = corners[inner], shifts[inner]
    assert len(corners) > 300
    assert float(shifts.abs().max()) > 15
    both = torch.cat([corners, shifts], 1).T
    # Of 300 and more, by chance, hardly any is above 0.2.
    related = torch.corrcoef(both)[:2, 2:].abs()
    assert float(related.max()) < 0.2
    assert float(torch.corrcoef(both)[2, 3].abs()) < 0.2


def test_a_turn_is_no_shear_on_oblong_pictures():
    image = torch.zeros(3, 40, 120)
    image[:, 15:25, 55:65] = 1
    seen = Views(count=16, size=200, jitter=0, scale=1, rotation=45).sample(chance())(image)
    # A square that is turned, not sheared or stretched, keeps its area.
    areas = seen[:, 0].sum((1, 2))
    torch.testing.assert_close(areas, torch.full_like(areas, 100), atol=4, rtol=0)


def test_views_are_shifted_turned_and_zoomed_as_far_as_is_said():
    rows, columns = torch.meshgrid(torch.arange(65.0), torch.arange(65.0), indexing="ij")
    places = torch.stack([columns, rows])
    seen = Views(count=500, size=65, jitter=5, scale=1.25, rotation=20).sample(chance())(places)
    middle = seen[:, :, 32, 32]
    right = (seen[:, :, 32, 42] - middle) / 10
    turns = torch.rad2deg(torch.atan2(right[:, 1], right[:, 0]))
    zooms, shifts = -right.norm(dim=1).log(), middle - 32
    for values, most in ((turns, 20.0), (zooms, math.log(1.25)), (shifts, 5.0)):
        assert 0.95 * most < values.max() < 1.01 * most
        assert 0.95 * most < -values.min() < 1.01 * most


@pytest.mark.parametrize(("padding", "lines"), [("mirror", 2), ("edge", 1)])
def test_beyond_the_edge_a_picture_is_mirrored_or_drawn_out(padding, lines):
    image = torch.zeros(1, 32, 32)
    image[..., 3] = 1
    views = Views(60, 32, jitter=12, scale=1, rotation=0, padding=padding)
    seen = views.sample(chance())(image)[:, 0, 16]
    assert seen.sum(1).max().item() == pytest.approx(lines, abs=0.01)


def test_the_same_generator_gives_the_same_views_and_another_does_not():
    image = torch.rand(3, 32, 32)
    views = Views(count=3)
    first, again = views.sample(chance())(image), views.sample(chance())(image)
    assert torch.equal(first, again)
    assert not torch.equal(first, views.sample(torch.Generator().manual_seed(4))(image))


def test_gradients_reach_the_whole_picture():
    image = torch.rand(3, 24, 24, requires_grad=True)
    Views(count=4, jitter=2).sample(chance())(image).sum().backward()
    assert (image.grad > 0).all()


def test_views_of_large_pictures_survey_all_distances_and_mix_px():
    # Stripes one px wide: near, they are seen; from afar they melt into grey.
    image = (torch.arange(400) % 2).float().expand(3, 400, 400)
    seen = Views(count=60, size=50, jitter=0, scale=1, rotation=0).sample(chance())(image)
    contrast = seen[:, 0].std(dim=(1, 2))
    assert contrast.max() > 0.25
    assert contrast.min() < 0.05
    assert torch.isfinite(seen).all()


def test_a_survey_reaches_all_of_a_large_picture():
    across = torch.linspace(0, 1, 600).expand(3, 300, 600)
    views = Views(count=200, size=60, jitter=0, scale=1, rotation=0)
    seen = views.sample(chance())(across)[:, 0]
    span = seen.amax((1, 2)) - seen.amin((1, 2))
    assert span.min() < 0.15
    assert span.max() > 0.85


def test_gradients_reach_every_px_of_a_large_picture():
    image = torch.zeros(3, 90, 70, requires_grad=True)
    Views(count=300, size=32, jitter=0).sample(chance())(image).sum().backward()
    assert (image.grad > 0).all()


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.25, 0.25), (0.0, 1.0), (0.9, 0.1)])
@pytest.mark.parametrize("size", [(200, 300), (64, 300), (50, 50)])
def test_views_at_a_place_have_it_where_the_picture_has_it(place, size):
    ramps = torch.meshgrid(*(torch.arange(side) + 0.5 for side in size), indexing="ij")
    image = torch.stack([ramps[1] / size[1], ramps[0] / size[0], ramps[0] * 0])
    cast = Views(count=8, size=64, jitter=0, scale=1, rotation=0).sample(chance())
    seen = aimed(cast, place)(image)
    rows, columns = seen.shape[2:]
    row = min(int(place[1] * rows), rows - 1)
    column = min(int(place[0] * columns), columns - 1)
    found = seen[:, :2, row, column]
    expected = torch.tensor(place).expand(8, 2)
    # To within a px of the view.
    room = 1.0 / torch.tensor([columns, rows])
    assert ((found - expected).abs() <= room).all()


def test_a_place_is_measured_in_the_part_around_it(monkeypatch):
    monkeypatch.setattr(views, "MOST_WHOLE", 100)
    monkeypatch.setattr(views, "PART", 16)
    image = torch.rand(3, 40, 64)
    assert parts_of((40, 64)) == 12
    assert parts_of((10, 10)) == 1
    for glance in samples((40, 64)):
        torch.testing.assert_close(aimed(glance, (0.5, 0.5))(image)[0], image[:, 12:28, 24:40])
        torch.testing.assert_close(aimed(glance, (1.0, 0.0))(image)[0], image[:, :16, 48:])
    assert aimed(whole, (0.5, 0.5)) is whole
