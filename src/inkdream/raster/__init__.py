"""Strokes into pixels, differentiably: `flatten` curves, then `paint` or `splat` them.

    lines = flatten(points, segments=24)                                # (S, V, 2) px
    picture = paint(lines, radius, weights, inks, 224, 224, softening)  # (3, H, W) linear RGB
    coverage = splat(lines, radius, weights, 224, 224, softening)       # (P, H, W)
    picture = paint_averaged(lines, radius, weights, inks, (224, 224), softening, times=3)

A stroke is a line with round caps and joins; its edge is blurred over 2 * softening px without any
ink lost. A pen's coverage is the union of its strokes. `reference` is the definition; other
backends are two functions each, `forward` and `backward`, and the tensors' device decides between
them. Results are the same to the last bit from run to run and for any number of threads.

Legend: S strokes, V vertices, P pens in plotting order, H W rows and columns of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from inkdream.raster.flatten import flatten
from inkdream.raster.scene import SHARP, Gradients, Inks, Scene, check

__all__ = ["SHARP", "Inks", "flatten", "paint", "paint_averaged", "splat"]


class Backend(NamedTuple):
    """Two functions: from scene and inks to a picture, and from its gradient to theirs."""

    forward: Callable[[Scene, Inks], tuple[Tensor, Any]]
    backward: Callable[[Scene, Inks, Any, Tensor], Gradients]


def paint(
    lines: Float[Tensor, "S V 2"],
    radius: Float[Tensor, " S"],
    weights: Float[Tensor, "S P"],
    inks: Inks,
    height: int,
    width: int,
    softening: float,
) -> Float[Tensor, "3 height width"]:
    """Return the strokes in their inks on paper, in linear RGB.

    Gradients flow to lines, radius, weights, colours and paper, through each pixel's nearest
    segment.

    Args:
        lines: polylines in px, x then y; the first pixel's centre is (1/2, 1/2). They may leave
            the page; a stroke with a coordinate that is not finite is not drawn there.
        radius: half the width of each stroke in px, at least 0.
        weights: how much of each stroke each pen draws, in [0, 1].
        inks: the pens' inks, in plotting order, and the paper.
        height: rows.
        width: columns.
        softening: half the width of the blur of an edge in px; `SHARP` is a sharp edge.

    Raises:
        ValueError: if shapes, types or devices do not fit together, or a size is not above 0.
    """
    return _rasterise(Scene(lines, radius, weights, height, width, softening), inks)


def splat(
    lines: Float[Tensor, "S V 2"],
    radius: Float[Tensor, " S"],
    weights: Float[Tensor, "S P"],
    height: int,
    width: int,
    softening: float,
) -> Float[Tensor, "P height width"]:
    """Return how much of each pixel each pen covers, in [0, 1]; see `paint`."""
    black = Inks(lines.new_zeros(1, 3), lines.new_ones(1), lines.new_ones(3))
    page = height, width, softening
    pens = (paint(lines, radius, own, black, *page)[0] for own in weights.split(1, dim=1))
    return 1 - torch.stack(list(pens))


def paint_averaged(
    lines: Float[Tensor, "S V 2"],
    radius: Float[Tensor, " S"],
    weights: Float[Tensor, "S P"],
    inks: Inks,
    size: tuple[int, int],
    softening: float,
    times: int,
) -> Float[Tensor, "3 height width"]:
    """Return what `paint` draws on a page `times` times finer, each px the mean of a square there.

    Args:
        lines: as radius and softening, in px of the finer page.
        radius: half the width of each stroke.
        weights: how much of each stroke each pen draws, in [0, 1].
        inks: the pens' inks and the paper.
        size: rows and columns of the picture.
        softening: half the width of the blur of an edge.
        times: px of the finer page in one of the picture, each way.

    Raises:
        ValueError: as `paint`, and if `times` is below 1.
    """
    height, width = size
    scene = Scene(lines, radius, weights, height * times, width * times, softening, times)
    return _rasterise(scene, inks)


def backend(lines: Tensor) -> Backend:
    """Return the fastest backend for tensors like these: a kernel if there is one, else torch."""
    name = "sparse_torch"
    if lines.dtype == torch.float32:
        if lines.device.type == "cpu":
            name = "numba_cpu"
        elif lines.device.type == "cuda" and find_spec("triton"):
            name = "triton_gpu"
    module = import_module(f"inkdream.raster.{name}")
    return Backend(module.forward, module.backward)


def _rasterise(scene: Scene, inks: Inks) -> Tensor:
    check(scene, inks)
    lines, radius, weights, *page = scene
    colours, opacity, paper = inks
    result: Tensor = Rasterise.apply(lines, radius, weights, colours, paper, opacity, page)
    return result


class Rasterise(torch.autograd.Function):
    """The one place where kernels meet autograd."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        """Return the picture; keep what backward needs only if something takes a gradient."""
        scene, inks = _unpack(arguments)
        picture, saved = backend(scene.lines).forward(scene, inks)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(*arguments[:6])
            ctx.page, ctx.kept = arguments[6], saved
        return picture

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients in the order of forward's arguments."""
        scene, inks = _unpack((*ctx.saved_tensors, ctx.page))
        pulls = backend(scene.lines).backward(scene, inks, ctx.kept, gradient)
        return (*pulls, None, None)


def _unpack(arguments: tuple[Any, ...]) -> tuple[Scene, Inks]:
    """Return forward's arguments as a scene and inks, detached and contiguous."""
    tensors = [each.detach().contiguous() for each in arguments[:6]]
    lines, radius, weights, colours, paper, opacity = tensors
    return Scene(lines, radius, weights, *arguments[6]), Inks(colours, opacity, paper)
