"""Every numeric setting at both ends of its range: a drawing, or one line that says no."""

import copy
import math
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
import torch
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel

from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.errors import InputError
from inkdream.inking.from_run import hatch_picture
from inkdream.networks.loom import Loom
from inkdream.optimize.session import Session
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.recipe import Recipe, validate
from inkdream.run.budget import keep_budget

# Just inside an end that is itself excluded.
INSIDE = 1e-9
# Settings that are but an amount of work: more than this only takes longer.
ENOUGH = {
    "steps": 4,
    "width": 40,
    "height": 40,
    "strokes.count": 60,
    "views.count": 12,
}
PAGE = {"size": "14x17mm", "margin": 1}
PENS = [
    {"name": "wine", "colour": "#c8102e", "width": 0.5},
    {"name": "ink", "colour": "#000000", "width": 0.7},
]
USUAL: dict[str, Any] = {
    "page": PAGE,
    "width": 24,
    "height": 32,
    "steps": 2,
    "terms": [{"target": "loom/conv2_1/3"}],
    "views": {"jitter": 2},
}
# Mechanisms that are off by default meet each other's ends too.
MEDIA: dict[str, dict[str, Any]] = {
    "areas": {"inks": 3},
    "areas, all mechanisms": {
        "pens": PENS,
        "views": {"flip": True, "noise": 0.1, "blur": 1, "gain": 0.1, "offset": 0.1},
        "climb": {"margin": 0.5, "natural": 0.5},
        "pixels": {"detail": 2, "coarse": 0.3, "tidy_from": 0.5, "merge": 5},
    },
    "strokes": {
        "medium": "strokes",
        "pens": PENS,
        "page": {**PAGE, "scale": 2},
        "strokes": {"count": 12, "grow": 0.5, "reseed": 1},
    },
}


def numbers(table: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, list[float]]]:
    """Yield the name of each numeric setting, those of tables with dots, and its range's ends."""
    for key, field in table.model_fields.items():
        is_list = get_origin(field.annotation) is tuple
        kind = get_args(field.annotation)[0] if is_list else field.annotation
        # Of a union of tables, such as the kinds of terms, the first stands for what all share.
        while get_args(kind) and not isinstance(kind, type):
            kind = get_args(kind)[0]
        name = f"{key}.0" if is_list else key
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from numbers(kind, f"{prefix}{name}.")
        elif kind in (int, float):
            yield f"{prefix}{name}", list(ends(field.metadata, kind is int))


def ends(metadata: list[Any], is_whole: bool) -> Iterator[float]:
    inside = 1 if is_whole else INSIDE
    for bound in metadata:
        if isinstance(bound, Ge):
            yield bound.ge
        elif isinstance(bound, Le):
            yield bound.le
        elif isinstance(bound, Gt):
            yield bound.gt + inside
        elif isinstance(bound, Lt):
            yield bound.lt - inside


def cases() -> Iterator[Any]:
    """Yield each medium with each setting that is its own, at each end."""
    for medium, said in MEDIA.items():
        for name, values in numbers(Recipe):
            table = name.split(".")[0]
            if name.startswith("networks.") or table == _OTHER[said.get("medium", "pixels")]:
                continue
            # What all media have need not meet the plain one too.
            if medium == "areas" and table != "pixels":
                continue
            for value in values:
                end = min(value, ENOUGH.get(name, math.inf))
                yield pytest.param(medium, name, end, id=f"{medium}-{name}-{end:g}")


_OTHER = {"pixels": "strokes", "strokes": "pixels"}


def table_of(medium: str, name: str, value: float) -> dict[str, Any]:
    """Return a small recipe with one setting at one end."""
    table = copy.deepcopy(USUAL)
    for key, part in copy.deepcopy(MEDIA[medium]).items():
        table[key] = {**table[key], **part} if isinstance(table.get(key), dict) else part
    inner: Any = table
    *outer, last = name.split(".")
    for word in outer:
        inner = inner[int(word)] if word.isdecimal() else inner.setdefault(word, {})
    inner[last] = value
    return table


@pytest.fixture(scope="module")
def loom():
    return {"loom": Loom()}


@pytest.mark.parametrize(("medium", "name", "value"), list(cases()))
def test_a_setting_at_its_end_draws_or_is_refused_in_a_line(medium, name, value, loom):
    try:
        recipe = validate(table_of(medium, name, value))
        session = Session(recipe, loom)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
        return
    totals = [step.total for _, step in session.steps()]
    assert totals and all(map(math.isfinite, totals))
    drawing = session.result
    with torch.no_grad():
        for softness in (recipe.softness.end, 0.0):
            image = drawing.image(softness)
            assert torch.isfinite(image).all()
            assert image.min() > -1e-4 and image.max() < 1 + 1e-4
    # What is climbed can be plotted: nothing is refused once the climb is over.
    if isinstance(drawing, PixelDrawing):
        plot, _ = hatch_picture(drawing.inked().tidy(), recipe, lambda seen: seen.sum())
    else:
        assert isinstance(drawing, StrokeDrawing)
        plot, _ = keep_budget(session, drawing)
    assert math.isfinite(estimate(plot, machine(recipe.plot.machine)).seconds)


def test_every_table_of_numbers_is_gone_through():
    names = {name for name, _ in numbers(Recipe)}
    assert {"seed", "views.noise", "pixels.finest", "strokes.count", "page.scale"} <= names
    assert {"pens.0.width", "terms.0.weight"} <= names
