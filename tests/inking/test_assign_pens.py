from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream import colour
from inkdream.errors import InputError
from inkdream.inking.assign_pens import assign_pens, learn_pens, match
from inkdream.inking.from_svg import scaled
from inkdream.inking.occlusion import Look, colours_on, visible
from inkdream.page import Page
from inkdream.pens import PenSet, parse_pens
from inkdream.plot import Stroke
from inkdream.plot.cover import paint_area, paint_line, visible_shares
from inkdream.svg.read import read_svg

PENS = PenSet.of(parse_pens("black:0.4,red:0.4,blue:0.4,green:0.4"))
PAGE = Page(width=120, height=120, margin=10)


def document(inside, width=100, height=100):
    return read_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}"><g fill="none" stroke-linecap="round">{inside}</g></svg>'
    )


def path(data, stroke="black", width=1, more=""):
    return f'<path d="{data}" stroke="{stroke}" stroke-width="{width}" {more}/>'


def drawn(inside, pens=PENS, page=PAGE, **others):
    """Return the strokes by pen, and the report."""
    plot, report = assign_pens(document(inside), pens, page, **others)
    return {layer.pen.name: layer.strokes for layer in plot.layers}, report


def test_each_colour_goes_to_the_pen_that_is_like_it():
    words = {"black": "#111", "red": "#e02020", "blue": "#2030e0", "green": "#108018"}
    inside = "".join(
        path(f"M10 {10 * row}h50", word) for row, word in enumerate(words.values(), start=1)
    )
    strokes, report = drawn(inside)
    rows = {name: own[0].points[0, 1] for name, own in strokes.items()}
    assert rows == {"black": 20, "red": 30, "blue": 40, "green": 50}
    assert all(len(own) == 1 for own in strokes.values())
    assert 0 < report.difference < 10


def test_a_colour_that_is_a_pens_own_differs_by_nothing():
    _, report = drawn(path("M10 10h50", "blue") + path("M10 20h50", "red"))
    assert report.difference == pytest.approx(0, abs=1e-9)


def test_a_pale_line_is_that_of_the_pen_of_its_hue():
    strokes, report = drawn(path("M10 10h50", "#8080ff") + path("M10 20h50", "#909090"))
    assert strokes["blue"][0].points[0, 1] == 20
    assert strokes["black"][0].points[0, 1] == 30
    assert report.difference < 8


def test_alpha_counts_as_the_colour_that_is_seen():
    strokes, _ = drawn(path("M10 10h50", "black", more='stroke-opacity="0.04"'))
    assert not strokes
    strokes, report = drawn(path("M10 10h50", "black", more='stroke-opacity="0.06"'))
    assert not strokes
    assert len(report.light) == 1
    strokes, _ = drawn(path("M10 10h50", "black", more='stroke-opacity="0.5"'))
    assert list(strokes) == ["black"]


def test_ink_on_paper_is_mixed_as_viewers_mix_it():
    ink, paper = "#204060", "#c08040"
    looks = [Look(ink), Look(ink, 0.25), Look(ink, 1.0, is_blended=True)]
    found = colour.linear_to_srgb(colours_on(looks, paper)) * 255
    own, ground = np.array(colour.parse(ink)), np.array(colour.parse(paper))
    expected = [own, 0.25 * own + 0.75 * ground, own * ground / 255]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "inside",
    [
        path("M10 10h50", "none"),
        path("M10 10h50", width=0),
        path("M10 10h50", more='visibility="hidden"'),
        path("M10 10h50", more='opacity="0"'),
        path("M10 10z", more='stroke-linecap="butt"'),
        '<path d="M10 10h50"/>',
    ],
)
def test_what_is_not_painted_is_not_drawn(inside):
    strokes, report = drawn(inside)
    assert not strokes
    assert report.invisible == 1


def test_every_stroke_is_counted_once():
    inside = (
        path("M10 10h50M10 20h50", "none")
        + path("M200 10h50")
        + path("M10 50h50", width=2)
        + path("M10 50h50", "red", width=4)
        + path("M10 90h50", "white")
        + path("M50 30h90", "green")
    )
    strokes, report = drawn(inside)
    assert report.invisible == 2
    assert report.off_page == 1
    assert report.hidden == 1
    assert len(report.light) == 1
    assert {name: len(own) for name, own in strokes.items()} == {"red": 1, "green": 1}
    # What the document's page cut off does not come back on a larger one.
    assert strokes["green"][0].points[:, 0].max() == pytest.approx(110)


def test_what_lies_under_something_opaque_is_cut_out():
    over = path("M50 0v100", "white", width=20)
    strokes, _ = drawn(path("M10 50h80", width=2) + over)
    ends = sorted(sorted(stroke.points[:, 0].tolist()) for stroke in strokes["black"])
    assert ends[0] == pytest.approx([20, 50], abs=0.5)
    assert ends[1] == pytest.approx([70, 100], abs=0.5)
    # What is painted later is above.
    strokes, _ = drawn(over + path("M10 50h80", width=2))
    assert len(strokes["black"]) == 1


@pytest.mark.parametrize("more", ['stroke-opacity=".5"', 'style="mix-blend-mode:multiply"'])
def test_what_is_not_opaque_hides_nothing(more):
    strokes, _ = drawn(path("M10 50h80", width=2) + path("M50 0v100", "red", 20, more))
    assert len(strokes["black"]) == 1


@pytest.mark.parametrize(("alpha", "pieces"), [(0.85, 1), (0.95, 2)])
def test_only_what_is_all_but_opaque_hides_what_is_below(alpha, pieces):
    below, above = path("M10 50h80"), path("M50 20v60", "red", 20, f'stroke-opacity="{alpha}"')
    strokes, _ = drawn(below + above)
    assert len(strokes["black"]) == pieces


@pytest.mark.parametrize(("edge", "is_seen"), [(50.5, True), (49.5, False)])
def test_a_line_is_seen_where_more_than_two_fifths_of_it_are(edge, is_seen):
    cover = f'<path d="M0 {edge}h100v20h-100z" fill="white" stroke="none"/>'
    strokes, _ = drawn(path("M20 50h60", width=10) + cover)
    assert ("black" in strokes) == is_seen


def test_a_ring_that_is_hidden_in_part_is_not_cut_where_it_begins():
    cover = '<path d="M60 30h20v20h-20z" fill="white" stroke="none"/>'
    strokes, _ = drawn(path("M20 20H70V60H20Z") + cover)
    assert len(strokes["black"]) == 1


def test_a_filled_shape_hides_what_is_below_but_not_its_own_edge():
    square = '<path d="M30 30h40v40h-40z" fill="white" stroke="blue" stroke-width="1"/>'
    strokes, _ = drawn(path("M10 50h80", width=2) + square)
    assert len(strokes["black"]) == 2
    (edge,) = strokes["blue"]
    assert edge.length() == pytest.approx(160)
    hole = '<path d="M30 30h40v40h-40zM35 35v30h30v-30z" fill="white"/>'
    strokes, _ = drawn(path("M10 50h80", width=2) + hole, bridge=1.0)
    assert len(strokes["black"]) == 3


def test_a_short_hidden_stretch_is_drawn_through():
    inside = path("M10 50h80", width=1) + path("M50 0v100", "white", width=3)
    strokes, _ = drawn(inside, bridge=4.0)
    assert len(strokes["black"]) == 1
    strokes, _ = drawn(inside, bridge=1.0)
    assert len(strokes["black"]) == 2


def test_a_curve_stays_a_curve_unless_it_is_cut():
    strokes, _ = drawn(path("M10 50C20 10 40 10 80 50"))
    assert strokes["black"][0].curved
    strokes, _ = drawn(path("M10 50C20 10 40 10 80 50") + path("M50 0v100", "white", width=20))
    assert not any(stroke.curved for stroke in strokes["black"])


def test_a_filled_shape_without_a_line_is_drawn_as_its_edge_but_no_background():
    inside = '<rect width="100" height="100" fill="black"/><circle cx="50" cy="50" r="9" fill="red"'
    strokes, _ = drawn(f"{inside}/>")
    assert list(strokes) == ["red"]
    assert strokes["red"][0].length() == pytest.approx(2 * np.pi * 9, rel=1e-3)


def test_an_area_from_edge_to_edge_one_way_is_no_background():
    band = '<path d="M0 40h100v20h-100z" fill="red" stroke="none"/>'
    assert list(drawn(band)[0]) == ["red"]
    assert not drawn('<path d="M0 0h100v100h-100z" fill="red" stroke="none"/>')[0]


def test_the_drawing_keeps_its_size_and_is_cut_at_the_pages_edge():
    inside = path("M1 1H99") + path("M10 10h9v9z", "blue")
    own = Page(width=100, height=100, margin=20)
    plot, _ = assign_pens(document(inside), PENS, own)
    lines = {layer.pen.name: layer.strokes[0].points.tolist() for layer in plot.layers}
    assert lines["black"] == [[1, 1], [99, 1]]
    small = Page(width=50, height=100, margin=0)
    plot, _ = assign_pens(document(inside), PENS, small)
    (line,) = (layer.strokes[0] for layer in plot.layers if layer.pen.name == "black")
    assert line.points == pytest.approx(np.array([[0, 1], [50, 1]]))


def test_layers_are_in_plotting_order_and_all_lies_on_both_pages():
    inside = "".join(
        path(f"M{-10 + 7 * row} {row * 9}l150 {90 - 19 * row}", word, 1 + row)
        for row, word in enumerate(["black", "blue", "red", "green"])
    )
    plot, _ = assign_pens(document(inside), PENS, PAGE)
    assert [layer.pen for layer in plot.layers] == list(PENS)
    for layer in plot.layers:
        for stroke in layer.strokes:
            assert (stroke.points >= 10).all()
            assert (stroke.points <= 110).all()


def test_the_same_document_gives_the_same_plot():
    inside = path("M10 50C20 10 40 10 80 50", width=5) + path("M50 0v100", "white", width=9)
    first, second = (assign_pens(document(inside), PENS, PAGE)[0] for _ in range(2))
    for one, other in zip(first.layers, second.layers, strict=True):
        for stroke, again in zip(one.strokes, other.strokes, strict=True):
            assert (stroke.points == again.points).all()


# --- what covers what ---


def test_a_line_covers_the_pixels_within_its_radius():
    rows, columns = np.indices((40, 50)) + 0.5
    line = np.array([[5.2, 7.9], [41.3, 30.1]])
    top = np.full((40, 50), -1, np.int32)
    paint_line(top, line, 4.3, 7)
    step = line[1] - line[0]
    share = ((columns - line[0, 0]) * step[0] + (rows - line[0, 1]) * step[1]) / (step @ step)
    share = np.clip(share, 0, 1)
    away = np.hypot(columns - line[0, 0] - share * step[0], rows - line[0, 1] - share * step[1])
    assert ((top == 7) == (away <= 4.3)).all()


def test_an_area_covers_its_inside_by_either_rule():
    outer = np.array([[2.0, 2], [22, 2], [22, 22], [2, 22]])
    inner = outer / 2 + 6
    rings = np.concatenate([outer, inner])
    starts = np.array([0, 4])
    for is_even_odd, expected in ((True, 400 - 100), (False, 400)):
        top = np.full((30, 30), -1, np.int32)
        paint_area(top, rings, starts, is_even_odd, 3)
        assert (top == 3).sum() == expected
    top = np.full((30, 30), -1, np.int32)
    paint_area(top, np.concatenate([outer, inner[::-1]]), starts, False, 3)
    assert (top == 3).sum() == 300
    # Off the raster on all sides.
    paint_area(top, outer * 10 - 100, np.array([0]), False, 9)
    assert (top == 9).all()


def test_a_line_is_seen_where_nothing_later_lies():
    top = np.full((20, 100), -1, np.int32)
    top[:, 30:50] = 5
    line = np.array([[10.0, 10], [90, 10]])
    for number, seen in ((4, False), (5, True), (6, True)):
        reached, shares = visible_shares(top, line, 3.0, number, 1.0)
        under = (reached > 21) & (reached < 39)
        assert (shares[~under & ((reached < 19) | (reached > 41))] == 1).all()
        assert (shares[under] == seen).all()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=5),
    st.floats(0.5, 30),
)
def test_marks_lie_on_their_strokes_and_make_up_what_is_not_covered(points, width):
    data = "M" + " ".join(f"{x:.3f} {y:.3f}" for x, y in points)
    cover = path("M50 50h0.01", "white", width)
    found = visible(document(path(data, width=0.2) + cover), 0.0, 0.0)
    total = visible(document(path(data, width=0.2)), 0.0, 0.0)
    line = sum(mark.stroke.length() for mark in total.marks)
    seen = sum(mark.stroke.length() for mark in found.marks if mark.look.ink == "#000000")
    dense = np.concatenate([np.linspace(begin, end, 500) for begin, end in pairwise(points)])
    lengths = np.repeat(np.hypot(*np.diff(points, axis=0).T) / 500, 500)
    outside = np.hypot(*(dense - 50).T) > width / 2
    assert seen == pytest.approx((lengths * outside).sum(), abs=1.5)
    assert seen <= line + 1e-6


# --- matching and learning ---


def test_matching_is_by_ciede2000_among_what_the_pens_can_make():
    inks = ["#c04020", "#203080", "#80a0e0", "#707070", "#fefefe", "#30c030"]
    for ink, found in zip(inks, match(list(map(Look, inks)), PENS), strict=True):
        lab = colour.linear_to_lab(colour.linear_of([ink]))[0]
        own = colour.linear_to_lab(colour.linear_of([pen.colour for pen in PENS]))
        # No pen of full strength is nearer.
        assert found.difference <= colour.ciede2000(own, lab).min() + 1e-9
        assert (found.pen == -1) == (ink == "#fefefe")


def test_paper_of_another_colour_has_other_lines_that_look_like_it():
    pens = PenSet.of(parse_pens("white:0.4,red:0.4"), paper="black")
    strokes, report = drawn(path("M10 10h50", "white") + path("M10 20h50", "black"), pens)
    assert list(strokes) == ["white"]
    assert len(report.light) == 1


def test_learned_pens_are_the_colours_of_the_drawing():
    inks = ["#c02040", "#2040c0", "#208040"]
    inside = "".join(path(f"M10 {10 * row}h50", ink) for row, ink in enumerate(inks, start=1))
    pens = learn_pens(document(inside), 3, 0.5)
    assert {pen.colour for pen in pens} == set(inks)
    assert {pen.width for pen in pens} == {0.5}
    assert len(learn_pens(document(inside), 9, 0.5)) == 3
    _, report = drawn(inside, pens)
    assert report.difference == pytest.approx(0, abs=1e-6)


def test_learned_pens_go_where_most_ink_is_seen():
    inside = (
        path("M10 10h80", "#c02040", width=8)
        + path("M10 30h80", "#b03050", width=8)
        + path("M10 50h80", "#00ff00", width=1)
        + path("M10 50h80", "#2040c0", width=6)
        + path("M200 50h80", "#00ff00", width=30)
        + path("M10 70h80", "white", width=9)
    )
    pens = learn_pens(document(inside), 2, 0.5)
    looks = {colour.name_of(colour.parse(pen.colour)) for pen in pens}
    assert "#2040c0" in {pen.colour for pen in pens}
    assert "lime" not in looks
    assert pens == learn_pens(document(inside), 2, 0.5)


def test_more_learned_pens_serve_a_drawing_at_least_as_well():
    rng = np.random.default_rng(4)
    inside = "".join(
        path(f"M{x:.1f} {y:.1f}l9 9", colour.to_hex(ink), 2)
        for x, y, ink in zip(
            *rng.uniform(5, 80, (2, 60)), rng.integers(0, 256, (60, 3)).tolist(), strict=True
        )
    )
    differences = [
        drawn(inside, learn_pens(document(inside), count, 0.5))[1].difference
        for count in (1, 3, 8, 20)
    ]
    assert differences == sorted(differences, reverse=True)


def test_pens_cannot_be_learned_from_nothing_nor_too_many():
    for inside in ("", path("M1 1h9", "white"), path("M1 1h9", "none")):
        with pytest.raises(InputError, match="no line"):
            learn_pens(document(inside), 2, 0.5)
    for count in (0, 65):
        with pytest.raises(InputError, match="pens"):
            learn_pens(document(path("M1 1h9")), count, 0.5)


def test_pens_that_are_to_be_learned_are_refused():
    with pytest.raises(InputError):
        drawn(path("M1 1h9"), PenSet.of(parse_pens("?:0.4")))


def test_a_shape_may_cover_another_area_than_its_strokes_enclose():
    whole = document(path("M10 50h80") + path("M30 30h20v40h-20z", "red", more='fill="white"'))
    line, box = whole.shapes
    square = np.array([[60.0, 40], [80, 40], [80, 60], [60, 60], [60, 40]])
    moved = replace(whole, shapes=(line, replace(box, area=(Stroke(square),))))
    plot, _ = assign_pens(scaled(moved, 2.0), PENS, Page(width=200, height=200, margin=0))
    black = {layer.pen.name: layer.strokes for layer in plot.layers}["black"]
    ends = sorted(stroke.points[:, 0].tolist() for stroke in black)
    # Inside the red strokes the line is seen; inside the area, at twice the size, it is not.
    assert any(each[0] < 80 < each[-1] for each in ends)
    assert not any(each[0] < 140 < each[-1] for each in ends)
