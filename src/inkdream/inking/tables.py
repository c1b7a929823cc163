"""What a person at a terminal sees of a plot: its pens, their times, what to look out for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inkdream.errors import shorten
from inkdream.plot.motion import Estimate
from inkdream.plot.plot import Plot
from inkdream.plot.run_sheet import clock
from inkdream.wording import counted

MOST_NAMES = 8


def pen_table(plot: Plot, timed: Estimate, is_timed: bool = True) -> Table:
    """Return a table of the pens, in plotting order, with what each draws.

    Args:
        plot: what is drawn.
        timed: the same, layer by layer.
        is_timed: whether the seconds are the machine's.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("")
    table.add_column("pen", overflow="fold")
    for header in ("line mm", "strokes", "ink m", "travel m", *(["time"] if is_timed else [])):
        table.add_column(header, justify="right")
    number = 0
    for layer, part in zip(plot.layers, timed.layers, strict=True):
        if not layer.strokes:
            continue
        number += 1
        times = part.times
        row: list[str | Text] = [str(number), Text("██", style=layer.pen.colour)]
        row += [Text(layer.pen.name), f"{layer.pen.width:.3g}", f"{times.strokes:,}"]
        row += [f"{times.ink / 1000:.2f}", f"{times.travel / 1000:.2f}"]
        table.add_row(*row, *([clock(times.seconds)] if is_timed else []))
    return table


def totals(plot: Plot, timed: Estimate, machine: str, is_timed: bool = True) -> str:
    """Return the line below the table."""
    ink = sum(layer.times.ink for layer in timed.layers) / 1000
    travel = sum(layer.times.travel for layer in timed.layers) / 1000
    pens = sum(1 for layer in plot.layers if layer.strokes)
    strokes, changes = counted(timed.lifts, "stroke"), counted(max(pens - 1, 0), "pen change")
    line = f"{strokes}, {ink:.2f} m of ink, {travel:.2f} m of travel, {changes}"
    if not is_timed:
        return f"{line}; how fast {machine} draws is not known"
    return f"{clock(timed.seconds)} on {machine}, changing pens not counted: {line}"


def names_of(titles: Iterable[str]) -> str:
    """Return names in one line: the first eight, shortened, and how many more there are."""
    words = [shorten(title, 40) for title in titles]
    more = f" and {len(words) - MOST_NAMES} more" if len(words) > MOST_NAMES else ""
    return ", ".join(words[:MOST_NAMES]) + more


def record(timed: Estimate, machine: str, is_timed: bool = True) -> dict[str, Any]:
    """Return machine, seconds, lifts and layers for JSON; seconds are None if not known."""
    table = {**timed.record(), "machine": machine}
    # A width comes from a file in CSS px.
    layers = [{**layer, "width_mm": round(layer["width_mm"], 4)} for layer in table["layers"]]
    table["layers"] = layers
    if not is_timed:
        table["seconds"] = None
        table["layers"] = [{**layer, "seconds": None} for layer in layers]
    return table


def say(console: Console, lines: Iterable[str]) -> None:
    """Print lines of any text as they are."""
    for line in lines:
        console.print(Text(line), soft_wrap=True)
