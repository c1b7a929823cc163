"""Processes forked from one that has loaded what they need: they share it, and end with it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from inkdream.atlas.local import ForkedWorker, LostWorkerError, environment
from inkdream.forking import CAN_FORK, Forks

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="forks on Linux alone")


@pytest.fixture
def forks():
    with closing(Forks("tests.forked", environment(1))) as made:
        yield made


@pytest.fixture
def forked(forks):
    """Return a function that returns a new process; all are closed in the end."""
    with ExitStack() as stack:

        def made(**first) -> ForkedWorker:
            pid, *pipes = forks.fork(first)
            worker = ForkedWorker(forks, pid, tuple(pipes))
            return stack.enter_context(closing(worker))

        yield made


def is_gone(pid: int) -> bool:
    """Return whether a process ends within 20 s; one that nobody has waited for has ended too."""
    for _ in range(400):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_what_is_loaded_before_is_there_in_each(forked):
    first, second = forked(word="a"), forked(word="b")
    assert first.ask({})["loaded"] == ["a"] and second.ask({})["loaded"] == ["a", "b"]
    answer = second.ask({})
    # Of its own session: Ctrl-C in the terminal is not for it.
    assert answer["pid"] == answer["session"] == second.pid
    assert not forked(word="a" * 2**17).ask({})["loaded"][-1]


def test_how_one_ends_is_seen_though_others_live(forked):
    workers = [forked() for _ in range(3)]
    with pytest.raises(LostWorkerError, match="exit code 3"):
        workers[0].ask({"code": 3})
    os.kill(workers[1].pid, signal.SIGKILL)
    with pytest.raises(LostWorkerError, match="was killed"):
        workers[1].ask({})
    workers[0].close()
    workers[1].close()
    assert workers[2].ask({})["pid"] == workers[2].pid
    workers[2].close()
    assert is_gone(workers[2].pid)


def test_all_end_with_the_one_from_which_they_were_forked(forks, forked):
    worker = forked()
    os.kill(forks.pid, signal.SIGKILL)
    assert is_gone(worker.pid)
    with pytest.raises(LostWorkerError, match="was killed"):
        worker.ask({})
    with pytest.raises(ConnectionError):
        forks.fork({})


def test_all_end_when_whoever_asked_is_killed():
    words = """
import time
from inkdream.atlas.local import environment
from inkdream.forking import Forks
forks = Forks("tests.forked", environment(1))
print(forks.pid, forks.fork({})[0], flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(1)) as asker:
        pids = [int(word) for word in asker.stdout.readline().split()]
        asker.kill()
    assert len(pids) == 2 and all(map(is_gone, pids))


def test_where_threads_have_been_started_nothing_is_forked(forks):
    assert forks.fork({"thread": True}) is None
