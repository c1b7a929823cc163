"""Sixteen numbers in a register."""

import numpy as np

from inkdream.raster.lanes import (
    columns,
    equal,
    kernel,
    largest,
    less,
    load,
    load_block,
    root,
    rows,
    smallest,
    store,
    store_block,
    total,
)

VALUES = np.arange(16, dtype=np.float32) - 3


@kernel
def fold(values):
    lanes = load(values, 0)
    return total(lanes), smallest(lanes), largest(lanes)


@kernel
def calculate(values, result):
    lanes = load(values, 0)
    store(result, 0, less(lanes, np.float32(2), lanes * lanes + np.float32(1), root(lanes)))
    store(result, 16, equal(lanes, np.float32(2), columns(), rows()))


@kernel
def move(values, picture, small):
    store_block(picture, 6, 5, load(values, 0))
    store(small, 0, load_block(picture, 6, 5) + np.float32(3))


def test_folds():
    assert fold(VALUES) == (VALUES.sum(), -3, 12)


def test_arithmetic_and_choice():
    result = np.zeros(32, np.float32)
    calculate(VALUES, result)
    with np.errstate(invalid="ignore"):
        expected = np.where(VALUES < 2, VALUES * VALUES + 1, np.sqrt(VALUES))
    place = np.arange(16)
    chosen = np.where(VALUES == 2, place % 4, place // 4)
    assert np.allclose(result, np.concatenate([expected, chosen]))


def test_blocks_of_a_picture_and_small_integers():
    picture, small = np.zeros(5 * 6, np.float32), np.zeros(16, np.uint8)
    move(VALUES, picture, small)
    assert (picture.reshape(6, 5)[1:5, 1:5].reshape(-1) == VALUES).all()
    assert picture.reshape(6, 5)[0].sum() == 0
    assert small.tolist() == list(range(16))
