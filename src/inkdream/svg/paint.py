"""What an SVG's fills and strokes are painted with: colours, and references to gradients.

Colours are read by tinycss2. Sources: SVG 2, section 13.2; CSS Color 4; CSS Values 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tinycss2
from tinycss2 import color4

from inkdream import colour

BLACK = "#000000"
# Of these spaces are the colours that every program knows that shows an SVG.
_SPACES = frozenset({"srgb", "hsl", "hwb"})
# Words behind a colour that say the same colour in other inks.
_PROFILES = frozenset({"icc-color", "device-cmyk", "device-color"})
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Paint:
    """What a fill or a stroke is painted with; no colour is none.

    Attributes:
        colour: '#rrggbb', or None.
        alpha: of the colour itself, 0 clear to 1.
        keyword: 'currentcolor', 'context-fill' or 'context-stroke' if the colour is that of
            another property, wherever the paint is used; '' if it is its own.
        reference: the id of the gradient or pattern that was asked for, '' if that is none in this
            file; the colour is what to use instead. None if none was.
    """

    colour: str | None
    alpha: float = 1.0
    keyword: str = ""
    reference: str | None = None


NONE = Paint(None)
_KEYWORDS = {"none": NONE} | {
    word: Paint(None, keyword=word) for word in ("currentcolor", "context-fill", "context-stroke")
}


@lru_cache(maxsize=4096)
def parse_paint(words: str) -> Paint | None:
    """Return what a paint says, or None if it says nothing that is understood.

    Args:
        words: such as 'none', 'red', '#f00', 'rgb(255, 0, 0)', 'url(#fade) red'.
    """
    if len(words) > _MOST_LETTERS:
        return None
    tokens = _tokens(words)
    reference = _reference(tokens[0]) if tokens else None
    if reference is None:
        return _plain(tokens)
    instead = _plain(tokens[1:]) if len(tokens) > 1 else NONE
    return instead and Paint(instead.colour, instead.alpha, instead.keyword, reference)


def parse_reference(words: str) -> str | None:
    """Return the id that 'url(#id)' names; '' if it is not in this file, None if it is no url."""
    tokens = _tokens(words) if len(words) <= _MOST_LETTERS else []
    return _reference(tokens[0]) if len(tokens) == 1 else None


def parse_colour(words: str) -> Paint | None:
    """Return a colour, which may be currentColor; None for anything else."""
    paint = parse_paint(words)
    is_colour = paint and paint.reference is None and (paint.colour or paint.keyword)
    return paint if is_colour else None


def _tokens(words: str) -> list[Any]:
    tokens = tinycss2.parse_component_value_list(words, skip_comments=True)
    return [token for token in tokens if token.type != "whitespace"]


def _reference(token: Any) -> str | None:
    """Return the id that a url points at; None if the token is no url."""
    if token.type == "function" and token.lower_name == "url":
        token = next((each for each in token.arguments if each.type == "string"), token)
        address = token.value if token.type == "string" else ""
    elif token.type == "url":
        address = token.value
    else:
        return None
    return address.strip()[1:] if address.strip().startswith("#") else ""


def _plain(tokens: list[Any]) -> Paint | None:
    """Return the paint of a keyword or a colour."""
    if len(tokens) == 2 and getattr(tokens[1], "lower_name", "") in _PROFILES:
        tokens = tokens[:1]
    if len(tokens) != 1:
        return None
    keyword = tokens[0].lower_value if tokens[0].type == "ident" else ""
    if keyword in _KEYWORDS:
        return _KEYWORDS[keyword]
    try:
        parsed = color4.parse_color(tokens[0])
        if parsed is None or parsed.space not in _SPACES:
            return None
        red, green, blue = (
            round(255 * min(max(value, 0.0), 1.0)) for value in parsed.to("srgb").coordinates
        )
    except (ValueError, OverflowError):
        return None
    return Paint(colour.to_hex((red, green, blue)), float(parsed.alpha))


# Beyond any coordinate of a colour that can be seen.
_LARGEST = 1000.0
# From linear light of the space, or from XYZ, to XYZ of daylight D65: CSS Color 4, section 17.
_P3 = [
    [0.4865709486482162, 0.26566769316909306, 0.1982172852343625],
    [0.2289745640697488, 0.6917385218365064, 0.079286914093745],
    [0.0, 0.04511338185890264, 1.043944368900976],
]
_FROM_D50 = [
    [0.9554734527042182, -0.023098536874261423, 0.0632593086610217],
    [-0.028369706963208136, 1.0099954580058226, 0.021041398966943008],
    [0.012314001688319899, -0.020507696433477912, 1.3303659366080753],
]
_TO_LINEAR = [
    [3.2409699419045226, -1.537383177570094, -0.4986107602930034],
    [-0.9692436362808796, 1.8759675015077202, 0.04155505740717559],
    [0.05563007969699366, -0.20397695888897652, 1.0569715142428786],
]


def older(words: str) -> str:
    """Return a value in older words; '' if there are none for it.

    The fallback of var(), the first of light-dark(), and colours of larger gamuts, cut off where
    sRGB ends, as '#rrggbbaa'.
    """
    tokens = _tokens(words)
    if len(tokens) != 1 or tokens[0].type != "function":
        return ""
    token = tokens[0]
    if token.lower_name in ("var", "light-dark"):
        first, second = _halves(token.arguments)
        inside = second if token.lower_name == "var" else first
        return older(inside) or inside
    return _gamut(token)


def _halves(arguments: list[Any]) -> tuple[str, str]:
    """Return what stands before and behind the first comma; '' for both if there is none."""
    for index, token in enumerate(arguments):
        if token.type == "literal" and token.value == ",":
            halves = arguments[:index], arguments[index + 1 :]
            first, second = (tinycss2.serialize(half).strip() for half in halves)
            return first, second
    return "", ""


def _gamut(token: Any) -> str:
    """Return a colour of a space that is not sRGB's as '#rrggbbaa'; '' for anything else."""
    try:
        parsed = color4.parse_color(token)
        if parsed is None or parsed == "currentcolor":
            return ""
        values = np.array([float(value or 0) for value in parsed.coordinates])
        if not (np.abs(values) <= _LARGEST).all():
            return ""
        if parsed.space == "display-p3":
            xyz = np.array(_P3) @ colour.srgb_to_linear(values)
        elif parsed.space in ("lab", "lch"):
            xyz = np.array(_FROM_D50) @ np.array(parsed.to("xyz-d50").coordinates)
        elif parsed.space in ("oklab", "oklch", "xyz", "xyz-d65"):
            xyz = np.array(parsed.to("xyz-d65").coordinates)
        else:
            return ""
        rgb = colour.to_bytes(np.clip(np.array(_TO_LINEAR) @ xyz, 0, 1)).tolist()
    except (ValueError, OverflowError, NotImplementedError):
        return ""
    return f"{colour.to_hex(rgb)}{round(255 * min(max(float(parsed.alpha), 0), 1)):02x}"
