"""Trains the built-in network from nothing but this folder.

    python -m training.train --seed 0 --out src/inkdream/networks/loom.safetensors

Step n depends on the seed and n alone (its batch, its augmentation, its attack), so a run with
`--epochs` that is stopped and resumed ends where it would have ended. `--minutes` instead fits
the learning rate's course to the clock, and is not repeatable to the bit.
"""

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from training import checkpoint
from training.attack import attacked
from training.augment import augment, uniform
from training.dataset import CACHE, pictures
from training.families import NAMES
from training.network import Loom, export
from training.optimiser import optimisers


@dataclass(frozen=True)
class Settings:
    """Everything a run depends on. `minutes` > 0 replaces `epochs` as the measure of progress."""

    seed: int = 0
    epochs: float = 10.0
    minutes: float = 0.0
    each: int = 400  # pictures a family
    batch: int = 128
    size: int = 64  # px of a crop
    rate: float = 0.03  # highest learning rate
    decay: float = 0.03
    smoothing: float = 0.1  # label smoothing
    radius: float = 1.2  # L2 of the attack, for pictures in [0, 1]


class Training:
    """A network, its optimiser and its place in the run."""

    def __init__(self, settings: Settings, images: NDArray[np.uint8], labels: NDArray[np.int64]):
        torch.manual_seed(settings.seed)
        self.settings, self.images, self.labels = settings, images, labels
        self.network = Loom(int(labels.max()) + 1)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimisers = optimisers(self.network, settings.rate, settings.decay)
        self.index, self.seconds = 0, 0.0
        self.steps_per_epoch = max(1, len(images) // settings.batch)

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1."""
        if self.settings.minutes:
            return min(1.0, self.seconds / (60 * self.settings.minutes))
        return min(1.0, self.index / (self.settings.epochs * self.steps_per_epoch))

    def batch(self, generator: Generator) -> tuple[Tensor, Tensor]:
        """Augmented images (batch, 3, size, size) and their classes (batch,).

        The first third of the run sees them at three quarters of the size, which is quicker.
        """
        epoch, place = divmod(self.index, self.steps_per_epoch)
        order = np.random.default_rng([self.settings.seed, 3, epoch]).permutation(len(self.images))
        chosen = order[place * self.settings.batch :][: self.settings.batch]
        raw = torch.from_numpy(self.images[chosen]).permute(0, 3, 1, 2)
        size = self.settings.size * 3 // 4 if self.progress < 0.35 else self.settings.size
        batch = augment(raw.float() / 255, size, generator)
        classes = torch.from_numpy(self.labels[chosen])
        return batch.contiguous(memory_format=torch.channels_last), classes

    def step(self) -> float:
        """One update; returns the loss."""
        started = time.perf_counter()
        generator = Generator().manual_seed(self.settings.seed * 1_000_003 + self.index)
        images, classes = self.batch(generator)
        images = self.harden(images, classes, generator)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.network(images)
        loss = functional.cross_entropy(
            scores.float(), classes, label_smoothing=self.settings.smoothing
        )
        self.update(loss)
        self.index += 1
        self.seconds += time.perf_counter() - started
        return float(loss.detach())

    def update(self, loss: Tensor) -> None:
        """One step of both optimisers down the loss, at the rate that is due."""
        share = course(self.progress)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser, part in zip(self.optimisers, (1.0, 0.1), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = self.settings.rate * part * share
            optimiser.step()

    def harden(self, images: Tensor, classes: Tensor, generator: Generator) -> Tensor:
        """The batch, two thirds of it attacked; the radius grows over the first fifth."""
        count = len(images) * 2 // 3 if self.settings.radius else 0
        if count == 0:
            return images
        chosen = torch.randperm(len(images), generator=generator)[:count]
        radius = uniform(count, 0.5, 1.0, generator) * self.settings.radius
        radius = radius * min(1.0, self.progress / 0.2)
        images[chosen] = attacked(self.network, images[chosen], classes[chosen], radius, generator)
        return images

    def save(self, folder: Path) -> None:
        """Writes a checkpoint."""
        facts = {"index": self.index, "seconds": self.seconds, "settings": asdict(self.settings)}
        checkpoint.save(folder, self.network, self.optimisers, facts)

    def resume(self, folder: Path) -> None:
        """Goes on from a checkpoint. Raises ValueError if it was made with other settings."""
        facts = checkpoint.restore(folder, self.network, self.optimisers)
        if facts["settings"] != asdict(self.settings):
            raise ValueError(f"{folder} holds a run with other settings: {facts['settings']}")
        self.index, self.seconds = facts["index"], facts["seconds"]


def course(progress: float) -> float:
    """The learning rate as a share of the highest: up over the first 8 %, then straight down."""
    return 0.02 + 0.98 * progress / 0.08 if progress < 0.08 else (1 - progress) / 0.92 + 1e-4


def run(training: Training, folder: Path | None, every: float = 120.0) -> None:
    """Trains to the end, prints a line every 10 s, saves a checkpoint every `every` seconds."""
    printed = saved = time.perf_counter()
    first, begun, mean = training.progress, printed, 0.0
    while training.progress < 1:
        loss = training.step()
        mean = loss if mean == 0 else 0.98 * mean + 0.02 * loss
        now = time.perf_counter()
        if now - printed > 10:
            left = (now - begun) / (training.progress - first) * (1 - training.progress)
            print(
                f"{training.progress:6.1%}  step {training.index}  loss {mean:.3f}  "
                f"{left / 60:.1f} min left",
                flush=True,
            )
            printed = now
        if folder and now - saved > every:
            training.save(folder)
            saved = now


def arguments() -> argparse.Namespace:
    """The command line."""
    default = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m training.train",
        description="Make the pictures, train the built-in network on them, export it. "
        "About 40 minutes on two CPU cores.",
    )
    parser.add_argument("--seed", type=int, default=0, help="pictures and training (default 0)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("src/inkdream/networks/loom.safetensors"),
        help="weights file to write (default %(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=float,
        default=default.epochs,
        help="passes over the pictures (default %(default)s)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=0.0,
        help="train for this long instead of --epochs (not repeatable to the bit)",
    )
    parser.add_argument(
        "--each",
        type=int,
        default=default.each,
        help="training pictures a family (default %(default)s)",
    )
    parser.add_argument(
        "--radius",
        type=float,
        default=default.radius,
        help="L2 radius of the attack, 0 to train without (default %(default)s)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help="folder for pictures and checkpoint (default %(default)s)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=0,
        help="CPU threads (default: all; 1 is faster beside other busy programs)",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser.parse_args()


def main() -> None:
    """Makes or loads the pictures, trains, exports."""
    given = arguments()
    if given.threads:
        torch.set_num_threads(given.threads)
    settings = Settings(
        seed=given.seed,
        epochs=given.epochs,
        minutes=given.minutes,
        each=given.each,
        radius=given.radius,
    )
    images, labels = pictures("train", given.each, given.seed, given.cache)
    training = Training(settings, images, labels)
    folder = given.cache / "checkpoint"
    if given.resume:
        training.resume(folder)
    run(training, folder)
    export(training.network, NAMES, given.out)
    training.save(folder)
    print(f"{given.out}: {given.out.stat().st_size // 1024} kB, {training.seconds / 60:.1f} min")


if __name__ == "__main__":
    main()
