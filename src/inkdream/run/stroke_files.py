"""The files of a stroke drawing, and what is measured on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from inkdream import colour, pictures
from inkdream.drawing import StrokeDrawing
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.recipe import LEARNED, Recipe
from inkdream.run.budget import keep_budget
from inkdream.run.certificate import Certificate, Comparison, InkShare, PlotFacts
from inkdream.run.picture_files import to_linear, to_rgb
from inkdream.run.plot_files import render_file, write_plot
from inkdream.storage import write_whole


def write_strokes(folder: Path, session: Session, drawing: StrokeDrawing) -> Certificate:
    """Write a stroke drawing's files; return what is measured on drawing.svg as resvg draws it.

    Raises:
        RunError: if a file cannot be written.
    """
    plot, budget = keep_budget(session, drawing)
    with torch.no_grad():
        strict, soft = drawing.image(0.0), drawing.image(session.recipe.softness.end)
    facts = write_plot(folder, plot, session.recipe)
    rendered = torch.from_numpy(render_file(folder, drawing.page, drawing.pens.paper))
    beside = np.concatenate([to_rgb(strict), to_rgb(soft)], axis=1)
    rgb = [colour.parse(pen.colour) for pen in facts.pens]
    inks = np.asarray(rgb, dtype=np.uint8).reshape(-1, 3)
    files: dict[str, bytes | str] = {
        "drawing.png": pictures.rgb_png(to_rgb(strict)),
        "soft.png": pictures.rgb_png(to_rgb(soft)),
        "compare.png": pictures.rgb_png(beside),
        "palette.gpl": pictures.gimp_palette(inks, folder.name),
        "palette.hex": pictures.hex_palette(inks),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    scores = measure(session.networks, session.objective, rendered)
    total = session.objective.total(scores)
    blended = session.objective.total(measure(session.networks, session.objective, soft))
    shares = _shares(session.recipe, facts)
    return Certificate(
        medium="strokes",
        score_strict=total,
        score_soft=blended,
        gap=(blended - total) / abs(blended) if blended else 0.0,
        scores=scores,
        inks=[share.colour for share in shares],
        ink_shares=shares,
        colours_in_file=len({pen.colour for pen in facts.pens}),
        off_palette_pixels=0,
        specks=None,
        seconds=0.0,
        steps=session.recipe.steps,
        seed=session.recipe.seed,
        versions={},
        budget=budget,
        plot=replace(facts, rendering_difference=float((rendered - strict).abs().mean())),
    )


def compare_strokes(folder: Path, session: Session, certificate: Certificate) -> Comparison:
    """Score strokes of any colour, from equal steps; keep their picture."""
    with torch.no_grad():
        free = to_rgb(session.drawing_of("comparison").image(0.0))
    write_whole(folder / "unconstrained.png", pictures.rgb_png(free))
    score = session.objective.total(measure(session.networks, session.objective, to_linear(free)))
    return Comparison.of(certificate.score_strict, score, None)


def _shares(recipe: Recipe, facts: PlotFacts) -> list[InkShare]:
    given = {pen.name for pen in recipe.pens if pen.colour != LEARNED}
    return [
        InkShare(pen.colour, pen.pen, pen.pen in given, pen.ink_metres / (facts.ink_metres or 1.0))
        for pen in facts.pens
    ]
