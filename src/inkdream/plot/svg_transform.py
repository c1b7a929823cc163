"""Transforms of an SVG: what its attribute and CSS say, as matrices.

Source: CSS Transforms 1 and 2, of which what leaves the plane is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import cos, pi, radians, sin, tan

from inkdream.errors import shorten, unknown
from inkdream.plot.svg_numbers import LARGEST
from inkdream.plot.svg_units import (
    IDENTITY,
    MOST_LETTERS,
    NUMBER,
    ElementError,
    Matrix,
    Viewport,
    chain,
    length,
)

_CALL = re.compile(r"\s*,?\s*([A-Za-z0-9]+)\s*\(([^()]*)\)")
_ARGUMENT = re.compile(rf"\s*({NUMBER})([A-Za-z%]*)\s*,?")
_DEGREES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": 180 / pi, "turn": 360.0}
_PLAIN = Viewport(1.0, 1.0)


def transform(words: str, reference: Viewport = _PLAIN) -> Matrix:
    """Return what a transform says, as an attribute or in CSS.

    Args:
        words: functions, or 'none'.
        reference: what percentages are of.

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
    """Return a transform that is done about a point."""
    return chain(chain((1, 0, 0, 1, x, y), matrix), (1, 0, 0, 1, -x, -y))


def origin(words: str) -> tuple[str, str]:
    """Return the two lengths, across and down, that a transform-origin says.

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
    kind = _TRANSFORMS.get(name.lower())
    if kind is None:
        raise ElementError(str(unknown("transform", name, _TRANSFORMS)))
    units, make = kind
    values: list[float] = []
    at = 0
    while at < len(inside) and not inside[at:].isspace():
        found = _ARGUMENT.match(inside, at)
        if not found or len(values) == len(units):
            raise ElementError(f"transform {shorten(f'{name}({inside})')!r} is not understood")
        values.append(_value(units[len(values)], found[1], found[2], reference))
        at = found.end()
    matrix = make(values)
    if matrix is None:
        raise ElementError(f"transform {shorten(f'{name}({inside})')!r} is not understood")
    return matrix


def _value(kind: str, number: str, unit: str, reference: Viewport) -> float:
    """Return an argument: x or y a length, a an angle in degrees, n a number."""
    if kind in "xy":
        return (reference.across if kind == "x" else reference.down)(number + unit)
    scale = _DEGREES.get(unit.lower()) if kind == "a" else {"": 1.0, "%": 0.01}.get(unit)
    value = float(number) * (scale or 0.0)
    if scale is None or not abs(value) <= LARGEST:
        what = "is not understood" if scale is None else f"is larger than {LARGEST:g}"
        raise ElementError(f"transform: {shorten(number + unit)!r} {what}")
    return value


def _matrix(values: list[float]) -> Matrix | None:
    return (*values,) if len(values) == 6 else None  # type: ignore[return-value]


def _translate(values: list[float]) -> Matrix | None:
    if not values:
        return None
    return 1, 0, 0, 1, values[0], values[1] if len(values) > 1 else 0


def _scale(values: list[float]) -> Matrix | None:
    return (values[0], 0, 0, values[1] if len(values) > 1 else values[0], 0, 0) if values else None


def _rotate(values: list[float]) -> Matrix | None:
    if len(values) not in (1, 3):
        return None
    c, s = cos(radians(values[0])), sin(radians(values[0]))
    x, y = values[1:] if len(values) == 3 else (0.0, 0.0)
    return c, s, -s, c, x - c * x + s * y, y - s * x - c * y


def _skew(values: list[float]) -> Matrix | None:
    if not values:
        return None
    down = tan(radians(values[1])) if len(values) > 1 else 0
    return 1, down, tan(radians(values[0])), 1, 0, 0


def _skew_y(values: list[float]) -> Matrix | None:
    return (1, tan(radians(values[0])), 0, 1, 0, 0) if values else None


# What kind each argument is, see `_value`, and what they make.
_TRANSFORMS: dict[str, tuple[str, Callable[[list[float]], Matrix | None]]] = {
    "matrix": ("nnnnxy", _matrix),
    "translate": ("xy", _translate),
    "translatex": ("x", _translate),
    "translatey": ("y", lambda values: _translate([0.0, *values]) if values else None),
    "translate3d": ("xyx", _translate),
    "scale": ("nn", _scale),
    "scalex": ("n", lambda values: _scale([*values, 1.0]) if values else None),
    "scaley": ("n", lambda values: _scale([1.0, *values]) if values else None),
    "scale3d": ("nnn", _scale),
    "rotate": ("axy", _rotate),
    "rotatez": ("a", _rotate),
    "skew": ("aa", _skew),
    "skewx": ("a", _skew),
    "skewy": ("a", _skew_y),
}
