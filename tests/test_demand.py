"""Where ink is asked for, and strokes that answer."""

import math

import pytest
import torch

from inkdream import colour
from inkdream.drawing.demand import gains, sprout
from inkdream.page import Page
from inkdream.raster import Inks
from tests.toys import chance

PAGE = Page.of("60x48mm", margin=0, scale=1)
WORDS = ("#101010", "#c8102e", "#ffd83a")


def inks(opacity=(0.0, 0.0, 0.0)):
    colours = torch.from_numpy(colour.linear_of(WORDS)).float()
    return Inks(colours, torch.tensor(opacity), torch.ones(3))


def plain(*rgb):
    return torch.tensor(rgb)[:, None, None].expand(3, *PAGE.pixels).contiguous()


# Gains


@pytest.mark.parametrize("opacity", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.5, 1.0)])
@pytest.mark.parametrize("seed", range(3))
def test_a_gain_is_what_the_loss_loses_when_a_little_ink_is_laid(opacity, seed):
    source = chance(seed)
    picture = plain(*torch.rand(3, generator=source).tolist())
    target = plain(*torch.rand(3, generator=source).tolist())
    asked = 2 * (picture - target)
    found = gains(picture, asked, inks(opacity))
    assert found.shape == (3, *PAGE.pixels)
    before, coverage = (picture - target).square().sum(0), 1e-3
    for pen, (ink, cover) in enumerate(zip(inks().colours, opacity, strict=True)):
        below = picture * (1 - coverage)
        laid = ink[:, None, None] * (picture * (1 - cover) + cover) * coverage + below
        fallen = (before - (laid - target).square().sum(0)) / coverage
        expected = fallen.clamp(min=0)
        torch.testing.assert_close(found[pen], expected, atol=5e-3, rtol=0)


def test_dark_ink_gains_where_dark_is_asked_for_and_nothing_elsewhere():
    picture = plain(0.9, 0.9, 0.9)
    asked = torch.zeros_like(picture)
    asked[:, 10:20, 30:40], asked[:, 30:40, 5:15] = 1.0, -1.0
    found = gains(picture, asked, inks())
    assert (found >= 0).all()
    assert found[0, 15, 35] > found[2, 15, 35] > 0
    assert found[:, 30:40, 5:15].max() == 0
    assert found[:, 24:28].max() == 0


def test_the_ink_that_takes_what_is_too_much_gains_most():
    too_blue = plain(0.0, 0.0, 1.0)
    found = gains(plain(1.0, 1.0, 1.0), too_blue, inks())
    # Yellow takes as much blue as black does, but for a little.
    assert found[2, 20, 20] == pytest.approx(found[0, 20, 20].item(), abs=0.06)
    mostly_blue = too_blue + plain(-0.5, -0.5, 0.0)
    assert gains(plain(1.0, 1.0, 1.0), mostly_blue, inks())[:, 20, 20].argmax() == 2


# Sprouts


def ridge(angle, pen=1, width=3.0):
    """Gain for one pen along a line through the page's middle, a direction in radians."""
    rows, columns = PAGE.pixels
    y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
    off = -(x - PAGE.width / 2) * math.sin(angle) + (y - PAGE.height / 2) * math.cos(angle)
    gain = torch.zeros(3, rows, columns)
    gain[pen] = torch.exp(-((off / width) ** 2))
    return gain


@pytest.mark.parametrize("angle", [0.0, math.pi / 4, math.pi / 2, 2.5])
def test_strokes_sprout_on_a_ridge_and_along_it(angle):
    found = sprout(ridge(angle), 60, 7, PAGE, 12.0, chance())
    assert found.points.shape == (60, 7, 2)
    assert (found.pens == 1).all()
    middle = found.points[:, 3] - torch.tensor([PAGE.width / 2, PAGE.height / 2])
    off = (middle @ torch.tensor([-math.sin(angle), math.cos(angle)])).abs()
    assert off.max() < 8
    assert off.median() < 2
    ends = found.points[:, -1] - found.points[:, 0]
    torch.testing.assert_close(ends.norm(dim=1), torch.full((60,), 12.0))
    turn = (torch.atan2(ends[:, 1], ends[:, 0]) - angle + math.pi / 2) % math.pi - math.pi / 2
    # Sixteen directions are tried; the next one is a sixteenth of half a turn away.
    assert turn.abs().median() < math.pi / 16
    # Sprouts are straight.
    assert found.points.diff(dim=1).diff(dim=1).abs().max() < 1e-3


def test_each_sprout_takes_the_pen_that_gains_most_where_it_stands():
    gain = torch.zeros(3, *PAGE.pixels)
    gain[0, :, :20], gain[2, :, 40:] = 1.0, 1.0
    found = sprout(gain, 200, 4, PAGE, 6.0, chance())
    x = found.points.mean(1)[:, 0]
    assert ((x < 20.5) | (x > 39.5)).all()
    assert torch.equal(found.pens, torch.where(x < 30, 0, 2))
    assert 60 < (found.pens == 0).sum() < 140


def test_more_sprout_where_the_gain_is_larger():
    gain = torch.zeros(1, *PAGE.pixels)
    gain[:, :, :30], gain[:, :, 30:] = 1.0, 2.0
    x = sprout(gain, 1000, 4, PAGE, 6.0, chance()).points.mean(1)[:, 0]
    # By the square of the gain: four of five.
    assert (x > 30).float().mean() == pytest.approx(0.8, abs=0.05)


def test_where_nothing_is_asked_for_strokes_stand_anywhere():
    found = sprout(torch.zeros(2, *PAGE.pixels), 300, 4, PAGE, 6.0, chance())
    assert torch.isfinite(found.points).all()
    assert found.points.mean(1).std(0).min() > 8


def test_the_same_chance_gives_the_same_sprouts():
    first, second, other = (
        sprout(ridge(0.3), 20, 7, PAGE, 9.0, chance(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first.points, second.points)
    assert torch.equal(first.pens, second.pens)
    assert not torch.equal(first.points, other.points)


def test_px_that_are_not_as_wide_as_a_mm():
    """A page of 120 x 96 mm at half a px per mm: places come back in mm."""
    page = Page.of("120x96mm", margin=0, scale=0.5)
    gain = torch.zeros(1, *page.pixels)
    gain[:, 30:34, 50:54] = 1.0
    centres = sprout(gain, 50, 4, page, 6.0, chance()).points.mean(1)
    assert ((centres > torch.tensor([100.0, 60.0])) & (centres < torch.tensor([108.0, 68.0]))).all()
