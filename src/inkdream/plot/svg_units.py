"""Lengths, transforms and view boxes of an SVG: how its numbers become places on a page.

A transform is six numbers as SVG writes them, (a, b, c, d, e, f): x' = a x + c y + e and
y' = b x + d y + f.
Sources: SVG 2, chapter 8; CSS Values 4 (lengths); CSS Transforms 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, hypot, radians, sin, sqrt, tan

from inkdream.errors import InputError, shorten, unknown
from inkdream.page import MM_PER
from inkdream.plot.plot import Points
from inkdream.plot.svg_numbers import LARGEST

PX = MM_PER["px"]
# Words longer than this are no length, transform or box that a program wrote.
MOST_LETTERS = 20_000
_PIECE = 2**16

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LENGTH = re.compile(rf"({NUMBER})\s*([A-Za-z%]*)")
_NUMBERS = re.compile(NUMBER)
_CALL = re.compile(r"\s*,?\s*([A-Za-z]+)\s*\(([^()]*)\)")
# Of what a font has no say in here: em and ex are as in browsers' usual 16 px.
_PX_PER = {unit: mm / PX for unit, mm in MM_PER.items() if unit != "m"} | {
    "": 1.0,
    "pc": 16.0,
    "q": 96 / 101.6,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def length(word: str, whole: float) -> float:
    """Return a length in px, or in user units.

    Args:
        word: a number, with a unit behind it or %.
        whole: what 100% is.

    Raises:
        InputError: if it is none.
    """
    found = _LENGTH.fullmatch(word.strip()) if len(word) <= MOST_LETTERS else None
    if not found:
        raise InputError(f"{shorten(word)!r} is no length")
    unit = found[2].lower()
    if unit != "%" and unit not in _PX_PER:
        raise unknown("unit", found[2], [*filter(None, _PX_PER), "%"])
    value = float(found[1]) * (whole / 100 if unit == "%" else _PX_PER[unit])
    if not abs(value) <= LARGEST:
        raise InputError(f"length {shorten(word)!r} is larger than {LARGEST:g} px")
    return value


@dataclass(frozen=True)
class Viewport:
    """What percentages are of: a width and a height in user units."""

    width: float
    height: float

    def across(self, word: str) -> float:
        """Return a horizontal length in user units."""
        return length(word, self.width)

    def down(self, word: str) -> float:
        """Return a vertical length in user units."""
        return length(word, self.height)

    def along(self, word: str) -> float:
        """Return a length of no direction in user units (SVG 2, section 8.9)."""
        return length(word, hypot(self.width, self.height) / sqrt(2))


def move(matrix: Matrix, points: Points) -> None:
    """Transform points (N, 2) where they are.

    Raises:
        InputError: if one lands too far away to be drawn.
    """
    a, b, c, d, e, f = matrix
    # In pieces, so that long paths take no memory several times over.
    for start in range(0, len(points), _PIECE):
        piece = points[start : start + _PIECE]
        x, y = piece[:, 0].copy(), piece[:, 1].copy()
        piece[:, 0] = a * x + c * y + e
        piece[:, 1] = b * x + d * y + f
        if not -LARGEST <= piece.min() <= piece.max() <= LARGEST:
            raise InputError(f"is moved by its transform farther away than {LARGEST:g} mm")


def chain(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the transform that applies first `inner`, then `outer`.

    Raises:
        InputError: if its numbers are too large.
    """
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    both = (
        a * g + c * h,
        b * g + d * h,
        a * i + c * j,
        b * i + d * j,
        a * k + c * m + e,
        b * k + d * m + f,
    )
    return _checked(both)


def _checked(matrix: Matrix) -> Matrix:
    if not all(abs(value) <= LARGEST for value in matrix):
        raise InputError(f"transforms have together a number larger than {LARGEST:g}")
    return matrix


def scale_of(matrix: Matrix) -> float:
    """Return by how much a transform enlarges: the root of what it does to areas."""
    a, b, c, d, _, _ = matrix
    return sqrt(abs(a * d - b * c))


def transform(words: str) -> Matrix:
    """Return what a transform attribute says, or CSS's 2D transforms.

    Raises:
        InputError: if it is none.
    """
    matrix, at = IDENTITY, 0
    words = words.strip()
    if len(words) > MOST_LETTERS:
        raise InputError(f"transform {shorten(words)!r} is too long")
    if words == "none":
        return IDENTITY
    while at < len(words):
        call = _CALL.match(words, at)
        if not call:
            raise InputError(f"transform {shorten(words[at:])!r} is not understood")
        matrix = chain(matrix, _one_transform(call[1], call[2]))
        at = call.end()
    return matrix


def _one_transform(name: str, inside: str) -> Matrix:
    make = _TRANSFORMS.get(name.lower())
    if make is None:
        raise unknown("transform", name, _TRANSFORMS)
    values = [float(word) for word in _NUMBERS.findall(inside)]
    if max(map(abs, values), default=0) > LARGEST:
        raise InputError(
            f"transform {shorten(f'{name}({inside})')!r} has a number larger than {LARGEST:g}"
        )
    rest = re.sub(r"px|deg|[\s,]", "", _NUMBERS.sub("", inside))
    matrix = None if rest else make(values)
    if matrix is None:
        raise InputError(f"transform {shorten(f'{name}({inside})')!r} is not understood")
    return matrix


def _matrix(values: list[float]) -> Matrix | None:
    return (*values,) if len(values) == 6 else None  # type: ignore[return-value]


def _translate(values: list[float]) -> Matrix | None:
    if len(values) not in (1, 2):
        return None
    return 1, 0, 0, 1, values[0], values[1] if len(values) == 2 else 0


def _scale(values: list[float]) -> Matrix | None:
    return (values[0], 0, 0, values[-1], 0, 0) if len(values) in (1, 2) else None


def _rotate(values: list[float]) -> Matrix | None:
    if len(values) not in (1, 3):
        return None
    c, s = cos(radians(values[0])), sin(radians(values[0]))
    x, y = values[1:] if len(values) == 3 else (0.0, 0.0)
    return c, s, -s, c, x - c * x + s * y, y - s * x - c * y


def _skew_x(values: list[float]) -> Matrix | None:
    return (1, 0, tan(radians(values[0])), 1, 0, 0) if len(values) == 1 else None


def _skew_y(values: list[float]) -> Matrix | None:
    return (1, tan(radians(values[0])), 0, 1, 0, 0) if len(values) == 1 else None


_TRANSFORMS: dict[str, Callable[[list[float]], Matrix | None]] = {
    "matrix": _matrix,
    "translate": _translate,
    "translatex": lambda values: _translate(values) if len(values) == 1 else None,
    "translatey": lambda values: _translate([0.0, *values]) if len(values) == 1 else None,
    "scale": _scale,
    "scalex": lambda values: _scale([*values, 1.0]) if len(values) == 1 else None,
    "scaley": lambda values: _scale([1.0, *values]) if len(values) == 1 else None,
    "rotate": _rotate,
    "skewx": _skew_x,
    "skewy": _skew_y,
}


def view_box(word: str) -> tuple[float, float, float, float] | None:
    """Return left, top, width and height of a viewBox, in user units; None for 'none' or nothing.

    Raises:
        InputError: if it is no box, or has no area.
    """
    if word.strip() in ("", "none"):
        return None
    parts = word.replace(",", " ").split() if len(word) <= MOST_LETTERS else []
    if len(parts) != 4 or not all(_NUMBERS.fullmatch(part) for part in parts):
        raise InputError(f"viewBox {shorten(word)!r} is not four numbers")
    left, top, width, height = (float(part) for part in parts)
    if max(abs(left), abs(top), width, height) > LARGEST:
        raise InputError(f"viewBox {shorten(word)!r} has a number larger than {LARGEST:g}")
    if width <= 0 or height <= 0:
        raise InputError(f"viewBox {shorten(word)!r} has no area")
    return left, top, width, height


def fit(
    box: tuple[float, float, float, float], width: float, height: float, aspect: str = ""
) -> Matrix:
    """Return the transform that lays a view box into a viewport.

    Args:
        box: left, top, width and height, in user units.
        width: of the viewport, in the units around it.
        height: likewise.
        aspect: as in preserveAspectRatio; what is not understood is 'xMidYMid meet'.

    Raises:
        InputError: if it enlarges too much.
    """
    left, top, across, down = box
    x, y = width / across, height / down
    words = aspect.split()[:3]
    words = words[1:] if words[:1] == ["defer"] else words
    align = words[0] if words and (words[0] == "none" or words[0] in _ALIGNS) else "xMidYMid"
    if align != "none":
        x = y = max(x, y) if words[1:2] == ["slice"] else min(x, y)
    share_x, share_y = _ALIGNS.get(align, (0.0, 0.0))
    right, lower = share_x * (width - x * across), share_y * (height - y * down)
    return _checked((x, 0, 0, y, right - x * left, lower - y * top))


_SHARES: Mapping[str, float] = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
_ALIGNS: Mapping[str, tuple[float, float]] = {
    f"x{x}Y{y}": (across, down) for x, across in _SHARES.items() for y, down in _SHARES.items()
}
