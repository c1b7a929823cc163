"""What elements pass on to those inside them: style, transform, viewport."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from inkdream.errors import InputError, shorten
from inkdream.svg.document import Shape
from inkdream.svg.style import Style, derive, specified
from inkdream.svg.units import (
    MEDIUM,
    PX,
    ElementError,
    Matrix,
    Viewport,
    around,
    chain,
    fit,
    font_size,
    origin,
    transform,
    view_box,
)
from inkdream.svg.xml import Node, Notes


class Inherited:
    """Computes inherited styles, once an element."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Style, float]] = {}

    def inside(self, node: Node, viewport: Viewport) -> tuple[Style, Viewport]:
        """Return the style inside an element at its own place in the file, and its viewport.

        Opacity and mixing, which apply to the element as a whole, are left out.
        """
        unknown: list[Node] = []
        at: Node | None = node
        while at is not None and id(at) not in self._known:
            unknown.append(at)
            at = at.parent
        style, em = self._known[id(at)] if at is not None else (Style(), viewport.rem)
        for each in reversed(unknown):
            properties = specified(each)
            if "font-size" in properties:
                em = font_size(properties["font-size"], em, viewport.rem)
            style = derive(style, properties, replace(viewport, em=em))
            style = replace(style, opacity=1.0, is_blended=False)
            self._known[id(each)] = style, em
        return style, replace(viewport, em=em)


# A page's sides in mm.
LEAST_SIDE = 0.01
MOST_SIDE = 1e6


@dataclass(frozen=True, slots=True)
class Frame:
    """What an element passes on to those inside it.

    Attributes:
        style: as computed.
        matrix: from its own user units to mm.
        viewport: of percentages.
        group: the index of its group, -1 if it is in none.
        in_layer: whether that is an Inkscape layer, whose inner groups are no layers.
        corners: of the viewport, in mm.
        is_clip: whether this is the inside of a <clipPath>, where only outlines count.
    """

    style: Style
    matrix: Matrix
    viewport: Viewport
    group: int = -1
    in_layer: bool = False
    corners: tuple[tuple[float, float], ...] = ()
    is_clip: bool = False


# Draws elements apart from the drawing: what they are as shapes in mm.
Draw = Callable[[Sequence[Node], Frame], list[Shape]]


def root_frame(node: Node, notes: Notes) -> tuple[tuple[float, float], Frame]:
    """Return the page's width and height in mm, and the root's frame.

    Raises:
        InputError: if the page has no size, or an impossible one.
    """
    properties = specified(node, notes)
    size = font_size(properties.get("font-size", "medium"), MEDIUM, MEDIUM)
    box = _box(node, notes)
    width, height = _page_size(properties, box, Viewport(1.0, 1.0, size, size))
    sides = PX * width, PX * height
    if not (max(sides) <= MOST_SIDE and min(sides) >= LEAST_SIDE):
        raise InputError(
            f"a page of {sides[0]:g} x {sides[1]:g} mm: a side has {LEAST_SIDE:g} to "
            f"{MOST_SIDE:g} mm"
        )
    matrix: Matrix = (PX, 0, 0, PX, 0, 0)
    viewport = Viewport(width, height, size, size)
    if box:
        aspect = node.attributes.get("preserveAspectRatio", "")
        matrix = chain(matrix, fit(box, width, height, aspect))
        viewport = Viewport(box[2], box[3], size, size)
    # SVG 2, section 8.5: the root may have a transform, too.
    matrix = placed(matrix, properties, viewport)
    return sides, Frame(derive(Style(), properties, viewport), matrix, viewport)


def _box(node: Node, notes: Notes) -> tuple[float, float, float, float] | None:
    """Return an element's view box, None if it has none that is understood."""
    try:
        return view_box(node.attributes.get("viewBox", ""))
    except ElementError as error:
        notes.mistake(node.line, f"<{node.tag}> {error}: not used")
        return None


def _page_size(
    properties: Mapping[str, str], box: tuple[float, float, float, float] | None, fonts: Viewport
) -> tuple[float, float]:
    """Return width and height of the page in px, if need be from the view box.

    Raises:
        InputError: if neither gives a size.
    """
    width, height = (_side(name, properties, fonts) for name in ("width", "height"))
    if width and height:
        return width, height
    if box is None:
        raise InputError("has no size: give width and height in mm, or a viewBox")
    if not width and not height:
        return box[2], box[3]
    return width or (height or 0.0) * box[2] / box[3], height or (width or 0.0) * box[3] / box[2]


def _side(name: str, properties: Mapping[str, str], fonts: Viewport) -> float | None:
    """Return a side of the page in px; None if it is not given as a length."""
    word = properties.get(name, "auto")
    if word == "auto" or word.endswith("%"):
        return None
    side = fonts.across(word)
    if side <= 0:
        raise InputError(f"{name}={shorten(word)!r} is no size: it must be more than 0")
    return side


def moves(properties: Mapping[str, str]) -> str:
    """Return an element's transforms as one (CSS Transforms 2, section 8); '' if it has none."""
    single = [(name, properties.get(name, "none")) for name in ("translate", "rotate", "scale")]
    words = [f"{name}({value})" for name, value in single if value != "none"]
    words += [value for value in [properties.get("transform", "none")] if value != "none"]
    return " ".join(words)


def placed(
    matrix: Matrix,
    properties: Mapping[str, str],
    reference: Viewport,
    corner: tuple[float, float] = (0.0, 0.0),
) -> Matrix:
    """Return the matrix inside an element with its transform and transform-origin.

    Percentages are of `reference`, which begins at `corner` in user units.

    Raises:
        ElementError: if it enlarges too much.
    """
    words = moves(properties)
    if not words:
        return matrix
    own = transform(words, reference)
    across, down = origin(properties.get("transform-origin", "0 0"))
    x, y = corner[0] + reference.across(across), corner[1] + reference.down(down)
    return chain(matrix, around(own, x, y) if x or y else own)


def inside_viewport(
    node: Node, size: Mapping[str, str], frame: Frame, notes: Notes
) -> Frame | None:
    """Return the frame inside a <svg> or <symbol>, or None if it has no area.

    `size` has the properties of the <use> that copies it, whose width and height win.

    Raises:
        ElementError: if it enlarges too much.
    """
    viewport = frame.viewport
    own = specified(node)
    x, y = viewport.across(own.get("x", "0")), viewport.down(own.get("y", "0"))
    width, height = (
        next((words[name] for words in (size, own) if words.get(name, "auto") != "auto"), "100%")
        for name in ("width", "height")
    )
    across, down = viewport.across(width), viewport.down(height)
    if across <= 0 or down <= 0:
        return None
    matrix = chain(frame.matrix, (1, 0, 0, 1, x, y))
    frame = replace(frame, corners=corners_of(matrix, across, down))
    box = _box(node, notes)
    if box is None:
        return replace(frame, matrix=matrix, viewport=replace(viewport, width=across, height=down))
    inside = fit(box, across, down, node.attributes.get("preserveAspectRatio", ""))
    viewport = replace(viewport, width=box[2], height=box[3])
    return replace(frame, matrix=chain(matrix, inside), viewport=viewport)


def corners_of(matrix: Matrix, width: float, height: float) -> tuple[tuple[float, float], ...]:
    """Return the transformed corners of a box at (0, 0)."""
    a, b, c, d, e, f = matrix
    corners = (0.0, 0.0), (width, 0.0), (width, height), (0.0, height)
    return tuple((a * x + c * y + e, b * x + d * y + f) for x, y in corners)
