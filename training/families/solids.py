"""Solid things under light."""

import numpy as np

from training.families.canvas import (
    TAU,
    Plane,
    Random,
    Sketch,
    floats,
    lookup,
    mark,
    noise,
    pick,
    polar,
    ramp,
    whether,
)
from training.families.pencil import Pencil


def lamp(random: Random) -> Plane:
    """A unit vector (3,) from the scene to a lamp in front of it, often above."""
    vector = np.array([random.normal(0, 0.6), random.normal(-0.5, 0.4), 1.0])
    return floats(vector / np.linalg.norm(vector))


def lit(normal: tuple[Plane, Plane, Plane], direction: Plane) -> Plane:
    """Light in [0, 1] on a surface with the given unit normal: diffuse and a small highlight."""
    facing = normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2]
    facing = np.clip(facing, 0, 1)
    return floats(np.clip(0.08 + 0.47 * facing + 0.5 * facing**24, 0, 1))


def spheres(random: Random, x: Plane, y: Plane) -> Sketch:
    """One to six balls, plain or banded, nearer ones in front."""
    tone, cover, light = np.zeros_like(x), np.zeros_like(x), np.full_like(x, 0.5)
    direction, count = lamp(random), int(random.integers(1, 7))
    for _ in range(count):
        radius = pick(random, 0.45, 0.8) / np.sqrt(count)
        spread = 0.1 if count == 1 else 0.75
        u, v = ((c - pick(random, -spread, spread)) / radius for c in (x, y))
        inside = u * u + v * v < 1
        depth = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        band = 0.3 * np.sin(v * pick(random, 3, 9)) if whether(random, 0.3) else 0
        tone = np.where(inside, pick(random, 0.3, 0.7) + band, tone)
        light, cover = (
            np.where(inside, lit((u, v, depth), direction), light),
            np.maximum(cover, inside),
        )
    return Sketch(tone.astype("f4"), cover, light)


def torus(random: Random, x: Plane, y: Plane) -> Sketch:
    """A ring seen at a slant, plain or with stripes about its tube."""
    radius, angle = polar(x, y * pick(random, 1, 1.6))
    middle, tube = pick(random, 0.5, 0.62), pick(random, 0.16, 0.3)
    across = (radius - middle) / tube
    depth = np.sqrt(np.clip(1 - across**2, 0, 1))
    light = lit((across * np.cos(angle), across * np.sin(angle), depth), lamp(random))
    stripes = mark(np.mod(angle / TAU * int(random.integers(6, 20)) + across * 0.2, 1) < 0.5)
    tone = stripes if whether(random, 0.5) else np.full_like(x, 0.5)
    return Sketch(tone, mark(np.abs(across) < 1), light)


def boxes(random: Random, pencil: Pencil) -> None:
    """Blocks in isometric view: three visible faces of three tones."""
    low, middle, high = np.sort(random.random(3))
    for _ in range(int(random.integers(1, 6))):
        a, b, c = random.uniform(0.25, 0.75, 3) * pick(random, 0.6, 1.2)
        base = random.uniform(-0.35, 0.35, 2) + np.array([0, 0.4])
        right, left = np.array([0.87, -0.5]) * a, np.array([-0.87, -0.5]) * b
        up = np.array([0, -1.0]) * c
        pencil.polygon(np.stack([base, base + right, base + right + up, base + up]), low)
        pencil.polygon(np.stack([base, base + left, base + left + up, base + up]), middle)
        top = base + up
        pencil.polygon(np.stack([top, top + right, top + right + left, top + left]), high)


def knot(random: Random, pencil: Pencil) -> None:
    """A torus knot drawn as a tube with outlines, far parts first."""
    p, q = [(2, 3), (3, 2), (2, 5), (3, 4), (5, 2)][int(random.integers(5))]
    t = np.linspace(0, TAU, 220)
    radius = 0.6 + 0.25 * np.cos(q * t)
    points = np.stack([radius * np.cos(p * t), radius * np.sin(p * t)], 1)
    order = np.argsort(np.sin(q * t), kind="stable")
    width, tone = pick(random, 0.09, 0.15), pick(random, 0.5, 1)
    for k in order:
        pencil.disc(points[k], width, 0)
        pencil.disc(points[(k + 1) % 220], width * 0.72, tone)
        pencil.disc(points[(k + 1) % 220] - width * 0.2, width * 0.25, 1 - tone / 2)


def vase(random: Random, x: Plane, y: Plane) -> Sketch:
    """A turned vessel with painted bands, lit as a surface of revolution."""
    profile = 0.4 + 0.2 * np.sin(y * pick(random, 2, 4.5) + pick(random, 0, 6))
    profile = profile * (1 + 0.15 * np.sin(y * 7 + pick(random, 0, 6)))
    across = x / profile
    depth = np.sqrt(np.clip(1 - across**2, 0, 1))
    wrap = np.arcsin(np.clip(across, -1, 1))
    zigzag = np.abs(np.mod(wrap * pick(random, 1, 2.5), 1) - 0.5) * float(whether(random, 0.5))
    band = np.floor(y * pick(random, 3, 7) + zigzag)
    light = lit((across, np.zeros_like(x), depth), lamp(random))
    return Sketch(lookup(random, band), mark((np.abs(across) < 1) & (np.abs(y) < 0.85)), light)


def spikes(random: Random, x: Plane, y: Plane) -> Sketch:
    """Cones in rows, seen from above: each cell a pyramid with a bright and a dark side."""
    scale = pick(random, 1.5, 3)
    u, v = np.mod(x * scale, 1) - 0.5, np.mod(y * scale, 1) - 0.5
    side = np.mod(np.floor(np.arctan2(v, u) / TAU * 4 + 0.5), 4)
    light = np.array([0.25, 0.35, 0.6, 0.75], dtype=np.float32)[side.astype(np.int64)]
    return Sketch(ramp(0.4 - np.maximum(np.abs(u), np.abs(v)), pick(random, 0.1, 0.8)), light=light)


def pipes(random: Random, x: Plane, y: Plane) -> Sketch:
    """Round tubes side by side, or a wavy bundle."""
    wave = pick(random, 0.1, 0.35) * np.sin(y * pick(random, 1.5, 4) + pick(random, 0, 6))
    place = (x + wave) * pick(random, 1.5, 3.5)
    across = (np.mod(place, 1) - 0.5) / 0.48
    depth = np.sqrt(np.clip(1 - across**2, 0, 1))
    light = lit((across, np.zeros_like(x), depth), lamp(random))
    return Sketch(lookup(random, np.floor(place)), mark(np.abs(across) < 1), light)


def blobs(random: Random, x: Plane, y: Plane) -> Sketch:
    """Melted drops: a sum of bumps cut at a level, lit by its own slope. Source: Blinn 1982."""
    field = np.zeros_like(x)
    for _ in range(int(random.integers(4, 9))):
        a, b = random.uniform(-0.75, 0.75, 2).astype(np.float32)
        field += pick(random, 0.02, 0.07) / ((x - a) ** 2 + (y - b) ** 2 + 0.01)
    level = pick(random, 0.8, 1.2)
    height = np.sqrt(np.clip(1 - (level / np.maximum(field, 1e-3)), 0, 1))
    down, right = np.gradient(height * x.shape[0] / 8)
    size = np.sqrt(1 + down**2 + right**2)
    light = lit((-right / size, -down / size, 1 / size), lamp(random))
    return Sketch(height, mark(field > level), light)


def drapery(random: Random, x: Plane, y: Plane) -> Sketch:
    """Hanging cloth: folds that spread from points at the top."""
    size = x.shape[0]
    fold = x / (1 + 0.35 * (y + 1)) * pick(random, 5, 11) + noise(random, size, 3) * 1.2
    light = 0.45 + 0.35 * np.sin(fold) + 0.12 * np.sin(fold * 2.3 + 1)
    hem = 0.4 * mark(np.abs(y - 0.6 - 0.06 * np.sin(fold)) < 0.12)
    return Sketch(0.4 + hem, light=np.clip(light, 0.02, 0.98))


def ribbons(random: Random, x: Plane, y: Plane) -> Sketch:
    """Twisting bands: where two waves cross, the band shows its other side."""
    tone, cover, light = np.zeros_like(x), np.zeros_like(x), np.full_like(x, 0.5)
    for _ in range(int(random.integers(1, 5))):
        scale, phase = pick(random, 2, 5), pick(random, 0, 6)
        middle = pick(random, -0.7, 0.7) + 0.2 * np.sin(y * scale / 2 + phase)
        half = pick(random, 0.1, 0.25) * np.cos(y * scale + phase)
        inside = np.abs(x - middle) < np.abs(half)
        tone = np.where(
            inside, np.where(half > 0, pick(random, 0.1, 0.9), pick(random, 0, 1)), tone
        )
        light = np.where(inside, 0.35 + 0.35 * np.abs(half) / 0.25, light)
        cover = np.maximum(cover, inside)
    return Sketch(tone.astype("f4"), cover, light.astype("f4"))
