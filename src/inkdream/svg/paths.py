"""The outlines of SVG's shapes: paths, and basic shapes as the paths that they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.plot.plot import Stroke
from inkdream.svg.path_data import PathData, straight
from inkdream.svg.style import PROPERTIES
from inkdream.svg.units import NUMBER, ElementError, Matrix, Viewport, move

MOST_STROKES = 500_000

_CSS_PATH = re.compile(r"""path\(\s*(["'])(.*)\1\s*\)""", re.DOTALL)
_NUMBERS = re.compile(NUMBER)
_LETTERS = re.compile(r"[^\s0-9eE.,+-]")


def outline(path: PathData, matrix: Matrix, most: int = MOST_STROKES) -> tuple[Stroke, ...]:
    """Return the strokes of a path, one a subpath.

    Args:
        path: what is read of its data.
        matrix: applied to every point.
        most: strokes there may be.

    Returns:
        Polylines, or chains of cubics for subpaths with a curve. A closed one ends where it began.

    Raises:
        InputError: if it has too many strokes.
        ElementError: if it is moved too far.
    """
    points: list[complex] = []
    starts: list[int] = []
    curved: list[bool] = []
    for subpath in path.subpaths:
        pieces = subpath.pieces
        # One that has come back is closed without a line; one that never left is a dot.
        if subpath.is_closed and len(pieces) > 1 and pieces[-2][1][-1] == subpath.start:
            pieces = pieces[:-1]
        if not pieces:
            continue
        starts.append(len(points))
        curved.append(any(size > 1 for size, _ in pieces))
        points.append(subpath.start)
        for size, piece in pieces:
            if curved[-1] and size == 1:
                for end in piece:
                    points += straight(points[-1], end)
            else:
                points += piece
    if len(starts) > most:
        raise InputError(f"makes more than {MOST_STROKES:,} strokes")
    if not starts:
        return ()
    places = np.array(points).view(np.float64).reshape(-1, 2)
    move(matrix, places)
    ends = [*starts[1:], len(places)]
    spans = zip(starts, ends, curved, strict=True)
    return tuple(Stroke(places[start:end], is_curved) for start, end, is_curved in spans)


def geometry(attributes: Mapping[str, str], properties: Mapping[str, str]) -> dict[str, str]:
    """Return the geometry of a shape: its attributes, as its properties have them if they do."""
    own = {name: words for name, words in attributes.items() if name not in PROPERTIES}
    path = _CSS_PATH.fullmatch(properties.get("d", ""))
    data = attributes.get("d", "") if "d" not in properties else path[2] if path else ""
    return {**own, **properties, "d": data}


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


# The path's data that a shape stands for; '' if it draws nothing. Of its geometry, what lengths are
# of, and a list for mistakes: what stands before one is drawn.
SHAPES: dict[str, Callable[[Mapping[str, str], Viewport, list[str]], str]] = {
    "path": _path,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
}
