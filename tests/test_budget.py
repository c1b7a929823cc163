import pytest
import torch

from inkdream.optimize.session import Session
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.run.budget import keep_budget
from tests.running import climbed
from tests.toys import small

PAGE = {"size": "100x140mm", "scale": 0.4, "margin": 8}


@pytest.fixture(scope="module")
def finished():
    """Return a function from seconds to a climbed session that may be plotted for so long."""
    session = climbed(Session(recipe()))

    def allowed(seconds):
        made = Session(recipe(budget=seconds))
        made.load_state_dict(session.state_dict())
        return made

    return allowed


def recipe(budget=0.0, **said):
    return small(
        medium="strokes",
        pens="black:1,red:1",
        page=PAGE,
        strokes={"count": 24},
        terms=[{"target": "loom/conv2_1/15"}],
        plot={"budget": budget},
        **said,
    )


def seconds(plot):
    return estimate(plot, machine("axidraw-v3")).seconds


def test_without_a_budget_nothing_is_left_out(finished):
    session = finished(0.0)
    drawing = session.result
    before = drawing.is_drawn().clone()
    _, budget = keep_budget(session, drawing)
    assert budget is None
    assert torch.equal(drawing.is_drawn(), before)


@pytest.mark.parametrize("share", [0.7, 0.3, 0.05])
def test_a_budget_is_kept_and_what_it_cost_is_said(finished, share):
    free = finished(0.0)
    whole, _ = keep_budget(free, free.result)
    session = finished(share * seconds(whole))
    drawing = session.result
    drawn = int(drawing.is_drawn().sum())
    plot, budget = keep_budget(session, drawing)
    assert seconds(plot) <= budget.budget_seconds
    assert budget.seconds_before_budget == pytest.approx(seconds(whole))
    assert drawn - int(drawing.is_drawn().sum()) == budget.strokes_left_out > 0


def test_strokes_that_earn_most_are_kept(finished):
    """Leaving out by worth for time loses less of the score than leaving out as many others."""
    free = finished(0.0)
    whole, _ = keep_budget(free, free.result)
    session = finished(0.5 * seconds(whole))
    drawing = session.result
    there = drawing.is_drawn().nonzero()[:, 0]
    _, budget = keep_budget(session, drawing)
    kept = session.objective.total(measured(session, drawing))
    others = []
    for seed in range(5):
        other = finished(0.0)
        chance = torch.Generator().manual_seed(seed)
        picked = there[torch.randperm(len(there), generator=chance)[: budget.strokes_left_out]]
        other.result.leave_out(picked)
        others.append(other.objective.total(measured(other, other.result)))
    assert kept > sum(others) / len(others)


def measured(session, drawing):
    from inkdream.optimize.scores import measure

    with torch.no_grad():
        return measure(session.networks, session.objective, drawing.image(0.0))


def test_while_climbing_time_above_the_budget_costs_score():
    tight, loose = Session(recipe(budget=1.0)), Session(recipe(budget=1e6))
    assert tight.result.penalties(1.0)["budget"] > 1
    assert loose.result.penalties(1.0)["budget"] == 0


def test_worths_are_of_drawn_strokes_only_and_tell_the_first_order():
    session = Session(recipe())
    drawing = session.result
    drawing.alive[3] = False
    weights = torch.randn(3, *drawing.page.pixels, generator=torch.Generator().manual_seed(1))
    worth = drawing.worths(lambda picture: (picture * weights).sum())
    hidden = ~drawing.is_drawn()
    assert hidden[3]
    assert (worth[hidden] == 0).all()
    assert (worth[~hidden] != 0).any()
