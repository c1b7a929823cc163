"""What a finished run leaves for people: pictures, palettes, the certificate."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

import inkdream
from inkdream import colour, palette, pictures
from inkdream.ascent import measure
from inkdream.pictures import Inked
from inkdream.recipe import LEARNED
from inkdream.regions import speck_share
from inkdream.run.certificate import Certificate, Comparison, InkShare
from inkdream.run.files import write_whole

if TYPE_CHECKING:
    from inkdream.run.run import Run

# Frames of progress.gif are thinned to this many px along the longer side.
FRAME_SIDE = 256


@dataclass(frozen=True)
class Frame:
    """One strict picture on the way, small."""

    picture: Inked

    @classmethod
    def of(cls, picture: Inked) -> Frame:
        """Return a picture as a frame: every n-th pixel, since inks cannot be averaged."""
        every = -(-max(picture.labels.shape) // FRAME_SIDE)
        return cls(Inked(np.ascontiguousarray(picture.labels[::every, ::every]), picture.inks))

    def state_dict(self) -> dict[str, Tensor]:
        """Return the frame for a checkpoint."""
        return {
            "labels": torch.from_numpy(self.picture.labels.copy()),
            "inks": torch.from_numpy(self.picture.inks.copy()),
        }

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> Frame:
        """Return the frame of a checkpoint."""
        return cls(Inked(state["labels"].numpy(), state["inks"].numpy()))


def write_outputs(run: Run) -> Certificate:
    """Write every file of a finished run and return what was measured.

    Raises:
        RunError: if a file cannot be written.
    """
    drawing = run.drawing_of("inks")
    picture = drawing.inked().tidy()
    with torch.no_grad():
        soft = drawing.image(run.recipe.softness.end)
    write_whole(run.folder / "drawing.png", pictures.indexed_png(picture))
    write_whole(run.folder / "soft.png", pictures.rgb_png(_bytes(soft)))
    beside = np.concatenate([picture.rgb(), _bytes(soft)], axis=1)
    write_whole(run.folder / "compare.png", pictures.rgb_png(beside))
    frames = [frame.picture for frame in run.frames]
    write_whole(run.folder / "progress.gif", pictures.animated_gif(frames))
    write_whole(run.folder / "palette.gpl", pictures.gimp_palette(picture.inks, run.folder.name))
    write_whole(run.folder / "palette.hex", pictures.hex_palette(picture.inks))
    comparison = _compare(run, len(picture.inks)) if run.recipe.compare else None
    certificate = _certify(run, picture, soft, comparison)
    title = f"{run.recipe.terms[0].target} in {len(picture.inks)} inks"
    write_whole(run.folder / "certificate.md", certificate.to_markdown(title))
    write_whole(run.folder / "certificate.json", certificate.to_json())
    return certificate


def _certify(
    run: Run, picture: Inked, soft: Float[Tensor, "3 H W"], comparison: tuple[float, float] | None
) -> Certificate:
    read = pictures.read_rgb(run.folder / "drawing.png")
    scores = measure(run.networks, run.objective, _linear(read))
    strict = run.objective.total(scores)
    blended = run.objective.total(measure(run.networks, run.objective, soft))
    inks = {tuple(ink) for ink in picture.inks.tolist()}
    found = {tuple(ink) for ink in pictures.colours_in(read).tolist()}
    strays = [tuple(px) not in inks for px in read.reshape(-1, 3).tolist()] if found - inks else []
    return Certificate(
        score_strict=strict,
        score_soft=blended,
        gap=1 - strict / blended if blended else 0.0,
        scores=scores,
        inks=[colour.to_hex(ink) for ink in picture.inks.tolist()],
        ink_shares=_shares(run, picture),
        colours_in_file=len(found),
        off_palette_pixels=sum(strays),
        specks=speck_share(picture.labels),
        seconds=sum(spent for stage, spent in run.seconds.items() if stage != "comparison"),
        steps=run.recipe.steps,
        seed=run.recipe.seed,
        versions=_versions(),
        comparison=Comparison(*comparison, strict / comparison[0]) if comparison else None,
    )


def _compare(run: Run, count: int) -> tuple[float, float]:
    """Return the scores of the free picture, and of that picture cut down to `count` colours."""
    with torch.no_grad():
        free = _bytes(run.drawing_of("comparison").image(1.0))
    write_whole(run.folder / "unconstrained.png", pictures.rgb_png(free))
    reduced = palette.quantise(_linear(free), [LEARNED] * count, torch.Generator().manual_seed(0))
    write_whole(run.folder / "kmeans.png", pictures.indexed_png(reduced))
    unconstrained, kmeans = (
        run.objective.total(measure(run.networks, run.objective, image))
        for image in (_linear(free), torch.from_numpy(reduced.linear()))
    )
    return unconstrained, kmeans


def _shares(run: Run, picture: Inked) -> list[InkShare]:
    given = {ink for ink in run.recipe.inks if ink != LEARNED}
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


def _bytes(image: Float[Tensor, "3 H W"]) -> Any:
    return np.ascontiguousarray(colour.to_bytes(image).numpy().transpose(1, 2, 0))


def _linear(rgb: Any) -> Float[Tensor, "3 H W"]:
    return colour.from_bytes(torch.from_numpy(rgb.transpose(2, 0, 1).copy())).float()
