"""Files as people's programs write them: what is plotted of each, in mm of the file's own page."""

from itertools import pairwise
from math import hypot, pi
from pathlib import Path

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from tests.inking.made import by_pen

DATA = Path(__file__).parent / "data"
PENS = "black:0.3,red:0.3,blue:0.3"
PX, PT = 25.4 / 96, 25.4 / 72


def made(name, tmp_path, **said):
    return make_files(DATA / name, PlotFlags(out=tmp_path / "out.svg", **said))


def row(left, right, y):
    return (left, y, right, y), right - left


def box(left, top, right, bottom):
    return (left, top, right, bottom), 2 * (right - left + bottom - top)


def scaled(scale, ink):
    where, length = ink
    return tuple(scale * value for value in where), scale * length


def way(*vertices):
    return sum(hypot(x - u, y - v) for (x, y), (u, v) in pairwise(vertices))


# By pen: where its ink lies (left, top, right, bottom), and how long it is.
CASES = {
    "logo_touching_edges": ((60, 60), {"red": ((0, 0, 60, 60), 60 * pi), "black": row(20, 40, 10)}),
    "gradient_gloss": ((98, 40), {"red": box(10, 10, 50, 30)}),
    "display_p3": (
        (300 * PX, 120 * PX),
        {"red": scaled(PX, row(20, 280, 20)), "blue": scaled(PX, box(20, 40, 120, 100))},
    ),
    "current_colour": (
        (100, 60),
        {"red": row(10, 90, 10), "blue": row(10, 90, 25), "black": row(10, 90, 40)},
    ),
    "transform_origin": (
        (100, 100),
        {"red": box(40, 30, 60, 70), "black": box(30, 40, 70, 60)},
    ),
    "nested_svg": ((100, 60), {"red": ((20, 10, 50, 40), 60), "black": box(20, 10, 50, 40)}),
    "switch": ((100, 60), {"black": row(10, 90, 30)}),
    "descendant_selector": (
        (127, 288 * PT),
        {
            "blue": scaled(PT, row(40, 340, 140)),
            "red": scaled(
                PT,
                (
                    (40, 80, 340, 250),
                    way((40, 250), (120, 80), (200, 250), (280, 80), (340, 250)),
                ),
            ),
        },
    ),
    # A rhombus and its diagonal, less what lies inside two nodes, and the nodes.
    "small_white_nodes": (
        (100, 60),
        {"black": ((10, 8.5, 90, 50), 4 * hypot(40, 20) - 3 + 80 - 3 + 6 * pi)},
    ),
    "doctype_entities": ((283 * PX, 170 * PX), {"red": scaled(PX, row(28, 255, 28))}),
    "open_area": ((100, 60), {"red": ((20, 10, 80, 50), 60 + 40 + hypot(60, 40))}),
    "style_comment": ((100, 60), {"red": row(10, 90, 20)}),
    "one_bad_number": ((100, 60), {"black": row(10, 90, 20), "red": row(10, 50, 30)}),
    "clip_path": ((100, 60), {"red": ((30, 10, 70, 50), 80)}),
    "root_transform": ((100, 100), {"black": row(10, 90, 80)}),
    "em_units": ((100, 60), {"black": box(8, 8, 88, 48)}),
    "layer_not_plotted": ((120, 80), {"black": row(20, 100, 20)}),
}


def found(plot, size):
    """By pen: the box and the length of its ink, on a page in whose middle the drawing lies."""
    corner = [(plot.page.width - size[0]) / 2, (plot.page.height - size[1]) / 2]
    by_name = {}
    for layer in plot.layers:
        lines = [stroke.polyline(0.01) - corner for stroke in layer.strokes]
        vertices = np.concatenate(lines)
        length = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)
        by_name[layer.pen.name] = (*vertices.min(axis=0), *vertices.max(axis=0)), length
    return by_name


@pytest.mark.parametrize("name", CASES)
def test_every_line_lies_where_it_should(tmp_path, name):
    size, expected = CASES[name]
    ink = found(made(f"{name}.svg", tmp_path, pens=PENS, page="a5").plot, size)
    assert ink.keys() == expected.keys()
    for pen, (where, length) in expected.items():
        # Lines in the ink of those that hide them end a width earlier, or go on below.
        np.testing.assert_allclose(ink[pen][0], where, atol=0.5)
        assert ink[pen][1] == pytest.approx(length, rel=0.01)


def test_what_of_them_is_not_followed_is_told(tmp_path):
    notes = made("one_bad_number.svg", tmp_path, pens=PENS, page="a5").notes
    assert sum("line 1: <path>" in note and "drawn up to there" in note for note in notes) == 2
    flags = {"pens": PENS, "page": "a5", "force": True}
    assert any(
        "% guides" in note for note in made("layer_not_plotted.svg", tmp_path, **flags).notes
    )
    assert made("logo_touching_edges.svg", tmp_path, **flags).warnings


def test_light_on_dark_is_told_how_to_be_drawn(tmp_path):
    with pytest.raises(InputError, match=r"--paper black --pens white:0\.3"):
        made("white_on_dark.svg", tmp_path, pens=PENS, page="a5")
    done = made("white_on_dark.svg", tmp_path, pens="white:0.3", paper="black", page="a5")
    (ink,) = found(done.plot, (100, 60)).values()
    np.testing.assert_allclose(ink[0], (10, 10, 90, 50), atol=0.01)


def test_a_drawing_of_any_size_is_fitted(tmp_path):
    done = made("large_view_box.svg", tmp_path, pens="black:0.3", page="a4", fit=True)
    margin = done.plot.page.margin
    (ink,) = found(done.plot, (done.plot.page.width, done.plot.page.height)).values()
    scale = (210 - 2 * margin) / 20000
    assert ink[1] == pytest.approx(scale * (18000 + 13000), rel=1e-3)


@pytest.mark.parametrize("kind", ["svg", "gcode"])
def test_layers_keep_their_names(tmp_path, kind):
    done = make_files(DATA / "layer_names.svg", PlotFlags(to=kind, out=tmp_path / f"x.{kind}"))
    assert by_pen(done.plot) == {"stabilo 88 red": 1, "pen1": 1, "pen2": 1}


def test_a_profile_for_one_pen_is_not_given_three(tmp_path):
    flags = {"machine": str(DATA / "gcode_mm.toml"), "out": tmp_path / "x.gcode"}
    with pytest.raises(InputError, match=r"layer_join.*--per-pen"):
        make_files(DATA / "layer_names.svg", PlotFlags(**flags))
    assert not list(tmp_path.iterdir())
    assert len(make_files(DATA / "layer_names.svg", PlotFlags(per_pen=True, **flags)).files) == 3
