"""The loop: climb the gradient of an objective through networks while softness falls to 0.

This file tells the whole story of a run; what the words mean stands where each is defined.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import Drawing
from inkdream.errors import RunError
from inkdream.networks import Network
from inkdream.objectives import Objective
from inkdream.views import Views, whole


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
        leak: the share of the gradient that passes silent ReLUs, by step.
    """

    steps: int
    softness: Callable[[int], float]
    rate: Callable[[int], float]
    leak: Callable[[int], float]


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
    ) -> None:
        """Make ready; nothing is computed yet.

        Args:
            drawing: what is changed.
            networks: by name; frozen.
            objective: what is raised.
            views: how the drawing is seen.
            pace: softness and rates by step.
            generator: the one source of chance, on the CPU.
        """
        self.drawing, self.networks, self.objective = drawing, networks, objective
        self.views, self.pace, self.generator = views, pace, generator
        self.optimiser = torch.optim.Adam(drawing.groups(), betas=(0.9, 0.99))
        self.base_rates = [float(group["lr"]) for group in self.optimiser.param_groups]
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
        for group, base in zip(self.optimiser.param_groups, self.base_rates, strict=True):
            group["lr"] = base * pace.rate(index)

        softness = pace.softness(index)
        image, penalties = self.drawing.render(softness)
        glance = self.views.cast(self.generator)
        seen = self.objective.look(self.networks, image, glance, pace.leak(index))
        scores = self.objective.scores(seen)
        total = self.objective.total(scores)
        # Penalties are in shares of the score: a weight means the same for every network.
        unit = self.objective.size(scores).detach()
        loss = unit * sum(penalties.values(), torch.zeros(())) - total

        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        step = Step(
            index=index,
            scores={name: value.item() for name, value in scores.items()},
            total=total.item(),
            penalties={name: value.item() for name, value in penalties.items()},
            softness=softness,
            seconds=0.0,
        )
        _check(step, self.drawing)
        self.optimiser.step()
        self.done += 1
        self.drawing.project(self.done / pace.steps)
        return replace(step, seconds=time.perf_counter() - begun)

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes: enough to go on bit-identically."""
        return {
            "done": self.done,
            "drawing": self.drawing.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another ascent of the same recipe stopped.

        Raises:
            ValueError, KeyError, RuntimeError: if the state is another recipe's.
        """
        self.drawing.load_state_dict(state["drawing"])
        optimiser = dict(state["optimiser"])
        # JSON, which a checkpoint passes through, turns numbered keys into text.
        optimiser["state"] = {int(key): value for key, value in optimiser["state"].items()}
        self.optimiser.load_state_dict(optimiser)
        self.generator.set_state(state["generator"])
        self.done = int(state["done"])


@torch.no_grad()
def measure(
    networks: Mapping[str, Network], objective: Objective, image: Float[Tensor, "3 H W"]
) -> dict[str, float]:
    """Return each term's score of a picture seen whole and unmoved: what certificates state.

    Args:
        networks: by name.
        objective: its terms.
        image: linear RGB in [0, 1].
    """
    seen = objective.look(networks, image, whole)
    return {name: float(value) for name, value in objective.scores(seen).items()}


def _check(step: Step, drawing: Drawing) -> None:
    """Raise RunError if anything in a step is no number, before it can spoil the drawing."""
    parts = {**step.scores, **{f"penalty {name}": p for name, p in step.penalties.items()}}
    bad = next((name for name, value in parts.items() if not math.isfinite(value)), None)
    slopes = [p.grad for p in drawing.parameters() if p.grad is not None]
    if not bad and not all(bool(torch.isfinite(slope).all()) for slope in slopes):
        bad = f"the gradient of {', '.join(step.scores)}"
    if bad or not math.isfinite(step.total):
        raise RunError(
            f"step {step.index}: {bad or 'the sum of all scores'} is no longer a number; the "
            "drawing is as it was before this step. Lower a weight or the learning rate"
        )
