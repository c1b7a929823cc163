"""Files that are whole or not there: each is written aside, flushed to disk, then renamed."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from inkdream.errors import InputError, RunError

# How a file is called that is still being written; a kill may leave one behind.
ASIDE = ".aside"
LONGEST = 40


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader, or a power cut, finds the old one or the new one.

    Raises:
        RunError: if the disk is full or the folder cannot be written; an older file is kept.
    """
    data = content.encode() if isinstance(content, str) else content
    # Not all of a long name: with what is added, it would be longer than a name may be.
    aside = path.parent / f".{path.name[:LONGEST]}.{secrets.token_hex(8)}{ASIDE}"
    try:
        # Made anew, with the permissions that the system gives to new files.
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        _forget(aside)
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error
    except BaseException:
        # Ctrl-C between the two: nothing half-written may stay behind.
        _forget(aside)
        raise


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder."""
    for path in folder.glob(f".*{ASIDE}"):
        path.unlink(missing_ok=True)


def new_folder(parent: Path, name: str) -> Path:
    """Make and return a folder `parent/name`, or `parent/name-2`, -3 ... if that is taken.

    Raises:
        InputError: if it cannot be made there.
    """
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        except FileExistsError as error:
            if not parent.is_dir():
                raise InputError(f"{parent}: is a file, not a folder") from error
            number += 1
            continue
        except OSError as error:
            raise InputError(f"{parent}: cannot be written ({error.strerror or error})") from error
        try:
            try_writing(folder)
        except OSError as error:
            folder.rmdir()
            raise InputError(f"{parent}: cannot be written ({error.strerror or error})") from error
        return folder


def try_writing(folder: Path) -> None:
    """Raise OSError if no file can be written in a folder."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0")


def _forget(path: Path) -> None:
    """Remove a file if it is there; what went wrong before is what is to be told."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
