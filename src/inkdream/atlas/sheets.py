"""Sheets: many tiles in one indexed PNG, as few files that a browser loads where they are seen.

A PNG's palette holds 256 colours. A sheet ends where the next tile's inks would not fit in it, so
every tile is shown in exactly its inks, in a file as small as an indexed one is.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from inkdream.pictures import Bytes, Inked, posterised

# Tiles side by side: few, since rows that mix many tiles compress worse.
COLUMNS = 4
MOST_ROWS = 16
LARGEST = 256
# One colour of each sheet is for what lies beside a tile that is not as wide or high as others.
_ROOM = 255
_FEWER = 24


@dataclass(frozen=True)
class Cells:
    """How tiles lie on sheets.

    Attributes:
        width: of each cell, in px.
        height: of each cell, in px.
        columns: cells side by side.
        rows: cells above each other, at most.
    """

    width: int
    height: int
    columns: int = COLUMNS
    rows: int = MOST_ROWS

    @classmethod
    def of(cls, shapes: Iterable[tuple[int, int]]) -> Cells:
        """Return cells that hold every picture, those above `LARGEST` px made smaller.

        Args:
            shapes: rows and columns of each picture.
        """
        sizes = [_fitted(shape) for shape in shapes] or [(1, 1)]
        return cls(max(width for _, width in sizes), max(height for height, _ in sizes))


@dataclass(frozen=True)
class Sheet:
    """A sheet: its file, and the numbers of the pictures on it, from its top left, row by row."""

    png: bytes
    first: int
    count: int


def make_sheets(pictures: Iterable[Inked], cells: Cells) -> Iterator[Sheet]:
    """Yield sheets that show pictures in their order, at most 4,096 px a side.

    Args:
        pictures: of few inks each.
        cells: as `Cells.of` makes them for these pictures.
    """
    waiting: list[Inked] = []
    inks = first = 0
    for number, picture in enumerate(pictures):
        shown = shrunk(picture)
        is_full = len(waiting) == cells.columns * cells.rows
        if waiting and (is_full or inks + len(shown.inks) > _ROOM):
            yield Sheet(_png(waiting, cells), first, len(waiting))
            waiting, inks, first = [], 0, number
        waiting.append(shown)
        inks += len(shown.inks)
    if waiting:
        yield Sheet(_png(waiting, cells), first, len(waiting))


def shrunk(picture: Inked) -> Inked:
    """Return a picture made smaller, in few colours, if a side is longer than `LARGEST`."""
    height, width = picture.labels.shape
    size = _fitted((height, width))
    if size == (height, width):
        return picture
    small = Image.fromarray(picture.rgb()).resize(size[::-1], Image.Resampling.LANCZOS)
    return posterised(np.asarray(small), _FEWER).tidy()


def _fitted(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns in the same shape, at most `LARGEST`."""
    ratio = min(1.0, LARGEST / max(shape))
    return max(1, round(shape[0] * ratio)), max(1, round(shape[1] * ratio))


def _png(pictures: Sequence[Inked], cells: Cells) -> bytes:
    rows = -(-len(pictures) // cells.columns)
    labels = np.zeros((rows * cells.height, cells.columns * cells.width), dtype=np.uint8)
    inks: list[Bytes] = [np.full((1, 3), 255, dtype=np.uint8)]
    count = 1
    for place, picture in enumerate(pictures):
        height, width = picture.labels.shape
        top = place // cells.columns * cells.height + (cells.height - height) // 2
        left = place % cells.columns * cells.width + (cells.width - width) // 2
        labels[top : top + height, left : left + width] = picture.labels + np.uint8(count)
        inks.append(picture.inks)
        count += len(picture.inks)
    image = Image.frombytes("P", (labels.shape[1], labels.shape[0]), labels.tobytes())
    image.putpalette(np.concatenate(inks).astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    # The last level of compression takes 7 times as long for 2 % less.
    image.save(buffer, "PNG", compress_level=6, transparency=0)
    return buffer.getvalue()
