"""TOML files that people write, or that somebody gave them: read whole, or refused in one line."""

from __future__ import annotations

import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import Any

from inkdream.errors import InputError, shorten

MOST_BYTES = 2**20


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return a file's table, unchecked.

    Args:
        path: of the file.
        what: it is to be, for errors: 'a recipe'.

    Raises:
        InputError: if it is no TOML, larger than 1 MiB, or cannot be read.
    """
    try:
        # A device or a pipe may never end.
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is no file")
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: is too large for {what}")
        content = path.read_bytes()
        # Editors on Windows put a byte-order mark in front, or save as UTF-16.
        encoding = "utf-16" if content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
        return parse_toml(content.decode(encoding))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: is no TOML ({shorten(str(error))})") from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table that a text holds.

    Raises:
        ValueError: if it is no TOML, nests too deep, or has a number of thousands of digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("its tables lie too deep in each other") from error
