"""`inkdream list` and `inkdream show`: list runs, and open one."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from inkdream.cli.terminal import Terminal
from inkdream.errors import InputError, shorten, unknown
from inkdream.plot.run_sheet import clock
from inkdream.storage import (
    DAMAGED,
    DRAWING,
    FINISHED,
    PREVIEW,
    SHEET,
    STOPPED,
    Standing,
    is_run,
    runs_in,
    standing,
)
from inkdream.wording import command, shell_word

USUAL = Path("runs")
MIB = 2**20
LONGEST_WHY = 60
HEADINGS = ("score", "drawn in", "plotted in", "size", "MB", "state", "run")


def list_runs(folder: Path | None, *, as_json: bool = False) -> int:
    """Print the state of every run in a folder, the last changed at the end.

    Args:
        folder: of runs, or a run's own; None for `runs`.
        as_json: as a list of tables, for programs.

    Raises:
        InputError: if there is no such folder.
    """
    place = folder or USUAL
    folders = runs_in(place) if folder or place.exists() else []
    known = sorted(map(standing, folders), key=lambda each: (each.changed, each.folder))
    console = Terminal(soft_wrap=True)
    if as_json:
        # Not by the console, which wraps text.
        print(json.dumps([record(each) for each in known], indent=2))
        return 0
    if not known:
        console.print(f"{place}: there are no runs here; inkdream draw makes one")
        return 0
    rows = [HEADINGS, *map(_row, known)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        *first, state, name = (text.rjust(width) for text, width in zip(row, widths, strict=True))
        # Last, and not padded: a name is never cut, and can be copied.
        console.print("  ".join([*first, state.strip().ljust(widths[-2]), name.strip()]))
    stopped = [each.folder for each in known if each.state == STOPPED]
    if stopped:
        console.print(f"\nto go on: {command()} resume {shell_word(stopped[-1])}")
    return 0


def record(run: Standing) -> dict[str, Any]:
    """Return the state of a run for programs; unknown values are None."""
    return {
        "folder": str(run.folder),
        "state": run.state,
        "why": run.why or None,
        "step": run.step,
        "steps": run.steps,
        "score": run.score,
        "seconds": run.seconds,
        "plot_seconds": run.plot_seconds,
        "size": run.size or None,
        "bytes": run.bytes,
        "changed": datetime.fromtimestamp(run.changed).astimezone().isoformat("T", "seconds"),
    }


def show_run(run: Path | None, *, only_path: bool = False) -> int:
    """Open the sheet of a run in the browser, or its drawing if it is not finished.

    Without a browser, only the file's path is printed.

    Args:
        run: a run's folder, or its name in `runs`; None for the one that changed last.
        only_path: print the path and open nothing.

    Raises:
        InputError: if there is no such run, or it has no drawing yet.
    """
    folder = _folder_of(run)
    file = next(
        (folder / name for name in (SHEET, PREVIEW, DRAWING) if (folder / name).is_file()), None
    )
    if file is None:
        again = f"go on with inkdream resume {shell_word(folder)}"
        raise InputError(f"{folder}: has no drawing yet; {again}")
    console = Terminal(soft_wrap=True)
    console.print(str(file))
    if not only_path and not _open(file):
        console.print("no browser was found here: open that file with what shows pictures")
    return 0


def _row(run: Standing) -> Sequence[str]:
    """Return a table's row: '-' is not known."""
    state = run.state
    if state == DAMAGED:
        state = f"{state}: {shorten(run.why, LONGEST_WHY)}"
    elif state != FINISHED and run.step is not None:
        state += f" at step {run.step}" + (f" of {run.steps}" if run.steps else "")
        state += f": {shorten(run.why, LONGEST_WHY)}" if run.why else ""
    return (
        "-" if run.score is None else f"{run.score:.4g}",
        "-" if run.seconds is None else clock(run.seconds),
        "-" if run.plot_seconds is None else clock(run.plot_seconds),
        run.size or "-",
        f"{run.bytes / MIB:.1f}",
        state,
        str(run.folder),
    )


def _folder_of(run: Path | None) -> Path:
    if run is None:
        folders = runs_in(USUAL) if USUAL.exists() else []
        if not folders:
            raise InputError(f"{USUAL}: there are no runs here; name a run's folder")
        return max(map(standing, folders), key=lambda each: (each.changed, each.folder)).folder
    # A file of a run stands for the run.
    for folder in (run, USUAL / run, *([run.parent] if run.is_file() else [])):
        if is_run(folder):
            return folder
    if run.is_dir():
        raise InputError(f"{run}: is no run's folder; inkdream list {run} shows what is in it")
    names = [path.name for path in runs_in(USUAL)] if USUAL.is_dir() else []
    if not names:
        raise InputError(f"{run}: there is no such run")
    raise unknown("run", str(run), names)


def _open(file: Path) -> bool:
    """Return whether a browser opens a file."""
    try:
        return webbrowser.open(file.resolve().as_uri())
    except (webbrowser.Error, OSError, ValueError):
        return False
