"""Where the studio's files lie, and which run or upload a name from the page means.

    runs/NAME/            a run, as `inkdream draw` makes it
    runs/.studio/         state.json, uploads/, plots/, trash/, networks/; remove it, and nothing
                          but stars, names and what was dropped is lost

The page never names a path: runs have ids, uploads the digest of what they hold.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from inkdream.errors import InputError, shorten
from inkdream.storage import is_run

HOME = ".studio"
# What is copied into a run's folder of the files that its recipe names.
INPUTS = "inputs"
_UPLOAD = re.compile(r"[0-9a-f]{16}\.(png|jpg|webp|gif|bmp|tif|svg|toml)")
_RUN = re.compile(r"[0-9a-f]{12}")
_PLOT = re.compile(r"[0-9a-f]{16}")


class NotThereError(InputError):
    """What is asked for by its id or its name is not there."""


def run_id(name: str) -> str:
    """Return the id of a run: of the name of its folder, so that it is the same tomorrow."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]


class Places:
    """The folder of runs, and what the studio keeps in it."""

    def __init__(self, folder: Path) -> None:
        """Make ready; nothing is written.

        Args:
            folder: of the runs; need not be there yet.
        """
        self.folder = folder.absolute()
        self.home = self.folder / HOME
        self.state = self.home / "state.json"
        self.uploads, self.trash = self.home / "uploads", self.home / "trash"

    def runs(self) -> dict[str, Path]:
        """Return the folders of all runs by their ids; links are not followed."""
        try:
            with os.scandir(self.folder) as inside:
                names = sorted(each.name for each in inside if each.is_dir(follow_symlinks=False))
        except OSError:
            return {}
        folders = {run_id(name): self.folder / name for name in names}
        return {run: folder for run, folder in folders.items() if is_run(folder)}

    def run(self, word: str) -> Path:
        """Return a run's folder.

        Raises:
            InputError: if there is none of that id.
        """
        folder = self.runs().get(word) if _RUN.fullmatch(word) else None
        if folder is None:
            raise NotThereError(f"run {shorten(word)}: is not there")
        return folder

    def upload(self, word: str) -> Path:
        """Return an upload's file.

        Raises:
            InputError: if there is none of that name.
        """
        path = self.uploads / word
        if not _UPLOAD.fullmatch(word) or path.is_symlink() or not path.is_file():
            raise NotThereError(f"upload {shorten(word)}: is not there; drop the file on the page")
        return path

    def plots(self, run: str, plot: str) -> Path:
        """Return the folder of a plot that was made of a run.

        Raises:
            InputError: if these are no ids.
        """
        if not (_RUN.fullmatch(run) and _PLOT.fullmatch(plot)):
            raise NotThereError(f"plot {shorten(plot)}: is not there")
        return self.home / "plots" / run / plot

    def file(self, word: str) -> str:
        """Return the path of a file that a recipe's table from the page names.

        Args:
            word: 'upload:ID', 'run:ID' (its drawing), or 'run:ID/inputs/1/photo.png'.

        Raises:
            InputError: for anything else: the page may name no path.
        """
        kind, _, rest = word.partition(":")
        if kind == "upload":
            return str(self.upload(rest))
        if kind != "run":
            raise InputError(f"{shorten(word)}: the studio reads no files by path; drop it here")
        name, _, inner = rest.partition("/")
        folder = self.run(name)
        return str(contained(folder, inner, INPUTS)) if inner else str(folder)


def contained(folder: Path, inner: str, within: str = "") -> Path:
    """Return a file inside a folder, or a run's folder that was copied there.

    Args:
        folder: it must be in.
        inner: its path from there.
        within: a folder inside it that it must be in, too.

    Raises:
        InputError: if it lies elsewhere, through links too, or is no file.
    """
    # What a path means is asked of the system; comparing beginnings would let `runs2` be in `runs`.
    path = (folder / inner).resolve()
    is_there = path.is_file() or (path.is_dir() and bool(within) and is_run(path))
    if not path.is_relative_to((folder / within).resolve()) or not is_there:
        raise NotThereError(f"{shorten(inner)}: is not there")
    return path
