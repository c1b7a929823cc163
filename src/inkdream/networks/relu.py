"""A ReLU whose gradient can pass through where it is silent."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


class _LeakyGradient(torch.autograd.Function):
    """ReLU forward; backward, `leak` of the gradient passes where the input was negative."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, leak: float) -> Tensor:
        active = values > 0
        ctx.save_for_backward(active)
        ctx.leak = leak
        return values.clamp(min=0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (active,) = ctx.saved_tensors
        (gradient,) = gradients
        return torch.where(active, gradient, gradient * ctx.leak), None


def relu(values: Float[Tensor, "*shape"], leak: float = 0.0) -> Float[Tensor, "*shape"]:
    """Return max(values, 0); its gradient where values <= 0 is `leak` instead of 0.

    With leak > 0 a neuron that is silent on a random start still says how to wake it
    (the "redirected ReLU" of Olah et al., "Feature Visualization", 2017). `values` may be
    overwritten: the layer before needs its weights alone to send the gradient on.

    Args:
        values: any shape.
        leak: in [0, 1].
    """
    if leak > 0.0:
        return _LeakyGradient.apply(values, leak)  # type: ignore[no-any-return]
    return F.relu(values, inplace=values.requires_grad and not values.is_leaf)
