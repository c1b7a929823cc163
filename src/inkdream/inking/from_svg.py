"""An SVG in pens, on its page: its visible lines, or a plotter's file as it is; and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from inkdream import colour
from inkdream.errors import InputError
from inkdream.formats.base import Format
from inkdream.hatch import TONES, Tone
from inkdream.hatch.hatch import HatchSettings
from inkdream.inking.assign_pens import Assignment, assign_pens, learn_pens
from inkdream.inking.fills import NOT_WORTH_A_LINE
from inkdream.inking.flags import PlotFlags
from inkdream.inking.layers import as_layers, is_plotters, with_pens
from inkdream.inking.occlusion import Look, contrast, extent_of, grounds, is_background
from inkdream.inking.resolve import (
    Home,
    Inking,
    corner,
    finish_of,
    page_of,
    paper_of,
    pens_of,
    rulings_of,
)
from inkdream.page import MOST_MM, Page
from inkdream.pens import LEARNED, Pen, PenSet
from inkdream.plot.clip import clip
from inkdream.plot.plot import Stroke
from inkdream.svg.document import Document, Shape, sheet
from inkdream.wording import counted, names_of

# Of light lines on dark paper, where no pen is named.
HINTED_WIDTH = 0.3
_MOST_INKS = 4


def not_plotted(document: Document) -> list[str]:
    """Note the layers that are left out because their names begin with '%'."""
    strokes = Counter[int]()
    for shape in document.shapes:
        if document.groups[shape.group].read.is_documentation:
            strokes[shape.group] += len(shape.strokes)
    if not strokes:
        return []
    names = names_of(document.groups[group].label for group in strokes)
    count = counted(sum(strokes.values()), "stroke")
    return [
        f"not plotted, as AxiDraw leaves out layers whose names begin with %: {names} ({count})"
    ]


def codes_lost(document: Document, keeps_layers: bool, target: Format) -> list[str]:
    """Note the AxiDraw codes in layers' names that do not come into a file."""
    drawn = {shape.group for shape in document.shapes}
    labels = [(group.label, group.read) for n, group in enumerate(document.groups) if n in drawn]
    notes = []
    coded = [label for label, read in labels if read.codes]
    if coded and not keeps_layers:
        names = names_of(coded)
        notes.append(f"layers are those of the pens, so AxiDraw's codes are lost: {names}")
    elif coded and not target.has_codes:
        notes.append(f"{target.name} cannot tell AxiDraw's codes: {names_of(coded)}")
    dropped = [f"{word} of {label}" for label, read in labels for word in read.dropped]
    if dropped:
        notes.append(f"AxiDraw's codes that are out of range are left out: {names_of(dropped)}")
    return notes


def what_became(assigned: Assignment, document: Document, drawn: int) -> list[str]:
    """Note what became of a document's strokes and areas."""
    gone = {
        "invisible": assigned.invisible,
        "off the page": assigned.off_page,
        "below others": assigned.hidden,
        "the paper's colour": len(assigned.light),
    }
    if assigned.filled:
        # Shapes without a line of their own are filled.
        lines = [len(shape.strokes) for shape in document.shapes if shape.has_line]
        gone["invisible"] -= document.strokes - sum(lines)
    left_out = ", ".join(f"{count:,} {what}" for what, count in gone.items() if count > 0)
    areas = f" and {counted(assigned.filled, 'area')}" if assigned.filled else ""
    notes = [
        f"{counted(document.strokes, 'stroke')}{areas} became {counted(drawn, 'stroke')}"
        + (f"; left out: {left_out}" if left_out else "")
    ]
    if assigned.difference or not assigned.filled:
        notes.append(
            f"pens differ from the lines' colours by CIEDE2000 {assigned.difference:.1f} on average"
        )
    return notes


def of_areas(
    document: Document, paper: str, style: HatchSettings | Tone | None, unfilled: int
) -> list[str]:
    """Note what becomes of a document's areas, where that may surprise."""
    areas = [
        shape
        for shape in _showing(document, paper)
        if any(len(stroke.points) > 2 for stroke in shape.inside)
        and not is_background(shape, document)
    ]
    if style is None and not areas:
        return []
    if not any(shape.has_area for shape in document.shapes):
        return ["--hatch: it has no areas to be filled, only lines"]
    if style is None:
        lone = sum(not shape.has_line for shape in areas)
        how = "as outlines" if lone == len(areas) else "as outlines or not at all"
        return [f"{counted(len(areas), 'area')} drawn {how}; --hatch parallel fills them"]
    if unfilled:
        return [f"{counted(unfilled, 'area')} too intricate to be filled, left empty"]
    return []


def left_bare(
    document: Document, paper: str, light: Sequence[int], pens: Sequence[Pen], is_filled: bool
) -> Iterator[str]:
    """Note what of a document is left as bare paper but has another meaning.

    Args:
        document: that was plotted.
        paper: '#rrggbb'.
        light: indices of strokes of the paper's colour.
        pens: that were asked for.
        is_filled: whether areas are filled: then light lines are gaps in them.
    """
    backgrounds = [
        _word(str(shape.fill))
        for shape in _showing(document, paper)
        if is_background(shape, document)
    ]
    if is_filled:
        if backgrounds:
            yield f"the background is filled, too; --paper {backgrounds[-1]} leaves it bare"
        return
    ends = np.cumsum([len(shape.strokes) for shape in document.shapes])
    strokes = Counter(np.searchsorted(ends, light, side="right").tolist())
    inks = [str(shape.colour if shape.has_line else shape.fill) for shape in document.shapes]
    below = {
        number: inks[ground]
        for number, ground in grounds(document, strokes.keys()).items()
        if ground >= 0 and contrast([Look(inks[ground])], paper)[0] >= NOT_WORTH_A_LINE
    }
    if below:
        count = sum(strokes[number] for number in below)
        ground = Counter(below.values()).most_common(1)[0][0]
        common = Counter(inks[number] for number in below).most_common(_MOST_INKS)
        width = min((pen.width for pen in pens), default=HINTED_WIDTH)
        words = ",".join(f"{_word(ink)}:{width:g}" for ink, _ in common)
        yield (
            f"{counted(count, 'stroke')} of the paper's colour on darker areas: --hatch parallel "
            f"leaves them bare, or draw the light on dark: --paper {_word(ground)} --pens {words}"
        )
    elif backgrounds:
        yield f"the background is left out; for paper of its colour: --paper {backgrounds[-1]}"


def _showing(document: Document, paper: str) -> list[Shape]:
    """Return the shapes with an inside that does not look like paper."""
    shapes = [shape for shape in document.shapes if shape.has_area]
    looks = [Look(str(each.fill), each.fill_alpha, each.is_blended) for each in shapes]
    shows = contrast(looks, paper) >= NOT_WORTH_A_LINE
    return [shape for shape, is_seen in zip(shapes, shows, strict=True) if is_seen]


def _word(ink: str) -> str:
    """Return a colour as it is typed: its name, or else its digits in quotes."""
    name = colour.name_of(colour.parse(ink))
    return name if colour.to_hex(colour.parse(name)) == ink else f"'{ink}'"


# Ink may cross the margin by this much, in mm, before the drawing is made smaller for it.
SLACK = 0.5


def ink_document(document: Document, flags: PlotFlags, home: Home, target: Format) -> Inking:
    """Return a document in pens, on its page.

    Without pens, a run's drawing and a plotter's file keep their layers and all painted strokes;
    any other keeps its visible lines, in pens of its own.

    Args:
        document: of an SVG.
        flags: pens, page, paper and fit.
        home: facts of the source.
        target: the format; it may refuse the page.

    Raises:
        InputError: if pens or page are invalid, or nothing is left to be drawn.
    """
    notes = [*not_plotted(document), *(f"not read: {note}" for note in document.notes)]
    document = document.plotted()
    pens, paper = pens_of(flags), paper_of(flags, home, document.paper)
    own = home.recipe.page if home.recipe else _own_page(document, flags)
    # A run's own is among its lines, unless another takes its place.
    finish = finish_of(flags, home if flags.finish.keys() else Home(home.name))
    page = page_of(flags, own, target, finish)
    is_placed = page != own or flags.fit
    factor = _factor(document, page, flags.fit) if is_placed else 1.0
    keeps_layers = not pens and (home.recipe is not None or is_plotters(document))
    notes += codes_lost(document, keeps_layers, target)
    style = _style(flags)
    light: tuple[int, ...] = ()
    if keeps_layers:
        # Pens stay as wide as they are.
        plot = as_layers(document).moved(corner(document, factor, page), factor)
        plot = clip(replace(plot, page=page, paper=paper))
        plot = with_pens(plot, home.recipe.pens if home.recipe else ())
        notes += of_areas(document, paper, style, 0)
    else:
        known = _known(pens, document, paper, fills=style is not None) if pens else None
        larger = scaled(document, factor)
        plot, became = assign_pens(
            larger, known, page, flags.bridge, style, paper, rulings_of(flags)
        )
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
    return Inking(plot, (*notes, *bare), document, factor, "; ".join(bare), finish)


def _style(flags: PlotFlags) -> HatchSettings | Tone | None:
    """Return how areas are filled; None if only their outlines are drawn.

    Raises:
        InputError: if they cannot be filled so.
    """
    if flags.hatch is None and flags.is_ruled:
        raise InputError("how do lines lie in what? --hatch parallel fills an SVG's areas")
    if flags.hatch in TONES:
        return cast(Tone, flags.hatch)
    return HatchSettings.model_validate({"fill": flags.hatch}) if flags.hatch else None


def scaled(document: Document, factor: float) -> Document:
    """Return a document scaled by a factor."""
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


def _known(pens: Sequence[Pen], document: Document, paper: str, fills: bool) -> PenSet:
    """Return pens of known colours, learned from the document if all are to be.

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
    """Return a page of a document's size, or the largest one if another is asked for.

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
    """Return the scale of a document: 1 if its ink is inside the margins."""
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
    """Return the scale at which a document fits inside a page's margins."""
    left, top, right, bottom = page.inside
    return min((right - left) / document.width, (bottom - top) / document.height)


def _of_size(document: Document, page: Page, factor: float, fit: bool) -> list[str]:
    """Note the size at which a document is drawn, where that may surprise."""
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
