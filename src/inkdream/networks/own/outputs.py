"""The tensors in what a module gives: itself, or those of a tuple, a mapping or a dataclass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor

# What separates the parts of a name that is not yet for people: modules' names may have any letter.
BREAK = "\n"
DEEPEST = 8


def tensors_in(output: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors in what a module gives, each with the names that lead to it.

    >>> [name for name, _ in tensors_in({"a": (torch.zeros(1), None), "logits": torch.zeros(1)})]
    ['a.0', 'logits']

    Args:
        output: of a module.
        path: what leads to it.
        depth: how deep it lies already; what lies deeper than `DEEPEST` is left out.
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
    """Return the name of a tensor that a call of a module gave.

    Args:
        path: the module's.
        call: from 1.
        last: how often the module is called in all; the last call has the module's own name.
        part: what leads to the tensor; "" where the module gives nothing else.
    """
    name = path if call == last else f"{path}#{call}"
    return f"{name}{BREAK}{part}" if part else name


def for_people(raw: str) -> str:
    """Return a raw name as errors show it."""
    return raw.replace(BREAK, ".")


def names_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the names by which users ask for tensors, each with its raw name.

    Where a module gives one tensor that can be asked for, it has the module's name; of several,
    each has that of its part besides: `output.embedding`.

    Args:
        raw: by the raw names of all tensors that can be asked for, in order.
    """
    owners = [name.split(BREAK)[0] for name in raw]
    names: dict[str, str] = {}
    taken = {name for name in raw if BREAK not in name}
    for name, owner in zip(raw, owners, strict=True):
        part = name.removeprefix(owner).removeprefix(BREAK)
        if not part:
            made = name
        elif owners.count(owner) == 1 and owner not in taken:
            made = owner
        else:
            # A module `a.0` may stand beside the first of what `a` gives.
            made = f"{owner}.{part}"
            made = f"{owner}.output.{part}" if made in taken else made
        names[made] = name
        taken.add(made)
    return names
