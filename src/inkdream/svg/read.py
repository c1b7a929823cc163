"""An SVG's elements as shapes in mm, in painter's order.

Conditional processing: SVG 1.1, section 5.8; SVG 2, section 5.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from inkdream.errors import InputError, shorten
from inkdream.plot.plot import Stroke
from inkdream.svg.clips import Clip, Clips
from inkdream.svg.css import apply_sheets
from inkdream.svg.document import Document, Group, Shape
from inkdream.svg.frames import Frame, Inherited, inside_viewport, moves, placed, root_frame
from inkdream.svg.markers import Markers
from inkdream.svg.outlines import Painter, may_overlap, opening
from inkdream.svg.paint_servers import Servers
from inkdream.svg.paths import (
    MOST_POINTS,
    MOST_STROKES,
    SHAPES,
    PathData,
    geometry,
    outline,
    read_path,
)
from inkdream.svg.style import NOT_FOLLOWED, derive, parse_colour, specified
from inkdream.svg.units import IDENTITY, PX, ElementError, box_around, chain, font_size, scale_of
from inkdream.svg.xml import INKSCAPE, SODIPODI, Node, Notes, Tree, address, read_tree

# The language of those for whom nothing is known of theirs; a drawing is the same everywhere.
LANGUAGE = "en"

# Elements whose children are drawn as if they stood alone.
GROUPS = frozenset({"a", "g", "switch"})
# Elements that draw something that is no stroke, or is not known here.
LEFT_OUT = frozenset(
    {
        "audio", "canvas", "flowRoot", "foreignObject", "hatch", "iframe", "image", "mesh", "text",
        "video",
    }
)  # fmt: skip
DRAWN = GROUPS | LEFT_OUT | SHAPES.keys() | {"svg", "use"}

_FEATURES = ("http://www.w3.org/TR/SVG11/feature#", "org.w3c.")
# What needs another program: HTML inside, scripts, motion.
_NOT_HERE = ("Extensibility", "Script", "Animation", "Document", "Graphical", "Event")


def is_for_us(attributes: Mapping[str, str]) -> bool:
    """Return whether an element's conditions hold."""
    # An extension is never known, an empty list of them is none.
    if "requiredExtensions" in attributes:
        return False
    if "requiredFeatures" in attributes:
        features = attributes["requiredFeatures"].split()
        if not features or not all(map(_is_known, features)):
            return False
    if "systemLanguage" in attributes:
        languages = [word.strip().lower() for word in attributes["systemLanguage"].split(",")]
        return any(word == LANGUAGE or word.startswith(f"{LANGUAGE}-") for word in languages)
    return True


def _is_known(feature: str) -> bool:
    name = feature.partition("#")[2]
    return feature.startswith(_FEATURES) and not name.startswith(_NOT_HERE)


def chosen(node: Node) -> list[Node]:
    """Return a group's children that are drawn: of a switch, the first whose conditions hold."""
    if node.tag != "switch":
        return node.children
    able = (child for child in node.children if child.tag in DRAWN and is_for_us(child.attributes))
    return [*islice(able, 1)]


MOST_ELEMENTS = 250_000
# Characters of path data, those of copies by <use> counted again.
MOST_DATA = 2**28
MOST_USES_DEEP = 24

# Elements that change others as time goes by.
_MOVING = frozenset({"animate", "animateColor", "animateMotion", "animateTransform", "set"})
# What a person can do about it.
_TO_PATH = "left out: in Inkscape, Path > Object to Path makes lines of it"
_ADVICE = {"text": f"text {_TO_PATH}", "flowRoot": f"flowRoot (text) {_TO_PATH}"}
# What is no background, as CSS says it.
_NO_BACKGROUND = frozenset({"auto", "initial", "none", "transparent", "unset"})
_NAMED_VIEW = f"{SODIPODI}namedview"


def read_svg(source: Path | str) -> Document:
    """Read an SVG, plain or gzipped, from a file or from its text.

    Returns:
        Its shapes in mm, and notes on what was left out or is broken.

    Raises:
        InputError: in one line, if it is no SVG, has no size, or is more than allowed.
    """
    return read_with_tree(source)[0]


def read_with_tree(source: Path | str) -> tuple[Document, Tree]:
    """Read an SVG as `read_svg` does; return its elements, too."""
    try:
        tree = read_tree(source)
        notes = Notes()
        apply_sheets(tree, notes)
        return _Reader(tree, notes).document(), tree
    except InputError as error:
        name = source if isinstance(source, Path) else "SVG"
        raise InputError(f"{name}: {error}") from error


@dataclass(slots=True)
class _Level:
    """Siblings, while the tree is walked.

    Attributes:
        nodes: those still to come.
        frame: of their parent.
        using: the id of the element that a <use> copies here; '' if none.
        clips: at which the elements are cut when all are drawn.
        first: the number of shapes before them.
    """

    nodes: Iterator[Node]
    frame: Frame
    using: str = ""
    clips: tuple[Clip, ...] = ()
    first: int = 0


class _Reader:
    """Turns elements into shapes."""

    def __init__(self, tree: Tree, notes: Notes) -> None:
        self._tree = tree
        self._notes = notes
        self._paper = "#ffffff"
        self._shapes: list[Shape] = []
        self._groups: list[Group] = []
        self._loose = -1
        self._using: list[str] = []
        self._elements = self._strokes = self._points = self._data = 0

    def document(self) -> Document:
        """Return the document.

        Raises:
            InputError: if it is no SVG, has no size, or is more than allowed.
        """
        root = self._tree.root
        if root.tag != "svg":
            raise InputError(f"is no SVG: it begins with <{shorten(root.tag)}>")
        try:
            size, frame = root_frame(root, self._notes)
            self._prepare(size)
        except InputError as error:
            raise InputError(f"line {root.line}: {error}") from error
        properties = specified(root)
        self._read_background(properties)
        self._note(properties)
        if is_for_us(root.attributes) and properties.get("display") != "none":
            self._walk(root.children, frame, self._clips.of(root, properties, frame))
        shapes, groups = tuple(self._shapes), tuple(self._groups)
        return Document(*size, self._paper, shapes, groups, self._notes.sentences())

    def _prepare(self, page: tuple[float, float]) -> None:
        """Create the readers of clips, paint servers and markers."""
        inherited = Inherited()
        self._clips = Clips(self._tree, self._notes, self._draw_apart, inherited, page)
        servers = Servers(self._tree, self._notes, self._draw_tile, inherited)
        self._painter = Painter(servers, self._notes)
        self._markers = Markers(self._tree, self._notes, self._draw_apart, inherited, self._clips)

    def _draw_apart(self, nodes: Sequence[Node], frame: Frame) -> list[Shape]:
        """Return elements as shapes, apart from the drawing."""
        kept, self._shapes = self._shapes, []
        self._walk(nodes, frame)
        drawn, self._shapes = self._shapes, kept
        return drawn

    def _draw_tile(self, nodes: Sequence[Node], frame: Frame) -> list[Shape]:
        """Return elements as shapes that do not lie on the page."""
        with self._clips.elsewhere():
            return self._draw_apart(nodes, frame)

    def _walk(self, nodes: Iterable[Node], frame: Frame, clips: tuple[Clip, ...] = ()) -> None:
        """Draw elements and all in them.

        Raises:
            InputError: if there are more than allowed.
        """
        levels = [_Level(iter(nodes), frame, clips=clips, first=len(self._shapes))]
        while levels:
            node = next(levels[-1].nodes, None)
            if node is None:
                done = levels.pop()
                if done.using:
                    self._using.pop()
                self._clips.finish(self._shapes, done.first, done.clips)
                if levels and done.frame.style.opacity < levels[-1].frame.style.opacity:
                    self._note_fading(done)
                continue
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise InputError(f"there are more than {MOST_ELEMENTS:,} elements, copies counted")
            try:
                level = self._draw(node, levels[-1].frame)
            except ElementError as error:
                self._notes.mistake(node.line, f"<{node.tag}> {error}: left out")
            except InputError as error:
                raise InputError(f"line {node.line}: {error}") from error
            else:
                levels += [level] if level else []

    def _draw(self, node: Node, frame: Frame) -> _Level | None:
        """Draw an element; return the level inside it, if any.

        Raises:
            ElementError: if it cannot be drawn.
            InputError: if there is more than allowed.
        """
        tag = node.tag
        if tag == _NAMED_VIEW:
            self._read_paper(node.attributes)
        elif tag in _MOVING:
            self._notes.count(f"{tag} not followed")
        elif tag in DRAWN:
            if not is_for_us(node.attributes):
                return None
            properties = specified(node, self._notes)
            if properties.get("display") == "none":
                self._notes.count("hidden (display: none) left out")
            elif tag in LEFT_OUT:
                self._notes.count(_ADVICE.get(tag, f"{tag} left out"))
            else:
                return self._enter(node, properties, frame)
        return None

    def _enter(self, node: Node, properties: Mapping[str, str], frame: Frame) -> _Level | None:
        """Draw a displayed element; return the level inside it, if any."""
        inner = self._inside(node, properties, frame)
        clips, first = self._clips.of(node, properties, inner), len(self._shapes)
        if node.tag in SHAPES:
            self._add(node, properties, inner)
            self._clips.finish(self._shapes, first, clips)
            return None
        if node.tag == "use":
            return self._use(node, properties, inner, clips)
        if node.tag != "svg":
            return _Level(iter(chosen(node)), inner, "", clips, first)
        within = inside_viewport(node, {}, inner, self._notes)
        if within is None:
            return None
        clips = (*self._clips.of_viewport(properties, within), *clips)
        return _Level(iter(node.children), within, "", clips, first)

    def _read_paper(self, attributes: Mapping[str, str]) -> None:
        """Take the page's colour from Inkscape, if the page is opaque."""
        paint = parse_colour(attributes.get("pagecolor", ""))
        if paint and paint.colour and attributes.get(f"{INKSCAPE}pageopacity", "1") in ("1", "1.0"):
            self._paper = paint.colour

    def _read_background(self, properties: Mapping[str, str]) -> None:
        """Take the page's colour from CSS, if it is opaque."""
        for name in ("background", "background-color"):
            words = properties.get(name, "none")
            paint = parse_colour(words)
            if paint and paint.colour and paint.alpha == 1:
                self._paper = paint.colour
            elif words.lower() not in _NO_BACKGROUND and not (paint and paint.alpha == 0):
                self._notes.count(f"{name} that is no opaque colour not followed")

    def _inside(self, node: Node, properties: Mapping[str, str], above: Frame) -> Frame:
        """Return an element's frame."""
        self._note(properties)
        viewport = above.viewport
        if "font-size" in properties:
            size = font_size(properties["font-size"], viewport.em, viewport.rem)
            viewport = replace(viewport, em=size)
        reference, corner = viewport, (0.0, 0.0)
        if properties.get("transform-box", "view-box") != "view-box" and moves(properties):
            left, top, width, height = self._box_of(node, properties, above)
            reference, corner = replace(viewport, width=width, height=height), (left, top)
        matrix = placed(above.matrix, properties, reference, corner)
        style = derive(above.style, properties, viewport)
        if properties.get("vector-effect") == "non-scaling-stroke" and node.tag in SHAPES:
            enlarged = scale_of(matrix) / PX
            width = style.stroke_width / enlarged if enlarged > 0 else 0.0
            style = replace(style, stroke_width=width)
        frame = replace(above, style=style, matrix=matrix, viewport=viewport)
        return self._grouped(node.attributes, frame) if node.tag == "g" else frame

    def _box_of(
        self, node: Node, properties: Mapping[str, str], above: Frame
    ) -> tuple[float, float, float, float]:
        """Return left, top, width and height of an element's areas, in its own user units."""
        frame = replace(above, matrix=IDENTITY, is_clip=True, group=0, in_layer=True)
        kept, self._shapes = self._shapes, []
        try:
            with self._notes.aside(), self._clips.elsewhere():
                if node.tag in SHAPES:
                    self._add(node, properties, frame)
                elif node.tag == "use":
                    level = self._use(node, properties, frame, ())
                    inner = frame if level is None else level.frame
                    self._walk(level.nodes if level else [], inner)
                    del self._using[len(self._using) - (level is not None) :]
                else:
                    self._walk(chosen(node), frame)
        finally:
            drawn, self._shapes = self._shapes, kept
        strokes = [stroke for shape in drawn for stroke in shape.strokes]
        return box_around(strokes) if strokes else (0.0, 0.0, 0.0, 0.0)

    def _note(self, properties: Mapping[str, str]) -> None:
        """Note the properties that are not followed."""
        for name in NOT_FOLLOWED.keys() & properties.keys():
            if properties[name] not in ("auto", "none", "normal"):
                self._notes.count(f"{NOT_FOLLOWED[name]} not followed")

    def _note_fading(self, level: _Level) -> None:
        """Note a group with an opacity whose shapes overlap."""
        faded = self._shapes[level.first :]
        if not level.frame.is_clip and may_overlap(faded):
            self._notes.count("opacity of a group taken as that of each of its shapes")

    def _grouped(self, attributes: Mapping[str, str], frame: Frame) -> Frame:
        """Return a group's frame: Inkscape layers, and groups at the top, are groups.

        So is a layer inside another that AxiDraw does not plot, with all in it.
        """
        own = Group(attributes.get(f"{INKSCAPE}label", ""), attributes.get("id", ""))
        is_layer = attributes.get(f"{INKSCAPE}groupmode") == "layer"
        is_new = is_layer and (not frame.in_layer or own.read.is_documentation)
        if frame.group >= 0 and (not is_new or self._groups[frame.group].read.is_documentation):
            return frame
        self._groups.append(own)
        return replace(frame, group=len(self._groups) - 1, in_layer=is_layer)

    def _add(self, node: Node, properties: Mapping[str, str], frame: Frame) -> None:
        """Add a shape's strokes."""
        for child in node.children:
            if child.tag in _MOVING:
                self._notes.count(f"{child.tag} not followed")
        path, strokes = self._outline(node, properties, frame)
        if strokes and frame.is_clip:
            self._shapes += opening(strokes, frame)
        elif strokes:
            most = MOST_STROKES - self._strokes
            shape = self._painter.shape(
                node, properties, strokes, frame, self._group_of(frame), most
            )
            self._strokes += len(shape.strokes)
            self._shapes.append(shape)
        if not frame.is_clip and any(frame.style.markers):
            self._shapes += self._markers.shapes(path, frame)

    def _outline(
        self, node: Node, properties: Mapping[str, str], frame: Frame
    ) -> tuple[PathData, tuple[Stroke, ...]]:
        """Return a shape's path and its strokes; mistakes are noted.

        Raises:
            ElementError: if they are too far away.
            InputError: if there are more than allowed.
        """
        mistakes: list[str] = []
        own = geometry(node.attributes, properties)
        data = SHAPES[node.tag](own, frame.viewport, mistakes)
        self._data += len(data)
        if self._data > MOST_DATA:
            raise InputError(f"makes paths longer than {MOST_DATA >> 20} MiB, copies counted")
        path = read_path(data, MOST_POINTS - self._points)
        strokes = outline(path, frame.matrix, MOST_STROKES - self._strokes)
        for mistake in filter(None, [*mistakes, path.mistake]):
            self._notes.mistake(node.line, f"<{node.tag}> {mistake}")
        self._points += max(path.points, sum(stroke.vertices() for stroke in strokes))
        if self._points > MOST_POINTS:
            raise InputError(f"makes more than {MOST_POINTS:,} points")
        return path, strokes

    def _group_of(self, frame: Frame) -> int:
        """Return the index of a shape's group; shapes in none share one of their own."""
        if frame.group >= 0:
            return frame.group
        if self._loose < 0:
            self._loose = len(self._groups)
            self._groups.append(Group())
        return self._loose

    def _use(
        self, node: Node, properties: Mapping[str, str], frame: Frame, clips: tuple[Clip, ...]
    ) -> _Level | None:
        """Return the level of what <use> points at.

        Raises:
            InputError: if they nest too deep.
        """
        name = address(node.attributes)
        target = self._tree.by_id.get(name)
        if target is None:
            self._notes.count("use of something outside the file left out")
            return None
        if name in self._using or node.is_inside(target):
            self._notes.count("use of something that it lies in left out")
            return None
        if len(self._using) == MOST_USES_DEEP:
            raise InputError(f"<use> nests deeper than {MOST_USES_DEEP}")
        viewport = frame.viewport
        x, y = viewport.across(properties.get("x", "0")), viewport.down(properties.get("y", "0"))
        style, first = frame.style, len(self._shapes)
        style = replace(style, context=(style.resolved(style.fill), style.resolved(style.stroke)))
        frame = replace(frame, style=style, matrix=chain(frame.matrix, (1, 0, 0, 1, x, y)))
        if target.tag not in ("symbol", "svg"):
            self._using.append(name)
            return _Level(iter([target]), frame, name, clips, first)
        own = specified(target, self._notes)
        if own.get("display") == "none" or not is_for_us(target.attributes):
            return None
        around = self._inside(target, own, frame)
        inner = inside_viewport(target, properties, around, self._notes)
        if inner is None:
            return None
        self._using.append(name)
        its = (*self._clips.of_viewport(own, inner), *self._clips.of(target, own, around))
        return _Level(iter(target.children), inner, name, (*its, *clips), first)
