"""Plants: flowers, leaves, trees, mushrooms."""

import numpy as np

from training.families.canvas import TAU, Plane, Random, Sketch, mark, pick, polar, ramp, whether
from training.families.pencil import Pencil, Points, smooth


def rose(random: Random, x: Plane, y: Plane) -> Sketch:
    """A flower after the rose curve r = cos(n angle), with a heart and petal veins."""
    radius, angle = polar(x, y)
    petals = int(random.integers(3, 9))
    limit = pick(random, 0.5, 0.65) + pick(random, 0.2, 0.38) * np.cos(angle * petals)
    veins = 0.2 * np.sin(angle * petals * int(random.integers(3, 7)))
    tone = np.clip(0.3 + 0.5 * radius / limit + veins, 0, 1)
    heart = radius < pick(random, 0.12, 0.25)
    light = np.clip(0.65 - 0.3 * radius / np.maximum(limit, 0.05), 0, 1)
    return Sketch(np.where(heart, 0, tone).astype("f4"), mark(radius < limit), light)


def daisy(random: Random, x: Plane, y: Plane) -> Sketch:
    """Many narrow petals in one or two rings about a disc."""
    radius, angle = polar(x, y)
    petals, tone, cover = int(random.integers(8, 20)), np.zeros_like(x), np.zeros_like(x)
    for ring in range(int(random.integers(1, 4))):
        reach = 0.95 - 0.22 * ring
        across = np.mod(angle / TAU * petals + 0.5 * ring, 1) - 0.5
        shape = (across / 0.46) ** 2 + ((radius - reach * 0.6) / (reach * 0.4)) ** 2
        tone = np.where(shape < 1, 0.5 + 0.2 * ring - 0.3 * np.abs(across), tone)
        cover = np.maximum(cover, shape < 1)
    heart = radius < pick(random, 0.2, 0.35)
    return Sketch(np.where(heart, 1, tone).astype("f4"), np.maximum(cover, heart).astype("f4"))


def rosebud(random: Random, x: Plane, y: Plane) -> Sketch:
    """A full blossom: petals wound in a spiral, each shading the next."""
    radius, angle = polar(x, y)
    turn = angle / TAU + np.log(np.maximum(radius, 0.04)) * pick(random, 1, 1.8)
    wave = 0.12 * np.cos(angle * int(random.integers(3, 6)) + radius * 5)
    phase = np.mod(turn * int(random.integers(1, 3)) + wave, 1)
    light = np.clip(0.15 + 0.55 * phase, 0, 1)
    limit = pick(random, 0.75, 0.95) + 0.08 * np.cos(angle * int(random.integers(5, 9)))
    return Sketch(0.25 + 0.6 * phase * (1 - radius / 2), mark(radius < limit), light)


def leaf(random: Random, x: Plane, y: Plane) -> Sketch:
    """One leaf with midrib and side veins, smooth or toothed."""
    along = np.clip((y + 0.9) / 1.8, 0, 1)
    half = pick(random, 0.35, 0.65) * np.sin(np.pi * along ** pick(random, 0.6, 1.3))
    teeth = 0.06 * np.abs(np.mod(y * 7, 1) - 0.5) if whether(random, 0.5) else 0
    vein = np.mod((y + np.abs(x) * pick(random, 0.5, 1.2)) * pick(random, 4, 7), 1)
    lines = (vein < 0.16) | (np.abs(x) < 0.035)
    tone = np.where(lines, 1, 0.3 + 0.25 * mark(x > 0))
    stem = (np.abs(x) < 0.03) & (y > 0.8) & (y < 1.15)
    return Sketch(tone.astype("f4"), mark((np.abs(x) < half - teeth) | stem), 0.5 + 0.15 * vein)


def foliage(random: Random, pencil: Pencil) -> None:
    """Many leaves over each other, each with its rib."""
    for _ in range(int(random.integers(20, 45))):
        length, lean = pick(random, 0.25, 0.5), pick(random, 0, TAU)
        t = np.linspace(0, np.pi, 9)
        half = length * pick(random, 0.15, 0.25) * np.sin(t)
        spine = length * (1 - np.cos(t)) / 2
        side = np.stack([spine, half], 1)
        outline = np.concatenate([side, (side * [1, -1])[::-1]])
        turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
        base = random.uniform(-1.2, 1.2, 2)
        tone = pick(random, 0.3, 1)
        pencil.polygon(outline @ turn + base, tone)
        pencil.line(np.array([[0, 0], [length, 0]]) @ turn + base, 0.02, tone - 0.3)


def branch(
    points: list[tuple[Points, float]],
    base: Points,
    way: float,
    length: float,
    random: Random,
    depth: int,
) -> None:
    """Adds a branch and its children to `points` as (segment, width) pairs."""
    tip = base + length * np.array([np.cos(way), np.sin(way)])
    points.append((np.stack([base, tip]), 0.02 + 0.018 * depth))
    if depth == 0:
        return
    for side in (-1, 1):
        lean = way + side * pick(random, 0.25, 0.65)
        branch(points, tip, lean, length * pick(random, 0.65, 0.85), random, depth - 1)


def tree(random: Random, pencil: Pencil) -> None:
    """A branching tree, bare or with leaves at its tips. Source: Lindenmayer 1968."""
    parts: list[tuple[Points, float]] = []
    branch(parts, np.array([0, 0.95]), -np.pi / 2, pick(random, 0.4, 0.55), random, 6)
    leaves, tone = whether(random, 0.5), pick(random, 0, 0.5)
    for segment, width in parts:
        pencil.line(segment, width, tone)
    for segment, width in parts:
        if leaves and width < 0.03:
            pencil.disc(segment[1], pick(random, 0.03, 0.08), pick(random, 0.6, 1))


def fern(random: Random, pencil: Pencil) -> None:
    """A frond: leaflets along a bending stem, each with its own leaflets (self-similar)."""
    count, bend = int(random.integers(9, 16)), pick(random, -0.5, 0.5)
    tone, lean = pick(random, 0, 1), pick(random, 0.9, 1.3)
    t = np.linspace(0, 1, count + 1)
    stem = np.stack([bend * t**2, 0.95 - 1.9 * t], 1)
    pencil.line(stem, 0.04, tone)
    for k in range(1, count):
        for side in (-1, 1):
            length = 0.62 * np.sin(np.pi * (0.2 + 0.8 * t[k])) ** 0.8
            way = -np.pi / 2 + side * lean + bend * t[k]
            ahead = np.array([np.cos(way), np.sin(way)])
            pencil.line(np.stack([stem[k], stem[k] + ahead * length]), 0.02, tone)
            for part in np.linspace(0.2, 0.9, 6):
                foot = stem[k] + ahead * length * part
                for turn in (-0.9, 0.9):
                    tip = foot + 0.16 * (1 - part * 0.7) * np.array(
                        [np.cos(way + turn), np.sin(way + turn)]
                    )
                    pencil.line(np.stack([foot, tip]), 0.028, tone)


def sunflower(random: Random, pencil: Pencil) -> None:
    """Seeds at the golden angle, growing outwards. Source: Vogel 1979."""
    count = int(random.integers(80, 220))
    reach, grow = 0.95 / np.sqrt(count), pick(random, 0.45, 0.8)
    shift = int(random.choice([1, 5, 8, 13]))
    for k in range(count):
        angle = k * 2.399963
        place = reach * np.sqrt(k) * np.array([np.cos(angle), np.sin(angle)])
        pencil.disc(place, reach * grow * (0.5 + 0.5 * k / count), (k % shift + 1) / shift)


def dandelion(random: Random, pencil: Pencil) -> None:
    """Thin rays with a tuft at every end."""
    tone = pick(random, 0, 1)
    for _ in range(int(random.integers(30, 70))):
        way, length = pick(random, 0, TAU), 0.85 * np.sqrt(pick(random, 0.3, 1))
        tip = length * np.array([np.cos(way), np.sin(way)])
        pencil.line(np.stack([tip * 0.08, tip]), 0.014, tone)
        for turn in (-0.8, -0.3, 0.3, 0.8):
            end = tip + 0.12 * np.array([np.cos(way + turn), np.sin(way + turn)])
            pencil.line(np.stack([tip, end]), 0.014, 1 - tone)
    pencil.disc(np.zeros(2), 0.1, tone)


def mushrooms(random: Random, x: Plane, y: Plane) -> Sketch:
    """Caps with spots on stems, one to three."""
    tone, cover, light = np.zeros_like(x), np.zeros_like(x), np.full_like(x, 0.5)
    count = int(random.integers(1, 4))
    for k in range(count):
        size = pick(random, 0.75, 1) if count == 1 else pick(random, 0.35, 0.6)
        u = (x - (0 if count == 1 else -0.55 + 0.55 * k + pick(random, -0.1, 0.1))) / size
        v = (y - pick(random, -0.1, 0.25)) / size
        stem = (np.abs(u) < 0.14 + 0.06 * v) & (v > 0) & (v < 0.8)
        cap = (u / 0.7) ** 2 + (v / pick(random, 0.45, 0.75)) ** 2
        top = (cap < 1) & (v < 0.08 + 0.05 * np.cos(u * 4))
        spot = np.hypot(np.mod(u * 3.2 + v, 1) - 0.5, np.mod(v * 3.2, 1) - 0.5) < 0.26
        tone = np.where(stem, 0.5, tone)
        tone = np.where(top, np.where(spot, 1, 0.1), tone)
        light = np.where(top, 0.62 - 0.35 * u - 0.3 * cap, np.where(stem, 0.5 - 1.5 * u, light))
        cover = np.maximum(cover, top | stem)
    return Sketch(tone.astype("f4"), cover, np.clip(light, 0.05, 0.95).astype("f4"))


def grass(random: Random, pencil: Pencil) -> None:
    """Blades that bend from a common ground."""
    for _ in range(int(random.integers(30, 70))):
        foot, lean = pick(random, -1.2, 1.2), random.normal(0, 0.35)
        high = pick(random, 0.7, 1.9)
        spine = np.array(
            [[foot, 1.15], [foot + lean * 0.3, 1.1 - high * 0.6], [foot + lean, 1.1 - high]]
        )
        left = smooth(spine, 2)
        taper = np.linspace(0.06, 0, len(left))[:, None] * [[1, 0]]
        pencil.polygon(np.concatenate([left - taper, (left + taper)[::-1]]), pick(random, 0, 1))


def cactus(random: Random, x: Plane, y: Plane) -> Sketch:
    """A ribbed ball or column with spines at its ribs."""
    width, high = pick(random, 0.45, 0.75), pick(random, 0.7, 0.95)
    inside = (np.abs(x) / width) ** 2.5 + (np.abs(y) / high) ** 2.5
    wrap = np.arcsin(np.clip(x / width, -1, 1)) * pick(random, 1.5, 3)
    rib = np.abs(np.mod(wrap, 1) - 0.5) * 2
    spine = mark(np.hypot(rib, np.mod(y * pick(random, 5, 8), 1) - 0.5) < 0.3)
    light = np.clip(0.62 - 0.4 * rib - 0.2 * inside + 0.15 * x, 0, 1)
    return Sketch(0.3 + 0.7 * spine * ramp(1 - inside, 0.2), mark(inside < 1), light)
