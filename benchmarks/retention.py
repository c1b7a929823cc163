"""How much of a score do few inks keep? Four ways to make the picture, equal steps each.

    python benchmarks/retention.py                 # the table of docs/benchmarks.md
    python benchmarks/retention.py --neurons loom/conv3_1/5 loom/conv5_1/9 --seeds 3

For each neuron: an unconstrained RGB picture; that picture cut down to the inks by k-means; the
article's recipe, as its author ran it and as its text alone can be read; inkdream's drawing. Scores
are taken on the strict picture in 8-bit colours, whole and unmoved. `--set key=value` changes
inkdream's recipe (and its unconstrained climb).
"""

import argparse
import statistics
import time
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import torch

from article import excite
from inkdream import colour, pictures, recipe
from inkdream.drawing import PixelDrawing
from inkdream.inking.quantise import quantise
from inkdream.objectives import Objective, Seen, scoring
from inkdream.objectives.channels import Channel
from inkdream.objectives.views import whole
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session, Stage, loop_of
from inkdream.optimize.session import views as views_of
from inkdream.recipe import LEARNED, Recipe, folder_name
from inkdream.regions import speck_share

NEURONS = [
    f"loom/{layer}/{channel}"
    for layer, channels in (("conv3_2", (3, 17, 40, 71)), ("conv4_1", (5, 17, 60, 121)))
    for channel in channels
]


@dataclass
class Way:
    """What one way of drawing gave, neuron by neuron, as shares of the unconstrained score."""

    retention: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    specks: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


Table = dict[tuple[int, str], Way]


@dataclass(frozen=True, kw_only=True)
class ChannelNorm(Channel):
    """How the article's own script scores a neuron: its map's L2 norm, over the number of views.

    Source: AdMoR/neural-styles, quantized_neuron_excitation.py and nn_utils/neuron_losses.py.
    """

    def score(self, seen: Seen) -> torch.Tensor:
        """Return the norm's share a view."""
        channel = seen.features[self.layer][:, self.channel]
        norm: torch.Tensor = torch.linalg.vector_norm(channel)
        return norm / len(channel)


@dataclass(frozen=True)
class Reading:
    """A way to read the article: how it scores a neuron, and the share of its penalty that counts.

    The penalty is printed as a sum over all px; the text does not say what the score is.
    """

    name: str
    share: float
    has_norm: bool = False


class Bench:
    """One neuron: its networks, its objective, its unconstrained picture."""

    def __init__(self, made: Recipe) -> None:
        self.recipe = made
        self.networks = scoring.networks(made)
        self.objective = scoring.objective(made, self.networks)

    def score(self, image: torch.Tensor) -> float:
        """Return the score of a linear picture after rounding to 8 bits."""
        rounded = colour.from_bytes(colour.to_bytes(image)).float()
        return self.objective.total(measure(self.networks, self.objective, rounded))

    def session(self, **changes: object) -> Session:
        """Return the recipe, changed, climbed to its end."""
        made = Session(self.recipe.model_copy(update=changes), self.networks)
        for _ in made.steps():
            pass
        return made

    @torch.no_grad()
    def unconstrained(self) -> torch.Tensor:
        """Return what is climbed in any colours, from the recipe's steps, views and terms."""
        ascent = loop_of(
            self.recipe,
            Stage("comparison", self.recipe.steps),
            self.networks,
            self.objective,
            None,
        )
        with torch.enable_grad():
            for _ in ascent.steps():
                pass
        return ascent.drawing.image(0.0)  # free strokes are sharp then

    def ours(self, inks: int) -> tuple[pictures.Inked, float]:
        """Return the strict picture and the soft picture's score."""
        session = self.session(inks=(LEARNED,) * inks)
        drawing = session.result
        assert isinstance(drawing, PixelDrawing)
        with torch.no_grad():
            return drawing.inked(), self.score(drawing.image(self.recipe.softness.end))

    def readings(self) -> list[Reading]:
        """Return the ways to read the article, the kindest last."""
        made = self.recipe
        black = torch.zeros(3, made.height, made.width)
        with torch.no_grad():
            (seen,) = self.objective.look(self.networks, black, whole).values()
        places = min(value.shape[2] * value.shape[3] for value in seen.features.values())
        return [
            Reading("score a mean, penalty a sum", 1.0),
            Reading("as its author ran it", 1.0, has_norm=True),
            Reading("score and penalty sums", 1 / places),
            Reading("score and penalty means", 1 / (made.height * made.width)),
        ]

    def article(self, inks: int, reading: Reading) -> torch.Tensor:
        """Return the article's strict picture in linear RGB; same views and leak as ours."""
        made = self.recipe
        views = views_of(made.views)
        chance = torch.Generator().manual_seed(made.seed)
        leaking = made.steps * made.climb.leak_until
        objective = with_norms(self.objective) if reading.has_norm else self.objective

        def score(image: torch.Tensor, step: int) -> torch.Tensor:
            linear = colour.srgb_to_linear(image)
            leak = made.climb.leak if step < leaking else 0.0
            seen = objective.look(self.networks, linear, views.sample(chance), leak)
            return objective.total(objective.scores(seen))

        share = reading.share
        strict = excite(score, made.height, made.width, inks, made.steps, made.seed, share)
        linear: torch.Tensor = colour.srgb_to_linear(strict)
        return linear


def with_norms(objective: Objective) -> Objective:
    """Return an objective whose channels are scored as the article's own script scores them."""
    terms = []
    for term in objective.terms:
        assert isinstance(term, Channel), f"{term.name}: only channels are compared"
        said = {each.name: getattr(term, each.name) for each in fields(term)}
        terms.append(ChannelNorm(**said))
    return Objective(terms, objective.masks)


def labels_of(image: torch.Tensor) -> pictures.Bytes:
    """Return a number for each different colour of a picture."""
    flat = colour.to_bytes(image).reshape(3, -1).T
    numbers = flat.unique(dim=0, return_inverse=True)[1].reshape(image.shape[1:])
    labels: pictures.Bytes = numbers.to(torch.uint8).numpy()
    return labels


def run_neuron(made: Recipe, ink_counts: list[int], table: Table, show: Path | None) -> None:
    bench = Bench(made)
    begun = time.perf_counter()
    free = bench.unconstrained()
    best = bench.score(free)
    note(table, (0, "unconstrained"), 1.0, 0.0, float("nan"), time.perf_counter() - begun)
    for inks in ink_counts:
        reduced = quantise(free, [LEARNED] * inks, torch.Generator().manual_seed(0))
        kept = bench.score(torch.from_numpy(reduced.linear())) / best
        note(table, (inks, "k-means afterwards"), kept, 0.0, speck_share(reduced.labels), 0.0)
        # The last reading, the kindest, is the one that is shown.
        for reading in bench.readings():
            begun = time.perf_counter()
            image = bench.article(inks, reading)
            spent = time.perf_counter() - begun
            way = (inks, f"the article's recipe, {reading.name}")
            kept, specks = bench.score(image) / best, speck_share(labels_of(image))
            note(table, way, kept, 0.0, specks, spent)
        begun = time.perf_counter()
        picture, soft = bench.ours(inks)
        spent = time.perf_counter() - begun
        strict = bench.score(torch.from_numpy(picture.linear()))
        note(
            table,
            (inks, "inkdream"),
            strict / best,
            1 - strict / soft,
            speck_share(picture.labels),
            spent,
        )
        if show:
            name = f"{folder_name(made)}-{inks}.png"
            save_row(show / name, [free, reduced, image, picture])


def save_row(path: Path, images: list[torch.Tensor | pictures.Inked]) -> None:
    """Save pictures side by side: unconstrained, k-means, article, inkdream."""
    parts = [
        image.rgb()
        if isinstance(image, pictures.Inked)
        else colour.to_bytes(image).permute(1, 2, 0).numpy()
        for image in images
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pictures.rgb_png(np.concatenate(parts, axis=1)))


def note(
    table: Table, key: tuple[int, str], retention: float, gap: float, specks: float, seconds: float
) -> None:
    way = table.setdefault(key, Way())
    way.retention.append(retention)
    way.gap.append(gap)
    way.specks.append(specks)
    way.seconds.append(seconds)


def report(table: Table) -> None:
    print("| inks | way | retention, mean | median | least | gap, worst | specks, mean | s |")
    print("|---|---|---|---|---|---|---|---|")
    for (inks, name), way in sorted(table.items(), key=lambda item: item[0][0]):
        kept = way.retention
        print(
            f"| {inks or 'any'} | {name} | {statistics.mean(kept):.3f} | "
            f"{statistics.median(kept):.3f} | {min(kept):.3f} | {max(way.gap):.3f} | "
            f"{statistics.mean(way.specks):.2%} | {statistics.median(way.seconds):.1f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--neurons", nargs="+", default=NEURONS, help="network/layer/channel")
    parser.add_argument("--inks", nargs="+", type=int, default=[2, 4, 8])
    parser.add_argument("--size", type=int, default=128, help="px (default 128)")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=1, help="how many (default 1)")
    parser.add_argument("--set", nargs="*", default=[], help="recipe settings, key=value")
    parser.add_argument("--show", type=Path, help="folder for pictures side by side")
    given = parser.parse_args()
    table: Table = {}
    begun = time.perf_counter()
    for neuron in given.neurons:
        for seed in range(given.seeds):
            said = {
                "terms": [{"target": neuron}],
                "steps": given.steps,
                "seed": seed,
                "width": given.size,
                "height": given.size,
            }
            run_neuron(recipe.assemble(None, said, given.set), given.inks, table, given.show)
    report(table)
    runs = len(given.neurons) * given.seeds
    print(
        f"\n{runs} neurons and seeds, {given.size} px, {given.steps} steps, "
        f"{time.perf_counter() - begun:.0f} s, torch {torch.__version__}"
    )


if __name__ == "__main__":
    main()
