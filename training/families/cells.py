"""Cells about scattered seeds: Voronoi regions and their relatives."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from training.families.canvas import Plane, Random, Sketch, floats, mark, noise, pick, ramp, whether
from training.families.pencil import Pencil, circle


@njit(cache=True)
def nearest(x: Plane, y: Plane, seeds: Plane) -> tuple[Plane, Plane, NDArray[np.int32]]:
    """Distance to the nearest and to the second nearest seed, and the nearest one's number.

    x, y (H, W); seeds (N, 2); a plain double loop, which a compiler makes faster than numpy.
    """
    first, second = np.empty_like(x), np.empty_like(x)
    number = np.empty(x.shape, dtype=np.int32)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            a, b, index = np.float32(1e9), np.float32(1e9), 0
            for k in range(seeds.shape[0]):
                gap = (x[i, j] - seeds[k, 0]) ** 2 + (y[i, j] - seeds[k, 1]) ** 2
                if gap < a:
                    a, b, index = gap, a, k
                elif gap < b:
                    b = gap
            first[i, j], second[i, j], number[i, j] = np.sqrt(a), np.sqrt(b), index
    return first, second, number


def scatter(random: Random, x: Plane, y: Plane, count: int) -> Plane:
    """About `count` seeds (N, 2) on a jittered grid over the visible coordinates."""
    side = max(2, round(np.sqrt(count)))
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5) / side
    grid = grid + random.uniform(-0.4, 0.4, grid.shape) / side
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    return floats(low + grid * (high - low))


def voronoi(random: Random, x: Plane, y: Plane) -> Sketch:
    """Flat cells, each with its own tone."""
    seeds = scatter(random, x, y, int(random.integers(12, 60)))
    tones = random.random(len(seeds), dtype=np.float32)
    return Sketch(tones[nearest(x, y, seeds)[2]])


def cracks(random: Random, x: Plane, y: Plane) -> Sketch:
    """Dry mud: thin dark gaps with rough edges."""
    rough = 0.05 * noise(random, x.shape[0], 14)
    seeds = scatter(random, x, y, int(random.integers(8, 26)))
    first, second, _ = nearest(x + rough, y + rough.T, seeds)
    gap = second - first
    return Sketch(np.where(gap < pick(random, 0.03, 0.08), 0, 0.7 + 0.2 * first).astype(np.float32))


def pebbles(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rounded stones close together, lit from above."""
    seeds = scatter(random, x, y, int(random.integers(14, 45)))
    first, second, number = nearest(x, y, seeds)
    tones = random.uniform(0.35, 1, len(seeds)).astype(np.float32)
    height = np.clip((second - first) * pick(random, 2, 4), 0, 1)
    offset = seeds[number]
    light = 0.2 + 0.45 * np.sqrt(height) - 0.6 * (y - offset[..., 1])
    return Sketch(mark(height > 0.12) * tones[number], light=np.clip(light, 0, 1))


def facets(random: Random, x: Plane, y: Plane) -> Sketch:
    """Crystal: every cell a plane tilted its own way."""
    seeds = scatter(random, x, y, int(random.integers(10, 40)))
    _, _, number = nearest(x, y, seeds)
    tilt = random.normal(0, 0.7, (len(seeds), 2)).astype(np.float32)
    offset = np.stack([x, y], -1) - seeds[number]
    light = 0.5 + (tilt[number] * offset).sum(-1) + 0.25 * tilt[number][..., 0]
    return Sketch(
        random.random(len(seeds), dtype=np.float32)[number], light=np.clip(light, 0.05, 0.95)
    )


def giraffe(random: Random, x: Plane, y: Plane) -> Sketch:
    """Dark patches with rounded corners, pale nets between."""
    seeds = scatter(random, x, y, int(random.integers(9, 30)))
    first, second, _ = nearest(x, y, seeds)
    patch = ramp(second - first - pick(random, 0.1, 0.16), 0.03)
    return Sketch(patch * (1 - 0.35 * np.clip(first * 2, 0, 1)))


def sponge(random: Random, x: Plane, y: Plane) -> Sketch:
    """Round holes of unequal sizes in a solid."""
    seeds = scatter(random, x, y, int(random.integers(14, 60)))
    first, _, number = nearest(x, y, seeds)
    reach = random.uniform(0.06, 0.2, len(seeds)).astype(np.float32)[number]
    light = 0.5 + 0.3 * mark(np.abs(first / reach - 1) < 0.18) * (1 if whether(random, 0.5) else -1)
    return Sketch(np.clip(first / reach, 0, 1) ** 2, light=light)


def shards(random: Random, pencil: Pencil) -> None:
    """Terrazzo: angular chips scattered on a plain ground."""
    for _ in range(int(random.integers(18, 60))):
        corners = int(random.integers(3, 6))
        radius = pick(random, 0.06, 0.22)
        shape = circle(corners, radius, pick(random, 0, 6)) * random.uniform(0.6, 1.3, (corners, 1))
        pencil.polygon(shape + random.uniform(-1.3, 1.3, 2), pick(random, 0, 1))


def confetti(random: Random, pencil: Pencil) -> None:
    """Discs of all sizes that hide each other."""
    for _ in range(int(random.integers(25, 80))):
        pencil.disc(random.uniform(-1.3, 1.3, 2), pick(random, 0.04, 0.25), pick(random, 0, 1))
