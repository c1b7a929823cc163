"""A picture in pens: its tones as areas of the nearest pen, or as dots of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import torch
from jaxtyping import UInt8

from inkdream import colour
from inkdream.errors import InputError
from inkdream.hatch.hatch import FINEST, HatchSettings, hatch
from inkdream.inking.areas import hatch_picture
from inkdream.inking.flags import PlotFlags
from inkdream.inking.photo import Photo, strict
from inkdream.inking.resolve import (
    USUAL_MARGIN,
    USUAL_PAGE,
    Home,
    Inking,
    page_of,
    paper_of,
    pens_of,
)
from inkdream.inking.target import Target
from inkdream.page import Page
from inkdream.palette import cluster
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, PenSet
from inkdream.pictures import Inked
from inkdream.plot.plot import Plot
from inkdream.plot.quantise import diffused, nearest, own_pens, seen_inks, unused
from inkdream.recipe import MOST_INKS, Recipe

# A picture of no more colours than this is a drawing in inks, not a photo.
FEW = 16
# What is learned from a photo if nothing is said of pens.
USUAL_PENS = 4
# A photo's tones are averaged over this many nibs, so that areas have smooth edges.
SMOOTH = 0.5
# Areas smaller than so many nibs cost a lift and show nothing: a photo's noise is full of them.
SPECK = 8.0
# Dots are this many nibs wide, and so many at most: more take hours to plot.
DOT = 2.0
MOST_DOTS = 25_000
# Pixels from which inks are learned.
SAMPLE = 2**17


@dataclass(frozen=True)
class _Sheet:
    """Where a picture is drawn: on what, how large its px are (mm), and the paper's colour."""

    page: Page
    scale: float
    paper: str


def ink_picture(photo: Photo, flags: PlotFlags, home: Home, target: Target) -> Inking:
    """Return a picture in pens, hatched, on its page.

    A picture of few colours keeps them, unless pens are asked for; any other takes the nearest of
    the pens, and paper is one more. With `dither` it is drawn in dots, whose mean is the picture.

    Args:
        photo: any.
        flags: pens, page, paper, hatch and dither.
        home: what the source says of itself; with a recipe, the picture is a run's, in inks.
        target: whom it is for; it may refuse the page.

    Raises:
        InputError: if pens or page are none, or the picture is too large to be hatched with them.
    """
    rows, columns = photo.size
    page = page_of(flags, home.page or _usual_page(rows, columns), target)
    scale, _ = page.fit(columns, rows)
    where = _Sheet(page, scale, paper_of(flags, home))
    pens = pens_of(flags)
    widest = max((pen.width for pen in pens), default=USUAL_WIDTH)
    if min(rows, columns) * scale < widest:
        raise InputError(
            f"a picture of {columns} x {rows} px is {columns * scale:.3g} x {rows * scale:.3g} mm "
            f"on this page: narrower than a line of {widest:g} mm"
        )
    few = None if flags.dither else _in_inks(photo, pens, where, home.recipe)
    if few and home.recipe:
        known = _learned(photo, pens, where) if pens else ()
        return Inking(_as_the_run(few, known, where, flags, home.recipe))
    if few and not pens:
        return Inking(_hatched(few.labels, own_pens(few.inks, where.paper), where, flags))
    notes: tuple[str, ...] = ()
    if not pens:
        pens = pens_of(replace(flags, learn=USUAL_PENS))
        notes = (f"no pens are named: {USUAL_PENS} are learned from the picture",)
    known = _learned(photo, pens, where)
    if few:
        labels = _nearest_of(few, known, where.paper)
    else:
        labels = _toned(photo, known, where, dither=flags.dither)
    return Inking(_hatched(labels, (None, *known), where, flags), notes)


def _as_the_run(
    picture: Inked, pens: Sequence[Pen], where: _Sheet, flags: PlotFlags, recipe: Recipe
) -> Plot:
    """Return a run's picture hatched as the run does it, but for what the flags say."""
    said = {"hatch": flags.hatch} if flags.hatch else {}
    changes = {
        "page": where.page,
        "paper": where.paper,
        "plot": recipe.plot.model_copy(update=said),
    }
    if pens:
        changes["pens"] = tuple(pens)
        words = [where.paper, *(pen.colour for pen in pens)]
        inks = np.array([colour.parse(word) for word in words], np.uint8)
        picture = Inked(_nearest_of(picture, pens, where.paper), inks)
    plot, _ = hatch_picture(picture, recipe.model_copy(update=changes))
    return plot


def _usual_page(rows: int, columns: int) -> Page:
    turned = " landscape" if columns > rows else ""
    return Page.of(USUAL_PAGE + turned, margin=USUAL_MARGIN)


def _pixels(length: float, where: _Sheet) -> int:
    """Return how many of the picture's px a length in mm is, at least 1."""
    return max(1, int(length / where.scale))


def _in_inks(
    photo: Photo, pens: Sequence[Pen], where: _Sheet, recipe: Recipe | None
) -> Inked | None:
    """Return a picture of few colours as ink numbers, None for any other."""
    if recipe:
        return strict(photo.sampled(1, where.paper), MOST_INKS)
    nib = min((pen.width for pen in pens), default=USUAL_WIDTH)
    return strict(photo.sampled(_pixels(FINEST * nib, where), where.paper), FEW)


def _nearest_of(picture: Inked, pens: Sequence[Pen], paper: str) -> UInt8[np.ndarray, "H W"]:
    """Return paper (0) or the number of a pen for each pixel of a strict picture."""
    inks = colour.from_bytes(picture.inks).astype(np.float32).T[:, None]
    numbers = nearest(np.ascontiguousarray(inks), seen_inks((None, *pens), paper))[0]
    labels: UInt8[np.ndarray, "H W"] = numbers[picture.labels]
    return labels


def _toned(
    photo: Photo, pens: Sequence[Pen], where: _Sheet, *, dither: bool
) -> UInt8[np.ndarray, "H W"]:
    """Return paper (0) or the number of a pen for each place of a photo."""
    inks = seen_inks((None, *pens), where.paper)
    if not dither:
        smooth = _pixels(SMOOTH * min(pen.width for pen in pens), where)
        return nearest(photo.averaged(smooth, where.paper), inks)
    rows, columns = photo.size
    least = sqrt(rows * columns * where.scale**2 / MOST_DOTS)
    dot = max(DOT * max(pen.width for pen in pens), least)
    every = max(1, round(dot / where.scale))
    return diffused(photo.averaged(every, where.paper), inks)


def _learned(photo: Photo, pens: Sequence[Pen], where: _Sheet) -> tuple[Pen, ...]:
    """Return the pens with the colours found that serve the picture best, in plotting order."""
    if all(pen.colour != LEARNED for pen in pens):
        return PenSet.of(pens, where.paper).pens
    rows, columns = photo.size
    every = max(1, int(sqrt(rows * columns / SAMPLE)))
    picture = torch.from_numpy(photo.averaged(every, where.paper))
    words = [where.paper, *(pen.colour for pen in pens)]
    found = cluster(picture, words, torch.Generator().manual_seed(0))[1:]
    inks = colour.to_bytes(found).numpy().tolist()
    names = {pen.name for pen in pens if pen.colour != LEARNED}
    known: dict[str, Pen] = {}
    for pen, ink in zip(pens, inks, strict=True):
        word = colour.to_hex(ink)
        if pen.colour != LEARNED:
            known[word] = pen
            continue
        name = unused(colour.name_of(ink), names)
        names.add(name)
        # What is learned is what is to be seen, whatever is below.
        said = {"name": name, "colour": word, "opacity": 1.0}
        # Two inks that came out equal, as in a picture of few colours, are one pen.
        known.setdefault(word, pen.model_copy(update=said))
    return PenSet.of(known.values(), where.paper).pens


def _hatched(
    labels: UInt8[np.ndarray, "H W"],
    pens: Sequence[Pen | None],
    where: _Sheet,
    flags: PlotFlags,
) -> Plot:
    said = {"fill": flags.hatch} if flags.hatch else {}
    # Dots are small, and all are wanted.
    fill = HatchSettings.model_validate({**said, "speck": 0.0 if flags.dither else SPECK})
    used = np.bincount(labels.ravel(), minlength=len(pens)) > 0
    drawn = [pen if is_used else None for pen, is_used in zip(pens, used, strict=True)]
    return hatch(labels, drawn, where.page, fill, where.paper)
