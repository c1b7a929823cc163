"""The shapes of strokes: lengths, bends, the page's frame, and the way back onto it."""

import math

import pytest
import torch

from inkdream.drawing.curves import Curves
from inkdream.drawing.splines import reach_of
from inkdream.page import Page
from inkdream.raster import flatten
from tests.toys import chance

PAGE = Page.of("100x60mm", margin=8, scale=1.3)
# Left, top, right and bottom between which a line 2 mm wide keeps inside the margin.
BOX = (9.0, 9.0, 91.0, 51.0)


def curves(points, page=PAGE, widest=2.0, corners=True) -> Curves:
    return Curves(torch.as_tensor(points, dtype=torch.float32), page, widest, corners=corners)


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
    (shape.lengths.sum() + made.jerk().sum() + made.straying().sum()).backward()
    assert torch.isfinite(made.points.grad).all()


# Splines


def test_a_splines_segments_meet_without_a_jump_in_slope_and_curvature():
    made = curves(scattered(30, points=9, spread=30), corners=False)
    segments = made.bezier.detach().unfold(1, 4, 3).mT  # (S, C, 4, 2)
    before, after = segments[:, :-1], segments[:, 1:]
    for order in (0, 1, 2):
        ends = before.diff(n=order, dim=2)[:, :, -1], after.diff(n=order, dim=2)[:, :, 0]
        torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("points", [4, 5, 11])
def test_a_straight_row_of_points_is_a_line_that_ends_one_step_inside_it(points):
    made = curves(straight((10.0, 10.0), (80.0, 50.0), points)[None], corners=False)
    inner = made.points.detach()[:, [1, -2]]
    torch.testing.assert_close(made.shape().lines[:, [0, -1]].detach(), inner)
    torch.testing.assert_close(made.bezier[:, [0, -1]].detach(), inner)
    length = made.shape().lengths.item()
    assert length == pytest.approx(
        reach_of(length, points, corners=False) * (points - 3) / (points - 1)
    )


@pytest.mark.parametrize("longer", [60, 256, 500, 1400])
@pytest.mark.parametrize("spans", [2, 4, 12])
def test_a_polyline_is_near_its_spline(longer, spans):
    """Strokes a third of the page long, as wild as a walk by chance."""
    page = Page.of("100x100mm", scale=longer / 100)
    steps = torch.randn(12, spans + 3, 2, generator=chance()) * 30 / spans
    made = curves(50 + steps.cumsum(1), page, corners=False)
    fine = flatten(made.bezier.detach(), 60)
    start = made.shape().lines.detach()
    edge = start.diff(dim=1)
    gap = fine[:, :, None] - start[:, None, :-1]
    share = (gap * edge[:, None]).sum(-1) / edge.square().sum(-1)[:, None]
    nearest = gap - share.clamp(0, 1)[..., None] * edge[:, None]
    assert nearest.norm(dim=-1).amin(2).max() * page.scale < 0.25


def test_no_stroke_has_so_many_points():
    with pytest.raises(ValueError, match="at least 4"):
        curves(scattered(1, points=3), corners=False)
    with pytest.raises(ValueError, match="3 C \\+ 1 points, not 6"):
        curves(scattered(1, points=6))


# Jerk


def test_straight_lines_have_no_jerk_and_zigzags_most():
    zigzag = torch.tensor([[10.0, 20.0], [14.0, 20.0]]).repeat(4, 1)[:7]
    found = curves(torch.stack([straight((10.0, 10.0), (70.0, 40.0)), zigzag, scattered(1)[0]]))
    straight_line, most, some = found.jerk().tolist()
    assert straight_line == pytest.approx(0, abs=1e-6)
    assert most == pytest.approx(16)
    assert 0 < some < 16


@pytest.mark.parametrize("degrees", [5.0, 20.0, 60.0])
def test_an_arc_has_the_jerk_of_its_turn_from_point_to_point(degrees):
    angle = math.radians(degrees)
    turns = torch.arange(9) * angle
    made = curves(20 * torch.stack([turns.cos(), turns.sin()], 1)[None] + 30, corners=False)
    assert made.jerk().item() == pytest.approx((2 * math.sin(angle / 2)) ** 4, rel=1e-2)


def test_jerk_is_the_same_at_every_size_place_and_angle():
    points = scattered(20, spread=15)
    turn = torch.tensor([[math.cos(1.1), -math.sin(1.1)], [math.sin(1.1), math.cos(1.1)]])
    torch.testing.assert_close(
        curves(points @ turn * 4 + 13).jerk(), curves(points).jerk(), rtol=1e-4, atol=1e-5
    )


def test_less_jerk_is_a_smoother_line():
    made = curves(scattered(1, points=9, spread=10) + 30, corners=False)
    begun = made.jerk().item()
    optimiser = torch.optim.SGD(made.parameters(), lr=2)
    for _ in range(200):
        optimiser.zero_grad()
        made.jerk().sum().backward()
        optimiser.step()
    assert made.jerk().item() < 0.1 * begun


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


# Ends


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("fade", [0.0, 5.0])
def test_strokes_are_cut_off_where_they_leave_their_room_and_others_stay(corners, fade):
    walks = 30 + torch.randn(60, 7, 2, generator=chance(4)).cumsum(1) * 5
    made = Curves(walks, PAGE, 2.0, corners=corners, fade=fade)
    low, high = torch.tensor(BOX[:2]), torch.tensor(BOX[2:])
    before = made.shape().lines.detach()
    leave = ((before < low) | (before > high)).any(2).any(1)
    assert 0.1 < leave.float().mean() < 0.9
    made.shorten()
    after = made.shape().lines.detach()
    assert (after >= low - 1e-3).all()
    assert (after <= high + 1e-3).all()
    if fade == 0:
        assert torch.equal(made.points[~leave], walks[~leave])
    # What is left lies where it lay, and is not pressed against the frame.
    left = after[leave].flatten(0, 1)
    away = torch.cdist(left.reshape(int(leave.sum()), -1, 2), before[leave]).amin(2)
    assert away.median() < 0.2


def test_a_line_across_the_page_ends_before_the_margin_each_somewhere_else():
    heights = torch.linspace(15, 45, 9).tolist()
    lines = torch.stack([straight((0.0, y), (100.0, y)) for y in heights])
    made = Curves(lines, PAGE, 2.0, corners=True, fade=6.0)
    made.shorten()
    ends = made.shape().lines.detach()[:, -1, 0]
    assert ends.max() <= BOX[2] + 0.01
    assert ends.min() >= BOX[2] - 6.01
    assert ends.std() > 1
