"""An SVG, or the strokes of a run, in pens: its own, one's own, or learned ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from inkdream import colour
from inkdream.errors import InputError
from inkdream.page import Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, PenSet
from inkdream.pens.pen import MOST_PENS
from inkdream.plot.clip import clip, extent
from inkdream.plot.document import Document, Shape
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.quantise import unused
from inkdream.plot.reink import BRIDGE, ReinkReport, learn_pens, reink, scaled
from inkdream.plot.visible import FAINT, Mark, colours_on, visible
from inkdream.plotting.flags import PlotFlags
from inkdream.plotting.tables import names_of
from inkdream.plotting.target import Target
from inkdream.plotting.wish import Home, Inking, Original, page_of, paper_of, pens_of, sheet
from inkdream.wording import counted

# A line that differs less than this from the paper (CIEDE2000) is not seen.
UNSEEN = 2.0
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
    notes = [*_not_plotted(document), *(f"not read: {note}" for note in document.notes)]
    document = document.plotted()
    pens, paper = pens_of(flags), paper_of(flags, home, document.paper)
    own = home.page or sheet(document.width, document.height)
    page = page_of(flags, own, target)
    factor = _factor(document, page, flags.fit) if page != own or flags.fit else 1.0
    larger = scaled(document, factor)
    left, top = (page.width - larger.width) / 2, (page.height - larger.height) / 2
    keeps_layers = not pens and (home.recipe is not None or is_plotters(document))
    notes += _codes_lost(document, keeps_layers, target)
    if pens:
        plot, report = reink(larger, _known(pens, document, paper), page)
        notes += _what_became(report)
    else:
        if keeps_layers:
            # A pen stays as wide as it is, however large it draws.
            plot = as_plot(document).moved((left, top), factor)
        else:
            plot = own_pens(larger, paper).moved((left, top))
        plot = clip(replace(plot, page=page, paper=paper))
        plot = _with_pens(plot, home.recipe.pens if home.recipe else ())
        drawn, read = plot.strokes, document.strokes
        if drawn != read:
            notes.append(f"{counted(read, 'stroke')} became {drawn:,}: what can be seen of them")
    if factor != 1:
        notes.append(f"drawn at {factor:.4g} of its size: {larger.width:.4g} x {larger.height:.4g}")
        notes[-1] += " mm"
    elif page != own and not flags.fit and _room(document, page) > 1.05:
        most = _room(document, page) * document.width, _room(document, page) * document.height
        notes.append(
            f"kept at {document.width:.4g} x {document.height:.4g} mm; --fit makes it "
            f"{most[0]:.4g} x {most[1]:.4g} mm"
        )
    return Inking(plot, tuple(notes), Original(document, factor, left, top))


def _not_plotted(document: Document) -> list[str]:
    """Say which layers are left out because their names begin with '%'."""
    strokes = Counter[int]()
    for shape in document.shapes:
        if document.groups[shape.group].read.is_documentation:
            strokes[shape.group] += len(shape.strokes)
    if not strokes:
        return []
    names = names_of(document.groups[group].label for group in strokes)
    count = counted(sum(strokes.values()), "stroke")
    return [
        f"not plotted, since AxiDraw leaves out layers whose names begin with %: {names} ({count})"
    ]


def _codes_lost(document: Document, keeps_layers: bool, target: Target) -> list[str]:
    """Say which of AxiDraw's codes in layers' names do not come into the file."""
    drawn = {shape.group for shape in document.shapes}
    labels = [(group.label, group.read) for n, group in enumerate(document.groups) if n in drawn]
    notes = []
    told = [label for label, read in labels if read.codes]
    if told and not keeps_layers:
        notes.append(f"layers are those of the pens, so AxiDraw's codes are lost: {names_of(told)}")
    elif told and target.kind != "svg":
        notes.append(f"{target.kind} cannot tell AxiDraw's codes: {names_of(told)}")
    dropped = [f"{word} of {label}" for label, read in labels for word in read.dropped]
    if dropped:
        notes.append(f"AxiDraw's codes that are out of range are left out: {names_of(dropped)}")
    return notes


def is_plotters(document: Document) -> bool:
    """Return whether a document was made for plotters: lines only, one ink and width a layer."""
    looks: dict[int, set[tuple[object, ...]]] = {}
    for shape in document.shapes:
        if shape.fill is not None and shape.fill_alpha >= FAINT:
            return False
        if is_painted(shape):
            look = (shape.colour, round(shape.alpha, 3), round(shape.width, 3))
            looks.setdefault(shape.group, set()).add(look)
    return all(len(each) == 1 for each in looks.values())


def is_painted(shape: Shape) -> bool:
    """Return whether a shape's strokes have a colour, a width, and can be seen through little."""
    return shape.colour is not None and shape.alpha >= FAINT and shape.width > 0


def as_plot(document: Document) -> Plot:
    """Return the strokes that are painted, layer by layer as they are."""
    return replace(document, shapes=tuple(filter(is_painted, document.shapes))).as_plot()


def own_pens(document: Document, paper: str) -> Plot:
    """Return what can be seen of a document in pens of its own, one for each colour and width.

    Raises:
        InputError: if it has more than a drawing takes.
    """
    marks = visible(document, BRIDGE, USUAL_WIDTH).marks
    looks = colours_on([mark.look for mark in marks], paper)
    ground = colour.linear_to_lab(colour.linear_of([paper]))
    far = colour.ciede2000(colour.linear_to_lab(looks), ground)
    strokes: dict[tuple[str, float], list[Stroke]] = {}
    for mark, ink, away in zip(marks, colour.to_bytes(looks).tolist(), far, strict=True):
        # What such a line covers is left out already.
        if away > UNSEEN:
            strokes.setdefault((colour.to_hex(ink), _width(mark)), []).append(mark.stroke)
    if len(strokes) > MOST_PENS:
        raise InputError(
            f"the drawing has {len(strokes)} kinds of line, and takes {MOST_PENS} pens: name yours "
            "(--pens black:0.5,red:0.5), or have some learned (--learn 4)"
        )
    names: set[str] = set()
    layers = {}
    for (ink, width), some in strokes.items():
        name = unused(colour.name_of(colour.parse(ink)), names)
        names.add(name)
        layers[name] = Layer(Pen(name=name, colour=ink, width=width), tuple(some))
    order = PenSet.of([layer.pen for layer in layers.values()], paper) if layers else ()
    page = sheet(document.width, document.height)
    return Plot(page, paper, tuple(layers[pen.name] for pen in order))


def _width(mark: Mark) -> float:
    return round(mark.width, 2) or USUAL_WIDTH


def _known(pens: Sequence[Pen], document: Document, paper: str) -> PenSet:
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
    return learn_pens(document, len(loose), loose[0].width, paper)


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
        if is_painted(shape) or shape.fill is not None
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


def _what_became(report: ReinkReport) -> list[str]:
    """Return sentences on what became of the strokes."""
    gone = {
        "invisible": report.invisible,
        "off the page": report.off_page,
        "below others": report.hidden,
        "the paper's colour": report.paper_like,
    }
    left_out = ", ".join(f"{count:,} {what}" for what, count in gone.items() if count)
    drawn = sum(count for _, count in report.pens)
    return [
        f"{counted(report.read, 'stroke')} became {drawn:,}"
        + (f"; left out: {left_out}" if left_out else ""),
        f"pens differ from the lines' colours by CIEDE2000 {report.difference:.1f} on average",
    ]
