"""Atlases for tests: tiles as an engine leaves them, of small pictures by formula."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from inkdream import colour
from inkdream.pictures import Inked, indexed_png

CHANNELS = 24


def picture(number: int, width: int = 16, height: int = 16) -> Inked:
    """Return a picture of 4 inks that no other number has."""
    generator = np.random.default_rng(number)
    inks = generator.choice(256, (4, 3), replace=False).astype(np.uint8)
    labels = generator.integers(0, 4, (height, width)).astype(np.uint8)
    labels[0, :4] = np.arange(4)
    return Inked(labels, inks)


def add_tile(folder: Path, number: int, **other: Any) -> Path:
    """Add a tile of channel `number`; `other` are keys of its tile.json. Return its folder."""
    shown = picture(number, other.get("width", 16), other.get("height", 16))
    generator = np.random.default_rng(number)
    key = hashlib.sha256(f"{number} {other.get('seed', 0)}".encode()).hexdigest()[:16]
    soft, strict = generator.uniform(1, 9, 2).round(3).tolist()
    shares = np.bincount(shown.labels.ravel()) / shown.labels.size
    facts = {
        "format": 1,
        "key": key,
        "title": f"loom/conv4_1/{number}",
        "network": "loom",
        "layer": "conv4_1",
        "channel": number,
        "label": None,
        "seed": 0,
        "width": 16,
        "height": 16,
        "medium": "pixels",
        "steps": 60,
        "score_strict": strict,
        "score_soft": soft,
        "gap": round((soft - strict) / soft, 4),
        "inks": [
            {"colour": colour.to_hex(ink), "name": "", "share": float(share)}
            for ink, share in zip(shown.inks.tolist(), shares, strict=True)
        ],
        "seconds": 1.5,
        "response": {
            "layer": "loom/conv4_1",
            "values": generator.uniform(0, 3, CHANNELS).round(3).tolist(),
        },
        "versions": {"inkdream": "0", "torch": "0"},
        "networks": {"loom": "0"},
        **other,
    }
    home = folder / "runs" / str(facts["key"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "drawing.png").write_bytes(indexed_png(shown))
    (home / "recipe.toml").write_text(f'[[terms]]\ntarget = "loom/conv4_1/{number}"\n')
    (home / "tile.json").write_text(json.dumps(facts))
    return home


def make_atlas(folder: Path, count: int) -> Path:
    """Make an atlas of so many tiles; return its folder."""
    for number in range(count):
        add_tile(folder, number)
    return folder
