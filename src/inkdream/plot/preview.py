"""What a plot will look like: at the pens' true width, in their inks, on its paper.

Lines are drawn larger than the picture and averaged: side by side in one px they would be taken
for lines that fall on it by chance, and filled areas would look pale.

Legend: H W rows and columns of the picture, R C those of the larger one.
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
from inkdream.pens import Pen
from inkdream.pictures import Inked, animated_gif, colours_in, rgb_png
from inkdream.plot.along import between, reached
from inkdream.plot.plot import TOLERANCE, Plot, Points
from inkdream.plot.render import px_per_mm, supersampling
from inkdream.raster import SHARP, Inks, splat
from inkdream.raster.scene import ink_terms
from inkdream.telling import tell, telling

GIF_TIMES = 4
# A polyline stays this near to its curve, in px of the larger picture.
TOLERANCE_PX = 0.25
# Longer polylines are drawn in pieces, and so many strokes or vertices at once: memory stays
# bounded however unlike the strokes are.
PIECE = 1024
MOST_STROKES = 2**13
MOST_VERTICES = 2**20
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
    times = supersampling(height, width)
    scale = _scale(plot, height, width) * times
    picture = _bare(plot, height * times, width * times)
    for layer in plot.layers:
        lines = [each.polyline(_tolerance(scale)) * scale for each in layer.strokes]
        free = _cover(torch.ones_like(picture[0]), lines, layer.pen.width * scale / 2)
        _lay(picture, free, layer.pen)
    return _shrink(picture, times)


def preview_png(plot: Plot, pixels_long_side: int = 1600) -> bytes:
    """Return the preview as an RGB PNG.

    Raises:
        ValueError: if there are no px.
    """
    return rgb_png(_pixels(preview(plot, *_size(plot, pixels_long_side))))


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
    times = supersampling(height, width, GIF_TIMES)
    shown = []
    with telling("drawing how it is drawn") as done:
        for each in _growing(plot, frames, (height, width)):
            shown.append(_pixels(_shrink(each, times)))
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


def _bare(plot: Plot, rows: int, columns: int) -> Float[Tensor, "3 R C"]:
    """Return the paper."""
    paper = torch.from_numpy(colour.linear_of([plot.paper])[0].astype(np.float32))
    return paper[:, None, None].repeat(1, rows, columns)


def _cover(
    free: Float[Tensor, "R C"], lines: Sequence[Points], radius: float
) -> Float[Tensor, "R C"]:
    """Draw lines of one pen.

    Args:
        free: how much of each px the pen has left free so far; changed in place, and returned.
        lines: in px.
        radius: half the pen's width in px.
    """
    rows, columns = free.shape
    for batch in _batches(lines):
        points = torch.from_numpy(batch)
        radii, weights = torch.full((len(batch),), radius), torch.ones(len(batch), 1)
        free *= 1 - splat(points, radii, weights, rows, columns, SHARP)[0]
    return free


def _batches(lines: Sequence[Points]) -> Iterator[NDArray[np.float32]]:
    """Yield lines (S, V, 2) as few arrays, those of like length together.

    Short ones repeat their last vertex. Lines of more than `PIECE` vertices come in pieces, which
    the union of a pen's strokes joins again.
    """
    pieces = [
        line[start : start + PIECE]
        for line in lines
        for start in range(0, max(1, len(line) - 1), PIECE - 1)
    ]
    sizes = [2 ** max(1, (len(piece) - 1).bit_length()) for piece in pieces]
    for size in sorted(set(sizes)):
        alike = [piece for piece, own in zip(pieces, sizes, strict=True) if own == size]
        most = min(MOST_STROKES, MOST_VERTICES // size)
        for start in range(0, len(alike), most):
            some = alike[start : start + most]
            batch = np.empty((len(some), size, 2), np.float32)
            for row, piece in zip(batch, some, strict=True):
                row[: len(piece)], row[len(piece) :] = piece, piece[-1]
            yield batch


def _lay(
    picture: Float[Tensor, "3 R C"], free: Float[Tensor, "R C"], pen: Pen
) -> Float[Tensor, "3 R C"]:
    """Lay a pen's ink over the picture where it is not left free; in place, and returned."""
    ink = torch.from_numpy(colour.linear_of([pen.colour]).astype(np.float32))
    taken, added = ink_terms(Inks(ink, torch.tensor([pen.opacity]), ink[0]))
    for channel, take, add in zip(picture, taken[0], added[0], strict=True):
        # channel * (1 - covered * take) + covered * add, with covered = 1 - free
        channel.mul_(1 - take + take * free).add_(add - add * free)
    return picture


def _shrink(picture: Float[Tensor, "3 R C"], times: int) -> Float[Tensor, "3 H W"]:
    """Return the mean of each `times` x `times` px."""
    return torch.nn.functional.avg_pool2d(picture[None], times)[0].clamp_(0, 1)


def _pixels(picture: Float[Tensor, "3 H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Return 8-bit sRGB."""
    rgb: NDArray[np.uint8] = colour.to_bytes(picture.permute(1, 2, 0).numpy())
    return np.ascontiguousarray(rgb)


def _growing(plot: Plot, frames: int, size: tuple[int, int]) -> Iterator[Float[Tensor, "3 R C"]]:
    """Yield the plot, enlarged, after each share of its ink; draws only what is new."""
    times = supersampling(*size, GIF_TIMES)
    scale = _scale(plot, *size) * times
    below = _bare(plot, size[0] * times, size[1] * times)
    current, free = 0, torch.ones_like(below[0])
    for new in _schedule(plot, frames, _tolerance(scale)):
        for index, lines in new.items():
            if index != current:
                _lay(below, free, plot.layers[current].pen)
                current, free = index, torch.ones_like(free)
            radius = plot.layers[index].pen.width * scale / 2
            _cover(free, [line * scale for line in lines], radius)
        yield _lay(below.clone(), free, plot.layers[current].pen) if plot.layers else below


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
