"""How much of the paper each pen has to cover, so that from afar it looks like a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from inkdream import colour
from inkdream.pens import Pen

# Colours are matched on a lattice of so many steps of red, green and blue, closer where dark.
STEPS = 13
# Covers are tried in steps of this size, then of halves of it.
FIRST, HALVINGS = 0.16, 5
SWEEPS = 6
# What ink costs, in squared distances of OKLab: of two ways to a colour the one with less ink, and
# above all with less ink on ink, which soaks paper.
INK, DOUBLE = 5e-4, 2e-2


def mixed(
    covers: Float[np.ndarray, "K *N"], pens: Sequence[Pen], paper: str
) -> Float[np.ndarray, "3 *N"]:
    """Return what pens that each cover a share of the paper look like from afar, in linear RGB.

    Each pen's lines lie on all others' by chance, as they do if they cross at an angle. Pen after
    pen, transparent ink multiplies what lies below, and opaque ink covers it.

    Source: Demichel 1924, Neugebauer 1937.

    >>> import numpy as np
    >>> from inkdream.pens import Pen
    >>> black = Pen(name="black", colour="black", width=0.4)
    >>> mixed(np.array([0.25]), [black], "#ffffff").tolist()
    [0.75, 0.75, 0.75]

    Args:
        covers: of each pen, 0 to 1.
        pens: in plotting order.
        paper: '#rrggbb'.
    """
    ground = colour.linear_of([paper])[0]
    some = (1,) * (covers.ndim - 1)
    light = np.broadcast_to(ground.reshape(3, *some), (3, *covers.shape[1:]))
    for cover, pen in zip(covers, pens, strict=True):
        ink = colour.linear_of([pen.colour])[0].reshape(3, *some)
        inked = (1 - pen.opacity) * light * ink + pen.opacity * ink
        light = light + cover * (inked - light)
    return light


def separated(
    picture: Float[np.ndarray, "3 H W"],
    pens: Sequence[Pen],
    paper: str,
    most: Sequence[float],
) -> Float[np.ndarray, "K H W"]:
    """Return how much of the paper each pen covers where a picture is to be seen.

    What looks most like each colour, by OKLab, with little ink, and little ink on other ink.

    Args:
        picture: linear RGB, 0 to 1.
        pens: K, in plotting order, of known colours.
        paper: '#rrggbb'.
        most: how much each can cover, 0 to 1.
    """
    side = np.linspace(0, 1, STEPS) ** 2
    lattice = np.stack(np.meshgrid(side, side, side, indexing="ij")).reshape(3, -1)
    # White is as white as paper and inks get: tones are told against it, as an eye does.
    inks = np.eye(len(pens) + 1, len(pens), -1).T
    white = mixed(inks, pens, paper).max(axis=1)
    covers = _matched(lattice * white[:, None], pens, paper, most)
    cube = covers.reshape(len(pens), STEPS, STEPS, STEPS)
    return _between(cube, np.sqrt(np.clip(picture, 0, 1)) * (STEPS - 1))


def _matched(
    wanted: Float[np.ndarray, "3 N"], pens: Sequence[Pen], paper: str, most: Sequence[float]
) -> Float[np.ndarray, "K N"]:
    """Return the covers that look most like colours: pen by pen, in ever smaller steps."""
    labs = colour.linear_to_oklab(wanted, axis=0)
    covers = np.zeros((len(pens), wanted.shape[1]))
    best = _cost(covers, labs, pens, paper)
    for halving in range(HALVINGS):
        step = FIRST / 2**halving
        for _ in range(SWEEPS):
            for pen in range(len(pens)):
                for way in (step, -step):
                    tried = covers.copy()
                    tried[pen] = np.clip(tried[pen] + way, 0, most[pen])
                    cost = _cost(tried, labs, pens, paper)
                    better = cost < best
                    covers[:, better], best[better] = tried[:, better], cost[better]
    return covers


def _cost(
    covers: Float[np.ndarray, "K N"],
    labs: Float[np.ndarray, "3 N"],
    pens: Sequence[Pen],
    paper: str,
) -> Float[np.ndarray, "N"]:
    off = colour.linear_to_oklab(mixed(covers, pens, paper), axis=0) - labs
    laid = covers.sum(axis=0)
    double = laid - (1 - np.prod(1 - covers, axis=0))
    return np.asarray((off**2).sum(axis=0) + INK * laid + DOUBLE * double)


def _between(
    cube: Float[np.ndarray, "K S S S"], places: Float[np.ndarray, "3 H W"]
) -> Float[np.ndarray, "K H W"]:
    """Return values between those of a lattice, at places in its steps: trilinear."""
    lower = np.minimum(places.astype(np.intp), STEPS - 2)
    share = places - lower
    result = np.zeros((len(cube), *places.shape[1:]))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([s if up else 1 - s for up, s in zip(corner, share, strict=True)], axis=0)
        red, green, blue = (at + up for at, up in zip(lower, corner, strict=True))
        result += weight * cube[:, red, green, blue]
    return result
