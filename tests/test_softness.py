from itertools import pairwise

import pytest
import torch

from inkdream.drawing.softness import HARD_GRADIENT_SOFTNESS, choose, largest
from inkdream.optimize.schedule import falling_softness


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.01, 0.0])
def test_shares_sum_to_one(softness):
    shares = choose(torch.randn(5, 7, 3), softness)
    torch.testing.assert_close(shares.sum(0), torch.ones(7, 3))


def test_softness_falls_towards_the_strict_choice():
    logits = torch.randn(4, 50)
    strict = choose(logits, 0.0)
    far = [(choose(logits, softness) - strict).abs().mean() for softness in (1.0, 0.3, 0.1, 0.01)]
    assert far == sorted(far, reverse=True)


def test_strict_is_one_ink_a_mark_the_first_of_equals():
    shares = choose(torch.zeros(3, 2), 0.0)
    assert shares.tolist() == [[1, 1], [0, 0], [0, 0]]


def test_strict_choices_still_pass_gradients():
    logits = torch.randn(3, 8, requires_grad=True)
    (choose(logits, 0.0) * torch.randn(3, 8)).sum().backward()
    assert logits.grad.abs().min() > 0
    # A softmax cannot tell one preference for all inks from another.
    torch.testing.assert_close(logits.grad.sum(0), torch.zeros(8), atol=1e-6, rtol=0)


def test_strict_choices_have_the_gradient_of_soft_ones():
    logits, weights = torch.randn(2, 3, 8)
    slopes = []
    for softness in (0.0, HARD_GRADIENT_SOFTNESS):
        wants = logits.clone().requires_grad_()
        (choose(wants, softness) * weights).sum().backward()
        slopes.append(wants.grad)
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize("softness", [-0.1, 1.5, float("nan")])
def test_softness_outside_its_range_is_refused(softness):
    with pytest.raises(ValueError, match="must lie in"):
        choose(torch.zeros(2, 1), softness)


def test_the_schedule_falls_from_start_to_end_then_is_strict():
    schedule = falling_softness(100, start=1.0, end=0.1, hard_from=0.6)
    values = [schedule(step) for step in range(100)]
    assert values[0] == 1.0
    assert values[59] == pytest.approx(0.1)
    assert values[60:] == [0.0] * 40
    assert values == sorted(values, reverse=True)


def test_softness_falls_by_the_same_share_each_step():
    schedule = falling_softness(40, start=0.8, end=0.05, hard_from=0.7)
    values = [schedule(step) for step in range(28)]
    shares = [after / before for before, after in pairwise(values)]
    assert shares == pytest.approx([(0.05 / 0.8) ** (1 / 27)] * 27)


def test_strict_steps_begin_at_the_step_nearest_to_their_share():
    schedule = falling_softness(10, start=1.0, end=0.1, hard_from=0.27)
    assert [schedule(step) > 0 for step in (2, 3)] == [True, False]


@pytest.mark.parametrize("strict_from", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_schedules_stay_in_range(steps, strict_from):
    schedule = falling_softness(steps, 1.0, 0.1, strict_from)
    assert all(0 <= schedule(step) <= 1 for step in range(steps))


def test_the_largest_is_what_argmax_says():
    values = torch.randint(0, 4, (6, 31, 17)).float()
    assert torch.equal(largest(values), values.argmax(0))
    assert torch.equal(largest(values[:1]), torch.zeros(31, 17, dtype=torch.int64))
