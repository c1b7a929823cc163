"""SVG as plotters' programs take it: one test a rule, numbered as what they were measured from.

Where a program has rules of its own for labels, a few lines here read them as that program does.
"""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import svgelements
import vpype
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.formats.svg import layer_id, layer_label, to_svg, unseen
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.plot import LayerCodes
from tests.plot import plots

PX = 25.4 / 96
SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
DC = "{http://purl.org/dc/elements/1.1/}"


def root_of(plot, *rest):
    return ElementTree.fromstring(to_svg(plot, *rest).encode())


def groups_of(plot, *rest):
    return root_of(plot, *rest).findall(f"{SVG}g")


def labels_of(plot):
    return [group.get(f"{INKSCAPE}label") for group in groups_of(plot)]


def points_of(element):
    """All coordinates of a polyline or path, (N, 2) in mm."""
    words = element.get("points") or element.get("d")
    numbers = [float(word) for word in re.findall(r"-?\d+(?:\.\d+)?", words)]
    return np.array(numbers).reshape(-1, 2) * PX


def axidraw(label):
    """A label as AxiDraw reads it: number or None, pauses, whether plotted, codes."""
    if label.startswith("%"):
        return None, False, False, {}
    pause = label.startswith("!")
    rest = label.removeprefix("!")
    number = re.match("[0-9]+", rest)
    codes = {}
    if number:
        rest = rest[number.end() :]
        while found := re.match(r"\+([hsd])([0-9]+)", rest, re.IGNORECASE):
            value, code = int(found[2]), found[1].lower()
            allowed = {"h": range(101), "s": range(1, 111), "d": range(1, 10**9)}[code]
            if value in allowed:  # others are dropped without a word
                codes[code] = value
            rest = rest[found.end() :]
    return number and int(number[0]), pause, True, codes


def vpype_number(label, place):
    """A layer's number as vpype takes it: the first digits of the label, never 0."""
    digits = re.search("[0-9]+", label)
    return max(1, int(digits[0])) if digits else place


def saxi_layers(root):
    """What saxi lets a person choose from: ids of groups, if there are several, else strokes."""
    groups = [group for group in root.iter(f"{SVG}g") if group.get("id")]
    ids = [group.get("id") for group in groups]
    return ids if len(set(ids)) > 1 else [group.get("stroke") for group in groups]


def test_the_axidraw_parser_here_reads_the_documented_cases():
    assert axidraw("01 black")[0] == 1
    assert axidraw("10 x")[0] == 10
    assert [axidraw(word)[0] for word in ("! 2 x", " 1 x", "layer 1", "#1")] == [None] * 4
    assert not axidraw("2!x")[1]
    assert axidraw("5+S111")[3] == axidraw("4+D0")[3] == {}
    assert not axidraw("% note")[2]
    assert axidraw("!3+h20+S40+d100 red") == (3, True, True, {"h": 20, "s": 40, "d": 100})


# 2.1 The root


@pytest.mark.parametrize("page", ["a6", "a4", "letter", "11x14", "300x200mm"])
def test_rules_1_and_2_size_in_mm_and_a_view_box_in_px(page):
    plot = plots.simple(plots.line((1, 1), (9, 9)), page=page)
    root = root_of(plot)
    assert re.fullmatch(r"[\d.]+mm", root.get("width"))
    assert float(root.get("width")[:-2]) == pytest.approx(plot.page.width, abs=1e-6)
    assert float(root.get("height")[:-2]) == pytest.approx(plot.page.height, abs=1e-6)
    box = [float(word) for word in root.get("viewBox").split()]
    assert box[:2] == [0, 0]
    assert np.array(box[2:]) * PX == pytest.approx([plot.page.width, plot.page.height], abs=1e-6)


def test_rule_3_the_page_lies_as_the_paper_lies():
    root = root_of(plots.simple(plots.line((1, 1), (140, 9)), page="a6 landscape"))
    assert (root.get("width"), root.get("height")) == ("148mm", "105mm")
    assert root.get("preserveAspectRatio") is None


@pytest.mark.parametrize("stray", [(-0.1, 5), (5, -0.1), (105.1, 5), (5, 148.1), (np.nan, 5)])
@pytest.mark.parametrize("curved", [False, True])
def test_rule_4_a_stroke_that_leaves_the_page_is_refused_by_name(stray, curved):
    points = [(5, 5), (6, 6), (7, 7), stray]
    bad = Stroke(np.array(points, dtype=np.float64), curved)
    with pytest.raises(ValueError, match="'Stabilo 88 46 black', stroke 2: "):
        to_svg(plots.simple(plots.line((1, 1), (2, 2)), bad))


def test_rule_4_a_curve_may_stay_on_the_page_though_its_handles_do_not():
    curve = Stroke(np.array([(10, 1), (10, -0.3), (20, -0.3), (20, 1.0)]), curved=True)
    assert curve.polyline()[:, 1].min() > 0
    (path,) = groups_of(plots.simple(curve))[0]
    assert points_of(path) == pytest.approx(curve.points, abs=1e-3)
    off = Stroke(np.array([(10, 1), (10, -1), (20, -1), (20, 1.0)]), curved=True)
    with pytest.raises(ValueError, match="leaves the page"):
        to_svg(plots.simple(off))


@pytest.mark.parametrize("page", ["a6", "a5", "a4", "letter", "a3"])
@pytest.mark.parametrize("curved", [False, True])
def test_rule_4_rounding_takes_nothing_off_the_page(page, curved):
    sheet = Page.of(page)
    corners = np.array([(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)])
    plot = plots.simple(Stroke(corners, curved), page=page)
    root = root_of(plot)
    most = [float(word) for word in root.get("viewBox").split()][2:]
    drawn = points_of(root.find(f"{SVG}g")[0]) / PX
    assert (drawn >= 0).all() and (drawn <= np.array(most) + 1e-9).all()
    assert drawn * PX == pytest.approx(corners, abs=1e-3)


def test_rule_5_nothing_but_plain_strokes():
    root = root_of(plots.nice(), {"prompt": "a < b"})
    for group in root.findall(f"{SVG}g"):
        assert {child.tag for child in group} <= {f"{SVG}polyline", f"{SVG}path"}
        for child in group:
            assert set(child.attrib) in ({"points"}, {"d"})
    known = {"svg", "g", "polyline", "path", "metadata"}
    assert {e.tag.removeprefix(SVG) for e in root.iter() if e.tag.startswith(SVG)} == known
    assert not {"transform", "class", "clip-path", "display"} & {
        name for element in root.iter() for name in element.attrib
    }


# 2.2 Layers


def test_rule_6_a_pen_is_one_top_level_layer():
    plot = plots.nice()
    root = root_of(plot)
    groups = root.findall(f"{SVG}g")
    assert len(groups) == len(list(root.iter(f"{SVG}g"))) == len(plot.layers)
    assert {group.get(f"{INKSCAPE}groupmode") for group in groups} == {"layer"}
    assert [len(group) for group in groups] == [len(layer.strokes) for layer in plot.layers]


def test_rules_7_and_8_layers_are_numbered_from_1_in_the_files_order():
    plot = plots.nice()
    empty = Layer(plots.WHITE, ())
    plot = replace(plot, layers=(plot.layers[0], empty, *plot.layers[1:], empty))
    labels = labels_of(plot)
    assert [axidraw(label)[0] for label in labels] == [1, 2, 3, 4]
    assert [vpype_number(label, 0) for label in labels] == [1, 2, 3, 4]


@given(
    codes=st.builds(
        LayerCodes,
        speed=st.none() | st.integers(1, 110),
        height=st.none() | st.integers(0, 100),
        delay=st.none() | st.integers(1, 60_000),
    ),
    pause=st.booleans(),
    number=st.integers(1, 64),
    name=st.text("0123456789 +shd!%{}äé<&\"'", min_size=1, max_size=9).filter(str.strip),
)
@settings(max_examples=100)
def test_rule_7_axidraw_finds_in_a_label_what_was_put_there(codes, pause, number, name):
    pen = Pen(name=name, colour="#123456", width=0.4)
    codes = replace(codes, pauses=pause)
    label = layer_label(number, Layer(pen, (), codes))
    asked = {"s": codes.speed, "h": codes.height, "d": codes.delay}
    expected = {code: value for code, value in asked.items() if value is not None}
    assert axidraw(label) == (number, pause, True, expected)
    assert vpype_number(label, 0) == number
    assert label.endswith(f" {name}")


@pytest.mark.parametrize(
    "wrong",
    [{"speed": 0}, {"speed": 111}, {"height": -1}, {"height": 101}, {"delay": 0}, {"delay": -5}],
)
def test_rule_7_a_code_that_axidraw_would_drop_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"{name} -?[0-9]+: a whole number from"):
        LayerCodes(**wrong)


def test_rule_9_ids_are_readable_unique_and_xml_names():
    twins = [Pen(name=name, colour="#a00000", width=0.3) for name in ("röt +!", "rot", "紅")]
    layers = [Layer(pen, (plots.line((1, 1), (2, 2)),)) for pen in twins]
    root = root_of(replace(plots.nice(), layers=tuple(layers)))
    ids = saxi_layers(root)
    assert ids == ["pen1-rot", "pen2-rot", "pen3"]
    assert layer_id(1, plots.BLACK) == "pen1-stabilo-88-46-black"
    assert all(re.fullmatch("[a-z][a-z0-9-]*", word) for word in ids)


def test_rule_11_labels_by_default_and_with_pauses_between_pens():
    assert labels_of(plots.nice())[3] == "4 Stabilo 88 46 black"
    labels = labels_of(plots.nice().with_codes(LayerCodes(speed=40), pause=True))
    assert labels[0] == "1+s40 Stabilo 88 44"
    assert labels[3] == "!4+s40 Stabilo 88 46 black"
    assert [axidraw(label)[1] for label in labels] == [False, True, True, True]


def test_rule_12_stroke_width_is_a_bare_number_in_user_units():
    widths = [group.get("stroke-width") for group in groups_of(plots.nice())]
    assert [float(word) * PX for word in widths] == pytest.approx([0.4, 0.4, 0.45, 0.4], abs=1e-6)


def test_rule_13_strokes_have_colours_and_no_opacity():
    for opacity in (0.0, 0.3, 0.5, 1.0):
        pens = [pen.model_copy(update={"opacity": opacity}) for pen in (plots.CYAN, plots.GOLD)]
        layers = tuple(Layer(pen, (plots.line((1, 1), (2, 2)),)) for pen in pens)
        plot = replace(plots.nice(), layers=layers)
        text = to_svg(plot)
        assert "opacity" not in text
        groups = groups_of(plot)
        assert [group.get("stroke") for group in groups] == [pen.colour for pen in pens]
        assert {group.get("fill") for group in groups} == {"none"}
        assert {group.get("stroke-linecap") for group in groups} == {"round"}
        style = "mix-blend-mode:multiply" if opacity < 0.5 else None
        assert {group.get("style") for group in groups} == {style}


def test_rule_13_nothing_invisible_is_written():
    dry = Pen(name="dry", colour="#ffffff", width=0.4, opacity=0)
    stroke = plots.line((1, 1), (2, 2))
    for pen, paper in ((dry, "#ffffff"), (plots.WHITE, "#ffffff"), (plots.CYAN, "#000000")):
        plot = plots.simple(stroke, pen=pen, paper=paper)
        assert unseen(plot) == (pen.name,)
        with pytest.raises(ValueError, match=f"'{pen.name}' cannot be seen"):
            to_svg(plot)
    over = plots.simple(stroke)
    over = replace(over, layers=(*over.layers, Layer(plots.WHITE, (stroke,))))
    assert unseen(over) == ()
    assert to_svg(over).count("<polyline") == 2


def test_rule_13_a_pen_whose_colour_is_not_known_yet_is_refused():
    with pytest.raises(InputError, match="colour"):
        to_svg(plots.simple(plots.line((1, 1), (2, 2)), pen=Pen(name="?", colour="?", width=0.4)))


@pytest.mark.parametrize("at", [(50, 70), (0, 0), (105, 148), (105, 3)])
@pytest.mark.parametrize(
    "shape", [(1, False), (2, False), (5, False), (1, True), (4, True), (7, True)]
)
def test_rule_14_a_dot_is_a_tiny_line(at, shape):
    count, curved = shape
    dot = Stroke(np.tile(np.array(at, dtype=np.float64), (count, 1)), curved)
    (drawn,) = groups_of(plots.simple(dot))[0]
    assert drawn.tag == f"{SVG}polyline"
    points = points_of(drawn)
    assert 0.01 < np.hypot(*(points[1] - points[0])) < 0.04
    assert np.hypot(*(points - at).T).max() < 0.02


def test_rule_14_a_line_that_is_shorter_than_can_be_written_is_a_dot_too():
    (drawn,) = groups_of(plots.simple(plots.line((50, 70), (50.00001, 70))))[0]
    assert np.ptp(points_of(drawn), axis=0).max() > 0.02


def test_rule_14_closed_strokes_repeat_their_first_point():
    ring = plots.line((10, 10), (20, 10), (20, 20), (10, 10))
    (drawn,) = groups_of(plots.simple(ring))[0]
    points = points_of(drawn)
    assert (points[0] == points[-1]).all() and len(points) == 4


@pytest.mark.parametrize("points", [0, 2, 3, 5])
def test_what_is_no_stroke_is_refused(points):
    with pytest.raises(ValueError, match="cannot make a stroke"):
        to_svg(plots.simple(Stroke(np.full((points, 2), 5.0), curved=True)))


def test_rule_15_provenance_stands_in_the_metadata():
    said = {"title": "A <b> & 'c'", "prompt": "ﬁsh\nof \x00 \ud800 \u007f", "seed": "7"}
    work = root_of(plots.nice(), said).find(f"{SVG}metadata")[0][0]
    assert work.find(f"{DC}title").text == said["title"]
    assert work.find(f"{DC}source").text == "inkdream"
    assert work.find(f"{DC}description").text == "prompt: ﬁsh\nof � � \u007f\nseed: 7"
    assert work.find(f"{DC}date") is None
    assert root_of(plots.nice(), {"source": "mine"}).find(f".//{DC}source").text == "mine"


def test_rule_15_the_same_plot_gives_the_same_bytes():
    said = {"prompt": "x"}
    assert to_svg(plots.nice(), said) == to_svg(plots.nice(), said)
    assert to_svg(plots.nice(), said) != to_svg(plots.nice(), {"prompt": "y"})


# 2.3 What vpype and others read back


def as_vpype(plot):
    return vpype.read_multilayer_svg(io.StringIO(to_svg(plot)), quantization=0.01)


@pytest.mark.parametrize("pens", [(plots.YELLOW, plots.CYAN, plots.GOLD, plots.WHITE), None])
def test_rules_16_and_17_vpype_finds_the_same_pens_and_lengths(pens):
    plot = plots.nice(pens=pens) if pens else plots.nice()
    document = as_vpype(plot)
    assert np.array(document.page_size) * PX == pytest.approx([105, 148], abs=1e-3)
    assert list(document.layers) == [1, 2, 3, 4]
    for layer, read in zip(plot.layers, document.layers.values(), strict=True):
        assert read.metadata["vp_color"].as_hex() == layer.pen.colour
        assert read.metadata["vp_pen_width"] * PX == pytest.approx(layer.pen.width, abs=1e-5)
        assert read.metadata["vp_name"].endswith(layer.pen.name)
        assert len(read) == len(layer.strokes)
        lengths = [stroke.length(1e-3) for stroke in layer.strokes]
        drawn = [np.abs(np.diff(line)).sum() * PX for line in read.lines]
        assert drawn == pytest.approx(lengths, abs=0.04)


def test_vpype_crops_nothing_since_nothing_lies_outside():
    plot = plots.many(300)
    strokes = [stroke for layer in plot.layers for stroke in layer.strokes]
    read = as_vpype(plot)
    cropped = as_vpype(plot)
    for layer in cropped.layers.values():
        layer.crop(0, 0, *cropped.page_size)
    assert sum(map(len, cropped.layers.values())) == len(strokes)
    assert cropped.length() == pytest.approx(read.length(), rel=1e-9)


def test_svgelements_reads_the_same_pens_widths_and_lengths():
    plot = plots.nice()
    svg = svgelements.SVG.parse(io.StringIO(to_svg(plot)), ppi=96)
    read = [element for element in svg.elements() if isinstance(element, svgelements.Shape)]
    strokes = [(layer.pen, stroke) for layer in plot.layers for stroke in layer.strokes]
    assert len(read) == len(strokes)
    for shape, (pen, stroke) in zip(read, strokes, strict=True):
        assert shape.stroke.hex == pen.colour
        assert shape.stroke_width * PX == pytest.approx(pen.width, abs=1e-5)
        assert shape.fill.value is None
        path = svgelements.Path(shape)
        is_curved = any(isinstance(part, svgelements.CubicBezier) for part in path)
        assert is_curved == stroke.curved
        assert path.length(error=1e-4) * PX == pytest.approx(stroke.length(1e-3), abs=0.04)


@given(seed=st.integers(0, 2**32 - 1), curved=st.booleans(), count=st.integers(1, 4))
@settings(max_examples=50)
def test_geometry_comes_back(seed, curved, count):
    rng = np.random.default_rng(seed)
    page = Page.of(str(rng.choice(["a6", "letter", "a4 landscape"])))
    points = rng.uniform((0, 0), (page.width, page.height), (3 * count + 1, 2))
    plot = Plot(page, "#ffffff", (Layer(plots.BLACK, (Stroke(points, curved),)),))
    (drawn,) = groups_of(plot)[0]
    assert drawn.tag == (f"{SVG}path" if curved else f"{SVG}polyline")
    assert points_of(drawn) == pytest.approx(points, abs=2e-4)


def test_writing_does_not_change_the_plot():
    stroke = plots.line((0, 0), (105, 148))
    before = stroke.points.copy()
    to_svg(plots.simple(stroke))
    assert (stroke.points == before).all()


def test_a_plot_without_strokes_is_a_bare_page():
    root = root_of(Plot(Page.of("a6"), "#ffffff", (Layer(plots.BLACK, ()),)))
    assert not root.findall(f"{SVG}g")
    assert root.get("width") == "105mm"
