"""What a person is told of an SVG that was put in pens: what was left out, and what would help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from inkdream import colour
from inkdream.formats.base import Format
from inkdream.hatch.hatch import HatchSettings
from inkdream.inking.assign_pens import Assignment
from inkdream.inking.fills import NOT_WORTH_A_LINE
from inkdream.inking.occlusion import Look, contrast, grounds, is_background
from inkdream.pens import Pen
from inkdream.svg.document import Document, Shape
from inkdream.wording import counted, names_of

# Of light lines on dark paper, where no pen is named.
HINTED_WIDTH = 0.3
_MOST_INKS = 4


def not_plotted(document: Document) -> list[str]:
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
        f"not plotted, as AxiDraw leaves out layers whose names begin with %: {names} ({count})"
    ]


def codes_lost(document: Document, keeps_layers: bool, target: Format) -> list[str]:
    """Say which of AxiDraw's codes in layers' names do not come into a file."""
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
    """Say what became of the strokes and areas of a document, of which pens draw some strokes."""
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
    document: Document, paper: str, style: HatchSettings | None, unfilled: int
) -> list[str]:
    """Say what becomes of a document's areas, where that may surprise."""
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
    """Say what of a document is seen as bare paper, where paper is something else.

    Args:
        document: what was plotted.
        paper: '#rrggbb'.
        light: the numbers of strokes that are of the paper's colour.
        pens: those that were asked for.
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
    """Return the shapes with an inside that does not look like paper, as gloss does."""
    shapes = [shape for shape in document.shapes if shape.has_area]
    looks = [Look(str(each.fill), each.fill_alpha, each.is_blended) for each in shapes]
    shows = contrast(looks, paper) >= NOT_WORTH_A_LINE
    return [shape for shape, is_seen in zip(shapes, shows, strict=True) if is_seen]


def _word(ink: str) -> str:
    """Return a colour as it is typed: its name if it has one, else its digits in quotes."""
    name = colour.name_of(colour.parse(ink))
    return name if colour.to_hex(colour.parse(name)) == ink else f"'{ink}'"
