"""What a plot will look like: at the pens' true width, in their inks, on its paper.

Lines are drawn several times as large as the picture and averaged in linear light; see `canvas`.

Legend: H W rows and columns of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from inkdream import colour
from inkdream.pictures import Inked, animated_gif, colours_in, rgb_png
from inkdream.plot.along import between, reached
from inkdream.plot.canvas import Canvas, enlarged
from inkdream.plot.packed import Lines, pack, pack_strokes
from inkdream.plot.plot import TOLERANCE, Layer, Plot, Points
from inkdream.plot.render import px_per_mm
from inkdream.telling import tell, telling

# How many times as large as the picture lines are drawn; less for pictures of more px a side, in
# which less is seen.
TIMES, LARGE_TIMES, LARGE = 8, 4, 2048
# Small px at once, which bounds memory: each takes 14 bytes.
MOST_SMALL = 2**21
GIF_TIMES = 4
# A polyline stays this near to its curve, in small px.
TOLERANCE_PX = 0.25
# Lines that touch may be apart by this much in mm, twice what a coordinate in a file is rounded by.
ROUNDED = 0.0003
# Colours of a GIF are looked up by the leading bits of red, green and blue.
BITS = 5
PALETTE = 256


def preview(plot: Plot, height: int, width: int) -> Float[Tensor, "3 H W"]:
    """Return the plot as a picture in linear RGB in [0, 1], float32.

    If height and width are the page's own in px, so is its scale; else its longer side fills the
    picture's.

    Raises:
        ValueError: if the picture has another shape than the page.
    """
    tell("drawing how it will look")
    times = TIMES if max(height, width) <= LARGE else LARGE_TIMES
    scale = _scale(plot, height, width) * times
    layers = [(layer, _lines(layer, scale)) for layer in plot.layers]
    high = max(1, min(height, MOST_SMALL // (width * times * times)))
    picture = np.empty((3, height, width), np.float32)
    canvas = Canvas(plot.paper, high * times, width * times)
    for top in range(0, height, high):
        canvas.clear()
        for layer, lines in layers:
            canvas.take(layer.pen)
            canvas.lay(lines, _radius(layer, scale), top * times)
        picture[:, top : top + high] = canvas.shrunk(times)[:, : height - top]
    return torch.from_numpy(picture)


def preview_png(plot: Plot, pixels_long_side: int = 1600) -> bytes:
    """Return the preview as an RGB PNG.

    Raises:
        ValueError: if there are no px.
    """
    return rgb_png(_pixels(preview(plot, *_size(plot, pixels_long_side)).numpy()))


def preview_gif(plot: Plot, frames: int = 60, side: int = 480) -> bytes:
    """Return a GIF that draws the plot in plotting order, in every frame the same length of ink.

    Args:
        plot: what is drawn.
        frames: how many; the last one shows the whole plot.
        side: px of the longer side.

    Raises:
        ValueError: if there are no frames or px.
    """
    if frames < 1:
        raise ValueError(f"a GIF of {frames} frames: it has at least 1")
    height, width = _size(plot, side)
    shown = []
    with telling("drawing how it is drawn") as done:
        for each in _growing(plot, frames, (height, width)):
            shown.append(_pixels(each))
            done(len(shown) / frames)
    inks = _palette(plot, shown)
    nearest = _nearest(inks)
    return animated_gif([Inked(nearest[_codes(each)], inks) for each in shown])


def _size(plot: Plot, side: int) -> tuple[int, int]:
    """Return rows and columns of a picture whose longer side has `side` px."""
    if side < 1:
        raise ValueError(f"a picture of {side} px: it has at least 1")
    scale = side / max(plot.page.height, plot.page.width)
    return max(1, round(plot.page.height * scale)), max(1, round(plot.page.width * scale))


def _scale(plot: Plot, height: int, width: int) -> float:
    """Return px per mm."""
    if (height, width) == plot.page.pixels:
        return plot.page.scale
    return px_per_mm((plot.page.width, plot.page.height), height, width)


def _tolerance(scale: float) -> float:
    return min(TOLERANCE, TOLERANCE_PX / scale)


def _lines(layer: Layer, scale: float) -> Lines:
    """Return a layer's lines in small px."""
    return enlarged(pack_strokes(layer.strokes, _tolerance(scale)), scale)


def _radius(layer: Layer, scale: float) -> float:
    """Return half the width of a layer's lines in small px."""
    return (layer.pen.width / 2 + ROUNDED) * scale


def _pixels(picture: Float[np.ndarray, "3 H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Return 8-bit sRGB."""
    rgb: NDArray[np.uint8] = colour.to_bytes(picture.transpose(1, 2, 0))
    return np.ascontiguousarray(rgb)


def _growing(
    plot: Plot, frames: int, size: tuple[int, int]
) -> Iterator[Float[np.ndarray, "3 H W"]]:
    """Yield the plot after each share of its ink; draws only what is new."""
    height, width = size
    scale = _scale(plot, *size) * GIF_TIMES
    canvas, current = Canvas(plot.paper, height * GIF_TIMES, width * GIF_TIMES), -1
    for new in _schedule(plot, frames, _tolerance(scale)):
        for index, lines in new.items():
            layer = plot.layers[index]
            if index != current:
                canvas.take(layer.pen)
                current = index
            canvas.lay(enlarged(pack(lines), scale), _radius(layer, scale))
        yield canvas.shrunk(GIF_TIMES)


def _schedule(plot: Plot, frames: int, tolerance: float) -> list[dict[int, list[Points]]]:
    """Return for each frame the lines in mm that are new in it, by layer, in plotting order.

    Lines are cut where a frame ends. A dot counts as a line as long as its pen is wide.
    """
    lines = [
        (index, stroke.polyline(tolerance))
        for index, layer in enumerate(plot.layers)
        for stroke in layer.strokes
    ]
    alongs = [_along(line, plot.layers[index].pen.width) for index, line in lines]
    each = sum(along[-1] for along in alongs) / frames
    schedule: list[dict[int, list[Points]]] = [{} for _ in range(frames)]
    drawn = 0.0
    for (index, line), along in zip(lines, alongs, strict=True):
        first = min(int(drawn / each), frames - 1)
        last = min(int((drawn + along[-1]) / each), frames - 1)
        for frame in range(first, last + 1):
            start = max(frame * each - drawn, 0.0)
            stop = along[-1] if frame == last else (frame + 1) * each - drawn
            is_whole = start <= 0 and stop >= along[-1]
            part = line if is_whole else between(line, along, start, stop)
            schedule[frame].setdefault(index, []).append(part)
        drawn += along[-1]
    return schedule


def _along(line: Points, least: float) -> NDArray[np.float64]:
    """Return how long a line is up to each of its vertices; a line of no length counts as `least`.

    Args:
        line: (V, 2).
        least: at the last vertex of a line that has no length.
    """
    along = reached(line)
    if along[-1] == 0:
        along[-1] = least
    return along


def _palette(plot: Plot, shown: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return at most 256 colours: paper and inks as they are, and those that serve frames best."""
    pens = [layer.pen.colour for layer in plot.layers]
    exact = colours_in(np.array([[colour.parse(each) for each in (plot.paper, *pens)]], np.uint8))
    sample = np.concatenate([*shown[:: max(1, len(shown) // 8)], shown[-1]])
    most = PALETTE - len(exact)
    method, no_dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    image = Image.fromarray(sample).quantize(most, method=method, dither=no_dither)
    found = np.array(image.getpalette(), np.uint8).reshape(-1, 3)[:most]
    return np.concatenate([exact, found])


def _nearest(inks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each of 2^15 cells of colours the number of the nearest ink; its own first."""
    cells = np.stack(np.unravel_index(np.arange(2 ** (3 * BITS)), (2**BITS,) * 3), axis=1)
    middles = (cells << (8 - BITS)) + 2 ** (7 - BITS)
    # (a - b)^2 without a^2, which is the same for all inks; whole numbers in floats are exact.
    colours = inks.astype(np.float64)
    apart = (colours**2).sum(1) - 2 * (middles @ colours.T)
    table: NDArray[np.uint8] = apart.argmin(1).astype(np.uint8)
    # Backwards, so that paper and inks, which stand first, are what their own cells show.
    for number in range(len(inks) - 1, -1, -1):
        table[_codes(inks[number : number + 1])] = number
    return table


def _codes(rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the cell of each colour (..., 3)."""
    red, green, blue = np.moveaxis(rgb.astype(np.int64) >> (8 - BITS), -1, 0)
    codes: NDArray[np.int64] = (red << 2 * BITS) | (green << BITS) | blue
    return codes
