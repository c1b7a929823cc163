"""Printing: text appears as it is, without markup, and a closed pipe ends nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from textwrap import wrap

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.theme import Theme

# As many columns as no table needs.
_WIDEST = 100_000
# Words to be typed, in help: bold, on whatever ground the terminal has.
_THEME = Theme({"markdown.code": "bold cyan"})


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

    def on_broken_pipe(self) -> None:
        """Go on in silence: `inkdream draw | head -1` is to leave a drawing all the same."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def new_table(*headers: str, whole: Sequence[int] = (0,)) -> Table:
    """Return a table without lines, whose cells fold where a terminal is narrow.

    Args:
        headers: of its columns.
        whole: the columns whose words are to be typed or found, and so stay on one line.
    """
    table = Table(box=None, pad_edge=False)
    for number, header in enumerate(headers):
        table.add_column(header, no_wrap=number in whole, overflow="fold")
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table so that nothing of it is cut: folded on a terminal, in a pipe as wide as it is.

    Where a terminal is narrower than what must stay on one line, the terminal breaks the lines.
    """
    needed = Measurement.get(console, console.options.update(max_width=_WIDEST), table)
    if not console.is_terminal:
        table.width = needed.maximum
    elif console.width < needed.minimum:
        table.width = needed.minimum
    console.print(table, crop=False)


def print_names(console: Console, before: str, names: Sequence[str]) -> None:
    """Print names with commas between them, none broken at a line's end; in a pipe, one line.

    Args:
        console: where to.
        before: what stands before them.
        names: any text.
    """
    # A letter that is in no name stands for the spaces in one.
    text = f"{before} " + ", ".join(name.replace(" ", "\0") for name in names)
    lines = wrap(text, console.width, break_long_words=False, break_on_hyphens=False)
    for line in lines if console.is_terminal else [text]:
        console.print(line.replace("\0", " "), soft_wrap=True)
