"""Runs that are killed at any moment, and what a whole one leaves.

One process imports everything once; each life of a run is a fork of it, killed when its n-th file
is about to be put into place, or has just been, or at a chance moment.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KILLED = -signal.SIGKILL
Killer = Callable[..., int]

KILLER = """
import gc, json, os, pathlib, signal, sys, tempfile, time
import torch
torch.set_num_threads(1)
from inkdream import cli, recipe
from inkdream.cli import draw
from inkdream.run import plot_files, run as runs

# As small as they are in all tests; see conftest.py.
for name, value in json.loads(sys.argv[1]).items():
    setattr(plot_files, name, value)

# Torch and numba are slow the first time; done here, that is shared by all lives.
with tempfile.TemporaryDirectory() as folder:
    for medium in ("pixels", "strokes"):
        said = {"medium": medium, "width": 32, "height": 32, "strokes": {"count": 9}, "steps": 2}
        said["page"] = {"size": "40x40mm", "margin": 4}
        warm = runs.Run.create(recipe.validate(said), pathlib.Path(folder))
        for _ in warm.steps():
            pass
        warm.finish()

def live(words, calls, after, seconds, ready, number):
    exec(ready)
    # What a life shares with this process is not looked through for garbage, nor copied for that.
    gc.freeze()
    child = os.fork()
    if not child:
        # A life ends by a signal and not by a power cut.
        os.fsync = lambda descriptor: None
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        if words[0] == "draw":
            runs.SECONDS_BETWEEN_CHECKPOINTS = 0.0
        replace, done = pathlib.Path.replace, []
        def counted(path, target):
            done.append(0)
            if not after and len(done) == calls:
                os.kill(os.getpid(), number)
            result = replace(path, target)
            if after and len(done) == calls:
                os.kill(os.getpid(), number)
            return result
        pathlib.Path.replace = counted
        code = 99
        try:
            cli.main(words)
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    if seconds:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

for line in sys.stdin:
    print(live(**json.loads(line)), flush=True)
"""


@contextmanager
def killing(previews: dict[str, int]) -> Iterator[Killer]:
    """Yield a function that lets a command live until it is killed; it returns the exit code.

    It is killed when its `calls`-th file is to be put into place (or has just been, if `after`),
    by the signal of that `number`, or when so many `seconds` have passed. `ready` is what is
    done once, for this and later lives.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", KILLER, json.dumps(previews)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # GNU's OpenMP, of which Numba's threads are otherwise, ends where a process has forked.
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "forksafe"},
    )
    assert process.stdin
    assert process.stdout

    def live(
        *words: Any,
        calls: int = -1,
        after: bool = False,
        seconds: float = 0.0,
        ready: str = "",
        number: int = signal.SIGKILL,
    ) -> int:
        order = {
            "ready": ready,
            "number": int(number),
            "words": [str(word) for word in words],
            "calls": calls,
            "after": after,
            "seconds": seconds,
        }
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield live
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=30)


def lived(killer: Killer, recipe: Path, place: Path) -> Path:
    """Return the folder of a run that was left to end, in the process whose runs are killed.

    A network's sums depend on the number of threads, in their last bits, and that process has one.
    """
    assert killer("draw", recipe, "--out", place) == 0
    (folder,) = place.iterdir()
    return folder
