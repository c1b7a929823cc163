"""The tiles of an atlas as they stand on disk: read with bounds, or left out by name."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkdream.atlas.folder import FAILED, RUNS, TILE
from inkdream.errors import InputError, first_place, first_problem, shorten
from inkdream.pictures import Inked, colour_codes, colours_in, posterised
from inkdream.storage import DRAWING, RECIPE

KEY = re.compile(r"[0-9a-f]{16}")
# Larger files are no tile's: what is read of a folder that somebody gave stays bounded.
MOST_TABLE, MOST_RECIPE, MOST_DRAWING = 2**19, 2**16, 2**24
MOST_SIDE = 4096
MOST_TILES = 65_536
# A drawing with more colours than this is shown in so many; inks are fewer.
MOST_INKS = 64
FEWER_INKS = 24

_Text = Annotated[str, Field(max_length=200)]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Side = Annotated[int, Field(ge=1, le=2**20)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Ink(_Table):
    """An ink of a tile: '#rrggbb', its name, and its share of the picture in [0, 1]."""

    colour: _Colour
    name: _Text = ""
    share: float = Field(0.0, ge=0, le=1)


class Response(_Table):
    """How strongly a strict picture excites each channel of a layer, on average.

    Attributes:
        layer: its full name, `loom/conv4_1`.
        values: mean activations, one a channel.
    """

    layer: _Text
    values: tuple[_Number, ...] = Field(max_length=20_000)


class TileFacts(_Table):
    """What `tile.json` says of a tile; keys that are not listed are ignored.

    Attributes:
        format: of the file.
        key: the digest that names the tile's folder: 16 hex digits.
        title: for people.
        network: of the neuron; None where the recipe is not one neuron.
        layer: of the neuron, without the network's name.
        channel: of the neuron.
        label: the class, where channels have names.
        seed: of the recipe.
        width: of the drawing, in px.
        height: of the drawing, in px.
        medium: "pixels" or "strokes".
        steps: that were climbed.
        score_strict: of drawing.png, as in a run's certificate.
        score_soft: before each mark had one ink.
        gap: (soft - strict) / |soft|.
        inks: that the drawing is made of.
        seconds: that it took.
        response: of its layer to the picture.
    """

    format: Literal[1]
    key: _Text
    title: _Text
    network: _Text | None = None
    layer: _Text | None = None
    channel: int | None = Field(None, ge=0, lt=2**31)
    label: _Text | None = None
    seed: int = Field(0, ge=0, lt=2**63)
    width: _Side
    height: _Side
    medium: Literal["pixels", "strokes"] = "pixels"
    steps: int = Field(0, ge=0, le=10**9)
    score_strict: _Number
    score_soft: _Number
    gap: _Number
    inks: tuple[Ink, ...] = Field(max_length=256)
    seconds: float = Field(0.0, ge=0, allow_inf_nan=False)
    response: Response | None = None


@dataclass(frozen=True)
class Tile:
    """A tile: what is known of it, its recipe's text, and its drawing's file.

    Thousands of drawings stay small in memory as files; `picture` is read from it when asked for.
    """

    facts: TileFacts
    recipe: str
    drawing: bytes

    @property
    def picture(self) -> Inked:
        """The drawing in its own colours; one of very many colours in a few."""
        return read_drawing(self.drawing)


@dataclass(frozen=True)
class LeftOut:
    """A tile that is not on the page, and why, in one line."""

    key: str
    title: str
    error: str


def read_tiles(folder: Path) -> tuple[list[Tile], list[LeftOut]]:
    """Return an atlas's tiles, and those that failed or cannot be read.

    Tiles are in the order of their titles, numbers in them as numbers, then of seeds and keys.
    Folders without a `tile.json` are not done yet and are passed over. Links are not followed.

    Args:
        folder: the atlas, with its tiles in `runs/`.

    Raises:
        InputError: if there is no folder `runs` in it, or more tiles than a page can hold.
    """
    runs = folder / RUNS
    if runs.is_symlink() or not runs.is_dir():
        raise InputError(f"{folder}: is no atlas: it has no folder {RUNS}")
    with os.scandir(runs) as entries:
        names = sorted(entry.name for entry in entries)
    if len(names) > MOST_TILES:
        raise InputError(f"{folder}: holds {len(names):,} tiles; a page has at most {MOST_TILES:,}")
    tiles: list[Tile] = []
    left_out = list(read_failed(folder / FAILED))
    for name in names:
        try:
            if (tile := read_tile(runs / name)) is not None:
                tiles.append(tile)
        except InputError as error:
            left_out.append(LeftOut(_visible(name, 40), _visible(name, 40), str(error)))
    done = {tile.facts.key for tile in tiles}
    tiles.sort(key=lambda tile: (natural(tile.facts.title), tile.facts.seed, tile.facts.key))
    failed = {each.key: each for each in left_out if each.key not in done}
    return tiles, sorted(failed.values(), key=lambda each: (natural(each.title), each.key))


def read_tile(folder: Path) -> Tile | None:
    """Return the tile in a folder; None if it is not done yet.

    Raises:
        InputError: in one line without the folder's path, if it cannot be read or is no tile.
    """
    try:
        if folder.is_symlink():
            raise InputError("is a link, which is not followed")
        if not folder.is_dir() or not os.path.lexists(folder / TILE):
            return None
        facts = TileFacts.model_validate_json(_content(folder / TILE, MOST_TABLE))
        if facts.key != folder.name or not KEY.fullmatch(facts.key):
            raise InputError(f"{TILE}: its key is not the name of its folder")
        text = _content(folder / RECIPE, MOST_RECIPE).decode()
        tomllib.loads(text)
        tile = Tile(facts, text, _content(folder / DRAWING, MOST_DRAWING))
        if tile.picture.labels.shape != (facts.height, facts.width):
            raise InputError(f"{DRAWING}: is not {facts.width} x {facts.height} px")
        return tile
    except ValidationError as error:
        place = shorten(first_place(error))
        raise InputError(f"{TILE}: {place} {first_problem(error)}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(_why(error)) from error


def read_drawing(content: bytes) -> Inked:
    """Return a PNG's picture in its own colours; one of very many colours in a few.

    Raises:
        InputError: if it is no PNG, damaged, or larger than `MOST_SIDE` a side.
    """
    try:
        quiet = warnings.catch_warnings(action="ignore")
        with quiet, Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if max(image.size) > MOST_SIDE:
                raise InputError(f"{DRAWING}: a tile has at most {MOST_SIDE:,} px a side")
            # As tiles are written; counting the colours of others takes longer.
            is_indexed = image.mode == "P" and not image.has_transparency_data
            if is_indexed and len((indexed := _of_palette(image)).inks) <= MOST_INKS:
                return indexed
            rgb = np.array(image.convert("RGB"), dtype=np.uint8)
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{DRAWING}: is no PNG that can be read") from error
    inks = colours_in(rgb)
    if len(inks) > MOST_INKS:
        return posterised(rgb, FEWER_INKS).tidy()
    numbers = np.searchsorted(colour_codes(inks), colour_codes(rgb))
    return Inked(numbers.astype(np.uint8), inks)


def _of_palette(image: Image.Image) -> Inked:
    """Return an indexed picture with the colours that it uses."""
    numbers = np.array(image)
    used = np.flatnonzero(np.bincount(numbers.ravel(), minlength=256))
    table = np.zeros((256, 3), dtype=np.uint8)
    colours = np.asarray(image.getpalette(), dtype=np.uint8).reshape(-1, 3)
    table[: len(colours)] = colours
    places = np.zeros(256, dtype=np.uint8)
    places[used] = np.arange(len(used))
    return Inked(places[numbers], table[used])


def natural(title: str) -> tuple[tuple[int, int, str], ...]:
    """Return what titles are sorted by, so that 9 comes before 10.

    >>> sorted(["conv4_1/10", "conv4_1/9", "conv3_3/12"], key=natural)
    ['conv3_3/12', 'conv4_1/9', 'conv4_1/10']
    """
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]", title)
    return tuple((0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in parts)


def read_failed(path: Path) -> Iterator[LeftOut]:
    """Yield the tiles that are listed as failed; a file that is no such list is one itself."""
    if not os.path.lexists(path):
        return
    try:
        entries: Any = _json(path, 2**24)
        # The list may stand in a table with a format number.
        entries = entries.get("failed", entries) if isinstance(entries, dict) else entries
        if not isinstance(entries, list):
            raise InputError("is no list")
        for entry in entries[:MOST_TILES]:
            key, title, error = (entry[word] for word in ("key", "title", "error"))
            yield LeftOut(*(_visible(str(word), 200) for word in (key, title, error)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, InputError) as error:
        yield LeftOut(FAILED, FAILED, f"{FAILED} cannot be read: {_why(error)}")


def _json(path: Path, most: int) -> Any:
    try:
        return json.loads(_content(path, most))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: is no JSON") from error


def _content(path: Path, most: int) -> bytes:
    """Return a plain file's bytes, at most so many; links, pipes and devices are refused."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():
        raise InputError(f"{path.name}: is a link, which is not followed")
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{path.name}: is no file")
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError(f"{path.name}: is larger than a tile's")
    return content


def _why(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        name = Path(os.fsdecode(error.filename)).name if error.filename else "a file"
        return f"{_visible(name, 40)}: cannot be read ({error.strerror or 'damaged'})"
    if isinstance(error, UnicodeDecodeError | tomllib.TOMLDecodeError):
        return f"{RECIPE}: is no TOML"
    return shorten(str(error), 160)


def _visible(text: str, most: int) -> str:
    """Return a text of one line that can be shown and stored, whatever bytes a name had."""
    return shorten(text.encode("utf-8", "replace").decode(), most)
