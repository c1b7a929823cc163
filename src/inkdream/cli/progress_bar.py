"""Progress bars for steps and for other long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from inkdream.cli.terminal import Terminal
from inkdream.plot.run_sheet import clock
from inkdream.progress import listening

# A log that is no terminal gets a line whenever another such share of the work is done.
LINES = 10


class StepBar(Progress):
    """A bar for a known number of steps; outside a terminal, a line after every tenth of them.

    The lines say what the bar's columns say, without the bar itself.
    """

    def __init__(self, *columns: ProgressColumn, console: Console) -> None:
        """Make a bar of columns, from the left; it appears when it is entered."""
        self._is_log = not console.is_terminal
        super().__init__(*columns, console=console, refresh_per_second=5, disable=self._is_log)

    def step(self, task: TaskID, completed: int, **fields: Any) -> None:
        """Show how many of a task's steps are done.

        Args:
            task: as `add_task` returned it.
            completed: steps in all, not since the last call.
            fields: what else the columns show.
        """
        now = self.tasks[self.task_ids.index(task)]
        before = now.completed
        self.update(task, completed=completed, **fields)
        if self._is_log and now.total:
            reached, passed = (LINES * done // now.total for done in (completed, before))
            if reached > passed:
                self.console.print(self._line(task), soft_wrap=True)

    def _line(self, task: TaskID) -> str:
        now = self.tasks[self.task_ids.index(task)]
        columns = [column for column in self.columns if isinstance(column, ProgressColumn)]
        shown = [column.render(now) for column in columns if not isinstance(column, BarColumn)]
        words = [text.plain.strip() for text in shown if isinstance(text, Text)]
        return " ".join(word for word in words if word)


class LeftColumn(ProgressColumn):
    """The time left for a task, in words: '42 s left'; empty while it is not known."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Return the words for a task."""
        left = None if task.finished else task.time_remaining
        return Text("" if left is None else f"{clock(left)} left", style="progress.remaining")


@contextmanager
def showing() -> Iterator[None]:
    """Show the progress of tasks in this block on standard error."""
    terminal = Terminal(stderr=True)
    bar = Progress(
        BarColumn(24),
        TimeElapsedColumn(),
        LeftColumn(),
        TextColumn("{task.description}", markup=False),
        console=terminal,
        refresh_per_second=5,
        transient=True,
        disable=not terminal.is_terminal,
    )

    def hear(what: str, share: float | None) -> None:
        task = bar.tasks[0] if bar.tasks else None
        if task is None or task.description != what:
            if task:
                bar.remove_task(task.id)
            bar.add_task(what, total=None if share is None else 1.0)
        bar.update(bar.task_ids[0], completed=share or 0.0)

    with bar, listening(hear):
        yield
