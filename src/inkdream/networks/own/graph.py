"""Runs the graph of a `.pt2` file: torch's own operations on tensors, and arithmetic on sizes.

Nodes name their operations by text, and the file may come from anywhere: unknown operations are
refused, as is text that could be the name of a file.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from inkdream.errors import InputError, shorten
from inkdream.networks.own.archive import TYPES, Program
from inkdream.networks.own.module import Body

_TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")
# Checks of what was true while exporting; they give nothing.
_CHECK = re.compile(r"torch\.ops\.aten\.(_assert\w*|sym_constrain_range\w*)\.\w+")
# Operations with a leading line are torch's inner affairs, but exports hold these.
_INNER = frozenset(
    {
        *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "_convolution", "_prelu_kernel"),
        *("_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
        *("_cdist_forward", "_euclidean_dist", "_trilinear", "_fused_rms_norm"),
        *("_softmax", "_log_softmax", "_safe_softmax", "_native_multi_head_attention"),
        *("_scaled_dot_product_efficient_attention", "_scaled_dot_product_flash_attention"),
        "_scaled_dot_product_flash_attention_for_cpu",
        *("_reshape_alias", "_to_copy", "_unsafe_index", "_unsafe_view"),
        *("_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa"),
        *("_weight_norm", "_weight_norm_interface"),
    }
)
# Text is a mode for these.
_WITH_MODES = frozenset(
    {
        *("conv1d", "conv2d", "conv3d", "pad", "gelu", "gelu_", "div", "div_", "einsum"),
        *("meshgrid", "linalg_norm", "scatter_reduce", "index_reduce", "searchsorted", "bucketize"),
    }
)
_ON_SIZES: Mapping[str, Callable[..., Any]] = {
    **{
        f"_operator.{name}": getattr(operator, name)
        for name in (
            *("add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "pos"),
            *("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_"),
        )
    },
    "math.trunc": math.trunc,
    "torch.sym_int": int,
    "torch.sym_float": float,
    "torch.sym_max": max,
    "torch.sym_min": min,
    "torch.sym_not": operator.not_,
    "torch._sym_sqrt": math.sqrt,
}


def operation(target: str, given: Mapping[str, Any]) -> Callable[..., Any] | None:
    """Return the operation that a node names, `torch.ops.aten.conv2d.default`; None for a check.

    Raises:
        InputError: if it is not allowed in a file, or trains.
    """
    if _CHECK.fullmatch(target):
        return None
    if target in _ON_SIZES:
        return _ON_SIZES[target]
    match = _TARGET.fullmatch(target)
    if not match or (match[1].startswith("_") and match[1] not in _INNER):
        raise InputError(
            f"needs {shorten(target)}; from a file only torch's own operations on tensors are "
            "run. Give the network as package.module:function"
        )
    name, overload = match.groups()
    call = getattr(getattr(torch.ops.aten, name, None), overload, None)
    if not isinstance(call, torch._ops.OpOverload):
        raise InputError(f"needs {shorten(target)}, which torch {torch.__version__} has not")
    if name not in _WITH_MODES and any(isinstance(value, str) for value in given.values()):
        raise InputError(f"gives text to {shorten(target)}; from a file that is not run")
    # Without statistics of its own, batch norm takes the batch's in evaluation too.
    statistics = "running_mean" not in given or given["running_mean"] is not None
    if statistics and (given.get("train") is True or given.get("training") is True):
        raise InputError(
            f"was exported in training, with {name.strip('_')} left on; call the module's "
            "eval() before torch.export.export"
        )
    return call


def changes_in_place(call: Callable[..., Any]) -> bool:
    """Return whether an operation changes its inputs."""
    return isinstance(call, torch._ops.OpOverload) and bool(call._schema.is_mutable)


def is_by_place(call: Callable[..., Any]) -> bool:
    """Return whether an operation takes positional arguments: those on sizes do."""
    return not isinstance(call, torch._ops.OpOverload)


_FORMATS = {
    1: torch.contiguous_format,
    2: torch.channels_last,
    3: torch.channels_last_3d,
    4: torch.preserve_format,
}


@dataclass(frozen=True)
class _Value:
    """A reference to an earlier node's output."""

    name: str


@dataclass(frozen=True)
class _Device:
    """The pictures' device."""


@dataclass(frozen=True)
class _Node:
    """A call: an operation, its arguments by name, and the names of its outputs.

    Arguments hold `_Value` for earlier outputs; `is_tuple`: a tuple is returned.
    """

    call: Callable[..., Any]
    arguments: Mapping[str, Any]
    outputs: tuple[str, ...]
    is_tuple: bool

    @property
    def inputs(self) -> set[str]:
        """The names of the values that it needs."""
        return set(_values_in(list(self.arguments.values())))

    def run(self, arguments: Mapping[str, Any]) -> Any:
        """Return the result for arguments by name."""
        by_place = is_by_place(self.call)
        return self.call(*arguments.values()) if by_place else self.call(**arguments)


class GraphBody(Body):
    """A program's graph; outputs have the names of its nodes."""

    def __init__(self, program: Program, name: str) -> None:
        """Prepare the nodes.

        Raises:
            InputError: if one cannot be run here, or was exported for training.
        """
        super().__init__()
        self.program = program
        for key, tensor in program.tensors.items():
            self.register_buffer(_buffer(key), tensor)
        try:
            self.nodes = list(_nodes(program.nodes))
        except InputError as error:
            raise InputError(f"network {name}: {error}") from error
        except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
            text = shorten(f"{type(error).__name__}: {error}", 120)
            raise InputError(f"network {name}: its graph is damaged ({text})") from error
        self.ends = dict(program.outputs)
        self.batch = program.shape[0] or 0
        self.channels = program.shape[1] or 0
        height, width = program.shape[2:]
        if (height is None) != (width is None):
            raise InputError(
                f"network {name}: one of height and width is fixed and the other is not; export "
                "it with both fixed, or none"
            )
        self.sides = None if height is None or width is None else (height, width)
        self._plans: dict[tuple[str, ...] | None, list[tuple[_Node, list[str]]]] = {}

    def run(self, pictures: Tensor, wanted: Sequence[str] | None) -> dict[str, Tensor]:
        """Return outputs by the names of their nodes; see `Body.run`."""
        key = None if wanted is None else tuple(sorted(wanted))
        if key not in self._plans:
            self._plans[key] = self._plan(wanted)
        plan = self._plans[key]
        values: dict[str, Any] = {
            name: self.get_buffer(_buffer(name)) for name in self.program.tensors
        }
        values[self.program.picture] = pictures.to(self.program.dtype)
        seen: dict[str, Tensor] = {}
        last = plan[-1][0] if plan else None
        for node, over in plan:
            arguments = {
                name: _filled(value, values, pictures.device)
                for name, value in node.arguments.items()
            }
            result = node.run(arguments)
            results = result if node.is_tuple else [result]
            for name, value in zip(node.outputs, results, strict=False):
                values[name] = value
                if isinstance(value, Tensor) and (wanted is None or name in wanted):
                    # Whatever follows may change it in place.
                    seen[name] = value if wanted is None or node is last else value.clone()
            for name in over:
                values.pop(name, None)
        return seen

    def state(self) -> Mapping[str, Tensor]:
        """Return parameters, buffers and constants by their names in the exported module."""
        names = self.program.names
        return {names[name]: self.get_buffer(_buffer(name)) for name in self.program.tensors}

    def _plan(self, wanted: Sequence[str] | None) -> list[tuple[_Node, list[str]]]:
        """Return the nodes to run, each with the values that no later node needs."""
        nodes = self.nodes
        if wanted is not None:
            last = -1
            for place, node in enumerate(nodes):
                last = last if set(wanted).isdisjoint(node.outputs) else place
            nodes, needed = [], set(wanted)
            for node in reversed(self.nodes[: last + 1]):
                # What is changed in place may be seen through any other name.
                if changes_in_place(node.call) or not needed.isdisjoint(node.outputs):
                    nodes.insert(0, node)
                    needed |= node.inputs
        plan: list[tuple[_Node, list[str]]] = []
        later: set[str] = set()
        for node in reversed(nodes):
            plan.insert(0, (node, sorted({*node.inputs, *node.outputs} - later)))
            later |= node.inputs
        return plan


def _nodes(entries: Sequence[Mapping[str, Any]]) -> Iterator[_Node]:
    """Yield the nodes of the JSON, ready to run."""
    for each in entries:
        given = {part["name"]: _read(part["arg"]) for part in each["inputs"]}
        call = operation(each["target"], given)
        if call is not None:
            yield _Node(call, given, *_outputs(each["outputs"]))


def _outputs(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], bool]:
    """Return the names of a node's outputs, and whether it returns a tuple of them."""
    if len(entries) == 1 and "as_tensors" in entries[0]:
        return tuple(each["name"] for each in entries[0]["as_tensors"]), True
    names = []
    for each in entries:
        ((_, what),) = each.items()
        # A part that is nothing has no name.
        names.append((what.get("name") or what["as_name"]) if isinstance(what, dict) else "")
    return tuple(names), len(names) > 1


def _read(argument: Mapping[str, Any]) -> Any:
    """Return an argument of the JSON: {"as_ints": [1, 1]} is [1, 1]."""
    ((kind, what),) = argument.items()
    if kind.startswith(("as_tensor", "as_optional_tensor", "as_nested_tensor", "as_sym_")):
        return _reference(what)
    if kind in ("as_float", "as_floats"):
        # JSON has no infinity: it is text there.
        return [float(each) for each in what] if isinstance(what, list) else float(what)
    if kind in ("as_int", "as_ints", "as_int_lists", "as_bool", "as_bools", "as_string"):
        return what
    simple: Mapping[str, Callable[[Any], Any]] = {
        "as_none": lambda _: None,
        "as_scalar_type": TYPES.__getitem__,
        "as_memory_format": _FORMATS.__getitem__,
        "as_layout": lambda _: torch.strided,
        "as_device": lambda _: _Device(),
    }
    if kind not in simple:
        raise InputError(
            f"its graph has a {kind.removeprefix('as_').replace('_', ' ')} in it, as "
            "torch.no_grad and autocast make; from a file only plain graphs are run"
        )
    return simple[kind](what)


def _reference(entry: Any) -> Any:
    """Return references to tensors and sizes, alone or in lists."""
    if isinstance(entry, list):
        return [_reference(each) for each in entry]
    if "name" in entry or "as_name" in entry:
        return _Value(entry.get("name") or entry["as_name"])
    # A size that is a number, a tensor that is there or is none.
    ((kind, what),) = entry.items()
    if kind == "as_none":
        return None
    return _reference(what) if isinstance(what, dict) else what


def _filled(value: Any, values: Mapping[str, Any], device: torch.device) -> Any:
    if isinstance(value, _Value):
        return values[value.name]
    if isinstance(value, list):
        return [_filled(each, values, device) for each in value]
    return device if isinstance(value, _Device) else value


def _values_in(value: Any) -> Iterator[str]:
    if isinstance(value, _Value):
        yield value.name
    elif isinstance(value, list):
        for each in value:
            yield from _values_in(each)


def _buffer(name: str) -> str:
    return f"given {name.replace('.', ' ')}"
