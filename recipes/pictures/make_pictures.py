"""Makes the pictures that recipes take style, likeness and masks from, by formula.

python recipes/pictures/make_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdream import colour

HERE = Path(__file__).parent
WIDTH, HEIGHT = 384, 256
# Each picture is drawn so many times larger, then averaged.
TIMES = 3

Map = NDArray[np.float64]


def places(width: int = WIDTH, height: int = HEIGHT) -> tuple[Map, Map]:
    """Return x and y of every px, with y from 0 (top) to 1 and x as long as y is."""
    rows, columns = height * TIMES, width * TIMES
    y, x = np.mgrid[0:rows, 0:columns]
    return (x + 0.5) / rows, (y + 0.5) / rows


def noise(x: Map, y: Map, seed: int, octaves: int = 5) -> Map:
    """Return smooth noise in about [-1, 1]: sums of waves of falling length in all directions."""
    chance = np.random.default_rng(seed)
    total = np.zeros_like(x)
    for octave in range(octaves):
        for _ in range(6):
            angle, phase = chance.uniform(0, 2 * np.pi, 2)
            wave = 2.0 ** (octave + 1) * (0.7 + 0.6 * chance.random())
            total += np.sin(
                wave * np.pi * (x * np.cos(angle) + y * np.sin(angle)) + phase
            ) / 2.0 ** (octave + 1)
    return total / 2.2


def inked(*stops: str) -> NDArray[np.float64]:
    """Return colours as linear RGB (N, 3)."""
    return np.stack([colour.from_bytes(np.asarray(colour.parse(word), np.uint8)) for word in stops])


def ramp(values: Map, *stops: str) -> NDArray[np.float64]:
    """Return the colours of values in [0, 1] along a row of colours."""
    colours, place = inked(*stops), np.clip(values, 0, 1) * (len(stops) - 1)
    low = np.minimum(place.astype(int), len(stops) - 2)
    share = (place - low)[..., None]
    return colours[low] * (1 - share) + colours[low + 1] * share


def write(name: str, linear: NDArray[np.float64]) -> None:
    """Average, and write a picture of linear RGB or of shares."""
    rows, columns = linear.shape[0] // TIMES, linear.shape[1] // TIMES
    parts = linear.reshape(rows, TIMES, columns, TIMES, -1).mean((1, 3))
    if parts.shape[2] == 1:
        Image.fromarray((parts[..., 0] * 255).round().astype(np.uint8)).save(HERE / name)
    else:
        Image.fromarray(colour.to_bytes(np.clip(parts, 0, 1))).save(HERE / name)


def waves() -> NDArray[np.float64]:
    """Return bands of paint that curl around each other: a style."""
    x, y = places()
    u, v = x + 0.25 * noise(x, y, 1, 3), y + 0.25 * noise(x, y, 2, 3)
    bands = 0.5 + 0.5 * np.sin(16 * v + 5 * noise(u, v, 3, 2))
    fine = 0.5 + 0.5 * np.sin(60 * v + 12 * noise(u, v, 3, 2))
    return ramp(0.75 * bands + 0.25 * fine, "#10243f", "#1d5b8f", "#8fc0d8", "#f4ead2", "#e3a33a")


def evening() -> NDArray[np.float64]:
    """Return hills before a low sun: a picture to look like."""
    x, y = places()
    picture = ramp(y / 0.62, "#24365f", "#7a5a86", "#e08a62", "#f7d48b")
    sun = (x - 1.02) ** 2 + (y - 0.46) ** 2
    picture[sun < 0.011] = inked("#fff3c4")[0]
    shades = ("#8a5a6e", "#5d3f5e", "#37304e", "#17202f")
    for number, shade in enumerate(shades):
        level = 0.5 + 0.13 * number
        ridge = level + 0.10 * noise(1.4 * x, 0 * x, 20 + number, 4) * (1.2 - 0.15 * number)
        depth = np.clip((y - ridge) * 3, 0, 1)[..., None]
        hill = (
            inked(shade)[0]
            * (1 - 0.5 * depth)
            * (0.9 + 0.12 * noise(6 * x, 9 * y, number)[..., None])
        )
        picture = np.where((y > ridge)[..., None], hill, picture)
    return picture


def still_life() -> NDArray[np.float64]:
    """Return three balls on a table in the light of a window: shading and shadows."""
    x, y = places()
    wall = ramp(0.4 + 0.3 * x / 1.5 - 0.2 * y, "#5c6b66", "#9aa79b", "#d8d6c2")
    table = ramp(1.4 * (y - 0.6) + 0.08 * noise(0.6 * x, 8 * y, 5), "#8a5a35", "#c08a55", "#dcb27c")
    picture = np.where((y > 0.62)[..., None], table, wall)
    light = np.array([-0.55, -0.65, 0.53])
    balls = (
        (0.52, 0.52, 0.24, "#c8342b"),
        (0.98, 0.62, 0.17, "#e6b422"),
        (1.2, 0.7, 0.10, "#3f7a4a"),
    )
    for cx, cy, radius, _ in balls:
        shadow = ((x - cx - 0.55 * radius) / (1.5 * radius)) ** 2 + (
            (y - cy - radius) / (0.3 * radius)
        ) ** 2
        picture = picture * (1 - 0.55 * np.exp(-(shadow**3)) * (y > 0.62))[..., None]
    for cx, cy, radius, shade in balls:
        u, v = (x - cx) / radius, (y - cy) / radius
        inside = u**2 + v**2 < 1
        w = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
        lit = np.clip(u * light[0] + v * light[1] + w * light[2], 0, 1)
        gleam = np.clip(2 * lit * w - light[2], 0, 1) ** 40
        ball = inked(shade)[0] * (0.08 + 0.95 * lit[..., None]) + 0.8 * gleam[..., None]
        picture = np.where(inside[..., None], ball, picture)
    return picture


# A pawn from its neck to its foot: how far down, and how thick there; and its head.
PAWN = (
    *((0.26, 0.0), (0.29, 0.05), (0.32, 0.055), (0.335, 0.11), (0.355, 0.125), (0.375, 0.11)),
    *((0.39, 0.06), (0.46, 0.058), (0.56, 0.075), (0.66, 0.115), (0.72, 0.15), (0.735, 0.185)),
    *((0.765, 0.195), (0.79, 0.18), (0.80, 0.215), (0.84, 0.225), (0.88, 0.22)),
)
HEAD, HEAD_RADIUS = 0.205, 0.112


def portrait() -> NDArray[np.float64]:
    """Return a pawn, sitting for its portrait: deep shadows and much light."""
    x, y = places(288, 384)
    middle, light = 0.36, np.array([-0.62, -0.42, 0.66])
    heights, radii = np.array(PAWN).T
    down = np.linspace(0, 1, 4 * y.shape[0])
    # Corners of the outline are turned on a lathe: a little round.
    outline = np.interp(down, heights, radii, left=0, right=0)
    weights = np.exp(-0.5 * (np.arange(-60, 61) / 22.0) ** 2)
    outline = np.convolve(outline, weights / weights.sum(), "same")
    outline = np.maximum(outline, np.sqrt(np.clip(HEAD_RADIUS**2 - (down - HEAD) ** 2, 0, 1)))
    radius = np.interp(y, down, outline)
    slope = np.interp(y, down, np.gradient(outline, down))
    across = np.divide(x - middle, radius, out=np.full_like(x, 2.0), where=radius > 0.004)
    depth = np.sqrt(np.clip(1 - across**2, 0, 1))
    normal = np.stack([across, -slope, depth], -1) / np.sqrt(1 + slope**2)[..., None]
    lit = np.clip(normal @ light, 0, 1)
    gleam = np.clip(2 * lit * normal[..., 2] - light[2], 0, 1) ** 24
    wall = ramp(0.55 + 0.5 * (0.7 - x) - 0.25 * y, "#8d9199", "#d9d6cc", "#fbf7ea")
    table = ramp(0.3 + 0.9 * (0.72 - x), "#b3a58f", "#e8dcc4")
    picture = np.where((y > 0.8)[..., None], table, wall)
    shadow = ((x - middle - 0.16) / 0.3) ** 2 + ((y - 0.87) / 0.045) ** 2
    picture = picture * (1 - 0.8 * np.exp(-(shadow**2)) * (y > 0.8))[..., None]
    pawn = inked("#7a4a30")[0] * (0.03 + 1.7 * lit[..., None] ** 1.2) + 0.7 * gleam[..., None]
    return np.where((np.abs(across) < 1)[..., None] & (y < 0.885)[..., None], pawn, picture)


def disc(x: float = 0.5, y: float = 0.5, radius: float = 0.36) -> NDArray[np.float64]:
    """Return a light disc, by default in the middle: a mask."""
    across, down = places(256, 256)
    away = np.hypot(across - x, down - y)
    return np.clip((radius - away) / 0.04 + 0.5, 0, 1)[..., None]


def main() -> None:
    """Write every picture."""
    write("waves.png", waves())
    write("evening.png", evening())
    write("still_life.png", still_life())
    write("portrait.png", portrait())
    write("disc.png", disc())
    write("moon.png", disc(0.5, 0.44, 0.19))


if __name__ == "__main__":
    main()
