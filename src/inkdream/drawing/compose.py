"""A large picture from its preferences in one pass: what torch does map by map, row by row.

The same as choosing shares and mixing inks (`softness.choose`, `softness.harden`), and the total
variation of the shares; but nothing of the picture's size is kept on the way.

Legend: K inks, H W px of the picture, h w of the maps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.autograd.function import once_differentiable

from inkdream.drawing import compose_kernels as kernels
from inkdream.drawing.softness import HARD_GRADIENT_SOFTNESS
from inkdream.raster.lanes import use_torch_threads

# Rows that a thread takes at a time, an even number of them; sums are made band by band, so that
# they do not depend on the number of threads.
_BAND = 64


def compose(
    wants: Float[Tensor, "K h w"],
    size: tuple[int, int],
    inks: Float[Tensor, "K 3"],
    softness: float,
    strict: Callable[[UInt8[Tensor, "H W"]], UInt8[Tensor, "H W"]] | None = None,
) -> tuple[Float[Tensor, "3 H W"], Float[Tensor, ""], UInt8[Tensor, "H W"]]:
    """Return a picture in linear RGB, its borders, and at softness 0 each px's ink.

    Borders are half the sum of the mean absolute differences of the shares, down and to the right.
    At softness 0 both have the gradient of shares at `HARD_GRADIENT_SOFTNESS`.

    Args:
        wants: preferences, float32 on the CPU, of the picture's size or half of it (rounded up).
        size: rows and columns of the picture.
        inks: linear RGB.
        softness: in [0, 1].
        strict: what the choice at softness 0 must obey besides; see `softness.harden`.
    """
    image, borders, labels = Compose.apply(wants, size, inks, softness, strict)
    return image, borders, labels


class Compose(torch.autograd.Function):
    """The one place where these kernels meet autograd."""

    @staticmethod
    def forward(
        ctx: Any,
        wants: Tensor,
        size: tuple[int, int],
        inks: Tensor,
        softness: float,
        strict: Callable[[Tensor], Tensor] | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return picture, borders and ink numbers."""
        use_torch_threads()
        wants, inks = wants.detach().contiguous(), inks.detach().contiguous()
        height, width = size
        times = 1 if tuple(wants.shape[1:]) == tuple(size) else 2
        if tuple(wants.shape[1:]) != (-(-height // times), -(-width // times)):
            raise ValueError(f"maps of {tuple(wants.shape[1:])} px make no picture of {size} px")
        inverse = np.float32(1 / (softness or HARD_GRADIENT_SOFTNESS))
        ctx.plan = (inverse, softness == 0, times, _BAND)
        image = wants.new_empty(3, height, width)
        labels = torch.zeros(height, width, dtype=torch.uint8)
        sums = np.zeros((-(-height // _BAND), 2))
        kernels.forward(
            wants.numpy(), inks.numpy(), ctx.plan, (image.numpy(), labels.numpy(), sums)
        )
        if softness == 0 and strict:
            # Inks learn where they are drawn, which is not everywhere that they were chosen.
            labels = strict(labels)
            image = inks.T[:, labels.flatten().long()].reshape(image.shape)
        ctx.weights = (0.5 / max(1, (height - 1) * width), 0.5 / max(1, height * (width - 1)))
        ctx.save_for_backward(wants, inks, labels)
        ctx.mark_non_differentiable(labels)
        return image, wants.new_tensor(float(sums.sum(0) @ np.array(ctx.weights))), labels

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, asked: Tensor, borders: Tensor, _: Tensor) -> Any:
        """Return the gradients to wants and inks."""
        use_torch_threads()
        wants, inks, labels = ctx.saved_tensors
        pull = torch.zeros_like(wants)
        sums = np.zeros((-(-len(labels) // _BAND), *inks.shape))
        weights = tuple(np.float32(weight * float(borders)) for weight in ctx.weights)
        given = (wants.numpy(), inks.numpy(), labels.numpy(), asked.contiguous().numpy())
        kernels.backward(given, ctx.plan, weights, (pull.numpy(), sums))
        return pull, None, torch.from_numpy(sums.sum(0)).to(inks), None, None
