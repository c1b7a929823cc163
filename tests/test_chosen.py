"""Which of one's pens: soft while it may be, strict in the end, never one pen twice."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream import colour
from inkdream.drawing import PixelDrawing, StrokeDrawing, make
from inkdream.drawing.pen_selection import ChosenPalette, assign, far_apart, in_turn, serve
from inkdream.formats.svg import to_svg
from inkdream.pens import Pen, PenSet
from inkdream.recipe import validate
from inkdream.svg.render import render_svg
from tests.toys import chance, small

COLOURS = ["#d00000", "#00a000", "#0000d0", "#101010", "#e0d000", "#00b0b0", "#b000b0", "#804000"]
BOX = [Pen(name=f"pen {ink}", colour=ink, width=0.4 + 0.1 * i) for i, ink in enumerate(COLOURS)]
SOFT = [1.0, 0.3, 0.0]
A_PAGE = {"size": "60x60mm", "margin": 5, "scale": 0.8}


def many(count: int) -> list[Pen]:
    levels = torch.randint(0, 256, (count, 3), generator=chance(count)).tolist()
    return [
        Pen(name=f"pen {i}", colour=colour.to_hex(rgb), width=0.2 + 0.01 * i, opacity=i % 2)
        for i, rgb in enumerate(levels)
    ]


def palette(pens=BOX, count=3, areas=True, paper="#ffffff") -> ChosenPalette:
    return ChosenPalette(pens, count, paper, areas=areas)


def pixels(pens=BOX, pick=3, **said) -> PixelDrawing:
    made = make.drawing(small(pens=pens, pick=pick, **said), "inks", chance(), None)
    assert isinstance(made, PixelDrawing)
    return made


def strokes(pens=BOX, pick=3, count=12, **said) -> StrokeDrawing:
    table = {"medium": "strokes", "pens": pens, "pick": pick, "page": A_PAGE, **said}
    made = make.drawing(validate({**table, "strokes": {"count": count}}), "inks", chance(), None)
    assert isinstance(made, StrokeDrawing)
    return made


# Two slots never end on one pen


@st.composite
def wants(draw):
    slots = draw(st.integers(1, 8))
    pens = draw(st.integers(slots, 20))
    # Few different values, so that there are ties.
    numbers = st.sampled_from([-1e30, -3.0, -1.0, 0.0, 0.0, 1.0, 1e30])
    rows = st.lists(numbers, min_size=pens, max_size=pens)
    return torch.tensor(draw(st.lists(rows, min_size=slots, max_size=slots)))


@settings(max_examples=300, deadline=None)
@given(wants())
def test_two_slots_never_end_on_one_pen(values):
    found = assign(values)
    assert len(set(found.tolist())) == len(values)
    assert torch.equal(found, assign(values.clone()))


@settings(max_examples=100, deadline=None)
@given(wants())
def test_whoever_wants_a_pen_most_gets_it(values):
    found = assign(values)
    best = values.max()
    assert (values[torch.arange(len(values)), found] == best).any()
    # No slot would rather have a pen that nobody took.
    left = sorted(set(range(values.shape[1])) - set(found.tolist()))
    if left:
        assert (values[:, left].amax(1) <= values[torch.arange(len(values)), found]).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_wishes_that_meet_still_get_a_pen_each(seed, same):
    inks = palette(count=4)
    with torch.no_grad():
        free = torch.randn(4, 3, generator=chance(seed)) * 3
        inks.free.copy_(free[:1].expand(4, 3) if same else free)
    assert len(set(inks.picked().tolist())) == 4
    exact = colour.to_bytes(inks.colours(0.0)[1:]).tolist()
    assert sorted(map(colour.to_hex, exact)) == sorted(pen.colour for pen in inks.chosen())


# Soft and strict


@pytest.mark.parametrize("areas", [True, False])
def test_strict_shares_are_one_pen_each_and_soft_ones_come_close_as_softness_falls(areas):
    inks = palette(areas=areas)
    strict = inks.shares(0.0).detach()
    assert set(strict.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(strict.sum(0), torch.ones(3))
    away = [(inks.shares(s) - strict).abs().mean().item() for s in (1.0, 0.3, 0.05)]
    assert away[0] > away[1] > away[2]
    torch.testing.assert_close(inks.shares(1.0).sum(0), torch.ones(3))


def test_soft_inks_are_light_mixed_from_the_pens():
    inks = palette()
    expected = inks.shares(0.4).T @ inks.table
    torch.testing.assert_close(inks.colours(0.4)[1:], expected)
    assert colour.to_bytes(inks.colours(0.4)).tolist()[0] == [255, 255, 255]


@pytest.mark.parametrize("softness", SOFT)
def test_gradients_are_numbers_and_reach_the_choice(softness):
    for drawing in (pixels(), strokes()):
        image, penalties = drawing.render(softness)
        weights = torch.randn(image.shape, generator=chance(2))
        ((image * weights).sum() + sum(penalties.values())).backward()
        for parameter in drawing.parameters():
            assert torch.isfinite(parameter.grad).all()
        assert drawing.palette.free.grad.abs().sum() > 0


def greener(drawing, steps=150, rate=0.1):
    """Follow the gradient of how green the picture is; return the pens it ends with."""
    for group in drawing.groups():
        if group["params"][0] is not drawing.palette.free:
            group["params"][0].requires_grad_(False)
    optimiser = torch.optim.Adam([drawing.palette.free], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        image, _ = drawing.render(0.0)
        (image[0] + image[2] - 2 * image[1]).mean().backward()
        optimiser.step()
    return {pen.colour for pen in drawing.palette.chosen()}


@pytest.mark.parametrize("kind", [pixels, strokes])
def test_strict_pictures_that_want_green_end_with_the_green_pen(kind):
    # Of one width: a wide yellow line may well make a page greener than a fine green one.
    box = [pen.model_copy(update={"width": 0.4}) for pen in BOX]
    drawing = kind(box, pick=2)
    red, black = (list(drawing.palette.pens).index(box[i]) for i in (0, 3))
    drawing.palette.restart(torch.tensor([red, black]))
    assert "#00a000" not in {pen.colour for pen in drawing.palette.chosen()}
    assert "#00a000" in greener(drawing)


# Where it begins


def test_the_first_pens_are_those_of_which_a_picture_is_made():
    inks = [COLOURS[i] for i in (1, 4, 6)]
    table = torch.from_numpy(colour.linear_of([*inks, "#ffffff"])).float()
    labels = torch.randint(4, (24, 16), generator=chance(5))
    made = palette()
    made.begin_from(table[labels].permute(2, 0, 1).contiguous(), chance())
    assert {pen.colour for pen in made.chosen()} == set(inks)


def test_no_other_pens_show_a_picture_with_less_error_than_one_exchange_away():
    lab = torch.randn(9, 3, generator=chance(1))
    seen, ground = torch.randn(200, 3, generator=chance(2)), torch.zeros(1, 3)

    def error(numbers):
        known = torch.cat([lab[list(numbers)], ground])
        return torch.cdist(seen, known).square().amin(1).sum().item()

    found = serve(lab, ground, seen, 3).tolist()
    every = sorted(itertools.combinations(range(9), 3), key=error)
    beside = [one for one in every if len(set(one) & set(found)) == 2]
    assert error(found) <= min(map(error, beside)) + 1e-4


@pytest.mark.parametrize("count", [1, 3, 8])
def test_without_a_picture_the_first_pens_are_far_from_paper_and_each_other(count):
    lab = colour.linear_to_oklab(palette().table)
    ground = colour.linear_to_oklab(palette().paper)
    found = far_apart(lab, ground, count)
    assert len(set(found.tolist())) == count
    assert int(found[0]) == int(torch.cdist(lab, ground)[:, 0].argmax())


def test_pens_that_look_alike_are_still_chosen_one_by_one():
    same = [Pen(name=str(i), colour="#303030", width=0.4) for i in range(4)]
    made = palette(same, 4, areas=False)
    assert sorted(made.picked().tolist()) == [0, 1, 2, 3]
    made.begin_from(torch.zeros(3, 8, 8), chance())
    assert sorted(made.picked().tolist()) == [0, 1, 2, 3]


def test_plotting_order_is_that_of_a_set_of_pens():
    pens = many(60)
    assert tuple(in_turn(pens)) == PenSet.of(pens).pens


# Many pens, few slots


def test_two_hundred_pens_and_five_slots():
    for drawing in (pixels(many(200), 5), strokes(many(200), 5)):
        for softness in SOFT:
            image, _ = drawing.render(softness)
            assert torch.isfinite(image).all()
        assert len({pen.name for pen in drawing.palette.chosen()}) == 5


def test_areas_are_in_the_paper_and_the_picked_pens_alone():
    drawing = pixels(many(50), 4)
    allowed = {"#ffffff", *(pen.colour for pen in drawing.palette.chosen())}
    assert {colour.to_hex(ink) for ink in drawing.inked().tidy().inks.tolist()} <= allowed


def test_strokes_are_in_the_picked_pens_alone_and_in_plotting_order():
    drawing = strokes(many(50), 4, count=40)
    layers = [layer.pen for layer in drawing.plot().layers]
    assert layers
    assert [pen for pen in drawing.palette.chosen() if pen in layers] == layers


def test_widths_follow_the_choice():
    drawing = strokes(pick=2)
    strict = drawing._widths(drawing.shares(0.0), 0.0)
    numbers = drawing.chosen()
    pens = drawing.named_pens()
    for number, width in zip(numbers.tolist(), strict.tolist(), strict=True):
        if number < len(pens):
            assert width == pytest.approx(pens[number].width)


def test_opaque_pens_cover_in_the_picture_as_in_the_file():
    """Slots stand in any order; the page must show the pens' own."""
    pens = [
        Pen(name="black", colour="#101010", width=3, opacity=0),
        Pen(name="gold", colour="#d0a000", width=3, opacity=1),
        Pen(name="white", colour="#f8f8f8", width=3, opacity=1),
    ]
    for order in itertools.permutations(range(3)):
        page = {**A_PAGE, "scale": 2}
        drawing = strokes(pens, 3, count=30, paper="#406080", page=page)
        drawing.palette.restart(torch.tensor(order))
        with torch.no_grad():
            drawing.wants[-1] = -9.0
            image = drawing.image(0.0)
        rows, columns = drawing.page.pixels
        text = to_svg(drawing.plot())
        shown = render_svg(text, "#406080", rows, columns, drawing.page.scale)
        # At the margin the file's lines have round ends; the picture's are cut off straight.
        middle = (slice(None), slice(rows // 4, -rows // 4), slice(columns // 4, -columns // 4))
        assert np.abs(image.numpy() - shown)[middle].mean() < 0.004
