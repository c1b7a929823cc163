"""Tones as lines and dots: as dark as the picture, apart, bounded, and the same each time."""

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.hatch import stipple
from inkdream.hatch.contours import contours
from inkdream.hatch.engrave import engraved, inked, joined, layers
from inkdream.hatch.flow import level
from inkdream.hatch.ruling import Ruling, unruled
from inkdream.hatch.separate import mixed, separated
from inkdream.hatch.stipple import disc, scattered, single, stippled
from inkdream.hatch.tones import toned
from inkdream.page import Page
from inkdream.pens import Pen

BLACK, RED = (Pen(name=word, colour=word, width=0.5) for word in ("black", "red"))
PAGE = Page(width=80, height=60, margin=5)
SMALL = Page(width=40, height=30, margin=3)
ROWS, COLUMNS = np.mgrid[:100, :140] + 0.5


def ramp(rows=50, columns=70):
    return np.tile(np.linspace(0, 1, columns), (3, rows, 1))


def lengths(lines):
    return sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines)


def test_layers_together_cover_what_is_asked_for():
    cover = np.linspace(0, 0.97, 30)[None]
    parts = layers(cover)
    assert 1 - np.prod([1 - part for part in parts], axis=0) == pytest.approx(cover)
    assert parts[1][cover < 0.5].max() == 0 < parts[1][0, -1]
    # Ink over inked paper stays little.
    assert (sum(parts)[cover > 0] / cover[cover > 0]).max() < 1.3


@pytest.mark.parametrize("cover", [0.15, 0.3, 0.5])
def test_lines_ink_as_much_as_is_asked_for(cover):
    wanted = np.full((100, 140), cover)
    lines = engraved(wanted, level(100, 140, 30.0), 0.4, 0.4)
    got = inked(lines, 0.4, 0.4, wanted.shape)[10:-10, 10:-10].mean()
    assert got == pytest.approx(cover, rel=0.15)


def test_darker_is_closer_and_paler_than_pale_stays_bare():
    wanted = np.select([COLUMNS < 45, COLUMNS < 90], [0.5, 0.2], 0.02)
    got = inked(engraved(wanted, level(100, 140, 90.0), 0.4, 0.4), 0.4, 0.4, wanted.shape)
    dark, pale, bare = got[:, 3:42].mean(), got[:, 48:87].mean(), got[:, 95:].mean()
    assert dark > 2 * pale > 0 == bare


def test_ends_side_by_side_are_joined_but_not_across_light():
    lines = [np.array([[0.0, y], [20.0, y]]) for y in np.arange(1.0, 10.0, 0.5)]
    dark = joined(lines, np.full((20, 40), 0.8), 0.4, 0.5)
    assert len(dark) == 1
    assert lengths(dark) == pytest.approx(lengths(lines) + 0.5 * (len(lines) - 1))
    assert len(joined(lines, np.full((20, 40), 0.1), 0.4, 0.5)) == len(lines)
    assert joined([], np.ones((2, 2)), 0.4, 0.5) == []


def test_contours_lie_on_the_dark_side_of_edges_and_nowhere_else():
    disc_of = np.hypot(ROWS - 50, COLUMNS - 70)
    lines = contours((disc_of > 30).astype(float), 1.5, 1.0, 20.0, 0.3)
    assert len(lines) == 1 and (lines[0][0] == lines[0][-1]).all()
    away = np.hypot(lines[0][:, 0] - 70, lines[0][:, 1] - 50)
    assert (away < 30.2).all() and (away > 27).all()
    assert contours(np.full((20, 20), 0.5), 1.5, 1.0, 5.0, 0.1) == []
    assert contours(0.1 * (disc_of > 30), 1.5, 1.0, 20.0, 0.3) == []
    assert contours(np.ones((1, 9)), 1.0, 1.0, 1.0, 0.1) == []


@pytest.mark.parametrize("paper", ["#ffffff", "#222222"])
def test_pens_together_look_like_what_they_can_mix(paper):
    white = Pen(name="white", colour="white", width=0.5)
    pens = [RED, BLACK] if paper == "#ffffff" else [RED.model_copy(update={"opacity": 1.0}), white]
    covers = np.array([[0.0, 0.6, 0.0, 0.3], [0.0, 0.0, 0.5, 0.3]])
    wanted = mixed(covers, pens, paper)[:, None]
    found = separated(wanted, pens, paper, [1.0, 1.0])
    assert np.abs(mixed(found, pens, paper) - wanted).max() < 0.08
    assert (found >= 0).all() and (found <= 1).all()
    assert found[:, 0, 0].max() < 0.05  # bare paper stays bare


def test_darker_tones_are_covered_more():
    cover = separated(ramp(), [BLACK], "#ffffff", [0.9])[0]
    assert (np.diff(cover[0]) <= 1e-9).all()
    assert cover[0, 0] == pytest.approx(0.9) and cover[0, -1] < 0.02


def test_points_lie_where_the_weight_is_and_apart():
    weight = np.where(COLUMNS < 70, 3.0, 1.0)
    points = scattered(weight, 400)
    assert len(points) == 400
    assert (points[:, 0] < 70).mean() == pytest.approx(0.75, abs=0.03)
    away = np.hypot(*(points[:, None] - points).transpose(2, 0, 1)) + np.eye(400) * 99
    chance = np.random.default_rng(0).uniform(0, 100, (400, 2))
    by_chance = np.hypot(*(chance[:, None] - chance).transpose(2, 0, 1)) + np.eye(400) * 99
    assert np.quantile(away.min(1), 0.05) > 4 * np.quantile(by_chance.min(1), 0.05)
    assert (scattered(weight, 400) == points).all()
    assert (scattered(weight, 400, seed=1) != points).any()
    assert len(scattered(0 * weight, 10)) == len(scattered(weight, 0)) == 0


def test_dots_are_bounded_and_grow_instead(monkeypatch):
    cover = np.full((100, 140), 0.3)
    dots = stippled(cover, 0.4, 0.4)
    assert len(dots) == pytest.approx(0.3 * 100 * 140 * 0.16 / (np.pi * 0.16), rel=0.01)
    monkeypatch.setattr(stipple, "MOST_DOTS", 50)
    few = stippled(cover, 0.4, 0.4)
    assert len(few) == 50
    wide = np.ptp(few[0], axis=0).max() + 0.4
    assert 50 * np.pi / 4 * wide**2 == pytest.approx(0.3 * 100 * 140 * 0.16, rel=0.1)


@pytest.mark.parametrize("wide", [0.2, 0.4, 0.8, 2.0])
def test_a_disc_is_as_wide_as_it_should_be(wide):
    points = disc(np.array([5.0, 7.0]), wide, 0.4)
    assert np.hypot(*(points - [5, 7]).T).max() == pytest.approx(max(wide - 0.4, 0) / 2)


def test_one_line_is_one_line_through_what_is_dark(monkeypatch):
    monkeypatch.setattr(stipple, "MOST_POINTS", 800)
    (line,) = single(np.where(COLUMNS < 70, 0.6, 0.2), 0.4, 0.4)
    assert len(line) <= 800
    ink = inked([line], 0.4, 0.4, (100, 140))
    assert ink[:, :70].sum() > 2 * ink[:, 70:].sum() > 0
    assert single(np.zeros((9, 9)), 0.4, 0.4) == []


@pytest.mark.parametrize("kind", ["flow", "ruled", "stipple", "single"])
def test_every_kind_keeps_inside_the_page_is_darker_where_it_should_be_and_repeats(kind):
    plots = [toned(ramp(), [RED, BLACK], SMALL, kind) for _ in range(2)]
    black = plots[0].layers[-1]
    points = np.concatenate([stroke.points for stroke in black.strokes])
    left, top, right, bottom = SMALL.inside
    assert (points >= np.array([left, top]) - 0.3).all()
    assert (points <= np.array([right, bottom]) + 0.3).all()
    middle = (left + right) / 2
    ink = inked([stroke.points for stroke in black.strokes], 0.5, 1.0, (30, 40))
    assert ink[:, : int(middle)].sum() > 1.5 * ink[:, int(middle) :].sum()
    for one, other in zip(*(plot.layers for plot in plots), strict=True):
        pairs = zip(one.strokes, other.strokes, strict=True)
        assert all((first.points == second.points).all() for first, second in pairs)
    if kind == "single":
        assert len(black.strokes) == 1


def test_a_spacing_makes_all_of_it_lighter_and_an_angle_turns_it():
    grey = np.full((3, 50, 70), 0.1)
    usual, wide = (
        toned(grey, [BLACK], PAGE, "ruled", rulings).layers[0].strokes
        for rulings in (unruled, lambda _: Ruling(0.0, 1.5))
    )
    assert sum(each.length() for each in usual) > 2 * sum(each.length() for each in wide)
    long = max(wide, key=lambda stroke: stroke.length()).points
    assert np.ptp(long[:, 0]) > 50
    with pytest.raises(InputError, match=r"apart, drawn 0.5 mm wide: 0.25 to 25 mm"):
        toned(grey, [BLACK], PAGE, "ruled", lambda _: Ruling(spacing=0.1))


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 2)])
@pytest.mark.parametrize("kind", ["flow", "stipple", "single"])
def test_odd_shapes_are_drawn(shape, kind):
    toned(np.full((3, *shape), 0.3), [BLACK], SMALL, kind)


@pytest.mark.parametrize("values", [(400.0, None), (None, 0.0), (None, -1.0), (None, np.inf)])
def test_rulings_that_none_can_draw_are_refused(values):
    with pytest.raises(InputError, match=r"angle|spacing"):
        Ruling(*values)
