"""Earlier runs, where a recipe names their folder instead of a file."""

from __future__ import annotations

import shlex
from pathlib import Path

from inkdream.errors import InputError
from inkdream.recipe.words import assemble


def found(path: Path) -> Path:
    """Return the file that a path stands for: of a run's folder, its drawing, finished or not.

    Raises:
        InputError: if a folder is no run's, or nothing is drawn there yet.
    """
    if not path.is_dir():
        return path
    if not (path / "recipe.toml").is_file():
        raise InputError(f"{path}: is no run's folder (it has no recipe.toml)")
    recipe = assemble(path / "recipe.toml", {}, [])
    drawing = path / ("drawing.svg" if recipe.medium == "strokes" else "drawing.png")
    if not drawing.is_file():
        raise InputError(
            f"{path}: has no drawing yet; go on with inkdream resume {shlex.quote(str(path))}"
        )
    return drawing
