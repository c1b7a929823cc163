"""Where a run's tensors are, and where its random numbers come from."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from inkdream.errors import InputError


def device_of(word: str) -> torch.device:
    """Return the device that a recipe's word names: cpu, cuda, mps, or auto for the best there is.

    Raises:
        InputError: if this machine, or its torch, has no such device.
    """
    has = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if word == "auto":
        return torch.device(next(name for name, is_here in has.items() if is_here))
    if not has[word]:
        others = ", ".join(name for name, is_here in has.items() if is_here)
        raise InputError(
            f"device {word!r}: torch {torch.__version__} has none on this machine; it has {others}"
        )
    return torch.device(word)


def to_device(value: Any, device: torch.device) -> Any:
    """Return a value with all tensors in it, in tables, tuples and dataclasses too, on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Mapping):
        return {key: to_device(each, device) for key, each in value.items()}
    if isinstance(value, tuple):
        parts = [to_device(each, device) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, list):
        return [to_device(each, device) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        moved = copy.copy(value)
        for field in fields(value):
            object.__setattr__(moved, field.name, to_device(getattr(value, field.name), device))
        return moved
    return value


def generator_for(seed: int, part: str) -> torch.Generator:
    """Return the random generator of one part of a run: it repeats, whatever other parts draw.

    Args:
        seed: the recipe's.
        part: its name, such as that of a stage.
    """
    digest = hashlib.sha256(f"{seed}/{part}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
