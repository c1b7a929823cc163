"""In what order a plot is drawn, and when each of its strokes: for the page to show. No torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.plot import Plot
from inkdream.plot.machines import Machine, machine
from inkdream.plot.motion import Estimate, drawn_at, estimate, stroke_seconds
from inkdream.recipe import assemble
from inkdream.storage import RECIPE, SVG, write_whole
from inkdream.svg.read import read_svg

ORDER = "order.bin"


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
    return {"files": [SVG], "is_timed": True, "notes": [], **figures(timed, drawn)}


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
        **figures(timed, plot),
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


def figures(timed: Estimate, plot: Plot) -> dict[str, Any]:
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
