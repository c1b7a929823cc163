"""Things with a middle: stars, webs, gears, snow, mandalas."""

import numpy as np

from training.families.canvas import (
    TAU,
    Plane,
    Random,
    Sketch,
    lookup,
    mark,
    noise,
    pick,
    polar,
    ramp,
    whether,
)
from training.families.pencil import Pencil, circle


def star(random: Random, x: Plane, y: Plane) -> Sketch:
    """One star with straight edges and split rays, like a compass rose."""
    radius, angle = polar(x, y)
    points = int(random.integers(4, 10))
    turn = np.mod(angle / TAU * points, 1)
    fold = np.abs(turn - 0.5) * 2
    inner = pick(random, 0.25, 0.6)
    limit = inner / (inner + (1 - inner) * (1 - fold)) * pick(random, 0.8, 1)
    layers = int(random.integers(1, 4))
    tone = np.floor(radius / limit * layers) / layers
    return Sketch(np.clip(tone + 0.3 * mark(turn < 0.5), 0, 1), mark(radius < limit))


def nested(random: Random, x: Plane, y: Plane) -> Sketch:
    """Polygons inside each other, each turned a little further."""
    sides, twist = int(random.integers(3, 7)), pick(random, -0.4, 0.4)
    tone, cover, reach = np.zeros_like(x), np.zeros_like(x), 1.0
    radius, angle = polar(x, y)
    for level in range(int(random.integers(4, 9))):
        sector = np.mod(angle + twist * level, TAU / sides) - np.pi / sides
        inside = radius * np.cos(sector) < reach * np.cos(np.pi / sides)
        tone = np.where(
            inside, float(level % 2) if level % 4 < 2 else 0.5 + 0.5 * (level % 2), tone
        )
        cover, reach = np.maximum(cover, inside), reach * pick(random, 0.72, 0.85)
    return Sketch(tone.astype("f4"), cover)


def gear(random: Random, x: Plane, y: Plane) -> Sketch:
    """A toothed wheel with a hub and holes."""
    radius, angle = polar(x, y)
    teeth, holes = int(random.integers(7, 18)), int(random.integers(3, 7))
    tooth = ramp(np.cos(angle * teeth), 0.5) * pick(random, 0.1, 0.2)
    body = radius < pick(random, 0.6, 0.75) + tooth
    sector = np.mod(angle, TAU / holes) - np.pi / holes
    window = np.hypot(radius * np.cos(sector) - 0.42, radius * np.sin(sector)) < pick(
        random, 0.1, 0.16
    )
    cover = mark(body & ~window & (radius > pick(random, 0.06, 0.14)))
    return Sketch(0.3 + 0.5 * mark(radius < 0.24) + 0.2 * mark(radius > 0.6), cover)


def snowflake(random: Random, pencil: Pencil) -> None:
    """Six arms (sometimes eight) with the same side branches."""
    arms, width = (6 if whether(random, 0.8) else 8), pick(random, 0.03, 0.06)
    tone = pick(random, 0, 1)
    twigs = [
        (pick(random, 0.2, 0.8), pick(random, 0.12, 0.4)) for _ in range(random.integers(2, 6))
    ]
    for k in range(arms):
        ahead = circle(arms)[k]
        pencil.line(np.stack([0 * ahead, ahead * 0.92]), width, tone)
        for at, length in twigs:
            for side in (-1, 1):
                lean = TAU * k / arms + side * np.pi / 3
                end = ahead * at + length * np.array([np.cos(lean), np.sin(lean)])
                pencil.line(np.stack([ahead * at, end]), width * 0.8, tone)


def web(random: Random, pencil: Pencil) -> None:
    """A spider's web: spokes and sagging rings."""
    spokes, rings = int(random.integers(7, 15)), int(random.integers(5, 10))
    ends = circle(spokes, 1.2) + random.normal(0, 0.07, (spokes, 2))
    width, tone = pick(random, 0.012, 0.03), pick(random, 0, 1)
    for end in ends:
        pencil.line(np.stack([0 * end, end]), width, tone)
    for ring in range(1, rings + 1):
        corners = ends * (ring / rings) ** 1.2 * 0.95
        middles = (corners + np.roll(corners, -1, 0)) / 2 * pick(random, 0.84, 0.95)
        loop = np.stack([corners, middles], 1).reshape(-1, 2)
        pencil.line(np.concatenate([loop, loop[:1]]), width, tone)


def mandala(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rings of petals, dots and rays, all with the same number of turns."""
    radius, angle = polar(x, y)
    count, tone = int(random.integers(5, 13)), np.zeros_like(x)
    wave = np.cos(angle * count)
    for ring in range(int(random.integers(3, 6))):
        middle, width = 0.15 + 0.2 * ring, pick(random, 0.08, 0.16)
        shape = np.abs(radius - middle - 0.07 * wave * random.choice([-1, 1])) / width
        kind = int(random.integers(3))
        petal = mark(shape < 0.8) if kind == 0 else mark(np.mod(shape * 2, 1) < 0.5)
        petal = petal * mark(wave * random.choice([-1, 1]) > 0) if kind == 2 else petal
        tone = np.where(shape < 1, petal * (0.4 + 0.6 * ring / 5), tone)
    return Sketch(tone.astype("f4"), mark(radius < 1.05) if whether(random, 0.6) else None)


def kaleidoscope(random: Random, x: Plane, y: Plane) -> Sketch:
    """Noise seen through mirrors: one wedge repeated about the middle."""
    radius, angle = polar(x, y)
    count = int(random.integers(3, 7))
    folded = np.abs(np.mod(angle, TAU / count) - np.pi / count)
    size = x.shape[0]
    field = noise(random, size, int(random.integers(4, 8)))
    row = np.clip(radius / 1.6 * size, 0, size - 1).astype(np.int64)
    column = np.clip(folded / np.pi * count * size * 0.8, 0, size - 1).astype(np.int64)
    return Sketch(ramp(field[row, column], pick(random, 0.2, 1.2)))


def guilloche(random: Random, pencil: Pencil) -> None:
    """Spirograph lines, as on banknotes."""
    turns, width = int(random.integers(5, 15)), pick(random, 0.02, 0.035)
    inner, count = pick(random, 0.2, 0.5), int(random.integers(2, 6))
    t, tone = np.linspace(0, TAU, 500), pick(random, 0, 1)
    for k in range(count):
        radius = 0.65 + inner * 0.6 * np.cos(turns * t + TAU * k / count)
        pencil.line(radius[:, None] * np.stack([np.cos(t), np.sin(t)], 1), width, tone)


def dial(random: Random, x: Plane, y: Plane) -> Sketch:
    """A clock or meter face: ring, ticks and two hands."""
    radius, angle = polar(x, y)
    ticks = int(random.choice([8, 12, 16, 24]))
    tick = (np.abs(np.mod(angle / TAU * ticks + 0.5, 1) - 0.5) < 0.13) & (
        np.abs(radius - 0.72) < 0.1
    )
    hands = np.zeros(x.shape, dtype=bool)
    for length in (0.65, 0.42):
        lean = pick(random, 0, TAU)
        along, across = x * np.cos(lean) + y * np.sin(lean), y * np.cos(lean) - x * np.sin(lean)
        hands |= (along > -0.08) & (along < length) & (np.abs(across) < 0.045)
    rim = np.abs(radius - 0.9) < pick(random, 0.03, 0.08)
    return Sketch(np.where(rim, 0.6, 1 - mark(tick | hands)).astype("f4"), mark(radius < 0.94))


def rosette_window(random: Random, x: Plane, y: Plane) -> Sketch:
    """Leaded glass: rings cut into panes, each pane its own colour."""
    radius, angle = polar(x, y)
    ring = np.floor(radius * pick(random, 3, 5))
    panes = np.array([6, 6, 12, 12, 24, 24, 24, 24, 24, 24])[np.minimum(ring, 9).astype(np.int64)]
    turn = np.mod(angle / TAU, 1) * panes
    lead = np.minimum(
        np.abs(np.mod(turn + 0.5, 1) - 0.5) / panes * TAU * radius,
        np.abs(radius - np.round(radius * 4) / 4) + 0.02,
    )
    tone = 0.2 + 0.8 * lookup(random, ring, np.floor(turn))
    return Sketch(np.where(lead < pick(random, 0.025, 0.05), 0, tone).astype("f4"))
