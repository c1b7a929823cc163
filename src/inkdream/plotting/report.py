"""What plotters' programs make of an SVG as it is: layers, times, and what may surprise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkdream import colour
from inkdream.errors import shorten
from inkdream.plot.clip import clip, extent
from inkdream.plot.document import Document
from inkdream.plot.machines import Machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.plot import Plot
from inkdream.plot.read_svg import read_svg
from inkdream.plot.sheet import clock
from inkdream.plot.visible import colours_on, visible
from inkdream.plotting.own_ink import UNSEEN
from inkdream.plotting.structure import Structure, TopGroup, read_structure
from inkdream.plotting.tables import MOST_NAMES, names_of
from inkdream.wording import counted

# Beyond the page by less than this, in mm, is a rounding error.
SLACK = 0.01


@dataclass(frozen=True, eq=False)
class Report:
    """What becomes of a file.

    Attributes:
        plot: what the machine draws: all strokes, in the file's order, cut at the page's edge.
        timed: how long it takes.
        programs: what each program takes for its layers, a sentence each.
        warnings: what may surprise, a sentence each.
    """

    plot: Plot
    timed: Estimate
    programs: tuple[str, ...]
    warnings: tuple[str, ...]


def report_on(source: Path, machine: Machine) -> Report:
    """Return what a machine, and each program, makes of an SVG.

    Raises:
        InputError: if it cannot be read.
    """
    document = read_svg(source)
    structure = read_structure(source)
    is_skipping = machine.name.startswith(("axidraw", "nextdraw"))
    plot = clip((document.plotted() if is_skipping else document).as_plot())
    timed = estimate(plot, machine)
    warnings = (
        *_of_size(structure),
        *_of_page(document, machine),
        *_of_strokes(document),
        *_of_layers(document),
        *(f"not followed here: {note}" for note in document.notes),
    )
    programs: tuple[str, ...] = ("there are no strokes in it",)
    if structure.drawn:
        axidraw = _axidraw(structure, timed, machine)
        programs = (*axidraw, *_vpype(structure), *_saxi(structure, machine))
    return Report(plot, timed, programs, warnings)


def _of_size(structure: Structure) -> Iterator[str]:
    if structure.has_size:
        return
    yield "width and height are not said in mm, cm, in, pt or px: AxiDraw refuses the file"
    if structure.has_viewbox:
        yield "without them vpype takes the view box for px: 210 mm become 55.6 mm"


def _of_page(document: Document, machine: Machine) -> Iterator[str]:
    beyond = machine.beyond(document.width, document.height)
    if beyond:
        yield beyond
    size = np.array([document.width, document.height])
    off = over = 0
    for shape in document.shapes:
        for stroke in shape.strokes:
            low, high = extent(stroke)
            if (high < -SLACK).any() or (low > size + SLACK).any():
                off += 1
            elif (low < -SLACK).any() or (high > size + SLACK).any():
                over += 1
    if off:
        yield f"off the page, so not drawn: {counted(off, 'stroke')}"
    if over:
        yield f"cut at the page's edge, where one may become several: {counted(over, 'stroke')}"


def _of_strokes(document: Document) -> Iterator[str]:
    """Say how many strokes nobody will see; programs draw them all the same."""
    unpainted = sum(len(shape.strokes) for shape in document.shapes if not shape.has_line)
    found = visible(document, 0.0, 0.0)
    paper = colour.linear_to_lab(colour.linear_of([document.paper]))
    alike: set[int] = set()
    if found.marks:
        inks = colour.linear_to_lab(colours_on([mark.look for mark in found.marks], document.paper))
        far = colour.ciede2000(inks, paper)
        alike = {mark.source for mark, away in zip(found.marks, far, strict=True) if away <= UNSEEN}
    kinds = {
        "not painted": unpainted,
        "of the paper's colour": len(alike),
        "below others": found.hidden,
    }
    unseen = {what: count for what, count in kinds.items() if count}
    if unseen:
        words = ", ".join(f"{count:,} {what}" for what, count in unseen.items())
        count = counted(sum(unseen.values()), "stroke")
        yield f"drawn though nobody sees them: {count} ({words})"


def _of_layers(document: Document) -> Iterator[str]:
    """Say which layers hold more than one pen can draw."""
    for index, group in enumerate(document.groups):
        inks = {
            shape.colour for shape in document.shapes if shape.group == index and shape.has_line
        }
        if len(inks) > 1:
            name = shorten(group.label or group.name, 40)
            which = f"layer {name!r}" if name else "what is in no named layer"
            yield f"{which} holds {counted(len(inks), 'colour')}, and is drawn with one pen"


def _axidraw(structure: Structure, timed: Estimate, machine: Machine) -> Iterator[str]:
    """Say what AxiDraw's and NextDraw's software plot.

    Args:
        structure: of the file.
        timed: how long it takes.
        machine: on this one, which may be neither.
    """
    groups = structure.drawn
    plotted = [group for group in groups if not group.read.is_documentation]
    yield (
        f"AxiDraw, NextDraw: {counted(len(plotted), 'layer')} in the file's order: "
        f"{names_of(group.title for group in plotted)}"
    )
    left_out = [group.title for group in groups if group.read.is_documentation]
    if left_out:
        names = names_of(left_out)
        yield f"AxiDraw, NextDraw: not plotted, since their names begin with %: {names}"
    loose = [group.title for group in plotted if group.read.number is None]
    if loose and len(groups) > 1:
        yield (
            "AxiDraw, NextDraw: left out when layers are plotted by number, since their names do "
            f"not begin with one: {names_of(loose)}"
        )
    codes = [f"{group.title} ({group.read.codes})" for group in plotted if str(group.read.codes)]
    if codes:
        counts = "counted above" if machine.settings else "not in the time above"
        yield f"AxiDraw, NextDraw: told in the names, {counts}: {names_of(codes)}"
    dropped = [f"{word} of {group.title}" for group in plotted for word in group.read.dropped]
    if dropped:
        yield f"AxiDraw, NextDraw: out of range, so without effect: {names_of(dropped)}"
    pauses = [group.title for group in plotted if group.read.codes.pauses]
    if pauses:
        after = f" after {clock(timed.preview_seconds)}" if machine.settings else ""
        yield (
            f"AxiDraw, NextDraw: stops before these, where its own preview ends{after}: "
            f"{names_of(pauses)}"
        )


def _vpype(structure: Structure) -> Iterator[str]:
    """Say what vpype's layers are."""
    groups = structure.drawn
    numbers = Counter(group.vpype for group in groups)
    listed = ", ".join(str(number) for number in sorted(numbers)[:MOST_NAMES])
    more = f" and {len(numbers) - MOST_NAMES} more" if len(numbers) > MOST_NAMES else ""
    yield f"vpype: {counted(len(numbers), 'layer')}: {listed}{more}"
    for number, count in sorted(numbers.items()):
        if count > 1:
            alike = [group.title for group in groups if group.vpype == number]
            yield f"vpype: these become one layer, {number}: {names_of(alike)}"
    yield from _nested(groups)


def _nested(groups: Sequence[TopGroup]) -> Iterator[str]:
    for group in groups:
        if group.layers:
            yield (
                f"vpype, NextDraw: the {counted(group.layers, 'layer')} inside {group.title!r} "
                "count as one: layers must lie at the top"
            )


def _saxi(structure: Structure, machine: Machine) -> Iterator[str]:
    """Say what saxi offers to plot one after the other."""
    names = [name for name in structure.names if name]
    if len(names) > 1:
        yield f"saxi: {len(names)} groups, to be plotted one by one: {names_of(names)}"
    else:
        strokes = [word for word in structure.strokes if word]
        yield f"saxi: by colour, {len(strokes)} of them: {names_of(strokes)}"
    if machine.name == "saxi":
        yield (
            "saxi: sorts strokes itself, so that it travels less than is told above; draws what "
            "is hidden or clipped, too"
        )
