"""Picture files for plotting: any size, thinned as they are read, on the paper's colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from inkdream import colour
from inkdream.pictures import Bytes, Inked, colour_codes, on_paper, open_picture, turned

# Pixels of a band that are floats at once.
BAND = 2**22


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture file in memory.

    Attributes:
        image: as it lies in the file.
        turn: its EXIF orientation, 1 to 8.
    """

    image: Image.Image
    turn: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns in px, as it is looked at."""
        width, height = self.image.size
        return (width, height) if self.turn >= 5 else (height, width)

    def sampled(self, every: int, paper: str) -> Bytes:
        """Return every n-th pixel (H, W, 3), 8-bit sRGB, on paper; at least one a side."""
        every = min(every, *self.image.size)
        bands = [band[every // 2 :: every] for band in self._bands(every, paper)]
        return turned(np.concatenate(bands)[:, every // 2 :: every], self.turn)

    def averaged(self, every: int, paper: str) -> Float[np.ndarray, "3 H W"]:
        """Return the mean of each n x n px in linear RGB, float32; the last may be of fewer."""
        every = min(every, *self.image.size)
        light = colour.from_bytes(np.arange(256, dtype=np.uint8)).astype(np.float32)
        rows = []
        for band in self._bands(every, paper):
            columns = np.arange(0, band.shape[1], every)
            starts = np.arange(0, band.shape[0], every)
            sums = np.add.reduceat(np.add.reduceat(light[band], starts, axis=0), columns, axis=1)
            down = np.diff(np.append(starts, band.shape[0]))[:, None, None]
            across = np.diff(np.append(columns, band.shape[1]))[None, :, None]
            rows.append((sums / (down * across)).astype(np.float32))
        upright = turned(np.concatenate(rows), self.turn)
        return np.ascontiguousarray(upright.transpose(2, 0, 1))

    def _bands(self, every: int, paper: str) -> Iterator[Bytes]:
        """Yield rows of the picture, some multiple of `every` at once, on paper."""
        width, height = self.image.size
        rows = max(1, BAND // (width * every)) * every
        for top in range(0, height, rows):
            box = (0, top, width, min(height, top + rows))
            yield on_paper(self.image.crop(box), paper)


def read_photo(path: Path) -> Photo:
    """Return a picture file.

    Raises:
        InputError: if it is no picture, cut short, or has more than 2^26 px.
    """
    return Photo(*open_picture(path))


def strict(rgb: Bytes, most: int) -> Inked | None:
    """Return a picture (H, W, 3) as ink numbers, or None if it has more than `most` colours."""
    codes = colour_codes(rgb)
    # A few rows tell a photo from a drawing.
    if len(np.unique(codes[:: max(1, len(codes) // 8)])) > most:
        return None
    used, numbers = np.unique(codes, return_inverse=True)
    if len(used) > most:
        return None
    inks = np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1).astype(np.uint8)
    return Inked(numbers.reshape(codes.shape).astype(np.uint8), inks)
