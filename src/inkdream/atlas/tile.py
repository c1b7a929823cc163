"""Draw one recipe into a tile: the drawing, its recipe, and what was measured, in a few KB."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import pictures
from inkdream.atlas.engines import versions
from inkdream.errors import InputError, RunError
from inkdream.networks import Network
from inkdream.objectives import scoring
from inkdream.objectives.context import Context
from inkdream.objectives.views import samples
from inkdream.optimize.session import Session, check_memory
from inkdream.recipe import Recipe, validate
from inkdream.recipe.carry import carrying
from inkdream.recipe.terms import Neuron, Text
from inkdream.run.certificate import Certificate
from inkdream.run.checkpoint import all_finite, load_checkpoint, save_checkpoint
from inkdream.run.outputs import to_linear, write_outputs
from inkdream.run.plot_files import render_file
from inkdream.storage import CHECKPOINT, DRAWING, RECIPE, SVG
from inkdream.toml import parse_toml

FORMAT = 1
# Seconds that a tile lasts before its first checkpoint, and from one to the next.
SECONDS_BETWEEN_CHECKPOINTS = 30.0


@dataclass(frozen=True)
class Neuronal:
    """The neuron that a recipe is about.

    Attributes:
        network: its name.
        layer: its name in the network.
        channel: its number.
        label: of a class.
    """

    network: str
    layer: str
    channel: int
    label: str | None


class Kept:
    """The networks that a worker has loaded, for all the tiles that it draws."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self._named = ""

    def of(self, recipe: Recipe) -> dict[str, Network]:
        """Return a recipe's networks, loaded now or before; the others stay.

        Raises:
            InputError: if one cannot be loaded.
        """
        texts = [term.model for term in recipe.terms if isinstance(term, Text)]
        # By one name, another recipe may mean another network.
        named = json.dumps([[each.model_dump(mode="json") for each in recipe.networks], texts])
        if named != self._named:
            self.networks, self._named = {}, named
        loaded = scoring.networks(recipe, self.networks)
        self.networks |= loaded
        return loaded


def draw_tile(
    title: str, text: str, key: str, kept: Kept, folder: Path | None = None, *, plots: bool = False
) -> dict[str, bytes]:
    """Return the files of a recipe's tile: drawing.png, recipe.toml, tile.json.

    Args:
        title: what it is called.
        text: the recipe, as TOML.
        key: of the recipe.
        kept: networks that are loaded.
        folder: where a checkpoint is kept while a long one lasts, and gone on from; None for none.
        plots: also return drawing.svg.

    Raises:
        InputError: if the recipe cannot be drawn.
        RunError: if a score is no longer a number, or the temporary folder is full.
    """
    recipe = validate(parse_toml(text), title)
    check_memory(recipe)
    leaves = ("drawing", "plot") if plots else ("drawing",)
    session = Session(recipe.model_copy(update={"outputs": leaves}), kept.of(recipe))
    seconds = _climb(session, folder / CHECKPOINT if folder else None)
    with TemporaryDirectory(prefix="inkdream-tile-") as place:
        home = Path(place)
        certificate = write_outputs(home, session, (), {"inks": seconds})
        strict = _strict(home, recipe)
        facts = _facts(session, certificate, strict)
        facts = {"format": FORMAT, "key": key, "title": title, **facts}
        files = {DRAWING: (home / DRAWING).read_bytes(), RECIPE: text.encode()}
        if not recipe.has_areas:
            # The edges of lines are of all shades; at this size a few of them show the same.
            few = pictures.posterised(pictures.read_rgb(home / DRAWING), 16)
            files[DRAWING] = carrying(pictures.indexed_png(few), recipe)
        if plots:
            files[SVG] = (home / SVG).read_bytes()
    files["tile.json"] = (json.dumps(facts, separators=(",", ":")) + "\n").encode()
    return files


def neuron_of(recipe: Recipe, networks: Mapping[str, Network]) -> Neuronal | None:
    """Return the channel or class that a recipe is about; None if it is about anything else."""
    term = recipe.terms[0]
    if len(recipe.terms) != 1 or not isinstance(term, Neuron):
        return None
    full_name, layer, words = Context(recipe, networks).split(term.target)
    if not words:
        return None
    channel = layer.channel(words[0])
    network = full_name.removesuffix(f"/{layer.name}")
    return Neuronal(network, layer.name, channel, layer.labels[channel] if layer.labels else None)


@torch.no_grad()
def response(network: Network, layer: str, picture: Float[Tensor, "3 H W"]) -> Float[Tensor, " C"]:
    """Return the mean activation of each channel of a layer on a picture in linear RGB."""
    height, width = picture.shape[1:]
    seen = [
        network.look(sample(picture), [layer])[layer].mean((2, 3))
        for sample in samples((height, width))
    ]
    return torch.cat(seen).mean(0)


def _climb(session: Session, checkpoint: Path | None) -> float:
    """Take the steps that are left; return the seconds that all of them took."""
    before = _restore(session, checkpoint) if checkpoint else 0.0
    begun = time.monotonic()
    due = begun + SECONDS_BETWEEN_CHECKPOINTS
    for _ in session.steps():
        now = time.monotonic()
        if checkpoint and now >= due and session.done < session.total_steps:
            # It saves time, and is no part of the tile: where none can be kept, there is none.
            with suppress(RunError, OSError):
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
                save_checkpoint(checkpoint, _state(session, before + now - begun))
            due = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS
    return before + time.monotonic() - begun


def _state(session: Session, seconds: float) -> dict[str, Any]:
    return {**_whose(session), "session": session.state_dict(), "seconds": seconds}


def _whose(session: Session) -> dict[str, Any]:
    """Return what must be the same to go on from a checkpoint."""
    return {
        "recipe": session.recipe.model_dump(mode="json"),
        "weights": {name: network.digest for name, network in session.networks.items()},
        "versions": versions(),
    }


def _restore(session: Session, checkpoint: Path) -> float:
    """Go on from a checkpoint, if there is a right one; return the seconds spent before it."""
    if not checkpoint.is_file():
        return 0.0
    try:
        state = load_checkpoint(checkpoint)
        whose = json.loads(json.dumps(_whose(session)))
        if not all_finite(state) or any(state[name] != value for name, value in whose.items()):
            return 0.0
        session.load_state_dict(state["session"])
        return float(state["seconds"])
    except (InputError, KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError):
        return 0.0


def _strict(home: Path, recipe: Recipe) -> Float[Tensor, "3 H W"]:
    """Return the picture of the file that was measured, in linear RGB."""
    if recipe.has_areas:
        return to_linear(pictures.read_rgb(home / DRAWING))
    return torch.from_numpy(render_file(home, recipe.page, recipe.paper))


def _facts(
    session: Session, certificate: Certificate, strict: Float[Tensor, "3 H W"]
) -> dict[str, Any]:
    recipe, neuron = session.recipe, neuron_of(session.recipe, session.networks)
    excited = None
    if neuron:
        values = response(session.networks[neuron.network], neuron.layer, strict)
        layer = f"{neuron.network}/{neuron.layer}"
        excited = {"layer": layer, "values": [rounded(value, 4) for value in values.tolist()]}
    return {
        "network": neuron.network if neuron else None,
        "layer": neuron.layer if neuron else None,
        "channel": neuron.channel if neuron else None,
        "label": neuron.label if neuron else None,
        "seed": recipe.seed,
        "width": recipe.size[1],
        "height": recipe.size[0],
        "medium": recipe.medium,
        "steps": recipe.steps,
        "score_strict": rounded(certificate.score_strict, 6),
        "score_soft": rounded(certificate.score_soft, 6),
        "gap": rounded(certificate.gap, 4),
        "inks": [
            {"colour": ink.colour, "name": ink.name, "share": rounded(ink.share, 4)}
            for ink in certificate.ink_shares
        ],
        "seconds": round(certificate.seconds, 3),
        "response": excited,
        "versions": versions(),
        "networks": dict(certificate.networks),
    }


def rounded(value: float, digits: int) -> float:
    """Return a number with so many significant digits.

    >>> rounded(0.0123456, 4)
    0.01235
    """
    return float(f"{value:.{digits}g}")
