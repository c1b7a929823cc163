"""Channels side by side and against each other: by hand, by differences, and as they are said."""

import math

import pytest
import torch

from inkdream.errors import InputError
from inkdream.networks import Layer, lookup
from inkdream.objectives import scoring
from inkdream.objectives.channels import Channel, Checkerboard, Direction, Spike
from tests.objectives.made import LAYER, activations, seen, terms_of
from tests.toys import Mirror, small

DIRECTION = Direction(name="direction", layer=LAYER, parts=((0, 1.0), (2, -0.5)))
BOARD = Checkerboard(name="board", layer=LAYER, channels=(0, 2), square=2)
SPIKE = Spike(name="spike", layer=LAYER, channel=1)
TERMS = [DIRECTION, BOARD, SPIKE]


def laid(term, values):
    """Return what a term sees of activations, its maps unmoved, one px a place."""
    maps = term.maps(*values.shape[2:])
    shown = {} if maps is None else {term.name: maps.expand(len(values), -1, -1, -1)}
    return seen({LAYER: values}, maps=shown)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_gradients_match_central_differences(term):
    values = activations()
    assert torch.autograd.gradcheck(lambda a: term.score(laid(term, a)), (values,))
    assert term.layers == (LAYER,)


def test_a_direction_is_a_dot_product_with_a_unit_vector():
    values = activations().detach()
    expected = (values[:, 0] - 0.5 * values[:, 2]).mean() / math.hypot(1, 0.5)
    assert DIRECTION.score(seen({LAYER: values})).item() == pytest.approx(expected.item())


def test_a_direction_of_one_channel_is_the_channel_whatever_its_factor():
    values = {LAYER: activations().detach()}
    alone = Direction(name="alone", layer=LAYER, parts=((1, 7.0),))
    channel = Channel(name="channel", layer=LAYER, channel=1)
    assert alone.score(seen(values)).item() == pytest.approx(channel.score(seen(values)).item())


def test_a_checkerboard_looks_at_each_channel_in_its_squares():
    values = activations(1, 3, 4, 6).detach()
    expected = [
        values[0, 0 if (y // 2 + x // 2) % 2 == 0 else 2, y, x].item()
        for y in range(4)
        for x in range(6)
    ]
    assert BOARD.score(laid(BOARD, values)).item() == pytest.approx(sum(expected) / 24)


def test_places_that_look_at_both_squares_count_for_both():
    board = Checkerboard(name="board", layer=LAYER, channels=(0, 2), square=4)
    values = activations(1, 3, 1, 1).detach()
    shown = {"board": board.maps(8, 8)[None]}
    score = board.score(seen({LAYER: values}, maps=shown))
    assert score.item() == pytest.approx((values[0, 0] + values[0, 2]).item() / 2)


def test_a_spike_is_1_alone_0_among_equals_and_knows_no_unit():
    alone = torch.zeros(1, 40, 3, 3)
    alone[:, 1] = 5.0
    assert SPIKE.score(seen({LAYER: alone})).item() == pytest.approx(1, abs=0.05)
    assert SPIKE.score(seen({LAYER: torch.ones(1, 40, 3, 3)})).item() == pytest.approx(0, abs=1e-6)
    assert SPIKE.score(seen({LAYER: torch.zeros(1, 40, 3, 3)})).item() == pytest.approx(0, abs=1e-6)
    others = Spike(name="other", layer=LAYER, channel=0)
    assert others.score(seen({LAYER: alone})) < 0
    values = activations().detach()
    once, tenfold = (SPIKE.score(seen({LAYER: values * factor})).item() for factor in (1, 10))
    assert once == pytest.approx(tenfold)


def test_words_become_terms():
    direction, spike, board = (
        terms_of(table)[0]
        for table in (
            {"kind": "direction", "target": "loom/conv2_1/3 + 7-0.5*12"},
            {"kind": "spike", "target": "loom/conv2_1/3"},
            {"kind": "checkerboard", "target": "loom/conv2_1/3, 7", "square": 9},
        )
    )
    assert direction.parts == ((3, 1.0), (7, 1.0), (12, -0.5))
    assert direction.layer == spike.layer == board.layer == "loom/conv2_1"
    assert spike.channel == 3
    assert (board.channels, board.square) == ((3, 7), 9)


def test_classes_can_be_directions_and_spikes():
    layer = lookup.network("loom").layer("logits")
    first, second = [word for word in layer.labels if word.isalpha()][:2]
    (term,) = terms_of({"kind": "direction", "target": f"loom/class/-{first}+2*{second}"})
    assert term.parts == ((layer.channel(first), -1.0), (layer.channel(second), 2.0))
    (term,) = terms_of({"kind": "spike", "target": f"loom/class/{first}"})
    assert (term.layer, term.channel) == ("loom/logits", layer.channel(first))


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("direction", "loom/conv2_1/3+99", "no channel 99"),
        ("direction", "loom/conv2_1/3+7+3", "channel 3 is there twice"),
        ("direction", "loom/conv2_1/3++7", "is no direction"),
        ("direction", "loom/conv2_1/3*7*2", "is no direction"),
        ("direction", "loom/conv2_1/*7", "is no direction"),
        ("direction", "loom/conv2_1/3 7", "no channel"),
        ("direction", "loom/conv2_1/0*3", "factors are 0"),
        ("direction", f"loom/conv2_1/{'9' * 400}*3", "too large"),
        ("direction", "loom/conv2_1/three", "no channel"),
        ("direction", "loom/conv2_1", "write network/layer/3[+]7"),
        ("direction", "loom/conv2_1/3/centre", "write network/layer/3[+]7"),
        ("spike", "loom/conv2_1", "write network/layer/channel"),
        ("spike", "loom/conv2_1/3/centre", "write network/layer/channel"),
        ("spike", "loom/conv2_9/3", "conv2_1"),
        ("checkerboard", "loom/conv2_1/3", "no pair"),
        ("checkerboard", "loom/conv2_1/3,3", "no pair"),
        ("checkerboard", "loom/conv2_1/3,4,5", "no pair"),
        ("checkerboard", "loom/conv2_1/3,48", "no channel 48"),
        ("checkerboard", "loom/class/0,1", "has no places"),
    ],
)
def test_words_that_mean_nothing_are_refused_in_one_line(kind, target, said):
    with pytest.raises(InputError, match=said) as error:
        terms_of({"kind": kind, "target": target})
    assert len(str(error.value)) < 500


def test_a_channel_alone_in_its_layer_is_no_spike():
    network = Mirror()
    network.layers = (Layer("same", 1, 1, 1),)
    with pytest.raises(InputError, match="one channel"):
        scoring.objective(
            small(terms=[{"kind": "spike", "target": "mirror/same/0"}]), {"mirror": network}
        )
