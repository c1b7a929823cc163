"""What one sees of long work while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inkdream.telling import listening
from inkdream.terminal import Terminal


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
