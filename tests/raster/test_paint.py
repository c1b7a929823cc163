"""The door to the rasteriser: threads, chunks, bad input, and what a wide edge is for."""

import math

import pytest
import torch

from inkdream.raster import SHARP, Inks, numba_cpu, numba_ink, paint, reference, sparse_torch, splat
from inkdream.raster.scene import Scene
from tests.raster.scenes import black, define, draw, gradients, judge, leaves, to, wander


@pytest.fixture(autouse=True)
def restore_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_any_number_of_threads_gives_the_same_bits():
    found = leaves(wander(31, 60, 9, 70, 90), 4)
    pictures, pulls = [], []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        picture, pull = gradients(draw, found, None, (70, 90, 1.5))
        assert torch.get_num_threads() == threads
        pictures.append(picture)
        pulls.append(pull)
    for picture, pull in zip(pictures[1:], pulls[1:], strict=True):
        assert torch.equal(picture, pictures[0])
        assert all(torch.equal(pull[name], pulls[0][name]) for name in pull)


@pytest.mark.parametrize("module, limit", [(numba_cpu, "ROOM"), (sparse_torch, "PAIRS")])
def test_the_size_of_a_chunk_changes_nothing(monkeypatch, module, limit):
    found = leaves(wander(32, 30, 5, 40, 50), 3)
    dtype = torch.float32 if module is numba_cpu else torch.float64
    whole, pulls = gradients(draw, to(found, dtype), None, (40, 50, SHARP))
    monkeypatch.setattr(module, limit, 50)
    cut, pulls_cut = gradients(draw, to(found, dtype), None, (40, 50, SHARP))
    assert torch.equal(whole, cut)
    assert all(torch.allclose(pulls[name], pulls_cut[name], atol=1e-12) for name in pulls)


def test_memory_of_blocks_that_no_stroke_meets_is_not_read(monkeypatch):
    found, unmet = leaves(wander(35, 5, 4, 30, 30), 3), numba_ink.unmet

    def spoilt(blocks, pens):
        clear = unmet(blocks, pens)
        clear.left.fill(math.nan)
        return clear

    expected, true = gradients(draw, found, None, (90, 120, SHARP))
    monkeypatch.setattr(numba_ink, "unmet", spoilt)
    picture, measured = gradients(draw, found, None, (90, 120, SHARP))
    assert torch.equal(picture, expected)
    assert all(torch.equal(measured[name], true[name]) for name in true)


def test_more_vertices_than_a_byte_counts():
    found = leaves(wander(33, 2, 400, 24, 24), 2)
    picture, measured = gradients(draw, found, None, (24, 24, SHARP))
    expected, true = gradients(define, to(found, torch.float64), None, (24, 24, SHARP))
    assert (picture - expected).abs().max() < 3e-6
    judge(measured, true)


def test_arrays_that_are_not_in_one_piece():
    found = leaves(wander(34, 4, 5, 20, 20), 3)
    apart = dict(found, lines=found["lines"].transpose(1, 2).contiguous().transpose(1, 2))
    pull = torch.ones(()).expand(3, 20, 20)
    expected = gradients(draw, found, torch.ones(3, 20, 20), (20, 20, SHARP))
    measured = gradients(draw, apart, pull, (20, 20, SHARP))
    assert torch.equal(expected[0], measured[0])
    assert torch.equal(expected[1]["lines"], measured[1]["lines"])


def test_many_opaque_layers_stay_finite():
    lines = torch.tensor([[[2.0, 4.5], [9.0, 4.5]]]).expand(40, -1, -1).clone()
    found = leaves(lines, 1) | {"weights": torch.ones(40, 1), "radius": torch.full((40,), 3.0)}
    picture, pulls = gradients(draw, found, None, (9, 11, SHARP))
    assert torch.isfinite(picture).all()
    assert all(torch.isfinite(each).all() for each in pulls.values())


def test_splat_is_the_coverage_of_the_definition():
    found = leaves(wander(36, 5, 4, 17, 31), 3)
    strokes = [found[name] for name in ("lines", "radius", "weights")]
    expected = reference.coverage(Scene(*(each.double() for each in strokes), 17, 31, SHARP))
    assert (splat(*strokes, 17, 31, SHARP) - expected).abs().max() < 3e-6


def test_a_wide_edge_finds_a_far_target():
    for softening, found in ((24.0, True), (SHARP, False)):
        lines, radius, weights = _line(8.0)
        lines.requires_grad_()
        seen = paint(lines, radius, weights, black(), 48, 48, softening)
        blurred = paint(*_line(24.0), black(), 48, 48, softening)
        (pull,) = torch.autograd.grad(((seen - blurred) ** 2).sum(), lines)
        assert (pull[..., 0].sum() < -1e-4).item() is found


def _line(x: float):
    return torch.tensor([[[x, 12.0], [x, 36.0]]]), torch.ones(1), torch.ones(1, 1)


def _good():
    return leaves(wander(35, 2, 3, 8, 8), 2)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"radius": torch.ones(3)}, "radius has shape"),
        ({"weights": torch.ones(3, 2)}, "weights has shape"),
        ({"weights": torch.ones(2, 0)}, "pens: 0"),
        ({"lines": torch.ones(2, 1, 2)}, "vertices: 1"),
        ({"radius": torch.ones(2, dtype=torch.float64)}, "radius is torch.float64"),
        ({"colours": torch.ones(3, 3)}, "colours has shape"),
        ({"paper": torch.ones(4)}, "paper has shape"),
    ],
)
def test_tensors_that_do_not_fit(change, words):
    found = _good() | change
    inks = Inks(found["colours"], torch.zeros(2), found["paper"])
    # A checker of annotations, where there is one, is first to complain.
    with pytest.raises(Exception) as caught:
        paint(found["lines"], found["radius"], found["weights"], inks, 8, 8, SHARP)
    assert words in str(caught.value) or "type-check" in str(caught.value).lower()


@pytest.mark.parametrize("page", [(0, 8, 0.5), (8, 0, 0.5), (8, 8, 0.0), (8, 8, float("nan"))])
def test_pages_that_cannot_be(page):
    with pytest.raises(ValueError, match="must"):
        draw(_good(), page)
