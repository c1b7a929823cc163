"""How much of a picture the units of a network's layers see, computed from the network's graph."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import fx, nn

# Px of the row that is followed through the network: more than any unit's field twice.
_LENGTH = 2**14
_POOLS = (F.max_pool2d, F.avg_pool2d)
_GLOBAL = {"adaptive_avg_pool2d", "flatten", "mean"}


@dataclass(frozen=True)
class Reach:
    """What the units in a row see of a row of px.

    Attributes:
        low: the first px that each unit sees.
        high: the last.
        stride: px from one unit to the next; 0 where there is no row of units any more.
        is_whole: whether each unit sees all px.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    stride: int = 1
    is_whole: bool = False

    @property
    def field(self) -> int:
        """The most px that a unit sees which no edge of the picture cuts short; 0 for all."""
        inner = (self.low > 0) & (self.high < _LENGTH - 1)
        if self.is_whole or not inner.any():
            return 0
        return int((self.high - self.low)[inner].max()) + 1


def reaches(body: fx.GraphModule) -> dict[str, tuple[int, int]]:
    """Return stride and receptive field in px of each node that depends on the picture, by name.

    The field is the side of the smallest square that holds all a unit can see; 0 means the whole
    picture. Where units of a layer differ (windows of attention), it is the largest.
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
    found: dict[str, Reach] = {}
    for node in body.graph.nodes:
        if node.op == "placeholder" and not found:
            found[node.name] = Reach(everything, everything)
            continue
        before = [found[one.name] for one in node.all_input_nodes if one.name in found]
        if before and node.op != "output" and not _is_size(node):
            found[node.name] = _step(node, body, _join(before), axis)
    return found


def _is_size(node: fx.Node) -> bool:
    """Return whether a node holds a size, not values."""
    return (node.target is getattr and node.args[1] == "shape") or node.target == "size"


def _join(several: Sequence[Reach]) -> Reach:
    """Return what one sees who sees all of these, at the finest of them."""
    longest = max(several, key=lambda one: len(one.low))
    alike = [one for one in several if len(one.low) == len(longest.low)]
    return Reach(
        np.min([one.low for one in alike], 0),
        np.max([one.high for one in alike], 0),
        longest.stride,
        any(one.is_whole for one in several),
    )


def _step(node: fx.Node, body: fx.GraphModule, seen: Reach, axis: int) -> Reach:
    """Return what the units of a node see; all that is not named here keeps to its place."""
    if node.op == "call_module":
        return _through(body.get_submodule(str(node.target)), seen, axis)
    name = node.target if isinstance(node.target, str) else node.target.__name__
    if node.target in _POOLS:
        return _slide(seen, _said(node), axis)
    if name in _GLOBAL:
        return _all(0)
    if name == "_patch_merging_pad":  # Swin: four neighbours become one
        return _slide(seen, {"kernel_size": 2, "stride": 2}, axis)
    if name == "shifted_window_attention":
        said = _said(node)
        return _window(seen, said["window_size"][axis], said["shift_size"][axis])
    return seen


def _through(part: nn.Module, seen: Reach, axis: int) -> Reach:
    """Return what the units of a module see."""
    if isinstance(part, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return _slide(seen, vars(part), axis)
    if isinstance(part, nn.AdaptiveAvgPool2d):
        return _all(0)
    return _all(seen.stride) if isinstance(part, nn.MultiheadAttention) else seen


def _said(node: fx.Node) -> dict[str, Any]:
    """Return the arguments of a pooling or attention function by name."""
    names: Sequence[str] = ("input", "kernel_size", "stride", "padding")
    if node.target not in _POOLS and callable(node.target):
        names = list(inspect.signature(node.target).parameters)
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def _slide(seen: Reach, said: Mapping[str, Any], axis: int) -> Reach:
    """Return what units see that look at `kernel_size` of these, `stride` apart."""
    kernel = _along(said["kernel_size"], axis)
    stride = _along(said.get("stride") or kernel, axis)
    padding = _along(said.get("padding", 0), axis)
    span = _along(said.get("dilation", 1), axis) * (kernel - 1)
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


def _along(said: Any, axis: int) -> int:
    return int(said[axis] if isinstance(said, Sequence) else said)
