"""Rows of overlapping shapes: fish scales, feathers, waves of the sea, cones, petals."""

import numpy as np

from training.families.canvas import Plane, Random, Sketch, lookup, mark, pick, polar


def overlap(x: Plane, y: Plane) -> tuple[Plane, Plane, Plane, Plane]:
    """For discs in offset rows, each row in front of the one before: (u, v, row, column).

    u, v are offsets from the middle of the front disc that covers the point, as shares of its
    radius; rows are half a unit apart, discs one unit.
    """
    base = np.floor(y * 2)
    u, v, row, column = (np.zeros_like(x) for _ in range(4))
    for step in (-1, 0, 1, 2):
        line = base + step
        across = x - 0.5 * np.mod(line, 2)
        middle = np.round(across)
        du, dv = (across - middle) / np.float32(0.58), (y - line / 2) / np.float32(0.58)
        inside = du * du + dv * dv < 1
        u, v = np.where(inside, du, u), np.where(inside, dv, v)
        row, column = np.where(inside, line, row), np.where(inside, middle, column)
    return u, v, row, column


def fish_scales(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rounded scales with a rim, each with its own tone, lit from the front edge."""
    scale = pick(random, 1.5, 3.5)
    u, v, row, column = overlap(x * scale, y * scale)
    radius = np.hypot(u, v)
    tone = mark(radius < pick(random, 0.75, 0.92)) * (0.4 + 0.6 * lookup(random, row, column))
    return Sketch(tone, light=np.clip(0.45 - 0.35 * v, 0, 1))


def sea_waves(random: Random, x: Plane, y: Plane) -> Sketch:
    """Seigaiha: concentric arcs in overlapping rows."""
    scale = pick(random, 1, 2.4)
    u, v, _, _ = overlap(x * scale, y * scale)
    rings = int(random.integers(3, 6))
    return Sketch(mark(np.mod(np.hypot(u, v) * rings, 1) < pick(random, 0.4, 0.65)))


def plumage(random: Random, x: Plane, y: Plane) -> Sketch:
    """Feathers in rows: long scales with a shaft and slanted barbs."""
    scale = pick(random, 1.2, 2.4)
    u, v, row, column = overlap(x * scale, y * scale / pick(random, 1.3, 2))
    barbs = np.sin((v + np.abs(u)) * pick(random, 12, 20))
    tone = 0.55 + 0.3 * barbs * mark(np.abs(u) > 0.08) + 0.2 * lookup(random, row, column)
    tone = np.where(np.hypot(u, v) > 0.88, 0, tone)
    return Sketch(np.clip(np.where(np.abs(u) < 0.07, 1, tone), 0, 1), light=0.5 - 0.3 * v)


def pinecone(random: Random, x: Plane, y: Plane) -> Sketch:
    """Scales wrapped on an egg shape, smaller towards its rim."""
    width = pick(random, 0.55, 0.8)
    inside = (x / width) ** 2 + (y / 0.88) ** 2
    bulge = np.arcsin(np.clip(x / (width * np.sqrt(np.clip(1 - (y / 0.88) ** 2, 0.02, 1))), -1, 1))
    scale = pick(random, 1.6, 2.6)
    u, v, row, column = overlap(bulge * scale, np.arcsin(np.clip(y, -1, 1)) * scale * 1.4)
    tone = np.where(np.hypot(u, v) > 0.82, 0, 0.5 + 0.5 * lookup(random, row, column))
    light = np.clip(0.75 - 0.5 * inside - 0.2 * v, 0, 1)
    return Sketch(tone.astype(np.float32), mark(inside < 1), light)


def artichoke(random: Random, x: Plane, y: Plane) -> Sketch:
    """Pointed scales in rings about a middle, as in a lotus or a dahlia."""
    radius, angle = polar(x, y)
    count = int(random.integers(6, 14))
    depth = np.log(np.maximum(radius, 0.03)) * pick(random, 1.6, 3)
    u, v, row, _ = overlap(angle * np.float32(count / (2 * np.pi)), -depth)
    edge = np.hypot(u, v)
    tone = np.where(edge > 0.85, 0, 0.4 + 0.25 * np.mod(row, 3))
    limit = pick(random, 0.8, 1.1) * (1 + 0.04 * np.cos(angle * count))
    light = np.clip(0.55 + 0.25 * v - 0.3 * u * u, 0, 1)
    return Sketch(tone.astype(np.float32), mark(radius < limit), light)
