"""Areas of an SVG in lines and dots: as dark as they look, inside their edges, along their form."""

import numpy as np
import pytest
import shapely

from inkdream import colour
from tests.inking.made import inked, svg

KINDS = ("flow", "ruled", "stipple", "single")
NIB = 0.4


def drawn(tmp_path, body, kind, pens=f"black:{NIB}", **said):
    (tmp_path / "x.svg").write_text(svg(body))
    return inked(tmp_path / "x.svg", hatch=kind, pens=pens, **said).plot


def rect(x, y, width, height, fill):
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>'


def ink_of(plot):
    """What a plot's lines cover, and the length of each times its width, in mm^2."""
    lines = [(each.polyline(), layer.pen.width) for layer in plot.layers for each in layer.strokes]
    wide = [shapely.buffer(shapely.linestrings(line), width / 2) for line, width in lines]
    return shapely.union_all(wide)


@pytest.mark.parametrize("kind", KINDS)
def test_areas_are_as_dark_as_they_look_and_nothing_lies_outside(tmp_path, kind):
    fills = "#d0d0d0", "#808080"
    hole = '<circle cx="15" cy="20" r="5" fill="white"/>'
    body = rect(5, 5, 20, 30, fills[0]) + rect(35, 5, 20, 30, fills[1]) + hole
    ink = ink_of(drawn(tmp_path, body, kind))
    circle = shapely.buffer(shapely.Point(15, 20), 5)
    areas = shapely.difference(shapely.box(5, 5, 25, 35), circle), shapely.box(35, 5, 55, 35)
    assert shapely.difference(ink, shapely.buffer(shapely.union_all(areas), 0.03)).area < 0.05
    for area, fill in zip(areas, fills, strict=True):
        inside = shapely.buffer(area, -1)
        got = shapely.intersection(ink, inside).area / inside.area
        asked = 1 - float(colour.linear_of([fill])[0][0])
        assert got == pytest.approx(min(asked, 0.78), abs=0.15)


def test_an_edge_of_two_areas_is_drawn_once_and_a_line_of_its_own_is_enough(tmp_path):
    body = rect(5, 5, 20, 30, "#d0d0d0") + rect(25, 5, 20, 30, "#c8c8c8")
    at_edge = shapely.box(25 - NIB, 10, 25 + NIB, 30)
    plain = shapely.intersection(ink_of(drawn(tmp_path, body, "stipple")), at_edge).area
    assert 20 * NIB <= plain < 1.5 * 20 * NIB
    outline = '<rect x="5" y="5" width="20" height="30" stroke="black" stroke-width="0.4" '
    body = outline + 'fill="#d0d0d0"/>'
    ink = ink_of(drawn(tmp_path, body, "flow"))
    beside = shapely.box(5 + NIB / 2, 10, 5 + NIB, 30)
    assert shapely.intersection(ink, beside).area < 0.3 * beside.area


def test_flow_goes_around_with_an_area(tmp_path):
    body = '<path d="M30 2a18 18 0 1 0 0.01 0ZM30 12a8 8 0 1 1 -0.01 0Z" fill="#bbb"/>'
    plot = drawn(tmp_path, body, "flow")
    along, total = 0.0, 0.0
    for stroke in plot.layers[0].strokes:
        line = stroke.polyline()
        steps, out = np.diff(line, axis=0), (line[1:] + line[:-1]) / 2 - [30, 20]
        cross = np.abs(steps[:, 0] * out[:, 1] - steps[:, 1] * out[:, 0]) / np.hypot(*out.T)
        along += cross.sum()
        total += np.hypot(*steps.T).sum()
    assert along > 0.95 * total


def test_each_pen_draws_its_own_areas_as_dark_as_they_are(tmp_path):
    body = rect(5, 5, 20, 30, "#ffb0b0") + rect(35, 5, 20, 30, "#606060")
    plot = drawn(tmp_path, body, "ruled", pens="black:0.4,red:0.4")
    ink = {layer.pen.name: sum(each.length() for each in layer.strokes) for layer in plot.layers}
    assert 0 < 1.3 * ink["red"] < ink["black"]


def test_a_spacing_is_that_of_the_darkest(tmp_path):
    body = rect(5, 5, 50, 30, "black")
    dense, wide = (
        sum(each.length() for each in drawn(tmp_path, body, "ruled", **said).layers[0].strokes)
        for said in ({}, {"spacing": 2.0})
    )
    assert wide * 2 == pytest.approx(50 * 30, rel=0.25)
    assert dense > 3 * wide


def test_what_is_narrower_than_the_pen_is_a_line(tmp_path):
    for kind in KINDS:
        plot = drawn(tmp_path, rect(5, 5, 40, 0.3, "#444"), kind)
        assert sum(each.length() for each in plot.layers[0].strokes) > 35
