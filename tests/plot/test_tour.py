import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.plot.kdtree import build, nearest, neighbours, remove
from inkdream.plot.linesort import EntryPoints, improve, order_strokes

# Whole numbers, so that many points are the same and many distances equal.
clouds = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=80).map(
    lambda points: np.array(points, float)
)


def distances(points, place):
    return np.hypot(*(points - place).T)


@settings(deadline=None)
@given(clouds, st.randoms(use_true_random=False))
def test_the_nearest_point_is_found_while_points_are_taken_away(points, chance):
    tree = build(points)
    left = list(range(len(points)))
    while left:
        x, y = chance.uniform(-2, 11), chance.uniform(-2, 11)
        found = nearest(tree, x, y)
        assert found in left
        best = distances(points[left], (x, y)).min()
        assert np.hypot(*(points[found] - (x, y))) == pytest.approx(best)
        gone = chance.choice(left)
        left.remove(gone)
        remove(tree, gone)
        remove(tree, gone)  # taking it away again changes nothing
    assert nearest(tree, 0, 0) == -1


@settings(deadline=None)
@given(clouds, st.sampled_from([1, 3, 8]), st.sampled_from([0.0, 2.0, np.inf]))
def test_neighbours_are_the_nearest_points_of_others(points, most, radius):
    owners = np.arange(len(points)) // 2
    found = neighbours(build(points), owners, most, radius, -1)
    for point, row in enumerate(found):
        away = distances(points, points[point])
        allowed = np.sort(away[(owners != owners[point]) & (away <= radius)])[:most]
        chosen = row[row >= 0]
        assert away[chosen] == pytest.approx(allowed)
        assert len(set(chosen.tolist())) == len(chosen)
        assert (owners[chosen] != owners[point]).all()
        assert (row[len(chosen) :] == -1).all()


@settings(deadline=None)
@given(clouds)
def test_every_point_is_in_one_quadrant(points):
    owners = np.arange(len(points))
    parts = [neighbours(build(points), owners, len(points), np.inf, part) for part in range(4)]
    for point in range(len(points)):
        found = [set(part[point][part[point] >= 0].tolist()) for part in parts]
        assert sum(map(len, found)) == len(points) - 1
        assert set.union(*found) == set(range(len(points))) - {point}
        right, down = (points - points[point] >= 0).T
        assert all(not right[list(part)].any() for part in (found[0], found[2]))
        assert all(not down[list(part)].any() for part in (found[0], found[1]))


def way(points):
    """From the start through the strokes to the end."""
    path = np.concatenate([points[-1:], points[:-1]])
    return np.hypot(*(path[1::2] - path[::2]).T).sum()


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 60), st.integers(0, 2**31), st.booleans())
def test_a_tour_passes_every_stroke_once_and_is_no_longer(strokes, seed, coarse):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (2 * strokes + 2, 2))
    if coarse:
        points = points.round(-1)
    passed = improve(points, 1.0, 50)
    assert sorted(passed.tolist()) == list(range(2 * strokes))
    assert (passed[::2] // 2 == passed[1::2] // 2).all()
    ends = [2 * strokes, 2 * strokes + 1]
    assert way(points[[*passed, *ends]]) <= way(points) + 1e-6


def test_an_end_that_does_not_matter_does_not_matter():
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 100, (202, 2))
    moved = points.copy()
    moved[-2] = (-500, 900)
    hops = []
    for each in (points, moved):
        passed = improve(each, 0.0, 500)
        path = each[[201, *passed]]
        hops.append(np.hypot(*(path[1::2] - path[:-1:2]).T).sum())
        assert hops[-1] < way(points[[*range(200), 200, 201]]) / 4
    assert hops[1] == pytest.approx(hops[0], rel=0.05)


def test_shuffles_help():
    rng = np.random.default_rng(4)
    points = rng.uniform(0, 200, (602, 2))
    ways = []
    for shuffles in (0, 300, 3000):
        passed = improve(points, 1.0, shuffles)
        ways.append(way(points[[*passed, 600, 601]]))
    assert ways[0] > ways[1] > ways[2]
    assert ways[2] < 0.97 * ways[0]


def test_strokes_may_begin_at_any_of_their_doors():
    # A ring with doors to the left and to the right, between a line before it and one behind it.
    doors = EntryPoints(
        points=np.array([[0.0, 0], [10, 0], [20, 0], [14, 3], [14, -3], [30, 0], [40, 0]]),
        owners=np.array([0, 0, 1, 1, 1, 2, 2]),
        exits=np.array([1, 0, 2, 3, 4, 6, 5]),
    )
    assert order_strokes(doors, (0.0, 0.0), None).tolist() == [0, 2, 5]
    nothing = np.zeros(0, np.int64)
    none = order_strokes(EntryPoints(np.zeros((0, 2)), nothing, nothing), (0.0, 0.0), None)
    assert len(none) == 0


def test_the_way_home_counts_if_there_is_one():
    # A ladder of dashes: going up both sides at once is shorter, but going back on the other side
    # ends at the start.
    rungs = [(4.0 * column, 3.0 * row) for column in range(1, 11) for row in range(2)]
    points = np.array([(x + off, y) for x, y in rungs for off in (0, 0.1)])
    doors = EntryPoints(points, np.arange(40) // 2, np.arange(40) ^ 1)
    free = order_strokes(doors, (0.0, 0.0), None)
    home = order_strokes(doors, (0.0, 0.0), (0.0, 0.0))
    assert points[free[-1], 0] > 35
    assert points[home[-1], 0] < 10
