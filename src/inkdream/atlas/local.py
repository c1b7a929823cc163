"""Draw tiles on this machine: worker processes that are kept, one thread each.

A worker is a process of its own, which answers over pipes. One that is killed, by whomever, is
replaced, and its tile is tried again by whoever asked for it. On Linux they are forked from one
process that has loaded torch and the network, which takes seconds; elsewhere each loads its own.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import IO, Any

from inkdream.atlas.engines import Result, Task, result_of
from inkdream.errors import InputError, RunError
from inkdream.forking import CAN_FORK, Forks

# A worker is replaced after so many tiles: whatever a library may leak ends with it.
MOST_TASKS = 200
MODULE = "inkdream.atlas.worker"
SECONDS_BETWEEN_LOOKS = 1.0
# One tile a processor: so many threads would only wait for each other. Those that wait do so
# without computing.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


class LostWorkerError(RunError):
    """A worker ended without an answer."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker:
    """A process that answers requests: by default one that draws tiles."""

    def __init__(self, module: str = MODULE, *, threads: int | None = 1) -> None:
        """Start it.

        Args:
            module: what it runs: one that reads a request in each line, and answers in one.
            threads: for its computing; None for as many as there are processors.

        Raises:
            OSError: if no process can be started.
        """
        # In a session of its own: Ctrl-C in the terminal is for the one that asks, which lets
        # tiles in hand be finished.
        self._process = subprocess.Popen(
            # -P: not what lies in the folder that one is in, whatever its name.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            # What Windows has instead of sessions; other systems take 0 and nothing else.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            env=environment(threads),
        )
        assert self._process.stdin and self._process.stdout
        self._pipes: tuple[IO[bytes], IO[bytes]] = self._process.stdin, self._process.stdout
        self.pid, self.asked = self._process.pid, 0

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            LostWorkerError: if the process ends before it answers.
        """
        self.asked += 1
        requests, answers = self._pipes
        line = b""
        with suppress(OSError):
            requests.write(json.dumps(request).encode() + b"\n")
            requests.flush()
            line = answers.readline()
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
        raise LostWorkerError(_how_it_ended(self._end(at_once=False)))

    def close(self) -> None:
        """End it, whatever it does."""
        self._end(at_once=True)
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()

    def _end(self, *, at_once: bool) -> int:
        """Return how its process ended, as `subprocess` has it."""
        if at_once:
            self._process.kill()
        return self._process.wait()


class ForkedWorker(Worker):
    """A worker that was forked from a process which has loaded what it needs."""

    def __init__(self, forks: Forks, pid: int, pipes: tuple[IO[bytes], IO[bytes]]) -> None:
        self._forks, self.pid, self._pipes, self.asked = forks, pid, pipes, 0

    def _end(self, *, at_once: bool) -> int:
        return self._forks.end(self.pid, at_once=at_once)


class LocalEngine:
    """As many workers as tiles are to be drawn at once."""

    def __init__(self, workers: int) -> None:
        """Make ready; workers are started when there is something to do.

        Args:
            workers: at least 1.
        """
        self.workers = workers
        self.most_in_work = 0
        self._idle: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        self._alive: set[Worker] = set()
        self._forks: Forks | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        for _ in range(workers):
            self._idle.put(None)

    @property
    def pids(self) -> list[int]:
        """The numbers of its workers' processes."""
        with self._lock:
            return [worker.pid for worker in self._alive]

    @property
    def source(self) -> int | None:
        """The number of the process from which workers are forked, if there is one."""
        with self._lock:
            return self._forks.pid if self._forks else None

    def draw(self, waiting: deque[Task]) -> Iterator[Result | None]:
        """Draw tasks until none is waiting and none is in work; see `Engine`."""
        in_work: dict[Future[dict[str, Any]], Task] = {}
        with ThreadPoolExecutor(self.workers) as threads:
            try:
                while waiting or in_work:
                    while waiting and len(in_work) < self.workers:
                        task = waiting.popleft()
                        in_work[threads.submit(self.ask, task.message())] = task
                    self.most_in_work = max(self.most_in_work, len(in_work))
                    ended, _ = wait(in_work, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                    if not ended:
                        yield None
                    for future in ended:
                        yield _result(in_work.pop(future), future)
            except BaseException:
                self.close()  # or their threads would be waited for
                raise

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a worker's answer to a request; waits until one is idle.

        Raises:
            LostWorkerError: if the worker ends before it answers.
            RunError: if no worker can be started.
        """
        worker = self._idle.get()
        try:
            worker = worker or self._start(request)
            answer = worker.ask(request)
            if worker.asked >= MOST_TASKS:
                self._end(worker)
                worker = None
            return answer
        except LostWorkerError:
            if worker:
                self._end(worker)
            worker = None
            raise
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all workers, whatever they do."""
        with self._lock:
            self._is_closed = True
            alive, self._alive = self._alive, set()
            forks, self._forks = self._forks, None
        if forks:
            forks.close()
        for worker in alive:
            worker.close()

    def _start(self, first: Mapping[str, Any]) -> Worker:
        """Return a new worker.

        Args:
            first: what it will be asked first.

        Raises:
            RunError: if none can be started.
        """
        try:
            worker = self._forked(first) or Worker()
        except OSError as error:
            raise RunError(f"no worker can be started ({error.strerror or error})") from error
        with self._lock:
            if not self._is_closed:
                self._alive.add(worker)
                return worker
        worker.close()
        raise _closed()

    def _forked(self, first: Mapping[str, Any]) -> Worker | None:
        """Return a worker that was forked; None where that cannot be.

        Raises:
            OSError: if no process can be started.
        """
        for _ in range(2 if CAN_FORK else 0):
            with self._lock:
                if self._is_closed:
                    raise _closed()
                forks = self._forks = self._forks or Forks(MODULE, environment(1))
            try:
                made = forks.fork(first)
            except ConnectionError:
                # It was killed, by whomever: another one tries once more.
                self._forget(forks)
                continue
            return ForkedWorker(forks, made[0], made[1:]) if made else None
        return None

    def _forget(self, forks: Forks) -> None:
        """Start another process to fork from, when the next worker is needed."""
        with self._lock:
            if self._forks is forks:
                self._forks = None
        forks.close()

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.close()


def _closed() -> RunError:
    return RunError("the workers have been ended")


def _result(task: Task, future: Future[dict[str, Any]]) -> Result:
    try:
        return result_of(task, future.result())
    except (RunError, InputError) as error:
        return Result(task, {}, str(error))


def environment(threads: int | None) -> dict[str, str]:
    """Return what a process of inkdream's own is started with."""
    # Networks of one's own may be functions: they are looked for where this process finds them.
    path = os.pathsep.join(filter(None, sys.path))
    few = {name: str(threads) for name in _THREADS} if threads else {}
    return {**os.environ, **few, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": path}


def _how_it_ended(code: int) -> str:
    """Return how a process ended, in words.

    Args:
        code: as `subprocess` has it: below 0, the signal that ended it.
    """
    # Windows has no such signal: whoever ends a process there gives its exit code.
    killed = getattr(signal, "SIGKILL", None)
    if killed is None or code != -killed:
        return f"its worker ended (exit code {code})"
    return "its worker was killed; where nobody did that, the memory was full"
