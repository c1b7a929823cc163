"""The input of every backend: the strokes, their page, and the inks.

Legend: S strokes, V vertices of a stroke's polyline, P pens in plotting order.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

SHARP = 0.645
"""Softening of a sharp edge, in px: the kernel then has the variance of a box one px wide."""

LEAST_LENGTH_SQUARED = 1e-12
"""Segments shorter than the root of this, in px, are points."""

MOST_VERTICES = 1 << 24
"""Vertices of a stroke: kernels keep the number of a pixel's nearest segment as a float32."""


class Scene(NamedTuple):
    """Strokes on a page, in px; a pixel's centre lies at (x + 1/2, y + 1/2).

    Attributes:
        lines: polylines, x then y.
        radius: half the width of each stroke, at least 0.
        weights: how much of each stroke is drawn with each pen, in [0, 1].
        height: rows of the page.
        width: columns of the page.
        softening: half the width of the kernel that blurs an edge, above 0; see `SHARP`.
        times: each px of the picture is the mean of so many px of the page, each way.
    """

    lines: Float[Tensor, "S V 2"]
    radius: Float[Tensor, " S"]
    weights: Float[Tensor, "S P"]
    height: int
    width: int
    softening: float
    times: int = 1


class Inks(NamedTuple):
    """The inks of P pens in plotting order and the paper below them, in linear RGB in [0, 1].

    Attributes:
        colours: what a pen's ink looks like on white paper.
        opacity: 0 multiplies what lies below by the ink's colour, 1 covers it; between, a mixture
            of both results.
        paper: the colour of the bare page.
    """

    colours: Float[Tensor, "P 3"]
    opacity: Float[Tensor, " P"]
    paper: Float[Tensor, " 3"]


class Gradients(NamedTuple):
    """A loss's gradients by what they belong to."""

    lines: Float[Tensor, "S V 2"]
    radius: Float[Tensor, " S"]
    weights: Float[Tensor, "S P"]
    colours: Float[Tensor, "P 3"]
    paper: Float[Tensor, " 3"]


def check(scene: Scene, inks: Inks) -> None:
    """Raise ValueError where shapes, types or devices do not fit, or a size is not above 0.

    Values are not read, which would wait for a GPU. Strokes that are not finite are not drawn.
    """
    lines, radius, weights, height, width, softening, times = scene
    strokes, vertices, pens = lines.shape[0], lines.shape[1], weights.shape[-1]
    if times < 1:
        raise ValueError(f"the page is {times} times finer than its picture; it is so 1 at least")
    if height < 1 or width < 1:
        raise ValueError(f"the page is {width} x {height} px, but must have at least 1 x 1")
    if not softening > 0:
        raise ValueError(f"softening is {softening} px, but must be above 0")
    if pens < 1 or vertices < 2:
        raise ValueError(f"pens: {pens}, vertices: {vertices}; at least 1 and 2 are needed")
    if vertices > MOST_VERTICES:
        raise ValueError(f"a stroke has {vertices} vertices; it may have {MOST_VERTICES} at most")
    expected = {
        "lines": (strokes, vertices, 2),
        "radius": (strokes,),
        "weights": (strokes, pens),
        "colours": (pens, 3),
        "opacity": (pens,),
        "paper": (3,),
    }
    given = {"lines": lines, "radius": radius, "weights": weights, **inks._asdict()}
    for name, tensor in given.items():
        if tuple(tensor.shape) != expected[name]:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, expected {expected[name]}")
        if tensor.dtype != lines.dtype or tensor.device != lines.device:
            raise ValueError(
                f"{name} is {tensor.dtype} on {tensor.device}, "
                f"but lines are {lines.dtype} on {lines.device}"
            )


def least_factor(dtype: torch.dtype) -> float:
    """Return the least factor 1 - weight * coverage, in place of 0.

    It changes no picture by more than rounding, and lets the gradient divide one factor out of the
    product of all.
    """
    return torch.finfo(dtype).eps / 2


def ink_terms(inks: Inks) -> tuple[Float[Tensor, "P 3"], Float[Tensor, "P 3"]]:
    """Return each ink's terms of picture * (1 - coverage * removed) + coverage * added.

    A transparent ink removes 1 - colour and adds nothing; an opaque one removes all and adds its
    colour.
    """
    opacity = inks.opacity[:, None]
    return (1 - opacity) * (1 - inks.colours) + opacity, opacity * inks.colours


def colour_gradient(
    inks: Inks, removed: Float[Tensor, "P 3"], added: Float[Tensor, "P 3"]
) -> Float[Tensor, "P 3"]:
    """Return the gradient to the colours from those to the two `ink_terms`."""
    opacity = inks.opacity[:, None]
    return opacity * added - (1 - opacity) * removed


def averaged(picture: Float[Tensor, "C H W"], times: int) -> Float[Tensor, "C h w"]:
    """Return the mean of each `times` x `times` px."""
    if times == 1:
        return picture
    return torch.nn.functional.avg_pool2d(picture[None], times)[0]


def averaged_backward(gradient: Float[Tensor, "C h w"], times: int) -> Float[Tensor, "C H W"]:
    """Return the gradient to the px that were averaged, from that to their means."""
    if times == 1:
        return gradient
    share = gradient / times**2
    return share.repeat_interleave(times, 1).repeat_interleave(times, 2)


def blocks(size: int, block: int) -> int:
    """Return how many blocks of `block` px span `size` px."""
    return -(-size // block)
