"""Where an SVG's elements lie, how large they are, and which of them are drawn at all."""

import numpy as np
import pytest

from inkdream.svg.read import read_svg
from tests.svg.test_read import lines_of, only, read, svg

RECT = 'x="10" y="10" width="20" height="10"'
PX = 25.4 / 96


def reach(document):
    points = np.concatenate(lines_of(document))
    return [*points.min(axis=0).round(4), *points.max(axis=0).round(4)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('transform="rotate(90)" transform-origin="20 15"', [15, 5, 25, 25]),
        ('transform="rotate(90)" style="transform-origin:20px 15px"', [15, 5, 25, 25]),
        ('style="transform:rotate(0.25turn);transform-origin:20% 30%"', [15, 5, 25, 25]),
        ('transform="scale(2)" transform-origin="right bottom"', [-80, -30, -40, -10]),
        ('transform="scale(2)" transform-origin="center"', [-30, -5, 10, 15]),
        ('transform="scale(2)" transform-origin="top"', [-30, 20, 10, 40]),
        ('transform="scale(2)" transform-origin="bottom left"', [20, -30, 60, -10]),
        ('style="transform:translate(10%, 10%)"', [20, 15, 40, 25]),
        ('style="transform:translate3d(5px, 1px, 3px) rotateZ(100grad)"', [-15, 11, -5, 31]),
        ('style="translate:5px 10%;scale:2;transform:translateX(1px)"', [27, 25, 67, 45]),
        (
            'style="transform-box:fill-box;transform-origin:center;transform:rotate(90deg)"',
            [15, 5, 25, 25],
        ),
        (
            'style="transform-box:fill-box;transform-origin:100% 0;transform:scale(2)"',
            [-10, 10, 30, 30],
        ),
        ('style="transform-box:fill-box;transform:translateX(50%)"', [20, 10, 40, 20]),
        ('transform-origin="20 15"', [10, 10, 30, 20]),
    ],
)
def test_transforms_are_done_about_their_origin(words, expected):
    assert reach(read(f"<rect {RECT} {words}/>")) == pytest.approx(expected, abs=1e-3)


def test_a_groups_box_is_that_of_all_in_it():
    how = 'style="transform-box:fill-box;transform-origin:center;transform:rotate(180deg)"'
    inside = f'<rect {RECT}/><g transform="translate(30 20)"><path d="M0 0h10v10"/></g>'
    document = read(f"<g {how}>{inside}</g>")
    assert reach(document) == pytest.approx([10, 10, 40, 30])
    assert document.shapes[0].strokes[0].points[0] == pytest.approx([40, 30])
    used = read(f'<defs><g id="a">{inside}</g></defs><use href="#a" x="3" {how}/>')
    assert reach(used) == pytest.approx([13, 10, 43, 30])


def test_what_turns_as_time_goes_by_is_named():
    words = 'style="animation: turn 3s; offset-path: ray(30deg)"'
    notes = read(f"<style>@keyframes turn{{}}</style><rect {RECT} {words}/>").notes
    assert {note.split(" (")[0] for note in notes} == {
        "CSS @keyframes not followed",
        "CSS animation not followed",
        "offset-path not followed",
    }


def test_the_root_may_have_a_transform():
    document = read(
        '<path d="M10 20H90"/>',
        frame='width="100mm" height="100mm" viewBox="0 0 100 100"',
        more='transform="translate(0 100) scale(1 -1)"',
    )
    assert reach(document) == pytest.approx([10, 80, 90, 80])


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        ('style="width:100mm;height:5cm" viewBox="0 0 9 9"', (100, 50)),
        ('style="width:100mm;height:auto" height="3" viewBox="0 0 10 5"', (100, 50)),
        ('width="10em" height="5em" font-size="20"', (200 * PX, 100 * PX)),
        ('width="10rem" height="5ex" style="font-size:20px"', (200 * PX, 50 * PX)),
        ('width="wide" height="5cm" viewBox="0 0 20 10"', (100, 50)),
    ],
)
def test_the_page_has_the_size_that_its_style_and_font_say(frame, size):
    document = read('<path d="M0 0h1"/>', frame=frame)
    assert (document.width, document.height) == pytest.approx(size)


def test_units_of_the_font_are_of_the_size_in_force():
    frame = 'width="100mm" height="50mm" viewBox="0 0 100 50" font-size="4"'
    inside = (
        '<rect x="2em" y="2ex" width="5rem" height="3ch"/>'
        '<g style="font-size:200%"><rect x="2em" y="1em" width="1rem" height="1em"/></g>'
        '<g font-size="0.5em"><path d="M0 0h1" stroke="red" style="stroke-width:1em"/></g>'
    )
    first, second, third = read(inside, frame=frame).shapes
    assert first.strokes[0].points[[0, 2]] == pytest.approx(np.array([[8, 4], [28, 10]]))
    assert second.strokes[0].points[[0, 2]] == pytest.approx(np.array([[16, 8], [20, 16]]))
    assert third.width == pytest.approx(2)


CONDITIONS = {
    'requiredExtensions="http://example.org/none"': False,
    'requiredExtensions=""': False,
    'systemLanguage="de, fr"': False,
    'systemLanguage=""': False,
    'systemLanguage="de,en-GB"': True,
    'systemLanguage="en"': True,
    'requiredFeatures="http://www.w3.org/TR/SVG11/feature#Shape"': True,
    'requiredFeatures="http://www.w3.org/TR/SVG11/feature#Extensibility"': False,
    'requiredFeatures="http://example.org/magic"': False,
}


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS.items())
def test_conditions_hold_in_a_switch_and_outside(condition, holds):
    first = f'<g {condition}><path d="M0 0h1" stroke="red"/></g>'
    both = f'{first}<path d="M0 0h2" stroke="blue"/><path d="M0 0h3"/>'
    (shape,) = read(f"<switch><title/><unknown/><!-- or -->{both}</switch>").shapes
    assert shape.colour == ("#ff0000" if holds else "#0000ff")
    assert len(read(first).shapes) == holds


def test_a_switch_that_holds_html_shows_what_stands_for_it():
    inside = '<foreignObject requiredFeatures="http://www.w3.org/TR/SVG11/feature#Extensibility"/>'
    document = read(f'<switch>{inside}<path d="M0 0h1"/></switch>')
    assert document.strokes == 1


@pytest.mark.parametrize(
    ("words", "width"),
    [
        ('<ellipse cx="50" cy="20" rx="-5" ry="10"/>', 20),
        ('<rect width="30" height="10" rx="-5" ry="10"/>', 30),
        ('<g x="20"><rect x="inherit" width="30" height="10"/></g>', 30),
        ('<polygon points="0,0 30,0 30,10 5"/>', 30),
    ],
)
def test_wrong_geometry_counts_as_not_said(words, width):
    shape = only(words)
    assert shape.strokes[0].points[:, 0].max() - shape.strokes[0].points[:, 0].min() == width
    assert (shape.strokes[0].points[0] == shape.strokes[0].points[-1]).all()


def test_the_colour_that_css_gives_to_the_page_is_the_papers():
    document = read_svg(svg("", more='style="background-color:#123456"'))
    assert document.paper == "#123456"
    assert read_svg(svg("", more='background="red"')).paper == "#ffffff"
    assert read_svg(svg("", more='style="background:url(x.png)"')).paper == "#ffffff"
    assert read_svg(svg("", more='style="background:none"')).notes == ()
    assert read_svg(svg("", more='style="background-color:#0000"')).notes == ()


@pytest.mark.parametrize(
    "words", ["background:url(x.png)", "background-color:#00f8", "background:radial-gradient(red)"]
)
def test_a_background_that_no_paper_has_is_named(words):
    (note,) = read_svg(svg("", more=f'style="{words}"')).notes
    assert "that is no opaque colour not followed (1)" in note
