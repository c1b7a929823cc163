"""Classes by their names alone: which networks know a hummingbird."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import cache
from importlib import resources

from inkdream.errors import InputError, unknown

IMAGENET_FILE, LOOM_FILE = "imagenet_classes.txt", "loom.safetensors"


@cache
def classes_of_networks() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the classes of every network that is always there, by its name.

    Where a name is looked for, the first network that knows it is meant.
    """
    # Not of inkdream.networks itself: asking that package for its files would import torch.
    folder = resources.files("inkdream").joinpath("networks")
    imagenet = folder.joinpath(IMAGENET_FILE).read_text("utf-8").split("\n")
    with folder.joinpath(LOOM_FILE).open("rb") as file:
        # A safetensors file begins with the length of a header of JSON.
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    loom = tuple(json.loads(header["__metadata__"]["classes"]))
    return {"efficientnet_lite0": tuple(filter(None, imagenet)), "loom": loom}


def find_class(word: str) -> str:
    """Return the target of a class: hummingbird is efficientnet_lite0/class/hummingbird.

    Case does not matter, nor whether words are apart by spaces, hyphens or underscores.

    Raises:
        InputError: if there is none; says which names have the word in them, or are nearest.
    """
    tables = classes_of_networks()
    for network, names in tables.items():
        for name in names:
            if _plain(name) == _plain(word):
                return f"{network}/class/{name}"
    every = list(dict.fromkeys(name for names in tables.values() for name in names))
    within = matching_classes(word)
    near = list(dict.fromkeys(name for names in within.values() for name in names))
    if near:
        raise InputError(f"--class {word!r} is part of {len(near)} names: {', '.join(near[:12])}")
    raise unknown("class", word, every)


def matching_classes(word: str) -> dict[str, list[str]]:
    """Return the names that contain a word, by network; all of them for an empty word."""
    asked = _plain(word)
    matches = {
        network: [name for name in names if asked in _plain(name)]
        for network, names in classes_of_networks().items()
    }
    return {network: names for network, names in matches.items() if names}


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
