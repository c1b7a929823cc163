"""What every family stands on: coordinates, noise, and the sketch that it returns.

A family that is a *field* computes a sketch from two coordinate planes. The planes are already
turned, scaled, sheared and bent, so no family has to vary its own placement.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Families compute in whatever precision falls out; `picture` returns float32.
Plane = NDArray[np.floating[Any]]
Random = np.random.Generator

TAU = 2 * np.pi


class Sketch(NamedTuple):
    """A picture without colours.

    `tone` (H, W) in [0, 1] chooses a place on the palette; `cover` (H, W) in [0, 1] is where the
    thing hides its background (None: everywhere); `light` (H, W) in [0, 1] shades it, 0.5 neutral.
    """

    tone: Plane
    cover: Plane | None = None
    light: Plane | None = None


def floats(value: Any) -> Plane:
    """Any array as float32."""
    plane: Plane = np.asarray(value, dtype=np.float32)
    return plane


def pick(random: Random, low: float, high: float) -> float:
    """One number, uniform in [low, high)."""
    return float(random.uniform(low, high))


def whether(random: Random, chance: float) -> bool:
    """True with the given chance in [0, 1]."""
    return bool(random.random() < chance)


def mark(condition: NDArray[np.bool_]) -> Plane:
    """1 where the condition holds, else 0; supersampling smooths the edge later."""
    return condition.astype(np.float32)


def ramp(value: Plane, width: float) -> Plane:
    """A soft step: 0 below -width / 2, 1 above width / 2, straight between."""
    return floats(np.clip(0.5 + value / width, 0, 1))


def fit(value: Plane) -> Plane:
    """The plane stretched to fill [0, 1]."""
    low, high = float(value.min()), float(value.max())
    return (value - low) / max(high - low, 1e-6)


def polar(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Radius and angle (in (-pi, pi]) of each point."""
    return np.hypot(x, y), np.arctan2(y, x)


def turn(x: Plane, y: Plane, angle: float) -> tuple[Plane, Plane]:
    """The coordinates of the same points on axes turned by `angle` radians."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return c * x + s * y, c * y - s * x


def lookup(random: Random, *indices: Plane) -> Plane:
    """A uniform random number in [0, 1) for each integer cell (one or two index planes)."""
    table = random.random((64,) * len(indices), dtype=np.float32)
    return table[tuple(index.astype(np.int64) % 64 for index in indices)]


def noise(random: Random, size: int, cells: int) -> Plane:
    """Smooth noise (size, size), about [-1, 1], with `cells` bumps across. Bicubic value noise."""
    coarse = random.uniform(-1, 1, (cells + 3, cells + 3)).astype(np.float32)
    shift = random.uniform(0.5, 1.5, 2)
    box = (shift[0], shift[1], shift[0] + cells, shift[1] + cells)
    image = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC, box=box)
    return np.asarray(image)


def fractal(random: Random, size: int, cells: int, octaves: int = 4) -> Plane:
    """Noise of several octaves, each half as strong and twice as fine (about 1/f), in [-1, 1]."""
    total = noise(random, size, cells).copy()
    for octave in range(1, octaves):
        total += noise(random, size, min(cells << octave, size // 2)) * np.float32(0.5**octave)
    return 2 * fit(total) - 1


def square(size: int, reach: float = 1.0) -> tuple[Plane, Plane]:
    """Plain coordinates of pixel centres, (size, size) each, in [-reach, reach]; y points down."""
    line = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1) * np.float32(reach)
    x, y = np.meshgrid(line, line)
    return x, y


def coordinates(random: Random, size: int, view: str) -> tuple[Plane, Plane]:
    """Coordinates after a random camera: turned, scaled, sheared, tilted and sometimes bent.

    `view` is "texture" (any direction, any part of it), "turned" (any direction, but whole) or
    "upright" (whole and nearly upright).
    """
    angle = float(random.normal(0, 0.3)) if view == "upright" else pick(random, -np.pi, np.pi)
    reach = pick(random, 0.65, 1.6) if view == "texture" else pick(random, 0.9, 1.25)
    x, y = turn(*square(size, reach), angle)
    x = x * np.float32(pick(random, 0.85, 1.2)) + y * np.float32(random.normal(0, 0.1))
    if whether(random, 0.35):  # a perspective-like tilt: far away is smaller
        depth = 1 / (1 + np.float32(pick(random, 0.1, 0.4)) * y / max(reach, 1))
        x, y = x * depth, y * depth
    if whether(random, 0.5):
        strength = np.float32(pick(random, 0.02, 0.2))
        cells = int(random.integers(1, 4))
        x = x + strength * noise(random, size, cells)
        y = y + strength * noise(random, size, cells)
    offset = random.normal(0, 0.6 if view == "texture" else 0.12, 2).astype(np.float32)
    return x + offset[0], y + offset[1]
