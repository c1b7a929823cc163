"""Pens at the terminal: the catalogue's ranges, swatches, and what is odd about a pen file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inkdream.cli.terminal import Terminal, new_table, print_table
from inkdream.errors import InputError, unknown
from inkdream.pens.catalogue import (
    CataloguePen,
    Value,
    catalogue,
    differences,
    ranges,
    search,
    select,
    slug,
)
from inkdream.pens.own import (
    MINE,
    MOST_OWNED,
    OwnPen,
    entries_of,
    make_own,
    own_pens,
    parse_pens,
    read_table,
)
from inkdream.pens.pen import LEARNED, OPACITY, WHITE, Pen, check_pens, to_vpype
from inkdream.wording import counted

# Nearer than this by CIEDE2000, two inks pass for one; neighbours in a box of pens are about 8
# apart, and two sources for one pen differ by about 7.
ALIKE = 5.0
# As far as a pen of one's own may be from a colour that is asked for.
NEARLY = 15.0
BAD_FILE = 2
_SWATCH = " ████ "
_STRIP = 16
_NOMINAL = (
    "Colours and widths are nominal; your pens may differ. What you measure goes into a pen file "
    "of your own."
)


def list_ranges(console: Console | None = None) -> int:
    """Print every range with its pens' number, widths and inks; return the exit code."""
    table = new_table("range", "pens", "line mm", "ink", "maker and range", "", whole=(0, 5))
    for key, pens in ranges().items():
        widths = sorted({pen.width for pen in pens})
        opacities = [word for word in OPACITY if any(pen.opacity == word for pen in pens)]
        table.add_row(
            key,
            str(len(pens)),
            f"{widths[0]:g}" if len(widths) == 1 else f"{widths[0]:g} to {widths[-1]:g}",
            ", ".join(opacities),
            f"{pens[0].maker} {pens[0].range}",
            _strip([pen.colour for pen in pens]),
        )
    console = console or _console()
    print_table(console, table)
    console.print(f"\n{len(catalogue())} in all. inkdream pens RANGE, or any word or #rrggbb.")
    console.print(_NOMINAL, soft_wrap=True)
    return 0


def show_pens(words: str, own: Path | None = None, console: Console | None = None) -> int:
    """Print pens as a table with a swatch of each; return the exit code.

    Args:
        words: a reference ('stabilo88', 'posca:3m'), 'mine', or what `search` takes.
        own: the file of one's own pens; by default `own_file()`, if it is there.
        console: to print to.

    Raises:
        InputError: if no pen fits, or one's own file is bad.
    """
    console = console or _console()
    if slug(words) == MINE:
        owned = own_pens(own)
        if not owned:
            raise InputError(
                "you have no pen file; write your pens into ~/.config/inkdream/pens.toml"
            )
        print_table(console, _own_table(owned))
        return 0
    if words.lower().startswith(f"{MINE}:"):
        by_name = {each.pen.name: each for each in own_pens(own)}
        print_table(console, _own_table([by_name[pen.name] for pen in parse_pens(words, own=own)]))
        return 0
    owned = own_pens(own)
    known = _look_up(words)
    # The catalogue's pens are shown with what one's own file says of them.
    shown = {pen.reference for pen in known}
    yours = [each for each in _own_fitting(words, owned) if each.reference not in shown]
    if not known and not yours:
        names = [*ranges(), *(each.names[0] for each in owned), *(pen.name for pen in catalogue())]
        raise unknown("pen", words, dict.fromkeys(names))
    if yours:
        print_table(console, _own_table(yours))
    if not known:
        return 0
    if yours:
        console.print("\nIn the catalogue:")
    print_table(console, _table(known, {each.reference: each.pen for each in owned}))
    console.print("\nHow sure colour and line are, and who says so:")
    for line in _sources(known):
        console.print(Text(line), soft_wrap=True)
    console.print(_NOMINAL, soft_wrap=True)
    return 0


def show_for_vpype(words: str, own: Path | None = None, console: Console | None = None) -> int:
    """Print pens as vpype's configuration takes them; return the exit code.

    Args:
        words: as `parse_pens` takes them.
        own: the file of one's own pens; by default `own_file()`, if it is there.
        console: to print to.

    Raises:
        InputError: if a word is no pen.
    """
    text = to_vpype(parse_pens(words, own=own, most=MOST_OWNED))
    (console or _console()).print(Text(text.rstrip("\n")), soft_wrap=True)
    return 0


def check(path: Path, paper: str = WHITE, console: Console | None = None) -> int:
    """Print what a pen file holds, and what is wrong or odd about it; return the exit code.

    Args:
        path: of the file.
        paper: colour of the paper that the pens are for.
        console: to print to.

    Raises:
        InputError: if it cannot be read, or is no pen file at all.
    """
    console = console or _console()
    errors, owned = _read(path)
    if owned:
        print_table(console, _own_table(owned))
        console.print()
    notes = [] if errors else check_file(path, paper)
    for line in (*errors, *notes):
        console.print(Text(line), soft_wrap=True)
    if errors:
        return BAD_FILE
    count = f"{counted(len(owned), 'pen')}, {counted(len(notes), 'thing')} to look at"
    console.print(Text(f"{path}: {count}"), soft_wrap=True)
    return 0


def check_file(path: Path, paper: str = WHITE) -> list[str]:
    """Return what is odd about a pen file that can be used all the same, a line each.

    That is pens that look alike (CIEDE2000 below 5) and pens that look like the paper.

    Raises:
        InputError: if it cannot be used: for the first thing that is wrong.
    """
    errors, owned = _read(path)
    if errors:
        raise InputError(errors[0])
    pens = [own.pen for own in owned if own.pen.colour != LEARNED]
    inks = [pen.colour for pen in pens]
    notes = []
    for index, pen in enumerate(pens):
        for other, far in zip(pens[:index], differences(inks[:index], pen.colour), strict=True):
            if far < ALIKE:
                notes.append(f"{other.name} and {pen.name} look alike {_how_far(far, other, pen)}")
    for pen, far in zip(pens, differences(inks, paper), strict=True):
        if far < ALIKE:
            notes.append(f"{pen.name} is hardly seen on paper {paper} (CIEDE2000 {far:.1f})")
    return notes


def _how_far(far: float, one: Pen, other: Pen) -> str:
    widths = "" if one.width == other.width else f"; lines of {one.width:g} and {other.width:g} mm"
    return f"(CIEDE2000 {far:.1f}{widths})"


def _read(path: Path) -> tuple[list[str], list[OwnPen]]:
    """Return every error in a pen file, and the pens that are none."""
    errors: list[str] = []
    owned: list[OwnPen] = []
    for where, entry in entries_of(read_table(path), str(path)):
        try:
            owned.append(make_own(entry, where))
        except InputError as error:
            errors.append(str(error))
    try:
        check_pens([own.pen for own in owned], MOST_OWNED)
    except InputError as error:
        if not errors:
            errors.append(f"{path}: {error}")
    return errors, owned


def _look_up(words: str) -> Sequence[CataloguePen]:
    """Return the pens of a reference, or what a search finds."""
    if ":" in words or slug(words) in ranges():
        return select(words)
    return search(words)


def _own_fitting(words: str, owned: Sequence[OwnPen]) -> list[OwnPen]:
    """Return the pens of one's own that fit all of some words, or nearly have their colour."""
    if words.strip().startswith("#"):
        inks = [each for each in owned if each.pen.colour != LEARNED]
        far = differences([each.pen.colour for each in inks], words.strip()) if inks else []
        return [each for each, away in zip(inks, far, strict=True) if away < NEARLY]
    asked = [part for part in slug(words).split("-") if part]
    fitting = []
    for each in owned:
        known = slug(" ".join([each.pen.name, each.pen.colour, *each.names])).split("-")
        if asked and all(any(word.startswith(part) for word in known) for part in asked):
            fitting.append(each)
    return fitting


def _table(pens: Sequence[CataloguePen], owned: dict[str, Pen]) -> Table:
    """Return a table of the catalogue's pens, with what one's own file says of them."""
    table = _new_table("how sure", "ink")
    for pen in pens:
        own = owned.get(pen.reference)
        shown = own or pen.pen
        table.add_row(
            *_row(shown, pen.reference, pen.name),
            "yours" if own else f"{_sure(pen, 'colour')}, {_sure(pen, 'width')}",
            _opacity(shown.opacity),
        )
    return table


def _own_table(owned: Sequence[OwnPen]) -> Table:
    names = [f"{MINE}:{own.names[0]}" for own in owned]
    table = _new_table("ink")
    for own, name in zip(owned, names, strict=True):
        table.add_row(*_row(own.pen, name, own.pen.name), _opacity(own.pen.opacity))
    return table


def _new_table(*others: str) -> Table:
    """Return a table in which the pens' names, which are to be typed, are never cut."""
    return new_table("", "pen", "name", "colour", "line mm", *others, whole=(0, 1, 3))


def _row(pen: Pen, typed: str, name: str) -> tuple[Text, Text, Text, Text, str]:
    return _swatch(pen.colour), Text(typed), Text(name), Text(pen.colour), f"{pen.width:g}"


def _sure(pen: CataloguePen, value: Value) -> str:
    return pen.origins[value].confidence


def _sources(pens: Sequence[CataloguePen]) -> list[str]:
    """Return where the colours and lines come from, and how sure they are, a line each."""
    values: tuple[tuple[str, Value], ...] = (("colour", "colour"), ("line", "width"))
    lines = {
        f"{pen.key} {word}, {_sure(pen, value)}: {pen.origins[value].source}": None
        for pen in sorted(pens, key=lambda pen: pen.key)
        for word, value in values
    }
    return [*lines]


def _swatch(ink: str) -> Text:
    """Return ink on paper: white paper, or black for ink that could not be seen on white."""
    if ink == LEARNED:
        return Text("  ??  ")
    paper = "#000000" if differences([ink], WHITE)[0] < ALIKE else WHITE
    return Text(_SWATCH, style=f"{ink} on {paper}")


def _strip(inks: Sequence[str]) -> Text:
    """Return a row of up to 16 colours, spread evenly over the range, on white paper."""
    step = max(1, len(inks) / _STRIP)
    shown = [inks[int(index * step)] for index in range(min(len(inks), _STRIP))]
    paper = (" ", f"on {WHITE}")
    return Text.assemble(paper, *(("█", ink) for ink in shown), paper, no_wrap=True)


def _opacity(opacity: float) -> str:
    return next((word for word, value in OPACITY.items() if value == opacity), f"{opacity:g}")


def _console() -> Console:
    return Terminal()
