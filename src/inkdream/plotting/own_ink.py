"""An SVG in pens of its own: one for each colour and width that can be seen of it."""

from __future__ import annotations

from dataclasses import dataclass

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens import USUAL_WIDTH, Pen, PenSet
from inkdream.pens.pen import MOST_PENS
from inkdream.plot.document import Document
from inkdream.plot.fills import Fill, Fills, hatched, visible_fills
from inkdream.plot.hatch import HatchSettings
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.quantise import unused
from inkdream.plot.visible import Look, colours_on, visible
from inkdream.plotting.wish import sheet

# A line that differs less than this from the paper (CIEDE2000) is not seen.
UNSEEN = 2.0

# The colour of a pen, and the width of its line in mm.
_Kind = tuple[str, float]


@dataclass(frozen=True, eq=False)
class OwnInk:
    """A document in pens of its own.

    Attributes:
        plot: on a page of the document's size.
        light: the numbers of the strokes of the document that are of the paper's colour.
        filled: areas that were filled.
        unfilled: areas that were not, since they are too intricate to be told.
    """

    plot: Plot
    light: tuple[int, ...]
    filled: int
    unfilled: int


def own_pens(
    document: Document, paper: str, bridge: float | None = None, style: HatchSettings | None = None
) -> OwnInk:
    """Return what can be seen of a document in pens of its own, one for each colour and width.

    Args:
        document: any.
        paper: '#rrggbb'.
        bridge: hidden stretches up to this long, in mm, are drawn through; by default the width of
            the finest line.
        style: how areas are filled, with a line of the usual width; without it their edges are
            drawn.

    Raises:
        InputError: if it has more than a drawing takes.
    """
    finest = _finest(document)
    through = finest if bridge is None else bridge
    marks = visible(document, through, finest, edges=style is None).marks
    fills = visible_fills(document, paper) if style else Fills((), 0)
    areas: dict[_Kind, list[Fill]] = {}
    for fill, ink in zip(fills.seen, _inks([fill.look for fill in fills.seen], paper), strict=True):
        if ink:
            areas.setdefault((ink, USUAL_WIDTH), []).append(fill)
    lines: dict[_Kind, list[Stroke]] = {kind: [] for kind in areas}
    light = set()
    for mark, ink in zip(marks, _inks([mark.look for mark in marks], paper), strict=True):
        if ink:
            width = round(mark.width, 2) or USUAL_WIDTH
            lines.setdefault((ink, width), []).append(mark.stroke)
        else:
            light.add(mark.source)
    if len(lines) > MOST_PENS:
        raise InputError(
            f"the drawing has {len(lines)} kinds of line, and takes {MOST_PENS} pens: name yours "
            "(--pens black:0.5,red:0.5), or have some learned (--learn 4)"
        )
    names: set[str] = set()
    kinds: dict[str, _Kind] = {}
    pens = []
    for ink, width in lines:
        name = unused(colour.name_of(colour.parse(ink)), names)
        names.add(name)
        kinds[name] = (ink, width)
        pens.append(Pen(name=name, colour=ink, width=width))
    layers = []
    for turn, pen in enumerate(PenSet.of(pens, paper) if pens else ()):
        kind = kinds[pen.name]
        inside = hatched(areas[kind], pen.width, turn, style) if style and kind in areas else ()
        layers.append(Layer(pen, (*inside, *lines[kind])))
    page = sheet(document.width, document.height)
    filled = sum(map(len, areas.values()))
    return OwnInk(Plot(page, paper, tuple(layers)), tuple(sorted(light)), filled, fills.untold)


def _inks(looks: list[Look], paper: str) -> list[str]:
    """Return what each looks like on the paper, '#rrggbb'; '' where it cannot be told from it."""
    if not looks:
        return []
    linear = colours_on(looks, paper)
    ground = colour.linear_to_lab(colour.linear_of([paper]))
    far = colour.ciede2000(colour.linear_to_lab(linear), ground)
    inks = colour.to_bytes(linear).tolist()
    # What such a line covers is left out already.
    return [
        colour.to_hex(ink) if away > UNSEEN else "" for ink, away in zip(inks, far, strict=True)
    ]


def _finest(document: Document) -> float:
    """Return the width of the finest line in mm, at most the usual one."""
    return min((USUAL_WIDTH, *(shape.width for shape in document.shapes if shape.has_line)))
