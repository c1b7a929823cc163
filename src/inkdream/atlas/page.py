"""The page of an atlas, made from its tiles alone."""

from __future__ import annotations

import json
from pathlib import Path

from inkdream.atlas.folder import RUNS, TILE, read_failed
from inkdream.storage import write_whole


def write_page(folder: Path) -> Path:
    """Write an atlas's `atlas.json` from the tiles that are there; return its path.

    Raises:
        RunError: if it cannot be written.
    """
    tiles = [json.loads(path.read_bytes()) for path in folder.glob(f"{RUNS}/*/{TILE}")]
    tiles.sort(key=lambda tile: (tile["layer"] or "", tile["channel"] or 0, tile["key"]))
    table = {"format": 1, "tiles": tiles, "failed": list(read_failed(folder).values())}
    write_whole(folder / "atlas.json", json.dumps(table) + "\n")
    return folder / "atlas.json"
