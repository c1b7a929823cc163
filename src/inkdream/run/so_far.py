"""The drawing of a run that is not finished: what is there to see whenever it is stopped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from inkdream import pictures
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.optimize.session import Session
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import optimise
from inkdream.recipe import Recipe, title_of
from inkdream.run.picture_files import to_rgb
from inkdream.run.plot_files import provenance
from inkdream.storage import CERTIFICATE_MD, DRAWING, RUNNING, STATE, STOPPED, SVG, write_whole


def write_drawing(folder: Path, session: Session, score: float | None, *, stopped: bool) -> None:
    """Write the strict drawing of the step at hand, which says of which step it is.

    Pixels leave drawing.png, strokes also drawing.svg. While a study is made, it is the drawing
    that would begin from it now. certificate.md tells people that the run is not finished.

    Args:
        folder: the run's.
        session: as far as it has come; not changed.
        score: the strict one that was measured last, if any was.
        stopped: whether the run ends here for now: then strokes are put in a good order too.

    Raises:
        RunError: if a file cannot be written.
    """
    words = f"step {session.done} of {session.total_steps}"
    drawing, recipe = session.so_far(), session.recipe
    write_whole(folder / DRAWING, _png(drawing, f"not finished: {words}"))
    if isinstance(drawing, StrokeDrawing):
        write_whole(folder / SVG, _svg(drawing, recipe, words, in_order=stopped))
    write_whole(folder / CERTIFICATE_MD, _markdown(folder, recipe, words, score))


def write_state(
    folder: Path, session: Session, drawing_step: int, facts: Mapping[str, Any], *, stopped: bool
) -> None:
    """Write state.json: where a run that is not finished stands, for programs.

    Args:
        folder: the run's.
        session: as far as it has come: as its checkpoint.
        drawing_step: of the drawing that is there.
        facts: what else is known.
        stopped: whether the run ends here for now.

    Raises:
        RunError: if the file cannot be written.
    """
    state = {
        "state": STOPPED if stopped else RUNNING,
        "stage": session.name,
        "step": session.done,
        "drawing_step": drawing_step,
        "steps": session.total_steps,
        **facts,
    }
    write_whole(folder / STATE, json.dumps(state, indent=2) + "\n")


@torch.no_grad()
def _png(drawing: Drawing, note: str) -> bytes:
    if isinstance(drawing, PixelDrawing):
        return pictures.indexed_png(drawing.inked().tidy(), note)
    return pictures.rgb_png(to_rgb(drawing.image(0.0).cpu()), note)


def _svg(drawing: StrokeDrawing, recipe: Recipe, words: str, *, in_order: bool) -> str:
    plot = without_unseen(drawing.plot())
    plot = optimise(plot) if in_order else plot
    facts = provenance(recipe, estimate(plot, machine(recipe.plot.machine)))
    return to_svg(plot, {**facts, "state": f"not finished: {words}"})


def _markdown(folder: Path, recipe: Recipe, words: str, score: float | None) -> str:
    measured = "" if score is None else f" It scores about {score:.4g} there."
    return (
        f"# {title_of(recipe)}: not finished\n\n"
        f"![drawing]({DRAWING})\n\n"
        f"This is the drawing of {words}.{measured} To go on:\n\n"
        f"    inkdream resume {shlex.quote(str(folder))}\n"
    )
