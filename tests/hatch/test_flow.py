"""Flow along a picture's forms, and evenly spaced lines along it."""

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.filters import blurred
from inkdream.hatch import streamlines as traced
from inkdream.hatch.flow import field, level
from inkdream.hatch.streamlines import Lengths, streamlines

ROWS, COLUMNS = np.mgrid[:60, :80] + 0.5


def rings(shape=(60, 80)):
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.hypot(rows - shape[0] / 2, columns - shape[1] / 2) / max(shape)


def samples(line, step=0.2):
    """Return points each `step` along a line."""
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    places = np.arange(0, at[-1], step)
    return np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], 1)


def nearest_other(lines):
    """Return the least distance between points of different lines."""
    points = [samples(line) for line in lines]
    least = np.inf
    for number, own in enumerate(points):
        rest = np.concatenate(points[:number] + points[number + 1 :])
        for some in np.array_split(own, max(1, len(own) // 64)):
            least = min(least, np.hypot(*(some[:, None] - rest).transpose(2, 0, 1)).min())
    return least


def angle_of(flow):
    return np.degrees(np.arctan2(flow.doubled[1], flow.doubled[0])) / 2 % 180


@pytest.mark.parametrize("degrees", [0, 20, 90, 135])
def test_a_field_runs_along_stripes(degrees):
    turn = np.radians(degrees)
    stripes = np.sin(0.5 * (COLUMNS * np.sin(turn) - ROWS * np.cos(turn)))
    off = np.abs(angle_of(field(stripes, 4.0))[10:-10, 10:-10] - degrees)
    assert np.minimum(off, 180 - off).max() < 3


def test_a_field_goes_around_a_disc_and_rests_where_nothing_is():
    flow = field(rings(), 3.0)
    around = np.arctan2(ROWS - 30, COLUMNS - 40) + np.pi / 2
    agreement = flow.doubled[0] * np.cos(2 * around) + flow.doubled[1] * np.sin(2 * around)
    assert agreement[rings() > 0.1].mean() > 0.99
    assert np.hypot(*flow.doubled) == pytest.approx(1.0)
    bare = field(np.ones((60, 80)), 3.0, rest=30.0)
    assert angle_of(bare) == pytest.approx(150.0)  # y runs down: 30 degrees upwards
    assert bare.trust.max() == 0


def test_an_edge_gives_its_way_to_what_lies_around():
    step = (COLUMNS > 40).astype(float)
    assert (np.abs(angle_of(field(step, 3.0, rest=0.0)) - 90) < 5).all()


@pytest.mark.parametrize("flow", [level(60, 80, 30.0), field(rings(), 3.0)])
def test_lines_keep_their_distance_and_leave_no_gap(flow):
    lines = streamlines(flow, 2.0, 0.5)
    assert nearest_other(lines) > 0.6 * 2.0 - 0.15
    every = np.concatenate([samples(line) for line in lines])
    places = np.stack([COLUMNS.ravel(), ROWS.ravel()], 1) * 0.5
    away = np.hypot(*(places[:, None] - every).transpose(2, 0, 1)).min(axis=1)
    assert np.quantile(away, 0.95) < 2.0


def test_lines_lie_as_close_as_the_spacing_asks():
    wide = np.where(COLUMNS < 40, 1.0, 3.0)
    points = np.concatenate([samples(line) for line in streamlines(level(60, 80, 90.0), wide, 1.0)])
    dense, loose = (points[:, 0] < 38).sum(), (points[:, 0] > 42).sum()
    assert dense / loose == pytest.approx(3, rel=0.15)


def test_lines_stay_in_the_mask_and_away_from_what_is_drawn():
    mask = np.hypot(ROWS - 30, COLUMNS - 40) < 25
    wall = np.array([[0.0, 30.0], [80.0, 30.0]])
    lines = streamlines(level(60, 80, 90.0), 2.0, 1.0, mask=mask, beside=[wall])
    for line in lines:
        at = samples(line)
        assert mask[at[:, 1].astype(int), at[:, 0].astype(int)].mean() > 0.98
    assert nearest_other([*lines, wall]) > 1.0


def test_rings_close():
    lines = streamlines(field(rings(), 3.0), 4.0, 1.0)
    assert any((line[0] == line[-1]).all() for line in lines)


def test_rules_end_lines():
    flow = field(rings(), 3.0)
    short = streamlines(flow, 2.0, 1.0, lengths=Lengths(least=3, most=5))
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in short]
    assert max(lengths) < 5 * 2 + 1 and min(lengths) > 3 * 2 - 1
    bent = streamlines(flow, 2.0, 1.0, lengths=Lengths(turn=90))
    for line in bent:
        ways = np.diff(line, axis=0)
        turns = np.arctan2(*(ways / np.hypot(*ways.T)[:, None]).T)
        assert np.abs(np.diff(np.unwrap(turns))).sum() < np.radians(95)


def test_no_chance_is_in_it_and_nothing_is_drawn_without_room():
    flow, wide = field(rings(), 3.0), 1.0 + rings()
    twice = [streamlines(flow, wide, 1.0) for _ in range(2)]
    assert all((one == other).all() for one, other in zip(*twice, strict=True))
    assert streamlines(flow, np.full((60, 80), np.inf), 1.0) == []
    assert streamlines(flow, 1.0, 1.0, mask=np.zeros((60, 80), bool)) == []
    assert len(streamlines(level(1, 1), 0.2, 1.0)) > 0


def test_too_many_lines_are_refused_before_they_are_drawn(monkeypatch):
    monkeypatch.setattr(traced, "MOST_POINTS", 10_000)
    with pytest.raises(InputError, match="too many"):
        streamlines(level(60, 80), 0.5, 1.0)


@pytest.mark.parametrize("deviation", [0.0, 0.7, 3.0])
def test_blur_spreads_a_spot_as_wide_as_it_is_told(deviation):
    spots = np.zeros((2, 61, 71))
    spots[:, 30, 35] = 1.0
    seen = blurred(spots, deviation)
    assert seen.sum(axis=(1, 2)) == pytest.approx(1.0)
    assert (seen > -1e-12).all()
    rows = np.arange(61.0)[:, None] - 30
    assert (seen[1] * rows**2).sum() == pytest.approx(deviation**2)


def test_blur_loses_no_light_at_the_edge_and_in_the_end_evens_it_out():
    spot = np.zeros((11, 7))
    spot[0, 0] = 77.0
    assert blurred(spot, 2.0).sum() == pytest.approx(77.0)
    assert blurred(spot, 1000.0) == pytest.approx(1.0)
