"""What is said of a run at the terminal: what it is to be, how it grows, what came out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from inkdream import colour
from inkdream.folder import SHEET
from inkdream.pens import LEARNED
from inkdream.plot.machines import machine
from inkdream.plot.run_sheet import clock
from inkdream.progress import LeftColumn, StepBar
from inkdream.recipe import Recipe
from inkdream.run import Certificate, Run, RunProgress
from inkdream.terminal import Terminal
from inkdream.wording import command, counted, listed

# Columns of a terminal, at least.
ROOM_FOR_SCORES = 76
# Nearer than this by CIEDE2000, nobody tells two inks apart.
SAME = 1.0
MOST_NOTES = 3
# What each stage does; the drawing's own says so by its step.
STAGES = {
    "study": "finding form",
    "tile": "drawing the tile",
    "comparison": "all colours",
    "fewer": "one pen fewer",
    "more": "one pen more",
}
# What each family of settings is for.
FAMILIES = {
    "robust": "robust networks",
    "photographs": "networks trained on photographs",
}
CHOOSING, DRAWING = "choosing inks", "drawing in inks"
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
    """Return what a run is to be, in a few words: '400 strokes, 4 pens, ...'."""
    said = [f"{recipe.pick} of {counted(len(recipe.choice), 'pen')}"] if recipe.pick else []
    if recipe.medium == "strokes":
        said = said or [counted(len(recipe.pens), "pen")]
        said.insert(0, counted(recipe.strokes.count, "stroke"))
        said.append(f"{recipe.page.width:g} x {recipe.page.height:g} mm")
    else:
        said = said or [counted(len(recipe.inks), "ink")]
    if recipe.plot.budget:
        said.append(f"at most {clock(recipe.plot.budget)} of plotting")
    said.append(f"settings for {FAMILIES[recipe.family]}")
    return ", ".join(said)


def pens_alike(recipe: Recipe) -> list[str]:
    """Return a sentence for each two pens whose inks nobody can tell apart."""
    pens = [pen for pen in recipe.pens if pen.colour != LEARNED]
    lab = colour.linear_to_lab(colour.linear_of([pen.colour for pen in pens])) if pens else ()
    said = []
    for (one, first), (other, second) in combinations(zip(pens, lab, strict=True), 2):
        if float(colour.ciede2000(first, second)) < SAME:
            words = f"pens {one.name!r} and {other.name!r} have the same colour, {one.colour}"
            is_area = recipe.medium == "pixels" and one.colour == other.colour
            said.append(f"{words}; the first of them draws" if is_area else words)
    more = len(said) - MOST_NOTES
    return [*said[:MOST_NOTES], *([f"{counted(more, 'more pair')} of pens alike"] * (more > 0))]


def report(console: Terminal, run: Run, certificate: Certificate) -> None:
    """Print what a finished run gave: its score, its plot, its files."""
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
    console.print(f"to look at it, open {run.folder / SHEET} in a browser, or")
    console.print(f"  {command()} show {shlex.quote(str(run.folder))}")


def fields(progress: RunProgress | None) -> dict[str, Any]:
    """Return what the bar shows of a step: the stage, and the score that grows.

    The score is that of the drawing in exactly its inks, as soon as it has been measured.
    """
    if progress is None:
        return {"stage": "", "score": "-"}
    if progress.stage != "inks":
        return {"stage": STAGES[progress.stage], "score": f"{progress.step.total:.4g}"}
    score = progress.step.total if progress.score_strict is None else progress.score_strict
    stage = CHOOSING if progress.step.softness > 0 else DRAWING
    return {"stage": stage, "score": f"{score:.4g}"}


def step_bar(console: Terminal) -> StepBar:
    """Return the bar of a run, whose task has the fields of `fields`."""
    return StepBar(
        TextColumn("{task.fields[stage]:15}"),
        BarColumn(24),
        MofNCompleteColumn(),
        # Where there is no room for all, how long it takes is what one wants to know.
        *(
            [TextColumn("score {task.fields[score]}")]
            if console.width >= ROOM_FOR_SCORES or not console.is_terminal
            else []
        ),
        LeftColumn(),
        console=console,
    )


def _cost(certificate: Certificate) -> str:
    """Return what it cost to use exactly the inks, and what is too small to be drawn."""
    blended = certificate.score_soft
    share = f"{certificate.score_strict / blended:.1%} of " if blended > 0 else "beside "
    said = f"{share}{blended:.4g}, the score while its inks could still blend"
    if not certificate.specks:
        return said
    return f"{said}; {certificate.specks:.2%} of the picture is dots of under 4 px"


def _plot_lines(recipe: Recipe, certificate: Certificate) -> Iterator[str]:
    plot, page = certificate.plot, recipe.page
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
