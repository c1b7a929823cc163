"""Random colours, light and backgrounds: what turns a sketch into a picture."""

import numpy as np
from PIL import Image, ImageFilter

from training.families.canvas import (
    Plane,
    Random,
    Sketch,
    fit,
    floats,
    fractal,
    pick,
    square,
    whether,
)

Picture = Plane

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def colours(random: Random, count: int) -> Picture:
    """Random colours (count, 3) in [0, 1] that differ enough in brightness to be told apart."""
    drawn: Picture = np.zeros((count, 3), dtype=np.float32)
    for _ in range(6):
        drawn = random.random((count, 3), dtype=np.float32)
        grey = drawn @ LUMA
        drawn = grey[:, None] + (drawn - grey[:, None]) * np.float32(pick(random, 0, 2.2))
        drawn = np.clip(drawn + np.float32(random.normal(0, 0.1)), 0, 1)
        grey = drawn @ LUMA
        if grey.max() - grey.min() > 0.35:
            break
    if whether(random, 0.3):
        drawn[0] = np.float32(whether(random, 0.5))  # ink black or paper white
    if whether(random, 0.4):
        drawn = drawn[np.argsort(drawn @ LUMA)]
        drawn = drawn[::-1] if whether(random, 0.5) else drawn
    return np.ascontiguousarray(drawn)


def recolour(random: Random, tone: Plane, palette: Picture) -> Picture:
    """The picture (H, W, 3) of a tone plane, in flat steps or as a gradient through the palette."""
    count = len(palette)
    if whether(random, 0.4):
        return floats(palette[np.minimum((tone * count).astype(np.int64), count - 1)])
    place = tone * (count - 1)
    low = np.minimum(place.astype(np.int64), count - 2)
    share = (place - low)[..., None]
    return floats(palette[low] * (1 - share) + palette[low + 1] * share)


def relief(random: Random, height: Plane) -> Plane:
    """Light in [0, 1] on a raised pattern, from a random side; 0.5 is flat ground."""
    size = height.shape[0]
    soft = blur(height, pick(random, 0.8, 2.5) * size / 96)
    down, right = np.gradient(soft)
    angle = pick(random, 0, 2 * np.pi)
    slope = down * np.float32(np.sin(angle)) + right * np.float32(np.cos(angle))
    strength = pick(random, 0.25, 0.5) / max(float(np.abs(slope).max()), 1e-4)
    return floats(np.clip(0.5 + slope * np.float32(strength), 0, 1))


def shade(picture: Picture, light: Plane) -> Picture:
    """The picture darkened where light < 0.5 and brightened towards white where light > 0.5."""
    dark = np.minimum(light * 2, 1)[..., None]
    bright = np.maximum(light * 2 - 1, 0)[..., None] * np.float32(0.8)
    return picture * dark * (1 - bright) + bright


def blur(plane: Plane, radius: float) -> Plane:
    """Gaussian blur of a plane in [0, 1]; `radius` in pixels."""
    image = Image.fromarray((np.clip(plane, 0, 1) * 255).astype(np.uint8))
    soft = image.filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(soft, dtype=np.float32) / 255


def plain_background(random: Random, size: int) -> Picture:
    """A flat colour, a straight gradient or clouds, (size, size, 3)."""
    palette = colours(random, 2)
    kind = random.random()
    if kind < 0.5:
        return np.broadcast_to(palette[0], (size, size, 3))
    if kind < 0.75:
        x, y = square(size)
        tone = fit(x * np.float32(random.normal()) + y * np.float32(random.normal()))
    else:
        tone = fit(fractal(random, size, int(random.integers(2, 6)), 3))
    share = tone[..., None] * np.float32(pick(random, 0.2, 1))
    return floats(palette[0] * (1 - share) + palette[1] * share)


def paint(random: Random, sketch: Sketch, background: Picture) -> Picture:
    """The picture (H, W, 3) of a sketch: random palette, light, and background where uncovered."""
    palette = colours(random, int(random.integers(2, 6)))
    if sketch.cover is not None:
        palette = contrasting(palette, background.mean((0, 1)))
    picture = recolour(random, sketch.tone, palette)
    light = sketch.light
    if light is None and whether(random, 0.25):
        light = relief(random, sketch.tone if sketch.cover is None else sketch.cover)
    if light is not None:
        picture = shade(picture, light)
    if sketch.cover is None:
        return picture
    cover = sketch.cover[..., None]
    return picture * cover + background * (1 - cover)


def contrasting(palette: Picture, ground: Picture) -> Picture:
    """The palette, its colours mirrored in brightness when their mean is too near the ground's."""
    gap = palette.mean(0) - ground
    if float(np.abs(gap).max()) > 0.35:
        return palette
    push = np.float32(0.5 if float(ground @ LUMA) < 0.5 else -0.5)
    return floats(np.clip(palette + push, 0, 1))
