"""G-code, and other texts that a profile's templates describe: for GRBL, Marlin and others.

Files are read back as the machine carries them out. If a profile does not say how the pen is
lifted, the numbers in the text are read by its templates instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from inkdream.errors import InputError, shorten
from inkdream.formats.base import Format, Recorder, check_size, in_pens_of, lines_on_page, plain
from inkdream.formats.devices import GcodeProfile, gcode_names, gcode_profile, read_profile
from inkdream.formats.templates import (
    check_places,
    read_by_templates,
    rounded_step,
    rounding,
    to_page,
    write_by_templates,
)
from inkdream.formats.verify import TOLERANCE, compare_plots
from inkdream.page import INCH, Page
from inkdream.plot import machines
from inkdream.plot.plot import Plot, Points

# Words that stop a machine, or have a pen changed; and the fields that tell pens apart.
_STOP = re.compile(r"(?<![A-Z0-9])(M0*[016]|M0*25|M226|M600|T\d+)(?![0-9])", re.IGNORECASE)
_OF_PENS = frozenset(
    {"layer_id", "layer_index", "layer_index1", "index", "index1", "vp_name", "vp_color"}
    | {"next_id", "next_name"}
)
_COMMENT = re.compile(r"\([^()\n]*\)|;[^\n]*")
_GCODE = re.compile(r"(?<![A-Z])G\d", re.IGNORECASE)
# A file of one's own profiles, and perhaps the name of one of them.
_PROFILES = re.compile(r"(.+\.toml)(?::([^:/\\]*))?", re.IGNORECASE)
# Places that are rounded by more than this, in mm, are worth a word.
_COARSE = 0.05
# Of sums of lengths in mm.
_NOISE = 1e-6


@dataclass(frozen=True)
class Gcode(Format):
    """Files by a profile that says how the pen is lifted."""

    name = "gcode"
    title = "G-code"
    endings = (".gcode", ".gco", ".nc", ".ngc")
    begins = re.compile(rb"\s*(\(|;|%\s|[GM]\d{1,3}\b)")
    usual = "grbl-servo"

    profile: GcodeProfile

    @classmethod
    def machines(cls) -> tuple[str, ...]:
        """Return the names of the known profiles."""
        return gcode_names()

    @classmethod
    def takes(cls, machine: str) -> bool:
        """Return whether there is such a profile, or it is a file of profiles."""
        return bool(_PROFILES.fullmatch(machine)) or super().takes(machine)

    @classmethod
    def of(cls, machine: str) -> Gcode:
        """Return the format for a profile, or for one in a file: 'mine.toml:fast'."""
        own = _PROFILES.fullmatch(machine)
        profile = read_profile(Path(own[1]), own[2] or "") if own else gcode_profile(machine)
        is_known = not own and profile.name in machines.machine_names()
        motion = machines.machine(profile.name) if is_known else None
        kind = Templates if profile.pen_up is None else Gcode
        return kind(profile.name, motion, profile)

    def write(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return the profile's text; facts come first, as comments."""
        comments = [f"{name}: {text}" for name, text in facts.items() if name != "recipe"]
        return to_gcode(plot, self.profile, comments)

    def read(self, text: str, plot: Plot) -> Plot:
        """Return what the machine draws."""
        if self.profile.names_pens:
            _check_names(text, plot)
        return in_pens_of(plot, read_gcode(text, self.profile, plot.page))

    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how what is drawn differs from the plot."""
        return compare_plots(lines_on_page(plot), read)

    def margin(self, page: Page) -> float:
        """Return 0; raise InputError if the page is larger than the machine's travel."""
        _check_travel(page, self.profile)
        return 0.0

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return the profile's info, its fields filled."""
        words = re.sub(
            r"\{(\w+)\}",
            lambda name: str(self.profile.default_values.get(name[1], name[0])),
            self.profile.info,
        )
        beyond = [] if self.profile.travel else super().notes(plot)
        return [*beyond, *([words] if words else [])]


@dataclass(frozen=True)
class Templates(Gcode):
    """Files by a profile that does not say how the pen is lifted: read back by its templates."""

    def write(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return the profile's text, if it says where each vertex is."""
        check_places(self.profile)
        return super().write(plot, facts)

    def read(self, text: str, plot: Plot) -> Plot:
        """Return the lines whose numbers stand in the text."""
        lines = read_by_templates(text, lines_on_page(plot), self.profile, plot.page)
        return in_pens_of(plot, lines)

    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how the numbers differ from the plot's, by more than their rounding."""
        tolerance = max(TOLERANCE, rounding(self.profile) + _NOISE)
        return compare_plots(lines_on_page(plot), read, tolerance)

    def fault(self, problem: str) -> str:
        """Return a line on steps whose rounding adds up."""
        step = rounded_step(self.profile)
        whole = f"{{i{step[1:3].lstrip('_')}:d}}"
        return step and (
            f"profile {self.machine}: steps as {step} are rounded one by one, and that adds up "
            f"({problem}); write more digits, or {whole}, whose rounding does not"
        )

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return the profile's info, and what could not be verified."""
        info = " ".join(self.profile.info.split())
        notes = [info] if info else []
        notes.append(
            f"profile {self.machine} has no pen_up and pen_down: its numbers were read back, "
            "not when the pen is down"
        )
        if rounding(self.profile) > _COARSE:
            notes.append(f"it rounds places: lines lie up to {rounding(self.profile):.2g} mm off")
        return notes


def to_gcode(
    plot: Plot,
    profile: GcodeProfile,
    notes: Sequence[str] = (),
    filename: str = "drawing.gcode",
) -> str:
    """Return the plot as the text of a profile's templates.

    Args:
        plot: to be drawn.
        profile: of the machine.
        notes: lines that come first, as comments: an estimate, the pens.
        filename: the value of {filename}.

    Raises:
        InputError: if ink lies off the page, the page is larger than the machine's travel, or
            nothing tells the pens apart.
    """
    _check_travel(plot.page, profile)
    lines = lines_on_page(plot)
    _check_pens(len(lines.layers), plot.refills, profile)
    # What is no G-code may take a comment for something else.
    texts = (profile.document_start, profile.segment_first, profile.segment)
    is_gcode = any(_GCODE.search(text or "") for text in texts)
    if not is_gcode and "comment" not in profile.model_fields_set:
        notes = ()
    comments = [
        profile.comment.format_map({**profile.default_values, "text": plain(note, "note")})
        for note in notes
    ]
    return "".join([*comments, *write_by_templates(lines, profile, filename)])


def _check_travel(page: Page, profile: GcodeProfile) -> None:
    """Raise InputError if a page is larger than a machine's travel."""
    travel = profile.travel
    if travel and (page.width > travel[0] or page.height > travel[1]):
        raise InputError(
            f"{profile.name}: a page of {page.width:g} x {page.height:g} mm is larger than the "
            f"machine's travel of {travel[0]:g} x {travel[1]:g} mm"
        )


def _check_pens(count: int, refills: int, profile: GcodeProfile) -> None:
    """Raise InputError if a profile cannot draw with that many pens, refilled ones among them.

    Between two pens something must be written that stops the machine, or has the pen's number or
    name, outside of comments.
    """
    texts = (profile.layer_end, profile.layer_join, profile.layer_start)
    between = _COMMENT.sub("", "".join(text or "" for text in texts))
    fields = {name for _, name, _, _ in Formatter().parse(between)}
    if count > 1 and not (fields & _OF_PENS or _STOP.search(between)):
        raise InputError(
            f"profile {profile.name} is for one pen, and there are {count}"
            f"{', refilled ones counted' if refills else ''}: it has no layer_join "
            'that stops between two; add layer_join = "M0\\n", or take --per-pen, or one pen'
        )


def _check_names(text: str, plot: Plot) -> None:
    """Raise InputError unless the pens are named in their order."""
    at = 0
    for layer in plot.layers:
        if layer.strokes:
            at = text.find(plain(layer.title), at)
            if at < 0:
                raise InputError(f"it does not name the pen {layer.title!r} in its turn")


Word = tuple[str, float]
Words = tuple[Word, ...]

MOST_LINE = 1000
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
        profile: its `pen_up` and `pen_down` tell when the pen draws; without them G1 draws. Its
            unit, scale, offset, inversion and flip are undone.
        page: the page that was plotted.

    Returns:
        By pen, from 1 and one more after each pause with strokes before it, polylines (V, 2) in mm
        on the page, y down, in order.

    Raises:
        InputError: if the text is no such G-code or is cut off, if the machine would draw with the
            pen up, travel with it down, or end or wait for a pen with it down.
    """
    check_size(text, "G-code")
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
    return machine.recorder.by_pen(to_page(machine.recorder.points, profile, page))


@dataclass
class _Machine:
    """A machine that records what it draws, in mm.

    Attributes:
        up, down: the commands that lift and lower the pen; none if G0 and G1 tell.
        is_down: whether the pen is; None while unknown.
        x, y: where the pen is.
        draws: whether moves are G1.
        pen: which it holds, from 1.
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
    recorder: Recorder = field(default_factory=Recorder)

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
            if self.recorder.begins and self.recorder.begins[-1][0] == self.pen:
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
            self.recorder.begin(self.pen, self.x, self.y, where)
        self.is_drawing = self.draws
        self.x = self._target(self.x, places.get("X"))
        self.y = self._target(self.y, places.get("Y"))
        if max(abs(self.x), abs(self.y)) > LARGEST:
            raise InputError(f"{where}: goes beyond {LARGEST:,.0f} mm")
        if self.draws:
            self.recorder.draw((self.x,), (self.y,))

    def _target(self, at: float, place: float | None) -> float:
        if place is None:
            return at
        return place * self.unit + (at if self.is_relative else 0.0)


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
        word = _WORD.match(line, at)
        if not word:
            raise InputError(f"{where}: {shorten(line[at:], 30)!r} is no G-code")
        words.append((word[1].upper(), float(word[2])))
        at = word.end()
    return tuple(words)


def _command(profile: GcodeProfile, key: str) -> Words:
    """Return the words of a profile's `pen_up` or `pen_down`, if any."""
    template = getattr(profile, key)
    if template is None:
        return ()
    return _words(template.format_map(profile.default_values).strip(), f"{profile.name}: {key}")
