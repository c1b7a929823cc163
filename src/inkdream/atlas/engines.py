"""Who draws tiles: the one interface of all engines, and what goes in and comes out of them.

An engine takes tasks from a queue, never more at once than it can draw, and yields their results
as they end. It knows nothing of the atlas: whoever asked writes what comes back.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Protocol, runtime_checkable

import inkdream


@dataclass(frozen=True)
class Task:
    """One tile to draw.

    Attributes:
        key: of its recipe.
        title: what it is called.
        recipe: TOML.
        plots: whether its drawing.svg is wanted too.
        folder: where it may keep a checkpoint while it lasts; "" for nowhere.
        tries: how often it was tried before.
    """

    key: str
    title: str
    recipe: str
    plots: bool = False
    folder: str = ""
    tries: int = 0

    def message(self) -> dict[str, Any]:
        """Return what a worker needs of it, for JSON."""
        return {
            "key": self.key,
            "title": self.title,
            "recipe": self.recipe,
            "plots": self.plots,
            "folder": self.folder,
        }


@dataclass(frozen=True)
class Result:
    """What came of a task.

    Attributes:
        task: the task.
        files: the tile's, by name; none if it failed.
        error: what went wrong, in one line.
        is_final: whether it is of no use to try again: the input is bad, or the engine has tried.
    """

    task: Task
    files: Mapping[str, bytes]
    error: str = ""
    is_final: bool = False


@runtime_checkable
class Engine(Protocol):
    """Draws tiles, several at once."""

    def draw(self, waiting: deque[Task]) -> Iterator[Result | None]:
        """Draw tasks until none is waiting and none is in work.

        Tasks are taken from the left when there is room for one; more may be appended while this
        goes on, and those not yet taken may be removed. An engine whose workers draw many at once,
        as on a GPU, takes as many for each.

        Yields:
            Results as they end, and None about once a second when none does.
        """

    def close(self) -> None:
        """End all workers, whatever they do."""


def result_of(task: Task, answer: Mapping[str, Any]) -> Result:
    """Return what a worker's answer to a task says."""
    if "files" not in answer:
        return Result(task, {}, str(answer["error"]), bool(answer["is_final"]))
    files = {name: base64.b64decode(data) for name, data in answer["files"].items()}
    return Result(task, files)


@cache
def versions() -> dict[str, str]:
    """Return the versions that tiles depend on; torch is not loaded for that."""
    return {"inkdream": inkdream.__version__, "torch": metadata.version("torch")}
