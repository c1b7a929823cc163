"""A run at the terminal: how it goes on, how it is stopped, and what it leaves."""

from __future__ import annotations

import shlex

from inkdream import build
from inkdream.errors import INTERRUPTED, UNMOVED
from inkdream.folder import CERTIFICATE_MD, DRAWING, holding, still_terms
from inkdream.progress import showing
from inkdream.recipe import title_of
from inkdream.reporting import describe, fields, pens_alike, report, step_bar
from inkdream.run import Run, begin, following, write_sheet
from inkdream.stopping import stop_on_ctrl_c
from inkdream.terminal import Terminal
from inkdream.wording import command


def watch_all(run: Run, *, keep_checkpoint: bool = False) -> int:
    """Climb a run to its end, and then its variations that are still to be made.

    Ctrl-C stops as in `watch`; to go on with the run that it stopped is to go on with the rest.
    """
    ended = 0
    while True:
        code = watch(run, keep_checkpoint=keep_checkpoint)
        if code not in (0, UNMOVED):
            return code
        # A variation that moves no score is drawn all the same, and so are those after it.
        ended = ended or code
        recipe = following(run)
        if recipe is None:
            break
        run = begin(recipe, run.folder.parent)
    if run.recipe.variations > 1:
        Terminal(soft_wrap=True).print(f"all of them: {write_sheet(run)}")
    return ended


def watch(run: Run, *, keep_checkpoint: bool = False) -> int:
    """Climb a run to its end, showing how it goes; return the exit code.

    Ctrl-C stops after the step in hand, keeps the run with the drawing of that step, and says how
    to go on.

    Args:
        run: new, or one that was stopped.
        keep_checkpoint: leave its checkpoint when it is finished.

    Raises:
        InputError: if another process is drawing it.
    """
    console = Terminal(soft_wrap=True)
    if run.is_finished:
        console.print(f"{run.folder} is finished; its drawing is {run.folder / DRAWING}")
        if still := still_terms(run.folder):
            console.print(f"the score of {', '.join(still)} never moved: see {CERTIFICATE_MD}")
            return UNMOVED
        return 0
    with holding(run.folder):
        return _watch(console, run, keep_checkpoint)


def _watch(console: Terminal, run: Run, keep_checkpoint: bool) -> int:
    console.print(f"{run.folder}: {title_of(run.recipe)}, {describe(run.recipe)}")
    for said in build.remarks(run.recipe):
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
        run.stop()
        return _say_how_to_go_on(console, run)
    try:
        with showing():
            certificate = run.finish(keep_checkpoint=keep_checkpoint)
    except KeyboardInterrupt:
        return _say_how_to_go_on(console, run)
    report(console, run, certificate)
    return UNMOVED if certificate.still else 0


def _say_how_to_go_on(console: Terminal, run: Run) -> int:
    console.print(f"stopped after step {run.sketch.done} of {run.sketch.steps}")
    if (run.folder / DRAWING).is_file():
        console.print(f"  {run.folder / DRAWING}  the drawing of that step")
    console.print("go on with")
    console.print(f"  {command()} resume {shlex.quote(str(run.folder))}")
    return INTERRUPTED
