import gzip
import io
import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from svgelements import SVG, Path, Shape

from inkdream.errors import InputError
from inkdream.formats.svg import to_svg
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.plot import NO_CODES
from inkdream.svg.document import Document
from inkdream.svg.read import MOST_USES_DEEP, read_svg
from inkdream.svg.xml import MOST_BYTES, MOST_DEPTH

MM = 25.4 / 96
INKSCAPE = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
SODIPODI = 'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'


def svg(inside, frame='width="100mm" height="50mm" viewBox="0 0 100 50"', more=""):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f"{INKSCAPE} {SODIPODI} {frame} {more}>{inside}</svg>"
    )


def read(inside, **others):
    return read_svg(svg(inside, **others))


def only(inside, **others):
    """Return the only shape of a document."""
    (shape,) = read(inside, **others).shapes
    return shape


def lines_of(document):
    return [stroke.polyline(1e-4) for shape in document.shapes for stroke in shape.strokes]


def reference_lines(text):
    """Return what svgelements reads, as dense polylines in mm."""
    lines = []
    for element in SVG.parse(io.StringIO(text), reify=True, ppi=96).elements():
        if not isinstance(element, Shape):
            continue
        for part in Path(element).as_subpaths():
            segments = [each for each in part if type(each).__name__ != "Move"]
            # A straight line needs no more than its ends.
            steps = [2 if type(s).__name__ in ("Line", "Close") else 400 for s in segments]
            points = [
                segment.npoint(np.linspace(0, 1, count))
                for segment, count in zip(segments, steps, strict=True)
                if segment.start is not None
            ]
            if points:
                lines.append(np.concatenate(points) * MM)
    return lines


def assert_alike(text, tolerance=2e-3):
    drawn, theirs = lines_of(read_svg(text)), reference_lines(text)
    assert len(drawn) == len(theirs)
    for own, other in zip(drawn, theirs, strict=True):
        assert own[0] == pytest.approx(other[0], abs=tolerance)
        assert own[-1] == pytest.approx(other[-1], abs=tolerance)
        first, second = shapely.LineString(own), shapely.LineString(other)
        assert first.length == pytest.approx(second.length, abs=tolerance, rel=1e-4)
        assert shapely.hausdorff_distance(first, second, densify=0.1) < tolerance


SHAPES = {
    "line": '<line x1="1" y1="2" x2="30mm" y2="4e1"/>',
    "percent": '<line x1="10%" y1="20%" x2="90%" y2="50%"/>',
    "polyline": '<polyline points="1,2 3,4-5 6.5 5,.5"/>',
    "polygon": '<polygon points=" 1 2, 30 4, 5 40 "/>',
    "rect": '<rect x="3" y="4" width="20" height="10"/>',
    "rounded": '<rect x="3" y="4" width="20" height="10" rx="4" ry="2"/>',
    "one radius": '<rect x="3" y="4" width="20" height="10" rx="3"/>',
    "radius too large": '<rect x="3" y="4" width="20" height="10" rx="30" ry="30"/>',
    "circle": '<circle cx="20" cy="20" r="7"/>',
    "ellipse": '<ellipse cx="20" cy="20" rx="7" ry="3"/>',
}
PATHS = [
    "M10 10L20 20 30 5z",
    "m10 10l10 10 10-15z m 5 5 l 1 1",
    "M10 10H30V20h-5v-3Z L 1 2",
    "M10 10C20 0 30 20 40 10S60 0 70 10",
    "m10 10c10-10 20 10 30 0s20-10 30 0c1 1 2 2 3 3",
    "M10 10Q20 0 30 10T50 10t20 5q1 2 3 4",
    "M10 10S20 0 30 10M50 10T60 20T 1 2",
    "M10 20A10 5 30 0 1 30 20a10 5 30 1 0 20 3",
    "M10 20a10 10 0 0120 0a5 5 0 1 0-9 1",
    "M10 20A1 1 0 0 1 30 20",
    "M10 20A0 5 0 0 1 30 20A5 5 0 0 1 30 20L1 1",
    "M1.5.5.5-.5-1.5-.5",
    "M 1e1,2E+1 , 3e-1 4",
    "M10-20L30\n\t20",
    "M1 1 2 2m3 3 1 1",
]
TRANSFORMS = [
    "translate(3)",
    "translate(3 -4)",
    "scale(2)",
    "scale(2,.5)",
    "rotate(30)",
    "rotate(30, 10 20)",
    "skewX(20)",
    "skewY(-10)",
    "matrix(1 .2 -.3 2 5 6)",
    "translate(1,2) rotate(40) , scale(.5 2) skewX(3)",
]
FRAMES = [
    'width="100mm" height="50mm"',
    'width="10cm" height="2in" viewBox="0 0 100 50"',
    'width="100mm" height="100mm" viewBox="-10 -20 100 50"',
    'width="100" height="300" viewBox="0 0 100 50" preserveAspectRatio="xMaxYMin slice"',
    'width="100" height="300" viewBox="0 0 100 50" preserveAspectRatio="xMinYMax"',
    'width="100" height="300" viewBox="5 5 100 50" preserveAspectRatio="none"',
]


@pytest.mark.parametrize(
    "text",
    [
        *map(svg, SHAPES.values()),
        *(svg(f'<path d="{data}"/>') for data in PATHS),
        *(
            svg(f'<g transform="translate(2 3)"><path transform="{words}" d="{PATHS[3]}"/></g>')
            for words in TRANSFORMS
        ),
        *(svg(SHAPES["rect"], frame=frame) for frame in FRAMES),
    ],
)
def test_shapes_commands_transforms_and_frames_are_read_as_svgelements_reads_them(text):
    assert_alike(text)


numbers = st.floats(-50, 50).map(lambda value: f"{value:.4g}")
positive = st.floats(0.5, 30).map(lambda value: f"{value:.4g}")
flags = st.sampled_from("01")
commands = st.one_of(
    st.tuples(st.sampled_from("MmLlTt"), numbers, numbers),
    st.tuples(st.sampled_from("HhVv"), numbers),
    st.tuples(st.sampled_from("Cc"), *[numbers] * 6),
    st.tuples(st.sampled_from("SsQq"), *[numbers] * 4),
    st.tuples(st.sampled_from("Aa"), positive, positive, numbers, flags, flags, numbers, numbers),
    st.just(("Z",)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(commands, min_size=1, max_size=8))
def test_any_path_ends_where_svgelements_ends_it(some):
    text = svg(f'<path d="M1 2L3 4{"".join(" ".join(words) for words in some)}"/>', frame=FRAMES[0])
    try:
        other = reference_lines(text)
    except IndexError:  # svgelements stumbles over arcs without length
        assume(False)
    ends, others = (
        [line[-1] for line in lines if np.ptp(line, axis=0).max() > 1e-9]
        for lines in (lines_of(read_svg(text)), other)
    )
    assert np.array(ends) == pytest.approx(np.array(others), abs=1e-6)


def test_lines_stay_lines_and_cubics_stay_cubics():
    polyline, curve, mixed = read(
        '<path d="M1 2L3 4 5 6Z"/><path d="M0 0C1 2 3 4 5 6S7 8 9 9"/><path d="M0 0L3 3Q4 4 6 0"/>'
    ).shapes
    assert not polyline.strokes[0].curved
    assert polyline.strokes[0].points.tolist() == [[1, 2], [3, 4], [5, 6], [1, 2]]
    assert curve.strokes[0].curved
    assert curve.strokes[0].points == pytest.approx(
        np.array([[0, 0], [1, 2], [3, 4], [5, 6], [7, 8], [7, 8], [9, 9]])
    )
    assert mixed.strokes[0].curved
    assert len(mixed.strokes[0].points) == 7


def test_numbers_may_touch():
    expected = [[1, 2], [3, 4], [-5, 6.5], [0.5, 0.5]]
    for inside in ('<polyline points="1,2 3,4-5 6.5.5.5"/>', '<path d="M1,2 3,4-5 6.5.5.5"/>'):
        assert lines_of(read(inside))[0].tolist() == expected


def test_arcs_are_round_to_a_thousandth():
    (circle,) = lines_of(read('<circle cx="50" cy="25" r="20"/>'))
    assert np.hypot(*(circle - [50, 25]).T) == pytest.approx(20, abs=1e-3)


def test_a_dot_is_kept():
    shapes = read('<path d="M5 5Z"/><path d="M5 5h0"/><path d="M5 5"/><path d=""/>').shapes
    assert [shape.strokes[0].points.tolist() for shape in shapes] == [[[5, 5], [5, 5]]] * 2


# --- size ---


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        ('width="100mm" height="5cm"', (100, 50)),
        ('width="96" height="192px"', (25.4, 50.8)),
        ('width="1in" height="72pt"', (25.4, 25.4)),
        ('viewBox="0 0 960 96"', (254, 25.4)),
        ('width="100%" height="100%" viewBox="0 0 960 96"', (254, 25.4)),
        ('width="20mm" viewBox="0 0 10 40"', (20, 80)),
        ('height="20mm" viewBox="0 0 10 40"', (5, 20)),
    ],
)
def test_a_page_has_its_size_in_mm(frame, size):
    document = read('<path d="M0 0L1 1"/>', frame=frame)
    assert (document.width, document.height) == pytest.approx(size)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        'width="0" height="5"',
        'width="-3" height="5"',
        'width="NaN" height="5"',
        'width="inf" height="5"',
        'width="1e999" height="5"',
        'width="1e9mm" height="5"',
        'width="5 px" height="x"',
        'width="5furlong" height="4"',
        'width="5"',
        'viewBox="0 0 0 5"',
        'viewBox="0 0 NaN 5"',
        'viewBox="0 0 1e400 5"',
        'viewBox="0 0 5"',
        'width="5" height="5" viewBox="0 0 1e-320 1e-320"',
    ],
)
def test_a_page_without_a_size_is_refused_in_one_line(frame):
    with pytest.raises(InputError):
        read("", frame=frame)


# --- paint ---


@pytest.mark.parametrize(
    ("words", "colour", "alpha"),
    [
        ('stroke="red"', "#ff0000", 1),
        ('stroke="#0F0"', "#00ff00", 1),
        ('stroke="#00ff0080"', "#00ff00", 128 / 255),
        ('stroke="rgb(1, 2,3)"', "#010203", 1),
        ('stroke="rgb(100% 0% 50% / 25%)"', "#ff0080", 0.25),
        ('stroke="rgba(1,2,3,.5)"', "#010203", 0.5),
        ('stroke="hsl(120, 100%, 50%)"', "#00ff00", 1),
        ('stroke="currentColor" color="blue"', "#0000ff", 1),
        ('stroke="red" stroke-opacity="0.5" opacity="50%"', "#ff0000", 0.25),
        ('stroke="red" visibility="hidden"', "#ff0000", 0),
        ('stroke="blue" style="stroke:red"', "#ff0000", 1),
        ('stroke="url(#nothing) lime"', "#00ff00", 1),
        ('stroke="no colour"', None, 1),
        ('stroke="none"', None, 1),
        ("", None, 1),
    ],
)
def test_paint_is_as_said(words, colour, alpha):
    shape = only(f'<path d="M0 0L1 1" {words}/>')
    assert shape.colour == colour
    assert shape.alpha == pytest.approx(alpha)


def test_what_is_around_a_shape_is_inherited_and_opacities_multiply():
    shape = only(
        '<g stroke="red" fill="none" stroke-width="2" opacity=".5"><a opacity=".5">'
        '<path d="M0 0L1 1" opacity=".5" transform="scale(3)"/></a></g>'
    )
    assert (shape.colour, shape.fill) == ("#ff0000", None)
    assert shape.alpha == pytest.approx(0.125)
    assert shape.width == pytest.approx(6)


def test_a_stroke_that_does_not_scale_keeps_its_width_in_px():
    shape = only(
        '<path d="M0 0L1 1" transform="scale(3)" vector-effect="non-scaling-stroke"'
        ' stroke-width="2"/>'
    )
    assert shape.width == pytest.approx(2 * MM)


def test_what_is_hidden_inside_may_be_shown_again_but_not_what_is_not_displayed():
    document = read(
        '<g visibility="hidden"><path d="M0 0L1 1" stroke="red" visibility="visible"/></g>'
        '<g display="none"><path d="M0 0L1 1" display="inline"/></g>'
    )
    (shape,) = document.shapes
    assert shape.alpha == 1
    assert any("display" in note for note in document.notes)


# --- structure ---


def test_layers_are_inkscapes_or_else_the_groups_at_the_top():
    document = read(
        '<path d="M0 0L1 1"/>'
        '<g id="a" inkscape:groupmode="layer" inkscape:label="1 black"><g id="inner">'
        '<path d="M0 0L1 1"/></g></g>'
        '<g id="b"><g inkscape:groupmode="layer" inkscape:label="!2+s40 red pen">'
        '<path d="M0 0L1 1"/></g></g>'
    )
    groups = [document.groups[shape.group] for shape in document.shapes]
    assert [group.name for group in groups] == ["", "a", ""]
    assert [group.label for group in groups] == ["", "1 black", "!2+s40 red pen"]
    assert [group.read.number for group in groups] == [None, 1, 2]
    assert [group.pen for group in groups] == ["", "black", "red pen"]


def test_definitions_are_drawn_where_they_are_used():
    document = read(
        '<defs><path id="a" d="M0 0L1 0" stroke="red"/></defs>'
        '<use href="#a" x="5" y="6" stroke="blue"/><use xlink:href="#b" transform="scale(2)"/>'
        '<symbol id="b" viewBox="0 0 10 10"><path d="M0 0L10 10"/></symbol>'
        '<use href="#b" width="20" height="20"/><use href="#nothing"/>'
        '<use href="https://example.org/x.svg#a"/>'
    )
    assert [line.tolist() for line in lines_of(document)] == [
        [[5, 6], [6, 6]],
        # A symbol without a size fills the page, as far as its proportions allow.
        [[50, 0], [150, 100]],
        [[0, 0], [20, 20]],
    ]
    assert document.shapes[0].colour == "#ff0000"
    assert document.notes == ("use of something outside the file left out (2)",)


def test_an_svg_inside_has_its_own_frame():
    assert_alike(
        svg(
            '<svg x="10" y="5" width="30" height="20" viewBox="0 0 10 10">'
            '<path d="M0 0L5 5"/></svg><svg x="50%" width="0"><path d="M0 0L1 1"/></svg>'
        ).replace('<svg x="50%" width="0"><path d="M0 0L1 1"/></svg>', "")
    )
    assert not read('<svg x="5" width="0"><path d="M0 0L1 1"/></svg>').shapes


def test_what_is_left_out_is_named_and_nothing_is_fetched():
    document = read(
        '<text x="1">no</text><image href="http://example.org/x.png"/><foreignObject/>'
        '<clipPath id="c"><text/></clipPath>'
        '<marker><path d="M0 0L9 9"/></marker><mask id="m"><path d="M0 0L9 9"/></mask>'
        '<path d="M0 0L1 1" clip-path="url(#c)" mask="url(#m)" style="filter:url(#f)"/>'
        '<linearGradient id="fade"><stop/><stop stop-color="red"/></linearGradient>'
        '<path d="M0 0L1 1" stroke="url(#fade)" stroke-dasharray=".01"/>'
        '<path d="M0 0L1 1" stroke="red"><animate attributeName="d" to="M0 0"/></path>'
    )
    assert len(document.shapes) == 3
    words = " ".join(document.notes)
    left_out = ("text", "image", "foreignObject", "clip-path", "filter", "gradient", "dashes")
    for word in (*left_out, "animate", "mask", "Object to Path"):
        assert word in words


def test_an_outside_document_type_is_ignored():
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    assert len(read_svg(doctype + svg('<path d="M0 0L1 1"/>')).shapes) == 1


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<!ENTITY ns_svg "http://www.w3.org/2000/svg"> <!ENTITY red "fill:none;stroke:red">',
        '<!ENTITY ns_svg "http://www.w3.org/2000/svg"><!ATTLIST path style CDATA "stroke:red">',
        "<!ELEMENT path ANY><!-- a comment -->",
    ],
)
def test_a_document_type_may_declare_plain_words(inside):
    name = "&ns_svg;" if "ns_svg" in inside else "http://www.w3.org/2000/svg"
    style = "&red;" if "red " in inside else "stroke:red"
    attribute = "" if "ATTLIST" in inside else f'style="{style}"'
    (shape,) = read_svg(
        f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://w3.org/svg11.dtd" [{inside}]>'
        f'<svg xmlns="{name}" viewBox="0 0 9 9"><path {attribute} d="M0 0h1"/></svg>'
    ).shapes
    assert shape.colour == "#ff0000"


def test_other_names_for_the_same_namespace_and_none_at_all_are_read():
    prefixed = '<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><s:path d="M0 0h1"/>'
    assert len(read_svg(prefixed + "</s:svg>").shapes) == 1
    assert len(read_svg('<svg viewBox="0 0 9 9"><path d="M0 0h1"/></svg>').shapes) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_files_are_read_as_text_is_whatever_their_encoding(tmp_path, encoding):
    text = svg('<g id="é"><style>.a{stroke:red}</style><path class="a" d="M0 0L1 1"/></g>')
    path = tmp_path / "drawing.svg"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding))
    document = read_svg(path)
    assert document.groups[0].name == "é"
    assert document.shapes[0].colour == "#ff0000"


def test_packed_files_are_read(tmp_path):
    path = tmp_path / "drawing.svgz"
    path.write_bytes(gzip.compress(svg('<path d="M0 0L1 1"/>').encode()))
    assert len(read_svg(path).shapes) == 1


# --- our own files ---

places = st.floats(1, 99)
points = st.integers(1, 3).flatmap(
    lambda count: st.lists(
        st.tuples(places, places), min_size=3 * count + 1, max_size=3 * count + 1, unique=True
    )
)
names = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20
).filter(lambda name: name.isprintable() and name == name.strip())
pens = st.fixed_dictionaries(
    {
        "name": names,
        "colour": st.integers(0, 0xBFBFBF).map(lambda value: f"#{value:06x}"),
        "width": st.integers(1, 60).map(lambda steps: steps / 20),
        "opacity": st.sampled_from([0.0, 1.0]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(pens, st.lists(st.tuples(points, st.booleans()), min_size=1, max_size=4)),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_our_own_files_come_back_as_they_were(layers, pause):
    page = Page(width=100, height=100, margin=0)
    plot = Plot(
        page,
        "#fffff0",
        tuple(
            Layer(Pen(**pen), tuple(Stroke(np.array(own), curved) for own, curved in strokes))
            for pen, strokes in layers
        ),
    )
    back = read_svg(to_svg(plot.with_codes(NO_CODES, pause=pause))).as_plot()
    assert (back.paper, back.page.width, back.page.height) == ("#fffff0", 100, 100)
    assert len(back.layers) == len(plot.layers)
    for layer, other in zip(plot.layers, back.layers, strict=True):
        assert (other.pen.name, other.pen.colour) == (layer.pen.name, layer.pen.colour)
        assert other.pen.opacity == layer.pen.opacity
        assert other.pen.width == pytest.approx(layer.pen.width, abs=1e-6)
        assert len(other.strokes) == len(layer.strokes)
        for own, read_back in zip(layer.strokes, other.strokes, strict=True):
            assert read_back.points[[0, -1]] == pytest.approx(own.points[[0, -1]], abs=2e-3)
            if len(own.points) == len(read_back.points):
                assert own.curved == read_back.curved
                assert read_back.points == pytest.approx(own.points, abs=2e-3)


def test_a_plot_of_a_page_too_large_for_any_plotter_is_refused():
    with pytest.raises(InputError, match="page"):
        read("", frame='width="90000mm" height="5mm"').as_plot()


# --- hostile input ---

BOMB = "".join(
    f'<g id="a{level}">' + f'<use href="#a{level - 1}"/>' * 10 + "</g>" for level in range(1, 12)
)
FEW = 10_000
HOSTILE = {
    "external entity": (
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<text>&x;</text>"),
        "DOCTYPE",
    ),
    "parameter entity": (
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://example.org/x.dtd"> %x;]>' + svg(""),
        "DOCTYPE",
    ),
    "long entity": (
        f'<!DOCTYPE svg [<!ENTITY a "{"ha" * 500}">]>' + svg("&a;" * 40_000),
        "MiB longer",
    ),
    "many default attributes": (
        "<!DOCTYPE svg ["
        + "".join(f'<!ATTLIST g a{n} CDATA "x">' for n in range(1_001))
        + "]>"
        + svg("<g/>"),
        "declares more than",
    ),
    "billion laughs": (
        '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + svg("&b;"),
        "DOCTYPE",
    ),
    "exponential use": (
        svg(f'<defs><path id="a0" d="M0 0L1 1"/>{BOMB}</defs><use href="#a11"/>'),
        "copies counted",
    ),
    "long chain of use": (
        svg(
            '<path id="a0" d="M0 0L1 1"/>'
            + "".join(
                f'<g id="a{level}"><use href="#a{level - 1}"/></g>'
                for level in range(1, MOST_USES_DEEP + 2)
            )
        ),
        "nests deeper",
    ),
    "deep": (svg("<g>" * MOST_DEPTH + "</g>" * MOST_DEPTH), "nests deeper"),
    "many elements": (svg("<g/>" * (FEW + 1)), "elements"),
    "many attributes in all": (svg('<g a="" b="" c="" d="" />' * 2 * FEW), "80,000 attributes"),
    "many attributes": (svg("", more=" ".join(f'a{n}=""' for n in range(250_000))), "attributes"),
    "many strokes": (svg(f'<path d="{"M0 0h1" * FEW}"/>'), "strokes"),
    "many points": (svg(f'<path d="M0 0{"h1" * 2 * FEW}"/>'), "points"),
    "many moves": (svg(f'<path d="{"M0 0" * (2 * FEW + 1)}"/>'), "points"),
    "many closings": (svg(f'<path d="M0 0{"z" * (2 * FEW + 1)}"/>'), "points"),
    "no svg": ("<html/>", "begins with <html>"),
    "no xml": ("once upon a time", "well-formed"),
    "nothing": ("", "well-formed"),
    "unfinished": (svg("")[:-3], "well-formed"),
}


# What is wrong with one element, and how many strokes are left of it and of the one behind it.
BROKEN = {
    "nan": ('<path d="M0 0L NaN 1"/>', 1, "character 7: 'NaN 1' is no number"),
    "inf": ('<path d="M0 0L inf 1"/>', 1, "character 7: 'inf 1' is no number"),
    "after a line": ('<path d="M10 30H50L60 x"/>', 2, "character 14: 'x' is no number"),
    "huge": ('<path d="M0 0h3L1e30 1"/>', 2, "larger than"),
    "huge in a row": (
        '<path d="M0 0h3L1 1 2 2 1e30 1 5 5"/>',
        2,
        "character 16: '1e30",
    ),
    "flag in a row": (
        '<path d="M0 0A1 1 0 01 2 2 1 1 0 21 3 3"/>',
        2,
        "character 25: '21 3 3'",
    ),
    "cut off": ('<path d="M0 0h2L1"/>', 2, "'its end' is no number"),
    "no move": ('<path d="L1 1"/>', 1, "before the first M"),
    "wrong flag": ('<path d="M0 0h2A1 1 0 2 1 3 3"/>', 2, "no number"),
    "letter in points": ('<polyline points="1,2 3,4 x 5,6"/>', 2, "points, character 9: 'x 5,6'"),
    "odd points": ('<polygon points="1,2 3,4 5"/>', 2, "the last has no y"),
    "length of a line": ('<line x1="one" x2="5"/>', 2, "x1: 'one' is no length"),
    "infinite radius": ('<circle r="inf"/>', 1, "r 'inf' is not understood"),
    "unknown unit": ('<rect width="5" height="5" x="3furlong"/>', 2, "x '3furlong' is not"),
    "wrong transform": ('<g transform="turn(3)"><path d="M0 0h1"/></g>', 2, "transform 'turn"),
    "huge transform": (
        '<g transform="scale(1e8)"><path transform="scale(1e8)" d="M0 0h1"/></g>',
        1,
        "larger than",
    ),
    "far away": ('<path transform="scale(1e8)" d="M0 0h1e8"/>', 1, "farther away"),
    "view box": ('<svg viewBox="0 0 x 5"><path d="M0 0h1"/></svg>', 2, "viewBox '0 0 x 5'"),
    "width": ('<path d="M0 0h1" stroke-width="thick"/>', 2, "stroke-width 'thick'"),
    "loop": (
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/><path d="M0 0h1"/></g>',
        # Each stands in its place and once in the other, but not in itself.
        4,
        "that it lies in",
    ),
    "short loop": ('<g id="a"><use href="#a"/></g>', 1, "that it lies in"),
}


@pytest.mark.parametrize(("broken", "strokes", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named_with_its_line_and_the_rest_is_drawn(broken, strokes, message):
    document = read(f'\n\n{broken}<path d="M0 0L1 1"/>')
    assert document.strokes == strokes
    (note,) = [note for note in document.notes if message in note]
    assert note.startswith("line 3: ") or "use of" in note


def test_many_mistakes_of_a_kind_are_named_once():
    paths = [f'<path d="M0 0h1L{letter}"/>' * 100 for letter in "abcdefghijklmnopq"]
    notes = read("\n".join(paths)).notes
    assert "100 times" in notes[0]
    assert len(notes) < 15


@pytest.mark.parametrize(("text", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_refused_in_one_line(text, message, monkeypatch):
    # The checker of types makes each element slow.
    for limit, most in {"ELEMENTS": FEW, "POINTS": 2 * FEW, "STROKES": FEW // 2}.items():
        monkeypatch.setattr(f"inkdream.svg.read.MOST_{limit}", most)
    monkeypatch.setattr("inkdream.svg.xml.MOST_ATTRIBUTES_IN_ALL", 8 * FEW)
    with pytest.raises(InputError, match=message) as error:
        read_svg(text)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\xfd",
        b"<svg>\xff\xff</svg>",
        b"\x00" * 50,
        b'<?xml version="1.0" encoding="x"?><a/>',
        gzip.compress(b"<svg/>", mtime=0)[:-9],
        b"\x1f\x8bnot so",
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "drawing.svg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"drawing\.svg"):
        read_svg(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.svg", tmp_path):
        with pytest.raises(InputError, match="file"):
            read_svg(path)


HUNGRY = """
import resource, sys
from pathlib import Path
from inkdream.errors import InputError
from inkdream.svg.read import read_svg
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
try:
    document = read_svg(Path(sys.argv[1]))
    print(document.strokes, "strokes")
except InputError as error:
    print(error)
# Where there is one, Linux's own mark: that of getrusage begins with the parent's memory.
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
marks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
print((marks or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0] // 1024)
"""


def _bomb(path):
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(svg("")[:-6].encode())
        for _ in range(MOST_BYTES // 2**20 + 1):
            file.write(b" " * 2**20)
    return "longer than 64 MiB"


def _long_path(path):
    with path.open("wb") as file:
        file.write(svg("")[:-6].encode() + b'<path d="M0 0L')
        for _ in range(30):
            file.write(b"12.3456 7.89012 " * 2**16)
        file.write(b'"/></svg>')
    return "1 strokes"


def _many_short_steps(path):
    """As many points as fit into the longest file."""
    with path.open("wb") as file:
        file.write(svg("")[:-6].encode() + b'<path d="M0 0h')
        for _ in range(MOST_BYTES // 2**20 - 1):
            file.write(b"1 " * 2**19)
        file.write(b'"/></svg>')
    return "more than 2,000,000 points"


def _many_wide_curves(path):
    """Few points, but each curve takes the most vertices that one can."""
    with path.open("wb") as file:
        file.write(svg("")[:-6].encode() + b'<path d="M0 0C')
        file.write(b"1e6 1e6 0 1e6 5 5 " * 10**6)
        file.write(b'"/></svg>')
    return "more than 2,000,000 points"


def _many_attributes(path):
    with path.open("wb") as file:
        file.write(svg("")[:-6].encode() + b"<path ")
        for block in range(20):
            file.write(b" ".join(b'a%d="0"' % (block * 10**5 + n) for n in range(10**5)) + b" ")
    return "attributes"


@pytest.mark.parametrize(
    "make", [_bomb, _long_path, _many_short_steps, _many_wide_curves, _many_attributes]
)
def test_memory_is_bounded(tmp_path, make):
    path = tmp_path / "drawing.svg"
    message = make(path)
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer, mebibytes = done.stdout.strip().splitlines()
    assert message in answer
    assert int(mebibytes) < 1024


VALID = svg(
    '<style>.a{stroke:red}</style><defs><path id="p" d="M0 0C1 2 3 4 5 6A2 3 0 0 1 5 5z"/></defs>'
    '<g transform="rotate(3) scale(2)" opacity=".5"><use href="#p" x="3"/>'
    '<rect width="3" height="4" rx="1" class="a"/><polygon points="1,2 3,4 5,6"/></g>'
    '<svg viewBox="0 0 3 3" width="5"><circle r="2" style="fill:none;stroke:rgb(1,2,3)"/></svg>'
)
PIECES = [
    "NaN", "1e999", "-", "%", "M", "A", "url(#p)", "#p", '"', "<", ">", "&", "&amp;", "]]>", "\0",
    "é", "0", "9" * 400, "(", ")", "{", "}", "<g>", "</g>", '<use href="#p"/>', "<!--", "<![CDATA[",
    "transform", "viewBox", "scale(0)", "none", "inherit", ";", ":", "/*", "mm", " " * 50,
]  # fmt: skip


def check_is_read_or_refused(source):
    try:
        document = read_svg(source)
    except InputError:
        pass
    else:
        assert isinstance(document, Document)
        assert 0 < document.width < np.inf
        for line in lines_of(document):
            assert np.isfinite(line).all()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(VALID)),
            st.integers(0, 12),
            st.one_of(st.sampled_from(PIECES), st.text(max_size=3)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_change_of_a_file_is_read_or_refused(changes):
    text = VALID
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    check_is_read_or_refused(text)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text):
    check_is_read_or_refused(text)
    check_is_read_or_refused(svg(f'<path d="{text.translate({34: 32, 38: 32, 60: 32})}"/>'))


@settings(max_examples=200, deadline=None)
@given(st.text("MmLlHhVvCcSsQqTtAaZz0123456789.,-+eE ", max_size=60))
def test_any_path_data_is_read_or_refused(data):
    check_is_read_or_refused(svg(f'<path d="M0 0{data}"/>'))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["stroke", "opacity", "stroke-width", "transform", "stroke-dasharray", "x1"]),
    st.text(st.characters(codec="utf-8", exclude_characters='"<&'), max_size=30)
    | st.text("rgbahsl()0123456789.,%/ -einfpxmm", max_size=30),
)
def test_any_attribute_is_read_or_refused(name, word):
    check_is_read_or_refused(svg(f'<line y2="3" {name}="{word}"/>'))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.svg"
    path.write_bytes(content)
    check_is_read_or_refused(path)
