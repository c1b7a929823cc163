"""The interface of formats, and what their writers and readers share."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, RunError, shorten
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.machines import Machine
from inkdream.plot.plot import TOLERANCE, Layer, Plot, Points, Stroke

# Rounding may put a vertex this far off the page, in mm; it is moved back.
SLACK = 1e-6
LONGEST_NAME = 60
# What is read of a file at most.
MOST_CHARACTERS = 2**25
MOST_STROKES = 2 * 10**6
# GRBL acts on ! ~ and ? wherever they stand, even in a comment; ( ) ; * % and $ mean something to
# one reader or another.
_UNSAFE = re.compile(r"[^A-Za-z0-9 #&+,./:=_-]+")


class Recorder:
    """Polylines by pen, recorded while a file is carried out, in the machine's own unit."""

    def __init__(self, number: Literal["d", "q"] = "d") -> None:
        """Start empty; `number` is `array`'s type of a coordinate."""
        self.begins: list[tuple[int, int]] = []
        self.xs, self.ys = array(number), array(number)

    def begin(self, pen: int, x: float, y: float, where: str) -> None:
        """Put a pen down at a place; raise InputError if there are too many strokes."""
        if len(self.begins) >= MOST_STROKES:
            raise InputError(f"{where}: more than {MOST_STROKES:,} strokes")
        self.begins.append((pen, len(self.xs)))
        self.draw([x], [y])

    def draw(self, xs: Iterable[float], ys: Iterable[float]) -> None:
        """Draw on to places."""
        self.xs.extend(xs)  # type: ignore[arg-type]
        self.ys.extend(ys)  # type: ignore[arg-type]

    @property
    def points(self) -> NDArray[Any]:
        """All places (N, 2), polyline after polyline."""
        return np.stack([np.asarray(self.xs), np.asarray(self.ys)], axis=1)

    def by_pen(self, points: Points) -> dict[int, list[Points]]:
        """Return polylines by pen, in order, with `points` (N, 2) in place of those recorded."""
        ends = [first for _, first in self.begins[1:]] + [len(points)]
        lines: dict[int, list[Points]] = {}
        for (pen, first), end in zip(self.begins, ends, strict=False):
            lines.setdefault(pen, []).append(points[first:end])
        return lines


def check_size(text: str, kind: str) -> None:
    """Raise InputError if a file is too long to be read."""
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{kind}: more than {MOST_CHARACTERS:,} characters")


def lines_on_page(plot: Plot, tolerance: float = TOLERANCE) -> Plot:
    """Return the plot as polylines of at least two vertices, without layers that draw nothing.

    Args:
        plot: in plotting order.
        tolerance: of the polylines to curves, in mm.

    Raises:
        InputError: if something lies off the page, is no number, or a stroke has no vertex.
    """
    layers = [
        replace(
            layer,
            strokes=tuple(
                Stroke(_on_page(stroke.polyline(tolerance), plot.page, layer.pen))
                for stroke in layer.strokes
            ),
        )
        for layer in plot.layers
        if layer.strokes
    ]
    return replace(plot, layers=tuple(layers))


def split_by_pen(plot: Plot) -> list[tuple[str, Plot]]:
    """Return one plot for each pen that draws, with a name for its file: '1-black'.

    What a pen draws after a refill is a file of its own, '2-black-refilled': nothing has to stop.
    """
    drawn = [layer for layer in plot.layers if layer.strokes]
    return [
        (
            f"{number}-{slug(layer.title)}",
            replace(
                plot,
                layers=(_alone(layer) if layer.is_refill else layer,),
                ground=(*plot.ground, *(each.pen for each in drawn[: number - 1])),
            ),
        )
        for number, layer in enumerate(drawn, 1)
    ]


def _alone(layer: Layer) -> Layer:
    """Return a layer before which there is nothing."""
    return replace(layer, is_refill=False, codes=replace(layer.codes, pauses=False))


def plain(text: str, otherwise: str = "pen") -> str:
    """Return a user's text as a comment that is safe in any machine's file.

    One line of ASCII letters, figures and a few signs that no machine acts on; `otherwise` if
    nothing is left.
    """
    line = " ".join(text[: 10 * LONGEST_NAME].split())
    letters = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode("ascii")
    words = _UNSAFE.sub(" ", letters).split()
    return " ".join(words)[:LONGEST_NAME].strip() or otherwise


def slug(text: str) -> str:
    """Return a user's text as a word for a file's name, 'stabilo-88-46'; 'pen' if none is left."""
    return re.sub(r"[^a-z0-9]+", "-", plain(text).lower()).strip("-") or "pen"


def _on_page(line: Points, page: Page, pen: Pen) -> Points:
    """Return a polyline of at least two vertices, all on the page."""
    if not len(line) or not np.isfinite(line).all():
        what = "has a coordinate that is no number" if len(line) else "has no vertex"
        raise InputError(f"pen {shorten(pen.name)!r}: a stroke {what}")
    size = np.array([page.width, page.height])
    off = float(np.maximum(-line, line - size).max())
    if off > SLACK:
        raise InputError(
            f"pen {shorten(pen.name)!r}: a stroke leaves the page of {page.width:g} x "
            f"{page.height:g} mm by {off:.3g} mm; clip the drawing to its page first"
        )
    # A lone vertex is a dot: down and up at one place.
    return np.clip(line if len(line) > 1 else np.repeat(line, 2, axis=0), 0.0, size)


@dataclass(frozen=True)
class Format(ABC):
    """A format of plotters' files, for one machine.

    A new one is a subclass in a file of its own and a line in `formats/registry.py`.

    Attributes:
        name: its key; `title` is for people.
        endings: of its files' names; the first is for new files.
        begins: what its files begin with; None if they are sources as well.
        usual: the machine that files are for if none is named.
        has_codes: whether names of layers can hold AxiDraw's codes.
        machine: the machine's name.
        motion: how that machine moves; None if unknown.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    begins: ClassVar[re.Pattern[bytes] | None] = None
    usual: ClassVar[str]
    has_codes: ClassVar[bool] = False

    machine: str
    motion: Machine | None

    @classmethod
    @abstractmethod
    def machines(cls) -> tuple[str, ...]:
        """Return the names of its machines."""

    @classmethod
    def key(cls, machine: str) -> str:
        """Return a machine's name as `machines` has it."""
        return machine.strip().lower()

    @classmethod
    def takes(cls, machine: str) -> bool:
        """Return whether it can be written for a machine of this name."""
        return cls.key(machine) in cls.machines()

    @classmethod
    def starts(cls, head: bytes) -> bool:
        """Return whether a file that begins with `head` is one of these."""
        return bool(cls.begins and cls.begins.match(head))

    @classmethod
    @abstractmethod
    def of(cls, machine: str) -> Format:
        """Return the format for a machine.

        Raises:
            InputError: if there is no such machine; names the nearest.
        """

    @abstractmethod
    def write(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return the text of a file.

        Args:
            plot: on its page, in plotting order.
            facts: provenance, by name.

        Raises:
            InputError: if the machine cannot draw it: too many pens, beyond its reach.
        """

    @abstractmethod
    def read(self, text: str, plot: Plot) -> Plot:
        """Return what the machine draws when it is sent `text`.

        Args:
            text: of a file.
            plot: whose page and pens are meant, where the text does not tell.

        Raises:
            InputError: if the text is no such file, is cut off, or is not for this machine.
        """

    @abstractmethod
    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how a plot that was read back differs, one sentence each."""

    def differences(self, text: str, plot: Plot) -> list[str]:
        """Return how a file's text differs from its plot; empty if it can be trusted."""
        try:
            return self.compare(plot, self.read(text, plot))
        except InputError as error:
            return [f"it cannot be read back ({error})"]

    def verified(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return the text of a file, read back and compared with the plot.

        Raises:
            InputError: if the machine cannot draw it: too many pens, beyond its reach.
            RunError: if the file does not come back as the plot.
        """
        plot = with_long_dots(plot)
        text = self.write(plot, facts)
        problems = self.differences(text, plot)
        if problems:
            if fault := self.fault(problems[0]):
                raise InputError(fault)
            raise RunError(
                f"the {self.name} is not what was to be written, so it is not kept: {problems[0]}"
            )
        return text

    def fault(self, problem: str) -> str:
        """Return a line on how the user's own settings make a file differ from its plot, or ''."""
        return ""

    def margin(self, page: Page) -> float:
        """Return mm along a page's edges that cannot be drawn on; 0 if unknown.

        Raises:
            InputError: if the page is larger than what the machine takes.
        """
        return 0.0

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return what to know and do at the machine, one sentence each."""
        beyond = self.motion.beyond(plot.page.width, plot.page.height) if self.motion else ""
        return [beyond] if beyond else []


def with_long_dots(plot: Plot) -> Plot:
    """Return the plot with strokes of one vertex drawn from there to there."""

    def long(stroke: Stroke) -> Stroke:
        return stroke if len(stroke.points) > 1 else Stroke(np.repeat(stroke.points, 2, axis=0))

    layers = tuple(
        replace(layer, strokes=tuple(long(stroke) for stroke in layer.strokes))
        for layer in plot.layers
    )
    return replace(plot, layers=layers)


def in_pens_of(plot: Plot, lines: Mapping[int, list[Points]]) -> Plot:
    """Return polylines, by pen from 1, as a plot in another plot's pens.

    Raises:
        InputError: if they do not use these pens, in their order.
    """
    layers = [layer for layer in plot.layers if layer.strokes]
    if list(lines) != list(range(1, len(layers) + 1)):
        raise InputError(f"it is drawn with pens {list(lines)}, not with 1 to {len(layers)}")
    drawn = (
        replace(layer, strokes=tuple(Stroke(line) for line in own))
        for layer, own in zip(layers, lines.values(), strict=True)
    )
    return replace(plot, layers=tuple(drawn))
