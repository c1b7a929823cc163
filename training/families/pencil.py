"""A pencil for families that are drawn with lines and shapes instead of computed as fields."""

import numpy as np
from PIL import Image, ImageDraw

from training.families.canvas import Plane, Random, Sketch, pick, whether

OVERSAMPLE = 3
Points = Plane


class Pencil:
    """Draws points given in [-1, 1] (y down) through a random, slightly bending camera."""

    def __init__(self, random: Random, size: int, view: str) -> None:
        self.random = random
        self.pixels = size * OVERSAMPLE
        self.tones = Image.new("L", (self.pixels, self.pixels), 0)
        self.covers = Image.new("L", (self.pixels, self.pixels), 0)
        self._tone = ImageDraw.Draw(self.tones)
        self._cover = ImageDraw.Draw(self.covers)
        angle = random.normal(0, 0.3) if view == "upright" else pick(random, -np.pi, np.pi)
        self.zoom = pick(random, 0.8, 1.2)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self._matrix = turn @ np.diag([pick(random, 0.85, 1.15), 1.0]) * self.zoom
        self._offset = random.normal(0, 0.1, 2)
        self._bend = random.normal(0, 0.06 if whether(random, 0.5) else 0.0, 2)
        self._wave = random.uniform(1, 4, 2)

    def place(self, points: Points) -> Points:
        """Pixel positions (N, 2) of points (N, 2) in [-1, 1]."""
        moved = points @ self._matrix.T
        moved = moved + self._bend * np.sin(moved[:, ::-1] * self._wave) + self._offset
        return (moved + 1) * (self.pixels / 2)

    def line(self, points: Points, width: float, tone: float) -> None:
        """A polyline (N, 2) of `width` (same unit as the points)."""
        ends: list[float] = self.place(points).ravel().tolist()
        pixels = max(1, round(width * self.pixels / 2 * self.zoom))
        joint = "curve" if pixels > 4 else None
        self._tone.line(ends, fill=round(tone * 255), width=pixels, joint=joint)
        self._cover.line(ends, fill=255, width=pixels, joint=joint)

    def polygon(self, points: Points, tone: float) -> None:
        """A filled polygon (N, 2)."""
        corners: list[float] = self.place(points).ravel().tolist()
        self._tone.polygon(corners, fill=round(tone * 255))
        self._cover.polygon(corners, fill=255)

    def disc(self, centre: Points, radius: float, tone: float) -> None:
        """A filled disc about `centre` (2,)."""
        x, y = self.place(centre[None])[0].tolist()
        reach = max(0.5, radius * self.pixels / 2 * self.zoom)
        box = (x - reach, y - reach, x + reach, y + reach)
        self._tone.ellipse(box, fill=round(tone * 255))
        self._cover.ellipse(box, fill=255)

    def sketch(self) -> Sketch:
        """What has been drawn, averaged down to the size asked for."""
        tone, cover = shrink(self.tones), shrink(self.covers)
        # Undrawn pixels have tone 0; dividing by the cover keeps dark fringes off the edges.
        return Sketch(np.clip(tone / np.maximum(cover, 1e-3), 0, 1), cover)


def shrink(image: Image.Image) -> Plane:
    """An oversampled "L" image as a plane in [0, 1], averaged down."""
    return np.asarray(image.reduce(OVERSAMPLE), dtype=np.float32) / 255


def circle(count: int, radius: float = 1.0, start: float = 0.0) -> Points:
    """`count` points evenly on a circle, (count, 2)."""
    angles = start + np.arange(count) * (2 * np.pi / count)
    return radius * np.stack([np.cos(angles), np.sin(angles)], 1)


def smooth(points: Points, rounds: int = 3) -> Points:
    """A polyline with its corners cut; ends stay. Source: Chaikin 1974."""
    for _ in range(rounds):
        a, b = points[:-1], points[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points
