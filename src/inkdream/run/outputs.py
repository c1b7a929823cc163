"""What a finished run leaves for people: pictures, palettes, the certificate."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

import inkdream
from inkdream import colour, palette, pictures
from inkdream.ascent import measure
from inkdream.pictures import Bytes, Inked
from inkdream.recipe import LEARNED, Recipe
from inkdream.regions import speck_share
from inkdream.run.certificate import Certificate, Comparison, InkShare
from inkdream.run.files import write_whole
from inkdream.sketch import Sketch


def write_outputs(
    folder: Path, sketch: Sketch, frames: Sequence[Inked], seconds: Mapping[str, float]
) -> Certificate:
    """Write every file of a finished run and return what was measured.

    Args:
        folder: the run's.
        sketch: whose steps are all taken.
        frames: strict pictures on the way.
        seconds: spent, by stage.

    Raises:
        RunError: if a file cannot be written.
    """
    drawing = sketch.result
    picture = drawing.inked().tidy()
    with torch.no_grad():
        soft = drawing.image(sketch.recipe.softness.end)
    beside = np.concatenate([picture.rgb(), _bytes(soft)], axis=1)
    files: dict[str, bytes | str] = {
        "drawing.png": pictures.indexed_png(picture),
        "soft.png": pictures.rgb_png(_bytes(soft)),
        "compare.png": pictures.rgb_png(beside),
        "progress.gif": pictures.animated_gif(frames),
        "palette.gpl": pictures.gimp_palette(picture.inks, folder.name),
        "palette.hex": pictures.hex_palette(picture.inks),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    read = pictures.read_rgb(folder / "drawing.png")
    certificate = _certify(sketch, read, soft, picture, seconds)
    if sketch.recipe.compare:
        comparison = _compare(folder, sketch, len(picture.inks), certificate.score_strict)
        certificate = replace(certificate, comparison=comparison)
    title = f"{sketch.recipe.terms[0].target} in {len(picture.inks)} inks"
    write_whole(folder / "certificate.md", certificate.to_markdown(title))
    # Last, since it says that all others are there.
    write_whole(folder / "certificate.json", certificate.to_json())
    return certificate


def _certify(
    sketch: Sketch,
    read: Bytes,
    soft: Float[Tensor, "3 H W"],
    picture: Inked,
    seconds: Mapping[str, float],
) -> Certificate:
    """Return what is measured on the file as read back, (H, W, 3) 8-bit sRGB."""
    scores = measure(sketch.networks, sketch.objective, _linear(read))
    strict = sketch.objective.total(scores)
    blended = sketch.objective.total(measure(sketch.networks, sketch.objective, soft))
    on_palette = np.isin(pictures.colour_codes(read), pictures.colour_codes(picture.inks))
    return Certificate(
        score_strict=strict,
        score_soft=blended,
        gap=1 - strict / blended if blended else 0.0,
        scores=scores,
        inks=[colour.to_hex(ink) for ink in picture.inks.tolist()],
        ink_shares=_shares(sketch.recipe, picture),
        colours_in_file=len(pictures.colours_in(read)),
        off_palette_pixels=int((~on_palette).sum()),
        specks=speck_share(picture.labels),
        seconds=sum(spent for stage, spent in seconds.items() if stage != "comparison"),
        steps=sketch.recipe.steps,
        seed=sketch.recipe.seed,
        versions=_versions(),
    )


def _compare(folder: Path, sketch: Sketch, count: int, strict: float) -> Comparison:
    """Score the free picture, and that picture cut down to `count` colours; keep both."""
    with torch.no_grad():
        free = _bytes(sketch.drawing_of("comparison").image(1.0))
    write_whole(folder / "unconstrained.png", pictures.rgb_png(free))
    reduced = palette.quantise(_linear(free), [LEARNED] * count, torch.Generator().manual_seed(0))
    write_whole(folder / "kmeans.png", pictures.indexed_png(reduced))
    unconstrained, kmeans = (
        sketch.objective.total(measure(sketch.networks, sketch.objective, image))
        for image in (_linear(free), torch.from_numpy(reduced.linear()))
    )
    retention = strict / unconstrained if unconstrained else 0.0
    return Comparison(unconstrained, kmeans, retention)


def _shares(recipe: Recipe, picture: Inked) -> list[InkShare]:
    given = {ink for ink in recipe.inks if ink != LEARNED}
    counts = np.bincount(picture.labels.ravel(), minlength=len(picture.inks))
    words = [colour.to_hex(ink) for ink in picture.inks.tolist()]
    return [
        InkShare(word, colour.name_of(colour.parse(word)), word in given, float(share))
        for word, share in zip(words, counts / counts.sum(), strict=True)
    ]


def _versions() -> dict[str, str]:
    return {
        "inkdream": inkdream.__version__,
        "torch": metadata.version("torch"),
        "python": platform.python_version(),
    }


def _bytes(image: Float[Tensor, "3 H W"]) -> Bytes:
    return np.ascontiguousarray(colour.to_bytes(image).numpy().transpose(1, 2, 0))


def _linear(rgb: Bytes) -> Float[Tensor, "3 H W"]:
    pixels = torch.from_numpy(rgb.transpose(2, 0, 1).copy())
    linear: Tensor = colour.from_bytes(pixels)
    return linear
