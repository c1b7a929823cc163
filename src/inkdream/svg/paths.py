"""SVG's shapes as strokes: path data by regular expressions, basic shapes as paths.

One regular expression a command takes as many of its segments as follow each other, so long paths
are read at the speed of `re`. Grammar: SVG 2, section 9.3.9.
"""

from __future__ import annotations

import cmath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil, pi, radians, sqrt, tan

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.plot.plot import Stroke
from inkdream.svg.style import PROPERTIES
from inkdream.svg.units import LARGEST, NUMBER, ElementError, Matrix, Viewport, move

# Segments that are read at once, which bounds memory.
_AT_ONCE = 2**14
# An arc is cut into pieces of at most 45 degrees: each cubic is within 4e-6 radii of it.
_ARC_PIECE = pi / 4
# Ellipses that are thinner are lines: what is divided by their radii stays a number.
_LEAST_RADIUS = 1e-100

# How many numbers a command takes.
_SIZES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_FLAGS = (3, 4)
# All quantifiers are possessive: nothing is tried twice, however long the data is.
_NUMBER = r"[-+]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+"
_BETWEEN = r"[\0- ,]*+"


def _arguments(kind: str, of_each: str) -> str:
    """Return the pattern of one segment's numbers; an arc's flag may touch what follows it."""
    words = [
        "[01]" if kind == "A" and index in _FLAGS else _NUMBER for index in range(_SIZES[kind])
    ]
    return "".join(_BETWEEN + of_each.format(word) for word in words)


def _segments(letter: str) -> re.Pattern[str]:
    """Return the pattern of segments, up to the next; those after the first need no letter."""
    most = 1 if letter in "MmZz" else _AT_ONCE
    again = "?+" if letter not in "Zz" else ""
    one = rf"{_BETWEEN}{letter}{again}{_arguments(letter.upper(), '{}')}"
    return re.compile(rf"(?:{one}){{1,{most}}}+{_BETWEEN}")


_SEGMENTS = {letter: _segments(letter) for kind in _SIZES for letter in (kind, kind.lower())}
_VALUE, _FLAG, _SKIP = re.compile(_NUMBER), re.compile("[01]"), re.compile(_BETWEEN)
# What no number has that is smaller than `LARGEST`, or few.
_MAY_BE_LARGE = re.compile("[0-9]{10}|[eE]")
# Further pairs behind a move are lines.
_NEXT = {"M": "L", "m": "l"}
_ARC = re.compile(_arguments("A", "({})"))
# Points of a drawing, its curves flattened. More are more than a day's plotting, and take more than
# 1 GiB until they are drawn.
MOST_POINTS = 2_000_000


@dataclass(slots=True)
class Subpath:
    """A part of a path that is drawn without lifting the pen; points are x + yj.

    Attributes:
        start: where it begins; without pieces, it is a move that nothing follows.
        pieces: (points of a segment, points of all): 1 for lines, 3 for cubics.
        is_closed: whether its last piece is the line of a closing.
    """

    start: complex
    pieces: list[tuple[int, list[complex]]] = field(default_factory=list)
    is_closed: bool = False


@dataclass(slots=True)
class PathData:
    """Parsed path data.

    Attributes:
        subpaths: in order.
        points: the number of points of its commands; one for a command without any.
        mistake: what is wrong with it; '' if nothing. What stands before is read.
    """

    subpaths: list[Subpath]
    points: int
    mistake: str = ""


class _BrokenError(Exception):
    """The place of what is no segment, and what is wrong with it."""


def read_path(data: str, most: int = MOST_POINTS) -> PathData:
    """Parse path data, up to a mistake (SVG 2, section 9.5.4).

    Args:
        data: as in the attribute d; '' and 'none' are no path.
        most: points allowed.

    Raises:
        InputError: if there are more.
    """
    cursor, mistake = _Cursor(), ""
    try:
        for command, numbers in _commands("" if data.strip() == "none" else data):
            cursor.draw(command, numbers)
            if cursor.points > most:
                raise InputError(f"makes more than {MOST_POINTS:,} points")
    except _BrokenError as error:
        at, problem = error.args
        met = shorten(data[at : at + 12]) or "its end"
        mistake = f"character {at + 1}: {met!r} {problem}: drawn up to there"
    return PathData(cursor.subpaths, cursor.points, mistake)


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Yield commands with the numbers of as many segments as follow each other.

    Raises:
        _BrokenError: if something else follows the last segment.
    """
    command, at = "", _skip(data, 0)
    may_be_large = _MAY_BE_LARGE.search(data)
    while at < len(data):
        letter = data[at]
        if letter in _SEGMENTS:
            if not command and letter not in "Mm":
                raise _BrokenError(at, "comes before the first M")
            command = letter
        elif command in ("", "Z", "z"):
            raise _BrokenError(at, "follows no command that takes it")
        match = _SEGMENTS[command].match(data, at)
        numbers = _numbers(match[0], command) if match else []
        if not match or (may_be_large and any(not abs(each) <= LARGEST for each in numbers)):
            size = _SIZES[command.upper()]
            good = next((k for k, each in enumerate(numbers) if not abs(each) <= LARGEST), 0)
            if good >= size:
                yield command, numbers[: good // size * size]
            raise _broken(data, at, command)
        yield command, numbers
        at = match.end()
        command = _NEXT.get(command, command)


def _skip(data: str, at: int) -> int:
    """Return the place behind separators."""
    match = _SKIP.match(data, at)
    assert match is not None, "separators may be none"
    return match.end()


def _numbers(words: str, command: str) -> list[float]:
    if command in "Aa":
        return [float(word) for arc in _ARC.findall(words.replace(command, " ")) for word in arc]
    return list(map(float, _VALUE.findall(words)))


def _broken(data: str, at: int, command: str) -> _BrokenError:
    """Return the error for the first broken segment."""
    size, index = _SIZES[command.upper()], 0
    while True:
        at = _skip(data, at)
        if index % size == 0 and data[at : at + 1] == command:
            at = _skip(data, at + 1)
        is_flag = command in "Aa" and index % size in _FLAGS
        match = _FLAG.match(data, at) if is_flag else _VALUE.match(data, at)
        if not match:
            return _BrokenError(at, "is no number where one is due")
        if not abs(float(match[0])) <= LARGEST:
            return _BrokenError(at, f"is larger than {LARGEST:g}")
        at, index = match.end(), index + 1


class _Cursor:
    """Follows commands."""

    def __init__(self) -> None:
        self.subpaths: list[Subpath] = []
        self.points = 0
        self._at = 0j
        self._open: Subpath | None = None
        # What a smooth curve mirrors, if it comes behind one of its kind: C, or Q.
        self._control, self._family = 0j, ""

    def draw(self, command: str, numbers: list[float]) -> None:
        """Follow a command through all its segments."""
        kind, is_relative = command.upper(), command > "Z"
        if kind == "Z":
            self._close()
        elif kind == "A":
            for k in range(0, len(numbers), 7):
                end = complex(numbers[k + 5], numbers[k + 6]) + is_relative * self._at
                arc = _arc(self._at, end, numbers[k : k + 5])
                self._add(len(arc), arc)
        else:
            still = 0j if is_relative else self._at
            if kind == "H":
                points = [complex(x, still.imag) for x in numbers]
            elif kind == "V":
                points = [complex(still.real, y) for y in numbers]
            else:
                points = list(map(complex, numbers[::2], numbers[1::2]))
            if is_relative:
                points = self._absolute(points, max(1, _SIZES[kind] // 2))
            self._follow(kind, points)
        if kind not in "CSQT":
            self._family = ""

    def _follow(self, kind: str, points: list[complex]) -> None:
        if kind == "M":
            self._at = points[0]
            self._begin()
        elif kind in "LHV":
            self._add(1, points)
        else:
            self._add(3, self._cubics(kind, points))

    def _absolute(self, points: list[complex], size: int) -> list[complex]:
        """Return the absolute points of relative segments."""
        at, moved = self._at, []
        for k in range(0, len(points), size):
            moved += [at + each for each in points[k : k + size]]
            at = moved[-1]
        return moved

    def _begin(self) -> Subpath:
        self._open = Subpath(self._at)
        self.subpaths.append(self._open)
        self.points += 1
        return self._open

    def _close(self) -> None:
        if self._open is None:
            self.points += 1
            return
        self._add(1, [self._open.start])
        self._open.is_closed = True
        self._open = None

    def _add(self, size: int, points: list[complex]) -> None:
        """Add segments of `size` points each."""
        # Behind a closing, what is no move begins where that ended.
        subpath = self._open or self._begin()
        subpath.pieces.append((size, points))
        self.points += len(points)
        self._at = points[-1]

    def _cubics(self, kind: str, points: list[complex]) -> list[complex]:
        """Return the points of curves as cubics."""
        family = "C" if kind in "CS" else "Q"
        at, control = self._at, self._control if self._family == family else self._at
        cubics, size = points, _SIZES[kind] // 2
        if kind != "C":
            cubics = []
            for k in range(0, len(points), size):
                mirrored, end = 2 * at - control, points[k + size - 1]
                control = points[k] if size == 2 else mirrored
                if kind == "S":
                    cubics += mirrored, control, end
                else:
                    cubics += (at + 2 * control) / 3, (end + 2 * control) / 3, end
                at = end
        self._control, self._family = cubics[-2] if family == "C" else control, family
        return cubics


def straight(begin: complex, end: complex) -> list[complex]:
    """Return a line as a cubic: its control points, and its end."""
    return [(2 * begin + end) / 3, (begin + 2 * end) / 3, end]


def _arc(begin: complex, end: complex, numbers: list[float]) -> list[complex]:
    """Return an elliptical arc as cubics: SVG 2, appendix B.2.4 and B.2.5."""
    across, down, degrees, is_large, is_clockwise = numbers
    across, down = abs(across), abs(down)
    axis = cmath.rect(1, radians(degrees % 360))
    if min(across, down) < _LEAST_RADIUS or begin == end:
        return straight(begin, end)
    # Half the chord, in the ellipse's own axes and radii; longer than 1: the radii grow.
    half = (begin - end) / 2 * axis.conjugate()
    half = complex(half.real / across, half.imag / down)
    reach = abs(half)
    if reach == 0:
        return straight(begin, end)
    if reach > 1:
        across, down = across * reach, down * reach
        half, reach = half / reach, 1.0
    off = sqrt(1 - reach * reach) / reach
    middle = half * (1j if is_large == is_clockwise else -1j) * off
    first = cmath.phase(half - middle)
    sweep = cmath.phase(-half - middle) - first
    if is_clockwise and sweep < 0:
        sweep += 2 * pi
    elif not is_clockwise and sweep > 0:
        sweep -= 2 * pi
    count = max(1, ceil(abs(sweep) / _ARC_PIECE - 1e-9))
    step = sweep / count
    pull = 4 / 3 * tan(step / 4) * 1j
    points: list[complex] = []
    for piece in range(count):
        near, far = (cmath.rect(1, first + step * (piece + each)) for each in (0, 1))
        for unit in (near + pull * near, far - pull * far, far):
            spot = unit + middle
            points.append(axis * complex(across * spot.real, down * spot.imag) + (begin + end) / 2)
    points[-1] = end
    return points


MOST_STROKES = 500_000

_CSS_PATH = re.compile(r"""path\(\s*(["'])(.*)\1\s*\)""", re.DOTALL)
_NUMBERS = re.compile(NUMBER)
_LETTERS = re.compile(r"[^\s0-9eE.,+-]")


def outline(path: PathData, matrix: Matrix, most: int = MOST_STROKES) -> tuple[Stroke, ...]:
    """Return the strokes of a path, one a subpath.

    Args:
        path: parsed.
        matrix: applied to every point.
        most: strokes allowed.

    Returns:
        Polylines, or chains of cubics for subpaths with a curve. A closed one ends where it began.

    Raises:
        InputError: if it has too many strokes.
        ElementError: if it is moved too far.
    """
    points: list[complex] = []
    starts: list[int] = []
    curved: list[bool] = []
    for subpath in path.subpaths:
        pieces = subpath.pieces
        # One that has come back is closed without a line; one that never left is a dot.
        if subpath.is_closed and len(pieces) > 1 and pieces[-2][1][-1] == subpath.start:
            pieces = pieces[:-1]
        if not pieces:
            continue
        starts.append(len(points))
        curved.append(any(size > 1 for size, _ in pieces))
        points.append(subpath.start)
        for size, piece in pieces:
            if curved[-1] and size == 1:
                for end in piece:
                    points += straight(points[-1], end)
            else:
                points += piece
    if len(starts) > most:
        raise InputError(f"makes more than {MOST_STROKES:,} strokes")
    if not starts:
        return ()
    places = np.array(points).view(np.float64).reshape(-1, 2)
    move(matrix, places)
    ends = [*starts[1:], len(places)]
    spans = zip(starts, ends, curved, strict=True)
    return tuple(Stroke(places[start:end], is_curved) for start, end, is_curved in spans)


def geometry(attributes: Mapping[str, str], properties: Mapping[str, str]) -> dict[str, str]:
    """Return the geometry of a shape: its attributes, overridden by its properties."""
    own = {name: words for name, words in attributes.items() if name not in PROPERTIES}
    path = _CSS_PATH.fullmatch(properties.get("d", ""))
    data = attributes.get("d", "") if "d" not in properties else path[2] if path else ""
    return {**own, **properties, "d": data}


def _path(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    return attributes.get("d", "")


def _line(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    places: list[float] = []
    for name in ("x1", "y1", "x2", "y2"):
        measure = viewport.across if name[0] == "x" else viewport.down
        try:
            places.append(measure(attributes.get(name, "0")))
        except ElementError as error:
            mistakes.append(f"{name}: {error}")
            places.append(0.0)
    x_1, y_1, x_2, y_2 = places
    return f"M{x_1!r} {y_1!r}L{x_2!r} {y_2!r}"


def _polyline(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    points = attributes.get("points", "").strip()
    letter = _LETTERS.search(points)
    if letter:
        at = letter.start()
        met = shorten(points[at : at + 12])
        mistakes.append(
            f"points, character {at + 1}: {met!r} is no number where one is due: drawn up to there"
        )
        points = points[:at].strip(" ,")
    numbers = _NUMBERS.findall(points)
    if len(numbers) % 2:
        mistakes.append("points: the last has no y: drawn up to there")
        points = " ".join(numbers[:-1])
    return f"M{points}" if points else ""


def _polygon(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    data = _polyline(attributes, viewport, mistakes)
    return f"{data}Z" if data else ""


def _rect(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    x, y = viewport.across(attributes.get("x", "0")), viewport.down(attributes.get("y", "0"))
    width = viewport.across(attributes.get("width", "0"))
    height = viewport.down(attributes.get("height", "0"))
    if width <= 0 or height <= 0:
        return ""
    r_x, r_y = _radii(attributes, viewport)
    r_x, r_y = min(r_x, width / 2), min(r_y, height / 2)
    if r_x <= 0 or r_y <= 0:
        return f"M{x!r} {y!r}h{width!r}v{height!r}h{-width!r}z"
    far_x, far_y = x + width, y + height
    arc = f"A{r_x!r} {r_y!r} 0 0 1"
    return (
        f"M{x + r_x!r} {y!r}H{far_x - r_x!r}{arc} {far_x!r} {y + r_y!r}"
        f"V{far_y - r_y!r}{arc} {far_x - r_x!r} {far_y!r}"
        f"H{x + r_x!r}{arc} {x!r} {far_y - r_y!r}V{y + r_y!r}{arc} {x + r_x!r} {y!r}Z"
    )


def _radii(attributes: Mapping[str, str], viewport: Viewport) -> tuple[float, float]:
    """Return rx and ry; if only one is given, it is both."""
    words = [attributes.get(name, "auto").strip() for name in ("rx", "ry")]
    r_x = None if words[0] == "auto" else viewport.across(words[0])
    r_y = None if words[1] == "auto" else viewport.down(words[1])
    r_x, r_y = r_y if r_x is None else r_x, r_x if r_y is None else r_y
    return r_x or 0.0, r_y or 0.0


def _circle(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    radius = viewport.along(attributes.get("r", "0"))
    return _oval(attributes, viewport, radius, radius)


def _ellipse(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    return _oval(attributes, viewport, *_radii(attributes, viewport))


def _oval(attributes: Mapping[str, str], viewport: Viewport, r_x: float, r_y: float) -> str:
    if r_x <= 0 or r_y <= 0:
        return ""
    x, y = viewport.across(attributes.get("cx", "0")), viewport.down(attributes.get("cy", "0"))
    arc = f"A{r_x!r} {r_y!r} 0 0 1"
    return (
        f"M{x + r_x!r} {y!r}{arc} {x!r} {y + r_y!r}{arc} {x - r_x!r} {y!r}"
        f"{arc} {x!r} {y - r_y!r}{arc} {x + r_x!r} {y!r}Z"
    )


# The path's data that a shape stands for; '' if it draws nothing. Of its geometry, what lengths are
# of, and a list for mistakes: what stands before one is drawn.
SHAPES: dict[str, Callable[[Mapping[str, str], Viewport, list[str]], str]] = {
    "path": _path,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
}
