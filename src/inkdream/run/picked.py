"""Which pens a run picked, and what one pen fewer and one more would have scored."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing
from inkdream.drawing.pen_selection import ChosenPalette
from inkdream.formats.svg import to_svg
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.run.budget import keep_budget
from inkdream.run.certificate import Picked
from inkdream.run.picture_files import to_linear
from inkdream.svg.render import render_svg


def picked(session: Session) -> Picked | None:
    """Return the pens that a run picked; None where it uses those it was given.

    With `compare` the drawings with one pen fewer and one more are scored as the run's own is: as
    they would be written, whole and unmoved.
    """
    if not session.recipe.pick:
        return None
    made = {stage.name for stage in session.stages}
    fewer, more = (session.drawing_of(word) if word in made else None for word in ("fewer", "more"))
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
    text = to_svg(plot)
    return torch.from_numpy(render_svg(text, plot.paper, height, width, drawing.page.scale))
