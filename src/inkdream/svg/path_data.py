"""A path's data as lines and cubics.

One regular expression a command takes as many of its segments as follow each other, so that long
paths are read at the speed of `re`. Grammar: SVG 2, section 9.3.9.
"""

from __future__ import annotations

import cmath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil, pi, radians, sqrt, tan

from inkdream.errors import InputError, shorten

# No coordinate of a drawing is larger; beyond, differences of float64 lose a thousandth of a mm.
LARGEST = 1e9
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
    """Return the pattern of one segment's numbers; a flag of an arc may touch what follows it."""
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
    """A part of a path that is drawn without lifting the pen; its points are x + yj.

    Attributes:
        start: where it begins; one without pieces is a move that nothing follows.
        pieces: segments: how many points each has, and the points of all. A line has one point, its
            end; a curve has three for each of its cubics.
        is_closed: whether its last piece is the line of a closing.
    """

    start: complex
    pieces: list[tuple[int, list[complex]]] = field(default_factory=list)
    is_closed: bool = False


@dataclass(slots=True)
class PathData:
    """What a path's data says.

    Attributes:
        subpaths: in its order.
        points: how many points its commands have; one for a command without any.
        mistake: what is wrong with it, in words; '' if nothing is. What stands before is read.
    """

    subpaths: list[Subpath]
    points: int
    mistake: str = ""


class _BrokenError(Exception):
    """The place where data goes on with something that is no segment, and what is wrong with it."""


def read_path(data: str, most: int = MOST_POINTS) -> PathData:
    """Read a path's data, up to what is wrong with it (SVG 2, section 9.5.4).

    Args:
        data: as in an SVG's attribute d; nothing and 'none' are no path.
        most: points there may be.

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
        _BrokenError: behind the last segment, if something else follows.
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
    """Return where, in segments of a command, the first is that is broken."""
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
        """Return points of relative segments; each is said from where its segment begins."""
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
        """Add segments with that many points each."""
        # Behind a closing, what is no move begins where that ended.
        subpath = self._open or self._begin()
        subpath.pieces.append((size, points))
        self.points += len(points)
        self._at = points[-1]

    def _cubics(self, kind: str, points: list[complex]) -> list[complex]:
        """Return the control points and ends of curves as cubics."""
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
