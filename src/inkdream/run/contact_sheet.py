"""Contact sheets: a small drawing of each channel of a layer, side by side, in a few inks."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from inkdream import __version__
from inkdream.errors import InputError, shorten
from inkdream.networks import Layer, Network
from inkdream.optimize.session import Session
from inkdream.pictures import Bytes, read_rgb, rgb_png
from inkdream.recipe import Recipe, validate

TILE = 96
STEPS = 80
INKS = 4
SMALLEST, LARGEST = 16, 1024
_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
_CAPTION = 14
_GAP = 4
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


def draw_tiles(
    network: Network,
    layer: str,
    channels: Sequence[int] | None = None,
    size: int | None = None,
    kept: Path | None = None,
) -> Iterator[tuple[int, Bytes]]:
    """Yield channels' numbers and pictures (size, size, 3), 8-bit sRGB.

    Args:
        network: frozen.
        layer: one of its layers' names.
        channels: all of them by default.
        size: px a side, 96 by default.
        kept: the cache folder; None for no cache. Networks whose weights have no digest are not
            cached.

    Raises:
        InputError: if there is no such layer.
    """
    for channel in range(network.layer(layer).channels) if channels is None else channels:
        recipe = _recipe(f"{network.name}/{layer}/{channel}", size or TILE)
        path = _place(network, recipe, kept) if kept else None
        tile = _read(path) if path else None
        if tile is None:
            session = Session(recipe, {network.name: network})
            for _ in session.steps():
                pass
            tile = session.result.snapshot().rgb()
            if path:
                _keep(path, tile)
        yield channel, tile


def kept_tiles() -> Path | None:
    """Return the user's cache folder for pictures of channels; None if there is none."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (named if named.is_absolute() else Path.home() / ".cache") / "inkdream" / "channels"
    except RuntimeError:  # nobody's home is known
        return None


def join_tiles(tiles: Sequence[tuple[int | str, Bytes]]) -> Bytes:
    """Return tiles of one size in a grid twice as wide as high, each above its number or name."""
    height, width = tiles[0][1].shape[:2]
    columns = max(1, round((2 * len(tiles)) ** 0.5))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width + _GAP, height + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * step_x + _GAP, rows * step_y + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place, (number, tile) in enumerate(tiles):
        x, y = _GAP + place % columns * step_x, _GAP + place // columns * step_y
        sheet.paste(Image.fromarray(tile), (x, y))
        draw.text((x + 1, y + height), _fitted(str(number), font, width), fill=_TEXT, font=font)
    return np.asarray(sheet)


def _fitted(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """Return a caption cut to the width of its tile."""
    while len(caption) > 1 and font.getlength(caption) > width:
        caption = caption[:-1]
    return caption


def _recipe(target: str, size: int) -> Recipe:
    return validate(
        {
            "terms": [{"target": target}],
            "inks": INKS,
            "width": size,
            "height": size,
            "steps": STEPS,
            "views": {"count": 1},
        }
    )


def _place(network: Network, recipe: Recipe, kept: Path) -> Path | None:
    """Return the cache file of a channel's picture, named by a digest of versions and recipe."""
    if not network.digest and network.name != "loom":
        return None
    words = [__version__, torch.__version__, network.digest, recipe.to_toml()]
    return kept / f"{hashlib.sha256(chr(0).join(words).encode()).hexdigest()[:32]}.png"


def _read(path: Path) -> Bytes | None:
    """Return a cached picture; None if it is missing or unreadable."""
    try:
        return read_rgb(path) if path.is_file() else None
    except (InputError, OSError):
        return None


def _keep(path: Path, tile: Bytes) -> None:
    """Write a picture to the cache; errors are ignored, since it can be drawn again."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(rgb_png(tile))
        beside.replace(path)
