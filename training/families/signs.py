"""Signs and made things: glyphs, brush strokes, mazes, circuits, buildings."""

import numpy as np

from training.families.canvas import TAU, Plane, Random, Sketch, lookup, mark, pick, whether
from training.families.pencil import Pencil, Points, circle, smooth


def glyph(random: Random, place: Points, size: float) -> list[Points]:
    """Two to four strokes of one letter-like sign: lines and arcs between grid points."""
    nodes = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]) * [0.6, 0.9]
    strokes: list[Points] = []
    for _ in range(int(random.integers(3, 6))):
        chosen = nodes[random.choice(9, int(random.integers(2, 4)), replace=False)]
        line = smooth(chosen, 3) if whether(random, 0.5) else chosen
        strokes.append(place + size * line)
    return strokes


def letters(random: Random, pencil: Pencil) -> None:
    """Lines of letter-like signs, from one large one to a page of text."""
    rows = int(random.integers(1, 6))
    size, tone = 0.8 / rows, pick(random, 0, 1)
    width = size * pick(random, 0.25, 0.5)
    for row in range(rows):
        for column in range(rows):
            place = (np.array([column, row]) + 0.5) * 2 / rows - 1
            for stroke in glyph(random, place, size * 0.85):
                pencil.line(stroke, width, tone)


def calligraphy(random: Random, pencil: Pencil) -> None:
    """Brush strokes that swell and thin."""
    tone = pick(random, 0, 1)
    for _ in range(int(random.integers(1, 5))):
        points = smooth(random.uniform(-0.9, 0.9, (int(random.integers(3, 7)), 2)), 4)
        t = np.linspace(0, 1, len(points))
        swell = pick(random, 0.03, 0.14) * (0.25 + np.sin(np.pi * t) ** 2)
        for k in range(len(points) - 1):
            pencil.line(points[k : k + 2], float(swell[k]) * 2, tone)
            pencil.disc(points[k], float(swell[k]), tone)


def scribble(random: Random, pencil: Pencil) -> None:
    """One long looping line."""
    t = np.linspace(0, 1, 260)
    loops, drift = pick(random, 6, 14), pick(random, 1.2, 2)
    radius = pick(random, 0.2, 0.5) * (1 + 0.3 * np.sin(t * 9))
    x = drift * (t - 0.5) + radius * np.cos(t * TAU * loops)
    y = 0.5 * np.sin(t * pick(random, 2, 7)) + radius * np.sin(t * TAU * loops)
    pencil.line(np.stack([x, y], 1), pick(random, 0.02, 0.05), pick(random, 0, 1))


def maze(random: Random, x: Plane, y: Plane) -> Sketch:
    """Walls of a binary-tree maze: every cell opens to the north or to the west."""
    scale = pick(random, 2, 5)
    i, j = np.floor(x * scale), np.floor(y * scale)
    u, v = x * scale - i, y * scale - j
    north = lookup(random, i, j) < 0.5
    width = pick(random, 0.2, 0.4)
    wall = np.where(north, u < width, v < width) | ((u < width) & (v < width))
    return Sketch(mark(wall))


def circuit(random: Random, pencil: Pencil) -> None:
    """Tracks with 45 degree bends, pads at their ends, a chip or two."""
    step, tone, width = 0.12, pick(random, 0.3, 1), pick(random, 0.03, 0.05)
    for _ in range(int(random.integers(14, 28))):
        place, way = np.round(random.uniform(-1, 1, 2) / step) * step, int(random.integers(8))
        points = [place]
        for _ in range(int(random.integers(2, 5))):
            ahead = np.round([np.cos(way * np.pi / 4), np.sin(way * np.pi / 4)]) * step
            points.append(points[-1] + ahead * random.integers(1, 6))
            way += int(random.choice([-1, 1]))
        pencil.line(np.array(points), width, tone)
        for end in (points[0], points[-1]):
            pencil.disc(end, width * 1.7, tone)
            pencil.disc(end, width * 0.8, 0)
    for _ in range(int(random.integers(0, 3))):
        box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * random.uniform(0.12, 0.3, 2)
        pencil.polygon(box + random.uniform(-0.7, 0.7, 2), 0.1)


def invaders(random: Random, x: Plane, y: Plane) -> Sketch:
    """Mirrored pixel figures on a grid, one to nine."""
    figures = int(random.integers(1, 4))
    cells = int(random.integers(7, 12))
    u, v = (x * 0.45 + 0.5) * figures, (y * 0.45 + 0.5) * figures
    column, row = np.floor(np.mod(u, 1) * (cells + 2)) - 1, np.floor(np.mod(v, 1) * (cells + 2)) - 1
    mirrored = np.minimum(column, cells - 1 - column)
    key = np.floor(u) * 7 + np.floor(v) * 3
    filled = lookup(random, mirrored + 12 * key, row + 12 * key) < 0.55
    inside = (mirrored >= 0) & (row >= 0) & (row < cells)
    return Sketch(lookup(random, key), mark(filled & inside))


def lightning(random: Random, pencil: Pencil) -> None:
    """Forked bolts: midpoints pushed aside, again and again."""
    for _ in range(int(random.integers(1, 4))):
        points = np.array([[pick(random, -0.6, 0.6), -1.2], [pick(random, -0.6, 0.6), 1.1]])
        for push in (0.25, 0.13, 0.07, 0.04, 0.02):
            middle = (points[1:] + points[:-1]) / 2 + random.normal(0, push, (len(points) - 1, 2))
            points = np.insert(points, np.arange(1, len(points)), middle, 0)
        pencil.line(points, pick(random, 0.03, 0.06), 1)
        for _ in range(int(random.integers(2, 6))):
            start = int(random.integers(4, 26))
            fork = (points[start:] - points[start]) @ np.array([[0.7, 0.3], [-0.5, 0.6]])
            pencil.line(points[start] + fork * pick(random, 0.4, 0.9), 0.02, 0.8)


def meander(random: Random, x: Plane, y: Plane) -> Sketch:
    """Greek key: a square spiral that repeats along a band."""
    key = ["1111111", "1000001", "1011101", "1010101", "1010001", "1011111", "1000000", "1111111"]
    bitmap = np.array([[float(bit) for bit in line] for line in key], dtype=np.float32)
    scale = pick(random, 4, 8)
    row = np.mod(np.floor(y * scale), 10).astype(np.int64)
    column = np.mod(np.floor(x * scale), 7).astype(np.int64)
    return Sketch(np.where(row < 8, bitmap[np.minimum(row, 7), column], 0.5).astype("f4"))


def paisley(random: Random, x: Plane, y: Plane) -> Sketch:
    """Drops with a bent tip and nested outlines, one large or a pattern of them."""
    count = 1 if whether(random, 0.5) else 2
    u, v = np.mod(x * count * 0.5 + 0.5, 1) * 2 - 1, np.mod(y * count * 0.5 + 0.5, 1) * 2 - 1
    high = np.clip((0.3 - v) / 1.2, 0, 1)  # 0 in the round part, 1 at the tip
    bent = u - pick(random, 0.5, 0.8) * high**2 + 0.15
    shape = np.hypot(bent / (1.02 - high), np.where(v > 0.3, v - 0.3, 0)) / 0.55
    shape = np.where(high >= 1, 9, shape)
    tone = np.mod(np.floor(shape * int(random.integers(3, 6))), 2)
    pearls = np.cos(np.arctan2(v - 0.3 + high, bent) * int(random.integers(10, 20))) > 0
    tone = np.where((shape > 0.72) & pearls, 0.5, tone)
    heart = np.hypot(bent, v - 0.3) < 0.2
    return Sketch(np.where(heart, 0.75, tone).astype("f4"), mark(shape < 1))


def skyline(random: Random, pencil: Pencil) -> None:
    """Towers with windows, some with pointed or domed roofs."""
    lights = pick(random, 0.5, 1)
    for place in np.arange(-1.2, 1.2, pick(random, 0.3, 0.5)):
        half, top = pick(random, 0.13, 0.24), pick(random, -0.7, 0.3)
        tone, kind = pick(random, 0, 0.4), int(random.integers(3))
        box = np.array(
            [[place - half, 1.3], [place - half, top], [place + half, top], [place + half, 1.3]]
        )
        pencil.polygon(box, tone)
        if kind == 1:
            pencil.polygon(
                np.array([[place - half, top], [place, top - half * 2], [place + half, top]]),
                lights,
            )
        if kind == 2:
            pencil.disc(np.array([place, top]), half, lights)
        for level in np.arange(top + 0.1, 1.1, 0.17):
            for side in (-0.5, 0.5):
                middle = np.array([place + side * half, level])
                pencil.polygon(circle(4, 0.055, np.pi / 4) + middle, lights)


def arches(random: Random, x: Plane, y: Plane) -> Sketch:
    """Arcades: nested round or pointed arches, in one or more storeys."""
    scale = pick(random, 0.6, 1.6)
    row = np.floor(y * scale)
    u, v = np.mod(x * scale * pick(random, 1, 1.6), 1) - 0.5, y * scale - row
    point = pick(random, 0, 0.25)
    top = np.hypot(np.abs(u) + point, (v - 0.5) * 0.9) - point
    shape = np.where(v < 0.5, top, np.abs(u))
    count = int(random.integers(2, 5))
    tone = np.floor(np.clip(1 - shape / 0.45, 0, 0.999) * count) / max(count - 1, 1)
    return Sketch(np.clip(1 - tone, 0, 1).astype("f4"))


def stairs(random: Random, x: Plane, y: Plane) -> Sketch:
    """Steps in light and shade."""
    scale = pick(random, 2, 5)
    i, j = np.floor((x + y) * scale / 2), np.floor((x - y) * scale / 2)
    u, v = x * scale - (i + j), y * scale - (i - j)
    tone = np.where(np.mod(i + j, 2) == 0, mark(u > np.abs(v)), 0.5 + 0.5 * mark(v > 0))
    return Sketch(np.where(np.mod(i - j, 2) == 0, tone, 1 - tone).astype("f4"))


def fur(random: Random, pencil: Pencil) -> None:
    """Short hairs that lie along a slowly turning direction."""
    base, twist = pick(random, 0, TAU), random.normal(0, 0.9, 2)
    length = pick(random, 0.1, 0.28)
    for place in random.uniform(-1.25, 1.25, (int(random.integers(260, 420)), 2)):
        way = base + float(twist @ place)
        step = np.array([np.cos(way), np.sin(way)]) * length
        pencil.line(np.stack([place, place + step]), 0.03, pick(random, 0, 1))


def hair(random: Random, pencil: Pencil) -> None:
    """Long strands that follow a flow together."""
    wave, phase = random.uniform(1, 3.5, 2), pick(random, 0, 6)
    starts = random.uniform(-1.4, 1.4, (int(random.integers(60, 110)), 2))
    strands = [starts]
    for _ in range(18):
        here = strands[-1]
        way = 1.5 * np.sin(here[:, 0] * wave[0] + phase) + 1.2 * np.cos(here[:, 1] * wave[1])
        strands.append(here + 0.06 * np.stack([np.cos(way), np.sin(way)], 1))
    width = pick(random, 0.015, 0.05)
    for strand in np.stack(strands, 1):
        pencil.line(strand, width, pick(random, 0, 1))
