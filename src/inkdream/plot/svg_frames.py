"""What an SVG's elements hand down to those inside them: style, transform, viewport, layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inkdream.errors import InputError, shorten
from inkdream.plot.svg_css import Rules, properties_of
from inkdream.plot.svg_style import Style, derive
from inkdream.plot.svg_units import PX, Matrix, Viewport, chain, fit, length, view_box

# A page's sides in mm.
LEAST_SIDE = 0.01
MOST_SIDE = 1e6


@dataclass(frozen=True, slots=True)
class Frame:
    """What an element hands down to those inside it.

    Attributes:
        style: as computed.
        matrix: from its own user units to mm.
        viewport: what percentages are of.
        group: the index of its group, -1 if it is in none.
        in_layer: whether that is an Inkscape layer, whose inner groups are no layers.
    """

    style: Style
    matrix: Matrix
    viewport: Viewport
    group: int = -1
    in_layer: bool = False


def root_frame(attributes: Mapping[str, str], rules: Rules) -> tuple[tuple[float, float], Frame]:
    """Return the page's width and height in mm, and what the root <svg> hands down.

    Raises:
        InputError: if the page has no size, or one that no page has.
    """
    box = view_box(attributes.get("viewBox", ""))
    width, height = _page_size(attributes, box)
    sides = PX * width, PX * height
    if not (max(sides) <= MOST_SIDE and min(sides) >= LEAST_SIDE):
        raise InputError(
            f"a page of {sides[0]:g} x {sides[1]:g} mm: a side has {LEAST_SIDE:g} to "
            f"{MOST_SIDE:g} mm"
        )
    matrix: Matrix = (PX, 0, 0, PX, 0, 0)
    viewport = Viewport(width, height)
    if box:
        aspect = attributes.get("preserveAspectRatio", "")
        matrix = chain(matrix, fit(box, width, height, aspect))
        viewport = Viewport(box[2], box[3])
    said = properties_of("svg", attributes, rules)
    return sides, Frame(derive(Style(), said, viewport), matrix, viewport)


def _page_size(
    attributes: Mapping[str, str], box: tuple[float, float, float, float] | None
) -> tuple[float, float]:
    """Return width and height of the page in px; what is not said is as in the view box.

    Raises:
        InputError: if there is no telling, or a size is none.
    """
    sides: list[float | None] = []
    for name in ("width", "height"):
        word = attributes.get(name, "auto").strip()
        is_open = word in ("", "auto") or word.endswith("%")
        side = None if is_open else length(word, 0.0)
        if side is not None and side <= 0:
            raise InputError(f"{name}={shorten(word)!r} is no size: it must be more than 0")
        sides.append(side)
    width, height = sides
    if width is not None and height is not None:
        return width, height
    if box is None:
        raise InputError("has no size: give width and height in mm, or a viewBox")
    if width is None and height is None:
        return box[2], box[3]
    if width is None:
        height = height or 0.0
        return height * box[2] / box[3], height
    return width, width * box[3] / box[2]


def inside_viewport(
    around: Mapping[str, str], own: Mapping[str, str], frame: Frame
) -> Frame | None:
    """Return the frame inside a <svg> or <symbol>, or None if it has no area.

    Args:
        around: the attributes that say its size first: its own, or those of the <use> that copies
            it.
        own: its attributes.
        frame: the one around it.

    Raises:
        InputError: if a length is none.
    """
    viewport = frame.viewport
    x, y = viewport.across(own.get("x", "0")), viewport.down(own.get("y", "0"))
    words = [
        around.get(name, own.get(name, "100%")).replace("auto", "100%")
        for name in ("width", "height")
    ]
    width, height = viewport.across(words[0]), viewport.down(words[1])
    if width <= 0 or height <= 0:
        return None
    matrix = chain(frame.matrix, (1, 0, 0, 1, x, y))
    box = view_box(own.get("viewBox", ""))
    if box is None:
        return replace(frame, matrix=matrix, viewport=Viewport(width, height))
    inside = fit(box, width, height, own.get("preserveAspectRatio", ""))
    return replace(frame, matrix=chain(matrix, inside), viewport=Viewport(box[2], box[3]))
