"""How much a plot looks like the SVG that it was made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from inkdream import colour
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.inking.resolve import Inking, Original
from inkdream.page import Page
from inkdream.plot.clip import clip
from inkdream.plot.plot import Plot
from inkdream.plot.ragged import measure, pack_strokes
from inkdream.svg.document import Document
from inkdream.svg.render import render_svg
from inkdream.svg.xml import chunks

# Pictures are compared at so many px on the longer side, blurred by so many: as from a step away,
# from where nobody sees on which side of its width a line lies.
SIDE = 512
BLUR = 2.0
# From this difference on a plot looks like another drawing.
MUCH = 20.0
# Where they differ most is told by tiles, so many along and down the page.
TILES = 8
# Under that blur more samples a px show nothing. More strokes than that take long to draw, and with
# one sample a px the difference is the same to 1 %.
TIMES, ENOUGH = 4, 5_000
# Larger files, and more strokes, vertices or px of line, take too long to be drawn by another
# program, or too much memory.
MOST_BYTES = 2**24
MOST_STROKES, MOST_VERTICES, MOST_PX = 20_000, 500_000, 2**23


@dataclass(frozen=True)
class Likeness:
    """How much an SVG and its plot differ.

    Attributes:
        difference: the mean of CIEDE2000: 0 for equal pictures, about 1 for a difference that is
            just seen.
        x, y: in mm on the SVG's page, the middle of the tile, an eighth of the page wide and high,
            where they differ most.
    """

    difference: float
    x: float
    y: float


def likeness(source: Path, original: Original, plot: Plot) -> Likeness | None:
    """Return the difference between an SVG and its plot, as resvg draws both (CIEDE2000).

    Both lie on the plot's paper, cut at the edge of the SVG's page, blurred by 2 px at 512 px.

    Args:
        source: the SVG.
        original: where it lies in the plot.
        plot: without marks of its own.

    Returns:
        None if the file cannot be drawn by resvg, or would take too long.
    """
    try:
        text = b"".join(chunks(source))
        if len(text) > MOST_BYTES or not _is_light(original.document):
            return None
        part = _part(plot, original)
        height, width = _size(original.document.width, original.document.height)
        times = TIMES if original.document.strokes <= ENOUGH else 1
        meant = render_svg(
            text.decode("utf-8"), plot.paper, height, width, most_times=times, foreign=True
        )
    except (InputError, ValidationError, ValueError):
        return None
    drawn = render_svg(to_svg(part), plot.paper, height, width, most_times=times)
    first, second = (colour.linear_to_lab(blurred(each, BLUR), axis=0) for each in (meant, drawn))
    far = colour.ciede2000(first, second, axis=0)
    down, across = (np.linspace(0, side, TILES + 1).astype(int)[:-1] for side in far.shape)
    sums = np.add.reduceat(np.add.reduceat(far, down, axis=0), across, axis=1)
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    return Likeness(
        float(far.mean()),
        (float(column) + 0.5) / TILES * original.document.width,
        (float(row) + 0.5) / TILES * original.document.height,
    )


def very_different(found: Likeness, inking: Inking) -> str:
    """Return what is to be looked at if a plot differs much from its SVG."""
    causes = [note for note in inking.notes if note.startswith("not read: ") or note == inking.hint]
    causes += [note for note in inking.notes if "--hatch parallel fills" in note]
    # Of what is not known here, the picture tells.
    words = "; ".join(causes) or "open both beside each other"
    return (
        f"the plot looks very different from the file (CIEDE2000 {found.difference:.0f}), most of "
        f"all around {found.x:.0f}, {found.y:.0f} mm of its page. Look at: {words}"
    )


def _is_light(document: Document) -> bool:
    """Return whether a document can be drawn in seconds."""
    strokes = [stroke for shape in document.shapes for stroke in shape.strokes]
    if len(strokes) > MOST_STROKES or sum(each.vertices() for each in strokes) > MOST_VERTICES:
        return False
    length = measure(pack_strokes(strokes))[:, 2].sum()
    return bool(length * SIDE / max(document.width, document.height) <= MOST_PX)


def blurred(picture: NDArray[np.float32], radius: float) -> NDArray[np.float64]:
    """Return a picture (3, H, W) under a Gaussian of that standard deviation in px.

    Beyond its edge the picture is what it is at its edge.
    """
    reach = int(4 * radius + 0.5)
    places = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (places / radius) ** 2)
    weights /= weights.sum()
    result = picture.astype(np.float64)
    for axis in (1, 2):
        pads = [(reach, reach) if each == axis else (0, 0) for each in range(3)]
        wide = np.pad(result, pads, mode="edge")
        size = result.shape[axis]
        result = sum(
            weight * wide.take(range(start, start + size), axis=axis)
            for start, weight in enumerate(weights.tolist())
        )
    return result


def _size(width: float, height: float) -> tuple[int, int]:
    scale = SIDE / max(width, height)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _part(plot: Plot, original: Original) -> Plot:
    """Return what is drawn on the document's own page, as a plot of that page."""
    document, factor = original.document, original.factor
    page = Page(width=document.width * factor, height=document.height * factor, margin=0.0)
    there = plot.moved((-original.left, -original.top))
    return without_unseen(clip(replace(there, page=page)))
