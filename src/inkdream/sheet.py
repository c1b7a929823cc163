"""Contact sheets: what each channel of a layer likes, side by side, in a few inks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdream.networks import Network
from inkdream.pictures import Bytes
from inkdream.recipe import Recipe, validate
from inkdream.sketch import Sketch

TILE = 96
STEPS = 80
INKS = 4
_CAPTION = 14
_GAP = 4
_PAPER, _TEXT = (255, 255, 255), (60, 60, 60)


def draw_tiles(network: Network, layer: str, seed: int = 0) -> Iterator[tuple[int, Bytes]]:
    """Yield each channel's number and picture (TILE, TILE, 3), 8-bit sRGB.

    Args:
        network: frozen.
        layer: one of its layers' names.
        seed: of every tile.

    Raises:
        InputError: if there is no such layer.
    """
    for channel in range(network.layer(layer).channels):
        sketch = Sketch(_recipe(f"{network.name}/{layer}/{channel}", seed), {network.name: network})
        for _ in sketch.climb():
            pass
        yield channel, sketch.result.snapshot().rgb()


def join_tiles(tiles: Sequence[tuple[int, Bytes]]) -> Bytes:
    """Return tiles of one size in a grid twice as wide as high, each with its number below."""
    height, width = tiles[0][1].shape[:2]
    columns = max(1, round((2 * len(tiles)) ** 0.5))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width + _GAP, height + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * step_x + _GAP, rows * step_y + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place, (number, tile) in enumerate(tiles):
        x, y = _GAP + place % columns * step_x, _GAP + place // columns * step_y
        sheet.paste(Image.fromarray(tile), (x, y))
        draw.text((x + 1, y + height), str(number), fill=_TEXT, font=font)
    return np.asarray(sheet)


def _recipe(target: str, seed: int) -> Recipe:
    return validate(
        {
            "terms": [{"target": target}],
            "seed": seed,
            "inks": INKS,
            "width": TILE,
            "height": TILE,
            "steps": STEPS,
            "views": {"count": 1},
        }
    )
