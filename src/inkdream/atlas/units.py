"""What an atlas is asked for, as tiles: a recipe each, by a key that is the digest of all of it.

No torch here: what is wrong is told before a worker is started.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

import inkdream
from inkdream.atlas.flags import (
    CLASS_LAYERS,
    CLASS_WIDTH,
    USUAL_STEPS,
    USUAL_WIDTH,
    AtlasFlags,
)
from inkdream.errors import InputError, shorten
from inkdream.recipe import Recipe, validate
from inkdream.recipe.files import beside, change_files, change_networks
from inkdream.recipe.reading import drawing_at, table_of, use_of
from inkdream.wording import counted

MOST_TILES = 100_000
DIGITS = 16
LONGEST_TITLE = 160
# Keys of a recipe that change nothing in a tile: it is compared with nothing, and judged by nobody.
_IDLE = ("outputs", "compare", "judges")
_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")


@dataclass(frozen=True)
class Unit:
    """One tile that is asked for.

    Attributes:
        key: the first 16 hexadecimal digits of the sha256 of the whole recipe, with the digests
            of networks and pictures in it.
        title: what it is called.
        recipe: TOML, as a person would write it; files by whole paths.
    """

    key: str
    title: str
    recipe: str


@dataclass(frozen=True)
class Base:
    """A recipe that several tiles share.

    Attributes:
        title: what its tiles are called.
        table: as a person would write it; files by whole paths.
        layer: whose channels are its targets, as in 'loom/conv4_1'; "" for a recipe's own terms.
        seeds: of its tiles.
    """

    title: str
    table: Mapping[str, Any]
    layer: str
    seeds: tuple[int, ...]

    def example(self) -> dict[str, Any]:
        """Return the table of its first tile, if the layer has a channel 0."""
        return self._with("0", self.seeds[0])

    def _with(self, channel: str, seed: int) -> dict[str, Any]:
        target = [{"target": f"{self.layer}/{channel}"}]
        return {**self.table, "seed": seed, **({"terms": target} if self.layer else {})}

    def units(self, channels: Sequence[str]) -> Iterator[Unit]:
        """Yield its tiles.

        Args:
            channels: of its layer; without a layer none.
        """
        for channel in channels if self.layer else ("",):
            for seed in self.seeds:
                table = self._with(channel, seed)
                words = f"{self.layer}/{channel}" if self.layer else self.title
                title = f"{words} seed {seed}" if len(self.seeds) > 1 else words
                title = shorten(title, LONGEST_TITLE)
                yield Unit(key_of(validate(table, self.title)), title, tomli_w.dumps(table))


def bases(what: Sequence[str], flags: AtlasFlags) -> list[Base]:
    """Return the recipes that tiles are made of.

    Args:
        what: one layer, or files of recipes.
        flags: what else is asked for.

    Raises:
        InputError: in one line, if they cannot be.
    """
    if not what:
        raise InputError("atlas: name a layer, such as loom/conv4_1, or files of recipes")
    files = [word for word in what if word.endswith(".toml")]
    if files and len(files) < len(what):
        other = next(word for word in what if word not in files)
        raise InputError(f"{shorten(other)}: give one layer, or files of recipes; not both")
    if not files and len(what) > 1:
        raise InputError(f"{shorten(what[1])}: give one layer; {shorten(what[0])} is one already")
    if not files:
        return [_of_layer(what[0], flags)]
    for flag, value in (("channels", flags.channels), ("recipe", flags.recipe)):
        if value is not None:
            raise InputError(f"--{flag}: is for a layer, such as loom/conv4_1, not for recipes")
    titles = _titles([Path(file) for file in files])
    return [_base(title, Path(file), {}, flags) for title, file in zip(titles, files, strict=True)]


def key_of(recipe: Recipe) -> str:
    """Return the key of a recipe's tile: the same on every machine with the same files.

    Raises:
        InputError: if a file that it names cannot be read.
    """
    table = recipe.model_dump(mode="json", exclude=set(_IDLE))
    table = change_networks(change_files(table, digest_of), _digest_if_there)
    text = f"{tomli_w.dumps(table)}loom = {_loom()}\n"
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def numbers(words: str, flag: str) -> tuple[int, ...]:
    """Return the numbers that '0-9,12' names, without repeats.

    >>> numbers("0-3,7,2", "--seeds")
    (0, 1, 2, 3, 7)

    Raises:
        InputError: if it names none; says by which flag.
    """
    named: dict[int, None] = {}
    for word in (part.strip() for part in words.split(",")):
        ends = _RANGE.fullmatch(word)
        if not ends and not word.isdecimal():
            raise InputError(f"{flag} {shorten(words)}: write numbers, as in 0-9 or 0,3,7")
        first, last = (int(end) for end in ends.groups()) if ends else (int(word), int(word))
        if last < first:
            raise InputError(f"{flag} {shorten(word)}: write the smaller number first")
        if last - first >= MOST_TILES:
            raise InputError(f"{flag} {shorten(word)}: at most {counted(MOST_TILES, 'tile')}")
        named.update(dict.fromkeys(range(first, last + 1)))
    return tuple(named)


def fingerprint(asked: Sequence[Base], channels: str | None) -> str:
    """Return the digest of all that must be looked up again if it changes."""
    keys = [
        [base.title, base.layer, dict(base.table), key_of(validate(base.example()))]
        for base in asked
    ]
    text = json.dumps([inkdream.__version__, channels, keys], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _of_layer(layer: str, flags: AtlasFlags) -> Base:
    if layer.count("/") < 1 or not all(layer.split("/")):
        raise InputError(
            f"{shorten(layer)!r}: write network/layer, as in loom/conv4_1, or files of recipes"
        )
    side = CLASS_WIDTH if layer.rpartition("/")[2] in CLASS_LAYERS else USUAL_WIDTH
    usual = {} if flags.recipe else {"width": side, "height": side, "steps": USUAL_STEPS}
    terms = {"terms": [{"target": f"{layer}/0"}]}
    return replace(_base(layer, flags.recipe, {**usual, **terms}, flags), layer=layer)


def _base(
    title: str,
    file: Path | None,
    given: Mapping[str, Any],
    flags: AtlasFlags,
) -> Base:
    """Return the base of one recipe, checked as far as that goes without its networks."""
    steps = {} if flags.steps is None else {"steps": flags.steps}
    table = table_of(file, {**given, **steps}, flags.set or [])
    folder = file.parent if file else Path()
    table = change_files(table, beside(folder))
    table = {key: value for key, value in table.items() if key not in _IDLE}
    recipe = validate(table, str(file) if file else "")
    if recipe.variations > 1:
        raise InputError(
            f"{title}: variations = {recipe.variations}: a tile is one; --seeds makes several"
        )
    if flags.width is not None:
        table = _resized(table, recipe, flags.width)
        recipe = validate(table, str(file) if file else "")
    key_of(recipe)  # raises if a file cannot be read
    seeds = numbers(flags.seeds, "--seeds") if flags.seeds else (recipe.seed,)
    return Base(title, table, "", seeds)


def _resized(table: Mapping[str, Any], recipe: Recipe, width: int) -> dict[str, Any]:
    """Return a recipe's table with another width, and the height that keeps its shape."""
    if why := use_of("width", areas=recipe.has_areas):
        raise InputError(f"--width: {why}")
    return {**table, "width": width, "height": max(1, round(width * recipe.height / recipe.width))}


def _titles(files: Sequence[Path]) -> list[str]:
    """Return a name for each file: its own, with its folder where two have the same."""
    stems = [file.stem for file in files]
    return [
        stem if stems.count(stem) == 1 else file.with_suffix("").as_posix()
        for stem, file in zip(stems, files, strict=True)
    ]


def digest_of(path: str) -> str:
    """Return 'sha256:...' of a file, or of the drawing of a run's folder.

    Raises:
        InputError: if it cannot be read.
    """
    file = drawing_at(Path(path))
    try:
        return _digest(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from error


def _digest_if_there(path: str) -> str:
    """Return the digest of a network's file; what is no file may be a model's name on a hub."""
    return digest_of(path) if Path(path).is_file() else path


@cache
def _digest(file: Path, changed: int) -> str:
    """Return a file's digest; it is read once, as long as it does not change."""
    with file.open("rb") as content:
        return f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"


@cache
def _loom() -> str:
    """Return the digest of the built-in network's weights; other networks' stand in their names."""
    return digest_of(str(Path(inkdream.__file__).parent / "networks" / "loom.safetensors"))
