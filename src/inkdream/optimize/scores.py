"""Scores of a picture as it is, whether scores move, and whether they are numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import Drawing
from inkdream.errors import RunError
from inkdream.networks import Network
from inkdream.objectives import Objective, Term
from inkdream.objectives.views import ViewSample, samples

# From so many scores on it can be said that a term does not move.
_FEWEST = 2
# The tails of GELU, SiLU, Mish and Hardswish are silent, too, but not quite: they fall, by no more
# than this, before they rise. Uphill is then where they are more silent still.
_DIP = -0.375


@dataclass(frozen=True)
class Step:
    """What happened in one step.

    Attributes:
        index: from 0.
        scores: each term's score on this step's views; higher is better.
        total: the weighted sum of scores.
        penalties: each penalty, weighted, in shares of the score.
        softness: in [0, 1].
        seconds: how long the step took.
    """

    index: int
    scores: dict[str, float]
    total: float
    penalties: dict[str, float]
    softness: float
    seconds: float


@torch.no_grad()
def measure(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> dict[str, float]:
    """Return each term's score of a picture (linear RGB in [0, 1]) as certificates state it.

    The picture is seen whole, without jitter. A large one is seen in parts: a score is then the
    mean over the parts, weighted by the share that a term's mask has of each. See `views.samples`.
    """
    return {name: float(score) for name, score in _scores(networks, objective, image).items()}


def total_score(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> Float[Tensor, ""]:
    """Return the weighted sum of what `measure` gives, with its gradient to the picture.

    Of a large picture, one part is looked at after the other: memory does not grow with it.
    """
    parts = samples((image.shape[1], image.shape[2]))
    if len(parts) == 1:
        return objective.total(_scores(networks, objective, image))
    pixels = image.detach().requires_grad_()
    shares, total = _shares(objective, pixels, parts), torch.zeros(())
    for number, sample in enumerate(parts):
        scores = objective.scores(objective.look(networks, pixels, sample))
        part = objective.total(
            {name: shares[name][number] * value for name, value in scores.items()}
        )
        if part.requires_grad:
            part.backward()
        total = total + part.detach()
    gradient = torch.zeros_like(pixels) if pixels.grad is None else pixels.grad
    # The difference is 0; its gradient is that of all parts.
    return total + ((image - pixels.detach()) * gradient).sum()


def _scores(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> dict[str, Tensor]:
    parts = samples((image.shape[1], image.shape[2]))
    shares = _shares(objective, image, parts)
    means = dict.fromkeys(shares, torch.zeros(()))
    for number, sample in enumerate(parts):
        scores = objective.scores(objective.look(networks, image, sample))
        means = {name: means[name] + shares[name][number] * scores[name] for name in means}
    return means


def _shares(
    objective: Objective, image: Float[Tensor, "3 H W"], parts: Sequence[ViewSample]
) -> dict[str, list[float]]:
    """Return how much of each term's score each part is: by its views, or by their mask."""
    shares = {}
    for term in objective.terms:
        turned = torch.rot90(image[:1].detach(), term.term_view.turn // 90, (1, 2))
        mask = objective.masks[term.term_view.mask][None] if term.term_view.mask else None
        mask = mask if mask is None else torch.rot90(mask, term.term_view.turn // 90, (1, 2))
        views = [sample(turned if mask is None else mask) for sample in parts]
        light = [float(len(each) if mask is None else each.mean((1, 2, 3)).sum()) for each in views]
        shares[term.name] = [each / sum(light) if sum(light) else 1 / len(light) for each in light]
    return shares


class ScoreHistory:
    """What the scores of a climb did so far."""

    def __init__(self) -> None:
        self._count = 0
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._moved: set[str] = set()

    def note(self, scores: Mapping[str, float]) -> None:
        """Take note of the scores of a step, by the names of terms."""
        if not self._count:
            self._first = dict(scores)
        self._last = dict(scores)
        self._moved |= {name for name, score in scores.items() if score != self._first[name]}
        self._count += 1

    def asleep(self, terms: Sequence[Term]) -> bool:
        """Return whether a term that could be better is, after the last step, where it began."""
        return self._count >= _FEWEST and any(self._sleeps(term) for term in terms)

    def still(self, terms: Sequence[Term]) -> list[str]:
        """Return the names of terms that could be better and never moved."""
        return [
            term.name
            for term in terms
            if self._count >= _FEWEST and term.name not in self._moved and self._can_rise(term)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes."""
        return {
            "count": self._count,
            "first": self._first,
            "last": self._last,
            "moved": sorted(self._moved),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another one stopped."""
        self._count = int(state["count"])
        self._first, self._last = dict(state["first"]), dict(state["last"])
        self._moved = set(state["moved"])

    def _sleeps(self, term: Term) -> bool:
        first, last = self._first[term.name], self._last[term.name]
        is_in_dip = term.degree > 0 and term.weight > 0 and _DIP <= first <= 0 and _DIP <= last <= 0
        return (last == first or is_in_dip) and self._can_rise(term)

    def _can_rise(self, term: Term) -> bool:
        """Return whether there is a better score: what is avoided, and is 0, is avoided."""
        return term.weight > 0 or self._first[term.name] > 0


def check_finite(step: Step, drawing: Drawing) -> None:
    """Raise RunError if a score, a penalty or a gradient is no number, before it spoils a drawing.

    Args:
        step: what the step gave; the gradients stand in the drawing's parameters.
        drawing: as it was before the step.
    """
    values = {**step.scores, **{f"penalty {name}": p for name, p in step.penalties.items()}}
    bad = next((name for name, value in values.items() if not math.isfinite(value)), None)
    gradients = [p.grad for p in drawing.parameters() if p.grad is not None]
    # A sum is a number only if all its parts are; large parts may have one that is none.
    doubtful = (each for each in gradients if not math.isfinite(float(each.sum())))
    if not bad and not all(bool(torch.isfinite(each).all()) for each in doubtful):
        bad = f"the gradient of {', '.join(step.scores)}"
    if bad or not math.isfinite(step.total):
        raise RunError(
            f"step {step.index}: {bad or 'the sum of all scores'} is no longer a number; the "
            "drawing is as it was before this step. Lower a weight or the learning rate"
        )
