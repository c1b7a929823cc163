"""Where strokes start: inside the margin, evenly, or along the edges of a picture."""

import math

import pytest
import torch

from inkdream.drawing import along, at_random, on_grid
from inkdream.drawing.starts import arcs, flow
from inkdream.page import Page
from tests.toys import chance

PAGES = [
    Page.of("100x60mm", margin=8, scale=1),
    Page.of("a6", margin=20, scale=0.7),
    Page.of("50x50mm", margin=0, scale=1),
]
LENGTH = 12.0


def picture_of(wave, page=PAGES[0], fine=2):
    """A grey picture of a page, its light a function of x and y in mm."""
    rows, columns = (side * fine for side in page.pixels)
    y, x = torch.meshgrid(
        (torch.arange(rows) + 0.5) / rows * page.height,
        (torch.arange(columns) + 0.5) / columns * page.width,
        indexing="ij",
    )
    return (0.5 + 0.45 * wave(x, y)).expand(3, rows, columns).contiguous()


def stripes(angle, pitch=12.0, page=PAGES[0]):
    """Stripes that run in a direction, in radians from the x axis."""
    turn = (-math.sin(angle), math.cos(angle))
    return picture_of(
        lambda x, y: torch.sin((x * turn[0] + y * turn[1]) * 2 * math.pi / pitch), page
    )


def off_line(directions, angle):
    """How far directions (N, 2), which have no sign, are from an angle, in radians, each."""
    found = torch.atan2(directions[..., 1], directions[..., 0]) - angle
    return ((found + math.pi / 2) % math.pi - math.pi / 2).abs()


def inside(places, page, slack=0.0):
    left, top, right, bottom = page.inside
    x, y = places.unbind(-1)
    return (x >= left - slack) & (x <= right + slack) & (y >= top - slack) & (y <= bottom + slack)


def starts(page):
    """Every way to start, by name."""
    made = {
        "random": lambda count, points, source: at_random(count, points, page, LENGTH, source),
        "grid": lambda count, points, source: on_grid(count, points, page, LENGTH, source),
    }
    picture = stripes(0.4, page=page)
    made["along"] = lambda count, points, source: along(
        picture, count, points, page, LENGTH, source
    )
    return made


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.width:g}x{page.height:g}")
@pytest.mark.parametrize("way", ["random", "grid", "along"])
@pytest.mark.parametrize(("count", "points"), [(1, 4), (7, 7), (200, 10)])
def test_centres_lie_inside_the_margin_and_strokes_are_as_long_as_asked(page, way, count, points):
    start = starts(page)[way]
    made = start(count, points, chance(3))
    assert made.shape == (count, points, 2)
    centres = made[:, points // 2] if way == "along" else made.mean(1)
    # Along a picture, a place is chosen px by px.
    assert inside(centres, page, 0.26 / page.scale if way == "along" else 1e-3).all()
    steps = made.diff(dim=1).norm(dim=-1)
    whole = torch.full_like(steps, LENGTH / (points - 1))
    torch.testing.assert_close(steps, whole, rtol=1e-4, atol=1e-4)
    assert torch.equal(start(count, points, chance(3)), made)
    assert not torch.equal(start(count, points, chance(4)), made)


def test_random_strokes_are_everywhere_and_point_everywhere():
    page = PAGES[0]
    made = at_random(2000, 4, page, LENGTH, chance())
    left, top, right, bottom = page.inside
    share = (made.mean(1) - torch.tensor([left, top])) / torch.tensor([right - left, bottom - top])
    cells = (share * 4).long().clamp(0, 3)
    counts = torch.bincount(cells[:, 0] * 4 + cells[:, 1], minlength=16)
    assert counts.min() > 80
    ends = made[:, -1] - made[:, 0]
    turns = torch.atan2(ends[:, 1], ends[:, 0]) % math.pi
    assert torch.histc(turns, 8, 0, math.pi).min() > 180


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.width:g}x{page.height:g}")
@pytest.mark.parametrize("count", [1, 2, 12, 50, 97, 400])
def test_a_grid_is_even(page, count):
    centres = on_grid(count, 4, page, LENGTH, chance()).mean(1)
    left, top, right, bottom = page.inside
    area = (right - left) * (bottom - top)
    pitch = math.sqrt(area / count)
    if count > 1:
        apart = torch.cdist(centres, centres).fill_diagonal_(math.inf).amin(1)
        assert apart.min() > 0.7 * pitch
    # No place is far from a stroke, and the whole is balanced.
    y, x = torch.meshgrid(
        torch.linspace(top, bottom, 30), torch.linspace(left, right, 30), indexing="ij"
    )
    places = torch.stack([x, y], -1).reshape(-1, 2)
    assert torch.cdist(places, centres).amin(1).max() < (1.1 if count > 2 else 1.5) * pitch
    middle = torch.tensor([(left + right) / 2, (top + bottom) / 2])
    assert (centres.mean(0) - middle).norm() < 0.1 * pitch + 1e-3


def test_arcs_go_through_their_centres_in_their_directions():
    centres = torch.rand(40, 2, generator=chance()) * 50
    directions = torch.rand(40, generator=chance(1)) * math.pi
    made = arcs(centres, directions, 7, LENGTH, chance(2))
    torch.testing.assert_close(made.mean(1), centres)
    # Bent evenly to both sides, a stroke's ends lie in its own direction.
    ends = made[:, -1] - made[:, 0]
    heading = torch.stack([torch.cos(directions), torch.sin(directions)], 1)
    aligned = (ends * heading).sum(1) / ends.norm(dim=1)
    assert aligned.min() > 0.9
    bent = (made.diff(dim=1).diff(dim=1).norm(dim=-1).amax(1) > 1e-3).float().mean()
    assert bent > 0.8


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, 2.4])
def test_flow_runs_along_stripes_and_is_strong_at_edges(angle):
    direction, strength = flow(stripes(angle))
    assert direction.shape[1:] == strength.shape
    torch.testing.assert_close(direction.norm(dim=0), torch.ones_like(strength))
    # Away from the border, where a picture's edge is drawn out.
    middle = (slice(20, -20), slice(20, -20))
    away = off_line(direction[:, *middle].permute(1, 2, 0), angle)
    assert away.quantile(0.95) < 0.1
    assert (strength >= 0).all()
    half = picture_of(lambda x, y: torch.sign(x - 50))
    edge = flow(half)[1]
    columns = edge.mean(0)
    assert columns[90:110].mean() > 20 * columns[:40].mean() + 1e-6


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, 2.4])
def test_strokes_along_a_picture_follow_its_stripes(angle):
    page = PAGES[0]
    made = along(stripes(angle), 150, 7, page, LENGTH, chance())
    whole = inside(made, page, -6).all(1)
    assert whole.sum() > 30
    steps = made[whole].diff(dim=1)
    assert off_line(steps, angle).quantile(0.9) < 0.15
    # They go on the way they came: no stroke turns back on itself.
    assert ((steps[:, 1:] * steps[:, :-1]).sum(-1) > 0).all()


def test_strokes_follow_a_ring_round():
    page = PAGES[2]
    ring = picture_of(lambda x, y: torch.tanh(torch.hypot(x - 25, y - 25) - 15), page)
    made = along(ring, 300, 10, page, 20.0, chance())
    from_middle = (made - 25).norm(dim=-1)
    near = (from_middle[:, 5] - 15).abs() < 3
    assert near.float().mean() > 0.6
    # A straight line of 20 mm would leave the ring by 3 mm at its ends.
    assert (from_middle[near] - from_middle[near, 5:6]).abs().amax(1).median() < 1.5


def test_strokes_along_a_ring_never_turn_back():
    page = PAGES[0]
    ring = picture_of(lambda x, y: torch.sin(torch.hypot(x - page.width / 2, y - page.height / 2)))
    steps = along(ring, 300, 10, page, 20.0, chance()).diff(dim=1)
    assert ((steps[:, 1:] * steps[:, :-1]).sum(-1) > -1e-4).all()


def test_most_strokes_go_where_edges_are_and_some_elsewhere():
    page = PAGES[0]
    half = picture_of(lambda x, y: torch.sign(x - 50))
    centres = along(half, 400, 7, page, LENGTH, chance())[:, 3]
    near = ((centres[:, 0] - 50).abs() < 6).float().mean()
    assert 0.6 < near < 0.98


def test_a_flat_picture_gets_strokes_all_over():
    page = PAGES[0]
    flat = torch.full((3, 60, 100), 0.4)
    made = along(flat, 300, 7, page, LENGTH, chance())
    assert torch.isfinite(made).all()
    assert made[:, 3].std(0).min() > 8


@pytest.mark.parametrize("size", [(8, 8), (30, 200), (133, 21)])
def test_a_picture_of_any_size_can_be_followed(size):
    page = PAGES[0]
    picture = torch.rand(3, *size, generator=chance())
    made = along(picture, 40, 4, page, LENGTH, chance())
    assert torch.isfinite(made).all()
    assert inside(made[:, 2], page, page.width / size[1] + page.height / size[0]).all()
