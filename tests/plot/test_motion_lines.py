"""What planners are given: curves halved, and vertices that lie on a line left out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.plot import Stroke
from inkdream.plot.ragged import pack
from inkdream.plot.simplify import DEPTH, LONGEST_RUN, halved, planned


def distance(point, begin, end):
    """How far a point lies from a segment."""
    way, length = end - begin, float((end - begin) @ (end - begin))
    share = np.clip((point - begin) @ way / length, 0, 1) if length else 0.0
    return np.hypot(*(point - begin - share * way))


def pieces(cubic, flat, depth=0):
    """A cubic's ends, halved until it is flat: the rule as it is written down."""
    a, b, c, d = cubic
    if depth == DEPTH or max(distance(b, a, d), distance(c, a, d)) < flat:
        return [d]
    ab, bc, cd = (a + b) / 2, (b + c) / 2, (c + d) / 2
    abc, bcd = (ab + bc) / 2, (bc + cd) / 2
    middle = (abc + bcd) / 2
    first = pieces((a, ab, abc, middle), flat, depth + 1)
    return first + pieces((middle, bcd, cd, d), flat, depth + 1)


def kept(line, near, shortest):
    """Which vertices stay: the rule as it is written down."""
    here, rows = 0, [0]
    while here < len(line) - 1:
        end = here + 1
        while end + 1 < len(line) and all(
            distance(point, line[here], line[end + 1]) < near for point in line[here + 1 : end + 1]
        ):
            end += 1
        here = end
        length = np.hypot(*(line[here] - line[rows[-1]]))
        if length > 0 and length >= shortest:
            rows.append(here)
    return rows


def chosen(line, near, shortest):
    """Which vertices are planned, by their numbers: a third column is not looked at."""
    lines = pack([line, line[::-1], line])
    numbered = lines._replace(points=np.column_stack([lines.points, np.arange(len(lines.points))]))
    first, _, third = (planned(numbered, near, shortest).line(each)[:, 2] for each in range(3))
    assert (third - 2 * len(line) == first).all()
    return first.tolist()


@given(st.integers(0, 2**31), st.sampled_from([0.017, 0.05, 1.0]))
@settings(deadline=None, max_examples=60)
def test_curves_are_halved_until_they_are_flat(seed, flat):
    rng = np.random.default_rng(seed)
    strokes = [
        Stroke(rng.uniform(0, rng.choice([1, 50]), (3 * rng.integers(1, 4) + 1, 2)), bool(curved))
        for curved in rng.random(4) < 0.7
    ]
    lines = halved(strokes, flat)
    for index, stroke in enumerate(strokes):
        right = stroke.points
        if stroke.curved:
            cubics = [stroke.points[place : place + 4] for place in range(0, len(right) - 1, 3)]
            right = [right[0]] + [end for cubic in cubics for end in pieces(cubic, flat)]
        np.testing.assert_allclose(lines.line(index), right, atol=1e-9)


def test_a_curve_as_large_as_can_be_has_an_end():
    lines = halved([Stroke(1e12 * np.array([[0.0, 0], [5, 9], [-8, 3], [1, 1]]), True)], 0.05)
    assert len(lines.points) == 2**DEPTH + 1


@given(st.integers(0, 2**31), st.sampled_from([0.001, 0.01, 0.1, 1.0]), st.sampled_from([0, 0.02]))
@settings(deadline=None, max_examples=200)
def test_vertices_near_chords_are_left_out(seed, wobble, shortest):
    """On lines that go on, come back, stand still and turn."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([-1.0, 0.0, 0.3, 1.0, 3.0], 30, p=[0.1, 0.1, 0.3, 0.3, 0.2])
    ways = np.cumsum(rng.choice([0.0, 0.001, 0.3], 30, p=[0.5, 0.3, 0.2]))
    moves = steps[:, None] * np.stack([np.cos(ways), np.sin(ways)], 1)
    shaken = rng.uniform(-wobble, wobble, (30, 2)) * rng.integers(0, 2, (30, 1))
    line = np.cumsum(moves, 0) + shaken
    assert chosen(line, 0.013, shortest) == kept(line, 0.013, shortest)


def test_many_vertices_in_a_place_or_on_a_line_take_no_time_to_speak_of():
    count = 20 * LONGEST_RUN
    straight = np.stack([np.linspace(0, 100, count), np.zeros(count)], 1)
    assert chosen(straight, 0.005, 0.0088) == [0, count - 1]
    rng = np.random.default_rng(0)
    shaken = np.array([10, 0]) + rng.uniform(-1e-4, 1e-4, (count, 2))
    crowd = np.concatenate([np.zeros((1, 2)), shaken])
    assert len(chosen(crowd, 0.005, 0.0088)) == 2
