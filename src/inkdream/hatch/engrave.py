"""A pen's share of a picture as lines along its forms: closer where it is darker, then crossed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from inkdream.filters import blurred
from inkdream.hatch.flow import Flow
from inkdream.hatch.streamlines import Lengths, streamlines
from inkdream.plot.kdtree import nearby
from inkdream.plot.plot import Points

# Layers of lines cross at these angles to the flow, in degrees, where the cover is more than this.
CROSSINGS = ((0.0, 0.0), (60.0, 0.55), (120.0, 0.78))
# A crossing layer takes so much of what is more.
SHARE = 0.45
# Lines that lie closer than this share of a nib and a nib only soak the paper.
MOST = 0.97
# A layer covers no less than this where it has lines at all; paper that is to be paler stays bare.
LEAST = 0.07
# Lines lie at most so many nibs apart: further, and one counts them.
WIDEST = 10.0
# Tones are compared with those wanted over so many spacings, and put right so many times.
OVER, ROUNDS = 2.0, 2
MOST_RIGHT = 1.6
# Ends are joined where the cover is more than this, over at most so many spacings.
DARK, HOP = 0.45, 1.4
LENGTHS = Lengths(least=5.0, most=300.0, begin=0.92, stop=0.75, kink=30.0, turn=720.0)


def layers(cover: Float[np.ndarray, "H W"]) -> list[Float[np.ndarray, "H W"]]:
    """Return what each of the layers covers that cross by chance and together cover so much.

    >>> import numpy as np
    >>> first, second, _ = layers(np.array([[0.8]]))
    >>> round(float(1 - (1 - first[0, 0]) * (1 - second[0, 0])), 6)
    0.8
    """
    cover = np.clip(cover, 0.0, MOST)
    crossing = [np.maximum(SHARE * (cover - start), 0.0) for _, start in CROSSINGS[1:]]
    bare = np.prod([1 - part for part in crossing], axis=0)
    return [1 - (1 - cover) / bare, *crossing]


def engraved(
    cover: Float[np.ndarray, "H W"],
    flow: Flow,
    nib: float,
    scale: float,
    beside: Sequence[Points] = (),
    lengths: Lengths = LENGTHS,
) -> list[Points]:
    """Return lines (N, 2), in mm, that cover the paper as much as it is asked for.

    Args:
        cover: share of the paper to be inked, 0 to below 1.
        flow: which way lines run.
        nib: width of the line in mm.
        scale: mm per pixel.
        beside: lines of the same pen that are drawn already; their ink counts.
        lengths: when lines end.

    Raises:
        InputError: if there would be too many lines.
    """
    lines: list[Points] = []
    for (angle, _), part in zip(CROSSINGS, layers(cover), strict=True):
        walls = beside if angle == 0 else ()
        lines += one_layer(part, flow.turned(angle), nib, scale, walls, lengths)
    return lines


def one_layer(
    wanted: Float[np.ndarray, "H W"],
    flow: Flow,
    nib: float,
    scale: float,
    beside: Sequence[Points],
    lengths: Lengths = LENGTHS,
) -> list[Points]:
    """Return lines of one layer: drawn, looked at, and drawn again closer or wider.

    For the arguments see `engraved`; `wanted` is the layer's own cover.
    """
    asked = wanted
    is_bare = wanted < LEAST
    if is_bare.all():
        return []
    drawn = inked(beside, nib, scale, wanted.shape) if beside else np.zeros_like(wanted)
    lines: list[Points] = []
    for turn in range(ROUNDS + 1):
        spacing = np.where(is_bare, np.inf, nib / np.clip(asked, 1 / WIDEST, MOST))
        lines = streamlines(flow, spacing, scale, beside=beside, lengths=lengths)
        if turn == ROUNDS:
            break
        over = OVER * nib / max(float(np.median(wanted[~is_bare])), 0.1) / scale
        got = blurred(inked(lines, nib, scale, wanted.shape) + drawn, over)
        aim = blurred(np.where(is_bare, 0.0, wanted), over)
        right = np.clip((aim + 0.01) / (got + 0.01), 1 / MOST_RIGHT, MOST_RIGHT)
        asked = asked * right
    return joined(lines, wanted, nib, scale)


def joined(
    lines: Sequence[Points], cover: Float[np.ndarray, "H W"], nib: float, scale: float
) -> list[Points]:
    """Return lines chained where one ends beside another, in the ink: each saves a lift.

    The nearest ends first. No way from end to end is longer than a bit more than the spacing
    there, nor lies where the paper is to be light.

    Args:
        lines: (N, 2) in mm, not closed ones only.
        cover: share of the paper that is to be inked.
        nib: width of the line in mm.
        scale: mm per pixel.
    """
    if not lines:
        return []
    ends = np.array([[line[0], line[-1]] for line in lines]).reshape(-1, 2)
    is_ring = np.repeat([bool((line[0] == line[-1]).all()) for line in lines], 2)
    owners = np.arange(len(ends)) // 2
    near = nearby(ends, owners, 4, 0)
    first = np.repeat(np.arange(len(ends)), near.shape[1])
    second = near.ravel()
    first, second = first[second > first], second[second > first]
    away = np.hypot(*(ends[first] - ends[second]).T)
    middle = (ends[first] + ends[second]) / 2 / scale
    rows, columns = (middle.T[::-1].astype(np.intp)).clip(0, np.array(cover.shape)[:, None] - 1)
    there = cover[rows, columns]
    fits = (there > DARK) & (away < HOP * nib / np.maximum(there, DARK))
    fits &= ~is_ring[first] & ~is_ring[second]
    order = np.flatnonzero(fits)[np.argsort(away[fits], kind="stable")]
    return _chained(lines, zip(first[order].tolist(), second[order].tolist(), strict=True))


def _chained(lines: Sequence[Points], pairs: Iterable[tuple[int, int]]) -> list[Points]:
    """Return lines chained at pairs of their ends (2 i, 2 i + 1), each end once, in no circle."""
    links: dict[int, int] = {}
    roots = list(range(len(lines)))

    def root(line: int) -> int:
        while roots[line] != line:
            roots[line] = line = roots[roots[line]]
        return line

    for one, other in pairs:
        if one in links or other in links or root(one // 2) == root(other // 2):
            continue
        links[one], links[other] = other, one
        roots[root(one // 2)] = root(other // 2)
    chains, is_drawn = [], [False] * len(lines)
    for start in range(2 * len(lines)):
        if is_drawn[start // 2] or start in links:
            continue
        parts, end = [], start
        while True:
            line = lines[end // 2]
            is_drawn[end // 2] = True
            parts.append(line if end % 2 == 0 else line[::-1])
            if (end ^ 1) not in links:
                break
            end = links[end ^ 1]
        chains.append(np.concatenate(parts))
    return chains


def inked(
    lines: Sequence[Points], nib: float, scale: float, shape: tuple[int, ...]
) -> Float[np.ndarray, "H W"]:
    """Return how much ink lines lay on each pixel, as a share of it, wherever they cross."""
    ink = np.zeros(shape)
    for line in lines:
        steps = np.diff(line, axis=0)
        lengths = np.hypot(*steps.T)
        pieces = np.maximum(np.ceil(lengths / scale).astype(np.intp), 1)
        which = np.repeat(np.arange(len(steps)), pieces)
        number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        places = line[which] + ((number + 0.5) / pieces[which])[:, None] * steps[which]
        columns, rows = np.clip(
            (places / scale).astype(np.intp).T, 0, [[shape[1] - 1], [shape[0] - 1]]
        )
        np.add.at(ink, (rows, columns), lengths[which] / pieces[which])
    return ink * nib / scale**2
