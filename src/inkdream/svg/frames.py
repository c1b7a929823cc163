"""What of a file was not read, or not as it says: counted, for the sentences that name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inkdream.errors import InputError, shorten
from inkdream.svg.notes import Notes
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
from inkdream.svg.xml import Node


class Inherited:
    """Finds what elements hand down, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Style, float]] = {}

    def inside(self, node: Node, viewport: Viewport) -> tuple[Style, Viewport]:
        """Return the style inside an element as its place in the file makes it, and its viewport.

        Args:
            node: any; what it and those around it do as a whole, opacity and mixing, is left out.
            viewport: what percentages are of; its font's size is replaced.
        """
        chain: list[Node] = []
        at: Node | None = node
        while at is not None and id(at) not in self._known:
            chain.append(at)
            at = at.parent
        style, em = self._known[id(at)] if at is not None else (Style(), viewport.rem)
        for each in reversed(chain):
            said = specified(each)
            if "font-size" in said:
                em = font_size(said["font-size"], em, viewport.rem)
            style = derive(style, said, replace(viewport, em=em))
            style = replace(style, opacity=1.0, is_blended=False)
            self._known[id(each)] = style, em
        return style, replace(viewport, em=em)


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


def root_frame(node: Node, notes: Notes) -> tuple[tuple[float, float], Frame]:
    """Return the page's width and height in mm, and what the root <svg> hands down.

    Raises:
        InputError: if the page has no size, or one that no page has.
    """
    said = specified(node, notes)
    size = font_size(said.get("font-size", "medium"), MEDIUM, MEDIUM)
    box = _box(node, notes)
    width, height = _page_size(said, box, Viewport(1.0, 1.0, size, size))
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
    matrix = placed(matrix, said, viewport)
    return sides, Frame(derive(Style(), said, viewport), matrix, viewport)


def _box(node: Node, notes: Notes) -> tuple[float, float, float, float] | None:
    """Return an element's view box, None if it has none that is understood."""
    try:
        return view_box(node.attributes.get("viewBox", ""))
    except ElementError as error:
        notes.mistake(node.line, f"<{node.tag}> {error}: not used")
        return None


def _page_size(
    said: Mapping[str, str], box: tuple[float, float, float, float] | None, fonts: Viewport
) -> tuple[float, float]:
    """Return width and height of the page in px; what is not said is as in the view box.

    Raises:
        InputError: if there is no telling, or a size is none.
    """
    sides: list[float | None] = []
    for name in ("width", "height"):
        word = said.get(name, "auto")
        side = None if word == "auto" or word.endswith("%") else fonts.across(word)
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


def moves(said: Mapping[str, str]) -> str:
    """Return an element's transforms as one (CSS Transforms 2, section 8); '' if it has none."""
    single = [(name, said.get(name, "none")) for name in ("translate", "rotate", "scale")]
    words = [f"{name}({value})" for name, value in single if value != "none"]
    words += [value for value in [said.get("transform", "none")] if value != "none"]
    return " ".join(words)


def placed(
    matrix: Matrix,
    said: Mapping[str, str],
    reference: Viewport,
    corner: tuple[float, float] = (0.0, 0.0),
) -> Matrix:
    """Return the matrix inside an element that has a transform, and an origin for it.

    Args:
        matrix: around it.
        said: the element's properties.
        reference: what their percentages are of.
        corner: where that begins, in user units.

    Raises:
        ElementError: if it enlarges too much.
    """
    words = moves(said)
    if not words:
        return matrix
    own = transform(words, reference)
    across, down = origin(said.get("transform-origin", "0 0"))
    x, y = corner[0] + reference.across(across), corner[1] + reference.down(down)
    return chain(matrix, around(own, x, y) if x or y else own)


def inside_viewport(
    node: Node, size: Mapping[str, str], frame: Frame, notes: Notes
) -> Frame | None:
    """Return the frame inside a <svg> or <symbol>, or None if it has no area.

    Args:
        node: the element.
        size: properties that say its width and height before its own do: those of the <use> that
            copies it.
        frame: the one around it.
        notes: take mistakes.

    Raises:
        ElementError: if it enlarges too much.
    """
    viewport = frame.viewport
    own = specified(node)
    x, y = viewport.across(own.get("x", "0")), viewport.down(own.get("y", "0"))
    words = []
    for name in ("width", "height"):
        said = [each.get(name, "auto") for each in (size, own)]
        words.append(next((word for word in said if word != "auto"), "100%"))
    width, height = viewport.across(words[0]), viewport.down(words[1])
    if width <= 0 or height <= 0:
        return None
    matrix = chain(frame.matrix, (1, 0, 0, 1, x, y))
    frame = replace(frame, corners=corners_of(matrix, width, height))
    box = _box(node, notes)
    if box is None:
        return replace(frame, matrix=matrix, viewport=replace(viewport, width=width, height=height))
    inside = fit(box, width, height, node.attributes.get("preserveAspectRatio", ""))
    viewport = replace(viewport, width=box[2], height=box[3])
    return replace(frame, matrix=chain(matrix, inside), viewport=viewport)


def corners_of(matrix: Matrix, width: float, height: float) -> tuple[tuple[float, float], ...]:
    """Return where a matrix takes the corners of a box at (0, 0)."""
    a, b, c, d, e, f = matrix
    corners = (0.0, 0.0), (width, 0.0), (width, height), (0.0, height)
    return tuple((a * x + c * y + e, b * x + d * y + f) for x, y in corners)
