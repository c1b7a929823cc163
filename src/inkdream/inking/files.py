"""Where plotters' files go: beside their source, under names of their own, over nobody's work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from inkdream.errors import InputError
from inkdream.formats.text import slug
from inkdream.inking.flags import PlotFlags
from inkdream.plot.plot import Plot
from inkdream.storage import write_whole

_MOST_NAMED = 4
_LONGEST = 60


def place_of(source: Path, flags: PlotFlags, plot: Plot, suffix: str) -> Path:
    """Return the file to write: the one that was asked for, or one beside the source.

    Args:
        source: what is plotted.
        flags: out and pens.
        plot: whose pens the name tells, if pens were asked for.
        suffix: such as '.svg'.
    """
    usual = (source if source.is_dir() else source.parent) / f"{_stem(source, flags, plot)}{suffix}"
    if flags.out is None:
        return usual
    return flags.out / usual.name if flags.out.is_dir() else flags.out


def part_of(place: Path, name: str) -> Path:
    """Return the file for one pen: 'plot-1-black.svg' beside 'plot.svg'."""
    return place.with_name(f"{place.stem}-{name}{place.suffix}") if name else place


def check_free(paths: list[Path], source: Path, flags: PlotFlags) -> None:
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


def write_all(files: Mapping[Path, str]) -> None:
    """Write files, each whole or not at all.

    Raises:
        RunError: if one cannot be written.
    """
    for path, content in files.items():
        write_whole(path, content)


def _stem(source: Path, flags: PlotFlags, plot: Plot) -> str:
    if source.is_dir():
        return "plot"
    if flags.pens is None and flags.learn is None:
        return f"{source.stem}-plot"
    names = [slug(layer.pen.name) for layer in plot.layers if layer.strokes]
    words = "-".join(names)
    if len(names) > _MOST_NAMED or len(words) > _LONGEST:
        words = f"{len(names)}pens"
    return f"{source.stem}-{words}"
