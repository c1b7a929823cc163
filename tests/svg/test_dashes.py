"""Dashes are drawn as the strokes that they are."""

import numpy as np
import pytest

from inkdream.svg.read import read_svg
from tests.svg.redrawn import difference, svg

CURVE = "M10 60C10 0 60 0 60 40S90 90 90 30"


def strokes(words, data="M0 10H100", more=""):
    text = f'<path d="{data}" stroke="red" fill="none" stroke-dasharray="{words}" {more}/>'
    (shape,) = read_svg(svg(text)).shapes
    return shape.strokes


def spans(words, data="M0 10H100", more=""):
    """Return from where to where dashes go across."""
    ends = [stroke.points[[0, -1], 0].tolist() for stroke in strokes(words, data, more)]
    return [[round(end, 6) for end in both] for both in ends]


@pytest.mark.parametrize(
    ("words", "more", "expected"),
    [
        ("30 20", "", [[0, 30], [50, 80]]),
        ("30,20", "", [[0, 30], [50, 80]]),
        ("40", "", [[0, 40], [80, 100]]),
        ("30 10 20", "", [[0, 30], [40, 60], [90, 100]]),
        ("30 20", 'stroke-dashoffset="10"', [[0, 20], [40, 70], [90, 100]]),
        ("30 20", 'stroke-dashoffset="-10"', [[10, 40], [60, 90]]),
        ("30% 20%", "", [[0, 30], [50, 80]]),
        ("30 20", 'stroke-dashoffset="10%"', [[0, 20], [40, 70], [90, 100]]),
        ("3 2", 'pathLength="10"', [[0, 30], [50, 80]]),
        ("3 2", 'pathLength="10" stroke-dashoffset="1"', [[0, 20], [40, 70], [90, 100]]),
        ("3 2", 'font-size="10" style="stroke-dasharray:3em 2em"', [[0, 30], [50, 80]]),
        ("30 0", "", [[0, 100]]),
        ("0 0", "", [[0, 100]]),
        ("30 -20", "", [[0, 100]]),
        ("none", "", [[0, 100]]),
        ("0 40", 'stroke-linecap="round"', [[0, 0], [40, 40], [80, 80]]),
        ("0 40 10 0", 'stroke-linecap="butt"', [[40, 50], [90, 100]]),
        ("200 20", "", [[0, 100]]),
    ],
)
def test_dashes_begin_and_end_where_svg_says(words, more, expected):
    assert spans(words, more=more) == expected


def test_every_subpath_begins_anew():
    assert spans("30 50", "M0 10H60M0 20H60") == [[0, 30], [0, 30]]


def test_the_last_dash_of_a_closed_line_goes_on_into_its_first():
    first, *_ = strokes("20 10", "M50 50h40v40h-40z", 'stroke-dashoffset="5"')
    assert first.points.tolist() == [[50, 65], [50, 50], [65, 50]]


def test_dashes_of_curves_are_curves_on_it_and_as_long_as_they_are_said_to_be():
    (whole,) = strokes("none", CURVE)
    dashes = strokes("12 5", CURVE)
    assert all(stroke.curved for stroke in dashes)
    lengths = [stroke.length(1e-5) for stroke in dashes]
    np.testing.assert_allclose(lengths[:-1], 12, atol=0.01)
    gaps = len(dashes) - 1
    assert sum(lengths) + 5 * gaps <= whole.length(1e-5) + 1e-3


def test_dashes_are_measured_before_a_transform():
    wide = spans("3 2", "M0 10H10", 'transform="scale(10 1)"')
    assert wide == [[0, 30], [50, 80]]
    fixed = spans("3 2", "M0 10H10", 'transform="scale(10 1)" vector-effect="non-scaling-stroke"')
    assert fixed[1] == pytest.approx([5 * 25.4 / 96, 8 * 25.4 / 96])


@pytest.mark.parametrize("cap", ["butt", "round"])
@pytest.mark.parametrize("more", ["", 'transform="rotate(20) skewX(20) scale(.5 1)"'])
def test_dashes_look_as_resvg_draws_them(cap, more):
    star = "M50 5L77 90 5 35H95L23 90Z"
    inside = (
        f'<path d="{star}" fill="#cfc" stroke="red" stroke-width="2" stroke-dasharray="7 4 1" '
        f'stroke-linecap="{cap}" {more}/><path d="{CURVE}" fill="none" stroke="blue" '
        f'stroke-dasharray="5" stroke-dashoffset="3"/><circle cx="50" cy="50" r="40" fill="none" '
        'stroke="black" stroke-dasharray="0 6" stroke-linecap="round" stroke-width="3"/>'
    )
    assert difference(svg(inside)) < 0.5


def test_a_dashed_shape_is_filled_whole():
    text = '<path d="M50 50h40v40h-40z" fill="green" stroke="red" stroke-dasharray="5"/>'
    (shape,) = read_svg(svg(text)).shapes
    assert len(shape.strokes) == 16
    (ring,) = shape.inside
    assert ring.points.tolist() == [[50, 50], [90, 50], [90, 90], [50, 90], [50, 50]]


@pytest.mark.parametrize(
    ("words", "data", "note"),
    [
        ("0.0001 0.0001", "M0 10H100", "dashes finer than 0.1 mm drawn as whole lines (1)"),
        ("1", "M0 10H9e7", "lines of too many dashes drawn whole (1)"),
    ],
)
def test_hostile_dashes_are_drawn_whole_and_named(words, data, note):
    text = f'<path d="{data}" stroke="red" fill="none" stroke-dasharray="{words}"/>'
    document = read_svg(svg(text))
    assert document.notes == (note,)
    assert document.strokes == 1


def test_dashes_too_fine_to_be_drawn_are_as_pale_as_they_look():
    text = '<path d="M0 10H100" stroke="red" stroke-dasharray="0.01 0.03"/>'
    (shape,) = read_svg(svg(text)).shapes
    assert shape.alpha == pytest.approx(0.25)
