"""Files of weights: torchvision's cache, downloads, sha256, tensors.

A file's sha256 is checked each time it is read.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from inkdream.errors import InputError, shorten

# Seconds that a server may be silent, before its answer or amid a file.
PATIENCE = 30.0
WEIGHTS_FOLDER = "https://download.pytorch.org/models/"


@dataclass(frozen=True)
class Pretrained:
    """A file of torchvision's weights; its name ends in the first digits of its sha256."""

    file: str
    megabytes: int

    @property
    def url(self) -> str:
        """Where it is downloaded from."""
        return WEIGHTS_FOLDER + self.file

    @property
    def digits(self) -> str:
        """The first digits of its sha256."""
        match = re.search(r"-([0-9a-f]{8,})\.", self.file)
        return match[1] if match else ""


def cached(weights: Pretrained) -> Path:
    """Return the path of a file of weights in torchvision's cache (see TORCH_HOME)."""
    return Path(torch.hub.get_dir()) / "checkpoints" / weights.file


def download(weights: Pretrained) -> Path:
    """Download a file of weights into the cache, with a progress bar, and return its path.

    It is written aside and renamed once its sha256 is right.

    Raises:
        InputError: if it cannot be downloaded or written, or is damaged; names file and path.
    """
    path = cached(weights)
    by_hand = f"put that file at {path} yourself"

    def parts() -> list[Path]:
        return list(path.parent.glob(f"{path.name}.*.partial"))

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    print(f"{weights.file} ({weights.megabytes} MB):", file=sys.stderr)
    try:
        run_watched(
            lambda: torch.hub.download_url_to_file(weights.url, str(path), weights.digits),
            lambda: total_size(parts()),
            PATIENCE,
        )
    except RuntimeError as error:
        raise InputError(
            f"{weights.url} came damaged ({shorten(str(error), 160)}); try again, or {by_hand}"
        ) from error
    except Exception as error:
        reason = shorten(str(getattr(error, "reason", error)), 120) or type(error).__name__
        raise InputError(f"{weights.url} cannot be downloaded ({reason}); {by_hand}") from error
    finally:
        for part in parts():
            part.unlink(missing_ok=True)
    return path


def run_watched(fetch: Callable[[], object], size: Callable[[], int], patience: float) -> None:
    """Run a download in a thread, and give up if no new bytes come for a while.

    Args:
        fetch: the download; its exceptions are raised here.
        size: returns how many bytes have come.
        patience: seconds without new bytes.

    Raises:
        TimeoutError: if it was given up.
    """
    errors: list[Exception] = []

    def run() -> None:
        try:
            fetch()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    before, since = -1, time.monotonic()
    while thread.is_alive():
        thread.join(min(0.1, patience / 4))
        if (now := size()) != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            raise TimeoutError(f"no answer for {patience:g} s")
    if errors:
        raise errors[0]


def total_size(paths: Iterable[Path]) -> int:
    """Return the total size of files in bytes; missing ones count as 0."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += path.stat().st_size
    return total


def read_pretrained(weights: Pretrained, path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors in a file of weights by name, and the file's sha256.

    Raises:
        InputError: if its sha256 does not begin as its name says, or it holds anything but tensors.
    """
    sha256, digits = digest(path), weights.digits
    if not sha256.startswith(digits):
        raise InputError(
            f"{path} is damaged: its sha256 begins with {sha256[: len(digits)]}, not {digits}; "
            "remove it, and it is downloaded again"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = shorten(str(error).partition("\n")[0], 120) or type(error).__name__
        raise InputError(f"{path}: holds no weights ({reason})") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"{path}: holds no weights (it is no table of tensors)")
    return {str(name): tensor for name, tensor in state.items()}, sha256


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
    """Return the sha256 in hexadecimal of words and of tensors' names, types, shapes and values."""
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
    """Return a safetensors file's tensors whose names have one of the prefixes, and its metadata.

    Raises:
        InputError: if it is no such file.
    """
    try:
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.startswith(prefixes)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except Exception as error:
        raise InputError(f"{path}: cannot be read as safetensors ({error})") from error
