"""The page of an atlas: files beside its tiles that a browser opens from disk, without a server.

    index.html  atlas.css  tiles.js  ...   the same for every atlas
    atlas.js  atlas.json                   what is known of the tiles, for the page and for programs
    map.json                               places on the map, where they took long to find
    sheet-0.png ...                        the tiles

All of it is made from the tiles alone: it is the same whatever engine drew them, in any order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from inkdream.atlas.folder import RUNS
from inkdream.atlas.likeness import Likeness, Vectors, compare, tone
from inkdream.atlas.reading import LeftOut, Tile, read_tiles
from inkdream.atlas.sheets import Cells, Sheet, make_sheets
from inkdream.atlas.tsne import Maps
from inkdream.class_names import classes_of_networks
from inkdream.storage import RECIPE, write_whole
from inkdream.web import SHARED, shared_file
from inkdream.wording import counted, listed

FORMAT = 1
INDEX = "index.html"
# Written as they are; the page names no other file but these, the shared, and what is made below.
SCRIPTS = ("tiles.js", "options.js", "sheet.js", "map.js", "beside.js", "page.js")
OWN = (INDEX, "atlas.css", *SCRIPTS)
STATIC = (*OWN, *SHARED)
# Of the channels that a drawing excites besides its own.
MOST_EXCITED = 8
_SHEET = re.compile(r"sheet-\d+\.png")


def write_page(folder: Path) -> Path:
    """Write an atlas's page from the tiles that are there; return its `index.html`.

    It can be written while tiles are still being drawn, and again at any time.

    Args:
        folder: the atlas, with its tiles in `runs/`. What cannot be read is named on the page.

    Raises:
        InputError: if it is no atlas.
        RunError: if a file cannot be written.
    """
    tiles, left_out = read_tiles(folder)
    cells = Cells.of([(tile.facts.height, tile.facts.width) for tile in tiles])
    sheets: list[Sheet] = []
    for number, sheet in enumerate(make_sheets((tile.picture for tile in tiles), cells)):
        write_whole(folder / f"sheet-{number}.png", sheet.png)
        # Only where its tiles lie is needed from here on.
        sheets.append(replace(sheet, png=b""))
    maps = Maps(folder)
    likeness = compare(tiles, maps.places)
    maps.keep()
    table = {**contents(tiles, left_out, cells, sheets, likeness), "map": maps.method}
    text = json.dumps(table, separators=(",", ":"))
    write_whole(folder / "atlas.json", text + "\n")
    # A browser reads no JSON beside a page that was opened from disk, but it does run a script.
    write_whole(folder / "atlas.js", f"window.ATLAS = {text};\n")
    for name in OWN:
        write_whole(folder / name, resources.files(__package__).joinpath("web", name).read_bytes())
    for name in SHARED:
        write_whole(folder / name, shared_file(name))
    for path in folder.iterdir():
        if _SHEET.fullmatch(path.name) and int(path.stem.partition("-")[2]) >= len(sheets):
            path.unlink(missing_ok=True)
    return folder / INDEX


def contents(
    tiles: Sequence[Tile],
    left_out: Sequence[LeftOut],
    cells: Cells,
    sheets: Sequence[Sheet],
    likeness: Likeness,
) -> dict[str, Any]:
    """Return what `atlas.json` holds: tables, lists, texts and numbers.

    Args:
        tiles: in the order in which they are shown.
        left_out: those that failed or could not be read.
        cells: how tiles lie on sheets.
        sheets: as made from the tiles' pictures.
        likeness: of the tiles.
    """
    places = [
        (number, place) for number, sheet in enumerate(sheets) for place in range(sheet.count)
    ]
    tones = [
        tone([ink.colour for ink in tile.facts.inks], [ink.share for ink in tile.facts.inks])
        for tile in tiles
    ]
    tone_ranks = ranks(tones)
    return {
        "format": FORMAT,
        "title": title_of(tiles),
        "tile": {"width": cells.width, "height": cells.height, "columns": cells.columns},
        "sheets": [f"sheet-{number}.png" for number in range(len(sheets))],
        "layers": dict(_layers(tiles)),
        "tiles": [
            {
                **_facts(tile),
                "tone": tone_ranks[number],
                "sheet": places[number][0],
                "place": places[number][1],
                **_neighbours(tile, number, likeness),
            }
            for number, tile in enumerate(tiles)
        ],
        "failed": [
            {"key": each.key, "title": each.title, "error": each.error} for each in left_out
        ],
    }


def title_of(tiles: Sequence[Tile]) -> str:
    """Return the atlas's title: its layers, or how many drawings there are."""
    names = dict.fromkeys(
        f"{tile.facts.network}/{tile.facts.layer}" if tile.facts.layer else "" for tile in tiles
    )
    if not names or "" in names or len(names) > 3:
        return counted(len(tiles), "drawing")
    return listed(list(names))


def ranks(values: Sequence[Any]) -> list[int]:
    """Return each value's place in the order of all of them; equal ones keep theirs.

    >>> ranks([30, 10, 20])
    [2, 0, 1]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [0] * len(values)
    for place, number in enumerate(order):
        places[number] = place
    return places


def _layers(tiles: Sequence[Tile]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the layers that tiles' channels are of, with the names of their channels if known."""
    known = classes_of_networks()
    for name in sorted({tile.facts.response.layer for tile in tiles if tile.facts.response}):
        members = [tile.facts for tile in tiles if _channel_layer(tile) == name]
        count = max(
            len(tile.facts.response.values)
            for tile in tiles
            if tile.facts.response and tile.facts.response.layer == name
        )
        labels: list[str | None] = [None] * count
        if name.endswith("/logits"):
            classes = known.get(name.partition("/")[0], ())
            labels = list(classes) if len(classes) == count else labels
        for facts in members:
            if facts.label is not None and facts.channel is not None and facts.channel < count:
                labels[facts.channel] = facts.label
        yield name, {"channels": count, "labels": labels if any(labels) else None}


def _facts(tile: Tile) -> dict[str, Any]:
    facts = tile.facts
    inks = sorted(facts.inks, key=lambda ink: -ink.share)
    return {
        "key": facts.key,
        "title": facts.title,
        "layer": _channel_layer(tile),
        "channel": facts.channel,
        "label": facts.label,
        "seed": facts.seed,
        "score": _short(facts.score_strict),
        "soft": _short(facts.score_soft),
        "gap": _short(facts.gap),
        "width": facts.width,
        "height": facts.height,
        "medium": facts.medium,
        "steps": facts.steps,
        "inks": [ink.colour for ink in inks],
        "shares": [_short(ink.share, 3) for ink in inks],
        "seconds": _short(facts.seconds),
        "recipe": tile.recipe,
        "command": f"inkdream draw {RUNS}/{facts.key}/{RECIPE}",
    }


def _neighbours(tile: Tile, number: int, likeness: Likeness) -> dict[str, Any]:
    own = likeness.scores[number]
    response = tile.facts.response
    return {
        "near": likeness.near[number],
        "map": [_short(value) for value in likeness.places[number].tolist()],
        "likeness": int(likeness.rank[number]),
        "responds": response.layer if response else None,
        "excites": [] if own is None else excited(own, _own_channel(tile)),
    }


def excited(scores: Vectors, own: int | None) -> list[list[float]]:
    """Return the channels that a drawing excites most above the others, as [channel, score].

    >>> excited(np.array([0.5, 3.0, -1.0, 2.0]), own=1)
    [[3, 2.0], [0, 0.5]]

    Args:
        scores: of each channel, in standard deviations above the mean of all drawings.
        own: the channel that the drawing was made for, which is left out.
    """
    order = np.argsort(-scores, kind="stable").tolist()
    return [
        [channel, _short(float(scores[channel]), 3)]
        for channel in order[: MOST_EXCITED + 1]
        if channel != own and scores[channel] > 0
    ][:MOST_EXCITED]


def _channel_layer(tile: Tile) -> str | None:
    facts = tile.facts
    return f"{facts.network}/{facts.layer}" if facts.network and facts.layer else None


def _own_channel(tile: Tile) -> int | None:
    """Return the channel of its response that a tile was drawn for, if it is of that layer."""
    response = tile.facts.response
    is_same = response is not None and response.layer == _channel_layer(tile)
    return tile.facts.channel if is_same else None


def _short(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")
