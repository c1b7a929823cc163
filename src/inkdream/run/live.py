"""What a run tells of itself while somebody watches: one small packet, over and over.

Whoever watches touches `.watched` in the run's folder every few seconds. The run then leaves
`live.bin` there: the length of a JSON header (4 bytes, little endian), the header, and the drawing
as numbers, never as a picture to be decoded at length. See `packet`.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inkdream.colour import to_bytes, to_hex
from inkdream.drawing import Drawing, StrokeDrawing
from inkdream.drawing.symmetry import copies
from inkdream.optimize.session import Session
from inkdream.run.events import Step
from inkdream.storage import LIVE, PROCESS, WATCHED, write_aside, write_whole

# Seconds after which nobody watches any more, and between looks at whether somebody does.
SECONDS_WATCHED, SECONDS_BETWEEN_LOOKS = 10.0, 0.25
# A packet comes no sooner than so many times what the last one cost: 2 % of the run's time.
TIMES_ITS_COST = 50
LEAST_SECONDS = 0.1
# Pictures are thinned to so many px along the longer side.
MOST_SIDE = 640
NOT_DRAWN = 255
_ALIGNED = 4


class LivePackets:
    """The packets of one run."""

    def __init__(self, folder: Path) -> None:
        """Begin; nothing is written before somebody watches.

        Args:
            folder: the run's.
        """
        self._path, self._watched = folder / LIVE, folder / WATCHED
        self._due = self._look = 0.0
        self._is_watched = False
        self._number = 0
        self._begun: tuple[float, int] | None = None

    def offer(self, session: Session, step: Step) -> None:
        """Write a packet of a step that was taken, if one is wanted now."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, step.done
        if now < self._due or not self._someone_watches(now):
            return
        begun, first = self._begun
        left = (now - begun) / (step.done - first) if step.done > first else None
        self._number += 1
        header = {
            "number": self._number,
            "stage": step.stage,
            "done": step.done,
            "steps": step.steps,
            "score": step.total,
            "score_strict": step.score_strict,
            "softness": step.softness,
            "seconds_left": None if left is None else round(left * (step.steps - step.done), 1),
        }
        # No fsync: a packet that a power cut takes is missed by nobody. A disk that is full is for
        # the checkpoint to tell.
        write_aside(self._path, packet(session.loop.drawing, header))
        spent = time.monotonic() - now
        self._due = now + spent + max(LEAST_SECONDS, TIMES_ITS_COST * spent)

    def _someone_watches(self, now: float) -> bool:
        if now >= self._look:
            self._look = now + SECONDS_BETWEEN_LOOKS
            try:
                age = time.time() - self._watched.stat().st_mtime
            except OSError:
                age = SECONDS_WATCHED
            self._is_watched = age < SECONDS_WATCHED
        return self._is_watched


@contextmanager
def followed(folder: Path) -> Iterator[LivePackets]:
    """Say which process draws a run, and let it be watched; at the end these files are removed."""
    process = {"pid": os.getpid(), "begun": time.time()}
    write_whole(folder / PROCESS, json.dumps(process) + "\n")
    try:
        yield LivePackets(folder)
    finally:
        for name in (PROCESS, LIVE, WATCHED):
            (folder / name).unlink(missing_ok=True)


@torch.no_grad()
def packet(drawing: Drawing, header: dict[str, Any]) -> bytes:
    """Return a drawing as it stands, without changing it, for a page to draw.

    Strokes: a byte for each, its pen (255: not drawn), zeros up to a multiple of 4, then float32
    (S, N, 2): the control points of its cubic curves in mm. The header has the page's size, the
    pens in the order of their numbers and in plotting order (`turns`), and what turns a stroke
    into its copies around the page's middle. Of an earlier drawing that is kept, `kept` says how
    many lines follow, as many bytes and float32 (lines, points, 2) again, with their inks and
    widths. All else: the ink of each px, a byte, row by row,
    compressed by zlib.

    Args:
        drawing: of any kind.
        header: what else the header says.
    """
    about, body = _strokes(drawing) if isinstance(drawing, StrokeDrawing) else _areas(drawing)
    text = json.dumps({**header, **about}).encode()
    text += b" " * (-len(text) % _ALIGNED)
    return len(text).to_bytes(4, "little") + text + body


def _strokes(drawing: StrokeDrawing) -> tuple[dict[str, Any], bytes]:
    pens, points = drawing.named_pens(), drawing.curves.bezier.cpu().float().contiguous()
    chosen = drawing.chosen().cpu()
    chosen[chosen >= len(pens)] = NOT_DRAWN
    about = {
        "kind": "strokes",
        "width": drawing.page.width,
        "height": drawing.page.height,
        "paper": drawing.pens.paper,
        "inks": [pen.colour for pen in pens],
        "names": [pen.name for pen in pens],
        "widths": [pen.width for pen in pens],
        "opacity": [pen.opacity for pen in pens],
        "turns": drawing.palette.turns().tolist(),
        "copies": copies(drawing.symmetry).tolist(),
        "strokes": points.shape[0],
        "points": points.shape[1],
    }
    body = _numbered(chosen, points)
    if drawing.kept is not None:
        # What stays lies below the new strokes, as lines that are straight from point to point.
        kept = drawing.kept
        below = to_bytes(kept.colours.cpu())
        about["kept"] = {
            "inks": [pen.colour for pen in pens] + [to_hex(rgb) for rgb in below.tolist()],
            "opacity": [pen.opacity for pen in pens] + kept.opacity.tolist(),
            "widths": kept.widths.tolist(),
            "lines": kept.lines.shape[0],
            "points": kept.lines.shape[1],
        }
        body += _numbered(kept.alike.cpu(), kept.lines.cpu())
    return about, body


def _numbered(inks: Tensor, points: Tensor) -> bytes:
    """Return the ink of each line, a byte, zeros up to a multiple of 4, then all their points."""
    numbers = inks.to(torch.uint8).numpy().tobytes()
    return numbers + bytes(-len(numbers) % _ALIGNED) + points.numpy().tobytes()


def _areas(drawing: Drawing) -> tuple[dict[str, Any], bytes]:
    picture = drawing.snapshot().thinned(MOST_SIDE)
    height, width = picture.labels.shape
    inks = [to_hex(rgb) for rgb in picture.inks.tolist()]
    about = {"kind": "pixels", "width": width, "height": height, "inks": inks}
    return about, zlib.compress(picture.labels.tobytes(), 1)
