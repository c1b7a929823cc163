"""Previews of plots: lines at their true width, pen after pen, as PNG or GIF.

Lines are laid on pixels several times smaller than the picture's. A small pixel has a pen's ink if
its middle is under one of the pen's lines, and has it once, however many cross there: the union of
a pen's lines is exact, which anti-aliased edges would not make it. Averaged in linear light, small
pixels make smooth edges.

Legend: R C the canvas's rows and columns; x to the right, y down; the middle of small pixel
(row, column) is at (column + 1/2, row + 1/2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, hypot, inf, sqrt
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from inkdream import colour
from inkdream.compiling import compiled
from inkdream.page import px_per_mm
from inkdream.pens import Pen
from inkdream.pictures import Inked, animated_gif, colours_in, rgb_png
from inkdream.plot.clip import between, reached
from inkdream.plot.plot import TOLERANCE, Layer, Plot, Points
from inkdream.plot.ragged import Lines, pack, pack_strokes
from inkdream.progress import task, tell


class Canvas:
    """Some rows of a page.

    Attributes:
        ink: (R, C, 3) linear RGB, float32.
    """

    def __init__(self, paper: str, rows: int, columns: int) -> None:
        """Make a bare canvas of a colour, '#rrggbb'."""
        self.ink = np.empty((rows, columns, 3), np.float32)
        self._paper = np.tile(colour.linear_of([paper])[0].astype(np.float32), columns)
        # The number of the pen that laid ink on a small pixel last.
        self._last = np.empty((rows, columns), np.uint16)
        self.clear()

    def clear(self) -> None:
        """Make it bare again."""
        # A row at once: numpy is slow to repeat three numbers.
        self.ink.reshape(len(self.ink), -1)[:] = self._paper
        self._last[:] = 0
        self._number = 0

    def take(self, pen: Pen) -> None:
        """Lay lines of this pen from now on."""
        self._number += 1
        ink = colour.linear_of([pen.colour])[0]
        # Transparent ink multiplies what lies below by its colour, opaque ink covers it.
        self._keep = ((1 - pen.opacity) * ink).astype(np.float32)
        self._add = (pen.opacity * ink).astype(np.float32)

    def lay(self, lines: Lines, radius: float, top: float = 0.0) -> None:
        """Lay lines of the current pen.

        Args:
            lines: polylines with round ends and joins, in small px; one vertex is a dot.
            radius: half the width of the pen's line, in small px.
            top: of the canvas, in the lines' own y.

        Raises:
            ValueError: if a coordinate is not finite.
        """
        if not np.isfinite(lines.points).all():
            raise ValueError("a line has a coordinate that is not finite")
        ink = (self._keep, self._add, self._number)
        _lay(self.ink, self._last, lines.points, lines.starts, (radius, top), ink)

    def shrunk(self, times: int) -> Float[np.ndarray, "3 H W"]:
        """Return the mean of each `times` x `times` small px, in linear RGB, float32."""
        rows, columns, _ = self.ink.shape
        picture = np.empty((3, rows // times, columns // times), np.float32)
        _shrink(self.ink, times, picture)
        return picture


def enlarged(lines: Lines, scale: float) -> Lines:
    """Return lines in mm as lines in small px, `scale` to the mm."""
    points: NDArray[np.float64] = lines.points * scale
    return Lines(points, lines.starts)


@compiled
@no_type_check
def _lay(canvas, last, points, starts, size, ink):
    radius, top = size
    for line in range(len(starts) - 1):
        first, end = starts[line], starts[line + 1]
        for index in range(first, max(first + 1, end - 1)):
            other = min(index + 1, end - 1)
            begin = points[index, 0], points[index, 1] - top
            step = points[other, 0], points[other, 1] - top
            _lay_segment(canvas, last, begin, step, radius, ink)


@compiled
@no_type_check
def _lay_segment(canvas, last, begin, end, radius, ink):
    """Lay ink along a segment, row by row.

    A round pen covers the hull of two discs, so a row has one run of it: from the first to the last
    place where it meets a disc or a side.
    """
    rows, columns = last.shape
    upper = ceil(max(min(begin[1], end[1]) - radius - 0.5, 0.0))
    lower = floor(min(max(begin[1], end[1]) + radius - 0.5, rows - 1.0))
    if upper > lower or max(begin[0], end[0]) + radius < 0:
        return
    if min(begin[0], end[0]) - radius > columns:
        return
    step_x, step_y = end[0] - begin[0], end[1] - begin[1]
    length = hypot(step_x, step_y)
    scale = radius / length if length > 0 else 0.0
    off_x, off_y = -step_y * scale, step_x * scale
    slope = step_x / step_y if step_y != 0 else 0.0
    for row in range(upper, lower + 1):
        y = row + 0.5 - begin[1]
        left, right = inf, -inf
        high = radius * radius - y * y
        if high >= 0:
            half = sqrt(high)
            left, right = -half, half
        high = radius * radius - (y - step_y) * (y - step_y)
        if high >= 0:
            half = sqrt(high)
            left, right = min(left, step_x - half), max(right, step_x + half)
        # The two sides; a row that is parallel to them meets the discs where they touch.
        if (y - off_y) * (y - off_y - step_y) < 0:
            x = off_x + (y - off_y) * slope
            left, right = min(left, x), max(right, x)
        if (y + off_y) * (y + off_y - step_y) < 0:
            x = (y + off_y) * slope - off_x
            left, right = min(left, x), max(right, x)
        if left > right:
            continue
        first = ceil(max(left + begin[0] - 0.5, 0.0))
        final = floor(min(right + begin[0] - 0.5, columns - 1.0))
        _lay_run(canvas, last, row, (first, final + 1), ink)


@compiled
@no_type_check
def _lay_run(canvas, last, row, run, ink):
    """Lay ink on a run of a row, where this pen has laid none yet."""
    keep, add, number = ink
    for column in range(run[0], run[1]):
        if last[row, column] != number:
            last[row, column] = number
            for channel in range(3):
                below = canvas[row, column, channel]
                canvas[row, column, channel] = below * keep[channel] + add[channel]


@compiled
@no_type_check
def _shrink(canvas, times, picture):
    share = np.float32(1.0 / (times * times))
    for row in range(picture.shape[1]):
        for column in range(picture.shape[2]):
            for channel in range(3):
                total = np.float32(0.0)
                for down in range(times):
                    for across in range(times):
                        total += canvas[row * times + down, column * times + across, channel]
                picture[channel, row, column] = total * share


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

    The picture's longer side is the page's, at the page's own scale if the size is the page's in
    px.

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
            if not layer.is_refill:
                canvas.take(layer.pen)
            canvas.lay(lines, _radius(layer, scale), top * times)
        picture[:, top : top + high] = canvas.shrunk(times)[:, : height - top]
    return torch.from_numpy(picture)


def preview_png(plot: Plot, pixels_long_side: int = 1600) -> bytes:
    """Return the preview as an RGB PNG.

    Raises:
        ValueError: if `pixels_long_side` is below 1.
    """
    return rgb_png(_pixels(preview(plot, *_size(plot, pixels_long_side)).numpy()))


def preview_gif(plot: Plot, frames: int = 60, side: int = 480) -> bytes:
    """Return a GIF of the plot being drawn, with the same length of ink in every frame.

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
    with task("drawing how it is drawn") as done:
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
    """Yield the plot after each share of its ink."""
    height, width = size
    scale = _scale(plot, *size) * GIF_TIMES
    canvas, current = Canvas(plot.paper, height * GIF_TIMES, width * GIF_TIMES), -1
    for new in _schedule(plot, frames, _tolerance(scale)):
        for index, lines in new.items():
            layer = plot.layers[index]
            if index != current and not layer.is_refill:
                canvas.take(layer.pen)
            current = index
            canvas.lay(enlarged(pack(lines), scale), _radius(layer, scale))
        yield canvas.shrunk(GIF_TIMES)


def _schedule(plot: Plot, frames: int, tolerance: float) -> list[dict[int, list[Points]]]:
    """Return for each frame its new lines in mm, by layer, in plotting order.

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
    """Return the length along a line up to each vertex (V,); a dot's is `least`."""
    along = reached(line)
    if along[-1] == 0:
        along[-1] = least
    return along


def _palette(plot: Plot, shown: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return at most 256 colours: paper and inks exactly, and those that serve the frames best."""
    pens = [layer.pen.colour for layer in plot.layers]
    exact = colours_in(np.array([[colour.parse(each) for each in (plot.paper, *pens)]], np.uint8))
    sample = np.concatenate([*shown[:: max(1, len(shown) // 8)], shown[-1]])
    most = PALETTE - len(exact)
    method, no_dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    image = Image.fromarray(sample).quantize(most, method=method, dither=no_dither)
    learned = np.array(image.getpalette(), np.uint8).reshape(-1, 3)[:most]
    return np.concatenate([exact, learned])


def _nearest(inks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each of 2^15 cells of colours the index of the nearest ink."""
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
