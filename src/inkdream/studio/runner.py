"""The processes that draw runs: begun in turn, stopped, and adopted if they outlived a server.

A run's process knows nothing of the studio. It is in a session of its own, so that Ctrl-C in the
terminal is the server's alone, and it goes on if the server is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from inkdream.atlas.local import environment
from inkdream.errors import INTERRUPTED, UNMOVED, InputError, RunError
from inkdream.storage import LIVE, PROCESS, WATCHED, is_finished, is_held
from inkdream.studio.shelf import LOG, Shelf, last_lines
from inkdream.wording import counted

# What a run ends with that was stopped, or that is finished: nothing has failed.
_FINE = (0, UNMOVED, INTERRUPTED, -signal.SIGINT, -signal.SIGTERM)


class Runner:
    """Who draws: at most so many runs at once, the others wait their turn."""

    def __init__(self, shelf: Shelf, most: int) -> None:
        """Make ready, and go on with the queue that another server has left.

        Args:
            shelf: of the runs.
            most: at once, at least 1.
        """
        self.shelf, self.most = shelf, most
        self._ours: dict[str, subprocess.Popen[bytes]] = {}
        self._adopted: dict[str, Path] = {}
        folders = shelf.runs()
        self.adopt(folders)
        shelf.queue = [
            run for run in shelf.kept["queue"] if run in folders and not is_finished(folders[run])
        ]

    @property
    def drawing(self) -> list[str]:
        """The runs that are being drawn, by whomever, that can be stopped from here."""
        adopted = [run for run, folder in self._adopted.items() if process_of(folder) is not None]
        ours = [run for run, process in self._ours.items() if process.poll() is None]
        return [*ours, *(run for run in adopted if run not in self._ours)]

    def adopt(self, folders: Mapping[str, Path]) -> None:
        """Take care of runs that are drawn to be watched, whoever began them.

        Args:
            folders: of all runs, by id.
        """
        self._adopted = {
            run: folder for run, folder in folders.items() if process_of(folder) is not None
        }

    def enqueue(self, run: str) -> None:
        """Draw a run as soon as it is its turn; from where it stopped if it was begun.

        Raises:
            InputError: if it is being drawn, waits already, or is finished.
        """
        folder = self.shelf.places.run(run)
        if is_finished(folder):
            raise InputError(f"{folder.name}: is finished")
        if run in self._ours or is_held(folder):
            raise InputError(f"{folder.name}: is being drawn")
        if run in self.shelf.queue:
            raise InputError(f"{folder.name}: waits already")
        self.shelf.failures.pop(run, None)
        self.shelf.queue.append(run)
        self.shelf.keep()
        self.tick()

    def tick(self) -> list[str]:
        """Note whose processes have ended, and begin those whose turn it is.

        Returns:
            The runs of which something has changed.
        """
        changed = []
        for run, process in list(self._ours.items()):
            if (code := process.poll()) is not None:
                del self._ours[run]
                self.shelf.begun.discard(run)
                self._note_end(run, code)
                changed.append(run)
        while self.shelf.queue and len(self.drawing) < self.most:
            run = self.shelf.queue.pop(0)
            self._begin(run)
            self.shelf.keep()
            changed.append(run)
        return changed

    def stop(self, run: str) -> None:
        """Stop a run after the step in hand; take one that waits out of the queue.

        Asked again, a run that is writing its files stops too; they are made when it is resumed.

        Raises:
            InputError: if it is not being drawn, or by a program that the studio did not begin.
        """
        folder = self.shelf.places.run(run)
        if run in self.shelf.queue:
            self.shelf.queue.remove(run)
            self.shelf.keep()
            return
        ours = self._ours.get(run)
        number = ours.pid if ours else process_of(folder)
        if number is None:
            where = "by another program: stop it there" if is_held(folder) else "by nobody"
            raise InputError(f"{folder.name}: is drawn {where}")
        _interrupt(number)

    def stop_all(self) -> int:
        """Stop all that are being drawn; return how many there were."""
        drawn = self.drawing
        for run in drawn:
            with suppress(InputError):
                self.stop(run)
        return len(drawn)

    def wait(self, seconds: float) -> bool:
        """Wait for the processes that were begun here; return whether all have ended."""
        for process in self._ours.values():
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
        return True

    def _begin(self, run: str) -> None:
        folder = self.shelf.places.run(run)
        words = [sys.executable, "-P", "-m", "inkdream", "resume", str(folder), "--live"]
        try:
            # What a killed process left would be taken for news of this one.
            for name in (PROCESS, LIVE, WATCHED):
                (folder / name).unlink(missing_ok=True)
            with (folder / LOG).open("ab") as log:
                self._ours[run] = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                    env=environment(None),
                )
            self.shelf.begun.add(run)
        except OSError as error:
            self.shelf.failures[run] = f"cannot be begun ({error.strerror or error})"

    def _note_end(self, run: str, code: int) -> None:
        """Remember why a run that was not stopped has not been finished."""
        folder = self.shelf.runs().get(run)
        if folder is None or is_finished(folder) or code in _FINE:
            return
        lines = last_lines(folder / LOG, 1)
        why = f"its process was killed (signal {-code}); resume goes on"
        if code > 0 and lines:
            why = lines[0].removeprefix("inkdream: ")
        self.shelf.failures[run] = why


def process_of(folder: Path) -> int | None:
    """Return the process that draws a run to be watched; None if there is none.

    What a killed process left is not believed: the folder's lock is the system's, and ends with it.
    """
    try:
        number = json.loads((folder / PROCESS).read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) and number > 1 and is_held(folder) else None


def _interrupt(number: int) -> None:
    """Ask a process to stop, as Ctrl-C does.

    Raises:
        RunError: if the system forbids it.
    """
    # Windows has no signals for single processes; what it has reaches their whole group.
    asked = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
    try:
        os.kill(number, asked)
    except ProcessLookupError:
        pass
    except OSError as error:
        raise RunError(f"it cannot be stopped ({error.strerror or error})") from error


def left_running(runner: Runner) -> str:
    """Return what is said of runs that go on without the server; "" if there are none."""
    count = len(runner.drawing)
    return f"{counted(count, 'run')} still drawn; the next studio adopts them" if count else ""
