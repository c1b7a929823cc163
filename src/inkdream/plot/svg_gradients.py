"""The colour that a gradient has on the whole: a pen has one ink, where a gradient has many.

It is the mean over the places that are painted, as light: what the eye makes of it from afar.
Source: SVG 2, sections 14.2 and 14.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.errors import InputError
from inkdream.plot.plot import Points
from inkdream.plot.svg_affine import applied, inverse
from inkdream.plot.svg_transform import transform
from inkdream.plot.svg_units import IDENTITY, Matrix, Viewport, chain

# Values (N,) and their colour: red, green and blue as sRGB and alpha (N, 4), all in [0, 1].
Colours = NDArray[np.float64]
# Returns an attribute of a gradient: its own, or that of the one its href leads to.
Attribute = Callable[[str, str], str]


@dataclass(frozen=True, eq=False)
class Gradient:
    """A gradient as it is asked for a colour.

    Attributes:
        offsets: (K,) of its stops, rising, in [0, 1]; at least one.
        colours: (K, 4) of its stops.
        matrix: from its own space to that in which its numbers are.
        is_of_box: whether that space is the unit square of what is painted.
        spread: 'pad', 'reflect' or 'repeat'.
        ends: x1, y1, x2, y2 of a linear gradient; fx, fy, fr, cx, cy, r of a radial one.
    """

    offsets: NDArray[np.float64]
    colours: Colours
    matrix: Matrix
    is_of_box: bool
    spread: str
    ends: tuple[float, ...]

    def mean(self, points: Points, box: tuple[float, float, float, float]) -> tuple[str, float]:
        """Return the mean colour, '#rrggbb', and the mean alpha of the places that are painted.

        Args:
            points: (N, 2) of what is painted, in user units.
            box: around what is painted: left, top, width and height.
        """
        matrix = self.matrix
        if self.is_of_box:
            matrix = chain((box[2], 0.0, 0.0, box[3], box[0], box[1]), matrix)
        back = inverse(matrix)
        if len(self.offsets) == 1 or back is None:
            seen = self.colours[-1:]
        else:
            seen = self._colours_at(applied(back, points))
        return mean_colour(seen[:, :3], seen[:, 3])

    def _colours_at(self, points: Points) -> Colours:
        values = _along_line(points, self.ends) if len(self.ends) == 4 else None
        if values is None:
            values = _along_cones(points, self.ends)
        if self.spread == "repeat":
            values = np.where(np.isfinite(values), values % 1, values)
        elif self.spread == "reflect":
            values = 1 - np.abs(1 - values % 2)
        is_there = ~np.isnan(values)
        values = np.nan_to_num(values, nan=0.0)
        # Of stops at the same place the last counts behind it.
        places = self.offsets + 1e-9 * np.arange(len(self.offsets))
        seen = np.stack([np.interp(values, places, each) for each in self.colours.T], axis=1)
        seen[:, 3] *= is_there
        return seen


def mean_colour(rgb: NDArray[np.float64], alpha: NDArray[np.float64]) -> tuple[str, float]:
    """Return the mean of colours, '#rrggbb', each as visible as it is, and their mean alpha.

    Args:
        rgb: (N, 3) sRGB in [0, 1].
        alpha: (N,) in [0, 1].
    """
    total = alpha.sum()
    weights = alpha / total if total > 0 else np.full(len(alpha), 1 / max(1, len(alpha)))
    light = (weights[:, None] * colour.srgb_to_linear(rgb)).sum(axis=0)
    ink = colour.to_hex(colour.to_bytes(light).tolist())
    return ink, float(alpha.mean()) if len(alpha) else 0.0


def linear_ends(attribute: Attribute, viewport: Viewport) -> tuple[float, ...]:
    """Return x1, y1, x2 and y2 of a linear gradient; a number that is none is its default."""
    usual = {"x1": "0%", "y1": "0%", "x2": "100%", "y2": "0%"}
    return tuple(_number(attribute, name, word, viewport) for name, word in usual.items())


def radial_ends(attribute: Attribute, viewport: Viewport) -> tuple[float, ...]:
    """Return fx, fy, fr, cx, cy and r of a radial gradient."""
    x, y, r = (_number(attribute, name, "50%", viewport) for name in ("cx", "cy", "r"))
    focus_x = _number(attribute, "fx", repr(x), viewport)
    focus_y = _number(attribute, "fy", repr(y), viewport)
    first = max(0.0, _number(attribute, "fr", "0", viewport))
    return focus_x, focus_y, first, x, y, r


def gradient_matrix(attribute: Attribute) -> Matrix:
    """Return a gradient's own transform; one that is not understood is none."""
    try:
        return transform(attribute("gradientTransform", ""))
    except InputError:
        return IDENTITY


def _number(attribute: Attribute, name: str, usual: str, viewport: Viewport) -> float:
    measure = viewport.along
    if name.endswith(("x", "x1", "x2")):
        measure = viewport.across
    elif name.endswith(("y", "y1", "y2")):
        measure = viewport.down
    try:
        return measure(attribute(name, usual))
    except InputError:
        return measure(usual)


def _along_line(points: Points, ends: tuple[float, ...]) -> NDArray[np.float64]:
    """Return where between a linear gradient's ends points (N, 2) lie; 0 and 1 are the ends."""
    begin, step = np.array(ends[:2]), np.array(ends[2:]) - np.array(ends[:2])
    square = float((step**2).sum())
    # Without length it is all its last stop's colour.
    if square == 0:
        return np.full(len(points), np.inf)
    return np.asarray((points - begin) @ step / square)


def _along_cones(points: Points, ends: tuple[float, ...]) -> NDArray[np.float64]:
    """Return on which circle of a radial gradient points (N, 2) lie; on none is not a number.

    The circles go from radius fr around the focus to r around the centre. A place on several is on
    the farthest (SVG 2, section 14.2.3).
    """
    focus, first, centre, last = np.array(ends[:2]), ends[2], np.array(ends[3:5]), ends[5]
    if last <= 0:
        return np.full(len(points), np.inf)
    shift, growth = centre - focus, last - first
    if growth == 0 and not shift.any():
        # All circles are the same: what is inside comes before the first, the rest is behind.
        away = np.hypot(*(points - centre).T)
        return np.asarray(np.where(away < last, 0.0, np.inf))
    # |p - f - t s|^2 = (fr + t g)^2, a quadratic a t^2 - 2 b t + c = 0.
    offset = points - focus
    a = float(shift @ shift) - growth**2
    b = offset @ shift + first * growth
    c = (offset**2).sum(axis=1) - first**2
    with np.errstate(divide="ignore", invalid="ignore"):
        if abs(a) < 1e-12 * last**2:
            roots = np.stack([c / (2 * b)] * 2)
        else:
            root = np.sqrt(b * b - a * c)
            roots = np.stack([(b + root) / a, (b - root) / a])
        roots = np.where(first + roots * growth >= 0, roots, np.nan)
    return np.asarray(np.fmax(roots[0], roots[1]))
