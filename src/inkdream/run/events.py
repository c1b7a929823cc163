"""Events of a run: plain records, for a terminal, a notebook or a program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inkdream.optimize import scores
from inkdream.recipe import Recipe
from inkdream.run.certificate import Certificate


@dataclass(frozen=True)
class Started:
    """A run starts, or is resumed.

    Attributes:
        folder: of the run.
        recipe: the recipe it draws.
        done: steps taken before, in all stages.
        steps: steps of all stages.
    """

    folder: Path
    recipe: Recipe
    done: int
    steps: int


@dataclass(frozen=True)
class Stage:
    """A stage starts.

    Attributes:
        name: "study" (in all colours), "tile", "plan" (in areas), "inks" (the drawing itself),
            "comparison" (all colours, to measure against), "fewer" or "more" (another number of
            pens).
    """

    name: str


@dataclass(frozen=True)
class Step(scores.Step):
    """A step was taken.

    Attributes:
        stage: the name of its stage.
        done: steps taken, of all stages.
        steps: steps of all stages.
        score_strict: the last measured score of the hard drawing; None before the first.
    """

    stage: str
    done: int
    steps: int
    score_strict: float | None


@dataclass(frozen=True)
class Saved:
    """The run was saved, and can be resumed from this step.

    Attributes:
        folder: of the run.
        done: steps taken, of all stages.
    """

    folder: Path
    done: int


@dataclass(frozen=True)
class Done:
    """A run is finished, and all its files are written.

    Attributes:
        folder: of the run.
        certificate: what was measured; None if the run was finished before.
    """

    folder: Path
    certificate: Certificate | None


@dataclass(frozen=True)
class Sheet:
    """All variations are drawn.

    Attributes:
        path: of the picture that shows them side by side.
    """

    path: Path


Event = Started | Stage | Step | Saved | Done | Sheet
