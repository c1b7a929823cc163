"""What a finished run leaves for people: pictures, files to plot, the certificate."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

import inkdream
from inkdream import colour, pictures
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.drawing.kept_areas import kept_picture, plotted_hatch
from inkdream.drawing.pen_selection import ChosenPalette
from inkdream.formats.svg import to_svg
from inkdream.inking.from_run import hatch_picture, pens_of, picture_frame
from inkdream.inking.quantise import quantise
from inkdream.objectives.views import parts_of
from inkdream.optimize.merging import majority
from inkdream.optimize.scores import measure, total_score
from inkdream.optimize.session import Session
from inkdream.pictures import Bytes, Inked
from inkdream.plot.motion import Budget
from inkdream.progress import tell
from inkdream.recipe import LEARNED, Recipe, title_of
from inkdream.recipe.carry import carrying
from inkdream.regions import speck_share
from inkdream.run.budget import keep_budget
from inkdream.run.certificate import (
    Certificate,
    Comparison,
    InkShare,
    Picked,
    PlotFacts,
    certificate_page,
)
from inkdream.run.judging import check_judges, judge, misplaced_shares, robust_share
from inkdream.run.keeping import KeptArea, KeptFacts
from inkdream.run.plot_files import render, render_file, write_plot, write_plotted
from inkdream.storage import CERTIFICATE, CERTIFICATE_MD, SVG, write_whole
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg
from inkdream.wording import counted


def write_outputs(
    folder: Path, session: Session, frames: Sequence[Inked], seconds: Mapping[str, float]
) -> Certificate:
    """Write the files that a finished run leaves, by its `outputs`; return what was measured.

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
    if recipe.leaves("pictures"):
        write_whole(folder / "progress.gif", carrying(pictures.animated_gif(frames), recipe))
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
        seconds=sum(seconds.get(stage, 0.0) for stage in ("study", "tile", "plan", "inks")),
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
        outputs=recipe.outputs,
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
    judged = replace(
        certificate, judgements=[judge(judges, target, image) for target in recipe.judges]
    )
    if not recipe.leaves("checks"):
        return judged
    judged = replace(judged, robust=robust_share(session.networks, session.objective, image))
    if recipe.leaves("plot"):
        plot = read_svg(folder / SVG).as_plot()
        look = picture_frame(recipe).look
        if isinstance(drawing, StrokeDrawing):
            shares = misplaced_shares(
                session.networks,
                session.objective,
                plot,
                lambda seen: look(drawing.picture_of(seen)),
            )
        else:
            plotted = plotted_hatch(recipe)
            shares = misplaced_shares(
                session.networks,
                session.objective,
                plot,
                lambda seen: look(plotted.over(seen) if plotted else seen),
            )
        judged = replace(judged, misplaced=shares)
    if not isinstance(drawing, PixelDrawing):
        return judged
    scale, _ = recipe.page.fit(recipe.size[1], recipe.size[0])
    hand = torch.from_numpy(majority(drawing.inked(), recipe.plot.nib / scale / 2).linear())
    score = session.objective.total(measure(session.networks, session.objective, hand))
    return replace(
        judged,
        by_hand=score / judged.score_strict if judged.score_strict > 0 else None,
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


def write_pictures(folder: Path, session: Session, drawing: PixelDrawing) -> Certificate:
    """Write a pixel drawing's files; return what is measured on drawing.png as read back.

    Raises:
        RunError: if a file cannot be written.
    """
    picture = drawing.inked().tidy()
    with torch.no_grad():
        soft = drawing.image(session.recipe.softness.end)
    write_whole(folder / "drawing.png", carrying(pictures.indexed_png(picture), session.recipe))
    if session.recipe.leaves("pictures"):
        _write_beside(folder, picture.rgb(), to_rgb(soft), picture.inks)
    facts, budget = _hatched(folder, session, picture)
    read = pictures.read_rgb(folder / "drawing.png")
    on_palette = np.isin(pictures.colour_codes(read), pictures.colour_codes(picture.inks))
    return _certified(
        session,
        to_linear(read),
        soft,
        inks=[colour.to_hex(ink) for ink in picture.inks.tolist()],
        ink_shares=_ink_shares(session.recipe, picture),
        colours_in_file=len(pictures.colours_in(read)),
        off_palette_pixels=int((~on_palette).sum()),
        specks=speck_share(picture.labels),
        plot=facts,
        budget=budget,
        kept=_kept_area(session.recipe),
    )


def _kept_area(recipe: Recipe) -> KeptArea | None:
    kept = kept_picture(recipe)
    return KeptArea(float(kept[0].float().mean())) if kept else None


def _hatched(
    folder: Path, session: Session, picture: Inked
) -> tuple[PlotFacts | None, Budget | None]:
    """Write the plotter's file of a picture, if it is asked for; return what is known of it."""
    if not session.recipe.leaves("plot"):
        return None, None
    plotted = plotted_hatch(session.recipe)
    plot, budget = hatch_picture(
        picture,
        session.recipe,
        lambda seen: total_score(session.networks, session.objective, seen),
        plotted,
    )
    if plotted is None:
        return write_plot(folder, plot, session.recipe), budget
    write_plotted(folder, plotted.lines)
    return write_plot(folder, plot, session.recipe, plotted.over), budget


def _write_beside(folder: Path, strict: Bytes, soft: Bytes, inks: UInt8[np.ndarray, "K 3"]) -> None:
    """Write the soft picture, both side by side, and the palette: what every medium leaves."""
    files: dict[str, bytes | str] = {
        "soft.png": pictures.rgb_png(soft),
        "compare.png": pictures.rgb_png(np.concatenate([strict, soft], axis=1)),
        "palette.gpl": pictures.gimp_palette(inks, folder.name),
        "palette.hex": pictures.hex_palette(inks),
    }
    for name, content in files.items():
        write_whole(folder / name, content)


def _certified(
    session: Session, strict: Float[Tensor, "3 H W"], soft: Float[Tensor, "3 H W"], **facts: Any
) -> Certificate:
    """Return a certificate with the scores of the strict picture, as read back, and of the soft.

    What is known only of the whole run is filled in by `write_outputs`.

    Args:
        session: of the run.
        strict: linear RGB.
        soft: linear RGB.
        facts: the certificate's further fields, which are the medium's.
    """
    scores = measure(session.networks, session.objective, strict)
    total = session.objective.total(scores)
    blended = session.objective.total(measure(session.networks, session.objective, soft))
    return Certificate(
        medium=session.recipe.medium,
        score_strict=total,
        score_soft=blended,
        gap=(blended - total) / abs(blended) if blended else 0.0,
        scores=scores,
        seconds=0.0,
        steps=session.recipe.steps,
        seed=session.recipe.seed,
        versions={},
        **facts,
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


def _ink_shares(recipe: Recipe, picture: Inked) -> list[InkShare]:
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


def write_strokes(folder: Path, session: Session, drawing: StrokeDrawing) -> Certificate:
    """Write a stroke drawing's files; return what is measured on drawing.svg as resvg draws it.

    Raises:
        RunError: if a file cannot be written.
    """
    plot, budget = keep_budget(session, drawing)
    with torch.no_grad():
        strict, soft = drawing.image(0.0), drawing.image(session.recipe.softness.end)
    facts = write_plot(folder, plot, session.recipe, drawing.picture_of)
    write_plotted(folder, drawing.kept.plots.plotted if drawing.kept else None)
    paper = drawing.pens.paper
    rendered = bare = _rendered(folder, drawing)
    if session.recipe.finish or session.recipe.plot.refill:
        # Only what was climbed is compared with the climb: no frame, no words, no marks.
        seen = to_svg(drawing.picture_of(plot))
        bare = torch.from_numpy(render(seen, drawing.page, paper))
    rgb = [colour.parse(pen.colour) for pen in facts.pens]
    inks = np.asarray(rgb, dtype=np.uint8).reshape(-1, 3)
    png = pictures.rgb_png(to_rgb(strict))
    write_whole(folder / "drawing.png", carrying(png, session.recipe))
    if session.recipe.leaves("pictures"):
        _write_beside(folder, to_rgb(strict), to_rgb(soft), inks)
    shares = _pen_shares(session.recipe, facts)
    return _certified(
        session,
        rendered,
        soft,
        inks=[share.colour for share in shares],
        ink_shares=shares,
        colours_in_file=len({pen.colour for pen in facts.pens}),
        off_palette_pixels=0,
        specks=None,
        budget=budget,
        plot=replace(facts, rendering_difference=float((bare - strict).abs().mean())),
        kept=KeptFacts.of(drawing.kept.plots) if drawing.kept else None,
    )


def _rendered(folder: Path, drawing: StrokeDrawing) -> Float[Tensor, "3 H W"]:
    """Return drawing.svg as resvg draws it, on the paper as it is: with what is plotted already."""
    paper = drawing.pens.paper
    if drawing.kept is None or not drawing.kept.plots.plotted.layers:
        return torch.from_numpy(render_file(folder, drawing.page, paper))
    seen = drawing.picture_of(read_svg(folder / SVG).as_plot())
    return torch.from_numpy(render(to_svg(seen), drawing.page, paper))


def compare_strokes(folder: Path, session: Session, certificate: Certificate) -> Comparison:
    """Score strokes of any colour, from equal steps; keep their picture."""
    with torch.no_grad():
        free = to_rgb(session.drawing_of("comparison").image(0.0))
    write_whole(folder / "unconstrained.png", pictures.rgb_png(free))
    score = session.objective.total(measure(session.networks, session.objective, to_linear(free)))
    return Comparison.of(certificate.score_strict, score, None)


def _pen_shares(recipe: Recipe, facts: PlotFacts) -> list[InkShare]:
    given = {pen.name for pen in recipe.pens if pen.colour != LEARNED}
    return [
        InkShare(pen.colour, pen.pen, pen.pen in given, pen.ink_metres / (facts.ink_metres or 1.0))
        for pen in facts.pens
    ]


def picked(session: Session) -> Picked | None:
    """Return the pens that a run picked; None where it uses those it was given.

    With `compare` the drawings with one pen fewer and one more are scored as the run's own is: as
    they would be written, whole and unmoved.
    """
    if not session.recipe.pick:
        return None
    stages = {stage.name for stage in session.stages}
    fewer, more = (
        session.drawing_of(word) if word in stages else None for word in ("fewer", "more")
    )
    return Picked(
        picked=_names(session.result),
        score_one_pen_fewer=_score(session, fewer) if fewer else None,
        picked_one_pen_fewer=_names(fewer) if fewer else None,
        score_one_pen_more=_score(session, more) if more else None,
        picked_one_pen_more=_names(more) if more else None,
    )


def _names(drawing: Drawing) -> list[str]:
    palette = getattr(drawing, "palette", None)
    if not isinstance(palette, ChosenPalette):
        raise TypeError(f"a {type(drawing).__name__} picks no pens")
    return [pen.name for pen in palette.chosen()]


def _score(session: Session, drawing: Drawing) -> float:
    picture = _as_written(session, drawing)
    return session.objective.total(measure(session.networks, session.objective, picture))


def _as_written(session: Session, drawing: Drawing) -> Float[Tensor, "3 H W"]:
    """Return a drawing as its file will show it, in linear RGB."""
    if isinstance(drawing, PixelDrawing):
        return to_linear(drawing.inked().rgb())
    if not isinstance(drawing, StrokeDrawing):
        raise TypeError(f"{type(drawing).__name__} has no files to leave")
    plot, _ = keep_budget(session, drawing)
    height, width = drawing.page.pixels
    text = to_svg(drawing.picture_of(plot))
    return torch.from_numpy(render_svg(text, plot.paper, height, width, drawing.page.scale))
