"""The user's own networks: a `.pt2` file of torch.export, or a module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.errors import InputError, unknown
from inkdream.networks.base import Layer, SrgbNetwork, fit_into, pad_to_multiple
from inkdream.networks.own.archive import read_program, read_weights
from inkdream.networks.own.forms import for_people, names_of
from inkdream.networks.own.graph import GraphBody
from inkdream.networks.own.module import Body, ModuleBody, error_line, make_module
from inkdream.networks.own.probe import (
    NO_VIEW,
    Intake,
    blind,
    check_layer,
    examine,
    find_intake,
    measure_fields,
)
from inkdream.networks.weights import digest, digest_of

# By what name users ask for what a network ends with, where it has no places: classes.
LOGITS = "logits"
# What the whole network gives, by its part where it gives several things.
OUTPUT = "output"
# Modules that are other than themselves in training.
_LIVE = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)


# What red, green and blue in sRGB are worth in a grey picture (ITU-R BT.601), as in PIL, whose grey
# pictures most networks of one channel were trained on.
_GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preprocessing:
    """How a network takes pictures.

    Attributes:
        mean, deviation: values are (value - mean) / deviation, by channel in the network's order;
            empty for none.
        size: rows and columns in px that pictures are fitted into; None to find out.
        low, high: values of black and white before mean and deviation.
        is_bgr: whether channels are blue, green, red.
    """

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    size: tuple[int, int] | None = None
    low: float = 0.0
    high: float = 1.0
    is_bgr: bool = False

    def __call__(
        self, pictures: Float[Tensor, "V 3 h w"], channels: int = 3
    ) -> Float[Tensor, "V C h w"]:
        """Return pictures in sRGB as the network takes them.

        With one channel, the means over channels of mean and deviation are used.
        """
        values = pictures
        mean, deviation = self.mean, self.deviation
        if channels == 1:
            values = (values * values.new_tensor(_GREY)[:, None, None]).sum(1, keepdim=True)
            mean, deviation = (
                (float(torch.tensor(each).mean()),) if each else () for each in (mean, deviation)
            )
        elif self.is_bgr:
            values = values.flip(1)
        if (self.low, self.high) != (0.0, 1.0):
            values = self.low + values * (self.high - self.low)
        if mean:
            values = values - values.new_tensor(mean)[:, None, None]
        if deviation:
            values = values / values.new_tensor(deviation)[:, None, None]
        return values


class OwnNetwork(SrgbNetwork):
    """A network given by the user; layers are its modules, or its graph's nodes.

    An output without places, (V, C), is called `logits`; of several, the one of that name.
    """

    def __init__(
        self, name: str, body: Body, preprocessing: Preprocessing, classes: Sequence[str] = ()
    ) -> None:
        """Freeze and examine a network.

        Raises:
            InputError: if it cannot be drawn with; says why.
        """
        super().__init__()
        self.name, self.body, self.preprocessing = name, body, preprocessing
        self.freeze()
        self._checked: set[str] = set()
        try:
            try:
                self._arrange(torch.channels_last)  # the faster way
                self._examine()
            except InputError as error:
                if NO_VIEW not in str(error):
                    raise
                self._arrange(torch.contiguous_format)
                self._examine()
            self._name_classes(tuple(classes))
        except InputError as error:
            raise InputError(f"network {name}: {error}") from error

    @cached_property
    def layers(self) -> tuple[Layer, ...]:  # type: ignore[override]
        """All layers with their receptive fields, which take a while to measure."""
        probed = {raw: self._facts.layers[raw] for raw in set(self._raw.values())}
        fields = measure_fields(self._run_all, probed, self._intake)
        return tuple(
            replace(layer, field=fields[self._raw[name]]) for name, layer in self._layers.items()
        )

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return the activations of layers; the network runs no deeper than needed."""
        if not layers:
            return {}
        raw = {name: self._raw[self._aliases.get(name, name)] for name in layers}
        try:
            if self._intake.step:
                fitted, window = pad_to_multiple(pictures, self._intake.multiple)
            else:
                fitted, window = fit_into(pictures, self._intake.size)
            seen = self._run(fitted, list(dict.fromkeys(raw.values())))
            if idle := [name for name, path in raw.items() if path not in seen]:
                raise InputError(f"layer {idle[0]} did not run on this picture")
        except InputError as error:
            raise InputError(f"network {self.name}: {error}") from error
        maps = {}
        for name, path in raw.items():
            form = self._facts.layers[path].form
            whole = form.map(seen[path], (fitted.shape[2], fitted.shape[3]))
            maps[name] = window.cut(whole) if any(form.stride) else whole
        return maps

    def layer(self, name: str) -> Layer:
        """Return the layer of that name, checked to be fit to draw with.

        Raises:
            InputError: if there is none, it has no gradient, or it gives NaN.
        """
        if name in self._blind:
            raise InputError(f"network {self.name}: {blind(name)}")
        layer = self._layers.get(self._aliases.get(name, name))
        if layer is None:
            raise unknown(f"layer of {self.name}", name, list(self._layers))
        if name not in self._checked:
            try:
                check_layer(name, lambda seen: self.look(seen, [name])[name], self._intake.size)
            except InputError as error:
                raise InputError(f"network {self.name}: {error}") from error
            self._checked.add(name)
        return layer

    @property
    def largest_stride(self) -> int:
        """The stride of the coarsest layer, in px; measures nothing."""
        return max(layer.stride for layer in self._layers.values())

    def has(self, name: str) -> bool:
        """Return whether a layer has that name; measures nothing."""
        return name in self._layers or name in self._aliases or name in self._blind

    def _arrange(self, memory_format: torch.memory_format) -> None:
        """Set the memory format of weights and pictures."""
        self._format = memory_format
        for tensor in (*self.body.parameters(), *self.body.buffers()):
            # Those of videos have no such order.
            if tensor.dim() == 4 and not tensor.is_quantized:
                tensor.data = tensor.data.contiguous(memory_format=memory_format)

    def _examine(self) -> None:
        awake = [
            f"{path.partition('.')[2]} ({type(module).__name__})"
            for path, module in self.body.named_modules()
            if module.training and isinstance(module, _LIVE)
        ]
        if awake:
            raise InputError(f"{awake[0]} stays in training, though eval() was called")
        given, own = self.preprocessing.size, self.body.sides
        if given and own and given != own:
            raise InputError(
                f"takes pictures of {own[0]} rows and {own[1]} columns alone; leave size out"
            )
        self._intake = Intake(self.body.channels, (0, 0))
        self._intake = find_intake(
            lambda pictures, channels, batch: self._run(pictures, None, channels, batch),
            own or given,
            self.body.channels,
            self.body.batch,
        )
        self._facts = examine(self._run_all, self.body.state(), self._intake)
        self._name_layers()

    def _name_layers(self) -> None:
        """Give layers their users' names, and the output without places the name `logits`."""
        probed = self._facts.layers
        self._blind = frozenset(map(for_people, self._facts.blind))
        self._raw = names_of(probed)
        ends = {part: raw for part, raw in self.body.ends.items() if raw in probed}
        if len(self.body.ends) > 1:
            self._name_parts(ends)
        logits = [
            raw
            for part, raw in ends.items()
            if not probed[raw].layer.stride
            and (len(self.body.ends) == 1 or part.rpartition(".")[2].lower() == LOGITS)
        ]
        if len(logits) == 1 and LOGITS not in self._raw:
            self._raw = {
                name: raw
                for name, raw in self._raw.items()
                if raw != logits[0] or name.partition(".")[0] != OUTPUT
            }
            self._raw[LOGITS] = logits[0]
        self._layers = {
            name: replace(probed[raw].layer, name=name) for name, raw in self._raw.items()
        }
        self._aliases = self._other_names()

    def _name_parts(self, ends: Mapping[str, str]) -> None:
        """Name each of several outputs by its part: `output.0`."""
        for part, raw in ends.items():
            names = [name for name, other in self._raw.items() if other == raw]
            if OUTPUT in names:
                del self._raw[OUTPUT]
            if not any(name.startswith(f"{OUTPUT}.") for name in names):
                name = f"{OUTPUT}.{part}"
                while name in self._raw:
                    name += "_"
                self._raw[name] = raw

    def _other_names(self) -> dict[str, str]:
        """Return names that are understood but not listed, each with the listed one."""
        others: dict[str, str] = {}
        for name in self._raw:
            owner = name.rpartition(".")[0]
            # Of several things that a module gives, the first; the last of several calls.
            if owner and owner not in self._raw and owner != OUTPUT:
                others.setdefault(owner, name)
            if "#" in name:
                path, _, _ = name.partition("#")
                count = sum(each.startswith(f"{path}#") for each in self._raw)
                if path in self._raw:
                    others[f"{path}#{count + 1}"] = path
        return {other: name for other, name in others.items() if other not in self._blind}

    def _name_classes(self, classes: tuple[str, ...]) -> None:
        if not classes:
            return
        if LOGITS not in self._layers:
            raise InputError("gives no logits whose classes could have names")
        layer = self._layers[LOGITS]
        if layer.channels != len(classes):
            raise InputError(
                f"has {layer.channels} classes, but there are {len(classes)} names for them"
            )
        self._layers[LOGITS] = replace(layer, labels=classes)

    def _run_all(self, pictures: Tensor) -> dict[str, Tensor]:
        return self._run(pictures, None)

    def _run(
        self,
        pictures: Tensor,
        wanted: Sequence[str] | None,
        channels: int = 0,
        batch: int | None = None,
    ) -> dict[str, Tensor]:
        """Run the body on pictures in sRGB, on as many at once as it takes."""
        place = self.device
        values = self.preprocessing(pictures.to(place), channels or self._intake.channels)
        values = values.contiguous(memory_format=self._format)
        many = self._intake.batch if batch is None else batch
        try:
            if not many:
                return self.body.run(values, wanted)
            spare = values[-1:].expand(-len(values) % many, -1, -1, -1)
            parts = [self.body.run(part, wanted) for part in torch.cat([values, spare]).split(many)]
        except Exception as error:
            # Whatever the user's code raises; what it is stands in its own words.
            size = " x ".join(map(str, reversed(values.shape[2:])))
            raise InputError(f"fails on pictures of {size} px ({error_line(error)})") from error
        joined = {}
        for name in parts[0]:
            outputs = [part[name] for part in parts if name in part]
            # What does not have a row for each picture is no layer.
            if all(output.ndim and len(output) == many for output in outputs):
                joined[name] = torch.cat(outputs)[: len(values)]
        return joined


__all__ = ["OwnNetwork", "Preprocessing", "network_of", "open_network"]

ARCHIVE = ".pt2"


def open_network(
    name: str,
    source: str,
    weights: Path | None = None,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] = (),
) -> OwnNetwork:
    """Return an own network, loaded, frozen and examined.

    Args:
        name: as targets write it.
        source: the path of a `.pt2` file, or `package.module:function`, whose code is run.
        weights: a safetensors file with all its parameters and buffers.
        preprocessing: of the pictures; none by default.
        classes: names of its logits' classes.

    Raises:
        InputError: if it cannot be loaded or drawn with; says why.
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
    """Return a network to draw with, made of a copy of a module.

    Args:
        module: takes pictures (V, 3, h, w), or grey ones (V, 1, h, w).
        name: as targets write it: `NAME/layer/channel`.
        preprocessing: of the pictures; none by default.
        classes: names of its logits' classes.

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
