"""A run: a recipe climbed in a folder, so that nothing is lost whenever it is stopped.

All that a run is stands in `recipe.toml` and `checkpoint.safetensors`; every other file is made
from these two, and can be made again.
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
from inkdream.run.certificate import Certificate
from inkdream.run.checkpoint import (
    all_finite,
    keep_inputs,
    load_checkpoint,
    read_inputs,
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

# So often, but not more than a fiftieth of the time is spent on it; and so seldom at most.
SECONDS_BETWEEN_CHECKPOINTS, SHARE_OF_TIME, MOST_SECONDS = 5.0, 0.02, 600.0
MOST_EVENTS = 1000
FRAMES = 40
CHECKPOINT_JSON = Path(CHECKPOINT).with_suffix(".json").name
# Frames of progress.gif are thinned to this many px along the longer side.
FRAME_SIDE = 256
# The strict score is measured this often while climbing: it costs a look at the whole picture.
STEPS_BETWEEN_MEASURES = 10


class Run:
    """A recipe on its way to a drawing, in a folder of its own."""

    def __init__(self, folder: Path, session: Session) -> None:
        """Make ready to climb from the recipe alone; `create` and `open` are the ways in."""
        self.folder, self.session = folder, session
        self.events: list[dict[str, Any]] = []
        self.frames: list[Inked] = []
        self.seconds: dict[str, float] = {}
        self.score_strict: float | None = None
        # The step that was saved last.
        self.saved = session.done
        # Of which step the drawing in the folder is, and when the next one is due.
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
        # Files that are missing are missed before a network is loaded, or downloaded, and words
        # that mean nothing before a folder is made for them.
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
        """Return the run in a folder, where it stopped; a finished one has nothing to go on with.

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
        # Killed before its first checkpoint, a run begins again: that loses nothing.
        if (folder / CHECKPOINT).exists() and not run.is_finished:
            run._restore(folder / CHECKPOINT)
        sweep(folder)
        return run

    @property
    def recipe(self) -> Recipe:
        """What the run is made from."""
        return self.session.recipe

    @property
    def is_finished(self) -> bool:
        """Whether all that the run leaves has been written."""
        return is_finished(self.folder)

    def steps(self) -> Iterator[Step]:
        """Take the steps that are left, saving now and then; stopping between steps is safe.

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
        """Write the checkpoint and the events, and unless that takes too long, the drawing of now.

        Raises:
            RunError: if that fails; the checkpoint before stays.
        """
        self._save(stopped=False)

    def stop(self) -> None:
        """Save a run that ends here for now, with the drawing of its last step.

        Raises:
            RunError: if that fails; the checkpoint before stays.
        """
        self._save(stopped=True)

    def finish(self, *, keep_checkpoint: bool = False) -> Certificate:
        """Write the pictures and the certificate of a run whose steps are all taken.

        Args:
            keep_checkpoint: leave the run's last state there, which nothing needs any more.

        Raises:
            RunError: if a file cannot be written; `inkdream resume` then writes them again.
        """
        certificate = write_outputs(self.folder, self.session, self.frames, self.seconds)
        # The certificate is there: whoever is killed now has lost nothing.
        names = [STATE] if keep_checkpoint else [STATE, CHECKPOINT, CHECKPOINT_JSON]
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return certificate

    def _save(self, *, stopped: bool) -> float:
        """Save the run, its drawing only if that is due; return the seconds without the drawing."""
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
            if last or step.index % max(1, length // FRAMES) == 0:
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
        """Return which weights the networks have: a drawing is gone on with through the same."""
        return {
            name: "random" if network.has_random_weights else network.digest
            for name, network in self.session.networks.items()
        }

    def _restore(self, path: Path) -> None:
        state = load_checkpoint(path)
        if not all_finite(state):
            raise InputError(f"{path}: holds values that are no numbers")
        try:
            # Sizes may fit by chance; the climb would then go on to nobody's drawing.
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
    """Return how long to wait for the next checkpoint, or drawing, after one that took so long."""
    if SECONDS_BETWEEN_CHECKPOINTS == 0:
        return 0.0
    return min(max(SECONDS_BETWEEN_CHECKPOINTS, seconds / SHARE_OF_TIME), MOST_SECONDS)
