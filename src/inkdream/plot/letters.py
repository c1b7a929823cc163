"""Words in letters of a single line, as a pen writes them: Dr. A. V. Hershey's fonts.

The fonts have the letters of ASCII; accents, and what else Latin alphabets have, are put together
here. Lengths are shares of a capital's height; y is down from the line that words stand on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal
from unicodedata import name as name_of
from unicodedata import normalize

import numpy as np

from inkdream.errors import InputError
from inkdream.plot.plot import Points, Stroke

Font = Literal["roman", "script"]
_FILES: dict[Font, str] = {"roman": "futural", "script": "scripts"}
# The fonts' own unit: a capital is 21 high.
_CAPITAL = 21.0
# Small letters reach up to here, so what lies above is an i's dot.
_SMALL = -15.0
# Where a line turns by more than this, in degrees, it has a corner; all other bends are round.
_CORNER = 50.0
# Accents above stand so far off their letter, and one above another so much higher.
_OFF, _HIGHER = 2.5, 6.0
# Bare to the left and the right of a letter.
_SIDE = 4.0

# Combining marks that stand above a letter: from its middle, and from a little above its top.
_ABOVE = {
    "\u0300": "-2.5,-4 1.5,0",
    "\u0301": "2.5,-4 -1.5,0",
    "\u0302": "-3,0 0,-4 3,0",
    "\u0303": "-4,-0.5 -2.5,-2.5 -1,-2.5 1,-1 2.5,-1 4,-3",
    "\u0304": "-3.5,-1.5 3.5,-1.5",
    "\u0306": "-3,-4 -2,-1.5 0,-0.5 2,-1.5 3,-4",
    "\u0307": "0,-2.5 -1,-1.5 0,-0.5 1,-1.5 0,-2.5",
    "\u0312": "1,-5 -0.5,-3 -0.5,-1.5 0.5,-0.5",
    "\u0308": "-3,-2.5 -4,-1.5 -3,-0.5 -2,-1.5 -3,-2.5; 3,-2.5 2,-1.5 3,-0.5 4,-1.5 3,-2.5",
    "\u030a": "0,-4 1.4,-3.4 2,-2 1.4,-0.6 0,0 -1.4,-0.6 -2,-2 -1.4,-3.4 0,-4",
    "\u030b": "0,-4 -3,0; 4,-4 1,0",
    "\u030c": "-3,-4 0,0 3,-4",
}
# Those that hang below one: from its middle, and from the line that it stands on.
_BELOW = {
    "\u0323": "0,3 -1,4 0,5 1,4 0,3",
    "\u0326": "0.5,3 0.5,4.5 -1,6.5",
    "\u0327": "0,0 -0.5,2 1.5,2.5 2,4.5 0.5,6 -1.5,5.5",
    "\u0328": "2,0 0.5,2 0.5,4.5 2,5.5 3.5,5",
}
# Letters with a line through them, and shapes of their own: the letter of ASCII below, and lines
# x,y from its middle.
_THROUGH = {
    "ı": ("", "0,-14 0,0"),
    "–": ("", "-6,-9 6,-9"),
    "—": ("", "-10,-9 10,-9"),
    "ø": ("o", "-6,2 6,-16"),
    "Ø": ("O", "-9,3 9,-24"),
    "đ": ("d", "0,-17.5 9,-17.5"),
    "Đ": ("D", "-10,-10.5 0,-10.5"),
    "Ð": ("D", "-10,-10.5 0,-10.5"),
    "ħ": ("h", "-8,-17.5 1,-17.5"),
    "ł": ("l", "-3,-8.5 3,-12.5"),
    "Ł": ("L", "-8,-8 0,-13"),
    "©": (
        "",
        "0,-21.5 5.5,-20 9.5,-16 11,-10.5 9.5,-5 5.5,-1 0,0.5 -5.5,-1 -9.5,-5 -11,-10.5 "
        "-9.5,-16 -5.5,-20 0,-21.5; 4,-14 1,-16 -3,-15 -5,-12 -5,-9 -3,-6 1,-5 4,-7",
    ),
    "°": (
        "",
        "0,-21 1.5,-20.6 2.6,-19.5 3,-18 2.6,-16.5 1.5,-15.4 0,-15 -1.5,-15.4 -2.6,-16.5 "
        "-3,-18 -2.6,-19.5 -1.5,-20.6 0,-21",
    ),
    "º": (
        "",
        "0,-20 1.5,-19.6 2.6,-18.5 3,-17 2.6,-15.5 1.5,-14.4 0,-14 -1.5,-14.4 -2.6,-15.5 "
        "-3,-17 -2.6,-18.5 -1.5,-19.6 0,-20; -3,-11 3,-11",
    ),
    "·": ("", "0,-10 -1,-9 0,-8 1,-9 0,-10"),
    "×": ("", "-5,-14 5,-4; 5,-14 -5,-4"),
    "«": ("", "0,-13 -5,-8 0,-3; 6,-13 1,-8 6,-3"),
    "»": ("", "0,-13 5,-8 0,-3; -6,-13 -1,-8 -6,-3"),
    "ß": (
        "",
        "-6,0 -6,-15 -5,-19 -2,-21 2,-21 5,-19 5,-15 3,-13 0,-12 4,-10 6,-7 6,-4 4,-1 1,0 -2,-1",
    ),
    "Æ": ("", "-12,0 0,-21 11,-21; -8,-7 0,-7; 0,-21 0,0 11,0; 0,-11 8,-11"),
    "Œ": (
        "",
        "1,-21 -4,-21 -8,-19 -11,-14 -11,-7 -8,-2 -4,0 1,0; 11,-21 1,-21 1,0 11,0; 1,-11 8,-11",
    ),
    "þ": (
        "",
        "-6,-21 -6,7; -6,-11 -4,-13 -2,-14 1,-14 3,-13 5,-11 6,-8 6,-6 5,-3 3,-1 1,0 -2,0 "
        "-4,-1 -6,-3",
    ),
    "Þ": ("", "-6,-21 -6,0; -6,-16 3,-16 6,-15 7,-12 7,-9 6,-6 3,-5 -6,-5"),
    "ð": (
        "",
        "5,-9 3,-13 0,-14 -3,-13 -5,-11 -6,-8 -6,-5 -5,-3 -3,-1 0,0 3,-1 5,-3 6,-7 5,-12 "
        "2,-17 -3,-21; -3,-16 4,-20",
    ),
}
# Two letters in one, the second so much nearer.
_JOINED = {"æ": ("a", "e", 6.5), "œ": ("o", "e", 7.0)}
_TURNED = {"¿": "?", "¡": "!"}
_WRITTEN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": ",,", "…": "...", "\u00a0": " ", "−": "–"}
)
# Unicode calls a cedilla what is a comma below these letters, and above the last, which hangs down.
_COMMA = dict.fromkeys("GKLNRklnr", "\u0326") | {"g": "\u0312"}
# On letters as tall as these, a caron is written as an apostrophe beside them.
_BESIDE = "dtlL"


@dataclass(frozen=True, eq=False)
class _Glyph:
    """A letter: its lines (N, 2) in the font's unit from its left edge, and how wide it is."""

    lines: tuple[Points, ...]
    width: float

    @property
    def middle(self) -> float:
        """X of the middle of what is drawn."""
        return sum(self.spread(0)) / 2

    def spread(self, axis: int) -> tuple[float, float]:
        """Return the least and the largest of x (axis 0) or y (axis 1)."""
        values = np.concatenate([line[:, axis] for line in self.lines] or [np.zeros(1)])
        return float(values.min()), float(values.max())


def write_words(words: str, font: Font = "roman") -> tuple[tuple[Stroke, ...], float]:
    """Return words in one line as strokes, capitals 1 high, and how wide it is.

    The line begins at x = 0 and stands on y = 0. Source: A. V. Hershey, Calligraphy for computers
    (1967), in the package Hershey-Fonts.

    >>> strokes, width = write_words("Émile")
    >>> len(strokes), round(width, 1)
    (8, 3.1)

    Raises:
        InputError: if it has no such letter; names it.
    """
    strokes: list[Stroke] = []
    x = 0.0
    for letter in normalize("NFC", words.translate(_WRITTEN)):
        glyph = _glyph(letter, font)
        shift = (x, 0.0)
        strokes += [_rounded((line + shift) / _CAPITAL) for line in glyph.lines]
        x += glyph.width
    return tuple(strokes), x / _CAPITAL


@cache
def _glyph(letter: str, font: Font) -> _Glyph:
    # The script's figures are bold.
    plain = _font("roman" if letter.isdigit() else font)
    if letter in plain:
        return plain[letter]
    if letter in _TURNED:
        turned = plain[_TURNED[letter]]
        lines = tuple((turned.width, 7 - _CAPITAL) - line for line in turned.lines)
        return _Glyph(lines, turned.width)
    if letter in _JOINED:
        first, second, nearer = _JOINED[letter]
        one, other = plain[first], plain[second]
        width = one.width - nearer
        return _Glyph((*one.lines, *_shifted(other.lines, width)), width + other.width)
    if letter in _THROUGH:
        base, shapes = _THROUGH[letter]
        return _crossed(plain[base] if base else None, _lines(shapes))
    return _accented(letter, font)


def _lines(shapes: str) -> tuple[Points, ...]:
    """Return polylines (N, 2) of words such as '0,0 3,-4; 1,1 2,2'."""
    return tuple(
        np.array([pair.split(",") for pair in line.split()], np.float64)
        for line in shapes.split(";")
    )


def _shifted(lines: tuple[Points, ...], x: float, y: float = 0.0) -> tuple[Points, ...]:
    return tuple(line + np.array([x, y]) for line in lines)


def _crossed(base: _Glyph | None, lines: tuple[Points, ...]) -> _Glyph:
    """Return a letter with lines through its middle; without one, the lines themselves."""
    if base:
        return _Glyph((*base.lines, *_shifted(lines, base.middle)), base.width)
    left, right = _Glyph(lines, 0.0).spread(0)
    return _Glyph(_shifted(lines, _SIDE - left), right - left + 2 * _SIDE)


def _accented(letter: str, font: Font) -> _Glyph:
    """Return a letter with its accents.

    Raises:
        InputError: if the letter or an accent is not known.
    """
    parts = normalize("NFD", letter)
    base = parts[0]
    marks = parts[1:].replace("\u0327", _COMMA.get(base, "\u0327"))
    if not marks or not all(mark in _ABOVE or mark in _BELOW for mark in marks):
        word = name_of(letter, "unnamed").lower()
        raise InputError(
            f"{letter!r} (U+{ord(letter):04X}, {word}) cannot be written with a pen: its letters "
            "are those of Latin alphabets, with accents, figures and marks"
        )
    glyph = _glyph(base, font)
    if base in _BESIDE and marks == "\u030c":
        stop = np.array([[glyph.width - 1, -21.0], [glyph.width - 2.5, -16.5]])
        return _Glyph((*glyph.lines, stop), glyph.width + 2)
    lines = glyph.lines
    if base in "ij" and any(mark in _ABOVE for mark in marks):
        lines = tuple(line for line in lines if line[:, 1].max() > _SMALL)
    top = min(_Glyph(lines, 0.0).spread(1)[0], 0.0) - _OFF
    for mark in marks:
        drawn = _lines(_ABOVE.get(mark) or _BELOW[mark])
        lines += _shifted(drawn, glyph.middle, top if mark in _ABOVE else 0.0)
        top -= _HIGHER if mark in _ABOVE else 0.0
    return _Glyph(lines, glyph.width)


@cache
def _font(font: Font) -> dict[str, _Glyph]:
    """Return the letters of ASCII."""
    from HersheyFonts import HersheyFonts  # noqa: PLC0415  (200 KB that few drawings need)

    hershey = HersheyFonts()
    hershey.load_default_font(_FILES[font])
    base = float(hershey.render_options["base_line"])
    glyphs = {}
    for number in range(32, 127):
        found = hershey.all_glyphs[chr(number)]
        corner = (float(found.left_offset), base)
        lines = tuple(np.array(line, np.float64) - corner for line in found.strokes if line)
        glyphs[chr(number)] = _Glyph(lines, float(found.char_width))
    return glyphs


def _rounded(line: Points) -> Stroke:
    """Return a polyline as a curve through its vertices, with corners only where it has some.

    Source: E. Catmull and R. Rom, A class of local interpolating splines (1974); slopes are no
    longer than the shorter of two neighbours, so that straight lines stay straight.
    """
    steps = np.diff(line, axis=0)
    length = np.hypot(*steps.T)
    line, steps = line[np.append(True, length > 0)], steps[length > 0]
    length = length[length > 0]
    if len(steps) < 2:
        return Stroke(line if len(line) > 1 else np.repeat(line, 2, axis=0))
    is_ring = bool((line[0] == line[-1]).all())
    before = np.concatenate([steps[-1:] if is_ring else steps[:1], steps])
    after = np.concatenate([steps, steps[:1] if is_ring else steps[-1:]])
    one, other = np.hypot(*before.T), np.hypot(*after.T)
    slope = before + after
    slope /= np.maximum(np.hypot(*slope.T), 1e-9)[:, None]
    is_round = (before * after).sum(1) > np.cos(np.radians(_CORNER)) * one * other
    handle = slope * (np.minimum(one, other) * is_round)[:, None] / 3
    points = np.empty((3 * len(steps) + 1, 2))
    points[::3] = line
    points[1::3] = line[:-1] + handle[:-1]
    points[2::3] = line[1:] - handle[1:]
    return Stroke(points, curved=True)
