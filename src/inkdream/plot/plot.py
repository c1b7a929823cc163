"""The plot: strokes in mm by pen. Frozen data, which writers, estimator and preview read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.layer_labels import NO_CODES, LayerCodes

Points = NDArray[np.float64]

# A polyline stays this near to its curve, in mm: an eighth of the finest nib, and below what a
# plotter's steps and a pen's wobble can show.
TOLERANCE = 0.02
MOST_SEGMENTS = 256


@dataclass(frozen=True, eq=False)
class Stroke:
    """What a pen draws between being put down and being lifted.

    >>> import numpy as np
    >>> import inkdream as ink
    >>> ink.Stroke(np.array([[10.0, 10.0], [40.0, 50.0]])).length()
    50.0

    Attributes:
        points: (N, 2) in mm, x to the right and y down from the page's top left corner. The
            vertices of a polyline; if `curved`, the 3 C + 1 control points of C cubic Bezier
            curves, each beginning where the one before ends.
        curved: which of the two.
    """

    points: Points
    curved: bool = False

    def polyline(self, tolerance: float = TOLERANCE) -> Points:
        """Return vertices (V, 2) in mm, everywhere within `tolerance` mm of the stroke."""
        if not self.curved:
            return self.points
        cubics = cubics_of(self.points)
        return np.concatenate([sample(cubics, chords(cubics, tolerance)), self.points[-1:]])

    def vertices(self, tolerance: float = TOLERANCE) -> int:
        """Return how many vertices `polyline` has, without making them."""
        if not self.curved:
            return len(self.points)
        return int(chords(cubics_of(self.points), tolerance).sum()) + 1

    def length(self, tolerance: float = TOLERANCE) -> float:
        """Return its length in mm."""
        return float(np.hypot(*np.diff(self.polyline(tolerance), axis=0).T).sum())


@dataclass(frozen=True, eq=False)
class Layer:
    """The strokes of one pen, in the order in which they are drawn.

    >>> import numpy as np
    >>> import inkdream as ink
    >>> line = ink.Stroke(np.array([[10.0, 10.0], [40.0, 50.0]]))
    >>> len(ink.Layer(ink.Pen(name="black", colour="black", width=0.4), (line,)).strokes)
    1

    Attributes:
        pen: what draws them.
        strokes: in their order.
        codes: what an AxiDraw is told of them.
    """

    pen: Pen
    strokes: tuple[Stroke, ...]
    codes: LayerCodes = NO_CODES


@dataclass(frozen=True, eq=False)
class Plot:
    """All that a plotter is to draw.

    >>> import numpy as np
    >>> import inkdream as ink
    >>> line = ink.Stroke(np.array([[10.0, 10.0], [40.0, 50.0]]))
    >>> layer = ink.Layer(ink.Pen(name="black", colour="black", width=0.4), (line,))
    >>> plot = ink.Plot(ink.Page.of("a5"), "#ffffff", (layer,))
    >>> plot.strokes
    1
    >>> ink.write(plot).startswith("<?xml")
    True

    Attributes:
        page: the sheet.
        paper: its colour, '#rrggbb'.
        layers: one a pen, in plotting order; a pen that draws nothing has none.
    """

    page: Page
    paper: str
    layers: tuple[Layer, ...]

    @property
    def strokes(self) -> int:
        """How many strokes there are."""
        return sum(len(layer.strokes) for layer in self.layers)

    def told(self, codes: LayerCodes, pause: bool = False) -> Plot:
        """Return the same plot with an AxiDraw told more of each layer that draws.

        Args:
            codes: for every layer; they win over the layer's own.
            pause: whether it also stops before every layer but the first.
        """
        layers, drawn = [], 0
        for layer in self.layers:
            stops = LayerCodes(pauses=pause and drawn > 0)
            layers.append(replace(layer, codes=layer.codes.under(codes).under(stops)))
            drawn += bool(layer.strokes)
        return replace(self, layers=tuple(layers))

    def moved(self, shift: tuple[float, float], factor: float = 1.0) -> Plot:
        """Return the same plot with its strokes scaled about (0, 0), then shifted by mm."""
        layers = tuple(
            replace(
                layer,
                strokes=tuple(
                    Stroke(factor * each.points + shift, each.curved) for each in layer.strokes
                ),
            )
            for layer in self.layers
        )
        return replace(self, layers=layers)


def cubics_of(points: Points) -> Points:
    """Return the control points of a curve (3 C + 1, 2) as those of its cubics (4, C, 2)."""
    return np.stack([points[start:][: len(points) - 3 : 3] for start in range(4)])


def bezier(cubics: Points, t: NDArray[np.float64]) -> Points:
    """Return the points of cubics, of control points (4, ..., 2), at t in [0, 1]."""
    a, b, c, d = cubics
    s = 1 - t
    points: Points = s * s * s * a + 3 * (s * s) * t * b + 3 * s * (t * t) * c + t * t * t * d
    return points


def sample(cubics: Points, steps: NDArray[np.int64]) -> Points:
    """Return all vertices but the last of the polyline of each of C cubics, one behind the other.

    Args:
        cubics: (4, C, 2) control points.
        steps: (C,) how many chords each has, at equal steps of its parameter.
    """
    number = np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)
    t = (number / np.repeat(steps, steps))[:, None]
    return bezier(np.repeat(cubics, steps, axis=1), t)


def chords(controls: Points, tolerance: float) -> NDArray[np.int64]:
    """Return how many chords keep to each cubic, of control points (4, ..., 2).

    Source: Wang's formula; the distance of a cubic from its chords is at most
    sqrt(3) / 4 / n^2 * the largest second difference of its control points (n steps), as
    3/4 / n^2 * max |P(i) - 2 P(i+1) + P(i+2)|.
    """
    second = controls[:-2] - 2 * controls[1:-1] + controls[2:]
    bend = np.hypot(second[..., 0], second[..., 1]).max(axis=0)
    steps = np.ceil(np.sqrt(0.75 * bend / tolerance))
    return np.asarray(np.clip(steps, 1, MOST_SEGMENTS), np.int64)
