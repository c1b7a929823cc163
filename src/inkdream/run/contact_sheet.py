"""Contact sheets: a small drawing of each channel of a layer, side by side, in a few inks."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdream.errors import InputError, shorten
from inkdream.networks import Layer
from inkdream.pictures import Bytes

TILE = 96
STEPS = 80
INKS = 4
SMALLEST, LARGEST = 16, 1024
_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
CAPTION = 14
GAP = 4
_PAPER, _TEXT = (255, 255, 255), (60, 60, 60)


def channels_of(words: str | None, layer: Layer) -> list[int]:
    """Return the channels named by '0-15,40' or 'spiral,star', without repeats; None names all.

    Raises:
        InputError: if the layer has no such channel or class, or a range is empty.
    """
    if words is None:
        return list(range(layer.channels))
    numbers: list[int] = []
    for word in (part.strip() for part in words.split(",")):
        ends = _RANGE.fullmatch(word)
        if ends and word not in layer.labels:
            first, last = (layer.channel(end) for end in ends.groups())
            if last < first:
                raise InputError(f"--channels {shorten(word)}: write the smaller number first")
            numbers += range(first, last + 1)
        else:
            numbers.append(layer.channel(word))
    return list(dict.fromkeys(numbers))


def recipe_of(target: str, size: int) -> dict[str, Any]:
    """Return the table of a recipe that draws one target, small and soon.

    Args:
        target: of a channel.
        size: px a side.
    """
    return {
        "terms": [{"target": target}],
        "inks": INKS,
        "width": size,
        "height": size,
        "steps": STEPS,
        "views": {"count": 1},
    }


def kept_tiles() -> Path | None:
    """Return the user's cache folder for atlases of layers; None if there is none."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (named if named.is_absolute() else Path.home() / ".cache") / "inkdream" / "atlases"
    except RuntimeError:  # nobody's home is known
        return None


def columns_of(count: int) -> int:
    """Return how many tiles of so many stand in a row."""
    return max(1, round(math.sqrt(2 * count)))


def join_tiles(tiles: Sequence[tuple[int | str, Bytes]]) -> Bytes:
    """Return tiles of one size in a grid twice as wide as high, each above its number or name."""
    height, width = tiles[0][1].shape[:2]
    columns = columns_of(len(tiles))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width + GAP, height + CAPTION + GAP
    sheet = Image.new("RGB", (columns * step_x + GAP, rows * step_y + GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place, (number, tile) in enumerate(tiles):
        x, y = GAP + place % columns * step_x, GAP + place // columns * step_y
        sheet.paste(Image.fromarray(tile), (x, y))
        draw.text((x + 1, y + height), _fitted(str(number), font, width), fill=_TEXT, font=font)
    return np.asarray(sheet)


def _fitted(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """Return a caption cut to the width of its tile."""
    while len(caption) > 1 and font.getlength(caption) > width:
        caption = caption[:-1]
    return caption
