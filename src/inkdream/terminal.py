"""Where people read what is going on: text stands as it is, and a reader who goes is not missed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inkdream.telling import listening


class Terminal(Console):
    """A console that takes no text for markup: files and pens may have any name."""

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        """Print to standard output.

        Args:
            stderr: to standard error instead.
            soft_wrap: leave it to the terminal to break lines: for paths, which are to be copied.
        """
        super().__init__(
            stderr=stderr, soft_wrap=soft_wrap, highlight=False, markup=False, emoji=False
        )

    def on_broken_pipe(self) -> None:
        """Go on in silence: `inkdream draw | head -1` is to leave a drawing all the same."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


@contextmanager
def showing() -> Iterator[None]:
    """Show on standard error, while it lasts, what the work in this block tells of itself."""
    terminal = Terminal(stderr=True)
    bar = Progress(
        BarColumn(24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TimeRemainingColumn(),
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
            if share is None:
                bar.add_task(what, total=None, left="")
            else:
                bar.add_task(what, total=1.0, left="left")
        bar.update(bar.task_ids[0], completed=share or 0.0)

    with bar, listening(hear):
        yield
