from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.linemerge import drop_doubles, is_ring, join_ends
from inkdream.plot.linesort import LIFT_MM
from inkdream.plot.optimise import directions, optimise, travel
from inkdream.plot.ragged import pack
from inkdream.plot.simplify import simplify_lines

PAGE = Page.of("a4 landscape")
BLACK, RED = (Pen(name=name, colour=name, width=0.4) for name in ("black", "red"))


def stroke(*points, curved=False):
    return Stroke(np.array(points, float), curved)


def plot_of(*layers):
    pens = (BLACK, RED)
    return Plot(
        PAGE,
        "#ffffff",
        tuple(Layer(pen, tuple(strokes)) for pen, strokes in zip(pens, layers, strict=False)),
    )


def circle(x, y, radius, vertices=24):
    """A closed polyline."""
    turn = np.linspace(0, 2 * np.pi, vertices + 1)[:, None]
    points = (x, y) + radius * np.concatenate([np.cos(turn), np.sin(turn)], 1)
    points[-1] = points[0]
    return Stroke(points)


def scattered(count, seed=0, vertices=2):
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, 200, (count, 1, 2))
    moves = rng.normal(0, 5, (count, vertices - 1, 2))
    return [Stroke(points) for points in np.concatenate([starts, moves], 1).cumsum(1)]


def same_either_way(one):
    """The same for a stroke and the stroke backwards."""
    return one.curved, min(one.points.tobytes(), np.ascontiguousarray(one.points[::-1]).tobytes())


def same_ring(one):
    """The same for a ring wherever it is begun, and whichever way it is drawn."""
    return tuple(sorted(map(tuple, one.points[:-1].tolist())))


def all_ink(plot):
    return sum(one.length() for layer in plot.layers for one in layer.strokes)


def gaps(points, line):
    """The distances (N,) of points (N, 2) from a polyline (V, 2)."""
    begins, ends = (line[:-1], line[1:]) if len(line) > 1 else (line, line)
    along = ends - begins
    share = ((points[:, None] - begins) * along).sum(2) / np.maximum((along**2).sum(1), 1e-30)
    feet = begins + np.clip(share, 0, 1)[..., None] * along
    return np.hypot(*np.moveaxis(points[:, None] - feet, -1, 0)).min(1)


def away(points, line):
    """The greatest distance of points (N, 2) from a polyline (V, 2)."""
    return gaps(points, line).max()


def sampled(one, pitch=0.3):
    """Points all along a stroke."""
    line = one.polyline()
    pieces = [line[:1]]
    for begin, end in pairwise(line):
        count = max(int(np.hypot(*(end - begin)) / pitch), 1)
        pieces.append(begin + np.linspace(0, 1, count + 1)[1:, None] * (end - begin))
    return np.concatenate(pieces)


def uncovered(one, other):
    """How far ink of one plot lies from the nearest ink of another, pen by pen, at most."""
    worst = 0.0
    for layer, beside in zip(one.layers, other.layers, strict=True):
        inks = [ink.polyline() for ink in beside.strokes]
        for each in layer.strokes:
            points = sampled(each, 1.0)
            worst = max(worst, np.min([gaps(points, ink) for ink in inks], 0).max())
    return worst


# Few coordinates, so that strokes meet, repeat, cross, and are without length. They are made into
# plots inside the tests, since checking types draws chance of its own.
places = st.tuples(st.integers(0, 5), st.integers(0, 5))
lines = st.tuples(st.lists(places, min_size=1, max_size=5), st.just(False))
curves = st.tuples(st.lists(places, min_size=4, max_size=4), st.just(True))
pens = st.tuples(st.lists(lines | curves, max_size=12), st.lists(lines | curves, max_size=6))


def plot_from(layers):
    return plot_of(
        *([Stroke(np.array(points, float) * 7, curved) for points, curved in one] for one in layers)
    )


@settings(deadline=None, max_examples=60)
@given(pens)
def test_the_ink_stays_where_it_was(layers):
    plot = plot_from(layers)
    better = optimise(plot)
    assert [layer.pen for layer in better.layers] == [BLACK, RED]
    assert (better.page, better.paper) == (plot.page, plot.paper)
    assert uncovered(plot, better) <= 0.05 + 0.02 + 1e-9
    assert uncovered(better, plot) <= 0.05 + 0.02 + 1e-9
    assert all_ink(better) <= all_ink(plot) + 0.1 * plot.strokes


@settings(deadline=None, max_examples=100)
@given(pens)
def test_travel_and_lifts_are_never_more(layers):
    plot = plot_from(layers)
    better = optimise(plot)
    assert better.strokes <= plot.strokes
    assert travel(better) + LIFT_MM * better.strokes <= travel(plot) + LIFT_MM * plot.strokes
    if better.strokes == plot.strokes:
        assert travel(better) <= travel(plot) + 1e-9


@settings(deadline=None, max_examples=30)
@given(pens)
def test_the_same_plot_gives_the_same_bytes_and_is_not_changed(layers):
    plot = plot_from(layers)
    before = [one.points.tobytes() for layer in plot.layers for one in layer.strokes]
    once, again = (
        [one.points.tobytes() for layer in optimise(plot).layers for one in layer.strokes]
        for _ in range(2)
    )
    assert once == again
    assert before == [one.points.tobytes() for layer in plot.layers for one in layer.strokes]


def test_nothing_is_left_of_nothing():
    for plot in (plot_of(), plot_of([]), plot_of([], [])):
        assert optimise(plot).strokes == 0
        assert len(optimise(plot).layers) == len(plot.layers)
        assert travel(plot) == 0


def test_dots_stay_dots():
    plot = plot_of([stroke((3, 4)), stroke((30, 40), (30, 40)), stroke((10, 0))])
    better = optimise(plot)
    assert better.strokes == 3
    assert all_ink(better) == 0
    assert travel(better) <= travel(plot)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40, 700])
def test_strokes_that_do_not_meet_are_only_ordered_and_turned(count):
    strokes = scattered(count, count, vertices=4)
    plot = plot_of(strokes)
    better = optimise(plot, join=0, simplify=0)
    assert sorted(map(same_either_way, better.layers[0].strokes)) == sorted(
        map(same_either_way, strokes)
    )
    assert travel(better) <= travel(plot)


def nearest_first(strokes):
    """The travel of always drawing the stroke with the nearest end next, and back."""
    left = [one.points[[0, -1]] for one in strokes]
    place, way = np.zeros(2), 0.0
    while left:
        gaps = np.hypot(*np.moveaxis(np.array(left) - place, -1, 0))
        index, end = np.unravel_index(gaps.argmin(), gaps.shape)
        way += gaps[index, end]
        place = left.pop(int(index))[1 - end]
    return way + np.hypot(*place)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_a_fifth_better_than_the_nearest_first(seed):
    strokes = scattered(500, seed)
    better = optimise(plot_of(strokes), join=0)
    assert travel(better) < 0.8 * nearest_first(strokes)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_a_few_strokes_is_hardly_worse_than_the_best(seed):
    strokes = scattered(5, seed)
    best = np.inf
    for order in permutations(range(5)):
        for turns in range(32):
            ends = [strokes[i].points[:: -1 if turns >> i & 1 else 1] for i in order]
            path = np.concatenate([np.zeros((1, 2)), *ends, np.zeros((1, 2))])
            best = min(best, np.hypot(*(path[1::2] - path[::2]).T).sum())
    assert travel(optimise(plot_of(strokes), join=0)) < 1.1 * best


def test_dashes_on_a_line_are_drawn_from_one_end_to_the_other():
    rng = np.random.default_rng(0)
    dashes = [stroke((x, 50), (x + 1, 50)) for x in range(10, 190, 3)]
    turned = [Stroke(one.points[:: rng.choice([1, -1])].copy()) for one in dashes]
    plot = plot_of([turned[index] for index in rng.permutation(len(turned))])
    better = optimise(plot).layers[0].strokes
    begins = [one.points[0, 0] for one in better]
    assert begins == sorted(begins)
    assert all(one.points[0, 0] < one.points[-1, 0] for one in better)


def test_far_groups_are_drawn_one_after_another():
    rng = np.random.default_rng(1)
    middles = [(20, 20), (180, 20), (180, 180), (20, 180), (100, 100)]
    strokes = [Stroke(middle + rng.uniform(-5, 5, (2, 2))) for middle in middles * 30]
    better = optimise(plot_of(strokes), join=0).layers[0].strokes
    far = sum(np.hypot(*(two.points[0] - one.points[-1])) > 40 for one, two in pairwise(better))
    assert far == len(middles) - 1


def test_each_pen_begins_where_the_last_one_ended():
    rows = [stroke((x, 100), (x, 120)) for x in range(10, 200, 20)]
    again = [stroke((x + 1, 100), (x + 1, 120)) for x in range(10, 200, 20)]
    first, second = optimise(plot_of(rows, again)).layers
    assert abs(second.strokes[0].points[0, 0] - first.strokes[-1].points[-1, 0]) <= 1


def test_strokes_of_two_pens_never_mix():
    one, two = stroke((0, 0), (10, 0)), stroke((10, 0), (20, 0))
    better = optimise(plot_of([one], [two]))
    assert [len(layer.strokes) for layer in better.layers] == [1, 1]
    assert optimise(plot_of([one], [one])).strokes == 2


def test_repeated_strokes_are_drawn_once():
    line = stroke((10, 10), (20, 10), (20, 30))
    backwards = Stroke(line.points[::-1].copy())
    with_more = stroke((10, 10), (15, 10), (20, 10), (20, 20), (20, 30))
    nearly = Stroke(line.points + 0.01)
    kept = drop_doubles([line, backwards, with_more, nearly, line], 0.05)
    assert len(kept) == 1
    assert kept[0] is line


def test_rings_begun_elsewhere_are_repeated_strokes():
    ring = circle(50, 50, 10)
    for shift in (1, 7, 23):
        points = np.roll(ring.points[:-1], shift, axis=0)
        begun = Stroke(np.concatenate([points, points[:1]]))
        assert len(drop_doubles([ring, begun, Stroke(begun.points[::-1].copy())], 0.05)) == 1


def test_curves_are_repeated_by_their_polylines():
    curve = stroke((0, 0), (10, 20), (20, -20), (30, 0), curved=True)
    assert len(drop_doubles([curve, Stroke(curve.polyline())], 0.05)) == 1


def test_what_is_near_is_no_repetition():
    line = stroke((10, 10), (20, 10))
    others = [
        stroke((10, 10.06), (20, 10.06)),
        stroke((10, 10), (20.2, 10)),
        stroke((10, 10), (15, 12), (20, 10)),
        stroke((15, 5), (15, 15)),
        stroke((10, 10), (20, 10), (10, 10)),
    ]
    assert len(drop_doubles([line, *others], 0.05)) == 1 + len(others)


def test_a_line_to_and_fro_repeats_no_longer_one():
    # Of one length, around one middle, and the second lies on the first.
    straight, folded = stroke((7, 5), (19, 5)), stroke((10, 5), (16, 5), (10, 5))
    assert len(drop_doubles([straight, folded], 0.05)) == 2
    assert len(drop_doubles([folded, straight], 0.05)) == 2


def test_lines_nearer_than_the_tolerance_do_not_all_vanish():
    # Each repeats the one before it, but not the one before that.
    lines = [stroke((0, 0.04 * row), (10, 0.04 * row)) for row in range(20)]
    kept = [one.points[0, 1] for one in drop_doubles(lines, 0.05)]
    assert np.diff(kept) == pytest.approx(0.08)


def test_many_copies_become_one():
    line = stroke((10, 10), (20, 10))
    assert len(drop_doubles([line] * 100, 0.05)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_a_line_in_pieces_becomes_one_line_again(seed):
    rng = np.random.default_rng(seed)
    line = rng.uniform(0, 100, (40, 2))
    cuts = [0, *sorted(rng.choice(np.arange(1, 39), 9, replace=False)), 39]
    pieces = [line[first : last + 1][:: rng.choice([1, -1])] for first, last in pairwise(cuts)]
    joined = join_ends([Stroke(pieces[index].copy()) for index in rng.permutation(10)], 0.05)
    assert len(joined) == 1
    assert same_either_way(joined[0]) == same_either_way(Stroke(line))


def test_ends_that_meet_nearly_meet_in_the_middle():
    (joined,) = join_ends([stroke((0, 0), (10, 0)), stroke((20, 0.04), (10, 0.04))], 0.05)
    assert joined.points == pytest.approx(np.array([[0, 0], [10, 0.02], [20, 0.04]]))
    apart = [stroke((0, 0), (10, 0)), stroke((20, 0.06), (10, 0.06))]
    assert len(join_ends(apart, 0.05)) == 2


def test_the_nearer_end_is_joined():
    lines = [stroke((0, 0), (10, 0)), stroke((10, 0.04), (20, 5)), stroke((10, 0), (20, -5))]
    long = max(join_ends(lines, 0.05), key=lambda one: len(one.points))
    assert long.points[[0, 1, -1]] == pytest.approx(np.array([[0, 0], [10, 0], [20, -5]]))


def test_an_end_that_is_there_is_joined_before_one_that_goes_straight_on():
    sharp, straight = stroke((10, 0), (1, 3)), stroke((10.006, 0), (20, 0))
    joined, alone = join_ends([stroke((0, 0), (10, 0)), sharp, straight], 0.05)
    assert (joined.points == (1, 3)).all(1).any()
    assert len(alone.points) == 2


def test_at_a_crossing_lines_go_straight_on():
    arms = [stroke((50, 50), (50 + x, 50 + y)) for x, y in ((0, 9), (9, 0), (0, -9), (-9, 0))]
    joined = join_ends(arms, 0.05)
    assert len(joined) == 2
    for one in joined:
        assert away(one.points[1:2], one.points[[0, -1]]) < 1e-9


def test_a_net_becomes_its_lines():
    sides = [((x, y), (x + 9, y)) for x in range(0, 90, 9) for y in range(9, 90, 9)]
    sides += [(begin[::-1], end[::-1]) for begin, end in sides]
    rng = np.random.default_rng(2)
    net = [stroke(*sides[index]) for index in rng.permutation(len(sides))]
    better = optimise(plot_of(net))
    assert better.strokes == 18
    assert all(len(one.points) == 2 for one in better.layers[0].strokes)
    assert all_ink(better) == pytest.approx(9 * len(sides))


def test_a_star_of_many_rays_takes_half_as_many_strokes():
    turns = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    rays = [stroke((50, 50), (50 + 40 * np.cos(t), 50 + 40 * np.sin(t))) for t in turns]
    joined = join_ends(rays, 0.05)
    assert len(joined) == 500
    assert sum(one.length() for one in joined) == pytest.approx(40 * 1000)


def test_rings_that_touch_are_drawn_in_one_go():
    left = [stroke((50, 50), (30, 40), (30, 60)), stroke((30, 60), (50, 50))]
    right = [stroke((50, 50), (70, 60)), stroke((70, 60), (70, 40), (50, 50))]
    tail = stroke((50, 50), (50, 90))
    (eight,) = join_ends([*left, *right], 0.05)
    assert is_ring(eight)
    (whole,) = join_ends([*left, tail, *right], 0.05)
    assert whole.length() == pytest.approx(sum(one.length() for one in [*left, tail, *right]))


def test_a_ring_that_nearly_closes_is_closed():
    (ring,) = join_ends([stroke((0, 0), (10, 0), (10, 10), (0.04, 0))], 0.05)
    assert is_ring(ring)
    dash = stroke((0, 0), (0.04, 0))
    assert join_ends([dash], 0.05) == (dash,)


def test_curves_stay_curves_unless_joined_to_a_polyline():
    one = stroke((0, 0), (5, 9), (9, 9), (12, 0), curved=True)
    two = stroke((20, 5), (18, -9), (15, -9), (12, 0.02), curved=True)
    (curve,) = join_ends([one, two], 0.05)
    assert curve.curved
    assert len(curve.points) == 7
    assert away(sampled(one), curve.polyline(0.001)) < 0.03
    assert away(sampled(two), curve.polyline(0.001)) < 0.03
    (mixed,) = join_ends([one, stroke((12, 0), (20, 0))], 0.05)
    assert not mixed.curved
    assert away(sampled(one), mixed.points) < 0.03


def test_handles_move_along_with_ends_that_meet():
    one = stroke((0, 0), (10, 0), (20, 3), (30, 0), curved=True)
    other = stroke((30.04, 0), (40, -3), (50, 10), (60, 10), curved=True)
    (joined,) = join_ends([one, other], 0.05)
    assert joined.points[3] == pytest.approx([30.02, 0])
    assert joined.points[2] - joined.points[3] == pytest.approx(one.points[2] - one.points[3])
    assert joined.points[4] - joined.points[3] == pytest.approx(other.points[1] - other.points[0])


def test_curves_are_never_simplified():
    curve = stroke((10, 10), (20, 10), (30, 10), (40, 10), curved=True)
    (only,) = optimise(plot_of([curve]), simplify=5).layers[0].strokes
    assert same_either_way(only) == same_either_way(curve)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.02, 1.0]))
def test_simplified_lines_stay_where_they_were(seed, tolerance):
    rng = np.random.default_rng(seed)
    lines = [rng.normal(0, 1, (count, 2)).cumsum(0) for count in (1, 2, 3, 40)]
    lines.append(circle(5, 5, 3).points)
    for before, number in zip(lines, range(5), strict=True):
        after = simplify_lines(pack(lines), tolerance).line(number)
        assert away(before, after) <= tolerance + 1e-9
        assert (after[0] == before[0]).all()
        assert (after[-1] == before[-1]).all()
        assert {tuple(point) for point in after} <= {tuple(point) for point in before}


def test_what_lies_on_a_straight_line_or_twice_is_left_out():
    line = np.array([[0.0, 0], [0, 0], [1, 0], [2, 0], [2, 0], [5, 0], [5, 3], [5, 4]])
    assert simplify_lines(pack([line]), 0.0).points.tolist() == [[0, 0], [5, 0], [5, 4]]
    there_and_back = np.array([[0.0, 0], [5, 0], [1, 0]])
    assert len(simplify_lines(pack([there_and_back]), 0.02).points) == 3


@pytest.mark.parametrize("passes", [2, 3, 8, 2001])
@pytest.mark.parametrize("tolerance", [0.0, 0.02])
def test_a_line_that_goes_to_and_fro_keeps_every_pass(passes, tolerance):
    rng = np.random.default_rng(passes)
    ends = np.stack([np.arange(passes + 1) % 2 * 3.0, np.zeros(passes + 1)], 1)
    # Each pass in two parts, of which the joint is not needed.
    line = np.concatenate([ends[:1], *([(a + b) / 2, b] for a, b in pairwise(ends))])
    line[2::2] += rng.uniform(-1, 1, line[2::2].shape) * tolerance / 4
    after = simplify_lines(pack([line]), tolerance).points
    assert len(after) == passes + 1
    assert np.hypot(*np.diff(after, axis=0).T).sum() == pytest.approx(3 * passes, rel=0.01)


def test_fewer_vertices_where_more_is_allowed():
    lines = pack([circle(50, 50, 20, vertices=400).points])
    counts = [len(simplify_lines(lines, tolerance).points) for tolerance in (0, 0.02, 0.1, 1)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 401
    assert counts[1] < 140


def test_rings_begin_where_the_pen_is_near():
    rings = [circle(100, 100, radius) for radius in range(5, 45, 2)]
    better = optimise(plot_of(rings), simplify=0)
    assert sorted(map(same_ring, better.layers[0].strokes)) == sorted(map(same_ring, rings))
    drawn = better.layers[0].strokes
    hops = sum(np.hypot(*(two.points[0] - one.points[0])) for one, two in pairwise(drawn))
    assert hops == pytest.approx(2 * 19, rel=0.02)


def test_closed_curves_begin_at_a_joint():
    joints = [(60, 50), (50, 60), (40, 50), (50, 40)]
    points = [joints[0]]
    for begin, end in pairwise([*joints, joints[0]]):
        points += [begin, end, end]
    ring = stroke(*points, curved=True)
    (turned,) = optimise(plot_of([ring])).layers[0].strokes
    assert turned.curved
    assert tuple(turned.points[0]) in {(40.0, 50.0), (50.0, 40.0)}
    assert turned.length() == pytest.approx(ring.length())
    assert away(sampled(turned), ring.polyline()) < 1e-9


@pytest.mark.parametrize("home", [(0.0, 0.0), (200.0, 0.0)])
def test_strokes_are_ordered_from_where_the_machine_begins(home):
    ticks = [stroke((x, 5), (x, 15)) for x in (100, 20, 180)]
    first, second = optimise(plot_of(ticks[:1], ticks[1:]), home=home).layers
    # Away from the corner, and back to it at the end.
    ends = [one.points[:, 0].mean() for one in second.strokes]
    assert ends == sorted(ends, key=lambda x: -abs(x - home[0]))
    assert first.strokes[0].points[0] == pytest.approx([100, 5])
    assert second.strokes[-1].points[-1] == pytest.approx([abs(home[0] - 20), 5])


def test_lines_that_run_alike_are_drawn_together_for_little_travel():
    """Two hatchings that cross, given line by line at random."""
    steps = 10 + 2.0 * np.arange(36)
    rows = [stroke((10, y), (80, y)) for y in steps]
    columns = [stroke((x, 10), (x, 80)) for x in steps]
    lines = [(rows + columns)[index] for index in np.random.default_rng(0).permutation(72)]
    done = optimise(plot_of(lines))
    ways = directions(done.layers[0].strokes)
    assert (np.abs(np.diff(ways[:, 0])) > 1).sum() <= 4
    # No order takes less than from line to line, and to them and back.
    assert travel(done) < 1.15 * (2 * 35 * 2.0 + np.hypot(10, 10) + np.hypot(80, 80))


def test_directions_have_no_sense_and_rings_and_dots_have_none():
    strokes = [stroke((0, 0), (5, 0)), stroke((5, 0), (0, 0)), stroke((1, 1), (1, 9))]
    strokes += [stroke((2, 2), (4, 4)), circle(50, 50, 10), stroke((3, 3))]
    expected = [(1, 0), (1, 0), (-1, 0), (0, 1), (0, 0), (0, 0)]
    assert directions(strokes) == pytest.approx(np.array(expected), abs=1e-9)
    assert directions([]).shape == (0, 2)
