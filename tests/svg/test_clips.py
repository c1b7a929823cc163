"""clip-path and the edges of viewports: what they leave is what is read."""

import numpy as np
import pytest
import shapely

from inkdream.svg.read import read_svg
from tests.svg.redrawn import difference, svg

LINES = '<path d="M0 20H100M20 0V100M0 0L100 100" stroke="red" stroke-width="3"/>'
AREAS = (
    '<circle cx="50" cy="50" r="30" fill="green"/>'
    '<path d="M10 30h80v10h-80z" fill="blue" stroke="black" stroke-width="2"/>'
)
CIRCLE = '<circle cx="50" cy="50" r="25"/>'
STAR = '<path d="M50 5L77 90 5 35H95L23 90Z"/>'

CASES = {
    "circle": f'<clipPath id="c">{CIRCLE}</clipPath><g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "star": f'<clipPath id="c">{STAR}</clipPath><g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "even-odd star": f'<clipPath id="c"><g/><path clip-rule="evenodd" {STAR[6:]}</clipPath>'
    f'<g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "inherited rule": f'<g clip-rule="evenodd"><clipPath id="c">{STAR}</clipPath></g>'
    f'<g clip-path="url(#c)" clip-rule="nonzero">{AREAS}</g>',
    "several shapes": f'<clipPath id="c">{CIRCLE}<rect width="40" height="60"/></clipPath>'
    f'<g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "hidden shapes": f'<clipPath id="c">{CIRCLE}<rect display="none" width="40" height="60"/>'
    '<rect visibility="hidden" width="90" height="60"/></clipPath>'
    f'<g clip-path="url(#c)">{AREAS}</g>',
    "box of a shape": '<clipPath id="c" clipPathUnits="objectBoundingBox">'
    '<circle cx=".5" cy=".5" r=".5"/></clipPath>'
    '<rect x="10" y="30" width="80" height="30" fill="red" clip-path="url(#c)"/>',
    "box of a group": '<clipPath id="c" clipPathUnits="objectBoundingBox">'
    '<path d="M0 0L1 .5 0 1z"/></clipPath><g transform="rotate(20)" clip-path="url(#c)">'
    '<rect x="40" y="10" width="30" height="30"/><circle cx="60" cy="50" r="20"/></g>',
    "transform of the path and of what it cuts": '<clipPath id="c" transform="translate(10 0)">'
    '<circle cx="20" cy="20" r="20" transform="scale(1 2)"/></clipPath>'
    f'<g transform="rotate(30 50 50) scale(.8)" clip-path="url(#c)">{LINES}{AREAS}</g>',
    "nested groups": f'<clipPath id="c">{CIRCLE}</clipPath><clipPath id="d">'
    '<rect width="60" height="60"/></clipPath>'
    f'<g clip-path="url(#c)"><g clip-path="url(#d)">{LINES}{AREAS}</g></g>',
    "on a clipPath": f'<clipPath id="c" clip-path="url(#d)">{CIRCLE}</clipPath><clipPath id="d">'
    f'<rect width="60" height="60"/></clipPath><g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "on a part of a clipPath": f'<clipPath id="c">{CIRCLE[:-2]} clip-path="url(#d)"/></clipPath>'
    '<clipPath id="d"><rect width="60" height="60"/></clipPath>'
    f'<g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "use in a clipPath": f'<g id="no">{STAR}</g><path id="s" {STAR[6:]}<clipPath id="c">'
    '<use xlink:href="#s" x="5"/><use href="#no" x="40"/></clipPath>'
    f'<g clip-path="url(#c)">{LINES}{AREAS}</g>',
    "on a use": f'<clipPath id="c">{CIRCLE}</clipPath><defs><g id="g">{AREAS}</g></defs>'
    '<use href="#g" clip-path="url(#c)"/>',
    "nothing in it": f'<clipPath id="c"/><g clip-path="url(#c)">{AREAS}</g>{CIRCLE}',
    "nothing of that name": f'<g clip-path="url(#no)">{AREAS}</g>',
    "in a style": '<style>.k { clip-path: url("#c") }</style>'
    f'<clipPath id="c">{CIRCLE}</clipPath><g class="k">{AREAS}</g>',
    "an area over the page": f'<clipPath id="c">{CIRCLE}</clipPath>'
    '<rect x="-50" y="-50" width="200" height="200" fill="red" clip-path="url(#c)"/>',
    "half the page": '<clipPath id="c"><rect x="50" width="50" height="100"/></clipPath>'
    f'<g clip-path="url(#c)"><rect width="100" height="100" fill="#ccc"/>{LINES}{AREAS}</g>',
    "nested svg": f'<svg x="20" y="20" width="40" height="30" viewBox="0 0 100 75">{LINES}{AREAS}'
    "</svg>",
    "slice": '<svg x="20" y="20" width="40" height="60" viewBox="0 0 100 75" '
    f'preserveAspectRatio="xMidYMid slice">{LINES}{AREAS}</svg>',
    "meet": f'<svg x="20" y="20" width="40" height="60" viewBox="15 17 40 30">{LINES}{AREAS}</svg>',
    "visible": f'<svg x="20" y="20" width="40" height="30" overflow="visible">{LINES}{AREAS}</svg>',
    "visible by css": '<svg x="20" y="20" width="40" height="30" style="overflow:auto">'
    f"{LINES}{AREAS}</svg>",
    "symbol": f'<symbol id="s" viewBox="0 0 60 60">{LINES}{AREAS}</symbol>'
    '<use href="#s" x="20" y="10" width="50" height="40"/>',
    "visible symbol": f'<symbol id="s" viewBox="0 0 60 60" overflow="visible">{AREAS}</symbol>'
    '<use href="#s" x="20" y="10" width="50" height="40"/>',
    "nested svg, turned": '<g transform="rotate(30 40 40)"><svg x="20" y="20" width="40" '
    f'height="40">{LINES}{AREAS}</svg></g>',
    "line along the edge": '<clipPath id="c"><rect x="20" y="20" width="60" height="60"/>'
    '</clipPath><rect x="20" y="20" width="60" height="60" fill="none" stroke="red" '
    'stroke-width=".6" clip-path="url(#c)"/>',
}


@pytest.mark.parametrize("inside", CASES.values(), ids=CASES)
def test_what_is_left_looks_as_resvg_draws_it(inside):
    assert difference(svg(inside)) < 0.25


def clipped(inside, clip=CIRCLE, more=""):
    """Return the only shape that is left of something that a circle of 25 mm cuts."""
    text = f'<clipPath id="c">{clip}</clipPath><g clip-path="url(#c)" fill="none">{inside}</g>'
    (shape,) = read_svg(svg(text + more)).shapes
    return shape


def test_lines_end_at_the_edge_and_none_is_drawn_along_it():
    shape = clipped('<path d="M0 50H100M50 0V100" stroke="red"/>')
    ends = np.array([stroke.points[[0, -1]] for stroke in shape.strokes])
    np.testing.assert_allclose(ends, [[[25, 50], [75, 50]], [[50, 25], [50, 75]]], atol=0.01)


def test_a_part_of_a_curve_is_a_curve_and_lies_on_it():
    data = "M0 50C30 0 70 100 100 50"
    whole = read_svg(svg(f'<path d="{data}" stroke="red"/>')).shapes[0].strokes[0]
    (part,) = clipped(f'<path d="{data}" stroke="red"/>').strokes
    assert part.curved
    away = shapely.distance(
        shapely.LineString(whole.polyline(1e-5)), shapely.points(part.polyline(1e-3))
    )
    assert away.max() < 1e-3
    np.testing.assert_allclose(np.hypot(*(part.points[[0, -1]] - 50).T), 25, atol=0.02)


def test_a_closed_line_is_not_cut_where_it_begins():
    shape = clipped('<rect x="50" y="50" width="60" height="60" stroke="red"/>')
    (stroke,) = shape.strokes
    np.testing.assert_allclose(stroke.points, [[50, 75], [50, 50], [75, 50]], atol=0.01)


def test_the_outline_of_an_area_that_is_left_is_whole():
    shape = clipped('<rect x="-10" y="50" width="200" height="100" fill="red"/>')
    (ring,) = shape.strokes
    assert (ring.points[0] == ring.points[-1]).all()
    area = shapely.Polygon(ring.points).area
    assert area == pytest.approx(np.pi * 25**2 / 2, rel=1e-3)


def test_no_edge_is_drawn_along_the_pages():
    half = '<rect x="50" width="50" height="100"/>'
    shape = clipped('<rect width="100" height="100" fill="red"/>', half)
    (line,) = shape.strokes
    np.testing.assert_allclose(line.points[:, 0], 50)


def test_what_is_wholly_inside_stays_as_it_is():
    inside = '<circle cx="50" cy="50" r="20" fill="red" stroke="blue"/>'
    shape, (alone,) = clipped(inside), read_svg(svg(inside)).shapes
    assert shape.area is None
    np.testing.assert_array_equal(shape.strokes[0].points, alone.strokes[0].points)


def test_a_fill_is_cut_where_its_line_is():
    shape = clipped('<path d="M50 50h90v-90h-90z" fill="red" stroke="blue"/>')
    assert shape.colour == "#0000ff"
    (line,), (ring,) = shape.strokes, shape.inside
    assert shapely.LineString(line.points).length == pytest.approx(50, abs=0.1)
    assert shapely.Polygon(ring.points).area == pytest.approx(np.pi * 25**2 / 4, rel=1e-3)


def test_an_area_whose_line_is_cut_away_has_an_edge_of_its_own():
    shape = clipped('<rect x="10" y="10" width="80" height="80" fill="red" stroke="blue"/>')
    assert (shape.colour, shape.fill) == (None, "#ff0000")
    assert shapely.Polygon(shape.strokes[0].points).length == pytest.approx(50 * np.pi, rel=1e-3)


@pytest.mark.parametrize(
    ("clip", "words", "note"),
    [
        ("<text>a</text>", "url(#c)", "clip-path of text not followed (1)"),
        ("", "circle(20px)", "clip-path of a CSS shape not followed (1)"),
        ("", "url(#no)", "line 1: <path> clip-path names no <clipPath>: ignored"),
        (
            f'<g/>{CIRCLE[:-2]} clip-path="url(#c)"/>',
            "url(#c)",
            "line 1: <clipPath> leads back to itself: not followed there",
        ),
    ],
)
def test_what_is_not_followed_is_named(clip, words, note):
    text = f'<clipPath id="c">{clip}</clipPath><path d="M40 50h20" stroke="red"'
    document = read_svg(svg(f'{text} clip-path="{words}"/>'))
    assert document.notes == (note,)
    assert len(document.shapes) == 1


@pytest.mark.parametrize(
    ("height", "width", "is_named"),
    [(40, 30, True), (40, 15, False), (40, 0.5, False), (60, 30, False)],
)
def test_a_wide_line_is_named_if_clipping_leaves_but_an_edge(height, width, is_named):
    clip = f'<clipPath id="c"><path d="M0 0H100V{height}H0z"/></clipPath>'
    line = f'<path d="M10 50H90" stroke="red" stroke-width="{width}" clip-path="url(#c)"/>'
    document = read_svg(svg(clip + line))
    named = ("line left out of which clipping leaves but an edge (1)",)
    assert document.notes == (named if is_named else ())
    assert len(document.shapes) == (height > 50)


def test_a_wide_line_that_ends_before_what_is_left_open_is_not_named():
    clip = '<clipPath id="c"><path d="M60 0H100V100H60z"/></clipPath>'
    line = '<path d="M10 50H50" stroke="red" stroke-width="30" clip-path="url(#c)"/>'
    assert read_svg(svg(clip + line)).notes == ()


def test_hostile_clips_end_soon_and_are_named():
    rng = np.random.default_rng(0)
    tangle = "M" + " ".join(f"{value:.2f}" for value in rng.uniform(0, 100, 20_000))
    text = f'<clipPath id="c"><path d="{tangle}"/></clipPath><g clip-path="url(#c)">{LINES}</g>'
    (note,) = read_svg(svg(text)).notes
    assert note == "clip-path that is too intricate not followed (1)"
    line = f'<path d="{tangle}" fill="red" stroke="blue"/>'
    text = f'<clipPath id="c">{CIRCLE}</clipPath><g clip-path="url(#c)">{line}</g>'
    (note,) = read_svg(svg(text)).notes
    assert note == "area that is too intricate to be clipped left whole (1)"
