"""Files of weights: their sha256, and the tensors in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from inkdream.errors import InputError


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
