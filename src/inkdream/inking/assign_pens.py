"""A document's visible lines and areas in pens: given, learned, or one for each colour and width.

Plotters' programs draw every line of an SVG, also hidden ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.errors import InputError
from inkdream.hatch import Tone
from inkdream.hatch.hatch import HatchSettings
from inkdream.hatch.ruling import Rulings, unruled
from inkdream.inking.fills import NOT_WORTH_A_LINE, Fill, hatched, toned, visible_fills
from inkdream.inking.occlusion import Look, Mark, colours_on, contrast, visible
from inkdream.page import Page
from inkdream.pens import USUAL_WIDTH, Pen, PenSet
from inkdream.pens.pen import MOST_PENS, WHITE, unused
from inkdream.plot.clip import clip
from inkdream.plot.plot import Layer, Plot, Points, Stroke
from inkdream.progress import task
from inkdream.svg.document import Document
from inkdream.wording import counted

# A line that differs less than this from the paper (CIEDE2000) is not seen.
UNSEEN = 2.0
# How much of a line's width may be inked: paper between thinner lines makes an ink paler. The
# lower end keeps pale lines from taking any dark pen.
SHARES = np.linspace(0.3, 1.0, 8)
MOST_ROUNDS = 100
_AT_ONCE = 1024


class Match(NamedTuple):
    """The pen of a line or area.

    Attributes:
        pen: its index; -1 for none, where the line looks like the paper.
        difference: of the line's colour from the pen's ink on the best share of the paper
            (CIEDE2000).
        share: that share, 0.3 to 1.
    """

    pen: int
    difference: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class Assignment:
    """What became of a document's strokes and areas.

    Attributes:
        invisible: strokes that are not painted, too pale, or of no width.
        off_page: others beside the document's page.
        hidden: others below opaque ones.
        light: indices of the strokes that look like the paper.
        difference: of lines' colours from their pens' (see `match`), mean over length (CIEDE2000).
        filled: areas that were filled.
        unfilled: areas that were too intricate to be filled.
    """

    invisible: int
    off_page: int
    hidden: int
    light: tuple[int, ...]
    difference: float
    filled: int
    unfilled: int


def assign_pens(
    document: Document,
    pens: PenSet | None,
    page: Page,
    bridge: float | None = None,
    style: HatchSettings | Tone | None = None,
    paper: str = WHITE,
    rulings: Rulings = unruled,
) -> tuple[Plot, Assignment]:
    """Return a document's visible lines as drawn by pens, and what became of its strokes.

    Args:
        document: it keeps its size, is centred on the page, and cut at the page's edge.
        pens: of known colours; the nearest by CIEDE2000 draws a line, see `match`. By default each
            visible colour and width has a pen of its own. Lines that look like the paper are
            dropped, after hiding what they cover.
        page: the plot's.
        bridge: hidden stretches up to this long, in mm on the page, are drawn through; by default
            the width of the finest line.
        style: how areas are filled, with wider spacing where the pen is too dark, or the kind of
            lines or dots that draw their tones. Without it their edges are drawn, if they have no
            line of their own.
        paper: its colour, '#rrggbb', if there are no pens.
        rulings: by a pen's name, how its lines lie, where that is not as the style has it.

    Raises:
        InputError: if a pen's colour is to be learned, or there are more kinds of line than pens.
    """
    paper = pens.paper if pens else paper
    finest = min(pen.width for pen in pens) if pens else _finest(document)
    seen = visible(document, finest if bridge is None else bridge, finest, edges=style is None)
    fills, unfilled = visible_fills(document, paper, finest if pens else None) if style else ([], 0)
    parts: list[Fill | Mark] = [*fills, *seen.marks]
    if pens:
        drawn, matches = pens.pens, match([part.look for part in parts], pens)
    else:
        drawn, matches = _own_pens(parts, paper)
    inside, along = matches[: len(fills)], list(zip(seen.marks, matches[len(fills) :], strict=True))
    strokes: list[list[Stroke]] = [[] for _ in drawn]
    pairs = [(fill, choice) for fill, choice in zip(fills, inside, strict=True) if choice.pen >= 0]
    if isinstance(style, HatchSettings):
        _fill(strokes, pairs, drawn, style, rulings)
    elif style:
        lines = [
            (mark.stroke.polyline(), drawn[choice.pen].width)
            for mark, choice in along
            if choice.pen >= 0
        ]
        _shade(strokes, pairs, drawn, paper, style, rulings, lines)
    for mark, choice in along:
        if choice.pen >= 0:
            strokes[choice.pen].append(mark.stroke)
    layers = tuple(Layer(pen, tuple(own)) for pen, own in zip(drawn, strokes, strict=True))
    shift = (page.width - document.width) / 2, (page.height - document.height) / 2
    return clip(Plot(page, paper, layers).moved(shift)), Assignment(
        invisible=seen.invisible,
        off_page=seen.off_page,
        hidden=seen.hidden,
        light=tuple(sorted({mark.source for mark, choice in along if choice.pen < 0})),
        difference=_mean_difference(along),
        filled=sum(choice.pen >= 0 for choice in inside),
        unfilled=unfilled,
    )


def match(looks: Sequence[Look], pens: PenSet) -> list[Match]:
    """Return for each look the pen whose ink, on part or all of the paper, is most like it.

    So a pale blue line is drawn by a blue pen, though black differs from it no more than blue.

    Raises:
        InputError: if a pen's colour is to be learned.
    """
    known: dict[Look, Match] = {}
    different = list(dict.fromkeys(looks))
    paper = colour.linear_of([pens.paper])
    inks = colour.linear_of([pen.colour for pen in pens])
    shares = SHARES[:, None, None]
    tints = colour.linear_to_lab(shares * inks + (1 - shares) * paper).reshape(-1, 3)
    for start in range(0, len(different), _AT_ONCE):
        some = different[start : start + _AT_ONCE]
        labs = colour.linear_to_lab(colours_on(some, pens.paper))
        differences = colour.ciede2000(labs[:, None], tints)
        away = contrast(some, pens.paper).tolist()
        for look, to_paper, to_tints in zip(some, away, differences, strict=True):
            nearest = int(to_tints.argmin())
            pen = -1 if to_paper < NOT_WORTH_A_LINE else nearest % len(pens)
            share = float(SHARES[nearest // len(pens)])
            known[look] = Match(pen, float(to_tints[nearest]), share)
    return [known[look] for look in looks]


def _own_pens(parts: Sequence[Fill | Mark], paper: str) -> tuple[tuple[Pen, ...], list[Match]]:
    """Return a pen for each visible colour and width, and the match of each part."""
    looks = [part.look for part in parts]
    inks = map(colour.to_hex, colour.to_bytes(colours_on(looks, paper)).tolist())
    kinds: list[tuple[str, float] | None] = []
    for part, ink, away in zip(parts, inks, contrast(looks, paper).tolist(), strict=True):
        width = round(part.width, 2) if isinstance(part, Mark) else 0.0
        kinds.append((ink, width or USUAL_WIDTH) if away > UNSEEN else None)
    pens: dict[tuple[str, float], Pen] = {}
    names: set[str] = set()
    for kind in dict.fromkeys(kinds):
        if kind:
            name = unused(colour.name_of(colour.parse(kind[0])), names)
            names.add(name)
            pens[kind] = Pen(name=name, colour=kind[0], width=kind[1])
    if len(pens) > MOST_PENS:
        raise InputError(
            f"the drawing has {len(pens)} kinds of line, and takes {MOST_PENS} pens: name yours "
            "(--pens black:0.5,red:0.5), or have some learned (--learn 4)"
        )
    ordered = PenSet.of(pens.values(), paper).pens if pens else ()
    places = {kind: ordered.index(pen) for kind, pen in pens.items()}
    return ordered, [Match(places[kind] if kind else -1) for kind in kinds]


def _finest(document: Document) -> float:
    """Return the width of the finest line in mm, at most the default one."""
    return min((USUAL_WIDTH, *(shape.width for shape in document.shapes if shape.has_line)))


def _fill(
    strokes: Sequence[list[Stroke]],
    pairs: Iterable[tuple[Fill, Match]],
    pens: Sequence[Pen],
    style: HatchSettings,
    rulings: Rulings,
) -> None:
    """Add the areas' hatching to the strokes of each pen."""
    areas: dict[tuple[int, float], list[Fill]] = {}
    for fill, choice in pairs:
        areas.setdefault((choice.pen, round(choice.share, 3)), []).append(fill)
    with task("hatching") as done:
        for place, ((index, share), fills) in enumerate(areas.items(), 1):
            pen = pens[index]
            own = style.ruled(rulings(pen.name), pen.width).spaced(1 / share)
            strokes[index] += hatched(fills, pen.width, index, own)
            done(place / len(areas))


def _shade(
    strokes: Sequence[list[Stroke]],
    pairs: Iterable[tuple[Fill, Match]],
    pens: Sequence[Pen],
    paper: str,
    kind: Tone,
    rulings: Rulings,
    lines: Sequence[tuple[Points, float]],
) -> None:
    """Add the areas' edges and tones to the strokes of each pen; lines are drawn already."""
    areas: dict[int, list[Fill]] = {}
    for fill, choice in pairs:
        areas.setdefault(choice.pen, []).append(fill)
    with task("drawing tones") as done:
        for place, (index, fills) in enumerate(areas.items(), 1):
            pen = pens[index]
            strokes[index] += toned(fills, pen, paper, index, kind, rulings(pen.name), lines)
            done(place / len(areas))


def _mean_difference(pairs: Sequence[tuple[Mark, Match]]) -> float:
    """Return the mean difference of drawn marks, by length; a dot counts its width."""
    drawn = [
        (choice.difference, mark.stroke.length() + mark.width)
        for mark, choice in pairs
        if choice.pen >= 0
    ]
    total = sum(weight for _, weight in drawn)
    return sum(difference * weight for difference, weight in drawn) / total if total else 0.0


def learn_pens(
    document: Document, count: int, width: float, paper: str = WHITE, *, fills: bool = False
) -> PenSet:
    """Return the pens that serve a document's visible lines best; fewer if it has fewer colours.

    k-means of the lines' colours in OKLab, weighted by visible area. It is deterministic: it begins
    from the heaviest colour, then adds the one that is worst served.

    Args:
        document: as read.
        count: of pens.
        width: of the pens' lines, in mm.
        paper: '#rrggbb'.
        fills: whether areas are filled, and so weigh more than their edges.

    Raises:
        InputError: if nothing can be seen, or no set has so many pens.
    """
    if not 1 <= count <= MOST_PENS:
        raise InputError(f"{counted(count, 'pen')}: a drawing takes 1 to {MOST_PENS}")
    weights: dict[Look, float] = {}
    for mark in visible(document, 0.0, 0.0, edges=not fills).marks:
        line = mark.width or width
        area = mark.stroke.length() * line + line**2
        weights[mark.look] = weights.get(mark.look, 0.0) + area
    for fill in visible_fills(document, paper, width)[0] if fills else ():
        weights[fill.look] = weights.get(fill.look, 0.0) + float(fill.area.area)
    is_ink = contrast(list(weights), paper) >= NOT_WORTH_A_LINE
    if not is_ink.any():
        raise InputError("the drawing has no line that can be seen: no pens can be learned from it")
    points = colour.linear_to_oklab(colours_on(list(weights), paper)[is_ink])
    centres = _cluster(points, np.array(list(weights.values()))[is_ink], count)
    pens: dict[str, Pen] = {}
    for ink in colour.to_bytes(colour.oklab_to_linear(centres)).tolist():
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
