"""Examines an own network by running it: its input sizes, its layers, and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError
from inkdream.networks.base import Layer
from inkdream.networks.leak import leaking
from inkdream.networks.own.forms import AXES, MOST_FIRST, Form, Shape, Size, for_people, form_of

# Runs all of a network: outputs by name, of pictures in sRGB of a size that it takes.
Run = Callable[[Tensor], dict[str, Tensor]]

# Columns a stride in which the picture is followed through the network.
COLUMNS = 4
# Equal looks differ by less: sums may be taken in another order.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Seen:
    """A layer, its field still 0, and how to read its output."""

    layer: Layer
    form: Form


@dataclass(frozen=True)
class Facts:
    """The result of a first look at a network.

    Attributes:
        layers: all outputs that are maps of the picture, in order.
        blind: outputs without a gradient from the picture.
    """

    layers: Mapping[str, Seen]
    blind: frozenset[str]


def is_map(output: Tensor, count: int) -> bool:
    """Return whether an output can be activations of that many pictures."""
    return output.is_floating_point() and output.ndim in AXES and len(output) == count


def examine(run: Run, state: Mapping[str, Tensor], intake: Intake) -> Facts:
    """Return the layers of a network, if it is fit to draw with.

    Raises:
        InputError: if its outputs are random or depend on other views, it changes itself, or it
            has unregistered trainable parts.
    """
    before = {name: (id(tensor), tensor._version) for name, tensor in state.items()}
    pictures = noise(0, 2, 3, *intake.size).requires_grad_()
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
        raise InputError(
            "has no layer that depends on the picture: no gradient comes back (whole numbers, as "
            "in quantised networks, torch.no_grad and detach let none through)"
        )
    return Facts(_describe(run, seen, intake), blind)


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
    """Raise InputError if outputs differ from call to call, or with a view's neighbours."""
    again = run(pictures)
    name = _different(seen, again, 2)
    if name is not None:
        raise InputError(
            f"answers otherwise each time that it is asked (first at {for_people(name)}): dropout, "
            "or some other chance, is left on"
        )
    name = _different(seen, run(pictures[:1].expand(2, -1, -1, -1).clone()), 1)
    if name is not None:
        raise InputError(
            f"answers for a view otherwise beside other views (first at {for_people(name)}): batch "
            "normalisation is left on"
        )


def _different(one: Mapping[str, Tensor], other: Mapping[str, Tensor], count: int) -> str | None:
    """Return the first output whose first rows differ by more than rounding."""
    for name, output in one.items():
        if name not in other or other[name].shape != output.shape:
            return name
        values, again = output[:count].float(), other[name][:count].float()
        room = TOLERANCE * float(values.nan_to_num(0, 0, 0).abs().amax()) if values.numel() else 0.0
        if not torch.allclose(values, again, rtol=0, atol=room, equal_nan=True):
            return name
    return None


@torch.no_grad()
def _describe(run: Run, seen: Mapping[str, Tensor], intake: Intake) -> dict[str, Seen]:
    """Return the layers, from how outputs' shapes change with the picture's."""
    outputs = [seen, *(run(noise(0, 2, 3, *size)) for size in intake.sizes[1:])]
    tokens = {side for output in seen.values() if output.ndim == 3 for side in output.shape[1:]}
    layers: dict[str, Seen] = {}
    grids: list[Shape] = []
    for name, output in seen.items():
        if not all(name in each and is_map(each[name], 2) for each in outputs):
            continue
        if _is_attention(output.shape, tokens, grids):
            continue
        form = form_of([tuple(each[name].shape) for each in outputs], intake.sizes, grids)
        if form is None:
            continue
        maps = [
            form.map(each[name], size).shape
            for each, size in zip(outputs, intake.sizes, strict=True)
        ]
        # Channels whose number is the picture's size are places.
        if len({shape[1] for shape in maps}) != 1:
            continue
        layers[name] = Seen(Layer(name, maps[0][1], _stride(form), 0), form)
        if all(form.stride) and not form.is_tokens:
            grids.append(tuple(side for shape in maps for side in shape[2:]))
    return layers


def _is_attention(shape: Shape, tokens: set[int], grids: Sequence[Shape]) -> bool:
    """Return whether an output is a map of attention, tokens by tokens."""
    if len(shape) != 4 or shape[2] != shape[3] or shape[2] not in tokens:
        return False
    return any(0 <= shape[2] - grid[0] * grid[1] <= MOST_FIRST for grid in grids)


def _stride(form: Form) -> int:
    """Return input px per output px; 0 without places."""
    return max(1, round(max(form.stride))) if any(form.stride) else 0


@torch.no_grad()
def measure_fields(run: Run, layers: Mapping[str, Seen], intake: Intake) -> dict[str, int]:
    """Return layers' receptive fields in px, to within a quarter of a stride; 0 for all.

    One column of the picture is NaN, and so are the `n` columns of a layer that depend on it.
    Summed over as many columns of the picture as the stride has px, `n` is the field, whatever the
    weights. Layers reached to either edge see everything.
    """
    height, width = intake.sizes[1] if intake.step else intake.size
    offsets = {
        name: range(0, seen.layer.stride, -(-seen.layer.stride // COLUMNS))
        for name, seen in layers.items()
        if seen.layer.stride
    }
    touched = dict.fromkeys(offsets, 0)
    # Fast convolutions reckon in tiles, and would smear the column over all of a tile.
    with (
        torch.backends.mkldnn.flags(enabled=False, allow_tf32=None),
        torch.backends.nnpack.flags(enabled=False),
    ):
        for offset in sorted({each for columns in offsets.values() for each in columns}):
            picture = torch.full((1, 3, height, width), 0.5)
            picture[..., width // 2 + offset] = torch.nan
            try:
                outputs = run(picture)
            except InputError:
                return dict.fromkeys(layers, 0)  # it looks for such columns itself
            for name in [name for name in touched if offset in offsets[name]]:
                maps = layers[name].form.map(outputs[name], (height, width))
                reached = maps.isnan().any(2).any(1)[0]
                if reached[0] or reached[-1]:
                    del touched[name]
                else:
                    touched[name] += int(reached.sum())
    return {
        name: round(touched[name] * seen.layer.stride / len(offsets[name]))
        if name in touched
        else 0
        for name, seen in layers.items()
    }


def check_layer(name: str, see: Callable[[Tensor], Tensor], size: Sequence[int]) -> None:
    """Raise InputError if a layer gives NaN, or no gradient comes back from it.

    Args:
        name: the layer's.
        see: returns its activations of pictures in linear RGB.
        size: height and width in px of the pictures.
    """
    grey = torch.full((1, 3, *size), 0.5)
    pictures = torch.cat([grey, noise(0, 1, 3, *size)]).requires_grad_()
    # What is only silent on these pictures can be woken.
    with leaking(1.0):
        values: Float[Tensor, "V C h w"] = see(pictures)
    if not torch.isfinite(values).all():
        raise InputError(f"layer {name} gives what is no number on a grey picture")
    gradient = None
    if values.requires_grad:
        pull = noise(1, *values.shape).to(values) + 0.5
        (gradient,) = torch.autograd.grad((values * pull).sum(), pictures, allow_unused=True)
    if gradient is None or not gradient.any():
        raise blind(name)
    if not torch.isfinite(gradient).all():
        raise InputError(f"layer {name} has a gradient that is no number")


def blind(name: str) -> InputError:
    """Return the error for a layer without a gradient from the picture."""
    return InputError(f"layer {name} does not depend on the picture: no gradient comes back")


# Runs all of a network on pictures in sRGB, given as so many channels (3 or 1), so many at
# once (0 for all): outputs by name.
RunPart = Callable[[Tensor, int, int], dict[str, Tensor]]

# Heights and widths at which a network is tried that may take pictures of any size, and how many
# px more each side then gets, by which strides show; all usual strides divide one of these.
SIZES = (
    ((32, 128), 384),
    ((64, 128), 384),
    ((128, 128), 384),
    ((256, 256), 384),
    ((112, 112), 336),
    ((240, 240), 240),
)
# The numbers of which both sides may have to be multiples.
MULTIPLES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 56, 64, 96, 112, 128)
# The sizes that are tried if it does not: squares, and some that pictures of people, text or video
# have.
SQUARES = (224, 256, 299, 384, 512, 128, 96, 64, 32, 28)
OBLONGS = ((256, 128), (128, 64), (384, 128), (32, 100), (240, 320), (480, 640), (112, 96))
# So many pictures at once are tried if any number is none.
BATCHES = (1, 4, 8, 16, 32)
# What torch says where code takes maps apart that are arranged otherwise than it expects.
NO_VIEW = "view size is not compatible"


@dataclass(frozen=True)
class Intake:
    """The pictures that a network takes.

    Attributes:
        channels: 3, or 1 for grey ones.
        size: a height and width in px that it takes.
        step: px that each side may grow by; 0 if it takes no other size.
        multiple: of which both sides must be multiples, in px.
        batch: how many pictures at once; 0 for any number.
    """

    channels: int
    size: Size
    step: int = 0
    multiple: int = 1
    batch: int = 0

    @property
    def sizes(self) -> list[Size]:
        """The size; then, if others are taken, a wider one and a taller one."""
        height, width = self.size
        if not self.step:
            return [self.size]
        return [self.size, (height, width + self.step), (height + self.step, width)]


def noise(seed: int, *size: int) -> Tensor:
    """Return uniform random numbers in [0, 1), the same for each seed."""
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def find_intake(run: RunPart, given: Size | None, channels: int, batch: int) -> Intake:
    """Return what pictures a network takes.

    Args:
        run: runs it.
        given: a size that it takes; None to find out.
        channels: of pictures; 0 to find out.
        batch: how many pictures at once; 0 for any number, if it takes that.

    Raises:
        InputError: if it fails on all sizes tried (its message for the first square), or if it
            expects another memory format.
    """
    errors: list[InputError] = []
    numbers = [batch] if batch else [0, *BATCHES]
    for number in numbers:
        for count in [channels] if channels else [3, 1]:
            try:
                intake = _sized(run, given, count, number, is_long=number == numbers[0])
            except InputError as failed:
                if NO_VIEW in str(failed):
                    raise
                errors.append(failed)
            else:
                return intake if batch else _with_batch(run, intake)
    raise errors[0]


def _sized(run: RunPart, given: Size | None, channels: int, batch: int, *, is_long: bool) -> Intake:
    """Return the pictures that a network takes, of that many channels, that many at once."""

    def fails(size: Size) -> InputError | None:
        try:
            run(noise(0, 2, 3, *size), channels, batch)
        except InputError as failed:
            if NO_VIEW in str(failed):
                raise
            return failed
        return None

    if given:
        if failed := fails(given):
            raise failed
        return Intake(channels, given, batch=batch)
    for size, step in SIZES if is_long else SIZES[:1]:
        intake = Intake(channels, size, step, batch=batch)
        if not any(map(fails, intake.sizes)):
            multiple = next((m for m in MULTIPLES if not any(map(fails, _beside(m, size)))), 0)
            return replace(intake, multiple=multiple or step)
    first: InputError | None = None
    squares = [(side, side) for side in (SQUARES if is_long else SQUARES[:1])]
    for size in (*squares, *(OBLONGS if is_long else ())):
        failed = fails(size)
        if failed is None:
            return Intake(channels, size, batch=batch)
        first = first or failed
    raise InputError(
        f"{first}; if it needs a size of its own, give it: --size 256,128 (rows, columns), or "
        "size = [256, 128] in its table of a recipe"
    )


def _beside(multiple: int, size: Size) -> Iterator[Size]:
    """Yield sizes not below `size` that are odd multiples of a number."""
    for more in (0, 2):
        rows, columns = (-(-side // multiple) | 1 for side in size)
        yield (rows + more) * multiple, (columns + 2 * more) * multiple


def _with_batch(run: RunPart, intake: Intake) -> Intake:
    """Return an intake with the batch size for which each picture has its row."""
    if intake.batch:
        return intake
    pictures = noise(0, 2, 3, *intake.size)
    two = _shapes(run(pictures, intake.channels, 0), 2)
    try:
        one = _shapes(run(pictures[:1], intake.channels, 0), 1)
    except InputError as failed:
        if NO_VIEW in str(failed):
            raise
        one = []
    # A network that squeezes loses the axis of a single picture.
    return intake if one == two else replace(intake, batch=2)


def _shapes(outputs: dict[str, Tensor], count: int) -> Sequence[tuple[str, tuple[int, ...]]]:
    return [
        (name, tuple(output.shape[1:]))
        for name, output in outputs.items()
        if output.ndim and len(output) == count
    ]
