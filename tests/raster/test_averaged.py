"""Pictures whose px are means of finer ones: every backend against the definition."""

import pytest
import torch

from inkdream.raster import paint, paint_averaged, reference
from inkdream.raster.scene import Scene
from tests.raster.scenes import BACKENDS, gradients, inks_of, judge, leaves, strict, to, use, wander

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:triton.*")

SIZES = {
    "twice": (lambda: leaves(wander(41, 5, 4, 34, 42), 4), (17, 21), 2, 0.645),
    "thrice": (lambda: leaves(wander(42, 6, 5, 33, 39), 3), (11, 13), 3, 1.7),
    "four times, strict": (lambda: strict(leaves(wander(43, 4, 3, 28, 20), 8)), (7, 5), 4, 0.645),
    "five times": (lambda: leaves(wander(44, 3, 4, 45, 20), 1), (9, 4), 5, 0.645),
    "no stroke": (lambda: leaves(torch.zeros(0, 5, 2), 2), (5, 6), 3, 0.645),
    "one pixel": (lambda: leaves(wander(45, 2, 3, 3, 3), 2), (1, 1), 3, 0.645),
}


def average(found, size, times, softening):
    """The scene through `paint_averaged`."""
    strokes = found["lines"], found["radius"], found["weights"]
    return paint_averaged(*strokes, inks_of(found), size, softening, times)


def define(found, size, times, softening):
    """The same through the reference."""
    page = size[0] * times, size[1] * times, softening, times
    return reference.picture(
        Scene(found["lines"], found["radius"], found["weights"], *page), inks_of(found)
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SIZES)
def test_agrees_with_the_definition(monkeypatch, backend, name):
    device = use(monkeypatch, backend)
    make, *page = SIZES[name]
    picture, measured = gradients(average, to(make(), device), None, *page)
    expected, true = gradients(define, to(make(), torch.float64), None, *page)
    assert picture.shape == (3, *page[0])
    assert (picture.cpu() - expected).abs().max() < 3e-6
    judge(measured, true)


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_px_is_the_mean_of_a_square(monkeypatch, backend):
    found = to(leaves(wander(46, 7, 4, 36, 27), 3), use(monkeypatch, backend))
    strokes = found["lines"], found["radius"], found["weights"], inks_of(found)
    fine = paint(*strokes, 36, 27, 0.645)
    means = fine.view(3, 12, 3, 9, 3).mean((2, 4))
    assert torch.allclose(average(found, (12, 9), 3, 0.645), means, atol=1e-6)
    assert torch.equal(average(found, (36, 27), 1, 0.645), fine)


def test_any_number_of_threads_gives_the_same_bits():
    found, before = leaves(wander(47, 60, 9, 210, 270), 4), torch.get_num_threads()
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(gradients(average, found, None, (70, 90), 3, 0.645))
    torch.set_num_threads(before)
    for picture, pulls in results[1:]:
        assert torch.equal(picture, results[0][0])
        assert all(torch.equal(pulls[name], results[0][1][name]) for name in pulls)


def test_a_page_is_at_least_as_fine_as_its_picture():
    with pytest.raises(ValueError, match="at least"):
        average(leaves(wander(48, 2, 3, 8, 8), 2), (8, 8), 0, 0.645)
