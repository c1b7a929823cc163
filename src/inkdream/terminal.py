"""Where people read what is going on: text stands as it is, and a reader who goes is not missed."""

from __future__ import annotations

import os

from rich.console import Console
from rich.table import Table
from rich.theme import Theme

# Words to be typed, in help: bold, on whatever ground the terminal has.
_THEME = Theme({"markdown.code": "bold cyan"})
# Letters of a line that goes into a file or to another program, at most.
_LONGEST_LINE = 10_000


class Terminal(Console):
    """A console that takes no text for markup: files and pens may have any name."""

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        """Print to standard output.

        Args:
            stderr: to standard error instead.
            soft_wrap: leave it to the terminal to break lines: for paths, which are to be copied.
        """
        super().__init__(
            stderr=stderr,
            soft_wrap=soft_wrap,
            theme=_THEME,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def print_table(self, table: Table) -> None:
        """Print a table of which nothing is cut: a terminal folds names, a pipe has long lines."""
        for column in table.columns:
            column.overflow = "fold"
        width = self.width
        if not self.is_terminal:
            self.width = _LONGEST_LINE
        self.print(table)
        self.width = width

    def on_broken_pipe(self) -> None:
        """Go on in silence: `inkdream draw | head -1` is to leave a drawing all the same."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)
