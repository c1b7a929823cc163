"""A curve of colours for torch: one function, whose gradient takes no power again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from inkdream.colour import Bend


class Bent(torch.autograd.Function):
    """Values along a curve; views pass two of them in every step of a climb."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, curve: Bend) -> Tensor:
        """Return values along the curve."""
        results: Tensor = curve(torch, values)
        ctx.curve = curve
        ctx.save_for_backward(values, results)
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, asked: Tensor) -> tuple[Tensor, None]:
        """Return the gradient to the values."""
        return asked * ctx.curve.slopes(torch, *ctx.saved_tensors), None
