"""SVGs in pens: what is seen of them, in its size, in one's own pens or theirs."""

import numpy as np
import pytest

from inkdream import colour
from inkdream.errors import InputError
from inkdream.formats.base import with_long_dots
from inkdream.formats.registry import format_for
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.inking.files import blurred, ink
from inkdream.inking.flags import PlotFlags
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import NO_CODES, LayerCodes
from inkdream.svg.render import render_svg
from tests.inking.made import by_pen, inked, lines, pixel_run, stroke_run, svg
from tests.plot.plots import nice


def saved(tmp_path, body, **said):
    (tmp_path / "x.svg").write_text(svg(body, **said))
    return tmp_path / "x.svg"


def reach(plot):
    points = np.concatenate(
        [stroke.polyline() for layer in plot.layers for stroke in layer.strokes]
    )
    return points.min(axis=0), points.max(axis=0)


UNSEEN = {
    "no stroke": lines(30, stroke="none"),
    "clear": lines(30, more='opacity="0"'),
    "no width": lines(30, width=0),
    "on the paper": lines(30, stroke="white"),
    "not displayed": lines(30, more='display="none"'),
}


@pytest.mark.parametrize("what", UNSEEN)
@pytest.mark.parametrize("pens", [None, "black:0.5,white:0.5"])
def test_what_nobody_sees_is_not_drawn(tmp_path, what, pens):
    plot = without_unseen(inked(saved(tmp_path, lines(10, 20) + UNSEEN[what]), pens=pens).plot)
    assert by_pen(plot) == {"black": 2}


def test_lines_below_paint_are_not_drawn_in_one_s_own_pens(tmp_path):
    cover = '<rect x="5" y="15" width="50" height="10" fill="white"/>'
    plot = inked(saved(tmp_path, lines(10, 20) + cover), pens="black:0.5").plot
    assert by_pen(plot) == {"black": 1}


def test_ink_off_the_page_is_cut(tmp_path):
    body = '<path d="M30 20H90" stroke="black" stroke-width="0.5"/>'
    body += '<path d="M70 10H90" stroke="black" stroke-width="0.5"/>'
    for pens in (None, "black:0.5"):
        plot = inked(saved(tmp_path, body), pens=pens).plot
        assert plot.strokes == 1
        assert reach(plot)[1][0] == pytest.approx(60, abs=0.01)


def test_colours_go_to_the_nearest_pens(tmp_path):
    body = lines(10, stroke="#000010") + lines(20, stroke="#e01010") + lines(30, stroke="#c00000")
    plot = inked(saved(tmp_path, body), pens="red:0.5,blue:0.5,black:0.5").plot
    assert by_pen(plot) == {"red": 2, "black": 1}


def test_learned_pens(tmp_path):
    rows = enumerate(("#b01010", "#c01010", "#1010b0", "#1010c0", "#d01010"))
    body = "".join(lines(5 + 6 * row, stroke=ink) for row, ink in rows)
    plot = inked(saved(tmp_path, body), learn=2).plot
    assert sorted(by_pen(plot).values()) == [2, 3]
    wide = inked(saved(tmp_path, body), pens="?:0.7,?:0.7").plot
    assert {layer.pen.width for layer in wide.layers} == {0.7}
    with pytest.raises(InputError, match="all known or all learned"):
        inked(saved(tmp_path, body), pens="?:0.7,red:0.7")


def test_a_drawing_keeps_its_size_unless_it_must_not(tmp_path):
    source = saved(tmp_path, lines(10, 30))
    own = inked(source, pens="black:0.5").plot
    assert (own.page.width, own.page.height) == (60, 40)
    np.testing.assert_allclose(reach(own), [[10, 10], [50, 30]], atol=0.01)
    centred = inked(source, pens="black:0.5", page="a5")
    np.testing.assert_allclose(reach(centred.plot), [[54, 95], [94, 115]], atol=0.01)
    assert any("--fit" in note for note in centred.notes)
    fit = inked(source, pens="black:0.5", page="a5", fit=True).plot
    np.testing.assert_allclose(np.ptp(reach(fit), axis=0)[0], 40 * 128 / 60, atol=0.01)
    near = inked(source, pens="black:0.5", page="50x50mm", margin=5).plot
    np.testing.assert_allclose(np.ptp(reach(near), axis=0)[0], 40, atol=0.01)
    small = inked(source, pens="black:0.5", page="50x50mm", margin=8).plot
    np.testing.assert_allclose(np.ptp(reach(small), axis=0)[0], 40 * 34 / 60, atol=0.01)


@pytest.mark.parametrize("pens", [None, "black:0.5"])
def test_margins_stay_bare(tmp_path, pens):
    body = '<path d="M0 0H60V40H0Z" fill="none" stroke="black" stroke-width="0.5"/>'
    plot = inked(saved(tmp_path, body), pens=pens, margin=8).plot
    low, high = reach(plot)
    assert (low >= 8 - 1e-6).all()
    assert (high <= np.array([52, 32]) + 1e-6).all()


def test_a_page_of_its_own_size_changes_nothing(tmp_path):
    source = saved(tmp_path, lines(10, 30))
    plot = inked(source, page="60x40mm").plot
    np.testing.assert_allclose(reach(plot), [[10, 10], [50, 30]], atol=0.01)


def test_a_plotter_s_file_keeps_its_layers_and_pens(tmp_path):
    def layer(name, body, colour):
        return (
            f'<g inkscape:groupmode="layer" inkscape:label="{name}" id="{name[0]}x" '
            f'stroke="{colour}" stroke-width="0.7">{body}</g>'
        )

    rows = "".join(f'<path d="M5 {y}H55" fill="none"/>' for y in (10, 10.1, 20))
    source = saved(tmp_path, layer("1 night", rows, "#000080") + layer("2 day", rows, "#ffd700"))
    plot = inked(source).plot
    assert by_pen(plot) == {"night": 3, "day": 3}
    assert [layer.pen.colour for layer in plot.layers] == ["#000080", "#ffd700"]
    assert [layer.pen.width for layer in plot.layers] == [0.7, 0.7]
    larger = inked(source, page="a5", fit=True).plot
    assert [layer.pen.width for layer in larger.layers] == [0.7, 0.7]


def test_any_other_drawing_gets_a_pen_for_each_kind_of_line(tmp_path):
    body = lines(5, stroke="red") + lines(10, 15) + lines(20, stroke="red", width=2)
    body += '<circle cx="30" cy="32" r="4" fill="green"/>'
    plot = inked(saved(tmp_path, body)).plot
    kinds = {(layer.pen.colour, layer.pen.width): len(layer.strokes) for layer in plot.layers}
    assert kinds == {
        ("#ff0000", 0.5): 1,
        ("#ff0000", 2.0): 1,
        ("#000000", 0.5): 2,
        ("#008000", 0.4): 1,
    }


def test_more_kinds_of_line_than_pens_are_refused(tmp_path):
    body = "".join(lines(n / 2, stroke=f"#{n:02x}0000") for n in range(5, 75))
    with pytest.raises(InputError, match=r"70 kinds of line.*--learn 4"):
        inked(saved(tmp_path, body))


def test_a_run_of_strokes_keeps_its_curves_and_pens(tmp_path):
    folder, made = stroke_run(tmp_path / "run")
    plot = inked(folder).plot
    assert by_pen(plot) == by_pen(made)
    assert [layer.pen for layer in plot.layers] == [layer.pen for layer in made.layers]
    assert {stroke.curved for stroke in plot.layers[0].strokes} == {True}
    assert (plot.page.width, plot.page.margin) == (105, 10)
    strokes = zip(plot.layers[0].strokes, made.layers[0].strokes, strict=True)
    assert all(np.abs(one.points - other.points).max() < 0.001 for one, other in strokes)
    larger = inked(folder, page="a5", fit=True).plot
    assert [layer.pen for layer in larger.layers] == [layer.pen for layer in made.layers]
    mine = inked(folder, pens="navy:0.3").plot
    assert [layer.pen.name for layer in mine.layers] == ["navy"]


def test_a_run_that_has_no_drawing_yet_is_refused_with_the_way_on(tmp_path):
    folder = pixel_run(tmp_path / "run")
    for name in ("certificate.json", "drawing.svg", "drawing.png"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(InputError, match="inkdream resume"):
        inked(folder)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.txt", b"hello", "neither a run's folder, nor an SVG, nor a picture"),
        ("x.svg", b"hello", "no well-formed XML"),
        ("x.svg", b"<html></html>", "is no SVG"),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "has no size"),
        ("x.svg", b"<!DOCTYPE s [<!ENTITY a '&c;'>]><svg/>", "DOCTYPE"),
        ("x", b"", "neither"),
    ],
)
def test_what_is_none_is_refused_in_one_line(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=expected) as error:
        inked(tmp_path / name)
    assert name in str(error.value)


def test_folders_that_are_no_run_s_and_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="is no run's folder"):
        inked(tmp_path)
    with pytest.raises(InputError, match="is not there"):
        inked(tmp_path / "x.svg")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"page": "a9"}, "Did you mean 'a6'"),
        ({"page": "20x20mm"}, "no room inside margins of 10 mm"),
        ({"margin": -1.0}, "margin: "),
        ({"margin": 30.0}, "no room inside margins of 30 mm"),
        ({"pens": "blak"}, "unknown pen 'blak'"),
        ({"paper": "whit"}, "white"),
    ],
)
def test_wishes_that_mean_nothing_are_refused_in_one_line(tmp_path, said, expected):
    with pytest.raises(InputError, match=expected):
        inked(saved(tmp_path, lines(10)), **said)


def test_machines_and_kinds_are_found_or_refused():
    assert format_for(None, None).machine == "axidraw-v3"
    assert format_for(None, "HP 7475A").name == "hpgl"
    assert format_for(None, "grbl-servo").name == "gcode"
    assert format_for("svg", "grbl-servo").name == "svg"
    assert format_for("HPGL", None).machine == "hp7475a"
    for kind, name, expected in [
        ("pdf", None, "unknown kind of file 'pdf'. Known: svg, hpgl, gcode"),
        ("hpgl", "hp7474a", "Did you mean 'hp7475a'"),
        ("svg", "hp7475a", "takes hpgl, not svg: --to hpgl"),
        ("gcode", "dxy", "takes hpgl"),
        (None, "axidrew", "Did you mean 'axidraw"),
    ]:
        with pytest.raises(InputError, match=expected):
            format_for(kind, name)


def test_a_page_beyond_a_machine_s_reach_is_refused_or_warned_of(tmp_path):
    plot = nice(page="a3")
    assert "reaches, 300 x 218 mm" in format_for("svg", None).notes(plot)[0]
    assert "yours may reach further" in format_for("gcode", None).notes(plot)[0]
    assert format_for("svg", "axidraw-v3-a3").notes(plot) == []
    with pytest.raises(InputError, match="larger than its paper"):
        format_for("hpgl", "hp7440a").margin(plot.page)


def test_one_s_own_profile_is_a_machine(tmp_path):
    profile = (
        '[gwrite.mine]\nsegment_first = "G0 X{x:.3f} Y{y:.3f}\\n"\n'
        'segment = "G1 X{x:.3f} Y{y:.3f}\\n"\ntravel = [100.0, 90.0]\n'
    )
    (tmp_path / "own.toml").write_text(profile)
    target = format_for(None, str(tmp_path / "own.toml"))
    assert (target.name, target.machine, target.motion) == ("gcode", "mine", None)
    assert format_for("gcode", f"{tmp_path / 'own.toml'}:mine").profile == target.profile
    with pytest.raises(InputError, match="unknown profile"):
        format_for("gcode", f"{tmp_path / 'own.toml'}:other")


def layered(label, body):
    return f'<g inkscape:groupmode="layer" inkscape:label="{label}">{body}</g>'


@pytest.mark.parametrize("kind", ["svg", "gcode", "hpgl"])
def test_layers_keep_their_names_and_axidraw_its_codes(tmp_path, kind):
    """0.1.0 took the digits out of names: 'stabilored', 'pen', 'pen'."""
    labels = ["stabilo 88 red", "pen1", "!3+h20+s40 pen2"]
    rows = zip(labels, (10, 20, 30), ("red", "black", "blue"), strict=True)
    body = "".join(layered(label, lines(y, stroke=ink)) for label, y, ink in rows)
    inking = ink(saved(tmp_path, body), PlotFlags(), format_for(kind, None))[0]
    assert [layer.pen.name for layer in inking.plot.layers] == ["stabilo 88 red", "pen1", "pen2"]
    codes = LayerCodes(height=20, speed=40, pauses=True)
    assert [layer.codes for layer in inking.plot.layers] == [NO_CODES, NO_CODES, codes]
    assert any("3+h20+s40" in note for note in inking.notes) == (kind != "svg")
    optimised = optimise(inking.plot)
    if kind == "svg":
        assert 'inkscape:label="!3+h20+s40 pen2"' in format_for(kind, None).verified(optimised, {})
    drawn = inked(tmp_path / "x.svg", pens="black:0.5")
    assert any("codes are lost: !3+h20+s40 pen2" in note for note in drawn.notes)


@pytest.mark.parametrize("pens", [None, "black:0.5,red:0.5", "black:0.5"])
def test_layers_that_axidraw_does_not_plot_are_not_plotted_and_hide_nothing(tmp_path, pens):
    cover = '<rect width="60" height="40" fill="white"/>'
    body = layered("1 black", lines(10, 20)) + layered("% guides", cover + lines(30, stroke="red"))
    inking = inked(saved(tmp_path, body), pens=pens)
    assert by_pen(inking.plot) == {"black": 2}
    assert any("% guides (2 strokes)" in note for note in inking.notes)


def test_layers_inside_others_are_not_plotted_either_if_their_names_say_so(tmp_path):
    guides = layered("% guides", lines(20, stroke="red"))
    inside = layered("1 black", lines(10) + guides + lines(15))
    outside = f'<g inkscape:label="% all">{layered("2 blue", lines(30, stroke="blue"))}</g>'
    inking = inked(saved(tmp_path, inside + outside))
    assert by_pen(inking.plot) == {"black": 2}
    assert any("% guides, % all (2 strokes)" in note for note in inking.notes)


# --- areas, filled ---

AREAS = {
    "one over the other": '<rect x="5" y="5" width="30" height="25" fill="red"/>'
    '<circle cx="38" cy="22" r="14" fill="blue"/>',
    "a hole": '<path d="M5 5H55V35H5Z M15 12H45V28H15Z" fill="red" fill-rule="evenodd"/>',
    "a white one on top": '<rect x="5" y="5" width="50" height="30" fill="blue"/>'
    '<path d="M30 8L50 32H12Z" fill="white"/>',
    "open and crossing itself": '<path d="M5 5H50L10 35L30 38L55 12" fill="red"/>',
    "a light line": '<rect x="5" y="5" width="50" height="30" fill="blue"/>'
    '<path d="M8 8L50 30" stroke="white" stroke-width="4"/>',
    "a background": '<rect width="60" height="40" fill="blue"/>'
    '<circle cx="30" cy="20" r="9" fill="red"/>',
    "with an outline": '<circle cx="30" cy="20" r="15" fill="red" stroke="black" '
    'stroke-width="0.4"/>',
}


def pictured(text, paper="#ffffff"):
    """What resvg makes of an SVG of 60 x 40 mm, blurred, in linear RGB (240, 360, 3)."""
    return np.moveaxis(blurred(render_svg(text, paper, 240, 360, most_times=4), 2.0), 0, -1)


@pytest.mark.parametrize("what", AREAS)
@pytest.mark.parametrize("pens", ["red:0.4,blue:0.4,black:0.4", None])
def test_filled_areas_look_like_the_file(tmp_path, what, pens):
    """0.1.0 said that strokes have no areas."""
    source = saved(tmp_path, AREAS[what])
    inking = inked(source, pens=pens, hatch="parallel")
    plot = without_unseen(inking.plot)
    drawn = pictured(to_svg(with_long_dots(plot)))
    difference = np.abs(drawn - pictured(source.read_text())).mean()
    assert difference < 0.012
    outlines = without_unseen(inked(source, pens=pens).plot)
    assert np.abs(pictured(to_svg(outlines)) - pictured(source.read_text())).mean() > 0.05


def test_pale_areas_are_hatched_with_more_paper_between(tmp_path):
    def ink(fill):
        body = f'<rect x="5" y="5" width="50" height="30" fill="{fill}"/>'
        plot = inked(saved(tmp_path, body), pens="black:0.4", hatch="parallel").plot
        return sum(stroke.length() for layer in plot.layers for stroke in layer.strokes)

    assert ink("#ffffff") == 0
    assert 0 < ink("#c8c8c8") < ink("#888888") < ink("#000000")


OFF = {
    "beside the page": '<path d="M70 5H90V30H70Z" fill="red"/>',
    "touching its edge": '<path d="M60 5H90V30H60Z" fill="red"/>',
    "touching it with a spike": '<path d="M70 0L60 20L70 40Z M0 10V20H-9Z" fill="red"/>',
    "without an inside": '<path d="M5 5H50H5Z M9 9h0v0z M7 7" fill="red"/>',
    "hidden": '<path d="M9 9H20V20Z" fill="red"/><path d="M5 5H50V35H5Z" fill="blue"/>',
}


@pytest.mark.parametrize("what", OFF)
def test_areas_of_which_nothing_is_seen_are_not_filled(tmp_path, what):
    body = OFF[what] + '<path d="M20 0H60V12L30 40H20Z" fill="blue"/>' + lines(3, stroke="white")
    plot = inked(saved(tmp_path, body), pens="red:0.4,blue:0.4", hatch="parallel").plot
    assert list(by_pen(plot)) == ["blue"]


def test_learned_pens_serve_the_areas(tmp_path):
    body = '<rect x="5" y="5" width="50" height="30" fill="#c03020"/>' + lines(10, stroke="#2040c0")
    plot = inked(saved(tmp_path, body), learn=1, hatch="parallel").plot
    red, green, blue = colour.parse(plot.layers[0].pen.colour)
    assert red > 180
    assert max(green, blue) < 60  # the line weighs little


@pytest.mark.parametrize("pens", ["black:0.3,red:0.3", None])
def test_what_is_seen_as_bare_paper_is_told_with_what_helps(tmp_path, pens):
    dark = '<rect width="60" height="40" fill="black"/>'
    white = lines(10, 20, stroke="white")
    bare = inked(saved(tmp_path, dark + white + lines(30, stroke="red")), pens=pens)
    hint = "2 strokes of the paper's colour on darker areas"
    (note,) = (note for note in bare.notes if hint in note)
    assert "--paper black --pens white:0.3" in note
    assert note == bare.hint
    light = inked(tmp_path / "x.svg", pens="white:0.3,red:0.3", paper="black")
    assert by_pen(light.plot) == {"white": 2, "red": 1}
    assert not light.hint
    filled = inked(tmp_path / "x.svg", pens=pens, hatch="parallel")
    assert any("--paper black leaves it bare" in note for note in filled.notes)
    plain = inked(saved(tmp_path, dark + lines(30, stroke="red")), pens=pens)
    assert "the background is left out; for paper of its colour: --paper black" in plain.notes
    assert not inked(saved(tmp_path, lines(30)), pens=pens).hint
    gloss = dark.replace("/>", ' opacity="0.1"/>')
    assert not inked(saved(tmp_path, lines(30) + gloss), pens=pens).hint


def test_outlines_are_said_to_be_outlines(tmp_path):
    body = AREAS["one over the other"] + lines(38)
    told = "2 areas drawn as outlines; --hatch parallel fills them"
    assert told in inked(saved(tmp_path, body), pens="black:0.3,red:0.3").notes
    assert not any("outlines" in note for note in inked(saved(tmp_path, lines(9))).notes)
    hatched = inked(tmp_path / "x.svg", hatch="cross")
    assert "--hatch: it has no areas to be filled, only lines" in hatched.notes


def test_lines_go_on_below_what_hides_them_if_a_bridge_is_asked_for(tmp_path):
    node = '<circle cx="30" cy="20" r="1.5" fill="white" stroke="black" stroke-width="0.4"/>'
    source = saved(tmp_path, lines(20, width=0.4) + node)
    for pens in ("black:0.4", None):
        assert inked(source, pens=pens).plot.strokes == 3
        inking = inked(source, pens=pens, bridge=5.0)
        assert inking.plot.strokes == 2
        assert any("up to 5 mm are drawn through" in note for note in inking.notes)
    with pytest.raises(InputError, match="--bridge -1: 0 to 1000 mm"):
        inked(source, bridge=-1.0)


@pytest.mark.parametrize("pens", ["black:0.3", None])
def test_a_drawing_larger_than_any_page_is_fitted_to_the_one_that_is_asked_for(tmp_path, pens):
    path = tmp_path / "x.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20000 15000"><path '
        'd="M1000 1000H19000V14000" stroke="black" stroke-width="40" fill="none"/></svg>'
    )
    target = format_for("svg", None)
    inking, _ = ink(path, PlotFlags(pens=pens, page="a4", fit=True), target)
    low, high = reach(inking.plot)
    assert inking.plot.page.width == 210
    assert low == pytest.approx([19.5, 87.2], abs=1)
    assert high == pytest.approx([190.5, 210.7], abs=1)
    with pytest.raises(InputError, match="--page a4"):
        ink(path, PlotFlags(pens=pens), target)
