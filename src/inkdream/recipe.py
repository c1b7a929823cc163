"""The recipe: everything a run is made from. Same recipe, same drawing.

Frozen, validated, TOML in and out. Flags, `--set` and files all end here; what is not said has
the defaults below. No torch here: a recipe can be read and checked at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from inkdream import colour
from inkdream.errors import InputError, shorten, unknown

MOST_INKS = 64
MOST_PIXELS = 2**26
MOST_BYTES = 2**20
LEARNED = "?"


def _check_ink(word: Any) -> str:
    """Return '?' or a colour as '#rrggbb'."""
    if not isinstance(word, str):
        raise ValueError(f"{word!r} is no colour; write '#c8102e', 'crimson' or '?' for learned")
    if word.strip() == LEARNED:
        return LEARNED
    try:
        return colour.to_hex(colour.parse(word.strip()))
    except InputError as error:
        raise ValueError(str(error)) from error


def _spell_out(inks: Any) -> Any:
    """Turn a number of inks into as many learned ones, and words with commas into a list."""
    if isinstance(inks, str):
        inks = split_inks(inks)
    if isinstance(inks, bool) or not isinstance(inks, int):
        return inks
    if not 2 <= inks <= MOST_INKS:
        raise ValueError(f"a drawing takes 2 to {MOST_INKS} inks")
    return [LEARNED] * inks


Ink = Annotated[str, BeforeValidator(_check_ink)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TermRecipe(_Part):
    """One thing to excite.

    `target` is `network/layer/channel` (a channel's mean), `network/layer/channel/x,y` (one unit,
    x and y as shares of the picture, or `centre`), `network/layer` (the whole layer, DeepDream),
    or `network/class/name` (a class).
    """

    target: str
    weight: float = 1.0


class ViewsRecipe(_Part):
    """How the picture is looked at in each step."""

    count: int = Field(1, ge=1, le=256, description="views a step")
    size: int = Field(256, ge=8, le=4096, description="largest height and width of a view in px")
    jitter: float = Field(8.0, ge=0, le=1024, description="largest shift in px")
    scale: float = Field(1.1, ge=1, le=8, description="largest zoom, in and out")
    rotation: float = Field(5.0, ge=0, le=180, description="largest turn in degrees")
    padding: Literal["mirror", "edge"] = Field(
        "mirror", description="what a view sees beyond the picture's edge"
    )


class SoftnessRecipe(_Part):
    """How softness falls: from start to end, then, from a share of the steps on, 0."""

    start: float = Field(1.0, gt=0, le=1, description="softness of the first step")
    end: float = Field(0.1, gt=0, le=1, description="softness of the last soft step")
    strict_from: float = Field(
        0.0, ge=0, le=1, description="share of the steps after which each mark has one ink"
    )

    @model_validator(mode="after")
    def _check_order(self) -> SoftnessRecipe:
        if self.end > self.start:
            raise ValueError(f"end ({self.end:g}) is above start ({self.start:g})")
        return self


class ClimbRecipe(_Part):
    """How fast to go."""

    rate: float = Field(0.15, gt=0, le=10, description="learning rate of the picture")
    study_rate: float = Field(0.15, gt=0, le=10, description="learning rate of studies in colour")
    ink_rate: float = Field(0.15, ge=0, le=10, description="learning rate of learned inks")
    warm_up: float = Field(0.05, ge=0, le=1, description="share of the steps to reach full rate")
    last_rate: float = Field(0.05, ge=0, le=1, description="factor of the rates at the end")
    leak: float = Field(0.1, ge=0, le=1, description="gradient through silent ReLUs at the start")
    leak_until: float = Field(0.1, ge=0, le=1, description="share of the steps with such a leak")
    study: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="share of the steps spent on a study in all colours, from "
        "which the inks and the first shapes are taken",
    )


class PixelsRecipe(_Part):
    """What a pixel drawing prefers."""

    decay: float = Field(1.0, ge=0, le=4, description="how much larger slow waves move than fast")
    tidiness: float = Field(
        0.3, ge=0, le=1e6, description="share of the score that a border at every px would cost"
    )
    crowding: float = Field(
        0.1, ge=0, le=1e6, description="share of the score that two equal inks would cost"
    )
    tidy_from: float = Field(
        1.0,
        ge=0,
        le=1,
        description="share of the steps after which specks are merged; 1 for never",
    )


class Recipe(_Part):
    """Everything a run is made from."""

    seed: int = Field(0, ge=0, lt=2**63, description="same seed and recipe, same drawing")
    steps: int = Field(300, ge=1, le=1_000_000, description="of the run, the study included")
    width: int = Field(256, ge=8, le=2**16, description="px")
    height: int = Field(256, ge=8, le=2**16, description="px")
    inks: Annotated[tuple[Ink, ...], BeforeValidator(_spell_out)] = (LEARNED,) * 4
    terms: tuple[TermRecipe, ...] = (TermRecipe(target="loom/conv4_1/17"),)
    compare: bool = Field(False, description="also climb without any limit on colours")
    views: ViewsRecipe = ViewsRecipe()
    softness: SoftnessRecipe = SoftnessRecipe()
    climb: ClimbRecipe = ClimbRecipe()
    pixels: PixelsRecipe = PixelsRecipe()

    @model_validator(mode="after")
    def _check_together(self) -> Recipe:
        if not 2 <= len(self.inks) <= MOST_INKS:
            raise ValueError(f"{len(self.inks)} inks; a drawing takes 2 to {MOST_INKS} inks")
        fixed = [ink for ink in self.inks if ink != LEARNED]
        twice = next((ink for ink in fixed if fixed.count(ink) > 1), None)
        if twice:
            raise ValueError(f"inks: {twice} is given twice")
        if not self.terms:
            raise ValueError("terms: nothing to excite; give at least one, such as loom/conv4_1/17")
        if self.width * self.height > MOST_PIXELS:
            raise ValueError(
                f"{self.width} x {self.height} px: a picture has at most {MOST_PIXELS:,} px"
            )
        return self

    def to_toml(self) -> str:
        """Return the recipe as a file, with everything filled in."""
        return tomli_w.dumps(self.model_dump(mode="json"))

    @property
    def slug(self) -> str:
        """A short name for a run's folder."""
        what = re.sub(r"[^A-Za-z0-9_.]+", "-", self.terms[0].target).strip("-.")[:60]
        return f"{what}-{len(self.inks)}inks-seed{self.seed}"


def read(path: Path) -> dict[str, Any]:
    """Return the table in a recipe file, not yet validated.

    Raises:
        InputError: if the file cannot be read or is no TOML.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: is too large for a recipe")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: is no TOML ({error})") from error


def assemble(file: Path | None, said: Mapping[str, Any], settings: Sequence[str]) -> Recipe:
    """Return the recipe of a file, overridden by `said`, overridden by 'key=value' settings.

    Raises:
        InputError: if anything in them cannot be; says which key, and what is nearest.
    """
    table = {**(read(file) if file else {}), **said}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"--set {shorten(setting)!r}: write key=value, as in views.count=4")
        _put(table, key.strip().split("."), _value_of(value.strip()))
    return validate(table, str(file) if file else "")


def validate(table: Mapping[str, Any], where: str = "") -> Recipe:
    """Return the recipe that a table describes.

    Raises:
        InputError: in one line, for the first thing that is wrong.
    """
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _explain(first, f"{where}: " if where else "") from error


def split_inks(words: str) -> int | list[str]:
    """Return what `--inks` says: '4' -> 4; '#fff,crimson,?' -> ['#fff', 'crimson', '?']."""
    words = words.strip()
    if words.lstrip("-").isdecimal():
        return int(words)
    return [word.strip() for word in words.split(",")]


def split_target(word: str) -> dict[str, Any]:
    """Return the term of 'loom/conv4_1/17' or, with a weight, 'loom/conv4_1/17:0.5'."""
    target, colon, weight = word.rpartition(":")
    if not colon:
        return {"target": word.strip()}
    return {"target": target.strip(), "weight": _value_of(weight.strip())}


def _value_of(text: str) -> Any:
    """Return a TOML value; a word that is none stands for itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(table: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        inner = table.get(key, {})
        if not isinstance(inner, dict):
            raise InputError(f"{'.'.join(path)}: {key} holds no settings of its own")
        # A copy: the table of a file is nobody's to change.
        table[key] = dict(inner)
        table = table[key]
    table[path[-1]] = value


def _explain(error: Any, where: str) -> InputError:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return InputError(f"{where}{unknown('recipe key', '.'.join(place), _keys())}")
    message = error["msg"].removeprefix("Value error, ")
    name = ".".join(place)
    said = "" if isinstance(error["input"], dict) else f" = {shorten(str(error['input']), 40)}"
    return InputError(f"{where}{name}{said}: {message}" if name else f"{where}{message}")


def _keys(model: type[BaseModel] = Recipe, before: str = "") -> list[str]:
    """Return every key that a recipe may have, with dots."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _keys(kind, f"{before}{name}.")
        else:
            keys.append(before + name)
    return keys
