"""HPGL plotters and G-code profiles as data, from `devices.toml` and users' own files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inkdream.errors import InputError, first_place, first_problem, shorten, unknown
from inkdream.page import MM_PER, MOST_MM
from inkdream.toml import read_toml

Value = int | float | str

LONGEST_TEMPLATE = 2000

# What str.format may be asked for: no width that fills memory, nothing nested, no conversion.
_SPEC = re.compile(r"[<>^]?[+\- ]?0?\d{0,2}(\.\d{1,2})?[defgEFGs]?")
_NAME = re.compile(r"[A-Za-z_]\w{0,40}")

# The fields of each template, each with a value of its type. Those of a part are known in all that
# is inside it. Source: README of vpype-gcode 0.13; next_id and next_name are our own.
_DOCUMENT: dict[str, Value] = {"filename": "a"}
_LAYER: dict[str, Value] = {
    **_DOCUMENT,
    **dict.fromkeys(("x", "y"), 1.0),
    **dict.fromkeys(("ix", "iy", "index", "index1"), 1),
    **dict.fromkeys(("layer_index", "layer_index1", "layer_id"), 1),
    "vp_name": "a",
    "vp_color": "#000000",
    "vp_pen_width": 1.0,
}
_LINE: dict[str, Value] = {**_LAYER, "lines_index": 1, "lines_index1": 1}
_SEGMENT: dict[str, Value] = {
    **_LINE,
    **dict.fromkeys(("dx", "dy", "_x", "_y", "_dx", "_dy"), 1.0),
    **dict.fromkeys(("idx", "idy", "segment_index", "segment_index1"), 1),
}
FIELDS: dict[str, Mapping[str, Value]] = {
    "document_start": _DOCUMENT,
    "document_end": _DOCUMENT,
    "layer_start": _LAYER,
    "layer_end": _LAYER,
    "layer_join": {**_LAYER, "next_id": 1, "next_name": "a"},
    "line_start": _LINE,
    "line_end": _LINE,
    "line_join": _LINE,
    "segment_first": _SEGMENT,
    "segment": _SEGMENT,
    "segment_last": _SEGMENT,
    "comment": {"text": "a"},
    "pen_up": {},
    "pen_down": {},
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class HpglPaper(_Part):
    """A paper size of an HPGL plotter; devices.toml says what its keys mean."""

    name: str
    size: tuple[float, float]
    x: tuple[int, int]
    y: tuple[int, int]
    origin: tuple[float, float]
    park: tuple[int, int]
    ps: int | None = None
    note: str = ""


class HpglDevice(_Part):
    """An HPGL plotter; devices.toml says what its keys mean."""

    name: str
    title: str
    unit: float = Field(gt=0)
    pens: int = Field(gt=0)
    fastest: int = Field(gt=0)
    longest: int = Field(ge=40)
    corner: bool = False
    paper: tuple[HpglPaper, ...] = Field(min_length=1)


class GcodeProfile(_Part):
    """A G-code profile, in the template grammar of vpype-gcode.

    Attributes:
        name: its key.
        document_start, document_end, layer_start, layer_end, layer_join, line_start, line_end,
        line_join, segment_first, segment, segment_last: templates with fields such as {x:.3f}; see
            FIELDS. A join stands between two, and knows the first; `layer_join` also knows
            {next_id} and {next_name}, the next pen. None writes nothing, or for segment_first and
            segment_last what `segment` says.
        unit: of {x} and {y}; scale and offset (in that unit) come after it, then inverting about
            the drawing's own middle, then flipping about the page's.
        default_values: own fields, and those for which a plot has no value.
        info: one line for users.
        comment: how {text} is written as a comment.
        pen_up, pen_down: the commands that lift and lower the pen, needed to read back what is
            drawn. Without them only the numbers are read back.
        travel: width and height in mm that the machine reaches; None if unknown.
    """

    name: str
    document_start: str | None = None
    document_end: str | None = None
    layer_start: str | None = None
    layer_end: str | None = None
    layer_join: str | None = None
    line_start: str | None = None
    line_end: str | None = None
    line_join: str | None = None
    segment_first: str | None = None
    segment: str | None = None
    segment_last: str | None = None
    unit: str = "mm"
    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = Field(0.0, ge=-MOST_MM, le=MOST_MM)
    offset_y: float = Field(0.0, ge=-MOST_MM, le=MOST_MM)
    invert_x: bool = False
    invert_y: bool = False
    horizontal_flip: bool = False
    vertical_flip: bool = False
    default_values: dict[str, Value] = {}
    info: str = ""
    comment: str = "({text})\n"
    pen_up: str | None = None
    pen_down: str | None = None
    travel: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _check(self) -> GcodeProfile:
        if self.unit not in MM_PER:
            raise ValueError(str(unknown("unit", self.unit, MM_PER)))
        for scale in (self.scale_x, self.scale_y):
            if not 1e-6 <= abs(scale) <= 1e6:
                raise ValueError(f"a scale of {scale:g} is none: 1e-6 to 1e6")
        for key in self.default_values:
            if not _NAME.fullmatch(key):
                raise ValueError(f"default_values: {shorten(key)!r} is no name for a field")
        for key, fields in FIELDS.items():
            template = getattr(self, key)
            if template is not None:
                _check_template(key, template, {**self.default_values, **fields})
        if (self.pen_up is None) != (self.pen_down is None):
            raise ValueError("give pen_up and pen_down, or neither")
        return self

    @property
    def names_pens(self) -> bool:
        """Whether it writes the names of pens."""
        texts = (getattr(self, key) or "" for key in FIELDS)
        return any("{vp_name" in text or "{next_name" in text for text in texts)

    @property
    def mm(self) -> float:
        """Mm per unit."""
        return MM_PER[self.unit]


def _check_template(key: str, template: str, fields: Mapping[str, Value]) -> None:
    """Raise ValueError unless `template` uses only these fields.

    str.format reaches attributes and items ('{x.__class__}'), so a field must be one known name,
    with a short format that fits its type.
    """
    if len(template) > LONGEST_TEMPLATE:
        raise ValueError(f"{key}: is longer than {LONGEST_TEMPLATE:,} characters")
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{key}: {error} in {shorten(template)!r}") from error
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in fields:
            raise ValueError(f"{key}: {unknown('field', name, fields)}")
        if conversion or not _SPEC.fullmatch(spec or ""):
            raise ValueError(f"{key}: {{{name}}} has a format that is not allowed; write {{x:.4f}}")
        try:
            format(fields[name], spec or "")
        except ValueError as error:
            raise ValueError(f"{key}: {{{name}:{spec}}}: {error}") from error


def hpgl_device(name: str) -> HpglDevice:
    """Return the HPGL plotter of that name; 'HP 7475A' and 'hp7475a' are one.

    Raises:
        InputError: if there is none; names the nearest.
    """
    tables, word = _tables()["hpgl"], re.sub(r"[\s_-]", "", name.lower())
    if word not in tables:
        raise unknown("HPGL plotter", name, tables)
    return _make(HpglDevice, tables[word], word, f"devices.toml: {word}")


def gcode_profile(name: str) -> GcodeProfile:
    """Return the G-code profile of that name.

    Raises:
        InputError: if there is none; names the nearest.
    """
    tables, word = _tables()["gwrite"], name.strip().lower()
    if word not in tables:
        raise unknown("G-code profile", name, tables)
    return _make(GcodeProfile, tables[word], word, f"devices.toml: {word}")


def hpgl_names() -> tuple[str, ...]:
    """Return the names that `hpgl_device` knows."""
    return tuple(_tables()["hpgl"])


def gcode_names() -> tuple[str, ...]:
    """Return the names that `gcode_profile` knows."""
    return tuple(_tables()["gwrite"])


def read_profile(path: Path, name: str = "") -> GcodeProfile:
    """Return a profile from a user's own TOML file, such as vpype's configuration.

    Args:
        path: a file with tables [gwrite.NAME].
        name: which of them; optional if there is one, or if [gwrite] has a default_profile.

    Raises:
        InputError: if the file cannot be read, there is no such profile, or it is invalid.
    """
    section = read_toml(path, "a file of profiles").get("gwrite")
    section = section if isinstance(section, dict) else {}
    tables = {key: table for key, table in section.items() if isinstance(table, dict)}
    if not tables:
        raise InputError(f"{path}: has no profile; write [gwrite.mine] with its templates")
    usual = section.get("default_profile", next(iter(tables)) if len(tables) == 1 else "")
    name = name or str(usual)
    if name not in tables:
        raise InputError(f"{path}: {unknown('profile', name, tables)}")
    return _make(GcodeProfile, tables[name], name, f"{path}: {name}")


_Model = TypeVar("_Model", HpglDevice, GcodeProfile)


def _make(model: type[_Model], table: Mapping[str, Any], name: str, where: str) -> _Model:
    """Return a table's device or profile; raise InputError for its first mistake."""
    try:
        return model.model_validate({**table, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = first_place(error)
        if first["type"] == "extra_forbidden":
            raise InputError(f"{where}: {unknown('key', place, model.model_fields)}") from error
        raise InputError(
            f"{where}: {place}: {first_problem(error)}".replace(": : ", ": ")
        ) from error


@cache
def _tables() -> dict[str, Any]:
    text = (files("inkdream.formats") / "devices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
