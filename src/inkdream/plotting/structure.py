"""How an SVG's groups are nested and called: what plotters' programs make their layers of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkdream.plot.layer_codes import LayerLabel, read_label
from inkdream.plot.svg_paths import SHAPES
from inkdream.plot.svg_source import INKSCAPE, parse

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
