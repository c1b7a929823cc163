"""What can be plotted: a run's folder, any SVG, any picture; told apart by what is in them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from inkdream import recipe as recipes
from inkdream.errors import InputError
from inkdream.formats.base import Format
from inkdream.formats.registry import format_of_file
from inkdream.inking.flags import PlotFlags
from inkdream.inking.from_picture import ink_picture
from inkdream.inking.from_svg import ink_document
from inkdream.inking.photo import read_photo
from inkdream.inking.resolve import Home, Inking
from inkdream.storage import DRAWING, RECIPE, SVG, is_run, unfinished_words
from inkdream.svg.read import read_svg

_PACKED = b"\x1f\x8b"
# PNG, JPEG, GIF, BMP, TIFF (either way), WebP.
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_SVG_SUFFIXES = (".svg", ".svgz", ".xml")
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def kind_of(source: Path) -> str:
    """Return whether a source is a 'run', an 'svg' or a 'picture'.

    Raises:
        InputError: if it is neither.
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
    """Return a source in pens, and what it says of itself.

    Raises:
        InputError: if it cannot be read, or a flag means nothing for it.
    """
    kind = kind_of(source)
    if kind == "run":
        return _ink_run(source, flags, target)
    home = Home(source.stem)
    if kind == "svg":
        return _ink_svg(source, flags, home, target), home
    return ink_picture(read_photo(source), flags, home, target), home


def file_of(source: Path) -> Path:
    """Return the SVG that a report on a source is about.

    Raises:
        InputError: if there is none.
    """
    kind = kind_of(source)
    if kind == "picture":
        raise InputError(f"{source}: is a picture and has no strokes to report on; plot it first")
    if kind == "run" and not (source / SVG).is_file():
        raise InputError(f"{source}: has no {SVG} yet; {_go_on(source)}")
    return source / SVG if kind == "run" else source


def unfinished_note(source: Path) -> list[str]:
    """Return what is to be said of a run that is not finished; nothing of any other source."""
    words = unfinished_words(source) if is_run(source) else ""
    return [f"the run is not finished: this is its drawing of {words}"] if words else []


def _ink_run(folder: Path, flags: PlotFlags, target: Format) -> tuple[Inking, Home]:
    recipe = recipes.assemble(folder / RECIPE, {}, [])
    if not any((folder / name).is_file() for name in (DRAWING, SVG)):
        raise InputError(f"{folder}: has no drawing yet; {_go_on(folder)}")
    home = Home(folder.name, recipe)
    unfinished = unfinished_note(folder)
    changes = (flags.pens, flags.learn, flags.paper, flags.page, flags.margin, flags.hatch)
    is_changed = flags.dither or any(flag is not None for flag in changes)
    if recipe.has_areas and (unfinished or is_changed):
        inking = ink_picture(read_photo(folder / DRAWING), flags, home, target)
    else:
        # The lines that were measured, a time budget kept.
        inking = _ink_svg(folder / SVG, flags, home, target)
    return replace(inking, notes=(*unfinished, *inking.notes)), home


def _ink_svg(path: Path, flags: PlotFlags, home: Home, target: Format) -> Inking:
    inking = ink_document(read_svg(path), flags, home, target)
    note = ("--dither: is for pictures, and an SVG is none",) if flags.dither else ()
    return replace(inking, notes=(*inking.notes, *note))


def _go_on(folder: Path) -> str:
    return f"go on with inkdream resume {shlex.quote(str(folder))}"
