"""A run: a recipe climbed in a folder, so that nothing is lost whenever it is stopped.

All that a run is stands in `recipe.toml` and `checkpoint.safetensors`; every other file is made
from these two, and can be made again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from inkdream import build, recipe as recipes
from inkdream.ascent import Ascent, Step, measure
from inkdream.errors import InputError
from inkdream.recipe import Recipe
from inkdream.run.certificate import Certificate
from inkdream.run.checkpoint import all_finite, load_checkpoint, save_checkpoint
from inkdream.run.files import new_folder, write_whole
from inkdream.run.outputs import Frame, write_outputs

RECIPE, CHECKPOINT, EVENTS = "recipe.toml", "checkpoint.safetensors", "events.jsonl"
CERTIFICATE = "certificate.json"

SECONDS_BETWEEN_CHECKPOINTS = 5.0
MOST_EVENTS = 1000
FRAMES = 40
# The strict score is measured this often while climbing: it costs a look at the whole picture.
STEPS_BETWEEN_MEASURES = 10


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands after a step.

    Attributes:
        stage: what is being done: "study", "inks" or "comparison".
        done: steps taken, of all stages.
        steps: steps to take, of all stages.
        step: what happened in this one.
        score_strict: the last strict score that was measured; None before the first.
    """

    stage: str
    done: int
    steps: int
    step: Step
    score_strict: float | None


class Run:
    """A recipe on its way to a drawing, in a folder of its own."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Make ready to climb from the recipe alone; `create` and `open` are the ways in."""
        self.folder, self.recipe = folder, recipe
        self.networks = build.networks(recipe)
        self.objective = build.objective(recipe, self.networks)
        self.stages = build.stages(recipe)
        self.stage = 0
        self.finished: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.frames: list[Frame] = []
        self.seconds: dict[str, float] = {}
        self.score_strict: float | None = None
        self.ascent = self._begin()

    @classmethod
    def create(cls, recipe: Recipe, parent: Path) -> Run:
        """Return a new run in a new folder under `parent`.

        Raises:
            InputError: if the recipe cannot be drawn or the folder cannot be made; then no
                folder is left behind.
        """
        build.check_memory(recipe)
        # Words that mean nothing must be found before a folder is made for them.
        build.objective(recipe, build.networks(recipe))
        folder = new_folder(parent, recipe.slug)
        write_whole(folder / RECIPE, recipe.to_toml())
        return cls(folder, recipe)

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Return the run in a folder, where it stopped.

        Raises:
            InputError: if the folder is no run's, or its checkpoint is damaged.
        """
        if not (folder / RECIPE).is_file():
            raise InputError(f"{folder}: is no run's folder (it has no {RECIPE})")
        run = cls(folder, recipes.assemble(folder / RECIPE, {}, []))
        # Killed before its first checkpoint, a run begins again: that loses nothing.
        if (folder / CHECKPOINT).exists():
            run._restore(folder / CHECKPOINT)
        return run

    @property
    def is_finished(self) -> bool:
        """Whether all that the run leaves has been written."""
        return self.done == self.steps and (self.folder / CERTIFICATE).is_file()

    @property
    def done(self) -> int:
        """Steps taken, of all stages."""
        return sum(stage.steps for stage in self.stages[: self.stage]) + self.ascent.done

    @property
    def steps(self) -> int:
        """Steps to take, of all stages."""
        return sum(stage.steps for stage in self.stages)

    def climb(self) -> Iterator[RunProgress]:
        """Take the steps that are left, saving now and then; stopping between steps is safe."""
        saved = time.monotonic()
        while True:
            for step in self.ascent.climb():
                yield self._note(step)
                if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    self.save()
                    saved = time.monotonic()
            if self.stage == len(self.stages) - 1:
                break
            self.finished[self._name] = self.ascent.drawing.state_dict()
            self.stage += 1
            self.ascent = self._begin()
        self.save()

    def save(self) -> None:
        """Write the checkpoint and the events.

        Raises:
            RunError: if that fails; the checkpoint before stays.
        """
        save_checkpoint(self.folder / CHECKPOINT, self._state())
        lines = "".join(json.dumps(event) + "\n" for event in self.events)
        write_whole(self.folder / EVENTS, lines)

    def finish(self) -> Certificate:
        """Write the pictures and the certificate of a run whose steps are all taken."""
        return write_outputs(self)

    def drawing_of(self, stage: str) -> Any:
        """Return the drawing that a stage ended with."""
        if stage == self._name:
            return self.ascent.drawing
        drawing = build.drawing(self.recipe, stage, torch.Generator(), None)
        drawing.load_state_dict(self.finished[stage])
        return drawing

    @property
    def _name(self) -> str:
        return self.stages[self.stage].name

    def _begin(self) -> Ascent:
        """Return the climb of the stage at hand, from what the stage before it gave."""
        return build.ascent(
            self.recipe, self.stages[self.stage], self.networks, self.objective, self.drawing_of
        )

    def _note(self, step: Step) -> RunProgress:
        name = self._name
        self.seconds[name] = self.seconds.get(name, 0.0) + step.seconds
        last = self.ascent.done == self.stages[self.stage].steps
        if name == "inks":
            if step.index % STEPS_BETWEEN_MEASURES == 0 or last:
                begun = time.perf_counter()
                self.score_strict = self._measure()
                self.seconds[name] += time.perf_counter() - begun
            if last or step.index % max(1, self.stages[self.stage].steps // FRAMES) == 0:
                self.frames.append(Frame.of(self.ascent.drawing.inked()))
        if last or step.index % -(-self.steps // MOST_EVENTS) == 0:
            event = {"stage": name, **asdict(step), "score_strict": self.score_strict}
            self.events.append(event)
        return RunProgress(name, self.done, self.steps, step, self.score_strict)

    @torch.no_grad()
    def _measure(self) -> float:
        image = self.ascent.drawing.image(0.0)
        return self.objective.total(measure(self.networks, self.objective, image))

    def _state(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "ascent": self.ascent.state_dict(),
            "finished": self.finished,
            "events": self.events,
            "frames": [frame.state_dict() for frame in self.frames],
            "seconds": self.seconds,
            "score_strict": self.score_strict,
        }

    def _restore(self, path: Path) -> None:
        state = load_checkpoint(path)
        if not all_finite(state):
            raise InputError(f"{path}: holds values that are no numbers")
        try:
            self.finished = state["finished"]
            self.stage = int(state["stage"])
            self.ascent = self._begin()
            self.ascent.load_state_dict(state["ascent"])
            self.events, self.seconds = state["events"], state["seconds"]
            self.frames = [Frame.from_state(frame) for frame in state["frames"]]
            self.score_strict = state["score_strict"]
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError) as error:
            why = " ".join(str(error).split())[:120]
            raise InputError(f"{path}: does not fit {RECIPE} beside it ({why})") from error
