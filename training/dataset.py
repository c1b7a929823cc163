"""The pictures, made once and kept in a cache folder as one uint8 array a split.

Picture k of family f in a split comes from its own generator, seeded by (seed, split, f, k), so
the set does not depend on how many processes make it or in which order.
"""

import hashlib
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from training import families

CACHE = Path(".cache/loom")
SIZE = 96
SPLITS = {"train": 0, "held-out": 1}


def one(family: int, index: int, split: str, seed: int, size: int = SIZE) -> NDArray[np.uint8]:
    """Picture `index` of a family, uint8 (size, size, 3)."""
    random = np.random.default_rng([seed, SPLITS[split], family, index])
    made = families.picture(families.FAMILIES[family], random, size)
    return (made * 255).round().astype(np.uint8)


def fingerprint() -> str:
    """A short hash of the family formulas: changed formulas must not meet an old cache."""
    digest = hashlib.sha256()
    for path in sorted(Path(families.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def _fill(job: tuple[Path, int, int, str, int]) -> None:
    """Makes all pictures of one family into an existing array file."""
    path, family, each, split, seed = job
    array = np.load(path, mmap_mode="r+")
    for index in range(each):
        array[family * each + index] = one(family, index, split, seed)
    array.flush()


def pictures(
    split: str,
    each: int,
    seed: int,
    cache: Path = CACHE,
    workers: int = 2,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (N, 96, 96, 3) and class numbers (N,), `each` a family, in class order.

    Read from the cache, or made first (about 3 ms a picture and process). Raises KeyError for a
    split other than "train" and "held-out".
    """
    count = len(families.FAMILIES)
    path = cache / f"{split}-{count}x{each}-seed{seed}-{fingerprint()}.npy"
    if split not in SPLITS:
        raise KeyError(f"unknown split '{split}'. Known: {', '.join(SPLITS)}")
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        open_memmap(aside, "w+", np.uint8, (count * each, SIZE, SIZE, 3)).flush()
        jobs = [(aside, family, each, split, seed) for family in range(count)]
        with get_context("spawn").Pool(workers) as pool:
            for done, _ in enumerate(pool.imap_unordered(_fill, jobs), 1):
                print(f"\rmaking {split} pictures: {done}/{count} families", end="", flush=True)
        print()
        aside.replace(path)
    # All of it in memory: reading random pictures from a slow disk would hold up training.
    return np.load(path), np.repeat(np.arange(count), each)
