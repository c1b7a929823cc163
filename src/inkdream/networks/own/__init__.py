"""A network of one's own: a `.pt2` file of torch.export, or a module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from inkdream.networks.own.archive import read_program, read_weights
from inkdream.networks.own.graph import GraphBody
from inkdream.networks.own.module import Body, ModuleBody, make_module
from inkdream.networks.own.network import OwnNetwork, Preprocessing
from inkdream.networks.weights import digest, digest_of

__all__ = ["OwnNetwork", "Preprocessing", "network_of", "open_network"]

ARCHIVE = ".pt2"


def open_network(
    name: str,
    source: str,
    weights: Path | None = None,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] = (),
) -> OwnNetwork:
    """Return a network of one's own, loaded, frozen and looked at.

    Args:
        name: as targets write it.
        source: the path of a `.pt2` file, or `package.module:function`, whose code is run.
        weights: a safetensors file with all its parameters and buffers.
        preprocessing: of the pictures; none by default.
        classes: names of the classes that its logits are for; none if they have none.

    Raises:
        InputError: if it cannot be had, or cannot be drawn with; says why.
    """
    archive = Path(source) if source.endswith(ARCHIVE) else None
    body: Body
    if archive:
        body = GraphBody(read_program(archive), name)
    else:
        body = ModuleBody(make_module(source), name)
    if weights:
        body.take(read_weights(weights, body.state()))
    return _network(body, name, preprocessing, classes, weights or archive)


def network_of(
    module: nn.Module,
    name: str,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] = (),
) -> OwnNetwork:
    """Return a module that is at hand as a network to draw with; the module stays as it is.

    Args:
        module: takes pictures (V, 3, h, w), or grey ones (V, 1, h, w).
        name: as targets write it: `NAME/layer/channel`.
        preprocessing: of the pictures; none by default.
        classes: names of the classes that its logits are for; none if they have none.

    Raises:
        InputError: if it cannot be drawn with; says why.
    """
    return _network(ModuleBody(module, name), name, preprocessing, classes)


def _network(
    body: Body,
    name: str,
    preprocessing: Preprocessing | None,
    classes: Sequence[str],
    file: Path | None = None,
) -> OwnNetwork:
    network = OwnNetwork(name, body, preprocessing or Preprocessing(), classes)
    network.digest = digest(file) if file else digest_of(body.state(), body.kinds())
    return network
