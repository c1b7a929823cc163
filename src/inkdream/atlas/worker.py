"""A process that draws tiles: a request in each line of its input, an answer in each of its output.

    python -m inkdream.atlas.worker
    python -m inkdream.atlas.worker --forks      one from which such processes are forked

`answer` is what any engine's worker does with a request.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inkdream.answering import answer_lines, unforeseen
from inkdream.atlas.tile import Kept, draw_tile
from inkdream.drawing import make
from inkdream.errors import InkdreamError, InputError
from inkdream.forking import FORKS, answer_forks
from inkdream.memory import keep_freed_memory
from inkdream.networks import Network
from inkdream.objectives import scoring
from inkdream.objectives.context import CLASS_LAYER
from inkdream.optimize.session import check_memory
from inkdream.recipe import validate
from inkdream.regions import region_roots
from inkdream.run.contact_sheet import channels_of
from inkdream.toml import parse_toml

FULL = "its worker was given no more memory"


def main() -> None:
    """Answer requests until there are no more, or fork processes that do."""
    if sys.argv[1:] == [FORKS]:
        answer_forks(prepare, answer)
    else:
        answer_lines(answer)


def prepare(request: Mapping[str, Any]) -> None:
    """Load what a request needs, for processes that are forked from this one.

    A network of one's own is loaded by each: loading it may do anything.
    """
    bases = request.get("look_up", [request] if request else [])
    # What is wrong is told by the process that is asked.
    with suppress(Exception):
        # Machine code that every tile runs.
        region_roots(np.zeros((1, 1), np.uint8))
        for base in bases:
            recipe = validate(parse_toml(base["recipe"]))
            if not recipe.networks:
                make_ready().of(recipe)


@cache
def make_ready() -> Kept:
    """Prepare this process to draw tiles, once: one thread; return its networks."""
    torch.set_num_threads(1)
    keep_freed_memory()
    return Kept()


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes of a request, for JSON: 'files', or what was looked up, or an 'error'."""
    try:
        if "look_up" in request:
            return look_up(request["look_up"], request["channels"])
        folder = _at_hand(request["folder"])
        kept = make_ready()
        recipe, key = request["recipe"], request["key"]
        files = draw_tile(request["title"], recipe, key, kept, folder, plots=request["plots"])
    except InkdreamError as error:
        return {"error": str(error), "is_final": isinstance(error, InputError)}
    except Exception as error:
        # What nobody thought of is one tile's failure, and tells where it was raised.
        return {"error": FULL if _is_full(error) else unforeseen(error), "is_final": False}
    return {"files": {name: base64.b64encode(data).decode() for name, data in files.items()}}


def _is_full(error: Exception) -> bool:
    """Return whether an error is that of Python, or of torch, where the system gives no memory."""
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error)


def _at_hand(folder: str) -> Path | None:
    """Return the folder for a checkpoint, if the atlas lies on a disk that this machine has too."""
    return Path(folder) if folder and Path(folder).parent.is_dir() else None


def look_up(bases: list[dict[str, str]], words: str | None) -> dict[str, Any]:
    """Return the channels that are asked for, as targets have them; check all recipes on the way.

    Args:
        bases: title, layer and recipe of each; a layer is '' but for the one whose channels are
            asked for.
        words: which channels, as in '0-15,40'; None for all.

    Raises:
        InputError: for the first thing that cannot be.
    """
    channels: list[str] = []
    for base in bases:
        recipe = validate(parse_toml(base["recipe"]), base["title"])
        check_memory(recipe)
        networks = make_ready().of(recipe)
        if base["layer"]:
            channels = _channels(networks, base["layer"], words)
        scoring.objective(recipe, networks)
        make.check(recipe)
    return {"channels": channels}


def _channels(networks: Mapping[str, Network], full_name: str, words: str | None) -> list[str]:
    """Return channels of a layer as targets name them: classes by their names."""
    name, _, word = full_name.partition("/")
    network = networks[name]
    is_classes = word == CLASS_LAYER and not network.has(word)
    layer = network.layer("logits" if is_classes else word)
    labels = layer.labels if is_classes else ()
    return [
        labels[number] if labels and labels.count(labels[number]) == 1 else str(number)
        for number in channels_of(words, layer)
    ]


if __name__ == "__main__":
    main()
