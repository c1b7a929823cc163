"""Noise shaped into nature: clouds, animal coats, maps, mountains, flames."""

import numpy as np

from training.families.canvas import (
    Plane,
    Random,
    Sketch,
    fit,
    floats,
    fractal,
    mark,
    noise,
    pick,
    ramp,
    whether,
)


def clouds(random: Random, x: Plane, y: Plane) -> Sketch:
    """Plain 1/f noise, softly clipped."""
    del y
    field = fractal(random, x.shape[0], int(random.integers(2, 5)), 6)
    return Sketch(np.clip(0.5 + field * pick(random, 0.6, 1.4), 0, 1))


def bandpass(random: Random, size: int, pitch: float, slant: float) -> Plane:
    """Noise of one wavelength (`pitch` waves across), stretched along one axis by `slant` >= 1.

    The fixed point of a reaction-diffusion system looks like this after its threshold.
    Source: Turing 1952, in the linear limit.
    """
    v = np.fft.fftfreq(size, 1 / size)[:, None] * slant
    u = np.fft.rfftfreq(size, 1 / size)[None]
    ring = np.exp(-(((np.hypot(u, v) - pitch) / (0.18 * pitch)) ** 2))
    wave = np.fft.irfft2(np.fft.rfft2(random.normal(size=(size, size))) * ring, (size, size))
    return floats(wave / wave.std())


def enlarge(plane: Plane, size: int) -> Plane:
    """The plane repeated 2 x 2 to (size, size) and smoothed once, so that thresholds stay round."""
    twice = np.repeat(np.repeat(plane, 2, 0), 2, 1)[:size, :size]
    return (
        twice + np.roll(twice, 1, 0) + np.roll(twice, 1, 1) + np.roll(twice, (1, 1), (0, 1))
    ) / 4


def zebra(random: Random, x: Plane, y: Plane) -> Sketch:
    """Labyrinth stripes, as on a zebra or a brain coral."""
    del y
    size = x.shape[0]
    wave = bandpass(random, (size + 1) // 2, pick(random, 5, 10), pick(random, 1, 2.2))
    return Sketch(ramp(enlarge(wave, size) + pick(random, -0.2, 0.2), 0.4))


def leopard(random: Random, x: Plane, y: Plane) -> Sketch:
    """Rosettes: spots with a darker rim."""
    del y
    size = x.shape[0]
    wave = enlarge(bandpass(random, (size + 1) // 2, pick(random, 4, 8), 1.0), size)
    edge = pick(random, 0.4, 0.8)
    return Sketch(0.5 * mark(wave > edge) + 0.5 * mark((wave > edge) & (wave < edge + 0.7)))


def camouflage(random: Random, x: Plane, y: Plane) -> Sketch:
    """Large flat patches in a few tones."""
    del y
    size = x.shape[0]
    count = int(random.integers(3, 5))
    tone = np.zeros_like(x)
    for level in range(1, count):
        field = fractal(random, size, int(random.integers(2, 5)), 3)
        tone = np.where(field > pick(random, 0, 0.25), level / (count - 1), tone)
    return Sketch(tone.astype(np.float32))


def contours(random: Random, x: Plane, y: Plane) -> Sketch:
    """Height lines of a hilly map."""
    del y
    height = fractal(random, x.shape[0], int(random.integers(2, 4)), 2)
    phase = np.mod(height * pick(random, 3, 6), 1)
    lines = mark(phase < pick(random, 0.15, 0.3))
    return Sketch(np.where(lines > 0, 1, fit(height) * 0.7).astype(np.float32))


def mountains(random: Random, x: Plane, y: Plane) -> Sketch:
    """Ridges one behind the other, paler in the distance."""
    size = x.shape[0]
    count = int(random.integers(3, 7))
    tone = np.zeros_like(x)
    column = np.clip((x * 0.25 + 0.5) * size, 0, size - 1).astype(np.int64)
    for layer in range(count):
        ridge = fractal(random, size, int(random.integers(3, 8)), 5)[0] * pick(random, 0.15, 0.4)
        level = -0.6 + 1.5 * layer / count
        tone = np.where(y > level + ridge[column], (layer + 1) / count, tone)
    return Sketch(tone.astype(np.float32))


def dunes(random: Random, x: Plane, y: Plane) -> Sketch:
    """Wind ripples on sand: asymmetric waves with forks, lit from the side."""
    size = x.shape[0]
    phase = np.mod(y * pick(random, 3, 6) + noise(random, size, 4) * pick(random, 0.5, 1.1), 1)
    light = np.where(phase < 0.75, 0.35 + 0.4 * phase, 1 - 0.95 * phase)
    return Sketch(np.abs(phase - 0.4), light=np.clip(light, 0, 1).astype(np.float32))


def flames(random: Random, x: Plane, y: Plane) -> Sketch:
    """Tongues that rise and narrow: noise stretched upwards, cut by height."""
    size = x.shape[0]
    stretched = np.repeat(fractal(random, size, int(random.integers(5, 9)), 3), 3, 0)[:size]
    lean = 0.35 * noise(random, size, 3)
    heat = 0.5 * stretched + 0.75 * (y + 0.35) + lean - 0.5 * np.abs(x)
    count = int(random.integers(3, 5))
    tone = np.ceil(np.clip(heat + 0.35, 0, 1) * count) / count
    return Sketch(tone, mark(heat > -0.35))


def lichen(random: Random, x: Plane, y: Plane) -> Sketch:
    """Ragged islands with pale rims."""
    del y
    size = x.shape[0]
    field = fractal(random, size, int(random.integers(3, 6)), 6)
    edge = pick(random, -0.1, 0.25)
    rim = mark(np.abs(field - edge) < pick(random, 0.06, 0.14))
    return Sketch(np.where(rim > 0, 1, 0.6 * mark(field > edge)).astype(np.float32))


def rain(random: Random, x: Plane, y: Plane) -> Sketch:
    """Streaks: noise drawn out along one direction."""
    size = x.shape[0]
    line = random.random((24, int(random.integers(30, 70))), dtype=np.float32)
    row = np.mod(np.floor((y + 3) * pick(random, 1.5, 3)), 24).astype(np.int64)
    column = np.floor((x + 4) / 8 * line.shape[1] * pick(random, 1, 2)).astype(np.int64)
    streak = line[row, column % line.shape[1]]
    soft = 0.2 * noise(random, size, 5) if whether(random, 0.5) else 0
    return Sketch(np.clip(ramp(streak - pick(random, 0.5, 0.75), 0.5) + soft, 0, 1))
