"""What runs a network of one's own: named outputs on the way, and none beyond those wanted."""

from __future__ import annotations

import math
import traceback
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

import inkdream
from inkdream.errors import shorten

_NOT_THE_USERS = tuple(str(Path(str(room.__file__)).parent) for room in (torch, inkdream))


class Body(nn.Module):
    """A network as its owner made it, without preprocessing.

    Attributes:
        output: the name of what the whole network gives; "" if that is no tensor.
        batch: how many pictures it takes at once; 0 for any number.
        sides: the height and width in px that it takes; None for any.
    """

    output: str = ""
    batch: int = 0
    sides: tuple[int, int] | None = None

    @abstractmethod
    def run(
        self, pictures: Tensor, wanted: Sequence[str] | None, leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return outputs by name, as they are made, from the picture's side to the deepest.

        Args:
            pictures: (V, 3, h, w), preprocessed.
            wanted: names of outputs, beyond the deepest of which nothing runs; None for all.
            leak: share of the gradient that passes through silent ReLUs, in [0, 1].
        """

    @abstractmethod
    def state(self) -> Mapping[str, Tensor]:
        """Return parameters and buffers, by the names that a file of weights has for them."""

    @abstractmethod
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Put weights of the same names and shapes into their places."""


def first_tensor(output: Any) -> Tensor | None:
    """Return the first tensor in what a module gives: itself, or of a tuple, list or mapping."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        output = list(output.values())
    if isinstance(output, tuple | list):
        found = (first_tensor(each) for each in output)
        return next((tensor for tensor in found if tensor is not None), None)
    return None


def is_map(output: Tensor, count: int) -> bool:
    """Return whether an output can be taken for activations of so many pictures."""
    return output.is_floating_point() and 2 <= output.ndim <= 4 and len(output) == count


def as_map(output: Tensor, sides: tuple[int, int]) -> Float[Tensor, "V C h w"]:
    """Return an output as activations by channel and place.

    (V, C, h, w) stays as it is; (V, C) is one place. Tokens (V, T, C) become a map of the
    picture's shape if that many places make one, without the first of them (a class token) if
    one less does; others stand below each other.

    Args:
        output: what `is_map` accepts.
        sides: height and width of the pictures that went in.
    """
    output = output.float()
    if output.ndim == 4:
        return output
    if output.ndim == 2:
        return output[:, :, None, None]
    tokens = output.transpose(1, 2)
    count = tokens.shape[2]
    for places in (count, count - 1):
        rows = round(math.sqrt(places * sides[0] / sides[1]))
        if rows and places % rows == 0 and _is_alike(rows, places // rows, sides):
            return tokens[:, :, count - places :].reshape(*tokens.shape[:2], rows, places // rows)
    return tokens[:, :, :, None]


def _is_alike(rows: int, columns: int, sides: tuple[int, int]) -> bool:
    """Return whether places can be a picture's, at one stride for both ways."""
    # Strides divide with a remainder: each side may have lost almost a place.
    low, high = sides[0] / (rows + 1), sides[0] / rows
    return low < sides[1] / columns and sides[1] / (columns + 1) < high


def told(error: BaseException) -> str:
    """Return in one line where in its owner's code an error happened, and what it says."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: SyntaxError: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith((*_NOT_THE_USERS, "<", "importlib"))
    ]
    said = shorten(f"{type(error).__name__}: {error}", 160)
    return f"{own[-1].filename}:{own[-1].lineno}: {said}" if own else said
