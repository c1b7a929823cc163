"""What a finished run leaves for people: pictures, files to plot, the certificate."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import torch

import inkdream
from inkdream import pictures
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.objectives.views import parts_of
from inkdream.optimize.merging import majority
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.pictures import Inked
from inkdream.progress import tell
from inkdream.recipe import LEARNED, Recipe, title_of
from inkdream.run.certificate import Certificate
from inkdream.run.certificate_page import certificate_page
from inkdream.run.judging import check_judges, judge, robust_share
from inkdream.run.picked import picked
from inkdream.run.picture_files import compare_pictures, to_linear, write_pictures
from inkdream.run.stroke_files import compare_strokes, write_strokes
from inkdream.storage import CERTIFICATE, CERTIFICATE_MD, write_whole
from inkdream.wording import counted


def write_outputs(
    folder: Path, session: Session, frames: Sequence[Inked], seconds: Mapping[str, float]
) -> Certificate:
    """Write every file of a finished run and return what was measured.

    Args:
        folder: the run's.
        session: whose steps are all taken.
        frames: strict pictures on the way.
        seconds: spent, by stage.

    Raises:
        RunError: if a file cannot be written.
    """
    tell("writing the files")
    drawing, recipe = session.result, session.recipe
    write_whole(folder / "progress.gif", pictures.animated_gif(frames))
    if isinstance(drawing, StrokeDrawing):
        certificate = write_strokes(folder, session, drawing)
        comparison = compare_strokes(folder, session, certificate) if recipe.compare else None
    elif isinstance(drawing, PixelDrawing):
        certificate = write_pictures(folder, session, drawing)
        comparison = compare_pictures(folder, session, certificate) if recipe.compare else None
    else:
        raise TypeError(f"{type(drawing).__name__} has no files to leave")
    certificate = replace(
        certificate,
        # What is only there to be compared with is no part of making the drawing.
        seconds=sum(seconds.get(stage, 0.0) for stage in ("study", "tile", "inks")),
        versions=_versions(),
        comparison=comparison,
        choice=picked(session),
        networks={name: network.digest for name, network in session.networks.items()},
        random_weights=[
            name for name, network in session.networks.items() if network.has_random_weights
        ],
        parts=parts_of(recipe.size),
        still=session.still,
        family=recipe.family,
    )
    certificate = _judged(folder, session, drawing, certificate)
    certificate = replace(certificate, unused_pens=_unused(recipe, certificate))
    write_whole(folder / CERTIFICATE_MD, certificate_page(certificate, _title(recipe, certificate)))
    # Last, since it says that all others are there.
    write_whole(folder / CERTIFICATE, certificate.to_json())
    return certificate


def _judged(
    folder: Path, session: Session, drawing: Drawing, certificate: Certificate
) -> Certificate:
    """Return the certificate with what is thought of the file when it is not seen just so."""
    recipe = session.recipe
    image = to_linear(pictures.read_rgb(folder / "drawing.png"))
    judges = check_judges(recipe)
    made = replace(
        certificate,
        robust=robust_share(session.networks, session.objective, image),
        judgements=[judge(judges, target, image) for target in recipe.judges],
    )
    if not isinstance(drawing, PixelDrawing):
        return made
    scale, _ = recipe.page.fit(recipe.size[1], recipe.size[0])
    hand = torch.from_numpy(majority(drawing.inked(), recipe.plot.nib / scale / 2).linear())
    score = session.objective.total(measure(session.networks, session.objective, hand))
    return replace(
        made,
        by_hand=score / made.score_strict if made.score_strict > 0 else None,
        judgements_by_hand=[judge(judges, target, hand) for target in recipe.judges],
    )


def _unused(recipe: Recipe, certificate: Certificate) -> list[str]:
    """Return the names of pens that were to draw, in the order given, and draw nothing."""
    if not certificate.plot:
        return []
    # A pen whose ink is learned is named after it then, and whether it draws is for the run to say.
    names = [pen.name for pen in recipe.pens if pen.colour != LEARNED]
    names = [*certificate.choice.picked] if certificate.choice else names
    drawing = {pen.pen for pen in certificate.plot.pens if pen.strokes}
    return [name for name in names if name not in drawing]


def _title(recipe: Recipe, certificate: Certificate) -> str:
    kind = "ink" if recipe.has_areas else "pen"
    return f"{title_of(recipe)} in {counted(len(certificate.inks), kind)}"


def _versions() -> dict[str, str]:
    return {
        "inkdream": inkdream.__version__,
        "torch": metadata.version("torch"),
        "python": platform.python_version(),
    }
