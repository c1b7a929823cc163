"""The one loop around a run, which the terminal, notebooks and programs read."""

from __future__ import annotations

from collections.abc import Generator

from inkdream.run.events import Done, Event, Saved, Sheet, Stage, Started
from inkdream.run.run import Run
from inkdream.run.variations import begin, following, write_sheet
from inkdream.storage import holding


def draw(
    run: Run, *, keep_checkpoint: bool = False, keep_going: bool = True
) -> Generator[Event, None, None]:
    """Draw a run to its end; yield what happens.

    Whoever closes the iterator before its end stops the run after the step in hand; it is saved
    with the drawing of that step.

    Args:
        run: new, or one that was stopped.
        keep_checkpoint: leave its last state when it is finished.
        keep_going: save a run that is stopped, to go on with later.

    Raises:
        InputError: if another process is drawing it, or a step cannot be taken.
        RunError: if a score is no longer a number, or a file cannot be written.
    """
    if run.is_finished:
        yield Done(run.folder, None)
        return
    with holding(run.folder):
        try:
            yield Started(run.folder, run.recipe, run.session.done, run.session.total_steps)
            stage, saved = "", run.saved
            for step in run.steps():
                if run.saved > saved:
                    saved = run.saved
                    yield Saved(run.folder, saved)
                if step.stage != stage:
                    stage = step.stage
                    yield Stage(stage)
                yield step
            yield Saved(run.folder, run.saved)
        except GeneratorExit:
            if keep_going:
                run.stop()
            raise
        certificate = run.finish(keep_checkpoint=keep_checkpoint)
    yield Done(run.folder, certificate)


def draw_all(run: Run, *, keep_checkpoint: bool = False) -> Generator[Event, None, None]:
    """Draw a run, then its variations that are still to be made; yield what happens in each.

    Raises:
        InputError, RunError: as `draw` does.
    """
    while True:
        yield from draw(run, keep_checkpoint=keep_checkpoint)
        recipe = following(run)
        if recipe is None:
            break
        run = begin(recipe, run.folder.parent)
    if run.recipe.variations > 1:
        yield Sheet(write_sheet(run))
