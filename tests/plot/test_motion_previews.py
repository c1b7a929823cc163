"""AxiDraw's and NextDraw's planners beside the previews of the makers' own programs."""

import json
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
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.plot import LayerCodes

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*.json"))
OPEN = sorted(DATA.glob("open_*.json"))
A4 = Page.of("a4 landscape")
AXIDRAW, NEXTDRAW = machine("axidraw-v3"), machine("nextdraw")
# Reckoned from an earlier model's error, which is known to 0.05 %.
NEXTDRAW_SECONDS = {"made_curves": 264.85, "made_hatch": 88.02, "made_spirals": 52.54}


def plot_of(lines, page=A4):
    strokes = tuple(Stroke(np.array(line, float)) for line in lines)
    pen = Pen(name="black", colour="black", width=0.4)
    return Plot(page, "#ffffff", (Layer(pen, strokes),))


def plot_in(path):
    table = json.loads(path.read_text())
    width, height = table["page"]
    return plot_of(table["paths"], Page(width=width, height=height, margin=0)), table


def moved(hop, degrees=0.0, of=AXIDRAW):
    """Seconds with the pen up over a hop, in ms."""
    angle = np.radians(degrees)
    away = [100 + hop * np.cos(angle), 5 + hop * np.sin(angle)]
    near, far = (estimate(plot_of([[[100, 5]] * 2, [at] * 2]), of) for at in ([100, 5], away))
    # Without the ways from the corner and back.
    home = [estimate(plot_of([[at] * 2]), of).layers[0].times.up for at in ([100, 5], away)]
    ways = [home[0], sum(home) / 2]
    return 1000 * (far.layers[0].times.up - ways[1] - near.layers[0].times.up + ways[0])


def drawn(length, of=AXIDRAW):
    """Seconds of drawing one straight line, in ms."""
    return 1000 * estimate(plot_of([[[10, 10], [10 + length, 10]]]), of).layers[0].times.down


def lifting(name):
    times = estimate(plot_of([[[10, 10], [20, 10]]]), machine(name)).layers[0].times
    return round(1000 * times.lifting)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_seconds_are_those_of_axidraws_preview(path):
    plot, table = plot_in(path)
    timed = estimate(plot, AXIDRAW)
    assert timed.seconds == pytest.approx(table["axidraw_preview_seconds"], rel=1e-4)
    assert timed.lifts == table["axidraw_lifts"]
    if "axidraw_up" in table:
        assert timed.layers[0].times.up == pytest.approx(table["axidraw_up"], abs=0.005)
        assert timed.layers[0].times.down == pytest.approx(table["axidraw_down"], abs=0.005)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_seconds_are_those_of_nextdraws_preview(path):
    plot, table = plot_in(path)
    seconds = table.get("nextdraw_preview_seconds") or NEXTDRAW_SECONDS[path.stem]
    rel = 5e-4 if path in OPEN else 2e-3
    assert estimate(plot, NEXTDRAW).seconds == pytest.approx(seconds, rel=rel)


def test_there_are_files_of_both_kinds_and_an_upright_page():
    assert len(OPEN) == 3 and len(FILES) == 6
    pages = [json.loads(path.read_text())["page"] for path in FILES]
    assert [210, 297] in pages


@pytest.mark.parametrize("degrees", [0, 30, 45, 67, 90])
@pytest.mark.parametrize(
    ("hop", "milliseconds"),
    [
        *[(0.5, 84), (2, 167), (6.4, 299), (6.5, 126), (8, 139), (11, 164), (14, 194)],
        *[(17.8, 218), (18, 227), (20, 252), (22, 282), (23.5, 301), (23.7, 289), (40, 397)],
    ],
)
def test_hops(hop, milliseconds, degrees):
    assert moved(hop, degrees) == pytest.approx(milliseconds, abs=1.001)


def test_a_long_hop():
    assert moved(180) == pytest.approx(1460 - 20 / 0.1506318, abs=1.001)


@pytest.mark.parametrize(
    ("length", "milliseconds"),
    [(0.2, 65), (1, 145), (2.9, 247), (3.1, 260), (4, 140), (5, 184), (6, 185), (50, 1062)],
)
def test_lines(length, milliseconds):
    assert drawn(length) == pytest.approx(milliseconds, abs=1.001)


@pytest.mark.parametrize(
    ("settings", "milliseconds"),
    [
        ("", 130 + 146),
        (":pen_pos_down=50", 145),
        (":pen_pos_down=59", 94),
        (":pen_pos_up=100,pen_pos_down=0", 781),
        (":pen_pos_up=80,pen_pos_down=30", 417),
        (":pen_rate_raise=100,pen_rate_lower=100", 254),
        (":pen_rate_raise=25,pen_rate_lower=10", 844),
        (":penlift=3", 120),
        (":pen_pos_up=30", 0),
        (":pen_delay_up=100,pen_delay_down=-20", 130 + 146 + 80),
        (":pen_delay_up=-400", 146),
    ],
)
def test_lifts(settings, milliseconds):
    assert lifting(f"axidraw-v3{settings}") == milliseconds


def test_nextdraw_lifts_by_a_brushless_motor_or_as_an_axidraw():
    assert lifting("nextdraw") == 92
    assert lifting("nextdraw:penlift=1") == 208


def test_a_speed_that_single_precision_rounds_up_is_exceeded():
    plot, _ = plot_in(DATA / "made_spirals.json")
    seconds = {
        speed: estimate(plot, machine(f"axidraw-v3:speed_pendown={speed}")).seconds
        for speed in (24, 25)
    }
    assert seconds == {24: pytest.approx(46.5, abs=0.05), 25: pytest.approx(51.9, abs=0.05)}


def test_61_of_110_speeds_are_rounded_up():
    """That is why the planner must reckon in inches."""
    speeds = [machine(f"axidraw-v3:speed_pendown={k}").down.speed / 25.4 for k in range(1, 111)]
    assert speeds == pytest.approx([k * 8.6979 / 110 for k in range(1, 111)])
    up = [k for k, speed in enumerate(speeds, 1) if np.float64(np.float32(speed)) > speed]
    assert len(up) == 61
    assert {10, 20, 22, 24, 27, 28} <= set(up)


@pytest.mark.parametrize("name", ["axidraw-v3", "nextdraw"])
def test_settings_change_time_as_they_should(name):
    plot, _ = plot_in(DATA / "open_flow_text.json")

    def seconds(words):
        return estimate(plot, machine(f"{name}:{words}")).seconds

    usual = estimate(plot, machine(name)).seconds
    assert seconds("speed_pendown=25,accel=75") == usual
    assert seconds("accel=50") > 1.05 * usual > 1.1 * seconds("accel=100")
    assert seconds("speed_penup=50") > usual > seconds("speed_penup=100")
    assert seconds("speed_pendown=10") > 1.1 * usual > seconds("speed_pendown=60")


def test_settings_are_part_of_the_name_and_wrong_ones_are_told():
    assert machine("axidraw-v3:speed_pendown=40, accel = 50").name == (
        "axidraw-v3:accel=50,speed_pendown=40"
    )
    assert machine("axidraw-v3:--accel=75").down == AXIDRAW.down
    with pytest.raises(InputError, match=r"setting of axidraw-v3 'acel'.*'accel'"):
        machine("axidraw-v3:acel=50")
    with pytest.raises(InputError, match="accel=0: a whole number from 1 to 100"):
        machine("axidraw-v3:accel=0")
    with pytest.raises(InputError, match="write accel=NUMBER"):
        machine("axidraw-v3:accel=fast")
    with pytest.raises(InputError, match="saxi"):
        machine("saxi:accel=50")


@pytest.mark.parametrize("name", ["axidraw-v3", "nextdraw"])
def test_codes_are_settings_for_a_layer(name):
    plot, _ = plot_in(DATA / "open_flow_text.json")
    told = estimate(plot.with_codes(LayerCodes(speed=40, height=35)), machine(name))
    tuned = estimate(plot, machine(f"{name}:speed_pendown=40,pen_pos_down=35"))
    assert told.seconds == pytest.approx(tuned.seconds)
    assert told.seconds != pytest.approx(estimate(plot, machine(name)).seconds, rel=0.01)


def test_a_delay_counts_once_a_layer():
    plot, _ = plot_in(DATA / "made_hatch.json")
    waits = estimate(plot.with_codes(LayerCodes(delay=500)), AXIDRAW).seconds
    assert waits == pytest.approx(estimate(plot, AXIDRAW).seconds + 0.5)


def test_others_read_no_codes():
    plot, _ = plot_in(DATA / "made_hatch.json")
    codes = LayerCodes(speed=5, height=0, delay=60_000)
    assert estimate(plot.with_codes(codes), machine("saxi")) == estimate(plot, machine("saxi"))


coordinates = st.floats(5, 200).map(lambda x: round(x, 3))
lines = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=9).map(np.array)


@given(st.lists(lines, min_size=1, max_size=4))
@settings(deadline=None)
def test_an_upright_page_is_drawn_turned_from_its_top_right_corner(paths):
    upright = plot_of(paths, Page(width=210, height=297, margin=0))
    turned = plot_of([np.stack([y, 210 - x], 1) for x, y in (path.T for path in paths)])
    for of in (AXIDRAW, NEXTDRAW):
        seconds = estimate(turned, of).seconds
        # Halves of a step are rounded either way.
        assert estimate(upright, of).seconds == pytest.approx(seconds, abs=0.005, rel=1e-3)


@given(lines)
@settings(deadline=None)
def test_each_segment_takes_whole_milliseconds(path):
    times = estimate(plot_of([path]), AXIDRAW).layers[0].times
    for seconds in (times.up, times.down):
        assert 1000 * seconds == pytest.approx(round(1000 * seconds), abs=1e-6)


@given(lines, st.integers(2, 40))
@settings(deadline=None)
def test_vertices_on_a_straight_line_are_left_out(path, parts):
    shares = np.linspace(0, 1, parts, endpoint=False)[:, None]
    divided = [a + shares * (b - a) for a, b in pairwise(path)]
    divided = np.concatenate([*divided, path[-1:]])
    for of in (AXIDRAW, NEXTDRAW):
        whole, parted = (estimate(plot_of([each]), of).seconds for each in (path, divided))
        assert parted == pytest.approx(whole)


@pytest.mark.parametrize("page", [A4, Page.of("a3 landscape"), Page.of("a3")])
def test_what_a_machine_does_not_reach_is_lifted_over(page):
    """An AxiDraw reaches 300 x 218 mm of the page as it lies, and nothing beyond the page."""
    is_upright = page.height > page.width
    edge = min(page.width, page.height, 218)
    line = np.array([[50, edge - 30], [60, edge + 50], [90, edge + 50], [100, edge - 30]])
    pieces = [
        [[50, edge - 30], [50 + 10 * 30 / 80, edge]],
        [[100 - 10 * 30 / 80, edge], [100, edge - 30]],
    ]
    back = (lambda path: np.array([[page.width - y, x] for x, y in path])) if is_upright else list
    one, two = plot_of([back(line)], page), plot_of([back(path) for path in pieces], page)
    timed = estimate(one, AXIDRAW)
    assert timed.lifts == 2
    assert timed.seconds == pytest.approx(estimate(two, AXIDRAW).seconds, abs=0.005)
    assert estimate(plot_of([line + 1000], page), AXIDRAW).seconds == 0
    # A larger machine reaches all of a larger page, but no further than the page.
    assert estimate(one, machine("axidraw-se-a1")).lifts == (2 if page == A4 else 1)


def test_a_dot_takes_its_lift_and_drop_and_hardly_more():
    dot = estimate(plot_of([[[50, 50], [50, 50]]]), AXIDRAW).layers[0].times
    assert (dot.strokes, dot.down) == (1, 0)
    assert dot.lifting == pytest.approx(0.276)
    assert drawn(0.03) == pytest.approx(6, abs=1.001)


@given(st.integers(0, 2**31))
@settings(deadline=None, max_examples=20)
def test_curves_take_about_as_long_as_fine_chords(seed):
    """An estimate of curves is that of their chords as the program makes them."""
    rng = np.random.default_rng(seed)
    curve = Stroke(rng.uniform(20, 180, (4, 2)), curved=True)
    pen = Pen(name="black", colour="black", width=0.4)
    plot = Plot(A4, "#ffffff", (Layer(pen, (curve,)),))
    for of in (AXIDRAW, NEXTDRAW):
        seconds = estimate(plot, of).seconds
        chords = estimate(plot_of([curve.polyline(0.01)]), of).seconds
        assert seconds == pytest.approx(chords, rel=0.35)
