"""The processes that read and make files for the server, and what they answer.

Two of them: one for what must be answered at once (recipes, lists), one for what takes seconds
(plots, networks). Each does one thing at a time, and is replaced when it ends or takes too long.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from inkdream.atlas.local import LostWorkerError, Worker
from inkdream.errors import InputError, RunError

MODULE = "inkdream.studio.desk"
# One that has torch loaded is not kept for nobody.
SECONDS_TO_REST = 600.0


class Desk:
    """One process at a time, begun with the first request."""

    def __init__(self, seconds: float) -> None:
        """Make ready.

        Args:
            seconds: that a request may take.
        """
        self._seconds = seconds
        self._worker: Worker | None = None
        self._turn = asyncio.Lock()
        self._used = time.monotonic()

    async def ask(self, task: str, **given: Any) -> Any:
        """Return what a task of `desk.py` answers; waits until those asked for before are done.

        Raises:
            InputError: in one line, if it cannot be done.
            RunError: if the process ends or takes too long, or its files cannot be written; its
                cause has the system's number.
        """
        async with self._turn:
            try:
                worker = self._worker = self._worker or Worker(MODULE, threads=None)
            except OSError as error:
                why = error.strerror or error
                raise RunError(f"no process can be started ({why})") from error
            asking = asyncio.to_thread(worker.ask, {"do": task, **given})
            try:
                answer = await asyncio.wait_for(asyncio.shield(asking), self._seconds)
            except TimeoutError as error:
                self.close()
                raise RunError(f"{task}: took longer than {self._seconds:g} s") from error
            except LostWorkerError:
                self.close()
                raise
            except asyncio.CancelledError:
                # Whoever asked has gone; an answer to come would be taken for another's.
                self.close()
                raise
            finally:
                self._used = time.monotonic()
        if "error" not in answer:
            return answer["answer"]
        if answer["errno"] is None:
            raise InputError(answer["error"])
        raise RunError(answer["error"]) from OSError(answer["errno"], answer["error"])

    def rest(self) -> None:
        """End the process if nobody has asked it anything for some minutes."""
        is_idle = not self._turn.locked() and time.monotonic() - self._used > SECONDS_TO_REST
        if is_idle:
            self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._worker:
            with suppress(OSError):
                self._worker.close()
        self._worker = None
