"""Strokes in mm onto a page in px: as much ink as they have, however fine they are."""

import math

import pytest
import torch

from inkdream.drawing.ink import FINEST_LINE, MOST_PIXELS, MOST_TIMES, SMOOTH, draw, framed, grain
from inkdream.page import Page
from inkdream.raster import Inks
from tests.toys import chance

BLACK = Inks(torch.zeros(1, 3), torch.zeros(1), torch.ones(3))


def drawn(lines, width, page, times=1, blur=0.0, inks=BLACK):
    """Lines of one width in mm in one pen."""
    lines = torch.as_tensor(lines, dtype=torch.float32)
    widths, weights = torch.full((len(lines),), width), torch.ones(len(lines), 1)
    return draw(lines, widths, weights, inks, page, blur, times)


def ink_of(picture, page):
    """The area in mm2 that black ink covers."""
    return ((1 - picture[0]).sum() / page.scale**2).item()


@pytest.mark.parametrize("scale", [0.3, 1.2, 2.0, 9.0, 20.0])
@pytest.mark.parametrize("finest", [0.05, 0.3, 0.8, 5.0])
def test_fine_lines_are_drawn_finer_where_that_can_be_paid(scale, finest):
    page = Page.of("a5", scale=scale)
    times = grain(page, finest)
    assert 1 <= times <= MOST_TIMES
    rows, columns = page.pixels
    assert times == 1 or rows * columns * times**2 <= MOST_PIXELS
    wide_enough = finest * scale * times >= FINEST_LINE
    largest = times == MOST_TIMES or rows * columns * (times + 1) ** 2 > MOST_PIXELS
    assert wide_enough or largest
    # Not finer than it takes.
    assert times == 1 or finest * scale * (times - 1) < FINEST_LINE


@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("blur", [0.0, 3.0, 8.0])
def test_a_line_has_as_much_ink_as_it_is_long_and_wide(times, blur):
    page = Page.of("80x60mm", margin=0, scale=1.25)
    picture = drawn([[[20.0, 20.0], [60.0, 41.0]]], 2.0, page, times, blur)
    assert picture.shape == (3, *page.pixels)
    area = 2.0 * math.hypot(40, 21) + math.pi
    # A wide edge round a line's caps has a little more.
    assert ink_of(picture, page) == pytest.approx(area, rel=0.005 + 0.02 * blur)


@pytest.mark.parametrize("blur", [0.3, 0.7, 1.4, 3.0])
def test_a_blurred_picture_needs_no_finer_grid_to_look_the_same(blur):
    page = Page.of("80x60mm", margin=0, scale=1.25)
    lines = torch.rand(12, 2, 2, generator=chance(4)) * 40 + 10
    finest, coarse = (drawn(lines, 0.8, page, times, blur) for times in (4, 2))
    coarsest = drawn(lines, 0.8, page, 1, blur)
    assert (finest - coarse).abs().mean() < 0.002
    # With a sharp edge the coarsest grid is another picture: that is why there are finer ones.
    assert ((finest - coarsest).abs().mean() < 1e-6) == (blur >= SMOOTH)


def test_an_edge_is_as_soft_on_a_finer_grid():
    page = Page.of("40x30mm", margin=0, scale=1)
    line = [[[-5.0, 10.3], [45.0, 10.3]]]
    coarse, fine = (drawn(line, 6.0, page, times, 1.2)[0, :, 20] for times in (1, 3))
    assert (coarse - fine).abs().max() < 0.03


def test_blur_makes_lines_wider_and_paler():
    page = Page.of("80x60mm", margin=0, scale=1.25)
    darkest, touched = [], []
    for blur in (0.0, 2.0, 6.0):
        picture = drawn([[[20.0, 30.0], [60.0, 30.0]]], 3.0, page, 1, blur)
        darkest.append(picture.min().item())
        touched.append((picture[0] < 0.999).sum().item())
    assert darkest == sorted(darkest)
    assert touched == sorted(touched)
    assert touched[0] < touched[-1]


@pytest.mark.parametrize("finest", [0.2, 0.4, 0.8])
def test_lines_side_by_side_are_told_apart_where_they_are_drawn_fine_enough(finest):
    """At 1 px per mm, lines of 0.4 mm taken for chance would look too pale together."""
    page = Page.of("60x60mm", margin=0, scale=1)
    inside = (0, slice(20, 40), slice(20, 40))
    left = {}
    for pitch in (1, 2):
        rows = torch.arange(15, 45, pitch * finest)
        ends = [torch.stack([torch.full_like(rows, x), rows + x / 20], 1) for x in (10.0, 50.0)]
        left[pitch] = [
            drawn(torch.stack(ends, 1), finest, page, times)[inside].mean().item()
            for times in (1, grain(page, finest))
        ]
    coarse, fine = left[1]
    assert fine < 0.7 * coarse
    assert left[2][1] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("times", [1, 3])
def test_gradients_of_lines_widths_weights_and_inks(times):
    page = Page.of("30x24mm", margin=0, scale=1)
    lines = (torch.rand(5, 9, 2, generator=chance()) * 24).requires_grad_()
    widths = torch.full((5,), 1.5, requires_grad=True)
    weights = torch.rand(5, 2, generator=chance(1)).requires_grad_()
    colours = torch.rand(2, 3, generator=chance(2)).requires_grad_()
    inks = Inks(colours, torch.zeros(2), torch.ones(3))
    picture = draw(lines, widths, weights, inks, page, 1.0, times)
    looks = torch.randn(picture.shape, generator=chance(3))
    pulls = torch.autograd.grad((picture * looks).sum(), (lines, widths, weights, colours))
    for pull in pulls:
        assert torch.isfinite(pull).all()
        assert (pull != 0).float().mean() > 0.5


def test_paper_shows_where_the_frame_is_empty():
    picture, paper = torch.rand(3, 6, 8, generator=chance()), torch.tensor([0.9, 0.8, 0.7])
    frame = torch.zeros(6, 8)
    frame[2:4], frame[4] = 1.0, 0.5
    seen = framed(picture, paper, frame)
    assert torch.equal(seen[:, 2:4], picture[:, 2:4])
    whole = paper[:, None, None].expand_as(picture)
    assert torch.equal(seen[:, :2], whole[:, :2])
    torch.testing.assert_close(seen[:, 4], (picture[:, 4] + whole[:, 4]) / 2)
