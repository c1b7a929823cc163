"""From a source to plotters' files: each is read back and compared before any is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inkdream.errors import InputError
from inkdream.formats.base import Format
from inkdream.formats.registry import format_for, format_named
from inkdream.formats.svg import without_unseen
from inkdream.formats.text import slug, split_by_pen
from inkdream.inking.flags import PlotFlags
from inkdream.inking.likeness import MUCH, likeness, very_different
from inkdream.inking.resolve import USUAL_MARGIN, Home, Inking
from inkdream.inking.sources import ink
from inkdream.page import taken_unit
from inkdream.plot.clip import clip
from inkdream.plot.layer_labels import LayerCodes
from inkdream.plot.machines import USUAL, machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import Plot
from inkdream.plot.preview import preview_png
from inkdream.plot.registration import with_crosses
from inkdream.plot.run_sheet import sheet_html
from inkdream.progress import tell
from inkdream.storage import write_whole

# A file's name tells at most so many pens, in so many letters.
_MOST_NAMED = 4
_LONGEST = 60


@dataclass(frozen=True, eq=False)
class Done:
    """What was written.

    Attributes:
        files: the plotter's; the sheet last, if there is one.
        plot: what they draw.
        timed: how much that is; its seconds are the machine's only if the target's motion is known.
        target: the kind of file, for its machine.
        difference: from an SVG to its plot (see `likeness`), None if it was not measured.
        notes: what is to be said, a sentence each.
        warnings: what is to be looked at before anything is plotted, a sentence each.
    """

    files: tuple[Path, ...]
    plot: Plot
    timed: Estimate
    target: Format
    difference: float | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def make_files(source: Path, flags: PlotFlags) -> Done:
    """Make a plotter's files of a source.

    Raises:
        InputError: if it cannot be done; then nothing is written.
        RunError: if a file cannot be written, or is not what it should be.
    """
    named = None if flags.out is None or flags.out.is_dir() else flags.out
    kind = format_named(named, flags.to, flags.machine) if named else flags.to
    target = format_for(kind, flags.machine)
    codes = _codes(target, flags)
    if named and not flags.per_pen:
        _check_free([named], source, flags)
    tell("reading, and finding its pens")
    inking, home = ink(source, flags, target)
    motion = target.motion or machine(USUAL)
    plot = without_unseen(clip(inking.plot))
    plot = optimise(plot, home=motion.home(plot.page.width, plot.page.height))
    if not plot.strokes:
        unread = [note for note in inking.notes if note.startswith("not read: ")]
        hint = "".join(f"; {words}" for words in (inking.hint, *unread[:3]) if words)
        raise InputError(f"{source}: nothing is left to be drawn on {plot.paper}{hint}")
    unit = taken_unit(flags.page) if flags.page else None
    difference, measured, warnings = _compare(source, inking, plot)
    if flags.registration:
        plot = with_crosses(plot, bare=target.margin(plot.page))
    plot = plot.told(codes, pause=flags.pause and not flags.per_pen)
    timed = estimate(plot, motion)
    files = _write(source, plot, timed, target, home, flags)
    notes = [*([unit] if unit else []), *inking.notes, *measured]
    notes += target.notes(plot, flags.per_pen)
    if flags.page is not None and flags.margin is None and plot.page.margin > USUAL_MARGIN:
        notes.append(f"a margin of {plot.page.margin:g} mm: the machine draws no further out")
    return Done(files, plot, timed, target, difference, tuple(notes), warnings)


def _codes(target: Format, flags: PlotFlags) -> LayerCodes:
    """Return what is told to an AxiDraw of every layer.

    Raises:
        InputError: if the file is none that could tell it.
    """
    if flags.codes and not target.has_codes:
        raise InputError(f"{flags.codes[0]} is for svg, which an AxiDraw reads, not {target.name}")
    return LayerCodes(speed=flags.speed, height=flags.height, delay=flags.delay)


def _compare(
    source: Path, inking: Inking, plot: Plot
) -> tuple[float | None, tuple[str, ...], tuple[str, ...]]:
    """Return how much a plot differs from its SVG, and what is to be noted and warned of."""
    if inking.document is None or source.is_dir():
        return None, (), ()
    tell("comparing it with the original")
    measured = likeness(source, inking, plot)
    if measured is None:
        note = (
            "how much it differs from the original was not measured: drawing that takes too long, "
            "or too much memory"
        )
        return None, (note,), ()
    is_different = measured.difference >= MUCH
    warnings = (very_different(measured, inking),) if is_different else ()
    return measured.difference, (), warnings


def _write(
    source: Path, plot: Plot, timed: Estimate, target: Format, home: Home, flags: PlotFlags
) -> tuple[Path, ...]:
    """Write a plot's files, those of its pens and its sheet; return their paths."""
    path = _path(source, flags, plot, target.endings[0])
    parts = split_by_pen(plot) if flags.per_pen else [("", plot)]
    # Beside plot.svg, one pen's file is plot-1-black.svg.
    files = {
        path.with_name(f"{path.stem}-{name}{path.suffix}") if name else path: part
        for name, part in parts
    }
    page = path.with_suffix(".html")
    if flags.sheet and page in files:
        raise InputError(f"{page}: would be the plot and its sheet; give --out another ending")
    _check_free([*files, page] if flags.sheet else files, source, flags)
    tell("writing, and reading back")
    facts = _facts(home, target, timed)
    texts = {path: target.verified(part, facts) for path, part in files.items()}
    if flags.sheet:
        is_timed = target.motion is not None
        picture = preview_png(plot)
        texts[page] = sheet_html(plot, timed, picture, home.facts, home.name, is_timed)
    for path, text in texts.items():
        write_whole(path, text)
    return tuple(texts)


def _path(source: Path, flags: PlotFlags, plot: Plot, suffix: str) -> Path:
    """Return the file to write: the one that was asked for, or one beside the source."""
    folder, stem = (source, "plot") if source.is_dir() else (source.parent, source.stem)
    if not source.is_dir() and flags.pens is None and flags.learn is None:
        stem += "-plot"
    elif not source.is_dir():
        names = [slug(layer.pen.name) for layer in plot.layers if layer.strokes]
        words = "-".join(names)
        is_long = len(names) > _MOST_NAMED or len(words) > _LONGEST
        stem += f"-{len(names)}pens" if is_long else f"-{words}"
    if flags.out is not None and not flags.out.is_dir():
        return flags.out
    return (flags.out or folder) / f"{stem}{suffix}"


def _check_free(paths: Iterable[Path], source: Path, flags: PlotFlags) -> None:
    """Raise InputError if a file cannot, or may not, be written."""
    for path in paths:
        if not path.parent.is_dir():
            raise InputError(f"{path}: there is no folder {path.parent}")
        if path.is_dir():
            raise InputError(f"{path}: is a folder")
        if path.exists() and source.exists() and path.samefile(source):
            raise InputError(f"{path}: is what is to be plotted; name another file with --out")
        if path.exists() and not flags.force:
            raise InputError(f"{path}: is there already; --force writes over it, --out elsewhere")


def _facts(home: Home, target: Format, timed: Estimate) -> dict[str, str]:
    """Return what a file says of itself; nothing that changes from day to day."""
    facts = dict(home.facts)
    if target.motion:
        facts["estimate"] = f"{timed.seconds:.0f} s on {target.machine}, changing pens not counted"
    drawn = [layer for layer in timed.layers if layer.times.strokes]
    for number, layer in enumerate(drawn, 1):
        facts[f"pen {number}"] = f"{layer.pen}, {layer.width:g} mm"
    return facts
