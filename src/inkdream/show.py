"""A run at the terminal: how it goes on, how it is stopped, and what it leaves."""

from __future__ import annotations

import shlex

from inkdream import build
from inkdream.errors import INTERRUPTED, UNMOVED
from inkdream.progress import showing
from inkdream.recipe import title_of
from inkdream.reporting import describe, fields, pens_alike, report, step_bar
from inkdream.run import Run, begin, following, write_sheet
from inkdream.stopping import stop_on_ctrl_c
from inkdream.terminal import Terminal


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
    console.print(f"{run.folder}: {title_of(run.recipe)}, {describe(run.recipe)}")
    for said in build.resized_masks(run.recipe):
        console.print(said)
    for note in pens_alike(run.recipe):
        console.print(f"note: {note}")
    with stop_on_ctrl_c() as stop, step_bar(console) as bar:
        task = bar.add_task("", total=run.sketch.steps, completed=run.sketch.done, **fields(None))
        for progress in run.climb():
            bar.step(task, progress.done, **fields(progress))
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
    report(console, run, certificate)
    return UNMOVED if certificate.still else 0


def _say_how_to_go_on(console: Terminal, run: Run) -> int:
    console.print(f"stopped after step {run.sketch.done} of {run.sketch.steps}; go on with")
    console.print(f"  inkdream resume {shlex.quote(str(run.folder))}")
    return INTERRUPTED
