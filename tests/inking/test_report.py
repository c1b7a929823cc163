"""Reports on files as they are; what vpype makes of them is asked of vpype itself."""

import io
from dataclasses import replace

import pytest
import vpype

from inkdream.formats.svg import to_svg
from inkdream.inking.report import report_on, structure_of
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.svg.xml import read_tree
from tests.inking.made import lines, svg
from tests.plot.plots import nice

V3 = machine("axidraw-v3")


def report(tmp_path, text, name="axidraw-v3"):
    (tmp_path / "x.svg").write_text(text)
    return report_on(tmp_path / "x.svg", machine(name))


def layer(label, *rows, stroke="black", name=""):
    named = f' id="{name}"' if name else ""
    return (
        f'<g inkscape:groupmode="layer" inkscape:label="{label}"{named}>'
        f"{lines(*rows, stroke=stroke)}</g>"
    )


def group(name, *rows):
    return f'<g id="{name}">{lines(*rows)}</g>' if name else f"<g>{lines(*rows)}</g>"


def told(found, *words):
    """The sentences in which all words are."""
    sentences = (*found.programs, *found.warnings)
    return [line for line in sentences if all(word in line for word in words)]


def test_a_file_is_timed_as_it_is(tmp_path):
    plot = nice()
    found = report(tmp_path, to_svg(plot))
    assert found.timed.seconds == pytest.approx(estimate(plot, V3).seconds, rel=5e-3)
    assert [part.pen for part in found.timed.layers] == [part.pen.name for part in plot.layers]
    assert found.warnings == ()
    turned = replace(plot, layers=plot.layers[::-1])
    assert report(tmp_path, to_svg(turned)).timed.seconds != found.timed.seconds


def test_the_json_has_what_was_promised(tmp_path):
    record = report(tmp_path, to_svg(nice())).timed.record()
    assert set(record) == {"machine", "seconds", "lifts", "layers"}
    fields = "pen width_mm refill strokes ink_metres travel_metres lifts seconds"
    assert all(set(part) == set(fields.split()) for part in record["layers"])
    assert record["seconds"] == pytest.approx(
        sum(part["seconds"] for part in record["layers"]), abs=0.01
    )


def test_strokes_that_nobody_sees_are_timed_and_told(tmp_path):
    seen = report(tmp_path, svg(lines(10, 20)))
    body = lines(10, 20) + lines(30, stroke="none") + lines(35, stroke="white")
    more = report(tmp_path, svg(body))
    assert more.timed.lifts == seen.timed.lifts + 2
    assert more.timed.seconds > seen.timed.seconds
    assert told(more, "nobody sees them: 2 strokes", "1 not painted", "1 of the paper's colour")
    assert not told(seen, "nobody sees")


def test_ink_off_the_page_is_cut_and_told(tmp_path):
    body = lines(10) + '<path d="M30 20H90M70 20H90" stroke="black" stroke-width="1"/>'
    found = report(tmp_path, svg(body))
    assert told(found, "off the page, so not drawn: 1 stroke")
    assert told(found, "cut at the page's edge", ": 1 stroke")
    assert found.timed.layers[0].times.ink == pytest.approx(40 + 30, abs=0.01)


def test_a_page_beyond_reach_is_told(tmp_path):
    found = report(tmp_path, svg(lines(10), "400mm", "400mm", "0 0 400 400"))
    assert told(found, "larger than what axidraw-v3 reaches")


@pytest.mark.parametrize(
    ("sizes", "is_refused"),
    [
        ('width="60mm" height="40mm"', False),
        ('width="600" height="400px"', False),
        ('width="2.5in" height="4.0cm"', False),
        ('width="100%" height="100%"', True),
        ("", True),
    ],
)
def test_sizes_that_axidraw_refuses_are_told(tmp_path, sizes, is_refused):
    text = f'<svg xmlns="http://www.w3.org/2000/svg" {sizes} viewBox="0 0 60 40">{lines(9)}</svg>'
    assert bool(told(report(tmp_path, text), "AxiDraw refuses")) == is_refused


def test_layers_of_several_colours_are_told(tmp_path):
    body = layer("1 all", 5).replace("</g>", lines(10, stroke="red") + "</g>") + layer("2 one", 20)
    found = report(tmp_path, svg(body))
    assert told(found, "layer '1 all' holds 2 colours")
    assert not told(found, "'2 one' holds")


def test_axidraw_s_layers(tmp_path):
    body = layer("% notes", 5) + layer("1+s40+d500 black", 10) + layer("!2 red", 20)
    body += layer("layer 3", 30)
    found = report(tmp_path, svg(body))
    assert told(found, "AxiDraw", "3 layers in the file's order: 1+s40+d500 black, !2 red, layer 3")
    assert told(found, "not plotted", "% notes")
    assert told(found, "do not begin with one: layer 3")
    assert told(found, "told in the names", "(+s40+d500)")
    assert told(found, "stops before these", "!2 red")
    assert found.timed.lifts == 3
    assert report(tmp_path, svg(body), "saxi").timed.lifts == 4


FILES = {
    "numbered": layer("1 a", 5) + layer("2 b", 10),
    "turned": layer("2 a", 5) + layer("1 b", 10),
    "ten": layer("10 a", 5) + layer("layer 10", 10),
    "zero": layer("0 a", 5) + layer("1 b", 10),
    "codes": layer("!3+s40 a", 5) + layer("% 7 notes", 10),
    "names": group("black", 5) + group("pen2", 10) + group("x", 12),
    "no names": group("", 5) + group("", 10),
    "loose": lines(5) + group("", 10) + group("", 12),
    "no groups": lines(5) + lines(10),
    "nested": f"<g>{layer('1 a', 5)}{layer('2 b', 10)}</g>",
    "empty ones": '<g id="e1"></g>' + group("e2", 10) + "<g></g>" + group("", 12),
}


@pytest.mark.parametrize("name", FILES)
def test_vpype_s_layers_are_those_that_vpype_makes(tmp_path, name):
    text = svg(FILES[name])
    document = vpype.read_multilayer_svg(io.StringIO(text), 0.1)
    wanted = sorted(number for number, lines in document.layers.items() if len(lines))
    structure = structure_of(read_tree(text).root)
    assert sorted({each.vpype for each in structure.drawn}) == wanted
    numbers = ", ".join(map(str, wanted))
    assert told(report(tmp_path, text), "vpype", f": {numbers}")


def test_layers_inside_another_group_are_told(tmp_path):
    found = report(tmp_path, svg(FILES["nested"]))
    assert told(found, "the 2 layers inside 'group 1' count as one")
    assert not told(report(tmp_path, svg(FILES["numbered"])), "count as one")


def test_layers_that_vpype_takes_for_one_are_told(tmp_path):
    assert told(report(tmp_path, svg(FILES["ten"])), "one layer, 10: 10 a, layer 10")


def test_saxi_goes_by_names_or_by_colours(tmp_path):
    named = report(tmp_path, svg(layer("1 a", 5, name="night") + layer("2 b", 9, name="day")))
    assert told(named, "saxi: 2 groups", "night, day")
    plain = report(tmp_path, svg(lines(5) + lines(9, stroke="red")))
    assert told(plain, "saxi: by colour, 2 of them: black, red")
    styled = svg('<path d="M1 1H9" style="fill:none;stroke:#123456"/>' + lines(9))
    assert told(report(tmp_path, styled), "2 of them: #123456, black")
    assert told(report(tmp_path, svg(lines(5)), "saxi"), "sorts strokes itself")


def test_a_file_without_strokes_is_told(tmp_path):
    assert told(report(tmp_path, svg("<text>a</text>")), "no strokes")
