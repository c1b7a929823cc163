"""The files of a pixel drawing, and what is measured on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour, pictures
from inkdream.drawing import PixelDrawing
from inkdream.inking.from_run import hatch_picture, pens_of
from inkdream.inking.quantise import quantise
from inkdream.optimize.scores import measure, total_score
from inkdream.optimize.session import Session
from inkdream.pictures import Bytes, Inked
from inkdream.recipe import LEARNED, Recipe
from inkdream.regions import speck_share
from inkdream.run.certificate import Certificate, Comparison, InkShare
from inkdream.run.plot_files import write_plot
from inkdream.storage import write_whole


def write_pictures(folder: Path, session: Session, drawing: PixelDrawing) -> Certificate:
    """Write a pixel drawing's files; return what is measured on drawing.png as read back.

    Raises:
        RunError: if a file cannot be written.
    """
    picture = drawing.inked().tidy()
    with torch.no_grad():
        soft = drawing.image(session.recipe.softness.end)
    beside = np.concatenate([picture.rgb(), to_rgb(soft)], axis=1)
    files: dict[str, bytes | str] = {
        "drawing.png": pictures.indexed_png(picture),
        "soft.png": pictures.rgb_png(to_rgb(soft)),
        "compare.png": pictures.rgb_png(beside),
        "palette.gpl": pictures.gimp_palette(picture.inks, folder.name),
        "palette.hex": pictures.hex_palette(picture.inks),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    plot, budget = hatch_picture(
        picture, session.recipe, lambda seen: total_score(session.networks, session.objective, seen)
    )
    facts = write_plot(folder, plot, session.recipe)
    read = pictures.read_rgb(folder / "drawing.png")
    scores = measure(session.networks, session.objective, to_linear(read))
    strict = session.objective.total(scores)
    blended = session.objective.total(measure(session.networks, session.objective, soft))
    on_palette = np.isin(pictures.colour_codes(read), pictures.colour_codes(picture.inks))
    return Certificate(
        medium="pixels",
        score_strict=strict,
        score_soft=blended,
        gap=(blended - strict) / abs(blended) if blended else 0.0,
        scores=scores,
        inks=[colour.to_hex(ink) for ink in picture.inks.tolist()],
        ink_shares=_shares(session.recipe, picture),
        colours_in_file=len(pictures.colours_in(read)),
        off_palette_pixels=int((~on_palette).sum()),
        specks=speck_share(picture.labels),
        seconds=0.0,
        steps=session.recipe.steps,
        seed=session.recipe.seed,
        versions={},
        plot=facts,
        budget=budget,
    )


def compare_pictures(folder: Path, session: Session, certificate: Certificate) -> Comparison:
    """Score the free picture, and that picture cut down to as many colours; keep both."""
    with torch.no_grad():
        free = to_rgb(session.drawing_of("comparison").image(1.0))
    write_whole(folder / "unconstrained.png", pictures.rgb_png(free))
    words, chance = [LEARNED] * len(certificate.inks), torch.Generator().manual_seed(0)
    reduced = quantise(to_linear(free), words, chance)
    write_whole(folder / "kmeans.png", pictures.indexed_png(reduced))
    unconstrained, kmeans = (
        session.objective.total(measure(session.networks, session.objective, image))
        for image in (to_linear(free), torch.from_numpy(reduced.linear()))
    )
    return Comparison.of(certificate.score_strict, unconstrained, kmeans)


def to_rgb(image: Float[Tensor, "3 H W"]) -> Bytes:
    """Return linear RGB as a picture (H, W, 3) in 8-bit sRGB."""
    return np.ascontiguousarray(colour.to_bytes(image).numpy().transpose(1, 2, 0))


def to_linear(rgb: Bytes) -> Float[Tensor, "3 H W"]:
    """Return a picture (H, W, 3) in 8-bit sRGB as linear RGB."""
    pixels = torch.from_numpy(rgb.transpose(2, 0, 1).copy())
    linear: Tensor = colour.from_bytes(pixels)
    return linear


def _shares(recipe: Recipe, picture: Inked) -> list[InkShare]:
    given = {ink for ink in recipe.inks if ink != LEARNED}
    given |= {pen.colour for pen in recipe.choice} if recipe.pick else set()
    counts = np.bincount(picture.labels.ravel(), minlength=len(picture.inks))
    words = [colour.to_hex(ink) for ink in picture.inks.tolist()]
    pens = pens_of(picture, recipe)
    names = [
        pen.name if pen else colour.name_of(colour.parse(ink))
        for pen, ink in zip(pens, words, strict=True)
    ]
    return [
        InkShare(word, name, word in given, float(share), pen is None)
        for word, name, share, pen in zip(words, names, counts / counts.sum(), pens, strict=True)
    ]
