"""How an SVG's groups are nested and called: what plotters' programs make their layers of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inkdream import colour
from inkdream.errors import shorten
from inkdream.inking.from_svg import UNSEEN
from inkdream.inking.occlusion import colours_on, visible
from inkdream.inking.tables import MOST_NAMES, names_of
from inkdream.plot.clip import clip, extent
from inkdream.plot.layer_labels import LayerLabel, read_label
from inkdream.plot.machines import Machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.plot import Plot
from inkdream.plot.run_sheet import clock
from inkdream.svg.document import Document
from inkdream.svg.paths import SHAPES
from inkdream.svg.read import read_svg
from inkdream.svg.xml import INKSCAPE, parse
from inkdream.wording import counted

_DIGITS = re.compile(r"\d+")
_ABSOLUTE = re.compile(r"\s*\+?[0-9]*\.?[0-9]+(?:e[+-]?\d+)?\s*(?:px|pt|pc|mm|cm|in|q)?\s*", re.I)
_STROKE = re.compile(r"(?:^|;)\s*stroke\s*:\s*([^;]+)", re.I)
# What lies in these is drawn only where it is used.
_LIBRARY = frozenset({"defs", "symbol", "clipPath", "mask", "marker", "pattern"})


@dataclass
class TopGroup:
    """A group at the top of an SVG, or what lies there in no group.

    Attributes:
        label: its Inkscape label; '' if it has none.
        name: its id; '' if it has none.
        place: which group at the top it is, from 1; 0 for what lies in none.
        shapes: how many shapes lie in it, however deep.
        layers: how many Inkscape layers lie inside it.
    """

    label: str
    name: str
    place: int
    shapes: int = 0
    layers: int = 0

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.label or self.name or (f"group {self.place}" if self.place else "no group")

    @property
    def read(self) -> LayerLabel:
        """Its label, taken apart as AxiDraw does."""
        return read_label(self.label)

    @property
    def vpype(self) -> int:
        """The number of the layer that vpype makes of it."""
        for text in (self.label, self.name):
            found = _DIGITS.search(text)
            if found:
                return int(found[0]) or 1
        return self.place or 1


@dataclass
class Structure:
    """How an SVG is built.

    Attributes:
        has_size: whether width and height are said in units that AxiDraw takes.
        has_viewbox: whether there is a view box.
        groups: those at the top, and what is in none of them, in the file's order.
        names: shapes by the id of the group right around them; '' where there is none.
        strokes: shapes by what they say of their stroke.
    """

    has_size: bool = False
    has_viewbox: bool = False
    groups: list[TopGroup] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    strokes: dict[str, int] = field(default_factory=dict)

    @property
    def drawn(self) -> list[TopGroup]:
        """The groups in which there is something."""
        return [group for group in self.groups if group.shapes]


def read_structure(source: Path | str) -> Structure:
    """Read how an SVG is built.

    Args:
        source: a path to a file, or the SVG's text itself.

    Raises:
        InputError: if it is no well-formed XML.
    """
    reader = _Reader()
    parse(source, reader.start, reader.end)
    return reader.found


@dataclass
class _Around:
    """What is known of the elements around one: nearest id of a group, stroke, whether it is drawn.

    Attributes:
        top: the group at the top that they are.
    """

    top: TopGroup | None = None
    name: str = ""
    stroke: str = ""
    is_drawn: bool = True


class _Reader:
    """Counts shapes, element by element."""

    def __init__(self) -> None:
        self.found = Structure()
        self._stack: list[_Around] = []
        self._loose: TopGroup | None = None

    def start(self, tag: str, said: Mapping[str, str], line: int) -> None:
        """Take an element's beginning."""
        if not self._stack:
            sizes = [said.get(name, "") for name in ("width", "height")]
            self.found.has_size = all(_ABSOLUTE.fullmatch(size) for size in sizes)
            self.found.has_viewbox = bool(said.get("viewBox", "").strip())
            self._stack.append(_Around())
            return
        around = self._stack[-1]
        styled = _STROKE.search(said.get("style", ""))
        inner = _Around(
            around.top,
            around.name,
            styled[1].strip() if styled else said.get("stroke", around.stroke),
            around.is_drawn and tag not in _LIBRARY,
        )
        if tag == "g":
            self._enter(inner, said)
        elif tag in SHAPES and inner.is_drawn:
            self._count(inner)
        self._stack.append(inner)

    def end(self) -> None:
        """Take an element's end."""
        self._stack.pop()

    def _enter(self, inner: _Around, said: Mapping[str, str]) -> None:
        inner.name = said.get("id", inner.name)
        if len(self._stack) == 1:
            place = sum(group.place > 0 for group in self.found.groups) + 1
            inner.top = TopGroup(said.get(f"{INKSCAPE}label", ""), said.get("id", ""), place)
            self.found.groups.append(inner.top)
        elif inner.top and said.get(f"{INKSCAPE}groupmode") == "layer":
            inner.top.layers += 1

    def _count(self, inner: _Around) -> None:
        if inner.top is None:
            if self._loose is None:
                self._loose = TopGroup("", "", 0)
                self.found.groups.append(self._loose)
            inner.top = self._loose
        inner.top.shapes += 1
        for counts, word in ((self.found.names, inner.name), (self.found.strokes, inner.stroke)):
            counts[word] = counts.get(word, 0) + 1


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
