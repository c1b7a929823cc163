"""Small regions end in what surrounds them, and what the score needs stays."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.optimize.merging import Merging, majority, merge
from inkdream.pictures import Inked
from inkdream.regions import region_sizes

INKS = np.array([[255, 255, 255], [0, 0, 0], [200, 30, 30], [20, 60, 200]], np.uint8)


def _flat(image: torch.Tensor) -> torch.Tensor:
    return (image * 0).sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(2, 4))
def test_no_region_stays_below_the_least_unless_the_picture_is_one(
    seed: int, least: int, inks: int
) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, inks, (20, 23)).astype(np.uint8)
    merged = merge(Inked(labels, INKS), _flat, Merging(least, least))
    sizes = region_sizes(merged.labels)
    assert int(sizes.min()) >= least
    assert set(np.unique(merged.labels)) <= set(np.unique(labels))


def test_large_regions_do_not_move() -> None:
    labels = np.zeros((16, 16), np.uint8)
    labels[4:12, 4:12] = 1
    labels[0, 0] = 2
    merged = merge(Inked(labels, INKS), _flat, Merging(4, 4)).labels
    expected = labels.copy()
    expected[0, 0] = 0
    assert np.array_equal(merged, expected)


def test_a_small_region_that_the_score_lives_on_stays_and_others_go() -> None:
    labels = np.zeros((24, 24), np.uint8)
    labels[3:6, 3:6] = 2  # what is looked for
    labels[15:18, 15:18] = 2  # of no use

    def red_at_the_top_left(image: torch.Tensor) -> torch.Tensor:
        return (image[0] - image[1])[:8, :8].mean()

    merged = merge(Inked(labels, INKS), red_at_the_top_left, Merging(4, 30, allowance=0.01)).labels
    assert (merged[3:6, 3:6] == 2).all()
    assert (merged[12:, 12:] == 0).all()


def test_of_two_neighbours_the_one_that_costs_less_takes_up_a_speck() -> None:
    labels = np.zeros((12, 12), np.uint8)
    labels[:, 6:] = 1
    labels[5, 5:7] = 2  # between white and black

    def dark_there(image: torch.Tensor) -> torch.Tensor:
        return -image[:, 5, 5:7].sum()

    merged = merge(Inked(labels, INKS), dark_there, Merging(4, 4)).labels
    assert (merged[5, 5:7] == 1).all()


def test_the_majority_takes_away_hairlines_and_keeps_areas() -> None:
    labels = np.zeros((32, 32), np.uint8)
    labels[:, 4] = 1
    labels[10:26, 12:28] = 2
    kept = majority(Inked(labels, INKS), 1.5).labels
    assert not (kept == 1).any()
    assert (kept[13:23, 15:25] == 2).all()
    assert (kept == 2).sum() > 0.9 * (labels == 2).sum()
