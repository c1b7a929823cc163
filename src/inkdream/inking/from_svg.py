"""An SVG in pens, on its page: what can be seen of it, or a plotter's file as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from inkdream.errors import InputError
from inkdream.formats.base import Format
from inkdream.hatch.hatch import HatchSettings
from inkdream.inking.assign_pens import assign_pens, learn_pens
from inkdream.inking.flags import PlotFlags
from inkdream.inking.occlusion import extent_of
from inkdream.inking.remarks import codes_lost, left_bare, not_plotted, of_areas, what_became
from inkdream.inking.resolve import Home, Inking, corner, page_of, paper_of, pens_of
from inkdream.page import MOST_MM, Page
from inkdream.pens import LEARNED, Pen, PenSet
from inkdream.plot.clip import clip
from inkdream.plot.plot import Plot, Stroke
from inkdream.svg.document import Document, sheet
from inkdream.wording import counted

# Ink may cross the margin by this much, in mm, before the drawing is made smaller for it.
SLACK = 0.5


def ink_document(document: Document, flags: PlotFlags, home: Home, target: Format) -> Inking:
    """Return a document in pens, on its page.

    Without pens, a run's drawing and a plotter's file keep their layers and all strokes that are
    painted; any other is what can be seen of it, in pens of its own.

    Args:
        document: an SVG's.
        flags: pens, page, paper and fit.
        home: what the source says of itself.
        target: the file that it is for; it may refuse the page.

    Raises:
        InputError: if pens or page are none, or nothing is left to be drawn.
    """
    notes = [*not_plotted(document), *(f"not read: {note}" for note in document.notes)]
    document = document.plotted()
    pens, paper = pens_of(flags), paper_of(flags, home, document.paper)
    own = home.recipe.page if home.recipe else _own_page(document, flags)
    page = page_of(flags, own, target)
    is_placed = page != own or flags.fit
    factor = _factor(document, page, flags.fit) if is_placed else 1.0
    keeps_layers = not pens and (home.recipe is not None or is_plotters(document))
    notes += codes_lost(document, keeps_layers, target)
    style = HatchSettings.model_validate({"fill": flags.hatch}) if flags.hatch else None
    light: tuple[int, ...] = ()
    if keeps_layers:
        # Pens stay as wide as they are.
        plot = _as_layers(document).moved(corner(document, factor, page), factor)
        plot = clip(replace(plot, page=page, paper=paper))
        plot = _with_pens(plot, home.recipe.pens if home.recipe else ())
        notes += of_areas(document, paper, style, 0)
    else:
        known = _known(pens, document, paper, fills=style is not None) if pens else None
        larger = scaled(document, factor)
        plot, became = assign_pens(larger, known, page, flags.bridge, style, paper)
        light = became.light
        if known:
            notes += what_became(became, document, plot.strokes)
        notes += of_areas(document, paper, style, became.unfilled)
    if not pens and style is None and plot.strokes != document.strokes:
        read = counted(document.strokes, "stroke")
        notes.append(f"{read} became {plot.strokes:,}: what can be seen of them")
    if flags.bridge is not None and not keeps_layers:
        notes.append(f"hidden stretches of up to {flags.bridge:g} mm are drawn through (--bridge)")
    if is_placed:
        notes += _of_size(document, page, factor, flags.fit)
    bare = tuple(left_bare(document, paper, light, pens, style is not None))
    return Inking(plot, (*notes, *bare), document, factor, hint="; ".join(bare))


def scaled(document: Document, factor: float) -> Document:
    """Return a document that is larger by a factor."""
    if factor == 1:
        return document

    def enlarged(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
        return tuple(Stroke(each.points * factor, each.curved) for each in strokes)

    shapes = tuple(
        replace(
            shape,
            width=factor * shape.width,
            strokes=enlarged(shape.strokes),
            area=None if shape.area is None else enlarged(shape.area),
        )
        for shape in document.shapes
    )
    width, height = factor * document.width, factor * document.height
    return replace(document, width=width, height=height, shapes=shapes)


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


def _as_layers(document: Document) -> Plot:
    """Return the strokes that are painted, layer by layer."""
    shapes = tuple(shape for shape in document.shapes if shape.has_line)
    width, height = min(document.width, MOST_MM), min(document.height, MOST_MM)
    kept = replace(document, width=width, height=height, shapes=shapes)
    return kept.as_plot()


def _with_pens(plot: Plot, pens: Iterable[Pen]) -> Plot:
    """Return the plot with the pens that it was made with: an SVG rounds widths and opacity."""
    known = {pen.name: pen for pen in pens if pen.colour != LEARNED}
    layers = []
    for layer in plot.layers:
        pen = layer.pen.model_copy(update={"width": round(layer.pen.width, 4)})
        same = known.get(pen.name)
        layers.append(replace(layer, pen=same if same and same.colour == pen.colour else pen))
    return replace(plot, layers=tuple(layers))


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


def _factor(document: Document, page: Page, fit: bool) -> float:
    """Return by how much a document is enlarged: not at all if its ink is inside the margins."""
    room = _room(document, page)
    if fit or room >= 1:
        return room if fit else 1.0
    painted = (shape for shape in document.shapes if shape.has_line or shape.fill is not None)
    size = np.array([document.width, document.height])
    reach = extent_of(stroke for shape in painted for stroke in shape.strokes)
    low, high = (np.clip(each, 0, size) for each in reach or (size / 2, size / 2))
    shift = (np.array([page.width, page.height]) - size) / 2
    left, top, right, bottom = page.inside
    is_inside = (low + shift >= np.array([left, top]) - SLACK).all() and (
        high + shift <= np.array([right, bottom]) + SLACK
    ).all()
    return 1.0 if is_inside else room


def _room(document: Document, page: Page) -> float:
    """Return by how much a document could be enlarged to fit inside a page's margins."""
    left, top, right, bottom = page.inside
    return min((right - left) / document.width, (bottom - top) / document.height)


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
