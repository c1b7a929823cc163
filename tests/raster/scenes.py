"""Odd scenes, the backends that draw them, and the judge of gradients."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from inkdream import raster
from inkdream.raster import Inks, reference
from inkdream.raster.scene import Scene

BACKENDS = [
    "numba_cpu",
    "sparse_torch",
    pytest.param(
        "triton_gpu",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("triton") is None, reason="triton is not installed"
        ),
    ),
]

Leaves = dict[str, Tensor]


def use(monkeypatch: pytest.MonkeyPatch, name: str) -> str:
    """Make paint use one backend; return the device it wants."""
    module = importlib.import_module(f"inkdream.raster.{name}")
    chosen = raster.Backend(module.forward, module.backward)
    monkeypatch.setattr(raster, "backend", lambda lines: chosen)
    return "cuda" if name == "triton_gpu" and torch.cuda.is_available() else "cpu"


def wander(seed: int, strokes: int, vertices: int, height: int, width: int) -> Tensor:
    """Random walks that begin on the page and may leave it."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.rand(strokes, 1, 2, generator=generator) * torch.tensor([width, height])
    steps = torch.randn(strokes, vertices, 2, generator=generator) * 4
    steps[:, :1] = 0
    return start + steps.cumsum(1)


def leaves(lines: Tensor, pens: int, seed: int = 0) -> Leaves:
    """Lines with random radii, weights and inks."""
    generator = torch.Generator().manual_seed(seed)
    strokes = len(lines)
    return {
        "lines": lines,
        "radius": torch.rand(strokes, generator=generator) * 2 + 0.2,
        "weights": torch.rand(strokes, pens, generator=generator),
        "colours": torch.rand(pens, 3, generator=generator),
        "paper": torch.rand(3, generator=generator),
    }


def strict(found: Leaves) -> Leaves:
    """Each stroke with one pen, wide enough to cover pixels whole: factors of exactly 0."""
    pens = found["weights"].shape[1]
    chosen = torch.nn.functional.one_hot(found["weights"].argmax(1), pens)
    return found | {"weights": chosen.float(), "radius": found["radius"] + 1.5}


def dots_and_repeats() -> Tensor:
    """A stroke of no length, one whose vertices repeat at its beginning and its end, a closed one.

    Coordinates are sums of powers of 2: which of two coincident vertices takes a gradient is then
    no matter of rounding.
    """
    return torch.tensor(
        [
            [[9.3, 8.1]] * 5,
            [[3.0, 2.0], [3.0, 2.0], [20.0, 12.0], [20.0, 12.0], [20.0, 12.0]],
            [[8.25, 3.0], [25.5, 4.75], [25.0, 14.25], [7.75, 13.5], [8.25, 3.0]],
        ]
    )


SCENES: dict[str, tuple[Callable[[], Leaves], int, int, float]] = {
    "one stroke": (lambda: leaves(wander(1, 1, 7, 17, 31), 4), 17, 31, 0.645),
    "one straight stroke, one pen": (lambda: leaves(wander(2, 1, 2, 17, 31), 1), 17, 31, 0.645),
    "no stroke": (lambda: leaves(torch.zeros(0, 5, 2), 4), 17, 31, 0.645),
    "eight pens": (lambda: leaves(wander(3, 6, 4, 16, 16), 8), 16, 16, 0.645),
    "three pens": (lambda: leaves(wander(4, 7, 5, 13, 21), 3), 13, 21, 1.7),
    "wide halo": (lambda: leaves(wander(5, 5, 4, 17, 31), 4), 17, 31, 8.0),
    "off the page": (lambda: leaves(wander(6, 3, 4, 9, 9) + 500, 2), 17, 31, 0.645),
    "across the page": (
        lambda: leaves(torch.tensor([[[-90.0, -40.0], [120.0, 60.0]]]), 4),
        17,
        31,
        0.645,
    ),
    "dots and repeats": (lambda: leaves(dots_and_repeats(), 4), 17, 31, 0.645),
    "strict": (lambda: strict(leaves(wander(7, 6, 4, 17, 31), 2)), 17, 31, 0.645),
    "one pixel": (lambda: leaves(wander(8, 2, 3, 1, 1), 2), 1, 1, 0.645),
}


def draw(found: Leaves, page: tuple[int, int, float]) -> Tensor:
    """The scene through paint."""
    strokes = found["lines"], found["radius"], found["weights"]
    return raster.paint(*strokes, inks_of(found), *page)


def define(found: Leaves, page: tuple[int, int, float]) -> Tensor:
    """The same through the reference."""
    scene = Scene(found["lines"], found["radius"], found["weights"], *page)
    return reference.picture(scene, inks_of(found))


def black(pens: int = 1) -> Inks:
    """Opaque black inks on white paper: 1 less the picture is what they cover."""
    return Inks(torch.zeros(pens, 3), torch.ones(pens), torch.ones(3))


def inks_of(found: Leaves) -> Inks:
    """Inks from transparent to opaque."""
    pens = len(found["colours"])
    opacity = torch.linspace(0, 1, pens).to(found["colours"])
    return Inks(found["colours"], opacity, found["paper"])


def gradients(
    function: Callable[..., Tensor], found: Leaves, pull: Tensor | None, *rest: Any
) -> tuple[Tensor, Leaves]:
    """A picture and the gradients of its product with `pull` (by default with random numbers)."""
    ready = {name: tensor.clone().requires_grad_() for name, tensor in found.items()}
    picture = function(ready, *rest)
    if pull is None:
        pull = torch.randn(picture.shape, generator=torch.Generator().manual_seed(9)).to(picture)
    pulls = torch.autograd.grad(picture, list(ready.values()), pull, allow_unused=True)
    named = zip(ready, pulls, strict=True)
    return picture.detach(), {name: each for name, each in named if each is not None}


def to(found: Leaves, *where: Any) -> Leaves:
    """All tensors on another device or of another type."""
    return {name: tensor.to(*where) for name, tensor in found.items()}


def judge(measured: Leaves, true: Leaves) -> None:
    """Gradients as vectors: cosine above 0.9999 and relative L2 below 1e-3."""
    assert measured.keys() == true.keys()
    for name in true:
        found, expected = measured[name].double().cpu().flatten(), true[name].flatten()
        assert torch.isfinite(found).all(), name
        if expected.norm() < 1e-9:
            assert found.norm() < 1e-6, name
            continue
        cosine = torch.dot(found, expected) / (found.norm() * expected.norm())
        assert cosine > 0.9999, (name, cosine)
        assert (found - expected).norm() < 1e-3 * expected.norm(), name
