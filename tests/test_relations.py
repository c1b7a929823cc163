"""Strokes beside each other: what is drawn twice, and what agrees in direction."""

import pytest
import torch

from inkdream.drawing.relations import Relations, relations
from inkdream.page import Page
from tests.toys import chance

PAGE = Page.of("a6", scale=1)
WIDTH = 0.5


def found(lines, pens=None, drawn=None) -> Relations:
    count = len(lines)
    pens = torch.zeros(count, dtype=torch.int64) if pens is None else torch.as_tensor(pens)
    drawn = torch.ones(count).to(lines) if drawn is None else drawn
    return relations(lines, pens, drawn, torch.full((count,), WIDTH).to(lines), PAGE)


def level(*heights, slope=0.0, count=25):
    """Lines from left to right, 60 mm long, at heights in mm."""
    x = torch.linspace(20, 80, count)
    return torch.stack([torch.stack([x, y + slope * (x - 20)], 1) for y in map(float, heights)])


def upright(lines):
    return lines.flip(2)


def scattered(strokes=6, count=9):
    walk = torch.randn(strokes, count, 2, generator=chance(), dtype=torch.float64)
    return walk.cumsum(1) + 50


def test_a_line_alone_and_a_hatch_hardly_overlap_and_lines_on_lines_do():
    alone = found(level(40, slope=0.3)).overlap
    hatch = found(level(*torch.arange(20, 60, 2.1 * WIDTH), slope=0.3)).overlap
    twice = found(level(40, 40, slope=0.3)).overlap
    often = found(level(*[40] * 6, slope=0.3)).overlap
    assert max(alone, hatch) < 0.02
    assert 0.2 < twice < often
    assert often > 0.6


def test_lines_overlap_only_with_their_own_pen_and_as_far_as_they_are_drawn():
    lines = level(40, 40, slope=0.3)
    apart = found(lines, pens=[0, 1]).overlap
    assert apart == pytest.approx(float(found(lines[:1]).overlap), abs=1e-6)
    half = found(lines, drawn=torch.tensor([1.0, 0.3])).overlap
    assert apart < half < found(lines).overlap
    gone = found(lines, drawn=torch.tensor([1.0, 0.0])).overlap
    assert gone == pytest.approx(float(apart), abs=1e-6)


def test_parallel_lines_agree_and_crossing_ones_do_not_but_for_those_of_other_pens():
    across = level(*range(20, 80, 2))
    both = torch.cat([across, upright(across)])
    pens = [0] * len(across) + [1] * len(across)
    assert found(across).disorder < 1e-6
    assert found(both).disorder > 0.8
    assert found(both, pens).disorder < 1e-6
    # A slant of 45 degrees is halfway.
    slanted = torch.cat([across, level(*range(0, 60, 2), slope=1.0)])
    assert 0.1 < found(slanted).disorder < 0.6


def test_a_line_has_no_sense():
    lines = level(40, 42)
    turned = torch.stack([lines[0], lines[1].flip(0)])
    assert found(turned).disorder == pytest.approx(float(found(lines).disorder), abs=1e-6)


@pytest.mark.parametrize("which", [0, 1])
def test_gradients_are_what_central_differences_say(which):
    lines = scattered().requires_grad_()
    drawn = torch.rand(6, generator=chance(1), dtype=torch.float64).requires_grad_()
    pens = torch.tensor([0, 1, 0, 1, 0, 0])
    assert torch.autograd.gradcheck(
        lambda line, amount: found(line, pens, amount)[which], (lines, drawn), eps=1e-6, atol=1e-5
    )


@pytest.mark.parametrize("which", [0, 1])
def test_downhill_lines_part_and_turn_to_each_other(which):
    lines = torch.cat([level(40, 40.2), level(40, slope=0.4)]).requires_grad_()
    optimiser = torch.optim.Adam([lines], lr=0.1)
    begun = found(lines)[which].item()
    for _ in range(60):
        optimiser.zero_grad()
        found(lines)[which].backward()
        optimiser.step()
    assert found(lines)[which].item() < 0.7 * begun


@pytest.mark.parametrize(
    "lines", [torch.zeros(0, 5, 2), torch.full((3, 5, 2), 40.0), torch.full((3, 5, 2), -900.0)]
)
def test_dots_strokes_off_the_page_and_none_have_numbers(lines):
    lines = lines.clone().requires_grad_()
    overlap, disorder = found(lines)
    (overlap + disorder).backward()
    assert torch.isfinite(lines.grad).all()
    assert 0 <= overlap <= 1
    assert 0 <= disorder <= 1
