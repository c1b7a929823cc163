"""Fractals: sets of Julia and Mandelbrot, curves that fill the plane, dust."""

import numpy as np
from numba import njit

from training.families.canvas import TAU, Plane, Random, Sketch, floats, pick, whether
from training.families.pencil import Pencil, Points


@njit(cache=True)
def escape(start: Plane, shift: Plane, limit: int) -> Plane:
    """Smooth escape counts of z -> z^2 + c in [0, 1] (1: never escapes).

    start, shift (H, W, 2): real and imaginary parts of z and c.
    """
    count = np.empty(start.shape[:2], dtype=np.float32)
    for i in range(start.shape[0]):
        for j in range(start.shape[1]):
            a, b = start[i, j, 0], start[i, j, 1]
            count[i, j] = 1
            for step in range(limit):
                a, b = a * a - b * b + shift[i, j, 0], 2 * a * b + shift[i, j, 1]
                size = a * a + b * b
                if size > 64:
                    count[i, j] = min(1, max(0, (step + 1 - np.log2(np.log2(size))) / limit))
                    break
    return count


def bands(random: Random, count: Plane) -> Sketch:
    """Escape counts as a tone: stretched, and sometimes repeated in rings."""
    tone = np.sqrt(count)
    if whether(random, 0.5):
        rings = 0.5 - 0.5 * np.cos(tone * pick(random, 12, 30))
        tone = np.where(count >= 1, 0, rings)
    return Sketch(np.clip(tone, 0, 1).astype("f4"))


def julia(random: Random, x: Plane, y: Plane) -> Sketch:
    """A filled Julia set of a constant near the rim of the Mandelbrot set."""
    angle = pick(random, 0, TAU)
    c = (0.5 * np.exp(1j * angle) - 0.25 * np.exp(2j * angle)) * pick(random, 1.02, 1.12)
    start = np.stack([x, y], -1) * np.float32(pick(random, 0.9, 1.4))
    shift = np.broadcast_to(np.array([c.real, c.imag], dtype=np.float32), start.shape)
    return bands(random, escape(start, shift, 40))


def mandelbrot(random: Random, x: Plane, y: Plane) -> Sketch:
    """A zoom towards the rim of the Mandelbrot set."""
    angle = pick(random, 0, TAU)
    c = 0.5 * np.exp(1j * angle) - 0.25 * np.exp(2j * angle)
    zoom = np.exp(pick(random, -2.6, 0.2))
    shift = np.stack([c.real + x * zoom, c.imag + y * zoom], -1).astype(np.float32)
    return bands(random, escape(np.zeros_like(shift), shift, 60))


def sierpinski(random: Random, pencil: Pencil) -> None:
    """A triangle of triangles, five levels deep."""
    corners = np.array([[0, -0.95], [0.95, 0.75], [-0.95, 0.75]]) + random.normal(0, 0.1, (3, 2))
    parts = [corners]
    for _ in range(int(random.integers(3, 6))):
        parts = [(part + part[k]) / 2 for part in parts for k in range(3)]
    tones = random.random(3)
    for k, part in enumerate(parts):
        pencil.polygon(part, tones[k % 3])


def carpet(random: Random, x: Plane, y: Plane) -> Sketch:
    """Sierpinski's carpet, the depth of a hole as its tone; square or bent."""
    u, v = (x * 0.5 + 0.5), (y * 0.5 + 0.5)
    tone = np.ones_like(x)
    for level in range(int(random.integers(2, 4)) + 1):
        i, j = np.floor(np.mod(u, 1) * 3), np.floor(np.mod(v, 1) * 3)
        hole = (i == 1) & (j == 1) & (tone == 1)
        tone = np.where(hole, 0.25 * level, tone)
        u, v = u * 3, v * 3
    return Sketch(tone.astype("f4"))


def turtle(turns: str, angle: float) -> Points:
    """The path (N, 2), fitted into [-0.9, 0.9], of a turtle: F forward, + and - turn by `angle`."""
    way = np.cumsum([angle if s == "+" else -angle if s == "-" else 0.0 for s in turns])
    forward = np.array([s == "F" for s in turns])
    steps = np.stack([np.cos(way[forward]), np.sin(way[forward])], 1)
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
    low, high = points.min(0), points.max(0)
    return floats((points - (low + high) / 2) * (1.8 / max(high - low)))


def rewrite(word: str, rules: dict[str, str], times: int) -> str:
    """A Lindenmayer system: every letter replaced by its rule, `times` times."""
    for _ in range(times):
        word = "".join(rules.get(letter, letter) for letter in word)
    return word


def dragon(random: Random, pencil: Pencil) -> None:
    """The dragon curve, its corners cut so that the path can be followed."""
    rules = {"X": "X+YF+", "Y": "-FX-Y"}
    points = turtle(rewrite("FX", rules, int(random.integers(7, 10))), np.pi / 2)
    middles = (points[1:] + points[:-1]) / 2
    step = float(np.abs(points[1] - points[0]).max())
    pencil.line(middles, step * pick(random, 0.3, 0.6), pick(random, 0, 1))


def hilbert(random: Random, pencil: Pencil) -> None:
    """Hilbert's curve, three to four deep."""
    rules = {"A": "-BF+AFA+FB-", "B": "+AF-BFB-FA+"}
    points = turtle(rewrite("A", rules, int(random.integers(3, 5))), np.pi / 2)
    step = float(np.abs(points[1] - points[0]).max())
    pencil.line(points * 1.15, step * pick(random, 0.3, 0.6), pick(random, 0, 1))


def koch(random: Random, pencil: Pencil) -> None:
    """Koch's snowflake, filled, with smaller ones inside."""
    word = rewrite("F++F++F", {"F": "F-F++F-F"}, int(random.integers(2, 4)))
    points = turtle(word, np.pi / 3)
    for ring in range(int(random.integers(1, 5))):
        pencil.polygon(points * 0.68**ring, (0.0, 1.0, 0.5, 0.25)[ring])


def plant(random: Random, pencil: Pencil) -> None:
    """Seaweed: a bracketed L-system with curving twigs."""
    stack = [(np.array([0.0, 1.0]), -np.pi / 2, 0)]
    lean, tone = pick(random, 0.35, 0.6), pick(random, 0, 1)
    while stack:
        place, way, depth = stack.pop()
        if depth > 5:
            continue
        length = 0.42 * 0.86**depth
        bow = way + np.linspace(0, random.normal(0, 0.5), 5)
        steps = np.stack([np.cos(bow), np.sin(bow)], 1) * length / 5
        points = place + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
        pencil.line(points, 0.05 * 0.82**depth, tone)
        for side in (-1, 1):
            if whether(random, 0.82):
                stack.append((points[-1], float(bow[-1]) + side * lean, depth + 1))


def cluster(random: Random, pencil: Pencil) -> None:
    """Frost: discs on discs, each with a ring of smaller ones (a circle inversion look)."""
    count, shrink, tones = int(random.integers(4, 8)), pick(random, 0.38, 0.48), random.random(4)
    level = [(np.zeros(2), 0.42, 0.0)]
    for depth in range(4):
        below = []
        for place, radius, way in level:
            pencil.disc(place, radius, tones[depth])
            for k in range(count):
                lean = way + TAU * k / count
                reach = radius * (1 + shrink)
                below.append(
                    (place + reach * np.array([np.cos(lean), np.sin(lean)]), radius * shrink, lean)
                )
        level = below if len(below) < 400 else []
