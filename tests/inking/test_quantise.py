"""Pictures in few inks: the nearest of them, or dots whose mean is the picture."""

import numpy as np
import pytest

from inkdream import colour
from inkdream.inking.quantise import diffused, nearest
from inkdream.pens import Pen
from inkdream.pens.pen import seen_inks

BLACK_WHITE = np.array([[1.0, 1, 1], [0, 0, 0]])
FEW = colour.linear_of(["white", "black", "red", "blue", "gold"])


def flat(level, rows=64, columns=64):
    return np.broadcast_to(np.float32(level).reshape(-1, 1, 1), (3, rows, columns)).copy()


def test_every_pixel_takes_the_nearest_ink_in_oklab():
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 1, (3, 31, 17)).astype(np.float32)
    labels = nearest(picture, FEW)
    points = colour.linear_to_oklab(picture.astype(np.float64), axis=0).reshape(3, -1).T
    far = np.linalg.norm(points[:, None] - colour.linear_to_oklab(FEW)[None], axis=2)
    chosen = far[np.arange(len(far)), labels.ravel()]
    np.testing.assert_allclose(chosen, far.min(axis=1), rtol=0, atol=1e-12)


def test_blocks_do_not_change_what_is_nearest(monkeypatch):
    picture = np.random.default_rng(1).uniform(0, 1, (3, 20, 30)).astype(np.float32)
    whole = nearest(picture, FEW)
    monkeypatch.setattr("inkdream.inking.quantise.BLOCK", 7)
    assert (nearest(picture, FEW) == whole).all()


@pytest.mark.parametrize("level", [0.02, 0.1, 0.21, 0.5, 0.8, 0.97])
def test_dots_of_two_inks_have_the_mean_of_the_picture(level):
    labels = diffused(flat([level] * 3), BLACK_WHITE)
    assert (labels == 0).mean() == pytest.approx(level, abs=0.02)


def test_dots_of_many_inks_have_the_mean_of_the_picture():
    weights = np.array([0.3, 0.1, 0.25, 0.05, 0.3])
    mean = weights @ FEW
    labels = diffused(flat(mean, 96, 96), FEW)
    np.testing.assert_allclose(FEW[labels].mean(axis=(0, 1)), mean, atol=0.03)


def test_a_colour_that_no_mixture_makes_does_not_spill_far():
    picture = flat([0, 0, 0], 40, 80)
    picture[2, :, :40] = 1.0  # pure blue, and there is no blue ink
    picture[:, :, 40:] = 0.5
    labels = diffused(picture, BLACK_WHITE)
    assert (labels[:, 50:] == 0).mean() == pytest.approx(0.5, abs=0.04)


def test_dots_are_the_same_every_time():
    picture = np.random.default_rng(2).uniform(0, 1, (3, 33, 21)).astype(np.float32)
    assert (diffused(picture, FEW) == diffused(picture, FEW)).all()


def test_inks_that_are_there_stay_as_they_are():
    labels = np.random.default_rng(3).integers(0, len(FEW), (20, 20))
    picture = FEW[labels].transpose(2, 0, 1).astype(np.float32)
    assert (nearest(picture, FEW) == labels).all()
    assert (diffused(picture, FEW) == labels).mean() > 0.99


def test_transparent_ink_multiplies_the_paper_and_opaque_ink_covers_it():
    dye, paint = (
        Pen(name=n, colour="#ff0000", width=1, opacity=o) for n, o in (("d", 0), ("p", 1))
    )
    bare, over, cover = seen_inks([None, dye, paint], "#0000ff")
    np.testing.assert_allclose(bare, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(over, [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(cover, [1, 0, 0], atol=1e-12)
