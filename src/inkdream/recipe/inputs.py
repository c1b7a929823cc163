"""A run's own copies of the files that its recipe names."""

from __future__ import annotations

from pathlib import Path

from inkdream.errors import InputError, RunError
from inkdream.recipe.reading import assemble, drawing_at
from inkdream.recipe.recipe import Recipe
from inkdream.storage import PLOTTED, RECIPE, SVG, write_whole

FOLDER = "inputs"
_OF_DRAWING = {"medium", "width", "height", "inks", "pens", "pick", "paper", "page", "finish"}
MOST_BYTES = 2**29


# The content of each file, by its name; of an input that is a folder, several.
Contents = dict[str, bytes]


def read_inputs(recipe: Recipe) -> dict[str, Contents]:
    """Return the content of every file that a recipe names, by the name that it has there.

    Of a run whose ink stays, its drawing and what its recipe says of it are read.

    Raises:
        InputError: if one cannot be read.
    """
    return {name: _contents(recipe, name) for name in recipe.files}


def keep_inputs(recipe: Recipe, contents: dict[str, Contents], folder: Path) -> Recipe:
    """Write what `read_inputs` read into a run's folder; return the recipe that names it there.

    Raises:
        RunError: if the folder cannot be written.
    """
    if not contents:
        return recipe.located(folder)
    kept = {}
    for number, (name, files) in enumerate(contents.items(), 1):
        # Each has a folder of its own, and its own name: terms go by it.
        place = f"{FOLDER}/{number}"
        is_run = RECIPE in files
        kept[name] = place if is_run else f"{place}/{next(iter(files))}"
        for file, content in files.items():
            path = folder / place / file
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error
            write_whole(path, content)
    return recipe.with_files(kept).located(folder)


def _contents(recipe: Recipe, name: str) -> Contents:
    path = recipe.file(name)
    if name != recipe.keep.source or not path.is_dir():
        drawing = drawing_at(path)
        return {drawing.name: _read(drawing)}
    drawing = drawing_at(path, areas=recipe.has_areas)
    files = {RECIPE: _outline(path).encode(), drawing.name: _read(drawing)}
    if recipe.has_areas and recipe.keep.plotted:
        lines = drawing_at(path, areas=False)
        files[lines.name] = _read(lines)
    if SVG in files and (path / PLOTTED).is_file():
        files[PLOTTED] = _read(path / PLOTTED)
    return files


def _outline(folder: Path) -> str:
    """Return what a run's recipe says of its drawing: nothing of how it was found."""
    recipe = assemble(folder / RECIPE, {}, [])
    table = recipe.model_dump(include=_OF_DRAWING)
    table["pens"] = [{**pen, "where": ""} for pen in table["pens"]]
    table["plot"] = {"machine": recipe.plot.machine, "spacing": recipe.plot.spacing}
    return Recipe.model_validate(table).to_toml()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: is too large ({path.stat().st_size / 2**20:,.0f} MiB)")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
