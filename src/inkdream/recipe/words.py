"""Recipes from files, flags and `--set`, and what is wrong with them in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from inkdream.errors import InputError, shorten, unknown
from inkdream.recipe.recipe import Recipe

MOST_BYTES = 2**20


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
    if isinstance(table.get("page"), str):
        table["page"] = {"size": table["page"]}
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
