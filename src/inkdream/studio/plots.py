"""Plots for the page: made again with other pens and pages, and in what order they are drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, unknown
from inkdream.inking.files import make_files
from inkdream.inking.flags import FinishFlags, PlotFlags
from inkdream.plot import Plot
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import Estimate, drawn_at, estimate, stroke_seconds
from inkdream.recipe import assemble
from inkdream.storage import RECIPE, SVG, write_whole
from inkdream.svg.read import read_svg

ORDER = "order.bin"
# What the page may ask for of `inkdream plot`; the studio says where files go.
_NOT_THE_PAGES = ("out", "force", "report", "json", "pen_file", "finish")
_FINISH = {each.name for each in fields(FinishFlags)}
_FLAGS = {each.name for each in fields(PlotFlags)} - {*_NOT_THE_PAGES} | _FINISH
_NUMBERS: dict[str, type[int] | type[float]] = dict.fromkeys(
    ("margin", "spacing", "angle", "bridge"), float
)
_NUMBERS |= dict.fromkeys(("speed", "height", "delay", "learn"), int)
_SWITCHES = ("per_pen", "registration", "pause", "dither", "fit", "sheet", "frame")


def plot(run: str, options: Mapping[str, Any], out: str) -> dict[str, Any]:
    """Make a plotter's files of a run, as `inkdream plot RUN` with the same flags does.

    Args:
        run: its folder.
        options: flags of `inkdream plot`, by their names.
        out: a folder, which is made, for the files and `order.bin`.

    Raises:
        InputError, RunError: as `inkdream plot` does.
    """
    flags = flags_of(options)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    done = make_files(Path(run), PlotFlags(**flags, out=folder, force=True))
    motion = done.target.motion
    order = order_of(done.plot, done.timed, motion or machine(done.timed.machine))
    write_whole(folder / ORDER, order)
    return {
        "files": [path.name for path in done.files],
        "is_timed": motion is not None,
        "notes": [*done.notes, *done.warnings],
        **_figures(done.timed, done.plot),
    }


def own_plot(run: str, out: str) -> dict[str, Any]:
    """Return the figures of a run's own drawing.svg, and write the order in which it is drawn.

    Args:
        run: its folder.
        out: a folder, which is made, for `order.bin`.

    Raises:
        InputError: if it has none.
    """
    source = Path(run)
    if not (source / SVG).is_file():
        raise InputError(f"{source.name}: has no {SVG} yet")
    recipe = assemble(source / RECIPE, {}, [])
    motion = machine(recipe.plot.machine)
    drawn = read_svg(source / SVG).as_plot()
    timed = estimate(drawn, motion)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / ORDER, order_of(drawn, timed, motion))
    return {"files": [SVG], "is_timed": True, "notes": [], **_figures(timed, drawn)}


def flags_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `PlotFlags` for what the page asks for.

    Raises:
        InputError: if there is no such flag, or its value is of another kind.
    """
    flags: dict[str, Any] = {}
    around: dict[str, Any] = {}
    for name, value in options.items():
        if name not in _FLAGS:
            raise unknown("option of a plot", name, sorted(_FLAGS))
        if value in (None, "", False):
            continue
        checked = _checked(name, value)
        (around if name in _FINISH else flags)[name] = checked
    return {**flags, "finish": FinishFlags(**around)}


def _checked(name: str, value: Any) -> Any:
    if name in _SWITCHES:
        if value is not True:
            raise InputError(f"{name}: write true or false")
        return True
    if name in _NUMBERS:
        kind = _NUMBERS[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or kind(value) != value:
            raise InputError(f"{name}: write a {'whole ' * (kind is int)}number")
        return kind(value)
    if not isinstance(value, str):
        raise InputError(f"{name}: write words")
    return value


def order_of(plot: Plot, timed: Estimate, motion: Machine) -> bytes:
    """Return a plot's strokes in the order in which they are drawn, with the time of each.

    The length of a JSON header (4 bytes, little endian), the header, then of S strokes with P
    points: uint32 (S + 1,) where each begins, uint32 (S,) its layer, float32 (S,) when its pen is
    put down and float32 (S,) when it has been lifted, in seconds, float32 (P, 2) points in mm.
    """
    ends = drawn_at(plot, motion)
    layers, lines = [], []
    begin, end = [], []
    for number, (layer, done) in enumerate(zip(plot.layers, ends, strict=True)):
        lines += [stroke.points for stroke in layer.strokes]
        layers += [number] * len(layer.strokes)
        begin.append(np.maximum(done - stroke_seconds(layer.strokes, motion), 0.0))
        end.append(done)
    points = np.concatenate([np.zeros((0, 2)), *lines])
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    header = {
        "width": plot.page.width,
        "height": plot.page.height,
        "paper": plot.paper,
        "strokes": len(lines),
        "points": len(points),
        **_figures(timed, plot),
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    numbers: list[NDArray[Any]] = [
        first.astype("<u4"),
        np.array(layers, "<u4"),
        np.concatenate([[], *begin]).astype("<f4"),
        np.concatenate([[], *end]).astype("<f4"),
        points.astype("<f4"),
    ]
    return len(text).to_bytes(4, "little") + text + b"".join(each.tobytes() for each in numbers)


def _figures(timed: Estimate, plot: Plot) -> dict[str, Any]:
    """Return what a plot takes, in all and by layer, for the page's table."""
    record = timed.record()
    pens = [
        {
            "name": layer.pen.name,
            "colour": layer.pen.colour,
            "opacity": layer.pen.opacity,
            "width": figures["width_mm"],
            **{key: figures[key] for key in ("strokes", "ink_metres", "travel_metres")},
            **{key: figures[key] for key in ("seconds", "lifts", "refill")},
        }
        for layer, figures in zip(plot.layers, record["layers"], strict=True)
    ]
    return {
        "machine": record["machine"],
        "seconds": record["seconds"],
        "lifts": record["lifts"],
        "pens": pens,
    }
