"""How two folders of what was left differ, in words; exactly, or as far as machines may.

Files are compared byte for byte; where those differ, by what they say, and how far apart that is.
"""

import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# A word is a colour, or a run of letters with digits in it; the rest are numbers.
TOKEN = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|[A-Za-z_][\w-]*|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\s+|."
)
HPGL = re.compile(r"[A-Z]{2}|[-+]?\d+(?:\.\d+)?|\s+|.")
# Lines about a file, at most.
MOST = 3
PICTURES, DATA = {".png", ".gif"}, {".json"}


@dataclass(frozen=True)
class Limits:
    """How far numbers and px may be apart.

    Attributes:
        text: in the unit of the file: px of 1/96 in, or mm, or steps of 1/40 mm.
        data: of numbers in JSON: so far, or so large a share of the number.
        share: of the px that may differ by more than `tone`.
        tone: between 0 and 255, or in numbers of inks.
    """

    text: float
    data: float
    share: float
    tone: float


# The order of a sum changes a certificate's last digits, and nothing that is drawn.
EXACT = Limits(0.0, 1e-6, 0.0, 0.0)
# On another machine: 0.03 mm, or one step of HPGL; a px in 200.
TOLERANT = Limits(0.11, 1e-3, 0.005, 2.0)


def differences(golden: Path, made: Path, limits: Limits = EXACT) -> list[str]:
    """Return a line for each file of two folders that differs too much, or is in one only."""
    lines = []
    for name in sorted(_names(golden) | _names(made)):
        old, new = golden / name, made / name
        if not new.is_file():
            lines.append(f"{name}: is no longer made")
        elif not old.is_file():
            lines.append(f"{name}: is new")
        else:
            both = old.read_bytes(), new.read_bytes()
            why = list(why_files_differ(old.suffix, *both, limits))
            more = [f"and {len(why) - MOST} more"] if len(why) > MOST else []
            lines += [f"{name}: {each}" for each in why[:MOST] + more]
    return lines


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def why_files_differ(suffix: str, before: bytes, after: bytes, limits: Limits) -> Iterator[str]:
    """Yield why two files of a kind differ, if they do by more than is allowed."""
    if before == after:
        return
    if suffix in PICTURES:
        yield from _pictures(before, after, limits)
    elif suffix in DATA:
        yield from _data(json.loads(before), json.loads(after), limits, "")
    elif suffix == ".hpgl":
        first, second = (HPGL.findall(each.decode()) for each in (before, after))
        yield from _texts(first, second, math.ceil(limits.text))
    else:
        first, second = (TOKEN.findall(each.decode()) for each in (before, after))
        yield from _texts(first, second, limits.text)


def _texts(before: list[str], after: list[str], limit: float) -> Iterator[str]:
    """Yield why texts differ: words must be the same, numbers nearly."""
    if len(before) != len(after):
        first = next(
            (i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
            min(len(before), len(after)),
        )
        yield (
            f"{len(before)} words and numbers became {len(after)}; the first that differs: "
            f"{''.join(before[first : first + 9])!r}, now {''.join(after[first : first + 9])!r}"
        )
        return
    far, count, example = 0.0, 0, ""
    for old, new in zip(before, after, strict=True):
        apart = 0.0 if old == new else _apart(old, new)
        if old == new or (limit and apart <= limit):
            continue
        count += 1
        if apart >= far:
            far, example = apart, f"{old!r}, now {new!r}"
    if count:
        yield f"{count} of {len(before)} words and numbers differ, most: {example}"


def _apart(old: str, new: str) -> float:
    """Return the distance of two numbers; infinite if they are words."""
    try:
        return abs(float(old) - float(new))
    except ValueError:
        return math.inf


def _data(old: Any, new: Any, limits: Limits, place: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                yield from _data(old[key], new[key], limits, f"{place}/{key}")
            else:
                yield f"{place}/{key} is {'new' if key in new else 'gone'}"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from _data(*pair, limits, f"{place}/{number}")
    elif type(old) is type(new) and isinstance(old, float):
        if not math.isclose(old, new, rel_tol=limits.data, abs_tol=limits.data):
            yield f"{place}: {old}, now {new}"
    elif type(old) is not type(new) or old != new:
        yield f"{place}: {str(old)[:60]!r}, now {str(new)[:60]!r}"


def _pictures(before: bytes, after: bytes, limits: Limits) -> Iterator[str]:
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        first, second = (
            (each.format, each.mode, each.size, getattr(each, "n_frames", 1), _facts(each))
            for each in (old, new)
        )
        if first != second:
            yield f"{first}, now {second}"
            return
        colours, others = (np.array(each.getpalette() or [], float) for each in (old, new))
        if colours.shape != others.shape or np.abs(colours - others).max(initial=0) > limits.tone:
            yield f"inks {_inks(colours)}, now {_inks(others)}"
        for frame in range(first[3]):
            old.seek(frame)
            new.seek(frame)
            yield from _px(np.asarray(old), np.asarray(new), limits, frame)
    if limits == EXACT:
        yield "its bytes differ"


def _px(old: np.ndarray, new: np.ndarray, limits: Limits, frame: int) -> Iterator[str]:
    if old.shape != new.shape:
        yield f"frame {frame}: {old.shape}, now {new.shape}"
        return
    # Between numbers of inks there is no near and far.
    far = np.abs(old.astype(float) - new.astype(float)).reshape(*old.shape[:2], -1).max(-1)
    share = float((far > (0 if old.ndim == 2 else limits.tone)).mean())
    if share > limits.share:
        yield f"frame {frame}: {share:.2%} of its px differ, by {far.max():g} at most"


def _facts(picture: Image.Image) -> dict[str, str]:
    """Return what a picture's file says in words, and how long its frames are shown."""
    return {key: str(value)[:200] for key, value in sorted(picture.info.items())}


def _inks(palette: np.ndarray) -> str:
    rows = palette.astype(int).reshape(-1, 3)
    return ",".join("#" + bytes(row.tolist()).hex() for row in rows[:16])
