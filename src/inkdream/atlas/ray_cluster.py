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

import ray
from ray.exceptions import OutOfMemoryError, RayError

from inkdream.atlas.engines import Result, Task, result_of, versions
from inkdream.errors import InputError, shorten

SECONDS_BETWEEN_LOOKS = 1.0
# Of the memory that a worker with a network takes; Ray puts no more of them on a machine.
MEMORY = 600 * 2**20
# So many tasks are in flight for each processor: one is drawn, one waits beside it.
IN_FLIGHT = 2
LOOPBACK = "127.0.0.1"


class RayEngine:
    """A Ray cluster: one that is there, or one that is started here and ends with this."""

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        """Connect to a cluster, or start one that only this machine can reach.

        Args:
            address: of a cluster, as in 'auto' or '10.0.0.5:6379'; None to start one.
            workers: how many tiles are drawn at once; None for as many as there are processors.

        Raises:
            InputError: if there is no such cluster.
        """
        self.workers, self.most_in_work = workers, 0
        self._in_flight: dict[Any, Task] = {}
        self._is_own = not ray.is_initialized()
        if self._is_own:
            _connect(address, workers)
        self._draw = ray.remote(num_cpus=1, memory=MEMORY, max_retries=3)(draw_request)

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
            ended, _ = ray.wait([*self._in_flight], num_returns=1, timeout=SECONDS_BETWEEN_LOOKS)
            if not ended:
                yield None
            for reference in ended:
                yield _result(self._in_flight.pop(reference), reference)

    def close(self) -> None:
        """End all tasks, whatever they do, and the cluster if it was started for them."""
        for reference in self._in_flight:
            with suppress(RayError, ValueError):
                ray.cancel(reference, force=True)
        self._in_flight.clear()
        if self._is_own:
            ray.shutdown()
            self._is_own = False

    def _room(self) -> int:
        """Return how many tasks may be in flight now: machines come and go."""
        processors = max(1, int(ray.cluster_resources().get("CPU", 0)))
        return IN_FLIGHT * min(processors, self.workers or processors)


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


def _connect(address: str | None, workers: int | None) -> None:
    # Ray tells its makers of its use, unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    here = {"num_cpus": workers, "include_dashboard": False, "_node_ip_address": LOOPBACK}
    try:
        ray.init(
            address=address or "local",
            logging_level=logging.ERROR,
            log_to_driver=False,
            **({} if address else here),
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise InputError(
            f"--address {address}: there is no Ray cluster ({shorten(str(error), 160)})"
        ) from error


def _result(task: Task, reference: Any) -> Result:
    """Return what came of a task.

    Raises:
        InputError: if its machine refused it.
    """
    try:
        answer = ray.get(reference)
    except OutOfMemoryError:
        return Result(task, {}, "its worker was ended: the memory of its machine was full", True)
    except RayError as error:
        # Ray has tried again where that was of use.
        return Result(task, {}, f"{type(error).__name__}: {shorten(str(error), 200)}", True)
    if "refused" in answer:
        raise InputError(f"--engine ray: {answer['refused']}")
    return result_of(task, answer)
