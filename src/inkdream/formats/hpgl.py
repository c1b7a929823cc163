"""HPGL: pages placed in a plotter, written, and read back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten, unknown
from inkdream.formats.base import Format, Recorder, check_size, in_pens_of, lines_on_page
from inkdream.formats.devices import HpglDevice, HpglPaper, hpgl_device, hpgl_names
from inkdream.formats.verify import compare_plots
from inkdream.page import Page
from inkdream.plot.plot import Plot, Points, Stroke
from inkdream.wording import counted

Units = NDArray[np.int64]

# A sheet counts as a paper's own size if it differs by no more than this, in mm.
SAME = 1.0
# Of sums of lengths in mm.
NOISE = 1e-6


@dataclass(frozen=True)
class Hpgl(Format):
    """Files for plotters that read HP-GL."""

    name = "hpgl"
    title = "HPGL"
    endings = (".hpgl", ".hpg", ".plt")
    begins = re.compile(rb"\s*(IN;|\x1b\.)")
    usual = "hp7475a"

    device: HpglDevice

    @classmethod
    def machines(cls) -> tuple[str, ...]:
        """Return the names of the plotters that are known."""
        return hpgl_names()

    @classmethod
    def key(cls, machine: str) -> str:
        """Return a name as the table has it: 'HP 7475A' and 'hp7475a' are one."""
        return re.sub(r"[\s_-]", "", machine.lower())

    @classmethod
    def of(cls, machine: str) -> Hpgl:
        """Return the format for a plotter."""
        device = hpgl_device(machine)
        return cls(device.name, None, device)

    def write(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return HPGL; facts are not written."""
        return to_hpgl(plot, self.device)

    def read(self, text: str, plot: Plot) -> Plot:
        """Return what the plotter draws."""
        return in_pens_of(plot, read_hpgl(text, self.device, plot.page))

    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how what is drawn differs, by more than half a plotter unit."""
        placed = place(plot.page, self.device)
        layers = []
        for layer in lines_on_page(plot).layers:
            thinned = []
            for number, stroke in enumerate(layer.strokes, 1):
                kept = _is_new(placed.to_units(stroke.points))
                points = stroke.points[kept]
                lost = float(np.hypot(*(stroke.points - points[np.cumsum(kept) - 1]).T).max())
                if lost > self.device.unit * math.sqrt(2) + NOISE:
                    return [f"stroke {number} of {layer.pen.name!r} lost {lost:.3g} mm on the grid"]
                thinned.append(Stroke(points if len(points) > 1 else stroke.points[:2]))
            layers.append(replace(layer, strokes=tuple(thinned)))
        tolerance = self.device.unit * math.sqrt(0.5) + NOISE
        return compare_plots(replace(plot, layers=tuple(layers)), read, tolerance)

    def margin(self, page: Page) -> float:
        """Return mm along a page's edges that the plotter cannot draw on."""
        return place(page, self.device).margin

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return which paper to load, which way round, and where the pens go."""
        placed = place(plot.page, self.device)
        turned = ", the page turned with its top to the left" if placed.turned else ""
        slots = "each file's pen in slot 1" if per_pen else "pens in the slots above"
        note = f" ({placed.paper.note})" if placed.paper.note else ""
        notes = [f"{self.device.title}: paper {placed.paper.name}{note}{turned}; {slots}"]
        if plot.refills and not per_pen:
            notes.append("a refill is another pen of that ink, in the slot above")
        return notes


@dataclass(frozen=True)
class Placement:
    """How a page lies in an HPGL plotter.

    Attributes:
        page: the page.
        paper: in the machine.
        unit: mm of one plotter unit.
        turned: whether the page lies a quarter turn counter-clockwise, its top at the paper's left.
        left, bottom: mm from the paper's edges to the page's, as it lies.
    """

    page: Page
    paper: HpglPaper
    unit: float
    turned: bool
    left: float
    bottom: float

    def to_units(self, points: Points) -> Units:
        """Return points (N, 2) on the page in mm as the nearest plotter units, y up."""
        x, y = points.T
        right, up = (y, x) if self.turned else (x, self.page.height - y)
        lying = np.stack([right + self.left, up + self.bottom], axis=1)
        return np.rint((lying - self.paper.origin) / self.unit).astype(np.int64)

    def to_page(self, units: Units) -> Points:
        """Return plotter units (N, 2) as points on the page in mm, y down."""
        lying = units * self.unit + np.asarray(self.paper.origin)
        right, up = lying[:, 0] - self.left, lying[:, 1] - self.bottom
        x, y = (up, right) if self.turned else (right, self.page.height - up)
        page: Points = np.stack([x, y], axis=1)
        return page

    @property
    def margin(self) -> float:
        """The page's margin in mm within which the machine can draw everything."""
        limits = np.array([self.paper.x, self.paper.y], dtype=np.float64)
        reach = limits * self.unit + np.array(self.paper.origin)[:, None]
        page = (self.page.width, self.page.height)
        width, height = page[::-1] if self.turned else page
        sides = np.array([[self.left, self.left + width], [self.bottom, self.bottom + height]])
        return max(0.0, float((reach - sides)[:, 0].max()), float((sides - reach)[:, 1].max()))

    def beyond(self, units: Units) -> float:
        """Return by how many mm units (N, 2) lie beyond the hard-clip limits; 0 if they do not."""
        low, high = np.array([self.paper.x, self.paper.y]).T
        return max(0.0, float(np.maximum(low - units, units - high).max(initial=0)) * self.unit)


def place(page: Page, device: HpglDevice, paper: str = "") -> Placement:
    """Return how a page lies in a plotter.

    It lies on paper of its own size if there is any, else in the middle (on a flat bed in the lower
    left corner) of the first paper that is large enough; turned if it does not fit upright, or only
    so has its margin within reach.

    Args:
        page: the page.
        device: the plotter.
        paper: one of its papers; '' for the first that fits.

    Raises:
        InputError: if there is no such paper, or the page is larger than it.
    """
    papers = [each for each in device.paper if not paper or each.name == paper.lower()]
    if not papers:
        raise unknown(f"paper of {device.name}", paper, [each.name for each in device.paper])
    placements = [
        _lay(page, device, each, turned)
        for each in papers
        for turned in (False, True)
        if _spare(page, each, turned) >= -SAME
    ]
    if not placements:
        sizes = ", ".join(f"{each.name} {each.size[0]:g} x {each.size[1]:g}" for each in papers)
        raise InputError(
            f"{device.title}: a page of {page.width:g} x {page.height:g} mm is larger than its "
            f"paper ({sizes} mm); choose a smaller page"
        )
    # min() keeps to the machine's order, and to upright, among equals.
    return min(placements, key=lambda each: _preference(each, device))


def _check_reach(lines: Plot, placed: Placement, device: HpglDevice) -> None:
    """Raise InputError if ink lies beyond the hard-clip limits, naming what would fit."""
    points = [stroke.points for layer in lines.layers for stroke in layer.strokes]
    if not points:
        return
    corners = np.stack(
        [np.min([each.min(0) for each in points], 0), np.max([each.max(0) for each in points], 0)]
    )
    over = placed.beyond(placed.to_units(corners))
    if not over:
        return
    margin = math.ceil(placed.margin - NOISE)
    room = min(placed.page.width, placed.page.height) - 2 * margin
    ways = [f"a page margin of {margin} mm"] if room > 0 else []
    ways += [f"paper {name}" for name in _larger(corners, placed, device)]
    raise InputError(
        f"{device.title}: the drawing reaches {over:.2g} mm beyond what the machine draws on "
        f"{placed.paper.name}; what fits: {' or '.join(ways) or 'a smaller page'}"
    )


def _larger(corners: Points, placed: Placement, device: HpglDevice) -> list[str]:
    """Return the names of other papers on which a drawing of these corners fits."""
    names = []
    for paper in device.paper:
        larger = [_spare(placed.page, paper, turned) >= -SAME for turned in (False, True)]
        if paper.name != placed.paper.name and any(larger):
            other = place(placed.page, device, paper.name)
            names += [paper.name] if not other.beyond(other.to_units(corners)) else []
    return names


def _spare(page: Page, paper: HpglPaper, turned: bool) -> float:
    """Return the smaller difference of a paper's sides to a page's, in mm."""
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    return min(paper.size[0] - width, paper.size[1] - height)


def _lay(page: Page, device: HpglDevice, paper: HpglPaper, turned: bool) -> Placement:
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    spare = (0.0, 0.0) if device.corner else (paper.size[0] - width, paper.size[1] - height)
    return Placement(page, paper, device.unit, turned, spare[0] / 2, spare[1] / 2)


def _preference(placed: Placement, device: HpglDevice) -> tuple[bool, int, bool]:
    """Return a sort key, least for the best placement."""
    sides = sorted((placed.page.width, placed.page.height))
    own = sorted(placed.paper.size)
    differs = max(abs(side - other) for side, other in zip(sides, own, strict=True)) > SAME
    return differs, device.paper.index(placed.paper), placed.margin > placed.page.margin + NOISE


def _check_pens(plot: Plot, device: HpglDevice) -> None:
    """Raise InputError for more pens than slots."""
    names = [layer.title for layer in plot.layers if layer.strokes]
    if len(names) > device.pens:
        over = ", ".join(repr(shorten(name, 40)) for name in names[device.pens :][:8])
        raise InputError(
            f"{device.title} holds {counted(device.pens, 'pen')}, the drawing has {len(names)}: no "
            f"slot for {over}; use fewer pens, or --per-pen, which writes one file each"
        )


def to_hpgl(plot: Plot, device: HpglDevice) -> str:
    """Return the plot as HPGL: one SP a pen, integers in plotter units, y up.

    It lies on the first of the machine's papers that the page fits on, and is drawn at the
    machine's own speed. Strokes are relative, which is shorter.

    Raises:
        InputError: if there are too many pens, or ink beyond the page or the machine's reach.
    """
    _check_pens(plot, device)
    placed = place(plot.page, device)
    lines = lines_on_page(plot)
    _check_reach(lines, placed, device)
    ps = "" if placed.paper.ps is None else f"PS{placed.paper.ps};"
    parts = ["IN;DF;", ps]
    for slot, layer in enumerate(lines.layers, 1):
        parts.append(f"PU;SP{slot};" if slot > 1 else f"SP{slot};")
        strokes = [_thin(placed.to_units(stroke.points)) for stroke in layer.strokes]
        parts += _relative(strokes, device.longest)
    parts.append("PU{},{};SP0;IN;\n".format(*placed.paper.park))
    return "".join(parts)


def _thin(line: Units) -> Units:
    """Return a line without repeated vertices; a dot keeps two."""
    kept = line[_is_new(line)]
    return kept if len(kept) > 1 else line[:2]


def _is_new(line: Units) -> NDArray[np.bool_]:
    """Return whether each vertex (V,) differs from the one before it."""
    return np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))


def _relative(strokes: Sequence[Units], longest: int) -> Iterator[str]:
    """Yield strokes as differences, the first from the origin."""
    yield f"PU{strokes[0][0, 0]},{strokes[0][0, 1]};PR;"
    at = strokes[0][0]
    for line in strokes:
        x, y = line[0] - at
        if line is not strokes[0]:
            yield f"PU{x},{y};"
        yield _down(np.diff(line, axis=0), longest)
        at = line[-1]
    yield "PA;"


def _down(points: Units, longest: int) -> str:
    """Return PD with these coordinates, in instructions of at most `longest` characters."""
    done, words, room = [], list[str](), longest
    for x, y in points.tolist():
        word = f"{x},{y}"
        if len(word) + 3 > room and words:
            done.append(f"PD{','.join(words)};")
            words, room = [], longest
        words.append(word)
        room -= len(word) + 1
    done.append(f"PD{','.join(words)};")
    return "".join(done)


MOST_PARAMETERS = 2**20
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
        paper: see `place`.

    Returns:
        By slot, polylines (V, 2) in mm on the page, y down, in order.

    Raises:
        InputError: if the text is no such HPGL, is cut off, or goes beyond the machine's reach.
    """
    placed = place(page, device, paper)
    check_size(text, "HPGL")
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
    return plotter.recorder.by_pen(placed.to_page(plotter.recorder.points))


@dataclass
class _Plotter:
    """A plotter that records what it draws, in plotter units.

    Attributes:
        pens: how many it has.
        pen: which it holds; 0 for none.
        x, y: where the pen is.
        low, high: the lowest and highest x and y so far.
    """

    pens: int
    pen: int = 0
    is_down: bool = False
    is_relative: bool = False
    x: int = 0
    y: int = 0
    low: tuple[int, int] = (LARGEST, LARGEST)
    high: tuple[int, int] = (-LARGEST, -LARGEST)
    recorder: Recorder = field(default_factory=lambda: Recorder("q"))

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
            self.recorder.begin(self.pen, self.x, self.y, where)
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
            self.recorder.draw(xs, ys)

    def corners(self) -> Units:
        """Return the lowest and the highest x and y; empty if the pen was never moved."""
        moved = self.low <= self.high
        return np.array([self.low, self.high][: 2 * moved], dtype=np.int64).reshape(-1, 2)


def _instructions(text: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the instructions of a text, each with its parameters."""
    at, number, end = 0, 0, len(text.rstrip())
    while at < end:
        number += 1
        where = f"HPGL: instruction {number}"
        match = _INSTRUCTION.match(text, at)
        if not match:
            near = shorten(text[at : at + 30].strip(), 30)
            raise InputError(f"{where}: {near!r} is none, or is cut off")
        code = match[1].upper()
        if code not in _KNOWN:
            raise InputError(f"{where}: {unknown('instruction', code, _KNOWN)}")
        yield code, _parameters(match[2].strip(), f"{where}, {code}")
        at = match.end()


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
