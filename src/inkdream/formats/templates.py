"""Texts by a profile's templates: written, and read back by the same templates.

The grammar and the fields are those of vpype-gcode 0.13. Where a template has {x} and {y}, the text
has numbers, which can be read back for any machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import sqrt
from string import Formatter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten
from inkdream.formats.base import Recorder, plain
from inkdream.formats.devices import GcodeProfile, Value
from inkdream.page import MM_PER, Page
from inkdream.plot.plot import Plot, Points

_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*?"
_DIGITS = re.compile(r"\.(\d+)")


class _Place(NamedTuple):
    """A field of a vertex's place: its axis, its sign, whether it is a step, and a whole number."""

    axis: int
    sign: int
    is_step: bool
    is_whole: bool = False


# Whole numbers before real ones, steps before places: of a place told twice the last is the finer.
_PLACES = {
    "idy": _Place(1, 1, True, True),
    "idx": _Place(0, 1, True, True),
    "iy": _Place(1, 1, False, True),
    "ix": _Place(0, 1, False, True),
    "_dy": _Place(1, -1, True),
    "_dx": _Place(0, -1, True),
    "dy": _Place(1, 1, True),
    "dx": _Place(0, 1, True),
    "_y": _Place(1, -1, False),
    "_x": _Place(0, -1, False),
    "y": _Place(1, 1, False),
    "x": _Place(0, 1, False),
}


class _Part(NamedTuple):
    """A part of a text: its template, its fields, and whether it is a vertex."""

    key: str
    fields: dict[str, Value]
    is_vertex: bool = False


def _parts(lines: Plot, profile: GcodeProfile) -> Iterator[_Part]:
    """Yield the parts of the text of some polylines, in order."""
    yield _Part("document_start", {})
    names = [plain(layer.title) for layer in lines.layers]
    for number, layer in enumerate(lines.layers):
        about: dict[str, Value] = {
            **_count("layer_", number),
            "layer_id": number + 1,
            "vp_name": names[number],
            "vp_color": plain(layer.pen.colour, "#000000"),
            "vp_pen_width": layer.pen.width / MM_PER["px"],
        }
        yield _Part("layer_start", about)
        for index, stroke in enumerate(layer.strokes):
            line = {**about, **_count("lines_", index)}
            yield _Part("line_start", line)
            last = len(stroke.points) - 1
            for vertex in range(last + 1):
                fields = {**line, **_count("segment_", vertex)}
                yield _Part(_segment(profile, vertex, last), fields, is_vertex=True)
            yield _Part("line_end", line)
            if index + 1 < len(layer.strokes):
                yield _Part("line_join", line)
        yield _Part("layer_end", about)
        if number + 1 < len(names):
            following: dict[str, Value] = {"next_id": number + 2, "next_name": names[number + 1]}
            yield _Part("layer_join", about | following)
    yield _Part("document_end", {})


def _segment(profile: GcodeProfile, vertex: int, last: int) -> str:
    """Return the template of a vertex: the first, the last, or any other."""
    if vertex == 0 and profile.segment_first is not None:
        return "segment_first"
    return "segment_last" if vertex == last and profile.segment_last is not None else "segment"


def _count(of: str, index: int) -> dict[str, Value]:
    """Return a counter from 0 and from 1, as 'index' and under its own name."""
    return {
        "index": index,
        "index1": index + 1,
        f"{of}index": index,
        f"{of}index1": index + 1,
    }


def write_by_templates(lines: Plot, profile: GcodeProfile, filename: str) -> Iterator[str]:
    """Yield the text of polylines on their page, in pieces."""
    factor, summand = _axes(lines, profile)
    vertices = (
        place
        for layer in lines.layers
        for stroke in layer.strokes
        # The last digits are noise, and could be written as '-0.000'.
        for place in (np.round(stroke.points * factor + summand, 9) + 0.0).tolist()
    )
    general: dict[str, Value] = {**profile.default_values, "filename": plain(filename, "drawing")}
    x, y, ix, iy = 0.0, 0.0, 0, 0  # where the pen is; and the same, added up of whole steps
    for key, fields, is_vertex in _parts(lines, profile):
        if is_vertex:
            before, (x, y) = (x, y), next(vertices)
            dx, dy = x - before[0], y - before[1]
            idx, idy = round(x - ix), round(y - iy)
            ix, iy = ix + idx, iy + idy
            fields |= {"dx": dx, "dy": dy, "idx": idx, "idy": idy}
            fields |= {"_x": -x, "_y": -y, "_dx": -dx, "_dy": -dy}
        template = getattr(profile, key)
        if template is not None:
            where = {"x": x, "y": y, "ix": ix, "iy": iy} if "layer_id" in fields else {}
            yield template.format_map({**general, **fields, **where})


def read_by_templates(
    text: str, lines: Plot, profile: GcodeProfile, page: Page
) -> dict[int, list[Points]]:
    """Return the lines whose numbers stand in a text.

    Args:
        text: to be read.
        lines: of which the text was written; only their numbers of vertices are used.
        profile: of the templates.
        page: the page that was plotted.

    Returns:
        By pen, from 1, polylines (V, 2) in mm on the page, y down.

    Raises:
        InputError: if the text differs from the templates; names the line.
    """
    reader, recorder = _Reader(text, profile), Recorder()
    here = [0.0, 0.0]
    for key, fields, is_vertex in _parts(lines, profile):
        numbers = reader.take(key, fields)
        if not is_vertex:
            continue
        before = tuple(here)
        for name, place in _PLACES.items():
            if name in numbers:
                start = before[place.axis] if place.is_step else 0.0
                here[place.axis] = place.sign * numbers[name] + start
        if fields["segment_index"] == 0:
            recorder.begin(int(fields["layer_id"]), here[0], here[1], reader.where())
        else:
            recorder.draw(here[:1], here[1:])
    if reader.at < len(text):
        raise InputError(f"{reader.where()}: more follows than was to be written")
    return recorder.by_pen(to_page(recorder.points * profile.mm, profile, page))


class _Reader:
    """Reads a text template by template; `at` is the position."""

    def __init__(self, text: str, profile: GcodeProfile) -> None:
        self.text, self.profile, self.at = text, profile, 0
        self._patterns: dict[object, tuple[re.Pattern[str], list[str]]] = {}
        # The notes that stand before all else.
        pattern, _ = self._pattern(profile.comment, {})
        while profile.comment.strip() and (match := pattern.match(text, self.at)):
            if match.end() == self.at:
                break
            self.at = match.end()

    def where(self) -> str:
        """Return the current line, in words."""
        return f"line {self.text.count(chr(10), 0, self.at) + 1}"

    def take(self, key: str, fields: Mapping[str, Value]) -> dict[str, float]:
        """Read what a template wrote; return its numbers by field."""
        template = getattr(self.profile, key)
        if not template:
            return {}
        pattern, names = self._pattern(template, fields)
        match = pattern.match(self.text, self.at)
        if not match:
            near = shorten(self.text[self.at : self.at + 60], 40)
            raise InputError(f"{self.where()}: {near!r} is not what {key} says")
        self.at = match.end()
        return {name: float(word) for name, word in zip(names, match.groups(), strict=True)}

    def _pattern(
        self, template: str, fields: Mapping[str, Value]
    ) -> tuple[re.Pattern[str], list[str]]:
        """Return a template's output as a pattern, and the names of the numbers in it."""
        values = {**self.profile.default_values, **fields}
        parts = list(Formatter().parse(template))
        held = tuple(values.get(name) for _, name, _, _ in parts if name and name not in _PLACES)
        key = template, held
        if key not in self._patterns:
            pattern = ""
            for literal, name, spec, _ in parts:
                pattern += re.escape(literal)
                if name in _PLACES:
                    pattern += _NUMBER
                elif name in values:
                    pattern += re.escape(format(values[name], spec or ""))
                elif name is not None:
                    pattern += r"[^\n]*?"
            names = [name for _, name, _, _ in parts if name in _PLACES]
            self._patterns[key] = re.compile(pattern), names
        return self._patterns[key]


def _axes(lines: Plot, profile: GcodeProfile) -> NDArray[np.float64]:
    """Return factor and summand from mm on the page, (2, 2) by x, y."""
    factor = np.array([profile.scale_x, profile.scale_y]) / profile.mm
    summand = np.array([profile.offset_x, profile.offset_y])
    points = [stroke.points for layer in lines.layers for stroke in layer.strokes]
    if points:
        low = np.min([each.min(axis=0) for each in points], axis=0)
        high = np.max([each.max(axis=0) for each in points], axis=0)
        # Inverted, the drawing takes the place that it had.
        inverted = np.array([profile.invert_x, profile.invert_y])
        summand = np.where(inverted, factor * (low + high) + summand, summand)
        factor = np.where(inverted, -factor, factor)
    flipped = np.array([profile.horizontal_flip, profile.vertical_flip])
    size = np.array([lines.page.width, lines.page.height]) / profile.mm
    return np.stack(
        [np.where(flipped, -factor, factor), np.where(flipped, size - summand, summand)]
    )


def to_page(points: Points, profile: GcodeProfile, page: Page) -> Points:
    """Return a machine's points (N, 2) in mm as mm on the page: `_axes` undone."""
    if not len(points):
        return points
    flipped = np.array([profile.horizontal_flip, profile.vertical_flip])
    points = np.where(flipped, [page.width, page.height] - points, points)
    inverted = np.array([profile.invert_x, profile.invert_y])
    points = np.where(inverted, points.min(axis=0) + points.max(axis=0) - points, points)
    points -= np.array([profile.offset_x, profile.offset_y]) * profile.mm
    points /= [profile.scale_x, profile.scale_y]
    return points


def check_places(profile: GcodeProfile) -> None:
    """Raise InputError unless each vertex's place is in a profile's texts."""
    for key, places in _vertex_fields(profile).items():
        for axis in (0, 1):
            if axis not in {_PLACES[name].axis for name, _ in places}:
                raise InputError(
                    f"profile {profile.name}: {key} does not say where a vertex is; give it "
                    f"{{{'xy'[axis]}}} or {{d{'xy'[axis]}}}"
                )


def rounding(profile: GcodeProfile) -> float:
    """Return how far off, in mm, places may be by the templates' rounding, without steps."""
    half = max(
        (
            0.5 * 10.0 ** -_decimals(name, spec)
            for places in _vertex_fields(profile).values()
            for name, spec in places
            if _PLACES[name].is_whole or not _PLACES[name].is_step
        ),
        default=0.0,
    )
    scale = min(abs(profile.scale_x), abs(profile.scale_y))
    # What is inverted lies by the rounded ends of the drawing, on both sides.
    times = 3 if profile.invert_x or profile.invert_y else 1
    return times * half * sqrt(2) * profile.mm / scale


def rounded_step(profile: GcodeProfile) -> str:
    """Return the field, such as '{dx:.0f}', whose rounding adds up from vertex to vertex, or ''.

    Those of {idx} and {idy}, differences of rounded places, do not.
    """
    for places in _vertex_fields(profile).values():
        for name, spec in places:
            if _PLACES[name].is_step and not _PLACES[name].is_whole:
                return f"{{{name}:{spec}}}"
    return ""


def _vertex_fields(profile: GcodeProfile) -> dict[str, list[tuple[str, str]]]:
    """Return, by the templates of vertices, their fields of places, each with its format."""
    keys = {_segment(profile, vertex, 2) for vertex in range(3)}
    if len(keys) == 3 and profile.segment is None:
        keys.remove("segment")  # it does for lines of two vertices
    return {
        key: [
            (name, spec or "")
            for _, name, spec, _ in Formatter().parse(getattr(profile, key) or "")
            if name in _PLACES
        ]
        for key in sorted(keys)
    }


def _decimals(name: str, spec: str) -> int:
    """Return how many digits after the point a format leaves."""
    if _PLACES[name].is_whole or spec.endswith("d"):
        return 0
    digits = _DIGITS.search(spec)
    return int(digits[1]) if digits else 6
