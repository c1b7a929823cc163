"""Goldens with one thing changed, which a comparison must see."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tests.golden.compare import DATA, PICTURES

NUMBER = re.compile(r"(?<![\w.#-])-?\d+(\.\d+)?(?![\w.])")


def spoilt(
    suffix: str, before: bytes, by: float = 1e-3, px: int = 1
) -> Iterator[tuple[str, bytes]]:
    """Yield what was changed, and the file with it.

    Args:
        suffix: of the file's name: what it is.
        before: what it holds.
        by: what is added to one number, or to it as a share of it.
        px: how many px are changed.
    """
    if suffix in PICTURES:
        yield f"{px} px", _other_px(before, px)
    elif suffix in DATA:
        table = json.loads(before)
        for place in _numbers(table):
            yield f"number {place}", json.dumps(_nudged(table, place, by)).encode()
    else:
        text = before.decode()
        yield "a line less", text.partition("\n")[2].encode()
        numbers = list(NUMBER.finditer(text))
        for number in numbers[:: max(1, len(numbers) // 3)]:
            start, end = number.span()
            other = f"{float(number[0]) + max(by, 1e-3):.3f}"
            yield f"number {number[0]}", (text[:start] + other + text[end:]).encode()


def _other_px(before: bytes, count: int) -> bytes:
    with Image.open(io.BytesIO(before)) as picture:
        px = np.array(picture)
        flat = px.reshape(-1, *px.shape[2:])
        # Of an ink's number the next; of a tone one that anybody sees, if there are several.
        step = 1 if count == 1 or picture.mode == "P" else 50
        flat[:count] = np.where(flat[:count] >= step, flat[:count] - step, step)
        changed, out = Image.fromarray(px, picture.mode), io.BytesIO()
        if palette := picture.getpalette():
            changed.putpalette(palette)
        changed.save(out, picture.format, **picture.info)
    return out.getvalue()


def _numbers(table: Any, place: tuple = ()) -> Iterator[tuple]:
    """Yield where a table's numbers are; the first of each list stands for all."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield from _numbers(value, (*place, key))
    elif isinstance(table, list):
        for number, value in enumerate(table[:1]):
            yield from _numbers(value, (*place, number))
    elif isinstance(table, int | float) and not isinstance(table, bool):
        yield place


def _nudged(table: Any, place: tuple, by: float) -> Any:
    if not place:
        return (
            table + max(1, round(by)) if isinstance(table, int) else table + by * max(1, abs(table))
        )
    parts = dict(table) if isinstance(table, dict) else list(table)
    parts[place[0]] = _nudged(parts[place[0]], place[1:], by)
    return parts
