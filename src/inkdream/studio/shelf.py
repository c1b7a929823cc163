"""The runs on the shelf: what each is, how far it has come, and what the studio keeps about it.

All of it is read from the runs' own files, so that it is right whoever drew them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkdream.errors import InputError
from inkdream.storage import (
    CERTIFICATE,
    DAMAGED,
    DRAWING,
    FINISHED,
    PREVIEW,
    PROCESS,
    RUNNING,
    STOPPED,
    SVG,
    Standing,
    is_held,
    standing,
    write_whole,
)
from inkdream.studio.places import Places

QUEUED, STARTING, FINISHING, FAILED = "queued", "starting", "finishing", "failed"
# What may be asked for of a run's files, by name.
FILES = (
    *("drawing.png", "drawing.svg", "preview.png", "preview.gif", "progress.gif", "palette.gpl"),
    *("palette.hex", "soft.png", "compare.png", "sheet.html", "recipe.toml", "certificate.md"),
    "certificate.json",
)
_SHOWN = {"drawing": DRAWING, "svg": SVG, "preview": PREVIEW, "certificate": CERTIFICATE}
LONGEST_NAME = 120
LOG = "log.txt"


@dataclass
class _Seen:
    """A run as it was when its folder had this time, and was held or not.

    Files come there whole, by rename, which the folder's time tells. Who writes them holds it, so
    that after the last of them it is looked at once more.
    """

    times: tuple[bool, int]
    standing: Standing
    has: dict[str, bool]
    version: int


class Shelf:
    """All runs of a folder."""

    def __init__(self, places: Places) -> None:
        """Read what was kept about them.

        Args:
            places: where they lie.
        """
        self.places = places
        self.queue: list[str] = []
        # Why a run that was begun here ended without being finished.
        self.failures: dict[str, str] = {}
        # Whose processes were begun here, and may not have come to their folders yet.
        self.begun: set[str] = set()
        # Titles are found by a process that reads recipes; until then a run has its folder's name.
        self.about: dict[str, dict[str, str]] = {}
        self._seen: dict[str, _Seen] = {}
        self.kept: dict[str, Any] = {"stars": [], "names": {}, "parents": {}, "queue": []}
        with suppress(OSError, ValueError):
            kept = json.loads(places.state.read_text(encoding="utf-8"))
            for key, usual in self.kept.items():
                if isinstance(kept, dict) and isinstance(kept.get(key), type(usual)):
                    self.kept[key] = kept[key]

    def keep(self) -> None:
        """Write stars, names, parents and the queue.

        Raises:
            RunError: if they cannot be written.
        """
        self.kept["queue"] = list(self.queue)
        self.places.home.mkdir(parents=True, exist_ok=True)
        write_whole(self.places.state, json.dumps(self.kept, indent=1) + "\n")

    def star(self, run: str, starred: bool) -> None:
        """Remember that a run is liked, or not any more."""
        stars = [each for each in self.kept["stars"] if each != run]
        self.kept["stars"] = [*stars, run] if starred else stars
        self.keep()

    def rename(self, run: str, name: str) -> None:
        """Give a run a name of its own; its folder keeps its name. "" takes it away.

        Raises:
            InputError: if it is too long.
        """
        if len(name) > LONGEST_NAME:
            raise InputError(f"name: at most {LONGEST_NAME} letters")
        self.kept["names"].pop(run, None)
        if name.strip():
            self.kept["names"][run] = " ".join(name.split())
        self.keep()

    def descends(self, run: str, parent: str) -> None:
        """Remember of which run another one is a fork."""
        self.kept["parents"][run] = parent
        self.keep()

    def runs(self) -> dict[str, Path]:
        """Return the folders of all runs by id; what is gone is forgotten."""
        folders = self.places.runs()
        for run in self._seen.keys() - folders.keys():
            del self._seen[run]
        self.queue = [run for run in self.queue if run in folders]
        return folders

    def summaries(self) -> list[dict[str, Any]]:
        """Return the summaries of all runs, the one that changed last first."""
        every = [self.summary(run, folder) for run, folder in self.runs().items()]
        return sorted(every, key=lambda each: each["changed"], reverse=True)

    def summary(self, run: str, folder: Path) -> dict[str, Any]:
        """Return what the strip of runs shows of one."""
        held = is_held(folder)
        seen = self._look(run, folder, held)
        now, about = seen.standing, self.about.get(run, {})
        return {
            "id": run,
            "name": self.kept["names"].get(run, ""),
            "folder": folder.name,
            "title": about.get("title", folder.name),
            "medium": about.get("medium", ""),
            "state": self._state(run, now, held),
            "step": now.step or 0,
            "steps": now.steps,
            "score": now.score,
            "seconds": now.seconds,
            "plot_seconds": now.plot_seconds,
            "changed": now.changed,
            "starred": run in self.kept["stars"],
            "parent": self.kept["parents"].get(run),
            "why": now.why or self.failures.get(run, ""),
            "version": seen.version,
            "is_ours": run in self.begun or (held and (folder / PROCESS).is_file()),
            "has": seen.has,
        }

    def _state(self, run: str, now: Standing, held: bool) -> str:
        if run in self.queue:
            return QUEUED
        if now.state in (FINISHED, DAMAGED):
            return now.state
        if held or run in self.begun:
            if not now.step:
                return STARTING
            return FINISHING if now.steps and now.step >= now.steps else RUNNING
        return FAILED if now.why or run in self.failures else STOPPED

    def _look(self, run: str, folder: Path, held: bool) -> _Seen:
        """Return a run as it is, read again only if its files have changed."""
        times = (held, _time(folder))
        seen = self._seen.get(run)
        if seen is None or seen.times != times:
            has = {name: (folder / file).is_file() for name, file in _SHOWN.items()}
            version = _time(folder / DRAWING) // 1_000_000
            seen = _Seen(times, standing(folder, sized=False), has, version)
            self._seen[run] = seen
        return seen

    def log(self, run: str) -> list[str]:
        """Return the last lines of what a run's process printed."""
        return last_lines(self.places.run(run) / LOG)

    def files(self, folder: Path) -> list[str]:
        """Return which of the files that may be asked for a run has."""
        return [name for name in FILES if (folder / name).is_file()]

    def untitled(self) -> dict[str, Path]:
        """Return the runs whose titles are not known yet."""
        return {run: folder for run, folder in self.runs().items() if run not in self.about}

    def entitle(self, folders: Mapping[str, Path], titles: Mapping[str, dict[str, str]]) -> None:
        """Take down titles by the names of folders; what has none is not asked for again."""
        for run, folder in folders.items():
            self.about[run] = titles.get(folder.name, {})


def last_lines(path: Path, most: int = 12) -> list[str]:
    """Return the last lines of a text, in at most 4 KiB of its end; none if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 4096))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-most:]


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
