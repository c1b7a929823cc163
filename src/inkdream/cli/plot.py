"""`inkdream plot` at the terminal: files or a report, and what is said about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inkdream.cli.progress_bar import showing
from inkdream.cli.terminal import Terminal, print_table
from inkdream.formats.registry import motion_of
from inkdream.inking.files import file_of, make_files, unfinished_note
from inkdream.inking.flags import PlotFlags
from inkdream.inking.report import report_on
from inkdream.plot.motion import Estimate
from inkdream.plot.plot import Plot
from inkdream.plot.run_sheet import clock, page_words, stops_words
from inkdream.wording import counted


def plot_command(source: Path, flags: PlotFlags, console: Console | None = None) -> int:
    """Do what the flags ask for and say so; return the exit code.

    Raises:
        InputError: if it cannot be done; then nothing is written.
        RunError: if a file cannot be written, or is not what it should be.
    """
    console = console or Terminal()
    if flags.report:
        _show_report(source, flags, console)
        return 0
    with showing():
        done = make_files(source, flags)
    is_timed, name = done.target.motion is not None, done.target.machine
    if flags.json:
        table = _record(done.timed, name, is_timed)
        table["files"] = [str(path) for path in done.files]
        table["difference"] = None if done.difference is None else round(done.difference, 3)
        print(json.dumps(table))
        _note(done.notes)
        _note(done.warnings, "warning")
        return 0
    _say(console, [f"{path}" for path in done.files])
    _say(console, [f"{page_words(done.plot.page)}; read back, and found to be the plot"])
    _show_pens(console, done.plot, done.timed, name, is_timed)
    if done.difference is not None:
        looks = f"CIEDE2000 {done.difference:.1f} on average, both drawn by resvg"
        _say(console, [f"differs from the original by {looks}, blurred by 2 px at 512 px"])
    _say(console, [f"note: {note}" for note in done.notes])
    _say(console, [f"warning: {warning}" for warning in done.warnings])
    return 0


def _show_report(source: Path, flags: PlotFlags, console: Console) -> None:
    motion = motion_of(flags.machine)
    path = file_of(source)
    report = report_on(path, motion)
    unfinished = unfinished_note(source)
    if flags.json:
        print(json.dumps(_record(report.timed, motion.name)))
        _note((*unfinished, *report.programs, *report.warnings))
        return
    seconds = clock(report.timed.seconds)
    _say(console, [f"{path}, as it is: {seconds} on {motion.name} ({motion.title})"])
    _say(console, unfinished)
    _show_pens(console, report.plot, report.timed, motion.name)
    _say(console, ["", *report.programs])
    if report.warnings:
        _say(console, ["", *(f"look out: {warning}" for warning in report.warnings)])


def _show_pens(
    console: Console, plot: Plot, timed: Estimate, machine: str, is_timed: bool = True
) -> None:
    """Print a table of the pens, in plotting order, with what each draws, and their sums.

    Seconds are left out if they are not the machine's.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("")
    table.add_column("pen", overflow="fold")
    for header in ("line mm", "strokes", "ink m", "travel m", *(["time"] if is_timed else [])):
        table.add_column(header, justify="right")
    pairs = zip(plot.layers, timed.layers, strict=True)
    drawn = [(layer, part.times) for layer, part in pairs if layer.strokes]
    for number, (layer, times) in enumerate(drawn, 1):
        pen = layer.pen
        cells = [f"{pen.width:.3g}", f"{times.strokes:,}"]
        cells += [f"{times.ink / 1000:.2f}", f"{times.travel / 1000:.2f}"]
        cells += [clock(times.seconds)] if is_timed else []
        table.add_row(str(number), Text("██", style=pen.colour), Text(layer.title), *cells)
    print_table(console, table)
    ink = sum(layer.times.ink for layer in timed.layers) / 1000
    travel = sum(layer.times.travel for layer in timed.layers) / 1000
    strokes = counted(timed.lifts, "stroke")
    line = f"{strokes}, {ink:.2f} m of ink, {travel:.2f} m of travel, {stops_words(plot)}"
    if is_timed:
        line = f"{clock(timed.seconds)} on {machine}, changing pens not counted: {line}"
    else:
        line = f"{line}; how fast {machine} draws is not known"
    _say(console, [line])


def _record(timed: Estimate, machine: str, is_timed: bool = True) -> dict[str, Any]:
    """Return machine, seconds, lifts and layers for JSON; seconds are None if not known."""
    table = {**timed.record(), "machine": machine}
    if not is_timed:
        for part in (table, *table["layers"]):
            part["seconds"] = None
    return table


def _say(console: Console, lines: Iterable[str]) -> None:
    """Print lines of any text as they are."""
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _note(notes: Iterable[str], word: str = "note") -> None:
    for note in notes:
        print(f"{word}: {note}", file=sys.stderr)
