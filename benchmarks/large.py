"""How much slower is a step on a large page than on a small one, at equal views?

    python benchmarks/large.py
    python benchmarks/large.py --neuron vgg16/conv4_3/2 --threads 1 --profile 2048

Steps of drawings of all sizes are taken in turn, so that all see the same machine; medians are
printed, in both phases of a climb. Views are
equally many and of equal size (256 px), so that the network has the same work on every page. The
aim: a page of 2,048 px steps at no less than half the rate of one of 512 px.

With --profile, torch's profiler says what a step on a page of that size spends its time on.
"""

import argparse
import platform
import statistics
import time
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from inkdream import recipe
from inkdream.memory import keep_freed_memory
from inkdream.optimize.session import Session

SIDE_MM = 210
WARM_UP = 3
PHASES = {"soft": "1", "strict": "0"}


def make(given: argparse.Namespace, medium: str, size: int, phase: str) -> Session:
    """Return a session of a square page whose every step is of that phase."""
    said: dict[str, Any] = {"terms": [{"target": given.neuron}], "random_weights": True}
    said |= {"steps": 8 * (given.rounds + WARM_UP), "views": {"count": given.views}}
    if medium == "strokes":
        page = {"width": SIDE_MM, "height": SIDE_MM, "scale": size / SIDE_MM}
        said |= {"medium": "strokes", "strokes": {"count": given.strokes}, "page": page}
    else:
        said |= {"width": size, "height": size, "inks": given.inks}
    share = f"softness.strict_from={PHASES[phase]}"
    return Session(recipe.assemble(None, said, ["climb.study=0", "climb.leak=0", share]))


def medians(sessions: dict[int, Session], rounds: int) -> dict[int, float]:
    """Return each session's median time of a step in ms, taken in turn."""
    times: dict[int, list[float]] = {size: [] for size in sessions}
    for index in range(rounds + WARM_UP):
        for size, session in sessions.items():
            begun = time.perf_counter()
            session.loop.step()
            if index >= WARM_UP:
                times[size].append((time.perf_counter() - begun) * 1000)
    return {size: statistics.median(values) for size, values in times.items()}


def show_profile(session: Session, steps: int) -> None:
    """Print what steps spend their time on, the most first."""
    for _ in range(WARM_UP):
        session.loop.step()
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(steps):
            session.loop.step()
    print(found.key_averages().table(sort_by="self_cpu_time_total", row_limit=24))


def main() -> None:
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--neuron", default="loom/conv4_1/17")
    parser.add_argument("--media", nargs="*", default=["pixels", "strokes"])
    parser.add_argument("--sizes", type=int, nargs="*", default=[512, 2048], help="px a side")
    parser.add_argument("--inks", type=int, default=4)
    parser.add_argument("--strokes", type=int, default=400)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=15, help="steps measured (default 15)")
    parser.add_argument("--threads", type=int, help="of torch (default: all cores)")
    parser.add_argument("--profile", type=int, default=0, help="px a side of the page to profile")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    print(
        f"{given.neuron}, {given.views} views, {given.inks} inks or {given.strokes} strokes, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {platform.machine()}\n"
    )
    if given.profile:
        for medium in given.media:
            show_profile(make(given, medium, given.profile, "strict"), 5)
        return
    columns = " | ".join(f"{size} px, ms" for size in given.sizes)
    print(f"| drawing | phase | {columns} | rate of the last to the first |")
    print("|---|---|" + "---|" * (len(given.sizes) + 1))
    for medium in given.media:
        for phase in PHASES:
            sessions = {size: make(given, medium, size, phase) for size in given.sizes}
            times = medians(sessions, given.rounds)
            cells = " | ".join(f"{times[size]:.0f}" for size in given.sizes)
            rate = times[given.sizes[0]] / times[given.sizes[-1]]
            print(f"| {medium} | {phase} | {cells} | {rate:.2f} |", flush=True)


if __name__ == "__main__":
    main()
