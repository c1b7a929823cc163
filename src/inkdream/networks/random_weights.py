"""Random weights with which a network neither dies nor explodes, for where there are no others.

Layer by layer, weights are scaled so that what comes out has a mean square of 1 for pictures of
noise (after Mishkin and Matas, "All you need is a good init", 2016).
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, fx, nn

from inkdream.chance import chance_of

# Of class tokens, places and the like, which are added to something of a deviation of 1.
_SMALL = 0.02
_SAMPLES = 2
_TAME = 0.1


def has_all_weights(body: fx.GraphModule) -> bool:
    """Return whether no part of a network that runs is still without values."""
    return not any(tensor.is_meta for tensor in (*body.parameters(), *body.buffers()))


@torch.no_grad()
def fill(part: fx.GraphModule, body: fx.GraphModule, seed: int, side: int) -> None:
    """Give random weights to all parts of a network that run and have none yet.

    They depend on the seed, and on what runs before them, but not on what was filled first. The
    random generator that torch has for all is left alone.

    Args:
        part: what is to run, cut from `body`; of no use afterwards where parameters stand by
            themselves, so cut again.
        body: the network that keeps the weights.
        seed: of all chance.
        side: px of the pictures by which weights are scaled.
    """
    _Filler(part, body, seed).run(_noise(seed, side), 0.0)


class _Filler(fx.Interpreter):
    """Runs a network node by node; what has no values gets some just before it runs."""

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
        value = _values(like, path, chance_of(self.seed, path))
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
    """Return normalised pictures of noise in several sizes, as pictures are more or less."""
    generator = chance_of(seed, "noise")
    parts = [
        F.interpolate(torch.randn(_SAMPLES, 3, size, size, generator=generator), (side, side))
        for size in (side // 16 + 1, side // 4 + 1, side)
    ]
    picture = torch.stack(parts).sum(0) / math.sqrt(len(parts))
    return picture.contiguous(memory_format=torch.channels_last)
