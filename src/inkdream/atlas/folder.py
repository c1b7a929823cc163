"""The folder of an atlas: its tiles, what was asked for, how far it is, what failed.

    atlas/atlas.toml, status.json, failed.json
    atlas/runs/KEY/drawing.png, recipe.toml, tile.json

A tile is finished when its tile.json is there, which is written last.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w

from inkdream.errors import InputError, RunError
from inkdream.storage import (
    CHECKPOINT,
    SVG,
    sweep,
    try_writing,
    write_whole,
)
from inkdream.toml import read_toml

ATLAS, STATUS, FAILED, TILE, RUNS = "atlas.toml", "status.json", "failed.json", "tile.json", "runs"


def tile_folder(atlas: Path, key: str) -> Path:
    """Return the folder of a tile."""
    return atlas / RUNS / key


def is_done(atlas: Path, key: str, *, plots: bool = False) -> bool:
    """Return whether a tile is finished; with `plots`, whether its drawing.svg is there too."""
    folder = tile_folder(atlas, key)
    return (folder / TILE).is_file() and (not plots or (folder / SVG).is_file())


def check_place(atlas: Path) -> None:
    """Raise InputError if an atlas cannot be made in a folder; nothing is made."""
    is_other = atlas.is_dir() and any(atlas.iterdir()) and not (atlas / ATLAS).is_file()
    if is_other:
        raise InputError(f"{atlas}: is no atlas, and not empty; name another folder with --out")
    there = next(folder for folder in (atlas, *atlas.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise InputError(f"{there}: is a file, not a folder")
    if not os.access(there, os.W_OK):
        raise InputError(f"{atlas}: cannot be written (permission denied)")


def open_atlas(atlas: Path) -> None:
    """Make the folder of an atlas, or take the one that is there.

    Raises:
        InputError: if it cannot be written, or is some other folder.
    """
    check_place(atlas)
    try:
        (atlas / RUNS).mkdir(parents=True, exist_ok=True)
        try_writing(atlas)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{atlas}: is a file, not a folder") from error
    except OSError as error:
        raise InputError(f"{atlas}: cannot be written ({error.strerror or error})") from error


def check_atlas(atlas: Path) -> None:
    """Raise InputError if a folder is no atlas."""
    if not (atlas / RUNS).is_dir():
        raise InputError(f"{atlas}: is no atlas's folder (it has no {RUNS})")


def write_tile(atlas: Path, key: str, files: Mapping[str, bytes]) -> None:
    """Write the files of a finished tile, tile.json last; its checkpoint goes.

    Written twice, it is the same tile: each file is whole at any time.

    Raises:
        RunError: if the disk is full, or the folder cannot be written.
    """
    folder = tile_folder(atlas, key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written ({error.strerror or error})") from error
    for name in sorted(files, key=lambda name: name == TILE):
        write_whole(folder / name, files[name])
    for name in (CHECKPOINT, Path(CHECKPOINT).with_suffix(".json").name):
        (folder / name).unlink(missing_ok=True)
    sweep(folder)


def read_asked(atlas: Path) -> dict[str, Any]:
    """Return what atlas.toml holds; nothing if it is not there, or damaged."""
    with suppress(InputError):
        return read_toml(atlas / ATLAS, "an atlas")
    return {}


def write_asked(atlas: Path, asked: Mapping[str, Any]) -> None:
    """Write atlas.toml.

    Raises:
        RunError: if it cannot be written.
    """
    write_whole(atlas / ATLAS, tomli_w.dumps(asked))
