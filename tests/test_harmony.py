"""Learned inks: apart from each other and from paper, dark and light, no more vivid than ink."""

import numpy as np
import pytest

from inkdream import colour
from inkdream.drawing.palette import DARK, LEEWAY, LIGHT, Harmony
from inkdream.optimize.session import Session
from inkdream.recipe import LEARNED
from tests.running import climbed
from tests.toys import small

WHITE = np.ones(3)
# Rules are mended to a thousandth; inks are rounded to 8 bits.
NEAR = 0.006


def drawn(chance, count, fixed=0):
    """Return inks, most of them where climbs take them: corners of the cube, pairs of blacks."""
    inks = chance.random((count, 3)) ** 3
    inks[count // 2 :] = np.round(inks[count // 2 :])
    learned = np.arange(count) >= fixed
    return inks, learned


def apart(inks):
    lab = colour.linear_to_oklab(inks)
    away = np.linalg.norm(lab[:, None] - lab, axis=2)
    return away[np.triu_indices(len(inks), 1)]


def chromas(inks):
    return np.linalg.norm(colour.linear_to_oklab(inks)[:, 1:], axis=1)


def keeps(inks, learned, rules):
    """Return whether learned inks keep to all rules but that of lightness."""
    ground = np.linalg.norm(
        colour.linear_to_oklab(inks) - colour.linear_to_oklab(rules.paper), axis=1
    )
    bare = rules.bare & (ground < NEAR)
    is_clear = bare | (ground > rules.apart - NEAR) | ~learned
    is_dull = bare | (chromas(inks) < rules.chroma + NEAR) | ~learned
    return bool(is_clear.all() and is_dull.all() and apart(inks).min() > rules.apart - NEAR)


@pytest.mark.parametrize("paper", ["#ffffff", "#000000", "#c2a36b"])
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_learned_inks_end_apart_and_dull_wherever_they_were(paper, bare, seed):
    chance = np.random.default_rng(seed)
    rules = Harmony(0.15, 0.13, colour.linear_of([paper])[0], bare)
    for count in range(2, 9):
        inks, learned = drawn(chance, count)
        mended = rules.mend(inks, learned)
        assert mended.min() >= 0
        assert mended.max() <= 1
        assert keeps(mended, learned, rules), [count, colour.to_bytes(mended)]
        # What one rule took from another is settled at the next step, and then inks stay.
        settled = rules.mend(mended, learned)
        again = colour.linear_to_oklab(rules.mend(settled, learned))
        np.testing.assert_allclose(again, colour.linear_to_oklab(settled), atol=0.03)


@pytest.mark.parametrize("seed", range(8))
def test_fixed_inks_never_move_and_learned_ones_leave_them(seed):
    chance = np.random.default_rng(seed)
    inks, learned = drawn(chance, 5, fixed=1)
    inks[1] = inks[0]
    rules = Harmony(0.15, 0.13, WHITE, bare=True)
    mended = rules.mend(inks, learned)
    assert (mended[0] == inks[0]).all()
    # Between a fixed ink and the paper there may be little room.
    assert apart(mended).min() > 0.1


@pytest.mark.parametrize("count", [2, 3, 4, 6])
@pytest.mark.parametrize("start", [0.0, 0.2, 1.0])
def test_equal_inks_become_dark_middle_and_light(count, start):
    rules = Harmony(0.15, 0.13, WHITE, bare=True)
    mended = rules.mend(np.full((count, 3), start), np.ones(count, dtype=bool))
    lightness = np.sort(colour.linear_to_oklab(mended)[:, 0])
    assert lightness[0] <= DARK + LEEWAY + NEAR
    assert lightness[-1] >= LIGHT - LEEWAY - NEAR
    assert np.diff(lightness).max() < 0.5 or count == 2


def test_in_areas_one_ink_becomes_the_paper_in_strokes_none():
    inks = np.array([[0.9, 0.9, 0.85], [0.95, 0.9, 0.9], [0.0, 0.0, 0.0]])
    learned = np.ones(3, dtype=bool)
    for bare in (True, False):
        mended = Harmony(0.15, 0.13, WHITE, bare).mend(inks, learned)
        assert (colour.to_bytes(mended) == 255).all(1).sum() == bare


def test_inks_that_keep_to_the_rules_stay():
    inks = colour.linear_of(["#1b1b1b", "#7a5c3e", "#8fa3b0", "#ffffff"])
    mended = Harmony(0.15, 0.13, WHITE, bare=True).mend(inks, np.ones(4, dtype=bool))
    np.testing.assert_allclose(mended, inks, atol=1e-6)


def test_many_inks_are_as_far_apart_as_there_is_room():
    inks, learned = drawn(np.random.default_rng(0), 64)
    assert apart(Harmony(0.15, 0.13, WHITE, bare=True).mend(inks, learned)).min() > 0.03


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("medium", ["pixels", "strokes"])
def test_at_the_end_of_a_climb_learned_inks_keep_to_the_rules(medium, seed):
    # Inks that move fast go to the corners, if they may.
    said = {"seed": seed, "inks": ["#1b1b1b", *[LEARNED] * 4], "climb": {"ink_rate": 1.0}}
    said |= {"medium": medium, "terms": [{"target": "loom/conv4_1/17"}], "steps": 16}
    if medium == "strokes":
        said |= {"strokes": {"count": 40}, "page": {"size": "60x60mm", "margin": 4, "scale": 1.0}}
    learned = np.arange(5) > 0
    rules = Harmony(0.15, 0.13, WHITE, bare=medium == "pixels")
    assert keeps(ended(**said), learned, rules)
    assert not keeps(ended(**said, palette={"apart": 0, "chroma": 0.4}), learned, rules)


def ended(**said):
    session = climbed(Session(small(**said)))
    palette = session.result.palette
    return colour.from_bytes(colour.to_bytes(palette.colours()).numpy())


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ({}, (0.15, 0.13)),
        ({"palette": {"chroma": 0.2}}, (0.15, 0.2)),
        ({"origin": "photo.png"}, (0.0, 0.4)),
        ({"terms": [{"kind": "like", "picture": "photo.png"}]}, (0.0, 0.4)),
        ({"terms": [{"kind": "like", "picture": "a.png"}], "palette": {"apart": 0.1}}, (0.1, 0.4)),
        # What 0.1.0 filled in whole has a leak's end, and none of what came later.
        ({"climb": {"leak_until": 0.1}}, (0.0, 0.4)),
    ],
)
def test_inks_of_pictures_and_of_older_recipes_are_free(said, rules):
    palette = small(**said).palette
    assert (palette.apart, palette.chroma) == rules
