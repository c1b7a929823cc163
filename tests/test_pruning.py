"""Strokes that bear nothing: which are left out, and which are not."""

import pytest

from inkdream.drawing.pruning import prune
from tests.test_strokes import drawn, want


def darkness(columns):
    """A score of how dark some columns of the picture are."""
    return lambda picture: (1 - picture[:, :, columns]).sum()


def test_strokes_that_the_score_does_not_see_are_left_out_and_others_stay():
    drawing = drawn(pens="black:1", bend=0.0, length=12.0)
    want(drawing, 0)
    columns = slice(0, 20)
    lines = drawing.curves.shape().lines.detach() * drawing.page.scale
    unseen = (lines[..., 0] > 23).all(1)
    seen = (lines[..., 0] < 18).all(1)
    score = darkness(columns)
    before = float(score(drawing.image(0.0)).detach())
    gone = prune(drawing, score, 0.5)
    assert 5 < int(unseen.sum()) <= gone
    assert not drawing.is_drawn()[unseen].any()
    assert drawing.is_drawn()[seen].all()
    assert float(score(drawing.image(0.0)).detach()) == pytest.approx(before, rel=0.05)


def test_of_what_harms_half_is_left_out_and_nothing_where_all_is_needed_or_nothing_may_go():
    drawing = drawn(pens="black:1", bend=0.0, length=12.0)
    want(drawing, 0)
    light = lambda picture: picture.mean()  # noqa: E731
    everywhere = darkness(slice(0, None))
    assert prune(drawing, everywhere, 0.0) == 0
    assert prune(drawing, everywhere, 1e-9) == 0
    assert drawing.is_drawn().all()
    count = int(drawing.is_drawn().sum())
    # Where every stroke harms, half of them stay: an empty page is no drawing.
    assert prune(drawing, light, 0.1) == count // 2
    assert int(drawing.is_drawn().sum()) == count - count // 2
