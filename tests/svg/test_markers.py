"""Markers stand where resvg draws them, as shapes."""

import pytest

from inkdream.svg.markers import vertices
from inkdream.svg.paths import read_path
from inkdream.svg.read import read_svg
from tests.svg.redrawn import difference, svg

ARROW = '<path d="M0 0L6 3 0 6z" fill="red"/>'
LINE = '<path d="M20 30L50 30 60 70 80 40" stroke="black" stroke-width="2" fill="none" {0}/>'
ALL = 'marker-start="url(#m)" marker-mid="url(#m)" marker-end="url(#m)"'


def marked(form, content=ARROW, more=ALL, line=LINE):
    return svg(f'<marker id="m" {form}>{content}</marker>{line.format(more)}')


SIZE = 'markerWidth="6" markerHeight="6"'
CASES = {
    "plain": marked(SIZE),
    "auto": marked(f'{SIZE} orient="auto" refX="3" refY="3"'),
    "reverse": marked(f'{SIZE} orient="auto-start-reverse" refX="3" refY="3"'),
    "angle": marked(f'{SIZE} orient="30" refX="3" refY="3"'),
    "angle with a unit": marked(f'{SIZE} orient="0.25turn" refX="3" refY="3"'),
    "user units": marked(f'{SIZE} markerUnits="userSpaceOnUse" orient="auto"'),
    "view box": marked(f'{SIZE} viewBox="0 0 12 12" refX="6" refY="3" orient="auto"'),
    "view box in a slice": marked(
        'markerWidth="6" markerHeight="3" viewBox="0 0 12 12" refX="6" refY="3" '
        'preserveAspectRatio="xMinYMin slice"'
    ),
    "cut at its edge": marked('refX="1" refY="1"'),
    "overflow": marked('refX="1" refY="1" overflow="visible"'),
    "no size": marked('markerWidth="0"'),
    "shorthand": marked(SIZE, more='style="marker:url(#m)"'),
    "inherited": svg(f'<marker id="m" {SIZE}>{ARROW}</marker><g {ALL}>{LINE.format("")}</g>'),
    "none": marked(SIZE, more='marker-mid="none" marker-end="url(#no)"'),
    "polyline": marked(SIZE, line='<polyline points="10 10 50 20 30 60" fill="none" {0}/>'),
    "polygon": marked(
        f'{SIZE} orient="auto" refX="3" refY="3"',
        line='<polygon points="20 20 60 30 40 70" fill="none" stroke="blue" {0}/>',
    ),
    "line": marked(SIZE, line='<line x1="10" y1="10" x2="70" y2="40" stroke="blue" {0}/>'),
    "curves": marked(
        f'{SIZE} orient="auto" refY="3"',
        line='<path d="M10 50C10 20 40 20 40 50S70 80 80 40Q80 10 50 10A10 10 0 0 0 20 10" '
        'stroke="black" fill="none" {0}/>',
    ),
    "closed subpaths": marked(
        f'{SIZE} orient="auto" refX="3" refY="3"',
        line='<path d="M20 20h30v30zM60 60h20l-10 20zL90 50" stroke="black" fill="none" {0}/>',
    ),
    "transform": marked(
        f'{SIZE} orient="auto"', line=f'<g transform="rotate(20) scale(.6 1.1)">{LINE}</g>'
    ),
    "context": marked(
        SIZE,
        '<path d="M0 0L6 3 0 6z" fill="context-stroke"/><circle r="2" fill="context-fill"/>',
        line=LINE.replace('"none"', '"#cfc"'),
    ),
    "its own surroundings": svg(
        f'<g fill="blue" opacity=".2"><marker id="m" {SIZE}><path d="M0 0L6 3 0 6z"/></marker></g>'
        f'<g fill="green">{LINE.format(ALL)}</g>'
    ),
    "opacity of the line": marked(SIZE, more=f'{ALL} opacity=".5"'),
    "overflow inherited from the page": marked(f'{SIZE} overflow="inherit"'),
    "hidden line": marked(SIZE, more=f'{ALL} visibility="hidden"'),
    "clip-path": marked(f'{SIZE} clip-path="url(#c)"').replace(
        "<marker", '<clipPath id="c"><path d="M0 0H4V6H0z"/></clipPath><marker'
    ),
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_markers_look_as_resvg_draws_them(text):
    assert difference(text) < 0.25


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("M0 0L10 0 10 10", [0, 45, 90]),
        ("M0 0L10 0 0 0", [0, -90, 180]),
        ("M0 0H10V10z", [-67.5, 45, 157.5, -67.5]),
        ("M0 0 0 0 10 0", [0, 0, 0]),
        ("M0 0 10 0 10 0 10 10", [0, 0, 45, 90]),
        ("M0 0C0 0 0 9 9 9", [90, 0]),
        ("M0 0", [0]),
    ],
)
def test_the_direction_at_a_vertex_is_half_way_between_those_of_its_segments(data, expected):
    turns = (vertices(read_path(data)).degrees - expected + 180) % 360 - 180
    assert turns == pytest.approx([0] * len(expected))


def test_markers_inside_themselves_end_and_are_named():
    inner = f'<path d="M0 0h5" stroke="red" {ALL}/>'
    document = read_svg(marked(f'{SIZE} overflow="visible"', inner))
    assert document.strokes == 5
    assert document.notes == ("marker inside itself left out (12)",)


def test_hostile_markers_end_and_are_named():
    content = "<g/>" * 1000 + ARROW
    line = f'<path d="M0 0{"h1" * 1000}" {{0}}/>'
    document = read_svg(marked(SIZE, content, 'marker-mid="url(#m)"', line))
    assert document.notes == ("markers beyond 20,000 elements left out (999)",)
