"""Colour: names, sRGB, linear RGB, OKLab, CIELAB, and how different two colours look.

Every function of an array takes numpy arrays and torch tensors alike, of floats, and returns the
same kind, dtype and device; with torch it has finite gradients everywhere. The three channels of
a colour lie on `axis`, the last unless told: `axis=-3` reads an image (3, H, W). "Linear" is
linear RGB with sRGB's primaries and white: 0 is black, 1 is paper white, and a mix of two inks is
the mean of their values. Values outside [0, 1] are allowed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import pi, radians
from typing import Any, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, shorten, unknown

# numpy.ndarray or torch.Tensor: this module may not import torch, so it cannot name both.
Array = TypeVar("Array")

# CSS Color Module Level 4, section 6.1.
_TABLE = """
aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque
ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood
deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50 cornflowerblue 6495ed
cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b darkcyan 008b8b darkgoldenrod b8860b
darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b darkmagenta 8b008b darkolivegreen
556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000 darksalmon e9967a darkseagreen 8fbc8f
darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet
9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick
b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold
ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 honeydew f0fff0
hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa
lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080
lightcyan e0ffff lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3
lightpink ffb6c1 lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899
lightslategrey 778899 lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen
faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3
mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a
mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970 mintcream f5fffa mistyrose ffe4e1
moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000 olivedrab 6b8e23 orange
ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee
palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd
powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1
saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d
silver c0c0c0 skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa
springgreen 00ff7f steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise
40e0d0 violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32
"""
NAMES: dict[str, str] = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))

_Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Bend:
    """A straight line through 0 up to `start`, from there a power; mirrored below 0.

    The power is gain * ((size + offset) / unit) ** power + shift.
    """

    start: float
    slope: float
    power: float
    gain: float = 1.0
    offset: float = 0.0
    unit: float = 1.0
    shift: float = 0.0

    def __call__(self, xp: Any, values: Any) -> Any:
        """Return values along the curve; `xp` is numpy or torch."""
        size = abs(values)
        # Below the start a power may be no number, or its slope none.
        curved = xp.clip(size, self.start, None)
        if self.offset:
            curved = (curved + self.offset) / self.unit
        curved = self.gain * curved**self.power + self.shift
        return xp.where(size <= self.start, values * self.slope, xp.copysign(curved, values))

    def slopes(self, xp: Any, values: Any, results: Any) -> Any:
        """Return the curve's slope at values, given what they became: no power is taken again."""
        size = abs(values)
        steep = (abs(results) - self.shift) * (self.power / (size.clip(self.start) + self.offset))
        return xp.where(size <= self.start, self.slope, steep)


# IEC 61966-2-1 primaries and the D65 white, to the 16 digits of CSS Color 4.
LINEAR_TO_XYZ: _Matrix = (
    (0.4123907992659593, 0.357584339383878, 0.1804807884018343),
    (0.21263900587151024, 0.715168678767756, 0.07219231536073371),
    (0.01933081871559182, 0.11919477979462598, 0.9505321522496607),
)
_WHITE = (0.3127 / 0.3290, 1.0, (1.0 - 0.3127 - 0.3290) / 0.3290)

# Ottosson 2020, with the digits of CSS Color 4, which make white exactly (1, 0, 0). The first is
# already multiplied by the matrix from linear RGB to XYZ.
_LINEAR_TO_LMS: _Matrix = (
    (0.4122214694707628, 0.5363325372617349, 0.05144599326750219),
    (0.2119034958178251, 0.6806995506452344, 0.10739695353694051),
    (0.08830245919005637, 0.2817188391361215, 0.6299787016738222),
)
_ROOTS_TO_OKLAB: _Matrix = (
    (0.21045426830931396, 0.7936177747023053, -0.0040720430116192585),
    (1.9779985324311686, -2.42859224204858, 0.450593709617411),
    (0.025904042465547734, 0.7827717124575297, -0.8086757549230774),
)
_LMS_TO_LINEAR: _Matrix = np.linalg.inv(_LINEAR_TO_LMS).tolist()
_OKLAB_TO_ROOTS: _Matrix = np.linalg.inv(_ROOTS_TO_OKLAB).tolist()

# Below this the cube root is a straight line, or its slope at black would be infinite. Every
# 8-bit colour but black lies above (the darkest, #000001, has 1.56e-5): they all stay exact.
_ROOT_FROM = 1e-5
_CUBE_ROOT = Bend(_ROOT_FROM, _ROOT_FROM ** (-2 / 3), 1 / 3)
_CUBE = Bend(_ROOT_FROM ** (1 / 3), _ROOT_FROM ** (2 / 3), 3)
_SRGB_TO_LINEAR = Bend(0.04045, 1 / 12.92, 2.4, offset=0.055, unit=1.055)
_LINEAR_TO_SRGB = Bend(0.0031308, 12.92, 1 / 2.4, gain=1.055, shift=-0.055)


def parse(text: str) -> tuple[int, int, int]:
    """Return the 8-bit sRGB of '#rgb', '#rrggbb' or one of the 148 CSS names, in any case.

    Raises:
        InputError: for anything else, with the nearest name.
    """
    word = text.strip().lower()
    digits = word[1:] if word.startswith("#") else NAMES.get(word)
    if digits is None:
        raise unknown("colour", word, NAMES)
    if re.fullmatch("[0-9a-f]{3}", digits):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch("[0-9a-f]{6}", digits):
        raise InputError(f"colour {shorten(text)!r} is neither '#rgb' nor '#rrggbb'")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def to_hex(rgb: Iterable[SupportsIndex]) -> str:
    """Return 8-bit sRGB as '#rrggbb', in lower case.

    Raises:
        InputError: unless there are three whole numbers in [0, 255].
    """
    values = list(rgb)
    if len(values) != 3 or any(value not in range(256) for value in values):
        raise InputError(f"colour {values} is not three whole numbers from 0 to 255")
    return "#" + "".join(f"{int(value):02x}" for value in values)


def linear_of(colours: Iterable[str]) -> NDArray[np.float64]:
    """Return the linear RGB (N, 3) in [0, 1] of N colours written as for `parse`.

    Raises:
        InputError: if one of them is no colour.
    """
    rows = [parse(colour) for colour in colours]
    return srgb_to_linear(np.array(rows, dtype=np.float64).reshape(-1, 3) / 255)


def name_of(rgb: Iterable[SupportsIndex]) -> str:
    """Return the CSS name nearest by CIEDE2000 to an 8-bit sRGB colour.

    Of two names for one colour it is the later in the alphabet: cyan, grey and magenta, not
    aqua, gray and fuchsia.

    Raises:
        InputError: unless `rgb` is three whole numbers in [0, 255].
    """
    names, lab = _named()
    return names[int(ciede2000(linear_to_lab(linear_of([to_hex(rgb)])), lab).argmin())]


@cache
def _named() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return one name for each named colour, and their CIELAB (N, 3)."""
    names = tuple({digits: name for name, digits in sorted(NAMES.items())}.values())
    return names, linear_to_lab(linear_of(names))


def srgb_to_linear(srgb: Array) -> Array:
    """Return linear RGB from sRGB in [0, 1], any shape; values below 0 mirror those above.

    Source: IEC 61966-2-1:1999; the mirror: CSS Color 4.
    """
    return _bend(srgb, _SRGB_TO_LINEAR)


def linear_to_srgb(linear: Array) -> Array:
    """Return sRGB from linear RGB in [0, 1], any shape: the inverse of `srgb_to_linear`."""
    return _bend(linear, _LINEAR_TO_SRGB)


def to_bytes(linear: Any) -> Any:
    """Return 8-bit sRGB (uint8) from linear RGB of any shape, clipped to [0, 1] and rounded.

    It undoes `from_bytes` exactly. No gradient passes.

    Raises:
        ValueError: if a value is not a number.
    """
    xp, values = _open(linear)
    if bool(xp.isnan(values).any()):
        raise ValueError("a colour is not a number (NaN)")
    if hasattr(values, "detach"):  # torch converts no dtype by `asarray` under a gradient
        values = values.detach()
    rounded = xp.round(xp.clip(linear_to_srgb(values), 0, 1) * 255)
    return xp.asarray(rounded, dtype=xp.uint8)


def from_bytes(srgb: Any) -> Any:
    """Return linear RGB in [0, 1] from 8-bit sRGB (uint8) of any shape.

    numpy gives float64, torch its default dtype.

    Raises:
        TypeError: if the values are no uint8.
    """
    if str(srgb.dtype).removeprefix("torch.") != "uint8":
        raise TypeError(f"8-bit colours are uint8, not {srgb.dtype}")
    return srgb_to_linear(srgb / 255)


def linear_to_oklab(linear: Array, axis: int = -1) -> Array:
    """Return OKLab (lightness 0 to 1, a and b about -0.4 to 0.4) from linear RGB.

    Where a cone's answer is below 1e-5, darker than any 8-bit colour but black, the cube root is
    a straight line through 0, so that the slope at black is 2154 and not infinite; below 0 it
    mirrors. Elsewhere it is exact.

    Source: Ottosson 2020, "A perceptual color space for image processing".
    """
    cones = _mix(_LINEAR_TO_LMS, _channels(linear, axis))
    roots = [_bend(cone, _CUBE_ROOT) for cone in cones]
    return _join(linear, _mix(_ROOTS_TO_OKLAB, roots), axis)


def oklab_to_linear(oklab: Array, axis: int = -1) -> Array:
    """Return linear RGB from OKLab: the inverse of `linear_to_oklab`, its straight line included.

    Source: Ottosson 2020.
    """
    roots = _mix(_OKLAB_TO_ROOTS, _channels(oklab, axis))
    cones = [_bend(root, _CUBE) for root in roots]
    return _join(oklab, _mix(_LMS_TO_LINEAR, cones), axis)


def linear_to_lab(linear: Array, axis: int = -1) -> Array:
    """Return CIELAB, white D65 (L 0 to 100, a and b about -110 to 100), from linear RGB.

    Source: CIE 15:2004 and, for D65, x = 0.3127, y = 0.3290.
    """
    xp, _ = _open(linear)
    xyz = _mix(LINEAR_TO_XYZ, _channels(linear, axis))
    x, y, z = (_lab_curve(xp, value / white) for value, white in zip(xyz, _WHITE, strict=True))
    return _join(linear, [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis)


def ciede2000(first: Array, second: Array, axis: int = -1) -> Array:
    """Return how different two colours in CIELAB look: 0 equal, about 1 just noticeable.

    The shapes broadcast; `axis`, of length 3, is gone from the result. Values are the published
    formula's. Gradients are finite also where the formula has none:

    * equal colours, where it has the tip of a cone: 0;
    * a grey, which has no hue: chroma gives 0 there, and the hue term keeps the linear part of
      2 (C1 C2 - a1 a2 - b1 b2), which is its square, so the gradient points to the other hue;
    * near greys the blue rotation term grows as the square root of chroma, so its slope is steep
      but finite. A chroma of up to 4096 rounding steps (9e-13 in float64, 5e-4 in float32) is
      arithmetic noise and counts as grey.

    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula".

    Raises:
        TypeError: if one is a numpy array and the other a torch tensor.
    """
    xp, _ = _open(first)
    if xp is not _open(second)[0]:
        raise TypeError("compare two numpy arrays or two torch tensors, not one of each")
    light_1, a_1, b_1 = _channels(first, axis)
    light_2, a_2, b_2 = _channels(second, axis)
    stretch = 1.5 - _saturation(xp, (_chroma(xp, a_1, b_1) + _chroma(xp, a_2, b_2)) / 2) / 2
    a_1, a_2 = stretch * a_1, stretch * a_2
    chroma_1, chroma_2 = _chroma(xp, a_1, b_1), _chroma(xp, a_2, b_2)
    product, chroma = chroma_1 * chroma_2, (chroma_1 + chroma_2) / 2
    grey = product == 0
    turn, hue = _turn_and_hue(xp, _angle(xp, a_1, b_1), _angle(xp, a_2, b_2), grey)

    from_middle = ((light_1 + light_2) / 2 - 50) ** 2
    step_light = (light_2 - light_1) / (1 + 0.015 * from_middle / xp.sqrt(20 + from_middle))
    step_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    hue_scale = 1 + 0.015 * chroma * _hue_weight(xp, hue)
    step_hue = 2 * xp.sqrt(xp.where(grey, 1.0, product)) * turn / hue_scale
    grey_hue = 2 * (product - a_1 * a_2 - b_1 * b_2) / hue_scale**2
    coloured = step_hue * (step_hue + _rotation(xp, hue, chroma) * step_chroma)
    square = step_light**2 + step_chroma**2 + xp.where(grey, grey_hue, coloured)
    result: Array = _root(xp, square)
    return result


def _saturation(xp: Any, chroma: Any) -> Any:
    """Return sqrt(C^7 / (C^7 + 25^7)), written so that its slope at chroma 0 is 0, not NaN."""
    ratio = chroma / 25
    return ratio**3.5 / xp.sqrt(ratio**7 + 1)


def _chroma(xp: Any, a: Any, b: Any) -> Any:
    """Return the distance from grey; exactly 0, with gradient 0, where it is but noise."""
    noise = 4096 * float(xp.finfo(a.dtype).eps)
    return _root(xp, a * a + b * b, above=noise * noise)


def _angle(xp: Any, a: Any, b: Any) -> Any:
    """Return the hue in [0, 2 pi); 0, with gradient 0, for a grey (equation 7)."""
    grey = _chroma(xp, a, b) == 0
    angle = xp.arctan2(xp.where(grey, 0.0, b), xp.where(grey, 1.0, a))
    return xp.where(angle < 0, angle + 2 * pi, angle)


def _turn_and_hue(xp: Any, hue_1: Any, hue_2: Any, grey: Any) -> tuple[Any, Any]:
    """Return the sine of half the turn from hue 1 to hue 2, and the hue half way, in [0, 2 pi).

    The turn is the short way round. Half way to a grey, whose hue is 0, is the other's hue
    (equations 10, 11 and 14).
    """
    total, turn = hue_1 + hue_2, xp.sin((hue_2 - hue_1) / 2)
    far = abs(hue_2 - hue_1) > pi
    half = xp.where(far, xp.where(total < 2 * pi, total + 2 * pi, total - 2 * pi), total) / 2
    return xp.where(far, -turn, turn), xp.where(grey, total, half)


def _hue_weight(xp: Any, hue: Any) -> Any:
    """Return T: how much a difference in hue counts at this hue (equation 15)."""
    first, second = 0.17 * xp.cos(hue - radians(30)), 0.24 * xp.cos(2 * hue)
    third, fourth = 0.32 * xp.cos(3 * hue + radians(6)), 0.20 * xp.cos(4 * hue - radians(63))
    return 1 - first + second + third - fourth


def _rotation(xp: Any, hue: Any, chroma: Any) -> Any:
    """Return R_T: in the blues, hue and chroma are not independent (equations 16, 17, 19)."""
    angle = radians(30) * xp.exp(-(((hue - radians(275)) / radians(25)) ** 2))
    return -2 * xp.sin(2 * angle) * _saturation(xp, chroma)


def _root(xp: Any, square: Any, above: float = 0.0) -> Any:
    """Return the square root, and 0 with gradient 0 where the square is not `above`."""
    real = square > above
    # The inner `where` matters: a gradient of 0 times an infinite slope is NaN.
    return xp.where(real, xp.sqrt(xp.where(real, square, 1.0)), 0.0)


def _lab_curve(xp: Any, ratio: Any) -> Any:
    """Return CIELAB's f: a cube root, and a straight line below 216/24389, also below 0."""
    end = 216 / 24389
    return xp.where(ratio > end, xp.clip(ratio, end, None) ** (1 / 3), ratio * (841 / 108) + 4 / 29)


def _bend(values: Array, curve: Bend) -> Array:
    """Return values along a curve, with torch as one function whose slope is cheap."""
    xp, numbers = _open(values)
    if hasattr(numbers, "requires_grad") and numbers.requires_grad:
        module = import_module("inkdream.bend_gradient")  # which imports torch, as this may not
        result: Array = module.Bent.apply(numbers, curve)
    else:
        result = curve(xp, numbers)
    return result


def _open(values: Any) -> tuple[Any, Any]:
    """Return the module that computes with these values, numpy or torch, and the values.

    Raises:
        TypeError: if they are neither an array nor a tensor, or hold whole numbers: 8-bit
            values taken for floats would be wrong colours without a word.
    """
    roots = {kind.__module__.partition(".")[0] for kind in type(values).__mro__}
    name = next((name for name in ("torch", "numpy") if name in roots), None)
    if name is None:
        raise TypeError(f"colours are a numpy array or torch tensor, not {type(values).__name__}")
    if "float" not in str(values.dtype):
        raise TypeError(f"colours are floats here, not {values.dtype}: see from_bytes")
    return sys.modules[name], values


def _channels(values: Any, axis: int) -> Sequence[Any]:
    """Return the three channels along `axis`; ValueError if there are not three."""
    xp, values = _open(values)
    if values.ndim == 0 or values.shape[axis] != 3:
        raise ValueError(f"axis {axis} of shape {tuple(values.shape)} must hold 3 channels")
    return tuple(xp.moveaxis(values, axis, 0))


def _mix(matrix: _Matrix, channels: Sequence[Any]) -> Sequence[Any]:
    """Return the matrix times the channels, in their own dtype and on their own device."""
    one, two, three = channels
    return [one * row[0] + two * row[1] + three * row[2] for row in matrix]


def _join(like: Array, channels: Sequence[Any], axis: int) -> Array:
    result: Array = _open(like)[0].stack(channels, axis)
    return result
