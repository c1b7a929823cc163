"""Inks that a person would choose: no two alike, dark and light ones, none more vivid than ink is.

Left alone, a climb takes learned inks to the corners of the RGB cube, and two of them to black: a
network rewards contrast and does not care how it looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from inkdream import colour

# The lightness (OKLab) that the darkest and the lightest ink are meant to have, those between them
# evenly in between, and by how much each may be off: a picture has something dark, something light
# and, of three inks, something in the middle.
DARK, LIGHT, LEEWAY = 0.2, 0.9, 0.2
# Of more inks than these, each may come nearer to the others: colours fill a volume.
ROOMY = 8
# Rounds of mending one rule after the other, at most, and by how little the last one moves inks.
MANY, FEW, _NEAR = 40, 4, 1e-4
# Inks in one place are first parted by this much lightness, or nothing would say which way to go.
_PARTED = 1e-9


@dataclass(frozen=True)
class Harmony:
    """Rules for learned inks; all distances are in OKLab.

    Attributes:
        apart: least distance from ink to ink and from ink to paper; 0 for none, and then inks
            need not be dark and light either.
        chroma: the most that an ink has; pens of the catalogue have 0.12 at the median, 0.19 at
            the most vivid tenth, sRGB up to 0.32.
        paper: linear RGB (3,).
        bare: whether an ink may be the paper, which is then left bare: so it is in areas. The
            nearest becomes the paper if it is nearer than `apart`.
    """

    apart: float
    chroma: float
    paper: Float[np.ndarray, " 3"]
    bare: bool

    def mend(
        self, inks: Float[np.ndarray, "K 3"], learned: Bool[np.ndarray, " K"], rounds: int = MANY
    ) -> Float[np.ndarray, "K 3"]:
        """Return inks (linear RGB) that keep to the rules, near those given; fixed ones stay.

        One rule is mended after the other until all hold. Where there is no room for that, as among
        fixed inks that stand close, they hold as nearly as they can.

        Args:
            inks: any.
            learned: which may be moved.
            rounds: at most; a `FEW` are enough from step to step.
        """
        lab = colour.linear_to_oklab(np.concatenate([inks, self.paper[None]]))
        loose = np.append(learned, False)
        apart = self.apart * min(1.0, (ROOMY / len(inks)) ** (1 / 3))
        if apart:
            self._spread(lab, loose)
        for _ in range(rounds):
            before = lab.copy()
            free = loose & ~self._leave_bare(lab, loose, apart)
            self._dull(lab, free)
            _push(lab, free, apart)
            linear = colour.oklab_to_linear(lab)
            if linear.min() < 0 or linear.max() > 1:
                linear = linear.clip(0, 1)
                lab[free] = colour.linear_to_oklab(linear)[free]
            if np.abs(lab - before).max() < _NEAR:
                break
        return np.where(learned[:, None], linear[:-1], inks)

    def _dull(self, lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"]) -> None:
        """Bring what is more vivid than it may be to the most that it may, in the same hue."""
        vivid = np.hypot(lab[:, 1], lab[:, 2])
        share = np.where(free, np.minimum(1, self.chroma / np.maximum(vivid, 1e-9)), 1)
        lab[:, 1:] *= share[:, None]

    def _spread(self, lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"]) -> None:
        """Bring each ink's lightness to what its turn from dark to light asks for.

        The paper counts where it is there beside the inks.
        """
        seen = len(lab) - self.bare
        turns = lab[:seen, 0].argsort(kind="stable")
        meant = np.linspace(DARK, LIGHT, seen)
        kept = np.clip(lab[turns, 0], meant - LEEWAY, meant + LEEWAY)
        lab[turns, 0] = np.where(free[turns], kept, lab[turns, 0])

    def _leave_bare(
        self, lab: Float[np.ndarray, "N 3"], loose: Bool[np.ndarray, " N"], apart: float
    ) -> Bool[np.ndarray, " N"]:
        """Make the ink that is nearest to the paper the paper, if near; return which it is."""
        away = np.linalg.norm(lab - lab[-1], axis=1)[:-1]
        is_paper = np.zeros(len(lab), dtype=bool)
        nearest = int(away.argmin())
        if self.bare and loose[nearest] and away[nearest] < apart:
            is_paper[nearest] = True
            lab[nearest] = lab[-1]
        return is_paper


def _push(lab: Float[np.ndarray, "N 3"], free: Bool[np.ndarray, " N"], apart: float) -> None:
    """Move what is free away from what is nearer than it may be, each of two free ones half."""
    away = lab[:, None] - lab
    # Equal ones part in lightness, what is free towards the middle.
    turn = np.where(free, np.arange(1, len(lab) + 1), 0)
    away[..., 0] += np.where(lab[:, :1] < 0.5, _PARTED, -_PARTED) * (turn[:, None] - turn)
    distance = np.linalg.norm(away, axis=2)
    lacking = np.maximum(0, apart - distance)
    np.fill_diagonal(lacking, 0)
    share = free[:, None] * np.where(free, 0.5, 1) * lacking / np.maximum(distance, 1e-12)
    lab += (share[..., None] * away).sum(1)
