"""Lines as strokes: they stay on their lines, in order, and are cut only where they must be."""

import math

import numpy as np
import pytest
import torch

from inkdream.drawing.fitting import fitted
from inkdream.drawing.splines import bezier_matrix, points_of
from inkdream.plot import Stroke
from inkdream.raster import flatten

FAR, TOLERANCE, SHORTEST = 1000.0, 0.1, 0.5


def strokes_of(lines, spans=4, longest=FAR, tolerance=TOLERANCE, shortest=SHORTEST, corners=False):
    strokes = [Stroke(np.array(line, np.float64), False) for line in lines]
    return fitted(strokes, spans, longest, tolerance, shortest, corners=corners)


def bezier(points, corners=False):
    return bezier_matrix(points.shape[1], corners=corners).double() @ torch.from_numpy(points)


def drawn(points, corners=False):
    return flatten(bezier(points, corners), 64).numpy()


def away(places, line):
    """Return the largest distance from places to a polyline."""
    begin, edge = line[:-1], np.diff(line, axis=0)
    far = places[:, None] - begin
    share = (far * edge).sum(2) / np.maximum((edge**2).sum(1), 1e-12)
    nearest = begin + share.clip(0, 1)[..., None] * edge
    return np.linalg.norm(places[:, None] - nearest, axis=2).min(1).max()


def circle(radius, turns=1.0, count=400):
    angle = np.linspace(0, 2 * math.pi * turns, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("spans", [1, 2, 8])
def test_a_straight_line_is_one_straight_stroke(spans, corners):
    points, numbers = strokes_of([[[0, 0], [3, 4], [30, 40]]], spans, corners=corners)
    assert points.shape == (1, points_of(spans, corners=corners), 2)
    assert numbers.tolist() == [0]
    even = np.linspace([0, 0], [30, 40], 3 * spans + 1)
    assert np.allclose(bezier(points, corners)[0], even, atol=1e-6)


@pytest.mark.parametrize("line", [circle(20), circle(8, 0.4), circle(3, 2.5)])
@pytest.mark.parametrize("tolerance", [0.02, 0.5])
@pytest.mark.parametrize("corners", [False, True])
def test_strokes_lie_on_their_line_and_join(line, tolerance, corners):
    points, numbers = strokes_of([line], tolerance=tolerance, corners=corners)
    assert set(numbers.tolist()) == {0}
    lines = drawn(points, corners)
    assert away(lines.reshape(-1, 2), line) <= 1.5 * tolerance
    heads = {tuple(each) for each in lines[:, 0].round(6).tolist()}
    tails = {tuple(each) for each in lines[:, -1].round(6).tolist()}
    ends = {tuple(line[0].round(6).tolist()), tuple(line[-1].round(6).tolist())}
    assert heads ^ tails <= ends
    assert ends <= heads | tails


def test_a_coarser_tolerance_takes_fewer_strokes():
    fine, coarse = (len(strokes_of([circle(20)], tolerance=each)[0]) for each in (0.005, 1.0))
    assert coarse < fine


@pytest.mark.parametrize("corners", [False, True])
def test_curves_that_strokes_can_be_stay_as_they_are(corners):
    points = np.random.default_rng(0).uniform(0, 50, (1, 7, 2))
    spans = 2 if corners else 4
    curve = Stroke(bezier(points, corners)[0].numpy(), True)
    kept, numbers = fitted([curve], spans, 1.0, TOLERANCE, SHORTEST, corners=corners)
    assert np.allclose(kept, points)
    assert numbers.tolist() == [0]


def test_curves_with_corners_are_fitted_anew_by_splines():
    corner = np.array([[0, 0], [4, 0], [8, 0], [12, 0], [12, 4], [12, 8], [12, 12]], np.float64)
    points, _ = fitted([Stroke(corner, True)], 2, FAR, TOLERANCE, SHORTEST)
    assert len(points) > 1
    assert away(drawn(points).reshape(-1, 2), corner) < 2 * TOLERANCE


def test_long_lines_are_cut_into_equal_pieces():
    points, _ = strokes_of([[[0, 0], [100, 0]]], longest=30)
    assert np.allclose(drawn(points)[:, 0, 0], [0, 25, 50, 75])


def test_strokes_are_in_the_order_of_their_lines():
    lines = [circle(30), [[0, 0], [9, 9]], circle(10)]
    _, numbers = strokes_of(lines, tolerance=0.01)
    assert np.all(np.diff(numbers) >= 0)
    assert set(numbers.tolist()) == {0, 1, 2}


def test_corners_end_in_pieces_no_shorter_than_asked_for():
    zigzag = [[number, number % 2] for number in range(20)]
    points, _ = strokes_of([zigzag], tolerance=1e-6, shortest=2.0)
    assert np.isfinite(points).all()
    assert len(points) < 200


@pytest.mark.parametrize("line", [[[5, 5], [5, 5]], [[5, 5], [5, 5], [5, 5 + 1e-9]]])
def test_dots_are_strokes_too(line):
    points, _ = strokes_of([line])
    assert np.isfinite(points).all()
    assert np.allclose(points, 5, atol=1e-6)


def test_no_lines_are_no_strokes():
    points, numbers = strokes_of([], spans=3)
    assert points.shape == (0, 6, 2)
    assert numbers.shape == (0,)
