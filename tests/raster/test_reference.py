"""The definition itself: what coverage and ink are, by hand and by numerical differentiation."""

import math

import pytest
import torch

from inkdream.raster import SHARP, Inks, reference
from inkdream.raster.scene import Scene
from tests.raster.scenes import define, leaves, to, wander


def test_cumulative_kernel():
    u = torch.tensor([-5.0, -1.0, 0.0, 1.0, 5.0], dtype=torch.float64)
    assert reference.cumulative(u).tolist() == [0, 0, 0.5, 1, 1]


def test_ink_is_length_times_width_at_any_softening():
    line = torch.tensor([[[30.3, 20.7], [30.3, 60.2]]], dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    for softening in (SHARP, 3.0):
        scene = Scene(line, 1.5 * one, one[:, None], 90, 60, softening)
        row = reference.coverage(scene)[0, 40].sum()
        assert row == pytest.approx(3.0, abs=0.02)


def test_a_dot_is_a_disc():
    dot = torch.full((1, 4, 2), 20.2, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    scene = Scene(dot, 6 * one, one[:, None], 40, 40, SHARP)
    assert reference.coverage(scene).sum() == pytest.approx(math.pi * 36, rel=0.01)


def test_pixel_centres_are_at_halves():
    line = torch.tensor([[[2.5, 3.5], [6.5, 3.5]]])
    scene = Scene(line, torch.ones(1), torch.ones(1, 1), 8, 10, 0.1)
    covered = reference.coverage(scene)[0]
    assert covered[3, 2:7].tolist() == [1, 1, 1, 1, 1]
    assert covered[3, 1] == pytest.approx(0.5)


def test_strokes_of_one_pen_are_a_union():
    line = torch.tensor([[[2.0, 4.0], [9.0, 4.0]]])
    page = (9, 11, SHARP)
    once = reference.coverage(Scene(line, torch.ones(1), torch.full((1, 1), 0.5), *page))
    twice = reference.coverage(
        Scene(line.expand(2, -1, -1), torch.ones(2), torch.full((2, 1), 0.5), *page)
    )
    assert torch.allclose(twice, 1 - (1 - once) ** 2)


def test_transparent_inks_multiply_and_opaque_ones_cover():
    covered = torch.ones(2, 1, 1)
    colours = torch.tensor([[0.5, 0.2, 1.0], [0.4, 0.9, 0.1]])
    paper = torch.tensor([1.0, 0.5, 0.25])

    def ink(*opacity):
        inks = Inks(colours, torch.tensor(opacity), paper)
        return reference.composite(covered, inks)[:, 0, 0]

    assert torch.allclose(ink(0.0, 0.0), paper * colours[0] * colours[1])
    assert torch.allclose(ink(0.0, 1.0), colours[1])
    assert torch.allclose(ink(1.0, 0.0), colours[0] * colours[1])
    below = paper * colours[0]
    assert torch.allclose(ink(0.0, 0.25), 0.75 * below * colours[1] + 0.25 * colours[1])


def test_order_of_the_pens_matters_only_for_opaque_ones():
    covered = torch.rand(2, 3, 3, generator=torch.Generator().manual_seed(0))
    colours = torch.tensor([[0.5, 0.2, 1.0], [0.4, 0.9, 0.1]])
    for opacity, alike in ((0.0, True), (1.0, False)):
        inks = Inks(colours, torch.full((2,), opacity), torch.ones(3))
        turned = Inks(colours.flip(0), inks.opacity, inks.paper)
        pictures = reference.composite(covered, inks), reference.composite(covered.flip(0), turned)
        assert torch.allclose(*pictures) is alike


def test_autograd_agrees_with_central_differences():
    found = to(leaves(wander(21, 2, 3, 5, 6), 2), torch.float64)
    names, values = list(found), [tensor.requires_grad_() for tensor in found.values()]

    def picture(*tensors):
        return define(dict(zip(names, tensors, strict=True)), (5, 6, 1.5))

    assert torch.autograd.gradcheck(picture, values)
