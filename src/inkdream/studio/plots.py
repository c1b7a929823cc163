"""Plots for the page, made again with other pens, pages and machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from inkdream.errors import InputError, unknown
from inkdream.inking.files import make_files
from inkdream.inking.flags import FinishFlags, PlotFlags
from inkdream.plot.machines import machine
from inkdream.storage import write_whole
from inkdream.studio.orders import ORDER, figures, order_of

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
        **figures(done.timed, done.plot),
    }


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
