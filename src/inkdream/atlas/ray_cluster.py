"""Draw tiles on a Ray cluster, of one machine or many: a task each, whose files come back as bytes.

No disk needs to be shared. Ray tries a task again whose worker or machine died; bad input it hands
back at once. Every machine must have the same versions of inkdream and torch.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from inkdream.atlas.engines import Result, Task, result_of, versions
from inkdream.errors import InputError, shorten
from inkdream.wording import how_to_install

SECONDS_BETWEEN_LOOKS = 1.0
# Of the memory that a worker with a network takes; Ray puts no more of them on a machine.
MEMORY = 600 * 2**20
# What Ray reads of its environment as it is imported, by its own names. It is not to tell its
# makers of its use, nor to print what its machines report among our own lines; nor to try a tile
# for ever for which there is no memory; nor, where it is started here, to listen to any but this
# machine (which it does by default only on Windows and macOS).
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_task_oom_retries": "0",
}
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# So many tasks are in flight for each processor: one is drawn, one waits beside it.
IN_FLIGHT = 2


class RayEngine:
    """A Ray cluster: one that is there, or one that is started here and ends with this."""

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        """Connect to a cluster, or start one that only this machine can reach.

        Args:
            address: of a cluster, as in 'auto' or '10.0.0.5:6379'; None to start one.
            workers: how many tiles are drawn at once; None for as many as there are processors.

        Raises:
            InputError: if there is no such cluster, or Ray is not installed.
        """
        self._ray = _imported({**QUIET, **({} if address else ALONE)})
        self.workers, self.most_in_work = workers, 0
        self._in_flight: dict[Any, Task] = {}
        self._is_own = not self._ray.is_initialized()
        if self._is_own:
            _connect(self._ray, address, workers)
        self._draw = self._ray.remote(num_cpus=1, memory=MEMORY, max_retries=3)(draw_request)

    def draw(self, waiting: deque[Task]) -> Iterator[Result | None]:
        """Draw tasks until none is waiting and none is in work; see `Engine`.

        Raises:
            InputError: if a machine of the cluster has other versions.
        """
        while waiting or self._in_flight:
            while waiting and len(self._in_flight) < self._room():
                task = waiting.popleft()
                self._in_flight[self._draw.remote(task.message(), versions())] = task
            self.most_in_work = max(self.most_in_work, len(self._in_flight))
            ended, _ = self._ray.wait(
                [*self._in_flight], num_returns=1, timeout=SECONDS_BETWEEN_LOOKS
            )
            if not ended:
                yield None
            for reference in ended:
                yield self._result(self._in_flight.pop(reference), reference)

    def close(self) -> None:
        """End all tasks, whatever they do, and the cluster if it was started for them."""
        for reference in self._in_flight:
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.cancel(reference, force=True)
        self._in_flight.clear()
        if self._is_own:
            self._ray.shutdown()
            self._is_own = False

    def _room(self) -> int:
        """Return how many tasks may be in flight now: machines come and go."""
        processors = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
        return IN_FLIGHT * min(processors, self.workers or processors)

    def _result(self, task: Task, reference: Any) -> Result:
        """Return what came of a task.

        Raises:
            InputError: if its machine refused it.
        """
        exceptions = self._ray.exceptions
        try:
            answer = self._ray.get(reference)
        except exceptions.OutOfMemoryError:
            # Another machine may have more.
            return Result(task, {}, "its worker was ended: the memory of its machine was full")
        except exceptions.RayError as error:
            # Ray has tried again where that was of use.
            return Result(task, {}, f"{type(error).__name__}: {shorten(str(error), 200)}", True)
        if "refused" in answer:
            raise InputError(f"--engine ray: {answer['refused']}")
        return result_of(task, answer)


def draw_request(request: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return a worker's answer to a request; runs on a machine of the cluster.

    Args:
        request: of a task.
        wanted: the versions of who asks.
    """
    if versions() != wanted:
        here = versions()
        differ = [f"{name} {here[name]}, not {wanted[name]}" for name in here]
        words = f"{socket.gethostname()} has {' and '.join(differ)}"
        return {"refused": f"{words}: install the same on every machine"}
    # Only workers load torch.
    worker = import_module("inkdream.atlas.worker")
    answer: dict[str, Any] = worker.answer(request)
    return answer


def _imported(environment: Mapping[str, str]) -> Any:
    for name, word in environment.items():
        os.environ.setdefault(name, word)
    try:
        return import_module("ray")
    except ImportError as error:
        raise InputError(f"--engine ray needs Ray; to add it: {how_to_install('fleet')}") from error


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    try:
        ray.init(
            address=address or "local",
            logging_level=logging.ERROR,
            log_to_driver=False,
            **({} if address else {"num_cpus": workers, "include_dashboard": False}),
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        where = f"--address {address}: there is no Ray cluster" if address else "Ray does not start"
        raise InputError(f"{where} ({shorten(str(error), 160)})") from error
