"""Networks as torch.fx graphs: batch norms folded, leaking ReLUs, cut at layers.

Also receptive fields read from the graph, and random weights scaled layer by layer to a mean square
of 1 on noise (Mishkin and Matas, "All you need is a good init", 2016).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from inkdream.devices import generator_for
from inkdream.networks.leak import relu

_RELUS = (F.relu, F.relu_, torch.relu, torch.relu_)


@dataclass(frozen=True)
class Fold:
    """A batch norm folded into the convolution before it: their paths, and its epsilon."""

    convolution: str
    norm: str
    epsilon: float


@dataclass(frozen=True)
class Traced:
    """A network as a graph, whose inputs are pictures and the leak of its ReLUs.

    Attributes:
        body: the network that runs; its parameters are the original's, but for the folds.
        outputs: the node of each module's output, by the module's path; "" for the result.
        folds: the batch norms that are gone.
    """

    body: fx.GraphModule
    outputs: Mapping[str, str]
    folds: tuple[Fold, ...]


def trace(network: nn.Module) -> Traced:
    """Return a network in evaluation mode, of one input, as a graph; it may be on device "meta".

    Batch norms are folded into convolutions and ReLUs, modules and functions, leak. The network
    itself is of no use afterwards.
    """
    tracer = _Tracer()
    graph = tracer.trace(network)
    result = next(node for node in graph.nodes if node.op == "output").args[0]
    outputs = {**tracer.outputs, "": result}
    folds: list[Fold] = []
    moved: dict[fx.Node, fx.Node] = {}
    picture = next(node for node in graph.nodes if node.op == "placeholder")
    with graph.inserting_after(picture):
        leak = graph.placeholder("leak")
    for node in list(graph.nodes):
        new = _fold(node, network, folds) or _leaking(node, network, leak)
        if new is not None:
            node.replace_all_uses_with(new)
            graph.erase_node(node)
            moved[node] = new
    return Traced(
        fx.GraphModule(network, graph),
        {path: moved.get(node, node).name for path, node in outputs.items()},
        tuple(folds),
    )


def cut(body: fx.GraphModule, names: Collection[str]) -> fx.GraphModule:
    """Return the part of a network that the named nodes need; it returns them by name."""
    nodes = {node.name: node for node in body.graph.nodes}
    waiting, needed = [nodes[name] for name in names], set()
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting += node.all_input_nodes
    part = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in body.graph.nodes:
        if node in needed or node.op == "placeholder":
            copies[node] = part.node_copy(node, copies.__getitem__)
    part.output({name: copies[nodes[name]] for name in names})
    return fx.GraphModule(body, part)


def fold(state: Mapping[str, Tensor], folds: Collection[Fold]) -> dict[str, Tensor]:
    """Return a network's weights with batch norms folded into convolutions.

    w' = w g / sqrt(v + e) and b' = (b - m) g / sqrt(v + e) + d, with the norm's mean m, variance v,
    scale g, shift d and epsilon e (Ioffe and Szegedy, "Batch Normalization", 2015).
    """
    folded = dict(state)
    for each in folds:
        norm = {
            part: folded.pop(f"{each.norm}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        }
        scale = norm["weight"] / (norm["running_var"] + each.epsilon).sqrt()
        weight, bias = f"{each.convolution}.weight", f"{each.convolution}.bias"
        folded[bias] = (folded.get(bias, 0.0) - norm["running_mean"]) * scale + norm["bias"]
        folded[weight] = folded[weight] * scale[:, None, None, None]
    return folded


class _Tracer(fx.Tracer):
    """Remembers which node is the output of each module, also of those it traces into."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, fx.Node] = {}

    def call_module(
        self, m: nn.Module, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Trace a call and remember its output."""
        result = super().call_module(m, forward, args, kwargs)
        if isinstance(result, fx.Proxy):
            self.outputs[self.path_of_module(m)] = result.node
        return result


def _fold(node: fx.Node, network: nn.Module, folds: list[Fold]) -> fx.Node | None:
    """Return the convolution that this node is folded into, if it is such a batch norm."""
    before = node.args[0] if node.op == "call_module" else None
    if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) > 1:
        return None
    norm = network.get_submodule(str(node.target))
    convolution = network.get_submodule(str(before.target))
    if not isinstance(norm, nn.BatchNorm2d) or not isinstance(convolution, nn.Conv2d):
        return None
    if convolution.bias is None:
        convolution.bias = nn.Parameter(torch.empty_like(convolution.weight[:, 0, 0, 0]))
    folds.append(Fold(str(before.target), str(node.target), norm.eps))
    return before


def _leaking(node: fx.Node, network: nn.Module, leak: fx.Node) -> fx.Node | None:
    """Return a new node that replaces this one and leaks, if it is a ReLU."""
    is_relu = (
        (node.op == "call_function" and node.target in _RELUS)
        or (node.op == "call_method" and node.target in ("relu", "relu_"))
        or (node.op == "call_module" and type(network.get_submodule(str(node.target))) is nn.ReLU)
    )
    if not is_relu:
        return None
    with node.graph.inserting_before(node):
        return node.graph.call_function(relu, (node.args[0], leak))


# Px of the row that is followed through the network: more than any unit's field twice.
_LENGTH = 2**14
_POOLS = (F.max_pool2d, F.avg_pool2d)
_GLOBAL = {"adaptive_avg_pool2d", "flatten", "mean"}


@dataclass(frozen=True)
class Reach:
    """The first and last px that each unit in a row sees, and the px from unit to unit.

    The stride is 0 where no row of units is left; `is_whole`: each unit sees all px.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    stride: int = 1
    is_whole: bool = False

    @property
    def field(self) -> int:
        """The most px that an inner unit sees; 0 for all."""
        inner = (self.low > 0) & (self.high < _LENGTH - 1)
        if self.is_whole or not inner.any():
            return 0
        return int((self.high - self.low)[inner].max()) + 1


def reaches(body: fx.GraphModule) -> dict[str, tuple[int, int]]:
    """Return stride and receptive field in px of each node that depends on the picture, by name.

    The field is the side of the smallest square that holds all a unit can see, the largest of a
    layer's units; 0 for the whole picture.
    """
    rows, columns = _follow(body, 0), _follow(body, 1)
    return {
        name: (
            max(rows[name].stride, columns[name].stride),
            max(rows[name].field, columns[name].field)
            if rows[name].field and columns[name].field
            else 0,
        )
        for name in rows
    }


def _follow(body: fx.GraphModule, axis: int) -> dict[str, Reach]:
    everything = np.arange(_LENGTH)
    reach: dict[str, Reach] = {}
    for node in body.graph.nodes:
        if node.op == "placeholder" and not reach:
            reach[node.name] = Reach(everything, everything)
            continue
        before = [reach[each.name] for each in node.all_input_nodes if each.name in reach]
        is_size = (node.target is getattr and node.args[1] == "shape") or node.target == "size"
        if before and node.op != "output" and not is_size:
            reach[node.name] = _step(node, body, _join(before), axis)
    return reach


def _join(several: Sequence[Reach]) -> Reach:
    """Return the union of several reaches, at the finest of them."""
    longest = max(several, key=lambda one: len(one.low))
    alike = [one for one in several if len(one.low) == len(longest.low)]
    return Reach(
        np.min([one.low for one in alike], 0),
        np.max([one.high for one in alike], 0),
        longest.stride,
        any(one.is_whole for one in several),
    )


def _step(node: fx.Node, body: fx.GraphModule, seen: Reach, axis: int) -> Reach:
    """Return what the units of a node see; unknown operations keep to their place."""
    if node.op == "call_module":
        return _through(body.get_submodule(str(node.target)), seen, axis)
    name = node.target if isinstance(node.target, str) else node.target.__name__
    if node.target in _POOLS:
        return _slide(seen, _arguments(node), axis)
    if name in _GLOBAL:
        return _all(0)
    if name == "_patch_merging_pad":  # Swin: four neighbours become one
        return _slide(seen, {"kernel_size": 2, "stride": 2}, axis)
    if name == "shifted_window_attention":
        window = _arguments(node)
        return _window(seen, window["window_size"][axis], window["shift_size"][axis])
    return seen


def _through(part: nn.Module, seen: Reach, axis: int) -> Reach:
    """Return what the units of a module see."""
    if isinstance(part, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return _slide(seen, vars(part), axis)
    if isinstance(part, nn.AdaptiveAvgPool2d):
        return _all(0)
    return _all(seen.stride) if isinstance(part, nn.MultiheadAttention) else seen


def _arguments(node: fx.Node) -> dict[str, Any]:
    """Return the arguments of a pooling or attention function by name."""
    names: Sequence[str] = ("input", "kernel_size", "stride", "padding")
    if node.target not in _POOLS and callable(node.target):
        names = list(inspect.signature(node.target).parameters)
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def _slide(seen: Reach, arguments: Mapping[str, Any], axis: int) -> Reach:
    """Return what units see that look at `kernel_size` units, `stride` apart."""
    kernel = _along(arguments["kernel_size"], axis)
    stride = _along(arguments.get("stride") or kernel, axis)
    padding = _along(arguments.get("padding", 0), axis)
    span = _along(arguments.get("dilation", 1), axis) * (kernel - 1)
    last = len(seen.low) - 1
    starts = np.arange(0, len(seen.low) + 2 * padding - span, stride) - padding
    return Reach(
        seen.low[np.clip(starts, 0, last)],
        seen.high[np.clip(starts + span, 0, last)],
        seen.stride * stride,
        seen.is_whole,
    )


def _window(seen: Reach, size: int, shift: int) -> Reach:
    """Return what units see that look at all in their window (Liu et al., "Swin", 2021)."""
    last = len(seen.low) - 1
    starts = (np.arange(last + 1) - shift) // size * size + shift
    return Reach(
        seen.low[np.clip(starts, 0, last)],
        seen.high[np.clip(starts + size - 1, 0, last)],
        seen.stride,
        seen.is_whole,
    )


def _all(stride: int) -> Reach:
    nothing = np.zeros(0, np.int64)
    return Reach(nothing, nothing, stride, is_whole=True)


def _along(size: Any, axis: int) -> int:
    return int(size[axis] if isinstance(size, Sequence) else size)


# Of class tokens, places and the like, which are added to something of a deviation of 1.
_SMALL = 0.02
_SAMPLES = 2
_TAME = 0.1


def has_all_weights(body: fx.GraphModule) -> bool:
    """Return whether no parameter or buffer is on device "meta"."""
    return not any(tensor.is_meta for tensor in (*body.parameters(), *body.buffers()))


@torch.no_grad()
def fill(part: fx.GraphModule, body: fx.GraphModule, seed: int, side: int) -> None:
    """Give random weights to all parts of a network that run and have none yet.

    They depend on the seed and on what runs before them, not on what was filled first.

    Args:
        part: cut from `body`; cut again afterwards, as its own parameters stay without values.
        body: the network that keeps the weights.
        seed: of the weights and of the noise.
        side: px of the pictures by which weights are scaled.
    """
    _Filler(part, body, seed).run(_noise(seed, side), 0.0)


class _Filler(fx.Interpreter):
    """Runs a network node by node; parameters without values get some just before they are used."""

    def __init__(self, part: fx.GraphModule, body: fx.GraphModule, seed: int) -> None:
        super().__init__(part)
        self.body, self.seed = body, seed

    def get_attr(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Return a parameter that stands by itself."""
        path, _, name = str(target).rpartition(".")
        owner = self.body.get_submodule(path)
        if getattr(owner, name).is_meta:
            self._give(owner, name, str(target))
        return getattr(owner, name)

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a module."""
        module = self.body.get_submodule(str(target))
        is_new = False
        for path, owner in module.named_modules(prefix=str(target)):
            for name in [*owner._parameters, *owner._buffers]:
                value = getattr(owner, name)
                if value is not None and value.is_meta:
                    self._give(owner, name, f"{path}.{name}")
                    is_new = True
        if is_new:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            if isinstance(module, nn.Conv2d | nn.Linear):
                _scale(module, module(*args, **kwargs))
        return module(*args, **kwargs)

    def _give(self, owner: nn.Module, name: str, path: str) -> None:
        like = getattr(owner, name)
        value = _values(like, path, generator_for(self.seed, path))
        if name in owner._parameters:
            setattr(owner, name, nn.Parameter(value, requires_grad=False))
        else:
            owner._buffers[name] = value


def _values(like: Tensor, path: str, generator: torch.Generator) -> Tensor:
    """Return values for a parameter or buffer by its last name."""
    name = path.rpartition(".")[2]
    if name == "num_batches_tracked":
        return torch.zeros((), dtype=like.dtype)
    values = torch.zeros(like.shape)
    if name in ("running_var", "layer_scale") or (name == "weight" and like.dim() == 1):
        return values + 1
    if name.endswith("bias") or name == "running_mean":
        return values
    if name.endswith("weight"):
        bound = math.sqrt(3 / like[0].numel())
        return values.uniform_(-bound, bound, generator=generator)
    return values.normal_(0, _SMALL, generator=generator)


def _scale(module: nn.Conv2d | nn.Linear, values: Tensor) -> None:
    """Scale a layer's weights by what came out of it."""
    # A convolution of a single place decides how much of each channel passes (squeeze and
    # excitation); with free rein, layer after layer, all ends in nothing or in the infinite.
    is_gate = values.dim() == 4 and values.shape[2:].numel() == 1
    size = values.square().mean().sqrt()
    if is_gate:
        module.weight *= _TAME
    elif size > 0:
        module.weight /= size


def _noise(seed: int, side: int) -> Float[Tensor, "V 3 H W"]:
    """Return normalised pictures of noise at several scales."""
    generator = generator_for(seed, "noise")
    parts = [
        F.interpolate(torch.randn(_SAMPLES, 3, size, size, generator=generator), (side, side))
        for size in (side // 16 + 1, side // 4 + 1, side)
    ]
    picture = torch.stack(parts).sum(0) / math.sqrt(len(parts))
    return picture.contiguous(memory_format=torch.channels_last)
