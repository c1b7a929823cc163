"""Other people's drawings in one's own pens: what can be seen of their lines, in few inks.

Programs for plotters draw every line of an SVG, also those that nobody sees on a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.errors import InputError
from inkdream.hatch.hatch import HatchSettings
from inkdream.inking.fills import Fill, Fills, hatched, visible_fills
from inkdream.inking.nearest_pen import NOT_WORTH_A_LINE, Match, match
from inkdream.inking.occlusion import Look, Mark, colours_on, visible
from inkdream.page import Page
from inkdream.pens import Pen, PenSet
from inkdream.pens.pen import MOST_PENS, WHITE
from inkdream.plot.clip import clip_stroke
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.quantise import unused
from inkdream.svg.document import Document
from inkdream.telling import telling
from inkdream.wording import counted

# Colours that differ less than this from paper's (CIEDE2000) are not worth a line.
# How much of a line's width may be inked: paper between thinner lines makes an ink paler. The
# lower end keeps pale lines from taking any dark pen.


MOST_ROUNDS = 100


@dataclass(frozen=True)
class ReinkReport:
    """What became of a document's strokes.

    Attributes:
        read: strokes in the document.
        invisible: of these, not painted, too pale, or of no width.
        off_page: beside the document's page.
        hidden: below opaque ones.
        paper_like: of a colour that on this paper cannot be told from it.
        pens: strokes drawn by each pen, by its name, in plotting order. A stroke of the document
            may have become several, or none.
        difference: between the colours of lines and the nearest that their pens make of paper,
            mean over the lines' length (CIEDE2000); see `match`.
        light: the numbers of the strokes of the document that are of the paper's colour.
        filled: areas that were filled.
        unfilled: areas that were not, since they are too intricate to be told.
    """

    read: int
    invisible: int
    off_page: int
    hidden: int
    paper_like: int
    pens: tuple[tuple[str, int], ...]
    difference: float
    light: tuple[int, ...] = ()
    filled: int = 0
    unfilled: int = 0


def reink(
    document: Document,
    pens: PenSet,
    page: Page,
    bridge: float | None = None,
    style: HatchSettings | None = None,
) -> tuple[Plot, ReinkReport]:
    """Return a document's visible lines as drawn by pens, and what became of its strokes.

    Args:
        document: any.
        pens: of colours that are known; the nearest by CIEDE2000 draws a line, see `match`. Lines
            that look like the paper are dropped: what they cover has been, too.
        page: the document keeps its own mm (see `scaled`), centred, and is cut at the page's edge.
        bridge: hidden stretches up to this long, in mm on the page, are drawn through; by default
            the width of the finest pen's line, of which nothing is seen.
        style: how areas are filled: those that a pen is too dark for with lines that lie further
            apart. Without it their edges are drawn, if they have no line of their own.

    Raises:
        InputError: if a pen's colour is to be learned.
    """
    finest = min(pen.width for pen in pens)
    through = finest if bridge is None else bridge
    seen = visible(document, through, finest, edges=style is None)
    pairs = list(zip(seen.marks, match(seen.marks, pens), strict=True))
    strokes: list[list[Stroke]] = [[] for _ in pens]
    fills = visible_fills(document, pens.paper, finest) if style else Fills((), 0)
    found = match(fills.seen, pens)
    if style:
        _fill(strokes, list(zip(fills.seen, found, strict=True)), pens, style)
    for mark, its in pairs:
        if its.pen >= 0:
            strokes[its.pen].append(mark.stroke)
    shift = np.array([page.width - document.width, page.height - document.height]) / 2
    box = (0.0, 0.0, page.width, page.height)
    layers = []
    for pen, own in zip(pens, strokes, strict=True):
        moved = [Stroke(each.points + shift, each.curved) for each in own]
        cut = tuple(piece for each in moved for piece in clip_stroke(each, box))
        if cut:
            layers.append(Layer(pen, cut))
    light = tuple(sorted({mark.source for mark, its in pairs if its.pen < 0}))
    report = ReinkReport(
        read=document.strokes,
        invisible=seen.invisible,
        off_page=seen.off_page,
        hidden=seen.hidden,
        paper_like=len(light),
        pens=tuple((layer.pen.name, len(layer.strokes)) for layer in layers),
        difference=_mean_difference(pairs),
        light=light,
        filled=sum(its.pen >= 0 for its in found),
        unfilled=fills.untold,
    )
    return Plot(page, pens.paper, tuple(layers)), report


def _fill(
    strokes: Sequence[list[Stroke]],
    pairs: Sequence[tuple[Fill, Match]],
    pens: PenSet,
    style: HatchSettings,
) -> None:
    """Add what fills areas to the strokes of each pen."""
    areas: dict[tuple[int, float], list[Fill]] = {}
    for fill, found in pairs:
        if found.pen >= 0:
            areas.setdefault((found.pen, round(found.share, 3)), []).append(fill)
    with telling("hatching") as done:
        for place, ((index, share), fills) in enumerate(areas.items(), 1):
            nib, thinner = pens.pens[index].width, style.spaced(1 / share)
            strokes[index] += hatched(fills, nib, index, thinner)
            done(place / len(areas))


def scaled(document: Document, factor: float) -> Document:
    """Return a document that is larger by a factor."""
    if factor == 1:
        return document
    shapes = tuple(
        replace(
            shape,
            width=factor * shape.width,
            strokes=_enlarged(shape.strokes, factor),
            area=None if shape.area is None else _enlarged(shape.area, factor),
        )
        for shape in document.shapes
    )
    width, height = factor * document.width, factor * document.height
    return replace(document, width=width, height=height, shapes=shapes)


def _enlarged(strokes: Sequence[Stroke], factor: float) -> tuple[Stroke, ...]:
    return tuple(Stroke(each.points * factor, each.curved) for each in strokes)


def _mean_difference(pairs: Sequence[tuple[Mark, Match]]) -> float:
    """Return the mean difference of those that are drawn, by length; a dot counts its width."""
    drawn = [
        (found.difference, mark.stroke.length() + mark.width)
        for mark, found in pairs
        if found.pen >= 0
    ]
    total = sum(weight for _, weight in drawn)
    return sum(difference * weight for difference, weight in drawn) / total if total else 0.0


def learn_pens(
    document: Document, count: int, width: float, paper: str = WHITE, *, fills: bool = False
) -> PenSet:
    """Return the pens that serve a document's visible lines best.

    k-means of the lines' colours in OKLab, each weighing as much as the area that is seen of it. No
    chance is in it: the first colour is the heaviest, each further one that which is worst served.

    Args:
        document: any.
        count: of pens, at least 1; there are fewer if the document has fewer colours.
        width: of the pens' lines, in mm.
        paper: '#rrggbb'.
        fills: whether its areas are filled, and so weigh more than their edges.

    Raises:
        InputError: if nothing can be seen, or no set has so many pens.
    """
    if not 1 <= count <= MOST_PENS:
        raise InputError(f"{counted(count, 'pen')}: a drawing takes 1 to {MOST_PENS}")
    marks = visible(document, 0.0, 0.0, edges=not fills).marks
    ground = colour.linear_to_lab(colour.linear_of([paper]))
    weights: dict[Look, float] = {}
    for mark in marks:
        line = mark.width or width
        area = mark.stroke.length() * line + line**2
        weights[mark.look] = weights.get(mark.look, 0.0) + area
    for fill in visible_fills(document, paper, width).seen if fills else ():
        weights[fill.look] = weights.get(fill.look, 0.0) + float(fill.area.area)
    looks = colours_on(list(weights), paper)
    is_ink = colour.ciede2000(colour.linear_to_lab(looks), ground) >= NOT_WORTH_A_LINE
    if not is_ink.any():
        raise InputError("the drawing has no line that can be seen: no pens can be learned from it")
    heavy = np.array(list(weights.values()))[is_ink]
    centres = _cluster(colour.linear_to_oklab(looks[is_ink]), heavy, count)
    inks = colour.to_bytes(colour.oklab_to_linear(centres))
    pens: dict[str, Pen] = {}
    for ink in inks.tolist():
        name = unused(colour.name_of(ink), set(pens))
        pens[name] = Pen(name=name, colour=colour.to_hex(ink), width=width)
    return PenSet.of(pens.values(), paper)


def _cluster(
    points: NDArray[np.float64], weights: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return at most `count` centres (K, 3) of weighted points (N, 3).

    Source: Lloyd 1982, begun from the farthest points as in Gonzalez 1985, here weighted.
    """
    centres = points[[int(weights.argmax())]]
    while len(centres) < count:
        _, away = _nearest(points, centres)
        if not away.any():
            break
        centres = np.concatenate([centres, points[[int((weights * away).argmax())]]])
    for _ in range(MOST_ROUNDS):
        owners, _ = _nearest(points, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, owners, weights[:, None] * points)
        totals = np.bincount(owners, weights, len(centres))[:, None]
        moved = np.where(totals > 0, sums / np.maximum(totals, 1e-300), centres)
        if (moved == centres).all():
            break
        centres = moved
    return centres


def _nearest(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the index (N,) of each point's nearest centre, and the square of the distance."""
    owners = np.zeros(len(points), np.int64)
    least = np.full(len(points), np.inf)
    for index, centre in enumerate(centres):
        away = ((points - centre) ** 2).sum(axis=1)
        owners[away < least] = index
        least = np.minimum(least, away)
    return owners, least
