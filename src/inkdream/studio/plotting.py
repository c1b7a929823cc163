"""Plots of runs, made again for the page with other pens and pages, and kept by what was asked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkdream.storage import DRAWING, SVG, write_whole
from inkdream.studio.desks import Desk
from inkdream.studio.places import NotThereError, contained
from inkdream.studio.shelf import Shelf

OWN = "own"
ORDER, ANSWER = "order.bin", "answer.json"
# Of plots made for the page, all runs together.
MOST_PLOTS, MOST_BYTES = 200, 2**28


class Plotting:
    """Who makes plots, and where they lie."""

    def __init__(self, shelf: Shelf, desk: Desk) -> None:
        """Make ready.

        Args:
            shelf: of the runs.
            desk: who makes them.
        """
        self._places, self._desk = shelf.places, desk

    async def plot(self, run: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a plot's files and figures; one that was made before is not made again.

        Args:
            run: its id.
            options: flags of `inkdream plot`; none for the run's own drawing.svg.

        Raises:
            InputError, RunError: if it cannot be made.
        """
        options = {name: value for name, value in options.items() if value not in (None, "", False)}
        plot = self._digest(run, options)
        out = self._places.plots(run, plot)
        if (out / ANSWER).is_file() and (out / ORDER).is_file():
            answer = json.loads((out / ANSWER).read_text(encoding="utf-8"))
        else:
            folder = str(self._places.run(run))
            given = {"options": options} if options else {}
            task = "plot" if options else "own_plot"
            answer = await self._desk.ask(task, run=folder, out=str(out), **given)
            write_whole(out / ANSWER, json.dumps(answer))
            self._forget_old(out)
        base = f"/api/runs/{run}"
        place = f"{base}/plot/{plot}" if options else f"{base}/file"
        return {
            "id": plot if options else OWN,
            "own": not options,
            "urls": {name: f"{place}/{name}" for name in answer["files"]},
            "order": f"{base}/order?plot={plot if options else OWN}",
            **answer,
        }

    async def order(self, run: str, plot: str) -> Path:
        """Return the file that says in what order a plot is drawn.

        Raises:
            InputError, RunError: if there is no such plot.
        """
        if plot == OWN:
            await self.plot(run, {})
            plot = self._digest(run, {})
        return contained(self._places.plots(run, plot), ORDER)

    def file(self, run: str, plot: str, name: str) -> Path:
        """Return a file of a plot that was made.

        Raises:
            NotThereError: if there is none of that name.
        """
        folder = self._places.plots(run, plot)
        try:
            answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise NotThereError(f"{name[:60]}: is not there") from error
        if name not in answer["files"]:
            raise NotThereError(f"{name[:60]}: is not there")
        return contained(folder, name)

    def _forget_old(self, newest: Path) -> None:
        """Remove the plots that were made longest ago; they are made again if they are asked for.

        Args:
            newest: the folder of one that stays, however large it is.
        """
        made = []
        for path in (self._places.home / "plots").glob(f"*/*/{ANSWER}"):
            with suppress(OSError):
                used = sum(each.stat().st_size for each in path.parent.iterdir())
                made.append((path.parent == newest, path.stat().st_mtime_ns, used, path.parent))
        taken = 0
        for number, (is_newest, _, used, folder) in enumerate(sorted(made, reverse=True)):
            taken += used
            if not is_newest and (number >= MOST_PLOTS or taken > MOST_BYTES):
                shutil.rmtree(folder, ignore_errors=True)

    def _digest(self, run: str, options: Mapping[str, Any]) -> str:
        """Return the name of a plot: of what it is made of, and how."""
        folder = self._places.run(run)
        made_of = []
        for name in (SVG, DRAWING):
            path = folder / name
            made_of.append(path.stat().st_mtime_ns if path.is_file() else 0)
        words = json.dumps([run, made_of, options], sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()[:16]
