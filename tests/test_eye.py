"""What is seen from a distance: S-CIELAB."""

import numpy as np
import pytest

from inkdream import eye
from inkdream.eye import difference, seen

ROWS, COLUMNS = np.mgrid[:64, :64]


def stripes(pitch, inks=((1, 1, 1), (0, 0, 0))):
    return np.array(inks, float).T[:, COLUMNS // pitch % 2]


def test_plain_colours_and_the_mean_of_all_light_stay():
    plain = np.tile(np.array([0.2, 0.5, 0.9])[:, None, None], (1, 9, 9))
    assert seen(plain, 0.1) == pytest.approx(plain)
    assert seen(stripes(4), 0.1).mean() == pytest.approx(0.5)


def test_fine_lines_are_a_tone_and_coarse_ones_lines():
    grey = np.full((3, 64, 64), 0.5)
    apart = [difference(stripes(pitch), grey, 0.1).mean() for pitch in (2, 4, 8, 16)]
    assert apart == sorted(apart) and apart[0] < 2 and apart[-1] > 15
    # From twice as far, lines twice as wide look the same.
    near = difference(stripes(8), grey, 0.1, 1000).mean()
    assert difference(stripes(8), grey, 0.2, 2000).mean() == pytest.approx(near)


def test_colours_melt_before_tones():
    # Stripes that differ in one of lightness, red against green, blue against yellow.
    kept = []
    for channel in range(3):
        way = 0.1 * eye._FROM_OPPONENT[:, channel]
        after = seen(stripes(8, (0.5 + way, 0.5 - way)), 0.1)
        kept.append(np.ptp(np.tensordot(eye._TO_OPPONENT, after, 1)[channel]) / 0.2)
    assert kept[0] > 2 * kept[1] > 2 * kept[2] > 0


def test_equal_pictures_do_not_differ():
    assert difference(stripes(5), stripes(5), 0.1).max() == 0
