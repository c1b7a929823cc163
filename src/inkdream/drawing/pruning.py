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
# At least this share of the strokes stays: where nearly all of them harm, as after a few steps, it
# is no drawing yet, and an empty page would be none at all.
_LEFT = 0.5

Score = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]


def prune(drawing: StrokeDrawing, score: Score, most: float) -> int:
    """Leave idle strokes out, the most useless first, and return how many; half of them stay.

    Args:
        drawing: changed.
        score: of a picture in linear RGB, always the same for the same picture.
        most: share of the score that may be lost by all of it.
    """
    if most <= 0:
        return 0
    before = _score(drawing, score)
    gone, spare = 0, int((1 - _LEFT) * int(drawing.is_drawn().sum()))
    at_once = _AT_ONCE
    for _ in range(_ROUNDS):
        drawn = drawing.is_drawn().nonzero()[:, 0]
        many = min(max(1, int(len(drawn) * at_once)), spare - gone)
        if many <= 0:
            break
        worth = drawing.worths(score)[drawn]
        order = torch.argsort(worth, stable=True)[:many]
        idle = drawn[order[worth[order] < IDLE * abs(before)]]
        if not len(idle):
            break
        drawing.leave_out(idle)
        if before - _score(drawing, score) > most * abs(before):
            drawing.take_back(idle)
            if many == 1:
                break
            at_once /= 2
            continue
        gone += len(idle)
    return gone


@torch.no_grad()
def _score(drawing: StrokeDrawing, score: Score) -> float:
    return float(score(drawing.image(0.0)))
