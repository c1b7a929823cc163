"""Waves and sums of waves: interference, spirals, grain."""

import numpy as np

from training.families.canvas import (
    TAU,
    Plane,
    Random,
    Sketch,
    fit,
    mark,
    noise,
    pick,
    polar,
    ramp,
    turn,
    whether,
)


def interference(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rings from two or three sources added up."""
    total = np.zeros_like(x)
    for _ in range(int(random.integers(2, 4))):
        a, b = random.uniform(-1.2, 1.2, 2).astype(np.float32)
        total += np.sin(np.hypot(x - a, y - b) * pick(random, 10, 22))
    return Sketch(ramp(total, pick(random, 0.3, 4)))


def moire(random: Random, x: Plane, y: Plane) -> Sketch:
    """Two line gratings, nearly the same, one over the other."""
    pitch = pick(random, 5, 8)
    a = mark(np.mod(x * pitch, 1) < 0.5)
    u, _ = turn(x, y, pick(random, 0.1, 0.5))
    b = mark(np.mod(u * pitch * pick(random, 0.85, 1.2), 1) < 0.5)
    return Sketch((a + b) / 2 if whether(random, 0.5) else np.abs(a - b))


def ripples(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rings on water that fade from one middle, lit from a side."""
    radius = np.hypot(x, y * pick(random, 1, 2))
    phase = radius * pick(random, 12, 26)
    fade = np.exp(-radius * pick(random, 0.3, 1.5))
    slope = np.cos(phase) * fade * (x + y) / (radius + 0.05)
    return Sketch(0.5 + 0.5 * np.sin(phase) * fade, light=np.clip(0.5 + 0.35 * slope, 0, 1))


def target(random: Random, x: Plane, y: Plane) -> Sketch:
    """Concentric flat rings, round or square."""
    power = pick(random, 1, 4) if whether(random, 0.4) else 2
    radius = (np.abs(x) ** power + np.abs(y) ** power) ** (1 / power)
    count = int(random.integers(2, 4))
    return Sketch(np.mod(np.floor(radius * pick(random, 4, 9)), count) / (count - 1))


def spiral(random: Random, x: Plane, y: Plane) -> Sketch:
    """One to four arms, of even pitch or growing (logarithmic)."""
    radius, angle = polar(x, y)
    arms = int(random.integers(1, 5))
    grow = np.log(radius + 0.02) * pick(random, 0.6, 1.6) if whether(random, 0.5) else radius * 2.5
    side = 1 if whether(random, 0.5) else -1
    phase = np.mod(side * angle / TAU * arms + grow * pick(random, 0.8, 1.8), 1)
    return Sketch(mark(phase < pick(random, 0.35, 0.6)) if whether(random, 0.7) else phase)


def galaxy(random: Random, x: Plane, y: Plane) -> Sketch:
    """A bright middle with soft arms that fade outwards and grain like stars."""
    radius, angle = polar(x, y * pick(random, 1, 2))
    swirl = np.log(radius + 0.05) * pick(random, 2, 4)
    arms = 0.5 + 0.5 * np.cos(angle * int(random.integers(2, 4)) + swirl)
    glow = np.exp(-radius * pick(random, 0.8, 1.8)) * (0.1 + arms)
    speckle = mark(random.random(x.shape, dtype=np.float32) > 0.992) * 0.6
    return Sketch(np.clip(glow * 1.4 + np.exp(-radius * 9) + speckle, 0, 1))


def sunburst(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rays from a middle, straight or swirling, sometimes about a disc."""
    radius, angle = polar(x, y)
    rays = int(random.integers(5, 17))
    swirl = radius * pick(random, -2, 2) if whether(random, 0.4) else 0
    tone = mark(np.mod(angle / TAU * rays + swirl, 1) < 0.5)
    if whether(random, 0.5):
        tone = np.where(radius < pick(random, 0.15, 0.4), 0.5, tone).astype(np.float32)
    return Sketch(tone)


def quasicrystal(random: Random, x: Plane, y: Plane) -> Sketch:
    """Plane waves in 5 to 9 directions: never repeats, always star-shaped, Penrose-like."""
    count = int(random.integers(5, 10))
    scale = pick(random, 9, 20)
    total = np.zeros_like(x)
    for k in range(count):
        total += np.cos(turn(x, y, np.pi * k / count)[0] * scale)
    return Sketch(ramp(total, pick(random, 0.3, count)))


def plasma(random: Random, x: Plane, y: Plane) -> Sketch:
    """Waves of waves: sines bent by other sines, in bands."""
    u = x + 0.35 * np.sin(y * pick(random, 2, 5) + pick(random, 0, 6))
    v = y + 0.35 * np.sin(u * pick(random, 2, 5) + pick(random, 0, 6))
    total = np.sin(u * pick(random, 3, 6)) + np.sin(v * pick(random, 3, 6)) + np.sin(u + v)
    bands = int(random.integers(2, 5))
    return Sketch(0.5 + 0.5 * np.sin(total * bands))


def wood(random: Random, x: Plane, y: Plane) -> Sketch:
    """Year rings cut along the trunk, with one or two knots."""
    rings = x * pick(random, 4, 8) + 0.3 * noise(random, x.shape[0], 3)
    for _ in range(int(random.integers(1, 3))):
        a, b = random.uniform(-0.8, 0.8, 2).astype(np.float32)
        gap = ((x - a) * 2.5) ** 2 + (y - b) ** 2
        rings = rings + pick(random, 1, 2.5) * np.exp(-gap * pick(random, 3, 8))
    grain = 0.12 * noise(random, x.shape[0], 40)
    return Sketch(np.clip(np.mod(rings, 1) ** 1.5 + grain, 0, 1))


def marble(random: Random, x: Plane, y: Plane) -> Sketch:
    """Veins: sharp creases of a wave that is stirred by noise."""
    size = x.shape[0]
    stir = noise(random, size, 3) + 0.5 * noise(random, size, 7) + 0.25 * noise(random, size, 15)
    wave = np.abs(np.sin(x * pick(random, 2, 4) + stir * pick(random, 1.5, 3)))
    return Sketch(wave ** pick(random, 0.3, 0.8))


def agate(random: Random, x: Plane, y: Plane) -> Sketch:
    """Bands that follow a wobbling outline inwards, as in a cut stone."""
    size = x.shape[0]
    radius = np.hypot(x, y) + 0.22 * noise(random, size, 4) + 0.05 * noise(random, size, 12)
    table = random.random(40, dtype=np.float32)
    tone = table[np.clip(radius * pick(random, 12, 22), 0, 39).astype(np.int64)]
    return Sketch(tone, mark(radius < pick(random, 0.8, 1.3)))


def caustics(random: Random, x: Plane, y: Plane) -> Sketch:
    """The bright net that light makes on the floor of a pool."""
    u, v = x * pick(random, 3, 6), y * pick(random, 3, 6)
    total = np.zeros_like(x)
    for step in range(1, 4):
        u = u + np.sin(v + step * pick(random, 0.5, 2)) * 0.8
        v = v + np.sin(u + pick(random, 0, 6)) * 0.8
        total += np.abs(np.sin(u) + np.sin(v))
    return Sketch(np.exp(-fit(total) * pick(random, 2.5, 5)))


def rope(random: Random, x: Plane, y: Plane) -> Sketch:
    """Twisted ropes side by side: slanted strands, rounded by light."""
    count = pick(random, 0.8, 2)
    across = np.mod(x * count, 1) - 0.5
    bend = np.sqrt(np.clip(1 - (across / 0.42) ** 2, 0, 1))
    strand = np.mod(y * pick(random, 2, 4) + np.arcsin(np.clip(across / 0.42, -1, 1)) * 0.45, 1)
    bump = np.sin(strand * np.pi)
    light = np.clip(0.15 + 0.4 * bend * bump + 0.15 * bend, 0, 1)
    tone = 0.4 + 0.6 * mark(strand < 0.5) * float(whether(random, 0.6))
    return Sketch(tone * np.ones_like(x), mark(np.abs(across) < 0.42), light)
