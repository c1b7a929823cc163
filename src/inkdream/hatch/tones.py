"""A picture's tones in lines or dots of pens, which from afar look like the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from inkdream import colour
from inkdream.filters import blurred
from inkdream.hatch import Tone
from inkdream.hatch.contours import contours
from inkdream.hatch.engrave import LENGTHS, MOST, engraved
from inkdream.hatch.flow import Flow, field, level
from inkdream.hatch.ruling import Ruling, Rulings, unruled
from inkdream.hatch.separate import separated
from inkdream.hatch.stipple import single, stippled
from inkdream.hatch.streamlines import Lengths
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.pens.pen import WHITE
from inkdream.plot.plot import Layer, Plot, Points, Stroke
from inkdream.progress import task

# A pixel is about so many nibs; there are at most so many, and at least so many on the longer side.
FINE, MOST_PIXELS, LEAST_SIDE = 0.5, 2**22, 400
# Directions are averaged over this share of the picture's longer side.
BROAD = 1 / 55
# Pens' lines are turned so from the forms' way, or from level: from the darkest to the lightest.
TURNED = (0.0, 60.0, 120.0, 30.0, 90.0, 150.0)
RULED = (45.0, 105.0, 165.0, 75.0, 135.0, 15.0)
# Contours are as fine as so many nibs, at least so many long, and drawn where tones change by so
# much (OKLab lightness).
EDGE, SHORTEST, STRONG = 0.75, 10.0, 0.25
# Dots overlap where they lie closer, and one line crosses itself.
MOST_DOTTED, MOST_SINGLE = 0.75, 0.8


def toned(
    picture: Float[np.ndarray, "3 H W"],
    pens: Sequence[Pen],
    page: Page,
    kind: Tone = "flow",
    rulings: Rulings = unruled,
    paper: str = WHITE,
) -> Plot:
    """Return a picture in strokes whose ink, from afar, is as dark and as coloured as the picture.

    Each pen has its share, so that together they look most like each colour; see `separated`.

    >>> import numpy as np
    >>> from inkdream.pens import Pen
    >>> black, page = Pen(name="black", colour="black", width=0.5), Page.of("a7", margin=5)
    >>> plot = toned(np.full((3, 30, 20), 0.5), [black], page, "single")
    >>> plot.strokes
    1

    Args:
        picture: linear RGB, 0 to 1; scaled to fit inside the page's margin, and centred.
        pens: in plotting order, of known colours.
        page: the sheet.
        kind: `flow` draws contours with the darkest pen, then lines along the forms, closer where
            it is darker, and crossed where it is darkest; `ruled` straight lines, closer where it
            is darker; `stipple` dots; `single` one line a pen.
        rulings: by a pen's name, how its lines lie. A spacing is that of the darkest tones, and
            all others are lighter, too; `stipple` and `single` take neither angle nor spacing.
        paper: the sheet's colour, '#rrggbb'.

    Raises:
        InputError: if there would be too many lines, or no pen draws lines so close.
    """
    scale, corner = page.fit(picture.shape[2], picture.shape[1])
    picture, scale = _grained(picture, scale, min(pen.width for pen in pens))
    covers = separated(picture, pens, paper, [darkest(kind)] * len(pens))
    grey = colour.linear_to_oklab(picture, axis=0)[0]
    is_flow = kind == "flow"
    hand = Hand(
        kind, field(grey, BROAD * max(grey.shape)) if is_flow else level(*grey.shape), scale
    )
    layers = []
    with task("drawing tones") as done:
        for number, (pen, cover) in enumerate(zip(pens, covers, strict=True)):
            turn = len(pens) - 1 - number
            edges = _edges(grey, pen.width, scale) if is_flow and turn == 0 else []
            lines = edges + hand.lines(cover, pen.width, turn, rulings(pen.name), edges)
            strokes = tuple(Stroke(line + np.array(corner)) for line in lines)
            if strokes:
                layers.append(Layer(pen, strokes))
            done((number + 1) / len(pens))
    return Plot(page, paper, tuple(layers))


def darkest(kind: Tone) -> float:
    """Return the largest share of the paper that a kind of lines inks."""
    return {"stipple": MOST_DOTTED, "single": MOST_SINGLE}.get(kind, MOST)


@dataclass(frozen=True, eq=False)
class Hand:
    """A way of drawing tones.

    Attributes:
        kind: as in `toned`.
        flow: which way lines run, where the kind has lines.
        scale: mm per pixel.
        lengths: when lines end.
    """

    kind: Tone
    flow: Flow
    scale: float
    lengths: Lengths = LENGTHS

    def lines(
        self,
        cover: Float[np.ndarray, "H W"],
        nib: float,
        turn: int,
        ruling: Ruling,
        beside: Sequence[Points] = (),
        wide: float | None = None,
    ) -> list[Points]:
        """Return the lines of a pen, in mm from the top left corner.

        Args:
            cover: share of the paper to be inked.
            nib: width of its line in mm.
            turn: its number, from the darkest: pens' lines cross.
            ruling: how they lie.
            beside: what the pen has drawn there already.
            wide: of a dot, in mm; by default as in `stippled`.
        """
        if self.kind == "stipple":
            return stippled(cover, nib, self.scale, wide)
        if self.kind == "single":
            return single(cover, nib, self.scale)
        usual = TURNED if self.kind == "flow" else RULED
        angle = usual[turn % len(usual)] if ruling.angle is None else ruling.angle
        cover = cover * lightened(ruling, nib)
        return engraved(cover, self.flow.turned(angle), nib, self.scale, beside, self.lengths)


def lightened(ruling: Ruling, nib: float) -> float:
    """Return by what tones are multiplied where the darkest has a spacing.

    Raises:
        InputError: if no pen of that width, in mm, draws lines so close.
    """
    closest = ruling.nibs(nib)
    return 1.0 if closest is None else min(1.0, 1 / (closest * MOST))


def _edges(grey: Float[np.ndarray, "H W"], nib: float, scale: float) -> list[Points]:
    return contours(grey, max(EDGE * nib / scale, 1.0), scale, SHORTEST * nib, STRONG)


def _grained(
    picture: Float[np.ndarray, "3 H W"], scale: float, nib: float
) -> tuple[Float[np.ndarray, "3 h w"], float]:
    """Return a picture in pixels that suit a pen, and how many mm they are."""
    rows, columns = picture.shape[1:]
    least = np.sqrt(rows * columns / MOST_PIXELS)
    every = max(1, int(FINE * nib / scale), int(np.ceil(least)))
    if every > 1:
        rows, columns = max(1, rows // every), max(1, columns // every)
        parts = picture[:, : rows * every, : columns * every]
        parts = parts.reshape(3, rows, -1, columns, parts.shape[2] // columns)
        return np.asarray(parts.mean(axis=(2, 4)), np.float64), scale * every
    times = min(int(LEAST_SIDE / max(rows, columns)), int(scale / (FINE * nib)))
    if times <= 1:
        return np.asarray(picture, np.float64), scale
    large = np.kron(picture, np.ones((1, times, times)))
    return blurred(large, times / 2), scale / times
