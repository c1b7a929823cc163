"""Curves into polylines."""

import pytest
import torch

from inkdream.raster import SHARP, flatten, paint
from tests.raster.scenes import black


def cubic(points, t):
    a, b, c, d = points
    return (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d


def test_vertices_lie_on_the_curves_and_joints_are_shared():
    points = torch.randn(5, 7, 2, dtype=torch.float64)
    lines = flatten(points, 8)
    assert lines.shape == (5, 17, 2)
    assert torch.allclose(lines[:, 0], points[:, 0])
    assert torch.allclose(lines[:, 8], points[:, 3])
    assert torch.allclose(lines[:, 16], points[:, 6])
    assert torch.allclose(lines[2, 3], cubic(points[2, :4], 3 / 8))
    assert torch.allclose(lines[2, 13], cubic(points[2, 3:], 5 / 8))


def test_spare_cubics_lie_at_the_end_and_take_no_gradient():
    points = torch.randn(3, 10, 2, requires_grad=True)
    lines = flatten(points, 4, torch.tensor([1, 2, 3]))
    assert torch.equal(lines[0, 4:], lines[0, 4:5].expand(9, 2))
    assert torch.equal(lines[1, 8:], lines[1, 8:9].expand(5, 2))
    (pull,) = torch.autograd.grad(lines.square().sum(), points)
    assert (pull[0, 4:] == 0).all()
    assert (pull[1, 7:] == 0).all()
    assert (pull[2] != 0).all()


def test_spare_cubics_change_no_picture_and_no_gradient():
    generator = torch.Generator().manual_seed(0)
    short = torch.rand(4, 4, 2, generator=generator) * 20
    padded = torch.cat([short, torch.full((4, 6, 2), 1e4)], dim=1)

    def coverage(points, cubics):
        points.requires_grad_()
        lines = flatten(points, 6, cubics)
        picture = 1 - paint(lines, torch.ones(4), torch.full((4, 1), 0.7), black(), 20, 20, SHARP)
        return picture.detach(), torch.autograd.grad(picture.square().sum(), points)[0]

    picture, pull = coverage(short, None)
    same, pull_padded = coverage(padded, torch.ones(4, dtype=torch.long))
    assert torch.allclose(picture, same, atol=1e-5)
    assert torch.allclose(pull, pull_padded[:, :4], rtol=1e-3, atol=1e-4)


def test_24_segments_are_within_a_fifth_of_a_pixel_of_curves_a_third_of_the_page_long():
    generator = torch.Generator().manual_seed(1)
    steps = (torch.rand(200, 4, 2, generator=generator, dtype=torch.float64) - 0.5) * 0.4 * 224
    points = steps.cumsum(1)
    fine, coarse = flatten(points, 24 * 8), flatten(points, 24)
    start, edge = coarse[:, :-1, None], coarse.diff(dim=1)[:, :, None]
    way = fine[:, :-1].reshape(200, 24, 8, 2) - start
    along = ((way * edge).sum(-1) / edge.square().sum(-1)).clamp(0, 1)
    assert (way - along[..., None] * edge).norm(dim=-1).max() < 0.2


@pytest.mark.parametrize("points, segments", [(5, 4), (1, 4), (4, 0)])
def test_bad_input(points, segments):
    with pytest.raises(ValueError, match="must"):
        flatten(torch.zeros(2, points, 2), segments)
