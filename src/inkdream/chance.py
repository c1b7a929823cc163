"""Sources of chance, each of one part's own: they follow from the seed, and share nothing."""

from __future__ import annotations

import hashlib

import torch


def chance_of(seed: int, part: str) -> torch.Generator:
    """Return a part's own source of chance, so that each can be repeated, in whatever order.

    Args:
        seed: the recipe's.
        part: its name, such as that of a stage.
    """
    digest = hashlib.sha256(f"{seed}/{part}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
