"""How an SVG's shapes are painted: presentation attributes, style attributes, simple CSS.

Source: SVG 2, chapters 6 and 13; CSS Color 4; Selectors 4, of which only tag, class, id and their
compounds (`path.thin`) are known here.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from inkdream import colour
from inkdream.plot.svg_units import NUMBER, Viewport

BLACK = "#000000"
# Words longer than this are no paint that a program wrote.
_MOST_LETTERS = 200

_FUNCTION = re.compile(r"(rgb|hsl)a?\(\s*([^()]*)\)")
_PART = re.compile(rf"({NUMBER})(%|deg)?|none")
_URL = re.compile(r"url\([^)]*\)\s*(.*)")

# What changes a picture and is not followed here, as one names it to a person.
NOT_FOLLOWED = {
    "clip-path": "clip-path",
    "mask": "mask",
    "filter": "filter",
    "marker": "marker",
    "marker-start": "marker",
    "marker-mid": "marker",
    "marker-end": "marker",
}
PROPERTIES = NOT_FOLLOWED.keys() | {
    "color",
    "display",
    "fill",
    "fill-opacity",
    "fill-rule",
    "mix-blend-mode",
    "opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-opacity",
    "stroke-width",
    "transform",
    "vector-effect",
    "visibility",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """What a fill or a stroke is painted with; no colour is none.

    Attributes:
        colour: '#rrggbb', or None.
        alpha: of the colour itself, 0 clear to 1.
        is_pattern: whether a gradient or pattern was asked for, which `colour` only stands for.
    """

    colour: str | None
    alpha: float = 1.0
    is_pattern: bool = False


NONE = Paint(None)
_CLEAR = Paint(BLACK, 0.0)
_KEYWORDS = {"none": NONE, "transparent": _CLEAR, "context-fill": NONE, "context-stroke": NONE}


@dataclass(frozen=True, slots=True)
class Style:
    """The properties of an element that count here, as computed.

    Attributes:
        stroke: what lines are painted with.
        stroke_width: in user units.
        opacity: the product of those of the element and of all around it, 0 to 1.
        color: what currentColor is, '#rrggbb'.
        is_blended: whether the element or one around it mixes with what lies below.
    """

    stroke: Paint = NONE
    stroke_width: float = 1.0
    stroke_opacity: float = 1.0
    fill: Paint = field(default_factory=lambda: Paint(BLACK))
    fill_opacity: float = 1.0
    opacity: float = 1.0
    color: str = BLACK
    is_visible: bool = True
    is_even_odd: bool = False
    is_round: bool = False
    is_dashed: bool = False
    is_blended: bool = False


@lru_cache(maxsize=2048)
def parse_paint(word: str, current: str) -> Paint | None:
    """Return what a paint word says, or None if it says nothing that is understood.

    Args:
        word: such as 'none', 'red', '#f00', 'rgb(255, 0, 0)', 'url(#fade) red'.
        current: what currentColor is.
    """
    word = word.strip().lower()
    if word in _KEYWORDS:
        return _KEYWORDS[word]
    if word == "currentcolor":
        return Paint(current)
    pattern = _URL.fullmatch(word)
    if pattern:
        instead = parse_paint(pattern[1], current) if pattern[1] else None
        return replace(instead or Paint(BLACK), is_pattern=instead is None)
    function = _FUNCTION.fullmatch(word)
    return _parse_function(function[1], function[2]) if function else _parse_name(word)


def _parse_name(word: str) -> Paint | None:
    """Return the paint of a colour's name or digits, with or without alpha."""
    alpha = 1.0
    if re.fullmatch("#(?:[0-9a-f]{4}|[0-9a-f]{8})", word):
        digits = word[1:] if len(word) == 9 else "".join(2 * digit for digit in word[1:])
        word, alpha = f"#{digits[:6]}", int(digits[6:], 16) / 255
    if word in colour.NAMES or re.fullmatch("#(?:[0-9a-f]{3}|[0-9a-f]{6})", word):
        return Paint(colour.to_hex(colour.parse(word)), alpha)
    return None


def _parse_function(name: str, inside: str) -> Paint | None:
    parts = [_PART.fullmatch(part) for part in re.split(r"[\s,/]+", inside.strip())]
    if len(parts) not in (3, 4):
        return None
    values, units = [], []
    for part in parts:
        if part is None:
            return None
        values.append(min(max(float(part[1] or 0), -1e6), 1e6))
        units.append(part[2])
    alpha = 1.0
    if len(values) == 4:
        alpha = _clip(values[3] / (100 if units[3] == "%" else 1))
    if name == "rgb":
        rgb = [
            _clip(value / (100 if unit == "%" else 255))
            for value, unit in zip(values[:3], units[:3], strict=True)
        ]
    else:
        saturation, light = (_clip(value / 100) for value in values[1:3])
        rgb = list(colorsys.hls_to_rgb(values[0] % 360 / 360, light, saturation))
    return Paint(colour.to_hex(round(255 * value) for value in rgb), alpha)


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _share(word: str, instead: float) -> float:
    """Return an opacity in [0, 1], or what it is instead if it is not understood."""
    part = _PART.fullmatch(word.strip()) if len(word) <= _MOST_LETTERS else None
    if not part or not part[1] or part[2] == "deg":
        return instead
    return _clip(float(part[1]) / (100 if part[2] else 1))


def derive(parent: Style, said: Mapping[str, str], viewport: Viewport) -> Style:
    """Return the style of an element.

    Args:
        parent: the style around it.
        said: the element's own properties, by name; what is not understood counts as not said.
        viewport: what widths in % are of.

    Raises:
        InputError: if a stroke's width is no length.
    """
    words = {
        name: word.strip()
        for name, word in said.items()
        if len(word) <= _MOST_LETTERS and word.strip() not in ("inherit", "unset")
    }
    if not words:
        return parent
    changes: dict[str, Paint | float | str | bool] = {}
    for name, word in words.items():
        if name == "stroke-width":
            changes["stroke_width"] = max(0.0, viewport.along(word))
        elif name in _OPACITIES:
            changes[_OPACITIES[name]] = _share(word, getattr(parent, _OPACITIES[name]))
        elif name == "opacity":
            changes["opacity"] = parent.opacity * _share(word, 1.0)
        elif name in _SWITCHES:
            field_name, test = _SWITCHES[name]
            changes[field_name] = test(word)
    if "mix-blend-mode" in words and parent.is_blended:
        changes["is_blended"] = True
    current = parse_paint(words.get("color", ""), parent.color)
    if current and current.colour:
        changes["color"] = current.colour
    for name in ("stroke", "fill"):
        paint = parse_paint(words.get(name, ""), str(changes.get("color", parent.color)))
        if paint:
            changes[name] = paint
    return replace(parent, **changes) if changes else parent  # type: ignore[arg-type]


def _is_dashed(word: str) -> bool:
    """Return whether any length of a dash pattern is more than 0."""
    return any(letter in "123456789" for letter in word)


_OPACITIES = {"stroke-opacity": "stroke_opacity", "fill-opacity": "fill_opacity"}
_SWITCHES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "visibility": ("is_visible", lambda word: word == "visible"),
    "fill-rule": ("is_even_odd", lambda word: word == "evenodd"),
    "stroke-linecap": ("is_round", lambda word: word in ("round", "square")),
    "stroke-dasharray": ("is_dashed", _is_dashed),
    "mix-blend-mode": ("is_blended", lambda word: word != "normal"),
}
