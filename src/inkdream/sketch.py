"""A recipe climbed in memory: its stages one after the other. Runs add folders; benchmarks do not.

sketch = Sketch(recipe)
for stage, step in sketch.climb():
    print(stage, step.total)
picture = sketch.result.snapshot()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from inkdream import stages
from inkdream.ascent import Ascent, Step, measure
from inkdream.devices import device_of
from inkdream.drawing import Drawing, make
from inkdream.networks import Network
from inkdream.objectives import scoring
from inkdream.recipe import Recipe


class Sketch:
    """A drawing in the making.

    Attributes:
        recipe: what it is made from.
        networks: by name.
        objective: what is climbed.
        stages: the climbs, in order.
        stage: the number of the one at hand.
        ascent: that climb.
        finished: the parameters of the drawings that earlier stages ended with, by name.
    """

    def __init__(self, recipe: Recipe, networks: Mapping[str, Network] | None = None) -> None:
        """Make ready.

        Args:
            recipe: what to draw.
            networks: those that are loaded already, by the names that targets have for them; the
                recipe needs not name them.

        Raises:
            InputError: if the recipe names what is not there.
        """
        self.recipe = recipe
        device = device_of(recipe.device)
        networks = scoring.networks(recipe, networks)
        self.networks = {name: network.to(device) for name, network in networks.items()}
        self.objective = scoring.objective(recipe, self.networks)
        self.stages = stages.stages(recipe)
        self.stage = 0
        self.finished: dict[str, dict[str, Any]] = {}
        self._still: list[str] = []
        self.ascent = self._begin()

    @property
    def name(self) -> str:
        """The name of the stage at hand."""
        return self.stages[self.stage].name

    @property
    def done(self) -> int:
        """Steps taken, of all stages."""
        return sum(stage.steps for stage in self.stages[: self.stage]) + self.ascent.done

    @property
    def steps(self) -> int:
        """Steps to take, of all stages."""
        return sum(stage.steps for stage in self.stages)

    def climb(self) -> Iterator[tuple[str, Step]]:
        """Take the steps that are left; yield each with its stage's name."""
        while True:
            for step in self.ascent.climb():
                if make.is_in_inks(self.name) and self.ascent.done == self.ascent.pace.steps:
                    stages.settle(self.recipe, self.ascent)
                yield self.name, step
            if self.stage == len(self.stages) - 1:
                return
            self._still = self.still
            self.finished[self.name] = self.ascent.drawing.state_dict()
            self.stage += 1
            self.ascent = self._begin()

    def drawing_of(self, stage: str) -> Drawing:
        """Return the drawing of the stage at hand, or that an earlier one ended with."""
        if stage == self.name:
            drawing = self.ascent.drawing
            is_done = self.ascent.done == self.ascent.pace.steps
            # What is measured and written is made on the processor, whose kernels are exact.
            return drawing.cpu() if is_done else drawing
        drawing = make.drawing(self.recipe, stage, torch.Generator(), None)
        drawing.load_state_dict(self.finished[stage])
        return drawing

    @property
    def result(self) -> Drawing:
        """The drawing in inks, as far as it has come.

        Raises:
            LookupError: while the study is still being made.
        """
        if self.name != "inks" and "inks" not in self.finished:
            raise LookupError("the drawing in inks has not begun")
        return self.drawing_of("inks")

    @property
    def still(self) -> list[str]:
        """The terms whose scores never moved while the drawing in inks was climbed."""
        if self.name == "inks":
            return self.ascent.history.still(self.objective.terms)
        return self._still

    def so_far(self) -> Drawing:
        """Return the drawing in inks as far as it has come.

        While a study is made, it is the one that would begin from it now.
        """
        if self.name == "inks" or "inks" in self.finished:
            return self.result
        inks = next(stage for stage in self.stages if stage.name == "inks")
        study = self.ascent.drawing
        return stages.ascent(self.recipe, inks, self.networks, self.objective, study).drawing

    @torch.no_grad()
    def strict_score(self) -> float:
        """Return what the drawing scores with exactly its inks, whole and unmoved."""
        image = self.result.image(0.0)
        return self.objective.total(measure(self.networks, self.objective, image))

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes."""
        return {
            "stage": self.stage,
            "ascent": self.ascent.state_dict(),
            "finished": self.finished,
            "still": self._still,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another sketch of the same recipe stopped.

        Raises:
            ValueError, KeyError, IndexError, RuntimeError: if the state is another recipe's.
        """
        self.finished, self.stage = state["finished"], int(state["stage"])
        self._still = list(state["still"])
        self.ascent = self._begin()
        self.ascent.load_state_dict(state["ascent"])

    def _begin(self) -> Ascent:
        """Return the climb of the stage at hand, from what the stage before it gave."""
        study: Drawing | None = None
        before = next((name for name in ("study", "tile") if name in self.finished), None)
        if before and make.is_in_inks(self.name):
            study = self.drawing_of(before)
        return stages.ascent(
            self.recipe, self.stages[self.stage], self.networks, self.objective, study
        )
