"""Polylines by the length along them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inkdream.plot.clip import between, length_of, points_at, reached

places = st.floats(-100, 100).map(lambda x: round(x, 2))
lines = st.lists(st.tuples(places, places), min_size=2, max_size=9).map(np.array)
shares = st.floats(0, 1)


@given(lines)
def test_the_last_vertex_lies_as_far_along_a_line_as_it_is_long(line):
    along = reached(line)
    assert along.shape == (len(line),)
    assert along[0] == 0
    assert (np.diff(along) >= 0).all()
    assert along[-1] == pytest.approx(length_of(line))


@given(lines, shares)
def test_a_place_lies_on_the_line_and_vertices_are_where_they_are(line, share):
    along = reached(line)
    assume((np.diff(along) > 1e-9).all())
    assert points_at(line, along, along) == pytest.approx(line, abs=1e-9)
    assert points_at(line, along, np.array([-1.0, along[-1] + 1])) == pytest.approx(line[[0, -1]])
    at = share * along[-1]
    (place,) = points_at(line, along, np.array([at]))
    index = min(int(np.searchsorted(along, at, "right")), len(line) - 1)
    assert np.hypot(*(place - line[index - 1])) == pytest.approx(at - along[index - 1], abs=1e-6)


@given(lines, shares, shares)
def test_a_part_is_as_long_as_it_was_asked_for_and_parts_make_up_the_line(line, one, other):
    along = reached(line)
    whole = float(along[-1])
    begin, end = sorted((one * whole, other * whole))
    assert length_of(between(line, along, begin, end)) == pytest.approx(end - begin, abs=1e-6)
    parts = [between(line, along, *ends) for ends in ((0.0, begin), (begin, end), (end, whole))]
    assert sum(map(length_of, parts)) == pytest.approx(whole, abs=1e-6)
    for before, after in pairwise(parts):
        assert (before[-1] == after[0]).all()
    assert parts[0][0] == pytest.approx(line[0])
    assert parts[2][-1] == pytest.approx(line[-1])
