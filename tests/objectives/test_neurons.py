"""Neurons: each score by hand, each gradient by central differences, one sign."""

import pytest
import torch

from inkdream.errors import InputError
from inkdream.objectives import Objective, TermView, scoring
from inkdream.objectives.channels import Channel, Dream, Unit
from tests.objectives.made import LAYER, activations, seen
from tests.toys import small

TERMS = [
    Channel(name="channel", layer=LAYER, channel=1),
    Unit(name="unit", layer=LAYER, channel=2, place=(0.3, 0.9)),
    Unit(name="centre", layer=LAYER, channel=0),
    Dream(name="dream", layer=LAYER),
]


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_gradients_match_central_differences(term):
    values = activations()
    assert torch.autograd.gradcheck(lambda a: term.score(seen({LAYER: a})), (values,))
    assert term.layers == (LAYER,)
    assert term.score(seen({LAYER: values})).shape == ()


def test_scores_by_hand():
    values = activations().detach()
    views, channels, height, width = values.shape
    places = [(v, y, x) for v in range(views) for y in range(height) for x in range(width)]
    channel, unit, centre, dream = (term.score(seen({LAYER: values})).item() for term in TERMS)
    expected = sum(values[v, 1, y, x].item() for v, y, x in places) / len(places)
    assert channel == pytest.approx(expected)
    # 0.9 of 5 rows is row 4, 0.3 of 4 columns is column 1; the middle is row 2, column 2.
    assert unit == pytest.approx((values[0, 2, 4, 1] + values[1, 2, 4, 1]).item() / 2)
    assert centre == pytest.approx((values[0, 0, 2, 2] + values[1, 0, 2, 2]).item() / 2)
    squares = [values[v, c, y, x].item() ** 2 for v, y, x in places for c in range(channels)]
    assert dream == pytest.approx(sum(squares) / len(squares))


@pytest.mark.parametrize(
    ("place", "row", "column"),
    [((0.0, 0.0), 0, 0), ((1.0, 1.0), 4, 3), ((1.0, 0.0), 0, 3), ((0.0, 1.0), 4, 0)],
)
def test_corners_are_on_the_picture(place, row, column):
    values = activations().detach()
    term = Unit(name="corner", layer=LAYER, channel=1, place=place)
    score = term.score(seen({LAYER: values}))
    assert score.item() == pytest.approx(values[:, 1, row, column].mean().item())


@pytest.mark.parametrize(("share", "row"), [(0.3, 1), (0.39, 1), (0.41, 2), (0.79, 3)])
def test_a_place_is_the_row_in_which_it_lies(share, row):
    values = activations().detach()
    term = Unit(name="unit", layer=LAYER, channel=1, place=(0.0, share))
    assert term.score(seen({LAYER: values})).item() == values[:, 1, row, 0].mean().item()


def test_a_class_logit_is_a_channel_of_one_place():
    logits = activations(3, 7, 1, 1).detach()
    term = Channel(name="class", layer=LAYER, channel=6)
    assert term.score(seen({LAYER: logits})).item() == pytest.approx(logits[:, 6].mean().item())


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_more_activation_is_a_higher_score(term):
    values = activations().detach().abs()
    higher = term.score(seen({LAYER: values + 1}))
    assert higher > term.score(seen({LAYER: values}))


def test_the_total_is_the_weighted_sum_and_a_negative_weight_avoids():
    goal = Objective(
        [
            Channel(name="a", layer=LAYER, channel=0, weight=2.0),
            Channel(name="b", layer=LAYER, channel=1, weight=-0.5),
            Dream(name="c", layer="net/other"),
        ]
    )
    assert goal.layers == (LAYER, "net/other")
    values, other = activations(), activations(1, 2)
    scores = goal.scores({TermView(): seen({LAYER: values, "net/other": other})})
    assert list(scores) == ["a", "b", "c"]
    total = goal.total(scores)
    assert total.item() == pytest.approx(
        2 * values[:, 0].mean().item() - 0.5 * values[:, 1].mean().item() + scores["c"].item()
    )
    (gradient,) = torch.autograd.grad(total, values)
    assert (gradient[:, 0] > 0).all()
    assert (gradient[:, 1] < 0).all()
    assert (gradient[:, 2] == 0).all()
    numbers = {name: value.item() for name, value in scores.items()}
    assert goal.total(numbers) == pytest.approx(total.item())


def test_a_negative_weight_makes_a_score_no_smaller():
    up = Channel(name="up", layer=LAYER, channel=0, weight=2.0, scale=4.0)
    down = Channel(name="down", layer=LAYER, channel=1, weight=-0.5)
    goal, scores = Objective([up, down]), {"up": 8.0, "down": 6.0}
    assert goal.total(scores) == 4 - 3
    # What penalties are shares of must not vanish where terms are at odds.
    assert goal.size(scores) == 4 + 3


@pytest.fixture(scope="module")
def known():
    return scoring.networks(small())


def made(known, *targets, **said):
    terms = [{"target": target} for target in targets]
    return scoring.objective(small(terms=terms, **said), known).terms


def test_words_become_terms(known):
    label = known["loom"].layers[-1].labels[2]
    targets = ("loom/conv2_1/3", "loom/conv2_1/4/centre", "loom/conv2_1/4/0.25,1", "loom/conv3_1")
    # One at a time: scores of different layers are measured in different units.
    words = (*targets, f"loom/class/{label}")
    channel, centre, unit, dream, kind = (made(known, word, compose="field")[0] for word in words)
    assert [term.name for term in (channel, centre, unit, dream)] == list(targets)
    assert channel == Channel(name=targets[0], layer="loom/conv2_1", channel=3)
    assert centre == Unit(name=targets[1], layer="loom/conv2_1", channel=4, place=(0.5, 0.5))
    assert unit == Unit(name=targets[2], layer="loom/conv2_1", channel=4, place=(0.25, 1.0))
    assert dream == Dream(name=targets[3], layer="loom/conv3_1")
    assert kind == Channel(name=f"loom/class/{label}", layer="loom/logits", channel=2)


@pytest.mark.parametrize(
    "target",
    [
        "loom",
        "loom/",
        "loom//3",
        "loom/conv2_1/3/0.5,0.5/1",
        "loom/conv2_1/3/left",
        "loom/conv2_1/3/0.5",
        "loom/conv2_1/3/1.5,0",
        "loom/conv2_1/3/nan,0",
        "loom/conv2_1/48",
        "loom/conv2_9/0",
        "loom/class/nothing of this name",
        "/conv2_1/3",
        "",
    ],
)
def test_words_that_mean_nothing_are_refused_in_one_line(known, target):
    with pytest.raises(InputError):
        recipe = small(terms=[{"target": target}])
        scoring.networks(recipe)
        scoring.objective(recipe, known)


def test_a_term_given_twice_and_a_picture_too_small_are_refused(known):
    with pytest.raises(InputError, match="twice"):
        made(known, "loom/conv2_1/3", "loom/conv2_1/3")
    with pytest.raises(InputError, match="at least 16 px"):
        made(known, "loom/conv5_1/3", width=8)
