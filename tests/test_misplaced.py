"""What is left of a plot's score where pens are not put in quite alike."""

import numpy as np
import pytest

from inkdream.objectives import scoring
from inkdream.plot import Plot
from inkdream.plot.preview import preview
from inkdream.recipe import assemble
from inkdream.run.judging import MISPLACED, misplaced, misplaced_shares
from tests.plot.plots import nice


def test_each_layer_but_the_first_moves_by_as_much_and_keeps_its_form():
    plot = nice()
    moved = misplaced(plot, 0.6, np.random.default_rng(1))
    assert moved.layers[0] is plot.layers[0]
    ways = []
    for layer, other in zip(plot.layers[1:], moved.layers[1:], strict=True):
        steps = np.concatenate(
            [two.points - one.points for one, two in zip(layer.strokes, other.strokes, strict=True)]
        )
        assert steps == pytest.approx(np.broadcast_to(steps[0], steps.shape), abs=1e-9)
        assert np.hypot(*steps[0]) == pytest.approx(0.6)
        ways.append(steps[0])
    assert not np.allclose(ways[0], ways[1])
    assert misplaced(plot, 0.0, np.random.default_rng(1)).strokes == plot.strokes


def test_shares_are_of_the_plots_own_score_and_of_none_in_one_pen():
    recipe = assemble(None, {"terms": [{"target": "loom/conv2_1/15"}]}, [])
    networks = scoring.networks(recipe)
    objective = scoring.objective(recipe, networks)
    plot, looked = nice(), []

    def look(seen: Plot):
        looked.append(seen)
        return preview(seen, 96, 68)

    shares = misplaced_shares(networks, objective, plot, look)
    assert list(shares) == [f"{shift:g}" for shift in MISPLACED]
    assert all(0 < share < 3 for share in shares.values())
    assert looked[0] is plot
    assert shares == misplaced_shares(networks, objective, plot, look)
    one = Plot(plot.page, plot.paper, plot.layers[:1])
    assert misplaced_shares(networks, objective, one, look) == {}
