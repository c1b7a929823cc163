"""Creatures and parts of them: eyes, faces, wings, fish, shells, arms with suckers."""

import numpy as np

from training.families.canvas import TAU, Plane, Random, Sketch, mark, noise, pick, polar, whether
from training.families.pencil import Pencil, Points, circle, smooth


def eye(random: Random, x: Plane, y: Plane) -> Sketch:
    """Lids, white, streaked iris, round or slit pupil, and a highlight."""
    radius, angle = polar(x, y)
    iris, pupil = pick(random, 0.38, 0.55), pick(random, 0.14, 0.24)
    streaks = 0.45 + 0.18 * np.sin(angle * int(random.integers(14, 30))) + 0.25 * radius
    tone = np.where(radius < iris, streaks, 0.95)
    slit = pick(random, 1, 4) if whether(random, 0.4) else 1.0
    tone = np.where(np.hypot(x * slit, y) < pupil, 0, tone)
    tone = np.where(np.abs(radius - iris) < 0.04, 0.1, tone)
    tone = np.where(np.hypot(x + 0.13, y + 0.15) < 0.08, 1, tone)
    lid = pick(random, 0.5, 0.75) * (1 - np.clip(np.abs(x) / 0.95, 0, 1) ** 2)
    rim = np.abs(np.abs(y) - lid) < 0.06
    tone = np.where(rim, 0.2, tone)
    return Sketch(np.clip(tone, 0, 1).astype("f4"), mark(np.abs(y) < lid + 0.05))


def peacock(random: Random, x: Plane, y: Plane) -> Sketch:
    """Eye-feathers: nested drops on a fan of barbs, one large or many."""
    scale = 1.0 if whether(random, 0.5) else pick(random, 1.5, 2.5)
    if scale > 1:
        row = np.floor(y * scale)
        x, y = np.mod(x * scale + 0.5 * np.mod(row, 2), 1) * 2 - 1, np.mod(y * scale, 1) * 2 - 1
    shape = np.hypot(x * (1.25 + 0.35 * y), y + 0.1)
    barbs = 0.12 * np.sin(np.arctan2(y - 1.6, x) * pick(random, 40, 70))
    edges = np.cumsum(random.uniform(0.12, 0.22, 4))
    tones = random.permutation(np.linspace(0, 1, 5)).astype(np.float32)
    tone = tones[np.searchsorted(edges, shape)] + barbs * mark(shape > edges[1])
    return Sketch(np.clip(tone, 0, 1), mark(shape < edges[3] + 0.2) if scale == 1 else None)


def face(random: Random, x: Plane, y: Plane) -> Sketch:
    """Two eyes and a mouth on a head; a mask, an owl, a moon."""
    head = (np.abs(x) / pick(random, 0.65, 0.85)) ** 2.3 + (
        np.abs(y) / pick(random, 0.75, 0.9)
    ) ** 2.3
    tone = 0.6 + 0.1 * np.cos(y * 3)
    apart, level, size = (
        pick(random, 0.26, 0.36),
        pick(random, -0.3, -0.1),
        pick(random, 0.14, 0.25),
    )
    ring = np.hypot(np.abs(x) - apart, (y - level) * pick(random, 0.9, 1.6))
    tone = np.where(ring < size, 1, tone)
    tone = np.where(ring < size * pick(random, 0.4, 0.7), 0, tone)
    smile = pick(random, -0.8, 0.8)
    mouth = np.abs(y - pick(random, 0.35, 0.5) + smile * (x**2 - 0.05))
    tone = np.where(
        (mouth < pick(random, 0.04, 0.12)) & (np.abs(x) < pick(random, 0.22, 0.42)), 0.1, tone
    )
    nose = (np.abs(x) < 0.1 * (y - level + 0.05) * 3) & (y > level) & (y < 0.22)
    tone = np.where(nose, 0.3, tone)
    light = np.clip(0.68 - 0.3 * head, 0.1, 1) if whether(random, 0.5) else None
    return Sketch(tone.astype("f4"), mark(head < 1), light)


def butterfly(random: Random, x: Plane, y: Plane) -> Sketch:
    """Mirrored wings with veins, rims and spots, about a thin body."""
    u = np.abs(x)
    radius, angle = polar(u, y)
    upper = 0.95 * np.abs(np.cos((angle + pick(random, 0.5, 0.75)) * pick(random, 1.2, 1.6)))
    lower = pick(random, 0.6, 0.8) * np.abs(np.cos((angle - pick(random, 0.75, 1)) * 1.7))
    limit = np.maximum(np.where(angle < 0.15, upper, 0), np.where(angle > -0.1, lower, 0))
    share = radius / np.maximum(limit, 0.05)
    veins = mark(np.abs(np.sin(angle * pick(random, 6, 10))) < 0.14)
    spot = np.hypot(u - pick(random, 0.4, 0.55), np.abs(y + 0.05) - pick(random, 0.3, 0.45))
    tone = np.where(share > 0.82, 0.05, 0.6 - 0.3 * share * (1 - veins))
    tone = np.where(spot < 0.13, 1, np.where(veins * (share > 0.4) > 0, 0.1, tone))
    body = (u / 0.06) ** 2 + (y / 0.5) ** 2 < 1
    return Sketch(np.where(body, 0, tone).astype("f4"), mark((share < 1) | body))


def fish(random: Random, x: Plane, y: Plane) -> Sketch:
    """Body, tail, fin, eye; striped or scaled sides."""
    body = (x / 0.68) ** 2 + (y / (pick(random, 0.3, 0.5) * (1 - 0.25 * x))) ** 2
    tail = (x > 0.55) & (x < 0.98) & (np.abs(y) < (x - 0.5) * pick(random, 0.8, 1.2))
    fin = (np.abs(x) < 0.3) & (y < 0) & (y > -0.45 - 0.5 * x) & (body > 0.9)
    stripes = mark(np.mod(x * pick(random, 2, 5) + 0.3 * np.cos(y * 4), 1) < 0.5)
    lattice = mark(np.hypot(np.mod(x * 6, 1) - 0.5, np.mod(y * 6, 1) - 0.5) < 0.36)
    tone = 0.35 + 0.5 * (stripes if whether(random, 0.5) else lattice)
    tone = np.where(body > 1, 0.7 + 0.3 * np.sin(y * 30) * (x > 0.5), tone)
    tone = np.where(x < -0.42, 0.55, tone)
    looking = np.hypot(x + 0.47, y + 0.07)
    tone = np.where(looking < 0.09, 1, np.where(looking < 0.12, 0, tone))
    tone = np.where(looking < 0.04, 0, tone)
    return Sketch(np.clip(tone, 0, 1).astype("f4"), mark((body < 1) | tail | fin))


def shell(random: Random, x: Plane, y: Plane) -> Sketch:
    """A nautilus: a growing coil with ribs, rounded by light. Source: Moseley 1838."""
    radius, angle = polar(x, y)
    grow = pick(random, 0.14, 0.22)
    turns = np.log(np.maximum(radius, 0.01) / 0.95) / grow / TAU - angle / TAU
    across = np.mod(turns, 1) - 0.5
    place = angle + TAU * np.floor(turns)
    ribs = np.sin(place * pick(random, 4, 9) + across * 3)
    light = np.clip(0.68 - 1.9 * across**2 + 0.12 * ribs, 0, 1)
    tone = 0.5 + 0.4 * mark(ribs > 0.2) - 0.3 * across
    return Sketch(np.clip(tone, 0, 1), mark(turns < -0.02), light)


def scallop(random: Random, x: Plane, y: Plane) -> Sketch:
    """A fan shell: ribs that spread from a hinge, growth rings across."""
    radius, angle = polar(x, y - 0.75)
    ribs = int(random.integers(14, 28))
    spread = np.abs(angle + np.pi / 2)
    limit = 1.5 * np.cos(spread * 0.75) + 0.05 * np.abs(np.cos(angle * ribs / 2))
    ring = np.mod(radius * pick(random, 3, 6), 1)
    light = np.clip(0.5 + 0.22 * np.cos(angle * ribs) - 0.15 * spread, 0, 1)
    hinge = (np.abs(x) < 0.3) & (np.abs(y - 0.72) < 0.1)
    cover = mark(((radius < limit) & (spread < pick(random, 0.9, 1.15))) | hinge)
    return Sketch(mark(ring < 0.55) * 0.6 + 0.2, cover, light)


def path(random: Random, reach: float = 0.8, corners: int = 5) -> Points:
    """A smooth wandering line (N, 2) from one side to the other."""
    along = np.linspace(-reach, reach, corners)
    return smooth(np.stack([along, random.uniform(-0.65, 0.65, corners)], 1), 4)


def snake(random: Random, pencil: Pencil) -> None:
    """A body along a wandering path, banded or with diamonds, a head with an eye."""
    points = path(random, 0.85, int(random.integers(4, 8)))
    width, every = pick(random, 0.1, 0.17), int(random.integers(4, 10))
    for k, point in enumerate(points):
        pencil.disc(point, width * min(1, 0.3 + k / 20) * 1.2, 0)
    for k, point in enumerate(points):
        tone = 0.55 if k % every < every // 2 else 1.0
        pencil.disc(point, width * min(1, 0.3 + k / 20), tone)
    ahead = points[-1]
    pencil.disc(ahead, width * 1.35, 0.55)
    pencil.disc(ahead - [0, width * 0.4], width * 0.35, 0)


def octopus(random: Random, pencil: Pencil) -> None:
    """Curling arms with suckers from one head with two eyes."""
    arms, tone = int(random.integers(5, 9)), pick(random, 0.3, 0.7)
    t = np.linspace(0, 1, 26)
    for k in range(arms):
        way = np.pi * (0.05 + 0.9 * k / (arms - 1)) + random.normal(0, 0.1)
        curl = way + random.choice([-1, 1]) * t**2 * pick(random, 1, 5)
        steps = np.stack([np.cos(curl), np.sin(curl)], 1) * pick(random, 0.035, 0.05)
        points = np.array([0, -0.25]) + np.cumsum(steps, 0)
        for j, point in enumerate(points):
            pencil.disc(point, 0.11 * (1.05 - t[j]), tone)
        for j in range(3, 24, 2):
            pencil.disc(points[j], 0.045 * (1.1 - t[j]), 1)
    head = circle(24, 0.36) * [1, pick(random, 1, 1.4)] + [0, -0.42]
    pencil.polygon(head, tone)
    for side in (-0.14, 0.14):
        pencil.disc(np.array([side, -0.32]), 0.09, 1)
        pencil.disc(np.array([side, -0.32]), 0.045, 0)


def jellyfish(random: Random, pencil: Pencil) -> None:
    """A domed bell with ribs and long wavering threads."""
    width, tone = pick(random, 0.5, 0.75), pick(random, 0.4, 0.8)
    for foot in np.linspace(-0.85, 0.85, int(random.integers(6, 14))) * width:
        t = np.linspace(0, 1, 20)
        sway = 0.08 * np.sin(t * pick(random, 6, 14) + pick(random, 0, 6))
        pencil.line(
            np.stack([foot + sway, -0.12 + t * pick(random, 0.6, 1.1)], 1), 0.03, pick(random, 0, 1)
        )
    t = np.linspace(np.pi, TAU, 24)
    dome = np.stack([width * np.cos(t), -0.1 + pick(random, 0.5, 0.75) * np.sin(t)], 1)
    pencil.polygon(dome, tone)
    for share in (-0.6, -0.2, 0.2, 0.6):
        pencil.line(dome * [share, 0.85], 0.03, tone - 0.35)
    pencil.line(dome[[0, -1]], 0.07, 1)


def beetle(random: Random, x: Plane, y: Plane) -> Sketch:
    """A round back with a seam and spots, a head, six legs."""
    body = (x / pick(random, 0.5, 0.65)) ** 2 + ((y - 0.1) / 0.7) ** 2
    head = np.hypot(x / 1.3, y + 0.62) < 0.22
    legs = (np.abs(np.mod(y * 2.4 + np.abs(x) * pick(random, 0.3, 1), 1) - 0.5) < 0.09) & (
        np.abs(x) < 0.95
    )
    legs &= np.abs(y) < 0.65
    a, b = pick(random, 0.22, 0.3), pick(random, 0.3, 0.42)
    spots = np.hypot(np.abs(x) - a, np.mod(y, b) - b / 2) < pick(random, 0.06, 0.11)
    tone = np.where(spots | (np.abs(x) < 0.025), 0, 0.7)
    tone = np.where(body < 1, tone, 0.1)
    light = np.where(body < 1, np.clip(0.7 - 0.4 * body - 0.2 * x, 0.1, 1), 0.5)
    return Sketch(tone.astype("f4"), mark((body < 1) | head | legs), light.astype("f4"))


def feather(random: Random, x: Plane, y: Plane) -> Sketch:
    """One quill with slanted barbs and notches, banded."""
    bent = x + pick(random, -0.2, 0.2) * y * y
    half = pick(random, 0.25, 0.42) * np.clip(1 - ((y + 0.15) / 0.8) ** 2, 0, 1) ** 0.6
    slant = y + np.abs(bent) * pick(random, 0.7, 1.4)
    notch = noise(random, x.shape[0], 9) > pick(random, 0.55, 0.9)
    band = mark(np.mod(slant * pick(random, 1.5, 4), 1) < 0.4)
    tone = 0.4 + 0.4 * band + 0.15 * np.sin(slant * pick(random, 35, 50))
    quill = (np.abs(bent) < 0.03) & (np.abs(y) < 1)
    tone = np.where(quill, 1, tone)
    return Sketch(np.clip(tone, 0, 1).astype("f4"), mark(((np.abs(bent) < half) & ~notch) | quill))


def teeth(random: Random, x: Plane, y: Plane) -> Sketch:
    """An open mouth with two rows of pointed teeth."""
    lip = pick(random, 0.45, 0.7) * (1 - np.clip(np.abs(x) / 0.95, 0, 1) ** 2)
    saw = np.abs(np.mod(x * pick(random, 2.5, 5), 1) - 0.5) * 2
    length = pick(random, 0.4, 0.75)
    tooth = np.abs(y) > lip * (1 - length * saw)
    tone = np.where(tooth, 1, 0.05)
    tongue = np.hypot(x / 0.5, (y - 0.3) / 0.3) < 1
    tone = np.where(tongue & ~tooth, 0.55, tone)
    tone = np.where(np.abs(y) > lip, 0.7, tone)
    return Sketch(tone.astype("f4"), mark(np.abs(y) < lip + 0.12))
