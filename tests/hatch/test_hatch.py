"""Hatching: strokes stay in their regions and fill them, whatever the regions look like."""

from functools import cache

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdream.errors import InputError
from inkdream.hatch.areas import without_specks
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.page import Page
from inkdream.pens import Pen, PenSet
from inkdream.plot.optimise import optimise

STYLES = ("parallel", "cross", "concentric", "spiral")
NIB = 0.5
# Two corners of one pixel meet in a point, where it does not matter to whom that belongs.
NOISE = 1e-6


def page_for(labels, scale):
    """A page without a margin on which a pixel is `scale` mm."""
    return Page(width=labels.shape[1] * scale, height=labels.shape[0] * scale, margin=0.0)


def pens_for(labels, nib=NIB):
    """Paper for 0, and a pen of one width for each other number."""
    words = ("black", "red", "blue", "green", "orange")
    return [None, *(Pen(name=word, colour=word, width=nib) for word in words[: labels.max()])]


def region(labels, number, scale):
    """The pixels of one ink, in mm."""
    y, x = np.nonzero(labels == number)
    return shapely.union_all(shapely.box(x * scale, y * scale, (x + 1) * scale, (y + 1) * scale))


def lines_of(plot, name):
    strokes = [each for layer in plot.layers if layer.pen.name == name for each in layer.strokes]
    return shapely.multilinestrings([shapely.linestrings(each.points) for each in strokes])


def ink_of(plot, pen):
    return shapely.buffer(lines_of(plot, pen.name), pen.width / 2, quad_segs=16)


def filled(labels, scale=1.0, nib=NIB, **said):
    """The plot, and for each pen that draws: its pixels, its lines, its ink."""
    pens = pens_for(labels, nib)
    style = HatchSettings.model_validate(said)
    plot = hatch(labels, pens, page_for(labels, scale), style)
    least = np.full(len(pens), style.speck * np.pi / 4 * nib**2 / scale**2)
    # Of inks that surround a speck alike it takes the one that is drawn first.
    order = [None, *PenSet.of(pens[1:]).pens] if len(pens) > 1 else pens
    place = np.array([order.index(pen) for pen in pens], np.uint8)
    drawn = np.argsort(place)[without_specks(place[labels], least)]
    found = []
    for number, pen in enumerate(pens):
        if pen and (drawn == number).any():
            found.append(
                (region(drawn, number, scale), lines_of(plot, pen.name), ink_of(plot, pen))
            )
    return plot, found


def blobs(size=40, inks=4, seed=0):
    """Regions of about eight pixels across: the largest of smooth fields."""
    noise = np.random.default_rng(seed).normal(size=(inks, size, size))
    waves = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    kept = np.exp(-2 * (np.pi * 3 * waves) ** 2)
    return np.fft.irfft2(np.fft.rfft2(noise) * kept, s=(size, size)).argmax(0).astype(np.uint8)


@cache
def filled_blobs(fill):
    return filled(blobs(), fill=fill)


def square(size=20, border=4):
    """A square of ink on paper."""
    labels = np.zeros((size, size), np.uint8)
    labels[border:-border, border:-border] = 1
    return labels


def odd_shapes():
    shapes = {
        "one pixel": np.pad(np.ones((1, 1), np.uint8), 3),
        "whole page": np.ones((9, 9), np.uint8),
        "one row": np.ones((1, 30), np.uint8),
        "one column": np.ones((30, 1), np.uint8),
        "checkerboard": (np.indices((8, 8)).sum(0) % 2 + 1).astype(np.uint8),
        "checks on paper": (np.indices((8, 8)).sum(0) % 2).astype(np.uint8),
        "diagonal": np.eye(20, dtype=np.uint8),
        "stripes": np.repeat(np.arange(12, dtype=np.uint8)[:, None] % 3, 12, axis=1),
        "ring": np.pad(1 - square(9, 3), 2),
        "holes": np.kron(np.ones((6, 6), np.uint8), np.array([[1, 1], [1, 2]], np.uint8)),
    }
    comb = np.ones((12, 12), np.uint8)
    comb[2:, 1::2] = 0
    return {**shapes, "comb": comb}


@pytest.mark.parametrize("fill", STYLES)
def test_no_line_leaves_its_region_by_more_than_half_a_nib(fill):
    # Each shape in each style and at each scale, and each style at each scale.
    for row, (name, labels) in enumerate(odd_shapes().items(), STYLES.index(fill)):
        scale = (0.1, 0.4, 2.0)[row % 3]
        if min(labels.shape) * scale < NIB:
            with pytest.raises(InputError, match="wide, and the picture"):
                filled(labels, scale, fill=fill, speck=0)
            continue
        plot, found = filled(labels, scale, fill=fill, speck=0)
        assert len(plot.layers) == len(found), name
        for pixels, lines, _ in found:
            assert shapely.covers(shapely.buffer(pixels, NIB / 2 + NOISE), lines), name


@pytest.mark.parametrize("fill", STYLES)
def test_lines_and_joins_stay_in_regions_and_ink_fills_them(fill):
    _, found = filled_blobs(fill)
    bare = beside = inked = 0.0
    for pixels, lines, ink in found:
        # Not only half a nib: what lies outside is what corners are cut by.
        assert shapely.covers(shapely.buffer(pixels, 0.1 * NIB), lines)
        bare += shapely.area(shapely.difference(pixels, ink))
        beside += shapely.area(shapely.difference(ink, pixels))
        inked += shapely.area(shapely.intersection(ink, pixels))
    assert bare < 0.01 * (bare + inked)
    assert beside < 0.0125 * (beside + inked)


@pytest.mark.parametrize("fill", STYLES)
def test_strokes_are_few_as_their_parts_are_joined(fill):
    labels = blobs()
    plot, _ = filled_blobs(fill)
    areas = sum(
        shapely.get_num_geometries(shapely.buffer(region(labels, number, 1.0), -NIB / 2))
        for number in (1, 2, 3)
    )
    assert plot.strokes <= 2 * areas


@pytest.mark.parametrize(
    # Rows either way end at corners too far apart to be linked over what is inked.
    ("fill", "strokes"),
    [("parallel", 1), ("cross", 2), ("concentric", 1), ("spiral", 1)],
)
def test_a_square_is_drawn_in_one_stroke_each_way(fill, strokes):
    plot, found = filled(square(), fill=fill)
    assert plot.strokes == strokes
    pixels, _, ink = found[0]
    assert shapely.area(shapely.intersection(ink, pixels)) > 0.99 * shapely.area(pixels)


@pytest.mark.parametrize("fill", STYLES)
def test_smooth_edges_differ_by_less_than_half_a_pixel(fill):
    labels = blobs()
    _, found = filled(labels, 0.6, fill=fill, edges="smooth")
    for pixels, lines, _ in found:
        assert shapely.covers(shapely.buffer(pixels, 0.3), lines)


def directions(plot, name, longest):
    """Degrees in [0, 180) and lengths of straight bits longer than so many mm."""
    steps = np.concatenate(
        [
            np.diff(each.points, axis=0)
            for layer in plot.layers
            if layer.pen.name == name
            for each in layer.strokes
        ]
    )
    lengths = np.hypot(*steps.T)
    steps = steps[lengths > longest]
    # y runs down the page, and angles are as one looks at it.
    return np.degrees(np.arctan2(-steps[:, 1], steps[:, 0])) % 180


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 135.0])
def test_rows_lie_at_the_angle_of_their_pen(angle):
    labels = np.zeros((30, 60), np.uint8)
    labels[3:27, 3:27], labels[3:27, 33:57] = 1, 2
    plot, _ = filled(labels, fill="parallel", angles=(angle, angle + 50))
    # Light pens first: red is drawn before black.
    for layer, meant in zip(plot.layers, (angle, angle + 50), strict=True):
        # Joins of rows at 5 degrees to an edge lie along it: 0.5 / sin 5 degrees = 5.7 mm.
        away = directions(plot, layer.pen.name, 6.5) - meant
        away = np.abs((away + 90) % 180 - 90)
        along = away < 1
        assert along.mean() > 0.8
        # The others are the outline.
        assert len(away[~along]) <= 8


def test_crossed_rows_lie_at_right_angles():
    plot, _ = filled(square(30, 3), fill="cross", angles=(20.0,))
    away = directions(plot, "black", 5.0)
    first, second = (np.abs((away - meant + 90) % 180 - 90) < 1 for meant in (20.0, 110.0))
    assert first.sum() > 20
    assert second.sum() > 20
    assert (~first & ~second).sum() <= 8


def test_rings_lie_a_nib_apart():
    labels = square(30, 3)
    _, [(pixels, lines, _)] = filled(labels, fill="concentric", spacing=2.0)
    places = shapely.points(shapely.get_coordinates(shapely.segmentize(lines, 0.2)))
    away = shapely.distance(shapely.boundary(pixels), places)
    # All but the steps from ring to ring lie at half a nib and whole pitches further in.
    off = np.abs((away - NIB / 2 + NIB) % (2 * NIB) - NIB)
    assert (off < 0.1 * NIB).mean() > 0.9


def test_a_spiral_glides_where_rings_step():
    steps = []
    for fill in ("concentric", "spiral"):
        _, [(pixels, lines, _)] = filled(square(30, 3), fill=fill)
        places = shapely.get_coordinates(shapely.segmentize(lines, 0.1))
        away = shapely.distance(shapely.boundary(pixels), shapely.points(places))
        slopes = np.diff(away) / np.maximum(np.hypot(*np.diff(places, axis=0).T), 1e-9)
        steps.append((np.abs(slopes) > 0.4).mean())
    assert steps[1] < 0.7 * steps[0]


@pytest.mark.parametrize("fill", ["parallel", "cross"])
def test_wider_spacing_lets_paper_through(fill):
    shares = []
    for spacing in (1.0, 2.0, 4.0):
        _, [(pixels, _, ink)] = filled(square(40, 5), fill=fill, spacing=spacing)
        shares.append(shapely.area(shapely.intersection(ink, pixels)) / shapely.area(pixels))
    assert shares[0] > 0.99
    assert shares[0] > shares[1] + 0.15 > shares[2] + 0.25


def test_specks_below_a_nib_are_merged():
    labels = np.full((20, 20), 2, np.uint8)
    labels[4, 4] = 1
    labels[10:14, 10:14] = 1
    # A pixel is 0.09 mm2, and a nib 0.2.
    merged, found = filled(labels, 0.3)
    assert shapely.get_num_geometries(ink_of(merged, pens_for(labels)[1])) == 1
    hole = shapely.box(1.2, 1.2, 1.5, 1.5)
    assert shapely.covers(found[1][2], hole)
    kept, _ = filled(labels, 0.3, speck=0)
    assert shapely.intersects(ink_of(kept, pens_for(labels)[1]), hole)


def test_angles_and_pens_repeat_in_plotting_order_whatever_the_numbers_are():
    labels = np.zeros((8, 24), np.uint8)
    labels[:, 8:16], labels[:, 16:] = 1, 2
    pens = [Pen(name=word, colour=word, width=NIB) for word in ("black", "yellow", "red")]
    plot = hatch(labels, pens, page_for(labels, 1.0))
    assert [layer.pen.name for layer in plot.layers] == ["yellow", "red", "black"]
    one = hatch(labels, [pens[0]] * 3, page_for(labels, 1.0))
    assert [layer.pen.name for layer in one.layers] == ["black"]
    assert one.strokes == 1


def test_a_pen_that_nothing_uses_draws_nothing():
    labels = square()
    pens = [
        None,
        Pen(name="black", colour="black", width=NIB),
        Pen(name="b", colour="red", width=9),
    ]
    plot = hatch(labels, pens, page_for(labels, 1.0))
    assert [layer.pen.name for layer in plot.layers] == ["black"]
    assert hatch(labels * 0, pens, page_for(labels, 1.0)).layers == ()


def test_the_same_picture_gives_the_same_strokes():
    for fill in STYLES:
        first, second = filled_blobs(fill)[0], filled(blobs(), fill=fill)[0]
        for one, other in zip(first.layers, second.layers, strict=True):
            assert one.pen == other.pen
            for a, b in zip(one.strokes, other.strokes, strict=True):
                assert (a.points == b.points).all()


def test_noise_is_cut_up_and_filled_all_the_same(monkeypatch):
    labels = np.random.default_rng(0).integers(0, 2, (30, 30)).astype(np.uint8)
    whole = [ink for *_, ink in filled(labels, 1.0)[1]]
    monkeypatch.setattr("inkdream.hatch.areas.LONGEST_EDGE", 200)
    _, found = filled(labels, 1.0)
    for (pixels, lines, ink), before in zip(found, whole, strict=True):
        assert shapely.covers(shapely.buffer(pixels, NIB / 2 + NOISE), lines)
        assert shapely.area(shapely.difference(before, ink)) < 0.02 * shapely.area(before)


@pytest.mark.parametrize(
    ("labels", "pens", "said"),
    [
        (np.zeros((0, 5), np.uint8), [None], "has no pixels"),
        (np.full((4, 4), 3, np.uint8), [None], "ink number 3 has no pen"),
        (
            np.eye(9, dtype=np.uint8)[:2],
            [Pen(name="a", colour="red", width=50)] * 2,
            "wide, and the",
        ),
        (
            np.eye(9, dtype=np.uint8),
            [Pen(name="a", colour="red", width=1), Pen(name="a", colour="blue", width=1)],
            "given twice",
        ),
        (
            np.tile(np.eye(8, dtype=np.uint8), (1000, 1000)),
            [None, Pen(name="a", colour="red", width=0.01)],
            "too much in it",
        ),
    ],
)
def test_what_cannot_be_hatched_is_said_in_one_line(labels, pens, said):
    with pytest.raises(InputError, match=said):
        hatch(labels, pens, Page.of("a4"))


@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (1, 1), (2, 3000)])
def test_pictures_of_one_row_are_hatched_or_refused(shape):
    labels = np.ones(shape, np.uint8)
    pens = [None, Pen(name="a", colour="red", width=0.4)]
    try:
        plot = hatch(labels, pens, Page.of("a5"))
    except InputError as error:
        assert "wide, and the picture" in str(error)
    else:
        assert plot.strokes >= 1


@settings(max_examples=60, deadline=None)
@given(
    labels=arrays.arrays(
        np.uint8,
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
        elements=st.integers(0, 3),
    ),
    nib=st.sampled_from([0.3, 0.8, 1.5]),
    fill=st.sampled_from(STYLES),
    said=st.fixed_dictionaries(
        {
            "speck": st.sampled_from([0.0, 1.0, 3.0]),
            "edges": st.sampled_from(["pixels", "smooth"]),
            "spacing": st.sampled_from([1.0, 2.5]),
        }
    ),
)
def test_any_picture_is_filled_inside_its_regions(labels, nib, fill, said):
    if min(labels.shape) < nib:
        return
    plot, found = filled(labels, 1.0, nib, fill=fill, **said)
    beyond = nib / 2 + (0.5 if said["edges"] == "smooth" else 0.0)
    for pixels, lines, _ in found:
        assert shapely.covers(shapely.buffer(pixels, beyond + NOISE), lines)
    better = optimise(plot)
    assert better.strokes <= plot.strokes
