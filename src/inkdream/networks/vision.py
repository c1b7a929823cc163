"""torchvision, imported where it is needed and not before."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import torch

from inkdream.errors import InputError, shorten
from inkdream.extras import how_to_install

# Operators of torchvision's compiled part that its Python part cannot be imported without.
_BOXES = "(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = {"nms": _BOXES, "qnms": _BOXES}


def import_models() -> Any:
    """Return the module torchvision.models.

    Where torchvision was compiled for another build of torch, its compiled part cannot be loaded.
    No network needs it, but the import fails for want of two operators; they are declared then.

    Raises:
        InputError: if torchvision is not there, or does not fit torch.
    """
    try:
        try:
            return _import()
        except RuntimeError as error:
            if not any(f"torchvision::{name}" in str(error) for name in _OPERATORS):
                raise
            _declare_operators()
            return _import()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torchvision":
            raise InputError(f"torchvision cannot be imported: {error}") from error
        raise InputError(
            "torchvision is not installed, which this network is from; to add it: "
            + how_to_install("zoo")
        ) from error
    except (ImportError, RuntimeError, AttributeError, OSError) as error:
        raise InputError(
            f"torchvision cannot be imported ({shorten(str(error), 160)}); install the one that "
            f"fits torch {torch.__version__}"
        ) from error


def _import() -> Any:
    with warnings.catch_warnings():
        # It warns that it cannot read picture files, which nobody asks it to.
        warnings.simplefilter("ignore")
        return importlib.import_module("torchvision.models")


def _declare_operators() -> None:
    for name, schema in _OPERATORS.items():
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", schema)
