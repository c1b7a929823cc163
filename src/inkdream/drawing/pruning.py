"""Strokes that bear nothing are left out at the end: what the score does not miss, nobody does.

A stroke's price is, to first order, what the score loses without it, as in the greedy removal of
string art (Birsak et al. 2018) and of reduced vector pictures (Hirschorn et al., "Optimize &
Reduce", 2024); what a batch of them really costs is measured before it goes.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing.strokes import StrokeDrawing

# A stroke whose loss costs less than this share of the score is idle.
IDLE = 1e-3
# At most this share of the strokes goes at once: one's neighbours are worth more once it is gone.
_AT_ONCE = 0.1
_ROUNDS = 24


Score = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]


def prune(drawing: StrokeDrawing, score: Score, most: float) -> int:
    """Leave idle strokes out, the most useless first, and return how many.

    Args:
        drawing: changed.
        score: of a picture in linear RGB, always the same for the same picture.
        most: share of the score that may be lost by all of it.
    """
    before = _score(drawing, score)
    gone = 0
    for _ in range(_ROUNDS if most > 0 else 0):
        there = drawing.is_drawn().nonzero()[:, 0]
        if not len(there):
            break
        worth = drawing.worths(score)[there]
        order = torch.argsort(worth, stable=True)[: max(1, int(len(there) * _AT_ONCE))]
        idle = there[order[worth[order] < IDLE * abs(before)]]
        if not len(idle):
            break
        drawing.leave_out(idle)
        if before - _score(drawing, score) > most * abs(before):
            drawing.take_back(idle)
            break
        gone += len(idle)
    return gone


@torch.no_grad()
def _score(drawing: StrokeDrawing, score: Score) -> float:
    return float(score(drawing.image(0.0)))
