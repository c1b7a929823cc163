"""The proof that a file is what was to be written: it lets nothing pass that a plotter shows."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inkdream.formats.svg import to_svg
from inkdream.formats.verify import TOLERANCE, compare_lines, compare_plots, is_same_way
from inkdream.page import Page
from inkdream.plot import Layer, Stroke
from inkdream.plot.plot import LayerCodes
from inkdream.svg.read import read_svg
from tests.plot import plots, random_plots


def changed(plot, number, **said):
    """A plot with one layer changed."""
    layers = list(plot.layers)
    layers[number] = replace(layers[number], **said)
    return replace(plot, layers=tuple(layers))


def moved(stroke, by, vertex=None):
    points = stroke.points.copy()
    points[slice(None) if vertex is None else vertex] += by
    return replace(stroke, points=points)


def flattened(plot):
    layers = tuple(
        replace(layer, strokes=tuple(Stroke(each.polyline()) for each in layer.strokes))
        for layer in plot.layers
    )
    return replace(plot, layers=layers)


def pen(plot, number, **said):
    return plot.layers[number].pen.model_copy(update=said)


def test_a_plot_is_itself():
    for plot in (plots.nice(), flattened(plots.nice()), plots.simple(plots.line((5, 5), (9, 9)))):
        assert compare_plots(plot, plot) == []
        assert compare_plots(plot, flattened(plot)) == []


def test_what_is_written_as_svg_is_what_is_read():
    plot = plots.nice()
    assert compare_plots(plot, read_svg(to_svg(plot)).as_plot()) == []


def test_rounding_that_changes_how_a_curve_is_flattened_is_no_fault():
    points = [
        [72.47546679273044, 53.783925950359304],
        [76.45707784934639, 50.75953333074513],
        [80.45485475514714, 47.75630578206385],
        [84.46879751612671, 44.77424330431547],
        [88.49890612629109, 41.81334589749999],
        [92.54518058763828, 38.873613561617404],
        [96.6076209001683, 35.95504629666773],
    ]
    plot = plots.simple(Stroke(np.array(points), curved=True))
    read = read_svg(to_svg(plot)).as_plot()
    counts = {len(each.layers[0].strokes[0].polyline()) for each in (plot, read)}
    assert len(counts) == 2  # or the curve is no example
    assert compare_plots(plot, read) == []


def test_layers_without_strokes_are_not_missed():
    plot = plots.nice()
    empty = replace(plot, layers=(Layer(plots.GOLD, ()), *plot.layers))
    assert compare_plots(empty, plot) == []
    assert compare_plots(replace(plot, layers=()), replace(plot, layers=())) == []


FAULTS = {
    "another page": (
        lambda plot: replace(plot, page=Page.of("a5")),
        "page is 148 x 210 mm, not 105 x 148",
    ),
    "a pen is missing": (lambda plot: replace(plot, layers=plot.layers[:3]), "3 layers, not 4"),
    "a pen too many": (
        lambda plot: replace(plot, layers=(*plot.layers, plot.layers[0])),
        "5 layers, not 4",
    ),
    "pens in another order": (
        lambda plot: replace(plot, layers=plot.layers[::-1]),
        "layer 1 is for 'Stabilo 88 46 black', not 'Stabilo 88 44'",
    ),
    "another name": (
        lambda plot: changed(plot, 1, pen=pen(plot, 1, name="blue")),
        "layer 2 is for 'blue'",
    ),
    "another colour": (
        lambda plot: changed(plot, 2, pen=pen(plot, 2, colour="#d63385")),
        "layer 3 is #d63385, not #d63384",
    ),
    "another width": (
        lambda plot: changed(plot, 3, pen=pen(plot, 3, width=0.41)),
        "layer 4 is 0.41 mm wide, not 0.4 mm",
    ),
    "AxiDraw told something else": (
        lambda plot: plot.with_codes(LayerCodes(speed=20)),
        "layer 1 tells AxiDraw '+s20' and not ''",
    ),
    "a pause too many": (
        lambda plot: changed(plot, 1, codes=LayerCodes(pauses=True)),
        "layer 2 tells AxiDraw '' and a pause and not ''",
    ),
    "a stroke is missing": (
        lambda plot: changed(plot, 0, strokes=plot.layers[0].strokes[:-1]),
        "strokes, not",
    ),
    "strokes in another order": (
        lambda plot: changed(plot, 0, strokes=plot.layers[0].strokes[::-1]),
        "layer 1, stroke 1 lies",
    ),
    "a stroke the other way round": (
        lambda plot: changed(
            plot,
            0,
            strokes=(
                Stroke(plot.layers[0].strokes[0].points[::-1], True),
                *plot.layers[0].strokes[1:],
            ),
        ),
        "layer 1, stroke 1 lies",
    ),
    "a whole layer aside": (
        lambda plot: changed(
            plot, 1, strokes=tuple(moved(stroke, (0.03, 0)) for stroke in plot.layers[1].strokes)
        ),
        "layer 2, stroke 1 lies 0.03 mm from where it should",
    ),
    "one vertex of 1000 aside": (
        lambda plot: changed(plot, 1, strokes=(moved(plot.layers[1].strokes[0], (0.1, 0), 617),)),
        "layer 2, stroke 1 lies 0.1 mm from where it should",
    ),
    "a dot aside": (
        lambda plot: changed(
            plot,
            3,
            strokes=(*plot.layers[3].strokes[:-1], moved(plot.layers[3].strokes[-1], (1, 1))),
        ),
        "layer 4, stroke 41 lies 1.41 mm",
    ),
    "no numbers": (
        lambda plot: changed(plot, 1, strokes=(moved(plot.layers[1].strokes[0], (np.nan, 0), 3),)),
        "layer 2, stroke 1 lies nan mm",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found_and_told_in_one_sentence(fault):
    change, words = FAULTS[fault]
    plot = plots.nice()
    found = compare_plots(plot, change(plot))
    assert any(words in each for each in found), found
    assert all("\n" not in each for each in found)


def test_a_stroke_that_leaves_the_page_is_told_even_if_it_was_so_written():
    outside = plots.simple(plots.line((50, 50), (50, 148.5)))
    assert compare_plots(outside, outside) == ["layer 1, stroke 1 leaves the page"]
    edge = plots.simple(plots.line((0, 0), (105, 148)))
    assert compare_plots(edge, edge) == []


def test_the_most_important_comes_first():
    plot = plots.nice()
    wrong = replace(changed(plot, 0, pen=pen(plot, 0, colour="#000000")), page=Page.of("a5"))
    found = compare_plots(plot, wrong)
    assert "page" in found[0]
    assert "#000000" in found[1]


@given(random_plots.words(["a6", "a3"], 3))
def test_random_plots_are_themselves_and_no_others(said):
    plot = random_plots.plotted(said, 10)
    assert compare_plots(plot, plot) == []
    for number, layer in enumerate(plot.layers):
        aside = tuple(moved(stroke, (2 * TOLERANCE, 0)) for stroke in layer.strokes)
        assert compare_plots(plot, changed(plot, number, strokes=aside))
        near = tuple(moved(stroke, (TOLERANCE / 2, 0)) for stroke in layer.strokes)
        assert compare_plots(plot, changed(plot, number, strokes=near)) == []


# Polylines


def test_polylines_are_compared_as_shapes():
    """Vertices between, on the line, change nothing; a short cut does."""
    line = np.array([[0, 0], [10, 0], [10, 10.0]])
    more = np.array([[0, 0], [4, 0.0], [10, 0], [10, 3], [10, 10]])
    assert compare_lines([line], [more], "x") == []
    assert compare_lines([more], [line], "x") == []
    short = np.array([[0, 0], [10, 10.0]])
    assert compare_lines([line], [short], "x") == ["x, stroke 1 lies 7.07 mm from where it should"]
    assert compare_lines([short], [line], "x") == ["x, stroke 1 lies 7.07 mm from where it should"]


def test_long_polylines_that_differ_in_one_place_differ():
    line = plots.spiral(50, 50, 40, 9, 900).points
    thinned = np.delete(line, 450, axis=0)
    assert compare_lines([line], [thinned], "x", tolerance=0.3) == []
    aside = thinned.copy()
    aside[700] += (0.5, 0)
    assert "lies 0." in compare_lines([line], [aside], "x", tolerance=0.3)[0]


def test_numbers_of_strokes_are_compared_and_the_tolerance_is_kept():
    line = np.array([[0, 0], [10, 0.0]])
    assert compare_lines([line], [], "x") == ["x has 0 strokes, not 1"]
    assert compare_lines([], [], "x") == []
    assert compare_lines([line], [line + 0.5], "x", tolerance=1.0) == []
    assert compare_lines([line], [line + 0.5], "x", tolerance=0.7) == [
        "x, stroke 1 lies 0.707 mm from where it should"
    ]


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=2, max_size=12),
    st.lists(st.floats(0, 1), max_size=5),
)
@example([(0.0, 0.0), (0.0, 2e-158)], [6e-86])
def test_vertices_put_between_never_count(points, shares):
    line = np.array(points)
    pieces = [line[:1]]
    for start, end in itertools.pairwise(line):
        pieces += [start + (end - start) * np.sort(shares)[:, None], end[None]]
    assert compare_lines([line], [np.concatenate(pieces)], "x") == []


def test_a_curve_that_rounding_flattens_elsewhere_is_no_fault():
    """As many vertices by chance, at other places: 0.1.0 compared one with one."""
    body = (Path(__file__).parent / "data" / "freehand.svg").read_text(encoding="utf-8")
    plot = read_svg(body).as_plot()
    assert compare_plots(plot, read_svg(to_svg(plot)).as_plot()) == []


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_as_many_vertices_at_other_places_never_count(seed):
    rng = np.random.default_rng(seed)
    line = rng.uniform(0, 100, (5, 2))
    edges, shares = rng.integers(0, 4, (2, 9)), rng.uniform(0, 1, (2, 9, 1))
    ways = []
    for edge, share in zip(edges, shares, strict=True):
        order = np.lexsort((share[:, 0], edge))
        between = (1 - share) * line[edge] + share * line[edge + 1]
        ways.append(np.insert(line, edge[order] + 1, between[order], axis=0))
    assert len(ways[0]) == len(ways[1])
    assert compare_lines([ways[0]], [ways[1]], "x") == []


@pytest.mark.parametrize(
    ("line", "other"),
    [
        # Both ways near each other, but not drawn the same: a stretch left out, or drawn twice.
        ([[0, 0], [9, 0], [0, 0], [9, 0]], [[0, 0], [9, 0]]),
        ([[0, 0], [9, 0], [9, 9], [0, 0]], [[0, 0], [9, 9], [9, 0], [0, 0]]),
        ([[0, 0], [0, 9], [9, 0], [0, 0], [0, 9], [9, 0]], [[0, 0], [0, 9], [9, 0]]),
    ],
)
def test_the_same_places_on_another_way_are_found_out(line, other):
    first, second = np.array(line, np.float64), np.array(other, np.float64)
    for one, two in ((first, second), (second, first)):
        assert compare_lines([one], [two], "x")[0].startswith("x, stroke 1")
    assert compare_lines([first], [first[::-1].copy()], "x")


def densely(line, spacing=0.02):
    along = np.concatenate([[0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    places = np.union1d(along, np.arange(0, along[-1], spacing))
    return np.stack([np.interp(places, along, column) for column in line.T], axis=1)


def lead(line, other):
    """The Frechet distance of two polylines from the outside: of their dense vertices, by table."""
    first, second = densely(line), densely(other)
    far = np.hypot(*(first[:, None] - second[None]).transpose(2, 0, 1))
    reached = np.full_like(far, np.inf)
    reached[0] = np.maximum.accumulate(far[0])
    for row in range(1, len(far)):
        before = np.minimum(reached[row - 1], np.append(np.inf, reached[row - 1][:-1]))
        for column, least in enumerate(before.tolist()):
            best = min(least, reached[row, column - 1]) if column else least
            reached[row, column] = max(far[row, column], best)
    return reached[-1, -1]


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(2, 6))
@settings(max_examples=25)
def test_ways_are_alike_exactly_up_to_their_distance(seed, vertices, others):
    rng = np.random.default_rng(seed)
    line, other = (rng.uniform(0, 1, (count, 2)) for count in (vertices, others))
    distance = lead(line, other)
    assert is_same_way(line, other, distance + 1e-6)
    assert not is_same_way(line, other, distance - 0.03)
