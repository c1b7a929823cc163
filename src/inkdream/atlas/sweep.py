"""Draw all tiles of an atlas: what is done stays, what fails is tried again, then noted.

Whatever ends it, the same call goes on where it stopped.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from inkdream.atlas.engines import Engine, Result, Task
from inkdream.atlas.failures import note_failed
from inkdream.atlas.flags import AtlasFlags
from inkdream.atlas.folder import (
    STATUS,
    is_done,
    open_atlas,
    read_asked,
    tile_folder,
    write_asked,
    write_tile,
)
from inkdream.atlas.units import Base, Unit, fingerprint
from inkdream.errors import InputError, shorten
from inkdream.storage import write_whole

SECONDS_BETWEEN_STATUS = 5.0
LONGEST_ERROR = 300
# Takes a request, and returns a worker's answer.
Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Standing:
    """How far a sweep is.

    Attributes:
        done: tiles that are finished, before and now.
        all: tiles that are asked for.
        failed: tiles that failed for good.
        in_work: tiles that are being drawn.
        tiles_a_minute: since this sweep began.
        seconds_left: at that rate; None while there is none.
    """

    done: int
    all: int
    failed: int
    in_work: int
    tiles_a_minute: float
    seconds_left: float | None


@dataclass(frozen=True)
class News:
    """What happened last.

    Attributes:
        kind: "begun", "drawn", "again" (it failed, and is tried again), "failed" (for good), or
            "waiting" where nothing happened.
        standing: how far all of it is now.
        key: of the tile.
        title: of the tile.
        error: why it failed, in one line.
    """

    kind: str
    standing: Standing
    key: str = ""
    title: str = ""
    error: str = ""


class Sweep:
    """The tiles of an atlas on their way, by one engine."""

    def __init__(
        self, atlas: Path, units: Sequence[Unit], *, tries: int = 3, plots: bool = False
    ) -> None:
        """Find out what is to be done.

        Args:
            atlas: its folder, which is there.
            units: its tiles; one that is named twice is drawn once.
            tries: how often a tile is tried.
            plots: whether tiles have a drawing.svg too.
        """
        self.atlas, self.tries = atlas, tries
        self.failed: dict[str, tuple[str, str]] = {}
        once = {unit.key: unit for unit in units}
        left = [unit for key, unit in once.items() if not is_done(atlas, key, plots=plots)]
        self._all, self._before, self._drawn = len(once), len(once) - len(left), 0
        self._waiting = deque(
            Task(
                unit.key,
                unit.title,
                unit.recipe,
                plots,
                str(tile_folder(atlas, unit.key).absolute()),
            )
            for unit in left
        )
        self._begun = time.monotonic()

    @property
    def left(self) -> int:
        """How many tiles are neither finished nor failed."""
        return self._all - self._before - self._drawn - len(self.failed)

    @property
    def standing(self) -> Standing:
        """How far it is now."""
        minutes = (time.monotonic() - self._begun) / 60
        rate = self._drawn / minutes if minutes > 0 else 0.0
        return Standing(
            done=self._before + self._drawn,
            all=self._all,
            failed=len(self.failed),
            in_work=self.left - len(self._waiting),
            tiles_a_minute=round(rate, 2),
            seconds_left=round(60 * self.left / rate, 1) if rate else None,
        )

    def draw(self, engine: Engine, stop: Sequence[object] = ()) -> Iterator[News]:
        """Draw what is left; yield what happens.

        Args:
            engine: who draws.
            stop: when there is something in it, the tiles in hand are finished, and no more.

        Raises:
            RunError: if a tile cannot be written: the disk is full.
        """
        self._begun, due = time.monotonic(), 0.0
        if stop:
            self._waiting.clear()
        yield News("begun", self._now(bool(stop)))
        for result in engine.draw(self._waiting):
            if stop:
                self._waiting.clear()
            news = self._take(result, is_stopped=bool(stop))
            if time.monotonic() >= due:
                self._write_status(news.standing)
                due = time.monotonic() + SECONDS_BETWEEN_STATUS
            yield news
        note_failed(self.atlas, self.failed)
        self._write_status(self.standing)

    def _take(self, result: Result | None, *, is_stopped: bool) -> News:
        """Write what came of a task, or have it tried again; return what is to be told."""
        if result is None:
            return News("waiting", self._now(is_stopped))
        task, error = result.task, shorten(result.error, LONGEST_ERROR)
        kind = "again"
        if result.files:
            write_tile(self.atlas, task.key, result.files)
            self._drawn += 1
            kind = "drawn"
        elif result.is_final or task.tries + 1 >= self.tries:
            self.failed[task.key] = (task.title, error)
            note_failed(self.atlas, self.failed)
            kind = "failed"
        elif not is_stopped:
            self._waiting.append(replace(task, tries=task.tries + 1))
        return News(kind, self._now(is_stopped), task.key, task.title, error)

    def _now(self, is_stopped: bool) -> Standing:
        """Return how far it is; once it is stopped, what is left is not in work."""
        return replace(self.standing, in_work=0) if is_stopped else self.standing

    def _write_status(self, standing: Standing) -> None:
        write_whole(self.atlas / STATUS, json.dumps(asdict(standing), indent=1) + "\n")


def units_of(asked: Sequence[Base], what: Sequence[str], flags: AtlasFlags, ask: Ask) -> list[Unit]:
    """Return all tiles that are asked for, in order; keep in atlas.toml what that was.

    A worker looks up channels and checks recipes, once: as long as nothing changes, atlas.toml
    knows the answer.

    Args:
        asked: as `units.bases` returned it.
        what: the words it is of.
        flags: the flags it is of.
        ask: of a worker.

    Raises:
        InputError: if there is no such layer or channel, or a recipe cannot be drawn.
        RunError: if atlas.toml cannot be written.
    """
    found = fingerprint(asked, flags.channels)
    known = read_asked(flags.out)
    if known.get("checked") != found or not isinstance(known.get("numbers"), list):
        bases = [
            {"title": base.title, "layer": base.layer, "recipe": tomli_w.dumps(base.example())}
            for base in asked
        ]
        answer = ask({"look_up": bases, "channels": flags.channels})
        if "error" in answer:
            raise InputError(str(answer["error"]))
        known = {**_asked(what, flags), "checked": found, "numbers": answer["channels"]}
        # Only now: what cannot be drawn leaves no folder.
        open_atlas(flags.out)
        write_asked(flags.out, known)
    numbers = [str(number) for number in known["numbers"]]
    return [unit for base in asked for unit in base.units(numbers)]


def _asked(what: Sequence[str], flags: AtlasFlags) -> dict[str, Any]:
    """Return what was asked for, as atlas.toml has it."""
    words: dict[str, Any] = {"what": list(what)}
    for name in ("channels", "seeds", "steps", "width", "set"):
        if (value := getattr(flags, name)) is not None:
            words[name] = value
    if flags.recipe:
        words["recipe"] = flags.recipe.read_text(encoding="utf-8", errors="replace")
    return words
