"""Draw runs: the one loop that the terminal, notebooks and programs iterate over."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext

from inkdream.run.events import Done, Event, Saved, Sheet, Stage, Started
from inkdream.run.live import followed
from inkdream.run.run import Run
from inkdream.run.variations import begin, following, write_sheet
from inkdream.storage import holding, noting_failure


def draw(
    run: Run, *, keep_checkpoint: bool = False, keep_going: bool = True, live: bool = False
) -> Generator[Event, None, None]:
    """Draw a run to its end; yield its events.

    Closing the iterator early stops the run after the current step, and saves it with the drawing
    of that step.

    Args:
        run: new, or stopped before.
        keep_checkpoint: keep the last checkpoint of a finished run.
        keep_going: save a run that is stopped, so that it can be resumed.
        live: leave packets in its folder for who watches it; see `live.py`.

    Raises:
        InputError: if another process is drawing it, or a step cannot be taken.
        RunError: if a score is no longer a number, or a file cannot be written.
    """
    if run.is_finished:
        yield Done(run.folder, None)
        return
    following_it = followed(run.folder) if live else nullcontext()
    with holding(run.folder), noting_failure(run.folder), following_it as packets:
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
                if packets:
                    packets.offer(run.session, step)
                yield step
            yield Saved(run.folder, run.saved)
        except GeneratorExit:
            if keep_going:
                run.stop()
            raise
        certificate = run.finish(keep_checkpoint=keep_checkpoint)
    yield Done(run.folder, certificate)


def draw_all(
    run: Run, *, keep_checkpoint: bool = False, live: bool = False
) -> Generator[Event, None, None]:
    """Draw a run, then its remaining variations; yield the events of each.

    Raises:
        InputError, RunError: as `draw` does.
    """
    while True:
        yield from draw(run, keep_checkpoint=keep_checkpoint, live=live)
        recipe = following(run)
        if recipe is None:
            break
        run = begin(recipe, run.folder.parent)
    if run.recipe.variations > 1:
        yield Sheet(write_sheet(run))
