"""`inkdream plot`: from flags to files, or to a report, and what is said about them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from inkdream.errors import InputError
from inkdream.formats.devices import GcodeProfile
from inkdream.formats.hpgl import place
from inkdream.formats.svg import without_unseen
from inkdream.formats.templates import finest
from inkdream.formats.text import split_by_pen
from inkdream.inking.files import check_free, part_of, place_of, write_all
from inkdream.inking.flags import PlotFlags
from inkdream.inking.likeness import MUCH, likeness, very_different
from inkdream.inking.report import report_on
from inkdream.inking.resolve import USUAL_MARGIN, Home
from inkdream.inking.sources import file_of, ink, unfinished_note
from inkdream.inking.tables import pen_table, record, say, totals
from inkdream.inking.target import USUAL, Target, motion_of, named_kind, target_of
from inkdream.inking.texts import proven
from inkdream.page import taken_unit
from inkdream.plot.clip import clip
from inkdream.plot.layer_labels import LayerCodes
from inkdream.plot.machines import machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import Plot
from inkdream.plot.preview import preview_png
from inkdream.plot.registration import with_crosses
from inkdream.plot.run_sheet import clock, page_words, sheet_html
from inkdream.progress import showing
from inkdream.telling import tell
from inkdream.terminal import Terminal, print_table

# Places that are rounded by more than this, in mm, are worth a word.
_COARSE = 0.05


@dataclass(frozen=True, eq=False)
class Done:
    """What was written.

    Attributes:
        files: the plotter's; the sheet last, if there is one.
        plot: what they draw.
        timed: how much that is; its seconds are the machine's only if the target's motion is known.
        target: whom they are for.
        difference: from an SVG to its plot (see `likeness`), None if it was not measured.
        notes: what is to be said, a sentence each.
        warnings: what is to be looked at before anything is plotted, a sentence each.
    """

    files: tuple[Path, ...]
    plot: Plot
    timed: Estimate
    target: Target
    difference: float | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def plot_command(source: Path, flags: PlotFlags, console: Console | None = None) -> int:
    """Do what the flags ask for and say so; return the exit code.

    Raises:
        InputError: if it cannot be done; then nothing is written.
        RunError: if a file cannot be written, or is not what it should be.
    """
    console = console or Terminal()
    if flags.report:
        _show_report(source, flags, console)
        return 0
    with showing():
        done = make_files(source, flags)
    is_timed = done.target.motion is not None
    if flags.json:
        table = record(done.timed, done.target.machine, is_timed)
        table["files"] = [str(path) for path in done.files]
        table["difference"] = None if done.difference is None else round(done.difference, 3)
        print(json.dumps(table))
        _note(done.notes)
        _note(done.warnings, "warning")
        return 0
    say(console, [f"{path}" for path in done.files])
    say(console, [f"{page_words(done.plot.page)}; read back, and found to be the plot"])
    print_table(console, pen_table(done.plot, done.timed, is_timed))
    say(console, [totals(done.plot, done.timed, done.target.machine, is_timed)])
    if done.difference is not None:
        looks = f"CIEDE2000 {done.difference:.1f} on average, both drawn by resvg"
        say(console, [f"differs from the original by {looks}, blurred by 2 px at 512 px"])
    say(console, [f"note: {note}" for note in done.notes])
    say(console, [f"warning: {warning}" for warning in done.warnings])
    return 0


def make_files(source: Path, flags: PlotFlags) -> Done:
    """Make a plotter's files of a source.

    Every file is read back and compared with the plot before any is written.

    Raises:
        InputError: if it cannot be done; then nothing is written.
        RunError: if a file cannot be written, or is not what it should be.
    """
    kind, out = flags.to, flags.out
    if out is not None and not out.is_dir():
        kind = named_kind(out, kind, flags.machine)
    target = target_of(kind, flags.machine)
    codes = _codes(target, flags)
    if out is not None and not out.is_dir() and not flags.per_pen:
        check_free([out], source, flags)
    tell("reading, and finding its pens")
    inking, home = ink(source, flags, target)
    motion = target.motion or machine(USUAL["svg"])
    plot = without_unseen(clip(inking.plot))
    plot = optimise(plot, home=motion.home(plot.page.width, plot.page.height))
    if not plot.strokes:
        unread = [note for note in inking.notes if note.startswith("not read: ")]
        hint = "".join(f"; {words}" for words in (inking.hint, *unread[:3]) if words)
        raise InputError(f"{source}: nothing is left to be drawn on {plot.paper}{hint}")
    difference, notes, warnings = None, list(inking.notes), list[str]()
    if flags.page and (unit := taken_unit(flags.page)):
        notes.insert(0, unit)
    if inking.original is not None and not source.is_dir():
        tell("comparing it with the original")
        found = likeness(source, inking.original, plot)
        difference = found.difference if found else None
        if found and found.difference >= MUCH:
            warnings.append(very_different(found, inking))
        if found is None:
            notes.append(
                "how much it differs from the original was not measured: drawing that "
                "takes too long, or too much memory"
            )
    if flags.registration:
        plot = with_crosses(plot, bare=target.bare(plot.page))
    plot = plot.told(codes, pause=flags.pause and not flags.per_pen)
    timed = estimate(plot, motion)
    facts = _facts(home, target, timed)
    parts = split_by_pen(plot) if flags.per_pen else [("", plot)]
    place = place_of(source, flags, plot, target.suffix)
    files = {part_of(place, name): part for name, part in parts}
    page = [place.with_suffix(".html")] if flags.sheet else []
    if files.keys() & set(page):
        raise InputError(f"{page[0]}: would be the plot and its sheet; give --out another ending")
    check_free([*files, *page], source, flags)
    tell("writing, and reading back")
    texts = {path: proven(part, target, facts) for path, part in files.items()}
    for path in page:
        is_timed = target.motion is not None
        picture = preview_png(plot)
        texts[path] = sheet_html(plot, timed, picture, home.facts, home.name, is_timed)
    write_all(texts)
    notes += [*target.warnings(plot.page), *_instructions(target, plot, flags)]
    return Done(tuple(texts), plot, timed, target, difference, tuple(notes), tuple(warnings))


def _codes(target: Target, flags: PlotFlags) -> LayerCodes:
    """Return what is told to an AxiDraw of every layer.

    Raises:
        InputError: if the file is none that could tell it.
    """
    if flags.codes and target.kind != "svg":
        raise InputError(f"{flags.codes[0]} is for svg, which an AxiDraw reads, not {target.kind}")
    return LayerCodes(speed=flags.speed, height=flags.height, delay=flags.delay)


def _facts(home: Home, target: Target, timed: Estimate) -> dict[str, str]:
    """Return what a file says of itself; nothing that changes from day to day."""
    facts = dict(home.facts)
    if target.motion:
        facts["estimate"] = f"{timed.seconds:.0f} s on {target.machine}, changing pens not counted"
    drawn = [layer for layer in timed.layers if layer.times.strokes]
    for number, layer in enumerate(drawn, 1):
        facts[f"pen {number}"] = f"{layer.pen}, {layer.width:g} mm"
    return facts


def _instructions(target: Target, plot: Plot, flags: PlotFlags) -> list[str]:
    """Return what is to be done at the machine."""
    if target.device:
        placed = place(plot.page, target.device)
        turned = ", the page turned with its top to the left" if placed.turned else ""
        slots = "each file's pen in slot 1" if flags.per_pen else "pens in the slots above"
        note = f" ({placed.paper.note})" if placed.paper.note else ""
        said = [f"{target.device.title}: paper {placed.paper.name}{note}{turned}; {slots}"]
        if flags.margin is None and flags.page is not None and plot.page.margin > USUAL_MARGIN:
            said.append(f"a margin of {plot.page.margin:g} mm: the machine draws no further out")
        return said
    if target.profile and target.profile.pen_up is None:
        return _of_profile(target.profile)
    if target.profile and target.profile.info:
        values = target.profile.default_values
        words = re.sub(
            r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), target.profile.info
        )
        return [words]
    if flags.pause and not flags.per_pen and len(plot.layers) > 1:
        return ["AxiDraw's own preview, and its time, end at the first pause"]
    return []


def _of_profile(profile: GcodeProfile) -> list[str]:
    """Say what a profile tells its users, and what of its files could not be checked."""
    notes = [" ".join(profile.info.split())] if profile.info.strip() else []
    notes.append(
        f"profile {profile.name} has no pen_up and pen_down: its numbers were read back, not when "
        "the pen is down"
    )
    if finest(profile) > _COARSE:
        notes.append(f"it rounds places: lines lie up to {finest(profile):.2g} mm off")
    return notes


def _show_report(source: Path, flags: PlotFlags, console: Console) -> None:
    motion = motion_of(flags.machine)
    path = file_of(source)
    report = report_on(path, motion)
    unfinished = unfinished_note(source)
    if flags.json:
        print(json.dumps(record(report.timed, motion.name)))
        _note((*unfinished, *report.programs, *report.warnings))
        return
    seconds = clock(report.timed.seconds)
    say(console, [f"{path}, as it is: {seconds} on {motion.name} ({motion.title})"])
    say(console, unfinished)
    print_table(console, pen_table(report.plot, report.timed))
    say(console, [totals(report.plot, report.timed, motion.name), ""])
    say(console, report.programs)
    if report.warnings:
        say(console, ["", *(f"look out: {warning}" for warning in report.warnings)])


def _note(notes: Sequence[str], word: str = "note") -> None:
    for note in notes:
        print(f"{word}: {note}", file=sys.stderr)
