"""What changes from step to step: softness, learning rates, and the leak."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """What changes from step to step; each function takes a step's index, from 0.

    Attributes:
        steps: how many there are.
        softness: 0 from some step on.
        rate: the factor of all learning rates.
        leak: the share of the gradient that passes what is silent in a network.
        waking: that share in steps before which a score has not moved yet.
        residual: the share of the gradient that passes residual branches, in all steps.
    """

    steps: int
    softness: Callable[[int], float]
    rate: Callable[[int], float]
    leak: Callable[[int], float]
    waking: float = 0.0
    residual: float = 1.0


def falling_softness(
    steps: int, start: float, end: float, hard_from: float
) -> Callable[[int], float]:
    """Return softness by step: it falls geometrically from `start` to `end`, then is 0.

    >>> softness = falling_softness(steps=10, start=1.0, end=0.01, hard_from=0.5)
    >>> [round(softness(step), 3) for step in range(7)]
    [1.0, 0.316, 0.1, 0.032, 0.01, 0.0, 0.0]

    Args:
        steps: of the loop.
        start: of the first step, in (0, 1].
        end: of the last step that is not hard, in (0, start].
        hard_from: the share of the steps after which the picture is hard, in [0, 1].
    """
    soft_steps = round(steps * hard_from)

    def softness(step: int) -> float:
        if step >= soft_steps:
            return 0.0
        progress = step / max(soft_steps - 1, 1)
        return math.exp(math.log(start) * (1 - progress) + math.log(end) * progress)

    return softness


def rate(progress: float, warm_up: float, last: float) -> float:
    """Return the factor of the learning rates: up in a line, then down along a cosine.

    Args:
        progress: the share of the steps that are done, in [0, 1].
        warm_up: the share of the steps in which the factor rises to 1.
        last: the factor at the end.
    """
    rise = min(1.0, (progress + 0.01) / (warm_up + 0.01))
    return rise * (last + (1 - last) * 0.5 * (1 + math.cos(math.pi * progress)))
