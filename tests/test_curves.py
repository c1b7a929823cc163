"""The shapes of strokes: lengths, bends, the page's frame, and the way back onto it."""

import math

import pytest
import torch

from inkdream.drawing.curves import Curves
from inkdream.page import Page
from tests.toys import chance

PAGE = Page.of("100x60mm", margin=8, scale=1.3)
# Left, top, right and bottom between which a line 2 mm wide keeps inside the margin.
BOX = (9.0, 9.0, 91.0, 51.0)


def curves(points, page=PAGE, widest=2.0) -> Curves:
    return Curves(torch.as_tensor(points, dtype=torch.float32), page, widest)


def straight(start, end, points=7):
    """Control points at an even pace from one place to another, in mm."""
    t = torch.linspace(0, 1, points)[:, None]
    return torch.tensor(start) * (1 - t) + torch.tensor(end) * t


def scattered(strokes, points=7, spread=400.0, seed=0):
    return torch.randn(strokes, points, 2, generator=chance(seed)) * spread


# Shape


def test_straight_strokes_are_as_long_as_their_ends_are_apart():
    lines = [straight((10.0, 10.0), (40.0, 50.0)), straight((5.0, 5.0), (5.0, 9.0))]
    made = curves(torch.stack(lines))
    shape = made.shape()
    assert shape.lengths.tolist() == pytest.approx([50, 4], rel=1e-5)
    ends = shape.lines[:, [0, -1]].detach()
    torch.testing.assert_close(ends, made.points[:, [0, -1]].detach())


def test_a_curved_stroke_is_as_long_as_its_curve():
    """A quarter of a circle, by the usual cubic: its radius is right to 0.03 %."""
    k, radius = 4 / 3 * (math.sqrt(2) - 1), 20.0
    quarter = [[1, 0], [1, k], [k, 1], [0, 1]]
    length = curves(torch.tensor([quarter]) * radius + 30).shape().lengths
    assert length.item() == pytest.approx(math.pi / 2 * radius, rel=1e-3)


def test_lengths_grow_with_size_and_do_not_depend_on_place():
    points = scattered(9, spread=20)
    length = curves(points).shape().lengths
    torch.testing.assert_close(curves(points * 3 + 7).shape().lengths, length * 3)


@pytest.mark.parametrize("longer", [60, 256, 320, 500, 700, 1000, 1400, 3000])
def test_a_polyline_is_near_its_curve_whatever_the_page(longer):
    """Curves a third of the page long, on pages of any number of px."""
    page = Page.of("100x100mm", scale=longer / 100)
    points = torch.rand(60, 4, 2, generator=chance()) * 30 + 20
    made = curves(points, page)
    t = torch.linspace(0, 1, 800)[:, None]
    for control, line in zip(points, made.shape().lines.detach(), strict=True):
        a, b, c, d = control
        curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
        start, edge = line[:-1], line.diff(dim=0)
        share = ((curve[:, None] - start) * edge).sum(-1) / edge.square().sum(-1)
        nearest = start + share.clamp(0, 1)[..., None] * edge
        apart = (curve[:, None] - nearest).norm(dim=-1).amin(1).max()
        assert apart * page.scale < 0.2


def test_strokes_without_length_have_gradients_that_are_numbers():
    made = curves(torch.full((3, 7, 2), 30.0))
    shape = made.shape()
    assert shape.lengths.max() < 1e-3
    (shape.lengths.sum() + made.bending().sum() + made.straying().sum()).backward()
    assert torch.isfinite(made.points.grad).all()


# Bends


def test_straight_lines_do_not_bend_and_zigzags_bend_most():
    zigzag = torch.tensor([[10.0, 20.0], [14.0, 20.0]]).repeat(4, 1)[:7]
    found = curves(torch.stack([straight((10.0, 10.0), (70.0, 40.0)), zigzag, scattered(1)[0]]))
    straight_line, most, some = found.bending().tolist()
    assert straight_line == pytest.approx(0, abs=1e-6)
    assert most == pytest.approx(4 * 5 / 6)
    assert 0 < some < 4


def test_a_bend_is_the_same_at_every_size_place_and_angle():
    points = scattered(20, spread=15)
    turn = torch.tensor([[math.cos(1.1), -math.sin(1.1)], [math.sin(1.1), math.cos(1.1)]])
    torch.testing.assert_close(
        curves(points @ turn * 4 + 13).bending(), curves(points).bending(), rtol=1e-4, atol=1e-5
    )


def test_less_bending_is_a_straighter_line():
    """Downhill, an S comes as near to a line as its ends are far apart."""
    made = curves([[[20.0, 20], [35, 0], [45, 60], [60, 40]]])

    def detour():
        line = made.points.detach()[0]
        return (made.shape().lengths.item() / (line[-1] - line[0]).norm()).item() - 1

    begun, before = made.bending().item(), detour()
    optimiser = torch.optim.SGD(made.parameters(), lr=100)
    for _ in range(40):
        optimiser.zero_grad()
        made.bending().sum().backward()
        optimiser.step()
    assert made.bending().item() < 0.1 * begun
    assert detour() < 0.3 * before


# The page


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.57])
@pytest.mark.parametrize("margin", [0.0, 7.3, 20.0])
def test_the_frame_holds_the_area_inside_the_margin(scale, margin):
    page = Page.of("100x60mm", margin=margin, scale=scale)
    frame = curves(scattered(1), page).frame()
    assert frame.shape == page.pixels
    assert frame.min() >= 0
    assert frame.max() <= 1
    area = (100 - 2 * margin) * (60 - 2 * margin)
    # Where a page is no whole number of px, its last row and column are a little cut or empty.
    assert frame.sum().item() / scale**2 == pytest.approx(area, rel=0.02)
    middle = frame[page.pixels[0] // 2, page.pixels[1] // 2]
    assert middle == 1
    if margin * scale > 1:
        assert frame[0].max() == frame[-1].max() == frame[:, 0].max() == frame[:, -1].max() == 0


def test_px_that_the_margin_cuts_count_by_their_part():
    frame = curves(scattered(1), Page.of("40x40mm", margin=10.25, scale=1)).frame()
    assert frame[20, 9:12].tolist() == pytest.approx([0, 0.75, 1])
    assert frame[10, 10].item() == pytest.approx(0.75**2)


def test_only_points_that_leave_the_room_inside_the_margin_stray():
    left, top, right, bottom = BOX
    within = torch.rand(50, 7, 2, generator=chance()) * torch.tensor([right - left, bottom - top])
    assert curves(within + torch.tensor([left, top])).straying().abs().max() == 0
    for side, outward in enumerate([(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0)]):
        edge = torch.tensor([[left, 30], [50, top], [right, 30], [50, bottom]])[side]
        near, far = (curves((edge + torch.tensor(outward) * mm).expand(1, 7, 2)) for mm in (3, 6))
        # A tenth of the shorter side, 6 mm, is what counts as 1.
        assert far.straying().item() == pytest.approx(1, rel=1e-5)
        assert near.straying().item() == pytest.approx(0.25, rel=1e-5)
        far.straying().sum().backward()
        # Downhill is back to the page.
        assert (far.points.grad[0] @ torch.tensor(outward) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_projecting_keeps_points_on_the_page_and_the_others_where_they_are(seed):
    points = scattered(60, spread=80, seed=seed)
    made = curves(points)
    made.project()
    assert made.points.amin() >= 0
    assert made.points[..., 0].max() <= PAGE.width
    assert made.points[..., 1].max() <= PAGE.height
    on_page = (points >= 0) & (points <= torch.tensor([PAGE.width, PAGE.height]))
    assert 0.1 < on_page.float().mean() < 0.9
    assert torch.equal(made.points[on_page], points[on_page])
    before = made.points.detach().clone()
    made.project()
    assert torch.equal(made.points, before)


def test_strokes_are_put_elsewhere_in_order_and_others_stay():
    made = curves(scattered(5))
    before = made.points.detach().clone()
    which = torch.tensor([False, True, False, False, True])
    made.replace(which, scattered(2, seed=9))
    assert torch.equal(made.points[which], scattered(2, seed=9))
    assert torch.equal(made.points[~which], before[~which])
    assert made.points.requires_grad
