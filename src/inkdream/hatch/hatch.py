"""Hatching: a picture of ink numbers becomes strokes of pens, as wide as their nibs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field

from inkdream.errors import InputError
from inkdream.hatch import MOST_LINES, Style
from inkdream.hatch.areas import (
    COARSENESS,
    SLOPE,
    Areas,
    Edges,
    Labels,
    inset,
    outlines,
    without_specks,
)
from inkdream.hatch.connect import link
from inkdream.hatch.rings import Piece, rings
from inkdream.hatch.rows import rows
from inkdream.hatch.ruling import CLOSEST, WIDEST, Ruling, Rulings, unruled
from inkdream.page import Page
from inkdream.pens import Pen, PenSet
from inkdream.pens.pen import WHITE
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.progress import task

# Pixels smaller than this many nibs show nothing: the picture is thinned to that.
FINEST = 0.25
MOST_SAMPLES = 2**25
# Links between lines stay this many nibs inside the area's edge.
DEPTH = 0.2
# Rings that are to ink all of an area lie so much of a nib apart: at each corner of a ring the nib
# leaves a bit bare beside the ring before.
PACKED = 0.94
# Over how many pitches the pen moves from ring to ring.
STEP, GLIDE = 1.5, 12.0


class HatchSettings(BaseModel):
    """How areas are filled. Frozen.

    Attributes:
        fill: `parallel` rows and `cross`ed rows, both inside an outline; `concentric` rings, each
            but a short step from the next; or a `spiral`, which glides from ring to ring.
        spacing: from one line to the next, in nibs; 1 inks all of an area, more lets paper through.
        angles: of the rows of each pen, in plotting order, in degrees anticlockwise from level; one
            after the other and from the first again.
        speck: regions smaller than this many nibs are merged with what is around them; a nib is the
            disc of the pen's width, and bare paper is measured by the finest pen.
        edges: of regions as the `pixels` have them, or `smooth`: stairs become slopes, by less than
            half a pixel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    fill: Style = "parallel"
    spacing: float = Field(1.0, ge=CLOSEST, le=WIDEST, description="from line to line, in nibs")
    angles: tuple[float, ...] = Field(
        (45.0, 135.0, 15.0, 105.0, 75.0, 165.0), min_length=1, description="degrees, one a pen"
    )
    speck: float = Field(1.0, ge=0, le=10_000, description="smallest region that is drawn, in nibs")
    edges: Edges = "pixels"

    def spaced(self, factor: float) -> HatchSettings:
        """Return the same with lines further apart by a factor, as far as is allowed."""
        return self.model_copy(update={"spacing": min(self.spacing * factor, WIDEST)})

    def ruled(self, ruling: Ruling, nib: float) -> HatchSettings:
        """Return the same with a pen's lines as it is said of that pen, `nib` mm wide.

        Raises:
            InputError: if no pen of that width draws lines so close, or so far apart.
        """
        changes: dict[str, object] = {}
        if ruling.angle is not None:
            changes["angles"] = (ruling.angle,)
        if (spacing := ruling.nibs(nib)) is not None:
            changes["spacing"] = spacing
        return self.model_copy(update=changes)


def hatch(
    labels: Labels,
    pens: Sequence[Pen | None],
    page: Page,
    style: HatchSettings | None = None,
    paper: str = WHITE,
    rulings: Rulings = unruled,
) -> Plot:
    """Return strokes that fill each ink's regions with lines as wide as its pen's.

    The picture is scaled uniformly to fit inside the page's margin, and centred. Each region is
    outlined half a nib inside its edge, so that the ink's edge is the region's. No stroke leaves
    its region: no ink is further than half a nib from it. Strokes of a region are linked inside it
    where they can be, so that the pen is seldom lifted; their order is the picture's.

    Args:
        labels: (H, W) ink numbers.
        pens: one for each ink number; None leaves bare paper. A pen may be given more than once.
        page: the sheet.
        style: how regions are filled; the defaults if it is not said.
        paper: the sheet's colour, '#rrggbb'.
        rulings: by a pen's name, how its lines lie, where that is not as the style has it.

    Returns:
        A layer for each pen that draws something, in plotting order.

    Raises:
        InputError: if the picture is empty or too large, an ink number has no place among the pens,
            two pens share a name, or a pen is wider than the picture.
    """
    style = style or HatchSettings()
    inks = _pens_in_order(labels, pens, paper)
    if not inks:
        return Plot(page, paper, ())
    numbers = [inks.index(pen) + 1 if pen in inks else 0 for pen in pens]
    finest = min(pen.width for pen in inks)
    labels = _thinned(np.array(numbers, dtype=np.uint8)[labels], page, finest)
    scale, corner = page.fit(*labels.shape[::-1])
    _check_size(labels, scale, inks)
    nibs = np.array([finest, *(pen.width for pen in inks)])
    least = style.speck * math.pi / 4 * nibs**2 / scale**2
    labels = without_specks(labels, least)
    layers = []
    with task("hatching") as done:
        for number, pen in enumerate(inks, 1):
            areas = outlines(labels == number, scale, pen.width, style.edges)
            areas = shapely.transform(areas, lambda points: points + corner)
            strokes = fill_areas(
                areas,
                pen.width,
                number - 1,
                style.ruled(rulings(pen.name), pen.width),
            )
            if strokes:
                layers.append(Layer(pen, strokes))
            done(number / len(inks))
    return Plot(page, paper, tuple(layers))


def fill_areas(areas: Areas, nib: float, turn: int, style: HatchSettings) -> tuple[Stroke, ...]:
    """Return strokes that fill areas, as `hatch` fills those of one pen.

    Args:
        areas: (N,) polygons in mm.
        nib: width of the pen's line, in mm.
        turn: which of the style's angles, from 0; they come round again.
        style: how they are filled.

    Raises:
        InputError: if the pen is so fine that they take too many lines.
    """
    if not len(areas):
        return ()
    pitch = style.spacing * nib
    _check_lines(areas, pitch, nib)
    areas = shapely.simplify(areas, COARSENESS * nib)
    has_rows = style.fill in ("parallel", "cross")
    if not has_rows and style.spacing <= 1:
        pitch *= PACKED
    allowed = inset(areas, DEPTH * nib)
    shapely.prepare(allowed)
    pieces: list[Piece] = list(rings(areas, nib, pitch, most=1 if has_rows else None))
    if has_rows:
        angle = style.angles[turn % len(style.angles)]
        for across in (0, 90) if style.fill == "cross" else (0,):
            pieces += rows(areas, allowed, nib, pitch, angle + across)
    glide = (GLIDE if style.fill == "spiral" else STEP) * pitch
    return tuple(map(Stroke, link(pieces, allowed, nib, pitch, glide)))


def _check_lines(areas: Areas, pitch: float, nib: float) -> None:
    """Raise InputError if more lines lie side by side over areas than memory and time allow."""
    left, top, right, bottom = shapely.total_bounds(areas)
    side = max(right - left, bottom - top)
    if side > MOST_LINES * pitch:
        raise InputError(
            f"a pen of {nib:g} mm would fill {side:.4g} mm with too many lines side by "
            f"side; at most {MOST_LINES:,} are drawn: take a wider pen, or lines further apart"
        )


def _pens_in_order(labels: Labels, pens: Sequence[Pen | None], paper: str) -> tuple[Pen, ...]:
    """Return the pens that a picture uses, each once, in plotting order."""
    if not labels.size or labels.ndim != 2:
        raise InputError(f"a picture of shape {labels.shape} has no pixels to hatch")
    counts = np.bincount(labels.ravel(), minlength=len(pens))
    if len(counts) > len(pens):
        raise InputError(f"ink number {len(counts) - 1} has no pen: there are {len(pens)}, from 0")
    used = [pen for pen, count in zip(pens, counts, strict=True) if pen and count]
    return PenSet.of(dict.fromkeys(used), paper).pens if used else ()


def _thinned(labels: Labels, page: Page, nib: float) -> Labels:
    """Return a picture with no more pixels than a nib can show: every n-th, as inks do not mix."""
    scale, _ = page.fit(*labels.shape[::-1])
    every = min(max(1, int(FINEST * nib / scale)), *labels.shape)
    return np.ascontiguousarray(labels[every // 2 :: every, every // 2 :: every])


def _check_size(labels: Labels, scale: float, inks: Sequence[Pen]) -> None:
    height, width = labels.shape
    finest = min(pen.width for pen in inks)
    if labels.size * (1 if scale <= SLOPE * finest else 4) > MOST_SAMPLES:
        raise InputError(
            f"a picture of {width} x {height} px has too much in it to be hatched at "
            f"{finest:g} mm: take a wider pen or a smaller picture"
        )
    widest = max(inks, key=lambda pen: pen.width)
    if widest.width > min(height, width) * scale:
        raise InputError(
            f"pen {widest.name!r} is {widest.width:g} mm wide, and the picture "
            f"{width * scale:.4g} x {height * scale:.4g} mm"
        )
