"""Strokes of any colour: what a few pens are measured against."""

import pytest
import torch

from inkdream import colour
from inkdream.drawing import FreeStrokes, make
from inkdream.page import Page
from tests.toys import chance, small

PAGE = Page.of("60x44mm", margin=6, scale=1.2)
# What a sigmoid turns into all, or nothing.
MUCH = 30.0


def level(y, left=12.0, right=48.0):
    """Control points of a straight stroke from left to right, in mm."""
    return torch.stack([torch.linspace(left, right, 4), torch.full((4,), y)], 1)


def free(points, paper="#ffffff", width=4.0, reach=4.0) -> FreeStrokes:
    said = {"medium": "strokes", "pens": f"black:{width}", "paper": paper}
    return FreeStrokes(small(page=PAGE, strokes={"reach": reach, "corners": True}, **said), points)


def scattered(count=12, seed=0):
    return torch.rand(count, 7, 2, generator=chance(seed)) * torch.tensor([60.0, 44.0])


def at(image, x, y):
    """The colour of the px at a place in mm."""
    return image[:, int(y * PAGE.scale), int(x * PAGE.scale)].tolist()


@pytest.mark.parametrize("paper", ["#ffffff", "#c8a070"])
def test_a_stroke_can_be_any_colour_in_the_light_of_its_paper(paper):
    words = ["#c8102e", "#0057b8", "#ffffff", "#808000"]
    drawing = free(torch.stack([level(y) for y in (10.0, 18.0, 26.0, 34.0)]), paper)
    inks = torch.from_numpy(colour.linear_of(words)).float()
    with torch.no_grad():
        drawing.absorbed.copy_(torch.logit((1 - inks).clamp(1e-6, 1 - 1e-6)))
        image = drawing.image(0.0)
    ground = torch.from_numpy(colour.linear_of([paper])[0]).float()
    for y, ink in zip((10.0, 18.0, 26.0, 34.0), inks, strict=True):
        assert at(image, 30, y) == pytest.approx((ink * ground).tolist(), abs=1e-3)
    assert at(image, 30, 22.5) == pytest.approx(ground.tolist(), abs=1e-6)


def test_strokes_that_cross_take_light_from_each_other():
    upright = level(0.0).flip(1) * torch.tensor([0.0, 1.0]) + torch.tensor([30.0, 0.0])
    upright[:, 1] = torch.linspace(8, 36, 4)
    drawing = free(torch.stack([level(22.0), upright]))
    with torch.no_grad():
        drawing.absorbed.copy_(torch.tensor([[MUCH, -MUCH, -MUCH], [-MUCH, MUCH, -MUCH]]))
        image = drawing.image(0.0)
    assert at(image, 18, 22) == pytest.approx([0, 1, 1], abs=1e-4)
    assert at(image, 30, 12) == pytest.approx([1, 0, 1], abs=1e-4)
    assert at(image, 30, 22) == pytest.approx([0, 0, 1], abs=1e-4)


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_pictures_are_light_and_bare_outside_the_margin(softness):
    drawing = free(scattered() * 3 - 40, "#c8a070")
    with torch.no_grad():
        drawing.absorbed.copy_(torch.randn(12, 3, generator=chance(1)) * 5)
        image = drawing.image(softness)
    assert image.shape == (3, *PAGE.pixels)
    assert image.min() >= 0
    assert image.max() <= 1
    ground = torch.from_numpy(colour.linear_of(["#c8a070"])[0]).float()
    edge = int(PAGE.margin * PAGE.scale)
    for strip in (image[:, :edge], image[:, -edge:], image[..., :edge], image[..., -edge:]):
        bare = ground[:, None, None].expand_as(strip)
        torch.testing.assert_close(strip, bare)


@pytest.mark.parametrize("softness", [1.0, 0.0])
def test_gradients_reach_points_and_colours(softness):
    drawing = free(scattered())
    looks = torch.randn(3, *PAGE.pixels, generator=chance(2))
    (drawing.image(softness) * looks).sum().backward()
    for parameter in drawing.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert (parameter.grad != 0).float().mean() > 0.5


def test_edges_are_blurred_as_far_as_softness_says():
    drawing = free(level(22.0)[None], reach=8.0)
    with torch.no_grad():
        drawing.absorbed.fill_(MUCH)
        touched = [(drawing.image(s) < 0.999).float().mean().item() for s in (1.0, 0.5, 0.0)]
    assert touched[0] > touched[1] > touched[2] > 0


def test_it_begins_grey_has_no_penalties_and_stays_on_the_page():
    drawing = free(scattered() * 3 - 40)
    assert drawing.penalties(0.5) == {}
    with torch.no_grad():
        image = drawing.image(0.0)
    assert torch.allclose(image[0], image[1])
    assert torch.allclose(image[0], image[2])
    drawing.project(0.5)
    points = drawing.curves.points
    assert points.min() >= 0
    assert points[..., 0].max() <= PAGE.width
    assert points[..., 1].max() <= PAGE.height


def test_a_snapshot_looks_like_the_strict_picture():
    drawing = free(scattered())
    with torch.no_grad():
        drawing.absorbed.copy_(torch.randn(12, 3, generator=chance(1)) * 5)
        image = drawing.image(0.0)
    shown = colour.linear_to_srgb(torch.from_numpy(drawing.snapshot().linear()))
    assert (shown - colour.linear_to_srgb(image)).abs().mean() < 0.03


def test_a_recipe_makes_free_strokes_as_wide_as_its_pens_are_on_average():
    recipe = small(
        medium="strokes",
        pens="black:0.4,red:1.2",
        paper="#fff0e0",
        page={"size": "a6", "scale": 0.3},
        strokes={"count": 9, "spans": 7},
    )
    drawing = make.drawing(recipe, "comparison", chance(), None)
    assert isinstance(drawing, FreeStrokes)
    assert drawing.width == pytest.approx(0.8)
    assert drawing.curves.points.shape == (9, 10, 2)
    rates = [group["lr"] for group in drawing.groups()]
    # Points move in mm, by as many px as the recipe says.
    assert rates == pytest.approx([recipe.strokes.rate / 0.3, recipe.strokes.pen_rate])
    grouped = [id(parameter) for group in drawing.groups() for parameter in group["params"]]
    assert sorted(grouped) == sorted(map(id, drawing.parameters()))
    other = make.drawing(recipe, "comparison", chance(5), None)
    assert not torch.equal(other.image(0.5), drawing.image(0.5))
    other.load_state_dict(drawing.state_dict())
    assert torch.equal(other.image(0.5), drawing.image(0.5))
