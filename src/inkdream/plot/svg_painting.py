"""A shape's outlines with the ink that they and their inside have: colours, width, dashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from inkdream.plot.document import Shape
from inkdream.plot.plot import Stroke
from inkdream.plot.svg_affine import inverse, moved
from inkdream.plot.svg_dashes import FINEST, Dashes, dashed, parse_dashes, total_length
from inkdream.plot.svg_frames import Frame
from inkdream.plot.svg_notes import Notes
from inkdream.plot.svg_numbers import LARGEST
from inkdream.plot.svg_paint import BLACK
from inkdream.plot.svg_servers import Painted, Servers
from inkdream.plot.svg_tree import Node
from inkdream.plot.svg_units import PX, scale_of

# Shapes whose boxes are compared.
_MOST_BOXES = 500


def opening(strokes: tuple[Stroke, ...], frame: Frame) -> tuple[Shape, ...]:
    """Return what a shape in a <clipPath> leaves open, as a shape that is filled."""
    style = frame.style
    if not style.is_visible:
        return ()
    rule = style.is_clip_even_odd
    return (Shape(strokes, None, 0.0, 0.0, False, BLACK, 1.0, rule, False, frame.group),)


def may_overlap(shapes: Sequence[Shape]) -> bool:
    """Return whether an area may lie on other shapes, by the boxes around them.

    Many shapes are not looked at: they may.
    """
    seen = [shape for shape in shapes if shape.has_line or shape.has_area]
    if len(seen) > _MOST_BOXES or sum(len(shape.strokes) for shape in seen) > 4 * _MOST_BOXES:
        return True
    if len(seen) < 2:
        return False
    points = [np.concatenate([each.points for each in shape.strokes]) for shape in seen]
    low = np.array([each.min(axis=0) for each in points])
    high = np.array([each.max(axis=0) for each in points])
    meets = np.asarray(((low[:, None] < high) & (low < high[:, None])).all(axis=2))
    np.fill_diagonal(meets, val=False)
    return bool(meets[[shape.has_area for shape in seen]].any())


class Painter:
    """Gives outlines their paint."""

    def __init__(self, servers: Servers, notes: Notes) -> None:
        self._servers = servers
        self._notes = notes

    def shape(
        self,
        node: Node,
        said: Mapping[str, str],
        strokes: tuple[Stroke, ...],
        frame: Frame,
        group: int,
        most: int,
    ) -> Shape:
        """Return a shape with its paint.

        Args:
            node: its element.
            said: the element's properties.
            strokes: its outlines, in mm; at least one.
            frame: its own.
            group: the index of its group.
            most: strokes that it may be made of.

        Raises:
            InputError: if a pattern has more in it than allowed.
        """
        style = frame.style
        back = inverse(frame.matrix)
        own = moved(back, strokes) if back else strokes
        painted = Painted(own, True, style.is_even_odd, frame.viewport)
        stroke = self._servers.plain(style.resolved(style.stroke), painted)
        fill = self._servers.plain(style.resolved(style.fill), replace(painted, is_line=False))
        width = min(style.stroke_width * scale_of(frame.matrix), LARGEST)
        drawn, share = strokes, 1.0
        dashes = parse_dashes(style.dashes, style.dash_offset, frame.viewport)
        if dashes and back and stroke.colour and width > 0:
            length = _path_length(node, own)
            if said.get("vector-effect") == "non-scaling-stroke":
                found = self._dashed(strokes, dashes.scaled(PX * length), style.is_round, 1.0, most)
            else:
                scale = scale_of(frame.matrix)
                found = self._dashed(own, dashes.scaled(length), style.is_round, scale, most)
                found = found if found is None else moved(frame.matrix, found)
            drawn, share = (strokes, dashes.share) if found is None else (found, 1.0)
        shown = style.opacity * style.is_visible
        return Shape(
            strokes=drawn,
            colour=stroke.colour,
            alpha=shown * style.stroke_opacity * stroke.alpha * share,
            width=width,
            is_round=style.is_round,
            fill=fill.colour,
            fill_alpha=shown * style.fill_opacity * fill.alpha,
            is_even_odd=style.is_even_odd,
            is_blended=style.is_blended,
            group=group,
            area=None if drawn is strokes else strokes,
        )

    def _dashed(
        self, strokes: Sequence[Stroke], dashes: Dashes, is_round: bool, scale: float, most: int
    ) -> tuple[Stroke, ...] | None:
        """Return dashes, or None, with a note, if they are too fine or too many.

        Args:
            strokes: in the units of the dashes.
            dashes: the pattern.
            is_round: whether dashes without length are seen.
            scale: mm per unit.
            most: dashes that there may be.
        """
        if dashes.period * scale < FINEST:
            self._notes.count(f"dashes finer than {FINEST:g} mm drawn as whole lines")
            return None
        found = dashed(strokes, dashes, is_round, most)
        if found is None:
            self._notes.count("lines of too many dashes drawn whole")
        return found


def _path_length(node: Node, strokes: Sequence[Stroke]) -> float:
    """Return the length of a path by the measure of its pathLength; 1 if it says none."""
    try:
        said = float(node.attributes.get("pathLength", "nan"))
    except ValueError:
        return 1.0
    return total_length(strokes) / said if said > 0 else 1.0
