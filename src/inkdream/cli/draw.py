"""Draw runs in the terminal: print what is drawn, show progress, stop on Ctrl-C, report results."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from inkdream import colour
from inkdream.cli.process import stop_on_ctrl_c
from inkdream.cli.progress_bar import LeftColumn, StepBar, showing
from inkdream.cli.terminal import Terminal
from inkdream.drawing import remarks
from inkdream.errors import INTERRUPTED, UNMOVED
from inkdream.memory import keep_freed_memory
from inkdream.pens import LEARNED
from inkdream.plot.machines import machine
from inkdream.plot.run_sheet import clock
from inkdream.recipe import Recipe, title_of
from inkdream.run import Certificate, Done, Event, Run, Sheet, Started, Step, draw_all
from inkdream.storage import CERTIFICATE_MD, DRAWING, SHEET, still_terms
from inkdream.wording import command, counted, listed, shell_word

# Columns of a terminal, at least.
ROOM_FOR_SCORES = 76
# Colours closer than this by CIEDE2000 look the same.
SAME = 1.0
MOST_NOTES = 3
# What each stage does; the drawing's own says so by its step.
STAGES = {
    "study": "finding form",
    "tile": "drawing the tile",
    "plan": "planning the areas",
    "comparison": "all colours",
    "fewer": "one pen fewer",
    "more": "one pen more",
}
# What each family of settings is for.
FAMILIES = {
    "robust": "robust networks",
    "photographs": "networks trained on photographs",
}
CHOOSING, IN_INKS = "choosing inks", "drawing in inks"
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


def describe(recipe: Recipe) -> str:
    """Return a short description of a run: '400 strokes, 4 pens, ...'."""
    words = [f"{recipe.pick} of {counted(len(recipe.choice), 'pen')}"] if recipe.pick else []
    if recipe.has_areas:
        words = words or [counted(len(recipe.inks), "ink")]
    else:
        words = words or [counted(len(recipe.pens), "pen")]
        words.insert(0, counted(recipe.strokes.count, "stroke"))
        words.append(f"{recipe.page.width:g} x {recipe.page.height:g} mm")
    if recipe.plot.budget:
        words.append(f"at most {clock(recipe.plot.budget)} of plotting")
    words.append(f"settings for {FAMILIES[recipe.family]}")
    return ", ".join(words)


def pens_alike(recipe: Recipe) -> list[str]:
    """Return a note on each two pens whose colours look the same."""
    pens = [pen for pen in recipe.pens if pen.colour != LEARNED]
    lab = colour.linear_to_lab(colour.linear_of([pen.colour for pen in pens])) if pens else ()
    notes = []
    for (one, first), (other, second) in combinations(zip(pens, lab, strict=True), 2):
        if float(colour.ciede2000(first, second)) < SAME:
            pair = f"pens {one.name!r} and {other.name!r} have the same colour, {one.colour}"
            is_area = recipe.has_areas and one.colour == other.colour
            notes.append(f"{pair}; the first of them draws" if is_area else pair)
    more = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], *([f"{counted(more, 'more pair')} of pens alike"] * (more > 0))]


def report(console: Terminal, run: Started, certificate: Certificate) -> None:
    """Print the results of a finished run: score, plot, files."""
    if certificate.warning:
        console.print(certificate.warning, style="bold red")
    colours = counted(certificate.colours_in_file, "colour")
    console.print(
        f"score {certificate.score_strict:.4g} in {colours} ({', '.join(certificate.inks)})"
    )
    console.print(_cost(certificate))
    for line in (*_plot_lines(run.recipe, certificate), *_choice_lines(certificate)):
        console.print(line)
    if certificate.comparison:
        free = certificate.comparison
        share = "beside" if free.retention is None else f"keeps {free.retention:.1%} of"
        unlimited = f"{free.score_unconstrained:.4g}, the score without limit on colours"
        console.print(f"{share} {unlimited}")
    for name in _SHOWN_FILES:
        if (run.folder / name).is_file():
            console.print(f"  {run.folder / name}")
    sheet = run.folder / SHEET
    looked_at = f"{sheet} in a browser" if sheet.is_file() else run.folder / DRAWING
    console.print(f"to look at it, open {looked_at}, or")
    console.print(f"  {command()} show {shell_word(run.folder)}")


def fields(step: Step | None) -> dict[str, Any]:
    """Return what the bar shows of a step: the stage, and the score that grows.

    The score is that of the drawing in exactly its inks, as soon as it has been measured.
    """
    if step is None:
        return {"stage": "", "score": "-"}
    if step.stage != "inks":
        return {"stage": STAGES[step.stage], "score": f"{step.total:.4g}"}
    score = step.total if step.score_strict is None else step.score_strict
    stage = CHOOSING if step.softness > 0 else IN_INKS
    return {"stage": stage, "score": f"{score:.4g}"}


def step_bar(console: Terminal) -> StepBar:
    """Return the bar of a run, whose task has the fields of `fields`."""
    return StepBar(
        TextColumn("{task.fields[stage]:15}"),
        BarColumn(24),
        MofNCompleteColumn(),
        # A narrow terminal shows the time left rather than the score.
        *(
            [TextColumn("score {task.fields[score]}")]
            if console.width >= ROOM_FOR_SCORES or not console.is_terminal
            else []
        ),
        LeftColumn(),
        console=console,
    )


def _cost(certificate: Certificate) -> str:
    """Return a sentence on the score lost by hard inks, and on dots too small to draw."""
    blended = certificate.score_soft
    share = f"{certificate.score_strict / blended:.1%} of " if blended > 0 else "beside "
    sentence = f"{share}{blended:.4g}, the score while its inks could still blend"
    if not certificate.specks:
        return sentence
    return f"{sentence}; {certificate.specks:.2%} of the picture is dots of under 4 px"


def _plot_lines(recipe: Recipe, certificate: Certificate) -> Iterator[str]:
    plot, page = certificate.plot, recipe.page
    if certificate.kept:
        yield certificate.kept.words
    if not plot:
        return
    yield (
        f"{counted(plot.strokes, 'stroke')}, {plot.ink_metres:.1f} m of ink, "
        f"{counted(plot.pen_changes, 'pen change')}: {clock(plot.plot_seconds)} on {plot.machine}"
    )
    if beyond := machine(plot.machine).beyond(page.width, page.height):
        yield f"note: {beyond}"
    if certificate.unused_pens:
        yield f"note: nothing is drawn with {listed(certificate.unused_pens)}"


def _choice_lines(certificate: Certificate) -> Iterator[str]:
    choice = certificate.choice
    if not choice:
        return
    yield f"picked {', '.join(choice.picked)}"
    for what, score in (
        ("fewer", choice.score_one_pen_fewer),
        ("more", choice.score_one_pen_more),
    ):
        if score is not None:
            yield f"one pen {what} scores {score:.4g}"


def watch_all(run: Run, *, keep_checkpoint: bool = False, live: bool = False) -> int:
    """Draw a run, then its remaining variations; return the exit code.

    Ctrl-C stops after the current step, saves the run with the drawing of that step, and prints
    how to resume it; resuming draws the remaining variations too.

    Args:
        run: new, or stopped before.
        keep_checkpoint: keep the last checkpoint of a finished run.
        live: leave packets for who watches.

    Raises:
        InputError: if another process is drawing it.
    """
    keep_freed_memory()
    console = Terminal(soft_wrap=True)
    ended = 0
    with closing(draw_all(run, keep_checkpoint=keep_checkpoint, live=live)) as events:
        for event in events:
            if isinstance(event, Started):
                code = _watch(console, event, events)
                if code == INTERRUPTED:
                    return code
                # Later variations are drawn even if the score of this one never changed.
                ended = ended or code
            elif isinstance(event, Done):
                ended = ended or _pass_by(console, event.folder)
            elif isinstance(event, Sheet):
                console.print(f"all of them: {event.path}")
    return ended


def _pass_by(console: Terminal, folder: Path) -> int:
    """Print a note on a run that is already finished; return its exit code."""
    console.print(f"{folder} is finished; its drawing is {folder / DRAWING}")
    still = still_terms(folder)
    if still:
        console.print(f"the score of {', '.join(still)} never moved: see {CERTIFICATE_MD}")
    return UNMOVED if still else 0


def _watch(console: Terminal, run: Started, events: Generator[Event, None, None]) -> int:
    """Show one run until it is finished or stopped; return the exit code."""
    console.print(f"{run.folder}: {title_of(run.recipe)}, {describe(run.recipe)}")
    for remark in remarks.remarks(run.recipe):
        console.print(remark)
    for note in pens_alike(run.recipe):
        console.print(f"note: {note}")
    done = _watch_steps(console, run, events)
    if done < run.steps:
        # Only now is the drawing of that step written.
        events.close()
        return _say_how_to_go_on(console, run, done)
    try:
        with showing():
            certificate = next(event.certificate for event in events if isinstance(event, Done))
    except KeyboardInterrupt:
        return _say_how_to_go_on(console, run, done)
    if certificate is None:
        return 0
    report(console, run, certificate)
    return UNMOVED if certificate.still else 0


def _watch_steps(console: Terminal, run: Started, events: Iterator[Event]) -> int:
    """Show a run's steps until all are taken, or Ctrl-C; return how many are."""
    done = run.done
    with stop_on_ctrl_c() as stop, step_bar(console) as bar:
        task = bar.add_task("", total=run.steps, completed=done, **fields(None))
        while done < run.steps and not stop:
            event = next(events)
            if isinstance(event, Step):
                done = event.done
                bar.step(task, done, **fields(event))
    return done


def _say_how_to_go_on(console: Terminal, run: Started, done: int) -> int:
    folder = run.folder
    console.print(f"stopped after step {done} of {run.steps}")
    if (folder / DRAWING).is_file():
        console.print(f"  {folder / DRAWING}  the drawing of that step")
    console.print("go on with")
    console.print(f"  {command()} resume {shell_word(folder)}")
    return INTERRUPTED
