import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.clip import clip, clip_stroke, extent

BOX = (10.0, 20.0, 50.0, 40.0)
BLACK = Pen(name="black", colour="black", width=0.4)

# Whole numbers too: vertices on edges and corners, level and upright lines, points met twice.
places = st.one_of(st.floats(0, 60), st.integers(0, 6).map(lambda tens: 10.0 * tens))
vertices = st.lists(st.tuples(places, places), min_size=2, max_size=9)


def inked(line):
    """Return the length of a polyline inside the box, doubly drawn parts counted twice."""
    box = shapely.box(*BOX)
    return sum(
        shapely.LineString(line[start : start + 2]).intersection(box).length
        for start in range(len(line) - 1)
    )


@settings(max_examples=300, deadline=None)
@given(vertices, st.booleans())
def test_what_is_left_is_what_lay_inside(points, closed):
    line = np.array([*points, points[0]] if closed else points)
    pieces = clip_stroke(Stroke(line), BOX)
    assert sum(piece.length() for piece in pieces) == pytest.approx(inked(line), abs=1e-6)
    whole = shapely.LineString(line)
    for piece in pieces:
        assert (piece.points >= BOX[:2]).all()
        assert (piece.points <= BOX[2:]).all()
        for point in piece.points:
            assert whole.distance(shapely.Point(point)) < 1e-9


@settings(max_examples=100, deadline=None)
@given(vertices, st.booleans())
def test_clipping_twice_changes_nothing(points, curved):
    points = points * 2 if curved else points
    stroke = Stroke(np.array(points[: len(points) - (len(points) - 1) % 3]), curved)
    if len(stroke.points) < 2:
        return
    once = clip_stroke(stroke, BOX)
    twice = [again for piece in once for again in clip_stroke(piece, BOX)]
    assert len(twice) == len(once)
    for piece, again in zip(once, twice, strict=True):
        assert (piece.points == again.points).all()


def test_strokes_inside_are_the_same_and_those_outside_are_gone():
    inside = Stroke(np.array([[11.0, 21], [12, 39], [50, 40], [10, 20]]), curved=True)
    assert clip_stroke(inside, BOX) == (inside,)
    assert clip_stroke(Stroke(inside.points + 100, curved=True), BOX) == ()
    assert clip_stroke(Stroke(np.array([[0.0, 0], [5, 60]])), BOX) == ()


def test_a_curve_whose_control_points_alone_lie_outside_stays_a_curve():
    curve = Stroke(np.array([[12.0, 30], [12, 43], [40, 43], [40, 30]]), curved=True)
    assert clip_stroke(curve, BOX) == (curve,)
    higher = Stroke(curve.points + np.array([0, 5]), curved=True)
    pieces = clip_stroke(higher, BOX)
    assert len(pieces) == 2
    assert all(piece.curved for piece in pieces)
    assert pieces[0].points[-1][1] == pieces[1].points[0][1] == 40


def curves(count):
    """Control points of curves of so many cubics."""
    return st.lists(st.tuples(places, places), min_size=3 * count + 1, max_size=3 * count + 1)


@settings(max_examples=200, deadline=None)
@given(curves(1) | curves(2) | curves(3), st.booleans())
def test_what_is_left_of_a_curve_is_what_lay_inside(points, closed):
    curve = Stroke(np.array([*points[:-1], points[0]] if closed else points), curved=True)
    pieces = clip_stroke(curve, BOX)
    fine = 1e-4
    line = curve.polyline(fine)
    # Where a curve runs along an edge, a rounding decides what of it is inside.
    assert sum(piece.length(fine) for piece in pieces) == pytest.approx(inked(line), abs=0.1)
    whole, box = shapely.LineString(line), shapely.box(*BOX)
    for piece in pieces:
        assert piece.curved
        low, high = extent(piece)
        assert (low >= np.array(BOX[:2]) - 1e-9).all()
        assert (high <= np.array(BOX[2:]) + 1e-9).all()
        for point in piece.polyline()[::8]:
            assert whole.distance(shapely.Point(point)) < 0.02
    # Where a piece ends, the curve crosses an edge, or ends itself.
    ends = [piece.points[place] for piece in pieces for place in (0, -1)]
    for end in ends:
        on_edge = box.exterior.distance(shapely.Point(end)) < 1e-9
        assert on_edge or (end == curve.points[0]).all() or (end == curve.points[-1]).all()


def test_a_straight_curve_is_cut_where_the_line_is():
    """Its polynomials have no square and no cube but for rounding."""
    line = np.linspace([0.0, 0.0], [60.0, 60.0], 7)
    (piece,) = clip_stroke(Stroke(line, curved=True), BOX)
    assert piece.points[0] == pytest.approx([20, 20], abs=1e-9)
    assert piece.points[-1] == pytest.approx([40, 40], abs=1e-9)
    assert len(piece.points) == 7


def test_a_closed_curve_is_not_cut_where_it_begins():
    left = [[20.0, 30], [20, 50], [40, 50], [40, 30]]
    ring = Stroke(np.array([*left, [40, 10], [20, 10], [20, 30]]), curved=True)
    pieces = clip_stroke(ring, BOX)
    assert len(pieces) == 2
    (left_side,) = (piece for piece in pieces if (piece.points == [20.0, 30]).all(1).any())
    ends = sorted(left_side.points[[0, -1], 1])
    assert ends == pytest.approx([20, 40], abs=1e-9)


def test_a_ring_is_not_cut_where_it_begins():
    ring = np.array([[20.0, 30], [40, 30], [40, 60], [20, 60], [20, 30]])
    (piece,) = clip_stroke(Stroke(ring), BOX)
    assert piece.points.tolist() == [[20, 40], [20, 30], [40, 30], [40, 40]]


def test_touching_an_edge_from_outside_leaves_nothing_and_along_it_all():
    assert clip_stroke(Stroke(np.array([[0.0, 20], [10, 30], [0, 40]])), BOX) == ()
    along = Stroke(np.array([[10.0, 20], [10, 40]]))
    assert clip_stroke(along, BOX) == (along,)
    (piece,) = clip_stroke(Stroke(np.array([[10.0, 0], [10, 60]])), BOX)
    assert piece.points.tolist() == [[10, 20], [10, 40]]


def test_a_dot_stays_if_it_is_inside():
    dot = Stroke(np.array([[10.0, 20], [10, 20]]))
    assert clip_stroke(dot, BOX) == (dot,)
    assert clip_stroke(Stroke(dot.points - 1), BOX) == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(places, places), min_size=7, max_size=7))
def test_a_curves_extent_is_that_of_its_points(points):
    curve = Stroke(np.array(points), curved=True)
    low, high = extent(curve)
    dense = curve.polyline(1e-6)
    assert low == pytest.approx(dense.min(axis=0), abs=2e-2)
    assert high == pytest.approx(dense.max(axis=0), abs=2e-2)
    assert (low <= dense.min(axis=0) + 1e-9).all()
    assert (high >= dense.max(axis=0) - 1e-9).all()


def test_a_plot_is_cut_at_its_page_and_loses_its_empty_layers():
    page = Page(width=60, height=40, margin=5)
    gone = Layer(BLACK, (Stroke(np.array([[70.0, 1], [80, 2]])),))
    kept = Layer(BLACK, (Stroke(np.array([[-10.0, 10], [70, 10]])),))
    plot = Plot(page, "#ffffff", (gone, kept))
    (layer,) = clip(plot).layers
    assert layer.strokes[0].points.tolist() == [[0, 10], [60, 10]]
    (layer,) = clip(plot, page.inside).layers
    assert layer.strokes[0].points.tolist() == [[5, 10], [55, 10]]
