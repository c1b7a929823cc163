import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.machines import Machine, Moves, machine, machine_names
from inkdream.plot.motion import estimate, stroke_seconds
from inkdream.plot.ragged import measure, pack, pack_strokes

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("made_*.json"))
PAGE = Page.of("a4 landscape")
BLACK, RED = (Pen(name=name, colour=name, width=0.4) for name in ("black", "red"))
# Round numbers, to reckon with by hand.
PLAIN = Machine(
    name="plain",
    title="a machine that only speeds up and slows down",
    basis="assumed",
    travel=(300.0, 200.0),
    down=Moves(50.0, 500.0, 0.1),
    up=Moves(200.0, 1000.0, 0.1),
    lift=0.1,
    drop=0.2,
    returns=False,
    extra=0.0,
    shortest=0.0,
    slice=0.0,
)


def plot_of(*layers):
    pens = (BLACK, RED)
    return Plot(
        PAGE,
        "#ffffff",
        tuple(
            Layer(pen, tuple(Stroke(np.array(line, float)) for line in lines))
            for pen, lines in zip(pens, layers, strict=False)
        ),
    )


def times_of(lines, of=PLAIN):
    """What lines of one pen take, without the way home."""
    return estimate(plot_of(lines), replace(of, returns=False, extra=0.0)).layers[0].times


def drawn(line, of=PLAIN):
    """Seconds of drawing one line, without its lift and drop."""
    return times_of([line], of).down


coordinates = st.floats(0, 200).map(lambda x: round(x, 3))
lines = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=9).map(np.array)


def test_there_are_files_to_compare_with():
    assert len(FILES) == 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_times_are_those_of_saxi(path):
    said = json.loads(path.read_text())
    saxi = estimate(plot_of(said["paths"]), machine("saxi"))
    assert saxi.seconds == pytest.approx(said["saxi_seconds"], rel=1e-4)
    assert saxi.layers[0].times.up == pytest.approx(said["saxi_up"], abs=1e-3)
    assert saxi.layers[0].times.down == pytest.approx(said["saxi_down"], abs=1e-3)


@pytest.mark.parametrize("name", machine_names())
def test_every_machine_is_whole(name):
    one = machine(name)
    assert one.name == name
    assert one.title
    assert one.basis in ("measured", "published", "assumed")
    for moves in (one.down, one.up):
        assert 10 < moves.speed < 500
        assert 0 <= moves.corner < 1
        assert moves.jerk or 100 < moves.acceleration < 10_000
        assert moves.acceleration or 10_000 < moves.jerk < 1_000_000
    assert 0 < one.lift < 1
    assert 0 < one.drop < 1
    assert min(one.travel) > 90
    assert one.slice >= 0


def test_machines_are_known_by_their_names():
    assert {"axidraw-v3", "nextdraw", "saxi", "grbl-servo"} <= set(machine_names())
    assert machine(" AxiDraw-V3 ") == machine("axidraw-v3")
    with pytest.raises(InputError, match=r"unknown machine 'axidraw-v4'.*'axidraw-v3'"):
        machine("axidraw-v4")


def test_a_machine_like_another_differs_only_in_what_it_says():
    small, large = machine("axidraw-v3"), machine("axidraw-v3-a3")
    same = {"name": small.name, "title": small.title, "basis": small.basis}
    assert replace(large, travel=small.travel, **same) == small
    assert large.travel == (430.0, 297.0)
    first, second = machine("nextdraw"), machine("nextdraw-1117")
    assert second.down.jerk == pytest.approx(0.9 * first.down.jerk)
    assert (second.down.speed, second.settings) == (first.down.speed, first.settings)


def test_a_page_is_reached_upright_or_turned():
    assert machine("axidraw-v3").reaches(297, 210)
    assert machine("axidraw-v3").reaches(210, 297)
    assert not machine("axidraw-v3").reaches(297, 420)
    assert machine("axidraw-v3-a3").reaches(297, 420)


def test_a_page_that_is_not_reached_is_told_with_what_is():
    assert machine("axidraw-v3").beyond(210, 297) == ""
    said = machine("axidraw-v3").beyond(400, 300)
    assert said == ("the page of 400 x 300 mm is larger than what axidraw-v3 reaches, 300 x 218 mm")
    assert machine("grbl-servo").beyond(400, 300).endswith("yours may reach further")


def test_a_long_line_takes_its_length_at_full_speed_and_one_ramp():
    # 50 mm/s at 500 mm/s^2: 0.1 s up, 0.1 s down, 5 mm for both together.
    assert drawn([[0, 0], [105, 0]]) == pytest.approx(2.0 + 0.2)
    assert drawn([[0, 0], [60, 80]]) == pytest.approx(1.9 + 0.2)


def test_a_short_line_never_reaches_full_speed():
    assert drawn([[3, 4], [3, 6]]) == pytest.approx(2 * np.sqrt(2 / 500))


@given(st.floats(10, 500), st.floats(1.1, 4))
def test_long_lines_take_less_time_in_inverse_proportion_to_speed(length, faster):
    slow, fast = (replace(PLAIN, down=Moves(PLAIN.down.speed * by, 1e7, 0.1)) for by in (1, faster))
    line = [[0, 0], [length, 0]]
    assert drawn(line, slow) == pytest.approx(faster * drawn(line, fast), rel=1e-3)


def test_turning_back_is_stopping():
    out = drawn([[0, 0], [30, 0]])
    back = drawn([[30, 0], [10, 0]])
    assert drawn([[0, 0], [30, 0], [10, 0]]) == pytest.approx(out + back)


def test_a_right_angle_is_passed_at_the_speed_of_its_rounded_corner():
    sine = np.sqrt(0.5)
    speed = np.sqrt(500 * 0.1 * sine / (1 - sine))
    half = (50 - speed) / 500 + 50 / 500  # seconds of ramps of either leg
    ramps = (50**2 - speed**2) / 1000 + 50**2 / 1000  # mm
    legs = 2 * (half + (20 - ramps) / 50)
    assert drawn([[0, 0], [20, 0], [20, 20]]) == pytest.approx(legs)


def test_vertices_on_a_straight_line_cost_nothing():
    line = np.array([[0, 0], [37, 21]], float)
    divided = line[0] + np.linspace(0, 1, 50)[:, None] * (line[1] - line[0])
    assert drawn(divided) == pytest.approx(drawn(line))


def test_points_given_twice_cost_nothing():
    line = [[0, 0], [10, 0], [10, 7], [3, 3]]
    doubled = [point for point in line for _ in range(3)]
    assert drawn(doubled) == pytest.approx(drawn(line))


def test_steps_too_short_to_be_driven_add_up():
    coarse = replace(PLAIN, shortest=0.1)
    line = np.stack([np.linspace(0, 50, 2001), np.zeros(2001)], 1)
    assert drawn(line, coarse) == pytest.approx(drawn([[0, 0], [50, 0]], coarse), rel=0.01)


@given(lines)
def test_a_line_takes_as_long_backwards(line):
    assert drawn(line[::-1]) == pytest.approx(drawn(line), rel=1e-9, abs=1e-9)


@given(lines, st.floats(0, 7), st.tuples(coordinates, coordinates))
def test_a_line_takes_as_long_elsewhere_and_turned(line, angle, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert drawn(line @ turn + shift) == pytest.approx(drawn(line), rel=1e-5, abs=1e-5)


@given(lines, st.floats(0.1, 10))
def test_a_larger_drawing_on_a_faster_machine_takes_as_long(line, scale):
    down = Moves(*(scale * limit for limit in (50.0, 500.0, 0.1)))
    assert drawn(scale * line, replace(PLAIN, down=down)) == pytest.approx(drawn(line), rel=1e-6)


@given(lines)
def test_no_line_is_faster_than_full_speed_nor_slower_than_stopping_everywhere(line):
    steps = np.hypot(*np.diff(line, axis=0).T)
    seconds = drawn(line)
    assert seconds >= steps.sum() / 50 - 1e-9
    stops = sum(drawn(pair) for pair in pairwise(line))
    assert seconds <= stops + 1e-9


def test_an_empty_plot_takes_no_time():
    for plot in (plot_of(), plot_of([]), plot_of([], [])):
        for name in machine_names():
            assert estimate(plot, machine(name)).seconds == 0
            assert estimate(plot, machine(name)).lifts == 0


def test_a_stroke_without_length_is_a_lift():
    for line in ([[0, 0]], [[0, 0], [0, 0]]):
        times = estimate(plot_of([line]), PLAIN).layers[0].times
        assert (times.ink, times.travel, times.down, times.up) == (0, 0, 0, 0)
        assert times.lifting == pytest.approx(0.3)


def test_the_way_home_and_what_comes_after_belong_to_the_last_pen_that_draws():
    home = replace(PLAIN, returns=True, extra=0.5)
    line = [[[30, 40], [30, 50]]]
    black, red = estimate(plot_of(line, []), home).layers
    assert red.times.seconds == 0
    assert black.times.travel == pytest.approx(50 + np.hypot(30, 50))
    assert black.times.lifting == pytest.approx(0.3 + 0.5)


def test_each_pen_begins_where_the_last_one_ended():
    one, two = [[0, 0], [30, 0]], [[30, 10], [60, 10]]
    apart = estimate(plot_of([one], [two]), PLAIN)
    together = estimate(plot_of([one, two]), PLAIN)
    assert apart.layers[1].times.travel == pytest.approx(10)
    assert apart.seconds == pytest.approx(together.seconds)
    assert apart.lifts == together.lifts == 2


@given(st.lists(lines, min_size=1, max_size=5), lines)
def test_more_strokes_take_more_time(given_lines, line):
    for name in ("axidraw-v3", "saxi"):
        few, many = (
            times_of(these, machine(name)).seconds for these in (given_lines, [*given_lines, line])
        )
        assert many >= few + machine(name).lift + machine(name).drop - 1e-9


def test_what_a_stroke_takes_is_what_leaving_it_out_saves_but_for_travel():
    rng = np.random.default_rng(0)
    strokes = list(rng.uniform(0, 100, (12, 5, 2)))
    seconds = stroke_seconds([Stroke(line) for line in strokes], PLAIN)
    whole = times_of(strokes)
    assert seconds.sum() == pytest.approx(whole.down + whole.lifting)
    for index in range(len(strokes)):
        less = times_of(strokes[:index] + strokes[index + 1 :])
        saved = whole.seconds - less.seconds - (whole.up - less.up)
        assert saved == pytest.approx(seconds[index])
    assert stroke_seconds([], PLAIN).shape == (0,)


def test_a_record_says_it_in_metres_and_adds_up():
    plot = plot_of([[[0, 0], [100, 0]]], [[[100, 50], [0, 50]], [[0, 60], [10, 60]]])
    said = estimate(plot, PLAIN).record()
    assert json.loads(json.dumps(said)) == said
    assert said["machine"] == "plain"
    assert said["lifts"] == 3
    assert [layer["pen"] for layer in said["layers"]] == ["black", "red"]
    assert [layer["ink_metres"] for layer in said["layers"]] == [0.1, 0.11]
    assert [layer["travel_metres"] for layer in said["layers"]] == [0, 0.06]
    assert [layer["width_mm"] for layer in said["layers"]] == [0.4, 0.4]
    assert said["seconds"] == pytest.approx(
        sum(layer["seconds"] for layer in said["layers"]), abs=0.01
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31), st.sampled_from([0.005, 0.02, 0.5]))
def test_curves_flattened_at_once_are_those_flattened_one_by_one(seed, tolerance):
    rng = np.random.default_rng(seed)
    strokes = [
        Stroke(rng.uniform(0, 50, (3 * cubics + 1, 2)), bool(curved))
        for cubics, curved in zip(rng.integers(1, 4, 6), rng.random(6) < 0.6, strict=True)
    ]
    packed = pack_strokes(strokes, tolerance)
    for index, stroke in enumerate(strokes):
        assert packed.line(index) == pytest.approx(stroke.polyline(tolerance), abs=1e-9)
        assert measure(packed)[index, 2] == pytest.approx(stroke.length(tolerance))


def test_the_middle_of_ink_is_where_it_balances():
    middle = measure(pack([np.array([[0.0, 0], [4, 0], [4, 4], [0, 4], [0, 0]])]))
    assert middle[0] == pytest.approx([2, 2, 16])
    assert measure(pack([np.array([[3.0, 5]])]))[0] == pytest.approx([3, 5, 0])
