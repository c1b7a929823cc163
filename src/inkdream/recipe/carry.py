"""Pictures and plots that carry their recipe: give one to `inkdream draw`, and it is drawn again.

A PNG has it in an iTXt chunk, a GIF in a comment, an SVG in its metadata, as TOML: only what was
asked for, with files and networks by their names.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from html import unescape
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

import tomli_w

from inkdream.errors import InputError, shorten
from inkdream.recipe.essentials import essential
from inkdream.recipe.files import ARCHIVE, change_files, change_networks, files_in
from inkdream.recipe.recipe import Recipe
from inkdream.toml import MOST_BYTES, parse_toml, read_toml

KEY = "inkdream-recipe"
_PNG, _GIF = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
# What else a run leaves and measures, and where it computes, is no part of its picture.
_BESIDE = ("outputs", "compare", "judges", "device")
# The length of a PNG's signature and first chunk, after which others may stand.
_PNG_HEAD = 33
_GIF_HEAD, _GIF_BLOCK = 13, 255
_EXTENSION, _COMMENT = 0x21, 0xFE
_ITXT = KEY.encode() + bytes(5)
# Chunks or blocks before the one that is looked for; what a hostile file has more of is not read.
_MOST_BLOCKS = 1000
# Of an SVG: metadata stand in front of what is drawn.
_SVG_HEAD = 2**18
_IN_SVG = re.compile(r"<inkdream:recipe [^>]*>(.*?)</inkdream:recipe>", re.S)


def carried_text(recipe: Recipe) -> str:
    """Return the recipe as files carry it.

    >>> print(carried_text(Recipe(steps=50, seed=3)), end="")
    seed = 3
    steps = 50
    terms = [
        { target = "loom/conv4_1/17" },
    ]
    """
    return _carried(recipe.model_dump_json())


@lru_cache(maxsize=8)
def _carried(whole: str) -> str:
    """Return what files carry of a recipe, all of which is given as JSON.

    Kept, since a run leaves several files with the same, and hundreds of tables are tried for it.
    """
    # Where somebody's files lie on a disk is nobody's business who gets the picture.
    table = change_networks(essential(Recipe.model_validate_json(whole)), _without_folders)
    table = change_files(table, lambda path: path if _is_below(path) else _without_folders(path))
    return tomli_w.dumps({key: value for key, value in table.items() if key not in _BESIDE})


def carrying(picture: bytes, recipe: Recipe) -> bytes:
    """Return a PNG or a GIF that carries a recipe; it looks the same.

    Args:
        picture: the file's content, without a recipe.
        recipe: which it was drawn by.

    Raises:
        ValueError: if it is neither.
    """
    text = carried_text(recipe).encode()
    if picture.startswith(_PNG):
        body = b"iTXt" + _ITXT + text
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return picture[:_PNG_HEAD] + chunk + picture[_PNG_HEAD:]
    if picture.startswith(_GIF):
        content = f"{KEY}\n".encode() + text
        parts = [content[i : i + _GIF_BLOCK] for i in range(0, len(content), _GIF_BLOCK)]
        blocks = b"".join(bytes([len(part)]) + part for part in parts)
        head = _gif_head(picture)
        comment = bytes([_EXTENSION, _COMMENT]) + blocks + b"\0"
        return picture[:head] + comment + picture[head:]
    raise ValueError("only a PNG or a GIF can carry a recipe this way")


def read_recipe(path: Path) -> dict[str, Any]:
    """Return the table of a recipe: a file of TOML, or a PNG, GIF or SVG that carries one.

    Raises:
        InputError: if it is none of these, carries none, or cannot be read.
    """
    head = b""
    # A device or a pipe may never end; what is wrong with others is said where TOML is read.
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(_SVG_HEAD)
    if not (head.startswith((_PNG, *_GIF)) or b"<svg" in head[:4096]):
        return read_toml(path, "a recipe")
    text = _of_picture(path) if head.startswith((_PNG, *_GIF)) else _of_svg(head)
    if not text:
        raise InputError(
            f"{path}: carries no recipe, as what inkdream draws from version 0.2 on does"
        )
    try:
        table = parse_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: the recipe that it carries is damaged ({error})") from error
    _check(path, table)
    return table


def _check(path: Path, table: Mapping[str, Any]) -> None:
    """Raise InputError for a carried recipe that would run code, or read what is not beside it.

    A picture from anywhere is to be as safe as a picture; a recipe.toml is what its owner took it
    for.
    """
    networks = [str(each.get("source", "")) for each in _tables(table.get("networks"))]
    if code := next((source for source in networks if not source.endswith(ARCHIVE)), None):
        raise InputError(
            f"{path}: the recipe that it carries names a network of one's own, {shorten(code)!r}, "
            "which is code, and no picture's is run; draw from the recipe.toml of its run"
        )
    named = files_in(table)

    def note(name: str) -> str:
        named.append(name)
        return name

    change_networks(table, note)
    if outside := next((name for name in named if not _is_below(name)), None):
        raise InputError(
            f"{path}: the recipe that it carries names {shorten(outside)!r}, which does not lie "
            "beside it; draw from the recipe.toml of its run"
        )


def _tables(entries: Any) -> list[dict[str, Any]]:
    many = entries if isinstance(entries, list) else []
    return [entry for entry in many if isinstance(entry, dict)]


def _is_below(name: str) -> bool:
    """Return whether a path, on any system, stays in the folder that it is seen from."""
    places = (PurePosixPath(name), PureWindowsPath(name))
    is_out = any(place.is_absolute() or place.drive or place.root for place in places)
    return not is_out and not name.startswith("~") and ".." not in places[1].parts


def _without_folders(name: str) -> str:
    return PureWindowsPath(name).name


def _of_svg(head: bytes) -> str:
    match = _IN_SVG.search(head.decode("utf-8", "replace"))
    return unescape(match[1]) if match else ""


def _of_picture(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if file.read(8) == _PNG:
                return _of_png(file)
            file.seek(0)
            return _of_gif(file)
    except (OSError, struct.error, IndexError):
        return ""


def _of_png(file: BinaryIO) -> str:
    """Return the text of the first chunk of ours; "" if there is none."""
    for _ in range(_MOST_BLOCKS):
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"iTXt" and length <= MOST_BYTES:
            data = file.read(length)
            if data.startswith(_ITXT):
                return data[len(_ITXT) :].decode("utf-8", "replace")
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)
    return ""


def _of_gif(file: BinaryIO) -> str:
    """Return the text of the first comment of ours before the picture; "" if there is none."""
    head = file.read(_GIF_HEAD)
    file.seek(_gif_head(head))
    for _ in range(_MOST_BLOCKS):
        mark = file.read(2)
        if mark[0] != _EXTENSION:
            return ""
        data = bytearray()
        while size := file.read(1)[0]:
            part = file.read(size)
            if len(data) <= MOST_BYTES:
                data += part
        begin = f"{KEY}\n".encode()
        if mark[1] == _COMMENT and data.startswith(begin):
            return bytes(data[len(begin) :]).decode("utf-8", "replace")
    return ""


def _gif_head(data: bytes) -> int:
    """Return the length of a GIF's header with its table of colours."""
    has_table, size = data[10] & 0x80, data[10] & 0x07
    return _GIF_HEAD + (3 * 2 ** (size + 1) if has_table else 0)
