"""Picture files for plotting: any size, thinned as they are read, on the paper's colour."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zlib import error as ZlibError

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from inkdream import colour
from inkdream.errors import InputError, shorten
from inkdream.pictures import MOST_PIXELS, Bytes, Inked, colour_codes

# What is opened; no format that runs other programs or fetches files.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# Pixels of a band that are floats at once.
BAND = 2**22
_ORIENTATION = 0x0112
# What turns a picture as it lies into one as it is looked at, by its EXIF orientation.
_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda grid: grid[:, ::-1],
    3: lambda grid: grid[::-1, ::-1],
    4: lambda grid: grid[::-1],
    5: lambda grid: grid.swapaxes(0, 1),
    6: lambda grid: grid.swapaxes(0, 1)[:, ::-1],
    7: lambda grid: grid[::-1, ::-1].swapaxes(0, 1),
    8: lambda grid: grid.swapaxes(0, 1)[::-1],
}
_Number = TypeVar("_Number", bound=np.generic)


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
        return self._turned(np.concatenate(bands)[:, every // 2 :: every])

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
        turned = self._turned(np.concatenate(rows))
        return np.ascontiguousarray(turned.transpose(2, 0, 1))

    def _turned(self, grid: NDArray[_Number]) -> NDArray[_Number]:
        turn = _TURNS.get(self.turn)
        return np.ascontiguousarray(turn(grid)) if turn else grid

    def _bands(self, every: int, paper: str) -> Iterator[Bytes]:
        """Yield rows of the picture, some multiple of `every` at once, on paper."""
        width, height = self.image.size
        rows = max(1, BAND // (width * every)) * every
        for top in range(0, height, rows):
            box = (0, top, width, min(height, top + rows))
            yield _on_paper(self.image.crop(box), paper)


def read_photo(path: Path) -> Photo:
    """Return a picture file.

    Raises:
        InputError: if it is no picture, cut short, or has more than 2^26 px.
    """
    try:
        quiet = warnings.catch_warnings(action="ignore")
        with quiet, Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise InputError(
                    f"{path}: {width} x {height} px; a picture has at most {MOST_PIXELS:,} px"
                )
            image.load()
            turn = image.getexif().get(_ORIENTATION, 1)
            return Photo(image, turn if isinstance(turn, int) and 1 <= turn <= 8 else 1)
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: a picture has at most {MOST_PIXELS:,} px") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: is no picture that can be read") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, ZlibError) as error:
        raise InputError(
            f"{path}: is no picture that can be read ({shorten(str(error), 100)})"
        ) from error


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


def _on_paper(image: Image.Image, paper: str) -> Bytes:
    """Return 8-bit sRGB (H, W, 3); what is clear shows the paper."""
    if image.mode.startswith("I"):  # 16-bit greys, which PIL would cut off at 255
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)
    rgba = np.asarray(image.convert("RGBA"), dtype=np.uint8)
    ground = np.array(colour.parse(paper), np.float32)
    share = rgba[..., 3:].astype(np.float32) / 255
    mixed = share * rgba[..., :3] + (1 - share) * ground
    return np.rint(mixed).astype(np.uint8)
