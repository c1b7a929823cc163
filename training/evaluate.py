"""Held-out accuracy and dead channels of an exported network: `python -m training.evaluate`."""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.dataset import CACHE, pictures
from training.families import NAMES
from training.network import LAYERS, activations, load


def measure(
    tensors: dict[str, Tensor],
    images: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], dict[str, Tensor]]:
    """Predicted class numbers (N,), and for every layer how often each channel fires.

    A channel fires on a picture if it is above 0 anywhere in it; values are shares in [0, 1].
    """
    guesses: list[NDArray[np.int64]] = []
    fires: dict[str, list[Tensor]] = {name: [] for name in LAYERS}
    with torch.inference_mode():
        for start in range(0, len(images), 128):
            raw = torch.from_numpy(images[start : start + 128]).permute(0, 3, 1, 2)
            seen = activations(tensors, raw.float() / 255)
            guesses.append(seen["logits"].argmax(1).numpy())
            for name in LAYERS:
                fires[name].append((seen[name].amax((2, 3)) > 0).float())
    return np.concatenate(guesses), {name: torch.cat(fires[name]).mean(0) for name in LAYERS}


def main() -> None:
    """Prints accuracy, the hardest families, dead channels a layer, and the file's hash."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=main.__doc__)
    parser.add_argument(
        "--weights", type=Path, default=Path("src/inkdream/networks/loom.safetensors")
    )
    parser.add_argument("--each", type=int, default=60, help="pictures a family (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="which pictures (default 0)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the pictures")
    given = parser.parse_args()
    images, labels = pictures("held-out", given.each, given.seed, given.cache)
    guesses, fires = measure(load(given.weights), images)
    print(
        f"held-out accuracy {np.mean(guesses == labels):.2%} "
        f"({len(labels)} pictures, {len(NAMES)} families)"
    )
    right = np.array([np.mean(guesses[labels == k] == k) for k in range(len(NAMES))])
    for k in np.argsort(right)[:12]:
        wrong = np.bincount(guesses[(labels == k) & (guesses != k)], minlength=len(NAMES))
        print(f"  {NAMES[k]:16} {right[k]:.0%}  most taken for {NAMES[wrong.argmax()]}")
    for name in LAYERS:
        print(
            f"  {name}: {int((fires[name] == 0).sum())} of {len(fires[name])} channels dead, "
            f"{int((fires[name] < 0.01).sum())} fire on fewer than 1 % of pictures"
        )
    print(f"sha256 {hashlib.sha256(given.weights.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
