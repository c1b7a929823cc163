"""How fast, and how well, are strokes made ready for a plotter? Prints tables in Markdown.

    python benchmarks/plotting.py motion
        The time model beside the seconds that saxi's planner and the previews of AxiDraw and
        NextDraw report for the files in tests/plot/data, or --data FOLDER.

    python benchmarks/plotting.py order
        Travel and seconds beside vpype's `linesort --two-opt`, on the same strokes in a random
        order; then the whole of `optimise`, and the time model, on 20,000 strokes.

Times are seconds of one core, the best of three runs after one that compiles.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Points, Stroke
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import ORIGIN, optimise, travel

DATA = Path(__file__).resolve().parents[1] / "tests" / "plot" / "data"
PEN = Pen(name="black", colour="black", width=0.4)
PAGE = Page.of("a4 landscape")
MANY = 20_000
Result = TypeVar("Result")


def plot_of(lines: list[Points]) -> Plot:
    strokes = tuple(Stroke(np.array(line, np.float64)) for line in lines)
    return Plot(PAGE, "#ffffff", (Layer(PEN, strokes),))


def best_of(runs: int, job: Callable[[], Result]) -> tuple[Result, float]:
    """The result of a job, and the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(runs):
        begun = time.process_time()
        result = job()
        seconds.append(time.process_time() - begun)
    return result, min(seconds)


def walks(count: int, steps: int, stride: float) -> list[Points]:
    """Random walks that begin anywhere on a page of 200 mm."""
    rng = np.random.default_rng(count + steps)
    starts = rng.uniform(0, 200, (count, 1, 2))
    moves = rng.normal(0, stride, (count, steps, 2))
    return list(np.concatenate([starts, moves], 1).cumsum(1))


def hatching(count: int) -> list[Points]:
    """Parallel lines across discs, as many as come near the count, in a random order."""
    rng = np.random.default_rng(count)
    lines: list[Points] = []
    while len(lines) < count:
        middle, radius, angle = rng.uniform(10, 190, 2), rng.uniform(3, 10), rng.uniform(0, np.pi)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        for offset in np.arange(-radius + 0.2, radius, 0.4):
            reach = np.sqrt(radius**2 - offset**2)
            centre = middle + offset * across
            lines.append(np.stack([centre - reach * along, centre + reach * along]))
    return [lines[index] for index in rng.permutation(len(lines))]


def spirals(count: int) -> list[Points]:
    """Open spirals of three turns."""
    rng = np.random.default_rng(count)
    turn = np.linspace(0, 6 * np.pi, 60)[:, None]
    unit = turn / turn[-1] * np.concatenate([np.cos(turn), np.sin(turn)], 1)
    return [rng.uniform(10, 190, 2) + rng.uniform(1, 5) * unit for _ in range(count)]


def rings(count: int) -> list[Points]:
    """Concentric closed rings in twenties, in a random order."""
    rng = np.random.default_rng(count)
    turn = np.linspace(0, 2 * np.pi, 48)[:, None]
    unit = np.concatenate([np.cos(turn), np.sin(turn)], 1)
    unit[-1] = unit[0]
    middles = [rng.uniform(10, 190, 2) for _ in range(count // 20)]
    lines = [middle + 0.4 * step * unit for middle in middles for step in range(1, 21)]
    return [lines[index] for index in rng.permutation(len(lines))]


CASES: dict[str, list[Points]] = {
    "50 random lines": walks(50, 1, 10),
    "400 random lines": walks(400, 1, 10),
    "400 walks": walks(400, 24, 1),
    "2,000 random lines": walks(2000, 1, 3),
    "1,000 hatch lines": hatching(1000),
    "500 spirals": spirals(500),
    "1,000 rings": rings(1000),
    "5,000 random lines": walks(5000, 1, 3),
    "7,000 hatch lines": hatching(7000),
}


def between(plot: Plot) -> float:
    """Travel without the way from the corner and back to it, as vpype counts it."""
    ends = plot.layers[0].strokes[0].points[0], plot.layers[-1].strokes[-1].points[-1]
    return travel(plot) - sum(float(np.hypot(*(end - ORIGIN))) for end in ends)


def vpype_sorted(plot: Plot, options: str) -> Plot:
    """What vpype makes of a plot; imported here, since it is needed for nothing else."""
    import vpype  # noqa: PLC0415
    import vpype_cli  # noqa: PLC0415

    lines = vpype.LineCollection(stroke.points @ (1, 1j) for stroke in plot.layers[0].strokes)
    document = vpype.Document()
    document.add(lines, 1)
    ordered = vpype_cli.execute(f"linesort {options}", document)
    return plot_of([np.stack([line.real, line.imag], 1) for line in ordered.layers[1]])


def order_table(options: argparse.Namespace) -> Iterator[str]:
    """Ordering alone: nothing meets exactly, so nothing is joined."""
    heads = ["strokes", "given, mm", "vpype, mm", "vpype, s", "inkdream, mm", "inkdream, s"]
    yield " | ".join(["", *heads, "travel / vpype's", "and from and to the corner", ""]).strip()
    yield "|---" * 8 + "|"
    cases = dict(CASES)
    if options.long:
        cases["20,000 random lines"] = walks(MANY, 1, 3)
    for name, lines in cases.items():
        plot = plot_of(lines)
        theirs, slow = best_of(1, lambda: vpype_sorted(plot, "--two-opt"))  # noqa: B023
        ours, fast = best_of(3, lambda: optimise(plot, join=0, simplify=0))  # noqa: B023
        if ours.strokes != plot.strokes:
            raise SystemExit(f"{name}: {plot.strokes - ours.strokes} strokes are gone")
        way, mine = between(theirs), between(ours)
        yield (
            f"| {name} | {between(plot):,.0f} | {way:,.0f} | {slow:.2f} | {mine:,.0f} "
            f"| {fast:.2f} | {mine / way:.3f} | {travel(ours) / travel(theirs):.3f} |"
        )


def speed_table() -> Iterator[str]:
    """The whole of `optimise`, and the time model, on many strokes."""
    yield f"| {MANY:,} strokes | optimise, s | strokes left | travel, mm | estimate, s |"
    yield "|---|---|---|---|---|"
    many = {
        "lines": walks(MANY, 1, 3),
        "walks of 24 segments": walks(MANY, 24, 1),
        "hatch lines": hatching(MANY),
        "rings": rings(MANY),
    }
    for name, lines in many.items():
        plot = plot_of(lines)
        better, seconds = best_of(3, lambda: optimise(plot))  # noqa: B023
        _, model = best_of(3, lambda: estimate(better, machine("axidraw-v3")))  # noqa: B023
        yield (
            f"| {name} | {seconds:.2f} | {better.strokes:,} | {travel(better):,.0f} | {model:.3f} |"
        )


def motion_table(folder: Path) -> Iterator[str]:
    """The time model beside the programs' own estimates, in % of them."""
    programs = {"saxi": "saxi_seconds", "axidraw-v3": "axidraw_preview_seconds"}
    programs["nextdraw"] = "nextdraw_preview_seconds"
    heads = [f"{name}, s | inkdream" for name in programs]
    yield " | ".join(["", "file", "strokes", *heads, ""]).strip()
    yield "|---" * 8 + "|"
    for path in sorted(folder.glob("*.json")):
        table = json.loads(path.read_text(encoding="utf-8"))
        width, height = table.get("page", (PAGE.width, PAGE.height))
        page = Page(width=width, height=height, margin=0.0)
        plot = replace(plot_of(table["paths"]), page=page)
        cells = []
        for name, key in programs.items():
            seconds = table.get(key)
            if seconds is None:
                cells += ["", ""]
                continue
            off = estimate(plot, machine(name)).seconds / seconds - 1
            cells += [f"{seconds:.2f}", f"{100 * off:+.3f} %"]
        yield " | ".join(["", path.stem, str(plot.strokes), *cells, ""]).strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["motion", "order"])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of files for `motion`")
    parser.add_argument("--long", action="store_true", help="`order`: 20,000 lines in vpype too")
    options = parser.parse_args()
    optimise(plot_of(walks(50, 1, 10) + rings(20)))
    if options.part == "motion":
        tables = [motion_table(options.data)]
    else:
        tables = [order_table(options), speed_table()]
    for table in tables:
        for line in table:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
