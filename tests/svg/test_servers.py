"""Gradients and patterns come to one colour, as light on the whole, and to one opacity."""

import numpy as np
import pytest

from inkdream import colour
from inkdream.svg.read import read_svg
from tests.svg.redrawn import svg

BOX = '<rect x="10" y="10" width="80" height="40" {0}/>'
TWO = '<stop stop-color="#000"/><stop offset="1" stop-color="#fff"/>'
RED_BLUE = '<stop stop-color="red"/><stop offset="1" stop-color="blue"/>'


def paint(defs, more='fill="url(#p)"', shape=BOX):
    """Return the fill and the opacity of the only shape."""
    (drawn,) = read_svg(svg(defs + shape.format(more))).shapes
    return drawn.fill, drawn.fill_alpha


def light(ink):
    return colour.linear_of([ink])[0]


def mean_of_ramp(first, last):
    """Return the mean light of an even run from one colour to another."""
    t = (np.arange(1000) + 0.5)[:, None] / 1000
    ends = np.array([colour.parse(first), colour.parse(last)]) / 255
    return colour.srgb_to_linear((1 - t) * ends[0] + t * ends[1]).mean(axis=0)


def test_a_linear_gradient_is_the_mean_of_its_light():
    for stops, ends in ((TWO, ("#000000", "#ffffff")), (RED_BLUE, ("#ff0000", "#0000ff"))):
        ink, alpha = paint(f'<linearGradient id="p">{stops}</linearGradient>')
        assert light(ink) == pytest.approx(mean_of_ramp(*ends), abs=0.01)
        assert alpha == pytest.approx(1)


def test_stops_weigh_as_much_as_the_area_that_they_colour():
    stops = '<stop offset=".9" stop-color="red"/><stop offset=".9" stop-color="blue"/>'
    ink, _ = paint(f'<linearGradient id="p">{stops}</linearGradient>')
    assert light(ink) == pytest.approx([0.9, 0, 0.1], abs=0.02)
    # A disc of half the radius has a quarter of the area.
    stops = '<stop offset=".5" stop-color="red"/><stop offset=".5" stop-color="blue"/>'
    circle = '<circle cx="50" cy="50" r="40" {0}/>'
    ink, _ = paint(f'<radialGradient id="p">{stops}</radialGradient>', shape=circle)
    assert light(ink) == pytest.approx([0.25, 0, 0.75], abs=0.03)


@pytest.mark.parametrize(
    ("words", "red"),
    [
        ('x1="0" x2=".25"', 0),
        ('x1="0" x2=".25" spreadMethod="repeat"', 0.5),
        ('x1="0" x2=".25" spreadMethod="reflect"', 0.5),
        ('gradientUnits="userSpaceOnUse" x1="0" x2="100"', 0.5),
        ('gradientUnits="userSpaceOnUse" x1="-100%" x2="0%"', 0),
        ('gradientTransform="translate(.5 0)"', 1),
        ('x1=".5" x2=".5"', 0),
    ],
)
def test_where_a_gradient_lies_counts(words, red):
    stops = '<stop offset=".5" stop-color="red"/><stop offset=".5" stop-color="blue"/>'
    ink, _ = paint(f'<linearGradient id="p" {words}>{stops}</linearGradient>')
    share = {0: 0.0, 0.5: 0.5, 1: 1.0}[red]
    if words.startswith('x1="0" x2=".25"') and red == 0:
        share = 1 / 8
    assert light(ink) == pytest.approx([share, 0, 1 - share], abs=0.02)


def test_opacities_of_stops_are_the_opacity_and_weigh_their_colours():
    stops = '<stop stop-color="red" stop-opacity="0"/><stop offset="1" stop-color="red"/>'
    ink, alpha = paint(f'<linearGradient id="p">{stops}</linearGradient>')
    assert (ink, alpha) == ("#ff0000", pytest.approx(0.5, abs=0.01))
    _, alpha = paint(
        f'<linearGradient id="p">{TWO}</linearGradient>', 'fill="url(#p)" fill-opacity=".3"'
    )
    assert alpha == pytest.approx(0.3)


@pytest.mark.parametrize(
    "stop",
    [
        '<stop stop-color="#0f0"/>',
        '<stop style="stop-color:#0f0"/>',
        '<stop class="k"/>',
        '<stop color="#0f0" stop-color="currentColor"/>',
        '<stop stop-color="rgb(0, 255, 0)"/>',
    ],
)
def test_stops_are_read_as_all_elements_are(stop):
    rules = "<style>.k { stop-color: #0f0 }</style>"
    assert paint(f'{rules}<linearGradient id="p">{stop}</linearGradient>') == ("#00ff00", 1)
    outer = '<g color="#0f0"><linearGradient id="p"><stop stop-color="currentColor"/>'
    assert paint(f"{outer}</linearGradient></g>") == ("#00ff00", 1)


def test_what_a_gradient_does_not_say_is_as_in_the_one_its_href_leads_to():
    defs = (
        '<linearGradient id="p" href="#q" x2=".5"/>'
        '<radialGradient id="q" xlink:href="#r" x2="9" spreadMethod="repeat"/>'
        '<linearGradient id="r" href="#p"><stop offset=".5" stop-color="red"/>'
        '<stop offset=".5" stop-color="blue"/></linearGradient>'
    )
    ink, _ = paint(defs)
    assert light(ink) == pytest.approx([0.5, 0, 0.5], abs=0.02)


@pytest.mark.parametrize(
    ("defs", "words", "expected"),
    [
        ("", "url(#no)", None),
        ("", "url(#no) none", None),
        ("", "url(#no) lime", "#00ff00"),
        ("", 'url("other.svg#p") lime', "#00ff00"),
        ('<g id="p"/>', "url(#p) lime", "#00ff00"),
        ('<linearGradient id="p"/>', "url(#p)", None),
        ('<pattern id="p"/>', "url(#p)", None),
        ("", "context-fill", None),
    ],
)
def test_a_reference_to_nothing_is_its_fallback_or_none(defs, words, expected):
    assert paint(defs, f"fill='{words}'")[0] == expected


def test_a_line_without_height_has_no_box_to_measure_a_gradient_by():
    defs = f'<linearGradient id="p">{TWO}</linearGradient>'
    line = '<path d="M10 10h50" stroke="url(#p) red"/>'
    (shape,) = read_svg(svg(defs + line)).shapes
    assert shape.colour == "#ff0000"


def test_lines_take_the_colours_that_lie_along_them():
    stops = '<stop offset=".5" stop-color="red"/><stop offset=".5" stop-color="blue"/>'
    defs = f'<linearGradient id="p" gradientUnits="userSpaceOnUse" x2="100">{stops}'
    line = '<path d="M10 10H40V20" stroke="url(#p)" stroke-width="2"/>'
    (shape,) = read_svg(svg(f"{defs}</linearGradient>{line}")).shapes
    assert (shape.colour, shape.alpha) == ("#ff0000", 1)


TILE = 'width="10" height="10" patternUnits="userSpaceOnUse"'


@pytest.mark.parametrize(
    ("words", "content", "ink", "cover"),
    [
        (TILE, '<rect width="5" height="10"/>', "#000000", 0.5),
        (TILE, '<rect width="50" height="50" fill="red"/>', "#ff0000", 1),
        (TILE, '<circle cx="5" cy="5" r="5" fill="blue"/>', "#0000ff", np.pi / 4),
        (TILE, '<path d="M0 5h10" stroke="lime" stroke-width="2"/>', "#00ff00", 0.2),
        (TILE, '<rect width="5" height="10" opacity=".5"/>', "#000000", 0.25),
        (TILE, "", None, 0),
        (f'{TILE} x="3" y="7"', '<rect width="5" height="10"/>', "#000000", 0.5),
        (f'{TILE} viewBox="0 0 2 2"', '<rect width="1" height="2"/>', "#000000", 0.5),
        ('width=".1" height=".1"', '<rect width="4" height="4"/>', "#000000", 0.5),
        (
            'width=".1" height=".1" patternContentUnits="objectBoundingBox"',
            '<rect width=".05" height="1"/>',
            "#000000",
            0.5,
        ),
        (TILE, '<rect width="5" height="10" fill="url(#p)"/><circle r="0"/>', None, 0),
        ('width="0" height="10"', '<rect width="5" height="10"/>', None, 0),
    ],
)
def test_a_pattern_is_as_opaque_as_its_tile_is_covered(words, content, ink, cover):
    look = paint(f'<pattern id="p" {words}>{content}</pattern>')
    if cover:
        assert look == (ink, pytest.approx(cover, abs=0.03))
    else:
        assert look[0] is None or look[1] == 0


def test_a_pattern_takes_its_content_from_the_one_its_href_leads_to():
    tile = f'<pattern id="q" {TILE}><rect width="5" height="10"/></pattern>'
    ink, cover = paint(f'<pattern id="p" href="#q" width="20"/>{tile}')
    assert (ink, cover) == ("#000000", pytest.approx(0.25, abs=0.03))


def test_a_gloss_hides_nothing():
    defs = (
        '<linearGradient id="p"><stop stop-color="#bbb" stop-opacity=".1"/>'
        '<stop offset="1" stop-opacity=".1"/></linearGradient>'
    )
    _, alpha = paint(defs)
    assert alpha == pytest.approx(0.1)


def test_what_is_drawn_in_its_mean_colour_is_named_and_one_colour_is_not():
    both = f'<linearGradient id="p">{TWO}</linearGradient>' + BOX.format('fill="url(#p)"')
    assert read_svg(svg(both)).notes == ("gradient drawn in its mean colour (1)",)
    one = '<linearGradient id="p"><stop stop-color="red"/></linearGradient>'
    assert read_svg(svg(one + BOX.format('fill="url(#p)"'))).notes == ()


def test_masks_filters_and_orders_of_painting_are_named():
    style = 'mask="url(#m)" filter="blur(2px)" style="paint-order:stroke"'
    text = svg(f'<g {style}><path d="M0 0h9v9z" {style}/></g>')
    notes = ("filter not followed (2)", "mask not followed (2)", "paint-order not followed (2)")
    assert read_svg(text).notes == notes
    root = text.replace("<svg ", '<svg mask="url(#m)" ', 1)
    assert "mask not followed (3)" in read_svg(root).notes


def test_what_sets_all_or_clips_in_an_older_way_is_named():
    text = '<g style="all:unset"><svg style="clip:rect(1px,9px,9px,1px)" width="9" height="9"/></g>'
    assert read_svg(svg(text)).notes == ("CSS all not followed (1)", "clip not followed (1)")
    assert read_svg(svg('<g style="clip:auto"/>')).notes == ()


TWO_DISCS = '<circle cx="40" cy="50" r="{0}" {1}/><circle cx="60" cy="50" r="{0}" {1}/>'


@pytest.mark.parametrize(
    ("group", "inside", "is_named"),
    [
        ('<g opacity=".5">', TWO_DISCS.format(20, 'fill="red"'), True),
        ('<g style="opacity:50%"><g>', TWO_DISCS.format(20, 'fill="red"') + "</g>", True),
        ('<g opacity=".5">', TWO_DISCS.format(5, 'fill="red"'), False),
        ('<g opacity=".5">', TWO_DISCS.format(20, 'fill="none" stroke="red"'), False),
        ('<g opacity="1">', TWO_DISCS.format(20, 'fill="red"'), False),
        ("<g>", TWO_DISCS.format(20, 'fill="red" opacity=".5"'), False),
    ],
)
def test_a_group_that_is_seen_through_as_a_whole_is_named(group, inside, is_named):
    notes = read_svg(svg(f"{group}{inside}</g>")).notes
    named = ("opacity of a group taken as that of each of its shapes (1)",)
    assert notes == (named if is_named else ())


def test_context_paints_are_those_of_the_use():
    text = (
        '<defs><path id="s" d="M0 0h9v9z" fill="context-stroke" stroke="context-fill"/></defs>'
        '<use href="#s" fill="red" stroke="blue"/>'
    )
    (shape,) = read_svg(svg(text)).shapes
    assert (shape.fill, shape.colour) == ("#0000ff", "#ff0000")


def test_hostile_patterns_end_soon():
    patterns = "".join(
        f'<pattern id="p{index}" {TILE}>'
        + f'<rect width="9" height="9" fill="url(#p{index + 1})"/>' * 20
        + "</pattern>"
        for index in range(20)
    )
    document = read_svg(svg(patterns + BOX.format('fill="url(#p0)"')))
    assert len(document.shapes) == 1
