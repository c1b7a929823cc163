"""The loop: climb the gradient of an objective through networks while softness falls to 0.

This file tells the whole story of a run; what the words mean stands where each is defined.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import Drawing
from inkdream.errors import RunError
from inkdream.ground import Ground
from inkdream.networks import Network, leaking
from inkdream.objectives import Objective
from inkdream.optimiser import UnitFreeAdam
from inkdream.score_history import ScoreHistory
from inkdream.views import Glance, Views, glances


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


@dataclass(frozen=True)
class Pace:
    """How fast to go, when.

    Attributes:
        steps: how many there are.
        softness: by step; 0 from some step on.
        rate: a factor of all learning rates, by step.
        leak: the share of the gradient that passes what is silent in a network, by step.
        waking: the same in every step for which a score has not moved yet.
    """

    steps: int
    softness: Callable[[int], float]
    rate: Callable[[int], float]
    leak: Callable[[int], float]
    waking: float = 0.0


class Ascent:
    """A climb that can be stopped after any step and taken up again, bit for bit."""

    def __init__(
        self,
        drawing: Drawing,
        networks: Mapping[str, Network],
        objective: Objective,
        views: Views,
        pace: Pace,
        generator: torch.Generator,
        ground: Ground | None = None,
    ) -> None:
        """Make ready; nothing is computed yet.

        Args:
            drawing: what is changed.
            networks: by name; frozen.
            objective: what is raised.
            views: how the drawing is seen.
            pace: softness and rates by step.
            generator: the one source of chance, on the CPU.
            ground: what ink around a figure costs; None for nothing.
        """
        self.drawing, self.networks, self.objective = drawing, networks, objective
        self.views, self.pace, self.generator = views, pace, generator
        self.ground = ground
        self.optimiser = UnitFreeAdam(drawing.groups())
        self.base_rates = [float(group["lr"]) for group in self.optimiser.groups]
        self.history = ScoreHistory()
        self.done = 0

    def climb(self) -> Iterator[Step]:
        """Take the steps that are left, one at each request; never prints, never saves.

        Raises:
            RunError: if a score is no longer a number; names the step and the term.
        """
        while self.done < self.pace.steps:
            yield self.step()

    def step(self) -> Step:
        """Take one step uphill."""
        begun = time.perf_counter()
        index, pace = self.done, self.pace
        for group, base in zip(self.optimiser.groups, self.base_rates, strict=True):
            group["lr"] = base * pace.rate(index)

        softness = pace.softness(index)
        image, penalties = self.drawing.render(softness)
        if self.ground:
            penalties = {**penalties, "ground": self.ground(image)}
        glance = self.views.cast(self.generator)
        asleep = self.history.asleep(self.objective.terms)
        leak = max(pace.leak(index), pace.waking if asleep else 0.0)
        climbed = self.objective.with_aids
        with leaking(leak):
            seen = climbed.look(self.networks, image, glance, leak)
            scores = climbed.scores(seen)
        total = climbed.total(scores)
        # Penalties are in shares of the score: a weight means the same for every network.
        unit = self.objective.size(scores).detach()
        loss = unit * sum(penalties.values(), torch.zeros(())) - total

        # What a score that sleeps is says nothing of the gradient that leaks.
        self.optimiser.backward(loss, 0.0 if asleep else float(unit))
        step = Step(
            index=index,
            scores={name: value.item() for name, value in scores.items()},
            total=self.objective.total(scores).item(),
            penalties={name: value.item() for name, value in penalties.items()},
            softness=softness,
            seconds=0.0,
        )
        _check(step, self.drawing)
        self.optimiser.step()
        self.history.note(step.scores)
        self.done += 1
        self.drawing.project(self.done / pace.steps)
        return replace(step, seconds=time.perf_counter() - begun)

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes: enough to go on bit-identically."""
        return {
            "done": self.done,
            "drawing": self.drawing.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "history": self.history.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another ascent of the same recipe stopped.

        Raises:
            ValueError, KeyError, RuntimeError: if the state is another recipe's.
        """
        self.drawing.load_state_dict(state["drawing"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history.load_state_dict(state["history"])
        self.generator.set_state(state["generator"])
        self.done = int(state["done"])


@torch.no_grad()
def measure(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> dict[str, float]:
    """Return each term's score of a picture, unmoved: what certificates state.

    It is seen whole; a large one in parts, and a score is the mean over them, by the share that a
    term's mask has of each. See `views.glances`.

    Args:
        networks: by name.
        objective: its terms.
        image: linear RGB in [0, 1].
    """
    return {name: float(score) for name, score in _scores(networks, objective, image).items()}


def total(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> Float[Tensor, ""]:
    """Return the weighted sum of what `measure` gives, with its gradient to the picture.

    Of a large picture, one glance is looked at after the other: memory does not grow with it.

    Args:
        networks: by name.
        objective: its terms.
        image: linear RGB in [0, 1].
    """
    parts = glances((image.shape[1], image.shape[2]))
    if len(parts) == 1:
        return objective.total(_scores(networks, objective, image))
    place = image.detach().requires_grad_()
    counts, found = _counts(objective, place, parts), torch.zeros(())
    for number, glance in enumerate(parts):
        scores = objective.scores(objective.look(networks, place, glance))
        mine = {name: counts[name][number] * value for name, value in scores.items()}
        part = objective.total(mine)
        if part.requires_grad:
            part.backward()
        found = found + part.detach()
    slope = torch.zeros_like(place) if place.grad is None else place.grad
    # The difference is 0; its gradient is that of all parts.
    return found + ((image - place.detach()) * slope).sum()


def _scores(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> dict[str, Tensor]:
    parts = glances((image.shape[1], image.shape[2]))
    counts = _counts(objective, image, parts)
    found = dict.fromkeys(counts, torch.zeros(()))
    for number, glance in enumerate(parts):
        scores = objective.scores(objective.look(networks, image, glance))
        found = {name: found[name] + counts[name][number] * scores[name] for name in found}
    return found


def _counts(
    objective: Objective, image: Float[Tensor, "3 H W"], parts: Sequence[Glance]
) -> dict[str, list[float]]:
    """Return how much of each term's score each glance is: its views', by their mask."""
    counts = {}
    for term in objective.terms:
        turned = torch.rot90(image[:1].detach(), term.sight.turn // 90, (1, 2))
        mask = objective.masks[term.sight.mask][None] if term.sight.mask else None
        mask = mask if mask is None else torch.rot90(mask, term.sight.turn // 90, (1, 2))
        seen = [glance(turned if mask is None else mask) for glance in parts]
        light = [float(len(part) if mask is None else part.mean((1, 2, 3)).sum()) for part in seen]
        counts[term.name] = [each / sum(light) if sum(light) else 1 / len(light) for each in light]
    return counts


def _check(step: Step, drawing: Drawing) -> None:
    """Raise RunError if anything in a step is no number, before it can spoil the drawing."""
    parts = {**step.scores, **{f"penalty {name}": p for name, p in step.penalties.items()}}
    bad = next((name for name, value in parts.items() if not math.isfinite(value)), None)
    slopes = [p.grad for p in drawing.parameters() if p.grad is not None]
    # A sum is a number only if all its parts are; large parts may have one that is none.
    doubtful = (slope for slope in slopes if not math.isfinite(float(slope.sum())))
    if not bad and not all(bool(torch.isfinite(slope).all()) for slope in doubtful):
        bad = f"the gradient of {', '.join(step.scores)}"
    if bad or not math.isfinite(step.total):
        raise RunError(
            f"step {step.index}: {bad or 'the sum of all scores'} is no longer a number; the "
            "drawing is as it was before this step. Lower a weight or the learning rate"
        )
