"""A text that a profile's templates made, read back by the same templates: G-code or not.

Of a profile that does not say how the pen is lifted nobody knows what its words do. But where its
templates have {x} and {y}, the text has numbers, and these must be those of the plot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import sqrt
from string import Formatter

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.formats.devices import GcodeProfile, Value
from inkdream.formats.gcode import on_page
from inkdream.formats.text import Lines, plain
from inkdream.page import Page
from inkdream.plot.plot import Points

_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*?"
_DIGITS = re.compile(r"\.(\d+)")
# Where a vertex is, by the fields that say it: which axis, its sign, and whether it is a step.
_PLACES = {
    "x": (0, 1, False),
    "y": (1, 1, False),
    "_x": (0, -1, False),
    "_y": (1, -1, False),
    "dx": (0, 1, True),
    "dy": (1, 1, True),
    "_dx": (0, -1, True),
    "_dy": (1, -1, True),
    "ix": (0, 1, False),
    "iy": (1, 1, False),
    "idx": (0, 1, True),
    "idy": (1, 1, True),
}
_WHOLE = ("ix", "iy", "idx", "idy")
_SEGMENTS = ("segment_first", "segment", "segment_last")


def check_places(profile: GcodeProfile) -> None:
    """Raise InputError unless each vertex's place is in the texts of a profile."""
    for key in _used_segments(profile):
        axes = {_PLACES[name][0] for name in _fields(_template(profile, key)) if name in _PLACES}
        for axis in (0, 1):
            if axis not in axes:
                raise InputError(
                    f"profile {profile.name}: {key} does not say where a vertex is; give it "
                    f"{{{'xy'[axis]}}} or {{d{'xy'[axis]}}}"
                )


def finest(profile: GcodeProfile) -> float:
    """Return how far off, in mm, places may be that are rounded as the templates say.

    Steps from the vertex before are not thought of: what their rounding adds up to is a fault.
    """
    half = 0.0
    for key in _used_segments(profile):
        for _, name, spec, _ in Formatter().parse(_template(profile, key)):
            if name in _PLACES and not (_PLACES[name][2] and name not in _WHOLE):
                half = max(half, 0.5 * 10.0 ** -_decimals(name, spec or ""))
    scale = min(abs(profile.scale_x), abs(profile.scale_y))
    # What is inverted lies by the rounded ends of the drawing, on both sides.
    times = 3 if profile.invert_x or profile.invert_y else 1
    return times * half * sqrt(2) * profile.mm / scale


def rounded_step(profile: GcodeProfile) -> str:
    """Return the field, such as '{dx:.0f}', whose rounding adds up from vertex to vertex, or ''.

    Of {idx} and {idy} it does not: they are differences of places that are rounded.
    """
    for key in _used_segments(profile):
        for _, name, spec, _ in Formatter().parse(_template(profile, key)):
            if name in _PLACES and _PLACES[name][2] and name not in _WHOLE:
                return f"{{{name}:{spec}}}"
    return ""


def read_by_templates(
    text: str, layers: Sequence[Lines], profile: GcodeProfile, page: Page
) -> dict[int, list[Points]]:
    """Return the lines whose numbers stand in a text.

    Args:
        text: what was written.
        layers: what was to be written: which templates follow each other. Of their lines only the
            number of vertices is looked at.
        profile: by whose templates.
        page: the page that was plotted.

    Returns:
        By pen, counted from 1, polylines (V, 2) in mm on the page, y down.

    Raises:
        InputError: if the text is no such one: it says at which line, and what should be there.
    """
    reader = _Reader(text, profile)
    reader.skip_comments()
    reader.take("document_start")
    for index, layer in enumerate(layers):
        reader.about = _about(index, layer)
        reader.take("layer_start")
        for number, line in enumerate(layer.lines):
            reader.about |= {"lines_index": number, "lines_index1": number + 1}
            _take_line(reader, len(line), number, index + 1)
            if number + 1 < len(layer.lines):
                reader.take("line_join", number)
        reader.take("layer_end", index)
        if index + 1 < len(layers):
            following = plain(layers[index + 1].pen.name)
            reader.about |= {"next_id": index + 2, "next_name": following}
            reader.take("layer_join", index)
    reader.about = {}
    reader.take("document_end")
    if reader.at < len(text):
        raise InputError(f"{reader.where()}: more follows than was to be written")
    points = np.array(reader.points).reshape(-1, 2) * profile.mm
    return on_page(reader.strokes, points, profile, page)


def _take_line(reader: _Reader, vertices: int, number: int, pen: int) -> None:
    reader.take("line_start", number)
    reader.strokes.append((pen, len(reader.points)))
    for vertex in range(vertices):
        reader.vertex(vertex, vertices - 1)
    reader.take("line_end", number)


def _about(index: int, layer: Lines) -> dict[str, Value]:
    return {
        "layer_index": index,
        "layer_index1": index + 1,
        "layer_id": index + 1,
        "vp_name": plain(layer.pen.name),
        "vp_color": plain(layer.pen.colour, "#000000"),
    }


class _Reader:
    """Goes through a text, template by template.

    Attributes:
        at: how many letters are read.
        about: what fields hold that are no numbers of the plot.
        strokes: of each line read, its pen and its first point.
        points: x and y in the profile's unit.
    """

    def __init__(self, text: str, profile: GcodeProfile) -> None:
        self.text, self.profile = text, profile
        self.at = 0
        self.about: dict[str, Value] = {}
        self.strokes: list[tuple[int, int]] = []
        self.points: list[tuple[float, float]] = []
        self._here = [0.0, 0.0]
        self._patterns: dict[object, tuple[re.Pattern[str], list[str]]] = {}

    def where(self) -> str:
        """Return at which line of the text the reader is."""
        return f"line {self.text.count(chr(10), 0, self.at) + 1}"

    def skip_comments(self) -> None:
        """Go past the notes that stand before all else."""
        pattern, _ = self._pattern(self.profile.comment, {})
        while self.profile.comment.strip() and (found := pattern.match(self.text, self.at)):
            if found.end() == self.at:
                break
            self.at = found.end()

    def take(self, key: str, index: int = 0) -> dict[str, float]:
        """Go past what a template made, and return the numbers in it, by field."""
        template = getattr(self.profile, key)
        if not template:
            return {}
        pattern, names = self._pattern(
            template, {**self.about, "index": index, "index1": index + 1}
        )
        found = pattern.match(self.text, self.at)
        if not found:
            there = shorten(self.text[self.at : self.at + 60], 40)
            raise InputError(f"{self.where()}: {there!r} is not what {key} says")
        self.at = found.end()
        return {name: float(word) for name, word in zip(names, found.groups(), strict=True)}

    def vertex(self, index: int, last: int) -> None:
        """Go past a vertex, and be there."""
        key = "segment"
        if index == 0 and self.profile.segment_first is not None:
            key = "segment_first"
        elif index == last and self.profile.segment_last is not None:
            key = "segment_last"
        self.about |= {"segment_index": index, "segment_index1": index + 1}
        numbers = self.take(key, index)
        before = tuple(self._here)
        # Of a place that is told twice, the finer: real before whole numbers, places before steps.
        for name in reversed(_PLACES):
            if name in numbers:
                axis, sign, is_step = _PLACES[name]
                self._here[axis] = sign * numbers[name] + (before[axis] if is_step else 0.0)
        self.points.append((self._here[0], self._here[1]))

    def _pattern(
        self, template: str, about: Mapping[str, Value]
    ) -> tuple[re.Pattern[str], list[str]]:
        """Return what a template makes as a pattern, and the names of the numbers in it."""
        said = {**self.profile.default_values, **about}
        held = tuple(said.get(name) for name in _fields(template) if name not in _PLACES)
        key = template, held
        if key not in self._patterns:
            words, names = "", []
            for literal, name, spec, _ in Formatter().parse(template):
                words += re.escape(literal)
                if name in _PLACES:
                    names.append(name)
                    words += _NUMBER
                elif name in said:
                    words += re.escape(format(said[name], spec or ""))
                elif name is not None:
                    words += r"[^\n]*?"
            self._patterns[key] = re.compile(words), names
        return self._patterns[key]


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _template(profile: GcodeProfile, key: str) -> str:
    return str(getattr(profile, key) or "")


def _used_segments(profile: GcodeProfile) -> list[str]:
    """Return the templates that vertices are written by."""
    own = [key for key in _SEGMENTS if getattr(profile, key) is not None]
    return own if {"segment_first", "segment_last"} <= set(own) else [*{*own, "segment"}]


def _decimals(name: str, spec: str) -> int:
    """Return how many digits behind the point a format leaves."""
    if name in _WHOLE or spec.endswith("d"):
        return 0
    digits = _DIGITS.search(spec)
    return int(digits[1]) if digits else 6
