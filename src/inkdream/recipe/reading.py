"""Recipes from files, flags and `--set`, and what is wrong with them in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from inkdream.errors import InputError, problem_of, shorten, unknown
from inkdream.recipe.carry import read_recipe
from inkdream.recipe.defaults import with_shape
from inkdream.recipe.files import beside, change_files, change_networks
from inkdream.recipe.keep import with_kept
from inkdream.recipe.recipe import Recipe
from inkdream.toml import parse_toml
from inkdream.wording import shell_word


def assemble(file: Path | None, flags: Mapping[str, Any], settings: Sequence[str]) -> Recipe:
    """Return the recipe of a file, overridden by flags' keys, overridden by 'key=value' settings.

    Raises:
        InputError: if anything in them cannot be; says which key, and what is nearest.
    """
    recipe = validate(table_of(file, flags, settings), str(file) if file else "")
    return recipe.located(file.parent) if file else recipe


def table_of(
    file: Path | None, flags: Mapping[str, Any], settings: Sequence[str]
) -> dict[str, Any]:
    """Return the table that `assemble` makes a recipe of: what was given, with no defaults.

    Its files are named as seen from the file's folder, but for networks', which have whole paths.

    Raises:
        InputError: if the file is no TOML, or a setting is none.
    """
    # Flags name files as seen from where one stands, a recipe as seen from where it lies.
    given = change_files(flags, beside(Path())) if file else flags
    own = change_networks(read_recipe(file), beside(file.parent)) if file else {}
    table = {**own, **given}
    if isinstance(table.get("page"), str):
        table["page"] = {"size": table["page"]}
    for word in settings:
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"--set {shorten(word)!r}: write key=value, as in views.count=4")
        path = key.strip().split(".")
        _put(table, path, _set_value(path, _value_of(value.strip()), is_beside=bool(file)))
    place = beside(file.parent if file else Path())
    table = with_shape(with_kept(table, place), place)
    # Networks' files stay where they are: whole paths name them from the run's folder too.
    return change_networks(table, beside(Path()))


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


def use_of(key: str, *, areas: bool) -> str:
    """Return why a key changes nothing in a drawing; "" if it changes something.

    >>> use_of("pixels.merge", areas=False)
    'is for areas of ink (--medium pixels), not for strokes'

    Args:
        key: with dots.
        areas: whether the drawing has areas of ink; else lines.
    """
    model: type[BaseModel] = Recipe
    is_for, instead = "", ""
    for name in key.split("."):
        field = model.model_fields.get(name)
        if field is None:
            return ""
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
            is_for = getattr(model, "is_for", "")
        elif isinstance(field.json_schema_extra, dict):
            is_for, instead = (str(field.json_schema_extra[key]) for key in ("is_for", "instead"))
    if is_for in ("", "areas" if areas else "lines"):
        return ""
    return instead or (
        "is for strokes, not for areas of ink (--medium pixels)"
        if areas
        else "is for areas of ink (--medium pixels), not for strokes"
    )


def split_inks(words: str) -> int | list[str]:
    """Return what `--inks` says: '4' -> 4; '#fff,crimson,?' -> ['#fff', 'crimson', '?']."""
    words = words.strip()
    if words.lstrip("-").isdecimal():
        return int(words)
    return [word.strip() for word in words.split(",")]


def split_weight(word: str, key: str, **more: Any) -> dict[str, Any]:
    """Return the table of a term that a flag names, with or without a weight.

    >>> split_weight("loom/conv4_1/17:0.5", "target")
    {'target': 'loom/conv4_1/17', 'weight': 0.5}

    Args:
        word: what was given; a number behind its last colon is the weight.
        key: the key that the rest is for.
        more: keys that the flag stands for; a weight among them is a factor.

    Raises:
        InputError: if a target's weight is no number.
    """
    rest, colon, number = word.rpartition(":")
    factor = float(more.pop("weight", 1.0))
    try:
        weight = float(number) if colon else 1.0
    except ValueError:
        # Layers' names may have colons in them, before the channel: net/act:0/17.
        if key == "target" and "/" not in number:
            raise InputError(
                f"{shorten(word)!r}: {number!r} is no weight; write a number"
            ) from None
        # A colon in a sentence, or in the name of a file.
        rest, colon, weight = word, "", 1.0
    table = {**more, key: (rest if colon else word).strip()}
    return table if weight * factor == 1.0 else {**table, "weight": weight * factor}


def split_networks(
    words: Sequence[str], more: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """Return the tables of the networks that `--network` names: NAME=SOURCE, or SOURCE alone.

    >>> split_networks(["nets/birds.pt2"])
    [{'name': 'birds', 'source': 'nets/birds.pt2'}]

    Args:
        words: what `--network` says.
        more: other keys of the network's table, each with the value of the flag of its name.

    Raises:
        InputError: if there are such flags, but not one network that they can be for.
    """
    tables = []
    for word in words:
        name, equals, source = word.partition("=")
        if not equals:
            name, source = re.split(r"[/\\:]", word.removesuffix(".pt2"))[-1], word
        tables.append({"name": name, "source": source})
    if not more:
        return tables
    key = next(iter(more))
    if not tables:
        raise InputError(f"--{key}: there is no network that it is for; --network gives one")
    if len(tables) > 1:
        raise InputError(f"--{key}: there are several networks; say each one's in a recipe")
    return [{**tables[0], **more}]


def split_shares(words: str) -> dict[str, float]:
    """Return the shares that words name: 'black:0.2,red:0.05'.

    Raises:
        InputError: if something has no share, or two.
    """
    shares: dict[str, float] = {}
    for word in words.split(","):
        name, _, number = (part.strip() for part in word.rpartition(":"))
        try:
            share = float(number)
        except ValueError:
            name = ""
        if not name:
            raise InputError(f"{shorten(word)!r}: write a name and a share, as in black:0.2")
        if name in shares:
            raise InputError(f"{shorten(name)!r} has two shares; give it one")
        shares[name] = share
    return shares


def _value_of(text: str) -> Any:
    """Return a TOML value; a word that is none stands for itself."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text


def _set_value(path: Sequence[str], value: Any, *, is_beside: bool) -> Any:
    """Return the value of a setting; of a file beside another, with its whole path."""
    if not is_beside:
        return value
    for key in reversed(path):
        value = {key: value}
    changed: Any = change_files(value, beside(Path()))
    for key in path:
        changed = changed[key]
    return changed


def _put(table: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        inner = table.get(key, {})
        if not isinstance(inner, dict):
            raise InputError(f"{'.'.join(path)}: {key} holds no settings of its own")
        # A copy: the table of a file must stay as it is.
        table[key] = dict(inner)
        table = table[key]
    table[path[-1]] = value


def _explain(error: Any, where: str) -> InputError:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return InputError(f"{where}{unknown('recipe key', '.'.join(place), _keys())}")
    message = problem_of(error)
    name = ".".join(place)
    value = "" if isinstance(error["input"], dict) else f" = {shorten(str(error['input']), 40)}"
    return InputError(f"{where}{name}{value}: {message}" if name else f"{where}{message}")


def _keys(model: type[BaseModel] = Recipe, before: str = "") -> list[str]:
    """Return every key that a recipe may have, with dots."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind, key = field.annotation, before + (field.alias or name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _keys(kind, f"{key}.")
        else:
            keys.append(key)
    return keys


def drawing_at(path: Path, *, areas: bool | None = None) -> Path:
    """Return the file that a path stands for: of a run's folder, its drawing, finished or not.

    Args:
        path: of a file or a folder.
        areas: whether a run's picture is meant, or else its lines; by default what it is drawn in.

    Raises:
        InputError: if a folder is no run's, or nothing is drawn there yet.
    """
    if not path.is_dir():
        return path
    if not (path / "recipe.toml").is_file():
        raise InputError(f"{path}: is no run's folder (it has no recipe.toml)")
    word = "drawing" if areas is None else "drawing.png" if areas else "drawing.svg"
    if areas is None:
        areas = assemble(path / "recipe.toml", {}, []).has_areas
    drawing = path / ("drawing.png" if areas else "drawing.svg")
    if not drawing.is_file():
        raise InputError(
            f"{path}: has no {word} yet; go on with inkdream resume {shell_word(path)}"
        )
    return drawing
