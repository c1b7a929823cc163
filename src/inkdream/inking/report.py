"""A report on an SVG as it is: what plotters' programs make of its layers and strokes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inkdream.errors import shorten
from inkdream.inking.assign_pens import UNSEEN
from inkdream.inking.occlusion import contrast, visible
from inkdream.plot.clip import clip, extent
from inkdream.plot.machines import Machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.plot import LayerLabel, Plot, read_label
from inkdream.plot.run_sheet import clock
from inkdream.svg.document import Document
from inkdream.svg.paths import SHAPES
from inkdream.svg.read import read_with_tree
from inkdream.svg.xml import INKSCAPE, Node
from inkdream.wording import counted, names_of

_DIGITS = re.compile(r"\d{1,18}")
_ABSOLUTE = re.compile(r"\s*\+?[0-9]*\.?[0-9]+(?:e[+-]?\d+)?\s*(?:px|pt|pc|mm|cm|in|q)?\s*", re.I)
_STROKE = re.compile(r"(?:^|;)\s*stroke\s*:\s*([^;]+)", re.I)
# What lies in these is drawn only where it is used.
_LIBRARY = frozenset({"defs", "symbol", "clipPath", "mask", "marker", "pattern"})
# Beyond the page by less than this, in mm, is a rounding error.
SLACK = 0.01


@dataclass
class TopGroup:
    """A group at the top of an SVG, or what lies there in no group.

    Attributes:
        label: its Inkscape label; '' if it has none.
        name: its id; '' if it has none.
        place: its number among groups at the top, from 1; 0 for what lies in none.
        shapes: the number of shapes in it, however deep.
        layers: the number of Inkscape layers inside it.
    """

    label: str = ""
    name: str = ""
    place: int = 0
    shapes: int = 0
    layers: int = 0

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.label or self.name or (f"group {self.place}" if self.place else "no group")

    @property
    def read(self) -> LayerLabel:
        """Its label, parsed as AxiDraw does."""
        return read_label(self.label)

    @property
    def vpype(self) -> int:
        """The number of its vpype layer."""
        digits = _DIGITS.search(self.label) or _DIGITS.search(self.name)
        return int(digits[0]) or 1 if digits else self.place or 1


@dataclass(frozen=True)
class _Around:
    """What an element inherits: group at the top, id of the nearest group, stroke."""

    top: TopGroup | None = None
    name: str = ""
    stroke: str = ""
    is_drawn: bool = True


@dataclass
class Structure:
    """How an SVG's groups are nested and named.

    Attributes:
        has_size: whether width and height are in units that AxiDraw takes.
        has_viewbox: whether there is a view box.
        groups: those at the top, and what is in none of them, in the file's order.
        names: shapes by the id of their innermost group; '' where there is none.
        strokes: shapes by their stroke attribute.
    """

    has_size: bool = False
    has_viewbox: bool = False
    groups: list[TopGroup] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    strokes: Counter[str] = field(default_factory=Counter)
    _stack: list[_Around] = field(default_factory=list)
    _loose: TopGroup | None = None

    @property
    def drawn(self) -> list[TopGroup]:
        """The groups in which there is something."""
        return [group for group in self.groups if group.shapes]

    def walk(self, node: Node) -> None:
        """Count an element and all in it."""
        self._enter(node.tag, node.attributes)
        for child in node.children:
            self.walk(child)
        self._stack.pop()

    def _enter(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._stack:
            sizes = [attributes.get(name, "") for name in ("width", "height")]
            self.has_size = all(_ABSOLUTE.fullmatch(size) for size in sizes)
            self.has_viewbox = bool(attributes.get("viewBox", "").strip())
            self._stack.append(_Around())
            return
        around = self._stack[-1]
        styled = _STROKE.search(attributes.get("style", ""))
        stroke = styled[1].strip() if styled else attributes.get("stroke", around.stroke)
        is_drawn = around.is_drawn and tag not in _LIBRARY
        inner = replace(around, stroke=stroke, is_drawn=is_drawn)
        if tag == "g":
            inner = self._in_group(inner, attributes)
        elif tag in SHAPES and is_drawn:
            self._count(inner)
        self._stack.append(inner)

    def _in_group(self, inner: _Around, attributes: Mapping[str, str]) -> _Around:
        top = inner.top
        if len(self._stack) == 1:
            place = len(self.groups) + (self._loose is None)
            top = TopGroup(attributes.get(f"{INKSCAPE}label", ""), attributes.get("id", ""), place)
            self.groups.append(top)
        elif top and attributes.get(f"{INKSCAPE}groupmode") == "layer":
            top.layers += 1
        return replace(inner, top=top, name=attributes.get("id", inner.name))

    def _count(self, inner: _Around) -> None:
        if inner.top is None and self._loose is None:
            self._loose = TopGroup()
            self.groups.append(self._loose)
        top = inner.top or self._loose
        assert top is not None
        top.shapes += 1
        self.names[inner.name] += 1
        self.strokes[inner.stroke] += 1


def structure_of(root: Node) -> Structure:
    """Return the structure of an SVG."""
    structure = Structure()
    structure.walk(root)
    return structure


@dataclass(frozen=True, eq=False)
class Report:
    """What becomes of a file.

    Attributes:
        plot: what the machine draws: all strokes, in the file's order, cut at the page's edge.
        timed: its estimate.
        programs: each program's layers, a sentence each.
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
    document, tree = read_with_tree(source)
    structure = structure_of(tree.root)
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
        axidraw = _axidraw(structure.drawn, timed, machine)
        programs = (*axidraw, *_vpype(structure.drawn), *_saxi(structure, machine))
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
    """Warn of strokes that nobody will see and programs draw."""
    seen = visible(document, 0.0, 0.0)
    away = contrast([mark.look for mark in seen.marks], document.paper) <= UNSEEN
    kinds = {
        "not painted": sum(len(each.strokes) for each in document.shapes if not each.has_line),
        "of the paper's colour": len({seen.marks[index].source for index in np.flatnonzero(away)}),
        "below others": seen.hidden,
    }
    if any(kinds.values()):
        words = ", ".join(f"{count:,} {what}" for what, count in kinds.items() if count)
        count = counted(sum(kinds.values()), "stroke")
        yield f"drawn though nobody sees them: {count} ({words})"


def _of_layers(document: Document) -> Iterator[str]:
    """Warn of layers that hold more than one pen can draw."""
    inks: dict[int, set[str | None]] = {}
    for shape in document.shapes:
        if shape.has_line:
            inks.setdefault(shape.group, set()).add(shape.colour)
    for index, colours in sorted(inks.items()):
        if len(colours) > 1:
            group = document.groups[index]
            name = shorten(group.label or group.name, 40)
            which = f"layer {name!r}" if name else "what is in no named layer"
            yield f"{which} holds {counted(len(colours), 'colour')}, and is drawn with one pen"


def _axidraw(groups: Sequence[TopGroup], timed: Estimate, machine: Machine) -> Iterator[str]:
    """Yield what AxiDraw's and NextDraw's software plot."""
    plotted = [group for group in groups if not group.read.is_documentation]
    count = counted(len(plotted), "layer")
    counting, pausing = "not in the time above", ""
    if machine.settings:
        counting, pausing = "counted above", f" after {clock(timed.preview_seconds)}"
    left_out = [group.title for group in groups if group.read.is_documentation]
    loose = [group.title for group in plotted if group.read.number is None and len(groups) > 1]
    codes = [f"{group.title} ({group.read.codes})" for group in plotted if str(group.read.codes)]
    dropped = [f"{word} of {group.title}" for group in plotted for word in group.read.dropped]
    pauses = [group.title for group in plotted if group.read.codes.pauses]
    sentences = (
        (f"{count} in the file's order", [group.title for group in plotted]),
        ("not plotted, since their names begin with %", left_out),
        (
            "left out when layers are plotted by number, since their names do not begin with one",
            loose,
        ),
        (f"told in the names, {counting}", codes),
        ("out of range, so without effect", dropped),
        (f"stops before these, where its own preview ends{pausing}", pauses),
    )
    for index, (what, titles) in enumerate(sentences):
        if titles or index == 0:
            yield f"AxiDraw, NextDraw: {what}: {names_of(titles)}"


def _vpype(groups: Sequence[TopGroup]) -> Iterator[str]:
    """Yield vpype's layers."""
    numbers = Counter(group.vpype for group in groups)
    yield f"vpype: {counted(len(numbers), 'layer')}: {names_of(map(str, sorted(numbers)))}"
    for number, count in sorted(numbers.items()):
        if count > 1:
            alike = [group.title for group in groups if group.vpype == number]
            yield f"vpype: these become one layer, {number}: {names_of(alike)}"
    for group in groups:
        if group.layers:
            yield (
                f"vpype, NextDraw: the {counted(group.layers, 'layer')} inside {group.title!r} "
                "count as one: layers must lie at the top"
            )


def _saxi(structure: Structure, machine: Machine) -> Iterator[str]:
    """Yield what saxi offers to plot one after the other."""
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
