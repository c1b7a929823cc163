"""`inkdream plot --plotted`: what is left of a plot that has begun, in any pens and files."""

from dataclasses import replace

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.formats.registry import FORMATS
from inkdream.formats.svg import to_svg
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from inkdream.plot.machines import machine
from inkdream.plot.motion import drawn_at
from inkdream.plot.refill import refilled
from inkdream.svg.read import read_svg
from tests.inking.made import by_pen, lines, pixel_run, quarters, save, stroke_run, svg


def ink_of(plot):
    """Each stroke's pen and vertices, whichever way round it is drawn and wherever rings begin."""
    return sorted(
        (layer.pen.colour, str(np.unique(np.round(stroke.points, 3), axis=0).tolist()))
        for layer in plot.layers
        for stroke in layer.strokes
    )


@pytest.mark.parametrize("to", [*FORMATS])
def test_what_is_finished_by_a_time_is_left_out_of_every_kind_of_file(tmp_path, to):
    folder, _ = stroke_run(tmp_path / "run")
    whole = read_svg(folder / "drawing.svg").as_plot()
    times = drawn_at(whole, machine("axidraw-v3"))
    late = float(times[0][-1]) - 1e-3
    gone = sum(int((each <= late).sum()) for each in times)
    done = make_files(folder, PlotFlags(plotted=f"{late}s", to=to))
    assert done.plot.strokes == whole.strokes - gone
    assert any(f"{gone:,} of {whole.strokes:,} strokes" in note for note in done.notes)
    assert any("drawn again from its beginning" in note for note in done.notes)
    read = FORMATS[to].of(done.target.machine).read(done.files[0].read_text(), done.plot)
    assert read.strokes == done.plot.strokes


def test_the_stroke_in_hand_is_drawn_again_and_what_follows_it(tmp_path):
    folder, _ = stroke_run(tmp_path / "run")
    whole = read_svg(folder / "drawing.svg").as_plot()
    times = np.concatenate(drawn_at(whole, machine("axidraw-v3")))
    in_hand = (times[4] + times[5]) / 2
    done = make_files(folder, PlotFlags(plotted=f"{in_hand:.3f}s"))
    left = [stroke for layer in whole.layers for stroke in layer.strokes][5:]
    assert done.plot.strokes == len(left)
    first = replace(whole.layers[0], strokes=whole.layers[0].strokes[5:])
    rest = replace(whole, layers=(first, *whole.layers[1:]))
    assert ink_of(done.plot) == ink_of(rest)


def test_a_layer_that_is_plotted_is_left_out(tmp_path):
    folder, plot = stroke_run(tmp_path / "run")
    names = [layer.pen.name for layer in plot.layers]
    done = make_files(folder, PlotFlags(plotted=names[0]))
    assert list(by_pen(done.plot)) == names[1:]


def test_a_missing_pens_strokes_go_to_the_nearest_that_is_there(tmp_path):
    dark, red = lines(10, 14, stroke="#202020"), lines(18, 22, 26, stroke="#c00000")
    body = f'<g id="a">{dark}</g><g id="b">{red}</g>'
    (tmp_path / "x.svg").write_text(svg(body))
    pens = "crimson:0.5,blue:0.5"
    done = make_files(tmp_path / "x.svg", PlotFlags(plotted="a", pens=pens))
    drawn = {name: strokes for name, strokes in by_pen(done.plot).items() if strokes}
    assert drawn == {"crimson": 3}


def test_refills_are_gone_and_come_anew_where_the_pen_needs_them(tmp_path):
    folder, plot = stroke_run(tmp_path / "run")
    (folder / "drawing.svg").write_text(to_svg(refilled(plot, 0.5).plot))
    with_refills = read_svg(folder / "drawing.svg").as_plot()
    assert with_refills.refills > 2
    times = drawn_at(with_refills, machine("axidraw-v3"))
    # In the middle of what the pen draws after its first refill.
    late = float(times[1][len(times[1]) // 2]) + 1e-3
    done = make_files(folder, PlotFlags(plotted=f"{late}s"))
    gone = len(with_refills.layers[0].strokes) + int((times[1] <= late).sum())
    marks = 1
    assert done.plot.strokes == plot.strokes - (gone - marks)
    assert not done.plot.refills
    assert list(by_pen(done.plot)) == [layer.pen.name for layer in plot.layers]
    again = make_files(folder, PlotFlags(plotted=f"{late}s", refill="0.5m", force=True))
    assert again.plot.refills


def test_a_run_of_areas_goes_on_with_its_own_lines(tmp_path):
    folder = pixel_run(tmp_path / "run")
    whole = read_svg(folder / "drawing.svg").as_plot()
    done = make_files(folder, PlotFlags(plotted="1-2", pens="black,gold"))
    assert done.plot.strokes <= sum(len(layer.strokes) for layer in whole.layers[2:])
    assert done.plot.strokes
    (folder / "drawing.svg").unlink()
    with pytest.raises(InputError, match=r"has no drawing\.svg"):
        make_files(folder, PlotFlags(plotted="1", force=True))


def test_the_runs_own_machine_tells_the_time(tmp_path):
    slow, _ = stroke_run(tmp_path / "slow", plot={"machine": "grbl-servo"})
    fast, _ = stroke_run(tmp_path / "fast")
    ends = {
        name: max(
            each[-1] for each in drawn_at(read_svg(slow / "drawing.svg").as_plot(), machine(name))
        )
        for name in ("grbl-servo", "axidraw-v3")
    }
    late = sum(ends.values()) / 2
    longer = slow if ends["grbl-servo"] > ends["axidraw-v3"] else fast
    shorter = fast if longer is slow else slow
    assert make_files(longer, PlotFlags(plotted=f"{late:.2f}s", to="svg")).plot.strokes
    with pytest.raises(InputError, match="takes only"):
        make_files(shorter, PlotFlags(plotted=f"{late:.2f}s", to="svg"))


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"plotted": "9h"}, r"--plotted 9h: the plot takes only .* on axidraw-v3"),
        ({"plotted": "blakc"}, "--plotted blakc: unknown layer 'blakc'. Did you mean 'black'"),
        ({"plotted": "1-2"}, "--plotted 1-2: nothing is left to be drawn"),
        (
            {"plotted": "1min", "machine": "hp7475a"},
            "how fast hp7475a draws is not known; name layers",
        ),
        ({"plotted": ""}, "say until when"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(tmp_path, flags, what):
    folder, _ = stroke_run(tmp_path / "run", page={"size": "a6"})
    before = sorted(folder.iterdir())
    with pytest.raises(InputError, match=what):
        make_files(folder, PlotFlags(**flags))
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "flags", [{"page": "a4"}, {"margin": 5.0}, {"fit": True}, {"hatch": "cross"}, {"dither": True}]
)
def test_what_is_on_paper_cannot_be_moved_or_filled_anew(flags):
    name = next(iter(flags))
    with pytest.raises(InputError, match=f"--plotted and --{name}:"):
        PlotFlags(plotted="12min", **flags)


def test_sources_that_no_plotter_has_drawn_are_refused(tmp_path):
    picture = save(tmp_path / "x.png", quarters())
    with pytest.raises(InputError, match="is a picture"):
        make_files(picture, PlotFlags(plotted="1"))
    (tmp_path / "x.svg").write_text(svg('<rect x="10" y="10" width="20" height="20" fill="red"/>'))
    with pytest.raises(InputError, match="was not made for plotters"):
        make_files(tmp_path / "x.svg", PlotFlags(plotted="1"))
