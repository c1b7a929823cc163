"""Plots as SVG that AxiDraw, vpype, saxi, Inkscape and browsers read alike.

One pen is one top-level Inkscape layer, in plotting order, numbered from 1; after a refill it is
another one, before which an AxiDraw stops. Sizes are in mm on the
root and in CSS px (1/96 in) inside, so that readers that ignore a viewBox are right too. Nothing in
the file is invisible and would be plotted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from inkdream import colour
from inkdream.formats.base import Format
from inkdream.formats.verify import compare_plots
from inkdream.page import MM_PER, Page
from inkdream.pens import Pen
from inkdream.plot import machines
from inkdream.plot.plot import Layer, Plot, Points, Stroke
from inkdream.svg.read import read_svg
from inkdream.wording import counted

PX = MM_PER["px"]
# Digits after the point of a coordinate in px: 0.0003 mm, far below any plotter's step.
DIGITS = 3
STEP = 10.0**-DIGITS
# Readers drop lines of no length, so a dot is a line this long to both sides, in mm: a plotter
# moves for it, and it stays within 0.02 mm of the dot. Whatever is smaller than `SPECK` is a dot.
DOT = 0.015
SPECK = 0.005
# Beyond the page by less than this, in mm, is a rounding error.
NOISE = 1e-6

NAMESPACES = {
    "": "http://www.w3.org/2000/svg",
    ":inkscape": "http://www.inkscape.org/namespaces/inkscape",
    ":sodipodi": "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    ":rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    ":cc": "http://creativecommons.org/ns#",
    ":dc": "http://purl.org/dc/elements/1.1/",
}


@dataclass(frozen=True)
class Svg(Format):
    """Files for AxiDraw's, NextDraw's and other programs that read SVG."""

    name = "svg"
    title = "SVG"
    endings = (".svg",)
    usual = machines.USUAL
    has_codes = True

    @classmethod
    def machines(cls) -> tuple[str, ...]:
        """Return the names of the machines whose motion is known."""
        return machines.machine_names()

    @classmethod
    def key(cls, machine: str) -> str:
        """Return a name without settings: 'axidraw-v3' of 'axidraw-v3:accel=50'."""
        return machine.lower().partition(":")[0].strip()

    @classmethod
    def of(cls, machine: str) -> Svg:
        """Return the format for a machine."""
        motion = machines.machine(machine)
        return cls(motion.name, motion)

    def write(self, plot: Plot, facts: Mapping[str, str]) -> str:
        """Return an SVG of one layer a pen, and one more for each refill."""
        return to_svg(plot, facts)

    def read(self, text: str, plot: Plot) -> Plot:
        """Return the SVG's plot."""
        return read_svg(text).as_plot()

    def compare(self, plot: Plot, read: Plot) -> list[str]:
        """Return how pages, pens and strokes differ."""
        return compare_plots(plot, read)

    def notes(self, plot: Plot, per_pen: bool = False) -> list[str]:
        """Return what the machine does not reach, and what AxiDraw's preview does not show."""
        pauses = not per_pen and any(layer.codes.pauses for layer in plot.layers)
        more = ["AxiDraw's own preview, and its time, end at the first pause"] if pauses else []
        return [*super().notes(plot), *more]


def to_svg(plot: Plot, provenance: Mapping[str, str] | None = None) -> str:
    """Return the plot as SVG; the same text for the same plot.

    Layers of transparent pens multiply, as their ink does; a pen between transparent and opaque is
    shown as the nearer of the two.

    Args:
        plot: clipped to its page; layers without strokes are left out.
        provenance: facts by name; 'title', 'source' and 'recipe' are metadata of their own, all
            others stand in the description, one a line.

    Raises:
        ValueError: if a stroke leaves the page, is no stroke, or nobody could see it.
        InputError: if a pen has no colour yet.
    """
    layers = [layer for layer in plot.layers if layer.strokes]
    hidden = unseen(plot)
    if hidden:
        raise ValueError(f"pen {hidden[0]!r} cannot be seen on {plot.paper}: leave it out")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_root(plot)]
    lines += _metadata(provenance or {})
    for number, layer in enumerate(layers, start=1):
        lines.append(_group(number, layer))
        for index, stroke in enumerate(layer.strokes, start=1):
            lines.append(_element(stroke, plot.page, f"pen {layer.pen.name!r}, stroke {index}"))
        lines.append("  </g>")
    return "\n".join([*lines, "</svg>", ""])


def layer_label(number: int, layer: Layer) -> str:
    """Return a layer's label.

    vpype takes the first digits for the layer's number. AxiDraw takes '!' for a pause and what
    follows the number without a space for codes.
    """
    return f"{'!' * layer.codes.pauses}{number}{layer.codes} {layer.title}"


def layer_id(number: int, pen: Pen) -> str:
    """Return a readable and unique XML name: 'pen1-black'."""
    plain = unicodedata.normalize("NFKD", pen.name).encode("ascii", "ignore").decode().lower()
    return "-".join([f"pen{number}", *re.findall("[a-z0-9]+", plain)])


def unseen(plot: Plot) -> tuple[str, ...]:
    """Return the names of pens that change neither the paper nor any ink below them.

    What lies on the paper already is such ink, too.

    Raises:
        InputError: if a colour is none.
    """
    grounds = [colour.linear_of([plot.paper])[0]]
    hidden = []
    drawn = [layer.pen for layer in plot.layers if layer.strokes]
    for index, pen in enumerate([*plot.ground, *drawn]):
        ink = colour.linear_of([pen.colour])[0]
        over = [(1 - pen.opacity) * ground * ink + pen.opacity * ink for ground in grounds]
        if np.allclose(over, grounds, rtol=0, atol=1e-9):
            hidden += [pen.name] if index >= len(plot.ground) else []
        grounds.append(over[0])
    return tuple(hidden)


def _root(plot: Plot) -> Iterator[str]:
    """Yield the root's start tag and Inkscape's page."""
    width, height = _number(plot.page.width, 6), _number(plot.page.height, 6)
    box = f"0 0 {_number(plot.page.width / PX, 6)} {_number(plot.page.height / PX, 6)}"
    spaces = " ".join(f'xmlns{name}="{address}"' for name, address in NAMESPACES.items())
    yield f'<svg {spaces} version="1.1" width="{width}mm" height="{height}mm" viewBox="{box}">'
    paper = colour.to_hex(colour.parse(plot.paper))
    yield f'  <sodipodi:namedview pagecolor="{paper}" inkscape:document-units="mm"/>'


def _metadata(provenance: Mapping[str, str]) -> Iterator[str]:
    """Yield the provenance as Inkscape reads it, without a date.

    Source: the RDF that Inkscape writes, Dublin Core in a Creative Commons `Work`.
    """
    own = {"title": provenance.get("title", ""), "source": provenance.get("source", "inkdream")}
    recipe = provenance.get("recipe", "")
    known = {*own, "recipe"}
    others = [f"{name}: {text}" for name, text in provenance.items() if name not in known]
    yield '  <metadata><rdf:RDF><cc:Work rdf:about="">'
    yield "    <dc:format>image/svg+xml</dc:format>"
    yield '    <dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/>'
    for name, text in {**own, "description": "\n".join(others)}.items():
        if text:
            yield f"    <dc:{name}>{escape(_writable(text))}</dc:{name}>"
    # As `recipe/carry.py` reads it.
    begin, end = '<inkdream:recipe xmlns:inkdream="urn:inkdream">', "</inkdream:recipe>"
    carried = f"{begin}{escape(_writable(recipe))}{end}" if recipe else ""
    yield f"  </cc:Work></rdf:RDF>{carried}</metadata>"


def _writable(text: str) -> str:
    """Return the text with replacement characters for those that XML cannot hold."""
    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _group(number: int, layer: Layer) -> str:
    """Return a layer's start tag."""
    pen = layer.pen
    attributes = {
        "inkscape:groupmode": "layer",
        "inkscape:label": layer_label(number, layer),
        "id": layer_id(number, pen),
        "stroke": colour.to_hex(colour.parse(pen.colour)),
        "stroke-width": _number(pen.width / PX, 6),
        "fill": "none",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }
    if not pen.is_opaque:
        attributes["style"] = "mix-blend-mode:multiply"
    return f"  <g {' '.join(f'{name}={quoteattr(text)}' for name, text in attributes.items())}>"


def _element(stroke: Stroke, page: Page, place: str) -> str:
    """Return one stroke as <polyline> or, if it is curved, as <path>."""
    _check_stroke(stroke, page, place)
    points = stroke.points
    if np.ptp(points, axis=0).max() < SPECK:
        points = points.mean(axis=0) + np.array([[-DOT, 0.0], [DOT, 0.0]])
        return _polyline(_to_px(points, page, keep=False))
    if not stroke.curved:
        return _polyline(_to_px(points, page, keep=False))
    # A curve stays inside its control points, so only those that lie outside anyway may remain so.
    words = [f"{_number(x)},{_number(y)}" for x, y in _to_px(points, page, keep=True).tolist()]
    return f'    <path d="M {words[0]} C {" ".join(words[1:])}"/>'


def _polyline(pixels: Points) -> str:
    new = np.r_[True, (np.diff(pixels, axis=0) != 0).any(axis=1)]
    words = [f"{_number(x)},{_number(y)}" for x, y in pixels[new].tolist()]
    return f'    <polyline points="{" ".join(words)}"/>'


def _check_stroke(stroke: Stroke, page: Page, place: str) -> None:
    """Raise ValueError for a stroke of too few points or NaN, or off the page."""
    points = stroke.points
    if not len(points) or (stroke.curved and len(points) % 3 != 1):
        raise ValueError(f"{place}: {counted(len(points), 'point')} cannot make a stroke")
    if not np.isfinite(points).all():
        raise ValueError(f"{place}: a coordinate is no number")
    if _is_inside(points, page):
        return
    # A curve may stay inside though its control points do not.
    if stroke.curved and _is_inside(stroke.polyline(tolerance=STEP), page):
        return
    raise ValueError(f"{place}: leaves the page of {page.width:g} x {page.height:g} mm")


def _is_inside(points: Points, page: Page) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.array([page.width, page.height])
    return bool((low >= -NOISE).all() and (high <= size + NOISE).all())


def _to_px(points: Points, page: Page, keep: bool) -> Points:
    """Return mm as rounded px; rounding does not move them off the page.

    Args:
        points: (N, 2) in mm.
        page: the sheet.
        keep: leave what lies off the page where it is.
    """
    most = np.floor(np.array([page.width, page.height]) / PX / STEP) * STEP
    pixels = np.round(points / PX, DIGITS)
    inside = np.clip(pixels, 0, most)
    if not keep:
        return inside
    size = np.array([page.width, page.height])
    outside = (points < -NOISE) | (points > size + NOISE)
    return np.where(outside, pixels, inside)


def _number(value: float, digits: int = DIGITS) -> str:
    """Return a number with at most `digits` digits after the point."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def without_unseen(plot: Plot) -> Plot:
    """Return the plot without pens whose ink changes nothing, as learned inks may."""
    while hidden := unseen(plot):
        layers = tuple(layer for layer in plot.layers if layer.pen.name not in hidden)
        plot = replace(plot, layers=layers)
    return plot
