"""Any SVG's strokes, for plotting: what would be drawn, in mm, in painter's order.

The file is read as a stream. If it has style sheets or <use>, it is read once more before: rules
and what is used may stand behind the place where they count. What is no line (text, images) or
changes lines in ways that are not followed (clip-path, mask, filter) is named in the notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inkdream.errors import InputError, shorten
from inkdream.plot.document import Document, Group, Shape
from inkdream.plot.svg_css import properties_of
from inkdream.plot.svg_frames import Frame, inside_viewport, root_frame
from inkdream.plot.svg_library import Library, address, collect
from inkdream.plot.svg_numbers import LARGEST
from inkdream.plot.svg_paths import MOST_POINTS, MOST_STROKES, SHAPES, outline, path_of
from inkdream.plot.svg_source import INKSCAPE, SODIPODI, name_of, parse
from inkdream.plot.svg_style import NOT_FOLLOWED, derive, parse_paint
from inkdream.plot.svg_units import PX, chain, scale_of, transform

MOST_ELEMENTS = 250_000
# Characters of path data, those of copies by <use> counted again.
MOST_DATA = 2**28
MOST_USES_DEEP = 24

# Elements whose children are drawn as if they stood alone.
_GROUPS = frozenset({"g", "a", "switch"})
# Elements that draw something that is no stroke.
_LEFT_OUT = frozenset({"text", "image", "foreignObject", "video", "canvas", "iframe"})
_NAMED_VIEW = f"{SODIPODI} namedview"


def read_svg(source: Path | str) -> Document:
    """Read an SVG, plain or gzipped, from a file or a text.

    Args:
        source: a path to a file, or the SVG's text itself.

    Returns:
        Its shapes in mm, and notes on what was left out.

    Raises:
        InputError: in one line, if it is no SVG, has no size, is broken, or is more than allowed.
    """
    try:
        reader = _Reader(collect(source))
        parse(source, reader.start, reader.end)
        return reader.document()
    except InputError as error:
        raise InputError(f"{name_of(source)}: {error}") from error


class _Reader:
    """Turns elements, as they begin and end, into shapes."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._frames: list[Frame] = []
        self._skipping = 0
        self._size = (0.0, 0.0)
        self._paper = "#ffffff"
        self._shapes: list[Shape] = []
        self._groups: list[Group] = []
        self._loose = -1
        self._using: list[str] = []
        self._counts: Counter[str] = Counter()
        self._elements = self._strokes = self._points = self._data = 0

    def document(self) -> Document:
        """Return what was read.

        Raises:
            InputError: if there was no <svg>.
        """
        if self._size == (0.0, 0.0):
            raise InputError("is no SVG: it has no <svg>")
        notes = tuple(f"{what} ({count})" for what, count in sorted(self._counts.items()))
        skipped = tuple(f"{what} not understood" for what in sorted(self._library.rules.skipped))
        shapes, groups = tuple(self._shapes), tuple(self._groups)
        return Document(*self._size, self._paper, shapes, groups, notes + skipped)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take an element's beginning.

        Raises:
            InputError: if it is broken, or one too many.
        """
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise InputError(f"there are more than {MOST_ELEMENTS:,} elements, copies counted")
        if self._skipping:
            self._skipping += 1
        elif not self._frames:
            self._start_root(tag, attributes)
        elif not self._draw(tag, attributes):
            self._skipping = 1

    def end(self) -> None:
        """Take an element's end."""
        if self._skipping:
            self._skipping -= 1
        else:
            self._frames.pop()

    def _start_root(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag != "svg":
            raise InputError(f"is no SVG: it begins with <{shorten(tag)}>")
        self._size, frame = root_frame(attributes, self._library.rules)
        self._frames.append(frame)

    def _draw(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Draw an element; return whether its children are drawn, too."""
        if tag in _LEFT_OUT:
            self._counts[f"{tag} left out"] += 1
        elif tag == _NAMED_VIEW:
            self._read_paper(attributes)
        elif tag in SHAPES or tag in _GROUPS or tag in ("svg", "use"):
            frame = self._enter(tag, attributes)
            if frame is None:
                self._counts["hidden (display: none) left out"] += 1
            elif tag in SHAPES:
                self._add(tag, attributes, frame)
            elif tag == "use":
                self._use(attributes, frame)
            else:
                inner = frame if tag != "svg" else inside_viewport(attributes, attributes, frame)
                if inner is not None:
                    self._frames.append(inner)
                    return True
        return False

    def _read_paper(self, attributes: Mapping[str, str]) -> None:
        """Take the page's colour, if the page is not clear."""
        paint = parse_paint(attributes.get("pagecolor", ""), "#000000")
        if (
            paint
            and paint.colour
            and attributes.get(f"{INKSCAPE} pageopacity", "1") in ("1", "1.0")
        ):
            self._paper = paint.colour

    def _enter(self, tag: str, attributes: Mapping[str, str]) -> Frame | None:
        """Return an element's frame, or None if it is not displayed."""
        above = self._frames[-1]
        said = properties_of(tag, attributes, self._library.rules)
        if said.get("display", "").strip() == "none":
            return None
        for name in NOT_FOLLOWED.keys() & said.keys():
            if said[name].strip() not in ("", "none"):
                self._counts[f"{NOT_FOLLOWED[name]} not followed"] += 1
        matrix = above.matrix
        if said.get("transform"):
            matrix = chain(matrix, transform(said["transform"]))
        style = derive(above.style, said, above.viewport)
        if said.get("vector-effect", "").strip() == "non-scaling-stroke" and tag in SHAPES:
            enlarged = scale_of(matrix) / PX
            width = style.stroke_width / enlarged if enlarged > 0 else 0.0
            style = replace(style, stroke_width=width)
        frame = replace(above, style=style, matrix=matrix)
        return self._grouped(attributes, frame) if tag == "g" else frame

    def _grouped(self, attributes: Mapping[str, str], frame: Frame) -> Frame:
        """Return a group's frame: an Inkscape layer, and a group at the top, is a group."""
        is_layer = attributes.get(f"{INKSCAPE} groupmode") == "layer" and not frame.in_layer
        if not is_layer and frame.group >= 0:
            return frame
        label = attributes.get(f"{INKSCAPE} label", "")
        self._groups.append(Group(label, attributes.get("id", "")))
        return replace(frame, group=len(self._groups) - 1, in_layer=is_layer)

    def _add(self, tag: str, attributes: Mapping[str, str], frame: Frame) -> None:
        """Add a shape's strokes."""
        try:
            data = path_of(tag, attributes, frame.viewport)
            self._data += len(data)
            if self._data > MOST_DATA:
                raise InputError(f"makes paths longer than {MOST_DATA >> 20} MiB, copies counted")
            points, strokes_left = MOST_POINTS - self._points, MOST_STROKES - self._strokes
            strokes = outline(data, frame.matrix, points, strokes_left)
            self._points += sum(stroke.vertices() for stroke in strokes)
            if self._points > MOST_POINTS:
                raise InputError(f"makes more than {MOST_POINTS:,} points")
        except InputError as error:
            raise InputError(f"<{tag}> {error}") from error
        if not strokes:
            return
        self._strokes += len(strokes)
        style = frame.style
        if style.is_dashed and style.stroke.colour:
            self._counts["dashed lines drawn whole"] += 1
        if style.stroke.is_pattern:
            self._counts["lines of a gradient or pattern drawn black"] += 1
        shown = style.opacity * style.is_visible
        self._shapes.append(
            Shape(
                strokes=strokes,
                colour=style.stroke.colour,
                alpha=shown * style.stroke_opacity * style.stroke.alpha,
                width=min(style.stroke_width * scale_of(frame.matrix), LARGEST),
                is_round=style.is_round,
                fill=style.fill.colour,
                fill_alpha=shown * style.fill_opacity * style.fill.alpha,
                is_even_odd=style.is_even_odd,
                is_blended=style.is_blended,
                group=self._group_of(frame),
            )
        )

    def _group_of(self, frame: Frame) -> int:
        """Return the index of a shape's group; shapes in none have one of their own."""
        if frame.group >= 0:
            return frame.group
        if self._loose < 0:
            self._loose = len(self._groups)
            self._groups.append(Group())
        return self._loose

    def _use(self, attributes: Mapping[str, str], frame: Frame) -> None:
        """Draw what <use> points at."""
        name = address(attributes)
        place = self._library.places.get(name)
        if not place:
            self._counts["use of something outside the file left out"] += 1
            return
        if name in self._using:
            raise InputError(f"<use> of {shorten(name)!r} leads back to itself")
        if len(self._using) == MOST_USES_DEEP:
            raise InputError(f"<use> nests deeper than {MOST_USES_DEEP}")
        viewport = frame.viewport
        x, y = viewport.across(attributes.get("x", "0")), viewport.down(attributes.get("y", "0"))
        frame = replace(frame, matrix=chain(frame.matrix, (1, 0, 0, 1, x, y)))
        first, last = place
        tag, own = self._library.events[first]
        self._using.append(name)
        self._frames.append(frame)
        if tag in ("symbol", "svg"):
            inner = self._enter(tag, own)
            inner = inner and inside_viewport(attributes, own, inner)
            if inner:
                self._frames.append(inner)
                self._replay(first + 1, last - 1)
                self._frames.pop()
        else:
            self._replay(first, last)
        self._frames.pop()
        self._using.pop()

    def _replay(self, first: int, last: int) -> None:
        """Draw elements from the library."""
        for index in range(first, last + 1):
            tag, attributes = self._library.events[index]
            if tag:
                self.start(tag, attributes)
            else:
                self.end()
