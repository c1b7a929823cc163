"""Colours of newer CSS in the words of older: what is used where a file gives no older ones beside.

Files for the web often bring both, the older first; then the older stand, as in every program that
knows no others. Sources: CSS Color 4 and 5; CSS Custom Properties 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tinycss2
from tinycss2 import color4

from inkdream import colour

# Beyond any coordinate of a colour that can be seen.
_LARGEST = 1000.0
# From linear light of the space, or from XYZ, to XYZ of daylight D65: CSS Color 4, section 17.
_P3 = np.array(
    [
        [0.4865709486482162, 0.26566769316909306, 0.1982172852343625],
        [0.2289745640697488, 0.6917385218365064, 0.079286914093745],
        [0.0, 0.04511338185890264, 1.043944368900976],
    ]
)
_FROM_D50 = np.array(
    [
        [0.9554734527042182, -0.023098536874261423, 0.0632593086610217],
        [-0.028369706963208136, 1.0099954580058226, 0.021041398966943008],
        [0.012314001688319899, -0.020507696433477912, 1.3303659366080753],
    ]
)
_TO_LINEAR = np.array(
    [
        [3.2409699419045226, -1.537383177570094, -0.4986107602930034],
        [-0.9692436362808796, 1.8759675015077202, 0.04155505740717559],
        [0.05563007969699366, -0.20397695888897652, 1.0569715142428786],
    ]
)


def older(words: str) -> str:
    """Return a value in older words; '' if there are none for it.

    The fallback of var(), the first of light-dark(), and colours of larger gamuts, cut off where
    sRGB ends, as '#rrggbbaa'.
    """
    tokens = [
        token
        for token in tinycss2.parse_component_value_list(words, skip_comments=True)
        if token.type != "whitespace"
    ]
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
            xyz = _P3 @ colour.srgb_to_linear(values)
        elif parsed.space in ("lab", "lch"):
            xyz = _FROM_D50 @ np.array(parsed.to("xyz-d50").coordinates)
        elif parsed.space in ("oklab", "oklch", "xyz", "xyz-d65"):
            xyz = np.array(parsed.to("xyz-d65").coordinates)
        else:
            return ""
        rgb = colour.to_bytes(np.clip(_TO_LINEAR @ xyz, 0, 1)).tolist()
    except (ValueError, OverflowError, NotImplementedError):
        return ""
    return f"{colour.to_hex(rgb)}{round(255 * min(max(float(parsed.alpha), 0), 1)):02x}"
