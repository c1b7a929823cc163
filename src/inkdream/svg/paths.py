"""The outlines of SVG's shapes: paths, and basic shapes as the paths that they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.plot.plot import Stroke
from inkdream.svg import path_data as svg_numbers
from inkdream.svg.path_data import scan
from inkdream.svg.style import PROPERTIES
from inkdream.svg.units import NUMBER, ElementError, Matrix, Viewport, move

# Vertices of a drawing, its curves flattened. More are more than a day's plotting, and take more
# than 1 GiB until they are drawn.
MOST_POINTS = 2_000_000
MOST_STROKES = 500_000
_FEW = 2**16

_PROBLEMS = {
    svg_numbers.NO_NUMBER: "is no number where one is due",
    svg_numbers.NO_COMMAND: "follows no command that takes it",
    svg_numbers.NO_MOVE: "comes before the first M",
    svg_numbers.TOO_LARGE: f"is larger than {svg_numbers.LARGEST:g}",
}
_CSS_PATH = re.compile(r"""path\(\s*(["'])(.*)\1\s*\)""", re.DOTALL)
_NUMBERS = re.compile(NUMBER)
_LETTERS = re.compile(r"[^\s0-9eE.,+-]")


def outline(
    data: str,
    matrix: Matrix,
    mistakes: list[str],
    most: int = MOST_POINTS,
    most_strokes: int = MOST_STROKES,
) -> tuple[Stroke, ...]:
    """Return the strokes of a path's data, one a subpath.

    Args:
        data: as in an SVG's attribute d; nothing and 'none' are no stroke.
        matrix: applied to every point.
        mistakes: takes what is wrong, in words; what stands before it is drawn (SVG 2, 9.5.4).
        most: points there may be.
        most_strokes: strokes there may be.

    Returns:
        Polylines, or chains of cubics for subpaths with a curve. A closed one ends where it began.

    Raises:
        InputError: if it has too many points or strokes.
        ElementError: if it is moved too far.
    """
    if data.strip() in ("", "none"):
        return ()
    text = np.frombuffer(data.encode("ascii", "replace"), np.uint8)
    points, starts, curved, problem, at = scan(text, most)
    if problem == svg_numbers.TOO_MANY:
        raise InputError(f"makes more than {MOST_POINTS:,} points")
    if len(starts) > most_strokes:
        raise InputError(f"makes more than {MOST_STROKES:,} strokes")
    if problem != svg_numbers.FINE:
        met = shorten(data[at : at + 12]) or "its end"
        mistakes.append(f"character {at + 1}: {met!r} {_PROBLEMS[problem]}: drawn up to there")
    # Room that was made for more is given back, unless a copy would be the larger cost.
    points = points.copy() if len(points) < _FEW else points
    del text
    move(matrix, points)
    ends = np.append(starts, len(points))[1:].tolist()
    return tuple(
        Stroke(points[start:end], curved=bool(is_curved))
        for start, end, is_curved in zip(starts.tolist(), ends, curved.tolist(), strict=True)
    )


def geometry(attributes: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """Return what a shape's element says of its geometry.

    Args:
        attributes: of the element.
        said: its properties, which have taken those of its attributes that are understood.
    """
    own = {name: words for name, words in attributes.items() if name not in PROPERTIES}
    path = _CSS_PATH.fullmatch(said.get("d", ""))
    data = attributes.get("d", "") if "d" not in said else path[2] if path else ""
    return {**own, **said, "d": data}


def path_of(
    tag: str, attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]
) -> str:
    """Return the path's data that a shape's element stands for; '' if it draws nothing.

    Args:
        tag: a key of `SHAPES`.
        attributes: its geometry.
        viewport: what lengths are of.
        mistakes: takes what is wrong, in words; what stands before it is drawn.
    """
    return SHAPES[tag](attributes, viewport, mistakes)


def _path(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    return attributes.get("d", "")


def _line(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    places: list[float] = []
    for name in ("x1", "y1", "x2", "y2"):
        measure = viewport.across if name[0] == "x" else viewport.down
        try:
            places.append(measure(attributes.get(name, "0")))
        except ElementError as error:
            mistakes.append(f"{name}: {error}")
            places.append(0.0)
    x_1, y_1, x_2, y_2 = places
    return f"M{x_1!r} {y_1!r}L{x_2!r} {y_2!r}"


def _polyline(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    points = attributes.get("points", "").strip()
    letter = _LETTERS.search(points)
    if letter:
        at = letter.start()
        met = shorten(points[at : at + 12])
        mistakes.append(
            f"points, character {at + 1}: {met!r} is no number where one is due: drawn up to there"
        )
        points = points[:at].strip(" ,")
    numbers = _NUMBERS.findall(points)
    if len(numbers) % 2:
        mistakes.append("points: the last has no y: drawn up to there")
        points = " ".join(numbers[:-1])
    return f"M{points}" if points else ""


def _polygon(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    data = _polyline(attributes, viewport, mistakes)
    return f"{data}Z" if data else ""


def _rect(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    x, y = viewport.across(attributes.get("x", "0")), viewport.down(attributes.get("y", "0"))
    width = viewport.across(attributes.get("width", "0"))
    height = viewport.down(attributes.get("height", "0"))
    if width <= 0 or height <= 0:
        return ""
    r_x, r_y = _radii(attributes, viewport)
    r_x, r_y = min(r_x, width / 2), min(r_y, height / 2)
    if r_x <= 0 or r_y <= 0:
        return f"M{x!r} {y!r}h{width!r}v{height!r}h{-width!r}z"
    far_x, far_y = x + width, y + height
    arc = f"A{r_x!r} {r_y!r} 0 0 1"
    return (
        f"M{x + r_x!r} {y!r}H{far_x - r_x!r}{arc} {far_x!r} {y + r_y!r}"
        f"V{far_y - r_y!r}{arc} {far_x - r_x!r} {far_y!r}"
        f"H{x + r_x!r}{arc} {x!r} {far_y - r_y!r}V{y + r_y!r}{arc} {x + r_x!r} {y!r}Z"
    )


def _radii(attributes: Mapping[str, str], viewport: Viewport) -> tuple[float, float]:
    """Return rx and ry; if only one is given, it is both."""
    words = [attributes.get(name, "auto").strip() for name in ("rx", "ry")]
    r_x = None if words[0] == "auto" else viewport.across(words[0])
    r_y = None if words[1] == "auto" else viewport.down(words[1])
    r_x, r_y = r_y if r_x is None else r_x, r_x if r_y is None else r_y
    return r_x or 0.0, r_y or 0.0


def _circle(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    radius = viewport.along(attributes.get("r", "0"))
    return _oval(attributes, viewport, radius, radius)


def _ellipse(attributes: Mapping[str, str], viewport: Viewport, mistakes: list[str]) -> str:
    return _oval(attributes, viewport, *_radii(attributes, viewport))


def _oval(attributes: Mapping[str, str], viewport: Viewport, r_x: float, r_y: float) -> str:
    if r_x <= 0 or r_y <= 0:
        return ""
    x, y = viewport.across(attributes.get("cx", "0")), viewport.down(attributes.get("cy", "0"))
    arc = f"A{r_x!r} {r_y!r} 0 0 1"
    return (
        f"M{x + r_x!r} {y!r}{arc} {x!r} {y + r_y!r}{arc} {x - r_x!r} {y!r}"
        f"{arc} {x!r} {y - r_y!r}{arc} {x + r_x!r} {y!r}Z"
    )


SHAPES: dict[str, Callable[[Mapping[str, str], Viewport, list[str]], str]] = {
    "path": _path,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
}
