"""G-code by templates: plots for GRBL, Marlin and whatever else a profile describes.

The grammar, and what each field holds, is that of vpype-gcode 0.13, so that its users' profiles do
here what they do there.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten
from inkdream.formats.devices import GcodeProfile, Value
from inkdream.formats.text import Lines, cut_by_pen, lines_on_page, plain
from inkdream.page import INCH, MM_PER, Page
from inkdream.plot.plot import TOLERANCE, Plot, Points

# Words that stop a machine, or have a pen changed; and the fields that tell pens apart.
_STOP = re.compile(r"(?<![A-Z0-9])(M0*[016]|M0*25|M226|M600|T\d+)(?![0-9])", re.IGNORECASE)
_OF_PENS = frozenset(
    {"layer_id", "layer_index", "layer_index1", "index", "index1", "vp_name", "vp_color"}
    | {"next_id", "next_name"}
)
_COMMENT = re.compile(r"\([^()\n]*\)|;[^\n]*")
_GCODE = re.compile(r"(?<![A-Z])G\d", re.IGNORECASE)

__all__ = ["check_pens", "check_travel", "read_gcode", "to_gcode"]


def to_gcode(
    plot: Plot,
    profile: GcodeProfile,
    notes: Sequence[str] = (),
    filename: str = "drawing.gcode",
    tolerance: float = TOLERANCE,
) -> str:
    """Return the plot as the text that a profile's templates describe.

    Args:
        plot: what is to be drawn.
        profile: how it is written.
        notes: lines that come first, as comments: an estimate, the pens.
        filename: the value of {filename}.
        tolerance: of polylines to curves, in mm.

    Raises:
        InputError: if ink lies off the page, or the page is larger than the machine's travel.
    """
    check_travel(plot.page, profile)
    layers = lines_on_page(plot, tolerance)
    check_pens(len(layers), profile)
    scribe = _Scribe(profile, {"filename": plain(filename, "drawing")})
    # What is no G-code may take a comment for something else.
    for note in notes if _takes_comments(profile) else ():
        scribe.say("comment", text=plain(note, "note"))
    _write_document(scribe, layers, _axes(layers, profile, plot.page))
    return "".join(scribe.parts)


class _Scribe:
    """Fills templates, and remembers where the pen is.

    Attributes:
        parts: what was written.
        about: the values that hold for all that is written now: of the document, layer and line.
        at: x and y in the profile's unit.
        whole: the same, added up of steps rounded to whole numbers.
    """

    def __init__(self, profile: GcodeProfile, about: Mapping[str, Value]) -> None:
        self.templates: dict[str, str | None] = {
            key: getattr(profile, key) for key in type(profile).model_fields
        }
        self.about: dict[str, Value] = {**profile.default_values, **about}
        self.parts: list[str] = []
        self.at = (0.0, 0.0)
        self.whole = (0, 0)

    def say(self, key: str, **fields: Value) -> None:
        """Write a template, if the profile has it."""
        template = self.templates[key]
        if template is not None:
            self.parts.append(template.format_map({**self.about, **fields}))

    def say_where(self, key: str, **fields: Value) -> None:
        """Write a template that knows where the pen is."""
        x, y = self.at
        ix, iy = self.whole
        self.say(key, x=x, y=y, ix=ix, iy=iy, **fields)

    def go(self, key: str, x: float, y: float, index: int) -> None:
        """Write a template for a vertex, and be there."""
        dx, dy = x - self.at[0], y - self.at[1]
        idx, idy = round(x - self.whole[0]), round(y - self.whole[1])
        self.at = (x, y)
        self.whole = (self.whole[0] + idx, self.whole[1] + idy)
        negated = {"_x": -x, "_y": -y, "_dx": -dx, "_dy": -dy}
        whole = {"idx": idx, "idy": idy, **_count("segment_", index)}
        self.say_where(key, dx=dx, dy=dy, **negated, **whole)


def _write_document(scribe: _Scribe, layers: Sequence[Lines], axes: NDArray[np.float64]) -> None:
    scribe.say("document_start")
    document = scribe.about
    for index, layer in enumerate(layers):
        scribe.about = {
            **document,
            **_count("layer_", index),
            "layer_id": index + 1,
            "vp_name": plain(layer.pen.name),
            "vp_color": plain(layer.pen.colour, "#000000"),
            "vp_pen_width": layer.pen.width / MM_PER["px"],
        }
        scribe.say_where("layer_start")
        _write_lines(scribe, [line * axes[0] + axes[1] for line in layer.lines])
        scribe.say_where("layer_end")
        if index + 1 < len(layers):
            following = plain(layers[index + 1].pen.name)
            scribe.say_where("layer_join", next_id=index + 2, next_name=following)
    scribe.about = document
    scribe.say("document_end")


def _write_lines(scribe: _Scribe, lines: Sequence[Points]) -> None:
    layer = scribe.about
    for index, line in enumerate(lines):
        scribe.about = {**layer, **_count("lines_", index)}
        scribe.say_where("line_start")
        last = len(line) - 1
        # The last digits are noise, and could be written as '-0.000'.
        for number, (x, y) in enumerate((np.round(line, 9) + 0.0).tolist()):
            scribe.go(_segment(scribe, number, last), x, y, number)
        scribe.say_where("line_end")
        if index + 1 < len(lines):
            scribe.say_where("line_join")
    scribe.about = layer


def _segment(scribe: _Scribe, number: int, last: int) -> str:
    """Return which template is a vertex's: the first, the last, or that of all others."""
    if number == 0 and scribe.templates["segment_first"] is not None:
        return "segment_first"
    if number == last and scribe.templates["segment_last"] is not None:
        return "segment_last"
    return "segment"


def _count(of: str, index: int) -> dict[str, int]:
    """Return a counter from 0 and from 1, as 'index' and under its own name."""
    return {
        "index": index,
        "index1": index + 1,
        f"{of}index": index,
        f"{of}index1": index + 1,
    }


def _axes(layers: Sequence[Lines], profile: GcodeProfile, page: Page) -> NDArray[np.float64]:
    """Return what mm on the page are multiplied with, and what is then added: (2, 2) by x, y."""
    factor = np.array([profile.scale_x, profile.scale_y]) / profile.mm
    summand = np.array([profile.offset_x, profile.offset_y])
    lines = [line for layer in layers for line in layer.lines]
    if lines:
        low = np.min([line.min(axis=0) for line in lines], axis=0)
        high = np.max([line.max(axis=0) for line in lines], axis=0)
        # Inverted, the drawing takes the place that it had.
        inverted = np.array([profile.invert_x, profile.invert_y])
        summand = np.where(inverted, factor * (low + high) + summand, summand)
        factor = np.where(inverted, -factor, factor)
    flipped = np.array([profile.horizontal_flip, profile.vertical_flip])
    size = np.array([page.width, page.height]) / profile.mm
    return np.stack(
        [np.where(flipped, -factor, factor), np.where(flipped, size - summand, summand)]
    )


def check_pens(count: int, profile: GcodeProfile) -> None:
    """Raise InputError if a profile cannot draw with so many pens: nothing tells them apart.

    Between two pens something must be written that stops the machine, or that has the pen's number
    or name outside of comments.
    """
    between = "".join(
        template
        for template in (profile.layer_end, profile.layer_join, profile.layer_start)
        if template
    )
    told = _COMMENT.sub("", between)
    fields = {name for _, name, _, _ in Formatter().parse(told)}
    if count > 1 and not (fields & _OF_PENS or _STOP.search(told)):
        raise InputError(
            f"profile {profile.name} is for one pen, and there are {count}: it has no layer_join "
            'that stops between two; add layer_join = "M0\\n", or take --per-pen, or one pen'
        )


def _takes_comments(profile: GcodeProfile) -> bool:
    """Return whether notes may be written: the profile says how, or it writes G-code."""
    texts = (profile.document_start, profile.segment_first, profile.segment)
    return "comment" in profile.model_fields_set or any(_GCODE.search(text or "") for text in texts)


def check_travel(page: Page, profile: GcodeProfile) -> None:
    """Raise InputError if a page is larger than a machine's travel."""
    travel = profile.travel
    if travel and (page.width > travel[0] or page.height > travel[1]):
        raise InputError(
            f"{profile.name}: a page of {page.width:g} x {page.height:g} mm is larger than the "
            f"machine's travel of {travel[0]:g} x {travel[1]:g} mm"
        )


Word = tuple[str, float]
Words = tuple[Word, ...]

MOST_CHARACTERS = 2**25
MOST_LINE = 1000
MOST_STROKES = 2 * 10**6
# Mm; no machine of this kind is larger, and a number with more digits is a mistake.
LARGEST = 1e5

_NUMBER = r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
_WORD = re.compile(rf"\s*([A-DF-Za-df-z])\s*({_NUMBER})")
_COMMENT_IN_LINE = re.compile(r"\([^()]*\)|;.*")
# Words that change nothing on the paper: dwell, plane, feed per minute, which coordinates, no
# length of tool, exact or smooth ways, wait for moves, motors, coolant, fans, limits.
_IDLE: set[Word] = {
    *(("G", code) for code in (4, 17, 40, 49, 54, 55, 56, 57, 58, 59, 61, 64, 80, 94)),
    *(("M", code) for code in (7, 8, 9, 17, 18, 42, 84, 106, 107, 201, 203, 204, 205, 211, 220)),
    ("M", 400),
}
# Where the pen is has another name from then on, or it is at home, where all is 0.
_NAMED: set[Word] = {("G", 10), ("G", 92)}
_HOME: set[Word] = {("G", 28), ("G", 30)}
_PEN: set[Word] = {("M", 3), ("M", 4), ("M", 5), ("M", 280)}
_PAUSE: set[Word] = {("M", 0), ("M", 1), ("M", 6)}
_END: set[Word] = {("M", 2), ("M", 30)}
_MODES: set[Word] = {("G", 0), ("G", 1), ("G", 20), ("G", 21), ("G", 90), ("G", 91)}
_STILL = _IDLE | _PEN | _NAMED | _HOME
_STOP_CODES = _PAUSE | _END
_KNOWN = _STILL | _STOP_CODES | _MODES


def read_gcode(text: str, profile: GcodeProfile, page: Page) -> dict[int, list[Points]]:
    """Return what a machine draws when it is sent `text`.

    Args:
        text: G-code of straight moves.
        profile: whose `pen_up` and `pen_down` tell when the pen draws; without them G1 draws. Its
            unit, scale, offset, inversion and flip are undone.
        page: the page that was plotted.

    Returns:
        By pen, counted from 1 and on by one at each pause after a stroke, polylines (V, 2) in mm
        on the page, y down, as they are drawn.

    Raises:
        InputError: if the text is no such G-code or is cut off, if the machine would draw with the
            pen up, travel with it down, or end or wait for a pen with it down.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"G-code: more than {MOST_CHARACTERS:,} characters")
    machine = _Machine(_command(profile, "pen_up"), _command(profile, "pen_down"))
    for where, words in _blocks(text):
        machine.obey(words, where)
        if machine.has_ended:
            break
    end = profile.document_end or ""
    must_end = re.search(r"M0*(2|30)\b", end)
    # Without its line's end an M2 may be what is left of an M280, unless the profile has it so.
    last = "\n" if end.endswith("\n") else end.splitlines()[-1] if end else ""
    has_ended = machine.has_ended and ("{" in last or text.endswith(last))
    if (machine.up and machine.is_down) or (must_end and not has_ended):
        raise InputError("G-code: does not come to its end; is the file cut off?")
    points = np.stack([np.asarray(machine.xs), np.asarray(machine.ys)], axis=1)
    return on_page(machine.strokes, points, profile, page)


@dataclass
class _Machine:
    """A machine that remembers what it was told to draw, in mm.

    Attributes:
        up, down: the commands that lift and lower the pen; none if G0 and G1 tell.
        is_down: whether the pen is; None while nobody knows.
        x, y: where the pen is.
        draws: whether moves are G1.
        pen: which it holds, from 1.
        strokes: pen, and index of the first vertex in `xs` and `ys`.
    """

    up: Words
    down: Words
    is_down: bool | None = None
    is_drawing: bool = False
    has_ended: bool = False
    draws: bool = False
    is_relative: bool = False
    unit: float = 1.0
    x: float = 0.0
    y: float = 0.0
    pen: int = 1
    strokes: list[tuple[int, int]] = field(default_factory=list)
    xs: array[float] = field(default_factory=lambda: array("d"))
    ys: array[float] = field(default_factory=lambda: array("d"))

    def obey(self, words: Words, where: str) -> None:
        """Carry out one line."""
        if self.up and words in (self.up, self.down):
            self.is_down = words == self.down
            self.is_drawing = self.is_drawing and self.is_down
        for letter, number in words:
            if letter in "GM":
                self.change((letter, number), where)
        places = {letter: number for letter, number in words if letter in "XY"}
        if any(code in _HOME for code in words):
            places = {"X": 0.0, "Y": 0.0}
        if any(code in _NAMED | _HOME for code in words):
            self.is_drawing = False
            self.x = places.get("X", self.x / self.unit) * self.unit
            self.y = places.get("Y", self.y / self.unit) * self.unit
        elif places and not any(code in _STILL for code in words):
            self.move(places, where)

    def change(self, code: Word, where: str) -> None:
        """Carry out a G or M word."""
        if code not in _KNOWN:
            raise InputError(f"{where}: {code[0]}{code[1]:g} is not read here")
        if code in _MODES:
            self.set_mode(int(code[1]))
        elif code in _STOP_CODES:
            if self.is_down and self.up:
                raise InputError(f"{where}: stops with the pen down")
            self.is_drawing = False
            self.has_ended = code in _END
            if self.strokes and self.strokes[-1][0] == self.pen:
                self.pen += 1

    def set_mode(self, code: int) -> None:
        """Carry out a G word that holds until another."""
        if code in (0, 1):
            self.draws = code == 1
        elif code in (20, 21):
            self.unit = INCH if code == 20 else 1.0
        else:
            self.is_relative = code == 91

    def move(self, places: dict[str, float], where: str) -> None:
        """Move, and draw if G1 says so."""
        if self.up and self.draws is not self.is_down:
            state = {True: "down", False: "up", None: "not yet lifted"}[self.is_down]
            raise InputError(
                f"{where}: {'draws' if self.draws else 'travels'} with the pen {state}"
            )
        if self.draws and not self.is_drawing:
            if len(self.strokes) >= MOST_STROKES:
                raise InputError(f"{where}: more than {MOST_STROKES:,} strokes")
            self.strokes.append((self.pen, len(self.xs)))
            self.xs.append(self.x)
            self.ys.append(self.y)
        self.is_drawing = self.draws
        self.x = self._target(self.x, places.get("X"))
        self.y = self._target(self.y, places.get("Y"))
        if max(abs(self.x), abs(self.y)) > LARGEST:
            raise InputError(f"{where}: goes beyond {LARGEST:,.0f} mm")
        if self.draws:
            self.xs.append(self.x)
            self.ys.append(self.y)

    def _target(self, at: float, said: float | None) -> float:
        if said is None:
            return at
        return said * self.unit + (at if self.is_relative else 0.0)


def _blocks(text: str) -> Iterator[tuple[str, Words]]:
    """Yield the lines that are no comment, each with its number and its words."""
    begin, number = 0, 0
    while begin < len(text):
        number += 1
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        where = f"G-code: line {number}"
        if end - begin > MOST_LINE:
            raise InputError(f"{where}: is longer than {MOST_LINE} characters")
        line = text[begin:end]
        line = (_COMMENT_IN_LINE.sub(" ", line) if "(" in line or ";" in line else line).strip()
        begin = end + 1
        # '%' marks a tape's ends; '$' is for GRBL itself; M117 shows words on a display.
        if line and line[0] not in "%$" and not line.upper().startswith("M117"):
            yield where, _words(line, where)


def _words(line: str, where: str) -> Words:
    words, at = [], 0
    while at < len(line):
        found = _WORD.match(line, at)
        if not found:
            raise InputError(f"{where}: {shorten(line[at:], 30)!r} is no G-code")
        words.append((found[1].upper(), float(found[2])))
        at = found.end()
    return tuple(words)


def _command(profile: GcodeProfile, key: str) -> Words:
    """Return the words of a profile's `pen_up` or `pen_down`, none if it has none."""
    template = getattr(profile, key)
    if template is None:
        return ()
    return _words(template.format_map(profile.default_values).strip(), f"{profile.name}: {key}")


def on_page(
    strokes: Sequence[tuple[int, int]], points: Points, profile: GcodeProfile, page: Page
) -> dict[int, list[Points]]:
    """Return what was drawn, by pen, in mm on the page: a profile's mapping undone.

    Args:
        strokes: of each its pen, and the index of its first point.
        points: (N, 2) in mm as the machine has them.
        profile: whose scale, offset, inversion and flip are undone.
        page: the page that was plotted.
    """
    if len(points):
        unit = profile.mm
        flipped = np.array([profile.horizontal_flip, profile.vertical_flip])
        points = np.where(flipped, [page.width, page.height] - points, points)
        inverted = np.array([profile.invert_x, profile.invert_y])
        points = np.where(inverted, points.min(axis=0) + points.max(axis=0) - points, points)
        points -= np.array([profile.offset_x, profile.offset_y]) * unit
        points /= [profile.scale_x, profile.scale_y]
    return cut_by_pen(strokes, points)
