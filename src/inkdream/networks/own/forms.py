"""Which axes of what a layer gives are the picture's places, and which are channels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

# Height and width in px.
Size = tuple[int, int]
Shape = tuple[int, ...]

# Tokens that are no places (class tokens, registers), at most: where a map of as many places came
# before them, and where the places are only guessed from a stride.
MOST_FIRST, MOST_GUESSED = 16, 5
LARGEST_STRIDE = 64
# Sizes of outputs that come with a batch; videos' have five axes.
AXES = (2, 3, 4, 5)


@dataclass(frozen=True)
class Form:
    """How to read a layer's output as a map (V, C, h, w).

    Attributes:
        rows: the axis of rows; 0 for none.
        columns: the axis of columns; 0 for none. The same as `rows` for tokens, line by line.
        first: how many tokens stand before the places.
        stride: px of the picture from place to place, down and across; 0 without places, or if
            their number is fixed.
    """

    rows: int = 0
    columns: int = 0
    first: int = 0
    stride: tuple[float, float] = (0.0, 0.0)

    @property
    def is_tokens(self) -> bool:
        """Whether places are tokens in one row."""
        return self.rows == self.columns != 0

    def map(self, output: Tensor, size: Size) -> Float[Tensor, "V C h w"]:
        """Return an output for pictures of a size as (V, C, h, w)."""
        values = output.float()
        if self.is_tokens:
            values = values.movedim(self.rows, -1)
            rows, columns = self.grid(values.shape[-1], size)
            values = values[..., values.shape[-1] - rows * columns :].unflatten(-1, (rows, columns))
        else:
            places = [axis for axis in (self.rows, self.columns) if axis]
            values = values.movedim(places, list(range(-len(places), 0))) if places else values
            if not self.columns:
                values = values.unsqueeze(-1)
            if not self.rows:
                values = values.unsqueeze(-2)
        # All other axes, of time or of none, are channels.
        return values[:, None] if values.ndim == 3 else values.flatten(1, -3)

    def grid(self, tokens: int, size: Size) -> tuple[int, int]:
        """Return rows and columns of that many tokens."""
        places = max(tokens - self.first, 1)
        wanted = size[0] / self.stride[0]
        fits = [rows for rows in range(1, places + 1) if places % rows == 0]
        rows = min(fits, key=lambda each: abs(math.log(each / wanted)))
        return rows, places // rows


def form_of(shapes: Sequence[Shape], sizes: Sequence[Size], grids: Sequence[Shape]) -> Form | None:
    """Return the form of a layer's output; None if it is no map of the picture.

    The axis that grows with the picture's height alone holds rows, with the width alone columns,
    with both, tokens; the others are channels. With one size only, two axes of the picture's shape
    are taken.

    Args:
        shapes: of the output, for pictures of each size.
        sizes: of the pictures: one; or a size, a wider one and a taller one.
        grids: rows and columns of earlier layers' maps, by size: (r, c), or (r, c, r, c, r, c); the
            nearest last. Tokens are often one of these.
    """
    if len({len(shape) for shape in shapes}) != 1 or len(shapes[0]) not in AXES:
        return None
    if len(shapes) == 1:
        return _form_of_one(shapes[0], sizes[0], grids)
    base, wide, tall = shapes
    across = [axis for axis in range(1, len(base)) if wide[axis] != base[axis]]
    down = [axis for axis in range(1, len(base)) if tall[axis] != base[axis]]
    shrinks = any(
        other[axis] < base[axis] for other in (wide, tall) for axis in range(1, len(base))
    )
    if shrinks or len(down) > 1 or len(across) > 1 or (len(base) == 2 and (down or across)):
        return None
    if not down and not across:
        return _without_places(base)
    if down == across:
        axis = down[0]
        return _on_grid(axis, shapes, sizes, grids) or _on_guess(axis, shapes, sizes)
    rows, columns = sum(down), sum(across)
    stride = _strides(shapes, sizes, rows, columns)
    # Of maps whose height, or width, is always the same, the axis is where it usually is.
    if len(base) == 4:
        rows, columns = rows or columns - 1, columns or rows + 1
    return Form(rows, columns, 0, stride)


def _without_places(shape: Shape) -> Form:
    """Return the form of a fixed number of places: channels stand first, or last of three."""
    if len(shape) == 3:
        return Form(rows=1)
    return Form(rows=len(shape) - 2, columns=len(shape) - 1) if len(shape) > 3 else Form()


def _strides(
    shapes: Sequence[Shape], sizes: Sequence[Size], rows: int, columns: int
) -> tuple[float, float]:
    base, wide, tall = shapes
    down = (sizes[2][0] - sizes[0][0]) / (tall[rows] - base[rows]) if rows else 0.0
    across = (sizes[1][1] - sizes[0][1]) / (wide[columns] - base[columns]) if columns else 0.0
    return down, across


def _form_of_one(shape: Shape, size: Size, grids: Sequence[Shape]) -> Form | None:
    """Return the form of an output of a network that takes one size."""
    last = len(shape) - 1
    if len(shape) == 2:
        return Form()
    if len(shape) == 3:
        # A map without an axis of channels has the picture's shape.
        plain = Form(1, 2, 0, (size[0] / shape[1], size[1] / shape[2]))
        if shape[1:] in grids:
            return plain
        tokens = (
            _on_grid(1, [shape], [size], grids)
            or _on_grid(2, [shape], [size], grids)
            or _on_guess(1, [shape], [size])
            or _on_guess(2, [shape], [size])
        )
        if not tokens and shape[1] > 1 and _is_alike(shape[1], shape[2], size):
            return plain
        return tokens or Form(rows=1)
    rows = last - 1
    if len(shape) == 4 and not _is_alike(shape[2], shape[3], size):
        if tokens := _on_grid(2, [shape], [size], grids) or _on_grid(1, [shape], [size], grids):
            return tokens  # of several heads
        rows = 1 if _is_alike(shape[1], shape[2], size) else rows
    high, wide = shape[rows], shape[rows + 1]
    stride = (size[0] / high if high > 1 else 0.0, size[1] / wide if wide > 1 else 0.0)
    return Form(rows, rows + 1, 0, stride)


def _is_alike(rows: int, columns: int, size: Size) -> bool:
    """Return whether rows and columns can be a picture's, at one stride both ways."""
    # Strides divide with a remainder: each side may have lost almost a place.
    low, high = size[0] / (rows + 1), size[0] / rows
    return low < size[1] / columns and size[1] / (columns + 1) < high


def _on_grid(
    axis: int, shapes: Sequence[Shape], sizes: Sequence[Size], grids: Sequence[Shape]
) -> Form | None:
    """Return the form of tokens that are an earlier map's places, with the fewest before them."""
    forms: list[Form] = []
    for flat in reversed(grids):
        grid = list(zip(flat[::2], flat[1::2], strict=True))
        if (first := _over(axis, shapes, grid, MOST_FIRST)) is not None:
            forms.append(Form(axis, axis, first, _strides_of(grid, sizes)))
    return min(forms, key=lambda form: form.first, default=None)


def _on_guess(axis: int, shapes: Sequence[Shape], sizes: Sequence[Size]) -> Form | None:
    """Return the form of tokens with likely strides."""
    forms: list[Form] = []
    for strides, grid in _guesses(sizes):
        rows, columns = grid[0]
        most = min(MOST_GUESSED, max(1, rows * columns // 8))
        if (first := _over(axis, shapes, grid, most)) is not None:
            forms.append(Form(axis, axis, first, strides))
            if len(shapes) > 1:
                break
    height, width = sizes[0]
    return min(
        forms,
        # Of strides that leave as many tokens over, one that leaves no px over.
        key=lambda form: (form.first, height % form.stride[0] + width % form.stride[1]),
        default=None,
    )


def _strides_of(grid: Sequence[Size], sizes: Sequence[Size]) -> tuple[float, float]:
    """Return px from row to row and from column to column of a grid at some sizes."""
    (height, width), (rows, columns) = sizes[0], grid[0]
    if len(sizes) > 1:
        # What edges cut off does not count.
        height, rows = sizes[2][0] - height, grid[2][0] - rows
        width, columns = sizes[1][1] - width, grid[1][1] - columns
    return height / rows, width / columns


def _over(axis: int, shapes: Sequence[Shape], grid: Sequence[Size], most: int) -> int | None:
    """Return how many tokens are left over beside a grid's places, if equal at all sizes."""
    over = {
        shape[axis] - rows * columns for shape, (rows, columns) in zip(shapes, grid, strict=True)
    }
    if grid[0] == (1, 1) or any(one <= other for one, other in _grown(grid)):
        return None
    return over.pop() if len(over) == 1 and 0 <= min(over) <= most else None


def _grown(grid: Sequence[Size]) -> Iterator[tuple[int, int]]:
    """Yield the rows of a taller picture with those before, and the columns of a wider one."""
    if len(grid) > 1:
        yield grid[2][0], grid[0][0]
        yield grid[1][1], grid[0][1]


def _guesses(sizes: Sequence[Size]) -> Iterator[tuple[tuple[float, float], list[Size]]]:
    """Yield likely strides, each with the grids of these sizes at them."""
    pairs = [(stride, stride) for stride in range(1, LARGEST_STRIDE + 1)]
    if len(sizes) > 1:
        pairs += [(down, across) for down, _ in pairs for across in (down // 2, down * 2) if across]
    for down, across in pairs:
        for up in (0, 1):
            grid = [
                ((height + up * (down - 1)) // down, (width + up * (across - 1)) // across)
                for height, width in sizes
            ]
            if all(rows and columns for rows, columns in grid):
                yield (float(down), float(across)), grid


# What separates the parts of a name that is not yet for people: modules' names may have any letter.
BREAK = "\n"
DEEPEST = 8


def tensors_in(output: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors in a module's output, each with the path to it, up to `DEEPEST` levels.

    >>> [name for name, _ in tensors_in({"a": (torch.zeros(1), None), "logits": torch.zeros(1)})]
    ['a.0', 'logits']
    """
    if isinstance(output, Tensor):
        yield path, output
    elif depth < DEEPEST:
        for name, part in _parts(output):
            yield from tensors_in(part, f"{path}.{name}" if path else name, depth + 1)


def _parts(output: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(output, Mapping):
        yield from ((str(key), value) for key, value in output.items())
    elif isinstance(output, tuple) and hasattr(output, "_fields"):
        yield from zip(output._fields, output, strict=False)
    elif isinstance(output, tuple | list):
        yield from ((str(number), value) for number, value in enumerate(output))
    elif is_dataclass(output) and not isinstance(output, type):
        yield from ((field.name, getattr(output, field.name, None)) for field in fields(output))


def raw_name(path: str, call: int, last: int, part: str) -> str:
    """Return the name of a tensor that the `call`th of `last` calls of a module gave.

    The last call has the module's own name; `part` is the path in its output, "" for all of it.
    """
    name = path if call == last else f"{path}#{call}"
    return f"{name}{BREAK}{part}" if part else name


def for_people(raw: str) -> str:
    """Return a raw name as errors show it."""
    return raw.replace(BREAK, ".")


def names_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return users' names of tensors, each with its raw name.

    A module's single tensor has the module's name; of several, each has its part besides:
    `output.embedding`.
    """
    owners = [name.split(BREAK)[0] for name in raw]
    names: dict[str, str] = {}
    used = {name for name in raw if BREAK not in name}
    for name, owner in zip(raw, owners, strict=True):
        part = name.removeprefix(owner).removeprefix(BREAK)
        if not part:
            new = name
        elif owners.count(owner) == 1 and owner not in used:
            new = owner
        else:
            # A module `a.0` may stand beside the first of what `a` gives.
            new = f"{owner}.{part}"
            new = f"{owner}.output.{part}" if new in used else new
        names[new] = name
        used.add(new)
    return names
