"""Processes that answer, forked from one that has loaded what they need: in tens of ms, on Linux.

That one is asked over a socket which keeps messages apart. It does nothing but load and fork: where
threads have been started, or a graphics card has been used, a process cannot be forked safely.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from inkdream.answering import answer_lines

CAN_FORK = sys.platform == "linux"
FORKS = "--forks"
# A longer request is not shown to the one that forks: whoever answers it loads what it needs.
_MOST_BYTES = 2**16
# What ends by itself has so long for it.
_SECONDS_TO_END = 1.0
# Linux's prctl: the signal that a process gets when the one ends that forked it.
_PARENT_DEATH_SIGNAL = 1

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Forks:
    """The one from which others are forked, as whoever asks for them sees it."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            module: what it runs: one that calls `answer_forks` where its only word is `FORKS`.
            environment: of it, and of all that are forked from it.

        Raises:
            OSError: if no process can be started.
        """
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, FORKS],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=dict(environment),
            )
        # The number of its process.
        self.pid = self._process.pid
        self._turn = threading.Lock()

    def fork(self, first: Mapping[str, Any]) -> tuple[int, BinaryIO, BinaryIO] | None:
        """Return a new process: its number, where it is asked, where it answers.

        Args:
            first: what it will be asked first: what that needs is loaded before, for all.

        Returns:
            None if what it has loaded has started threads.

        Raises:
            ConnectionError: if it has ended.
            OSError: if there is no room for one more process.
        """
        shown = first if len(json.dumps(first)) < _MOST_BYTES else {}
        its_requests, requests = os.pipe()
        answers, its_answers = os.pipe()
        pid = 0
        try:
            pid = self._ask({"first": shown}, [its_requests, its_answers])["pid"]
        finally:
            os.close(its_requests)
            os.close(its_answers)
            if not pid:
                os.close(requests)
                os.close(answers)
        return (pid, os.fdopen(requests, "wb"), os.fdopen(answers, "rb")) if pid else None

    def end(self, pid: int, *, at_once: bool) -> int:
        """End a process that was forked; return how it ended, as `subprocess` has it.

        Args:
            pid: its number.
            at_once: whatever it does; else it is ending already, and has a second for that.
        """
        seconds = 0.0 if at_once else _SECONDS_TO_END
        try:
            return int(self._ask({"end": pid, "seconds": seconds})["code"])
        except ConnectionError:
            return -signal.SIGKILL  # they all end with the one from which they were forked

    def close(self) -> None:
        """End it, and all that were forked from it, whatever they do."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with self._turn:
            self._socket.close()

    def _ask(self, request: Mapping[str, Any], ends: Sequence[int] = ()) -> dict[str, Any]:
        """Return what it answers.

        Raises:
            ConnectionError: if it has ended.
            OSError: if it cannot do it.
        """
        reply = b""
        with self._turn, suppress(OSError):
            socket.send_fds(self._socket, [json.dumps(request).encode()], ends)
            reply = self._socket.recv(_MOST_BYTES)
        if not reply:
            raise ConnectionError("it has ended")
        answer: dict[str, Any] = json.loads(reply)
        if "error" in answer:
            raise OSError(*answer["error"])
        return answer


def answer_forks(prepare: Callable[[Mapping[str, Any]], None], answer: Answer) -> None:
    """Fork a process for each that is asked for, until whoever asks is no more; then end them.

    Args:
        prepare: takes the first request to a process that is about to be forked, loads what it
            needs, and raises nothing.
        answer: takes a request to such a process, and raises nothing; see `answer_lines`.
    """
    forked: set[int] = set()
    with socket.socket(fileno=os.dup(0)) as asked:
        while True:
            message, ends, _, _ = socket.recv_fds(asked, 2 * _MOST_BYTES, 2)
            if not message:
                break
            request = json.loads(message)
            if "end" in request:
                pid, code = request["end"], 0
                if pid in forked:  # else its number may be another's by now
                    forked.discard(pid)
                    code = _end(pid, request["seconds"])
                reply: dict[str, Any] = {"code": code}
            else:
                prepare(request["first"])
                reply = _fork(answer, ends, asked)
                forked.add(reply.get("pid", 0))
                for end in ends:
                    os.close(end)
            asked.send(json.dumps(reply).encode())
    for pid in forked - {0}:
        _end(pid, 0)


def _fork(answer: Answer, ends: Sequence[int], asked: socket.socket) -> dict[str, Any]:
    """Return the number of a new process: 0 if none can be forked, an error if there is no room."""
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        return {"pid": 0}
    # What is loaded is looked through for garbage no more: pages stay the same, and shared.
    gc.collect()
    gc.freeze()
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        return {"error": error.args}
    if pid:
        return {"pid": pid}
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == parent:
            os.setsid()
            asked.close()
            for number, end in enumerate(ends):
                os.dup2(end, number)
                os.close(end)
            answer_lines(answer)
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _end(pid: int, seconds: float) -> int:
    """Return how a process ended that was forked from this; it is killed after some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
