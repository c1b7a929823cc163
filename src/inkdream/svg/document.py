"""A document as it was read: shapes with their paint, in mm, as frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import ValidationError

from inkdream import colour
from inkdream.errors import InputError, first_problem
from inkdream.page import Page
from inkdream.pens.pen import MOST_LETTERS, WIDEST, Pen
from inkdream.plot.plot import REFILLED, Layer, LayerLabel, Plot, Stroke, read_label

_THINNEST = 0.01
# Paler than this share of its colour, a stroke or an area is not there.
FAINT = 0.05


@dataclass(frozen=True)
class Group:
    """A layer of a document: an Inkscape layer, or else a group at the top.

    Attributes:
        label: such as '1 black'; '' if it has none.
        name: its id in XML.
    """

    label: str = ""
    name: str = ""

    @property
    def read(self) -> LayerLabel:
        """Its label, parsed as AxiDraw does."""
        return read_label(self.label)

    @property
    def pen(self) -> str:
        """The name of its pen: the label without number and codes, or the id."""
        return self.read.name or read_label(f"1 {self.label.strip() or self.name}").name


@dataclass(frozen=True, eq=False)
class Shape:
    """A drawn element.

    Attributes:
        strokes: one a subpath, in mm from the document's top left corner.
        colour: of its strokes, '#rrggbb'; None if they are not painted.
        alpha: of its strokes, 0 to 1; the product of all opacities above it.
        width: of its strokes, in mm.
        is_round: whether its caps are round or square, so that dots are seen.
        fill: the colour of its inside, '#rrggbb'; None if that is not painted.
        fill_alpha: of its inside, 0 to 1.
        is_even_odd: its fill rule.
        is_blended: whether it has a mix-blend-mode, and so does not cover.
        group: the index of its group in the document.
        area: the outlines of its inside if these are not its strokes (dashed or clipped shapes).
    """

    strokes: tuple[Stroke, ...]
    colour: str | None
    alpha: float
    width: float
    is_round: bool
    fill: str | None
    fill_alpha: float
    is_even_odd: bool
    is_blended: bool
    group: int
    area: tuple[Stroke, ...] | None = None

    @property
    def has_line(self) -> bool:
        """Whether its strokes have a colour, a width, and are not almost clear."""
        return self.colour is not None and self.alpha >= FAINT and self.width > 0

    @property
    def has_area(self) -> bool:
        """Whether its inside has a colour and is not almost clear."""
        return self.fill is not None and self.fill_alpha >= FAINT and bool(self.inside)

    @property
    def inside(self) -> tuple[Stroke, ...]:
        """The outlines of its inside, in mm."""
        return self.strokes if self.area is None else self.area


@dataclass(frozen=True, eq=False)
class Document:
    """A drawing as it was read.

    Attributes:
        width, height: mm.
        paper: the page's colour, '#rrggbb'.
        shapes: in painter's order, the lowest first.
        groups: its layers, in the same order.
        notes: on what was not read, one sentence each.
    """

    width: float
    height: float
    paper: str
    shapes: tuple[Shape, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...]

    def plotted(self) -> Document:
        """Return the document without the layers that AxiDraw skips: their names begin with '%'."""
        skipped = [group.read.is_documentation for group in self.groups]
        shapes = tuple(shape for shape in self.shapes if not skipped[shape.group])
        return replace(self, shapes=shapes) if len(shapes) < len(self.shapes) else self

    @property
    def strokes(self) -> int:
        """The number of strokes, seen or not."""
        return sum(len(shape.strokes) for shape in self.shapes)

    def as_plot(self) -> Plot:
        """Return the plot of every line, seen or not, layer by layer.

        A layer's pen has the layer's name and the colour and width of most of its ink. Files that
        inkdream wrote come back as the plot they were written from.

        Raises:
            InputError: if the page is too large.
        """
        shapes: dict[int, list[Shape]] = {}
        for shape in self.shapes:
            if shape.strokes:
                shapes.setdefault(shape.group, []).append(shape)
        layers: list[Layer] = []
        for index, members in sorted(shapes.items()):
            group = self.groups[index]
            pen, is_refill = _main_pen(group, members), group.read.is_refill
            if is_refill and not (layers and layers[-1].pen == pen):
                # It is called so, but there is nothing that it goes on with.
                pen = pen.model_copy(update={"name": f"{pen.name}{REFILLED}"[:MOST_LETTERS]})
                is_refill = False
            layers.append(Layer(pen, tuple(_strokes(members)), group.read.codes, is_refill))
        return Plot(sheet(self.width, self.height), self.paper, tuple(layers))


def sheet(width: float, height: float) -> Page:
    """Return a page of a size in mm.

    Raises:
        InputError: if no page has it.
    """
    try:
        return Page(width=width, height=height, margin=0.0)
    except ValidationError as error:
        problem = first_problem(error)
        raise InputError(f"a page of {width:g} x {height:g} mm: {problem}") from error


def _strokes(shapes: Iterable[Shape]) -> list[Stroke]:
    return [stroke for shape in shapes for stroke in shape.strokes]


def _main_pen(group: Group, shapes: Iterable[Shape]) -> Pen:
    """Return the pen of most of a group's ink."""
    metres: dict[tuple[str, float, bool], float] = {}
    for shape in shapes:
        kind = shape.colour or shape.fill or "#000000", shape.width, shape.is_blended
        # A dot is no length, but counts as something.
        length = sum(stroke.length() for stroke in shape.strokes) + shape.width + _THINNEST
        metres[kind] = metres.get(kind, 0.0) + length
    (ink, width, is_blended), _ = max(metres.items(), key=lambda item: item[1])
    return Pen(
        name=group.pen or colour.name_of(colour.parse(ink)),
        colour=ink,
        width=min(max(width, _THINNEST), WIDEST),
        opacity=0.0 if is_blended else 1.0,
    )
