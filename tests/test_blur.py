"""A Gaussian blur: it keeps what there is of light, and is as wide as it says."""

import pytest
import torch

from inkdream.blur import gaussian
from tests.toys import chance


@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.7])
def test_a_point_becomes_a_bell_of_that_width(deviation):
    point = torch.zeros(1, 61, 61, dtype=torch.float64)
    point[0, 30, 30] = 1
    bell = gaussian(point, deviation, reach=6.0)[0]
    assert float(bell.sum()) == pytest.approx(1)
    away = torch.arange(61, dtype=torch.float64) - 30
    for axis in (0, 1):
        variance = float((bell.sum(axis) * away**2).sum())
        assert variance == pytest.approx(deviation**2, rel=0.05 if deviation > 0.5 else 0.2)
    torch.testing.assert_close(bell, bell.T)


def test_flat_maps_stay_as_they_are_up_to_their_edges():
    flat = torch.tensor([0.2, 0.7])[:, None, None].expand(2, 9, 30).contiguous()
    torch.testing.assert_close(gaussian(flat, 3.0), flat)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (8, 8)])
def test_maps_of_any_size_are_blurred_within_what_they_hold(size):
    maps = torch.rand(3, *size, generator=chance())
    blurred = gaussian(maps, 4.0)
    assert blurred.shape == maps.shape
    for one, other in zip(maps, blurred, strict=True):
        assert one.min() - 1e-6 <= other.min()
        assert other.max() <= one.max() + 1e-6
