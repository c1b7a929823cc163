"""Which tiles are alike: by what they excite in a layer, or, where that is not known, by colour.

All of it is numpy on some thousands of vectors; the same tiles give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdream import colour
from inkdream.atlas.reading import Tile
from inkdream.pictures import Inked

Vectors = NDArray[np.float64]

NEAR = 8
# A drawing without a response is compared by its mean colours in a grid of such a side.
GRID = 6
# Rows of the table of likenesses that are in memory at once.
_ROWS = 512
# A spread below this share of the values themselves is rounding, not a difference.
_LEAST = 1e-9


@dataclass(frozen=True)
class Likeness:
    """How an atlas's tiles lie to each other.

    Attributes:
        near: of each tile, the numbers of the most alike, nearest first; at most `NEAR`.
        places: (N, 2) in [0, 1]: where each lies on the map, like ones close to each other.
        rank: (N,) the order along the direction in which the tiles differ most.
        scores: of each tile, how far above the others it excites each channel, in standard
            deviations; None where its response is not known.
    """

    near: list[list[int]]
    places: Vectors
    rank: NDArray[np.int64]
    scores: list[Vectors | None]


def compare(
    tiles: Sequence[Tile], places_of: Callable[[Vectors], Vectors] | None = None
) -> Likeness:
    """Return how tiles lie to each other; only those of one layer's response are compared.

    Tiles of several layers get a part of the map each, side by side.

    Args:
        tiles: the tiles.
        places_of: puts standardised vectors (N, D) on a plane, like ones close to each other; by
            default their first two principal components do.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    for number, tile in enumerate(tiles):
        response = tile.facts.response
        kind = (response.layer, len(response.values)) if response and response.values else ("", 0)
        groups.setdefault(kind, []).append(number)
    near: list[list[int]] = [[] for _ in tiles]
    scores: list[Vectors | None] = [None for _ in tiles]
    places, rank = np.zeros((len(tiles), 2)), np.zeros(len(tiles), dtype=np.int64)
    columns = int(np.ceil(np.sqrt(len(groups)))) or 1
    first = 0
    for place, ((layer, _), members) in enumerate(sorted(groups.items())):
        standard = standardised(np.array([_vector(tiles[number]) for number in members]))
        for number, own in zip(members, nearest(standard), strict=True):
            near[number] = [members[other] for other in own]
        spread = components(standard)
        corner = np.array([place % columns, place // columns])
        # Between the parts of several layers lies a gap.
        part = spread_evenly(places_of(standard) if places_of else spread) * (
            0.92 if columns > 1 else 1.0
        )
        places[members] = (corner + part) / columns
        rank[members] = first + np.argsort(np.argsort(spread[:, 0], kind="stable"))
        first += len(members)
        for number, row in zip(members, standard, strict=True):
            scores[number] = row if layer else None
    return Likeness(near, places, rank, scores)


def standardised(vectors: Vectors) -> Vectors:
    """Return vectors (N, D) with each column's mean 0 and deviation 1; 0 where nothing varies."""
    centred = vectors - vectors.mean(0)
    deviation = centred.std(0)
    varies = deviation > _LEAST * np.abs(vectors).max(0, initial=0.0)
    return np.where(varies, centred / np.where(varies, deviation, 1.0), 0.0)


def nearest(vectors: Vectors, most: int = NEAR) -> list[list[int]]:
    """Return the rows most like each row of (N, D), by the cosine between them, nearest first.

    >>> nearest(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), most=1)
    [[1], [0], [1]]
    """
    count = len(vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    found: list[list[int]] = []
    for start in range(0, count, _ROWS):
        # Rounded, so that a tie is a tie wherever it is computed; the lower number is first.
        cosines = np.round(unit[start : start + _ROWS] @ unit.T, 5)
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -np.inf
        order = np.argsort(-cosines, axis=1, kind="stable")[:, : min(most, count - 1)]
        found += order.tolist()
    return found


def components(vectors: Vectors, most: int = 2) -> Vectors:
    """Return the first principal components (N, most) of centred vectors (N, D); 0 beyond D.

    Each points to where its largest entry is positive, so that the map is never mirrored by chance.
    """
    count, size = vectors.shape
    if count <= size:
        values, directions = np.linalg.eigh(vectors @ vectors.T)
        scores = directions[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    else:
        _, directions = np.linalg.eigh(vectors.T @ vectors)
        scores = vectors @ directions[:, ::-1]
    scores = np.pad(scores, ((0, 0), (0, most)))[:, :most]
    largest = scores[np.argmax(np.abs(scores), axis=0), np.arange(most)]
    return np.asarray(scores * np.where(largest < 0, -1.0, 1.0))


def spread_evenly(points: Vectors) -> Vectors:
    """Return points (N, 2) in [0, 1]: half by their values, half by their order on each axis.

    Responses lie dense in the middle and thin outside; so their middle is opened.
    """
    spans = np.ptp(points, axis=0)
    values = (points - points.min(0)) / np.where(spans > 0, spans, 1.0)
    order = np.argsort(np.argsort(points, axis=0, kind="stable"), axis=0)
    even: Vectors = (values + order / max(len(points) - 1, 1)) / 2
    return even


def tone(inks: Sequence[str], shares: Sequence[float]) -> tuple[int, float]:
    """Return what drawings are sorted by for their colours: greys by lightness, then hues in turn.

    Args:
        inks: '#rrggbb'.
        shares: of the picture, in [0, 1].
    """
    if not inks:
        return 0, 0.0
    weights = np.asarray(shares, dtype=np.float64)
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(inks), 1 / len(inks))
    lab = colour.linear_to_oklab(colour.linear_of(inks).astype(np.float64))
    # A vivid ink is what is remembered of a drawing, though much of it be black.
    vivid = weights * np.hypot(lab[:, 1], lab[:, 2])
    if vivid.sum() < 0.012:
        return 0, float(weights @ lab[:, 0])
    a, b = vivid @ lab[:, 1], vivid @ lab[:, 2]
    return 1, float(np.round(np.arctan2(b, a) % (2 * np.pi), 6))


def _vector(tile: Tile) -> Vectors:
    response = tile.facts.response
    if response and response.values:
        return np.asarray(response.values)
    return _colours(tile.picture)


def _colours(picture: Inked) -> Vectors:
    """Return the mean colours of a picture's parts, in a grid of `GRID` a side, row by row."""
    lab = colour.linear_to_oklab(colour.from_bytes(picture.inks))
    rows, columns = (np.linspace(0, side, GRID + 1).astype(int) for side in picture.labels.shape)
    parts = [
        picture.labels[top : max(top + 1, bottom), left : max(left + 1, right)]
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]
    return np.concatenate([lab[part].mean((0, 1)) for part in parts])
