"""The files of runs: atomic writes, file names, and the state of a run.

A file is written aside, flushed to disk, then renamed. Nothing here loads a run itself, so that
a hundred runs are listed at once.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkdream.answering import unforeseen
from inkdream.errors import InkdreamError, InputError, RunError
from inkdream.media import AREAS
from inkdream.toml import read_toml

# The suffix of a file that is still being written; a killed process may leave one behind.
ASIDE = ".aside"
LONGEST = 40
# Seconds between tries to give a file its name where another program reads the older one.
_WAITS = (0.01, 0.05, 0.2, 0.5)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader, or a power cut, finds the old one or the new one.

    Raises:
        RunError: if the disk is full or the folder cannot be written; an older file is kept.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        _put(path, data, lasting=True)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error


def write_aside(path: Path, data: bytes) -> None:
    """Write a file so that readers find the old one or the new one, which a power cut may take.

    Where it cannot be written, the old one stays, and nothing is raised.
    """
    with suppress(OSError):
        _put(path, data, lasting=False)


def _put(path: Path, data: bytes, *, lasting: bool) -> None:
    """Write a file aside and give it its name; on any error the older one is as it was.

    Raises:
        OSError: if it cannot be written.
    """
    # A long name is cut: with what is added, it would be longer than file systems allow.
    aside = path.parent / f".{path.name[:LONGEST]}.{secrets.token_hex(8)}{ASIDE}"
    try:
        # A new file, so that it has the permissions that the system gives to new files.
        with aside.open("xb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        _rename(aside, path)
    except BaseException:
        # Ctrl-C before the rename, too: no half-written file may stay behind.
        _forget(aside)
        raise


def sweep(folder: Path) -> None:
    """Remove the half-written files of killed processes from a folder."""
    for path in folder.glob(f".*{ASIDE}"):
        path.unlink(missing_ok=True)


def new_folder(parent: Path, name: str) -> Path:
    """Make and return a folder `parent/name`, or `parent/name-2`, -3 ... if that is taken.

    Raises:
        InputError: if it cannot be made there.
    """
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        except FileExistsError as error:
            if not parent.is_dir():
                raise InputError(f"{parent}: is a file, not a folder") from error
            number += 1
            continue
        except OSError as error:
            raise InputError(f"{parent}: cannot be written ({error.strerror or error})") from error
        try:
            try_writing(folder)
        except OSError as error:
            folder.rmdir()
            raise InputError(f"{parent}: cannot be written ({error.strerror or error})") from error
        return folder


def try_writing(folder: Path) -> None:
    """Raise OSError if no file can be written in a folder."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0")


def _rename(aside: Path, path: Path) -> None:
    """Give a file its name, over an older one; tried again where another program holds that one.

    Windows refuses it while a viewer or a virus scanner reads the older file, mostly for some ms.
    """
    for wait in _WAITS if sys.platform == "win32" else ():
        try:
            aside.replace(path)
            return
        except PermissionError:
            time.sleep(wait)
    aside.replace(path)


def _forget(path: Path) -> None:
    """Remove a file if it exists; errors are ignored, since an earlier one is being raised."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


if sys.platform != "win32":
    import fcntl

RECIPE, CHECKPOINT, EVENTS = "recipe.toml", "checkpoint.safetensors", "events.jsonl"
# Written after all other files of a finished run.
CERTIFICATE, CERTIFICATE_MD = "certificate.json", "certificate.md"
# Exists while a run is not finished: the steps of its drawing and its checkpoint.
STATE = "state.json"
# While a run is drawn to be watched: who draws it, what it shows, and that somebody looks.
PROCESS, LIVE, WATCHED = "process.json", "live.bin", ".watched"
# Why the last try to go on with a run failed, in one line.
FAILURE = "failure.txt"
DRAWING, SVG, SHEET, PREVIEW = "drawing.png", "drawing.svg", "sheet.html", "preview.png"
# Where something is on paper already, beside drawing.svg: all of that, and no other ink.
PLOTTED = "plotted.svg"

FINISHED, STOPPED, RUNNING, DAMAGED = "finished", "stopped", "running", "damaged"
# A larger file is not read.
MOST_BYTES, MOST_WORDS = 2**22, 2**10


@dataclass(frozen=True)
class Standing:
    """The state of a run, as its files have it.

    Attributes:
        folder: the run's.
        state: "finished", "stopped", "running" or "damaged".
        score: of the hard drawing: of the file if it is finished, else the last measured.
        seconds: of optimisation.
        plot_seconds: of plotting, by the certificate.
        size: of the drawing, in words: px of pixels, mm of a page of strokes.
        bytes: of all its files.
        step: steps taken, of all stages.
        steps: steps in all; None if not known.
        changed: time of the last write, in seconds since 1970.
        why: what is damaged; or why the run failed, if it did not stop because it was asked to.
    """

    folder: Path
    state: str
    score: float | None = None
    seconds: float | None = None
    plot_seconds: float | None = None
    size: str = ""
    bytes: int = 0
    step: int | None = None
    steps: int | None = None
    changed: float = 0.0
    why: str = ""


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Lock a run's folder to this process; the system unlocks it if the process is killed.

    A file system without locks is not locked.

    Raises:
        InputError: if another process has it.
    """
    handle = _locked(folder)
    if handle is None:
        raise InputError(f"{folder}: another process is drawing there; wait until it has ended")
    try:
        yield
    finally:
        if handle >= 0:
            os.close(handle)


@contextmanager
def noting_failure(folder: Path) -> Iterator[None]:
    """Leave in a run's folder why it failed, for whoever looks when its process has gone.

    What an earlier try left is removed. Nothing is left of what was stopped.
    """
    (folder / FAILURE).unlink(missing_ok=True)
    try:
        yield
    except Exception as error:
        is_told = isinstance(error, InkdreamError | OSError)
        line = str(error) if is_told else unforeseen(error)
        write_aside(folder / FAILURE, f"{line}\n".encode())
        raise


def is_held(folder: Path) -> bool:
    """Return whether a process is drawing in a run's folder."""
    handle = _locked(folder)
    if handle is not None and handle >= 0:
        os.close(handle)
    return handle is None


def _locked(folder: Path) -> int | None:
    """Return a handle that locks a folder, -1 where there are no locks; None if another has it."""
    if sys.platform == "win32":
        return -1
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return -1
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        return -1
    return handle


def is_run(folder: Path) -> bool:
    """Return whether a folder is a run's."""
    return (folder / RECIPE).is_file()


def is_finished(folder: Path) -> bool:
    """Return whether all files of a run have been written."""
    return (folder / CERTIFICATE).is_file()


def still_terms(folder: Path) -> list[str]:
    """Return the terms of a finished run whose score never changed, by its certificate."""
    with suppress(OSError, ValueError):
        still = _read_json(folder / CERTIFICATE).get("still")
        if isinstance(still, list):
            return [name for name in still if isinstance(name, str)]
    return []


def unfinished_words(folder: Path) -> str:
    """Return the step of an unfinished run's drawing, in words; "" for any other folder."""
    if is_finished(folder) or not is_run(folder):
        return ""
    with suppress(OSError, ValueError, KeyError, TypeError):
        state = _read_json(folder / STATE)
        return f"step {int(state['drawing_step'])} of {int(state['steps'])}"
    return "a step before the last"


def runs_in(folder: Path) -> list[Path]:
    """Return the runs' folders in a folder, or the folder itself if it is a run's.

    Raises:
        InputError: if it cannot be read.
    """
    if is_run(folder):
        return [folder]
    try:
        inside = sorted(folder.iterdir())
    except NotADirectoryError as error:
        raise InputError(f"{folder}: is a file, not a folder") from error
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror or error})") from error
    return [path for path in inside if path.is_dir() and is_run(path)]


def standing(folder: Path, *, sized: bool = True) -> Standing:
    """Return the state of a run; unreadable files make it "damaged", and raise nothing.

    Args:
        folder: the run's.
        sized: read its recipe, which says the drawing's size: most of what this takes.
    """
    sizes, changed = 0, 0.0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                stat = Path(where, name).stat()
                sizes, changed = sizes + stat.st_size, max(changed, stat.st_mtime)
    facts: dict[str, Any] = {"folder": folder, "bytes": sizes, "changed": changed or time.time()}
    try:
        if sized:
            facts["size"] = _size(read_toml(folder / RECIPE, "a recipe"))
        if is_finished(folder):
            return Standing(state=FINISHED, **facts, **_of_finished(folder))
        facts.update(_of_unfinished(folder))
        if is_held(folder):
            return Standing(state=RUNNING, **facts)
        path = folder / FAILURE
        line = path.read_bytes()[:MOST_WORDS].decode("utf-8", "replace") if path.is_file() else ""
        return Standing(state=STOPPED, **facts, why=line.strip())
    except (InputError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error).removeprefix(f"{folder}{os.sep}")
        return Standing(state=DAMAGED, **facts, why=why)


def _size(recipe: dict[str, Any]) -> str:
    if recipe["medium"] in AREAS:
        return f"{int(recipe['width'])} x {int(recipe['height'])} px"
    return f"{float(recipe['page']['width']):g} x {float(recipe['page']['height']):g} mm"


def _of_finished(folder: Path) -> dict[str, Any]:
    certificate = _read_json(folder / CERTIFICATE)
    # A run that was not asked for a plotter's file has none, and knows no time for it.
    names = (DRAWING, SVG) if "plot_seconds" in certificate else (DRAWING,)
    missing = next((name for name in names if not (folder / name).is_file()), "")
    if missing:
        raise ValueError(f"{missing} is gone")
    plot_seconds = certificate.get("plot_seconds")
    return {
        "score": float(certificate["score_strict"]),
        "seconds": float(certificate["seconds"]),
        "plot_seconds": None if plot_seconds is None else float(plot_seconds),
        "step": int(certificate["steps"]),
        "steps": int(certificate["steps"]),
    }


def _of_unfinished(folder: Path) -> dict[str, Any]:
    path = folder / CHECKPOINT
    if not path.is_file():
        # Killed before its first checkpoint: resuming starts again.
        return {"step": 0}
    _check_tensors(path)
    if not (folder / STATE).is_file():
        return {}
    state = _read_json(folder / STATE)
    score = state.get("score")
    return {
        "score": None if score is None else float(score),
        "seconds": float(state["seconds"]),
        "step": int(state["step"]),
        "steps": int(state["steps"]),
    }


def _check_tensors(path: Path) -> None:
    """Raise ValueError if a safetensors file is damaged or cut short; only its header is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= size - 8:
            raise ValueError(f"{path.name} is damaged or cut short")
        head = json.loads(file.read(length))
    ends = [0, *(int(each["data_offsets"][1]) for name, each in head.items() if name[:2] != "__")]
    if max(ends) != size - 8 - length:
        raise ValueError(f"{path.name} is damaged or cut short")


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} is too large")
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is no JSON") from error
    if not isinstance(table, dict):
        raise ValueError(f"{path.name} holds no table")
    return table
