"""Files of weights: found in torchvision's cache or downloaded into it, checked, and read.

torchvision checks a file's sha256 when it downloads it, and never again; here it is checked each
time a file is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import torch
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from safetensors import safe_open
from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.terminal import Terminal

# Seconds that a server may take to answer, and may be silent amid a file.
PATIENCE = 30.0
_BLOCK = 2**20


WEIGHTS_FOLDER = "https://download.pytorch.org/models/"


@dataclass(frozen=True)
class Pretrained:
    """A file of weights.

    Attributes:
        file: its name, which ends in the first 8 digits of its sha256.
        megabytes: its size.
    """

    file: str
    megabytes: int

    @property
    def url(self) -> str:
        """Where it can be had."""
        return WEIGHTS_FOLDER + self.file


def cached(said: Pretrained) -> Path:
    """Return where a file of weights is, or would be: torchvision's cache (see TORCH_HOME)."""
    return Path(torch.hub.get_dir()) / "checkpoints" / said.file


def download(said: Pretrained) -> Path:
    """Download a file of weights into the cache, with a progress bar, and return its path.

    It is written aside and gets its name once its sha256 is right.

    Raises:
        InputError: if it cannot be had, is damaged, or cannot be written; says which file to put
            where.
    """
    path = cached(said)
    by_hand = f"put that file at {path} yourself"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False)  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    aside = Path(file.name)
    try:
        with file:
            found = _copy(said, file)
        _check(said, found, f"{said.url} came damaged", f"try again, or {by_hand}")
        # Temporary files are for their owner alone; a cache may be for all.
        aside.chmod(0o644)
        aside.replace(path)
    except (OSError, HTTPException) as error:
        reason = shorten(str(getattr(error, "reason", error)), 120) or type(error).__name__
        raise InputError(f"{said.url} cannot be downloaded ({reason}); {by_hand}") from error
    finally:
        aside.unlink(missing_ok=True)
    return path


def read_pretrained(said: Pretrained, path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors in a file of weights by name, and the file's sha256.

    Nothing but tensors is read from it (torch's `weights_only`).

    Raises:
        InputError: if its sha256 does not begin as its name says, or it holds no weights.
    """
    found = digest(path)
    _check(said, found, f"{path} is damaged", "remove it, and it is downloaded again")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path}: holds no weights ({_first_line(error)})") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"{path}: holds no weights (it is no table of tensors)")
    return {str(name): tensor for name, tensor in state.items()}, found


def _copy(said: Pretrained, file: IO[bytes]) -> str:
    """Copy a download into a file; return its sha256."""
    whole = hashlib.sha256()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Terminal(stderr=True),
    )
    with _open(said.url) as answer, bar:
        size = answer.headers.get("Content-Length", "")
        task = bar.add_task(said.file, total=int(size) if size.isdecimal() else None)
        while block := answer.read(_BLOCK):
            file.write(block)
            whole.update(block)
            bar.advance(task, len(block))
    file.flush()
    os.fsync(file.fileno())
    return whole.hexdigest()


def _open(url: str) -> HTTPResponse:
    """Return a server's answer, which has come within `PATIENCE` seconds.

    Raises:
        OSError: if there is none.
    """
    # A timeout bounds each of a server's addresses, and none bounds the search for them; a thread
    # that nobody waits for any more bounds it all.
    found: list[HTTPResponse] = []
    failed: list[BaseException] = []
    given_up = threading.Event()

    def ask() -> None:
        try:
            found.append(urlopen(url, timeout=PATIENCE))
            if given_up.is_set():
                found[0].close()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if failed:
        raise failed[0]
    if not found:
        given_up.set()
        raise TimeoutError(f"no answer within {PATIENCE:g} s")
    return found[0]


def _check(said: Pretrained, digest: str, what: str, advice: str) -> None:
    """Raise InputError if a sha256 does not begin as the file's name says."""
    end = re.search(r"-([0-9a-f]{8,})\.", said.file)
    if end and not digest.startswith(end[1]):
        raise InputError(
            f"{what}: its sha256 begins with {digest[: len(end[1])]}, not {end[1]}; {advice}"
        )


def _first_line(error: Exception) -> str:
    return shorten(str(error).partition("\n")[0], 120) or type(error).__name__


def digest(path: Path) -> str:
    """Return a file's sha256 in hexadecimal.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def digest_of(tensors: Mapping[str, Tensor], words: Iterable[str] = ()) -> str:
    """Return the sha256 in hexadecimal of tensors: their names, types, shapes and values.

    Args:
        tensors: by name.
        words: what else is to be the same.
    """
    whole = hashlib.sha256()
    for word in words:
        whole.update(f"{word}\n".encode())
    for name, tensor in tensors.items():
        values = tensor.detach().cpu()
        values = values.int_repr() if values.is_quantized else values
        whole.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        whole.update(values.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return whole.hexdigest()


def read_tensors(
    path: Path, prefixes: tuple[str, ...] = ("",)
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return a safetensors file's tensors by name, and what else is written in it.

    Args:
        path: the file.
        prefixes: names that begin otherwise are left out, and their tensors not read.

    Raises:
        InputError: if it is no such file.
    """
    try:
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.startswith(prefixes)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except Exception as error:
        raise InputError(f"{path}: cannot be read as safetensors ({error})") from error
