"""How much a plot looks like the SVG that it was made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from inkdream import colour
from inkdream.blur import gaussian
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.inking.resolve import Inking, corner
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


def likeness(source: Path, inking: Inking, plot: Plot) -> Likeness | None:
    """Return the difference between an SVG and its plot, as resvg draws both (CIEDE2000).

    Both lie on the plot's paper, cut at the edge of the SVG's page, blurred by 2 px at 512 px.

    Args:
        source: the SVG.
        inking: what became of it.
        plot: its plot, without registration marks.

    Returns:
        None if there is no SVG, or it cannot be drawn by resvg, or would take too long.
    """
    document = inking.document
    if document is None:
        return None
    scale = SIDE / max(document.width, document.height)
    size = max(1, round(document.height * scale)), max(1, round(document.width * scale))
    times = TIMES if document.strokes <= ENOUGH else 1
    try:
        text = b"".join(chunks(source))
        if len(text) > MOST_BYTES or not _is_light(document):
            return None
        part = _part(plot, document, inking.factor)
        svg = text.decode("utf-8")
        meant = render_svg(svg, plot.paper, *size, most_times=times, foreign=True)
    except (InputError, ValidationError, ValueError):
        return None
    drawn = render_svg(to_svg(part), plot.paper, *size, most_times=times)
    first, second = (colour.linear_to_lab(blurred(each, BLUR), axis=0) for each in (meant, drawn))
    far = colour.ciede2000(first, second, axis=0)
    down, across = (np.linspace(0, side, TILES + 1).astype(int)[:-1] for side in far.shape)
    sums = np.add.reduceat(np.add.reduceat(far, down, axis=0), across, axis=1)
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    return Likeness(
        float(far.mean()),
        (float(column) + 0.5) / TILES * document.width,
        (float(row) + 0.5) / TILES * document.height,
    )


def very_different(measured: Likeness, inking: Inking) -> str:
    """Return what is to be looked at if a plot differs much from its SVG."""
    causes = [note for note in inking.notes if note.startswith("not read: ") or note == inking.hint]
    causes += [note for note in inking.notes if "--hatch parallel fills" in note]
    # Of what is not known here, the picture tells.
    words = "; ".join(causes) or "open both beside each other"
    return (
        f"the plot looks very different from the file (CIEDE2000 {measured.difference:.0f}), most "
        f"of all around {measured.x:.0f}, {measured.y:.0f} mm of its page. Look at: {words}"
    )


def blurred(picture: NDArray[np.float32], deviation: float) -> NDArray[np.float64]:
    """Return a picture (3, H, W) under a Gaussian of that standard deviation in px."""
    blurry = gaussian(torch.from_numpy(picture.astype(np.float64)), deviation, reach=4.0)
    return np.asarray(blurry.numpy())


def _is_light(document: Document) -> bool:
    """Return whether a document can be drawn in seconds."""
    strokes = [stroke for shape in document.shapes for stroke in shape.strokes]
    if len(strokes) > MOST_STROKES or sum(each.vertices() for each in strokes) > MOST_VERTICES:
        return False
    length = measure(pack_strokes(strokes))[:, 2].sum()
    return bool(length * SIDE / max(document.width, document.height) <= MOST_PX)


def _part(plot: Plot, document: Document, factor: float) -> Plot:
    """Return what is drawn on the document's own page, as a plot of that page."""
    page = Page(width=document.width * factor, height=document.height * factor, margin=0.0)
    left, top = corner(document, factor, plot.page)
    moved = plot.moved((-left, -top))
    return without_unseen(clip(replace(moved, page=page)))
