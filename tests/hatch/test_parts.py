"""The parts of hatching: outlines, insets, centre lines, paths and how they are linked."""

import numpy as np
import pytest
import shapely

from inkdream.hatch import areas as parts
from inkdream.hatch.connect import link
from inkdream.hatch.medial_axis import centre_lines, dot
from inkdream.hatch.paths import Path, rounded, without_repeats
from inkdream.hatch.rings import Piece, rings
from inkdream.hatch.rows import rows
from inkdream.plot.clip import length_of
from inkdream.regions import region_sizes

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], float)


def noise(size=24, inks=3, seed=0):
    return np.random.default_rng(seed).integers(0, inks, (size, size)).astype(np.uint8)


def as_array(*polygons):
    array = np.empty(len(polygons), dtype=object)
    array[:] = polygons
    return array


def test_merged_specks_take_a_neighbours_ink_and_all_else_stays():
    labels = noise()
    least = np.full(3, 4.0)
    merged = parts.without_specks(labels, least)
    kept = region_sizes(labels) >= 4
    assert (merged[kept] == labels[kept]).all()
    assert (region_sizes(merged) >= 4).all()


def test_nothing_but_specks_becomes_what_most_of_it_is():
    labels = np.array([[0, 1], [2, 1]], np.uint8)[[0, 1]][:, [0, 1]]
    assert (parts.without_specks(labels, np.full(3, 9.0)) == 1).all()


@pytest.mark.parametrize("scale", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("edges", ["pixels", "smooth"])
def test_outlines_hold_as_much_as_their_pixels(scale, edges):
    mask = np.kron(noise(12, 2), np.ones((4, 4))) > 0
    found = parts.outlines(mask, scale, 0.5, edges)
    assert shapely.is_valid(found).all()
    assert shapely.area(found).sum() == pytest.approx(mask.sum() * scale**2, rel=0.02)
    left, top, right, bottom = shapely.total_bounds(found)
    assert (left, top) == pytest.approx((0, 0), abs=scale * 5)
    assert (right, bottom) <= (48 * scale + 1e-9, 48 * scale + 1e-9)


def test_parts_of_a_long_edge_are_outlined_by_themselves(monkeypatch):
    mask = noise(40, 2) > 0
    whole = parts.outlines(mask, 1.0, 0.5)
    monkeypatch.setattr(parts, "LONGEST_EDGE", 100)
    cut = parts.outlines(mask, 1.0, 0.5)
    assert len(cut) > len(whole)
    assert shapely.get_num_coordinates(cut).max() < shapely.get_num_coordinates(whole).max()
    assert shapely.area(cut).sum() == pytest.approx(shapely.area(whole).sum(), rel=0.01)
    missing = shapely.difference(shapely.union_all(whole), shapely.union_all(cut))
    assert shapely.area(shapely.buffer(missing, -0.2)) == 0


@pytest.mark.parametrize("edges", ["pixels", "smooth"])
def test_only_a_region_that_is_too_long_itself_is_cut(monkeypatch, edges):
    mask = np.zeros((60, 60), bool)
    mask[2:58, 2:58] = True
    mask[6:54, 6:54] = False  # a frame, with edges of 416 px
    mask[20:40:2, 20:40:2] = True  # a hundred dots, of 4 px each
    whole = parts.outlines(mask, 1.0, 0.5, edges)
    assert len(whole) == 101
    monkeypatch.setattr(parts, "LONGEST_EDGE", 450)
    assert shapely.equals_exact(parts.outlines(mask, 1.0, 0.5, edges), whole, 1e-9).all()
    monkeypatch.setattr(parts, "LONGEST_EDGE", 400)
    cut = parts.outlines(mask, 1.0, 0.5, edges)
    areas = shapely.area(cut)
    assert len(cut) > 101
    assert (areas < 2).sum() == 100
    assert areas.sum() == pytest.approx(shapely.area(whole).sum(), rel=0.01)


def holed(count):
    """A plate with count x count holes."""
    y, x = np.indices((count, count)).reshape(2, -1) * 3.0
    holes = [
        shapely.get_coordinates(shapely.box(a, b, a + 1, b + 1)) for a, b in zip(x, y, strict=True)
    ]
    return shapely.Polygon(
        shapely.get_coordinates(shapely.box(-2, -2, 3 * count, 3 * count)), holes
    )


def test_areas_of_many_holes_shrink_and_grow_as_any_other():
    plate = as_array(holed(10))
    quick = parts.inset(plate, 0.4)[0]
    plain = shapely.buffer(plate[0], -0.4, quad_segs=parts.QUARTER)
    assert shapely.area(shapely.symmetric_difference(quick, plain)) < 1e-3 * plain.area
    many = as_array(shapely.multipolygons([shapely.box(k, 0, k + 0.5, 1) for k in range(80)]))
    wide = parts.outset(many, 0.2)[0]
    plain = shapely.buffer(many[0], 0.2, quad_segs=parts.QUARTER)
    assert shapely.area(shapely.symmetric_difference(wide, plain)) < 1e-3 * plain.area


def test_the_middle_of_a_strip_is_a_line_along_it():
    strip = shapely.box(0, 0, 10, 0.4)
    [[line]] = list(centre_lines(as_array(strip), 0.5))
    assert np.abs(line[:, 1] - 0.2).max() < 0.05
    # It ends half a nib before the strip does.
    assert sorted(line[[0, -1], 0]) == pytest.approx([0.25, 9.75], abs=0.15)


def test_the_middle_of_a_cross_has_two_lines_and_of_a_dot_one():
    cross = shapely.union(shapely.box(0, 4.8, 10, 5.2), shapely.box(4.8, 0, 5.2, 10))
    [lines] = list(centre_lines(as_array(cross), 0.5))
    assert sum(length_of(line) for line in lines) == pytest.approx(19, abs=1)
    [[point]] = list(centre_lines(as_array(shapely.box(0, 0, 0.3, 0.3)), 0.5))
    assert length_of(point) < 0.3
    assert shapely.covers(
        shapely.box(0, 0, 1, 1), shapely.linestrings(dot(shapely.box(0, 0, 1, 1), 0.5))
    )


def test_a_path_is_asked_for_places_along_it():
    path = Path(SQUARE)
    assert path.length == 40
    assert path.places(np.array([5.0, 15.0])).tolist() == [[5, 0], [10, 5]]
    assert path.between(5, 15).tolist() == [[5, 0], [10, 0], [10, 5]]
    assert path.between(5, 5).tolist() == [[5, 0]]
    along, away = path.nearest(np.array([[12.0, 3.0], [5.0, -1.0]]))
    assert along.tolist() == [13, 5]
    assert away.tolist() == [2, 1]
    turned = path.turned(15.0, forwards=False)
    assert turned.points[[0, -1]].tolist() == [[10, 5], [10, 5]]
    assert turned.length == 40
    assert turned.places(np.array([5.0])).tolist() == [[10, 0]]


def test_repeated_vertices_are_left_out():
    points = np.array([[0, 0], [0, 0], [1, 0], [1, 0], [0, 0]], float)
    assert without_repeats(points).tolist() == [[0, 0], [1, 0], [0, 0]]


@pytest.mark.parametrize("reach", [0.1, 1.0, 20.0])
def test_corners_become_gentle_turns_near_where_they_were(reach):
    points = np.array([[0, 0], [10, 0], [10, 10], [3, 4], [3, 4.5]], float)
    line = rounded(points, reach)
    assert (line[[0, -1]] == points[[0, -1]]).all()
    steps = np.diff(line, axis=0)
    angles = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
    assert angles.max() < 0.5
    away = shapely.distance(shapely.points(line), shapely.linestrings(points))
    assert away.max() < 0.5 * min(reach, 5.0)


def test_who_turns_back_has_no_corner_to_round():
    points = np.array([[0, 0], [5, 0], [0, 0.0]])
    assert rounded(points, 0.5).tolist() == points.tolist()


def test_rings_lie_side_by_side_to_the_middle():
    plate = as_array(shapely.box(0, 0, 10, 6))
    found = [piece for piece in rings(plate, 0.5, 0.5) if piece.kind == "ring"]
    assert [piece.level for piece in found] == sorted(piece.level for piece in found)
    boundary = shapely.boundary(plate[0])
    for piece in found:
        away = shapely.distance(boundary, shapely.points(piece.points))
        assert away == pytest.approx(np.full(len(away), 0.25 + 0.5 * piece.level), abs=0.05)
        assert (piece.points[0] == piece.points[-1]).all()
    assert len([piece for piece in rings(plate, 0.5, 0.5, most=1) if piece.kind == "ring"]) == 1


@pytest.mark.parametrize("angle", [0.0, 45.0, 110.0])
def test_rows_cover_the_inside_of_an_area(angle):
    plate = as_array(holed(3))
    allowed = parts.inset(plate, 0.1)
    shapely.prepare(allowed)
    pieces = list(rows(plate, allowed, 0.5, 0.5, angle))
    assert {piece.kind for piece in pieces} == {"row"}
    lines = shapely.multilinestrings([shapely.linestrings(piece.points) for piece in pieces])
    assert shapely.covers(shapely.buffer(allowed[0], 1e-6), lines)
    inside = shapely.buffer(plate[0], -0.6)
    inked = shapely.intersection(shapely.buffer(lines, 0.251), inside)
    assert shapely.area(inked) > 0.98 * shapely.area(inside)


def test_links_stay_inside_and_draw_all_pieces():
    plate = as_array(holed(3))
    allowed = parts.inset(plate, 0.1)
    shapely.prepare(allowed)
    pieces = [*rings(plate, 0.5, 0.5, most=1), *rows(plate, allowed, 0.5, 0.5, 30.0)]
    strokes = list(link(pieces, allowed, 0.5, 0.5, 0.75))
    assert len(strokes) < len(pieces)
    drawn = shapely.multilinestrings([shapely.linestrings(stroke) for stroke in strokes])
    assert shapely.covers(shapely.buffer(plate[0], 1e-6), drawn)
    meant = shapely.multilinestrings([shapely.linestrings(piece.points) for piece in pieces])
    # Rings are opened for at most a pitch where they are left for the next.
    missing = shapely.difference(meant, shapely.buffer(drawn, 0.1))
    assert shapely.length(missing) < 0.1 * shapely.length(meant)


def test_a_piece_alone_is_its_own_stroke():
    line = np.array([[0, 0], [20, 0.0]])
    allowed = as_array(shapely.box(-1, -1, 21, 1))
    shapely.prepare(allowed)
    [stroke] = link([Piece(line, "rib", 0)], allowed, 0.5, 0.5, 1.0)
    assert stroke.tolist() == line.tolist()
