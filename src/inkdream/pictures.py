"""Picture and palette files: written so that nothing but the inks can be in them.

A strict picture is a grid of ink numbers and a table of inks, which is what an indexed PNG holds.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from inkdream import colour
from inkdream.errors import InputError, shorten
from inkdream.page import MOST_PIXELS

Bytes = NDArray[np.uint8]

# Formats that are read: none that runs other programs or fetches files.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# The exceptions that PIL raises for damaged files.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    ZlibError,
)
_ORIENTATION = 0x0112
# Greys up to the first number have the second for white; real ones may exceed it a little.
_WHITES = ((2.0, 1.0), (256.0, 255.0), (65535.0, 65535.0))
# Turns stored pixels upright, by EXIF orientation.
_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    1: lambda grid: grid,
    2: lambda grid: grid[:, ::-1],
    3: lambda grid: grid[::-1, ::-1],
    4: lambda grid: grid[::-1],
    5: lambda grid: grid.swapaxes(0, 1),
    6: lambda grid: grid.swapaxes(0, 1)[:, ::-1],
    7: lambda grid: grid[::-1, ::-1].swapaxes(0, 1),
    8: lambda grid: grid.swapaxes(0, 1)[::-1],
}
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True)
class Inked:
    """A strict picture: one ink a pixel.

    Attributes:
        labels: (H, W) ink numbers.
        inks: (K, 3) 8-bit sRGB.
    """

    labels: Bytes
    inks: Bytes

    def tidy(self) -> Inked:
        """Return the same picture with unused inks dropped and equal ones merged, darkest first."""
        used, numbers = np.unique(self.labels, return_inverse=True)
        inks, places = np.unique(self.inks[used], axis=0, return_inverse=True)
        lightness = colour.linear_to_oklab(colour.from_bytes(inks))[:, 0]
        order = np.argsort(lightness, kind="stable")
        rank = np.argsort(order, kind="stable")
        labels = rank[places.reshape(-1)[numbers.reshape(self.labels.shape)]]
        return Inked(labels.astype(np.uint8), inks[order])

    def thinned(self, side: int) -> Inked:
        """Return every n-th pixel, at most `side` a side: inks cannot be averaged."""
        every = -(-max(self.labels.shape) // side)
        return Inked(np.ascontiguousarray(self.labels[::every, ::every]), self.inks)

    def rgb(self) -> Bytes:
        """Return the picture as (H, W, 3) 8-bit sRGB."""
        return self.inks[self.labels]

    def linear(self) -> NDArray[np.float32]:
        """Return the picture as (3, H, W) linear RGB in [0, 1]."""
        linear = colour.from_bytes(self.inks).astype(np.float32)
        return np.ascontiguousarray(linear[self.labels].transpose(2, 0, 1))


def posterised(rgb: Bytes, colours: int = 64) -> Inked:
    """Return a picture (H, W, 3) reduced to a few colours, for files that need no more.

    By median cut (Heckbert 1982), without dither: lines stay lines.
    """
    few = Image.fromarray(rgb).quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    table = np.asarray(few.getpalette(), dtype=np.uint8).reshape(-1, 3)
    return Inked(np.array(few, dtype=np.uint8), table)


def indexed_png(picture: Inked, note: str = "") -> bytes:
    """Return an indexed PNG whose palette is exactly the picture's inks.

    Args:
        picture: strict.
        note: a comment for the file to carry.
    """
    return _png(_paletted(picture), note)


def rgb_png(rgb: Bytes, note: str = "") -> bytes:
    """Return a PNG of (H, W, 3) 8-bit sRGB; `note` is a comment for the file to carry."""
    return _png(Image.fromarray(rgb), note)


def _png(image: Image.Image, note: str) -> bytes:
    buffer, texts = io.BytesIO(), PngInfo()
    if note:
        texts.add_text("Comment", note)
    image.save(buffer, "PNG", optimize=True, pnginfo=texts)
    return buffer.getvalue()


def animated_gif(frames: Sequence[Inked], milliseconds: int = 80, hold: int = 1500) -> bytes:
    """Return a GIF that shows strict pictures one after the other and rests on the last.

    Args:
        frames: at least one; each keeps its own inks, exactly.
        milliseconds: how long a frame is shown.
        hold: how long the last one is.
    """
    images = [_paletted(frame) for frame in frames]
    durations = [milliseconds] * (len(images) - 1) + [hold]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=durations,
        loop=0,
        optimize=False,
        disposal=1,
    )
    return buffer.getvalue()


def gimp_palette(inks: Bytes, name: str) -> str:
    """Return a GIMP palette (.gpl) of (K, 3) 8-bit sRGB."""
    rows = [f"{r:3d} {g:3d} {b:3d}\t{colour.name_of((r, g, b))}" for r, g, b in inks.tolist()]
    return "\n".join(["GIMP Palette", f"Name: {name}", f"Columns: {len(rows)}", "#", *rows, ""])


def hex_palette(inks: Bytes) -> str:
    """Return one '#rrggbb' a line, as Lospec, Aseprite and others read it."""
    return "".join(f"{colour.to_hex(ink)}\n" for ink in inks.tolist())


def read_rgb(path: Path, paper: str = "#ffffff") -> Bytes:
    """Return a picture file upright, (H, W, 3) 8-bit sRGB.

    It is turned by its EXIF orientation, and transparent pixels show the paper.

    Args:
        path: a file of one of `FORMATS`.
        paper: '#rrggbb' or a name.

    Raises:
        InputError: if it is no picture, cut short, or larger than `MOST_PIXELS`.
    """
    image, turn = open_picture(path)
    return turned(on_paper(image, paper), turn)


def open_picture(path: Path) -> tuple[Image.Image, int]:
    """Return a picture file as stored, and its EXIF orientation, 1 to 8.

    Raises:
        InputError: if it is no picture, cut short, or larger than `MOST_PIXELS`.
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
            # A mode that cannot become RGB fails here, where the file's name is known.
            on_paper(image.crop((0, 0, 1, 1)), "#ffffff")
            turn = image.getexif().get(_ORIENTATION, 1)
            return _of_bytes(image), turn if turn in _TURNS else 1
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: a picture has at most {MOST_PIXELS:,} px") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: is no picture that can be read") from error
    except _UNREADABLE as error:
        why = shorten(str(getattr(error, "strerror", None) or error), 100)
        raise InputError(f"{path}: is no picture that can be read ({why})") from error


def size_of(path: Path) -> tuple[int, int]:
    """Return rows and columns of a picture file when upright, without decoding it.

    Raises:
        InputError: if it is no picture.
    """
    try:
        quiet = warnings.catch_warnings(action="ignore")
        with quiet, Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            turn = image.getexif().get(_ORIENTATION, 1)
    except (Image.DecompressionBombError, UnidentifiedImageError, *_UNREADABLE) as error:
        raise InputError(f"{path}: is no picture that can be read") from error
    return (width, height) if turn in (5, 6, 7, 8) else (height, width)


def on_paper(image: Image.Image, paper: str) -> Bytes:
    """Return a picture (H, W, 3) on paper; colours mix in sRGB, as viewers show it."""
    if not image.has_transparency_data:
        return np.array(image.convert("RGB"), dtype=np.uint8)
    ground = Image.new("RGBA", image.size, (*colour.parse(paper), 255))
    ground.alpha_composite(image.convert("RGBA"))
    return np.array(ground.convert("RGB"), dtype=np.uint8)


def _of_bytes(image: Image.Image) -> Image.Image:
    """Return a picture whose numbers are bytes: PIL cuts greys of 16 bits and real ones off at 255.

    White is the first of `_WHITES` that no number lies beyond, for whole numbers that of 16 bits at
    least; what is no number, or infinite, is black.
    """
    if image.mode[0] not in "IF":
        return image
    levels = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0.0, neginf=0.0)
    most = levels.max(initial=0.0)
    whites = _WHITES if image.mode == "F" else _WHITES[2:]
    white = next((white for limit, white in whites if most <= limit), most)
    # As many steps of 16 bits become each one of 8; of real numbers the nearest does.
    greys = levels * 255 / white + 0.5 if image.mode == "F" else levels * 256 / (white + 1)
    return Image.fromarray(np.floor(greys).clip(0, 255).astype(np.uint8))


def turned(grid: NDArray[_Number], turn: int) -> NDArray[_Number]:
    """Return a picture (H, W, ...) turned upright by its EXIF orientation."""
    return np.ascontiguousarray(_TURNS[turn](grid))


def colours_in(rgb: Bytes) -> Bytes:
    """Return the different colours (N, 3) of (H, W, 3) 8-bit sRGB."""
    codes = np.unique(colour_codes(rgb))
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)


def colour_codes(rgb: Bytes) -> NDArray[np.int32]:
    """Return one number for each colour (..., 3), 8-bit sRGB: 0xrrggbb."""
    wide = rgb.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _paletted(picture: Inked) -> Image.Image:
    height, width = picture.labels.shape
    image = Image.frombytes("P", (width, height), np.ascontiguousarray(picture.labels).tobytes())
    image.putpalette(picture.inks.astype(np.uint8).tobytes())
    return image
