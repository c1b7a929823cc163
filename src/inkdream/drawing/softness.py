"""From soft to strict: the one rule that every kind of drawing obeys, and its schedule.

Softness is 1 while inks blend freely and 0 when every mark has exactly one ink.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

# At softness 0 the forward pass is strict, and gradients flow as if the choice had this softness.
# Sharper, and only pixels at a border learn; softer, and the gradient answers another question.
HARD_GRADIENT_SOFTNESS = 0.5


def choose(logits: Float[Tensor, "K *rest"], softness: float) -> Float[Tensor, "K *rest"]:
    """Return how much of each of K options is taken; the shares of a mark sum to 1.

    Args:
        logits: preferences, K options first.
        softness: in [0, 1]. Above 0: a softmax at that temperature. At 0: exactly one option,
            the largest logit (the first of equals), with the softmax's gradient
            (straight-through estimator; Bengio, Léonard and Courville 2013).

    Raises:
        ValueError: if softness lies outside [0, 1].
    """
    if not 0.0 <= softness <= 1.0:
        raise ValueError(f"softness is {softness}, but must lie in [0, 1]")
    if softness > 0.0:
        return F.softmax(logits / softness, dim=0)
    return harden(F.softmax(logits / HARD_GRADIENT_SOFTNESS, dim=0))


def harden(
    shares: Float[Tensor, "K *rest"],
    strict: Callable[[Int[Tensor, "*rest"]], Int[Tensor, "*rest"]] | None = None,
) -> Float[Tensor, "K *rest"]:
    """Return the strict choice for soft shares, with the shares' gradient; see `choose`.

    Args:
        shares: of K options, first.
        strict: what a strict choice must obey besides: takes the numbers of the largest shares
            and returns those that may be (specks merged, say). The gradient passes as without.
    """
    numbers = largest(shares)
    numbers = strict(numbers) if strict else numbers
    hard = torch.zeros_like(shares).scatter_(0, numbers[None], 1.0)
    # Not hard + shares - shares.detach(): rounding would leave values not quite 0 or 1.
    return straight_through(shares, hard)


def straight_through(soft: Float[Tensor, "*any"], hard: Float[Tensor, "*any"]) -> Tensor:
    """Return exactly the hard values, with the gradient of the soft ones."""
    return _StraightThrough.apply(soft, hard)  # type: ignore[no-any-return]


@torch.no_grad()
def largest(values: Float[Tensor, "K *rest"]) -> Int[Tensor, "*rest"]:
    """Return argmax(0), the first of equals; map by map it is many times as fast."""
    numbers = torch.zeros_like(values[0], dtype=torch.int64)
    best = values[0].clone()
    for number, value in enumerate(values[1:].unbind(), 1):
        numbers.masked_fill_(value > best, number)
        torch.maximum(best, value, out=best)
    return numbers


class _StraightThrough(torch.autograd.Function):
    """The hard values forward, the soft values' gradient backward."""

    @staticmethod
    def forward(ctx: Any, soft: Tensor, hard: Tensor) -> Tensor:
        return hard

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None
