"""Lengths and transforms: SVG's units, view boxes and matrices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin, sqrt, tan

import numpy as np

from inkdream.errors import InputError, shorten, unknown
from inkdream.page import MM_PER
from inkdream.plot.clip import extent
from inkdream.plot.plot import Points, Stroke

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
PX = MM_PER["px"]
# No coordinate of a drawing is larger; beyond, differences of float64 lose a thousandth of a mm.
LARGEST = 1e9
# Words longer than this are no length, transform or box that a program wrote.
MOST_LETTERS = 20_000
_PIECE = 2**16

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LENGTH = re.compile(rf"({NUMBER})\s*([A-Za-z%]*)")
_NUMBERS = re.compile(NUMBER)
_PX_PER = {unit: mm / PX for unit, mm in MM_PER.items() if unit != "m"}
_PX_PER |= {"": 1.0, "pc": 16.0, "q": 96 / 101.6}
# The size of a font if nothing is said of it, in px.
MEDIUM = 16.0
_SIZES = {
    "xx-small": 3 / 5, "x-small": 3 / 4, "small": 8 / 9, "medium": 1.0,
    "large": 6 / 5, "x-large": 3 / 2, "xx-large": 2.0, "xxx-large": 3.0,
}  # fmt: skip


def inverse(matrix: Matrix) -> Matrix | None:
    """Return the inverse transform; None if it is singular."""
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    if abs(size) <= 1e-12 * max(abs(a), abs(b), abs(c), abs(d)) ** 2:
        return None
    x, y = (c * f - d * e) / size, (b * e - a * f) / size
    return d / size, -b / size, -c / size, a / size, x, y


def applied(matrix: Matrix, points: Points) -> Points:
    """Return transformed points (N, 2)."""
    a, b, c, d, e, f = matrix
    moved: Points = points @ np.array([[a, b], [c, d]], np.float64) + np.array([e, f], np.float64)
    return moved


def moved(matrix: Matrix, strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Return transformed strokes."""
    return tuple(Stroke(applied(matrix, each.points), each.curved) for each in strokes)


def box_around(strokes: Sequence[Stroke]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the box around strokes, at least one."""
    reached = [extent(stroke) for stroke in strokes]
    low = np.min([least for least, _ in reached], axis=0)
    high = np.max([most for _, most in reached], axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


class ElementError(InputError):
    """A mistake in one element: it is noted, and the rest is drawn."""


def length(word: str, whole: float, em: float = MEDIUM, rem: float = MEDIUM) -> float:
    """Return a length in px, or in user units.

    Args:
        word: a number, with a unit behind it or %.
        whole: 100 %.
        em: the size of the font.
        rem: the size of the root's font.

    Raises:
        ElementError: if it is none.
    """
    match = _LENGTH.fullmatch(word.strip()) if len(word) <= MOST_LETTERS else None
    if not match:
        raise ElementError(f"{shorten(word)!r} is no length")
    # No font is read, so an x and a 0 have their usual size.
    units = _PX_PER | {"%": whole / 100, "rem": rem, "em": em, "ex": em / 2, "ch": em / 2}
    if match[2].lower() not in units:
        raise ElementError(str(unknown("unit", match[2], filter(None, units))))
    value = float(match[1]) * units[match[2].lower()]
    if not abs(value) <= LARGEST:
        raise ElementError(f"length {shorten(word)!r} is larger than {LARGEST:g} px")
    return value


def font_size(word: str, em: float, rem: float) -> float:
    """Return the size of a font in px, from a length or a keyword.

    Raises:
        ElementError: if it is none.
    """
    word = word.strip().lower()
    if word in _SIZES:
        return MEDIUM * _SIZES[word]
    if word in ("larger", "smaller"):
        return em * 1.2 if word == "larger" else em / 1.2
    size = length(word, em, em, rem)
    if size < 0:
        raise ElementError(f"{shorten(word)!r} is no size of a font")
    return size


@dataclass(frozen=True, slots=True)
class Viewport:
    """The reference of lengths.

    Attributes:
        width: 100 % across, in user units.
        height: 100 % down.
        em: the size of the font in force, in px.
        rem: that of the root's.
    """

    width: float
    height: float
    em: float = MEDIUM
    rem: float = MEDIUM

    def across(self, word: str) -> float:
        """Return a horizontal length in user units."""
        return length(word, self.width, self.em, self.rem)

    def down(self, word: str) -> float:
        """Return a vertical length in user units."""
        return length(word, self.height, self.em, self.rem)

    def along(self, word: str) -> float:
        """Return a length of no direction in user units (SVG 2, section 8.9)."""
        return length(word, hypot(self.width, self.height) / sqrt(2), self.em, self.rem)


def move(matrix: Matrix, points: Points) -> None:
    """Transform points (N, 2) in place.

    Raises:
        ElementError: if one lands too far away to be drawn.
    """
    a, b, c, d, e, f = matrix
    # In pieces, so that long paths take no memory several times over.
    for start in range(0, len(points), _PIECE):
        piece = points[start : start + _PIECE]
        x, y = piece[:, 0].copy(), piece[:, 1].copy()
        piece[:, 0] = a * x + c * y + e
        piece[:, 1] = b * x + d * y + f
        if not -LARGEST <= piece.min() <= piece.max() <= LARGEST:
            raise ElementError(f"is moved by its transform farther away than {LARGEST:g} mm")


def chain(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the transform that applies first `inner`, then `outer`.

    Raises:
        ElementError: if its numbers are too large.
    """
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    x, y = a * k + c * m + e, b * k + d * m + f
    return _checked((a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, x, y))


def _checked(matrix: Matrix) -> Matrix:
    if not all(abs(value) <= LARGEST for value in matrix):
        raise ElementError(f"transforms have together a number larger than {LARGEST:g}")
    return matrix


def scale_of(matrix: Matrix) -> float:
    """Return the scale of a transform: the root of what it does to areas."""
    a, b, c, d, _, _ = matrix
    return sqrt(abs(a * d - b * c))


def view_box(word: str) -> tuple[float, float, float, float] | None:
    """Return left, top, width and height of a viewBox, in user units; None for 'none' or nothing.

    Raises:
        ElementError: if it is no box, or has no area.
    """
    if word.strip() in ("", "none"):
        return None
    parts = word.replace(",", " ").split() if len(word) <= MOST_LETTERS else []
    if len(parts) != 4 or not all(_NUMBERS.fullmatch(part) for part in parts):
        raise ElementError(f"viewBox {shorten(word)!r} is not four numbers")
    left, top, width, height = (float(part) for part in parts)
    if max(abs(left), abs(top), width, height) > LARGEST:
        raise ElementError(f"viewBox {shorten(word)!r} has a number larger than {LARGEST:g}")
    if width <= 0 or height <= 0:
        raise ElementError(f"viewBox {shorten(word)!r} has no area")
    return left, top, width, height


def fit(
    box: tuple[float, float, float, float], width: float, height: float, aspect: str = ""
) -> Matrix:
    """Return the transform that fits a view box into a viewport.

    `aspect` is a preserveAspectRatio, by default 'xMidYMid meet'.

    Raises:
        ElementError: if it enlarges too much.
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


_CALL = re.compile(r"\s*,?\s*([A-Za-z0-9]+)\s*\(([^()]*)\)")
_ARGUMENT = re.compile(rf"\s*({NUMBER})([A-Za-z%]*)\s*,?")
DEGREES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": 180 / pi, "turn": 360.0}
_PLAIN = Viewport(1.0, 1.0)


def transform(words: str, reference: Viewport = _PLAIN) -> Matrix:
    """Return the matrix of a transform's functions, as an attribute or in CSS, or of 'none'.

    Raises:
        ElementError: if it is none.
    """
    matrix, at = IDENTITY, 0
    words = words.strip()
    if len(words) > MOST_LETTERS:
        raise ElementError(f"transform {shorten(words)!r} is too long")
    if words == "none":
        return IDENTITY
    while at < len(words):
        call = _CALL.match(words, at)
        if not call:
            raise ElementError(f"transform {shorten(words[at:])!r} is not understood")
        matrix = chain(matrix, _one_transform(call[1], call[2], reference))
        at = call.end()
    return matrix


def around(matrix: Matrix, x: float, y: float) -> Matrix:
    """Return a transform about a point."""
    return chain(chain((1, 0, 0, 1, x, y), matrix), (1, 0, 0, 1, -x, -y))


def origin(words: str) -> tuple[str, str]:
    """Return the two lengths, across and down, of a transform-origin.

    Raises:
        ElementError: if it is none.
    """
    parts = words.lower().split()
    if len(parts) == 3:
        length(parts.pop(), 1.0)
    if len(parts) == 1:
        parts.insert(0 if parts[0] in _DOWN else 1, "center")
    if len(parts) == 2 and (parts[0] in _DOWN or parts[1] in _ACROSS):
        parts.reverse()
    if len(parts) != 2:
        raise ElementError(f"transform-origin {shorten(words)!r} is not understood")
    x, y = _ACROSS.get(parts[0], parts[0]), _DOWN.get(parts[1], parts[1])
    x, y = ("50%" if each == "center" else each for each in (x, y))
    length(x, 1.0)
    length(y, 1.0)
    return x, y


_ACROSS = {"left": "0%", "right": "100%"}
_DOWN = {"top": "0%", "bottom": "100%"}


def _one_transform(name: str, inside: str, reference: Viewport) -> Matrix:
    if name.lower() not in _TRANSFORMS:
        raise ElementError(str(unknown("transform", name, _TRANSFORMS)))
    kinds, counts, make = _TRANSFORMS[name.lower()]
    values: list[float] = []
    at = 0
    while at < len(inside) and not inside[at:].isspace():
        match = _ARGUMENT.match(inside, at)
        if not match or len(values) == len(kinds):
            break
        values.append(_value(kinds[len(values)], match[1], match[2], reference))
        at = match.end()
    if inside[at:].strip() or len(values) not in counts:
        raise ElementError(f"transform {shorten(f'{name}({inside})')!r} is not understood")
    return make(*values)


def _value(kind: str, number: str, unit: str, reference: Viewport) -> float:
    """Return an argument: x or y a length, a an angle in degrees, n a number."""
    if kind in "xy":
        return (reference.across if kind == "x" else reference.down)(number + unit)
    scale = DEGREES.get(unit.lower()) if kind == "a" else {"": 1.0, "%": 0.01}.get(unit)
    value = float(number) * (scale or 0.0)
    if scale is None or not abs(value) <= LARGEST:
        what = "is not understood" if scale is None else f"is larger than {LARGEST:g}"
        raise ElementError(f"transform: {shorten(number + unit)!r} {what}")
    return value


def _rotate(angle: float, x: float = 0.0, y: float = 0.0) -> Matrix:
    c, s = cos(radians(angle)), sin(radians(angle))
    return c, s, -s, c, x - c * x + s * y, y - s * x - c * y


def _scale(x: float, y: float | None = None, _: float = 1.0) -> Matrix:
    return x, 0, 0, x if y is None else y, 0, 0


def _skew(across: float, down: float = 0.0) -> Matrix:
    return 1, tan(radians(down)), tan(radians(across)), 1, 0, 0


def _translate(x: float, y: float = 0.0, _: float = 0.0) -> Matrix:
    return 1, 0, 0, 1, x, y


# What kind each argument is, see `_value`; how many there may be; and what they make.
_TRANSFORMS: dict[str, tuple[str, Sequence[int], Callable[..., Matrix]]] = {
    "matrix": ("nnnnxy", [6], lambda *values: values),
    "translate": ("xy", [1, 2], _translate),
    "translatex": ("x", [1], _translate),
    "translatey": ("y", [1], lambda y: _translate(0.0, y)),
    "translate3d": ("xyx", [1, 2, 3], _translate),
    "scale": ("nn", [1, 2], _scale),
    "scalex": ("n", [1], lambda x: _scale(x, 1.0)),
    "scaley": ("n", [1], lambda y: _scale(1.0, y)),
    "scale3d": ("nnn", [1, 2, 3], _scale),
    "rotate": ("axy", [1, 3], _rotate),
    "rotatez": ("a", [1], _rotate),
    "skew": ("aa", [1, 2], _skew),
    "skewx": ("a", [1], _skew),
    "skewy": ("a", [1], lambda down: _skew(0.0, down)),
}
