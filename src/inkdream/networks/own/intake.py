"""Which pictures a network of one's own takes, found out by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inkdream.errors import InputError
from inkdream.networks.own.forms import Size

# Runs all of a network on pictures in linear RGB, given as so many channels (3 or 1), so many at
# once (0 for all): outputs by name.
Run = Callable[[Tensor, int, int], dict[str, Tensor]]

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
    """What a network takes.

    Attributes:
        channels: of pictures: 3, or 1 for grey ones.
        size: height and width in px of pictures that it takes.
        step: px that each side can have more; 0 where it takes no other size.
        multiple: of which both sides must be multiples, in px.
        batch: how many pictures it takes at once; 0 for any number.
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


def chance(seed: int, *size: int) -> Tensor:
    """Return equally distributed numbers in [0, 1], the same for a seed each time."""
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def find_intake(run: Run, given: Size | None, channels: int, batch: int) -> Intake:
    """Return what a network takes.

    Args:
        run: runs it.
        given: a size that it is known to take; None to find out.
        channels: of pictures; 0 to find out.
        batch: how many pictures at once; 0 for any number, if it takes that.

    Raises:
        InputError: if it runs on nothing that is tried: what it says of the first square; or if
            maps are arranged otherwise than it expects.
    """
    errors: list[InputError] = []
    numbers = [batch] if batch else [0, *BATCHES]
    for number in numbers:
        for count in [channels] if channels else [3, 1]:
            try:
                found = _sized(run, given, count, number, is_long=number == numbers[0])
            except InputError as failed:
                if NO_VIEW in str(failed):
                    raise
                errors.append(failed)
            else:
                return found if batch else _with_batch(run, found)
    raise errors[0]


def _sized(run: Run, given: Size | None, channels: int, batch: int, *, is_long: bool) -> Intake:
    """Return what a network takes of pictures with so many channels, so many at once."""

    def fails(size: Size) -> InputError | None:
        try:
            run(chance(0, 2, 3, *size), channels, batch)
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
        made = Intake(channels, size, step, batch=batch)
        if not any(map(fails, made.sizes)):
            multiple = next((m for m in MULTIPLES if not any(map(fails, _beside(m, size)))), 0)
            return Intake(channels, size, step, multiple or step, batch)
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
    """Yield sizes of no less than `size` that are odd multiples of a number."""
    for more in (0, 2):
        rows, columns = (-(-side // multiple) | 1 for side in size)
        yield (rows + more) * multiple, (columns + 2 * more) * multiple


def _with_batch(run: Run, found: Intake) -> Intake:
    """Return an intake with the number of pictures at once that gives each picture its row."""
    if found.batch:
        return found
    pictures = chance(0, 2, 3, *found.size)
    two = _shapes(run(pictures, found.channels, 0), 2)
    try:
        one = _shapes(run(pictures[:1], found.channels, 0), 1)
    except InputError as failed:
        if NO_VIEW in str(failed):
            raise
        one = []
    # A network that squeezes loses the axis of a single picture.
    return (
        found if one == two else Intake(found.channels, found.size, found.step, found.multiple, 2)
    )


def _shapes(outputs: dict[str, Tensor], count: int) -> Sequence[tuple[str, tuple[int, ...]]]:
    return [
        (name, tuple(output.shape[1:]))
        for name, output in outputs.items()
        if output.ndim and len(output) == count
    ]
