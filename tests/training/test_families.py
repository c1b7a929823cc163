"""Every family keeps the promises that training relies on."""

from functools import cache

import numpy as np
import pytest
from training.families import FAMILIES, NAMES, Family, picture
from training.sheet import sheet

SIZE = 40


def fresh(family: Family, seed: int) -> np.ndarray:
    return picture(family, np.random.default_rng(seed), SIZE)


@cache
def make(family: Family, seed: int) -> np.ndarray:
    made = fresh(family, seed)
    made.flags.writeable = False
    return made


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_pictures_are_finite_and_in_range(family: Family) -> None:
    for seed in range(4):
        made = make(family, seed)
        assert made.shape == (SIZE, SIZE, 3)
        assert made.dtype == np.float32
        assert np.isfinite(made).all()
        assert made.min() >= 0
        assert made.max() <= 1


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_the_seed_decides_the_picture(family: Family) -> None:
    first, again, other = make(family, 1), fresh(family, 1), make(family, 2)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.02)


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_pictures_show_something(family: Family) -> None:
    spread = [make(family, seed).std(axis=(0, 1)).max() for seed in range(5)]
    assert np.median(spread) > 0.02


def test_names_are_unique_and_plentiful() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 56


def test_a_sheet_holds_what_was_asked_for() -> None:
    board = sheet(["stripes", "eye", "fern"], each=2, size=20, columns=3, seed=0)
    assert board.size == (3 * 22 + 2, 2 * 22 + 2)
