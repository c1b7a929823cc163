"""A network as a graph: batch norm folded into convolutions, ReLUs that leak, cut where asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from inkdream.networks.relu import relu

_RELUS = (F.relu, F.relu_, torch.relu, torch.relu_)


@dataclass(frozen=True)
class Fold:
    """A batch norm that went into the convolution before it.

    Attributes:
        convolution: the convolution's path in the network.
        norm: the batch norm's.
        epsilon: what it adds to variances.
    """

    convolution: str
    norm: str
    epsilon: float


@dataclass(frozen=True)
class Traced:
    """A network as a graph, whose inputs are pictures and the leak of its ReLUs.

    Attributes:
        body: the network that runs; its parameters are those of the network it is from, but for
            the folds.
        outputs: the name of the node that holds each module's output, by the module's path; ""
            for what the network returns.
        folds: the batch norms that are no more.
    """

    body: fx.GraphModule
    outputs: Mapping[str, str]
    folds: tuple[Fold, ...]


def trace(network: nn.Module) -> Traced:
    """Return a network in evaluation as a graph; it may be on torch's device "meta".

    Batch norm after a convolution is a scale and a shift, which the convolution's weights can
    take up; so it costs nothing. ReLUs, modules and functions alike, let the leak through.

    Args:
        network: a module with one argument; it is no longer of use afterwards.
    """
    tracer = _Tracer()
    graph = tracer.trace(network)
    result = next(node for node in graph.nodes if node.op == "output").args[0]
    outputs = {**tracer.outputs, "": result}
    folds: list[Fold] = []
    moved: dict[fx.Node, fx.Node] = {}
    _add_leak(graph)
    for node in list(graph.nodes):
        new = _fold(node, network, folds) or _leaking(node, network)
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
    """Return a network that runs no more than the named nodes need, and returns them by name."""
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
    """Return a network's weights with its batch norms taken up by their convolutions.

    w' = w g / sqrt(v + e) and b' = (b - m) g / sqrt(v + e) + d, with the norm's mean m, variance
    v, scale g, shift d and epsilon e (Ioffe and Szegedy, "Batch Normalization", 2015).

    Args:
        state: by the names they have in the network.
        folds: of the traced network.
    """
    folded = dict(state)
    for one in folds:
        norm = {
            part: folded.pop(f"{one.norm}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        }
        scale = norm["weight"] / (norm["running_var"] + one.epsilon).sqrt()
        weight, bias = f"{one.convolution}.weight", f"{one.convolution}.bias"
        folded[bias] = (folded.get(bias, 0.0) - norm["running_mean"]) * scale + norm["bias"]
        folded[weight] = folded[weight] * scale[:, None, None, None]
    return folded


class _Tracer(fx.Tracer):
    """Remembers which node is the output of each module, also of those that it looks into."""

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


def _add_leak(graph: fx.Graph) -> None:
    picture = next(node for node in graph.nodes if node.op == "placeholder")
    with graph.inserting_after(picture):
        graph.placeholder("leak")


def _fold(node: fx.Node, network: nn.Module, folds: list[Fold]) -> fx.Node | None:
    """Return the convolution that takes up this node, if it is a batch norm that can be."""
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


def _leaking(node: fx.Node, network: nn.Module) -> fx.Node | None:
    """Return a new node that does what this one does and leaks, if it is a ReLU."""
    is_relu = (
        (node.op == "call_function" and node.target in _RELUS)
        or (node.op == "call_method" and node.target in ("relu", "relu_"))
        or (node.op == "call_module" and type(network.get_submodule(str(node.target))) is nn.ReLU)
    )
    if not is_relu:
        return None
    leak = next(one for one in node.graph.nodes if one.op == "placeholder" and one.name == "leak")
    with node.graph.inserting_before(node):
        return node.graph.call_function(relu, (node.args[0], leak))
