"""From a source to plotters' files, each read back and compared before any is written.

A source is a run's folder, an SVG or a picture. An SVG's plot is also compared with the SVG, as
resvg draws both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from inkdream import colour
from inkdream import recipe as recipes
from inkdream.blur import gaussian
from inkdream.errors import InputError
from inkdream.formats.base import Format, slug, split_by_pen
from inkdream.formats.registry import format_for, format_named, format_of_file
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.inking.flags import PlotFlags
from inkdream.inking.from_picture import ink_picture, read_photo
from inkdream.inking.from_svg import ink_document
from inkdream.inking.remaining import remaining
from inkdream.inking.resolve import USUAL_MARGIN, Home, Inking, corner, refill_of
from inkdream.inking.unfinished import without_finish
from inkdream.page import Page, taken_unit
from inkdream.pens import Pen
from inkdream.plot.clip import clip
from inkdream.plot.finish import finished
from inkdream.plot.machines import USUAL, machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import LayerCodes, Plot, with_crosses
from inkdream.plot.preview import preview_png
from inkdream.plot.ragged import measure, pack_strokes
from inkdream.plot.refill import refilled
from inkdream.plot.run_sheet import sheet_html
from inkdream.progress import tell
from inkdream.storage import (
    DRAWING,
    PLOTTED,
    RECIPE,
    SVG,
    is_finished,
    is_run,
    unfinished_words,
    write_whole,
)
from inkdream.svg.document import Document
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg
from inkdream.svg.xml import chunks
from inkdream.wording import shell_word

_PACKED = b"\x1f\x8b"
# PNG, JPEG, GIF, BMP, TIFF (either way), WebP.
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_SVG_SUFFIXES = (".svg", ".svgz", ".xml")
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def kind_of(source: Path) -> str:
    """Return whether a source is a 'run', an 'svg' or a 'picture'.

    Raises:
        InputError: if it is none of these.
    """
    if source.is_dir():
        if is_run(source):
            return "run"
        raise InputError(f"{source}: is no run's folder (it has no {RECIPE})")
    if not source.is_file():
        raise InputError(f"{source}: " + ("is no file" if source.exists() else "is not there"))
    try:
        with source.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror or error})") from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    suffix = source.suffix.lower()
    if plotters := format_of_file(head, suffix):
        raise InputError(
            f"{source}: is {plotters.title}, made for one plotter; name the SVG or the run that it "
            "is from"
        )
    if text.startswith((b"<", _PACKED)) or (is_wide and b"<" in head):
        return "svg"
    if head.startswith(_PICTURES) or suffix in _PICTURE_SUFFIXES:
        return "picture"
    if suffix in _SVG_SUFFIXES:
        return "svg"
    raise InputError(
        f"{source}: is neither a run's folder, nor an SVG, nor a picture (PNG, JPEG ...)"
    )


def ink(source: Path, flags: PlotFlags, target: Format) -> tuple[Inking, Home]:
    """Return a source in pens, and the facts about it.

    Raises:
        InputError: if it cannot be read, or a flag does not apply to it.
    """
    kind = kind_of(source)
    if kind == "run":
        return _ink_run(source, flags, target)
    home = Home(source.stem)
    if kind == "picture" and flags.plotted is not None:
        raise InputError(
            f"--plotted: {source} is a picture; name the SVG, or the run, that is being plotted"
        )
    if kind == "svg":
        return _ink_document(read_svg(source), flags, home, target), home
    return ink_picture(read_photo(source), flags, home, target), home


def file_of(source: Path) -> Path:
    """Return the SVG for a report on a source.

    Raises:
        InputError: if there is none.
    """
    kind = kind_of(source)
    if kind == "picture":
        raise InputError(f"{source}: is a picture and has no strokes to report on; plot it first")
    if kind == "run" and not (source / SVG).is_file():
        again = _plot_it(source) if is_finished(source) else _go_on(source)
        raise InputError(f"{source}: has no {SVG} yet; {again}")
    return source / SVG if kind == "run" else source


def unfinished_note(source: Path) -> list[str]:
    """Return a note on a run that is not finished; nothing for other sources."""
    words = unfinished_words(source) if is_run(source) else ""
    return [f"the run is not finished: this is its drawing of {words}"] if words else []


def _ink_run(folder: Path, flags: PlotFlags, target: Format) -> tuple[Inking, Home]:
    recipe = recipes.assemble(folder / RECIPE, {}, [])
    if not any((folder / name).is_file() for name in (DRAWING, SVG)):
        raise InputError(f"{folder}: has no drawing yet; {_go_on(folder)}")
    home = Home(folder.name, recipe)
    unfinished = unfinished_note(folder)
    changes = (flags.pens, flags.learn, flags.paper, flags.page, flags.margin, flags.hatch)
    sizes = (flags.spacing, flags.angle)
    is_changed = flags.dither or any(flag is not None for flag in (*changes, *sizes))
    is_changed = is_changed or bool(flags.finish.keys())
    is_hatched = (folder / SVG).is_file()
    is_new = unfinished or is_changed or not is_hatched
    if recipe.has_areas and is_new and flags.plotted is None:
        inking = ink_picture(read_photo(folder / DRAWING), flags, home, target)
    else:
        if not is_hatched:
            raise InputError(f"{folder}: has no {SVG}, so nothing of it is plotted")
        # The lines that were measured, a time budget kept; its frame and words are among them.
        document = read_svg(folder / SVG)
        if flags.finish.keys():
            document = without_finish(document, recipe.finish, recipe.page, recipe.box)
        inking = _ink_document(document, flags, home, target)
    notes = []
    if recipe.keep.plotted:
        is_whole = recipe.has_areas and is_new and flags.plotted is None
        what = "is filled again, too" if is_whole else f"is not in it: {folder / PLOTTED}"
        notes = [f"what was on paper before {what}"]
    return replace(inking, notes=(*unfinished, *notes, *inking.notes)), home


def _ink_document(document: Document, flags: PlotFlags, home: Home, target: Format) -> Inking:
    notes: tuple[str, ...] = ()
    ground: tuple[Pen, ...] = ()
    if flags.plotted is not None:
        document, ground, words = remaining(document, flags.plotted, home, flags.machine, target)
        notes = (words,)
    inking = ink_document(document, flags, home, target)
    inking = replace(inking, plot=replace(inking.plot, ground=ground))
    note = ("--dither: is for pictures, and an SVG is none",) if flags.dither else ()
    return replace(inking, notes=(*notes, *inking.notes, *note))


def _plot_it(folder: Path) -> str:
    return f"inkdream plot {shell_word(folder)} makes one"


def _go_on(folder: Path) -> str:
    return f"go on with inkdream resume {shell_word(folder)}"


# Pictures are compared at so many px on the longer side, blurred by so many: as from a step away,
# from where nobody sees on which side of its width a line lies.
SIDE = 512
BLUR = 2.0
# From this difference on a plot looks like another drawing.
MUCH = 20.0
# Where they differ most is told by tiles, so many along and down the page.
TILES = 8
# Under that blur more samples a px show nothing. More strokes than that take long to draw, and with
# one sample a px the difference is the same to 1 %.
TIMES, ENOUGH = 4, 5_000
# Larger files, and more strokes, vertices or px of line, take too long to be drawn by another
# program, or too much memory.
MOST_BYTES = 2**24
MOST_STROKES, MOST_VERTICES, MOST_PX = 20_000, 500_000, 2**23


@dataclass(frozen=True)
class Likeness:
    """How much an SVG and its plot differ.

    Attributes:
        difference: mean CIEDE2000; 0 for equal pictures.
        x, y: in mm on the SVG's page, the middle of the tile (an eighth of the page each way) where
            they differ most.
    """

    difference: float
    x: float
    y: float


def likeness(source: Path, inking: Inking, plot: Plot) -> Likeness | None:
    """Return the difference of an SVG and its plot, as resvg draws both (CIEDE2000).

    Both lie on the plot's paper, cut at the edge of the SVG's page, blurred by 2 px at 512 px.

    Args:
        source: the SVG.
        inking: its result.
        plot: its plot, without registration marks.

    Returns:
        None if there is no SVG, resvg cannot draw it, or it would take too long.
    """
    document = inking.document
    if document is None:
        return None
    scale = SIDE / max(document.width, document.height)
    size = max(1, round(document.height * scale)), max(1, round(document.width * scale))
    times = TIMES if document.strokes <= ENOUGH else 1
    try:
        text = b"".join(chunks(source))
        if len(text) > MOST_BYTES or not _is_light(document):
            return None
        part = _part(plot, document, inking.factor)
        svg = text.decode("utf-8")
        meant = render_svg(svg, plot.paper, *size, most_times=times, foreign=True)
    except (InputError, ValidationError, ValueError):
        return None
    drawn = render_svg(to_svg(part), plot.paper, *size, most_times=times)
    first, second = (colour.linear_to_lab(blurred(each, BLUR), axis=0) for each in (meant, drawn))
    far = colour.ciede2000(first, second, axis=0)
    down, across = (np.linspace(0, side, TILES + 1).astype(int)[:-1] for side in far.shape)
    sums = np.add.reduceat(np.add.reduceat(far, down, axis=0), across, axis=1)
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    return Likeness(
        float(far.mean()),
        (float(column) + 0.5) / TILES * document.width,
        (float(row) + 0.5) / TILES * document.height,
    )


def very_different(measured: Likeness, inking: Inking) -> str:
    """Return a warning that a plot differs much from its SVG."""
    causes = [note for note in inking.notes if note.startswith("not read: ") or note == inking.hint]
    causes += [note for note in inking.notes if "--hatch parallel fills" in note]
    # Of what is not known here, the picture tells.
    words = "; ".join(causes) or "open both beside each other"
    return (
        f"the plot looks very different from the file (CIEDE2000 {measured.difference:.0f}), most "
        f"of all around {measured.x:.0f}, {measured.y:.0f} mm of its page. Look at: {words}"
    )


def blurred(picture: NDArray[np.float32], deviation: float) -> NDArray[np.float64]:
    """Return a picture (3, H, W) blurred by a Gaussian of that standard deviation in px."""
    blurry = gaussian(torch.from_numpy(picture.astype(np.float64)), deviation, reach=4.0)
    return np.asarray(blurry.numpy())


def _is_light(document: Document) -> bool:
    """Return whether a document can be drawn in seconds."""
    strokes = [stroke for shape in document.shapes for stroke in shape.strokes]
    if len(strokes) > MOST_STROKES or sum(each.vertices() for each in strokes) > MOST_VERTICES:
        return False
    length = measure(pack_strokes(strokes))[:, 2].sum()
    return bool(length * SIDE / max(document.width, document.height) <= MOST_PX)


def _part(plot: Plot, document: Document, factor: float) -> Plot:
    """Return the plot on the document's own page."""
    page = Page(width=document.width * factor, height=document.height * factor, margin=0.0)
    left, top = corner(document, factor, plot.page)
    moved = plot.moved((-left, -top))
    return without_unseen(clip(replace(moved, page=page)))


# A file's name tells at most so many pens, in so many letters.
_MOST_NAMED = 4
_LONGEST = 60


@dataclass(frozen=True, eq=False)
class Done:
    """The result.

    Attributes:
        files: the plotter's; the sheet last, if there is one.
        plot: drawn by them.
        timed: its estimate; seconds are the machine's only if the target's motion is known.
        target: the format, for its machine.
        difference: from an SVG to its plot (see `likeness`), None if it was not measured.
        notes: a sentence each.
        warnings: to be looked at before plotting, a sentence each.
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
        RunError: if a file cannot be written, or does not come back as the plot.
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
    difference, measured, warnings = _compare(source, inking, plot, flags)
    plot = _finished(inking, plot, target)
    if flags.registration:
        plot = with_crosses(plot, bare=target.margin(plot.page))
    plot = plot.with_codes(codes, pause=flags.pause and not flags.per_pen)
    metres = refill_of(flags, home)
    full = refilled(plot, metres, target.margin(plot.page))
    plot = full.plot
    timed = estimate(plot, motion)
    files = _write(source, plot, timed, target, home, flags)
    notes = [*([unit] if unit else []), *inking.notes, *measured]
    notes += full.notes(metres) if metres else []
    notes += target.notes(plot, flags.per_pen)
    if flags.page is not None and flags.margin is None and plot.page.margin > USUAL_MARGIN:
        why = "room for what is around it" if inking.finish else "the machine draws no further out"
        notes.append(f"a margin of {plot.page.margin:g} mm: {why}")
    return Done(files, plot, timed, target, difference, tuple(notes), warnings)


def _finished(inking: Inking, plot: Plot, target: Format) -> Plot:
    """Return a plot with its frame and words.

    Raises:
        InputError: if they cannot be drawn.
    """
    if not inking.finish:
        return plot
    pens = {layer.pen.name: layer.pen for layer in plot.layers if layer.strokes}
    nib, box = min(pen.width for pen in pens.values()), inking.box or plot.page.inside
    inking.finish.check(plot.page, box, nib, pens, target.margin(plot.page))
    return finished(plot, inking.finish, box)


def _codes(target: Format, flags: PlotFlags) -> LayerCodes:
    """Return AxiDraw's codes for every layer.

    Raises:
        InputError: if the format has no such codes.
    """
    if flags.codes and not target.has_codes:
        raise InputError(f"{flags.codes[0]} is for svg, which an AxiDraw reads, not {target.name}")
    return LayerCodes(speed=flags.speed, height=flags.height, delay=flags.delay)


def _compare(
    source: Path, inking: Inking, plot: Plot, flags: PlotFlags
) -> tuple[float | None, tuple[str, ...], tuple[str, ...]]:
    """Return the difference of a plot from its SVG, notes and warnings."""
    if inking.document is None or source.is_dir() or flags.plotted is not None:
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
    """Return the file to write: as asked for, or beside the source."""
    folder, stem = (source, "plot") if source.is_dir() else (source.parent, source.stem)
    if not source.is_dir() and flags.pens is None and flags.learn is None:
        stem += "-plot"
    elif not source.is_dir():
        drawn = [layer for layer in plot.layers if layer.strokes and not layer.is_refill]
        names = [slug(layer.pen.name) for layer in drawn]
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
    """Return a file's provenance, without dates."""
    facts = dict(home.facts)
    if target.motion:
        facts["estimate"] = f"{timed.seconds:.0f} s on {target.machine}, changing pens not counted"
    drawn = [layer for layer in timed.layers if layer.times.strokes and not layer.is_refill]
    for number, layer in enumerate(drawn, 1):
        facts[f"pen {number}"] = f"{layer.pen}, {layer.width:g} mm"
    return facts
