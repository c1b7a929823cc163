"""The plot: curves as polylines, and what there is of them."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdream.plot import TOLERANCE, Layer, Stroke
from inkdream.plot.plot import MOST_SEGMENTS
from tests.plot import plots

MM = st.floats(-400, 400, allow_nan=False)


@st.composite
def curves(draw):
    """Curved strokes of one to three cubics, in mm."""
    count = 3 * draw(st.integers(1, 3)) + 1
    return Stroke(np.array(draw(st.lists(st.tuples(MM, MM), min_size=count, max_size=count))), True)


def on_curve(stroke, steps=400):
    """Points (N, 2) of a curved stroke's own curves."""
    t = np.linspace(0, 1, steps)[:, None]
    pieces = []
    for start in range(0, len(stroke.points) - 1, 3):
        a, b, c, d = stroke.points[start : start + 4]
        s = 1 - t
        pieces.append(s**3 * a + 3 * t * s**2 * b + 3 * t**2 * s * c + t**3 * d)
    return np.concatenate(pieces)


def away(points, line):
    """How far points are from a polyline, at most, in mm."""
    start, edge = line[:-1], np.diff(line, axis=0)
    share = ((points[:, None] - start) * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-18)
    nearest = start + np.clip(share, 0, 1)[..., None] * edge
    return np.linalg.norm(points[:, None] - nearest, axis=-1).min(1).max()


@given(curves(), st.sampled_from([TOLERANCE, 0.3, 5.0]))
def test_a_polyline_stays_within_its_tolerance_of_the_curve(stroke, tolerance):
    line = stroke.polyline(tolerance)
    assert away(on_curve(stroke, 150), line) <= tolerance * 1.001
    assert (line[0] == stroke.points[0]).all()
    # The joints and the end, to the last bit: what meets there still does.
    for joint in stroke.points[3::3]:
        assert (line == joint).all(1).any()
    assert (line[-1] == stroke.points[-1]).all()


@given(curves())
def test_a_coarser_polyline_has_no_more_vertices(stroke):
    sizes = [len(stroke.polyline(tolerance)) for tolerance in (0.005, 0.02, 0.3, 8.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= MOST_SEGMENTS * (len(stroke.points) // 3) + 1


@given(curves(), st.sampled_from([TOLERANCE, 0.3, 5.0]))
def test_vertices_are_counted_without_being_made(stroke, tolerance):
    assert stroke.vertices(tolerance) == len(stroke.polyline(tolerance))
    line = Stroke(stroke.points)
    assert line.vertices(tolerance) == len(line.points)


def test_curves_that_are_straight_take_one_segment_each():
    points = np.linspace((10, 10), (90, 40), 7)
    assert len(Stroke(points, True).polyline()) == 3


def test_a_polyline_is_its_own_polyline():
    stroke = plots.line((1, 2), (3, 4), (5, 5))
    assert stroke.polyline() is stroke.points
    assert plots.line((7, 8)).length() == 0


def test_lengths_are_those_of_the_curves():
    k, radius = 4 / 3 * (math.sqrt(2) - 1), 50.0
    quarter = Stroke(np.array([[1, 0], [1, k], [k, 1], [0, 1]]) * radius, True)
    assert quarter.length() == pytest.approx(math.pi / 2 * radius, rel=1e-3)
    assert plots.line((0, 0), (3, 4), (3, 10)).length() == pytest.approx(11)


@given(curves(), st.floats(0.1, 10), st.floats(-50, 50))
def test_lengths_grow_with_size_and_do_not_depend_on_place(stroke, times, apart):
    other = Stroke(stroke.points * times + apart, True)
    length = stroke.length(1e-3)
    assert other.length(1e-3) == pytest.approx(length * times, rel=1e-3, abs=1e-2)
    chord = np.linalg.norm(stroke.points[-1] - stroke.points[0])
    hull = np.linalg.norm(np.diff(stroke.points, axis=0), axis=1).sum()
    assert chord - 1e-6 <= length <= hull + 1e-6


@given(st.floats(0.1, 10), st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
def test_moving_a_plot_changes_its_strokes_alone(factor, shift):
    plot = plots.nice()
    there = plot.moved(shift, factor)
    assert (there.page, there.paper) == (plot.page, plot.paper)
    assert [layer.pen for layer in there.layers] == [layer.pen for layer in plot.layers]
    pairs = zip(plot.layers, there.layers, strict=True)
    for layer, other in pairs:
        for stroke, after in zip(layer.strokes, other.strokes, strict=True):
            assert after.curved == stroke.curved
            assert after.points == pytest.approx(stroke.points * factor + shift)


def test_a_plot_is_frozen():
    plot = plots.nice()
    layer = plot.layers[0]
    for thing, name in [(plot, "paper"), (layer, "pen"), (layer.strokes[0], "curved")]:
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, None)
    assert Layer(plots.BLACK, ()).strokes == ()
