"""Refills: a pen that has drawn so far is filled again, at a lift, and tried in the margin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from inkdream.page import MM_PER
from inkdream.plot.clip import extent
from inkdream.plot.plot import Layer, Plot, Points, Stroke
from inkdream.wording import counted, names_of

# The mark on which a pen is tried is a straight line, in mm, so far from all other ink at least.
MARK, CLEAR = 6.0, 1.0
# Places for it are looked at every so many mm along the margin.
_EVERY = 2.0
# Of a mark's length after it was written and read.
_ROUNDED = 0.01


@dataclass(frozen=True, eq=False)
class Refilled:
    """A plot with refills.

    Attributes:
        plot: in which what a pen draws after each refill is a layer of its own.
        tried: how many refills have a mark in the margin.
        longer: how many lines are longer than a pen draws, so that it runs dry in them.
    """

    plot: Plot
    tried: int
    longer: int

    def notes(self, metres: float) -> list[str]:
        """Return what to know of it, one sentence each."""
        names = names_of(
            dict.fromkeys(layer.pen.name for layer in self.plot.layers if layer.is_refill)
        )
        refills = self.plot.refills
        notes = [f"no pen draws as far as {metres:g} m: none is filled again"]
        if refills:
            notes = [f"{counted(refills, 'refill')}, after {metres:g} m at most: {names}"]
        if self.tried:
            notes.append(
                f"a refilled pen first draws {MARK:g} mm in the margin, where it can be tried"
            )
        if missing := refills - self.tried:
            after = counted(missing, "refill")
            notes.append(f"no room in the margin to try the pen, after {after}")
        if self.longer:
            notes.append(
                f"{counted(self.longer, 'line')} longer than {metres:g} m without a lift: the pen "
                "cannot be filled in it"
            )
        return notes


def refilled(plot: Plot, metres: float, bare: float = 0.0) -> Refilled:
    """Return a plot whose pens are filled again before they have drawn too far.

    A layer is split at lifts. After each refill the plotter has stopped, and the pen draws a short
    line in the margin first, near where it goes on, if there is room for that.

    >>> import numpy as np
    >>> import inkdream as ink
    >>> rows = [ink.Stroke(np.array([[10.0, y], [110.0, y]])) for y in (20.0, 30.0, 40.0)]
    >>> layer = ink.Layer(ink.Pen(name="black", colour="black", width=0.4), tuple(rows))
    >>> plot = ink.Plot(ink.Page.of("a5", margin=8), "#ffffff", (layer,))
    >>> [(part.title, len(part.strokes)) for part in refilled(plot, 0.25).plot.layers]
    [('black', 2), ('black (refilled)', 2)]

    Args:
        plot: in plotting order, all there is to draw, without refills.
        metres: that a pen draws at most; 0 for no refills.
        bare: mm along the page's edges where nothing can be drawn.
    """
    if not metres:
        return Refilled(plot, 0, 0)
    margin = _Margin(plot, bare)
    layers: list[Layer] = []
    tried = longer = 0
    for layer in plot.layers:
        lengths = np.array([stroke.length() for stroke in layer.strokes]) / MM_PER["m"]
        longer += int((lengths > metres).sum())
        # Its mark is ink as well.
        for number, part in enumerate(_parts(lengths, metres, MARK / MM_PER["m"])):
            strokes = layer.strokes[part]
            if number == 0:
                layers.append(replace(layer, strokes=strokes))
                continue
            mark = margin.mark(strokes[0].points[0], layer.pen.width)
            tried += len(mark)
            codes = replace(layer.codes, pauses=True)
            layers.append(replace(layer, strokes=mark + strokes, codes=codes, is_refill=True))
    return Refilled(replace(plot, layers=tuple(layers)), tried, longer)


def without_refills(plot: Plot) -> Plot:
    """Return a plot in which each pen draws all it has to in one go, without marks to try it."""
    layers: list[Layer] = []
    for layer in plot.layers:
        if not layer.is_refill:
            layers.append(layer)
            continue
        strokes = layer.strokes[1:] if is_mark(layer.strokes[0]) else layer.strokes
        layers[-1] = replace(layers[-1], strokes=layers[-1].strokes + strokes)
    return replace(plot, layers=tuple(layers))


def _parts(lengths: NDArray[np.float64], most: float, mark: float) -> Iterator[slice]:
    """Yield which of a layer's strokes a pen draws before it is filled again; the first may be all.

    Args:
        lengths: of its strokes.
        most: that a pen draws, in the same unit.
        mark: what it draws first after each refill.
    """
    begin, drawn = 0, 0.0
    for index, length in enumerate(lengths.tolist()):
        if index > begin and drawn + length > most:
            yield slice(begin, index)
            begin, drawn = index, mark
        drawn += length
    yield slice(begin, len(lengths))


def is_mark(stroke: Stroke) -> bool:
    """Return whether a stroke may be one on which a refilled pen is tried."""
    if stroke.curved or len(stroke.points) != 2:
        return False
    along, across = sorted(np.abs(stroke.points[1] - stroke.points[0]), reverse=True)
    return bool(abs(along - MARK) < _ROUNDED and across < _ROUNDED)


class _Margin:
    """A page's margin, and where in it there is room for marks.

    Attributes:
        places: (P, 2, 2) marks along the middle of what can be drawn of the margin; none if that is
            too narrow for any.
        free: (P,) mm from each to the nearest ink.
        room: mm from their middle to where nothing can be drawn, or to the drawing.
    """

    def __init__(self, plot: Plot, bare: float) -> None:
        self.room = (plot.page.margin - bare) / 2
        self.places = _places(plot, (plot.page.margin + bare) / 2)
        self.marks = shapely.linestrings(self.places)
        self.free = np.full(len(self.places), np.inf)
        self._ink(_outside(plot))

    def mark(self, onward: Points, width: float) -> tuple[Stroke, ...]:
        """Return the mark that is nearest to where a pen goes on, or none for lack of room."""
        if self.room < CLEAR + width / 2:
            return ()
        away = np.hypot(*(self.places.mean(axis=1) - onward).T)
        away = np.where(self.free > CLEAR + width / 2, away, np.inf)
        if not np.isfinite(away).any():
            return ()
        mark = self.places[int(away.argmin())]
        self._ink([(mark, width)])
        return (Stroke(mark),)

    def _ink(self, lines: Sequence[tuple[Points, float]]) -> None:
        """Note that ink lies along polylines of these widths."""
        for line, width in lines:
            shape = shapely.linestrings(line) if len(line) > 1 else shapely.points(line[0])
            self.free = np.minimum(self.free, shapely.distance(self.marks, shape) - width / 2)


def _places(plot: Plot, inset: float) -> NDArray[np.float64]:
    """Return marks (P, 2, 2) along a page's four sides, `inset` mm from them."""
    width, height = plot.page.width, plot.page.height
    along = {
        side: np.arange(inset, side - inset - MARK, _EVERY)[:, None, None]
        for side in (width, height)
    }
    level = along[width] * [[1.0, 0.0]] + np.array([[0.0, 0.0], [MARK, 0.0]])
    upright = along[height] * [[0.0, 1.0]] + np.array([[0.0, 0.0], [0.0, MARK]])
    shifts = np.array([[0.0, inset], [0.0, height - inset], [inset, 0.0], [width - inset, 0.0]])
    sides = zip((level, level, upright, upright), shifts, strict=True)
    return np.concatenate([side + shift for side, shift in sides])


def _outside(plot: Plot) -> list[tuple[Points, float]]:
    """Return what of a plot reaches into the margin, with the width of its line."""
    low, high = np.array(plot.page.inside[:2]), np.array(plot.page.inside[2:])
    found = []
    for layer in plot.layers:
        for stroke in layer.strokes:
            least, most = extent(stroke)
            if (least < low).any() or (most > high).any():
                found.append((stroke.polyline(), layer.pen.width))
    return found
