"""How long does a whole run take with how many threads, on a quiet machine and on a busy one?

    python benchmarks/threads.py              # as the machine is now
    python benchmarks/threads.py --busy 2     # with so many programs that compute all the time

The command is run with each number of threads and each way of waiting in turn, several times over;
the median of its seconds and of its processors' seconds is printed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

RUNS = {
    "pixels": ["--width", "224", "--height", "224"],
    "strokes": ["--strokes", "300"],
}
COMPUTE = "while True: pass"


@contextmanager
def others(count: int) -> Iterator[None]:
    """Let so many programs compute meanwhile."""
    running = [subprocess.Popen([sys.executable, "-c", COMPUTE]) for _ in range(count)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def measure(words: list[str], threads: int, wait: str) -> tuple[float, float]:
    """Return the seconds of a run, and its processors' seconds."""
    own = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": wait}
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "inkdream", "draw", *words, "--out", out]
        before, began = os.times(), time.perf_counter()
        subprocess.run(command, env=own, check=True, capture_output=True)
        seconds, after = time.perf_counter() - began, os.times()
    spent = after.children_user + after.children_system
    return seconds, spent - before.children_user - before.children_system


def main() -> None:
    """Print a table for each run."""
    parser = argparse.ArgumentParser(description="Seconds of a run by threads.")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0, help="other programs that compute")
    parser.add_argument("--medium", choices=RUNS, nargs="*", default=list(RUNS))
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    ways = [(threads, "PASSIVE") for threads in sorted({1, (cores + 1) // 2, cores})]
    ways.append((cores, "ACTIVE"))
    for medium in asked.medium:
        words = [*RUNS[medium], "--steps", str(asked.steps)]
        measure(words, 1, "PASSIVE")  # compiles what is not compiled yet
        found: dict[tuple[int, str], list[tuple[float, float]]] = {way: [] for way in ways}
        with others(asked.busy):
            for _ in range(asked.rounds):
                for way, times in found.items():
                    times.append(measure(words, *way))
        load = os.getloadavg()[0]
        print(f"draw {' '.join(words)}; {cores} cores, {asked.busy} others, load {load:.1f}")
        for (threads, wait), times in found.items():
            whole, spent = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"  {threads} threads, {wait:7}  {whole:6.1f} s  {spent:6.1f} s of processors")


if __name__ == "__main__":
    main()
