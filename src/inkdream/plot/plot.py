"""Plots: strokes in mm by pen, as frozen data, and AxiDraw's grammar of layer names.

A layer's name is `[!][number][+Hheight][+Sspeed][+Ddelay] name`, the codes in any order and in
either case, without spaces before them; layers whose names begin with `%` are not plotted. Source:
Evil Mad Scientist's wiki, "AxiDraw Layer Control".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.page import Page
from inkdream.pens import Pen

SPEEDS = range(1, 111)
HEIGHTS = range(101)
DELAYS = range(1, 60_001)

_FORM = re.compile(r"\s*(!?)\s*(\d*)((?:\+[hsd]\d+)*)", re.IGNORECASE)
_CODE = re.compile(r"\+([hsd])(\d+)", re.IGNORECASE)
_KEYS = {"h": ("height", HEIGHTS), "s": ("speed", SPEEDS), "d": ("delay", DELAYS)}
# Python refuses to make numbers of thousands of digits; no machine has a use for these.
_MOST_DIGITS = 9
_LONGEST = 80
# Behind a pen's name in the name of a layer that it draws after it was filled again.
REFILLED = " (refilled)"


@dataclass(frozen=True)
class LayerCodes:
    """AxiDraw's codes in a layer's name; None leaves a value to the plotter's settings.

    Attributes:
        speed: of the lowered pen, 1 to 110 %.
        height: of the lowered pen, 0 to 100 %.
        delay: before the layer is drawn, in ms, at least 1.
        pauses: whether the plotter stops before the layer.

    Raises:
        InputError: if a value is out of range.
    """

    speed: int | None = None
    height: int | None = None
    delay: int | None = None
    pauses: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _KEYS.values():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise InputError(
                    f"AxiDraw layer {name} {value}: a whole number from {allowed[0]} to "
                    f"{allowed[-1]}"
                )

    def __bool__(self) -> bool:
        """Return whether any code is set."""
        return self != LayerCodes()

    def __str__(self) -> str:
        """Return the codes as they follow a layer's number: '+h40+s25'."""
        values = (("+h", self.height), ("+s", self.speed), ("+d", self.delay))
        return "".join(f"{code}{value}" for code, value in values if value is not None)

    def under(self, others: LayerCodes) -> LayerCodes:
        """Return these codes, overridden by those that `others` set."""
        return LayerCodes(
            speed=self.speed if others.speed is None else others.speed,
            height=self.height if others.height is None else others.height,
            delay=self.delay if others.delay is None else others.delay,
            pauses=self.pauses or others.pauses,
        )


NO_CODES = LayerCodes()


@dataclass(frozen=True)
class LayerLabel:
    """A layer's name, parsed.

    Attributes:
        name: without pause, number and codes. A number that is part of the first word ('0.5 black',
            '3rd') stays in it.
        number: by which AxiDraw chooses the layer; None if the name does not begin with one.
        codes: the valid codes.
        is_documentation: whether AxiDraw does not plot the layer: its name begins with '%'.
        dropped: codes with values that AxiDraw does not take: '+S0'.
        is_refill: whether '(refilled)' stands behind the name.
    """

    name: str
    number: int | None = None
    codes: LayerCodes = NO_CODES
    is_documentation: bool = False
    dropped: tuple[str, ...] = ()
    is_refill: bool = False


def read_label(label: str) -> LayerLabel:
    """Parse a layer's name as AxiDraw does.

    Args:
        label: such as '1 black', '!2+s40+d500 red', '% guides', 'stabilo 88 red'.
    """
    if label.lstrip().startswith("%"):
        return LayerLabel(_shown(label), is_documentation=True)
    form = _FORM.match(label)
    assert form is not None  # all its parts may be empty
    pause, digits, codes = form.groups()
    rest = label[form.end() :]
    is_word = bool(digits) and not codes and rest[:1].strip() != ""
    name = digits + rest if is_word else rest
    is_refill = name.rstrip().endswith(REFILLED)
    values, dropped = _values(codes)
    return LayerLabel(
        name=_shown(name.rstrip().removesuffix(REFILLED)),
        number=int(digits[:_MOST_DIGITS]) if digits else None,
        codes=LayerCodes(pauses=bool(pause), **values),
        dropped=dropped,
        is_refill=is_refill,
    )


def _values(codes: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the values of codes, the last of each kind, and the codes that are out of range."""
    values: dict[str, int] = {}
    dropped = []
    for code in _CODE.finditer(codes):
        name, allowed = _KEYS[code[1].lower()]
        value = int(code[2][:_MOST_DIGITS])
        if value in allowed:
            values[name] = value
        else:
            dropped.append(code[0][:_LONGEST])
    return values, tuple(dropped)


def _shown(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_LONGEST]


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
        points: (N, 2) in mm, x to the right and y down from the page's top left corner: the
            vertices of a polyline, or, if `curved`, the 3 C + 1 control points of C cubic Bezier
            curves, end to end.
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
        """Return the number of vertices of `polyline`."""
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
        is_refill: whether it goes on with the pen of the layer before, which was filled again.
    """

    pen: Pen
    strokes: tuple[Stroke, ...]
    codes: LayerCodes = NO_CODES
    is_refill: bool = False

    @property
    def title(self) -> str:
        """Its name for people and files: the pen's, and whether that was filled again."""
        return self.pen.name + REFILLED * self.is_refill


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
        layers: one a pen, and one more for each of its refills, in plotting order; a pen that draws
            nothing has none.
        ground: pens whose ink lies on the paper already: what covers it is seen on it.
    """

    page: Page
    paper: str
    layers: tuple[Layer, ...]
    ground: tuple[Pen, ...] = ()

    @property
    def strokes(self) -> int:
        """The number of strokes."""
        return sum(len(layer.strokes) for layer in self.layers)

    @property
    def refills(self) -> int:
        """How often a pen is filled again."""
        return sum(layer.is_refill for layer in self.layers)

    def with_codes(self, codes: LayerCodes, pause: bool = False) -> Plot:
        """Return the plot with more of AxiDraw's codes on each layer that draws.

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
        """Return the plot with its strokes scaled about (0, 0), then shifted by mm."""
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
    """Return the polylines of C cubics, without their last vertices, end to end.

    Args:
        cubics: (4, C, 2) control points.
        steps: (C,) chords of each, at equal steps of its parameter.
    """
    number = np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)
    t = (number / np.repeat(steps, steps))[:, None]
    return bezier(np.repeat(cubics, steps, axis=1), t)


def chords(controls: Points, tolerance: float) -> NDArray[np.int64]:
    """Return how many chords keep near enough to each cubic, of control points (4, ..., 2).

    Source: Wang's formula; the distance of a cubic from its chords is at most
    sqrt(3) / 4 / n^2 * the largest second difference of its control points (n steps), here
    3/4 / n^2 * max |P(i) - 2 P(i+1) + P(i+2)|.
    """
    second = controls[:-2] - 2 * controls[1:-1] + controls[2:]
    bend = np.hypot(second[..., 0], second[..., 1]).max(axis=0)
    steps = np.ceil(np.sqrt(0.75 * bend / tolerance))
    return np.asarray(np.clip(steps, 1, MOST_SEGMENTS), np.int64)


# Half of a cross, in mm.
ARM = 2.5


def with_crosses(plot: Plot, arm: float = ARM, bare: float = 0.0) -> Plot:
    """Return the plot with registration crosses at its margin's corners, first in every layer.

    A pen that is filled again draws none anew.

    Args:
        plot: to be marked.
        arm: from a cross's middle to its ends, in mm; less where the page has no room.
        bare: mm along the page's edges where nothing can be drawn; crosses lie further inside.
    """
    crosses = tuple(_crosses(plot.page, arm, bare))
    layers = (
        replace(layer, strokes=crosses + layer.strokes)
        if layer.strokes and not layer.is_refill
        else layer
        for layer in plot.layers
    )
    return replace(plot, layers=tuple(layers))


def _crosses(page: Page, arm: float, bare: float) -> Iterator[Stroke]:
    """Yield two strokes for each corner, clockwise from the top left."""
    arm = min(arm, page.width / 4, page.height / 4)
    inset = max(page.margin, bare + arm)
    left, top, right, bottom = inset, inset, page.width - inset, page.height - inset
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        yield Stroke(np.array([[x - arm, y], [x + arm, y]]))
        yield Stroke(np.array([[x, y - arm], [x, y + arm]]))
