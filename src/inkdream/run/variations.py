"""Variations: several drawings of one recipe, each unlike those before it, one run after the other.

Each variation is a run in its own folder. Its recipe has the variation's number and, as its last
term, the drawings it must differ from. So the next variation depends only on the folder of the
last, and the same recipe always makes the same drawings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkdream import pictures
from inkdream import recipe as recipes
from inkdream.errors import InputError, RunError
from inkdream.recipe import Recipe, TermRecipe, folder_name
from inkdream.recipe.files import change_files
from inkdream.recipe.reading import drawing_at
from inkdream.recipe.terms import Unlike
from inkdream.run.contact_sheet import join_tiles
from inkdream.run.run import Run
from inkdream.storage import DRAWING, RECIPE, write_whole

# In which layer drawings are to differ where no term looks at one with places.
USUAL_LAYER = "loom/conv3_3"
# How much it counts to be unlike the drawings before, beside all other terms: in loom, variations
# keep 80 to 90 % of a neuron's score then.
DIFFERENCE = 2.0
# Longest side in px of a drawing on the sheet of all.
TILE = 320


def begin(recipe: Recipe, parent: Path) -> Run:
    """Return a new run of a recipe; of a variation, its existing run if there is one.

    Args:
        recipe: what to draw.
        parent: the folder of runs.

    Raises:
        InputError, RunError: as `Run.create` and `Run.open` do.
    """
    folder = _existing(recipe, parent) if recipe.variations > 1 else None
    return Run.open(folder) if folder else Run.create(recipe, parent)


def following(run: Run) -> Recipe | None:
    """Return the recipe of the variation after a finished run; None after the last.

    It has the next seed and a term `unlike` all drawings so far, in the first layer that a term
    uses.
    """
    recipe = run.recipe
    if recipe.variation >= recipe.variations:
        return None
    whole = {name: str(recipe.file(name).absolute()) for name in recipe.files}
    recipe = recipe.with_files(whole)
    terms, earlier = _parted(recipe)
    unlike = {
        "kind": "unlike",
        "target": _layer(run),
        "weight": DIFFERENCE * sum(abs(term.weight) for term in terms) or DIFFERENCE,
        "pictures": [*earlier, str((run.folder / DRAWING).absolute())],
    }
    change = {"seed": (recipe.seed + 1) % 2**63, "variation": recipe.variation + 1}
    asked = [term.model_dump() for term in terms]
    return recipes.validate({**recipe.model_dump(), **change, "terms": [*asked, unlike]})


def write_sheet(run: Run) -> Path:
    """Write a contact sheet of all variations next to the folder of the last; return its path.

    Raises:
        RunError: if it cannot be written.
    """
    _, earlier = _parted(run.recipe)
    files = [*map(run.recipe.file, earlier), run.folder / DRAWING]
    try:
        tiles = [_tile(path) for path in files]
    except (OSError, InputError) as error:
        raise RunError(f"{run.folder}: its sheet of variations cannot be made ({error})") from error
    content = pictures.rgb_png(join_tiles(list(enumerate(tiles, 1))))
    name, count = re.subn(r"-v\d+((-\d+)?)$", r"-variations\1", run.folder.resolve().name)
    return _write_new(run.folder.parent, name if count else f"{name}-variations", content)


def _parted(recipe: Recipe) -> tuple[Sequence[TermRecipe], Sequence[str]]:
    """Return the recipe's own terms, and the pictures of the `unlike` term that was added."""
    last = recipe.terms[-1]
    if recipe.variation > 1 and isinstance(last, Unlike):
        return recipe.terms[:-1], last.pictures
    return recipe.terms, ()


def _layer(run: Run) -> str:
    """Return the full name of the first spatial layer that a term uses."""
    for term in run.session.objective.terms:
        for full_name in term.layers:
            name, _, layer = full_name.partition("/")
            if run.session.networks[name].layer(layer).stride:
                return full_name
    return USUAL_LAYER


def _existing(recipe: Recipe, parent: Path) -> Path | None:
    """Return the folder of a run of the same recipe and the same input files; None without one."""
    try:
        wanted = _fingerprint(recipe)
    except (InputError, OSError):
        return None  # creating the run raises the error
    for folder in sorted(parent.glob(f"{folder_name(recipe)}*")):
        try:
            if _fingerprint(recipes.assemble(folder / RECIPE, {}, [])) == wanted:
                return folder
        except (InputError, OSError):
            continue  # not a run, or a damaged one
    return None


def _fingerprint(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe's table with the digest of each file in place of its name."""

    def content(path: str) -> str:
        areas = recipe.has_areas if path == recipe.keep.source else None
        drawing = drawing_at(recipe.file(path), areas=areas)
        return hashlib.sha256(drawing.read_bytes()).hexdigest()

    return change_files(recipe.model_dump(mode="json"), content)


def _tile(path: Path) -> pictures.Bytes:
    picture = Image.fromarray(pictures.read_rgb(path))
    picture.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _write_new(parent: Path, name: str, content: bytes) -> Path:
    """Write a PNG under a name that is free; an identical file is kept."""
    number = 1
    while True:
        path = parent / (f"{name}.png" if number == 1 else f"{name}-{number}.png")
        if not path.exists():
            write_whole(path, content)
            return path
        if path.read_bytes() == content:
            return path
        number += 1
