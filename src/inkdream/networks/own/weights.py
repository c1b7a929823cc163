"""Weights from a safetensors file, for a network that says which it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks.tensors import read_tensors


def read_weights(path: Path, needed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors, in the needed types: exactly those that are needed.

    A tensor that shares its memory with another needs to be there once: files hold it once.

    Args:
        path: a safetensors file.
        needed: tensors of the right shapes and types, by name.

    Raises:
        InputError: if a name is missing or too many, a shape is another, or the file is none.
    """
    found, _ = read_tensors(path)
    there = {needed[name].data_ptr() for name in found if name in needed}
    missing = [
        name
        for name, tensor in needed.items()
        if name not in found and not (tensor.numel() and tensor.data_ptr() in there)
    ]
    if missing:
        raise InputError(f"{path}: lacks {_named(missing)}, which the network has")
    if strange := [name for name in found if name not in needed]:
        raise InputError(f"{path}: has {_named(strange)}, which the network has not")
    for name, tensor in found.items():
        if tensor.shape != needed[name].shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(tensor.shape)}; the network's has "
                f"{tuple(needed[name].shape)}"
            )
    return {name: tensor.to(needed[name].dtype) for name, tensor in found.items()}


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return shorten(", ".join(names[:3]), 120) + more
