"""Recipes for the page: checked, put into new runs, and read from those that are there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from inkdream.errors import InputError, RunError, first_place, first_problem, shorten
from inkdream.page import MOST_PIXELS
from inkdream.pictures import open_picture, size_of
from inkdream.recipe import Recipe, assemble, folder_name, title_of, validate
from inkdream.recipe.carry import read_recipe
from inkdream.recipe.defaults import with_shape
from inkdream.recipe.essentials import essential
from inkdream.recipe.files import AT_TOP, beside, change_files
from inkdream.recipe.inputs import keep_inputs, read_inputs
from inkdream.recipe.keep import with_kept
from inkdream.storage import CERTIFICATE, CERTIFICATE_MD, EVENTS, RECIPE, new_folder, write_whole
from inkdream.studio.places import Places, run_id
from inkdream.toml import parse_toml

# Of a run's events the page draws a line; more points than px say nothing.
MOST_POINTS = 400
MOST_TEXT = 2**23
# Files by what they begin with, and the ending that they get.
_PICTURES = {
    b"\x89PNG": "png",
    b"\xff\xd8": "jpg",
    b"GIF8": "gif",
    b"RIFF": "webp",
    b"BM": "bmp",
    b"II*\0": "tif",
    b"MM\0*": "tif",
}
_HEAD = 4096


def check(
    folder: str,
    table: Mapping[str, Any] | None = None,
    toml: str | None = None,
    *,
    networks: Sequence[Mapping[str, Any]] = (),
    allow_code: bool = False,
) -> dict[str, Any]:
    """Return what a recipe from the page will draw, or what is wrong with it first.

    Args:
        folder: of the runs.
        table: the recipe as a table; or else
        toml: as text.
        networks: tables of those of the user's own that were named when the studio was started.
        allow_code: whether the page may name others.
    """
    table, toml, problem = _read(table, toml)
    if table is None:
        return {"ok": False, "error": problem, "key": "", "toml": toml}
    given = {"table": table, "toml": toml}
    try:
        recipe = _recipe(Places(Path(folder)), table, networks, allow_code=allow_code)
    except InputError as error:
        return {"ok": False, "error": str(error), "key": _key_of(error), **given}
    return {"ok": True, **given, **_about(recipe)}


def prepare(
    folder: str,
    table: Mapping[str, Any] | None = None,
    toml: str | None = None,
    *,
    networks: Sequence[Mapping[str, Any]] = (),
    allow_code: bool = False,
) -> str:
    """Make the folder of a new run with its recipe and its inputs; return the folder's name.

    What a process is needed for is left to `inkdream resume`, which begins a run that has no
    checkpoint yet.

    Raises:
        InputError, RunError: if it cannot be; then no folder is left behind.
    """
    places = Places(Path(folder))
    table, _, problem = _read(table, toml)
    if table is None:
        raise InputError(problem)
    recipe = _recipe(places, table, networks, allow_code=allow_code)
    inputs = read_inputs(recipe)
    new = new_folder(places.folder, folder_name(recipe))
    try:
        write_whole(new / RECIPE, keep_inputs(recipe, inputs, new).to_toml())
    except RunError:
        shutil.rmtree(new)
        raise
    return new.name


def describe(folder: str) -> dict[str, Any]:
    """Return all that the page shows of a run beside its pictures.

    Args:
        folder: the run's.

    Raises:
        InputError: if its recipe cannot be read.
    """
    path = Path(folder)
    recipe = assemble(path / RECIPE, {}, [])
    table = change_files(essential(recipe), lambda name: f"run:{run_id(path.name)}/{name}")
    return {
        **_about(recipe),
        "table": table,
        "toml": tomli_w.dumps(table),
        "certificate": _json_of(path / CERTIFICATE),
        "certificate_md": _text_of(path / CERTIFICATE_MD),
        "scores": _scores(path / EVENTS),
    }


def titles(folders: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return title and medium of runs by the names of their folders; what is damaged has none."""
    about = {}
    for folder in folders:
        try:
            recipe = assemble(Path(folder) / RECIPE, {}, [])
        except InputError:
            continue
        about[Path(folder).name] = {"title": title_of(recipe), "medium": recipe.medium}
    return about


def look_at(path: str) -> dict[str, Any]:
    """Return what an upload is: its kind and ending, its size, and the recipe that it carries.

    Raises:
        InputError: if it is none of what a drawing can be made of, or too large to be decoded.
    """
    file = Path(path)
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    ending = next((ending for begin, ending in _PICTURES.items() if head.startswith(begin)), "")
    table = None
    with suppress(InputError):
        table = read_recipe(file)
        # Its files are looked for when it is drawn.
        validate({key: value for key, value in table.items() if key not in AT_TOP})
    if ending:
        return {"kind": "picture", "ending": ending, **_picture(file), "table": table}
    no_size = {"width": None, "height": None, "table": table}
    if b"<svg" in head or head.lstrip()[:5] == b"<?xml":
        return {"kind": "svg", "ending": "svg", **no_size}
    if table is None:
        raise InputError("this is no picture, no SVG and no recipe")
    return {"kind": "recipe", "ending": "toml", **no_size}


def _picture(file: Path) -> dict[str, Any]:
    """Return a picture's size in px, of one that can be decoded."""
    height, width = size_of(file)
    if width * height > MOST_PIXELS:
        raise InputError(f"{width} x {height} px: a picture has at most {MOST_PIXELS:,} px")
    open_picture(file)
    return {"width": width, "height": height}


def _read(
    table: Mapping[str, Any] | None, toml: str | None
) -> tuple[dict[str, Any] | None, str, str]:
    """Return a recipe as a table and as text; no table, but what is wrong, if the text is none."""
    if toml is None:
        return dict(table or {}), tomli_w.dumps(_without_nothing(table or {})), ""
    try:
        return parse_toml(toml), toml, ""
    except ValueError as error:
        return None, toml, f"this is no TOML ({shorten(str(error), 120)})"


def _without_nothing(value: Any) -> Any:
    """Return a table without what JSON has and TOML has not: keys that say nothing."""
    if isinstance(value, Mapping):
        return {key: _without_nothing(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nothing(each) for each in value if each is not None]
    return value


def _recipe(
    places: Places,
    table: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    *,
    allow_code: bool,
) -> Recipe:
    """Return the recipe of a table from the page.

    Raises:
        InputError: if it cannot be, or names what the page may not name.
    """
    table = _without_nothing(table)
    if not allow_code:
        _refuse_code(table)
    table = change_files(table, places.file)
    if isinstance(table.get("page"), str):
        table["page"] = {"size": table["page"]}
    asked = {str(term.get("target", "")).partition("/")[0] for term in _terms(table)}
    own = [dict(network) for network in networks if network["name"] in asked]
    if own:
        table["networks"] = [*table.get("networks", ()), *own]
    place = beside(Path())
    return validate(with_shape(with_kept(table, place), place))


def _refuse_code(table: Mapping[str, Any]) -> None:
    """Raise InputError for what would run, or read, what the page names."""
    if table.get("networks"):
        raise InputError(
            "networks: this studio takes those that it was started with; "
            "inkdream studio --network SOURCE names one, --allow-code takes any"
        )
    if any("model" in term for term in _terms(table)):
        raise InputError("model: inkdream studio --allow-code takes other models of words")


def _terms(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    terms = table.get("terms")
    return [term for term in terms if isinstance(term, dict)] if isinstance(terms, list) else []


def _key_of(error: InputError) -> str:
    """Return the key that an error is about, with dots; "" if it is about no single one."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        if key := first_place(cause):
            return key
        # Rules that look at several keys begin with the one that they are about.
        word = first_problem(cause).partition(":")[0].partition(" ")[0]
        return word if word.partition(".")[0] in Recipe.model_fields else ""
    word = str(error).partition(":")[0]
    return word if word in Recipe.model_fields else ""


def _about(recipe: Recipe) -> dict[str, Any]:
    page = recipe.page
    rows, columns = recipe.size
    return {
        "title": title_of(recipe),
        "steps": recipe.steps,
        "medium": recipe.medium,
        "pixels": {"width": columns, "height": rows},
        "page": {"width": page.width, "height": page.height, "margin": page.margin},
        "paper": recipe.paper,
        "pens": [
            {
                "name": pen.name,
                "colour": pen.colour,
                "width": pen.width,
                "opacity": pen.opacity,
            }
            for pen in recipe.pens
        ],
        "inks": list(recipe.inks),
    }


def _scores(path: Path) -> list[dict[str, Any]]:
    """Return a run's scores over its steps; what cannot be read is left out."""
    points: list[dict[str, Any]] = []
    before = 0
    for line in (_text_of(path) or "").splitlines():
        try:
            point = _event(line)
        except (ValueError, KeyError, TypeError):
            continue
        if points and points[-1]["stage"] != point["stage"]:
            # Stages count their steps from 0; the page counts the run's.
            before = points[-1]["step"] + 1
        points.append({**point, "step": before + point["step"]})
    every = -(-len(points) // MOST_POINTS) or 1
    return points[::-every][::-1]


def _event(line: str) -> dict[str, Any]:
    """Return stage, step, score and strict score of a line of `events.jsonl`."""
    event = json.loads(line)
    strict = event["score_strict"]
    return {
        "stage": str(event["stage"]),
        "step": int(event["index"]),
        "score": float(event["total"]),
        "strict": None if strict is None else float(strict),
    }


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size < MOST_TEXT else None
    except (OSError, ValueError):
        return None


def _json_of(path: Path) -> Any:
    try:
        return json.loads(_text_of(path) or "null")
    except (ValueError, RecursionError):
        return None
