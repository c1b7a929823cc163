"""A network of one's own: a `.pt2` file of torch.export, or a module that a function returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkdream import colour
from inkdream.errors import InputError, unknown
from inkdream.networks.base import Layer, Network
from inkdream.networks.own import probe
from inkdream.networks.own.archive import read_program
from inkdream.networks.own.body import Body, as_map, told
from inkdream.networks.own.graph import GraphBody
from inkdream.networks.own.module import OUTPUT, ModuleBody, make_module
from inkdream.networks.own.weights import read_weights
from inkdream.networks.tensors import digest

__all__ = ["OwnNetwork", "Preprocessing", "open_network"]

ARCHIVE = ".pt2"
# By what name users ask for what a network ends with, where it has no places: classes.
LOGITS = "logits"


@dataclass(frozen=True)
class Preprocessing:
    """What happens to pictures before a network sees them.

    Attributes:
        mean: subtracted from sRGB in [0, 1], by channel; none for nothing.
        deviation: what the rest is divided by, by channel; none for nothing.
        size: px a side that pictures are brought to; 0 to find out what the network needs.
    """

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    size: int = 0

    def __call__(
        self, pictures: Float[Tensor, "V 3 H W"], sides: tuple[int, int] | None
    ) -> Float[Tensor, "V 3 h w"]:
        """Return pictures in linear RGB as the network takes them.

        Args:
            pictures: linear RGB in [0, 1].
            sides: the height and width that they are stretched to; None for their own.
        """
        if sides and tuple(pictures.shape[2:]) != sides:
            pictures = F.interpolate(pictures, sides, mode="bilinear", antialias=True)
        values = colour.linear_to_srgb(pictures)
        if self.mean:
            values = values - values.new_tensor(self.mean)[:, None, None]
        if self.deviation:
            values = values / values.new_tensor(self.deviation)[:, None, None]
        return values


class OwnNetwork(Network):
    """A network whose code or graph its user brings; layers are its modules, or its nodes.

    What it ends with is called `logits` if it has no places, (V, C).
    """

    def __init__(self, name: str, body: Body, preprocessing: Preprocessing) -> None:
        """Freeze a network and find out about it.

        Raises:
            InputError: if it cannot be drawn with; says why.
        """
        super().__init__()
        self.name, self.body, self.preprocessing = name, body, preprocessing
        self.freeze()
        self._sides = body.sides
        self._checked: set[str] = set()
        try:
            try:
                self._arrange(torch.channels_last)  # the faster way
                self._examine()
            except InputError as error:
                if probe.NO_VIEW not in str(error):
                    raise
                self._arrange(torch.contiguous_format)
                self._examine()
        except InputError as error:
            raise InputError(f"network {name}: {error}") from error

    @cached_property
    def layers(self) -> tuple[Layer, ...]:  # type: ignore[override]
        """All layers with what they see, which takes a while to find out; `layer` does not ask."""
        return probe.measure_fields(
            self._run_all, self._found, self._size, fixed=self._sides is not None
        )

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return the activations of layers; the network runs until the last of them is there."""
        if not layers:
            return {}
        own = {name: self._names.get(name, name) for name in layers}
        try:
            values = self.preprocessing(pictures, self._sides)
            seen = self._run(values, list(dict.fromkeys(own.values())), leak)
            if idle := [name for name, path in own.items() if path not in seen]:
                raise InputError(f"layer {idle[0]} did not run on this picture")
            sides = (values.shape[2], values.shape[3])
            return {name: as_map(seen[path], sides) for name, path in own.items()}
        except InputError as error:
            raise InputError(f"network {self.name}: {error}") from error

    def layer(self, name: str) -> Layer:
        """Return the layer of that name, of which it is known that one can draw with it.

        Raises:
            InputError: if there is none, no gradient comes back from it, or it gives no numbers.
        """
        if name in self._blind:
            raise InputError(f"network {self.name}: {probe.blind(name)}")
        found = next((layer for layer in self._found if layer.name == name), None)
        if found is None:
            raise unknown(f"layer of {self.name}", name, [layer.name for layer in self._found])
        if name not in self._checked:
            try:
                probe.check_layer(name, lambda seen: self.look(seen, [name])[name], self._size)
            except InputError as error:
                raise InputError(f"network {self.name}: {error}") from error
            self._checked.add(name)
        return found

    def _arrange(self, memory_format: torch.memory_format) -> None:
        """Arrange weights and pictures in memory."""
        self._format = memory_format
        self.body.to(memory_format=memory_format)  # type: ignore[call-overload]

    def _examine(self) -> None:
        awake = [
            f"{path.partition('.')[2]} ({type(module).__name__})"
            for path, module in self.body.named_modules()
            if module.training and isinstance(module, _LIVE)
        ]
        if awake:
            raise InputError(f"{awake[0]} stays in training, though eval() was called")
        if self._sides:
            self._size = self._sides
        elif self.preprocessing.size:
            self._sides = self._size = (self.preprocessing.size,) * 2
        else:
            side, self._size = probe.find_side(self._run_at)
            self._sides = (side, side) if side else None
        facts = probe.examine(
            self._run_all, self.body.state(), self._size, fixed=self._sides is not None
        )
        self._blind, self._found = facts.blind, facts.layers
        self._names: dict[str, str] = {}
        last = next((layer for layer in self._found if layer.name == self.body.output), None)
        if last and not last.stride and LOGITS not in {layer.name for layer in self._found}:
            self._names[LOGITS] = last.name
            others = [layer for layer in self._found if layer.name != OUTPUT]
            self._found = (*others, Layer(LOGITS, last.channels, 0, 0))

    def _run_at(self, pictures: Tensor, side: int) -> dict[str, Tensor]:
        return self._run(self.preprocessing(pictures, (side, side) if side else None), None)

    def _run_all(self, pictures: Tensor) -> dict[str, Tensor]:
        return self._run(self.preprocessing(pictures, self._sides), None)

    def _run(
        self, values: Tensor, wanted: Sequence[str] | None, leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Run the body, on as many pictures at once as it takes."""
        values = values.contiguous(memory_format=self._format)
        try:
            if not self.body.batch:
                return self.body.run(values, wanted, leak)
            parts = [
                self.body.run(_filled(part, self.body.batch), wanted, leak)
                for part in values.split(self.body.batch)
            ]
        except Exception as error:
            # Whatever the user's code raises; what it is stands in its own words.
            size = " x ".join(map(str, reversed(values.shape[2:])))
            raise InputError(f"fails on pictures of {size} px ({told(error)})") from error
        joined = {}
        for name in parts[0]:
            outputs = [part[name] for part in parts]
            # What does not have a row for each picture is no layer.
            if all(output.ndim and len(output) == self.body.batch for output in outputs):
                joined[name] = torch.cat(outputs)[: len(values)]
        return joined


# Modules that are other than themselves in training.
_LIVE = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)


def open_network(
    name: str, source: str, weights: Path | None = None, preprocessing: Preprocessing | None = None
) -> OwnNetwork:
    """Return a network of one's own, loaded, frozen and looked at.

    Args:
        name: as targets write it.
        source: the path of a `.pt2` file, or `package.module:function`, whose code is run.
        weights: a safetensors file with all its parameters and buffers.
        preprocessing: of the pictures; none by default.

    Raises:
        InputError: if it cannot be had, or cannot be drawn with; says why.
    """
    body: Body
    if source.endswith(ARCHIVE):
        body = GraphBody(read_program(Path(source)), name)
    else:
        body = ModuleBody(make_module(source), name)
    if weights:
        body.take(read_weights(weights, body.state()))
    network = OwnNetwork(name, body, preprocessing or Preprocessing())
    if weights or source.endswith(ARCHIVE):
        network.digest = digest(weights or Path(source))
    return network


def _filled(pictures: Tensor, count: int) -> Tensor:
    """Return so many pictures, the last of them repeated."""
    missing = count - len(pictures)
    return torch.cat([pictures, pictures[-1:].expand(missing, -1, -1, -1)]) if missing else pictures
