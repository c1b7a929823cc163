"""Lattices and tilings: patterns that repeat on a grid."""

import numpy as np

from training.families.canvas import (
    TAU,
    Plane,
    Random,
    Sketch,
    lookup,
    mark,
    pick,
    polar,
    turn,
    whether,
)


def stripes(random: Random, x: Plane, y: Plane) -> Sketch:
    """Parallel bands, straight or gently waving."""
    wave = pick(random, 0, 0.25) * np.sin(y * pick(random, 1, 6) + pick(random, 0, 6))
    phase = np.mod((x + wave) * pick(random, 1.5, 5), 1)
    return Sketch(mark(phase < pick(random, 0.3, 0.6)) + 0.5 * mark(phase > 0.85))


def barcode(random: Random, x: Plane, y: Plane) -> Sketch:
    """Straight bars of unequal widths."""
    del y
    edges = np.cumsum(random.choice([0.04, 0.08, 0.12, 0.2], 120)) - 6
    number = np.searchsorted(edges, x).astype(np.float32)
    return Sketch(np.mod(number, 2))


def checkers(random: Random, x: Plane, y: Plane) -> Sketch:
    """Squares that alternate, sometimes with a second, smaller board inside."""
    scale = pick(random, 1.5, 4)
    tone = np.mod(np.floor(x * scale) + np.floor(y * scale), 2)
    if whether(random, 0.4):
        u, v = np.mod(x * scale, 1) - 0.5, np.mod(y * scale, 1) - 0.5
        tone = np.where(np.maximum(np.abs(u), np.abs(v)) < 0.22, 0.5, tone)
    return Sketch(tone.astype(np.float32))


def halftone(random: Random, x: Plane, y: Plane) -> Sketch:
    """Dots on a lattice whose size follows a slow wave."""
    scale = pick(random, 3, 6)
    u, v = turn(x, y, np.pi / 4)
    u, v = np.mod(u * scale, 1) - 0.5, np.mod(v * scale, 1) - 0.5
    wave = np.sin(x * pick(random, 0.5, 2.5) + y * pick(random, 0.5, 2.5) + pick(random, 0, 6))
    return Sketch(mark(np.hypot(u, v) < 0.3 + 0.16 * wave))


def polka(random: Random, x: Plane, y: Plane) -> Sketch:
    """Large discs in offset rows, ringed or plain, in several colours."""
    scale = pick(random, 1.2, 3)
    row = np.floor(y * scale)
    column = x * scale + 0.5 * np.mod(row, 2)
    u, v = np.mod(column, 1) - 0.5, np.mod(y * scale, 1) - 0.5
    tone = mark(np.hypot(u, v) < 0.38) * (0.5 + 0.5 * lookup(random, row, np.floor(column)))
    if whether(random, 0.5):
        tone = tone * mark(np.hypot(u, v) > pick(random, 0.15, 0.28))
    return Sketch(tone)


def hexagon_cells(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Offsets (u, v) of each point from the middle of its hexagon (flat sides at |u| = 0.5)."""
    high = np.float32(np.sqrt(3))
    a, b = np.mod(x, 1) - 0.5, np.mod(y, high) - high / 2
    c, d = np.mod(x - 0.5, 1) - 0.5, np.mod(y - high / 2, high) - high / 2
    first = a * a + b * b < c * c + d * d
    return np.where(first, a, c), np.where(first, b, d)


def honeycomb(random: Random, x: Plane, y: Plane) -> Sketch:
    """Hexagons with walls; some cells filled."""
    scale = pick(random, 1.5, 4)
    u, v = hexagon_cells(x * scale, y * scale)
    inner = np.maximum(np.abs(u), np.abs(u) * 0.5 + np.abs(v) * np.float32(0.866))
    filled = lookup(random, np.round((x * scale - u) * 2), np.round((y * scale - v) * 2))
    tone = mark(inner < pick(random, 0.36, 0.46)) * (0.4 + 0.6 * filled)
    return Sketch(tone, light=0.75 - inner * 0.7 if whether(random, 0.4) else None)


def cubes(random: Random, x: Plane, y: Plane) -> Sketch:
    """Stacked cubes: hexagons split into three rhombs of three tones."""
    scale = pick(random, 1, 3)
    u, v = hexagon_cells(x * scale, y * scale)
    sector = np.floor(np.mod(np.arctan2(v, u) / TAU + 1 / 12 + 0.25, 1) * 3)
    return Sketch(sector / 2)


def triangles(random: Random, x: Plane, y: Plane) -> Sketch:
    """A triangular tiling with a random tone a tile."""
    scale = pick(random, 1.3, 3.5)
    u, v = (x - y / np.float32(np.sqrt(3))) * scale, y * np.float32(2 / np.sqrt(3)) * scale
    i, j = np.floor(u), np.floor(v)
    upper = mark((u - i) + (v - j) > 1)
    if whether(random, 0.4):
        return Sketch(upper)
    return Sketch(lookup(random, 2 * i + upper, j))


def bricks(random: Random, x: Plane, y: Plane) -> Sketch:
    """Brickwork with mortar and bricks of different tones."""
    scale = pick(random, 2, 5)
    row = np.floor(y * scale)
    along = x * scale / 2 + np.mod(row, 2) * 0.5
    u, v = np.mod(along, 1), np.mod(y * scale, 1)
    gap = pick(random, 0.08, 0.2)
    solid = mark((u > gap / 2) & (v > gap))
    return Sketch(solid * (0.45 + 0.55 * lookup(random, row, np.floor(along))))


def herringbone(random: Random, x: Plane, y: Plane) -> Sketch:
    """Two-to-one blocks laid in zigzag: a cell's diagonal number says which block it is in."""
    scale = pick(random, 2, 4.5)
    i, j = np.floor(x * scale), np.floor(y * scale)
    u, v = x * scale - i, y * scale - j
    number = np.mod(i - j, 4)
    flat = number < 2
    along = np.where(flat, u + (number == 1), v + (number == 2))
    across = np.where(flat, v, u)
    edge = np.minimum(np.minimum(along, 2 - along), np.minimum(across, 1 - across))
    return Sketch((mark(edge > pick(random, 0.06, 0.14)) * np.where(flat, 0.5, 1)).astype("f4"))


def weave(random: Random, x: Plane, y: Plane) -> Sketch:
    """Strands that pass over and under each other, rounded by light."""
    scale = pick(random, 2, 4.5)
    i, j = np.floor(x * scale), np.floor(y * scale)
    u, v = x * scale - i - 0.5, y * scale - j - 0.5
    flat = np.mod(i + j, 2) == 0
    across, along = np.where(flat, v, u), np.where(flat, u, v)
    strand = mark(np.abs(across) < pick(random, 0.34, 0.47))
    light = 0.75 - 1.3 * across**2 - 0.9 * along**2
    tone = strand * np.where(flat, 0.55, 1)
    return Sketch(tone.astype("f4"), light=np.clip(light, 0, 1).astype("f4"))


def chevrons(random: Random, x: Plane, y: Plane) -> Sketch:
    """Zigzag bands."""
    scale = pick(random, 1, 3)
    zigzag = np.abs(np.mod(x * scale, 1) - 0.5) * pick(random, 0.8, 2)
    phase = np.mod(y * pick(random, 1.5, 3.5) + zigzag, 1)
    count = int(random.integers(2, 4))
    return Sketch(np.floor(phase * count) / (count - 1))


def truchet(random: Random, x: Plane, y: Plane) -> Sketch:
    """Quarter arcs on randomly turned squares, joining into endless ribbons. Source: Smith 1987."""
    scale = pick(random, 1.5, 3.5)
    i, j = np.floor(x * scale), np.floor(y * scale)
    u, v = x * scale - i, y * scale - j
    u = np.where(lookup(random, i, j) < 0.5, u, 1 - u)
    near = np.minimum(np.hypot(u, v), np.hypot(1 - u, 1 - v))
    gap = np.abs(near - 0.5)
    width = pick(random, 0.08, 0.22)
    tone = mark(gap < width)
    return Sketch(tone - 0.5 * mark(gap < width / 3) if whether(random, 0.4) else tone)


def tartan(random: Random, x: Plane, y: Plane) -> Sketch:
    """Crossing bands of cloth, the same sett both ways."""
    sett = random.choice([0.0, 0.25, 0.6, 1.0], 12).astype(np.float32)
    scale = pick(random, 3, 7)
    rows = sett[np.floor(np.mod(y * scale, 12)).astype(np.int64) % 12]
    columns = sett[np.floor(np.mod(x * scale, 12)).astype(np.int64) % 12]
    return Sketch((rows + columns) / 2)


def argyle(random: Random, x: Plane, y: Plane) -> Sketch:
    """Tall diamonds with thin crossing lines."""
    scale = pick(random, 1, 2.5)
    u, v = x * scale * 1.6 + y * scale, x * scale * 1.6 - y * scale
    tone = np.mod(np.floor(u) + np.floor(v), 2) * 0.6
    line = np.minimum(np.abs(np.mod(u, 1) - 0.5), np.abs(np.mod(v, 1) - 0.5))
    return Sketch(np.where(line < pick(random, 0.04, 0.08), 1, tone).astype(np.float32))


def khatam(random: Random, x: Plane, y: Plane) -> Sketch:
    """Eight-pointed stars and crosses: two squares laid over each other in every cell."""
    scale = pick(random, 1, 2.5)
    u, v = np.abs(np.mod(x * scale, 1) - 0.5), np.abs(np.mod(y * scale, 1) - 0.5)
    star = np.minimum(np.maximum(u, v) * 1.0, (u + v) / np.float32(np.sqrt(2)))
    size = pick(random, 0.3, 0.36)
    return Sketch(0.5 * mark(star < size) + 0.5 * mark(star < size * pick(random, 0.4, 0.85)))


def flower_of_life(random: Random, x: Plane, y: Plane) -> Sketch:
    """Overlapping circles on a hexagonal lattice: how many cover a point, odd or even."""
    scale = pick(random, 1, 2.2)
    u, v = hexagon_cells(x * scale, y * scale)
    radius, count = pick(random, 0.52, 0.98), np.zeros_like(u)
    for k in range(7):
        a, b = (np.cos(k * TAU / 6), np.sin(k * TAU / 6)) if k < 6 else (0.0, 0.0)
        count += mark(np.hypot(u - np.float32(a), v - np.float32(b)) < radius)
    return Sketch(np.mod(count, 2) if whether(random, 0.6) else np.clip(count / 4, 0, 1))


def star_lattice(random: Random, x: Plane, y: Plane) -> Sketch:
    """A small star in every cell of a grid."""
    scale = pick(random, 1.2, 2.6)
    row = np.floor(y * scale)
    column = x * scale + 0.5 * np.mod(row, 2)
    radius, angle = polar(np.mod(column, 1) - 0.5, np.mod(y * scale, 1) - 0.5)
    points = int(random.integers(4, 8))
    limit = 0.3 + 0.14 * np.cos(angle * points + pick(random, 0, 6))
    return Sketch(mark(radius < limit) * (0.4 + 0.6 * lookup(random, row, np.floor(column))))
