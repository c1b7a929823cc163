"""Total variation: by hand, by differences, and only where it may be looked at."""

import pytest
import torch

from inkdream import colour
from inkdream.objectives import Objective, Seen, TermView
from inkdream.objectives.likeness import Smooth
from inkdream.objectives.views import Views, whole
from tests.toys import chance

TERM = Smooth(name="smooth")


def of(image, mask=None):
    return TERM.score(Seen(image, image[None], mask=mask))


def test_one_tone_is_0_and_opposite_px_are_2_but_for_the_last_row_and_column():
    assert of(torch.full((3, 6, 8), 0.4)).item() == 0
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    opposite = board.float().expand(3, -1, -1)
    assert of(opposite).item() == pytest.approx(-2 * 7 / 8)


def test_steps_count_as_they_look():
    srgb = torch.rand(3, 5, 6, dtype=torch.float64, generator=chance())
    expected = (srgb[:, 1:] - srgb[:, :-1]).abs().sum() + (
        srgb[:, :, 1:] - srgb[:, :, :-1]
    ).abs().sum()
    assert of(colour.srgb_to_linear(srgb)).item() == pytest.approx(-expected.item() / srgb.numel())


def test_gradients_match_central_differences():
    image = torch.rand(3, 5, 6, dtype=torch.float64, generator=chance()) * 0.9 + 0.05
    mask = torch.rand(1, 5, 6, dtype=torch.float64, generator=chance(1))
    assert torch.autograd.gradcheck(of, (image.requires_grad_(),))
    assert torch.autograd.gradcheck(lambda i: of(i, mask), (image,))


def test_a_mask_limits_it_to_a_region():
    image = torch.rand(3, 8, 8, generator=chance())
    image[:, :, :5] = 0.3
    mask = torch.zeros(8, 8)
    mask[:, :4] = 1
    goal = Objective([Smooth(name="smooth", term_view=TermView(mask="left"))], {"left": mask})
    assert goal.scores(goal.look({}, image, whole))["smooth"].item() == 0


def test_it_needs_no_views():
    image = torch.rand(3, 20, 20, generator=chance())
    goal = Objective([TERM])
    seen = goal.look({}, image, Views(4, 16).sample(chance()))[TermView()]
    assert torch.equal(seen.views, colour.linear_to_srgb(image)[None])
