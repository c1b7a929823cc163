"""Drawings put on a plane by t-SNE (van der Maaten and Hinton, 2008), if scikit-learn is installed.

It shows which are neighbours where two principal components cannot. For thousands of drawings it
takes 15 s and 450 MB: so it runs in a process of its own, and what it gives is kept in the atlas's
folder for as long as the drawings are the same.

    python -m inkdream.atlas.tsne      that process: a request a line, an answer a line
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from inkdream.answering import answer_lines, unforeseen
from inkdream.atlas.likeness import Vectors, components
from inkdream.atlas.local import LostWorkerError, Worker
from inkdream.storage import write_whole

KEPT = "map.json"
# Of fewer there is nothing to see, of more it would take minutes.
FEWEST, MOST = 12, 10_000
# What lies beyond so many components is mostly noise.
_COMPONENTS = 50
_USUAL_PERPLEXITY = 30.0
# How far its start, the principal components, is spread: little, or it stays as it was.
_SPREAD = 1e-4
_DIGITS = 4
_VERSION = "t-SNE 1"


class Maps:
    """The maps of an atlas, by t-SNE where that can be, else by principal components."""

    def __init__(self, folder: Path) -> None:
        """Take those that are kept.

        Args:
            folder: of the atlas.
        """
        self._path = folder / KEPT
        self._known, self._used = _read(self._path), dict[str, Any]()

    @property
    def method(self) -> str:
        """By which they were made."""
        return "t-SNE" if self._used else "principal components"

    def places(self, vectors: Vectors) -> Vectors:
        """Return places (N, 2), in any unit, of centred vectors (N, D): like ones lie close."""
        plain = components(vectors)
        if not FEWEST <= len(vectors) <= MOST or not plain.any() or find_spec("sklearn") is None:
            return plain
        near = _compressed(vectors)
        digest = hashlib.sha256(f"{_VERSION} {near.shape}".encode() + near.tobytes()).hexdigest()
        places = self._known.get(digest)
        if not _are_places(places, len(vectors)):
            places = _asked(near)
        if not _are_places(places, len(vectors)):
            return plain
        self._used[digest] = places
        return np.array(places, dtype=np.float64)

    def keep(self) -> None:
        """Keep those that were asked for, and no others.

        Raises:
            RunError: if the file cannot be written.
        """
        if self._used and self._used != self._known:
            write_whole(self._path, json.dumps(self._used, separators=(",", ":")) + "\n")


def _compressed(vectors: Vectors) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return vectors of length 1, whose distances grow as their cosines fall, in few numbers."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)
    return components(unit - unit.mean(0), _COMPONENTS).astype(np.float32)


def _asked(near: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """Return what the process of its own answers; None if it ends without an answer."""
    request = {"vectors": base64.b64encode(near.tobytes()).decode(), "count": len(near)}
    try:
        with closing(Worker(__name__)) as worker:
            return worker.ask(request).get("places")
    except (OSError, LostWorkerError):
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _are_places(places: Any, count: int) -> bool:
    try:
        table = np.array(places, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return False
    return table.shape == (count, 2) and bool(np.isfinite(table).all())


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes of a request, for JSON: 'places', or an 'error'."""
    try:
        data = np.frombuffer(base64.b64decode(request["vectors"]), dtype=np.float32)
        return {"places": embedded(data.reshape(request["count"], -1)).tolist()}
    except Exception as error:
        return {"error": unforeseen(error)}


def embedded(near: np.ndarray[Any, np.dtype[np.float32]]) -> Vectors:
    """Return places (N, 2) of vectors (N, D), the first two of which are where they start."""
    from sklearn.manifold import TSNE  # noqa: PLC0415  # a second, which only this needs

    perplexity = min(_USUAL_PERPLEXITY, (len(near) - 1) / 3)
    start = near[:, :2] / np.std(near[:, 0]) * _SPREAD
    found = TSNE(perplexity=perplexity, init=start, random_state=0).fit_transform(near)
    return np.asarray(found, dtype=np.float64).round(_DIGITS)


if __name__ == "__main__":
    answer_lines(answer)
