"""An SVG in pens of its own: one for each colour and width that can be seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkdream import colour
from inkdream.errors import InputError
from inkdream.hatch.hatch import HatchSettings
from inkdream.inking.assign_pens import learn_pens, reink, scaled
from inkdream.inking.fills import Fill, Fills, hatched, visible_fills
from inkdream.inking.flags import PlotFlags
from inkdream.inking.occlusion import Look, colours_on, visible
from inkdream.inking.remarks import codes_lost, left_bare, not_plotted, of_areas, what_became
from inkdream.inking.resolve import Home, Inking, Original, page_of, paper_of, pens_of, sheet
from inkdream.inking.target import Target
from inkdream.page import MOST_MM, Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, PenSet
from inkdream.pens.pen import MOST_PENS
from inkdream.plot.clip import clip, extent
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.quantise import unused
from inkdream.svg.document import Document
from inkdream.wording import counted

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


# Ink may cross the margin by this much, in mm, before the drawing is made smaller for it.
SLACK = 0.5


def ink_document(document: Document, flags: PlotFlags, home: Home, target: Target) -> Inking:
    """Return a document in pens, on its page.

    Without pens, a run's drawing and a plotter's file keep their layers and all strokes that are
    painted; any other is what can be seen of it, in pens of its own.

    Args:
        document: any.
        flags: pens, page, paper and fit.
        home: what the source says of itself.
        target: whom it is for; it may refuse the page.

    Raises:
        InputError: if pens or page are none, or nothing is left to be drawn.
    """
    notes = [*not_plotted(document), *(f"not read: {note}" for note in document.notes)]
    document = document.plotted()
    pens, paper = pens_of(flags), paper_of(flags, home, document.paper)
    own = home.page or _own_page(document, flags)
    page = page_of(flags, own, target)
    factor = _factor(document, page, flags.fit) if page != own or flags.fit else 1.0
    larger = scaled(document, factor)
    left, top = (page.width - larger.width) / 2, (page.height - larger.height) / 2
    keeps_layers = not pens and (home.recipe is not None or is_plotters(document))
    notes += codes_lost(document, keeps_layers, target.kind)
    style = HatchSettings.model_validate({"fill": flags.hatch}) if flags.hatch else None
    light: tuple[int, ...] = ()
    if pens:
        known = _known(pens, document, paper, fills=style is not None)
        plot, report = reink(larger, known, page, flags.bridge, style)
        notes += [
            *what_became(report, document),
            *of_areas(document, paper, style, report.unfilled),
        ]
        light = report.light
    elif keeps_layers:
        # A pen stays as wide as it is, however large it draws.
        sides = min(document.width, MOST_MM), min(document.height, MOST_MM)
        kept = replace(document, width=sides[0], height=sides[1])
        plot = as_plot(kept).moved((left, top), factor)
        notes += of_areas(document, paper, style, 0)
    else:
        inked = own_pens(larger, paper, flags.bridge, style)
        plot, light = inked.plot.moved((left, top)), inked.light
        notes += of_areas(document, paper, style, inked.unfilled)
    if not pens:
        plot = clip(replace(plot, page=page, paper=paper))
        plot = _with_pens(plot, home.recipe.pens if home.recipe else ())
        if style is None and plot.strokes != document.strokes:
            read = counted(document.strokes, "stroke")
            notes.append(f"{read} became {plot.strokes:,}: what can be seen of them")
    if flags.bridge is not None and not keeps_layers:
        notes.append(f"hidden stretches of up to {flags.bridge:g} mm are drawn through (--bridge)")
    if page != own or flags.fit:
        notes += _of_size(document, page, factor, flags.fit)
    bare = tuple(left_bare(document, paper, light, pens, style is not None))
    original = Original(document, factor, left, top)
    return Inking(plot, (*notes, *bare), original, hint="; ".join(bare))


def _of_size(document: Document, page: Page, factor: float, fit: bool) -> list[str]:
    """Say at what size a document is drawn, where that may surprise."""
    width, height = document.width, document.height
    if factor != 1:
        size = f"{factor * width:.4g} x {factor * height:.4g} mm"
        return [f"drawn at {factor:.4g} of its size: {size}"]
    most = _room(document, page)
    if fit or most <= 1.05:
        return []
    return [
        f"kept at {width:.4g} x {height:.4g} mm; --fit makes it {most * width:.4g} x "
        f"{most * height:.4g} mm"
    ]


def _own_page(document: Document, flags: PlotFlags) -> Page:
    """Return a page of a document's size, or, if another is asked for, the largest that there is.

    Raises:
        InputError: if it is too large, and no other is asked for.
    """
    if max(document.width, document.height) <= MOST_MM:
        return sheet(document.width, document.height)
    if flags.page is None:
        raise InputError(
            f"the drawing is {document.width:.4g} x {document.height:.4g} mm, and a page at most "
            f"{MOST_MM:g}: name one (--page a4), and it is made to fit"
        )
    return sheet(MOST_MM, MOST_MM)


def is_plotters(document: Document) -> bool:
    """Return whether a document was made for plotters: lines only, one ink and width a layer."""
    looks: dict[int, set[tuple[object, ...]]] = {}
    for shape in document.shapes:
        if shape.has_area:
            return False
        if shape.has_line:
            look = (shape.colour, round(shape.alpha, 3), round(shape.width, 3))
            looks.setdefault(shape.group, set()).add(look)
    return all(len(each) == 1 for each in looks.values())


def as_plot(document: Document) -> Plot:
    """Return the strokes that are painted, layer by layer as they are."""
    return replace(
        document, shapes=tuple(shape for shape in document.shapes if shape.has_line)
    ).as_plot()


def _known(pens: Sequence[Pen], document: Document, paper: str, fills: bool) -> PenSet:
    """Return pens whose colours are known, learned from the document if all are to be.

    Raises:
        InputError: if some are to be learned and some not.
    """
    loose = [pen for pen in pens if pen.colour == LEARNED]
    if not loose:
        return PenSet.of(pens, paper)
    if len(loose) < len(pens) or len({pen.width for pen in loose}) > 1:
        raise InputError(
            "pens for an SVG are all known or all learned, in one width: --learn 4, or --pens "
            "without '?'"
        )
    return learn_pens(document, len(loose), loose[0].width, paper, fills=fills)


def _factor(document: Document, page: Page, fit: bool) -> float:
    """Return by how much a document is enlarged: not at all if its ink is inside the margins."""
    room = _room(document, page)
    if fit or room < 1:
        low, high = _reach(document)
        shift = np.array([page.width - document.width, page.height - document.height]) / 2
        left, top, right, bottom = page.inside
        is_inside = (low + shift >= np.array([left, top]) - SLACK).all() and (
            high + shift <= np.array([right, bottom]) + SLACK
        ).all()
        return room if fit or not is_inside else 1.0
    return 1.0


def _room(document: Document, page: Page) -> float:
    """Return by how much a document could be enlarged to fit inside a page's margins."""
    left, top, right, bottom = page.inside
    return min((right - left) / document.width, (bottom - top) / document.height)


def _reach(document: Document) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and largest x and y, in mm, that its ink reaches on its page."""
    size = np.array([document.width, document.height])
    reached = [
        extent(stroke)
        for shape in document.shapes
        if shape.has_line or shape.fill is not None
        for stroke in shape.strokes
    ]
    if not reached:
        return size / 2, size / 2
    low = np.min([least for least, _ in reached], axis=0)
    high = np.max([most for _, most in reached], axis=0)
    return np.clip(low, 0, size), np.clip(high, 0, size)


def _with_pens(plot: Plot, pens: Iterable[Pen]) -> Plot:
    """Return the plot with the pens that it was made with: an SVG rounds widths and opacity."""
    known = {pen.name: pen for pen in pens if pen.colour != LEARNED}
    layers = []
    for layer in plot.layers:
        pen = layer.pen.model_copy(update={"width": round(layer.pen.width, 4)})
        same = known.get(pen.name)
        layers.append(replace(layer, pen=same if same and same.colour == pen.colour else pen))
    return replace(plot, layers=tuple(layers))
