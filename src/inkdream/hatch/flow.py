"""Along which way a picture's forms run: directions for lines that follow them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from inkdream.filters import blurred

# Edges are looked for at this share of the width over which directions are averaged.
FINE = 0.35
# Coherence of a structure tensor from which a direction is trusted, and fully trusted.
UNSURE, SURE = 0.15, 0.5
# An edge this much weaker than the picture's stronger ones is still half trusted.
FAINT = 0.25
# Where nothing is sure, directions come from around: from twice as far at each round, and each
# round weighs so much less than the one before.
ROUNDS, FAR = 7, 0.2
# How much the resting direction weighs where nothing near is sure.
REST = 0.02


@dataclass(frozen=True, eq=False)
class Flow:
    """A direction without a sense for each pixel: a line at 0 degrees is one at 180, too.

    Attributes:
        doubled: (2, H, W) cosine and sine of twice the angle, which is measured from level to
            the right towards down, as y runs; of length 1.
        trust: (H, W) from 0, where nothing shows a direction, to 1, along clear edges.
    """

    doubled: Float[np.ndarray, "2 H W"]
    trust: Float[np.ndarray, "H W"]

    def turned(self, degrees: float) -> Flow:
        """Return the same turned everywhere, anticlockwise as one looks at it."""
        cosine, sine = np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees))
        x, y = self.doubled
        return Flow(np.stack([cosine * x + sine * y, cosine * y - sine * x]), self.trust)


def level(rows: int, columns: int, degrees: float = 0.0) -> Flow:
    """Return the flow that is the same everywhere, `degrees` anticlockwise from level.

    >>> level(2, 2, 90.0).doubled[0].round(6).tolist()
    [[-1.0, -1.0], [-1.0, -1.0]]
    """
    doubled = np.zeros((2, rows, columns))
    doubled[0] = 1.0
    return Flow(doubled, np.zeros((rows, columns))).turned(degrees)


def field(
    grey: Float[np.ndarray, "H W"], deviation: float, rest: float = 45.0, least: float = 1e-3
) -> Flow:
    """Return the way along a picture's edges: across its gradient, smoothed over a width.

    The structure tensor's; angles are doubled, so that opposite gradients agree. Where there is no
    edge the directions of edges around are blended, and where there is none near, the resting
    direction is taken. The finer the structure, the smaller `deviation`: an engraver's is about
    1/55 of the picture's longer side.

    Source: Bigün and Granlund, "Optimal orientation detection of linear symmetry", 1987.

    >>> import numpy as np
    >>> ramp = np.tile(np.linspace(0, 1, 32), (32, 1))   # its edges run up and down
    >>> bool(field(ramp, 2.0).doubled[0].max() < -0.99)
    True

    Args:
        grey: tones; linear light or not, 0 to 1.
        deviation: in px, over how much directions are averaged.
        rest: degrees anticlockwise from level, where nothing shows a direction.
        least: slopes a px below which there is no edge, as in paper's grain.
    """
    grey = np.asarray(grey, np.float64)
    smooth = blurred(grey, FINE * deviation)
    down, across = (
        np.gradient(smooth, axis=axis) if side > 1 else np.zeros_like(smooth)
        for axis, side in enumerate(smooth.shape)
    )
    products = np.stack([across**2 - down**2, 2 * across * down, across**2 + down**2])
    cosine, sine, energy = blurred(products, deviation)
    energy = np.maximum(energy, 0.0)
    size = np.hypot(cosine, sine)
    strong = max(float(np.quantile(energy, 0.9)), least**2)
    sure = np.clip((size / (energy + least**2) - UNSURE) / (SURE - UNSURE), 0.0, 1.0)
    trust = sure**2 * (3 - 2 * sure) * energy / (energy + FAINT**2 * strong)
    # Along the edge, not across it: half a turn of the doubled angle.
    votes = -trust * np.stack([cosine, sine]) / np.maximum(size, 1e-300)
    total = votes + level(grey.shape[0], grey.shape[1], rest).doubled * (REST * FAR**2)
    for number in range(1, ROUNDS):
        total = total + FAR**number * blurred(votes, deviation * 2**number)
    length = np.hypot(*total)
    return Flow(total / np.maximum(length, 1e-300), trust)
