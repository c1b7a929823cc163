"""What every kind of plotter's file can do: be written, be read back, and be verified by that."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from inkdream.errors import InputError, RunError
from inkdream.page import Page
from inkdream.plot.machines import Machine
from inkdream.plot.plot import Plot, Points, Stroke


@dataclass(frozen=True)
class Format(ABC):
    """A kind of plotter's file, for one machine.

    A new kind is a subclass in a file of its own and a line in `formats/registry.py`.

    Attributes:
        name: the word for the kind; `title` as people write it.
        endings: of its files' names; the first is what new files get.
        begins: what its files begin with, to know them by; None if they are sources as well.
        usual: the machine that files are for if none is named.
        has_codes: whether names of layers can tell an AxiDraw its speed, height and pauses.
        machine: the word for who draws the file.
        motion: how that machine moves; None where that is not known, and so no time.
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
        """Return the names of the machines that take such files."""

    @classmethod
    def key(cls, machine: str) -> str:
        """Return a machine's name as `machines` has it."""
        return machine.strip().lower()

    @classmethod
    def takes(cls, machine: str) -> bool:
        """Return whether such files can be written for a machine of this name."""
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
            facts: where the drawing is from, by name.

        Raises:
            InputError: if the machine cannot draw it: too many pens, beyond its reach.
        """

    @abstractmethod
    def read(self, text: str, plot: Plot) -> Plot:
        """Return what the machine draws when it is sent `text`.

        Args:
            text: of a file.
            plot: whose page and pens are meant, where the text does not tell them.

        Raises:
            InputError: if the text is no such file, is cut off, or is not for this machine.
        """

    @abstractmethod
    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how what was read back differs from the plot, a sentence each."""

    def differences(self, text: str, plot: Plot) -> list[str]:
        """Return how a file's text differs from its plot; none if it can be trusted."""
        try:
            return self.compare(plot, self.read(text, plot))
        except InputError as error:
            return [f"it cannot be read back ({error})"]

    def verified(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return the text of a file that was read back and found to be the plot.

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
        """Return a line on how the user's own set-up makes a file differ from its plot, or ''."""
        return ""

    def margin(self, page: Page) -> float:
        """Return how many mm along a page's edges cannot be drawn on; 0 if that is not known.

        Raises:
            InputError: if the page is larger than what the machine takes.
        """
        return 0.0

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return what is to be known and done at the machine, a sentence each."""
        beyond = self.motion.beyond(plot.page.width, plot.page.height) if self.motion else ""
        return [beyond] if beyond else []


def with_long_dots(plot: Plot) -> Plot:
    """Return the plot with every stroke of one vertex drawn from there to there."""

    def long(stroke: Stroke) -> Stroke:
        return stroke if len(stroke.points) > 1 else Stroke(np.repeat(stroke.points, 2, axis=0))

    layers = tuple(
        replace(layer, strokes=tuple(long(stroke) for stroke in layer.strokes))
        for layer in plot.layers
    )
    return replace(plot, layers=layers)


def in_pens_of(plot: Plot, lines: Mapping[int, list[Points]]) -> Plot:
    """Return polylines, by pen from 1, as a plot in the pens that draw in another.

    Raises:
        InputError: if they are not drawn with these pens, in their order.
    """
    layers = [layer for layer in plot.layers if layer.strokes]
    if list(lines) != list(range(1, len(layers) + 1)):
        raise InputError(f"it is drawn with pens {list(lines)}, not with 1 to {len(layers)}")
    drawn = (
        replace(layer, strokes=tuple(Stroke(line) for line in own))
        for layer, own in zip(layers, lines.values(), strict=True)
    )
    return replace(plot, layers=tuple(drawn))
