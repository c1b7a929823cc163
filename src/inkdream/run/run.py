"""A run: a recipe optimised in a folder, which can be stopped at any time and resumed.

The state of a run is `recipe.toml` and `checkpoint.safetensors`; every other file is made from
these two, and can be made again.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from inkdream import recipe as recipes
from inkdream.errors import InputError, RunError, shorten
from inkdream.networks import Network
from inkdream.optimize import scores
from inkdream.optimize.session import Session, check_memory
from inkdream.pictures import Inked
from inkdream.recipe import Recipe, folder_name
from inkdream.recipe.inputs import keep_inputs, read_inputs
from inkdream.run.certificate import Certificate
from inkdream.run.checkpoint import (
    all_finite,
    load_checkpoint,
    save_checkpoint,
    write_drawing,
    write_state,
)
from inkdream.run.events import Step
from inkdream.run.judging import check_judges
from inkdream.run.outputs import write_outputs
from inkdream.storage import (
    CHECKPOINT,
    EVENTS,
    RECIPE,
    STATE,
    is_finished,
    is_run,
    new_folder,
    sweep,
    write_whole,
)

# Seconds between checkpoints, at least; more if one takes over a fiftieth of the time; at most 600.
SECONDS_BETWEEN_CHECKPOINTS, SHARE_OF_TIME, MOST_SECONDS = 5.0, 0.02, 600.0
MOST_EVENTS = 1000
FRAMES = 40
CHECKPOINT_JSON = Path(CHECKPOINT).with_suffix(".json").name
# Frames of progress.gif are thinned to this many px along the longer side.
FRAME_SIDE = 256
# The hard score is measured this seldom: it costs a forward pass on the whole picture.
STEPS_BETWEEN_MEASURES = 10


class Run:
    """A recipe on its way to a drawing, in a folder of its own."""

    def __init__(self, folder: Path, session: Session) -> None:
        """Start a run; use `create` or `open`."""
        self.folder, self.session = folder, session
        self.events: list[dict[str, Any]] = []
        self.frames: list[Inked] = []
        self.seconds: dict[str, float] = {}
        self.score_strict: float | None = None
        # The last saved step.
        self.saved = session.done
        # The step of the drawing in the folder, and when the next drawing is due.
        self._drawn, self._drawing_due = 0, -math.inf

    @classmethod
    def create(
        cls, recipe: Recipe, parent: Path, networks: Mapping[str, Network] | None = None
    ) -> Run:
        """Return a new run in a new folder under `parent`.

        Args:
            recipe: what to draw.
            parent: where its folder goes.
            networks: those that are loaded already; see `Session`.

        Raises:
            InputError, RunError: if the recipe cannot be drawn or the folder cannot be made or
                written; then no folder is left behind.
        """
        check_memory(recipe)
        check_judges(recipe)
        # Missing files are reported before a network is loaded or downloaded, and errors in the
        # recipe before a folder is made.
        inputs, session = read_inputs(recipe), Session(recipe, networks)
        folder = new_folder(parent, folder_name(recipe))
        try:
            session.recipe = keep_inputs(recipe, inputs, folder)
            write_whole(folder / RECIPE, session.recipe.to_toml())
        except RunError:
            shutil.rmtree(folder)
            raise
        return cls(folder, session)

    @classmethod
    def open(cls, folder: Path, networks: Mapping[str, Network] | None = None) -> Run:
        """Return the run in a folder, at the step where it stopped; a finished one has no steps.

        Args:
            folder: the run's.
            networks: those that are loaded already; see `Session`.

        Raises:
            InputError: if the folder is no run's, or its checkpoint is damaged.
        """
        if not is_run(folder):
            raise InputError(f"{folder}: is no run's folder (it has no {RECIPE})")
        recipe = recipes.assemble(folder / RECIPE, {}, [])
        check_memory(recipe)
        run = cls(folder, Session(recipe, networks))
        # A run that was killed before its first checkpoint starts again.
        if (folder / CHECKPOINT).exists() and not run.is_finished:
            run._restore(folder / CHECKPOINT)
        sweep(folder)
        return run

    @property
    def recipe(self) -> Recipe:
        """The recipe that is drawn."""
        return self.session.recipe

    @property
    def is_finished(self) -> bool:
        """Whether all files of the finished run are written."""
        return is_finished(self.folder)

    def steps(self) -> Iterator[Step]:
        """Take the remaining steps, saving regularly; stopping between steps is safe.

        Raises:
            InputError, RunError: if a step cannot be taken, after saving the run as it was before.
        """
        due = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS
        steps = self.session.steps()
        while True:
            try:
                stage, step = next(steps)
            except StopIteration:
                break
            except (InputError, RunError):
                self.save()
                raise
            yield self._note(stage, step)
            if time.monotonic() > due:
                spent = self._save(stopped=False)
                due = time.monotonic() + _pause(spent)
        self.save()

    def save(self) -> None:
        """Write the checkpoint and the events, and the current drawing if it is due.

        Raises:
            RunError: if that fails; the checkpoint before stays.
        """
        self._save(stopped=False)

    def stop(self) -> None:
        """Save a run that is stopped, with the drawing of its last step.

        Raises:
            RunError: if that fails; the checkpoint before stays.
        """
        self._save(stopped=True)

    def finish(self, *, keep_checkpoint: bool = False) -> Certificate:
        """Write the pictures and the certificate of a run whose steps are all taken.

        Args:
            keep_checkpoint: keep the last checkpoint, which nothing needs any more.

        Raises:
            RunError: if a file cannot be written; `inkdream resume` then writes them again.
        """
        certificate = write_outputs(self.folder, self.session, self.frames, self.seconds)
        # The certificate is written last: a run killed from here on is finished.
        names = [STATE] if keep_checkpoint else [STATE, CHECKPOINT, CHECKPOINT_JSON]
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return certificate

    def _save(self, *, stopped: bool) -> float:
        """Save the run, and its drawing if due; return the seconds that the checkpoint took."""
        begun = time.monotonic()
        save_checkpoint(self.folder / CHECKPOINT, self._state())
        lines = "".join(json.dumps(event) + "\n" for event in self.events)
        write_whole(self.folder / EVENTS, lines)
        saved = time.monotonic()
        if stopped or saved >= self._drawing_due or self.session.done == self.session.total_steps:
            write_drawing(self.folder, self.session, self.score_strict, stopped=stopped)
            self._drawn = self.session.done
            self._drawing_due = time.monotonic() + _pause(time.monotonic() - saved)
        facts = {"score": self.score_strict, "seconds": sum(self.seconds.values())}
        write_state(self.folder, self.session, self._drawn, facts, stopped=stopped)
        self.saved = self.session.done
        return saved - begun

    def _note(self, stage: str, step: scores.Step) -> Step:
        begun = time.perf_counter()
        length = self.session.stages[self.session.stage].steps
        last = step.index == length - 1
        if stage == "inks":
            if last or step.index % STEPS_BETWEEN_MEASURES == 0:
                self.score_strict = self.session.hard_score()
            is_frame = last or step.index % max(1, length // FRAMES) == 0
            if is_frame and self.recipe.leaves("pictures"):
                self.frames.append(self.session.result.snapshot().thinned(FRAME_SIDE))
        spent = step.seconds + time.perf_counter() - begun
        self.seconds[stage] = self.seconds.get(stage, 0.0) + spent
        if last or step.index % -(-self.session.total_steps // MOST_EVENTS) == 0:
            self.events.append({"stage": stage, **asdict(step), "score_strict": self.score_strict})
        return Step(
            **vars(step),
            stage=stage,
            done=self.session.done,
            steps=self.session.total_steps,
            score_strict=self.score_strict,
        )

    def _state(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "weights": self._weights(),
            "sketch": self.session.state_dict(),
            "events": self.events,
            "frames": [
                {"labels": torch.from_numpy(frame.labels), "inks": torch.from_numpy(frame.inks)}
                for frame in self.frames
            ],
            "seconds": self.seconds,
            "score_strict": self.score_strict,
        }

    def _weights(self) -> dict[str, str]:
        """Return the digest of each network's weights, which must be the same to resume a run."""
        return {
            name: "random" if network.has_random_weights else network.digest
            for name, network in self.session.networks.items()
        }

    def _restore(self, path: Path) -> None:
        state = load_checkpoint(path)
        if not all_finite(state):
            raise InputError(f"{path}: holds values that are no numbers")
        try:
            # Sizes may agree by chance; the run would then continue another drawing.
            if state["recipe"] != self.recipe.model_dump(mode="json"):
                raise ValueError("it is another recipe's")
            if other := state["weights"].items() ^ self._weights().items():
                names = ", ".join(sorted({name for name, _ in other}))
                raise ValueError(f"it was climbed with other weights of {names}")
            self.session.load_state_dict(state["sketch"])
            self.events, self.seconds = list(state["events"]), dict(state["seconds"])
            self.frames = [
                Inked(frame["labels"].numpy(), frame["inks"].numpy()) for frame in state["frames"]
            ]
            self.score_strict = state["score_strict"]
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError) as error:
            raise InputError(
                f"{path}: does not fit {RECIPE} beside it ({shorten(str(error), 120)})"
            ) from error


def _pause(seconds: float) -> float:
    """Return the seconds to wait after a checkpoint or drawing that took so many."""
    if SECONDS_BETWEEN_CHECKPOINTS == 0:
        return 0.0
    return min(max(SECONDS_BETWEEN_CHECKPOINTS, seconds / SHARE_OF_TIME), MOST_SECONDS)
