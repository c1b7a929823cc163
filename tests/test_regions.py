import numpy as np
import pytest

from inkdream.regions import merge_specks, region_sizes, speck_share


def test_sizes_of_a_picture_drawn_by_hand():
    labels = np.array([[0, 0, 1], [1, 0, 1], [1, 2, 2]], np.uint8)
    assert region_sizes(labels).tolist() == [[3, 3, 2], [2, 3, 2], [2, 2, 2]]


def test_corners_do_not_connect():
    board = (np.indices((6, 5)).sum(0) % 2).astype(np.uint8)
    assert (region_sizes(board) == 1).all()
    assert speck_share(board) == 1.0


def test_one_colour_is_one_region_without_specks():
    flat = np.full((17, 31), 3, np.uint8)
    assert (region_sizes(flat) == flat.size).all()
    assert speck_share(flat) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_each_region_is_counted_as_often_as_it_has_pixels(seed):
    labels = np.random.default_rng(seed).integers(0, 3, (23, 40)).astype(np.uint8)
    sizes = region_sizes(labels)
    # Summing 1/size counts regions: a whole number, the same when the picture is turned.
    regions = (1 / sizes).sum()
    assert regions == pytest.approx(round(regions))
    turned = region_sizes(np.ascontiguousarray(labels.T))
    assert (turned == sizes.T).all()


def test_a_spiral_whose_ends_meet_late_is_one_region():
    labels = np.zeros((9, 9), np.uint8)
    labels[0, :] = labels[:, 8] = labels[8, :] = labels[2:, 0] = labels[2, :7] = labels[2:7, 6] = 1
    assert (region_sizes(labels)[labels == 1] == (labels == 1).sum()).all()


def test_a_speck_takes_the_ink_around_most_of_it():
    labels = np.zeros((8, 8), np.uint8)
    labels[:, 5:] = 2
    labels[3, 4] = 1
    merged = merge_specks(labels)
    assert merged[3, 4] == 0
    labels[3, 4] = 0
    assert (merged == labels).all()


@pytest.mark.parametrize("inks", [2, 5])
@pytest.mark.parametrize("seed", range(3))
def test_no_speck_survives_and_larger_regions_stay(seed, inks):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, inks, (41, 30)).astype(np.uint8)
    labels[10:30, 5:25] = 1
    merged = merge_specks(labels)
    assert speck_share(merged) == 0
    large = region_sizes(labels) >= 4
    assert (merged[large] == labels[large]).all()
    assert set(np.unique(merged)) <= set(np.unique(labels))


def test_merging_leaves_a_tidy_picture_alone_and_ends_on_a_picture_of_specks():
    tidy = np.kron(np.arange(12).reshape(3, 4) % 3, np.ones((2, 2))).astype(np.uint8)
    assert (merge_specks(tidy) == tidy).all()
    board = (np.indices((6, 6)).sum(0) % 2).astype(np.uint8)
    assert (merge_specks(board) == board).all()
