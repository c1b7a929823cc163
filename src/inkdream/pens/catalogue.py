"""The catalogue of real pens: names, line widths, inks, and the sources of these.

The values lie in `data`, one file a range. A pen's reference is its range and its code, such as
'stabilo88:46' or 'micron:05-black'.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from inkdream import colour
from inkdream.errors import InputError, shorten, unknown
from inkdream.pens.pen import LEARNED, OPACITY, WIDEST, Ink, Pen
from inkdream.wording import counted

# How many pens a search by colour names.
NEAREST = 12


@cache
def catalogue() -> tuple[CataloguePen, ...]:
    """Return every pen, range by range."""
    folder = files("inkdream.pens") / "data"
    files_ = sorted((file.name, file) for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(
        pen
        for name, file in files_
        for pen in read_range(name.removesuffix(".toml"), file.read_text(encoding="utf-8"))
    )


@cache
def ranges() -> Mapping[str, tuple[CataloguePen, ...]]:
    """Return the pens of each range by its key."""
    keys = dict.fromkeys(pen.key for pen in catalogue())
    return {key: tuple(pen for pen in catalogue() if pen.key == key) for key in keys}


def select(reference: str) -> tuple[CataloguePen, ...]:
    """Return the pens that a reference names.

    Args:
        reference: of one pen by its code ('stabilo88:46') or its colour ('stabilo88:black',
            'posca:3m-black'), of one size of a range ('posca:3m'), or of a range ('stabilo88').

    Raises:
        InputError: if there is no such range or pen; names the nearest.
    """
    key, _, code = (slug(part) for part in reference.partition(":"))
    if key not in ranges():
        raise unknown("range of pens", reference.partition(":")[0], ranges())
    if ":" not in reference:
        return ranges()[key]
    # Codes come first, for the list of what is known.
    names: dict[str, list[CataloguePen]] = {pen.code: [pen] for pen in ranges()[key]}
    for pen in ranges()[key]:
        for name in _other_names(pen):
            names.setdefault(name, []).append(pen)
    if code not in names:
        raise unknown(f"pen of {key}", reference.partition(":")[2], names)
    return tuple(names[code])


def find(reference: str) -> Pen:
    """Return the one pen that a reference such as 'stabilo88:46' names.

    Raises:
        InputError: if it names none, or several.
    """
    pens = select(reference)
    if len(pens) > 1:
        raise InputError(
            f"{shorten(reference)!r} names {counted(len(pens), 'pen')}; name one, such as "
            f"{pens[0].reference}"
        )
    return pens[0].pen


def search(words: str) -> list[CataloguePen]:
    """Return the pens that fit all of some words, best first.

    Args:
        words: beginnings of a maker's, range's or colour's name, a code, or a colour: '#c8102e', or
            a CSS colour that no pen is called after, such as 'tomato', for the 12 pens nearest to
            it by CIEDE2000.

    Raises:
        InputError: if what begins with # is no colour.
    """
    asked = re.split(r"[\s,:/]+", words.casefold())
    colours = [word for word in asked if word.startswith("#")]
    texts = slug(" ".join(word for word in asked if not word.startswith("#"))).split("-")
    pens = [
        pen
        for pen in (catalogue() if any(texts) or colours else ())
        if has_beginnings((pen.key, pen.label, pen.code), texts)
    ]
    if not pens and not colours and slug(words) in colour.NAMES:
        pens, colours = list(catalogue()), [slug(words)]
    for near in colours:
        pens = _nearest(pens, near)
    return pens


def differences(inks: list[str], other: str) -> list[float]:
    """Return the CIEDE2000 differences of colours from another one.

    Raises:
        InputError: if one of them is no colour.
    """
    lab = colour.linear_to_lab(colour.linear_of([*inks, other]))
    return [float(value) for value in colour.ciede2000(lab[:-1], lab[-1:])]


def _nearest(pens: list[CataloguePen], ink: str) -> list[CataloguePen]:
    far = differences([pen.colour for pen in pens], ink)
    return [pens[index] for index in sorted(range(len(pens)), key=far.__getitem__)[:NEAREST]]


def _other_names(pen: CataloguePen) -> Iterator[str]:
    """Yield a pen's other names: its colour's, and its size."""
    size = pen.code.removesuffix(slug(pen.number or pen.name))
    if pen.number:
        yield size + slug(pen.name)
    if size:
        yield size.rstrip("-")


def has_beginnings(names: Iterable[str], parts: Iterable[str]) -> bool:
    """Return whether each part is the beginning of a word in the names."""
    words = slug(" ".join(names)).split("-")
    return all(any(word.startswith(part) for word in words) for part in parts)


Value = Literal["name", "nominal", "width", "colour", "opacity"]
Opacity = Literal["transparent", "semi", "opaque"]
_VALUES: tuple[Value, ...] = ("name", "nominal", "width", "colour", "opacity")
_Width = Annotated[float, Field(gt=0, le=WIDEST)]


class Origin(BaseModel):
    """The source of a value, and its confidence.

    Attributes:
        source: in words.
        confidence: high: the maker says so, or it can be read on the pen. medium: an owner says so.
            low: an estimate, or sources that disagree.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    confidence: Literal["high", "medium", "low"]


@dataclass(frozen=True)
class CataloguePen:
    """A pen as it is sold, with nominal values.

    Attributes:
        key: of its range, such as 'stabilo88'.
        maker: its maker.
        range: the maker's name of the range.
        size: the maker's name of its size, if the range has several; else ''.
        code: what follows the range's key in its reference.
        number: the maker's number of its colour, such as '46'; else ''.
        name: the maker's name of its colour.
        nominal: width in mm by its name, of the line or of the point or ball.
        width: of the line it draws, in mm.
        colour: of its ink on white paper, '#rrggbb'.
        opacity: transparent, semi or opaque.
        origins: of name (with code and number), nominal, width, colour and opacity.
    """

    key: str
    maker: str
    range: str
    size: str
    code: str
    number: str
    name: str
    nominal: float
    width: float
    colour: str
    opacity: Opacity
    origins: Mapping[Value, Origin]

    @property
    def reference(self) -> str:
        """Its reference: 'stabilo88:46'."""
        return f"{self.key}:{self.code}"

    @property
    def label(self) -> str:
        """Its name in files and lists: 'Stabilo point 88 46 black'."""
        words = (self.maker, self.range, self.size, self.number, self.name)
        return " ".join(word for word in words if word)

    @property
    def pen(self) -> Pen:
        """The pen to draw with."""
        return Pen(
            name=self.label, colour=self.colour, width=self.width, opacity=OPACITY[self.opacity]
        )


def slug(name: str) -> str:
    """Return a name as it is typed: 'light-blue' for 'Light Blue' and 'light_blue'."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


class _Values(BaseModel):
    """Values of a range, which its sizes and pens may override."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    nominal: _Width | None = None
    width: _Width | None = None
    opacity: Opacity | None = None
    origin_of: dict[Value, str] = Field(default_factory=dict, alias="from")


class _Size(_Values):
    name: str = ""


def _check_known(ink: str) -> str:
    if ink == LEARNED:
        raise ValueError("a pen that is sold has a colour")
    return ink


class _Row(_Values):
    code: str = Field(pattern=r"^[\w-]+$")
    name: str = Field(min_length=1)
    colour: Annotated[Ink, AfterValidator(_check_known)]
    sizes: tuple[str, ...] = ()


class _Range(_Values):
    maker: str
    range: str
    sizes: dict[str, _Size] = Field(default_factory=dict)
    origins: dict[str, Origin]
    pens: tuple[_Row, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_names(self) -> _Range:
        for values in (self, *self.sizes.values(), *self.pens):
            for origin in values.origin_of.values():
                if origin not in self.origins:
                    raise ValueError(f"there is no origin {origin!r}")
        for row in self.pens:
            for size in row.sizes:
                if size not in self.sizes:
                    raise ValueError(f"{row.name}: there is no size {size!r}")
        return self


def read_range(key: str, text: str) -> tuple[CataloguePen, ...]:
    """Return the pens of a range's file.

    Raises:
        ValueError: if a value is wrong or missing, or two pens have one code.
    """
    table: Any = tomllib.loads(text)
    range_ = _Range.model_validate(table)
    pens = tuple(
        _make(key, range_, row, size) for row in range_.pens for size in row.sizes or (None,)
    )
    codes = [pen.code for pen in pens]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise ValueError(f"{key}: there are two pens {twice!r}")
    return pens


def _make(key: str, range_: _Range, row: _Row, size: str | None) -> CataloguePen:
    """Return one pen; its own values win over those of its size, then of its range."""
    of_size = range_.sizes[size] if size else _Size()
    layers: tuple[_Values, ...] = (range_, of_size, row)
    values: dict[str, Any] = {}
    origin_of: dict[Value, str] = {}
    for layer in layers:
        values |= layer.model_dump(include={"nominal", "width", "opacity"}, exclude_none=True)
        origin_of |= layer.origin_of
    try:
        origins = {value: range_.origins[origin_of[value]] for value in _VALUES}
        return CataloguePen(
            key=key,
            maker=range_.maker,
            range=range_.range,
            size=(of_size.name or size) if size else "",
            code="-".join(filter(None, (size, row.code.lower()))),
            number="" if row.code == slug(row.name) else row.code,
            name=row.name,
            colour=row.colour,
            origins=origins,
            **{word: values[word] for word in ("nominal", "width", "opacity")},
        )
    except KeyError as error:
        raise ValueError(f"{key} {row.name}: nothing is said of its {error.args[0]}") from error
