"""A run's own copies of the files that its recipe names."""

from __future__ import annotations

from pathlib import Path

from inkdream.errors import InputError, RunError
from inkdream.recipe.reading import drawing_at
from inkdream.recipe.recipe import Recipe
from inkdream.storage import write_whole

FOLDER = "inputs"
MOST_BYTES = 2**29


def read_inputs(recipe: Recipe) -> dict[str, bytes]:
    """Return the content of every file that a recipe names, by the name that it has there.

    Raises:
        InputError: if one cannot be read.
    """
    return {name: _read(drawing_at(recipe.file(name))) for name in recipe.files}


def keep_inputs(recipe: Recipe, contents: dict[str, bytes], folder: Path) -> Recipe:
    """Write what `read_inputs` read into a run's folder; return the recipe that names it there.

    Raises:
        RunError: if the folder cannot be written.
    """
    if not contents:
        return recipe.located(folder)
    kept = {}
    for number, (name, content) in enumerate(contents.items(), 1):
        # Each has a folder of its own, and its own name: terms go by it.
        kept[name] = f"{FOLDER}/{number}/{drawing_at(recipe.file(name)).name}"
        path = folder / kept[name]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error
        write_whole(path, content)
    return recipe.with_files(kept).located(folder)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: is too large ({path.stat().st_size / 2**20:,.0f} MiB)")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
