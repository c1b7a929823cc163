"""A shape's outlines with their paint: colours, width, dashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.plot.clip import parts, ruler
from inkdream.plot.plot import Stroke
from inkdream.svg.document import Shape
from inkdream.svg.frames import Frame
from inkdream.svg.paint_servers import Painted, Servers
from inkdream.svg.style import BLACK
from inkdream.svg.units import LARGEST, PX, Viewport, inverse, moved, scale_of
from inkdream.svg.xml import Node, Notes

# Shapes whose boxes are compared.
_MOST_BOXES = 500


def opening(strokes: tuple[Stroke, ...], frame: Frame) -> tuple[Shape, ...]:
    """Return a shape in a <clipPath> as a filled shape."""
    style = frame.style
    if not style.is_visible:
        return ()
    rule = style.is_clip_even_odd
    return (Shape(strokes, None, 0.0, 0.0, False, BLACK, 1.0, rule, False, frame.group),)


def may_overlap(shapes: Sequence[Shape]) -> bool:
    """Return whether an area may lie on other shapes, by their boxes; True for many shapes."""
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
        properties: Mapping[str, str],
        strokes: tuple[Stroke, ...],
        frame: Frame,
        group: int,
        most: int,
    ) -> Shape:
        """Return a shape of outlines in mm, at least one, with its paint.

        It is made of at most `most` strokes.

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
            if properties.get("vector-effect") == "non-scaling-stroke":
                pieces = self._dashed(strokes, dashes.scaled(PX * length), style.is_round, 1, most)
            else:
                scale = scale_of(frame.matrix)
                pieces = self._dashed(own, dashes.scaled(length), style.is_round, scale, most)
                pieces = pieces and moved(frame.matrix, pieces)
            drawn, share = (strokes, dashes.share) if pieces is None else (pieces, 1.0)
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

        The strokes are in the units of the dashes, of `scale` mm each.
        """
        if dashes.period * scale < FINEST:
            self._notes.count(f"dashes finer than {FINEST:g} mm drawn as whole lines")
            return None
        pieces = dashed(strokes, dashes, is_round, most)
        if pieces is None:
            self._notes.count("lines of too many dashes drawn whole")
        return pieces


def _path_length(node: Node, strokes: Sequence[Stroke]) -> float:
    """Return the length of a path in units of its pathLength; 1 if it has none."""
    try:
        measure = float(node.attributes.get("pathLength", "nan"))
    except ValueError:
        return 1.0
    return sum(float(ruler(each)[0][-1]) for each in strokes) / measure if measure > 0 else 1.0


# Dashes and gaps that are together shorter than this, in mm, no pen can draw.
FINEST = 0.1
# Words and lengths of a pattern that are read.
_MOST_LETTERS = 20_000
_MOST_LENGTHS = 1000
# Shares of a pattern that are rounding errors.
_NOISE = 1e-9


@dataclass(frozen=True)
class Dashes:
    """A pattern of dashes, in user units.

    Attributes:
        lengths: of dashes and gaps in turn, an even number of them, of a positive sum.
        offset: where in the pattern a line begins.
    """

    lengths: tuple[float, ...]
    offset: float = 0.0

    @property
    def period(self) -> float:
        """The length of the whole pattern."""
        return sum(self.lengths)

    @property
    def share(self) -> float:
        """The share of a line that is ink."""
        return sum(self.lengths[::2]) / self.period

    def scaled(self, factor: float) -> Dashes:
        """Return the scaled pattern."""
        return Dashes(tuple(factor * each for each in self.lengths), factor * self.offset)


def parse_dashes(words: str, offset: str, viewport: Viewport) -> Dashes | None:
    """Return the pattern of stroke-dasharray and stroke-dashoffset.

    None if there are no dashes: also if a length is invalid or negative, or the sum is 0, as in
    browsers.
    """
    if words.strip() in ("", "none") or len(words) > _MOST_LETTERS:
        return None
    try:
        lengths = [viewport.along(word) for word in words.replace(",", " ").split()]
    except InputError:
        return None
    if len(lengths) > _MOST_LENGTHS or min(lengths, default=-1.0) < 0 or not sum(lengths) > 0:
        return None
    lengths *= 1 + len(lengths) % 2
    try:
        begin = viewport.along(offset or "0")
    except InputError:
        begin = 0.0
    return Dashes(tuple(lengths), begin)


def dashed(
    strokes: Sequence[Stroke], dashes: Dashes, with_dots: bool, most: int
) -> tuple[Stroke, ...] | None:
    """Return the dashes of strokes; each begins the pattern anew.

    The last dash of a closed stroke continues in its first. With dots, dashes without length are
    drawn, as with round or square caps. None if there would be too many.
    """
    drawn: list[Stroke] = []
    for stroke in strokes:
        lengths, places = ruler(stroke)
        whole = float(lengths[-1])
        if whole / dashes.period * len(dashes.lengths) / 2 > most - len(drawn):
            return None
        begins, ends = _spans(dashes, whole)
        if not with_dots and whole > 0:
            is_long = ends > begins
            begins, ends = begins[is_long], ends[is_long]
        pieces = parts(stroke, np.interp(begins, lengths, places), np.interp(ends, lengths, places))
        is_closed = bool((stroke.points[0] == stroke.points[-1]).all())
        if is_closed and len(pieces) > 1 and begins[0] == 0 and ends[-1] == whole:
            pieces[0] = _joined(pieces.pop(), pieces[0])
        drawn += pieces
    return tuple(drawn)


def _spans(dashes: Dashes, whole: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the dashes of a line of that length begin and end."""
    period = dashes.period
    edges = np.concatenate([[0.0], np.cumsum(dashes.lengths)])
    offset = dashes.offset % period
    starts = period * np.arange(int((whole + offset) / period) + 1)[:, None] - offset
    begins, ends = (starts + edges[:-1:2]).ravel(), (starts + edges[1::2]).ravel()
    is_met = (ends >= 0) & (begins <= whole)
    # Of those that only touch the line's end, dashes have no length there, but dots are dots.
    is_met &= (np.minimum(ends, whole) > np.maximum(begins, 0)) | (ends == begins)
    begins, ends = np.maximum(begins[is_met], 0.0), np.minimum(ends[is_met], whole)
    if whole == 0 and not len(begins) and _is_on(dashes, offset):
        return np.zeros(1), np.zeros(1)
    is_new = np.ones(len(begins), np.bool_)
    is_new[1:] = begins[1:] > ends[:-1] + _NOISE * period
    return begins[is_new], ends[np.append(is_new[1:], True)[: len(ends)]]


def _is_on(dashes: Dashes, offset: float) -> bool:
    """Return whether a place in the pattern is on a dash."""
    edges = np.cumsum(dashes.lengths)
    return int(np.searchsorted(edges, offset, "right")) % 2 == 0


def _joined(first: Stroke, second: Stroke) -> Stroke:
    """Return two strokes, end to end, as one."""
    if first.curved != second.curved:
        first, second = (_as_curve(each) for each in (first, second))
    return Stroke(np.concatenate([first.points, second.points[1:]]), first.curved)


def _as_curve(stroke: Stroke) -> Stroke:
    """Return a stroke as cubics."""
    if stroke.curved:
        return stroke
    begin, end = stroke.points[:-1], stroke.points[1:]
    three = np.stack([(2 * begin + end) / 3, (begin + 2 * end) / 3, end], axis=1)
    return Stroke(np.concatenate([stroke.points[:1], three.reshape(-1, 2)]), curved=True)
