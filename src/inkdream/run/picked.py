"""Which pens a run picked, and what one pen fewer and one more would have scored."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.ascent import measure
from inkdream.chosen import ChosenPalette
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.formats.svg import to_svg
from inkdream.run.budget import keep_budget
from inkdream.run.certificate import Picked
from inkdream.run.picture_files import to_linear
from inkdream.sketch import Sketch
from inkdream.svg.render import render_svg


def picked(sketch: Sketch) -> Picked | None:
    """Return the pens that a run picked; None where it uses those it was given.

    With `compare` the drawings with one pen fewer and one more are scored as the run's own is: as
    they would be written, whole and unmoved.
    """
    if not sketch.recipe.pick:
        return None
    made = {stage.name for stage in sketch.stages}
    fewer, more = (sketch.drawing_of(word) if word in made else None for word in ("fewer", "more"))
    return Picked(
        picked=_names(sketch.result),
        score_one_pen_fewer=_score(sketch, fewer) if fewer else None,
        picked_one_pen_fewer=_names(fewer) if fewer else None,
        score_one_pen_more=_score(sketch, more) if more else None,
        picked_one_pen_more=_names(more) if more else None,
    )


def _names(drawing: Drawing) -> list[str]:
    palette = getattr(drawing, "palette", None)
    if not isinstance(palette, ChosenPalette):
        raise TypeError(f"a {type(drawing).__name__} picks no pens")
    return [pen.name for pen in palette.chosen()]


def _score(sketch: Sketch, drawing: Drawing) -> float:
    picture = _as_written(sketch, drawing)
    return sketch.objective.total(measure(sketch.networks, sketch.objective, picture))


def _as_written(sketch: Sketch, drawing: Drawing) -> Float[Tensor, "3 H W"]:
    """Return a drawing as its file will show it, in linear RGB."""
    if isinstance(drawing, PixelDrawing):
        return to_linear(drawing.inked().rgb())
    if not isinstance(drawing, StrokeDrawing):
        raise TypeError(f"{type(drawing).__name__} has no files to leave")
    plot, _ = keep_budget(sketch, drawing)
    height, width = drawing.page.pixels
    text = to_svg(plot)
    return torch.from_numpy(render_svg(text, plot.paper, height, width, drawing.page.scale))
