"""Strokes that stay as they are: of an earlier run, or of an SVG, while others are drawn around.

What is on paper already lies below all that is new, and is no part of the new plotter's file. What
is not is plotted with the new strokes of its pen, before them; pens that draw nothing new come
first. All of it is seen in each step, with its own pens' colours and widths.

Legend: R polylines, V vertices of each, P pens of the drawing, B slots below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdream import colour
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.errors import InputError
from inkdream.formats.svg import without_unseen
from inkdream.inking.assign_pens import assign_pens
from inkdream.inking.layers import as_layers, is_plotters, with_pens
from inkdream.inking.unfinished import without_finish
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.pens.pen import unused
from inkdream.placement import read_mask
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.clip import points_at, reached
from inkdream.plot.machines import machine
from inkdream.plot.onpaper import on_paper, parted
from inkdream.plot.plot import cubics_of, sample
from inkdream.raster import Inks
from inkdream.recipe import Recipe, assemble
from inkdream.recipe.keep import parse_plotted
from inkdream.recipe.reading import drawing_at
from inkdream.storage import PLOTTED, RECIPE
from inkdream.svg.document import Document
from inkdream.svg.read import read_svg

# Sides of a page may differ by so many mm: files round them.
_SAME = 0.05
# Of widths, which files round.
_ROUNDED = 1e-3


@dataclass(frozen=True, eq=False)
class Kept:
    """What stays of a source.

    Attributes:
        plotted: what is on paper already.
        stays: what is not, and is to be plotted as it is.
    """

    plotted: Plot
    stays: Plot


def kept(recipe: Recipe) -> Kept | None:
    """Return the strokes that stay as they are; None if a recipe keeps nothing.

    Raises:
        InputError: if there is no such run or file, its page is another one, its plot takes less
            time or has no such layer, or nothing of it stays.
    """
    if not recipe.keep.source:
        return None
    try:
        return _parted(recipe)
    except InputError as error:
        raise InputError(f"keep.from: {error}") from error


def without_kept(document: Document, recipe: Recipe) -> Document:
    """Return a document without the strokes that stay: what begins with it is not drawn twice."""
    held = kept(recipe)
    if held is None:
        return document
    parts = (held.plotted, held.stays)
    known = {
        each.points.tobytes() for part in parts for layer in part.layers for each in layer.strokes
    }
    shapes = (
        replace(
            shape,
            strokes=tuple(each for each in shape.strokes if each.points.tobytes() not in known),
        )
        for shape in document.shapes
    )
    return replace(document, shapes=tuple(shape for shape in shapes if shape.strokes))


def _document(recipe: Recipe) -> Document:
    """Return the file of what stays, without a frame and words that come anew."""
    path = recipe.file(recipe.keep.source)
    document = read_svg(drawing_at(path, areas=False)).plotted()
    if not path.is_dir():
        return document
    earlier = assemble(path / RECIPE, {}, [])
    if not earlier.finish:
        return document
    if not recipe.keep.plotted:
        return without_finish(document, earlier.finish, earlier.page, earlier.box)
    if recipe.finish:
        raise InputError(
            f"{path}: has a frame or words around it, which stay with what is plotted; leave out "
            "those of `finish`"
        )
    return document


def _whole(recipe: Recipe, document: Document, is_run: bool) -> Plot:
    """Return a document's lines with their pens, on the recipe's page."""
    page, path = recipe.page, recipe.file(recipe.keep.source)
    sides = np.array([document.width - page.width, document.height - page.height])
    if np.abs(sides).max() > _SAME:
        raise InputError(
            f"{path}: lies on {document.width:g} x {document.height:g} mm, and the page has "
            f"{page.width:g} x {page.height:g}: --page {document.width:g}x{document.height:g}mm"
        )
    if not is_run and not is_plotters(document):
        if recipe.keep.plotted:
            raise InputError(f"{path}: was not made for plotters, so nothing of it is plotted")
        return assign_pens(document, None, page, paper=recipe.paper)[0]
    pens = assemble(path / RECIPE, {}, []).pens if is_run else recipe.pens
    shapes = tuple(shape for shape in document.shapes if shape.has_line)
    plot = replace(document, shapes=shapes).as_plot() if shapes else as_layers(document)
    return replace(with_pens(plot, pens), page=page, paper=recipe.paper)


def plotted_and_not(recipe: Recipe) -> tuple[Plot, Plot]:
    """Return what is on paper of the lines that a recipe keeps, and all that is not.

    Raises:
        InputError: as `kept`.
    """
    keep = recipe.keep
    whole = _whole(recipe, _document(recipe), recipe.file(keep.source).is_dir())
    marked: Sequence[NDArray[np.bool_]] = [
        np.zeros(len(layer.strokes), np.bool_) for layer in whole.layers
    ]
    if keep.plotted:
        asked = parse_plotted(keep.plotted)
        marked = on_paper(whole, machine(recipe.plot.machine), asked.seconds, asked.layers)
    plotted, rest = parted(whole, marked)
    # Ink that nobody sees where it lies is none.
    plotted = without_unseen(replace(plotted, layers=_joined(_plotted_before(recipe), plotted)))
    return plotted, rest


def _parted(recipe: Recipe) -> Kept:
    keep = recipe.keep
    plotted, rest = plotted_and_not(recipe)
    if keep.where:
        rest = _in_the_dark(rest, read_mask(recipe, keep.where).numpy())
    elif keep.plotted:
        rest = replace(rest, layers=())
    if not plotted.layers and not rest.layers:
        why = "all of it lies where keep.where is light" if keep.where else "it has no line"
        raise InputError(f"{recipe.file(keep.source)}: nothing of it stays: {why}")
    return Kept(plotted, rest)


def _plotted_before(recipe: Recipe) -> tuple[Layer, ...]:
    """Return what was on paper already when the run began whose ink stays: it lies lowest."""
    folder = recipe.file(recipe.keep.source)
    path = folder / PLOTTED
    if not folder.is_dir() or not path.is_file():
        return ()
    pens = assemble(folder / RECIPE, {}, []).pens
    return with_pens(read_svg(path).as_plot(), pens).layers


def _joined(before: Sequence[Layer], plot: Plot) -> tuple[Layer, ...]:
    """Return layers and those of a plot over them: one a pen, where their order does not matter."""
    layers = list(before)
    is_clear = all(layer.pen.opacity == 0 for layer in (*before, *plot.layers))
    for layer in plot.layers:
        same = _index_of(layer.pen, [each.pen for each in before]) if is_clear else None
        if same is None:
            layers.append(layer)
        else:
            strokes = layers[same].strokes + layer.strokes
            layers[same] = replace(layers[same], strokes=strokes)
    return tuple(layers)


def _in_the_dark(plot: Plot, light: Float[np.ndarray, "H W"]) -> Plot:
    """Return the strokes of which more than half lies where a mask is dark."""

    def stays(stroke: Stroke) -> bool:
        return bool((_under(light, stroke, plot.page) < LIGHT).mean() > 1 / 2)

    layers = (
        replace(layer, strokes=tuple(each for each in layer.strokes if stays(each)))
        for layer in plot.layers
    )
    return replace(plot, layers=tuple(layer for layer in layers if layer.strokes))


def _under(light: Float[np.ndarray, "H W"], stroke: Stroke, page: Page) -> Float[np.ndarray, " N"]:
    """Return a mask's values at even steps along a stroke, one a px."""
    points = stroke.polyline() * page.scale
    along = reached(points)
    x, y = points_at(points, along, np.linspace(0, along[-1], max(2, int(along[-1])))).T
    rows, columns = light.shape
    under: NDArray[np.float32] = light[
        np.clip(y, 0, rows - 1).astype(np.intp), np.clip(x, 0, columns - 1).astype(np.intp)
    ]
    return under


class KeptInk(nn.Module):
    """What stays, as a stroke drawing sees it: constant lines among its own.

    Lines of a pen that the drawing has too are drawn as that pen's, so that ink of one pen on
    itself is no darker, as in files. Only where some pen covers what is below it does the order
    matter: then what is plotted has slots of its own, below all others.

    Attributes:
        plots: what is plotted, and what stays.
        lines: polylines in mm.
        slots: of each: below, in order, then the drawing's pens.
        alike: the number of the drawing's pen whose ink it is, or P and more.
        widths: of the lines, in mm.
        colours: of the B slots below, linear RGB.
        opacity: of these.
    """

    lines: Tensor
    slots: Tensor
    alike: Tensor
    widths: Tensor
    colours: Tensor
    opacity: Tensor

    def __init__(self, plots: Kept, pens: Sequence[Pen], vertices: int) -> None:
        """Hold what stays; it is no part of what is learned or saved.

        Args:
            plots: what stays.
            pens: the drawing's, in plotting order.
            vertices: V, of the drawing's own polylines.
        """
        super().__init__()
        self.plots, self.pens = plots, tuple(pens)
        layers = [(layer, True) for layer in plots.plotted.layers]
        layers += [(layer, False) for layer in plots.stays.layers]
        self.is_clear = all(pen.opacity == 0 for pen in [*pens, *(each.pen for each, _ in layers)])
        below: list[tuple[Pen, bool]] = []
        pieces: list[NDArray[np.float64]] = []
        slots: list[int] = []
        alike: list[int] = []
        widths: list[float] = []
        for layer, is_plotted in layers:
            same = _index_of(layer.pen, pens)
            kind = layer.pen, is_plotted and not self.is_clear
            if (same is None or kind[1]) and kind not in below:
                below.append(kind)
            slot = below.index(kind) if kind in below else -1 - (same or 0)
            new = [piece for each in layer.strokes for piece in _pieces(each, vertices)]
            pieces += new
            slots += [slot] * len(new)
            alike += [len(pens) + slot if same is None else same] * len(new)
            widths += [layer.pen.width] * len(new)
        # The drawing's own pens come after those below, however many these are in the end.
        slots = [slot if slot >= 0 else len(below) - 1 - slot for slot in slots]
        inks = colour.linear_of([pen.colour for pen, _ in below]) if below else np.zeros((0, 3))
        held = {
            "lines": torch.from_numpy(np.stack(pieces)).float(),
            "slots": torch.tensor(slots),
            "alike": torch.tensor(alike),
            "widths": torch.tensor(widths),
            "colours": torch.from_numpy(inks).float(),
            "opacity": torch.tensor([pen.opacity for pen, _ in below]),
        }
        for name, tensor in held.items():
            self.register_buffer(name, tensor, persistent=False)

    def among(
        self,
        lines: Float[Tensor, "S V 2"],
        widths: Float[Tensor, " S"],
        weights: Float[Tensor, "S P"],
        inks: Inks,
    ) -> tuple[Float[Tensor, "SR V 2"], Float[Tensor, " SR"], Float[Tensor, "SR BP"], Inks]:
        """Return lines, widths, weights and inks of a picture, with what stays in it.

        Args:
            lines: of the drawing's strokes, in mm.
            widths: of these.
            weights: how much of each stroke each pen draws, in plotting order.
            inks: of the pens, in plotting order.
        """
        below = len(self.colours)
        fixed = F.one_hot(self.slots, below + weights.shape[1]).to(weights)
        colours = torch.cat([self.colours, inks.colours])
        opacity = torch.cat([self.opacity, inks.opacity])
        return (
            torch.cat([lines, self.lines]),
            torch.cat([widths, self.widths]),
            torch.cat([F.pad(weights, (below, 0)), fixed]),
            Inks(colours, opacity, inks.paper),
        )

    def before(self, plot: Plot, names: Sequence[str]) -> Plot:
        """Return new strokes with what stays and is not on paper yet: before each pen's own.

        Args:
            plot: each pen's new strokes, in the order in which they are drawn; pens without any
                may be left out.
            names: of all pens of the drawing, in plotting order.
        """
        new = {layer.pen.name: layer for layer in plot.layers}
        first: list[Layer] = []
        own: dict[str, Layer] = {}
        for layer in self.plots.stays.layers:
            same = _index_of(layer.pen, self.pens)
            if same is None:
                first.append(_apart(layer, [*names, *(each.pen.name for each in first)]))
            else:
                own[names[same]] = replace(layer, pen=self.pens[same])
        for name in names:
            parts = [part[name] for part in (own, new) if name in part]
            if parts:
                strokes = tuple(stroke for part in parts for stroke in part.strokes)
                first.append(replace(parts[-1], strokes=strokes))
        ground = tuple(layer.pen for layer in self.plots.plotted.layers)
        return replace(plot, layers=tuple(first), ground=ground)

    @property
    def ground(self) -> tuple[Pen, ...]:
        """The pens of all that stays: new ink that covers it is seen there."""
        parts = (self.plots.plotted, self.plots.stays)
        return tuple(layer.pen for part in parts for layer in part.layers)

    def below_it(self, plot: Plot) -> Plot:
        """Return the picture of a plot on the paper as it is: with what is plotted below it."""
        layers = list(plot.layers)
        first: list[Layer] = []
        for layer in self.plots.plotted.layers:
            pen = layer.pen
            alike = (
                index
                for index, each in enumerate(layers)
                if (each.pen.name, each.pen.colour) == (pen.name, pen.colour)
            )
            index = next(alike, None) if self.is_clear else None
            if index is None:
                names = [each.pen.name for each in (*layers, *first)]
                first.append(_apart(layer, names))
            else:
                strokes = layer.strokes + layers[index].strokes
                layers[index] = replace(layers[index], strokes=strokes)
        return replace(plot, layers=(*first, *layers), ground=())


def ink_of(recipe: Recipe, pens: Sequence[Pen], vertices: int) -> KeptInk | None:
    """Return what stays beside a drawing's own strokes; None for nothing.

    Args:
        recipe: the run's.
        pens: the drawing's, in plotting order.
        vertices: of the polyline of each of its strokes.

    Raises:
        InputError: as `kept`.
    """
    plots = kept(recipe)
    return KeptInk(plots, pens, vertices) if plots else None


def _index_of(pen: Pen, pens: Sequence[Pen]) -> int | None:
    """Return which of the pens draws as this one does, if any."""

    def is_same(other: Pen) -> bool:
        is_like = (other.name, other.colour) == (pen.name, pen.colour)
        return is_like and abs(other.width - pen.width) < _ROUNDED and other.opacity == pen.opacity

    return next((index for index, other in enumerate(pens) if is_same(other)), None)


def _apart(layer: Layer, names: Sequence[str]) -> Layer:
    """Return a layer whose pen has a name that no other has."""
    name = unused(layer.pen.name, set(names))
    return replace(layer, pen=layer.pen.model_copy(update={"name": name}))


def _pieces(stroke: Stroke, vertices: int) -> Iterator[NDArray[np.float64]]:
    """Yield a stroke as polylines (V, 2): one, if so many vertices are enough for it."""
    line = stroke.polyline()
    cubics = (len(stroke.points) - 1) // 3
    steps = (vertices - 1) // cubics if stroke.curved and cubics else 0
    if steps and cubics * steps + 1 >= len(line):
        # As the drawing's own curves are sampled, where they have as many pieces.
        line = np.concatenate(
            [sample(cubics_of(stroke.points), np.full(cubics, steps)), stroke.points[-1:]]
        )
    for begin in range(0, max(1, len(line) - 1), vertices - 1):
        piece = line[begin : begin + vertices]
        yield np.concatenate([piece, np.repeat(piece[-1:], vertices - len(piece), axis=0)])
