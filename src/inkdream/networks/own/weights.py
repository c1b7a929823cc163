"""Weights from a safetensors file, for a network that says which it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks.tensors import read_tensors

# What normalisation counts in training.
_COUNTED = "num_batches_tracked"


def read_weights(path: Path, needed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors, in the needed types: exactly those that are needed.

    A tensor that shares its memory with another needs to be there once: files hold it once. Names
    may have something before them in the file, or in the network, that the others have not, as
    DataParallel and training programs leave it: `module.`, `_orig_mod.`, `state_dict.`. How many
    batches a normalisation has counted may be missing; it has no part in what it gives.

    Args:
        path: a safetensors file.
        needed: tensors of the right shapes and types, by name.

    Raises:
        InputError: if a name is missing or too many, a shape is another, or the file is none.
    """
    found = _renamed(read_tensors(path)[0], needed)
    there = {needed[name].data_ptr() for name in found if name in needed}
    missing = [
        name
        for name, tensor in needed.items()
        if name not in found
        and not (tensor.numel() and tensor.data_ptr() in there)
        and not name.endswith(_COUNTED)
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


def _renamed(found: dict[str, Tensor], needed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors by the network's names for them, where all begin otherwise."""
    if not found or not needed or not found.keys().isdisjoint(needed):
        return found
    word = next(iter(needed))
    for name in found:
        before = name.removesuffix(word)
        if name.endswith(f".{word}") and all(
            f"{before}{each}" in found for each in _lasting(needed)
        ):
            return {each.removeprefix(before): tensor for each, tensor in found.items()}
    word = next(iter(found))
    for name in needed:
        before = name.removesuffix(word)
        if name.endswith(f".{word}") and all(f"{before}{each}" in needed for each in found):
            return {f"{before}{each}": tensor for each, tensor in found.items()}
    return found


def _lasting(needed: Mapping[str, Tensor]) -> list[str]:
    return [name for name in needed if not name.endswith(_COUNTED)]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return shorten(", ".join(names[:3]), 120) + more
