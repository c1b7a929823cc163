"""The end of a drawing in areas: regions that cannot be drawn, or that nobody misses, are merged.

What merging a region would cost the score is known for all regions at once, to first order, from
one backward pass; what a batch of merges really costs is then measured. (Merging regions by price
goes back to Koepfler, Lopez and Morel, 1994; here a network's score is the price.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from inkdream import colour
from inkdream.blur import gaussian
from inkdream.pictures import Inked
from inkdream.regions import region_roots

Labels = NDArray[np.uint8]
# Returns the score of a picture in linear RGB, and passes its gradient on.
Score = Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]

# Batches that are tried at most; each costs two looks at the picture.
ROUNDS = 12


@dataclass(frozen=True)
class Merging:
    """What is merged.

    Attributes:
        least: regions of fewer px are always merged: no pen can draw them.
        most: regions of fewer px are merged if the score allows.
        allowance: the share of the score that merging may cost in all.
    """

    least: float
    most: float
    allowance: float = 0.01


@dataclass(frozen=True)
class _Regions:
    """A picture's small regions, one row each.

    Attributes:
        numbers: (H, W) each px's region; regions are numbered from 0.
        small: numbers of those that may be merged.
        ink: the ink that each would take.
        price: what that costs the score, to first order.
        border: px of border that it saves.
    """

    numbers: NDArray[np.int64]
    small: NDArray[np.int64]
    ink: NDArray[np.int64]
    price: NDArray[np.float64]
    border: NDArray[np.int64]


def merge(picture: Inked, score: Score, merging: Merging) -> Inked:
    """Return the picture with small regions merged into what surrounds them.

    Args:
        picture: in exactly its inks.
        score: what is not to suffer; always the same for the same picture.
        merging: which regions, and how much of the score.
    """
    labels, inks = picture.labels, picture.inks
    _, slope = _look(labels, inks, score)
    while True:  # what one round merges may leave others alone that were beside it
        regions = _small(labels, inks, slope, merging.least)
        merged = _apply(labels, regions, np.arange(len(regions.small)))
        if np.array_equal(merged, labels):
            break
        labels = merged
    if merging.most <= merging.least:
        return Inked(labels, inks)
    value, slope = _look(labels, inks, score)
    floor = value - merging.allowance * abs(value)
    share = 1.0
    for _ in range(ROUNDS):
        regions = _small(labels, inks, slope, merging.most)
        # Cheap ones first, by what each px of border that goes costs.
        order = np.argsort(regions.price / np.maximum(regions.border, 1), kind="stable")
        count = int(share * len(order))
        if not count:
            break
        merged = _apply(labels, regions, order[:count])
        new_value, new_slope = _look(merged, inks, score)
        if new_value >= floor:
            labels, value, slope = merged, new_value, new_slope
        else:
            share /= 2
    return Inked(labels, inks)


def majority(picture: Inked, deviation: float) -> Inked:
    """Return the picture as a hand fills it: each px takes the ink of most of its surroundings.

    Args:
        picture: in exactly its inks.
        deviation: of the Gaussian that says how far surroundings count, in px; above 0.
    """
    labels = torch.from_numpy(picture.labels.astype(np.int64))
    shares = torch.nn.functional.one_hot(labels, len(picture.inks)).permute(2, 0, 1).float()
    smoothed = gaussian(shares, deviation).argmax(0)
    return Inked(smoothed.numpy().astype(np.uint8), picture.inks)


def _look(
    labels: Labels, inks: NDArray[np.uint8], score: Score
) -> tuple[float, NDArray[np.float64]]:
    """Return the score of a picture, and its gradient (H, W, 3)."""
    image = torch.from_numpy(colour.from_bytes(inks)[labels]).float().permute(2, 0, 1)
    image = image.contiguous().requires_grad_()
    value = score(image)
    (slope,) = torch.autograd.grad(value, image)
    return float(value.detach()), slope.permute(1, 2, 0).double().numpy()


def _small(
    labels: Labels, inks: NDArray[np.uint8], slope: NDArray[np.float64], below: float
) -> _Regions:
    """Return the regions of fewer px, with the neighbour's ink that costs least for each."""
    _, numbers = np.unique(region_roots(labels), return_inverse=True)
    numbers = numbers.reshape(labels.shape)
    sizes = np.bincount(numbers.ravel())
    rank = np.argsort(np.argsort(sizes, kind="stable"), kind="stable")
    small = np.flatnonzero(sizes < below)
    rows = np.full(len(sizes), -1)
    rows[small] = np.arange(len(small))
    edges = np.zeros((len(small), len(inks)), np.int64)
    for here, beside in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[1:], np.s_[:-1]),
    ):
        row, other = rows[numbers[here]], labels[beside]
        # Into larger ones alone: two neighbours must not change places for ever.
        is_border = (row >= 0) & (rank[numbers[beside]] > rank[numbers[here]])
        is_border &= labels[here] != other
        np.add.at(edges, (row[is_border], other[is_border]), 1)
    pull = np.stack(
        [np.bincount(numbers.ravel(), slope[..., axis].ravel())[small] for axis in range(3)], 1
    )
    colours = colour.from_bytes(inks)
    first = np.zeros(len(sizes), np.int64)
    first[numbers.ravel()] = labels.ravel()
    own = first[small]
    prices = (pull * colours[own]).sum(1, keepdims=True) - pull @ colours.T
    # Only inks that touch a region can take it up.
    # Of equals, the one that surrounds most of it.
    prices = np.where(edges > 0, prices - 1e-12 * edges, np.inf)
    ink = prices.argmin(1)
    chosen = np.take_along_axis(prices, ink[:, None], 1)[:, 0]
    return _Regions(numbers, small, ink, chosen, np.take_along_axis(edges, ink[:, None], 1)[:, 0])


def _apply(labels: Labels, regions: _Regions, chosen: NDArray[np.int64]) -> Labels:
    """Return the picture with these of its small regions (rows) in their new inks."""
    table = np.full(int(regions.numbers.max()) + 1, -1)
    chosen = chosen[np.isfinite(regions.price[chosen])]
    table[regions.small[chosen]] = regions.ink[chosen]
    new = table[regions.numbers]
    return np.where(new >= 0, new, labels).astype(np.uint8)
