"""What stays as it is: the table `keep`, and words for what lies on paper already."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens import LEARNED, check_ink
from inkdream.pictures import colours_in, read_rgb
from inkdream.recipe.tables import Part, parse_duration
from inkdream.storage import DRAWING, RECIPE
from inkdream.toml import read_toml

# Of a picture with more colours none is taken for an ink.
MOST_KEPT = 64
_LINES = (".svg", ".svgz")
USUAL_INKS = (LEARNED,) * 4

_NUMBERS = re.compile(r"[\d\s,-]+")


@dataclass(frozen=True)
class Plotted:
    """What a plotter has drawn: all until a time, or all of some layers.

    Attributes:
        words: as it was asked for: '12min', 'black,red', '1-2'.
        seconds: since it began, pen changes left out; None where layers are named.
        layers: names of pens, and numbers of layers from 1: '2', '1-3'.
    """

    words: str
    seconds: float | None = None
    layers: tuple[str, ...] = ()


def parse_plotted(words: str) -> Plotted:
    """Return what words say of a plot that has begun: a time, or layers.

    >>> parse_plotted("12min").seconds
    720.0
    >>> parse_plotted("black, 2-3").layers
    ('black', '2-3')

    Args:
        words: '12min', '1h30m', '1:30', '90s'; or names of pens and numbers of layers. A number
            alone is a layer.

    Raises:
        ValueError: if they say nothing.
    """
    layers = tuple(word.strip() for word in words.split(",") if word.strip())
    if not layers:
        raise ValueError("say until when, as in 12min, or which layers, as in black,red or 1-2")
    if not _NUMBERS.fullmatch(words):
        try:
            seconds = float(parse_duration(words))
        except ValueError:
            return Plotted(words.strip(), layers=layers)
        if not 0 < seconds < float("inf"):
            raise ValueError(f"{words!r}: a time is above 0, such as 12min")
        return Plotted(words.strip(), seconds)
    return Plotted(words.strip(), layers=layers)


def _in_words(value: Any) -> Any:
    """Return the number of a layer as a word."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_plotted(words: str) -> str:
    if words:
        parse_plotted(words)
    return words


class KeepRecipe(Part):
    """What stays as it is, of an earlier run or of an SVG, while all else is drawn around it.

    Strokes stay as they are in the file, areas px for px. `strokes.count` counts new ones.
    """

    # `from` is a word of Python's: the key is its alias.
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )

    source: str = Field(
        "",
        alias="from",
        description="what stays: the folder of an earlier run, finished or not, or for strokes an "
        'SVG on a page of the same size; "" for nothing',
    )
    where: str = Field(
        "",
        description="a grey picture of what is drawn anew: nothing stays where it is light (a "
        "stroke goes if half of it or more lies there), and all that is new lies there",
    )
    plotted: Annotated[str, BeforeValidator(_in_words), AfterValidator(_check_plotted)] = Field(
        "",
        description="what of it is on paper already, and no part of the new plotter's file: all "
        "that a plot has drawn by a time (12min), or layers (black,red or 1-2). It stays in any "
        "case; what is not on paper then stays only where `where` is dark",
    )

    @model_validator(mode="after")
    def _check_source(self) -> KeepRecipe:
        given = next((name for name in ("where", "plotted") if getattr(self, name)), None)
        if given and not self.source:
            raise ValueError(
                f"{given} = {getattr(self, given)!r}: of what? from names a run's folder or an SVG"
            )
        return self

    def check(self, asked: dict[str, bool]) -> None:
        """Raise ValueError for a part of a recipe that leaves nothing as it is.

        Args:
            asked: whether each is asked for, by its key.
        """
        other = next((name for name, is_asked in asked.items() if is_asked), None)
        if self.source and other:
            raise ValueError(
                f"keep.from and {other}: what stays is neither picked, repeated nor turned; leave "
                "one of the two out"
            )


def with_kept(table: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """Return a recipe's table with what follows from what stays, where it does not say so itself.

    That is the medium; of a run's strokes its pens and its paper, which are at hand; and the inks
    of areas, which are not learned anew.

    Args:
        table: as people wrote it.
        place: where a file that it names is.
    """
    filled, keep = dict(table), table.get("keep")
    source = keep.get("from") if isinstance(keep, dict) else None
    if not isinstance(source, str) or not source:
        return filled
    path = Path(place(source))
    earlier: dict[str, Any] = {}
    with suppress(InputError, OSError, ValueError):
        earlier = read_toml(path / RECIPE, "a recipe") if path.is_dir() else {}
    usual = "strokes" if path.suffix.lower() in _LINES else earlier.get("medium", "pixels")
    medium = filled.setdefault("medium", usual)
    if medium == "strokes":
        if earlier.get("medium") == medium and not table.keys() & {"pens", "inks"}:
            filled |= _at_hand(earlier)
        return filled
    inks = _kept_inks(table.get("inks", USUAL_INKS), path) if not table.get("pens") else None
    return filled if inks is None else {**filled, "inks": inks}


def _at_hand(earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pens and the paper of a run's recipe, if it learned none of them."""
    pens = earlier.get("pens")
    is_known = isinstance(pens, list) and all(
        isinstance(pen, dict) and pen.get("colour") != LEARNED for pen in pens
    )
    if not is_known or earlier.get("pick"):
        return {}
    # Masks of pens lie beside the other recipe.
    known = [{key: pen[key] for key in pen if key != "where"} for pen in pens or ()]
    return {"pens": known, **{key: earlier[key] for key in ("paper",) if key in earlier}}


def _kept_inks(inks: Any, path: Path) -> list[str] | None:
    """Return inks of which those to be learned are a picture's; None if none is, or it is none."""
    if isinstance(inks, int) and not isinstance(inks, bool):
        inks = [LEARNED] * min(inks, MOST_KEPT)
    if not isinstance(inks, list | tuple) or LEARNED not in inks:
        return None
    if not all(isinstance(ink, str) for ink in inks):
        return None  # the field's own check says what is wrong
    with suppress(InputError, OSError, ValueError):
        rgb = read_rgb(path / DRAWING if path.is_dir() else path)
        found = [colour.to_hex(ink) for ink in colours_in(rgb).tolist()]
        given = {check_ink(ink) for ink in inks if ink != LEARNED}
        if len(found) <= MOST_KEPT:
            # Theirs come first among those to be learned; what is left of these is.
            told = iter([ink for ink in found if ink not in given])
            first = [next(told, ink) if ink == LEARNED else ink for ink in inks]
            return [*first, *told]
    return None
