"""What runs a network of one's own: named outputs on the way, and none beyond those wanted."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

import inkdream
from inkdream.errors import shorten

_NOT_THE_USERS = tuple(str(Path(str(room.__file__)).parent) for room in (torch, inkdream))


class Body(nn.Module):
    """A network as its owner made it, without preprocessing.

    Attributes:
        ends: the raw names of the tensors that the whole network gives, by what leads to each in
            its output: `{"": name}` where it gives one; known after a run of all of it.
        batch: how many pictures it takes at once; 0 for any number.
        sides: the height and width in px that it takes; None for any, or not known.
        channels: of the pictures that it takes: 3, or 1 for grey ones; 0 for not known.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.ends: dict[str, str] = {}
        self.batch = 0
        self.sides: tuple[int, int] | None = None
        self.channels = 0

    @abstractmethod
    def run(self, pictures: Tensor, wanted: Sequence[str] | None) -> dict[str, Tensor]:
        """Return outputs by name, as they are made, from the picture's side to the deepest.

        Args:
            pictures: (V, C, h, w), preprocessed.
            wanted: names of outputs, beyond the deepest of which nothing runs; None for all.
        """

    @abstractmethod
    def state(self) -> Mapping[str, Tensor]:
        """Return parameters and buffers, by the names that a file of weights has for them."""

    def kinds(self) -> list[str]:
        """Return what tells two networks of the same weights apart: the kinds of their modules."""
        return [f"{path} {type(module).__name__}" for path, module in self.named_modules()]

    @abstractmethod
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Put weights of the same names and shapes into their places."""


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
