"""What a network of one's own is, found out by looking: its layers, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError
from inkdream.networks.base import Layer
from inkdream.networks.own.body import as_map, is_map

# Runs all of a network: outputs by name, of pictures in linear RGB.
Run = Callable[[Tensor], dict[str, Tensor]]

# Heights and widths in px at which a network is tried that may take pictures of any size, and
# the squares that it is tried with if it does not.
SIZES = ((32, 128), (64, 128), (128, 128), (256, 256))
SQUARES = (224, 256, 299, 384, 512, 128, 96, 64, 32, 28)
# What torch says where code takes maps apart that are arranged otherwise than it expects.
NO_VIEW = "view size is not compatible"
# Strides show between two widths; all usual ones divide the difference.
WIDER = 384
# Columns a stride in which the picture is followed through the network.
COLUMNS = 4
# Equal looks differ by less: sums may be taken in another order.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Facts:
    """What a first look at a network finds.

    Attributes:
        layers: all outputs that are maps of the picture, from its side to the deepest; how far
            they see is not known yet, and 0.
        blind: outputs to which no gradient could come from the picture.
    """

    layers: tuple[Layer, ...]
    blind: frozenset[str]


def chance(seed: int, *size: int) -> Tensor:
    """Return equally distributed numbers in [0, 1], the same for a seed each time."""
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed))


def find_side(run: Callable[[Tensor, int], Any]) -> tuple[int, tuple[int, int]]:
    """Return the side in px that a network needs, 0 for any, and a size at which it runs.

    Args:
        run: runs the network on pictures brought to a side, or left as they are for 0.

    Raises:
        InputError: if it runs at no size: what the first square says; or if maps are arranged
            otherwise than it expects.
    """
    errors = {}
    tries = [(0, size) for size in SIZES] + [(side, (side, side)) for side in SQUARES]
    for side, size in tries:
        try:
            with torch.no_grad():
                run(chance(0, 2, 3, *size), side)
                if not side:
                    run(chance(0, 2, 3, size[0], size[1] + WIDER), side)
        except InputError as failed:
            if NO_VIEW in str(failed):
                raise
            errors[side] = failed
        else:
            return side, size
    raise InputError(
        f"{errors[SQUARES[0]]}; if it needs a size of its own, say so in its table of a recipe"
    )


def examine(run: Run, state: Mapping[str, Tensor], size: tuple[int, int], *, fixed: bool) -> Facts:
    """Return a network's layers, if it is fit to draw with.

    Args:
        run: runs all of it.
        state: its parameters and buffers.
        size: height and width in px of pictures that it takes.
        fixed: whether it takes, or is given, no others.

    Raises:
        InputError: if chance has a part in its answers, a view's neighbours have, it changes
            itself, or has parts that could be trained.
    """
    before = {name: (id(tensor), tensor._version) for name, tensor in state.items()}
    pictures = chance(0, 2, 3, *size).requires_grad_()
    seen = {name: output for name, output in run(pictures).items() if is_map(output, 2)}
    _check_leaves(seen.values(), pictures)
    blind = frozenset(name for name, output in seen.items() if not output.requires_grad)
    seen = {name: output.detach() for name, output in seen.items() if name not in blind}
    _check_same(seen, run, pictures.detach())
    changed = [
        name for name, tensor in state.items() if before[name] != (id(tensor), tensor._version)
    ]
    if changed:
        raise InputError(
            f"changes its own {changed[0]} when it looks at a picture: it was left in training, "
            "or counts"
        )
    if not seen:
        raise InputError("has no layer that depends on the picture")
    return Facts(_describe(run, seen, size, fixed=fixed), blind)


def _check_leaves(outputs: Any, pictures: Tensor) -> None:
    """Raise InputError if gradients flow into anything but the pictures."""
    waiting = [output.grad_fn for output in outputs if output.grad_fn is not None]
    known = set()
    while waiting:
        step = waiting.pop()
        if step in known:
            continue
        known.add(step)
        leaf = getattr(step, "variable", None)
        if leaf is not None and leaf is not pictures:
            raise InputError(
                f"has a trainable part of shape {tuple(leaf.shape)} that is none of its "
                "parameters: it is made while it runs, or not registered"
            )
        waiting += [before for before, _ in step.next_functions if before is not None]


@torch.no_grad()
def _check_same(seen: Mapping[str, Tensor], run: Run, pictures: Tensor) -> None:
    """Raise InputError if answers differ from call to call, or with a view's neighbours."""
    again = run(pictures)
    name = _different(seen, again, 2)
    if name is not None:
        raise InputError(
            f"answers otherwise each time that it is asked (first at {name}): dropout, or some "
            "other chance, is left on"
        )
    name = _different(seen, run(pictures[:1].expand(2, -1, -1, -1).clone()), 1)
    if name is not None:
        raise InputError(
            f"answers for a view otherwise beside other views (first at {name}): batch "
            "normalisation is left on"
        )


def _different(one: Mapping[str, Tensor], other: Mapping[str, Tensor], count: int) -> str | None:
    """Return the first output whose first rows differ by more than rounding does."""
    for name, output in one.items():
        if name not in other or other[name].shape != output.shape:
            return name
        values, again = output[:count].float(), other[name][:count].float()
        room = TOLERANCE * float(values.nan_to_num(0, 0, 0).abs().amax()) if values.numel() else 0.0
        if not torch.allclose(values, again, rtol=0, atol=room, equal_nan=True):
            return name
    return None


@torch.no_grad()
def _describe(
    run: Run, seen: Mapping[str, Tensor], size: tuple[int, int], *, fixed: bool
) -> tuple[Layer, ...]:
    narrow = {name: as_map(output, size).shape for name, output in seen.items()}
    wide, width = narrow, size[1]
    if not fixed:
        width += WIDER
        outputs = run(chance(0, 2, 3, size[0], width))
        wide = {
            name: as_map(outputs[name], (size[0], width)).shape
            for name in seen
            if name in outputs and is_map(outputs[name], 2)
        }
    return tuple(
        Layer(name, shape[1], _stride(shape[3], wide[name][3], width, fixed=fixed), 0)
        for name, shape in narrow.items()
        # Channels whose number is the picture's size are places.
        if name in wide and wide[name][1] == shape[1]
    )


def _stride(narrow: int, wide: int, width: int, *, fixed: bool) -> int:
    """Return input px per output px; 0 if the output has no width, or always the same."""
    if fixed:
        return round(width / wide) if wide > 1 else 0
    return max(1, round(WIDER / (wide - narrow))) if wide > narrow else 0


@torch.no_grad()
def measure_fields(
    run: Run, layers: Sequence[Layer], size: tuple[int, int], *, fixed: bool
) -> tuple[Layer, ...]:
    """Return layers with their receptive fields in px, to within a quarter of a stride.

    A column of the picture is made no number, and so is all that depends on it: `n` columns of
    a layer. Summed over as many columns of the picture as the stride has px, `n` is the field,
    for each place sees as many columns as its field is wide. Weights and silent neurons do not
    matter, as they would to gradients. What sees either edge from the middle sees all.

    Args:
        run: runs all of the network.
        layers: as `examine` gives them.
        size: height and width in px of pictures that it takes.
        fixed: whether it takes, or is given, no others.
    """
    width = size[1] if fixed else size[1] + WIDER
    offsets = {
        layer.name: range(0, layer.stride, -(-layer.stride // COLUMNS))
        for layer in layers
        if layer.stride
    }
    touched = dict.fromkeys(offsets, 0)
    # Fast convolutions reckon in tiles, and would smear the column over all of a tile.
    with (
        torch.backends.mkldnn.flags(enabled=False, allow_tf32=None),
        torch.backends.nnpack.flags(enabled=False),
    ):
        for offset in sorted({each for columns in offsets.values() for each in columns}):
            picture = torch.full((1, 3, size[0], width), 0.5)
            picture[..., width // 2 + offset] = torch.nan
            try:
                outputs = run(picture)
            except InputError:
                return tuple(layers)  # it looks for such columns itself
            for name in list(touched):
                found = as_map(outputs[name], (size[0], width)).isnan().any(2).any(1)[0]
                if found[0] or found[-1]:
                    del touched[name]
                elif offset in offsets[name]:
                    touched[name] += int(found.sum())
    return tuple(
        replace(layer, field=round(touched[layer.name] * layer.stride / len(offsets[layer.name])))
        if layer.name in touched
        else layer
        for layer in layers
    )


def check_layer(name: str, see: Callable[[Tensor], Tensor], size: Sequence[int]) -> None:
    """Raise InputError if a layer gives no numbers, or no gradient comes back from it.

    Args:
        name: the layer's.
        see: returns its activations of pictures in linear RGB.
        size: height and width in px of pictures that the network takes.
    """
    grey = torch.full((1, 3, *size), 0.5)
    pictures = torch.cat([grey, chance(0, 1, 3, *size)]).requires_grad_()
    values: Float[Tensor, "V C h w"] = see(pictures)
    if not torch.isfinite(values).all():
        raise InputError(f"layer {name} gives what is no number on a grey picture")
    gradient = None
    if values.requires_grad:
        pull = chance(1, *values.shape) + 0.5
        (gradient,) = torch.autograd.grad((values * pull).sum(), pictures, allow_unused=True)
    if gradient is None or not gradient.any():
        raise blind(name)
    if not torch.isfinite(gradient).all():
        raise InputError(f"layer {name} has a gradient that is no number")


def blind(name: str) -> InputError:
    """Return the error for a layer that the picture does not reach."""
    return InputError(f"layer {name} does not depend on the picture: no gradient comes back")
