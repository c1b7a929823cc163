"""A picture in pens: its tones as areas of the nearest pen, or as dots of all of them.

Files of any size are shrunk as they are read, on the paper's colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.formats.base import Format
from inkdream.hatch import TONES, Tone
from inkdream.hatch.hatch import FINEST, HatchSettings, hatch
from inkdream.hatch.tones import FINE, toned
from inkdream.inking.flags import PlotFlags
from inkdream.inking.from_run import hatch_picture, own_pens
from inkdream.inking.quantise import cluster, diffused, nearest
from inkdream.inking.resolve import (
    USUAL_MARGIN,
    USUAL_PAGE,
    Home,
    Inking,
    finish_of,
    page_of,
    paper_of,
    pens_of,
    rulings_of,
)
from inkdream.page import Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, PenSet
from inkdream.pens.pen import seen_inks, unused
from inkdream.pictures import Bytes, Inked, colour_codes, on_paper, open_picture, turned
from inkdream.plot.plot import Plot
from inkdream.recipe import MOST_INKS, Recipe

# Pixels of a band that are floats at once.
BAND = 2**22


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture file in memory.

    Attributes:
        image: as it lies in the file.
        turn: its EXIF orientation, 1 to 8.
    """

    image: Image.Image
    turn: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns in px, upright."""
        width, height = self.image.size
        return (width, height) if self.turn >= 5 else (height, width)

    def sampled(self, every: int, paper: str) -> Bytes:
        """Return every n-th pixel (H, W, 3), 8-bit sRGB, on paper; at least one a side."""
        every = min(every, *self.image.size)
        bands = [band[every // 2 :: every] for band in self._bands(every, paper)]
        return turned(np.concatenate(bands)[:, every // 2 :: every], self.turn)

    def averaged(self, every: int, paper: str) -> Float[np.ndarray, "3 H W"]:
        """Return the mean of each n x n px in linear RGB, float32; the last may be of fewer."""
        every = min(every, *self.image.size)
        light = colour.from_bytes(np.arange(256, dtype=np.uint8)).astype(np.float32)
        rows = []
        for band in self._bands(every, paper):
            columns = np.arange(0, band.shape[1], every)
            starts = np.arange(0, band.shape[0], every)
            sums = np.add.reduceat(np.add.reduceat(light[band], starts, axis=0), columns, axis=1)
            down = np.diff(np.append(starts, band.shape[0]))[:, None, None]
            across = np.diff(np.append(columns, band.shape[1]))[None, :, None]
            rows.append((sums / (down * across)).astype(np.float32))
        upright = turned(np.concatenate(rows), self.turn)
        return np.ascontiguousarray(upright.transpose(2, 0, 1))

    def _bands(self, every: int, paper: str) -> Iterator[Bytes]:
        """Yield bands of the picture, a multiple of `every` rows each, on paper."""
        width, height = self.image.size
        rows = max(1, BAND // (width * every)) * every
        for top in range(0, height, rows):
            box = (0, top, width, min(height, top + rows))
            yield on_paper(self.image.crop(box), paper)


def read_photo(path: Path) -> Photo:
    """Return a picture file.

    Raises:
        InputError: if it is no picture, cut short, or has more than 2^26 px.
    """
    return Photo(*open_picture(path))


def strict(rgb: Bytes, most: int) -> Inked | None:
    """Return a picture (H, W, 3) as ink numbers, or None if it has more than `most` colours."""
    codes = colour_codes(rgb)
    # A few rows tell a photo from a drawing.
    if len(np.unique(codes[:: max(1, len(codes) // 8)])) > most:
        return None
    used, numbers = np.unique(codes, return_inverse=True)
    if len(used) > most:
        return None
    inks = np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1).astype(np.uint8)
    return Inked(numbers.reshape(codes.shape).astype(np.uint8), inks)


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

# Paper (0) or the number of a pen for each pixel.
Labels = UInt8[np.ndarray, "H W"]


@dataclass(frozen=True)
class _Sheet:
    """A picture's page, its px in mm, and the paper's colour."""

    page: Page
    scale: float
    paper: str

    def pixels(self, length: float) -> int:
        """Return a length in mm in the picture's px, at least 1."""
        return max(1, int(length / self.scale))


def ink_picture(photo: Photo, flags: PlotFlags, home: Home, target: Format) -> Inking:
    """Return a picture in pens, hatched, on its page.

    A picture of few colours keeps them, unless pens are asked for; others take the nearest of the
    pens and paper. With `dither` it is drawn in dots whose mean is the picture.

    Args:
        photo: of any size.
        flags: pens, page, paper, hatch and dither.
        home: facts of the source; with a recipe, the picture is a run's, in inks.
        target: the format; it may refuse the page.

    Raises:
        InputError: if pens or page are invalid, or the picture is too large to be hatched with
            them.
    """
    rows, columns = photo.size
    turned = " landscape" if columns > rows else ""
    usual = Page.of(USUAL_PAGE + turned, margin=USUAL_MARGIN)
    finish = finish_of(flags, home)
    page = page_of(flags, home.recipe.page if home.recipe else usual, target, finish)
    scale, (left, top) = page.fit(columns, rows)
    box = (left, top, left + scale * columns, top + scale * rows)
    sheet = _Sheet(page, scale, paper_of(flags, home))
    pens = pens_of(flags)
    widest = max((pen.width for pen in pens), default=USUAL_WIDTH)
    if min(rows, columns) * scale < widest:
        raise InputError(
            f"a picture of {columns} x {rows} px is {columns * scale:.3g} x {rows * scale:.3g} mm "
            f"on this page: narrower than a line of {widest:g} mm"
        )
    if flags.hatch in TONES:
        inking = _in_tones(photo, pens, sheet, flags, home.recipe)
        return replace(inking, finish=finish, box=box)
    few = None if flags.dither else _in_inks(photo, pens, sheet, home.recipe)
    if few and home.recipe and not flags.is_ruled:
        recipe = home.recipe.model_copy(update={"finish": finish})
        plot = _as_the_run(few, _known(photo, pens, sheet), sheet, flags, recipe)
        return Inking(plot, finish=finish, box=box)
    if few and not pens:
        plot = _hatched(few.labels, own_pens(few.inks, sheet.paper), sheet, flags)
        return Inking(plot, finish=finish, box=box)
    notes: tuple[str, ...] = ()
    if not pens:
        pens = pens_of(replace(flags, learn=USUAL_PENS))
        notes = (f"no pens are named: {USUAL_PENS} are learned from the picture",)
    known = _known(photo, pens, sheet)
    labels = _nearest_of(few, known, sheet) if few else _toned(photo, known, sheet, flags.dither)
    return Inking(_hatched(labels, (None, *known), sheet, flags), notes, finish=finish, box=box)


def _in_tones(
    photo: Photo, pens: Sequence[Pen], sheet: _Sheet, flags: PlotFlags, recipe: Recipe | None
) -> Inking:
    """Return a picture's tones in pens: its own inks, if it has few and none are named."""
    notes: tuple[str, ...] = ()
    if not pens and (few := _in_inks(photo, pens, sheet, recipe)):
        pens = [pen for pen in own_pens(few.inks, sheet.paper) if pen]
    elif not pens:
        pens = pens_of(replace(flags, learn=USUAL_PENS))
        notes = (f"no pens are named: {USUAL_PENS} are learned from the picture",)
    known = _known(photo, pens, sheet)
    if not known:
        return Inking(Plot(sheet.page, sheet.paper, ()), notes)
    every = sheet.pixels(FINE * min(pen.width for pen in known))
    kind = cast(Tone, flags.hatch)
    picture = photo.averaged(every, sheet.paper)
    plot = toned(picture, known, sheet.page, kind, rulings_of(flags), sheet.paper)
    return Inking(plot, notes)


def _as_the_run(
    picture: Inked, pens: Sequence[Pen], sheet: _Sheet, flags: PlotFlags, recipe: Recipe
) -> Plot:
    """Return a run's picture hatched as the run does it, but for the flags."""
    plot = recipe.plot.model_copy(update={"hatch": flags.hatch or recipe.plot.hatch})
    changes = {"page": sheet.page, "paper": sheet.paper, "plot": plot}
    if pens:
        changes["pens"] = tuple(pens)
        words = [sheet.paper, *(pen.colour for pen in pens)]
        inks = np.array([colour.parse(word) for word in words], np.uint8)
        picture = Inked(_nearest_of(picture, pens, sheet), inks)
    return hatch_picture(picture, recipe.model_copy(update=changes))[0]


def _in_inks(
    photo: Photo, pens: Sequence[Pen], sheet: _Sheet, recipe: Recipe | None
) -> Inked | None:
    """Return a picture of few colours as ink numbers, None for any other."""
    if recipe:
        return strict(photo.sampled(1, sheet.paper), MOST_INKS)
    nib = min((pen.width for pen in pens), default=USUAL_WIDTH)
    return strict(photo.sampled(sheet.pixels(FINEST * nib), sheet.paper), FEW)


def _nearest_of(picture: Inked, pens: Sequence[Pen], sheet: _Sheet) -> Labels:
    """Return paper or a pen for each pixel of a strict picture."""
    inks = colour.from_bytes(picture.inks).astype(np.float32).T[:, None]
    numbers = nearest(np.ascontiguousarray(inks), seen_inks((None, *pens), sheet.paper))[0]
    labels: Labels = numbers[picture.labels]
    return labels


def _toned(photo: Photo, pens: Sequence[Pen], sheet: _Sheet, dither: bool) -> Labels:
    """Return paper or a pen for each place of a photo."""
    inks = seen_inks((None, *pens), sheet.paper)
    if not dither:
        smooth = sheet.pixels(SMOOTH * min(pen.width for pen in pens))
        return nearest(photo.averaged(smooth, sheet.paper), inks)
    rows, columns = photo.size
    least = sqrt(rows * columns * sheet.scale**2 / MOST_DOTS)
    dot = max(DOT * max(pen.width for pen in pens), least)
    return diffused(photo.averaged(max(1, round(dot / sheet.scale)), sheet.paper), inks)


def _known(photo: Photo, pens: Sequence[Pen], sheet: _Sheet) -> tuple[Pen, ...]:
    """Return the pens with learned colours filled in, in plotting order."""
    if not pens or all(pen.colour != LEARNED for pen in pens):
        return PenSet.of(pens, sheet.paper).pens if pens else ()
    rows, columns = photo.size
    every = max(1, int(sqrt(rows * columns / SAMPLE)))
    picture = torch.from_numpy(photo.averaged(every, sheet.paper))
    words = [sheet.paper, *(pen.colour for pen in pens)]
    centres = cluster(picture, words, torch.Generator().manual_seed(0))[1:]
    names = {pen.name for pen in pens if pen.colour != LEARNED}
    known: dict[str, Pen] = {}
    for pen, ink in zip(pens, colour.to_bytes(centres).numpy().tolist(), strict=True):
        word = colour.to_hex(ink)
        if pen.colour != LEARNED:
            known[word] = pen
            continue
        name = unused(colour.name_of(ink), names)
        names.add(name)
        # What is learned is what is to be seen, whatever is below. Two inks that came out equal, as
        # in a picture of few colours, are one pen.
        learned = {"name": name, "colour": word, "opacity": 1.0}
        known.setdefault(word, pen.model_copy(update=learned))
    return PenSet.of(known.values(), sheet.paper).pens


def _hatched(labels: Labels, pens: Sequence[Pen | None], sheet: _Sheet, flags: PlotFlags) -> Plot:
    # Dots are small, and all are wanted.
    settings = {"fill": flags.hatch or "parallel", "speck": 0.0 if flags.dither else SPECK}
    used = np.bincount(labels.ravel(), minlength=len(pens)) > 0
    drawn = [pen if is_used else None for pen, is_used in zip(pens, used, strict=True)]
    style = HatchSettings.model_validate(settings)
    return hatch(labels, drawn, sheet.page, style, sheet.paper, rulings_of(flags))
