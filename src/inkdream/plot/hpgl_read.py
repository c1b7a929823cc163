"""HPGL read back: what a plotter draws when it is sent a text."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from inkdream.errors import InputError, shorten, unknown
from inkdream.page import Page
from inkdream.plot.devices import HpglDevice
from inkdream.plot.hpgl_place import Placement, Units, place
from inkdream.plot.plot import Points
from inkdream.plot.split import cut_by_pen

MOST_CHARACTERS = 2**25
MOST_PARAMETERS = 2**20
MOST_STROKES = 2 * 10**6
# The widest range that one of the machines takes (the 7550A's 24 bits).
LARGEST = 2**23

_INSTRUCTION = re.compile(r"\s*([A-Za-z]{2})([^A-Za-z;]*);")
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,8}\s*")
# What is read back is what is written. All else that draws, turns or scales is refused.
_KNOWN = ("IN", "DF", "VS", "PS", "SP", "PA", "PR", "PU", "PD")


def read_hpgl(
    text: str, device: HpglDevice, page: Page, paper: str = ""
) -> dict[int, list[Points]]:
    """Return what a plotter draws when it is sent `text`.

    Args:
        text: HPGL, of the instructions that `to_hpgl` writes.
        device: the plotter.
        page: the page that was plotted.
        paper: as in `to_hpgl`'s options.

    Returns:
        By the number of the slot, polylines (V, 2) in mm on the page, y down, as they are drawn.

    Raises:
        InputError: if the text is no such HPGL, is cut off, or goes beyond the machine's reach.
    """
    placed = place(page, device, paper)
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"HPGL: more than {MOST_CHARACTERS:,} characters")
    plotter = _Plotter(device.pens)
    for number, (code, values) in enumerate(_instructions(text), 1):
        plotter.obey(code, values, f"HPGL: instruction {number}, {code}")
    if plotter.pen:
        raise InputError("HPGL: ends with a pen in hand; is the file cut off?")
    over = placed.beyond(plotter.corners())
    if over:
        raise InputError(
            f"HPGL: goes {over:.3g} mm beyond what {device.title} draws on {placed.paper.name}"
        )
    return plotter.lines(placed)


@dataclass
class _Plotter:
    """A plotter that remembers what it was told to draw, in plotter units.

    Attributes:
        pens: how many it has.
        pen: which it holds; 0 for none.
        x, y: where the pen is.
        low, high: the lowest and highest x and y to which it was sent.
        strokes: pen, and index of the first vertex in `xs` and `ys`, of each time the pen was put
            down.
    """

    pens: int
    pen: int = 0
    is_down: bool = False
    is_relative: bool = False
    x: int = 0
    y: int = 0
    low: tuple[int, int] = (LARGEST, LARGEST)
    high: tuple[int, int] = (-LARGEST, -LARGEST)
    strokes: list[tuple[int, int]] = field(default_factory=list)
    xs: array[int] = field(default_factory=lambda: array("q"))
    ys: array[int] = field(default_factory=lambda: array("q"))

    def obey(self, code: str, values: list[int], where: str) -> None:
        """Carry out one instruction."""
        if code == "SP":
            self.take(values, where)
        elif code in ("IN", "DF"):
            self.is_relative = False
            self.is_down = self.is_down and code == "DF"
        elif code in ("PA", "PR"):
            self.is_relative = code == "PR"
        elif code in ("PU", "PD"):
            self.lower(code == "PD", where)
        if values and code in ("PA", "PR", "PU", "PD"):
            self.go(values, where)

    def take(self, values: list[int], where: str) -> None:
        """Put the pen back and take another."""
        pen = values[0] if values else 0
        if not 0 <= pen <= self.pens or len(values) > 1:
            raise InputError(f"{where}: no such pen; there are 1 to {self.pens}")
        if self.is_down:
            raise InputError(f"{where}: changes pens with the pen down")
        self.pen = pen

    def lower(self, down: bool, where: str) -> None:
        """Put the pen down or lift it."""
        if down and not self.pen:
            raise InputError(f"{where}: draws without a pen")
        if down and not self.is_down:
            if len(self.strokes) >= MOST_STROKES:
                raise InputError(f"{where}: more than {MOST_STROKES:,} strokes")
            self.strokes.append((self.pen, len(self.xs)))
            self.xs.append(self.x)
            self.ys.append(self.y)
        self.is_down = down

    def go(self, values: list[int], where: str) -> None:
        """Move, and draw if the pen is down."""
        if len(values) % 2:
            raise InputError(f"{where}: an x without a y; is the file cut off?")
        xs, ys = values[::2], values[1::2]
        if self.is_relative:
            xs = list(accumulate(xs, initial=self.x))[1:]
            ys = list(accumulate(ys, initial=self.y))[1:]
        self.low = min(self.low[0], *xs), min(self.low[1], *ys)
        self.high = max(self.high[0], *xs), max(self.high[1], *ys)
        if max(*self.high, -min(self.low)) > LARGEST:
            raise InputError(f"{where}: goes beyond {LARGEST:,} plotter units")
        self.x, self.y = xs[-1], ys[-1]
        if self.is_down:
            self.xs.extend(xs)
            self.ys.extend(ys)

    def corners(self) -> Units:
        """Return the lowest and the highest x and y, none if the pen was never moved."""
        moved = self.low <= self.high
        return np.array([self.low, self.high][: 2 * moved], dtype=np.int64).reshape(-1, 2)

    def lines(self, placed: Placement) -> dict[int, list[Points]]:
        """Return what was drawn, by pen, in mm on the page."""
        units = np.stack([np.asarray(self.xs, np.int64), np.asarray(self.ys, np.int64)], axis=1)
        return cut_by_pen(self.strokes, placed.to_page(units))


def _instructions(text: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the instructions of a text, each with its parameters."""
    at, number, end = 0, 0, len(text.rstrip())
    while at < end:
        number += 1
        where = f"HPGL: instruction {number}"
        found = _INSTRUCTION.match(text, at)
        if not found:
            near = shorten(text[at : at + 30].strip(), 30)
            raise InputError(f"{where}: {near!r} is none, or is cut off")
        code = found[1].upper()
        if code not in _KNOWN:
            raise InputError(f"{where}: {unknown('instruction', code, _KNOWN)}")
        yield code, _parameters(found[2].strip(), f"{where}, {code}")
        at = found.end()


def _parameters(words: str, where: str) -> list[int]:
    if not words:
        return []
    if words.count(",") >= MOST_PARAMETERS:
        raise InputError(f"{where}: more than {MOST_PARAMETERS:,} parameters")
    values = words.split(",")
    bad = next((word for word in values if not _WHOLE.fullmatch(word)), None)
    if bad is not None:
        raise InputError(f"{where}: {shorten(bad, 20)!r} is no whole number")
    return [int(word) for word in values]
