"""The loop: raise the score of what networks see in a drawing, while softness falls to 0.

`OptimisationLoop.step` is the whole story: render, look, score, backward, project.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import Drawing
from inkdream.networks import Network, damping, leaking
from inkdream.objectives import Objective
from inkdream.objectives.views import Views
from inkdream.optimize.optimiser import UnitFreeAdam
from inkdream.optimize.schedule import Schedule
from inkdream.optimize.scores import ScoreHistory, Step, check_finite

# The share of the score that a picture's ink costs.
Ground = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]


class OptimisationLoop:
    """Raise an objective by changing a drawing; it can stop after any step and go on bit for bit.

    `generator`, on the CPU, is its only source of random numbers; `networks` go by their names.
    """

    def __init__(
        self,
        drawing: Drawing,
        networks: Mapping[str, Network],
        objective: Objective,
        views: Views,
        schedule: Schedule,
        generator: torch.Generator,
        ground: Ground | None = None,
    ) -> None:
        self.drawing, self.networks, self.objective = drawing, networks, objective
        self.views, self.schedule, self.generator = views, schedule, generator
        self.ground = ground
        self.optimiser = UnitFreeAdam(drawing.groups())
        self.base_rates = [float(group["lr"]) for group in self.optimiser.groups]
        self.history = ScoreHistory()
        self.done = 0

    def steps(self) -> Iterator[Step]:
        """Take the steps that are left, one at each request.

        Raises:
            RunError: if a score is no longer a number; names the step and the term.
        """
        while self.done < self.schedule.steps:
            yield self.step()

    def step(self) -> Step:
        """Take one step uphill."""
        begun, index, schedule = time.perf_counter(), self.done, self.schedule
        for group, base in zip(self.optimiser.groups, self.base_rates, strict=True):
            group["lr"] = base * schedule.rate(index)

        softness = schedule.softness(index)
        image, penalties = self.drawing.render(softness)
        if self.ground:
            penalties = {**penalties, "ground": self.ground(image)}
        sample = self.views.sample(self.generator)
        is_asleep = self.history.asleep(self.objective.terms)
        leak = max(schedule.leak(index), schedule.waking if is_asleep else 0.0)
        objective = self.objective.with_aids
        with leaking(leak), damping(schedule.residual):
            features = objective.look(self.networks, image, sample, leak)
            scores = objective.scores(features)
        total = objective.total(scores)
        # Penalties are in shares of the score: a weight means the same for every network.
        score_scale = self.objective.size(scores).detach()
        loss = score_scale * sum(penalties.values(), torch.zeros(())) - total

        # The size of a score that does not move says nothing of the gradient that leaks.
        self.optimiser.backward(loss, 0.0 if is_asleep else float(score_scale))
        step = Step(
            index=index,
            scores={name: value.item() for name, value in scores.items()},
            total=self.objective.total(scores).item(),
            penalties={name: value.item() for name, value in penalties.items()},
            softness=softness,
            seconds=0.0,
        )
        check_finite(step, self.drawing)
        self.optimiser.step()
        self.history.note(step.scores)
        self.done += 1
        self.drawing.project(self.done / schedule.steps)
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
        """Go on where another loop of the same recipe stopped.

        Raises:
            ValueError, KeyError, RuntimeError: if the state is another recipe's.
        """
        for name in ("drawing", "optimiser", "history"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.done = int(state["done"])
