"""Lines are sampled from end to end: no sample is missing, and none is written beyond the array."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from inkdream.compiling import compiled
from inkdream.inking.files import make_files
from inkdream.inking.flags import PlotFlags
from inkdream.plot.cover import visible_shares
from inkdream.svg.read import read_svg

DATA = Path(__file__).parent / "data"
PENS = "black:0.3,red:0.3,blue:0.3"


@compiled
def count_wrong(directions, multiples, spacing):
    """Return how many lines, of one and of two segments, are not sampled evenly from end to end.

    They are as long as whole multiples of the spacing, give or take a rounding.
    """
    top = np.full((1, 1), -1, np.int32)
    line, wrong = np.zeros((3, 2)), 0
    for direction in range(directions):
        angle = 2 * np.pi * (direction + 0.5 * (direction % 3)) / directions
        for multiple in range(1, multiples + 1):
            length = multiple * spacing
            line[1] = length * np.cos(angle), length * np.sin(angle)
            line[2] = line[1] + line[1, ::-1]
            for vertices in range(2, 4):
                reached, shares = visible_shares(top, line[:vertices], 0.5, 1, spacing)
                whole = length * (vertices - 1)
                widest = max(reached[0], whole - reached[-1]) * 2
                for sample in range(1, len(reached)):
                    widest = max(widest, reached[sample] - reached[sample - 1])
                    if reached[sample] <= reached[sample - 1]:
                        widest = np.inf
                wrong += widest > spacing * (1 + 1e-9) or shares.min() < 1
    return wrong


@pytest.mark.parametrize("spacing", [0.5, 1.0, 0.3, 1 / 7, 3e-3, 1e5])
def test_lengths_of_whole_multiples_are_sampled_whole_in_all_directions(spacing):
    assert count_wrong(14_000, 6, spacing) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_length_has_one_sample(bad):
    line = np.array([[0.0, 0.0], [40.0, 30.0], [bad, 0.0], [0.0, 0.0]])
    reached, shares = visible_shares(np.full((4, 4), -1, np.int32), line, 0.5, 1, 20.0)
    assert len(reached) == len(shares) == 3 + 1 + 1
    assert reached[:3] == pytest.approx([50 / 6, 150 / 6, 250 / 6])


@pytest.mark.parametrize("repeats", [4, 1500])
@pytest.mark.parametrize("learn", [None, 1])
def test_a_zigzag_whose_parts_are_whole_multiples_is_plotted(tmp_path, repeats, learn):
    text = (DATA / "zigzag_29_degrees.svg").read_text()
    words = "M0 0" + "L3 0L0 0" * repeats
    text = text.replace("M0 0L3 0L0 0L3 0L0 0L3 0L0 0L3 0L0 0", words)
    assert words in text
    source = tmp_path / "zigzag.svg"
    source.write_text(text)
    pens = {"pens": PENS} if learn is None else {"learn": learn}
    make_files(source, PlotFlags(**pens, page="a5", out=tmp_path / "out.svg"))
    (shape,) = read_svg((tmp_path / "out.svg").read_text()).shapes
    (stroke,) = shape.strokes
    steps = np.hypot(*np.diff(stroke.points, axis=0).T)
    assert steps.sum() == pytest.approx(6 * repeats, rel=1e-3)


def test_a_square_that_is_turned_keeps_all_four_sides(tmp_path):
    out = tmp_path / "out.svg"
    make_files(DATA / "turned_square.svg", PlotFlags(pens=PENS, page="a5", out=out))
    strokes = [stroke for shape in read_svg(out.read_text()).shapes for stroke in shape.strokes]
    lengths = [np.hypot(*(end - begin)) for each in strokes for begin, end in pairwise(each.points)]
    assert lengths == pytest.approx([10] * 4, abs=0.01)
