"""What clip-path and the edges of viewports leave of an element's shapes.

An element is drawn whole first, and cut when all in it is there: a clip path may be as large as
what it cuts.
Sources: CSS Masking 1, section 5; SVG 2, section 3.10 (overflow).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import shapely

from inkdream.errors import InputError
from inkdream.plot.areas import NOWHERE, Area, area_of, polygons
from inkdream.svg.clip_area import Cutter, TooIntricateError
from inkdream.svg.document import Shape
from inkdream.svg.frames import Frame, Inherited, placed
from inkdream.svg.notes import Notes
from inkdream.svg.paint import parse_reference
from inkdream.svg.paths import SHAPES
from inkdream.svg.style import specified
from inkdream.svg.units import Matrix, box_around, chain, inverse, moved
from inkdream.svg.xml import Node, Tree, address

# Draws elements apart from the drawing: what they are as shapes in mm.
Draw = Callable[[Sequence[Node], Frame], list[Shape]]

# Clip paths that cut each other.
MOST_DEEP = 16
_INTRICATE = "clip-path that is too intricate not followed"
_OPEN = frozenset({"visible", "auto"})


@dataclass(frozen=True)
class Clip:
    """Something that an element is cut at.

    Attributes:
        frame: the element's, whose user units count.
        node: a <clipPath>; None for the edge of a viewport.
        area: of the viewport, in mm.
    """

    frame: Frame
    node: Node | None
    area: Area = None


class Clips:
    """Cuts the shapes of elements."""

    def __init__(
        self,
        tree: Tree,
        notes: Notes,
        draw: Draw,
        inherited: Inherited,
        page: tuple[float, float],
    ) -> None:
        self._tree = tree
        self._notes = notes
        self._draw = draw
        self._inherited = inherited
        self._cutter = Cutter(page)
        self._cutter_elsewhere = Cutter(None)
        self._is_elsewhere = False
        self._known: dict[tuple[int, Matrix], Area | None] = {}
        self._active: list[int] = []

    def of(self, node: Node, said: Mapping[str, str], frame: Frame) -> tuple[Clip, ...]:
        """Return what an element's clip-path cuts it at.

        Args:
            node: the element.
            said: its properties.
            frame: its own, with its transform, but without x and y of a <use> and without a view
                box.
        """
        words = said.get("clip-path", "none")
        if words == "none":
            return ()
        name = parse_reference(words)
        target = self._tree.by_id.get(name) if name else None
        if name is None:
            self._notes.count("clip-path of a CSS shape not followed")
        elif target is None or target.tag != "clipPath":
            self._notes.mistake(node.line, f"<{node.tag}> clip-path names no <clipPath>: ignored")
        else:
            return (Clip(frame, target),)
        return ()

    def of_viewport(self, said: Mapping[str, str], inside: Frame) -> tuple[Clip, ...]:
        """Return what the edge of an element's viewport cuts it at, unless it may overflow."""
        if said.get("overflow", "hidden").split()[0] in _OPEN:
            return ()
        return (Clip(inside, None, shapely.Polygon(inside.corners)),)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """While this lasts, shapes lie elsewhere than on the page."""
        before, self._is_elsewhere = self._is_elsewhere, True
        try:
            yield
        finally:
            self._is_elsewhere = before

    def finish(self, shapes: list[Shape], first: int, clips: Sequence[Clip]) -> None:
        """Cut an element's shapes, those from `first` on, in place.

        Args:
            shapes: of the document, or of something that is drawn apart.
            first: where the element's begin.
            clips: what it is cut at.

        Raises:
            InputError: if what they are cut at is more than allowed.
        """
        cutter = self._cutter_elsewhere if self._is_elsewhere else self._cutter
        for clip in clips:
            if len(shapes) == first:
                return
            own, area, before = shapes[first:], clip.area, (cutter.uncut, cutter.edges)
            if clip.node is not None:
                area = self._area(clip.node, clip.frame, own)
            try:
                shapes[first:] = own if area is None else cutter.cut(own, area)
            except TooIntricateError:
                self._notes.count(_INTRICATE)
            for what, more in (
                ("area that is too intricate to be clipped left whole", cutter.uncut - before[0]),
                ("line left out of which clipping leaves but an edge", cutter.edges - before[1]),
            ):
                if more:
                    self._notes.count(what, more)

    def _area(self, node: Node, frame: Frame, shapes: Sequence[Shape]) -> Area | None:
        """Return what a <clipPath> leaves open, in mm; None, with a note, if it cannot be told."""
        if id(node) in self._active or len(self._active) == MOST_DEEP:
            self._notes.mistake(node.line, "<clipPath> leads back to itself: not followed there")
            return None
        said = specified(node)
        try:
            matrix = placed(frame.matrix, said, frame.viewport)
        except InputError:
            matrix = frame.matrix
        if node.attributes.get("clipPathUnits", "").strip() == "objectBoundingBox":
            box = _box_of(shapes, frame.matrix)
            if box is None:
                return NOWHERE
            matrix = chain(matrix, (box[2], 0.0, 0.0, box[3], box[0], box[1]))
        key = id(node), matrix
        if key not in self._known:
            self._active.append(id(node))
            self._known[key] = self._opening(node, frame, matrix)
            self._active.pop()
        return self._known[key]

    def _opening(self, node: Node, frame: Frame, matrix: Matrix) -> Area | None:
        """Return what a <clipPath> leaves open.

        Args:
            node: the element.
            frame: of what is cut.
            matrix: from the units of what is in the <clipPath> to mm.
        """
        style, viewport = self._inherited.inside(node, frame.viewport)
        inner = replace(frame, style=style, viewport=viewport, matrix=matrix, is_clip=True)
        kinds = {self._kind(child) for child in node.children}
        if "text" in kinds:
            self._notes.count("clip-path of text not followed")
            return None
        shapes = self._draw([each for each in node.children if self._kind(each) in SHAPES], inner)
        effort = self._cutter.effort
        areas = [area_of(each.inside, each.is_even_odd, effort) for each in shapes]
        if any(area is None for area in areas):
            self._notes.count(_INTRICATE)
            return None
        area = polygons(shapely.union_all(areas)) if areas else NOWHERE
        own = self.of(node, specified(node), frame)
        if own and own[0].node is not None:
            # A <clipPath> may be cut by another, in the user units of what it cuts itself.
            other = self._area(own[0].node, frame, shapes)
            if other is not None:
                area = polygons(shapely.intersection(area, other))
        return area

    def _kind(self, child: Node) -> str:
        """Return what a child of a <clipPath> is, or copies; '' if that does not count there."""
        if child.tag == "use":
            target = self._tree.by_id.get(address(child.attributes))
            return target.tag if target else ""
        return child.tag


def _box_of(shapes: Sequence[Shape], matrix: Matrix) -> tuple[float, float, float, float] | None:
    """Return the box around shapes in user units, or None if it has no area."""
    back = inverse(matrix)
    if back is None:
        return None
    strokes = [stroke for shape in shapes for stroke in shape.inside]
    box = box_around(moved(back, strokes))
    return box if box[2] > 0 and box[3] > 0 else None
