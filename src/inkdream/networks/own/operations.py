"""Which operations a graph from a file may run: torch's own on tensors, and reckoning with sizes.

A node names its operation by text, and the file may come from anywhere: what is not known here,
or is given text that is no mode of it but could be the name of a file, is refused.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch

from inkdream.errors import InputError, shorten

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
    """Return the operation that a node names; None for a mere check.

    Operations on sizes take their arguments by place, those on tensors by name.

    Args:
        target: `torch.ops.aten.conv2d.default`.
        given: the arguments, as far as they are known.

    Raises:
        InputError: if it is not run from a file, or trains.
    """
    if _CHECK.fullmatch(target):
        return None
    if target in _ON_SIZES:
        return _ON_SIZES[target]
    said = _TARGET.fullmatch(target)
    if not said or (said[1].startswith("_") and said[1] not in _INNER):
        raise InputError(
            f"needs {shorten(target)}; from a file only torch's own operations on tensors are "
            "run. Give the network as package.module:function"
        )
    found = getattr(getattr(torch.ops.aten, said[1], None), said[2], None)
    if not isinstance(found, torch._ops.OpOverload):
        raise InputError(f"needs {shorten(target)}, which torch {torch.__version__} has not")
    if said[1] not in _WITH_MODES and any(isinstance(value, str) for value in given.values()):
        raise InputError(f"gives text to {shorten(target)}; from a file that is not run")
    # Without statistics of its own, batch norm takes the batch's in evaluation too.
    statistics = "running_mean" not in given or given["running_mean"] is not None
    if statistics and (given.get("train") is True or given.get("training") is True):
        raise InputError(
            f"was exported in training, with {said[1].strip('_')} left on; call the module's "
            "eval() before torch.export.export"
        )
    return found


def changes_in_place(call: Callable[..., Any]) -> bool:
    """Return whether an operation changes what it is given."""
    return isinstance(call, torch._ops.OpOverload) and bool(call._schema.is_mutable)


def is_by_place(call: Callable[..., Any]) -> bool:
    """Return whether an operation takes its arguments by place: those on sizes do."""
    return not isinstance(call, torch._ops.OpOverload)
