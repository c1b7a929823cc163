"""What a pattern looks like from afar: one colour, as visible as its tile is covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.plot.cover import paint_area, paint_line
from inkdream.plot.document import Shape
from inkdream.plot.packed import pack_strokes
from inkdream.plot.svg_gradients import mean_colour

# Px of a tile on its longer and its shorter side, at least; on the longer at most.
SIDE, LEAST_SIDE, MOST_SIDE = 96, 8, 512


def tile_scale(width: float, height: float) -> float:
    """Return by how much a tile is enlarged before its px are counted."""
    longer, shorter = max(width, height), min(width, height)
    return min(max(SIDE / longer, LEAST_SIDE / shorter), MOST_SIDE / longer)


def look_of(shapes: Sequence[Shape], width: float, height: float) -> tuple[str, float]:
    """Return the mean colour of a tile, '#rrggbb', and its mean alpha.

    Args:
        shapes: in px from the tile's top left corner, in painter's order.
        width: of the tile, in px.
        height: likewise.
    """
    size = max(1, round(height)), max(1, round(width))
    seen = np.zeros((*size, 3))  # sRGB times alpha, as viewers mix
    alphas = np.zeros(size)
    for ink, alpha, is_there in _layers(shapes, size):
        rgb = np.array(colour.parse(ink)) / 255
        cover = alpha * is_there
        seen = cover[..., None] * rgb + (1 - cover[..., None]) * seen
        alphas = cover + (1 - cover) * alphas
    flat = alphas.ravel()
    rgb = seen.reshape(-1, 3) / np.maximum(flat, 1e-9)[:, None]
    return mean_colour(np.clip(rgb, 0.0, 1.0), flat)


def _layers(
    shapes: Sequence[Shape], size: tuple[int, int]
) -> Iterator[tuple[str, float, NDArray[np.bool_]]]:
    """Yield each fill and each line: its ink, its alpha and the px (H, W) that it covers."""
    for shape in shapes:
        if shape.fill is not None and shape.fill_alpha > 0 and shape.inside:
            top = np.zeros(size, np.int32)
            lines = pack_strokes(shape.inside)
            paint_area(top, lines.points, lines.starts[:-1], shape.is_even_odd, 1)
            yield shape.fill, shape.fill_alpha, top > 0
        if shape.colour is not None and shape.alpha > 0 and shape.width > 0 and shape.strokes:
            top = np.zeros(size, np.int32)
            lines = pack_strokes(shape.strokes)
            for index in range(len(shape.strokes)):
                paint_line(top, lines.line(index), shape.width / 2, 1)
            yield shape.colour, shape.alpha, top > 0
